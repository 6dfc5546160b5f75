// Plan steps: the swap a plan needs, the caps of its mints, and the burn, approve, mint and revoke steps themselves.
import { rawAmount } from "@/lib/amm/human-units";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { StrategyParams } from "@/lib/strategy/index";
import type { PlanGrants, StepGroup } from "./plan-grants";
import {
  min,
  paidOut,
  poolPrice,
  sides,
  type Amounts,
  type Closing,
  type Opening,
  type PlanPool,
  type Reduction,
} from "./plan-pool";
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
    poolPrice: poolPrice(pool),
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

/** The close of a position; where fees are collected apart, that comes first. */
export function closeSteps(params: StrategyParams, closing: Closing, grants: PlanGrants): readonly StepGroup[] {
  const burn = burnStep(params, closing, grants);
  if (grants.collectsApart?.(closing.pool.facts) !== true) return [burn];
  return [decreaseStep(params, { ...closing, liquidityRaw: 0n }, { ...grants, exit: () => [] }), burn];
}

function burnStep(params: StrategyParams, { pool, position, range }: Closing, grants: PlanGrants): StepGroup {
  return exitGroup({ kind: "burn", params, pool, position, range, liquidityRaw: position.liquidityRaw, grants });
}

/** Part of the liquidity out, everything earned collected; the position stays. */
export function decreaseStep(params: StrategyParams, reduction: Reduction, grants: PlanGrants): StepGroup {
  return exitGroup({ kind: "decrease", params, ...reduction, grants });
}

function exitGroup(
  input: Reduction & {
    readonly kind: "burn" | "decrease";
    readonly params: StrategyParams;
    readonly grants: PlanGrants;
  },
): StepGroup {
  const { kind, params, pool, position, range, liquidityRaw } = input;
  const { facts } = pool;
  const paid = kind === "burn" ? paidOut(position) : paidByReduction(input);
  const [token0, token1] = sides(pool, facts.base.address, facts.quote.address);
  const [amount0ExpectedRaw, amount1ExpectedRaw] = sides(pool, paid.base, paid.quote);
  return {
    step: {
      kind,
      chainId: facts.chain.id,
      family: facts.dex.family,
      pool: facts.pool.id,
      positionManager: facts.positionManager,
      tokenId: position.tokenId,
      token0,
      token1,
      tickLower: range.tickLower,
      tickUpper: range.tickUpper,
      liquidityRaw,
      amount0ExpectedRaw,
      amount1ExpectedRaw,
      maxSlippageBps: params.slippageBps,
    },
    grants: input.grants.exit(facts).map((grant) => ({ grant, amountRaw: 1n })),
  };
}

/** What a reduction pays: its part of the principal, rounded down, and everything earned. */
export function paidByReduction({ position, liquidityRaw }: Reduction): Amounts {
  const part = (raw: bigint): bigint =>
    position.liquidityRaw === 0n ? 0n : (raw * liquidityRaw) / position.liquidityRaw;
  return {
    base: part(position.baseRaw) + position.uncollectedBaseRaw,
    quote: part(position.quoteRaw) + position.uncollectedQuoteRaw,
  };
}

/** The mint with the rights its family asks for; a side that goes in with nothing needs none. */
export function mintStep(input: {
  readonly params: StrategyParams;
  readonly opening: Opening;
  readonly cap: Amounts;
  readonly grants: PlanGrants;
}): StepGroup {
  const { params, opening, cap } = input;
  const { facts, state } = opening.pool;
  const [token0, token1] = sides(opening.pool, facts.base.address, facts.quote.address);
  const [amount0MaxRaw, amount1MaxRaw] = sides(opening.pool, cap.base, cap.quote);
  return {
    step: {
      kind: "mint",
      chainId: facts.chain.id,
      family: facts.dex.family,
      pool: facts.pool.id,
      positionManager: facts.positionManager,
      token0,
      token1,
      // The fee of the pool's key where the family has one, else the live fee as information.
      feePips: facts.pool.fee ?? state.feePips,
      tickSpacing: state.kind === "ticks" ? state.tickSpacing : state.binStepBps,
      tickLower: opening.tickLower,
      tickUpper: opening.tickUpper,
      amount0MaxRaw,
      amount1MaxRaw,
      maxSlippageBps: params.slippageBps,
      ...(state.kind === "bins" ? { shape: "spot" as const } : {}),
    },
    grants: input.grants.mint(facts, { amount0Raw: amount0MaxRaw, amount1Raw: amount1MaxRaw }).map((grant) => ({
      grant,
      amountRaw: grant.token.toLowerCase() === token0.toLowerCase() ? amount0MaxRaw : amount1MaxRaw,
    })),
  };
}

/** A raw amount times a fraction of at most 1, rounded down to a millionth of it. */
function scaleRaw(raw: bigint, frac: number): bigint {
  return (raw * BigInt(Math.floor(frac * 1_000_000))) / 1_000_000n;
}
