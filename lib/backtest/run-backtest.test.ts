// A run keeps its books, sees nothing of the future, and loses to arbitrage what theory says.
import { describe, expect, it } from "vitest";
import {
  buildBacktestSettings,
  marketOfCandles,
  simulateCandles,
  simulateMarket,
  withOtherFuture,
} from "@/tests/support/build-backtest";
import type { CandleSeries } from "@/lib/market/candle";
import type { BacktestMarket } from "./market";
import { backtestReportSchema, type BacktestReport } from "./report";
import { TWIN_NAMES } from "./twin-names";
import { backtestSteps, checkPeriod, runBacktest } from "./run-backtest";
import type { BacktestSettings } from "./settings";

function run(market: BacktestMarket, settings: Partial<BacktestSettings>): BacktestReport {
  const report = runBacktest({ market, settings: buildBacktestSettings(settings) });
  if (report === null) throw new Error("the run was stopped");
  return report;
}

interface Seen {
  readonly atMs: number;
  /** Twin, evaluation and decision, whole. */
  readonly text: string;
}

/** For JSON.stringify: integers of the chain as text. */
function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function until(seen: readonly Seen[], atMs: number): readonly string[] {
  return seen.filter((entry) => entry.atMs <= atMs).map((entry) => entry.text);
}

/** Every decision of the last two days with everything behind it, in order. */
function decisionsOf(candles: CandleSeries): readonly Seen[] {
  const seen: Seen[] = [];
  runBacktest({
    market: marketOfCandles(candles),
    settings: buildBacktestSettings({
      twins: ["forces", "carry"],
      failureFrac: 0.05,
      fromMs: (candles.openAtMs.at(-1) ?? 0) - 2 * 86_400_000,
    }),
    onDecision: (twin, evaluation, decision) => {
      seen.push({ atMs: evaluation.observedAtMs, text: JSON.stringify([twin, evaluation, decision], plain) });
    },
  });
  return seen;
}

