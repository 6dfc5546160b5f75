// Print report: a backtest as text for a terminal, twins in rows, numbers as they are.
import type { BacktestReport, TwinReport } from "@/lib/backtest/report";

const COLUMNS = [
  "twin",
  "net",
  "fees",
  "loss",
  "mark",
  "gas",
  "swaps",
  "alpha",
  "alpha/yr",
  "vs hold",
  "moves",
  "failed",
  "in range",
  "drawdown",
] as const;

export function printReport(report: BacktestReport): string {
  const { settings, period } = report;
  const lines = [
    "",
    `${String(settings["pair"])}  fee ${Number(settings["feePips"]) / 100} bp  ${iso(period.fromMs)} to ${iso(period.toMs)} UTC  ${period.minutes} minutes, ${period.epochs} epochs`,
    `${String(settings["capitalUsd"])} USD each, gas ${String(settings["gasUsdPerTx"])} USD per transaction, swaps ${String(settings["swapCostBps"])} bp on top of the pool's fee, ${settings["allowCash"] === true ? "cash allowed" : "always deployed"}`,
    report.fees.sentence,
    `Data: ${report.data.rows} rows, ${report.data.droppedCount} dropped, ${report.data.filledMinutes} minutes filled, ${report.data.holes} holes.`,
    ...report.data.dropped.map((row) => `  line ${row.line}: ${row.reason}`),
    "",
    ...table([COLUMNS, ...report.twins.map(rowOf)]),
    "",
    "USD; net = fees + mark - gas - swaps; alpha = fees - loss - gas - swaps, what providing liquidity added to holding.",
  ];
  if (report.windows.length > 1) lines.push("", ...printWindows(report));
  lines.push(
    "",
    "Notes:",
    ...report.notes.map((note) => `- ${note}`),
    "",
    `Took ${(report.tookMs / 1000).toFixed(1)} s.`,
  );
  return lines.join("\n");
}

function rowOf(twin: TwinReport): readonly string[] {
  return [
    twin.name,
    usd(twin.netUsd),
    usd(twin.feesUsd),
    usd(twin.lvrUsd),
    usd(twin.markUsd),
    usd(twin.gasUsd),
    usd(twin.swapCostUsd),
    usd(twin.alphaUsd),
    percent(twin.aprFrac),
    usd(twin.netVsHoldUsd),
    String(twin.rebalances),
    String(twin.failedActions),
    percent(twin.timeInRangeFrac),
    percent(twin.maxDrawdownFrac),
  ];
}

function printWindows(report: BacktestReport): readonly string[] {
  const { windows, comparisons } = report;
  const training = windows.filter((window) => window.isTraining).length;
  return [
    `Walk-forward: ${windows.length} windows, the first ${training} in the training part (60 %). Wins and mean (spread) of the difference per window, USD.`,
    "",
    ...table([
      ["policy", "against", "alpha wins", "net wins", "alpha diff", "net diff"],
      ...comparisons.map((entry) => [
        entry.policy,
        entry.against,
        wins(entry.alphaWins, entry.alphaTies, entry.windows),
        wins(entry.netWins, entry.netTies, entry.windows),
        `${usd(entry.meanAlphaDiffUsd)} (${usd(entry.spreadAlphaDiffUsd)})`,
        `${usd(entry.meanNetDiffUsd)} (${usd(entry.spreadNetDiffUsd)})`,
      ]),
    ]),
    "",
    "Alpha per window, USD (* training):",
    ...table([
      ["window", "from", ...report.twins.map((twin) => twin.name)],
      ...windows.map((window) => [
        `${window.index + 1}${window.isTraining ? "*" : ""}`,
        iso(window.fromMs),
        ...report.twins.map((twin) => usd(window.twins[twin.name]?.alphaUsd ?? 0)),
      ]),
    ]),
  ];
}

function wins(won: number, tied: number, windows: number): string {
  return tied === 0 ? `${won}/${windows}` : `${won}/${windows} (${tied} ties)`;
}

/** Columns as wide as their widest cell; the first one to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

function usd(value: number): string {
  const text = value.toFixed(2);
  return text === "-0.00" ? "0.00" : text;
}

function percent(frac: number): string {
  return `${(100 * frac).toFixed(1)} %`;
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
}
