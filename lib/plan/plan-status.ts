// Life of a plan after it was proposed; outcomes are never decisions (strategy.md section 11).
import * as z from "zod";
import { PLAN_STATUSES } from "./status-names";

export { OPEN_PLAN_STATUSES, type PlanStatus } from "./status-names";

export const planStatusSchema = z.enum(PLAN_STATUSES);

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
