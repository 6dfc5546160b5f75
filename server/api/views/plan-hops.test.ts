// What every hop of a plan takes is named with its carrier, and gas stands per chain where the plan knows it.
import { describe, expect, it } from "vitest";
import { forecastSchema, stepSchema, type Step } from "@/lib/plan/plan";
import { planHops } from "./plan-hops";

const A = 901;
const B = 902;
const address = (digit: string): string => `0x${digit.repeat(40)}`;
const WETH = address("1");
const USDC = address("2");
const names = {
  chain: (chainId: number): string => (chainId === A ? "Alpha" : "Beta"),
  symbol: (_chainId: number, token: string): string => (token.toLowerCase() === WETH ? "WETH" : "USDC"),
  contract: (): string => "Uniswap V3 router",
};

function swap(feeUsd?: number): Step {
  return stepSchema.parse({
    kind: "swap",
    chainId: A,
    provider: "pool",
    router: address("3"),
    pool: address("4"),
    tokenIn: WETH,
    tokenOut: USDC,
    amountInRaw: "1000",
    minAmountOutRaw: "990",
    ...(feeUsd === undefined ? {} : { feeUsd }),
  });
}

const bridge = stepSchema.parse({
  kind: "bridge",
  chainId: A,
  provider: "lifi",
  router: address("5"),
  tokenIn: USDC,
  toChainId: B,
  tokenOut: USDC,
  amountInRaw: "1000",
  minAmountOutRaw: "985",
  bridges: ["across", "stargate"],
  feeUsd: 2.25,
  expectedSec: 95,
});
const revoke = stepSchema.parse({ kind: "revoke", chainId: B, token: USDC, spender: address("5") });

function forecast(gas: { readonly usd: number; readonly byChain?: readonly { chainId: number; usd: number }[] }) {
  return forecastSchema.parse({
    feesUsdPerDayBefore: 0,
    feesUsdPerDayAfter: 0,
    lvrUsdPerDayAfter: 0,
    gainUsdPerYear: 0,
    gasUsd: gas.usd,
    swapFeeUsd: 0,
    slippageUsd: 0,
    costUsd: 0,
    paybackDays: null,
    net7dUsd: 0,
    net7dLowUsd: 0,
    net7dHighUsd: 0,
    ...(gas.byChain === undefined ? {} : { gasByChain: gas.byChain }),
  });
}

describe("planHops", () => {
  it("behavior: names swaps and bridges with who carries them and what they take, and the gas of each chain", () => {
    const byChain = [
      { chainId: A, usd: 0.4 },
      { chainId: B, usd: 0.5 },
    ];
    const hops = planHops({ steps: [swap(1.5), bridge, revoke], forecast: forecast({ usd: 0.9, byChain }) }, names);
    expect(hops.map(({ title, provider, feeUsd }) => [title, provider, feeUsd])).toEqual([
      ["Swap WETH for USDC, Alpha", "Uniswap V3 router, one pool", 1.5],
      ["Bridge USDC, Alpha to Beta", "LI.FI by across or stargate", 2.25],
      ["Gas, Alpha", "", 0.4],
      ["Gas, Beta", "", 0.5],
    ]);
    expect(hops.map(({ detail }) => detail)).toEqual([
      "pool fee, provider's fee and expected slippage",
      "about 2 min by the quote",
      "at most 2 transactions",
      "at most 1 transaction",
    ]);
  });

  it("behavior: a plan over two chains that only knows one sum of gas says so, a swap without a known fee is unknown", () => {
    const hops = planHops({ steps: [swap(), revoke], forecast: forecast({ usd: 0.9 }) }, names);
    expect(hops.map(({ id, title, feeUsd }) => [id, title, feeUsd])).toEqual([
      ["swap:0", "Swap WETH for USDC, Alpha", null],
      ["gas", "Gas, Alpha, Beta", 0.9],
    ]);
  });

  it("behavior: on one chain all gas is that chain's", () => {
    expect(planHops({ steps: [revoke], forecast: forecast({ usd: 0.3 }) }, names)).toEqual([
      { id: "gas:902", kind: "gas", title: "Gas, Beta", provider: "", detail: "at most 1 transaction", feeUsd: 0.3 },
    ]);
  });

  it("behavior: both ways of a swap and a bridge's fee in the native coin are said", () => {
    const both = stepSchema.parse({ ...stepSchema.encode(swap(3)), other: { provider: "lifi", router: address("5") } });
    const paid = stepSchema.parse({ ...stepSchema.encode(bridge), nativeFeeMaxRaw: "1000", nativeFeeUsd: 0.8 });
    const hops = planHops({ steps: [both, paid], forecast: forecast({ usd: 1 }) }, names);
    expect(hops[0]?.provider).toBe("Uniswap V3 router, one pool or LI.FI");
    expect(hops[1]?.detail).toContain("0.80 USD of the fee in the chain's own coin");
    expect(hops[1]?.feeUsd).toBe(2.25);
  });
});
