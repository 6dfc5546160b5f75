// Plan steps: the swap a plan needs, the caps of its mints, and the burn, approve, mint and revoke steps themselves.
import { rawAmount } from "@/lib/amm/human-units";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import type { MarketSnapshot, ObservedPosition, TickRange } from "@/lib/market/snapshot";
import type { StrategyParams } from "@/lib/strategy/index";
import type { Step } from "./plan";
import { min, paidOut, sides, type Amounts, type Opening, type PlanPool } from "./plan-pool";
import { maxPriceMoveFrac, swapMinimumOutRaw } from "./slippage";
import type { SwapSize } from "./swap-sizing";

export interface PlannedSwap {
  readonly sell: "base" | "quote";
  readonly amountInRaw: bigint;
  readonly minAmountOutRaw: bigint;
  /** Budget after the swap: at most (no fee) and as expected. */
  readonly after: Amounts;
  readonly expectedAfter: Amounts;
  readonly valueUsd: number;
}

export function planSwap(input: {
  readonly size: SwapSize;
  readonly budget: Amounts;
  readonly pool: PlanPool;
  readonly snapshot: MarketSnapshot;
  readonly swapFeeFrac: number;
  readonly slippageBps: number;
  readonly sigmaPerYear: number;
}): PlannedSwap | null {
  const { size, budget, pool, snapshot } = input;
  if (size.sell === null) return null;
  const { base, quote } = pool.facts;
  const sellsBase = size.sell === "base";
  const amountInRaw = min(
    rawAmount(size.amountIn, sellsBase ? base.decimals : quote.decimals),
    sellsBase ? budget.base : budget.quote,
  );
  const atOnceRaw = swapMinimumOutRaw({
    sellsBase,
    amountInRaw,
    decBase: base.decimals,
    decQuote: quote.decimals,
    cexPrice: snapshot.price,
    poolPrice: sqrtToPrice(pool.state.sqrtPriceX96, pool.frame),
    feeFrac: input.swapFeeFrac,
    slippageBps: input.slippageBps,
  });
  // The bound that is approved must hold as long as the plan does: the price may move by its own bound until then. The tight
  // minimum comes from two prices at the moment of the swap.
  const minAmountOutRaw = scaleRaw(atOnceRaw, 1 - maxPriceMoveFrac(input.sigmaPerYear));
  if (amountInRaw === 0n || minAmountOutRaw === 0n) return null;
  const mostOut = sellsBase ? size.amountIn * snapshot.price : size.amountIn / snapshot.price;
  const outDecimals = sellsBase ? quote.decimals : base.decimals;
  const settle = (outRaw: bigint): Amounts =>
    sellsBase
      ? { base: budget.base - amountInRaw, quote: budget.quote + outRaw }
      : { base: budget.base + outRaw, quote: budget.quote - amountInRaw };
  return {
    sell: size.sell,
    amountInRaw,
    minAmountOutRaw,
    after: settle(rawAmount(mostOut, outDecimals)),
    expectedAfter: settle(rawAmount(size.amountOut, outDecimals)),
    valueUsd: (sellsBase ? size.amountIn * snapshot.price : size.amountIn) * snapshot.quoteUsd,
  };
}

/**
 * Caps of the mints: each side is shared in proportion to what the targets take of it, never more than is there, and at most
 * `headroomFrac` above the expected amount (the price may move before the mint).
 */
export function mintCaps(input: {
  readonly fills: SwapSize["fills"];
  readonly available: Amounts;
  readonly decBase: number;
  readonly decQuote: number;
  readonly headroomFrac: number;
}): readonly Amounts[] {
  const { fills, available, decBase, decQuote, headroomFrac } = input;
  const share = (side: "base" | "quote", decimals: number): bigint[] => {
    const total = fills.reduce((sum, fill) => sum + fill[side], 0);
    return fills.map((fill) => {
      if (!(total > 0) || !(fill[side] > 0)) return 0n;
      const part = (available[side] * rawAmount(fill[side] / total, 18)) / 10n ** 18n;
      if (!Number.isFinite(headroomFrac)) return part;
      return min(part, rawAmount(fill[side] * (1 + headroomFrac), decimals));
    });
  };
  const bases = share("base", decBase);
  const quotes = share("quote", decQuote);
  return fills.map((_, index) => ({ base: bases[index] ?? 0n, quote: quotes[index] ?? 0n }));
}

export function burnStep(params: StrategyParams, pool: PlanPool, position: ObservedPosition, range: TickRange): Step {
  const { facts } = pool;
  const paid = paidOut(position);
  const [token0, token1] = sides(pool, facts.base.address, facts.quote.address);
  const [amount0ExpectedRaw, amount1ExpectedRaw] = sides(pool, paid.base, paid.quote);
  return {
    kind: "burn",
    chainId: facts.chain.id,
    family: facts.dex.family,
    pool: facts.pool.id,
    positionManager: facts.positionManager,
    tokenId: position.tokenId,
    token0,
    token1,
    tickLower: range.tickLower,
    tickUpper: range.tickUpper,
    liquidityRaw: position.liquidityRaw,
    amount0ExpectedRaw,
    amount1ExpectedRaw,
    maxSlippageBps: params.slippageBps,
  };
}

/** Exact approvals, the mint, and both allowances taken back; a side that goes in with nothing needs no approval. */
export function mintSteps(input: {
  readonly params: StrategyParams;
  readonly opening: Opening;
  readonly cap: Amounts;
  readonly index: number;
}): readonly Step[] {
  const { params, opening, cap } = input;
  const { facts, state } = opening.pool;
  const [token0, token1] = sides(opening.pool, facts.base.address, facts.quote.address);
  const [amount0MaxRaw, amount1MaxRaw] = sides(opening.pool, cap.base, cap.quote);
  const chainId = facts.chain.id;
  const spender = facts.positionManager;
  const used = [
    { token: token0, amountRaw: amount0MaxRaw },
    { token: token1, amountRaw: amount1MaxRaw },
  ].filter(({ amountRaw }) => amountRaw > 0n);
  const forStep = input.index + used.length;
  return [
    ...used.map(({ token, amountRaw }) => ({ kind: "approve" as const, chainId, token, spender, amountRaw, forStep })),
    {
      kind: "mint",
      chainId,
      family: facts.dex.family,
      pool: facts.pool.id,
      positionManager: facts.positionManager,
      token0,
      token1,
      feePips: state.feePips,
      tickSpacing: state.tickSpacing,
      tickLower: opening.tickLower,
      tickUpper: opening.tickUpper,
      amount0MaxRaw,
      amount1MaxRaw,
      maxSlippageBps: params.slippageBps,
    },
    ...used.map(({ token }) => ({ kind: "revoke" as const, chainId, token, spender })),
  ];
}

/** A raw amount times a fraction of at most 1, rounded down to a millionth of it. */
function scaleRaw(raw: bigint, frac: number): bigint {
  return (raw * BigInt(Math.floor(frac * 1_000_000))) / 1_000_000n;
}
