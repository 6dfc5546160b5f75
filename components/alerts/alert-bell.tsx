// The bell of every page: how many alerts are open and how bad the worst is, in number, shape and colour; new ones are spoken.
"use client";
import { Bell } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { buttonClass } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { StatusShape } from "@/components/ui/status";
import type { AlertDto } from "@/lib/api/alert-schemas";
import { SEVERITY } from "./alert-words";

interface Waiting {
  readonly count: number;
  readonly worst: AlertDto | null;
  readonly isUnknown: boolean;
}

/** What nobody has acknowledged yet; the list comes with the worst first. */
function useWaitingAlerts(): Waiting {
  const alerts = useApi("alerts");
  const open = (alerts.data?.open ?? []).filter(({ ack }) => ack === null);
  return {
    count: open.length,
    worst: open[0] ?? null,
    isUnknown: alerts.data === undefined || alerts.data.watch.state !== "ok",
  };
}

/** On the phone's tab: shape and number; nothing while nothing waits. */
export function AlertBadge(): ReactNode {
  const { count, worst, isUnknown } = useWaitingAlerts();
  if (worst === null && !isUnknown) return null;
  return (
    <span
      className={cx(
        "absolute top-1 left-[calc(50%+7px)] flex items-center gap-0.5 rounded-full bg-bg px-1 font-title",
        TONE[worst?.severity ?? "info"],
      )}
    >
      <StatusShape tone={worst === null ? "unknown" : SEVERITY[worst.severity].tone} size={10} />
      {worst === null ? <span className="sr-only">not known now</span> : shortCount(count)}
      {worst !== null && <span className="sr-only"> open, worst {SEVERITY[worst.severity].word.toLowerCase()}</span>}
    </span>
  );
}

function shortCount(count: number): string {
  return count > 9 ? "9+" : String(count);
}

const TONE: Readonly<Record<AlertDto["severity"], string>> = {
  critical: "text-crit",
  warn: "text-warn",
  info: "text-ink-2",
};

/** In the top bar from desk width on; phones have the tab. What is new is spoken at any width. */
export function AlertBell(): ReactNode {
  const { count, worst, isUnknown } = useWaitingAlerts();
  const words = isUnknown
    ? "Alerts: not known now"
    : worst === null
      ? "Alerts: nothing waits for an acknowledgement"
      : `Alerts: ${count} open, worst ${SEVERITY[worst.severity].word.toLowerCase()}: ${worst.pairId ?? ""} ${worst.title}`;
  return (
    <>
      <Link
        href="/alerts"
        aria-label={words}
        title={words}
        className={cx(buttonClass(), "hidden! desk:inline-flex!", worst === null && "text-ink-3!")}
      >
        <Bell size={14} aria-hidden="true" />
        {isUnknown ? (
          <StatusShape tone="unknown" size={10} />
        ) : worst === null ? null : (
          <span className={cx("flex items-center gap-1.5", TONE[worst.severity])}>
            <StatusShape tone={SEVERITY[worst.severity].tone} size={10} />
            <span className="tabular-nums">{shortCount(count)}</span>
          </span>
        )}
      </Link>
      <Spoken words={words} isCritical={worst?.severity === "critical"} />
    </>
  );
}

/** Polite for warnings, at once for what is critical. */
function Spoken({ words, isCritical }: { readonly words: string; readonly isCritical: boolean }): ReactNode {
  return (
    <>
      <span className="sr-only" role="status">
        {isCritical ? "" : words}
      </span>
      <span className="sr-only" role="alert">
        {isCritical ? words : ""}
      </span>
    </>
  );
}
