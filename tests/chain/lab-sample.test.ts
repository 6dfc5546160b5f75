// The lab's bundled sample is what it says: candles of our own simulator, and a run that the engine of today repeats to the byte.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { backtestReportSchema } from "@/lib/backtest/report";
import { makeSampleCandles, makeSampleRun } from "@/tests/support/make-lab-sample";

const RENEW = "Run `npx tsx tests/support/make-lab-sample.ts` and commit public/lab.";

describe("bundled lab sample", () => {
  const candles = gunzipSync(readFileSync("public/lab/sample-candles.csv.gz")).toString("utf8");

  it("behavior: the candles are those of the seeded market simulator", () => {
    expect(candles === makeSampleCandles(), `the simulator makes other candles now. ${RENEW}`).toBe(true);
  });

  it("behavior: the shipped run equals a run of the engine on the shipped candles", () => {
    const shipped: unknown = JSON.parse(readFileSync("public/lab/sample-run.json", "utf8"));
    const again: unknown = JSON.parse(JSON.stringify(makeSampleRun(candles)));
    expect(backtestReportSchema.parse(shipped).twins.length).toBe(9);
    expect(again, `the engine gives another report now. ${RENEW}`).toEqual(shipped);
  }, 300_000);
});
