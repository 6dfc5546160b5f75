// The last two weeks of all pairs by UTC day: fees up, divergence and costs down, net as a line; the same rows as table and file.
"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import { MoneyChart, type MoneyRow } from "@/components/charts/money-chart";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Panel } from "@/components/ui/panel";
import type { RouteResponse } from "@/lib/api/contract";
import { formatDay, formatIso } from "@/lib/format/time";
import { formatSignedUsd } from "@/lib/format/usd";
import { MoneyDaysSkeleton } from "./money-days-skeleton";

type Day = RouteResponse<"moneyDays">["days"][number];

interface Row extends MoneyRow {
  readonly feesUsd: number;
  readonly divergenceUsd: number;
  readonly costsUsd: number;
}

export function MoneyDays(): ReactNode {
  const days = useApi("moneyDays");
  return (
    <QueryView query={days} what="the last days" skeleton={<MoneyDaysSkeleton />}>
      {({ days: all, pairs, missing }) => {
        const rows = all.map(rowOf);
        if (rows.length === 0) {
          return (
            <Panel title="Last 14 days, $">
              <p className="text-ink-2">
                Days appear with the first position: fees up, divergence and costs down, net as a line.
              </p>
            </Panel>
          );
        }
        return (
          <ChartFrame<Row>
            title="Last 14 days, $"
            meta={
              <span className="text-micro text-ink-3">
                {pairs} {pairs === 1 ? "pair" : "pairs"}, UTC days
                {missing.length > 0 && <span title={missing.join(", ")}>, {missing.length} could not be read</span>}
              </span>
            }
            rows={rows}
            fileName="tidegate-days.csv"
            columns={[
              {
                label: "Day, UTC",
                text: (row) => formatDay(row.atMs),
                value: (row) => formatIso(row.atMs).slice(0, 10),
              },
              { label: "Fees", text: (row) => formatSignedUsd(row.feesUsd), value: (row) => row.feesUsd },
              {
                label: "Divergence",
                text: (row) => formatSignedUsd(row.divergenceUsd),
                value: (row) => row.divergenceUsd,
              },
              { label: "Costs", text: (row) => formatSignedUsd(row.costsUsd), value: (row) => row.costsUsd },
              { label: "Net", text: (row) => formatSignedUsd(row.netUsd), value: (row) => row.netUsd },
            ]}
          >
            <MoneyChart
              label="Per UTC day, all pairs: fees up, divergence and costs down, net with the price effect as a line"
              rows={rows}
              names={{ gain: "fees", loss: "divergence, costs", net: "net with price effect" }}
              height={120}
            />
          </ChartFrame>
        );
      }}
    </QueryView>
  );
}

function rowOf(day: Day): Row {
  const divergenceUsd = 0 - day.lvrUsd;
  const costsUsd = 0 - day.gasUsd - day.swapCostUsd - day.bridgeCostUsd;
  return {
    atMs: day.startAtMs,
    gainUsd: day.feesUsd + Math.max(0, divergenceUsd),
    lossUsd: Math.min(0, divergenceUsd) + costsUsd,
    netUsd: day.netUsd,
    feesUsd: day.feesUsd,
    divergenceUsd,
    costsUsd,
  };
}
