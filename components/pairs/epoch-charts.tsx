// What the epochs of the chosen window add up to, in three groups: money, strategy, running; the group is in the URL.
"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { memo, useDeferredValue, useMemo, type ReactNode } from "react";
import { useSettled } from "@/components/charts/use-settled";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Empty, Skeleton } from "@/components/ui/states";
import type { PairStatus } from "@/lib/api/schemas";
import type { GroupProps } from "./chart-group";
import { MoneyCharts } from "./money-charts";
import { Reading } from "./reading";
import { RunningCharts } from "./running-charts";
import { StrategyCharts } from "./strategy-charts";
import { chartWindow, useChartChoice, windowLabel, type WindowName } from "./use-chart-window";

/** Epochs of 30 days and a margin: the longest window. */
const EPOCHS = 3_000;
const GROUPS = ["money", "strategy", "running"] as const;
type Group = (typeof GROUPS)[number];
const GROUP_OPTIONS = [
  { value: "money", label: "Money" },
  { value: "strategy", label: "Strategy" },
  { value: "running", label: "Running" },
] as const satisfies readonly { readonly value: Group; readonly label: string }[];

export function EpochCharts({ pair }: { readonly pair: PairStatus }): ReactNode {
  const { name: chosen } = useChartChoice(pair);
  const name = useDeferredValue(chosen);
  // How the price is drawn changes no epoch.
  const { fromAtMs, boundaryAtMs } = chartWindow(name, "line", pair.marketNowMs);
  return <Charts pairId={pair.id} chosen={chosen} window={name} fromAtMs={fromAtMs} toAtMs={boundaryAtMs} />;
}

/** A block changes nothing here: drawn again with the next quarter hour only. */
const Charts = memo(function Charts({
  pairId,
  chosen,
  window,
  fromAtMs,
  toAtMs,
}: {
  readonly pairId: string;
  readonly chosen: WindowName;
  readonly window: WindowName;
  readonly fromAtMs: number;
  readonly toAtMs: number;
}): ReactNode {
  const [group, setGroup] = useQueryState("charts", parseAsStringLiteral(GROUPS).withDefault("money"));
  const drawnGroup = useDeferredValue(group);
  const epochs = useApi("pairEpochs", { params: { id: pairId }, query: { from: fromAtMs, limit: EPOCHS } });
  const points = epochs.data?.epochs;
  const wanted = useMemo(
    (): GroupProps | null =>
      points === undefined
        ? null
        : {
            pairId,
            epochs: points.filter((epoch) => epoch.marketAtMs >= fromAtMs),
            fromAtMs,
            toAtMs,
            window,
            syncId: `pair-${pairId}`,
          },
    [pairId, points, fromAtMs, toAtMs, window],
  );
  // The picture before stays until the stretch that was pressed has been read.
  const shared = useDeferredValue(useSettled(wanted, !epochs.isPlaceholderData));
  return (
    <QueryView query={epochs} what="the epoch series" skeleton={<ChartsSkeleton />}>
      {(data) =>
        shared === null ? (
          <ChartsSkeleton />
        ) : (
          <section aria-label="Over time" className="grid gap-2">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 desk:px-0">
              <h2 className="text-body font-title">Over time</h2>
              <Segmented
                label="Charts"
                value={group}
                options={GROUP_OPTIONS}
                onChange={(next) => void setGroup(next === "money" ? null : next)}
              />
              <span className="text-micro text-ink-3">{windowLabel(shared.window)}, as chosen above</span>
              {shared.window !== chosen && <Reading name={chosen} />}
            </div>
            {(data.partial || data.source === "store") && (
              <p role="status" className="px-3.5 text-dense text-ink-3 desk:px-0">
                {data.source === "store"
                  ? "The telemetry store does not answer; these are the newest epochs kept in the cache."
                  : "The telemetry store answered with a part of the series."}
              </p>
            )}
            {shared.epochs.length === 0 ? (
              <Panel title="Epochs" flush>
                <Empty title="No epochs in this window.">
                  Divergence, money per day and net appear here after the first epochs, read from the telemetry store.
                </Empty>
              </Panel>
            ) : (
              <GroupOfCharts group={drawnGroup} shared={shared} />
            )}
          </section>
        )
      }
    </QueryView>
  );
});

function ChartsSkeleton(): ReactNode {
  return (
    <Panel title="Over time">
      <Skeleton className="h-[190px] w-full" />
    </Panel>
  );
}

const GroupOfCharts = memo(function GroupOfCharts({
  group,
  shared,
}: {
  readonly group: Group;
  readonly shared: GroupProps;
}): ReactNode {
  return (
    <div className="grid gap-3 desk:grid-cols-2 desk:gap-4 desk:[&>*:first-child]:col-span-2">
      {group === "money" && <MoneyCharts {...shared} />}
      {group === "strategy" && <StrategyCharts {...shared} />}
      {group === "running" && <RunningCharts {...shared} />}
    </div>
  );
});
