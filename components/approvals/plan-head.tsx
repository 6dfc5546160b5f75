// The card's first part: what the plan does, where, in which mode, who proposed it, how old it is and what happens without a signature.
"use client";
import type { ReactNode } from "react";
import { WallAge } from "@/components/live/age";
import { useWallNow } from "@/components/live/ticker";
import { Chip } from "@/components/ui/chip";
import { Copyable } from "@/components/ui/copyable";
import { Status, StatusShape } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatAge } from "@/lib/format/age";
import { formatDayMinutes, formatInstant, formatIso } from "@/lib/format/time";
import { EPOCH_MS } from "@/lib/units";
import { leftBound } from "./approval-words";
import { Countdown } from "./countdown";
import { PLAN_STATUS, planTitle } from "./plan-words";

/** A plan waits minutes, so its age is news for an hour. */
const AGE_PERIOD_MS = 3_600_000;

export function StatusChip({ status }: { readonly status: PlanDto["status"] }): ReactNode {
  const { word, tone } = PLAN_STATUS[status];
  if (tone === "prop") {
    return (
      <Chip tone="prop">
        <StatusShape tone="prop" size={10} />
        {word}
      </Chip>
    );
  }
  return (
    <Chip tone={tone === "warn" ? "warn" : "plain"}>
      <span className={tone === "ok" ? "text-tide" : undefined}>
        <StatusShape tone={tone} size={10} />
      </span>
      {word}
    </Chip>
  );
}

export function PlanHead({ plan }: { readonly plan: PlanDto }): ReactNode {
  const nowMs = useWallNow();
  const waits = plan.status === "waiting_approval";
  const left = waits ? leftBound(plan) : null;
  return (
    <section aria-label="What is proposed" className="border-b px-3.5 py-3.5 desk:px-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <h2 className="text-stat font-medium">{planTitle(plan)}</h2>
        {left === null ? (
          <StatusChip status={plan.status} />
        ) : (
          <Chip tone="warn">
            <StatusShape tone="warn" size={10} />
            Void
          </Chip>
        )}
      </div>
      <dl className="mt-2 flex flex-wrap items-baseline gap-x-6 gap-y-1 text-dense text-ink-2 [&_dd]:inline [&_dd]:text-ink [&_dt]:mr-1 [&_dt]:inline">
        <div>
          <dt>{plan.kind} on</dt>
          <dd>{plan.chains.map((chain) => chain.name).join(", ")}</dd>
          <dd>, {venuesOf(plan)}</dd>
        </div>
        <div>
          <dt>Pair</dt>
          <dd>
            <TextLink href={`/pairs/${encodeURIComponent(plan.pairId)}`}>{plan.pairId}</TextLink>
          </dd>
        </div>
        <div>
          <dt>Mode</dt>
          <dd className="uppercase">{plan.mode}</dd>
        </div>
        <div>
          <dt>Proposed by</dt>
          <dd>{proposer(plan)}</dd>
        </div>
        <div title={formatIso(plan.createdAtMs)}>
          <dt>Age</dt>
          <dd>
            {plan.endedAtMs === null ? (
              <WallAge atMs={plan.createdAtMs} periodMs={AGE_PERIOD_MS} />
            ) : (
              `made ${formatInstant(plan.createdAtMs, nowMs)}, lived ${formatAge(plan.endedAtMs - plan.createdAtMs)}`
            )}
          </dd>
        </div>
        {waits && plan.expiresAtMs !== null && (
          <div>
            <dt>Expires in</dt>
            <dd>
              <Countdown expiresAtMs={plan.expiresAtMs} />
            </dd>
            <dd>, then HOLD</dd>
          </div>
        )}
        {waits && plan.expiresAtMs === null && (
          <div>
            <dt>Expires</dt>
            <dd>not by time; leaving a bound voids it</dd>
          </div>
        )}
        <div>
          <dt>Plan</dt>
          <dd>
            <Copyable value={plan.planId} shown={shortHex(plan.planId)} what="plan id" />
          </dd>
        </div>
      </dl>
      {left !== null && (
        <p role="status" className="mt-2 border-l-2 border-warn bg-warn-soft px-3 py-2 wrap-anywhere text-ink-2">
          <Status tone="warn">Void:</Status> {left}. It cannot be signed while this is so; it ends as HOLD unless the
          bound is met again in time.
        </p>
      )}
      {!waits && plan.statusReason !== "" && (
        <p className="mt-2 wrap-anywhere text-ink-2">
          <Status tone={PLAN_STATUS[plan.status].tone}>{PLAN_STATUS[plan.status].word}:</Status> {plan.statusReason}
        </p>
      )}
    </section>
  );
}

/** "Uniswap V3 #12, #13": the exchanges that take part and the positions that end. */
function venuesOf(plan: PlanDto): string {
  const pools = [...plan.before, ...plan.after].filter((holding) => holding.pool !== null);
  const names = [...new Set(pools.map((holding) => holding.label.replace(/ (#\d+|\(new\))$/, "")))];
  const closed = plan.steps.flatMap(({ step }) => (step.kind === "burn" ? [`#${step.tokenId}`] : []));
  return `${names.length === 0 ? "no pool" : names.join(", ")}${closed.length === 0 ? "" : ` ${closed.join(", ")}`}`;
}

function proposer(plan: PlanDto): string {
  const epoch = `epoch ${formatDayMinutes(plan.epoch * EPOCH_MS)}`;
  if (plan.origin.kind === "strategy") return `the strategy, ${epoch}`;
  const by = plan.approval?.proposer ?? null;
  return `${by === null ? "" : `${shortHex(by)}, by `}a signed command, ${epoch}`;
}
