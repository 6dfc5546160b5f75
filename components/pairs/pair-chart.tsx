// Price and range over time with the forces under it: windows in the URL, decisions as links, table and CSV.
"use client";
import { memo, useDeferredValue, useMemo, type ReactNode } from "react";
import type { Candle } from "@/components/charts/candle-layer";
import { ChartFrame, type ChartColumn } from "@/components/charts/chart-frame";
import { ForcesChart } from "@/components/charts/forces-chart";
import { PriceLegend } from "@/components/charts/legend";
import type { DecisionMark } from "@/components/charts/decision-lane";
import type { RangeLife } from "@/components/charts/out-of-range";
import { PriceRangeChart, type PriceRow } from "@/components/charts/price-range-chart";
import { useSettled } from "@/components/charts/use-settled";
import { MarketAge } from "@/components/live/age";
import { useApi } from "@/components/live/use-api";
import { reasonWords } from "@/components/shell/words";
import { Segmented } from "@/components/ui/segmented";
import { Empty, ErrorState, Skeleton } from "@/components/ui/states";
import { formatAge } from "@/lib/format/age";
import { formatFixed } from "@/lib/format/number";
import { formatClockMinutes, formatDayMinutes, formatIso } from "@/lib/format/time";
import type { RouteResponse } from "@/lib/api/contract";
import type { EpochPoint, PairStatus } from "@/lib/api/schemas";
import { EPOCH_MS } from "@/lib/units";
import {
  chartWindow,
  DRAWING_OPTIONS,
  useChartChoice,
  WINDOW_OPTIONS,
  type ChartWindow,
  type Drawing,
  type WindowName,
} from "./use-chart-window";
import { Reading } from "./reading";
import type { PriceView } from "./use-price-direction";

/** The lanes' axis moves when it would be seen. */
const AXIS_STEPS = 1_500;

interface Row extends PriceRow {
  readonly epoch: EpochPoint | null;
  readonly candle: Candle | null;
}

/** Everything that belongs to one picture: drawn when all of it is there, the picture before it until then. */
interface Frame extends ChartWindow {
  readonly name: WindowName;
  readonly drawing: Drawing;
  readonly prices: PriceView;
  /** Null until the first answer. */
  readonly candles: RouteResponse<"pairCandles">["candles"] | null;
  readonly epochs: readonly EpochPoint[];
  readonly ranges: RouteResponse<"pairRanges">["ranges"];
}

