// Positions are named by what people can look up.
import { describe, expect, it } from "vitest";
import { lbTokenId } from "@/lib/actions/liquidity-book";
import { positionName, rangeName } from "./position-name";

describe("positionName", () => {
  it("default: the number of the NFT", () => {
    expect(positionName("uniswap-v3", 4711n)).toBe("#4711");
    expect(rangeName("uniswap-v4", -120, 120)).toBe("ticks −120 to 120");
  });

  it("behavior: bins of a Liquidity Book position, read back from its id", () => {
    const tokenId = lbTokenId(`0x${"ab".repeat(20)}`, { tickLower: 8_385_100, tickUpper: 8_385_120 });
    expect(positionName("liquidity-book", tokenId)).toBe("bins 8385100 to 8385120");
    expect(rangeName("liquidity-book", 8_385_100, 8_385_120)).toBe("bins 8385100 to 8385120");
  });
});
