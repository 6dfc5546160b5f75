// What waits for a person: approvals first with their range, cost and time left, then what is out of order.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { SEVERITY } from "@/components/alerts/alert-words";
import { MarketAge, WallAge } from "@/components/live/age";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { buttonClass } from "@/components/ui/button";
import { Chip } from "@/components/ui/chip";
import { GateBar } from "@/components/ui/gate-bar";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status, StatusShape } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { AlertDto } from "@/lib/api/alert-schemas";
import type { RouteResponse } from "@/lib/api/contract";
import { formatAge, formatCountdown } from "@/lib/format/age";
import { formatRange } from "@/lib/format/price";
import { formatUsd } from "@/lib/format/usd";
import { alertsBeside, clockOf } from "./waiting-items";

type Overview = RouteResponse<"overview">;
type Item = Overview["attention"][number];
type Pair = Overview["pairs"][number];

const KIND: Readonly<Record<Item["kind"], string>> = {
  approval: "Approve",
  out_of_range: "Out of range",
  stale_source: "Stale source",
  worker: "Worker",
  signer: "Signer",
  store: "Store",
  telemetry: "Telemetry",
  halt: "Halted",
  late_decision: "Late decision",
  ledger: "Ledger",
  plan: "Plan ended half way",
};
const PERIOD_MS = 3_600_000;
/** Alerts beside the list; the rest is a link away. */
const MOST_ALERTS = 5;
/** What the set-up checks can explain. */
const SET_UP: ReadonlySet<Item["kind"]> = new Set(["stale_source", "worker", "signer", "store", "telemetry"]);

export function WaitingPanel({
  attention,
  pairs,
}: {
  readonly attention: readonly Item[];
  readonly pairs: readonly Pair[];
}): ReactNode {
  // The list of the bell: it is read on every page already.
  const open = useApi("alerts").data?.open ?? [];
  const alerts = alertsBeside(attention, open);
  const shown = alerts.slice(0, MOST_ALERTS);
  const count = attention.length + alerts.length;
  return (
    <Panel
      title="Waiting for you"
      tools={<span className="text-micro text-ink-3">{count === 0 ? "" : `${count} open`}</span>}
      flush
    >
      {count === 0 ? (
        <Empty title="Nothing waits.">
          A plan appears here when a pair in approve mode decides to act, and so does everything that needs a look.
        </Empty>
      ) : (
        <ul>
          {attention.map((item) => (
            <li key={item.id} className="border-b p-3.5 last:border-b-0 desk:p-4">
              {item.kind === "approval" ? (
                <Approval item={item} pair={pairs.find((pair) => pair.id === item.pairId)} />
              ) : (
                <Attention item={item} />
              )}
            </li>
          ))}
          {shown.map((alert) => (
            <li key={alert.id} className="border-b p-3.5 last:border-b-0 desk:p-4">
              <AlertItem alert={alert} />
            </li>
          ))}
          {alerts.length > shown.length && (
            <li className="px-3.5 py-2.5 text-dense desk:px-4">
              <TextLink href="/alerts">{alerts.length - shown.length} more alerts</TextLink>
            </li>
          )}
        </ul>
      )}
      {attention.some(({ kind }) => SET_UP.has(kind)) && (
        <p className="border-t px-3.5 py-2.5 text-dense desk:px-4">
          <TextLink href="/setup">Set-up checks: what does not answer, and how to mend it</TextLink>
        </p>
      )}
    </Panel>
  );
}

function AlertItem({ alert }: { readonly alert: AlertDto }): ReactNode {
  const { tone } = SEVERITY[alert.severity];
  return (
    <>
      <div className="flex items-center justify-between gap-3">
        <Status tone={tone}>{alert.title}</Status>
        <WallAge atMs={alert.firedAtMs} periodMs={PERIOD_MS} prefix="for" />
      </div>
      <div className="mt-1 flex items-end justify-between gap-3">
        <p className="min-w-0 text-ink-2 wrap-anywhere">{alert.sentence}</p>
        <Link href={`/alerts/${alert.id}`} className={buttonClass("default", "small")}>
          Look
          <span className="sr-only"> at {alert.title.toLowerCase()}</span>
        </Link>
      </div>
    </>
  );
}

