// The telemetry of one epoch: the wide event, pool states, pool analyses, allocations and positions, each under an id that makes repeats harmless.
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import type { ObservedPosition, PoolState } from "@/lib/market/snapshot";
import { emitCycleEvent } from "./cycle-event";
import type { Logger } from "./logger-port";
import type { Telemetry } from "./openobserve";
import { pairAllocationRecords, poolAnalysisRecords, poolSnapshotRecords, positionRecords } from "./records";

export interface EpochStreamsDeps {
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly wallNowMs: () => number;
}

export interface EpochFacts {
  readonly pools: readonly PoolState[];
  readonly positions: readonly ObservedPosition[];
  /** QUOTE per BASE by pool key. */
  readonly poolPrices: ReadonlyMap<string, number>;
}

export function emitEpochStreams(deps: EpochStreamsDeps, record: EpochRecord, facts: EpochFacts): void {
  const { telemetry } = deps;
  const at = { atMs: record.marketAtMs, wallAtMs: deps.wallNowMs() };
  const { pairId, epoch, cycleId } = record;
  const idOf = (what: string): string => `${cycleId}:${what}`;
  emitCycleEvent(deps, cycleEvent(record), at);
  for (const pool of facts.pools) {
    telemetry.emit(
      "pool_snapshots",
      poolSnapshotRecords.encode(
        {
          pairId,
          poolKey: pool.poolKey,
          chainId: pool.chainId,
          dex: pool.dexName,
          epoch,
          cycleId,
          blockNumber: Number(pool.blockNumber),
          ...(pool.kind === "ticks"
            ? { sqrtPriceX96: pool.sqrtPriceX96, liquidity: pool.activeLiquidityRaw, tick: pool.tick }
            : {}),
          price: facts.poolPrices.get(pool.poolKey),
          feePips: pool.feePips,
          tvlUsd: pool.tvlUsd,
          volume24hUsd: pool.volumeH24Usd,
          sourceAgeMs: Math.max(0, record.marketAtMs - pool.observedAtMs),
        },
        { ...at, eventId: idOf(`pool:${pool.poolKey}`) },
      ),
    );
  }
  const capitalUsd = record.capitalUsd ?? 0;
  for (const pool of record.pools) {
    const { income } = pool;
    const chainId = facts.pools.find((each) => each.poolKey === pool.poolKey)?.chainId;
    telemetry.emit(
      "pool_analyses",
      poolAnalysisRecords.encode(
        {
          pairId,
          poolKey: pool.poolKey,
          chainId,
          epoch,
          cycleId,
          tvlUsd: pool.tvlUsd,
          volumePerDayUsd: pool.volumeUsdPerDay,
          feeFrac: pool.feeFrac,
          targetLower: pool.targetLower,
          targetUpper: pool.targetUpper,
          inRangeFrac: pool.inRangeFrac,
          depthUsd: pool.depthUsd,
          isDepthEstimated: pool.isDepthEstimated,
          allocatedUsd: pool.allocatedUsd,
          feesPerYearUsd: income?.feesUsdPerYear,
          lvrPerYearUsd: income?.lvrUsdPerYear,
          costsPerYearUsd: income?.costsUsdPerYear,
          netPerYearUsd: income?.netUsdPerYear,
          netAprFrac: income?.netAprFrac,
          exclusion: pool.exclusion,
          kappa: pool.rates?.kappa,
          kappaMin: pool.rates?.kappaSpread?.min,
          kappaMax: pool.rates?.kappaSpread?.max,
          kappaSource: pool.rates?.source,
          feePerLiquidityYear: pool.rates?.feePerLiquidityYear,
          lossPerLiquidityYear: pool.rates?.lossPerLiquidityYear,
          poolSigmaPerYear: pool.rates?.sigmaPerYear,
          ratesCoveredMs: pool.rates?.coveredMs,
        },
        { ...at, eventId: idOf(`analysis:${pool.poolKey}`) },
      ),
    );
    const currentUsd = record.positions
      .filter((position) => position.poolKey === pool.poolKey)
      .reduce((sum, position) => sum + position.valueUsd + position.feesUsd, 0);
    telemetry.emit(
      "pair_allocations",
      pairAllocationRecords.encode(
        {
          pairId,
          poolKey: pool.poolKey,
          epoch,
          cycleId,
          currentUsd,
          targetUsd: pool.allocatedUsd,
          currentFrac: capitalUsd > 0 ? currentUsd / capitalUsd : null,
          targetFrac: capitalUsd > 0 ? pool.allocatedUsd / capitalUsd : null,
          cashUsd: record.idleUsd,
        },
        { ...at, eventId: idOf(`allocation:${pool.poolKey}`) },
      ),
    );
  }
  for (const position of facts.positions) {
    const shown = record.positions.find((each) => each.positionId === position.positionId);
    telemetry.emit(
      "positions",
      positionRecords.encode(
        {
          pairId,
          positionId: position.positionId,
          poolKey: position.poolKey,
          chainId: position.chainId,
          epoch,
          liquidity: position.liquidityRaw,
          amount0: position.baseRaw,
          amount1: position.quoteRaw,
          fees0: position.uncollectedBaseRaw,
          fees1: position.uncollectedQuoteRaw,
          valueUsd: shown?.valueUsd,
          feesUsd: shown?.feesUsd,
          rangeLow: shown?.priceLower,
          rangeHigh: shown?.priceUpper,
          inRange: shown?.inRange,
          openedAtMs: position.openedAtMs,
          state: "open",
        },
        { ...at, eventId: idOf(`position:${position.positionId}`) },
      ),
    );
  }
}

