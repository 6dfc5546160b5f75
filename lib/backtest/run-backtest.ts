// Run backtest: all twins walk over the same minutes with the same money; a generator, so that a caller can show progress and stop.
import { invariant } from "@/lib/errors/invariant";
import { CANDLE_BUFFER_DAYS } from "@/lib/market/candle";
import { indexCandles } from "@/lib/market/candle-index";
import { mulberry32 } from "@/lib/math/rng";
import { createTuningHistory, readMarket, type Decision, type Evaluation, type TuningHistory } from "@/lib/strategy";
import { epochOf } from "@/lib/units";
import { advancePaper, closeEpoch, createPaper, executePlan, paperEquityUsd } from "./account";
import { createAncestorTwin } from "./ancestor-twin";
import { closedAtMs, cropMarket, type BacktestMarket } from "./market";
import { createMinuteInterval } from "./minute-interval";
import type { PaperEvent, PaperMarket, PaperPlan, PaperState } from "./paper-state";
import { createFixedRangeTwin, createFullRangeTwin, createHoldTwin, createRecentreTwin } from "./passive-twins";
import type { BacktestReport, TwinDecision, TwinName, TwinReport } from "./report";
import { TWIN_NAMES } from "./twin-names";
import { describeSettings, paramsOfRun, type BacktestSettings } from "./settings";
import { createSnapshotSource, type SnapshotSource } from "./snapshot-source";
import { createStrategyTwin } from "./strategy-twins";
import { compareTwins, kappaSeries, totalsOf } from "./summary";
import type { Twin, TwinMoment, TwinVerdict } from "./twin";

export interface BacktestInput {
  readonly market: BacktestMarket;
  readonly settings: BacktestSettings;
  /** Told every decision of the twins that run the strategy; for tests that look at what was decided when. */
  readonly onDecision?: (twin: TwinName, evaluation: Evaluation, decision: Decision) => void;
}

export interface BacktestProgress {
  /** 0..1 over everything that is to be walked. */
  readonly doneFrac: number;
  readonly atMs: number;
  readonly stage: string;
}

export interface BacktestHooks {
  readonly onProgress?: (progress: BacktestProgress) => void;
  /** Asked after every piece of about half a day; true ends the run without a report. */
  readonly shouldStop?: () => boolean;
  /** Clock for `tookMs`; without it 0 is reported. */
  readonly nowMs?: () => number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Runner {
  readonly twin: Twin;
  readonly state: PaperState;
  readonly equity: [number, number][];
  readonly ranges: Mutable<TwinReport["ranges"][number]>[];
  readonly decisions: TwinDecision[];
  lastHold: string;
  skippedDecisions: number;
}

interface Environment {
  readonly input: BacktestInput;
  readonly source: SnapshotSource;
  readonly tuning: TuningHistory;
  readonly names: readonly TwinName[];
  readonly totalBars: number;
  barsDone: number;
}

const CURVE_POINTS = 1_000;
const MAX_DECISIONS = 5_000;
/** Bars walked between two looks at the caller. */
const BARS_PER_STEP = 720;
const TRAINING_FRAC = 0.6;
/** The candle buffer, and a day more. */
const LOOK_BACK_MS = (CANDLE_BUFFER_DAYS + 1) * 86_400_000;

/** Runs to the end; null when the caller asked to stop. */
export function runBacktest(input: BacktestInput, hooks: BacktestHooks = {}): BacktestReport | null {
  const startedAtMs = hooks.nowMs?.() ?? 0;
  const steps = backtestSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { ...step.value, tookMs: (hooks.nowMs?.() ?? 0) - startedAtMs };
    hooks.onProgress?.(step.value);
    if (hooks.shouldStop?.() === true) return null;
  }
}

