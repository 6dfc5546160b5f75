// Log: the epoch record with everything the cycle saw, decided and did; to the store, to telemetry and as an event.
import type { AccountingRecord, EpochRecord, LedgerVerdict, PaperRecord, TuningRecord } from "@/lib/epoch/epoch-record";
import { errorText, TidegateError } from "@/lib/errors/tidegate-error";
import type { CycleDeps, CycleFacts } from "@/server/worker/ports";
import type { EpochFlows } from "@/server/worker/flows";
import type { Computed } from "./compute";
import type { Decided } from "./decide";
import type { Executed } from "./execute";
import type { Fetched } from "./fetch";

export type StepName = "fetch" | "compute" | "decide" | "execute" | "log";

export interface CycleResult {
  readonly epoch: number;
  readonly cycleId: string;
  readonly fetched: Fetched | null;
  readonly computed: Computed | null;
  readonly decided: Decided | null;
  readonly executed: Executed | null;
  readonly paper?: readonly PaperRecord[];
  readonly failure: { readonly step: StepName; readonly error: unknown } | null;
  readonly ledger?: LedgerVerdict | null;
  readonly flows: EpochFlows | null;
  readonly accounting?: AccountingRecord | null;
  readonly durations: Readonly<Record<`${StepName}Ms`, number>>;
  readonly latenessMs: number;
}

/** Part of the capital that results may leave unexplained (strategy.md section 12). */
const MAX_RESIDUAL_FRAC = 0.001;

/** What the log needs of a cycle's ports. */
export type LogDeps = Pick<CycleDeps, "pairId" | "wall" | "market" | "record" | "log">;

export async function logCycle(deps: LogDeps, result: CycleResult): Promise<EpochRecord> {
  const startedAtMonoMs = deps.wall.monotonicMs();
  const record = toRecord(deps, result);
  // Each copy may fail alone: the store and OpenObserve are never needed to go on (safety.md promise 11).
  const stored = await deps.record.pushEpoch(record);
  if (!stored.ok) deps.log.warn("cycle.failed", { step: "log", detail: stored.error.message });
  if (result.fetched !== null) {
    const { candles, poolSamples: _samples, ...inputs } = result.fetched.snapshot;
    const kept = await deps.record.writeInputs(record.epoch, { ...inputs, candleCount: candles.length });
    if (!kept.ok) deps.log.warn("cycle.failed", { step: "log", detail: kept.error.message });
  }
  const logMs = deps.wall.monotonicMs() - startedAtMonoMs;
  const timed = { ...record, durations: { ...record.durations, logMs, totalMs: record.durations.totalMs + logMs } };
  deps.record.emitEpoch(timed, toFacts(result));
  deps.record.publish({
    type: "epoch.completed",
    atMs: deps.wall.nowMs(),
    pairId: deps.pairId,
    epoch: record.epoch,
    kind: record.decision?.kind ?? null,
    reason: record.decision?.reason ?? null,
  });
  const capital = record.accounting?.capital ?? null;
  if (capital?.residualUsd != null && Math.abs(capital.residualUsd) > MAX_RESIDUAL_FRAC * Math.abs(capital.endUsd)) {
    const { residualUsd, endUsd } = capital;
    deps.log.error("ledger.residual", { pairId: deps.pairId, epoch: record.epoch, residualUsd, capitalUsd: endUsd });
  }
  if (record.error !== null)
    deps.log.error("cycle.failed", { pairId: deps.pairId, epoch: record.epoch, ...record.error });
  return timed;
}

function toFacts(result: CycleResult): CycleFacts {
  const { fetched } = result;
  const views = fetched?.views.flatMap((view) => view.pools) ?? [];
  return {
    pools: fetched?.snapshot.pools ?? [],
    positions: fetched?.snapshot.positions ?? [],
    poolPrices: new Map(views.map((pool) => [pool.poolKey, pool.price])),
  };
}

