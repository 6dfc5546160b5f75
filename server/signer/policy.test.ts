// Each refusal of the policy, by code, with one changed fact per case; the unchanged plan passes.
import { describe, expect, it } from "vitest";
import { encodeApprove } from "@/lib/actions/erc20";
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import type { ExitCall, LivePosition, MintCall } from "@/lib/actions/family";
import { uniswapV3Actions } from "@/lib/actions/uniswap-v3";
import { findPoolRef } from "@/lib/registry/pool-ref";
import { planSchema, type Plan, type PlanWire, type Step } from "@/lib/plan/plan";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import { registrySchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { buildPlan } from "@/tests/support/build-plan";
import { compareNonces } from "./nonce";
import { bumpFees, cancelFees, gasLimitOf } from "./gas";
import {
  checkAuthority,
  checkBalances,
  checkCaps,
  checkPoolLiquidity,
  checkPoolTick,
  checkPrice,
  purposeKey,
} from "./policy";
import { checkCalldata } from "./policy-calldata";
import { checkPlan, type PlanCheckInput } from "./policy-plan";
import { SignerError, type AuthorityView, type PairAuthority } from "./ports";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const PAIR = "WETH-USDC";
const T0 = address("01");
const T1 = address("02");
const POOL = address("50");
const MANAGER = address("60");
const DIAMOND = address("70");
const WALLET = address("aa");
const THIEF = address("ee");

const registry = registrySchema.parse({
  version: 1,
  chains: [
    {
      id: 1,
      name: "Test",
      nativeSymbol: "ETH",
      nativeDecimals: 18,
      wrappedNative: T0,
      blockTimeMs: 12_000,
      geckoSlug: null,
      explorer: null,
      multicall3: address("03"),
      permit2: null,
      lifiDiamond: DIAMOND,
      feeModel: "eip1559",
      softDepth: 2,
      settle: { tag: "finalized", depth: 64 },
    },
  ],
  tokens: [
    { chainId: 1, symbol: "WETH", address: T0, decimals: 18, kind: "wrapped" },
    { chainId: 1, symbol: "USDC", address: T1, decimals: 6, kind: "native" },
  ],
  dexes: [
    {
      id: "uni",
      name: "Uniswap",
      family: "uniswap-v3",
      chains: { "1": { factory: address("61"), positionManager: MANAGER } },
    },
  ],
  pools: [{ pair: PAIR, chainId: 1, dex: "uni", id: POOL, tokens: ["WETH", "USDC"], fee: 500, tickSpacing: 10 }],
  pairs: [{ id: PAIR, base: "WETH", quote: "USDC", sources: [{ venue: "binance", base: "ETH", quote: "USDC" }] }],
});

const burn = {
  kind: "burn",
  chainId: 1,
  family: "uniswap-v3",
  pool: POOL,
  positionManager: MANAGER,
  tokenId: "5",
  token0: T0,
  token1: T1,
  tickLower: -100,
  tickUpper: 100,
  liquidityRaw: "1000",
  amount0ExpectedRaw: "1",
  amount1ExpectedRaw: "1",
  maxSlippageBps: 50,
} satisfies PlanWire["steps"][number];
const mint = {
  kind: "mint",
  chainId: 1,
  family: "uniswap-v3",
  pool: POOL,
  positionManager: MANAGER,
  token0: T0,
  token1: T1,
  feePips: 500,
  tickSpacing: 10,
  tickLower: -200,
  tickUpper: 200,
  amount0MaxRaw: "100",
  amount1MaxRaw: "200",
  maxSlippageBps: 50,
} satisfies PlanWire["steps"][number];
const approve = {
  kind: "approve",
  chainId: 1,
  token: T0,
  spender: MANAGER,
  amountRaw: "100",
  forStep: 2,
} satisfies PlanWire["steps"][number];

function plan(steps: PlanWire["steps"] = [burn, approve, mint], change: Partial<PlanWire> = {}): Plan {
  const base = buildPlan({
    pairId: PAIR,
    configVersion: 3,
    notionalUsd: 1_000,
    base: { symbol: "WETH", decimals: 18, address: T0 },
    quote: { symbol: "USDC", decimals: 6, address: T1 },
    bounds: { referencePrice: 3_000, poolTicks: [{ pool: POOL, tick: 0, maxTickMove: 100 }] },
  });
  return planSchema.parse({
    ...planSchema.encode(base),
    steps,
    ...change,
  });
}

const pairAuthority: PairAuthority = {
  mode: "auto",
  paused: null,
  halted: null,
  settings: { pairId: PAIR, pools: [], params: {}, limits: DEFAULT_LIMITS, planExpiryMs: 1_800_000 },
  configVersion: 3,
  commandSeq: 1,
};

function authority(pair: Partial<PairAuthority> = {}, view: Partial<AuthorityView> = {}): AuthorityView {
  return {
    pair: (id) => (id === PAIR ? { ...pairAuthority, ...pair } : null),
    pairIds: () => [PAIR],
    stopped: () => null,
    walletHalt: () => null,
    approvalsNeeded: () => 1,
    approvals: () => [],
    approval: () => ({
      needed: 0,
      approvals: [],
      valueUsd: 0,
      limitUsd: null,
      isAboveLimit: false,
      isComplete: true,
      proposer: null,
      notCounted: [],
    }),
    rejection: () => null,
    haltPair: () => undefined,
    haltWallet: () => undefined,
    ...view,
  };
}

const known = {
  positionId: "p",
  chainId: 1,
  pool: POOL,
  positionManager: MANAGER,
  tokenId: 5n,
  tickLower: -100,
  tickUpper: 100,
  liquidityRaw: 1_000n,
  amount0Raw: 1n,
  amount1Raw: 1n,
  openedAtMarketMs: 0,
  openedAtMs: 0,
  mintTxHash: "0x00" as const,
  planId: "0x",
  pairId: PAIR,
};

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SignerError) return error.code;
    throw error;
  }
  return "accepted";
}