/** What is pressed answers at once; the drawing, which takes longer, follows. */
export const PairChart = memo(function PairChart({
  pair,
  prices,
}: {
  readonly pair: PairStatus;
  readonly prices: PriceView;
}): ReactNode {
  const choice = useChartChoice(pair);
  const name = useDeferredValue(choice.name);
  const drawing = useDeferredValue(choice.drawing);
  const boundary = chartWindow(name, drawing, pair.marketNowMs).boundaryAtMs;
  const view = useMemo(() => chartWindow(name, drawing, boundary), [name, drawing, boundary]);
  const { fromAtMs: from, tf } = view;
  const params = { id: pair.id };
  const candles = useApi("pairCandles", { params, query: { from, tf, limit: 1500 } });
  const epochs = useApi("pairEpochs", { params, query: { from, limit: 3_000 } });
  const ranges = useApi("pairRanges", { params, query: { from } });
  const isComplete = !(candles.isPlaceholderData || epochs.isPlaceholderData || ranges.isPlaceholderData);
  const [bars, points, lifes] = [candles.data?.candles, epochs.data?.epochs, ranges.data?.ranges];
  const wanted = useMemo(
    (): Frame => ({
      ...view,
      name,
      drawing,
      prices,
      candles: bars ?? null,
      epochs: points ?? [],
      ranges: lifes ?? [],
    }),
    [view, name, drawing, prices, bars, points, lifes],
  );
  const frame = useDeferredValue(useSettled(wanted, isComplete));
  const nowAtMs = Math.max(pair.priceAtMs ?? 0, frame.boundaryAtMs);
  const merged = useMemo(() => mergeRows(frame), [frame]);
  const count = merged.findLastIndex(({ atMs }) => atMs <= nowAtMs) + 1;
  const rows = useMemo(() => merged.slice(0, count), [merged, count]);
  const columns = useMemo(() => columnsOf(frame), [frame]);
  return (
    <ChartFrame<Row>
      title="Price and range"
      rows={rows}
      fileName={`${pair.id}-price-${frame.name}.csv`}
      columns={columns}
      meta={
        <>
          <Segmented label="Time window" value={choice.name} options={WINDOW_OPTIONS} onChange={choice.setName} />
          <Segmented
            label="Price drawn as"
            value={choice.drawing}
            options={DRAWING_OPTIONS}
            onChange={choice.setDrawing}
          />
          {(frame.name !== choice.name || frame.drawing !== choice.drawing) && <Reading name={choice.name} />}
        </>
      }
      tools={<MarketAge atMs={candles.data?.lastAtMs} periodMs={2 * EPOCH_MS} />}
    >
      {frame.candles === null && candles.error === null ? (
        <Skeleton className="h-[540px] w-full" />
      ) : rows.length === 0 ? (
        candles.error === null ? (
          <Empty title="No candles yet.">
            The price line appears when the collector has read the first candles of this pair.
          </Empty>
        ) : (
          <ErrorState what="candles" sentence={candles.error.message} onRetry={() => void candles.refetch()} />
        )
      ) : (
        <Picture pair={pair} frame={frame} rows={rows} nowAtMs={nowAtMs} />
      )}
    </ChartFrame>
  );
});

/** Price with everything on its axis, and the forces under it. */
const Picture = memo(function Picture({
  pair,
  frame,
  rows,
  nowAtMs,
}: {
  readonly pair: PairStatus;
  readonly frame: Frame;
  readonly rows: readonly Row[];
  readonly nowAtMs: number;
}): ReactNode {
  const { prices, fromAtMs, drawing } = frame;
  const depth = useApi("pairDepth", { params: { id: pair.id } });
  const plans = useApi("plans", { query: { pair: pair.id, limit: 100 } });
  const lives = useMemo(
    () =>
      frame.ranges.flatMap((life): RangeLife[] => {
        const range = prices.range(life.lower, life.upper);
        return range === null ? [] : [{ fromAtMs: life.fromAtMs, toAtMs: life.toAtMs, ...range }];
      }),
    [frame.ranges, prices],
  );
  const buckets = useMemo(
    () =>
      (depth.data?.depth[0]?.buckets ?? []).flatMap((bucket) => {
        const range = prices.range(bucket.priceLower, bucket.priceUpper);
        return range === null ? [] : [{ ...range, usd: bucket.usd, oursUsd: bucket.oursUsd }];
      }),
    [depth.data, prices],
  );
  const marks = useMemo(
    () =>
      marksOf(
        { id: pair.id, openPlanId: pair.openPlanId },
        frame.epochs,
        new Set((plans.data?.plans ?? []).filter((plan) => plan.origin.kind === "command").map((plan) => plan.planId)),
      ),
    [pair.id, pair.openPlanId, frame.epochs, plans.data],
  );
  const candles = useMemo(
    () => (drawing === "candles" ? { rows: rows.flatMap(({ candle }) => candle ?? []), tfMs: frame.tfMs } : null),
    [drawing, rows, frame.tfMs],
  );
  const forces = useMemo(
    () => rows.map(({ atMs, epoch }) => ({ atMs, v: epoch?.v ?? null, m: epoch?.m ?? null, t: epoch?.t ?? null })),
    [rows],
  );
  // Less than a pixel of the axis: a block alone moves nothing in the lanes.
  const stepMs = Math.max(1, Math.round((frame.boundaryAtMs - fromAtMs) / AXIS_STEPS));
  const target = pair.range === null ? null : prices.range(pair.range.targetLower, pair.range.targetUpper);
  const out =
    pair.state === "out_of_range" && pair.stateSinceAtMs !== null
      ? `out ${formatAge(nowAtMs - pair.stateSinceAtMs)}`
      : null;
  return (
    <>
      <PriceRangeChart
        label={`${pair.id}, ${prices.unit}, ${frame.label}: price ${prices.text(pair.price)}, range ${prices.rangeText(pair.range?.lower, pair.range?.upper)}, target ${prices.rangeText(pair.range?.targetLower, pair.range?.targetUpper)}`}
        rows={rows}
        lives={lives}
        fromAtMs={fromAtMs}
        nowAtMs={nowAtMs}
        price={prices.value(pair.price)}
        target={target}
        marks={marks}
        depth={buckets}
        candles={candles}
        callout={out}
        format={prices.plain}
        syncId={`pair-${pair.id}`}
        renderReadout={(row) => <Readout row={row} rows={rows} lives={lives} prices={prices} />}
      />
      <ForcesChart
        rows={forces}
        fromAtMs={fromAtMs}
        nowAtMs={Math.ceil(nowAtMs / stepMs) * stepMs}
        syncId={`pair-${pair.id}`}
      />
      <PriceLegend />
    </>
  );
});

