// Life of a plan after it was proposed; outcomes are never decisions (strategy.md section 11).
import * as z from "zod";

export const PLAN_STATUSES = [
  "waiting_approval",
  "approved",
  "executing",
  "done",
  "partial",
  "expired",
  "rejected",
  "voided",
  "refused",
] as const;
export const planStatusSchema = z.enum(PLAN_STATUSES);
export type PlanStatus = z.infer<typeof planStatusSchema>;

export const OPEN_PLAN_STATUSES: readonly PlanStatus[] = ["waiting_approval", "approved", "executing"];

export const OP_STATES = [
  "PLANNED",
  "INTENT",
  "PREPARED",
  "SIGNED",
  "SENT",
  "INCLUDED",
  "CONFIRMED",
  "VERIFIED",
  "SETTLED",
  "SKIPPED",
  "REVERTED",
  "CANCELLED",
  "EXPIRED",
  "FOREIGN",
  "VERIFY_FAILED",
] as const;
export const opStateSchema = z.enum(OP_STATES);
export type OpState = z.infer<typeof opStateSchema>;

/** The named states of safety.md section 1. */
export const NAMED_STATES = [
  "NORMAL",
  "OBSERVE",
  "HOLD_STALE",
  "NO_CACHE",
  "BLIND_LOG",
  "SAFE_COMPLETE",
  "EXIT_ONLY",
  "IN_TRANSIT",
  "RPC_QUARANTINE",
  "HALT_PAIR",
  "HALT_WALLET",
  "LOCKED",
] as const;
export const namedStateSchema = z.enum(NAMED_STATES);
export type NamedState = z.infer<typeof namedStateSchema>;