function cycleEvent(record: EpochRecord): Parameters<typeof emitCycleEvent>[1] {
  const ageOf = (prefix: string): number | null => {
    const ages = record.freshness.filter((entry) => entry.input.startsWith(prefix)).map((entry) => entry.ageMs ?? 0);
    return ages.length === 0 ? null : Math.max(...ages);
  };
  const candleSource = record.freshness.find((entry) => entry.input === "candles")?.source ?? "";
  return {
    cycleId: record.cycleId,
    pairId: record.pairId,
    epoch: record.epoch,
    mode: record.mode,
    decision: record.decision?.kind,
    reason: record.decision?.reason,
    planId: record.planId,
    ok: record.status === "completed",
    failedStep: record.error?.step,
    error: record.error?.message,
    price: record.price,
    quoteUsd: record.quoteUsd,
    vForce: record.forces?.v,
    mForce: record.forces?.m,
    tForce: record.forces?.t,
    sigmaPerYear: record.sigmaPerYear,
    regime: record.regime?.reason,
    targetLower: record.target?.min,
    targetUpper: record.target?.max,
    rangeWidth: record.target?.width,
    divergence: record.positions.length === 0 ? null : Math.max(...record.positions.map((each) => each.divergence)),
    rsThreshold: record.params?.rsThreshold,
    currentNetPerYearUsd: record.currentNetUsdPerYear,
    targetNetPerYearUsd: record.targetNetUsdPerYear,
    gainPerYearUsd: record.decision?.gainUsdPerYear,
    improvementFrac: record.decision?.improvementFrac,
    positionsUsd: record.positionsUsd,
    idleUsd: record.idleUsd,
    totalUsd: record.capitalUsd,
    unclaimedFeesUsd: record.unclaimedFeesUsd,
    feesUsd: record.flows?.feesUsd,
    markUsd: record.flows?.markUsd,
    hodlUsd: record.flows?.hodlUsd,
    lvrUsd: record.flows?.lvrUsd,
    gasUsd: record.flows?.gasUsd,
    swapCostUsd: record.flows?.swapCostUsd,
    netUsd: record.flows?.netUsd,
    alphaUsd: record.flows?.alphaUsd,
    positionCount: record.positions.length,
    inRangeCount: record.positions.filter((position) => position.inRange).length,
    candleAgeMs: ageOf("candles"),
    poolAgeMs: ageOf("pool:"),
    venueCount: candleSource === "" || candleSource === "none" ? 0 : candleSource.split(",").length,
    latenessMs: record.latenessMs,
    ...record.durations,
  };
}
