// Words and tones of alerts: severity, what a message was about, what became of it.
import type { StatusTone } from "@/components/ui/status";
import type { AlertDeliveryDto, AlertDto, AlertRuleDto } from "@/lib/api/alert-schemas";
import { formatAge } from "@/lib/format/age";

export const SEVERITY: Readonly<Record<AlertDto["severity"], { readonly word: string; readonly tone: StatusTone }>> = {
  critical: { word: "Critical", tone: "crit" },
  warn: { word: "Warning", tone: "warn" },
  info: { word: "Info", tone: "unknown" },
};

export const NOTICE: Readonly<Record<AlertDeliveryDto["kind"], string>> = {
  fired: "first message",
  raised: "became worse",
  reminder: "reminder",
  escalated: "escalation",
  cleared: "end",
  test: "test",
};

export const DELIVERY: Readonly<
  Record<AlertDeliveryDto["state"], { readonly word: string; readonly tone: StatusTone }>
> = {
  waiting: { word: "Waiting", tone: "unknown" },
  sent: { word: "Sent", tone: "ok" },
  given_up: { word: "Given up", tone: "crit" },
};

/** `at 5 percent, for 30 min of market time`. */
export function whenWords(rule: Pick<AlertRuleDto, "threshold" | "thresholdUnit" | "holdMs" | "clock">): string {
  const parts = [
    ...(rule.thresholdUnit === null
      ? []
      : [
          `at ${rule.threshold}\u202f${rule.thresholdUnit === "percent" ? "%" : rule.thresholdUnit === "seconds" ? "s" : "min"}`,
        ]),
    ...(rule.holdMs === 0
      ? []
      : [`after ${formatAge(rule.holdMs)}${rule.clock === "market" ? " of market time" : ""}`]),
  ];
  return parts.length === 0 ? "at once" : parts.join(", ");
}

export function shortAddress(address: string): string {
  return /^0x[0-9a-fA-F]{40}$/.test(address) ? `${address.slice(0, 6)}…${address.slice(-4)}` : address;
}
