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
import { howTried, stepWords } from "./rehearsal-words";

type Rehearsal = NonNullable<PlanDto["rehearsal"]>;

export function PlanSimulation({ plan }: { readonly plan: PlanDto }): ReactNode {
  return plan.rehearsal === null ? <NotRehearsed plan={plan} /> : <Rehearsed plan={plan} rehearsal={plan.rehearsal} />;
}

function Rehearsed({ plan, rehearsal }: { readonly plan: PlanDto; readonly rehearsal: Rehearsal }): ReactNode {
  const nowMs = useWallNow();
  return (
    <PlanSection
      index={6}
      title="Rehearsal"
      meta={<RehearsalStatus rehearsal={rehearsal} />}
      className="order-3 desk:order-none"
    >
      <p className="mb-1 text-dense text-ink-2">
        {formatInstant(rehearsal.atMs, nowMs)}, {howTried(plan, rehearsal)}.
        {rehearsal.method !== "none" && " It cost nothing and signed nothing."}
        {rehearsal.detail !== "" && <span className="block break-words text-ink">{rehearsal.detail}</span>}
      </p>
      <CheckList
        label="Steps as rehearsed"
        items={[...rehearsal.steps.map((step) => triedItem(plan, step)), ...untriedItems(plan, rehearsal)]}
      />
      <p className="mt-2 text-dense text-ink-3">
        At signing each step is run again on live state, with minimums from the price of that block, and its balance
        changes are held to the ones rehearsed here: a step that would do something else is not signed.
      </p>
    </PlanSection>
  );
}

function RehearsalStatus({ rehearsal }: { readonly rehearsal: Rehearsal }): ReactNode {
  if (rehearsal.method === "none") return <Status tone="warn">Could not be tried</Status>;
  const failed = rehearsal.steps.find((step) => !step.isOk);
  if (failed !== undefined) return <Status tone="crit">{`Step ${failed.index + 1} failed`}</Status>;
  return <Status tone="ok">{(rehearsal.untried ?? []).length > 0 ? "Went through in part" : "Went through"}</Status>;
}

function triedItem(plan: PlanDto, step: Rehearsal["steps"][number]): CheckItem {
  const detail = stepWords(plan, step);
  return {
    id: String(step.index),
    label: `${step.index + 1}. ${plan.steps[step.index]?.title ?? "step"}`,
    detail: detail === "" ? undefined : detail,
    value: step.gasUsed === "0" ? "not played" : `${groupDigits(step.gasUsed)} gas`,
    limit: null,
    state: step.isOk ? "holds" : "fails",
  };
}

function untriedItems(plan: PlanDto, { untried = [] }: Rehearsal): readonly CheckItem[] {
  return untried.map(({ index, reason }) => ({
    id: `untried-${index}`,
    label: `${index + 1}. ${plan.steps[index]?.title ?? "step"}`,
    detail: reason,
    value: "not tried",
    limit: null,
    state: "later",
  }));
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
