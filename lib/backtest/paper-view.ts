// Paper view: a market snapshot as it would look if the paper account were the real one, and a decision on it as a plan for that account.
import { rawAmount } from "@/lib/amm/human-units";
import type { MarketSnapshot, ObservedPosition, PoolState, TickPoolState, WalletBalance } from "@/lib/market/snapshot";
import { clamp } from "@/lib/math/stats";
import { computeCapital } from "@/lib/portfolio/valuation";
import type { Decision } from "@/lib/strategy";
import { positionId, type PositionId } from "@/lib/units";
import type { PaperPlan, PaperPosition, PaperState } from "./paper-state";

/** Stands where a position manager's address would; no chain has it. */
const PAPER_MANAGER = "paper";
/** Reasons after which the twelve-hour hold begins (strategy.md section 11, strategy-carry section 8). */
const HOLD_REASONS: ReadonlySet<string> = new Set(["better_allocation", "deploy_idle", "to_cash"]);

/** The snapshot with the account's wallets, positions and history in place of the real ones. Pools, prices and candles stay. */
export function viewPaper(snapshot: MarketSnapshot, state: PaperState): MarketSnapshot {
  const pools = snapshot.pools.map((pool) => (pool.kind === "ticks" ? withOwn(pool, state) : pool));
  const poolByKey = new Map<string, PoolState>(pools.map((pool) => [pool.poolKey, pool]));
  const positions = state.positions.flatMap((position) => {
    const pool = poolByKey.get(position.poolKey);
    return pool === undefined || pool.kind !== "ticks" ? [] : [observe(position, pool, snapshot.observedAtMs)];
  });
  const wallets = state.wallets.flatMap((wallet): readonly WalletBalance[] => {
    const pool = pools.find((entry) => entry.chainId === wallet.chainId);
    const real = snapshot.capital.wallets.find((entry) => entry.chainId === wallet.chainId);
    const base = pool?.base ?? real?.base;
    const quote = pool?.quote ?? real?.quote;
    if (base === undefined || quote === undefined) return [];
    return [
      {
        chainId: wallet.chainId,
        base,
        quote,
        baseRaw: rawAmount(wallet.base, base.decimals),
        quoteRaw: rawAmount(wallet.quote, quote.decimals),
        nativeRaw: real?.nativeRaw ?? 10n ** 18n,
        nativeUsd: real?.nativeUsd ?? 0,
      },
    ];
  });
  return {
    ...snapshot,
    pools,
    positions,
    capital: computeCapital({ wallets, positions, pools, price: snapshot.price, quoteUsd: snapshot.quoteUsd }),
    history: {
      lastPraAtMs: state.lastPraAtMs,
      lastCloseEpochs: state.lastCloseEpochs,
      rangeShiftAtMs: state.rangeShiftAtMs,
      epochNetUsd: state.epochNetUsd,
      gas24hUsd: state.gasSpent.reduce((sum, spent) => sum + spent.usd, 0),
      suppressUntilEpoch: state.suppressUntilEpoch,
    },
  };
}

/** What the account does about a decision; null for HOLD. */
export function planOfDecision(decision: Decision): PaperPlan | null {
  switch (decision.kind) {
    case "HOLD":
      return null;
    case "RS":
      return {
        kind: "RS",
        reason: decision.reason,
        closePositionIds: [],
        restoreMixFrac: null,
        shifts: decision.shifts.flatMap((shift) =>
          shift.target.range.kind === "ticks"
            ? [
                {
                  positionId: paperIdOf(shift.positionId),
                  tickLower: shift.target.range.tickLower,
                  tickUpper: shift.target.range.tickUpper,
                  fill: shift.keepsMix ? ("keep" as const) : ("swap" as const),
                },
              ]
            : [],
        ),
        opens: [],
        startsHold: false,
      };
    case "PRA":
      return {
        kind: "PRA",
        reason: decision.reason,
        closePositionIds: decision.closePositionIds.map(paperIdOf),
        restoreMixFrac: decision.restoreMixFrac,
        shifts: [],
        opens: decision.targets.flatMap(({ poolKey, chainId, amountUsd, target, keepPositionIds }) =>
          keepPositionIds.length === 0 && target.range.kind === "ticks"
            ? [
                {
                  poolKey,
                  chainId,
                  tickLower: target.range.tickLower,
                  tickUpper: target.range.tickUpper,
                  amountUsd,
                  fill: "swap" as const,
                },
              ]
            : [],
        ),
        startsHold: HOLD_REASONS.has(decision.reason),
      };
  }
}

function paperIdOf(id: PositionId): number {
  return Number(id.slice(id.lastIndexOf(":") + 1));
}

/** The pool with the account's liquidity beside that of the others, instead of any real one of ours. */
function withOwn(pool: TickPoolState, state: PaperState): TickPoolState {
  let own = 0n;
  for (const position of state.positions) {
    if (position.poolKey !== pool.poolKey) continue;
    if (position.tickLower <= pool.tick && pool.tick < position.tickUpper) own += rawLiquidityOf(position, pool);
  }
  // The same object again: what was computed for this pool of this epoch is found by it.
  if (own === pool.ownLiquidityInRangeRaw) return pool;
  const others = pool.activeLiquidityRaw === null ? null : pool.activeLiquidityRaw - pool.ownLiquidityInRangeRaw;
  return { ...pool, activeLiquidityRaw: others === null ? null : others + own, ownLiquidityInRangeRaw: own };
}

function rawLiquidityOf(position: PaperPosition, pool: TickPoolState): bigint {
  return BigInt(Math.floor(position.liquidity * 10 ** ((pool.base.decimals + pool.quote.decimals) / 2)));
}

function observe(position: PaperPosition, pool: TickPoolState, observedAtMs: number): ObservedPosition {
  const price = humanPriceOf(pool);
  const root = Math.sqrt(clamp(price, position.lower, position.upper));
  const base = position.liquidity * (1 / root - 1 / Math.sqrt(position.upper));
  const quote = position.liquidity * (root - Math.sqrt(position.lower));
  return {
    positionId: positionId(pool.chainId, pool.family, PAPER_MANAGER, BigInt(position.id)),
    poolKey: pool.poolKey,
    chainId: pool.chainId,
    family: pool.family,
    tokenId: BigInt(position.id),
    range: { kind: "ticks", tickLower: position.tickLower, tickUpper: position.tickUpper },
    liquidityRaw: rawLiquidityOf(position, pool),
    baseRaw: rawAmount(base, pool.base.decimals),
    quoteRaw: rawAmount(quote, pool.quote.decimals),
    uncollectedBaseRaw: rawAmount(position.feesBase, pool.base.decimals),
    uncollectedQuoteRaw: rawAmount(position.feesQuote, pool.quote.decimals),
    leftBaseRaw: rawAmount(position.idleBase, pool.base.decimals),
    leftQuoteRaw: rawAmount(position.idleQuote, pool.quote.decimals),
    openedAtMs: position.openedAtMs,
    observedAtMs,
    blockNumber: pool.blockNumber,
  };
}

/** Human price of a pool's state, QUOTE per BASE. */
function humanPriceOf(pool: TickPoolState): number {
  const root = Number(pool.sqrtPriceX96) / 2 ** 96;
  const scale = 10 ** (pool.base.decimals - pool.quote.decimals);
  return pool.baseIsToken0 ? root * root * scale : scale / (root * root);
}
