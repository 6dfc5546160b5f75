// A pause is told as what the signer refuses, to the second, with its end.
import { describe, expect, it } from "vitest";
import { pauseSentence } from "./pause-words";

const SINCE = Date.UTC(2026, 10, 23, 12, 3, 7);

describe("pauseSentence", () => {
  it("behavior: says who refuses what since which second, and that a person ends it", () => {
    expect(pauseSentence({ kind: "no_transactions", sinceAtMs: SINCE, untilAtMs: null }, SINCE + 1_000)).toBe(
      "The signer refuses every transaction since 12:03:07 UTC, until somebody resumes it.",
    );
  });
  it("behavior: names the end, and the day where hours alone would mislead", () => {
    expect(pauseSentence({ kind: "no_new_risk", sinceAtMs: SINCE, untilAtMs: SINCE + 3_600_000 }, SINCE)).toBe(
      "The signer refuses new plans since 12:03:07 UTC, until 13:03:07 UTC.",
    );
    expect(pauseSentence({ kind: "stop_worker", sinceAtMs: SINCE, untilAtMs: null }, SINCE + 3 * 86_400_000)).toContain(
      "23 Nov",
    );
  });
});
