// The card's second part: price with the present and the proposed range as two patterns, depth on the same axis, and both ranges in words.
"use client";
import { memo, useDeferredValue, useState, type ReactNode } from "react";
import { PriceLegend } from "@/components/charts/legend";
import { PriceRangeChart, type PriceRow } from "@/components/charts/price-range-chart";
import { MarketAge } from "@/components/live/age";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Segmented } from "@/components/ui/segmented";
import { Empty, Skeleton } from "@/components/ui/states";
import type { PlanDto } from "@/lib/api/schemas";
import { formatAge } from "@/lib/format/age";
import { formatPercent } from "@/lib/format/percent";
import { formatPrice, formatRange } from "@/lib/format/price";
import { formatDayMinutes } from "@/lib/format/time";
import { EPOCH_MS } from "@/lib/units";
import { isOpen, newRangesOf, oldRangesOf, rangesOf } from "./plan-words";
import { PlanSection } from "./plan-section";

const WINDOWS = { "24h": 24 * 3_600_000, "7d": 7 * 24 * 3_600_000 } as const;
type WindowName = keyof typeof WINDOWS;
const PRICE_PERIOD_MS = 60_000;

export function PlanRange({ plan }: { readonly plan: PlanDto }): ReactNode {
  const params = { id: plan.pairId };
  const live = isOpen(plan);
  const status = useApi("pairStatus", { params }, { enabled: live });
  const { data } = status;
  const isOut = live && data?.state === "out_of_range";
  const outMs = isOut && data.stateSinceAtMs !== null ? Math.max(0, data.marketNowMs - data.stateSinceAtMs) : null;
  const price = live ? (data?.price ?? null) : plan.bounds.referencePrice;
  // Words follow a block at once, the picture when there is time.
  const drawnPrice = useDeferredValue(price);
  // The event that matters took place in the last hours when the price is out of the range.
  const [chosen, setChosen] = useState<WindowName | null>(null);
  const window = chosen ?? (isOut ? "24h" : "7d");
  const nowAtMs = live
    ? (data?.marketNowMs ?? (status.error === null ? null : plan.createdAtMarketMs))
    : plan.createdAtMarketMs;
  return (
    <PlanSection
      index={2}
      title="Range"
      className="order-1 desk:order-none"
      meta={
        live ? <MarketAge atMs={data?.priceAtMs} periodMs={PRICE_PERIOD_MS} prefix="price" /> : "when the plan was made"
      }
    >
      <RangeWords plan={plan} price={price} outMs={outMs} />
      <div className="mt-2 mb-1 flex justify-end">
        <Segmented<WindowName>
          label="Time window"
          value={window}
          options={[
            { value: "24h", label: "24 h" },
            { value: "7d", label: "7 d" },
          ]}
          onChange={setChosen}
        />
      </div>
      {nowAtMs === null ? (
        <ChartSkeleton />
      ) : (
        <Chart
          plan={plan}
          live={live}
          nowAtMs={nowAtMs}
          windowMs={WINDOWS[window]}
          price={drawnPrice}
          callout={outMs === null ? null : `out ${formatAge(outMs)}`}
        />
      )}
    </PlanSection>
  );
}

/** Old and new range in one line each: what the picture shows, for every eye. */
function RangeWords({
  plan,
  price,
  outMs,
}: {
  readonly plan: PlanDto;
  readonly price: number | null;
  readonly outMs: number | null;
}): ReactNode {
  const now = oldRangesOf(plan);
  const next = newRangesOf(plan);
  const word = isOpen(plan) ? "now" : "before";
  return (
    <div className="grid gap-1 text-body">
      {now.length === 0 && <p className="text-ink-2">{word} no range in this plan</p>}
      {now.map((range) => (
        <p key={`${range.label}:${range.lower}`} className="flex items-baseline gap-2">
          <span aria-hidden="true" className="inline-block h-2.5 w-4 shrink-0 border-y-2 border-tide bg-tide-soft" />
          <span className="min-w-0 text-ink-2">
            {range.stays ? "stays" : word}{" "}
            <b className="font-title text-tide">{formatRange(range.lower, range.upper, price)}</b>
            {place(price, range)}
            {outMs !== null && outside(price, range) && ` for ${formatAge(outMs)}`}
            {now.length > 1 && <span className="text-ink-3">, {range.label}</span>}
          </span>
        </p>
      ))}
      {next.length === 0 && <p className="text-ink-2">new: no range, all of it goes to the wallet</p>}
      {next.map((range) => (
        <p key={`${range.label}:${range.lower}`} className="flex items-baseline gap-2">
          <span
            aria-hidden="true"
            className="hatch-prop inline-block h-2.5 w-4 shrink-0 border-y-2 border-dashed border-prop"
          />
          <span className="min-w-0 text-ink-2">
            new <b className="font-title text-prop">{formatRange(range.lower, range.upper, price)}</b>
            {place(price, range)}
            {next.length > 1 && <span className="text-ink-3">, {range.label}</span>}
          </span>
        </p>
      ))}
    </div>
  );
}

