// The list of the overview names everything that waits exactly once.
import { describe, expect, it } from "vitest";
import type { AlertDto } from "@/lib/api/alert-schemas";
import type { Attention } from "@/lib/api/schemas";
import { alertsBeside, clockOf } from "./waiting-items";

function alert(ruleId: AlertDto["ruleId"], pairId: string | null, isAcked = false): AlertDto {
  return {
    id: "0123456789abcdef",
    key: `${ruleId}:${pairId ?? ""}`,
    ruleId,
    pairId,
    severity: "warn",
    sentence: "",
    figure: "",
    did: "",
    href: "/overview",
    firedAtMs: 0,
    clearedAtMs: null,
    reopenedCount: 0,
    ack: isAcked ? { by: "0x", role: "owner", note: "", atMs: 0 } : null,
    told: [],
    title: ruleId,
    action: "",
  };
}

function item(kind: Attention["kind"], pairId: string | null): Attention {
  return { id: kind, kind, severity: "warn", pairId, planId: null, sinceAtMs: 0, sentence: "", href: "/overview" };
}

describe("what waits", () => {
  it("behavior: what an epoch or a price began is aged by the market's clock, everything else by the wall's", () => {
    const market = ["out_of_range", "late_decision", "stale_source"] as const;
    expect(market.map((kind) => clockOf(item(kind, "A")))).toEqual(["market", "market", "market"]);
    const wall = ["approval", "halt", "signer"] as const;
    expect(wall.map((kind) => clockOf(item(kind, "A")))).toEqual(["wall", "wall", "wall"]);
  });

  it("behavior: an alert is left out where the list says the same of the same pair, and only there", () => {
    const open = [alert("out_of_range", "A"), alert("out_of_range", "B"), alert("service_down", null)];
    const shown = alertsBeside([item("out_of_range", "A"), item("telemetry", null)], open);
    expect(shown.map(({ key }) => key)).toEqual(["out_of_range:B"]);
  });

  it("behavior: rules that the list knows nothing of are always there until somebody acknowledges", () => {
    const open = [alert("drawdown", "A"), alert("depeg", "A", true), alert("bridge_late", "A")];
    const shown = alertsBeside([item("out_of_range", "A"), item("halt", "A")], open);
    expect(shown.map(({ ruleId }) => ruleId)).toEqual(["drawdown", "bridge_late"]);
  });
});