/** The same in steps of about half a day of market time; the report is the return value, its `tookMs` is 0. */
export function* backtestSteps(given: BacktestInput): Generator<BacktestProgress, BacktestReport> {
  const { settings } = given;
  const wanted = boundsOfRun(given.market, settings);
  // What no snapshot of the run can hold is not prepared either.
  const lookBackFromMs = closedAtMs(given.market.candles, wanted.fromIndex) - LOOK_BACK_MS;
  const market = cropMarket(given.market, lookBackFromMs, wanted.toIndex);
  const input: BacktestInput = { ...given, market };
  const { fromIndex, toIndex } = boundsOfRun(market, settings);
  // The candles of a run never change: forces and regime of overlapping windows are read from an index, to the same bits.
  indexCandles(market.candles);
  const names = orderedNames(settings.twins);
  const spans = windowSpans(market, fromIndex, toIndex, settings.windows);
  const environment: Environment = {
    input,
    source: createSnapshotSource(market, settings),
    tuning: createTuningHistory(market.candles),
    names,
    totalBars: (spans.length > 1 ? 2 : 1) * (toIndex - fromIndex),
    barsDone: 0,
  };
  const whole = yield* walk(environment, fromIndex, toIndex, "whole period");
  const holdNetUsd = netOf(whole, "hold");
  const trainingEndMs =
    closedAtMs(market.candles, fromIndex) +
    TRAINING_FRAC * (closedAtMs(market.candles, toIndex) - closedAtMs(market.candles, fromIndex));

  const windows: BacktestReport["windows"] = [];
  for (const [index, span] of spans.entries()) {
    const runners =
      spans.length === 1
        ? whole
        : yield* walk(environment, span.fromIndex, span.toIndex, `window ${index + 1} of ${spans.length}`);
    const holdUsd = netOf(runners, "hold");
    const toMs = closedAtMs(market.candles, span.toIndex);
    windows.push({
      index,
      fromMs: closedAtMs(market.candles, span.fromIndex),
      toMs,
      isTraining: toMs <= trainingEndMs,
      twins: Object.fromEntries(
        runners
          .filter((runner) => settings.twins.includes(runner.twin.name))
          .map((runner) => [runner.twin.name, totalsOf(runner.state, holdUsd)]),
      ),
    });
  }
  const shown = whole.filter((runner) => settings.twins.includes(runner.twin.name));
  const { candles, track } = market;
  const stride = Math.max(1, Math.ceil((toIndex - fromIndex) / CURVE_POINTS));
  const price: [number, number][] = [];
  for (let index = fromIndex; index <= toIndex; index += stride) {
    price.push([closedAtMs(candles, index), track.price[index]!]);
  }
  return {
    version: 1,
    settings: describeSettings(settings, market.pool),
    period: {
      fromMs: closedAtMs(candles, fromIndex),
      toMs: closedAtMs(candles, toIndex),
      minutes: toIndex - fromIndex,
      epochs: countEpochs(market, settings, fromIndex, toIndex),
    },
    fees: market.fees,
    data: { ...market.data, dropped: [...market.data.dropped] },
    kappa: kappaSeries(market, fromIndex, toIndex, CURVE_POINTS),
    price,
    twins: shown.map((runner) => ({
      name: runner.twin.name,
      title: runner.twin.title,
      rule: runner.twin.rule,
      ...totalsOf(runner.state, holdNetUsd),
      failedActions: runner.state.totals.failedActions,
      equity: runner.equity,
      ranges: runner.ranges,
      decisions: runner.decisions,
    })),
    windows,
    comparisons: compareTwins(
      windows,
      names.filter((name) => settings.twins.includes(name)),
    ),
    notes: [...market.notes, ...runNotes(input, shown)],
    tookMs: 0,
  };
}

/** Bars of the run: where the pool is known, inside the period asked for. */
function boundsOfRun(
  market: BacktestMarket,
  settings: BacktestSettings,
): { readonly fromIndex: number; readonly toIndex: number } {
  const { candles } = market;
  let fromIndex = market.firstIndex;
  let toIndex = market.lastIndex;
  while (settings.fromMs !== null && fromIndex < toIndex && closedAtMs(candles, fromIndex) < settings.fromMs)
    fromIndex += 1;
  while (settings.toMs !== null && toIndex > fromIndex && closedAtMs(candles, toIndex) > settings.toMs) toIndex -= 1;
  return { fromIndex, toIndex };
}

/** Whether anything is left to walk with these settings; a sentence when not. */
export function checkPeriod(market: BacktestMarket, settings: BacktestSettings): string | null {
  const { fromIndex, toIndex } = boundsOfRun(market, settings);
  const bars = toIndex - fromIndex;
  return bars >= 2 * settings.windows
    ? null
    : `expected at least ${2 * settings.windows} minutes of data in the period; there are ${bars}`;
}

