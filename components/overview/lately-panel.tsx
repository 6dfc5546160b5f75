// What the desk did lately, over all pairs: the newest ended plans with their outcome and gas; a row opens the plan.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { PlanStatusChip } from "@/components/pairs/plans-panel";
import { reasonWords } from "@/components/shell/words";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";
import { LatelyRows } from "./lately-skeleton";

const ROWS = 5;
/** Open ones are under what waits; some more are asked for, so that enough are left. */
const ASKED = 10;

export function LatelyPanel(): ReactNode {
  const plans = useApi("plans", { query: { limit: ASKED } });
  return (
    <Panel title="Lately" tools={<TextLink href="/activity">Activity</TextLink>} flush>
      <QueryView query={plans} what="plans" skeleton={<LatelyRows />}>
        {(data) => {
          const ended = data.plans.filter(({ endedAtMs }) => endedAtMs !== null).slice(0, ROWS);
          return ended.length === 0 ? (
            <Empty title="Nothing was done yet.">
              Plans appear here once they are carried out, rejected or expired.
            </Empty>
          ) : (
            <ul>
              {ended.map((plan) => (
                <li
                  key={plan.planId}
                  className="relative flex items-center gap-3 border-b px-3.5 py-2 last:border-b-0 hover:bg-hover desk:px-4"
                >
                  <div className="min-w-0 flex-1">
                    <Link
                      href={`/activity/${plan.planId}`}
                      className="block truncate font-title after:absolute after:inset-0"
                    >
                      {plan.pairId} {plan.kind}
                    </Link>
                    <p className="truncate text-micro text-ink-3" title={formatIso(plan.createdAtMarketMs)}>
                      {formatDayMinutes(plan.createdAtMarketMs)}, {reasonWords(plan.reason)}
                    </p>
                  </div>
                  <span className="text-dense whitespace-nowrap text-ink-3" title="moved, and paid for gas">
                    {formatUsd(plan.notionalUsd)}
                    {plan.gasUsd !== null && plan.gasUsd > 0 && (
                      <span className="block text-right text-micro">gas {formatUsd(plan.gasUsd)}</span>
                    )}
                  </span>
                  <PlanStatusChip plan={plan} />
                </li>
              ))}
            </ul>
          );
        }}
      </QueryView>
    </Panel>
  );
}
