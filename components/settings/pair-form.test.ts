// The form keeps what it does not show, names what is wrong, and lists exactly what changed.
import { describe, expect, it } from "vitest";
import { formatPercent } from "@/lib/format/percent";
import { DEFAULT_LIMITS, pairSettingsSchema } from "@/lib/registry/pair-settings";
import { changesOf, readForm, textOf } from "./pair-form";

const BEFORE = pairSettingsSchema.parse({
  pairId: "WETH-USDC",
  pools: ["0x1"],
  limits: DEFAULT_LIMITS,
  params: { maxPools: 3, allowCash: true, cashReserveFrac: 0.07, minHoldMs: 43_200_000, baseMin: 0.001 },
});

describe("pair form", () => {
  it("behavior: untouched, it gives the settings back and no change", () => {
    const read = readForm(BEFORE, textOf(BEFORE));
    expect(read).toEqual({ ok: true, settings: BEFORE });
    expect(changesOf(BEFORE, BEFORE)).toEqual([]);
  });

  it("behavior: changes are listed with units, and what the form does not show stays", () => {
    const text = {
      ...textOf(BEFORE),
      "limits.maxUsdPerPlan": "120,000",
      "params.cashReserveFrac": "5",
      "params.allowCash": "off",
      "params.minHoldMs": "6",
      "params.maxPools": "",
      planExpiryMs: "45",
    };
    const read = readForm(BEFORE, text);
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    expect(read.settings.params).toEqual({
      allowCash: false,
      cashReserveFrac: 0.05,
      minHoldMs: 21_600_000,
      baseMin: 0.001,
    });
    expect(read.settings.pools).toEqual(["0x1"]);
    expect(
      changesOf(BEFORE, read.settings).map(({ label, before, after }) => `${label}: ${before} > ${after}`),
    ).toEqual([
      "Per plan: $500,000.00 > $120,000.00",
      "A plan waits for approval: 30 min > 45 min",
      "Cash is allowed: on > off",
      "Most pools at once: 3 > default",
      `Kept in the wallet: ${formatPercent(0.07)} > ${formatPercent(0.05)}`,
      "Least time between moves: 12 h > 6 h",
    ]);
  });

  it("behavior: wrong values are named at their field and nothing is made of them", () => {
    const text = {
      ...textOf(BEFORE),
      "limits.maxUsdPerTx": "-5",
      "limits.maxUsdPerDay": "",
      "params.maxPools": "2.5",
      "params.rsThreshold": "abc",
      planExpiryMs: "0",
    };
    const read = readForm(BEFORE, text);
    expect(read.ok).toBe(false);
    if (read.ok) return;
    expect(Object.keys(read.problems).toSorted()).toEqual([
      "limits.maxUsdPerDay",
      "limits.maxUsdPerTx",
      "params.maxPools",
      "params.rsThreshold",
      "planExpiryMs",
    ]);
  });
});
