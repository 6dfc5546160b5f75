// Price and range over time with the forces under it: windows in the URL, decisions as links, table and CSV.
"use client";
import { memo, type ReactNode } from "react";
import type { Candle } from "@/components/charts/candle-layer";
import { ChartFrame, type ChartColumn } from "@/components/charts/chart-frame";
import { ForcesChart } from "@/components/charts/forces-chart";
import { PriceLegend } from "@/components/charts/legend";
import type { DecisionMark } from "@/components/charts/decision-lane";
import { PriceRangeChart, type PriceRow } from "@/components/charts/price-range-chart";
import { MarketAge } from "@/components/live/age";
import { useApi } from "@/components/live/use-api";
import { reasonWords } from "@/components/shell/words";
import { Segmented } from "@/components/ui/segmented";
import { Empty, ErrorState, Skeleton } from "@/components/ui/states";
import { formatAge } from "@/lib/format/age";
import { formatFixed } from "@/lib/format/number";
import { formatClockMinutes, formatDayMinutes, formatIso } from "@/lib/format/time";
import type { EpochPoint, PairStatus } from "@/lib/api/schemas";
import { EPOCH_MS } from "@/lib/units";
import { DRAWING_OPTIONS, useChartWindow, WINDOW_OPTIONS } from "./use-chart-window";
import { usePriceDirection, type PriceView } from "./use-price-direction";

interface Row extends PriceRow {
  readonly epoch: EpochPoint | null;
  readonly candle: Candle | null;
}

/** Drawing takes longer than the words around it: it follows a block later than they do. */
export const PairChart = memo(function PairChart({ pair }: { readonly pair: PairStatus }): ReactNode {
  const prices = usePriceDirection(pair);
  const view = useChartWindow(pair);
  const { fromAtMs: from, tf, tfMs, drawing, name: window } = view;
  const params = { id: pair.id };
  const candles = useApi("pairCandles", { params, query: { from, tf, limit: 1500 } });
  const epochs = useApi("pairEpochs", { params, query: { from, limit: 3_000 } });
  const ranges = useApi("pairRanges", { params, query: { from } });
  const depth = useApi("pairDepth", { params });
  const plans = useApi("plans", { query: { pair: pair.id, limit: 100 } });

  const nowAtMs = Math.max(pair.priceAtMs ?? 0, view.boundaryAtMs);
  const rows = mergeRows(candles.data?.candles ?? [], tfMs, epochs.data?.epochs ?? [], nowAtMs, prices);
  const lives = (ranges.data?.ranges ?? []).flatMap((life) => {
    const range = prices.range(life.lower, life.upper);
    return range === null ? [] : [{ fromAtMs: life.fromAtMs, toAtMs: life.toAtMs, ...range }];
  });
  const target = pair.range === null ? null : prices.range(pair.range.targetLower, pair.range.targetUpper);
  const buckets = (depth.data?.depth[0]?.buckets ?? []).flatMap((bucket) => {
    const range = prices.range(bucket.priceLower, bucket.priceUpper);
    return range === null ? [] : [{ ...range, usd: bucket.usd, oursUsd: bucket.oursUsd }];
  });
  const manual = new Set(
    (plans.data?.plans ?? []).filter((plan) => plan.origin.kind === "command").map((plan) => plan.planId),
  );
  const marks = marksOf(pair, epochs.data?.epochs ?? [], manual);
  const out =
    pair.state === "out_of_range" && pair.stateSinceAtMs !== null
      ? `out ${formatAge(nowAtMs - pair.stateSinceAtMs)}`
      : null;

  return (
    <ChartFrame<Row>
      title="Price and range"
      rows={rows}
      fileName={`${pair.id}-price-${window}.csv`}
      columns={[
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
      ]}
      meta={
        <>
          <Segmented label="Time window" value={window} options={WINDOW_OPTIONS} onChange={view.setName} />
          <Segmented label="Price drawn as" value={drawing} options={DRAWING_OPTIONS} onChange={view.setDrawing} />
        </>
      }
      tools={<MarketAge atMs={candles.data?.lastAtMs} periodMs={2 * EPOCH_MS} />}
    >
      {candles.data === undefined && candles.error === null ? (
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
        <>
          <PriceRangeChart
            label={`${pair.id}, ${prices.unit}, ${view.label}: price ${prices.text(pair.price)}, range ${prices.rangeText(pair.range?.lower, pair.range?.upper)}, target ${prices.rangeText(pair.range?.targetLower, pair.range?.targetUpper)}`}
            rows={rows}
            lives={lives}
            fromAtMs={from}
            nowAtMs={nowAtMs}
            price={prices.value(pair.price)}
            target={target}
            marks={marks}
            depth={buckets}
            candles={drawing === "candles" ? { rows: rows.flatMap(({ candle }) => candle ?? []), tfMs } : null}
            callout={out}
            format={prices.plain}
            syncId={`pair-${pair.id}`}
            renderReadout={(row) => <Readout row={row} rows={rows} lives={lives} prices={prices} />}
          />
          <ForcesChart
            rows={rows.map((row) => ({
              atMs: row.atMs,
              v: row.epoch?.v ?? null,
              m: row.epoch?.m ?? null,
              t: row.epoch?.t ?? null,
            }))}
            fromAtMs={from}
            nowAtMs={nowAtMs}
            syncId={`pair-${pair.id}`}
          />
          <PriceLegend />
        </>
      )}
    </ChartFrame>
  );
});

function plainOr(prices: PriceView, price: number | null): string {
  return price === null ? "–" : prices.plain(price);
}

/** Candle closes carry the line, epochs carry targets and forces; epochs alone where candles are missing. */
function mergeRows(
  candles: readonly (readonly [number, number, number, number, number, number])[],
  tfMs: number,
  epochs: readonly EpochPoint[],
  nowAtMs: number,
  prices: PriceView,
): readonly Row[] {
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
  if (candles.length === 0) return epochs.map((epoch) => rowOf(epoch.epoch * EPOCH_MS, epoch.price, epoch, null));
  return candles
    .map(([openAtMs, open, high, low, close]) => ({ atMs: openAtMs + tfMs, ohlc: [open, high, low, close] as const }))
    .filter(({ atMs }) => atMs <= nowAtMs)
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
  pair: PairStatus,
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
  readonly lives: readonly {
    readonly fromAtMs: number;
    readonly toAtMs: number | null;
    readonly lower: number;
    readonly upper: number;
  }[];
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
