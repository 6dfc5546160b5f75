// One alert: how bad, which pair, one sentence, since when, what the system did, what to do, where to look, who took it.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { buttonClass } from "@/components/ui/button";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { AlertDto } from "@/lib/api/alert-schemas";
import { formatAge } from "@/lib/format/age";
import { formatInstant, formatIso } from "@/lib/format/time";
import { AckControl } from "./ack-control";
import { SEVERITY } from "./alert-words";

export function AlertCard({
  alert,
  isAlone = false,
}: {
  readonly alert: AlertDto;
  /** On its own page it needs no link to itself. */
  readonly isAlone?: boolean;
}): ReactNode {
  const nowMs = useWallNow();
  const { word, tone } = SEVERITY[alert.severity];
  const name = `${alert.pairId === null ? "" : `${alert.pairId} · `}${alert.title}`;
  return (
    <article aria-label={`${word}: ${name}`} className="grid grid-cols-1 gap-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Status tone={alert.clearedAtMs === null ? tone : "ok"}>{alert.clearedAtMs === null ? word : "Over"}</Status>
        <h3 className="min-w-0 font-title wrap-anywhere">
          {isAlone ? name : <TextLink href={`/alerts/${alert.id}`}>{name}</TextLink>}
        </h3>
        <span className="tabular-nums">{alert.figure}</span>
        <span className="ml-auto text-micro text-ink-3" title={formatIso(alert.firedAtMs)}>
          {alert.clearedAtMs === null
            ? nowMs > 0 && `open for ${formatAge(nowMs - alert.firedAtMs)}`
            : `lasted ${formatAge(alert.clearedAtMs - alert.firedAtMs)}`}
          {nowMs > 0 && `, since ${formatInstant(alert.firedAtMs, nowMs)}`}
          {alert.reopenedCount > 0 && `, came back ${alert.reopenedCount} ×`}
        </span>
      </div>
      <p className="max-w-prose wrap-anywhere">{alert.sentence}</p>
      <dl className="grid max-w-prose grid-cols-1 gap-x-3 gap-y-1 text-dense text-ink-2 desk:grid-cols-[auto_minmax(0,1fr)]">
        <dt className="text-ink-3">The system</dt>
        <dd className="wrap-anywhere">{alert.did}</dd>
        {alert.clearedAtMs === null && (
          <>
            <dt className="text-ink-3">To do</dt>
            <dd>{alert.action}</dd>
          </>
        )}
      </dl>
      <div className="flex flex-wrap items-center gap-2">
        <Link href={alert.href} className={buttonClass("default", "small")}>
          {placeOf(alert.href)}
          <span className="sr-only"> of {name}</span>
        </Link>
        <AckControl alert={alert} />
      </div>
    </article>
  );
}

function placeOf(href: string): string {
  if (href.startsWith("/approvals/")) return "Review the plan";
  if (href.startsWith("/activity/")) return "See what happened";
  if (href.startsWith("/pairs/")) return "Open the pair";
  return "Open the system page";
}