describe("runBacktest", () => {
  it("behavior: every twin's books close, in totals and in each window", () => {
    const report = run(simulateMarket({ minutes: 4 * 1_440 }), { twins: TWIN_NAMES, windows: 3, gasUsdPerTx: 0.7 });
    backtestReportSchema.parse(JSON.parse(JSON.stringify(report)));
    expect(report.twins.map((twin) => twin.name)).toEqual([...TWIN_NAMES]);
    for (const totals of [...report.twins, ...report.windows.flatMap((window) => Object.values(window.twins))]) {
      const sum = totals.feesUsd + totals.markUsd - totals.gasUsd - totals.swapCostUsd;
      expect(Math.abs(sum - totals.netUsd)).toBeLessThan(1e-9 * 10_000);
      expect(Math.abs(totals.endUsd - 10_000 - totals.netUsd)).toBeLessThan(1e-9 * 10_000);
      const alpha = totals.feesUsd - totals.lvrUsd - totals.gasUsd - totals.swapCostUsd;
      expect(totals.alphaUsd).toBe(alpha);
    }
    for (const twin of report.twins.filter((entry) => entry.name !== "hold")) {
      expect(twin.decisions.length).toBeGreaterThan(0);
    }
    const moved = report.twins.filter((twin) => twin.rebalances > 0);
    expect(moved.length).toBeGreaterThanOrEqual(5);
  });

  it("behavior: hold has nothing but its mark, and its value is that of the start amounts", () => {
    const market = simulateMarket();
    const [hold] = run(market, { twins: ["hold"] }).twins;
    expect(hold).toMatchObject({ feesUsd: 0, lvrUsd: 0, gasUsd: 0, swapCostUsd: 0, rebalances: 0, alphaUsd: 0 });
    const first = market.track.price[0]!;
    const last = market.track.price.at(-1)!;
    expect(hold?.netUsd).toBeCloseTo(5_000 * (last / first - 1), 6);
  });

  it("behavior: equal runs give equal reports, whatever the pieces they are walked in", () => {
    const market = simulateMarket({ minutes: 3 * 1_440 });
    const settings = buildBacktestSettings({ twins: ["forces", "recentre_at_exit"], failureFrac: 0.2 });
    const steps = backtestSteps({ market, settings });
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    expect(step.value).toEqual(runBacktest({ market, settings }));
  });

  it("behavior: asked to stop, it leaves no report", () => {
    let asked = 0;
    const report = runBacktest(
      { market: simulateMarket(), settings: buildBacktestSettings() },
      {
        shouldStop: () => {
          asked += 1;
          return asked === 3;
        },
      },
    );
    expect(report).toBeNull();
    expect(asked).toBe(3);
  });

  it("behavior: with another future every decision until then is the same to the byte", () => {
    // The optimizer needs ten days of bars; the volume model is set on the first fifth, long before the change.
    const candles = simulateCandles({ minutes: 12 * 1_440 });
    const changeAt = Math.floor(11.5 * 1_440);
    const changeAtMs = candles.openAtMs[changeAt] ?? 0;
    const real = decisionsOf(candles);
    const other = decisionsOf(withOtherFuture(candles, changeAt));
    const before = until(real, changeAtMs);
    expect(before.length).toBeGreaterThan(250);
    expect(before.some((text) => /"verdict":"(accepted|kept_incumbent|defaults)"/.test(text))).toBe(true);
    expect(before.some((text) => text.includes('"kind":"PRA"'))).toBe(true);
    expect(until(other, changeAtMs)).toEqual(before);
    // The change is one that decisions see as soon as they may.
    expect(until(other, changeAtMs + 3_600_000)).not.toEqual(until(real, changeAtMs + 3_600_000));
  }, 120_000);

  it("behavior: where no pool earns, the strategy with allowCash stays in cash", () => {
    const report = run(simulateMarket({ model: { kappa: 0.3 } }), { twins: ["hold", "forces", "carry"] });
    for (const twin of report.twins)
      expect(twin).toMatchObject({ rebalances: 0, gasUsd: 0, feesUsd: 0, netVsHoldUsd: 0 });
  });

  it("behavior: without allowCash it deploys all the same", () => {
    const { params } = buildBacktestSettings();
    const report = run(simulateMarket({ model: { kappa: 0.3 } }), {
      twins: ["forces"],
      params: { ...params, allowCash: false },
    });
    expect(report.twins[0]?.rebalances).toBeGreaterThan(0);
  });

  it("behavior: a full-range position loses sigma squared over eight to arbitrage, within 1 %", () => {
    const sigmaPerMinute = 1e-3;
    let lost = 0;
    let expected = 0;
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const minutes = 60_000;
      // Next to no fee: the theory's pool is arbitraged without one, a fee keeps small moves out.
      const market = simulateMarket({
        seed,
        minutes,
        sigmaPerMinute,
        sub: 1,
        pool: { feePips: 1 },
        model: { kappa: 0 },
      });
      const [twin] = run(market, { twins: ["full_range"], intervalSec: 60, gasUsdPerTx: 0 }).twins;
      const curve = (twin?.equity ?? []).map(([, value]) => value);
      const meanUsd = curve.reduce((sum, value) => sum + value, 0) / curve.length;
      expected += ((sigmaPerMinute * sigmaPerMinute) / 8) * minutes * meanUsd;
      lost += twin?.lvrUsd ?? 0;
    }
    expect(Math.abs(lost / expected - 1)).toBeLessThan(0.01);
  });

  it("behavior: a period without enough minutes is refused in a sentence", () => {
    const market = simulateMarket({ minutes: 100 });
    expect(checkPeriod(market, buildBacktestSettings())).toBeNull();
    expect(checkPeriod(market, buildBacktestSettings({ windows: 60 }))).toMatch(/at least 120 minutes/);
    expect(checkPeriod(market, buildBacktestSettings({ fromMs: 4e12 }))).toMatch(/there are 0/);
  });
});
