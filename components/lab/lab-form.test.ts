// The lab's form: what is accepted, and that each refusal names its field.
import { describe, expect, it } from "vitest";
import { checkForm, DEFAULT_FORM } from "./lab-form";

describe("checkForm", () => {
  it("default: the form as it opens is a valid request", () => {
    const result = checkForm(DEFAULT_FORM);
    expect(result.ok).toBe(true);
    if (!result.ok) return;
    expect(result.value.feePips).toBe(500);
    expect(result.value.baseMin).toBeNull();
    expect(result.value.fromMs).toBeNull();
  });
  it("behavior: percent becomes pips and fractions, days become instants, the last day is whole", () => {
    const whole = checkForm({
      ...DEFAULT_FORM,
      feePercent: "0.3",
      protocolSharePercent: "25",
      from: "2026-10-02",
      to: "2026-10-03",
    });
    expect(whole.ok && [whole.value.feePips, whole.value.protocolShareFrac]).toEqual([3_000, 0.25]);
    expect(whole.ok && (whole.value.toMs ?? 0) - (whole.value.fromMs ?? 0)).toBe(2 * 86_400_000);
  });
  it.each([
    ["capitalUsd", ""],
    ["capitalUsd", "0"],
    ["capitalUsd", "1e99"],
    ["gasUsdPerTx", "-1"],
    ["windows", "2.5"],
    ["seed", "NaN"],
    ["baseMin", "1"],
    ["rsThreshold", "abc"],
    ["from", "yesterday"],
    ["base", "W ETH"],
  ] as const)("error: %s = %j is refused at its field", (field, text) => {
    const result = checkForm({ ...DEFAULT_FORM, [field]: text });
    expect(result.ok).toBe(false);
    if (!result.ok) expect(Object.keys(result.errors)).toEqual([field]);
  });
  it("error: a period that ends before it begins", () => {
    const result = checkForm({ ...DEFAULT_FORM, from: "2026-10-02", to: "2026-10-01" });
    expect(!result.ok && Object.keys(result.errors)).toEqual(["to"]);
    expect(checkForm({ ...DEFAULT_FORM, from: "2026-10-02", to: "2026-10-02" }).ok).toBe(true);
  });
  it("error: a pool of the running system must be chosen", () => {
    const result = checkForm({ ...DEFAULT_FORM, data: "market" });
    expect(!result.ok && result.errors.poolKey).toContain("choose");
  });
});
