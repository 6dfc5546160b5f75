// The formulas of the manual give what the desk shows elsewhere, and say nothing where a number is not known.
import { describe, expect, it } from "vitest";
import type { MoneyReportDto } from "@/lib/api/money-schemas";
import { TERM_IDS, TERMS, type LiveNumbers } from "./live-terms";

const NOTHING: LiveNumbers = { money: null, status: null, pool: null, plan: null };
const total: MoneyReportDto["total"] = {
  feesUsd: 100,
  markUsd: -30,
  hodlUsd: -10,
  lvrUsd: 20,
  gasUsd: 3,
  swapCostUsd: 5,
  bridgeCostUsd: 2,
  netUsd: 60,
  alphaUsd: 70,
  epochs: 4,
  outsideUsd: -15,
  otherUsd: 0,
  changeUsd: 45,
};
const money: MoneyReportDto = {
  period: "30d",
  fromMs: 0,
  toMs: 2_700_000,
  total,
  pairs: [],
  barMs: 3_600_000,
  bars: [],
  missing: [],
};

/** A formula of money counted by its own text: `$` and spaces out, the true minus as one. */
function counted(text: string): number {
  return text
    .replaceAll(/[$,\s\u202f]/g, "")
    .replaceAll("−", "-")
    .replaceAll("(", "")
    .replaceAll(")", "")
    .replaceAll("--", "+")
    .replaceAll("+-", "-")
    .replaceAll("-+", "-")
    .replaceAll("++", "+")
    .split(/(?=[+-])/)
    .reduce((sum, part) => sum + Number(part), 0);
}

describe("terms with live numbers", () => {
  it.each([
    ["net", 60],
    ["alpha", 70],
    ["divergence", 20],
    ["capital", 45],
  ] as const)("default: %s, counted by the figures that are shown, is its result", (id, usd) => {
    const filled = TERMS[id].from({ ...NOTHING, money });
    expect(counted(filled?.text ?? "")).toBeCloseTo(usd, 2);
    expect(counted(filled?.result ?? "")).toBeCloseTo(usd, 2);
    expect(filled?.of).toContain("all pairs");
  });

  it("behavior: without numbers no formula is filled, and each says why", () => {
    for (const id of TERM_IDS) {
      expect(TERMS[id].from(NOTHING)).toBeNull();
      expect(TERMS[id].without).not.toBe("");
    }
    expect(TERMS.net.from({ ...NOTHING, money: { ...money, fromMs: null, toMs: null } })).toBeNull();
  });
});
