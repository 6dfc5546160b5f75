// The card's sixth part, honest about what was not rehearsed: this version simulates each call right before it is signed, not the whole plan now.
"use client";
import type { ReactNode } from "react";
import { Status } from "@/components/ui/status";
import type { PlanDto } from "@/lib/api/schemas";
import { CheckList } from "./check-list";
import { PlanSection } from "./plan-section";
import { hasSent, isOpen } from "./plan-words";

export function PlanSimulation({ plan }: { readonly plan: PlanDto }): ReactNode {
  const sent = hasSent(plan);
  return (
    <PlanSection
      index={6}
      title="Simulation"
      meta={<Status tone="unknown">{isOpen(plan) ? "Not rehearsed yet" : sent ? "Ran per step" : "Never ran"}</Status>}
      className="order-3 desk:order-none"
    >
      <p className="mb-1 text-dense text-ink-2">
        The plan as a whole has not been run on a copy of the chain; this version has no rehearsal. What stands between
        your approval and a loss is checked per step, at signing:
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
