// One person's decision on one plan: the note, the two signed commands, and in words why Approve may be off.
"use client";
import { useState } from "react";
import { useCommand, type UseCommand } from "@/components/wallet/use-command";
import { useSession } from "@/components/wallet/use-session";
import { LOWEST_ROLES, roleAtLeast } from "@/lib/api/roles";
import type { PlanDto } from "@/lib/api/schemas";
import { useTimeLeft } from "./countdown";

export interface PlanDecision {
  readonly note: string;
  setNote(note: string): void;
  readonly approve: UseCommand;
  readonly reject: UseCommand;
  /** Why approving is not possible now, one sentence; null when it is. */
  readonly blocked: string | null;
  /** Why rejecting is not possible now; bounds do not matter for a rejection. */
  readonly rejectBlocked: string | null;
  runApprove(): void;
  runReject(reason: string): void;
}

export function usePlanDecision(plan: PlanDto): PlanDecision {
  const [note, setNote] = useState("");
  const approve = useCommand();
  const reject = useCommand();
  const { data: session } = useSession();
  const leftMs = useTimeLeft(plan.expiresAtMs);

  const me = session?.signedIn === true ? session.address : null;
  const role = session?.role ?? null;
  const mine = plan.approvals.find((approval) => approval.address.toLowerCase() === me?.toLowerCase());
  const wrongRole =
    me !== null && (role === null || !roleAtLeast(role, LOWEST_ROLES["plan.approve"]))
      ? `Needs the role approver; you are ${role ?? "not on the list"}.`
      : null;
  const isOver = leftMs !== null && leftMs <= 0 ? "Time is up; the plan expires to HOLD." : null;
  const failing = plan.boundChecks.find((check) => check.ok === false);
  const unknown = plan.boundChecks.find((check) => check.ok === null);
  const rejectBlocked = isOver ?? wrongRole;
  const blocked =
    rejectBlocked ??
    (mine === undefined ? null : "You have approved; others are still needed.") ??
    (failing === undefined
      ? null
      : `${failing.label} is out of its bound: ${failing.value}, limit ${failing.limit}. It cannot be signed while this is so.`) ??
    (unknown === undefined ? null : `Waits for a value: ${unknown.label.toLowerCase()} is unknown.`);

  return {
    note,
    setNote,
    approve,
    reject,
    blocked,
    rejectBlocked,
    runApprove: () =>
      void approve.run({
        action: "plan.approve",
        target: plan.planId,
        params: { planId: plan.planId, note: note.trim() },
        planHash: plan.planHash,
        notAfterMs: plan.expiresAtMs,
      }),
    runReject: (reason) =>
      void reject.run({
        action: "plan.reject",
        target: plan.planId,
        params: { planId: plan.planId, reason },
        planHash: plan.planHash,
        notAfterMs: plan.expiresAtMs,
      }),
  };
}
