// One alert on its own page: where the link of a message leads, made for a phone at night.
"use client";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import { AlertCard } from "./alert-card";
import { DeliveriesPanel } from "./deliveries-panel";
import { PairNow } from "./pair-now";

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
          <div className="grid gap-3 desk:gap-4 has-[[data-action-bar]]:max-mid:pb-36">
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