function planCode(
  steps: PlanWire["steps"],
  change: Partial<PlanWire> = {},
  input: Partial<PlanCheckInput> = {},
): string {
  return codeOf(() =>
    checkPlan({
      plan: plan(steps, change),
      pair: pairAuthority,
      registry,
      positions: [known],
      usedTodayUsd: 0,
      actionsOf: (family) => FAMILY_ACTIONS[family],
      ...input,
    }),
  );
}

describe("checkPlan", () => {
  it("default: burn, approve, mint of a registry pool pass", () => {
    expect(planCode([burn, approve, mint])).toBe("accepted");
  });

  it.each<[string, PlanWire["steps"]]>([
    ["a position of nobody", [{ ...burn, tokenId: "6" }]],
    ["another range than the journal's", [{ ...burn, tickLower: -90 }]],
    ["a chain that is not listed", [{ ...mint, chainId: 2 }]],
    ["a pool that is not listed", [{ ...mint, pool: THIEF }]],
    ["a position manager that is not listed", [{ ...mint, positionManager: THIEF }]],
    ["a token that is not the pair's", [{ ...mint, token1: THIEF }]],
    ["another fee", [{ ...mint, feePips: 3_000 }]],
    ["ticks off the spacing", [{ ...mint, tickLower: -205 }]],
    ["more slippage than the bound", [{ ...mint, maxSlippageBps: 51 }]],
    ["the same burn twice", [burn, burn]],
    ["a stranger as spender", [burn, { ...approve, spender: THIEF }, mint]],
    ["more than the step needs", [burn, { ...approve, amountRaw: "101" }, mint]],
    ["an approval for an earlier step", [mint, { ...approve, forStep: 0 }]],
    ["a revoke of a strange token", [{ kind: "revoke", chainId: 1, token: THIEF, spender: MANAGER }]],
    [
      "a swap at another contract",
      [
        {
          kind: "swap",
          chainId: 1,
          provider: "lifi",
          router: THIEF,
          tokenIn: T0,
          tokenOut: T1,
          amountInRaw: "1",
          minAmountOutRaw: "1",
        },
      ],
    ],
    [
      "a swap without a minimum",
      [
        {
          kind: "swap",
          chainId: 1,
          provider: "lifi",
          router: DIAMOND,
          tokenIn: T0,
          tokenOut: T1,
          amountInRaw: "1",
          minAmountOutRaw: "0",
        },
      ],
    ],
  ])("error: policy — %s", (_, steps) => {
    expect(planCode(steps)).toBe("policy");
  });

  it("error: config_version, over_limit", () => {
    expect(planCode([mint], { configVersion: 2 })).toBe("config_version");
    expect(planCode([mint], { notionalUsd: DEFAULT_LIMITS.maxUsdPerPlan + 1 })).toBe("over_limit");
    expect(planCode([mint], {}, { usedTodayUsd: DEFAULT_LIMITS.maxUsdPerDay })).toBe("over_limit");
  });
});

