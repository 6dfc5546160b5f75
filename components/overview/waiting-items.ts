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

/** Kinds that began at a moment of the market's clock: an epoch, a price; everything else began when a person's clock said so. */
const OF_MARKET_TIME: ReadonlySet<Attention["kind"]> = new Set(["out_of_range", "late_decision", "stale_source"]);

export function clockOf(item: Pick<Attention, "kind">): "market" | "wall" {
  return OF_MARKET_TIME.has(item.kind) ? "market" : "wall";
}

/** Alerts that nobody has acknowledged and that no item of the list is about; the order of the alerts, worst first. */
export function alertsBeside(attention: readonly Attention[], open: readonly AlertDto[]): readonly AlertDto[] {
  return open.filter((alert) => {
    if (alert.ack !== null) return false;
    const kinds = SAME[alert.ruleId] ?? [];
    return !attention.some((item) => kinds.includes(item.kind) && item.pairId === alert.pairId);
  });
}
