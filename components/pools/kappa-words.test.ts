// Words of kappa: a figure never stands without its source, and unknown is never zero.
import { describe, expect, it } from "vitest";
import { kappaMeaning, kappaSourceWords, kappaSpreadText, kappaText, type RatesLike } from "./kappa-words";

const HOUR_MS = 3_600_000;
const rates = (override: Partial<RatesLike>): RatesLike => ({
  source: "measured",
  kappa: 1.2351,
  kappaSpread: { min: 1.18, max: 1.31 },
  coveredMs: 72 * HOUR_MS,
  intervals: 288,
  ...override,
});

describe("kappa words", () => {
  it("default: figure, spread, source", () => {
    expect(kappaText(rates({}))).toBe("1.24");
    expect(kappaSpreadText(rates({}))).toBe("1.18\u00a0– 1.31");
    expect(kappaSourceWords(rates({}))).toBe("measured on the chain over 3\u202fd");
    expect(kappaSourceWords(rates({ coveredMs: 30 * HOUR_MS }))).toContain("30\u202fh of");
  });
  it("behavior: an estimate says so and what is missing", () => {
    expect(kappaSourceWords(rates({ source: "estimated", coveredMs: 5 * HOUR_MS }))).toContain("estimated");
    expect(kappaSourceWords(rates({ source: "estimated", coveredMs: 0 }))).toContain("no samples");
  });
  it("behavior: unknown is a dash, not zero", () => {
    expect(kappaText(rates({ source: "none", kappa: null }))).toBe("–");
    expect(kappaText(undefined)).toBe("–");
    expect(kappaSpreadText(rates({ kappaSpread: null }))).toBe("–");
    expect(kappaMeaning(null)).toBe("not known");
    expect(kappaMeaning(0.4)).toContain("less");
    expect(kappaMeaning(1)).toContain("about");
    expect(kappaMeaning(2)).toContain("more");
  });
});
