// Readable snapshot: what of a snapshot has numbers one can compute with; a pool that states an impossible number was not read.
import { MAX_SQRT_X96, MIN_SQRT_X96 } from "@/lib/amm/tick-math";
import type { MarketSnapshot, PoolState } from "@/lib/market/snapshot";
import { MAX_TICK, MIN_TICK } from "@/lib/units";

const PIPS = 1e6;
/** Prices and costs beyond this are no prices and no costs: products of them must stay finite. */
const LARGEST = 1e30;

/**
 * The same snapshot without pools whose numbers are impossible, and without any when price or quote value are no prices: their
 * positions then count as unread, so that nothing is done to them. Capital that is no number counts as none. The snapshot itself
 * when there is nothing to leave out.
 */
export function readableSnapshot(snapshot: MarketSnapshot): MarketSnapshot {
  const isPriced = isPrice(snapshot.price) && isPrice(snapshot.quoteUsd);
  const pools = isPriced ? snapshot.pools.filter(isReadable) : [];
  const { idleUsd, positionsUsd, totalUsd } = snapshot.capital;
  const isCounted = [idleUsd, positionsUsd, totalUsd].every((value) => Number.isFinite(value));
  if (pools.length === snapshot.pools.length && isCounted) return snapshot;
  return {
    ...snapshot,
    pools,
    capital: isCounted
      ? snapshot.capital
      : {
          ...snapshot.capital,
          idleUsd: orZero(idleUsd),
          positionsUsd: orZero(positionsUsd),
          totalUsd: orZero(totalUsd),
        },
  };
}

function isReadable(pool: PoolState): boolean {
  const isPool =
    isBetween(pool.feePips, 0, PIPS) &&
    isBetween(pool.protocolShareFrac, 0, 1) &&
    (pool.tvlUsd === null || Number.isFinite(pool.tvlUsd)) &&
    isCost(pool.gasOpenUsd) &&
    isCost(pool.gasCloseUsd) &&
    isCost(pool.gasRsUsd) &&
    Number.isFinite(pool.observedAtMs);
  if (!isPool) return false;
  if (pool.kind === "bins") {
    return pool.binStepBps > 0 && pool.binStepBps < Infinity && Number.isInteger(pool.activeBinId);
  }
  return (
    Number.isInteger(pool.tickSpacing) &&
    isBetween(pool.tickSpacing, 1, MAX_TICK) &&
    Number.isInteger(pool.tick) &&
    isBetween(pool.tick, MIN_TICK, MAX_TICK) &&
    pool.sqrtPriceX96 >= MIN_SQRT_X96 &&
    pool.sqrtPriceX96 < MAX_SQRT_X96 &&
    (pool.activeLiquidityRaw === null || pool.activeLiquidityRaw >= 0n)
  );
}

function isPrice(value: number): boolean {
  return value >= 1 / LARGEST && value <= LARGEST;
}

function isCost(value: number): boolean {
  return value >= 0 && value <= LARGEST;
}

function isBetween(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

function orZero(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
