// What needs a person and who was told: open alerts first, then history, rules, channels and messages.
"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import type { AlertDto, Alerts } from "@/lib/api/alert-schemas";
import { AlertCard } from "./alert-card";
import { ChannelsPanel } from "./channels-panel";
import { DeliveriesPanel } from "./deliveries-panel";
import { RulesPanel } from "./rules-panel";

const VIEWS = ["open", "history", "rules", "channels"] as const;
const READ_MS = 5_000;

export function AlertsView(): ReactNode {
  const alerts = useApi("alerts", {}, { refetchMs: READ_MS });
  const [view, setView] = useQueryState("view", parseAsStringLiteral(VIEWS).withDefault("open"));
  return (
    <QueryView query={alerts} what="alerts" skeleton={<SkeletonRows rows={4} height={88} label="alerts" />}>
      {(data) => (
        <div className="grid gap-3 desk:gap-4">
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3.5 desk:px-0">
            <Segmented
              label="What to show"
              value={view}
              onChange={(next) => void setView(next)}
              options={[
                { value: "open", label: data.open.length === 0 ? "Open" : `Open ${data.open.length}` },
                { value: "history", label: "History" },
                { value: "rules", label: "Rules" },
                { value: "channels", label: "Channels" },
              ]}
            />
            <Watch alerts={data} />
          </div>
          {data.settingsProblem !== null && (
            <div role="status" className="border-l-2 border-l-warn bg-warn-soft px-3.5 py-2 desk:px-4">
              <Status tone="warn">Settings of alerts</Status>
              <p className="max-w-prose wrap-anywhere text-ink-2">{data.settingsProblem}</p>
            </div>
          )}
          {view === "open" && <Open alerts={data} />}
          {view === "history" && (
            <List
              title="History"
              alerts={data.history}
              empty="No alert has ended yet. One that ends stays here with how long it lasted and who took it."
            />
          )}
          {view === "rules" && <RulesPanel rules={data.rules} settingsFile={data.settingsFile} />}
          {view === "channels" && (
            <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-2">
              <ChannelsPanel alerts={data} />
              <DeliveriesPanel deliveries={data.deliveries} />
            </div>
          )}
        </div>
      )}
    </QueryView>
  );
}

function Watch({ alerts }: { readonly alerts: Alerts }): ReactNode {
  const { state, sentence } = alerts.watch;
  if (state === "ok") return <Status tone="ok">Watching</Status>;
  return (
    <div role="status">
      <Status tone={state === "stopped" ? "crit" : "unknown"}>
        {state === "stopped" ? "Nobody watches" : "Not watching yet"}
      </Status>
      <p className="max-w-prose text-dense text-ink-2">{sentence}</p>
    </div>
  );
}

function Open({ alerts }: { readonly alerts: Alerts }): ReactNode {
  const isNoneSetUp = alerts.channels.length > 0 && alerts.channels.every(({ target }) => target === null);
  return (
    <>
      <List
        title="Open"
        alerts={alerts.open}
        empty={
          alerts.watch.state === "ok"
            ? "Nothing is out of order. An alert appears here as soon as a rule's patience is over; it stays until its cause is gone."
            : "What is open is not known while nobody watches."
        }
      />
      {isNoneSetUp && (
        <p className="px-3.5 text-dense text-ink-3 desk:px-0">
          No outside channel is set up: these alerts are shown here and on the bell only. See Channels.
        </p>
      )}
    </>
  );
}

function List({
  title,
  alerts,
  empty,
}: {
  readonly title: string;
  readonly alerts: readonly AlertDto[];
  readonly empty: string;
}): ReactNode {
  return (
    <Panel title={title} tools={<span className="text-micro text-ink-3">{alerts.length}</span>} flush>
      {alerts.length === 0 ? (
        <Empty title="Nothing here.">{empty}</Empty>
      ) : (
        <ul>
          {alerts.map((alert) => (
            <li key={alert.id} className="border-b p-3.5 last:border-b-0 desk:p-4">
              <AlertCard alert={alert} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
