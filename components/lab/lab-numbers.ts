// What the lab computes from finished reports: curves on one time axis, drawdown, order of twins, differences of two runs, CSV cells.
import type { SeriesRow } from "@/components/charts/series-chart";
import type { CsvCell } from "@/lib/format/csv";
import { formatAge } from "@/lib/format/age";
import { UNKNOWN } from "@/lib/format/number";
import { formatIso } from "@/lib/format/time";
import type { BacktestReport, TwinName, TwinReport } from "@/lib/backtest/report";

/** Names that fit at the end of a line; the report's own titles are longer. */
export const TWIN_LABEL: Readonly<Record<TwinName, string>> = {
  hold: "hold",
  full_range: "full range",
  fixed_range: "fixed range",
  recentre_at_exit: "re-centre",
  forces: "forces",
  forces_defaults: "defaults",
  forces_no_shift: "no shifts",
  carry: "carry",
  ancestor: "ancestor",
};

/** Curve points in one chart: more cannot be told apart. */
const CURVE_POINTS = 600;

/** One row per instant of any curve; between its points a curve keeps its last value, before and after them it has none. */
export function curveRows(
  curves: readonly { readonly key: string; readonly points: readonly (readonly [number, number])[] }[],
): readonly SeriesRow[] {
  const instants = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point[0])))].toSorted(
    (left, right) => left - right,
  );
  const step = Math.max(1, Math.ceil(instants.length / CURVE_POINTS));
  const kept = instants.filter((_, index) => index % step === 0 || index === instants.length - 1);
  const cursors = curves.map(() => 0);
  return kept.map((atMs) => {
    const row: Record<string, number | null> = {};
    curves.forEach((curve, at) => {
      let cursor = cursors[at] ?? 0;
      while (cursor < curve.points.length && (curve.points[cursor]?.[0] ?? Number.POSITIVE_INFINITY) <= atMs)
        cursor += 1;
      cursors[at] = cursor;
      const hasEnded = atMs > (curve.points.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY);
      row[curve.key] = hasEnded ? null : (curve.points[cursor - 1]?.[1] ?? null);
    });
    return Object.assign(row, { atMs });
  });
}

/** Fall from the highest value so far, 0 or below. */
export function drawdown(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  let peak = Number.NEGATIVE_INFINITY;
  return points.map(([atMs, value]) => {
    peak = Math.max(peak, value);
    return [atMs, peak > 0 ? value / peak - 1 : 0] as const;
  });
}

/** Change of value since the first point, US dollars. */
export function changeSinceStart(
  points: readonly (readonly [number, number])[],
): readonly (readonly [number, number])[] {
  const first = points[0]?.[1] ?? 0;
  return points.map(([atMs, value]) => [atMs, value - first] as const);
}

/** The columns of the table of twins, in reading order. */
export const TWIN_COLUMNS = [
  { key: "netUsd", label: "Net", unit: "usd" },
  { key: "netVsHoldUsd", label: "Net vs hold", unit: "usd" },
  { key: "alphaUsd", label: "Alpha", unit: "usd" },
  { key: "aprFrac", label: "Alpha a year", unit: "frac" },
  { key: "feesUsd", label: "Fees", unit: "usd" },
  { key: "lvrUsd", label: "LVR", unit: "cost" },
  { key: "markUsd", label: "Mark", unit: "usd" },
  { key: "gasUsd", label: "Gas", unit: "cost" },
  { key: "swapCostUsd", label: "Swaps", unit: "cost" },
  { key: "rebalances", label: "Moves", unit: "count" },
  { key: "timeInRangeFrac", label: "In range", unit: "share" },
  { key: "maxDrawdownFrac", label: "Drawdown", unit: "share" },
] as const;
export type TwinColumnKey = (typeof TWIN_COLUMNS)[number]["key"];
export const TWIN_COLUMN_KEYS = TWIN_COLUMNS.map((column) => column.key);

/** A new array in the order of one column; ties keep the report's order. */
export function sortTwins(
  twins: readonly TwinReport[],
  key: TwinColumnKey,
  direction: "asc" | "desc",
): readonly TwinReport[] {
  const sign = direction === "asc" ? 1 : -1;
  return twins.toSorted((left, right) => sign * (left[key] - right[key]));
}

/** The twin that the page opens with: the policy that was asked for, else the first policy, else the first twin. */
export function leadingTwin(report: BacktestReport): TwinReport | null {
  const policy = report.settings["policy"];
  const wanted = policy === "carry" ? "carry" : "forces";
  return report.twins.find((twin) => twin.name === wanted) ?? report.twins[0] ?? null;
}

export interface TwinDifference {
  readonly name: TwinName;
  readonly key: TwinColumnKey;
  readonly a: number;
  readonly b: number;
  readonly difference: number;
}

/** B less A for every column of one twin that both runs have. */
export function differences(a: BacktestReport, b: BacktestReport, name: TwinName): readonly TwinDifference[] {
  const left = a.twins.find((twin) => twin.name === name);
  const right = b.twins.find((twin) => twin.name === name);
  if (left === undefined || right === undefined) return [];
  return TWIN_COLUMNS.map(({ key }) => ({
    name,
    key,
    a: left[key],
    b: right[key],
    difference: right[key] - left[key],
  }));
}

export interface SettingDifference {
  readonly key: string;
  readonly a: string;
  readonly b: string;
}

/** Settings in which two runs differ, as they were resolved. */
export function settingDifferences(a: BacktestReport, b: BacktestReport): readonly SettingDifference[] {
  const keys = [...new Set([...Object.keys(a.settings), ...Object.keys(b.settings)])];
  return keys
    .map((key) => ({ key, a: settingText(key, a.settings[key]), b: settingText(key, b.settings[key]) }))
    .filter((entry) => entry.a !== entry.b);
}

/** Instants as UTC, durations with a unit, all else as it is. */
export function settingText(key: string, value: string | number | boolean | null | undefined): string {
  if (value === undefined || value === null) return UNKNOWN;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (key === "fromMs" || key === "toMs") return formatIso(value);
  if (key.endsWith("Ms")) return formatAge(value);
  if (key.endsWith("Sec")) return formatAge(value * 1000);
  return String(value);
}

/** `swapCostBps` reads `swap cost bps`; the unit of time goes with the value. */
export function settingWords(key: string): string {
  return key
    .replace(/(Ms|Sec)$/, "")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();
}

/** One row per twin with every number of the table, for a file. */
export function twinCsv(report: BacktestReport): {
  readonly head: readonly string[];
  readonly rows: readonly (readonly CsvCell[])[];
} {
  return {
    head: ["twin", ...TWIN_COLUMN_KEYS, "endUsd", "failedActions"],
    rows: report.twins.map((twin) => [
      twin.name,
      ...TWIN_COLUMN_KEYS.map((key) => twin[key]),
      twin.endUsd,
      twin.failedActions,
    ]),
  };
}