function toRecord(deps: LogDeps, result: CycleResult): EpochRecord {
  const { fetched, computed, decided, executed, failure } = result;
  const snapshot = fetched?.snapshot ?? null;
  const evaluation = computed?.evaluation ?? null;
  const capital = snapshot?.capital ?? null;
  const { durations } = result;
  return {
    version: 1,
    pairId: deps.pairId,
    epoch: result.epoch,
    cycleId: result.cycleId,
    marketAtMs: snapshot?.observedAtMs ?? deps.market.nowMs(),
    wallAtMs: deps.wall.nowMs(),
    mode: fetched?.pairState.mode ?? "observe",
    status: failure === null ? "completed" : "failed",
    error:
      failure === null
        ? null
        : {
            step: failure.step,
            code: failure.error instanceof TidegateError ? failure.error.code : "internal",
            message: errorText(failure.error),
          },
    price: finite(snapshot?.price),
    quoteUsd: finite(snapshot?.quoteUsd),
    blocks: fetched?.views.map(({ chainId, block }) => ({ chainId, number: block.number.toString() })) ?? [],
    freshness: [...(snapshot?.freshness ?? [])],
    forces:
      evaluation === null
        ? null
        : {
            v: evaluation.forces.v,
            m: evaluation.forces.m,
            t: evaluation.forces.t,
            valid: evaluation.forces.valid,
            frames: { ...evaluation.forces.frames },
          },
    sigmaPerYear: finite(evaluation?.sigmaPerYear),
    regime:
      evaluation === null
        ? null
        : {
            reason: evaluation.regime.reason,
            suppressed: evaluation.regime.suppressed,
            widenFactor: evaluation.regime.widenFactor,
            value: finite(evaluation.regime.value),
            threshold: finite(evaluation.regime.threshold),
          },
    params: computed === null ? null : { ...computed.evaluation.paramsUsed, source: computed.source },
    policy: evaluation?.policy ?? computed?.params.policy ?? "forces",
    tuning: toTuning(evaluation?.tuning ?? null),
    memory: evaluation === null ? null : toMemory(evaluation.memory),
    cash: toCash(evaluation?.cash ?? null),
    target: evaluation?.target ?? null,
    pools: evaluation?.pools.map((pool) => toPool(pool)) ?? [],
    positions: evaluation?.positions.map((position) => toPosition(position)) ?? [],
    capitalUsd: finite(capital?.totalUsd),
    idleUsd: finite(capital?.idleUsd),
    positionsUsd: finite(capital?.positionsUsd),
    unclaimedFeesUsd:
      evaluation === null ? null : evaluation.positions.reduce((sum, position) => sum + position.feesUsd, 0),
    currentNetUsdPerYear: finite(evaluation?.currentNetUsdPerYear),
    targetNetUsdPerYear: finite(evaluation?.targetNetUsdPerYear),
    decision:
      decided === null
        ? null
        : {
            kind: decided.decision.kind,
            reason: decided.decision.reason,
            detail: decided.decision.kind === "HOLD" ? decided.decision.detail : null,
            gainUsdPerYear: finite(decided.decision.gainUsdPerYear),
            improvementFrac: finite(decided.decision.improvementFrac),
            killSwitch: decided.decision.killSwitch,
            gates: decided.decision.gates.map((gate) => ({
              ...gate,
              value: finite(gate.value),
              threshold: finite(gate.threshold),
            })),
            counterfactual: decided.decision.counterfactual.map((entry) => ({
              ...entry,
              conditions: entry.conditions.map((condition) => ({
                ...condition,
                currentValue: finite(condition.currentValue),
                neededValue: finite(condition.neededValue),
              })),
            })),
          },
    paper: [...(result.paper ?? [])],
    planId: executed?.planId ?? null,
    planStatus: executed?.planStatus ?? null,
    planReason: executed?.planReason ?? null,
    ledger: result.ledger ?? null,
    flows: result.flows,
    accounting: result.accounting ?? null,
    durations: {
      ...durations,
      totalMs: durations.fetchMs + durations.computeMs + durations.decideMs + durations.executeMs + durations.logMs,
    },
    latenessMs: result.latenessMs,
  };
}

type Evaluation = Computed["evaluation"];