interface Range {
  readonly lower: number;
  readonly upper: number;
}

function outside(price: number | null, range: Range): boolean {
  return price !== null && (price < range.lower || price > range.upper);
}

function place(price: number | null, range: Range): string {
  if (price === null) return ", price unknown";
  if (price < range.lower) return `, price ${formatPercent(range.lower / price - 1)} below`;
  if (price > range.upper) return `, price ${formatPercent(price / range.upper - 1)} above`;
  return `, price ${formatPercent((price - range.lower) / (range.upper - range.lower), 0)} up the range`;
}

const Chart = memo(function Chart({
  plan,
  live,
  nowAtMs,
  windowMs,
  price,
  callout,
}: {
  readonly plan: PlanDto;
  readonly live: boolean;
  readonly nowAtMs: number;
  readonly windowMs: number;
  readonly price: number | null;
  readonly callout: string | null;
}): ReactNode {
  const params = { id: plan.pairId };
  // From a boundary, so that the question stays the same for a whole epoch.
  const from = Math.floor(nowAtMs / EPOCH_MS) * EPOCH_MS - windowMs;
  const candles = useApi("pairCandles", {
    params,
    query: { from, ...(live ? {} : { to: plan.createdAtMarketMs }), tf: "15m", limit: 1_000 },
  });
  const ranges = useApi("pairRanges", { params, query: { from } });
  const depth = useApi("pairDepth", { params }, { enabled: live });
  const [target] = newRangesOf(plan);
  const [current] = rangesOf(plan.before);
  return (
    <QueryView query={candles} what="prices" skeleton={<ChartSkeleton />}>
      {(data) => {
        const rows: readonly PriceRow[] = data.candles
          .map(([openAtMs, , , , close]) => ({
            atMs: openAtMs + EPOCH_MS,
            price: close,
            targetLower: null,
            targetUpper: null,
          }))
          .filter((row) => row.atMs <= nowAtMs);
        if (rows.length === 0) {
          return <Empty title="No prices yet.">The chart appears with the first closed 15-minute candle.</Empty>;
        }
        const known = (ranges.data?.ranges ?? [])
          .filter((life) => life.fromAtMs < nowAtMs)
          .map((life) => ({ ...life, toAtMs: life.toAtMs !== null && life.toAtMs > nowAtMs ? null : life.toAtMs }));
        // While the ranges are not there the plan's own "before" is drawn over the last epoch.
        const lives =
          known.length > 0 || current === undefined
            ? known
            : [{ fromAtMs: nowAtMs - EPOCH_MS, toAtMs: null, lower: current.lower, upper: current.upper }];
        const pool = plan.after.find((holding) => holding.pool !== null)?.pool;
        const buckets = depth.data?.depth.find((one) => one.pool === pool) ?? depth.data?.depth[0];
        return (
          <>
            <PriceRangeChart
              label={`${plan.pairId} price with the present and the proposed range`}
              rows={rows}
              lives={lives}
              fromAtMs={from}
              nowAtMs={nowAtMs}
              price={price}
              target={target ?? null}
              marks={[]}
              depth={
                live && buckets !== undefined
                  ? buckets.buckets.map((bucket) => ({
                      lower: bucket.priceLower,
                      upper: bucket.priceUpper,
                      usd: bucket.usd,
                      oursUsd: bucket.oursUsd,
                    }))
                  : []
              }
              callout={callout}
              format={(value) => formatPrice(value, price)}
              renderReadout={(row) => (
                <>
                  <span>{formatDayMinutes(row.atMs)} UTC</span>
                  <span>
                    price <b className="font-title text-ink">{formatPrice(row.price, price)}</b>
                  </span>
                </>
              )}
              syncId={`plan-${plan.planId}`}
            />
            <PriceLegend />
          </>
        );
      }}
    </QueryView>
  );
});

function ChartSkeleton(): ReactNode {
  return (
    <div role="status" aria-label="Loading the chart">
      <Skeleton className="mt-[26px] h-[320px] w-full desk:h-[372px]" />
    </div>
  );
}
