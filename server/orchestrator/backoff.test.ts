// Backoff: doubling, full jitter, the cap, the limit of tries, and the reset by a healthy while.
import { describe, expect, it } from "vitest";
import { createBackoff, FIRST_DELAY_MS, HEALTHY_MS, MAX_DELAY_MS, MAX_TRIES } from "./backoff";

describe("createBackoff", () => {
  it("default: the ceiling doubles from 1 s to 5 min", () => {
    const backoff = createBackoff(() => 0.999_999);
    const delays = Array.from({ length: 12 }, () => {
      const next = backoff.next(0);
      return next.kind === "wait" ? next.delayMs : Number.NaN;
    });
    expect(delays.slice(0, 4)).toEqual([1, 2, 4, 8].map((factor) => factor * FIRST_DELAY_MS));
    expect(delays.at(-1)).toBe(MAX_DELAY_MS);
  });

  it("behavior: full jitter reaches down to zero", () => {
    const next = createBackoff(() => 0).next(0);
    expect(next).toEqual({ kind: "wait", delayMs: 0 });
  });

  it("behavior: halts after 20 tries in a row", () => {
    const backoff = createBackoff(() => 0.5);
    const kinds = Array.from({ length: MAX_TRIES + 1 }, () => backoff.next(1_000).kind);
    expect(kinds.filter((kind) => kind === "wait")).toHaveLength(MAX_TRIES);
    expect(kinds.at(-1)).toBe("halted");
  });

  it("behavior: ten healthy minutes start the count anew, one minute less does not", () => {
    const backoff = createBackoff(() => 0.999_999);
    backoff.next(0);
    backoff.next(0);
    expect(backoff.next(HEALTHY_MS - 1)).toEqual({ kind: "wait", delayMs: 4 * FIRST_DELAY_MS });
    expect(backoff.next(HEALTHY_MS)).toEqual({ kind: "wait", delayMs: FIRST_DELAY_MS });
  });
});
