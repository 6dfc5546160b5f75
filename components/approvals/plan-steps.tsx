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
        {groupSteps(plan.steps).map((group) => {
          const [first] = group;
          if (first === undefined) return null;
          return group.length === 1 ? (
            <Step key={first.index} step={first} started={started} />
          ) : (
            <Allowances key={first.index} steps={group} started={started} />
          );
        })}
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

function isHelper(step: PlanStep): boolean {
  return step.step.kind === "approve" || step.step.kind === "revoke";
}

/** Allowances in a row stand as one; every other step stands alone. */
function groupSteps(steps: readonly PlanStep[]): readonly (readonly PlanStep[])[] {
  const groups: PlanStep[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (isHelper(step) && last?.[0] !== undefined && isHelper(last[0])) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

const QUIET_STATES: ReadonlySet<string> = new Set(["PLANNED", "VERIFIED", "SETTLED", "SKIPPED"]);

/** They serve the steps beside them: one line, opened by itself when one of them needs a look. */
function Allowances({ steps, started }: { readonly steps: readonly PlanStep[]; readonly started: boolean }): ReactNode {
  const needsLook = steps.some(({ op }) => op !== null && !QUIET_STATES.has(op.state));
  const [first, last] = [steps[0]?.index ?? 0, steps.at(-1)?.index ?? 0];
  const given = steps.filter(({ step }) => step.kind === "approve").length;
  const taken = steps.length - given;
  const words = [
    ...(given === 0 ? [] : [`${given} exact ${given === 1 ? "allowance" : "allowances"}`]),
    ...(taken === 0 ? [] : [`${taken} taken back to 0`]),
  ];
  return (
    <li className="border-b py-1 last:border-b-0">
      <details open={needsLook}>
        <summary className="min-h-6 py-1 text-dense text-ink-2 hover:text-ink">
          <span className="text-ink-3">
            {first + 1}–{last + 1}
          </span>{" "}
          {words.join(", ")}
        </summary>
        <ol>
          {steps.map((step) => (
            <Step key={step.index} step={step} started={started} />
          ))}
        </ol>
      </details>
    </li>
  );
}

function Step({ step, started }: { readonly step: PlanStep; readonly started: boolean }): ReactNode {
  // Allowances serve the step beside them: one quiet line each.
  const isQuiet = isHelper(step);
  return (
    <li className="grid grid-cols-[16px_minmax(0,1fr)] gap-x-2 border-b py-2 last:border-b-0">
      <span aria-hidden="true" className="text-dense text-ink-3">
        {step.index + 1}
      </span>
      <div className="min-w-0">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <p className="min-w-0 flex-1">
            <b className={isQuiet ? "font-text text-ink-2" : "font-title"}>{step.title}</b>
            {isQuiet && <span className="text-dense text-ink-3">, {step.detail}</span>}
          </p>
          {started && <OpWord op={step.op} />}
        </div>
        {!isQuiet && <p className="wrap-anywhere text-ink-2">{step.detail}</p>}
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
