// One alert on its own page: where the link of a message leads, made for a phone at night.
"use client";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { GateBar } from "@/components/ui/gate-bar";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import { formatPrice, formatRange } from "@/lib/format/price";
import { formatUsd } from "@/lib/format/usd";
import { PAIR_STATE, pairStateWord } from "@/components/shell/words";
import { AlertCard } from "./alert-card";
import { DeliveriesPanel } from "./deliveries-panel";

const READ_MS = 5_000;

export function AlertDetail({ id }: { readonly id: string }): ReactNode {
  const alerts = useApi("alerts", {}, { refetchMs: READ_MS });
  return (
    <QueryView query={alerts} what="the alert" skeleton={<SkeletonRows rows={3} height={88} label="the alert" />}>
      {(data) => {
        const alert = [...data.open, ...data.history].find((each) => each.id === id);
        if (alert === undefined) {
          return (
            <Panel title="Alert" flush>
              <Empty title="This alert is not known any more.">
                It ended longer ago than the history is kept, or it belongs to another deployment.{" "}
                <TextLink href="/alerts">See what is open now</TextLink>.
              </Empty>
            </Panel>
          );
        }
        return (
          <div className="grid gap-3 desk:gap-4">
            <Panel title={alert.clearedAtMs === null ? "Open alert" : "Alert that ended"}>
              <AlertCard alert={alert} isAlone />
            </Panel>
            {alert.pairId !== null && <PairNow pairId={alert.pairId} />}
            <DeliveriesPanel deliveries={data.deliveries.filter(({ alertId }) => alertId === id)} hasLinks={false} />
          </div>
        );
      }}
    </QueryView>
  );
}

/** The pair as it is now, in the least space: state, price against range, value, what waits. */
function PairNow({ pairId }: { readonly pairId: string }): ReactNode {
  const overview = useApi("overview");
  const pair = overview.data?.pairs.find((each) => each.id === pairId);
  if (pair === undefined) return null;
  const { tone } = PAIR_STATE[pair.state];
  return (
    <Panel title={`${pairId} now`} tools={<TextLink href={`/pairs/${pairId}`}>Pause or shift on its page</TextLink>}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <Status tone={tone}>{pairStateWord(pair)}</Status>
        <span className="tabular-nums">{formatPrice(pair.price)}</span>
        <span className="tabular-nums">{formatUsd(pair.valueUsd)}</span>
      </div>
      <p className="text-dense text-ink-2">{pair.stateSentence}</p>
      {pair.range !== null && (
        <>
          <div className="mt-2">
            <GateBar size="full" price={pair.price} {...pair.range} />
          </div>
          <p className="text-micro text-ink-3">{formatRange(pair.range.lower, pair.range.upper)}</p>
        </>
      )}
      {pair.openPlanId !== null && (
        <p className="mt-2">
          <TextLink href={`/approvals/${pair.openPlanId}`}>A plan of this pair is open</TextLink>
        </p>
      )}
    </Panel>
  );
}