const paused = (kind: "no_new_risk" | "no_transactions") => ({
  paused: { sinceAtMs: 0, by: "someone", reason: "test", kind, untilAtMs: null },
});

describe("checkAuthority", () => {
  const by = { sinceAtMs: 0, by: "someone", reason: "test" };
  const mintStep: Step = plan([mint]).steps[0] ?? raise();
  const burnStep: Step = plan([burn]).steps[0] ?? raise();

  it("error: stopped, halted, paused, mode_observe, not_found", () => {
    const code = (pair: Partial<PairAuthority>, view: Partial<AuthorityView> = {}, what: "plan" | Step = mintStep) =>
      codeOf(() => checkAuthority(authority(pair, view), PAIR, what));
    expect(code({})).toBe("accepted");
    expect(code({}, { stopped: () => by })).toBe("stopped");
    expect(code({}, { walletHalt: () => ({ state: "LOCKED", cause: "x", sinceAtMs: 0 }) })).toBe("halted");
    expect(code({ mode: "observe" })).toBe("mode_observe");
    expect(code({ halted: { state: "HALT_PAIR", cause: "x", sinceAtMs: 0 } }, {}, burnStep)).toBe("halted");
    expect(code({ halted: { state: "EXIT_ONLY", cause: "x", sinceAtMs: 0 } }, {}, burnStep)).toBe("accepted");
    expect(code({ halted: { state: "EXIT_ONLY", cause: "x", sinceAtMs: 0 } })).toBe("halted");
    expect(code(paused("no_new_risk"))).toBe("paused");
    expect(code(paused("no_new_risk"), {}, burnStep)).toBe("accepted");
    expect(code(paused("no_new_risk"), {}, "plan")).toBe("paused");
    expect(code(paused("no_transactions"), {}, burnStep)).toBe("paused");
    expect(codeOf(() => checkAuthority(authority(), "OTHER-PAIR", mintStep))).toBe("not_found");
  });
});

describe("checkPrice and checkPoolTick", () => {
  const args = { price: 3_000, priceAtMarketMs: 1_000_000, nativeUsd: 3_000, quoteUsd: 1 };
  it("error: drift — moved, stale, from the future, NaN", () => {
    const code = (change: object, nowMs = 1_000_000) => codeOf(() => checkPrice(plan(), { ...args, ...change }, nowMs));
    expect(code({})).toBe("accepted");
    expect(code({ price: 3_031 })).toBe("drift");
    expect(code({ price: Number.NaN })).toBe("drift");
    expect(code({}, 1_400_000)).toBe("drift");
    expect(code({}, 600_000)).toBe("drift");
    expect(codeOf(() => checkPoolTick(plan(), POOL, 100))).toBe("accepted");
    expect(codeOf(() => checkPoolTick(plan(), POOL, 101))).toBe("drift");
    expect(codeOf(() => checkPoolTick(plan(), THIEF, 0))).toBe("drift");
  });
});

const bounds = (change: Partial<Plan["bounds"]>): Plan => ({ ...plan(), bounds: { ...plan().bounds, ...change } });

describe("checkPoolLiquidity and checkBalances", () => {
  it("error: drift — the bound that was left is named; a plan without the bound is not held by it", () => {
    const thin = bounds({ poolLiquidity: [{ pool: POOL, liquidityRaw: 1_000n, minFrac: 0.5 }] });
    expect(codeOf(() => checkPoolLiquidity(thin, POOL, 500n))).toBe("accepted");
    expect(() => checkPoolLiquidity(thin, POOL, 499n)).toThrow("bound poolLiquidity");
    expect(codeOf(() => checkPoolLiquidity(thin, THIEF, 0n))).toBe("accepted");
    expect(codeOf(() => checkPoolLiquidity(plan(), POOL, 0n))).toBe("accepted");
    const rich = bounds({ balances: [{ chainId: 1, token: T0, minRaw: 10n }] });
    expect(codeOf(() => checkBalances(rich, 1, () => 10n))).toBe("accepted");
    expect(() => checkBalances(rich, 1, () => 9n)).toThrow("bound balances");
    expect(codeOf(() => checkBalances(rich, 2, () => 0n))).toBe("accepted");
  });
});