function windowSpans(
  market: BacktestMarket,
  fromIndex: number,
  toIndex: number,
  count: number,
): readonly { readonly fromIndex: number; readonly toIndex: number }[] {
  const { candles } = market;
  const fromMs = closedAtMs(candles, fromIndex);
  const spanMs = (closedAtMs(candles, toIndex) - fromMs) / count;
  const spans: { fromIndex: number; toIndex: number }[] = [];
  let start = fromIndex;
  for (let index = 0; index < count; index += 1) {
    let end = start;
    // The last window ends with the data, whatever the division left over.
    const untilMs = index === count - 1 ? Number.POSITIVE_INFINITY : fromMs + spanMs * (index + 1);
    while (end < toIndex && closedAtMs(candles, end + 1) <= untilMs) end += 1;
    if (end > start) spans.push({ fromIndex: start, toIndex: end });
    start = end;
  }
  return spans;
}

function countEpochs(market: BacktestMarket, settings: BacktestSettings, fromIndex: number, toIndex: number): number {
  let epochs = 0;
  for (let index = fromIndex + 1; index <= toIndex; index += 1) {
    if (closedAtMs(market.candles, index) % (settings.intervalSec * 1000) === 0) epochs += 1;
  }
  return epochs;
}

/** `hold` always runs: every other twin is compared with it. */
function orderedNames(wanted: readonly TwinName[]): readonly TwinName[] {
  return TWIN_NAMES.filter((name) => name === "hold" || wanted.includes(name));
}

function netOf(runners: readonly Runner[], name: TwinName): number {
  const runner = runners.find((entry) => entry.twin.name === name);
  return runner === undefined ? 0 : paperEquityUsd(runner.state) - runner.state.startUsd;
}

/** One walk of all twins with fresh money; candles and samples before it are there to look back at. */
function* walk(
  environment: Environment,
  fromIndex: number,
  toIndex: number,
  stage: string,
): Generator<BacktestProgress, readonly Runner[]> {
  const { input } = environment;
  const { market, settings } = input;
  const { candles } = market;
  const intervalMs = settings.intervalSec * 1000;
  const runners = environment.names.map((name) => createRunner(name, environment, fromIndex));
  const stride = Math.max(1, Math.ceil((toIndex - fromIndex) / CURVE_POINTS));

  const { interval, moveTo } = createMinuteInterval(market);
  const { pools } = interval;

  const first = createMoment(environment, fromIndex, fromIndex, toIndex);
  for (const runner of runners) {
    const plan = runner.twin.start(first);
    if (plan === null) continue;
    const verdict: TwinVerdict = { kind: plan.kind, reason: plan.reason, detail: "at the beginning", plan };
    carryOut(runner, plan, verdict, paperMarketAt(market, settings, fromIndex, false));
  }

  for (let index = fromIndex + 1; index <= toIndex; index += 1) {
    const atMs = closedAtMs(candles, index);
    moveTo(index, atMs);
    for (let at = 0; at < runners.length; at += 1) advancePaper(runners[at]!.state, interval);

    const isEpoch = atMs % intervalMs === 0;
    for (let at = 0; at < runners.length; at += 1) {
      const { pending } = runners[at]!.state;
      if (pending !== null && atMs >= pending.dueAtMs) land(runners[at]!, market, settings, index);
    }
    if (isEpoch) {
      const moment = createMoment(environment, index, fromIndex, toIndex);
      for (const runner of runners) {
        closeEpoch(runner.state, pools);
        if (runner.state.pending === null) consider(runner, moment);
      }
    }
    if ((index - fromIndex) % stride === 0 || index === toIndex) {
      for (const runner of runners) runner.equity.push([atMs, paperEquityUsd(runner.state)]);
    }
    environment.barsDone += 1;
    if (environment.barsDone % BARS_PER_STEP === 0)
      yield { doneFrac: Math.min(1, environment.barsDone / environment.totalBars), atMs, stage };
  }
  for (const runner of runners) {
    closeEpoch(runner.state, pools);
    endRanges(runner, runner.state.atMs);
  }
  return runners;
}

function createRunner(name: TwinName, environment: Environment, fromIndex: number): Runner {
  const { market, settings } = environment.input;
  const { pool } = market;
  const price = market.track.price[fromIndex]!;
  const half = settings.capitalUsd / 2 / pool.quoteUsd;
  const atMs = closedAtMs(market.candles, fromIndex);
  const state = createPaper({
    atMs,
    price,
    quoteUsd: pool.quoteUsd,
    wallets: [{ chainId: pool.chainId, base: half / price, quote: half }],
  });
  return {
    twin: createTwin(name, environment.input),
    state,
    equity: [[atMs, state.valueUsd]],
    ranges: [],
    decisions: [],
    lastHold: "",
    skippedDecisions: 0,
  };
}

