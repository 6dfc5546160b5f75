// The bell of every page: how many alerts are open and how bad the worst is, in number, shape and colour; new ones are spoken.
"use client";
import { Bell } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { buttonClass } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { StatusShape } from "@/components/ui/status";
import { SEVERITY } from "./alert-words";

export function AlertBell(): ReactNode {
  const alerts = useApi("alerts");
  const open = (alerts.data?.open ?? []).filter(({ ack }) => ack === null);
  const isUnknown = alerts.data === undefined || alerts.data.watch.state !== "ok";
  const [worst] = open;
  const words = isUnknown
    ? "Alerts: not known now"
    : worst === undefined
      ? "Alerts: nothing waits for an acknowledgement"
      : `Alerts: ${open.length} open, worst ${SEVERITY[worst.severity].word.toLowerCase()}: ${worst.pairId ?? ""} ${worst.title}`;
  return (
    <>
      <Link
        href="/alerts"
        aria-label={words}
        title={words}
        className={cx(
          buttonClass(),
          "min-w-11 gap-[3px]! px-1! desk:gap-1.5! desk:px-2.5!",
          worst === undefined && "text-ink-3!",
          // On a phone the room is for what waits; Alerts is under More at any time.
          worst === undefined && !isUnknown && "hidden! desk:inline-flex!",
        )}
      >
        <Bell size={14} aria-hidden="true" />
        {isUnknown ? (
          <StatusShape tone="unknown" size={10} />
        ) : worst === undefined ? null : (
          <>
            <span
              className={cx(worst.severity === "critical" ? "text-crit" : worst.severity === "warn" && "text-warn")}
            >
              <StatusShape tone={SEVERITY[worst.severity].tone} size={10} />
            </span>
            <span
              className={cx(
                "tabular-nums",
                worst.severity === "critical" ? "text-crit" : worst.severity === "warn" && "text-warn",
              )}
            >
              {open.length > 9 ? "9+" : open.length}
            </span>
          </>
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
