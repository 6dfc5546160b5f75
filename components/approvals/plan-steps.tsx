// The card's seventh part: every step decoded, with its contract and call, the raw step folded, the plan hash, and what became of it on chain.
"use client";
import type { ReactNode } from "react";
import { Copyable } from "@/components/ui/copyable";
import type { PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatInstant } from "@/lib/format/time";
import { useWallNow } from "@/components/live/ticker";
import { OpFacts, OpWord } from "./op-state";
import { PlanSection } from "./plan-section";
import { hasStarted, type PlanStep } from "./plan-words";

export function PlanSteps({ plan }: { readonly plan: PlanDto }): ReactNode {
  const nowMs = useWallNow();
  const started = plan.steps.some(hasStarted);
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
  // Allowances serve the step beside them: one quiet line each.
  const isHelper = step.step.kind === "approve" || step.step.kind === "revoke";
  return (
    <li className="grid grid-cols-[16px_minmax(0,1fr)] gap-x-2 border-b py-2 last:border-b-0">
      <span aria-hidden="true" className="text-dense text-ink-3">
        {step.index + 1}
      </span>
      <div className="min-w-0">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <p className="min-w-0 flex-1">
            <b className={isHelper ? "font-text text-ink-2" : "font-title"}>{step.title}</b>
            {isHelper && <span className="text-dense text-ink-3">, {step.detail}</span>}
          </p>
          {started && <OpWord op={step.op} />}
        </div>
        {!isHelper && <p className="wrap-anywhere text-ink-2">{step.detail}</p>}
        {hasStarted(step) && <OpFacts op={step.op} />}
        <details className="text-dense">
          <summary className="min-h-6 w-fit py-1 text-ink-3 hover:text-ink">
            {step.contractLabel} <span className="text-ink-2">{step.call}</span>, raw step
          </summary>
          <p className="flex flex-wrap items-center gap-x-3 text-ink-3">
            contract{" "}
            <Copyable value={step.contract} shown={shortHex(step.contract)} what={`address of ${step.contractLabel}`} />
            {allowanceWords(step)}
          </p>
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
    case "decrease":
      return "Allowance: none needed.";
    case "bridge":
    case "swap":
    case "mint":
      return null;
  }
}
