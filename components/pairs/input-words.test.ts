// Inputs by the names people know.
import { expect, it } from "vitest";
import { inputWords } from "./input-words";

const pools = [{ poolKey: "1:uniswap-v3:0xaa", dexName: "Uniswap V3", feeFrac: 0.0005 }];

it("default: each kind of input has its words, a pool its DEX and fee", () => {
  expect(inputWords("candles", pools)).toBe("Candles");
  expect(inputWords("pool:1:uniswap-v3:0xaa", pools)).toMatch(/^Pool Uniswap V3 0\.05\s%$/);
  expect(inputWords("samples:1:uniswap-v3:0xaa", pools)).toMatch(/^Samples of Uniswap V3 0\.05\s%$/);
  expect(inputWords("chain:901001", pools)).toBe("Chain 901001");
});

it("behavior: a pool that was not weighed keeps its key, an unknown input its own name", () => {
  expect(inputWords("pool:1:uniswap-v3:0xbb", pools)).toBe("Pool 1:uniswap-v3:0xbb");
  expect(inputWords("moon:phase", pools)).toBe("moon:phase");
});
