// Where alerts go: the bell, each outside channel with its state, the dead-man ping, quiet hours and patience.
"use client";
import { useState, type ReactNode } from "react";
import { api } from "@/components/live/api";
import { WallAge } from "@/components/live/age";
import { Button } from "@/components/ui/button";
import { KeyValue } from "@/components/ui/key-value";
import { Panel } from "@/components/ui/panel";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import { showToast } from "@/components/ui/toast";
import { useSession } from "@/components/wallet/use-session";
import type { AlertChannelDto, Alerts } from "@/lib/api/alert-schemas";
import { ApiError } from "@/lib/api/client";
import { SEVERITY } from "./alert-words";

/** A channel that works says so now and then; the chip needs some period. */
const PERIOD_MS = 24 * 3_600_000;

const KEYS: Readonly<Record<AlertChannelDto["id"], string>> = {
  telegram: "TG_ALERT_TELEGRAM_TOKEN and TG_ALERT_TELEGRAM_CHAT",
  ntfy: "TG_ALERT_NTFY_TOPIC",
  webhook: "TG_ALERT_WEBHOOK_URL and TG_ALERT_WEBHOOK_SECRET",
};

export function ChannelsPanel({ alerts }: { readonly alerts: Alerts }): ReactNode {
  const isNoneSetUp = alerts.channels.every(({ target }) => target === null);
  const { quietHours, remindAfterMin, escalateAfterMin, deadMan } = alerts;
  return (
    <Panel title="Channels" flush>
      {isNoneSetUp && (
        <div className="border-b bg-warn-soft px-3.5 py-3 desk:px-4">
          <Status tone="warn">Nobody is told outside this desk</Status>
          <p className="mt-1 max-w-prose text-ink-2">
            No outside channel is set up: alerts show here and on the bell only. The demo never has one, since nothing
            leaves the machine. For a real deployment put the keys below into the environment;{" "}
            <TextLink href="/docs/alerts">the manual says how</TextLink>.
          </p>
        </div>
      )}
      <ul>
        <li className="border-b px-3.5 py-2.5 desk:px-4">
          <Status tone="ok">Bell</Status>
          <p className="text-dense text-ink-2">every open alert, on every page</p>
        </li>
        {alerts.channels.map((channel) => (
          <li key={channel.id} className="border-b px-3.5 py-2.5 desk:px-4">
            <ChannelRow channel={channel} />
          </li>
        ))}
      </ul>
      <div className="px-3.5 py-2.5 desk:px-4">
        <KeyValue
          ruled
          rows={[
            {
              key: "Quiet hours",
              value:
                quietHours === null
                  ? "none"
                  : `${quietHours.from} to ${quietHours.to} ${quietHours.timeZone}${quietHours.isNow ? ", now" : ""}; critical comes through`,
            },
            {
              key: "Reminder until acknowledged",
              value: `critical every ${remindAfterMin.critical} min, warning every ${remindAfterMin.warn} min`,
            },
            {
              key: "Escalation when nobody answers",
              value: `critical after ${escalateAfterMin.critical} min, warning after ${escalateAfterMin.warn} min`,
            },
            {
              key: "Dead-man ping",
              value:
                deadMan.host === null
                  ? "none (TG_ALERT_PING_URL)"
                  : (deadMan.lastError ?? `to ${deadMan.host}${deadMan.lastOkAtMs === null ? ", not yet sent" : ""}`),
            },
          ]}
        />
        {deadMan.lastOkAtMs !== null && (
          <WallAge atMs={deadMan.lastOkAtMs} periodMs={60_000} prefix="last ping" suffix="ago" />
        )}
      </div>
    </Panel>
  );
}

function ChannelRow({ channel }: { readonly channel: AlertChannelDto }): ReactNode {
  if (channel.target === null) {
    return (
      <>
        <Status tone="unknown">{channel.label}: not set up</Status>
        <p className="font-mono text-micro wrap-anywhere text-ink-3">{KEYS[channel.id]}</p>
      </>
    );
  }
  const tone = !channel.enabled ? "paused" : channel.lastError === null ? "ok" : "warn";
  const word = !channel.enabled ? "off" : channel.lastError === null ? "on" : "fails";
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Status tone={tone}>
          {channel.label}: {word}
        </Status>
        <span className="text-dense text-ink-2">{channel.target}</span>
        <span className="ml-auto">
          <TestButton channel={channel} />
        </span>
      </div>
      <p className="text-dense text-ink-2">
        from {SEVERITY[channel.minSeverity].word.toLowerCase()} on
        {channel.tier === "escalation" && ", when nobody answers"}
        {channel.pairs.length > 0 && `, only ${channel.pairs.join(", ")}`}
        {channel.waitingCount > 0 && `, ${channel.waitingCount} waiting`}
      </p>
      {channel.lastError !== null && <p className="text-dense wrap-anywhere text-warn">{channel.lastError}</p>}
      <WallAge atMs={channel.lastSentAtMs} periodMs={PERIOD_MS} prefix="last sent" suffix="ago" />
    </>
  );
}

function TestButton({ channel }: { readonly channel: AlertChannelDto }): ReactNode {
  const session = useSession();
  const [busy, setBusy] = useState<string | null>(null);
  if (session.data?.role !== "owner" || !channel.enabled) return null;
  const send = async (): Promise<void> => {
    setBusy("Sending");
    try {
      await api.call("alertTest", { params: { channelId: channel.id } });
      showToast("ok", "Test message is on its way", "Its state is in the list of messages.");
    } catch (error) {
      showToast("warn", "No test message", error instanceof ApiError ? error.message : "The desk did not answer.");
    } finally {
      setBusy(null);
    }
  };
  return (
    <Button size="small" busy={busy} onClick={() => void send()}>
      Send a test<span className="sr-only"> to {channel.label}</span>
    </Button>
  );
}
