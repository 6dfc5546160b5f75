// Chart series from OpenObserve: the columns of server/infra/telemetry/records.ts as the API's points.
import * as z from "zod";
import { ok } from "@/lib/errors/result";
import type { OpenobserveSettings } from "@/server/config/load";
import { createTelemetryQuery } from "@/server/infra/telemetry/query";
import type { TelemetryReader } from "./telemetry-port";

/** Nulls are absent from hits. */
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? null);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

const epochRow = z.object({
  _timestamp: z.number(),
  epoch: z.number(),
  price: number,
  v_force: number,
  m_force: number,
  t_force: number,
  target_lower: number,
  target_upper: number,
  divergence: number,
  rs_threshold: number,
  decision: text,
  reason: text,
  plan_id: text,
  total_usd: number,
  idle_usd: number,
  fees_usd: number,
  net_usd: number,
  gas_usd: number,
  lvr_usd: number,
  current_net_per_year_usd: number,
  target_net_per_year_usd: number,
  fetch_ms: number,
  compute_ms: number,
  decide_ms: number,
  execute_ms: number,
  total_ms: number,
});

const analysisRow = z.object({
  _timestamp: z.number(),
  pool_key: z.string(),
  tvl_usd: number,
  volume_per_day_usd: number,
  net_apr_frac: number,
  fees_per_year_usd: number,
  lvr_per_year_usd: number,
  allocated_usd: number,
  kappa: number,
  kappa_min: number,
  kappa_max: number,
  kappa_source: z
    .enum(["measured", "estimated", "none"])
    .nullish()
    .transform((value) => value ?? null),
  fee_per_liquidity_year: number,
  loss_per_liquidity_year: number,
});

const allocationRow = z.object({
  ts: z.string(),
  pool_key: z.string(),
  current_usd: number,
  target_usd: number,
  cash_usd: number,
});
/** 200 steps of 50 pools. */
const ALLOCATION_ROWS = 10_000;

/** One question to the log store serves every page for this long. */
const HEALTH_KEPT_MS = 2_000;
const UNHEALTHY = "does not answer; history charts come from the hot state and records wait in the spool";
const AWAY = "The log store (OpenObserve) is not configured for this process; set TG_OPENOBSERVE_URL.";

export function createTelemetryReader(settings: OpenobserveSettings | null): TelemetryReader {
  if (settings === null) {
    const away = { ok: false as const, error: new Error(AWAY) };
    return {
      epochs: async () => away,
      analyses: async () => away,
      allocations: async () => away,
      problem: async () => AWAY,
    };
  }
  const query = createTelemetryQuery(settings);
  let health: { readonly atMs: number; readonly problem: Promise<string | null> } | null = null;
  return {
    async epochs(input) {
      const answer = await query.epochs(input, epochRow);
      if (!answer.ok) return answer;
      // A cycle that was recorded twice keeps its last record: a resend must not draw a point twice.
      const byEpoch = new Map(answer.value.rows.map((row) => [row.epoch, row]));
      const points = [...byEpoch.values()].map((row) => {
        const apr = (net: number | null): number | null =>
          net === null || row.total_usd === null || row.total_usd <= 0 ? null : net / row.total_usd;
        return {
          epoch: row.epoch,
          marketAtMs: Math.round(row._timestamp / 1000),
          price: row.price,
          v: row.v_force,
          m: row.m_force,
          t: row.t_force,
          targetLower: row.target_lower,
          targetUpper: row.target_upper,
          divergence: row.divergence,
          rsThreshold: row.rs_threshold,
          decision: row.decision,
          reason: row.reason,
          planId: row.plan_id,
          valueUsd: row.total_usd,
          idleUsd: row.idle_usd,
          feesUsd: row.fees_usd,
          netUsd: row.net_usd,
          gasUsd: row.gas_usd,
          lvrUsd: row.lvr_usd,
          currentAprFrac: apr(row.current_net_per_year_usd),
          targetAprFrac: apr(row.target_net_per_year_usd),
          fetchMs: row.fetch_ms,
          computeMs: row.compute_ms,
          decideMs: row.decide_ms,
          executeMs: row.execute_ms,
          totalMs: row.total_ms,
        };
      });
      return ok({ points, partial: answer.value.isPartial });
    },
    async analyses(input) {
      const answer = await query.search(
        {
          // Pair id and pool key are the registry's own or were checked against the contract's pattern, which has no quote in it.
          sql: `SELECT * FROM pool_analyses WHERE pair_id = '${input.pairId}'${input.poolKey === undefined ? "" : ` AND pool_key = '${input.poolKey}'`} ORDER BY _timestamp DESC LIMIT ${Math.floor(input.limit)}`,
          fromMs: input.fromMs,
          toMs: input.toMs,
          limit: -1,
        },
        analysisRow,
      );
      if (!answer.ok) return answer;
      const points = answer.value.rows.toReversed().map((row) => ({
        marketAtMs: Math.round(row._timestamp / 1000),
        poolKey: row.pool_key,
        tvlUsd: row.tvl_usd,
        volumeUsdPerDay: row.volume_per_day_usd,
        netAprFrac: row.net_apr_frac,
        feesUsdPerYear: row.fees_per_year_usd,
        lvrUsdPerYear: row.lvr_per_year_usd,
        allocatedUsd: row.allocated_usd,
        kappa: row.kappa,
        kappaMin: row.kappa_min,
        kappaMax: row.kappa_max,
        kappaSource: row.kappa_source,
        feePerLiquidityYear: row.fee_per_liquidity_year,
        lossPerLiquidityYear: row.loss_per_liquidity_year,
      }));
      return ok({ points, partial: answer.value.isPartial });
    },
    async allocations(input) {
      const answer = await query.search(
        {
          // As above: the pair id was checked; averages are what a step of time looked like, and a resend does not change them.
          sql: `SELECT histogram(_timestamp, '${Math.floor(input.stepMinutes)} minute') AS ts, pool_key, AVG(current_usd) AS current_usd, AVG(target_usd) AS target_usd, AVG(cash_usd) AS cash_usd FROM pair_allocations WHERE pair_id = '${input.pairId}' GROUP BY ts, pool_key ORDER BY ts`,
          fromMs: input.fromMs,
          toMs: input.toMs,
          limit: ALLOCATION_ROWS,
        },
        allocationRow,
      );
      if (!answer.ok) return answer;
      const points = answer.value.rows.map((row) => ({
        atMs: Date.parse(`${row.ts}Z`),
        poolKey: row.pool_key,
        currentUsd: row.current_usd,
        targetUsd: row.target_usd,
        idleUsd: row.cash_usd,
      }));
      return ok({ points, partial: answer.value.isPartial || points.length >= ALLOCATION_ROWS });
    },
    problem() {
      const nowMs = performance.now();
      if (health === null || nowMs - health.atMs > HEALTH_KEPT_MS) {
        health = { atMs: nowMs, problem: query.healthy().then((isHealthy) => (isHealthy ? null : UNHEALTHY)) };
      }
      return health.problem;
    },
  };
}
