// Which of a decision's gates are shown first.
import { describe, expect, it } from "vitest";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { decidingGates } from "./deciding-gates";

type Decision = NonNullable<EpochRecord["decision"]>;
type Gate = Decision["gates"][number];

function gateOf(id: string, more: Partial<Gate> = {}): Gate {
  return {
    id,
    group: id.split(".")[0] ?? "",
    positionId: null,
    label: id,
    value: 1,
    threshold: 1,
    unit: "usd",
    comparison: ">=",
    status: "pass",
    detail: "",
    ...more,
  };
}

function ruleOf(...ids: readonly string[]): Decision["counterfactual"][number] {
  return {
    action: "RS",
    group: "",
    positionId: null,
    conditions: ids.map((gateId) => ({
      gateId,
      label: gateId,
      comparison: ">=",
      currentValue: 1,
      neededValue: 2,
      unit: "usd",
    })),
  };
}

function decisionOf(more: Partial<Decision>): Decision {
  return {
    kind: "HOLD",
    reason: "no_gain",
    detail: null,
    gainUsdPerYear: null,
    improvementFrac: null,
    killSwitch: null,
    gates: [],
    counterfactual: [],
    ...more,
  };
}

const idsOf = (decision: Decision, mode: EpochRecord["mode"]): readonly string[] =>
  decidingGates(decision, mode).items.map(({ id }) => id);

describe("decidingGates", () => {
  const failing = ["reallocate.gain", "reallocate.cost", "range_shift.divergence", "open.kappa"].map((id) =>
    gateOf(id, { status: "fail" }),
  );

  it("default: a HOLD shows what blocks the nearest rule, then the next while all of it has room", () => {
    const decision = decisionOf({
      gates: [gateOf("data.trust"), ...failing],
      counterfactual: [
        ruleOf("range_shift.divergence"),
        ruleOf("reallocate.gain", "reallocate.cost"),
        ruleOf("open.kappa"),
      ],
    });
    expect(decidingGates(decision, "auto").title).toBe("Held by");
    expect(idsOf(decision, "auto")).toEqual(["range_shift.divergence", "reallocate.gain", "reallocate.cost"]);
  });

  it("boundary: a rule that lacks more than three shows three of it; a rule that does not fit is left out whole", () => {
    const many = ["open.a", "open.b", "open.c", "open.d"].map((id) => gateOf(id, { status: "fail" }));
    expect(
      idsOf(decisionOf({ gates: many, counterfactual: [ruleOf("open.a", "open.b", "open.c", "open.d")] }), "auto"),
    ).toEqual(["open.a", "open.b", "open.c"]);
    expect(
      idsOf(
        decisionOf({
          gates: [...failing, ...many],
          counterfactual: [ruleOf("open.kappa"), ruleOf("open.a", "open.b", "open.c")],
        }),
        "auto",
      ),
    ).toEqual(["open.kappa"]);
  });

  it("behavior: rules that only settings switch off are named when nothing else fails", () => {
    const decision = decisionOf({ gates: [gateOf("to_cash.cash_allowed", { status: "fail" }), gateOf("data.trust")] });
    expect(idsOf(decision, "auto")).toEqual(["to_cash.cash_allowed"]);
  });

  it("behavior: an action shows the narrowest of its own gates; counts and other rules are no measure", () => {
    const decision = decisionOf({
      kind: "PRA",
      reason: "better_allocation",
      gates: [
        gateOf("data.trust", { unit: "count" }),
        gateOf("reallocate.targets", { unit: "count" }),
        gateOf("reallocate.gain", { value: 100, threshold: 1 }),
        gateOf("reallocate.improvement", { value: 0.11, threshold: 0.1 }),
        gateOf("reallocate.cost", { value: 5, threshold: 10 }),
        gateOf("range_shift.divergence", { status: "not_reached" }),
      ],
    });
    expect(idsOf(decision, "auto")).toEqual(["reallocate.improvement", "reallocate.cost", "reallocate.gain"]);
  });

  it("behavior: where a person or the mode stops an action, that stands with it", () => {
    const decision = decisionOf({
      kind: "RS",
      reason: "range_shift",
      gates: ["a", "b", "c"].map((name, index) => gateOf(`range_shift.${name}`, { value: 2 + index, threshold: 1 })),
    });
    expect(decidingGates(decision, "approve").items.map(({ id, state }) => [id, state])).toEqual([
      ["range_shift.a", "met"],
      ["range_shift.b", "met"],
      ["mode", "waits"],
    ]);
    expect(idsOf(decision, "observe").at(-1)).toBe("mode");
    expect(idsOf(decision, "auto")).not.toContain("mode");
  });

  it("behavior: of several positions only those that are shifted", () => {
    const decision = decisionOf({
      kind: "RS",
      reason: "range_shift",
      gates: [
        gateOf("range_shift.divergence:p1", { positionId: "p1" }),
        gateOf("range_shift.cost:p1", { positionId: "p1", status: "fail" }),
        gateOf("range_shift.divergence:p2", { positionId: "p2" }),
        gateOf("range_shift.cost:p2", { positionId: "p2" }),
      ],
    });
    expect(idsOf(decision, "auto")).toEqual(["range_shift.divergence:p2", "range_shift.cost:p2"]);
  });
});
