// The gate before execution: what the state of a plan allows now.
import type { PlanRecord } from "@/lib/api/signer-contract";

export type Gate =
  | { readonly kind: "go" }
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "over"; readonly reason: string };

/** The signer decides; this only keeps the worker from asking for what it would refuse. */
export function checkGate(record: PlanRecord): Gate {
  switch (record.status) {
    case "approved":
    case "executing":
      return { kind: "go" };
    case "waiting_approval":
      return { kind: "wait", reason: record.statusReason };
    case "done":
    case "partial":
    case "expired":
    case "rejected":
    case "voided":
    case "refused":
      return { kind: "over", reason: record.statusReason };
  }
}