describe("checkCaps", () => {
  it("error: over_limit — per transaction, plan, day, count, gas; exits are never held back", () => {
    const [, , mintStep] = plan().steps;
    const [burnStep] = plan().steps;
    const base = {
      pair: pairAuthority,
      notionalUsd: 1,
      planUsd: 0,
      today: { usd: 0, gasUsd: 0, txCount: 0 },
      gasUsd: 1,
    };
    const code = (change: object, step: Step | undefined = mintStep) =>
      codeOf(() => checkCaps({ ...base, step: step ?? raise(), ...change }));
    expect(code({})).toBe("accepted");
    expect(code({ notionalUsd: DEFAULT_LIMITS.maxUsdPerTx + 1 })).toBe("over_limit");
    expect(code({ planUsd: DEFAULT_LIMITS.maxUsdPerPlan })).toBe("over_limit");
    expect(code({ today: { usd: DEFAULT_LIMITS.maxUsdPerDay, gasUsd: 0, txCount: 0 } })).toBe("over_limit");
    expect(code({ today: { usd: 0, gasUsd: 0, txCount: DEFAULT_LIMITS.maxTxPerDay } })).toBe("over_limit");
    expect(code({ gasUsd: DEFAULT_LIMITS.maxGasUsdPerDay + 1 })).toBe("over_limit");
    expect(code({ gasUsd: DEFAULT_LIMITS.maxGasUsdPerDay + 1 }, burnStep)).toBe("accepted");
  });
});

describe("checkCalldata", () => {
  const [burnStep, approveStep, mintStep] = plan().steps;
  const ref = findPoolRef(registry, 1, POOL) ?? raise();
  const position: LivePosition = {
    tokenId: 5n,
    owner: WALLET,
    token0: T0,
    token1: T1,
    tickLower: -100,
    tickUpper: 100,
    liquidityRaw: 9n,
    principal0Raw: 10_000n,
    principal1Raw: 10_000n,
    fees0Raw: 0n,
    fees1Raw: 0n,
    bins: null,
  };
  const burnCall: ExitCall = {
    tokenId: 5n,
    liquidityRaw: 9n,
    closes: true,
    amount0MinRaw: 1n,
    amount1MinRaw: 0n,
    recipient: WALLET,
    deadlineSec: 1n,
    tickLower: 0,
    tickUpper: 0,
    bins: null,
  };
  const mintCall: MintCall = {
    tickLower: -200,
    tickUpper: 200,
    amount0DesiredRaw: 100n,
    amount1DesiredRaw: 200n,
    amount0MinRaw: 1n,
    amount1MinRaw: 1n,
    liquidityRaw: null,
    recipient: WALLET,
    deadlineSec: 1n,
    bins: null,
  };
  const encodeBurn = (call: ExitCall) => uniswapV3Actions.encodeExit(ref, call).data;
  const encodeMint = (call: MintCall) => uniswapV3Actions.encodeMint(ref, call).data;
  const code = (step: Step | undefined, to: Address, data: `0x${string}`, change: { valueRaw?: bigint } = {}) =>
    codeOf(() =>
      checkCalldata({
        step: step ?? raise(),
        tx: { to, data, valueRaw: 0n, ...change },
        wallet: WALLET,
        registry,
        latestDeadlineSec: 1n,
        pool: { ref, actions: uniswapV3Actions },
        position,
        maxValueRaw: 0n,
      }),
    );

  it("default: what the step says passes", () => {
    expect(code(burnStep, MANAGER, encodeBurn(burnCall))).toBe("accepted");
    expect(code(mintStep, MANAGER, encodeMint(mintCall))).toBe("accepted");
    expect(code(approveStep, T0, encodeApprove(MANAGER, 100n))).toBe("accepted");
  });

  it("error: policy — stranger as recipient, spender or target, no minimum, more than the cap, another range", () => {
    expect(code(burnStep, MANAGER, encodeBurn({ ...burnCall, recipient: THIEF }))).toBe("policy");
    expect(code(burnStep, MANAGER, encodeBurn({ ...burnCall, tokenId: 6n }))).toBe("policy");
    expect(code(burnStep, MANAGER, encodeBurn({ ...burnCall, amount0MinRaw: 0n }))).toBe("policy");
    expect(code(burnStep, THIEF, encodeBurn(burnCall))).toBe("policy");
    expect(code(burnStep, MANAGER, encodeBurn({ ...burnCall, closes: false }))).toBe("policy");
    expect(code(burnStep, MANAGER, encodeBurn({ ...burnCall, liquidityRaw: 8n }))).toBe("policy");
    expect(code(burnStep, MANAGER, encodeBurn({ ...burnCall, deadlineSec: 2n }))).toBe("policy");
    expect(code(burnStep, MANAGER, encodeBurn(burnCall), { valueRaw: 1n })).toBe("policy");
    expect(code(mintStep, MANAGER, encodeMint({ ...mintCall, deadlineSec: 2n }))).toBe("policy");
    expect(code(mintStep, MANAGER, encodeMint(mintCall), { valueRaw: 1n })).toBe("policy");
    expect(code(mintStep, MANAGER, encodeMint({ ...mintCall, recipient: THIEF }))).toBe("policy");
    expect(code(mintStep, MANAGER, encodeMint({ ...mintCall, amount0DesiredRaw: 101n }))).toBe("policy");
    expect(code(mintStep, MANAGER, encodeMint({ ...mintCall, tickLower: -210 }))).toBe("policy");
    expect(code(mintStep, MANAGER, encodeMint({ ...mintCall, amount0MinRaw: 0n, amount1MinRaw: 0n }))).toBe("policy");
    expect(code(approveStep, T0, encodeApprove(THIEF, 100n))).toBe("policy");
    expect(code(approveStep, T0, encodeApprove(MANAGER, 101n))).toBe("policy");
    expect(code(approveStep, T1, encodeApprove(MANAGER, 100n))).toBe("policy");
    expect(code(approveStep, T0, encodeBurn(burnCall))).toBe("policy");
  });
});

