// What waits for a signature, soonest expiry first, and how earlier plans ended.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { WallAge } from "@/components/live/age";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { buttonClass } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { GateBar } from "@/components/ui/gate-bar";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import type { PlanDto } from "@/lib/api/schemas";
import { formatInstant, formatIso } from "@/lib/format/time";
import { formatRange } from "@/lib/format/price";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { countWords } from "./approval-words";
import { Countdown, TimeBar } from "./countdown";
import { ChecksWord } from "./plan-bounds";
import { netTone, paybackWords } from "./plan-money";
import { newRangesOf, PLAN_STATUS, planTitle, rangesOf } from "./plan-words";
import { ROW_LINK } from "./row-link";

const AGE_PERIOD_MS = 3_600_000;
const ENDED_SHOWN = 20;

export function ApprovalsView(): ReactNode {
  const waiting = useApi("plans", { query: { status: "waiting_approval" } });
  const ended = useApi("plans", { query: { open: "false", limit: ENDED_SHOWN } });
  return (
    <div className="grid gap-3 desk:gap-4">
      <QueryView
        query={waiting}
        what="plans that wait"
        skeleton={
          <Panel title="Waiting for a signature" flush>
            <SkeletonRows rows={2} height={120} label="plans that wait" />
          </Panel>
        }
      >
        {({ plans }) => (
          <Panel
            title="Waiting for a signature"
            meta={<span className="text-micro text-ink-3">{plans.length === 0 ? "" : `${plans.length} open`}</span>}
            flush
          >
            {plans.length === 0 ? (
              <Empty title="Nothing waits." action={<TextLink href="/docs/authority">How approvals work</TextLink>}>
                A plan appears here when a pair in mode APPROVE decides to act. It waits for a signed approval; without
                one it expires and nothing changes.
              </Empty>
            ) : (
              <ul>
                {plans
                  .toSorted((a, b) => (a.expiresAtMs ?? Infinity) - (b.expiresAtMs ?? Infinity))
                  .map((plan) => (
                    <WaitingPlan key={plan.planId} plan={plan} />
                  ))}
              </ul>
            )}
          </Panel>
        )}
      </QueryView>
      <Panel title="Ended" tools={<TextLink href="/activity">All activity</TextLink>} flush>
        <QueryView query={ended} what="ended plans" skeleton={<SkeletonRows rows={5} label="ended plans" />}>
          {({ plans }) =>
            plans.length === 0 ? (
              <Empty title="No plan has ended yet.">Approved, rejected, expired and void plans are listed here.</Empty>
            ) : (
              <EndedTable plans={plans} />
            )
          }
        </QueryView>
      </Panel>
    </div>
  );
}

function WaitingPlan({ plan }: { readonly plan: PlanDto }): ReactNode {
  const pair = useApi("pairStatus", { params: { id: plan.pairId } });
  const [now] = rangesOf(plan.before);
  const [next] = newRangesOf(plan);
  const { forecast } = plan;
  const price = pair.data?.price ?? null;
  return (
    <li className="relative border-b last:border-b-0 hover:bg-hover">
      <div className="grid items-center gap-x-6 gap-y-3 px-3.5 py-3.5 desk:grid-cols-[minmax(0,1.2fr)_minmax(0,1fr)] desk:px-4 mid:grid-cols-[minmax(0,1.2fr)_minmax(0,1.3fr)_minmax(0,1fr)_auto]">
        <div className="min-w-0">
          <Link href={`/approvals/${plan.planId}`} className={cx(ROW_LINK, "text-lead")}>
            {planTitle(plan)}
          </Link>
          <p className="mt-0.5 text-dense text-ink-3">
            {plan.kind} on {plan.chains.map((chain) => chain.name).join(", ")},{" "}
            {plan.origin.kind === "strategy" ? "by the strategy" : "by a signed command"}{" "}
            <WallAge atMs={plan.createdAtMs} periodMs={AGE_PERIOD_MS} suffix="ago" />
          </p>
        </div>
        <div className="min-w-0">
          <GateBar
            size="full"
            price={price}
            lower={now?.lower ?? next?.lower ?? null}
            upper={now?.upper ?? next?.upper ?? null}
            hasPosition={now !== undefined}
            targetLower={next?.lower}
            targetUpper={next?.upper}
          />
          <p className="mt-0.5 text-dense text-ink-3">
            {now === undefined ? "no position" : formatRange(now.lower, now.upper, price)}{" "}
            <span className="text-prop">
              → {next === undefined ? "wallet" : formatRange(next.lower, next.upper, price)}
            </span>
          </p>
        </div>
        <div className="min-w-0">
          <p>
            cost <b className="font-title">{formatUsd(forecast.costUsd)}</b>, back in{" "}
            <b className="font-title">{paybackWords(forecast.paybackDays)}</b>
          </p>
          <p className="text-dense text-ink-2">
            7 d <b className={netTone(forecast.net7dUsd)}>{formatSignedUsd(forecast.net7dUsd)}</b> by the model
          </p>
          <p className="flex flex-wrap gap-x-3">
            <ChecksWord plan={plan} />
            <span className="text-dense text-ink-2">{countWords(plan)} approvals</span>
          </p>
        </div>
        <div className="flex items-center justify-between gap-4 mid:justify-end">
          {plan.expiresAtMs !== null && (
            <span className="text-right text-dense text-ink-2">
              <Countdown expiresAtMs={plan.expiresAtMs} className="block text-lead font-title text-ink" />
              then HOLD
            </span>
          )}
          <span aria-hidden="true" className={buttonClass("default")}>
            Review
          </span>
        </div>
      </div>
      {plan.expiresAtMs !== null && (
        <TimeBar createdAtMs={plan.createdAtMs} expiresAtMs={plan.expiresAtMs} className="h-0.5" />
      )}
    </li>
  );
}

function EndedTable({ plans }: { readonly plans: readonly PlanDto[] }): ReactNode {
  const nowMs = useWallNow();
  return (
    <Table caption="Ended plans, newest first">
      <thead>
        <tr>
          <Th>Plan</Th>
          <Th>Outcome</Th>
          <Th from="mid">Why</Th>
          <Th right from="desk">
            Moved
          </Th>
          <Th right from="desk">
            Gas
          </Th>
          <Th right>Ended</Th>
        </tr>
      </thead>
      <tbody>
        {plans.map((plan) => (
          <Tr key={plan.planId}>
            <Td>
              <Link href={`/approvals/${plan.planId}`} className={ROW_LINK}>
                {planTitle(plan)}
              </Link>
              <Sub>
                {plan.mode}, {plan.steps.length} steps
              </Sub>
            </Td>
            <Td>
              <Status tone={PLAN_STATUS[plan.status].tone}>{PLAN_STATUS[plan.status].word}</Status>
            </Td>
            <Td from="mid" className="max-w-80 text-ink-2">
              <span className="line-clamp-2" title={plan.statusReason}>
                {plan.statusReason}
              </span>
            </Td>
            <Td right from="desk">
              {formatUsd(plan.notionalUsd)}
            </Td>
            <Td right from="desk">
              {plan.gasUsd === null ? (
                <span title="No transaction was sent">{formatUsd(null)}</span>
              ) : (
                formatUsd(plan.gasUsd)
              )}
            </Td>
            <Td right title={formatIso(plan.endedAtMs)}>
              {plan.endedAtMs === null ? formatUsd(null) : formatInstant(plan.endedAtMs, nowMs)}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
