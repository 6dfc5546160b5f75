// Readings in the shapes of the market snapshot: pools of ticks or bins, positions by role of their tokens.
import { invariant } from "@/lib/errors/invariant";
import type { BinPoolState, ObservedPosition, PoolState } from "@/lib/market/snapshot";
import { poolKey, positionId } from "@/lib/units";
import type { FamilyGasUsd } from "@/server/sources/gas";
import type { GeckoPool } from "@/server/sources/gecko-terminal";
import type { PoolReading, PositionRead } from "./readings";

/** Chain state, the service's volumes (null where it said none), live gas, our own liquidity. */
export function toPoolState(input: {
  readonly reading: PoolReading;
  readonly gecko: GeckoPool | null;
  readonly gas: FamilyGasUsd;
  /** Ours in any pool; those of other pools count for nothing. */
  readonly positions: readonly PositionRead[];
}): PoolState {
  const { reading, gecko, gas } = input;
  const { facts, ref, live, block } = reading;
  const own = input.positions.filter((position) => position.facts.pool === facts.pool);
  const common = {
    poolKey: poolKey(facts.chain.id, facts.dex.family, facts.pool.id),
    chainId: facts.chain.id,
    family: facts.dex.family,
    dexName: facts.dex.name,
    // A pool id is no address: there the manager is the contract.
    address: ref.pool.length === 42 ? ref.pool : facts.factory,
    base: { symbol: facts.base.symbol, address: facts.base.address, decimals: facts.base.decimals },
    quote: { symbol: facts.quote.symbol, address: facts.quote.address, decimals: facts.quote.decimals },
    baseIsToken0: facts.baseIsToken0,
    feePips: feePips(reading),
    protocolShareFrac: live.protocolShareFrac,
    tvlUsd: gecko?.tvlUsd ?? null,
    volumeH1Usd: gecko?.volumeH1Usd ?? null,
    volumeH6Usd: gecko?.volumeH6Usd ?? null,
    volumeH24Usd: gecko?.volumeH24Usd ?? null,
    gasOpenUsd: gas.openUsd,
    gasCloseUsd: gas.closeUsd,
    gasRsUsd: gas.shiftUsd,
    observedAtMs: block.timestampAtMs,
    blockNumber: block.number,
  };
  if (ref.family === "liquidity-book") return { kind: "bins", ...common, ...binPart(reading, own) };
  return {
    kind: "ticks",
    ...common,
    tickSpacing: live.tickSpacing,
    sqrtPriceX96: live.sqrtPriceX96,
    tick: live.tick,
    activeLiquidityRaw: live.liquidityRaw,
    ownLiquidityInRangeRaw: own
      .filter(({ live: { tickLower, tickUpper } }) => tickLower <= live.tick && live.tick < tickUpper)
      .reduce((sum, position) => sum + position.live.liquidityRaw, 0n),
  };
}

function binPart(
  { facts, ref, live, activeBin }: PoolReading,
  own: readonly PositionRead[],
): Pick<BinPoolState, "binStepBps" | "activeBinId" | "activeBinOthersBaseRaw" | "activeBinOthersQuoteRaw"> {
  invariant(ref.binStep !== null, `Liquidity Book pair ${ref.pool} has no bin step; its entry was checked to have one`);
  const ours = own.flatMap(({ live: { bins } }) => (bins ?? []).filter(({ binId }) => binId === live.tick));
  const others = (reserveRaw: bigint | undefined, of: (bin: (typeof ours)[number]) => bigint): bigint | null => {
    if (reserveRaw === undefined) return null;
    const left = ours.reduce((rest, bin) => rest - of(bin), reserveRaw);
    return left > 0n ? left : 0n;
  };
  const zero = others(activeBin?.reserve0Raw, (bin) => bin.amount0Raw);
  const one = others(activeBin?.reserve1Raw, (bin) => bin.amount1Raw);
  return {
    binStepBps: ref.binStep,
    activeBinId: live.tick,
    activeBinOthersBaseRaw: facts.baseIsToken0 ? zero : one,
    activeBinOthersQuoteRaw: facts.baseIsToken0 ? one : zero,
  };
}

/** One fee for the strategy: where the two directions differ their mean, since flow goes both ways. */
export function feePips({ live }: Pick<PoolReading, "live">): number {
  return Math.round((live.fee0Pips + live.fee1Pips) / 2);
}

/** `openedAtMs` is market time, from the signer's journal. */
export function toObservedPosition(position: PositionRead, openedAtMs: number): ObservedPosition {
  const { facts, block, live } = position;
  const byRole = (zero: bigint, one: bigint): readonly [base: bigint, quote: bigint] =>
    facts.baseIsToken0 ? [zero, one] : [one, zero];
  const [baseRaw, quoteRaw] = byRole(live.principal0Raw, live.principal1Raw);
  const [uncollectedBaseRaw, uncollectedQuoteRaw] = byRole(live.fees0Raw, live.fees1Raw);
  return {
    positionId: positionId(facts.chain.id, facts.dex.family, facts.positionManager, live.tokenId),
    poolKey: poolKey(facts.chain.id, facts.dex.family, facts.pool.id),
    chainId: facts.chain.id,
    family: facts.dex.family,
    tokenId: live.tokenId,
    range:
      facts.dex.family === "liquidity-book"
        ? { kind: "bins", lowerBinId: live.tickLower, upperBinId: live.tickUpper }
        : { kind: "ticks", tickLower: live.tickLower, tickUpper: live.tickUpper },
    liquidityRaw: live.liquidityRaw,
    baseRaw,
    quoteRaw,
    uncollectedBaseRaw,
    uncollectedQuoteRaw,
    openedAtMs,
    observedAtMs: block.timestampAtMs,
    blockNumber: block.number,
  };
}
