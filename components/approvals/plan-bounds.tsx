// The card's fifth part: each bound with what is true now against its limit. Leaving any of them voids the plan.
"use client";
import type { ReactNode } from "react";
import { Status } from "@/components/ui/status";
import type { PlanDto } from "@/lib/api/schemas";
import { formatGwei } from "@/lib/format/gwei";
import { formatInteger } from "@/lib/format/number";
import { CheckList, type CheckItem } from "./check-list";
import { PlanSection } from "./plan-section";
import { countChecks, isOpen } from "./plan-words";

export function ChecksWord({ plan }: { readonly plan: PlanDto }): ReactNode {
  const { all, hold, failed, unknown } = countChecks(plan);
  if (failed > 0) return <Status tone="warn">{`${failed} of ${all} fails`}</Status>;
  if (unknown > 0) return <Status tone="unknown">{`${hold} of ${all} hold, ${unknown} unknown`}</Status>;
  if (all === 0) return <Status tone="unknown">none known</Status>;
  return <Status tone="ok">{`${hold} of ${all} hold`}</Status>;
}

export function PlanBounds({ plan }: { readonly plan: PlanDto }): ReactNode {
  const open = isOpen(plan);
  const voided = plan.status === "voided";
  return (
    <PlanSection
      index={5}
      title="Bounds"
      meta={open ? <ChecksWord plan={plan} /> : "as set; the plan is over"}
      className="order-5 desk:order-none"
    >
      {voided && (
        <p className="mb-1 flex items-baseline gap-2 border-l-2 border-warn bg-warn-soft px-3 py-2 text-ink-2">
          <Status tone="warn">Left</Status> {plan.statusReason}
        </p>
      )}
      <CheckList
        label="Bounds"
        items={[
          ...plan.boundChecks.map((check): CheckItem => ({
            id: check.id,
            label: check.label,
            value: open ? check.value : check.limit,
            limit: open ? check.limit : null,
            state: open ? (check.ok === null ? "unknown" : check.ok ? "holds" : "fails") : "later",
          })),
          ...setBounds(plan),
        ]}
      />
      <p className="mt-2 text-dense text-ink-3">
        {open
          ? "Marks say what is true now. A dot is set in the plan and checked by the signer right before each signature."
          : "Values are no longer compared. What happened stands in the steps."}
      </p>
    </PlanSection>
  );
}

/** Bounds the desk has no live value for: shown as set, never as passed. */
function setBounds(plan: PlanDto): readonly CheckItem[] {
  const { bounds } = plan;
  return [
    ...bounds.poolTicks.map(({ pool, tick, maxTickMove }): CheckItem => ({
      id: `tick:${pool}`,
      label: bounds.poolTicks.length > 1 ? `Tick window, pool ${pool.slice(0, 8)}…` : "Tick window of the pool",
      value: formatInteger(tick),
      limit: `±${formatInteger(maxTickMove)}`,
      state: "later",
    })),
    ...bounds.maxFeePerGasWei.map(({ chainId, wei }): CheckItem => ({
      id: `gas:${chainId}`,
      label: plan.chains.length > 1 ? `Gas price, chain ${chainId}` : "Gas price",
      value: `at most ${formatGwei(wei)}`,
      limit: null,
      state: "later",
    })),
  ];
}
