// Where the pair's capital lay over time: a layer per pool, the wallet on top; the table has what the epochs wanted beside it.
"use client";
import type { ReactNode } from "react";
import { ChartFrame, type ChartColumn } from "@/components/charts/chart-frame";
import { StackChart, type Layer, type StackRow } from "@/components/charts/stack-chart";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/states";
import type { RouteResponse } from "@/lib/api/contract";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatUsd, formatUsdAxis } from "@/lib/format/usd";
import type { GroupProps } from "./chart-group";
import type { WindowName } from "./use-chart-window";

type History = RouteResponse<"pairAllocationHistory">;

const STEP = { "24h": "15m", "3d": "15m", "7d": "1h", "30d": "4h" } as const satisfies Record<WindowName, string>;
const IDLE = "idle";
/** Of what the strategy wanted in a pool. */
const wantedKey = (poolKey: string): string => `wanted ${poolKey}`;

export function AllocationPanel(props: GroupProps): ReactNode {
  const history = useApi("pairAllocationHistory", {
    params: { id: props.pairId },
    query: { from: props.fromAtMs, step: STEP[props.window] },
  });
  return (
    <QueryView
      query={history}
      what="allocations"
      skeleton={
        <Panel title="Allocation, $" level={3}>
          <Skeleton className="h-[168px] w-full" />
        </Panel>
      }
    >
      {(data) => <Allocation {...props} history={data} />}
    </QueryView>
  );
}

function Allocation({
  pairId,
  fromAtMs,
  toAtMs,
  window,
  syncId,
  history,
}: GroupProps & { readonly history: History }): ReactNode {
  const { layers, rows } = allocationRows(history);
  const columns: ChartColumn<StackRow>[] = [
    { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
    ...layers.flatMap(({ key, label }): ChartColumn<StackRow>[] => [
      { label, text: (row) => formatUsd(row[key]), value: (row) => row[key] ?? null },
      ...(key === IDLE
        ? []
        : [
            {
              label: `${label}, wanted`,
              text: (row: StackRow) => formatUsd(row[wantedKey(key)]),
              value: (row: StackRow) => row[wantedKey(key)] ?? null,
            },
          ]),
    ]),
  ];
  return (
    <ChartFrame
      title="Allocation, $"
      level={3}
      meta={history.partial && <span className="text-micro text-ink-3">a part of the series</span>}
      rows={rows}
      fileName={`${pairId}-allocation-${window}.csv`}
      columns={columns}
    >
      {rows.length === 0 ? (
        <p className="text-ink-2">Appears with the first epochs: capital per pool, and what waits in the wallet.</p>
      ) : (
        <StackChart
          label="Capital per pool and in the wallet"
          rows={rows}
          layers={layers}
          format={formatUsdAxis}
          fromAtMs={fromAtMs}
          toAtMs={toAtMs}
          syncId={syncId}
        />
      )}
    </ChartFrame>
  );
}

/** A layer for each pool that ever had capital in the window, the largest at the bottom, and the wallet. */
export function allocationRows(history: History): {
  readonly layers: readonly Layer[];
  readonly rows: readonly StackRow[];
} {
  const held = new Map<string, number>();
  const byTime = new Map<number, Map<string, number | null>>();
  const at = (atMs: number): Map<string, number | null> => {
    const known = byTime.get(atMs) ?? new Map<string, number | null>();
    byTime.set(atMs, known);
    return known;
  };
  for (const { atMs, usd } of history.idle) at(atMs).set(IDLE, usd);
  for (const { atMs, poolKey, currentUsd, targetUsd } of history.points) {
    held.set(poolKey, Math.max(held.get(poolKey) ?? 0, currentUsd ?? 0));
    at(atMs).set(poolKey, currentUsd).set(wantedKey(poolKey), targetUsd);
  }
  const pools = history.pools
    .filter(({ poolKey }) => (held.get(poolKey) ?? 0) > 0)
    .toSorted((left, right) => (held.get(right.poolKey) ?? 0) - (held.get(left.poolKey) ?? 0));
  return {
    layers: [
      ...pools.map(({ poolKey, label }): Layer => ({ key: poolKey, label, look: "ours" })),
      { key: IDLE, label: "wallet", look: "idle" },
    ],
    rows: [...byTime]
      .toSorted(([left], [right]) => left - right)
      .map(([atMs, values]): StackRow => ({ ...Object.fromEntries(values), atMs })),
  };
}
