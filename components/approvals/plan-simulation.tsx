// The card's sixth part: the whole plan tried on a copy of the chain, step by step, and what could not be tried; or that it was not.
"use client";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { Status } from "@/components/ui/status";
import type { PlanDto } from "@/lib/api/schemas";
import { groupDigits } from "@/lib/format/number";
import { formatInstant } from "@/lib/format/time";
import { CheckList, type CheckItem } from "./check-list";
import { PlanSection } from "./plan-section";
import { hasSent, isOpen } from "./plan-words";

type Rehearsal = NonNullable<PlanDto["rehearsal"]>;

const METHOD: Readonly<Record<Rehearsal["method"], string>> = {
  eth_simulateV1: "simulated by the node in one go, state carried from step to step",
  fork: "run on a local copy of the chain",
};

export function PlanSimulation({ plan }: { readonly plan: PlanDto }): ReactNode {
  return plan.rehearsal === null ? <NotRehearsed plan={plan} /> : <Rehearsed plan={plan} rehearsal={plan.rehearsal} />;
}

function Rehearsed({ plan, rehearsal }: { readonly plan: PlanDto; readonly rehearsal: Rehearsal }): ReactNode {
  const nowMs = useWallNow();
  const failed = rehearsal.steps.find((step) => !step.isOk);
  return (
    <PlanSection
      index={6}
      title="Rehearsal"
      meta={
        <Status tone={rehearsal.isOk ? "ok" : "crit"}>
          {rehearsal.isOk ? "Went through" : `Step ${(failed?.index ?? 0) + 1} failed`}
        </Status>
      }
      className="order-3 desk:order-none"
    >
      <p className="mb-1 text-dense text-ink-2">
        {formatInstant(rehearsal.atMs, nowMs)}, {METHOD[rehearsal.method]}, from block{" "}
        {rehearsal.blocks.map(({ number }) => groupDigits(number)).join(" and ")}. It cost nothing and signed nothing.
        {rehearsal.detail !== "" && <span className="block text-ink">{rehearsal.detail}</span>}
      </p>
      <CheckList
        label="Steps as rehearsed"
        items={rehearsal.steps.map((step): CheckItem => ({
          id: String(step.index),
          label: `${step.index + 1}. ${plan.steps[step.index]?.title ?? "step"}`,
          detail: step.detail === "" ? undefined : step.detail,
          value: step.gasUsed === "0" ? "not tried" : `${groupDigits(step.gasUsed)} gas`,
          limit: null,
          state: step.isOk ? (step.gasUsed === "0" ? "later" : "holds") : "fails",
        }))}
      />
      <p className="mt-2 text-dense text-ink-3">
        At signing each step is run again on live state, with minimums from the price of that block.
      </p>
    </PlanSection>
  );
}

function NotRehearsed({ plan }: { readonly plan: PlanDto }): ReactNode {
  const sent = hasSent(plan);
  return (
    <PlanSection
      index={6}
      title="Rehearsal"
      meta={<Status tone="unknown">{isOpen(plan) ? "Not rehearsed yet" : sent ? "Ran per step" : "Never ran"}</Status>}
      className="order-3 desk:order-none"
    >
      <p className="mb-1 text-dense text-ink-2">
        There is no rehearsal of the whole plan. What stands between your approval and a loss is checked per step, at
        signing:
      </p>
      <CheckList
        label="Checked at signing, per step"
        items={[
          { id: "call", label: "Call run on live state", value: "at a named block", limit: null, state: "later" },
          { id: "min", label: "Minimums and deadline", value: "from live prices", limit: null, state: "later" },
          { id: "decode", label: "Bytes decoded", value: "must equal the step", limit: null, state: "later" },
          { id: "delta", label: "Wallet change", value: "verified after inclusion", limit: null, state: "later" },
        ]}
      />
      <p className="mt-2 text-dense text-ink-3">
        A step that fails its check is not signed. Steps before it stay done, the rest is left out, and the next epoch
        decides from what is there.
      </p>
    </PlanSection>
  );
}