describe("purposeKey, nonces and fees", () => {
  it("default: purposes are those of safety.md with the chain beside them", () => {
    const [burnStep, approveStep, mintStep] = plan().steps;
    expect(purposeKey("0xabc", 0, burnStep ?? raise())).toBe(`burn:${MANAGER}:5@1`);
    expect(purposeKey("0xabc", 1, approveStep ?? raise())).toBe(`approve:${T0}:${MANAGER}@1`);
    expect(purposeKey("0xabc", 2, mintStep ?? raise())).toBe(`mint:0xabc:${POOL}@1`);
  });

  it("behavior: nonce is the larger of both, never silently", () => {
    expect(compareNonces(null, 7)).toEqual({ kind: "use", nonce: 7 });
    expect(compareNonces(7, 7)).toEqual({ kind: "use", nonce: 7 });
    expect(compareNonces(8, 7)).toEqual({ kind: "chain_behind", lowestMissing: 7 });
    expect(compareNonces(7, 8).kind).toBe("foreign");
  });

  it("behavior: a raise is at least 12.5 % on both fees and stops at the cap; a cancel at the cap still replaces", () => {
    const fees = { kind: "eip1559", maxFeePerGasWei: 100n, maxPriorityFeePerGasWei: 7n } as const;
    expect(bumpFees(fees, 200n)).toEqual({ kind: "eip1559", maxFeePerGasWei: 120n, maxPriorityFeePerGasWei: 9n });
    expect(bumpFees(fees, 119n)).toBeNull();
    expect(cancelFees(fees, 100n)).toEqual({ kind: "eip1559", maxFeePerGasWei: 113n, maxPriorityFeePerGasWei: 8n });
    expect(gasLimitOf(100n, {})).toBe(150n);
    // After an attempt that reverted: half as much again as it had, up to the chain's own limit; an absurd estimate is refused.
    expect(gasLimitOf(100n, {}, 200n)).toBe(300n);
    expect(gasLimitOf(100n, { maxTxGas: 120 })).toBe(120n);
    expect(codeOf(() => gasLimitOf(1n << 60n, {}))).toBe("gas");
  });
});

function raise(): never {
  throw new Error("the test plan has no such step");
}
