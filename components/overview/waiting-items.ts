// What waits for a person: the overview's list, and every open alert that the list does not already speak of.
import type { AlertDto } from "@/lib/api/alert-schemas";
import type { Attention } from "@/lib/api/schemas";

/** Rules that watch what the list itself names. */
const SAME: Partial<Record<AlertDto["ruleId"], readonly Attention["kind"][]>> = {
  out_of_range: ["out_of_range"],
  plan_waits: ["approval"],
  plan_failed: ["plan"],
  worker_down: ["worker"],
  late_decision: ["late_decision"],
  no_data: ["stale_source"],
  reconciliation: ["ledger"],
  halted: ["halt"],
  service_down: ["signer", "store", "telemetry"],
};

/** Alerts that nobody has acknowledged and that no item of the list is about; the order of the alerts, worst first. */
export function alertsBeside(attention: readonly Attention[], open: readonly AlertDto[]): readonly AlertDto[] {
  return open.filter((alert) => {
    if (alert.ack !== null) return false;
    const kinds = SAME[alert.ruleId] ?? [];
    return !attention.some((item) => kinds.includes(item.kind) && item.pairId === alert.pairId);
  });
}
