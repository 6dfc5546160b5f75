// Price and the ranges one twin held, its decisions as marks, and kappa of the pool on the same period.
"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import type { DecisionMark } from "@/components/charts/decision-lane";
import { PriceRangeChart, type PriceRow } from "@/components/charts/price-range-chart";
import { SeriesChart } from "@/components/charts/series-chart";
import { reasonWords } from "@/components/shell/words";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import type { BacktestReport, TwinReport } from "@/lib/backtest/report";
import { formatFixed } from "@/lib/format/number";
import { formatPrice, formatRange } from "@/lib/format/price";
import { formatDayMinutes, formatIso } from "@/lib/format/time";

/** More marks than this cover each other; the table of decisions holds them all. */
const MOST_MARKS = 60;

export function RangePanel({
  report,
  twin,
  hrefOf,
}: {
  readonly report: BacktestReport;
  readonly twin: TwinReport;
  /** Address of the decisions of this twin. */
  readonly hrefOf: (kind: "RS" | "PRA") => string;
}): ReactNode {
  const rows = report.price.map(([atMs, price]): PriceRow => ({ atMs, price, targetLower: null, targetUpper: null }));
  const last = rows.at(-1)?.price ?? null;
  const moves = twin.decisions.filter((decision) => decision.kind !== "HOLD" && decision.outcome === "done");
  const marks =
    moves.length > MOST_MARKS
      ? []
      : moves.flatMap((move): DecisionMark[] =>
          move.kind === "HOLD"
            ? []
            : [
                {
                  id: `${move.atMs} ${move.reason}`,
                  atMs: move.atMs,
                  look: move.kind,
                  label: `${move.kind}, ${reasonWords(move.reason)}, ${formatDayMinutes(move.atMs)}`,
                  href: hrefOf(move.kind),
                },
              ],
        );
  const toMs = report.period.toMs;
  const lives = twin.ranges.map((range) => ({
    fromAtMs: range.fromMs,
    // A range that was open when the data ended is drawn as the current one.
    toAtMs: range.toMs >= toMs ? null : range.toMs,
    lower: range.lower,
    upper: range.upper,
  }));
  const rangeAt = (atMs: number) => twin.ranges.findLast((range) => range.fromMs <= atMs && atMs <= range.toMs);
  const kappa = report.kappa.map(([atMs, value]) => ({ atMs, kappa: value }));
  return (
    <>
      <ChartFrame<PriceRow>
        title={`Price and ranges, ${twin.title}`}
        meta={
          <span className="text-micro text-ink-3">
            {marks.length === 0 && moves.length > 0
              ? `${moves.length} moves, too many to mark: see Decisions`
              : `${twin.ranges.length} ranges`}
          </span>
        }
        rows={rows}
        fileName={`lab-${twin.name}-ranges.csv`}
        columns={[
          { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
          { label: "Price", text: (row) => formatPrice(row.price, last), value: (row) => row.price },
          {
            label: "Range",
            text: (row) => formatRange(rangeAt(row.atMs)?.lower, rangeAt(row.atMs)?.upper, last),
            value: (row) => {
              const range = rangeAt(row.atMs);
              return range === undefined ? null : `${range.lower} ${range.upper}`;
            },
          },
        ]}
      >
        {rows.length === 0 ? (
          <Empty title="The report holds no prices." />
        ) : (
          <PriceRangeChart
            label={`Price and the ranges ${twin.title} held`}
            rows={rows}
            lives={lives}
            fromAtMs={report.period.fromMs}
            nowAtMs={toMs}
            price={last}
            target={null}
            marks={marks}
            depth={[]}
            callout={null}
            hasPane={false}
            format={(price) => formatPrice(price, last)}
            syncId="lab-range"
            renderReadout={(row) => {
              const range = rangeAt(row.atMs);
              return (
                <>
                  <b className="font-text text-ink">{formatDayMinutes(row.atMs)}</b>
                  <span>
                    price <b className="font-text text-ink">{formatPrice(row.price, last)}</b>
                  </span>
                  <span>
                    {range === undefined ? (
                      "no range open"
                    ) : (
                      <>
                        range <b className="font-text text-tide">{formatRange(range.lower, range.upper, last)}</b>
                      </>
                    )}
                  </span>
                </>
              );
            }}
          />
        )}
      </ChartFrame>
      {kappa.some((row) => row.kappa !== null) ? (
        <ChartFrame
          title="Kappa of the pool"
          meta={<span className="text-micro text-ink-3">72 h, fees paid over LVR lost</span>}
          rows={kappa}
          fileName="lab-kappa.csv"
          columns={[
            { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
            { label: "Kappa", text: (row) => formatFixed(row.kappa, 2), value: (row) => row.kappa },
          ]}
        >
          <SeriesChart
            label="Kappa over the period"
            rows={kappa}
            series={[{ key: "kappa", label: "kappa", role: "ink", bold: true }]}
            threshold={{ value: 1, label: "pays what it loses" }}
            format={(value) => formatFixed(value, 2)}
            ticks={3}
            rightMargin={116}
            hasEndLabels={false}
            syncId="lab-range"
          />
        </ChartFrame>
      ) : (
        <Panel title="Kappa of the pool">
          <p className="text-ink-2">
            Not measured in this run: kappa needs the pool&rsquo;s own minutes or events, and the first 24 hours of
            them.
          </p>
        </Panel>
      )}
    </>
  );
}
