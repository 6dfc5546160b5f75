// Recorded exchange candles through our own candle rules; the recordings are not ours to ship, so the suite says when they are absent.
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { fillCandles, normaliseCandles } from "@/lib/market/candle";
import { resampleCandles } from "@/lib/market/resample";
import { computeForces, computeRegime } from "@/lib/strategy";

const FOLDER = "../shared/data";
const ETH = `${FOLDER}/binance-ethusdt-1m-20240726-20240825.csv.gz`;
const MINUTE_MS = 60_000;

if (!existsSync(ETH))
  process.stdout.write(`not run here: recorded candles (needs ${ETH}; put the recordings beside the project)\n`);

function load(file: string): number[][] {
  const [, ...lines] = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n");
  return lines.map((line) => line.split(",").map(Number));
}

describe.runIf(existsSync(ETH))("recorded candles", () => {
  it("behavior: thirty days of minutes are whole, sane and closed", () => {
    const rows = load(ETH);
    const last = rows.at(-1)?.[0] ?? 0;
    const series = fillCandles(normaliseCandles(rows, last + MINUTE_MS));
    expect(series.length).toBe(43_208);
    expect(Math.min(...series.low)).toBe(2_111);
    for (let index = 1; index < series.length; index += 1) {
      expect((series.openAtMs[index] ?? 0) - (series.openAtMs[index - 1] ?? 0)).toBe(MINUTE_MS);
    }
    const hours = resampleCandles(series, 60, last + MINUTE_MS);
    expect(hours.length).toBeGreaterThanOrEqual(719);
  });

  it("behavior: the fall of 5 August 2024 is no calm market", () => {
    const rows = load(ETH);
    const atMs = Date.UTC(2024, 7, 5, 2, 0, 0);
    const series = fillCandles(normaliseCandles(rows, atMs));
    const forces = computeForces(series, atMs);
    expect(forces.valid).toBe(true);
    const regime = computeRegime({
      candles: series,
      nowMs: atMs,
      epoch: Math.floor(atMs / 900_000),
      isStablePair: false,
      pegPrice: null,
    });
    expect(regime.suppressed, `${regime.reason} ${String(regime.value)} / ${String(regime.threshold)}`).toBe(true);
  });
});
