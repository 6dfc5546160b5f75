// A registry pool as the desk shows it: facts, what the newest epoch read and computed of it, and our part.
import { humanAmount } from "@/lib/amm/human-units";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import type { KappaPoint, PoolDto, PoolFacts } from "@/lib/api/schemas";
import type { WorkerState } from "@/lib/api/worker-state";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { poolKey } from "@/lib/units";

const EXCLUSION_TEXT: Readonly<Record<string, string>> = {
  no_range: "no range can be computed for it now",
  low_tvl: "its total value locked is below the pair's minimum",
  stale: "its state is too old to be trusted",
  invalid_terms: "a number it needs is missing or not finite",
  no_income: "it is expected to lose against holding at any size",
  no_depth: "its depth is unknown",
  no_rates: "neither its own samples nor a volume say what it pays",
  low_kappa: "it pays too little for what providing liquidity loses",
};

export function poolKeyOf(pool: ResolvedPool): string {
  return poolKey(pool.chain.id, pool.dex.family, pool.pool.id);
}

function tokenOf({ symbol, address, decimals }: ResolvedPool["base"]): PoolFacts["base"] {
  return { symbol, address, decimals };
}

export function poolFacts(pool: ResolvedPool): PoolFacts {
  return {
    poolKey: poolKeyOf(pool),
    pairId: pool.pool.pair,
    chainId: pool.chain.id,
    chainName: pool.chain.name,
    address: pool.pool.id,
    family: pool.dex.family,
    dexName: pool.dex.name,
    isStandIn: pool.dex.isStandIn,
    base: tokenOf(pool.base),
    quote: tokenOf(pool.quote),
    baseIsToken0: pool.baseIsToken0,
    feePips: pool.pool.fee,
    tickSpacing: pool.pool.tickSpacing,
  };
}

export interface PoolReadings {
  readonly record: EpochRecord | null;
  readonly snapshot: Pick<MarketSnapshot, "pools"> | null;
  readonly state: WorkerState | null;
}

/** What was not read is null; nothing is filled in from elsewhere. */
export function poolView(pool: ResolvedPool, readings: PoolReadings): PoolDto {
  const facts = poolFacts(pool);
  const { record, state } = readings;
  const evaluated = record?.pools.find((each) => each.poolKey === facts.poolKey) ?? null;
  const found = readings.snapshot?.pools.find((each) => each.poolKey === facts.poolKey) ?? null;
  const read = found?.kind === "ticks" ? found : null;
  const disabled = state?.disabledPools.find((each) => each.poolKey === facts.poolKey) ?? null;
  const own = state?.positions.filter((position) => position.poolKey === facts.poolKey) ?? [];
  const exclusion = disabled === null ? (evaluated?.exclusion ?? null) : "disabled";
  const active = read?.activeLiquidityRaw ?? null;
  const frame = { decBase: pool.base.decimals, decQuote: pool.quote.decimals, baseIsToken0: pool.baseIsToken0 };
  return {
    ...facts,
    feePips: read?.feePips ?? facts.feePips,
    epoch: evaluated === null ? null : (record?.epoch ?? null),
    observedAtMs: read?.observedAtMs ?? null,
    blockNumber: read?.blockNumber.toString() ?? null,
    price: read === null ? null : sqrtToPrice(read.sqrtPriceX96, frame),
    tick: read?.tick ?? null,
    protocolShareFrac: read === null || !Number.isFinite(read.protocolShareFrac) ? null : read.protocolShareFrac,
    tvlUsd: evaluated?.tvlUsd ?? null,
    volume24hUsd: read?.volumeH24Usd ?? null,
    volumeUsdPerDay: evaluated?.volumeUsdPerDay ?? null,
    activeLiquidityRaw: active?.toString() ?? null,
    ownLiquidityRaw: read?.ownLiquidityInRangeRaw.toString() ?? null,
    ownShareFrac:
      read === null || active === null || active === 0n
        ? null
        : humanAmount((read.ownLiquidityInRangeRaw * 1_000_000_000n) / active, 9),
    ownUsd: state === null ? null : own.reduce((sum, position) => sum + position.valueUsd + position.feesUsd, 0),
    allocatedUsd: evaluated?.allocatedUsd ?? null,
    rates: evaluated?.rates ?? null,
    carry: evaluated?.carry ?? null,
    exclusion,
    exclusionSentence: disabled?.reason ?? (exclusion === null ? null : (EXCLUSION_TEXT[exclusion] ?? exclusion)),
    best:
      evaluated === null || evaluated.standaloneIncome === null
        ? null
        : {
            amountUsd: evaluated.standaloneUsd,
            netUsdPerYear: evaluated.standaloneIncome.netUsdPerYear,
            netAprFrac: evaluated.standaloneIncome.netAprFrac,
          },
  };
}

/** Kappa over the epochs that are kept, oldest first. */
export function kappaPoints(records: readonly EpochRecord[], key: string): KappaPoint[] {
  return records.toReversed().flatMap((record): KappaPoint[] => {
    const pool = record.pools.find((each) => each.poolKey === key);
    if (pool === undefined) return [];
    const rates = pool.rates ?? null;
    return [
      {
        epoch: record.epoch,
        marketAtMs: record.marketAtMs,
        source: rates?.source ?? null,
        kappa: rates?.kappa ?? null,
        kappaMin: rates?.kappaSpread?.min ?? null,
        kappaMax: rates?.kappaSpread?.max ?? null,
        feePerLiquidityYear: rates?.feePerLiquidityYear ?? null,
        lossPerLiquidityYear: rates?.lossPerLiquidityYear ?? null,
        tvlUsd: pool.tvlUsd,
        volumeUsdPerDay: pool.volumeUsdPerDay,
      },
    ];
  });
}