function toPool(pool: Evaluation["pools"][number]): EpochRecord["pools"][number] {
  return {
    poolKey: pool.poolKey,
    dexName: pool.dexName,
    feeFrac: pool.feeFrac,
    tvlUsd: finite(pool.tvlUsd),
    volumeUsdPerDay: zeroed(pool.volumeUsdPerDay),
    targetLower: finite(pool.target?.effective.min),
    targetUpper: finite(pool.target?.effective.max),
    inRangeFrac: finite(pool.terms?.inRangeFrac),
    depthUsd: finite(pool.terms?.depthUsd),
    isDepthEstimated: pool.isDepthEstimated,
    exclusion: pool.exclusion,
    allocatedUsd: zeroed(pool.allocatedUsd),
    income: pool.income === null ? null : toIncome(pool.income),
    standaloneUsd: zeroed(pool.standaloneUsd),
    standaloneIncome: pool.standaloneIncome === null ? null : toIncome(pool.standaloneIncome),
    rates: toRates(pool.rates),
    carry:
      pool.carry === null
        ? null
        : {
            halfWidth: finite(pool.carry.halfWidth),
            mode: pool.carry.mode,
            netUsdPerYear: finite(pool.carry.netUsdPerYear),
            exitYears: finite(pool.carry.exitYears),
            cycleYears: finite(pool.carry.cycleYears),
            amountUsd: zeroed(pool.carry.amountUsd),
            kappa: finite(pool.carry.kappa),
            isWorthEntering: pool.carry.isWorthEntering,
          },
  };
}

function toRates(rates: Evaluation["pools"][number]["rates"]): EpochRecord["pools"][number]["rates"] {
  const { kappaSpread } = rates;
  const isSpread = kappaSpread !== null && Number.isFinite(kappaSpread.min) && Number.isFinite(kappaSpread.max);
  return {
    source: rates.source,
    feePerLiquidityYear: finite(rates.feePerLiquidityYear),
    lossPerLiquidityYear: finite(rates.lossPerLiquidityYear),
    kappa: finite(rates.kappa),
    kappaSpread: isSpread ? { ...kappaSpread } : null,
    sigmaPerYear: finite(rates.sigmaPerYear),
    sqrtPrice: finite(rates.sqrtPrice),
    othersLiquidity: finite(rates.othersLiquidity),
    coveredMs: zeroed(rates.coveredMs),
    intervals: rates.intervals,
  };
}

function toTuning(tuning: Evaluation["tuning"]): TuningRecord | null {
  return tuning === null
    ? null
    : {
        ...tuning,
        params: { ...tuning.params },
        objective: finite(tuning.objective),
        objectiveDefaults: finite(tuning.objectiveDefaults),
        holdout: finite(tuning.holdout),
        holdoutIncumbent: finite(tuning.holdoutIncumbent),
      };
}

function toCash(cash: Evaluation["cash"]): EpochRecord["cash"] {
  return cash === null
    ? null
    : {
        nearestPoolKey: cash.nearestPoolKey,
        nearestNetUsdPerYear: finite(cash.nearestNetUsdPerYear),
        nearestUsd: finite(cash.nearestUsd),
        shortfallFrac: finite(cash.shortfallFrac),
      };
}

function toMemory(memory: Evaluation["memory"]): EpochRecord["memory"] {
  return {
    warmStart: memory.warmStart === null ? null : [...memory.warmStart],
    incumbent: memory.incumbent === null ? null : { ...memory.incumbent },
    lastTuning: toTuning(memory.lastTuning),
  };
}

function toPosition(position: Evaluation["positions"][number]): EpochRecord["positions"][number] {
  return {
    positionId: position.positionId,
    poolKey: position.poolKey,
    priceLower: position.current?.min ?? 0,
    priceUpper: position.current?.max ?? 0,
    targetLower: finite(position.target?.effective.min),
    targetUpper: finite(position.target?.effective.max),
    inRange: position.isInRange,
    divergence: zeroed(position.divergence),
    valueUsd: zeroed(position.valueUsd),
    feesUsd: zeroed(position.feesUsd),
    deltaNetUsdPerYear: zeroed(position.deltaNetUsdPerYear),
    shiftCostUsd: zeroed(position.shiftCostUsd),
  };
}

function toIncome(
  income: NonNullable<Evaluation["pools"][number]["income"]>,
): NonNullable<EpochRecord["pools"][number]["income"]> {
  return {
    feesUsdPerYear: zeroed(income.feesUsdPerYear),
    lvrUsdPerYear: zeroed(income.lvrUsdPerYear),
    costsUsdPerYear: zeroed(income.costsUsdPerYear),
    netUsdPerYear: zeroed(income.netUsdPerYear),
    netAprFrac: finite(income.netAprFrac),
  };
}

/** JSON has no NaN or Infinity: what is no number is null. */
function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}

function zeroed(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
