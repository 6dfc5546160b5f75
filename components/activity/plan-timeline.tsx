// One plan as a timeline: proposed, signed, each step with its transactions, and how it ended.
"use client";
import type { ReactNode } from "react";
import { OpFacts } from "@/components/approvals/op-state";
import { hasStarted, isOpen, OP_STATE, PLAN_STATUS, type PlanStep } from "@/components/approvals/plan-words";
import { useWallNow } from "@/components/live/ticker";
import { cx } from "@/components/ui/cx";
import { Status, StatusShape, type StatusTone } from "@/components/ui/status";
import type { PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatInstant, formatIso } from "@/lib/format/time";
import { hasFailed, StepCause } from "./step-cause";

export const SHAPE_COLOUR: Readonly<Record<StatusTone, string>> = {
  ok: "text-tide",
  warn: "text-warn",
  crit: "text-crit",
  unknown: "text-ink-3",
  paused: "text-ink-3",
  prop: "text-prop",
};

export function PlanTimeline({ plan }: { readonly plan: PlanDto }): ReactNode {
  const end = PLAN_STATUS[plan.status];
  return (
    <ol aria-label="Timeline">
      <Entry
        tone="prop"
        atMs={plan.createdAtMs}
        title={plan.origin.kind === "strategy" ? "Proposed by the strategy" : "Proposed by a signed command"}
      >
        <p className="text-dense text-ink-2">
          {plan.reason.replaceAll("_", " ")}, {plan.steps.length} steps, settings version {plan.configVersion}
        </p>
      </Entry>
      {plan.approvals.map((approval) => (
        <Entry
          key={approval.commandId}
          tone="ok"
          atMs={approval.atMs}
          title={`Approved by ${shortHex(approval.address)}`}
        >
          <p className="text-dense text-ink-2">
            role {approval.role}
            {approval.note !== "" && `, “${approval.note}”`}
          </p>
        </Entry>
      ))}
      {plan.rejectedBy !== null && (
        <Entry tone="paused" atMs={plan.rejectedBy.atMs} title={`Rejected by ${shortHex(plan.rejectedBy.address)}`}>
          <p className="text-dense text-ink-2">&ldquo;{plan.rejectedBy.reason}&rdquo;</p>
        </Entry>
      )}
      {plan.steps.map((step) => (
        <StepEntry key={step.index} planId={plan.planId} step={step} isOver={!isOpen(plan)} />
      ))}
      {isOpen(plan) ? (
        <Entry tone={end.tone} atMs={null} title={end.word} isLast>
          <p className="text-dense wrap-anywhere text-ink-2">{plan.statusReason}</p>
        </Entry>
      ) : (
        <Entry tone={end.tone} atMs={plan.endedAtMs} title={end.word} isLast>
          <p className="text-dense wrap-anywhere text-ink-2">{plan.statusReason}</p>
        </Entry>
      )}
    </ol>
  );
}

function StepEntry({
  planId,
  step,
  isOver,
}: {
  readonly planId: string;
  readonly step: PlanStep;
  readonly isOver: boolean;
}): ReactNode {
  const { op } = step;
  const state = op === null ? null : OP_STATE[op.state];
  return (
    <Entry
      tone={state?.tone ?? "unknown"}
      atMs={null}
      title={`${step.index + 1}. ${step.title}`}
      right={
        state === null || op?.state === "PLANNED" ? (
          <span className="text-dense text-ink-3">{isOver ? "never started" : "not started"}</span>
        ) : (
          <Status tone={state.tone} title={op?.state}>
            {state.word}
          </Status>
        )
      }
    >
      <p className="text-dense wrap-anywhere text-ink-3">
        {step.contractLabel} {step.call}
      </p>
      {hasStarted(step) && <OpFacts op={step.op} />}
      {hasFailed(step) && <StepCause planId={planId} index={step.index} />}
    </Entry>
  );
}

function Entry({
  tone,
  atMs,
  title,
  right,
  isLast = false,
  children,
}: {
  readonly tone: StatusTone;
  readonly atMs: number | null;
  readonly title: string;
  readonly right?: ReactNode;
  readonly isLast?: boolean;
  readonly children?: ReactNode;
}): ReactNode {
  const nowMs = useWallNow();
  return (
    <li className="relative grid grid-cols-[16px_minmax(0,1fr)] gap-x-3 pb-3.5 last:pb-0">
      {!isLast && <span aria-hidden="true" className="absolute top-4 bottom-0 left-[5.5px] w-px bg-line-2" />}
      <span className={cx("relative pt-[3px]", SHAPE_COLOUR[tone])}>
        <StatusShape tone={tone} />
      </span>
      <div className="min-w-0">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <b className="min-w-0 font-strong">{title}</b>
          {right}
          {atMs !== null && (
            <span title={formatIso(atMs)} className="text-dense whitespace-nowrap text-ink-3">
              {formatInstant(atMs, nowMs)}
            </span>
          )}
        </div>
        {children}
      </div>
    </li>
  );
}
