// Plans of all pairs with their operations, newest first; pair, outcome and page live in the address.
"use client";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import Link from "next/link";
import type { ReactNode } from "react";
import { hasStarted, OP_STATE, PLAN_STATUS, planTitle } from "@/components/approvals/plan-words";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Copyable } from "@/components/ui/copyable";
import { SelectField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status, StatusShape } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatInteger } from "@/lib/format/number";
import { formatInstant, formatIso } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";
import { PLAN_STATUSES } from "@/lib/plan/status-names";
import { SHAPE_COLOUR } from "./plan-timeline";

const PAGE = 20;

export function ActivityView(): ReactNode {
  const [filter, setFilter] = useQueryStates({
    pair: parseAsString,
    status: parseAsStringLiteral(PLAN_STATUSES),
    cursor: parseAsString,
  });
  const pairs = useApi("pairs").data?.pairs ?? [];
  // An address somebody typed may name a pair that is not there: it is asked for as it stands, the API says so.
  const plans = useApi("plans", {
    query: {
      ...(filter.pair === null ? {} : { pair: filter.pair }),
      ...(filter.status === null ? {} : { status: filter.status }),
      ...(filter.cursor === null ? {} : { cursor: filter.cursor }),
      limit: PAGE,
    },
  });
  const isFiltered = filter.pair !== null || filter.status !== null;
  return (
    <div className="grid gap-3 desk:gap-4">
      <form
        aria-label="Filter"
        className="flex flex-wrap items-end gap-3 px-3.5 desk:px-0"
        onSubmit={(event) => event.preventDefault()}
      >
        <SelectField
          label="Pair"
          className="min-w-36 flex-1 desk:flex-none"
          value={filter.pair ?? ""}
          onChange={(event) =>
            void setFilter({ pair: event.target.value === "" ? null : event.target.value, cursor: null })
          }
        >
          <option value="">All pairs</option>
          {filter.pair !== null && !pairs.some((pair) => pair.id === filter.pair) && (
            <option value={filter.pair}>{filter.pair}</option>
          )}
          {pairs.map((pair) => (
            <option key={pair.id} value={pair.id}>
              {pair.id}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Outcome"
          className="min-w-36 flex-1 desk:flex-none"
          value={filter.status ?? ""}
          onChange={(event) =>
            void setFilter({
              status: PLAN_STATUSES.find((status) => status === event.target.value) ?? null,
              cursor: null,
            })
          }
        >
          <option value="">All outcomes</option>
          {PLAN_STATUSES.map((status) => (
            <option key={status} value={status}>
              {PLAN_STATUS[status].word}
            </option>
          ))}
        </SelectField>
        {(isFiltered || filter.cursor !== null) && (
          <Button className="desk:h-9" onClick={() => void setFilter({ pair: null, status: null, cursor: null })}>
            Show all
          </Button>
        )}
      </form>
      <Panel title="Plans and their transactions" flush>
        <QueryView query={plans} what="activity" skeleton={<SkeletonRows rows={6} height={92} label="activity" />}>
          {(data) =>
            data.plans.length === 0 ? (
              <Empty title={isFiltered ? "No plan matches this filter." : "Nothing has been done yet."}>
                {isFiltered
                  ? "Choose another pair or outcome, or show all."
                  : "Each plan appears here as soon as a pair decides to act, with every transaction it sends."}
              </Empty>
            ) : (
              <>
                <ul>
                  {data.plans.map((plan) => (
                    <PlanGroup key={plan.planId} plan={plan} />
                  ))}
                </ul>
                <div className="flex items-center justify-between gap-3 border-t px-3.5 py-2.5 desk:px-4">
                  <span className="text-dense text-ink-3">
                    {data.plans.length} {data.plans.length === 1 ? "plan" : "plans"}
                    {filter.cursor !== null && ", older page"}
                  </span>
                  <span className="flex gap-2">
                    {filter.cursor !== null && (
                      <Button size="small" onClick={() => void setFilter({ cursor: null }, { history: "push" })}>
                        Newest
                      </Button>
                    )}
                    <Button
                      size="small"
                      disabled={data.nextCursor === null}
                      onClick={() => void setFilter({ cursor: data.nextCursor }, { history: "push" })}
                    >
                      Older
                    </Button>
                  </span>
                </div>
              </>
            )
          }
        </QueryView>
      </Panel>
    </div>
  );
}

function PlanGroup({ plan }: { readonly plan: PlanDto }): ReactNode {
  const nowMs = useWallNow();
  const { word, tone } = PLAN_STATUS[plan.status];
  const started = plan.steps.filter(hasStarted);
  const rest = plan.steps.length - started.length;
  return (
    <li className="border-b px-3.5 py-3 last:border-b-0 desk:grid desk:grid-cols-[minmax(0,300px)_minmax(0,1fr)] desk:gap-6 desk:px-4">
      <div className="min-w-0">
        <Link href={`/activity/${plan.planId}`} className="inline-block min-h-6 font-title text-ink hover:underline">
          {planTitle(plan)}
        </Link>
        <div className="flex flex-wrap items-center gap-x-3">
          <Status tone={tone}>{word}</Status>
          <span title={formatIso(plan.createdAtMs)} className="text-dense text-ink-3">
            {formatInstant(plan.createdAtMs, nowMs)}
          </span>
        </div>
        <p className="mt-0.5 text-dense text-ink-2">
          {plan.kind}, <span className="uppercase">{plan.mode}</span>, {formatUsd(plan.notionalUsd)} moved
          {plan.gasUsd !== null && `, gas ${formatUsd(plan.gasUsd)}`}
        </p>
        {plan.statusReason !== "" && (
          <p className="mt-0.5 line-clamp-2 text-dense text-ink-3" title={plan.statusReason}>
            {plan.statusReason}
          </p>
        )}
        {plan.status === "waiting_approval" && <TextLink href={`/approvals/${plan.planId}`}>Review it</TextLink>}
      </div>
      <div className="mt-2 min-w-0 desk:mt-0">
        {started.length === 0 ? (
          <p className="text-dense text-ink-3">
            {plan.steps.length} steps, none started{plan.endedAtMs === null ? "" : ": nothing was sent"}
          </p>
        ) : (
          <ol className="text-dense">
            {started.map((step) => (
              <li
                key={step.index}
                className="grid grid-cols-[14px_minmax(0,1fr)_auto] items-center gap-x-2 py-0.5 desk:grid-cols-[14px_minmax(0,1fr)_96px_120px_84px]"
              >
                <span className={SHAPE_COLOUR[OP_STATE[step.op.state].tone]}>
                  <StatusShape tone={OP_STATE[step.op.state].tone} size={10} />
                </span>
                <span className="min-w-0 truncate" title={step.op.error ?? step.detail}>
                  {step.title}
                </span>
                <span className="text-ink-2">{OP_STATE[step.op.state].word}</span>
                <span className="hidden desk:block">
                  {step.op.txHash !== null && (
                    <Copyable value={step.op.txHash} shown={shortHex(step.op.txHash)} what="transaction hash" />
                  )}
                </span>
                <span className="hidden text-right text-ink-3 desk:block" title="Block">
                  {step.op.blockNumber === null ? "" : formatInteger(Number(step.op.blockNumber))}
                </span>
              </li>
            ))}
            {rest > 0 && (
              <li className="py-0.5 pl-[22px] text-ink-3">
                {rest} more {rest === 1 ? "step" : "steps"},{" "}
                {plan.endedAtMs === null ? "not started yet" : "never started"}
              </li>
            )}
          </ol>
        )}
      </div>
    </li>
  );
}
