// A pool's key as typed: what is empty stays open, and each refusal names its field.
import { describe, expect, it } from "vitest";
import { NO_POOL_KEY, readPoolKey } from "./pool-key-form";

const HOOK = "0x000000000000000000000000000000000000dEaD";

describe("readPoolKey", () => {
  it("happy: symbols, percent, spacing and hook become the key", () => {
    expect(readPoolKey({ tokens: "WETH, USDC", feePercent: "0.05", tickSpacing: "10", hooks: HOOK })).toEqual({
      ok: true,
      key: { tokens: ["WETH", "USDC"], fee: 500, tickSpacing: 10, hooks: HOOK },
    });
  });

  it("edge: nothing typed leaves everything to the contracts; a fee of zero is a fee", () => {
    expect(readPoolKey(NO_POOL_KEY)).toEqual({
      ok: true,
      key: { tokens: null, fee: null, tickSpacing: null, hooks: null },
    });
    expect(readPoolKey({ ...NO_POOL_KEY, feePercent: "0" })).toMatchObject({ key: { fee: 0 } });
  });

  it.each([
    [{ tokens: "WETH" }, /^Tokens: expected two symbols/],
    [{ feePercent: "much" }, /^Fee: expected a percentage/],
    [{ tickSpacing: "1.5" }, /^Tick spacing: expected a whole number/],
    [{ hooks: "0x12" }, /^Hook: expected an address/],
  ])("error: %o is refused by name", (change, problem) => {
    const read = readPoolKey({ ...NO_POOL_KEY, ...change });
    expect(read.ok ? "" : read.problem).toMatch(problem);
  });
});