function createTwin(name: TwinName, input: BacktestInput): Twin {
  const params = paramsOfRun(input.settings.params, input.settings.swapCostBps);
  const onDecision = (evaluation: Evaluation, decision: Decision): void =>
    input.onDecision?.(name, evaluation, decision);
  switch (name) {
    case "hold":
      return createHoldTwin();
    case "full_range":
      return createFullRangeTwin();
    case "fixed_range":
      return createFixedRangeTwin();
    case "recentre_at_exit":
      return createRecentreTwin();
    case "ancestor":
      return createAncestorTwin();
    case "forces":
      return createStrategyTwin({
        name,
        title: "Forces",
        rule: "The forces policy as configured: range from volatility, trend and momentum, optimizer at its cadence, cash when nothing earns.",
        params: { ...params, policy: "forces" },
        onDecision,
      });
    case "forces_defaults":
      return createStrategyTwin({
        name,
        title: "Forces, default parameters",
        rule: "The forces policy with its default range parameters and no optimizer.",
        params: { ...params, policy: "forces", optimizerEnabled: false, range: params.defaultRange },
        onDecision,
      });
    case "forces_no_shift":
      return createStrategyTwin({
        name,
        title: "Forces without shifts",
        rule: "The forces policy, but a range is never shifted: only reallocations are carried out.",
        params: { ...params, policy: "forces" },
        ignoresShifts: true,
        onDecision,
      });
    case "carry":
      return createStrategyTwin({
        name,
        title: "Carry",
        rule: "The carry policy: width from what the pool pays and costs, shifts only out of range or at twice the width, cash below break-even.",
        params: { ...params, policy: "carry" },
        onDecision,
      });
  }
}

function createMoment(environment: Environment, index: number, fromIndex: number, toIndex: number): TwinMoment {
  const { market, settings } = environment.input;
  const { candles, track } = market;
  const atMs = closedAtMs(candles, index);
  let snapshot: ReturnType<SnapshotSource["at"]> | null = null;
  let reading: ReturnType<typeof readMarket> | null = null;
  const takeSnapshot = (): ReturnType<SnapshotSource["at"]> => (snapshot ??= environment.source.at(index));
  return {
    market,
    settings,
    index,
    atMs,
    epoch: epochOf(atMs),
    price: track.price[index]!,
    fromIndex,
    fromMs: closedAtMs(candles, fromIndex),
    toMs: closedAtMs(candles, toIndex),
    snapshot: takeSnapshot,
    reading: () => (reading ??= readMarket(takeSnapshot())),
    tuningBars: () => environment.tuning.window(takeSnapshot().candles.openAtMs[0] ?? 0, atMs),
  };
}

/** Asks the twin and, when it wants something, puts the plan on its way. */
function consider(runner: Runner, moment: TwinMoment): void {
  const verdict = runner.twin.decide(moment, runner.state);
  if (verdict.plan === null) {
    const hold = `${verdict.kind}:${verdict.reason}`;
    if (hold === runner.lastHold) return;
    runner.lastHold = hold;
    note(runner, {
      atMs: moment.atMs,
      epoch: moment.epoch,
      kind: "HOLD",
      reason: verdict.reason,
      outcome: "none",
      price: moment.price,
      ...rangeNow(runner.state),
      gasUsd: 0,
      swapCostUsd: 0,
      detail: verdict.detail,
    });
    return;
  }
  runner.lastHold = "";
  const { reactionSec } = moment.settings;
  runner.state.pending = {
    plan: verdict.plan,
    detail: verdict.detail,
    decidedAtMs: moment.atMs,
    dueAtMs: moment.atMs + reactionSec * 1000,
  };
  if (reactionSec === 0) land(runner, moment.market, moment.settings, moment.index);
}

/** The plan that is due is carried out at the prices of bar `index`. */
function land(runner: Runner, market: BacktestMarket, settings: BacktestSettings, index: number): void {
  const { pending } = runner.state;
  invariant(pending !== null, "a plan is due");
  runner.state.pending = null;
  const fails = failsAt(settings, closedAtMs(market.candles, index));
  carryOut(runner, pending.plan, pending, paperMarketAt(market, settings, index, fails), pending.decidedAtMs);
}

