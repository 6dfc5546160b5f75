// Makes the lab's bundled sample anew: candles from our own market simulator (seeded) and the finished run on them. Run: npx tsx tests/support/make-lab-sample.ts
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundledRequest } from "@/components/lab/lab-sample";
import { runLab } from "@/components/lab/run-lab";
import { createPricePath } from "@/server/devnet/market/price-path";
import { HISTORY_DAYS, MARKET_START_AT_MS } from "@/server/devnet/market/setup";

const DAY_MS = 86_400_000;
const SEED = 20_261_101;
/** 30 days before the devnet's start and 12 after it: 42 days. */
const FROM_MS = MARKET_START_AT_MS - HISTORY_DAYS * DAY_MS;
const TO_MS = MARKET_START_AT_MS + 12 * DAY_MS;
const FOLDER = join(process.cwd(), "public", "lab");

/** `ts_ms,open,high,low,close,volume`, cents and whole tokens: what an exchange would publish. */
export function makeSampleCandles(): string {
  const path = createPricePath({ seed: SEED });
  path.advanceTo(TO_MS);
  const rows = path.book("WETH-USDC").rows(FROM_MS, TO_MS - 60_000, Number.POSITIVE_INFINITY);
  return [
    "ts_ms,open,high,low,close,volume",
    ...rows.map(([atMs, open, high, low, close, volume]) =>
      [atMs, ...[open, high, low, close].map((price) => price.toFixed(2)), volume.toFixed(1)].join(","),
    ),
    "",
  ].join("\n");
}

export function makeSampleRun(candles: string): unknown {
  const outcome = runLab(bundledRequest(), { candles, poolMinutes: null }, {});
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.report;
}

if (process.argv[1]?.endsWith("make-lab-sample.ts") === true) {
  const candles = makeSampleCandles();
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "sample-candles.csv.gz"), gzipSync(candles, { level: 9 }));
  writeFileSync(join(FOLDER, "sample-run.json"), `${JSON.stringify(makeSampleRun(candles))}\n`);
}