function columnsOf({ prices, drawing }: Frame): readonly ChartColumn<Row>[] {
  return [
    { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
    { label: `Price, ${prices.unit}`, text: (row) => plainOr(prices, row.price), value: (row) => row.price },
    ...(drawing === "candles" ? candleColumns(prices) : []),
    { label: "Target low", text: (row) => plainOr(prices, row.targetLower), value: (row) => row.targetLower },
    { label: "Target high", text: (row) => plainOr(prices, row.targetUpper), value: (row) => row.targetUpper },
    {
      label: "Divergence",
      text: (row) => formatFixed(row.epoch?.divergence, 2),
      value: (row) => row.epoch?.divergence ?? null,
    },
    { label: "V", text: (row) => formatFixed(row.epoch?.v, 0), value: (row) => row.epoch?.v ?? null },
    { label: "M", text: (row) => formatFixed(row.epoch?.m, 0), value: (row) => row.epoch?.m ?? null },
    { label: "T", text: (row) => formatFixed(row.epoch?.t, 0), value: (row) => row.epoch?.t ?? null },
    { label: "Decision", text: (row) => row.epoch?.decision ?? "–", value: (row) => row.epoch?.decision ?? null },
  ];
}

function plainOr(prices: PriceView, price: number | null): string {
  return price === null ? "–" : prices.plain(price);
}

/** Candle closes carry the line, epochs carry targets and forces; epochs alone where candles are missing. */
function mergeRows({ candles, tfMs, epochs, prices }: Frame): readonly Row[] {
  const byBoundary = new Map(epochs.map((epoch) => [epoch.epoch * EPOCH_MS, epoch]));
  const rowOf = (
    atMs: number,
    price: number | null,
    epoch: EpochPoint | null,
    ohlc: readonly [number, number, number, number] | null,
  ): Row => {
    const target = epoch === null ? null : prices.range(epoch.targetLower, epoch.targetUpper);
    return {
      atMs,
      price: prices.value(price),
      targetLower: target?.lower ?? null,
      targetUpper: target?.upper ?? null,
      epoch,
      candle: ohlc === null ? null : candleOf(atMs, ohlc, prices),
    };
  };
  if (candles === null || candles.length === 0)
    return epochs.map((epoch) => rowOf(epoch.epoch * EPOCH_MS, epoch.price, epoch, null));
  return candles
    .map(([openAtMs, open, high, low, close]) => ({ atMs: openAtMs + tfMs, ohlc: [open, high, low, close] as const }))
    .map(({ atMs, ohlc }) => rowOf(atMs, ohlc[3], byBoundary.get(atMs) ?? null, ohlc));
}

/** Turned over, the highest price is the lowest. */
function candleOf(
  closeAtMs: number,
  [open, high, low, close]: readonly [number, number, number, number],
  prices: PriceView,
): Candle | null {
  const reach = prices.range(low, high);
  const [first, last] = [prices.value(open), prices.value(close)];
  if (reach === null || first === null || last === null) return null;
  return { closeAtMs, open: first, high: reach.upper, low: reach.lower, close: last };
}

function candleColumns(prices: PriceView): readonly ChartColumn<Row>[] {
  return (["open", "high", "low"] as const).map((key) => ({
    label: `${key.charAt(0).toUpperCase()}${key.slice(1)}`,
    text: (row) => plainOr(prices, row.candle?.[key] ?? null),
    value: (row) => row.candle?.[key] ?? null,
  }));
}

function marksOf(
  pair: Pick<PairStatus, "id" | "openPlanId">,
  epochs: readonly EpochPoint[],
  manual: ReadonlySet<string>,
): readonly DecisionMark[] {
  return epochs
    .filter((epoch, index) => isFirstSaying(epoch, epochs[index - 1]))
    .map((epoch) => {
      const isOpen = epoch.planId !== null && epoch.planId === pair.openPlanId;
      const isManual = epoch.planId !== null && manual.has(epoch.planId);
      const kind = epoch.decision === "RS" ? "RS" : "PRA";
      return {
        id: String(epoch.epoch),
        atMs: epoch.marketAtMs,
        look: isOpen ? "proposed" : isManual ? "manual" : kind,
        label: `${formatDayMinutes(epoch.marketAtMs)}: ${kind}, ${reasonWords(epoch.reason ?? "")}${isOpen ? ", plan is open" : ""}`,
        href: `/pairs/${pair.id}/decisions/${epoch.epoch}`,
      };
    });
}

/** A plan that waits is decided again every quarter hour: one mark where it began. */
function isFirstSaying(epoch: EpochPoint, before: EpochPoint | undefined): boolean {
  if (epoch.decision !== "RS" && epoch.decision !== "PRA") return false;
  return before?.decision !== epoch.decision || (epoch.planId !== null && epoch.planId !== before.planId);
}

function Readout({
  row,
  rows,
  lives,
  prices,
}: {
  readonly row: PriceRow;
  readonly rows: readonly Row[];
  readonly lives: readonly RangeLife[];
  readonly prices: PriceView;
}): ReactNode {
  const full = rows.find((each) => each.atMs === row.atMs) ?? rows.findLast((each) => each.epoch !== null);
  const epoch = full?.epoch ?? null;
  const life = lives.findLast((each) => each.fromAtMs <= row.atMs && (each.toAtMs === null || row.atMs < each.toAtMs));
  const isOut = life !== undefined && row.price !== null && (row.price < life.lower || row.price > life.upper);
  return (
    <>
      <b className="font-strong text-ink">
        {row.atMs % 60_000 === 0 ? formatDayMinutes(row.atMs) : `${formatClockMinutes(row.atMs)} now`}
      </b>
      <Item name="price" value={plainOr(prices, row.price)} />
      {life !== undefined && <Item name="range" value={`${prices.plain(life.lower)} – ${prices.plain(life.upper)}`} />}
      {row.targetLower !== null && row.targetUpper !== null && (
        <Item name="target" value={`${prices.plain(row.targetLower)} – ${prices.plain(row.targetUpper)}`} />
      )}
      {epoch !== null && epoch.divergence !== null && (
        <Item name="divergence" value={formatFixed(epoch.divergence, 2)} />
      )}
      {epoch !== null && (
        <span>
          V <b className="font-text text-ink">{formatFixed(epoch.v, 0)}</b> M{" "}
          <b className="font-text text-ink">{formatFixed(epoch.m, 0)}</b> T{" "}
          <b className="font-text text-ink">{formatFixed(epoch.t, 0)}</b>
        </span>
      )}
      {isOut && <span className="text-warn">out of range</span>}
    </>
  );
}

function Item({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <span className="whitespace-nowrap">
      {name} <b className="font-text text-ink">{value}</b>
    </span>
  );
}
