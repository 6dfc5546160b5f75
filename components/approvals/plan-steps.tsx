// The card's seventh part: every step decoded, with its contract and call, the raw step folded, the plan hash, and what became of it on chain.
"use client";
import type { ReactNode } from "react";
import { Copyable } from "@/components/ui/copyable";
import { cx } from "@/components/ui/cx";
import type { PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatInstant } from "@/lib/format/time";
import { useWallNow } from "@/components/live/ticker";
import { OpFacts, OpWord } from "./op-state";
import { PlanSection } from "./plan-section";
import { OP_STATE, type PlanStep } from "./plan-words";

export function PlanSteps({ plan }: { readonly plan: PlanDto }): ReactNode {
  const nowMs = useWallNow();
  const started = plan.steps.some((step) => step.op !== null);
  const chains = plan.chains.length;
  return (
    <PlanSection
      index={7}
      title="Steps"
      meta={`${plan.steps.length} ${plan.steps.length === 1 ? "step" : "steps"}, ${chains} ${chains === 1 ? "chain" : "chains"}`}
      foldOnPhone={!started}
      className="order-6 desk:order-none"
    >
      <ol className="-my-2">
        {plan.steps.map((step) => (
          <Step key={step.index} step={step} started={started} />
        ))}
      </ol>
      <div className="mt-3 flex flex-wrap items-baseline gap-x-3 gap-y-1 border-t pt-3 text-dense text-ink-3">
        <span>plan hash</span>
        <span className="hidden font-hash break-all text-ink-2 wide:inline">{plan.planHash}</span>
        <Copyable value={plan.planHash} shown={shortHex(plan.planHash)} what="plan hash" />
        {plan.endedAtMs !== null && <span className="ml-auto">ended {formatInstant(plan.endedAtMs, nowMs)}</span>}
      </div>
    </PlanSection>
  );
}

function Step({ step, started }: { readonly step: PlanStep; readonly started: boolean }): ReactNode {
  const allowance = allowanceWords(step);
  const failed = step.op !== null && ["warn", "crit"].includes(OP_STATE[step.op.state].tone);
  return (
    <li className="grid grid-cols-[16px_minmax(0,1fr)] gap-x-2 border-b py-2.5 last:border-b-0">
      <span aria-hidden="true" className="text-dense text-ink-3">
        {step.index + 1}
      </span>
      <div className="min-w-0">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <p className="min-w-0">
            <b className="font-title">{step.title}</b>
          </p>
          {started && <OpWord op={step.op} />}
        </div>
        <p className={cx("break-words text-ink-2", failed && "text-ink-2")}>{step.detail}</p>
        <p className="flex flex-wrap items-center gap-x-2 text-dense text-ink-3">
          <span>
            {step.contractLabel} <span className="text-ink-2">{step.call}</span>
          </span>
          <Copyable value={step.contract} shown={shortHex(step.contract)} what={`address of ${step.contractLabel}`} />
        </p>
        {allowance !== null && <p className="text-dense text-ink-3">{allowance}</p>}
        {step.op !== null && <OpFacts op={step.op} />}
        <details className="mt-0.5 text-dense">
          <summary className="inline-flex min-h-6 items-center text-ink-3 hover:text-ink">raw step</summary>
          <pre
            tabIndex={0}
            role="group"
            aria-label={`Raw step ${step.index + 1}`}
            className="mt-1 max-h-72 overflow-auto border bg-sunken p-2.5 font-hash text-micro text-ink-2"
          >
            {JSON.stringify(step.step, null, 2)}
          </pre>
        </details>
      </div>
    </li>
  );
}

function allowanceWords(step: PlanStep): string | null {
  switch (step.step.kind) {
    case "approve":
      return "Allowance: exact, never unlimited; taken back to 0 by a later step.";
    case "revoke":
      return "Allowance after this step: 0.";
    case "burn":
      return "Allowance: none needed.";
    case "swap":
    case "mint":
      return null;
  }
}
