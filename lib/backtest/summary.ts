// Summary: totals of a twin, walk-forward comparisons over windows, and the pool's kappa over time.
import { mean, populationStd } from "@/lib/math/stats";
import { closedAtMs, type BacktestMarket } from "./market";
import { paperEquityUsd } from "./account";
import type { PaperState } from "./paper-state";
import type { BacktestReport, TwinName, TwinReport } from "./report";

type Totals = Omit<TwinReport, "name" | "title" | "rule" | "failedActions" | "equity" | "ranges" | "decisions">;
type Windows = BacktestReport["windows"];

const YEAR_MS = 365 * 86_400_000;
const GRID_MS = 900_000;
const KAPPA_SPAN_MS = 72 * 3_600_000;
const KAPPA_LEAST_MS = 24 * 3_600_000;
const TIE_USD = 1e-6;
const POLICIES: readonly TwinName[] = ["forces", "carry"];

/** Totals of an account at the end of its window; `holdNetUsd` is that of the twin `hold`. */
export function totalsOf(state: PaperState, holdNetUsd: number): Totals {
  const { totals, startUsd } = state;
  const endUsd = paperEquityUsd(state);
  const alphaUsd = totals.feesUsd - totals.lvrUsd - totals.gasUsd - totals.swapCostUsd;
  const years = (state.atMs - state.startedAtMs) / YEAR_MS;
  return {
    netUsd: endUsd - startUsd,
    feesUsd: totals.feesUsd,
    lvrUsd: totals.lvrUsd,
    markUsd: totals.markUsd,
    gasUsd: totals.gasUsd,
    swapCostUsd: totals.swapCostUsd,
    rebalances: totals.rebalances,
    timeInRangeFrac: totals.openMs > 0 ? totals.inRangeMs / totals.openMs : 0,
    maxDrawdownFrac: state.maxDrawdownFrac,
    alphaUsd,
    aprFrac: years > 0 && startUsd > 0 ? alphaUsd / startUsd / years : 0,
    endUsd,
    netVsHoldUsd: endUsd - startUsd - holdNetUsd,
  };
}

/** Each policy against every other twin that ran, over all windows. */
export function compareTwins(windows: Windows, names: readonly TwinName[]): BacktestReport["comparisons"] {
  return POLICIES.filter((policy) => names.includes(policy)).flatMap((policy) =>
    names
      .filter((against) => against !== policy)
      .map((against) => {
        const alpha = windows.map((entry) => diff(entry, policy, against, "alphaUsd"));
        const net = windows.map((entry) => diff(entry, policy, against, "netUsd"));
        return {
          policy,
          against,
          windows: windows.length,
          alphaWins: alpha.filter((value) => value > TIE_USD).length,
          netWins: net.filter((value) => value > TIE_USD).length,
          alphaTies: alpha.filter((value) => Math.abs(value) <= TIE_USD).length,
          netTies: net.filter((value) => Math.abs(value) <= TIE_USD).length,
          meanAlphaDiffUsd: mean(alpha),
          spreadAlphaDiffUsd: populationStd(alpha),
          meanNetDiffUsd: mean(net),
          spreadNetDiffUsd: populationStd(net),
        };
      }),
  );
}

function diff(entry: Windows[number], policy: TwinName, against: TwinName, key: "alphaUsd" | "netUsd"): number {
  return (entry.twins[policy]?.[key] ?? 0) - (entry.twins[against]?.[key] ?? 0);
}

/** Fees over loss per unit of liquidity in the 72 h before each of about `points` instants; null before 24 h and without loss. */
export function kappaSeries(
  market: BacktestMarket,
  fromIndex: number,
  toIndex: number,
  points: number,
): [number, number | null][] {
  const { candles, track, firstIndex } = market;
  const at: number[] = [];
  const fees: number[] = [];
  const losses: number[] = [];
  let fee = 0;
  let loss = 0;
  let pendingBase = 0;
  let pendingQuote = 0;
  let root = Math.sqrt(track.price[firstIndex]!);
  for (let index = firstIndex + 1; index <= toIndex; index += 1) {
    pendingBase += track.feeBase[index]!;
    pendingQuote += track.feeQuote[index]!;
    const nowMs = closedAtMs(candles, index);
    if (nowMs % GRID_MS !== 0) continue;
    const next = Math.sqrt(track.price[index]!);
    loss += ((next - root) * (next - root)) / root;
    fee += pendingBase * track.price[index]! + pendingQuote;
    root = next;
    pendingBase = 0;
    pendingQuote = 0;
    at.push(nowMs);
    fees.push(fee);
    losses.push(loss);
  }
  const fromMs = closedAtMs(candles, fromIndex);
  const stride = Math.max(1, Math.ceil(at.length / points));
  const series: [number, number | null][] = [];
  let first = 0;
  for (let index = 0; index < at.length; index += 1) {
    while (at[first]! < at[index]! - KAPPA_SPAN_MS) first += 1;
    if (index % stride !== 0 || at[index]! < fromMs) continue;
    const lost = losses[index]! - losses[first]!;
    const covered = at[index]! - at[first]!;
    series.push([at[index]!, covered >= KAPPA_LEAST_MS && lost > 0 ? (fees[index]! - fees[first]!) / lost : null]);
  }
  return series;
}