function Attention({ item }: { readonly item: Item }): ReactNode {
  const tone = item.severity === "critical" ? "crit" : item.severity === "warn" ? "warn" : "unknown";
  // The range was left in market time; everything else waits for people and processes.
  const Since = clockOf(item) === "market" ? MarketAge : WallAge;
  return (
    <>
      <div className="flex items-center justify-between gap-3">
        <Status tone={tone}>{KIND[item.kind]}</Status>
        <Since atMs={item.sinceAtMs} periodMs={PERIOD_MS} prefix="for" />
      </div>
      <div className="mt-1 flex items-end justify-between gap-3">
        <p className="min-w-0 text-ink-2">{item.sentence}</p>
        <Link href={item.href} className={buttonClass("default", "small")}>
          Look
          <span className="sr-only"> at {KIND[item.kind].toLowerCase()}</span>
        </Link>
      </div>
    </>
  );
}

function Approval({ item, pair }: { readonly item: Item; readonly pair: Pair | undefined }): ReactNode {
  const nowMs = useWallNow();
  const planId = item.planId;
  const plan = useApi("plan", planId === null ? {} : { params: { planId } }, { enabled: planId !== null }).data;
  const left = plan === undefined || plan.expiresAtMs === null || nowMs === 0 ? null : plan.expiresAtMs - nowMs;
  const total = plan === undefined || plan.expiresAtMs === null ? null : plan.expiresAtMs - plan.createdAtMs;
  const before = plan?.before.find((holding) => holding.priceLower !== null);
  const after = plan?.after.find((holding) => holding.priceLower !== null);
  return (
    <>
      <div className="flex items-center justify-between gap-3">
        <Chip tone="prop">
          <StatusShape tone="prop" size={10} />
          Approve
        </Chip>
        {left !== null && (
          <span role="timer" aria-label="Time left">
            {left > 0 ? (
              <>
                expires in <b className="font-title">{formatCountdown(left)}</b>, then HOLD
              </>
            ) : (
              "expired, HOLD"
            )}
          </span>
        )}
      </div>
      <p className="mt-2 font-title">{item.sentence}</p>
      {plan !== undefined && after !== undefined && (
        <>
          <div className="mt-2">
            <GateBar
              size="full"
              price={pair?.price ?? null}
              lower={before?.priceLower ?? after.priceLower}
              upper={before?.priceUpper ?? after.priceUpper}
              hasPosition={before !== undefined}
              targetLower={after.priceLower}
              targetUpper={after.priceUpper}
            />
          </div>
          <p className="text-micro text-ink-3">
            {before === undefined ? "no position" : formatRange(before.priceLower, before.priceUpper)}{" "}
            <span className="text-prop">→ {formatRange(after.priceLower, after.priceUpper)}</span>
          </p>
        </>
      )}
      <div className="mt-2 flex items-center justify-between gap-3">
        <span className="text-ink-2">
          {plan !== undefined && nowMs > 0 && (
            <>
              {plan.forecast.paybackDays === null && "never pays back by the model, "}
              {formatUsd(plan.notionalUsd)} moved, asked {formatAge(nowMs - plan.createdAtMs)} ago
            </>
          )}
        </span>
        <Link href={item.href} className={buttonClass("primary")}>
          Review
          <span className="sr-only"> {item.sentence}</span>
        </Link>
      </div>
      {left !== null && total !== null && total > 0 && (
        <div aria-hidden="true" className="mt-2.5 h-0.5 bg-line">
          <div className="h-full bg-prop" style={{ width: `${Math.max(0, Math.min(1, left / total)) * 100}%` }} />
        </div>
      )}
    </>
  );
}
