// Display rules of the desk: what every kind of number looks like, and that nothing false is ever shown.
import { assert, bigInt, double, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { shortHex } from "./address";
import { formatAge, formatCountdown, formatDuration } from "./age";
import { formatGateValue } from "./gate-value";
import { formatFixed, formatInteger } from "./number";
import { formatBps, formatFeePips, formatPercent, formatSignedPercent } from "./percent";
import { formatPrice, formatRange, inDirection, priceDecimals, rangeInDirection } from "./price";
import { formatClock, formatDayMinutes, formatInstant } from "./time";
import { formatSignedToken, formatToken, formatTokenExact } from "./token";
import { formatSignedAxis, formatSignedUsd, formatUsd, formatUsdAxis, formatUsdWhole } from "./usd";
import { TEST_SEED } from "@/tests/support/seed";

const FALSE_TEXT = /NaN|Infinity|undefined|null/;
const bad = [null, undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

describe("formatUsd", () => {
  it("behavior: two decimals, grouped, true minus", () => {
    expect(formatUsd(1058.78)).toBe("$1,058.78");
    expect(formatUsd(-3.2)).toBe("\u2212$3.20");
    expect(formatUsd(0)).toBe("$0.00");
    expect(formatUsd(-0)).toBe("$0.00");
  });
  it("behavior: under a cent two significant digits, never a false zero", () => {
    expect(formatUsd(0.0042)).toBe("$0.0042");
    expect(formatUsd(0.000000123)).toBe("$0.00000012");
    expect(formatSignedUsd(-0.0042)).toBe("\u2212$0.0042");
  });
  it("behavior: signed values carry their sign, zero carries none", () => {
    expect(formatSignedUsd(1488.4)).toBe("+$1,488.40");
    expect(formatSignedUsd(-214.77)).toBe("\u2212$214.77");
    expect(formatSignedUsd(0)).toBe("$0.00");
  });
  it("behavior: only axes shorten", () => {
    expect(formatUsdAxis(1_240_000)).toBe("$1.24M");
    expect(formatUsdAxis(999_999)).toBe("$1M");
    expect(formatSignedAxis(2000)).toBe("+2k");
    expect(formatSignedAxis(0)).toBe("0");
    expect(formatUsdWhole(172_347.13)).toBe("$172,347");
  });
});

describe("formatPercent", () => {
  it("behavior: narrow no-break space, two decimals", () => {
    expect(formatPercent(0.0271)).toBe("2.71\u202f%");
    expect(formatSignedPercent(-0.0067)).toBe("\u22120.67\u202f%");
    expect(formatPercent(0.00001)).toBe("<0.01\u202f%");
    expect(formatBps(0.003)).toBe("30\u202fbp");
    expect(formatFeePips(500)).toBe("0.05\u202f%");
    expect(formatFeePips(3000)).toBe("0.3\u202f%");
  });
});

describe("formatPrice", () => {
  it("behavior: tick resolution", () => {
    expect(formatPrice(2726.21)).toBe("2,726.21");
    expect(formatPrice(0.99974)).toBe("0.99974");
    expect(formatPrice(1.0011)).toBe("1.00110");
    expect(formatPrice(63_152.6)).toBe("63,152.60");
    expect(formatPrice(0.00036681)).toBe("0.00036681");
  });
  it("behavior: one reference, one number of decimals", () => {
    expect(formatPrice(0.9985, 0.99974)).toBe("0.99850");
    expect(formatRange(2708.11, 2601.93)).toBe("2,601.93\u00a0– 2,708.11");
  });
  it("behavior: direction inverts price and order, and comes back", () => {
    const inverse = rangeInDirection(2000, 2500, "base_per_quote");
    expect(inverse).toEqual({ lower: 1 / 2500, upper: 1 / 2000 });
    expect(inDirection(0, "base_per_quote")).toBeNull();
    assert(
      property(double({ min: 1e-9, max: 1e9, noNaN: true }), (price) => {
        const back = inDirection(inDirection(price, "base_per_quote"), "base_per_quote");
        expect(Math.abs((back ?? 0) / price - 1)).toBeLessThan(1e-12);
        const digits = priceDecimals(price);
        // A move of one tick is always visible.
        if (digits < 18) expect(formatPrice(price, price)).not.toBe(formatPrice(price * 1.0002, price));
      }),
      { seed: TEST_SEED },
    );
  });
});

describe("formatToken", () => {
  it("behavior: six significant digits from the exact integer", () => {
    expect(formatToken("17605712345678901234", 18)).toBe("17.6057");
    expect(formatToken("102092720000", 6)).toBe("102,093");
    expect(formatToken("1234567890000", 6)).toBe("1,234,568");
    expect(formatToken("1234567", 18)).toBe("0.00000000000123457");
    expect(formatToken("999999999", 8)).toBe("10");
    expect(formatToken("-1500000", 6)).toBe("\u22121.5");
    expect(formatToken("0", 6)).toBe("0");
    expect(formatToken("1.5", 6)).toBe("–");
    expect(formatSignedToken("1500000", 6)).toBe("+1.5");
  });
  it("behavior: the exact form loses no digit", () => {
    assert(
      property(bigInt({ min: 0n, max: 2n ** 128n }), integer({ min: 0, max: 18 }), (raw, decimals) => {
        const text = formatTokenExact(raw.toString(), decimals).replaceAll(",", "");
        const [whole = "0", fraction = ""] = text.split(".");
        expect(BigInt(whole + fraction.padEnd(decimals, "0"))).toBe(raw);
      }),
      { seed: TEST_SEED },
    );
  });
});

describe("time", () => {
  const now = 1_724_437_458_000;
  it("behavior: UTC, with a date only when it is another day", () => {
    expect(formatClock(now)).toBe("18:24:18");
    expect(formatInstant(now - 60_000, now)).toBe("18:23:18 UTC");
    expect(formatInstant(now - 86_400_000, now)).toBe("22 Aug 18:24:18 UTC");
    expect(formatInstant(1_672_617_600_000, now)).toBe("2 Jan 2023 00:00:00 UTC");
    expect(formatDayMinutes(now)).toBe("23 Aug 18:24");
  });
  it("behavior: ages in one unit", () => {
    expect(formatAge(400)).toBe("0.4\u202fs");
    expect(formatAge(18_000)).toBe("18\u202fs");
    expect(formatAge(37 * 60_000)).toBe("37\u202fmin");
    expect(formatAge(13.2 * 3_600_000)).toBe("13.2\u202fh");
    expect(formatAge(3 * 86_400_000)).toBe("3\u202fd");
    expect(formatAge(-5)).toBe("0\u202fs");
    expect(formatCountdown(702_000)).toBe("11:42");
    expect(formatCountdown(-1)).toBe("0:00");
    expect(formatCountdown(3_909_000)).toBe("1:05:09");
    expect(formatDuration(3410)).toBe("3.41\u202fs");
  });
});

describe("every formatter", () => {
  it("behavior: unknown is a dash, whatever kind of unknown", () => {
    for (const value of bad) {
      for (const format of [
        formatUsd,
        formatSignedUsd,
        formatUsdAxis,
        formatSignedAxis,
        formatUsdWhole,
        formatPercent,
        formatSignedPercent,
        formatBps,
        formatFeePips,
        formatInteger,
        formatAge,
        formatDuration,
        formatCountdown,
        formatClock,
      ]) {
        expect(format(value)).toBe("–");
      }
      expect(formatPrice(value)).toBe("–");
      expect(formatRange(1, value)).toBe("–");
      expect(formatGateValue(value, "usd")).toBe("–");
      expect(formatInstant(value, 0)).toBe("–");
    }
    expect(formatToken(null, 18)).toBe("–");
    expect(shortHex(null)).toBe("–");
  });
  it("behavior: no number yields NaN, Infinity or a hyphen-minus", () => {
    assert(
      property(double(), (value) => {
        for (const text of [
          formatUsd(value),
          formatSignedUsd(value),
          formatUsdAxis(value),
          formatPercent(value),
          formatPrice(value),
          formatFixed(value, 2),
          formatAge(value),
          formatClock(value),
          formatInstant(value, 0),
          ...["ms", "usd", "usdPerYear", "frac", "count", "epoch", "score", "ratio"].map((u) =>
            formatGateValue(value, u),
          ),
        ]) {
          expect(text).not.toMatch(FALSE_TEXT);
          expect(text).not.toContain("-");
        }
      }),
      { seed: TEST_SEED },
    );
  });
  it("default: hashes keep four and four", () => {
    expect(shortHex("0x7aF3000000000000000000000000000000019cE")).toBe("0x7aF3…19cE");
  });
});