function carryOut(
  runner: Runner,
  plan: PaperPlan,
  verdict: Pick<TwinVerdict, "detail">,
  paperMarket: PaperMarket,
  decidedAtMs: number = paperMarket.atMs,
): void {
  const event: PaperEvent = executePlan(runner.state, plan, paperMarket);
  if (event.outcome === "done") {
    endRanges(runner, paperMarket.atMs);
    for (const position of runner.state.positions) {
      runner.ranges.push({
        fromMs: paperMarket.atMs,
        toMs: paperMarket.atMs,
        lower: position.lower,
        upper: position.upper,
      });
    }
  }
  note(runner, {
    atMs: decidedAtMs,
    epoch: epochOf(decidedAtMs),
    kind: plan.kind,
    reason: plan.reason,
    outcome: event.outcome,
    price: runner.state.price,
    ...rangeNow(runner.state),
    gasUsd: event.gasUsd,
    swapCostUsd: event.swapCostUsd,
    detail: [verdict.detail, event.detail].filter((part) => part !== "").join("; "),
  });
}

function note(runner: Runner, decision: TwinDecision): void {
  if (runner.decisions.length < MAX_DECISIONS) runner.decisions.push(decision);
  else runner.skippedDecisions += 1;
}

/** Ranges that are open in the report and not marked as ended: those whose end is their beginning or later moves with time. */
function endRanges(runner: Runner, atMs: number): void {
  for (let index = runner.ranges.length - 1; index >= 0; index -= 1) {
    const range = runner.ranges[index]!;
    if (range.toMs !== range.fromMs) break;
    range.toMs = atMs;
  }
}

function rangeNow(state: PaperState): { readonly lower: number | null; readonly upper: number | null } {
  const [position] = state.positions;
  return { lower: position?.lower ?? null, upper: position?.upper ?? null };
}

function paperMarketAt(market: BacktestMarket, settings: BacktestSettings, index: number, fails: boolean): PaperMarket {
  const { pool, track } = market;
  const atMs = closedAtMs(market.candles, index);
  return {
    atMs,
    epoch: epochOf(atMs),
    pools: [
      {
        poolKey: pool.poolKey,
        chainId: pool.chainId,
        price: track.price[index]!,
        baseDecimals: pool.baseDecimals,
        quoteDecimals: pool.quoteDecimals,
        baseIsToken0: pool.baseIsToken0,
        feeFrac: pool.feePips / 1e6,
        othersLiquidity: track.othersLiquidity[index]!,
      },
    ],
    swapCostFrac: settings.swapCostBps / 1e4,
    gasUsdPerTx: settings.gasUsdPerTx,
    fails,
  };
}

/** Failures fall on the same minutes for every twin: drawn from the seed and the minute alone. */
function failsAt(settings: BacktestSettings, atMs: number): boolean {
  if (!(settings.failureFrac > 0)) return false;
  return mulberry32((settings.seed ^ Math.imul(Math.floor(atMs / 60_000), 0x9e3779b1)) >>> 0)() < settings.failureFrac;
}

function runNotes(input: BacktestInput, runners: readonly Runner[]): readonly string[] {
  const { settings, market } = input;
  const notes = [
    `Every twin starts with ${settings.capitalUsd} USD, half in each token by value at the pool's first price.`,
    `Costs: ${settings.gasUsdPerTx} USD of gas for each close, swap and mint (approvals are not counted); swaps pay ${settings.swapCostBps} bp for router and slippage, the pool's fee of ${market.pool.feePips / 100} bp, and the price impact on the liquidity of others; a swap of more than 1 % impact is refused and its tokens stay as they are.`,
    `A decision takes effect ${settings.reactionSec / 60} min later, at the price of then; when that price lies outside the new range the plan is void.`,
    `${(100 * settings.failureFrac).toFixed(1)} % of plans fail at their first transaction (seed ${settings.seed}, the same minutes for all twins): its gas is spent and nothing moves.`,
    market.track.swaps === null
      ? "Fees: our share of the liquidity active in each minute; a minute whose path leaves the range counts by the part of the path inside: from the price at its start over one extreme and the other to its close."
      : "Fees: our share of the liquidity that each minute's swaps met; in a minute whose path leaves the range every swap counts by the part of its own way inside.",
    `Loss (lvrUsd) is marked once per epoch of ${settings.intervalSec / 60} min and at every mint and burn, as the live accounting does: the inventory of then at the price of now, less what the position is worth.`,
    "The bridge cost is 0: one pool on one chain.",
    "Our own liquidity does not move the price or drive others away; with a share of the pool that is not small, fees are overstated.",
  ];
  for (const runner of runners) {
    if (runner.skippedDecisions > 0)
      notes.push(
        `${runner.twin.title}: ${runner.skippedDecisions} decisions beyond the first ${MAX_DECISIONS} are not listed.`,
      );
  }
  return notes;
}
