// Differences between two decisions are named one by one; equal decisions have none.
import { describe, expect, it } from "vitest";
import { differencesOf } from "./replay-decision";

const gate = {
  id: "pra.gain",
  positionId: null,
  label: "Improvement",
  value: 0.02,
  threshold: 0.05,
  unit: "fraction",
  status: "fail" as const,
};
const hold = { kind: "HOLD", reason: "no_gain", gates: [gate] };

describe("differencesOf", () => {
  it("behavior: the same decision has no difference", () => {
    expect(differencesOf(hold, { ...hold, gates: [{ ...gate }] })).toEqual([]);
  });
  it("behavior: kind, reason, status and numbers are named with both sides", () => {
    const other = {
      kind: "PRA",
      reason: "better_allocation",
      gates: [{ ...gate, value: 0.06, status: "pass" as const }],
    };
    const found = differencesOf(hold, other);
    expect(found).toHaveLength(4);
    expect(found[0]).toBe("HOLD was decided, now PRA");
    expect(found[2]).toBe("Improvement was not met, now met");
    expect(found[3]).toMatch(/^Improvement: value .+, now .+$/);
  });
  it("behavior: a gate that is gone and one that is new are named; the last digit counts", () => {
    const found = differencesOf(hold, { ...hold, gates: [{ ...gate, id: "other", label: "Other" }] });
    expect(found).toEqual(["Improvement is not there now", "Other is new"]);
    expect(differencesOf(hold, { ...hold, gates: [{ ...gate, value: 0.020000000000000004 }] })).toHaveLength(1);
  });
});
