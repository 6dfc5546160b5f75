// Words and numbers of a decision's gates.
import { describe, expect, it } from "vitest";
import { counterfactualSentence, gateItems, verdictOf } from "./gate-items";

const gate = {
  id: "range_shift.divergence:1",
  group: "range_shift",
  positionId: "1:uniswap-v3:0xm:7",
  label: "RS: divergence",
  value: 0.81,
  threshold: 0.55,
  unit: "score",
  comparison: ">=",
  status: "pass",
  detail: "",
} as const;
const decision = {
  kind: "RS",
  reason: "range_shift",
  detail: null,
  gainUsdPerYear: 1,
  improvementFrac: null,
  killSwitch: null,
  gates: [
    gate,
    { ...gate, id: "b", value: null, status: "not_reached" as const },
    { ...gate, id: "c", comparison: "<" },
  ],
  counterfactual: [],
} satisfies Parameters<typeof gateItems>[0];

describe("gateItems", () => {
  it("default: value, threshold, state and bar; the mode comes last", () => {
    const items = gateItems(decision, "approve");
    expect(items.map((item) => item.state)).toEqual(["met", "unreached", "met", "waits"]);
    expect(items[0]).toMatchObject({ value: "0.81", threshold: "0.55", bar: { valueFrac: 1 } });
    expect(items[1]).toMatchObject({ value: "–", bar: null });
    expect(items[2]?.threshold).toBe("< 0.55");
  });
  it("behavior: what must equal a count reads as a statement, with the count where it says more", () => {
    const statement = { ...gate, unit: "count", comparison: "=", threshold: 0 } as const;
    const values = [0, 1, 3].map((value) => gateItems({ ...decision, gates: [{ ...statement, value }] }, "auto")[0]);
    expect(values.map((item) => [item?.value, item?.threshold])).toEqual([
      ["yes", null],
      ["no", null],
      ["no, 3", null],
    ]);
  });
  it("behavior: a position is named only when there are several", () => {
    const two = { ...decision, gates: [gate, { ...gate, positionId: "1:uniswap-v3:0xm:8" }] };
    expect(gateItems(decision, "auto")[0]?.label).toBe("RS: divergence");
    expect(gateItems(two, "auto")[1]?.label).toBe("RS: divergence, position #8");
  });
});

describe("counterfactualSentence", () => {
  it("default: what would have to change, and where it stands", () => {
    expect(
      counterfactualSentence({
        action: "RS",
        group: "range_shift",
        positionId: null,
        conditions: [
          { gateId: "a", label: "Divergence", comparison: ">=", currentValue: 0.42, neededValue: 0.55, unit: "score" },
          { gateId: "b", label: "gas", comparison: "<", currentValue: null, neededValue: 0.42, unit: "usd" },
        ],
      }),
    ).toBe("Would shift the range if divergence reached 0.55 (now 0.42) and gas fell to $0.42 (not known now).");
    const calm = { gateId: "d", label: "Market regime allows action", comparison: "<=", unit: "ratio" } as const;
    const over = { gateId: "e", label: "Suppression window is over", comparison: ">=", unit: "epoch" } as const;
    expect(
      counterfactualSentence({
        action: "RESUME",
        group: "regime",
        positionId: null,
        conditions: [
          { ...calm, currentValue: 0.0031, neededValue: 0.0025 },
          { ...over, currentValue: 1_992_813, neededValue: 1_992_816 },
        ],
      }),
    ).toBe(
      "Would decide again if market regime allows action (now 0.0031, needs ≤ 0.0025) and suppression window is over (now 1 Nov 11:15, needs from 1 Nov 12:00).",
    );
    const cash = { gateId: "c", label: "No pool is worth holding", comparison: "=", unit: "count" } as const;
    expect(
      counterfactualSentence({
        action: "PRA",
        group: "to_cash",
        positionId: null,
        conditions: [{ ...cash, currentValue: 2, neededValue: 0 }],
      }),
    ).toBe("Would move capital if no pool is worth holding (now no, 2).");
    expect(verdictOf({ kind: "PRA", reason: "to_cash" })).toBe("Go to cash");
  });
});
