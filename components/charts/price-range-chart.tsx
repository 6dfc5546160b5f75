// Price against our ranges over time, with the target, out-of-range time, depth right of now and decisions as links.
"use client";
import { useState, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { ComposedChart, ResponsiveContainer, useActiveTooltipLabel, XAxis, YAxis, ZIndexLayer } from "recharts";
import { Crosshair } from "./chart-box";
import { syncProps } from "./chart-sync";
import { CandleLayer, type Candle } from "./candle-layer";
import { DecisionLane, type DecisionMark } from "./decision-lane";
import { DepthPane, type DepthBucket } from "./depth-pane";
import type { PricePoint, RangeLife } from "./out-of-range";
import { OutCallout, OutOfRange } from "./out-layer";
import { LinesLayer } from "./lines-layer";
import { PriceAxis, type PriceTag } from "./price-axis";
import { ProposalBand, RangeBands } from "./range-bands";
import { thin } from "./thin";
import { PlotSurface, TimeAxis } from "./time-axis";

export interface PriceRow extends PricePoint {
  readonly targetLower: number | null;
  readonly targetUpper: number | null;
}

export interface PriceRangeChartProps {
  /** What the picture shows, in a sentence. */
  readonly label: string;
  readonly rows: readonly PriceRow[];
  readonly lives: readonly RangeLife[];
  readonly fromAtMs: number;
  readonly nowAtMs: number;
  readonly price: number | null;
  readonly target: { readonly lower: number; readonly upper: number } | null;
  readonly marks: readonly DecisionMark[];
  readonly depth: readonly DepthBucket[];
  /** Drawn instead of the line. */
  readonly candles?: { readonly rows: readonly Candle[]; readonly tfMs: number } | null;
  readonly callout: string | null;
  readonly format: (price: number) => string;
  /** The line above the plot for the row under the crosshair, or the newest. */
  readonly renderReadout: (row: PriceRow) => ReactNode;
  /** False gives the whole width to the past: nothing is drawn right of now. */
  readonly hasPane?: boolean;
  /** Charts with the same id share the crosshair. */
  readonly syncId: string;
}

/** Share of the window that the depth pane takes right of now. */
export const PANE_FRAC = 0.2;
/** Right margin for the tags; other charts on the same time axis use it too. */
export const TAG_MARGIN = 78;
const AIR = 0.045;
const LANE = 16;
const TARGETS = (["targetLower", "targetUpper"] as const).map((key) => ({
  key,
  stroke: "var(--prop)",
  width: 1,
  opacity: 0.42,
  shape: "step" as const,
}));
const LINES = [...TARGETS, { key: "price" as const, stroke: "var(--ink)", width: 1.5, dot: 3 }];
const LINES_OF_CANDLES = [...TARGETS, { key: "price" as const, stroke: "none", width: 1.5, dot: 3 }];

export function PriceRangeChart(props: PriceRangeChartProps): ReactNode {
  const [readoutNode, setReadoutNode] = useState<HTMLElement | null>(null);
  const { fromAtMs, nowAtMs, price, target, lives, candles = null } = props;
  const { rows } = props;
  const points: readonly PriceRow[] =
    price === null || rows.at(-1)?.atMs === nowAtMs
      ? rows
      : [...rows, { atMs: nowAtMs, price, targetLower: null, targetUpper: null }];
  const domain = domainOf(points, lives, target, fromAtMs, candles?.rows ?? []);
  const current = lives.filter((life) => life.toAtMs === null);
  const tags: readonly PriceTag[] = [
    ...(price === null ? [] : [{ id: "price", price, look: "price" as const }]),
    ...current.flatMap((life, index) => [
      { id: `lower${index}`, price: life.lower, look: "edge" as const },
      { id: `upper${index}`, price: life.upper, look: "edge" as const },
    ]),
    ...(target === null
      ? []
      : [
          { id: "targetLower", price: target.lower, look: "target" as const },
          { id: "targetUpper", price: target.upper, look: "target" as const },
        ]),
  ];
  const end = nowAtMs + (props.hasPane === false ? 0 : (nowAtMs - fromAtMs) * PANE_FRAC);
  const shown = points.filter((row) => row.atMs >= fromAtMs);
  const latest = points.findLast((row) => row.price !== null);
  return (
    <div role="group" aria-label={props.label}>
      <div
        ref={setReadoutNode}
        className="mb-2 flex min-h-9 flex-wrap content-start gap-x-3.5 gap-y-0 text-dense text-ink-3 desk:min-h-[18px]"
      />
      <div className="h-[320px] desk:h-[372px]">
        <ResponsiveContainer width="100%" height="100%">
          <ComposedChart
            data={thin(shown)}
            margin={{ top: 2, right: TAG_MARGIN, bottom: 44, left: 0 }}
            {...syncProps(props.syncId)}
            title={props.label}
          >
            <XAxis dataKey="atMs" type="number" domain={[fromAtMs, end]} hide allowDataOverflow />
            <YAxis type="number" domain={[domain[0], domain[1]]} width={0} hide allowDataOverflow />
            <ZIndexLayer zIndex={-200}>
              <PlotSurface />
              <TimeAxis fromAtMs={fromAtMs} toAtMs={nowAtMs} offset={38} />
              <RangeBands lives={lives} nowAtMs={nowAtMs} />
              {target !== null && <ProposalBand lower={target.lower} upper={target.upper} nowAtMs={nowAtMs} />}
              <DepthPane buckets={props.depth} nowAtMs={nowAtMs} price={price} />
              <OutOfRange points={points} lives={lives} />
            </ZIndexLayer>
            {candles !== null && (
              <ZIndexLayer zIndex={300}>
                <CandleLayer candles={candles.rows} tfMs={candles.tfMs} />
              </ZIndexLayer>
            )}
            <ZIndexLayer zIndex={400}>
              <LinesLayer rows={shown} lines={candles === null ? LINES : LINES_OF_CANDLES} />
            </ZIndexLayer>
            <Crosshair look="line" />
            <ZIndexLayer zIndex={1500}>
              {props.callout !== null && <OutCallout points={points} lives={current} text={props.callout} />}
              <PriceAxis tags={tags} format={props.format} domain={domain} />
              <DecisionLane marks={props.marks} lane={LANE} />
            </ZIndexLayer>
            <Readout node={readoutNode} rows={points} latest={latest} render={props.renderReadout} />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
    </div>
  );
}

/** Follows the crosshair without drawing the chart again. */
function Readout({
  node,
  rows,
  latest,
  render,
}: {
  readonly node: HTMLElement | null;
  readonly rows: readonly PriceRow[];
  readonly latest: PriceRow | undefined;
  readonly render: (row: PriceRow) => ReactNode;
}): ReactNode {
  const active = useActiveTooltipLabel();
  const row = rows.find((each) => each.atMs === active) ?? latest;
  return node === null || row === undefined ? null : createPortal(render(row), node);
}

/** From the data with air; a range or target that would flatten the price line is left to its numbers. */
function domainOf(
  points: readonly PriceRow[],
  lives: readonly RangeLife[],
  target: PriceRangeChartProps["target"],
  fromAtMs: number,
  candles: readonly Candle[],
): readonly [number, number] {
  const prices = [
    ...points.flatMap((row) => (row.price === null ? [] : [row.price])),
    ...candles.flatMap(({ high, low }) => [high, low]),
  ];
  if (prices.length === 0) return [0, 1];
  let low = prices.reduce((min, value) => Math.min(min, value));
  let high = prices.reduce((max, value) => Math.max(max, value));
  const middle = (low + high) / 2;
  const reach = Math.max((high - low) * 4, middle * 0.002);
  const bands = [
    ...lives.filter((life) => (life.toAtMs ?? Number.POSITIVE_INFINITY) >= fromAtMs),
    ...(target === null ? [] : [target]),
  ];
  for (const { lower, upper } of bands) {
    if (Math.abs(lower - middle) <= reach) low = Math.min(low, lower);
    if (Math.abs(upper - middle) <= reach) high = Math.max(high, upper);
  }
  const air = Math.max((high - low) * AIR, middle * 1e-5);
  return [low - air, high + air];
}
