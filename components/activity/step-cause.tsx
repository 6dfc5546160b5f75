// Why a step failed: the contract's own words and what they mean, and the state of that block beside the plan's bounds.
"use client";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Skeleton } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import type { PlanStep } from "@/components/approvals/plan-words";
import { groupDigits } from "@/lib/format/number";

const FAILED: ReadonlySet<string> = new Set(["REVERTED", "VERIFY_FAILED", "FOREIGN"]);

/** A transaction that did something else than planned. */
export function hasFailed(step: Pick<PlanStep, "op">): boolean {
  return step.op !== null && FAILED.has(step.op.state);
}

export function StepCause({ planId, index }: { readonly planId: string; readonly index: number }): ReactNode {
  const cause = useApi("opCause", { params: { planId, index } }, { refetchMs: Number.POSITIVE_INFINITY });
  return (
    <div className="mt-2 border-l-2 border-warn pl-3 text-dense" data-testid="cause">
      <QueryView query={cause} what="the cause" skeleton={<Skeleton className="h-4 w-64" />}>
        {({ reason, meaning, triedAtBlock, checks }) => (
          <>
            <p>
              <b className="font-strong wrap-anywhere">{reason}</b>
              {meaning !== null && <span className="text-ink-2">: {meaning}.</span>}
            </p>
            <p className="text-ink-3">
              {triedAtBlock === null
                ? "From the receipt; the same bytes do not fail on the states before and after that block."
                : `Decoded by trying the same bytes on the state of block ${groupDigits(triedAtBlock)}.`}
            </p>
            {checks.length > 0 && (
              <ul aria-label="That block against the plan's bounds" className="mt-1 grid gap-0.5">
                {checks.map((check) => (
                  <li key={check.label} className="flex flex-wrap items-baseline gap-x-3">
                    <Status tone={check.ok === null ? "unknown" : check.ok ? "ok" : "warn"}>
                      {check.ok === null ? "not known" : check.ok ? "within" : "outside"}
                    </Status>
                    <span>{check.label}</span>
                    <span className="text-ink-2">
                      {check.value} <span className="text-ink-3">({check.limit})</span>
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </QueryView>
    </div>
  );
}
