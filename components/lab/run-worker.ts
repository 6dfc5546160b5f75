// The lab's worker: unpacks files, runs the backtest off the page's thread, and tells how far it is.
import { unpackCandles } from "@/lib/api/candle-columns";
import type { CandleInput } from "@/lib/backtest/build-market";
import type { CandleSeries } from "@/lib/market/candle";
import { runLab, type LabInput } from "./run-lab";
import type { LabData, RunCommand, RunMessage } from "./run-messages";

/** Between two words of progress. */
const PROGRESS_MS = 100;

function say(message: RunMessage): void {
  self.postMessage(message, { transfer: [] });
}

self.addEventListener("message", (event: MessageEvent<RunCommand>) => {
  run(event.data).catch((cause: unknown) =>
    say({ kind: "failed", message: cause instanceof Error ? cause.message : String(cause) }),
  );
});

async function run({ request, data }: RunCommand): Promise<void> {
  say({ kind: "progress", stage: "Reading the data", doneFrac: 0 });
  const input = await inputOf(data);
  let saidAtMs = 0;
  const outcome = runLab(request, input, {
    nowMs: () => performance.now(),
    onProgress({ stage, doneFrac }) {
      const nowMs = performance.now();
      if (nowMs - saidAtMs < PROGRESS_MS) return;
      saidAtMs = nowMs;
      say({ kind: "progress", stage: `Walking the ${stage}`, doneFrac });
    },
  });
  say(outcome.ok ? { kind: "done", report: outcome.report } : { kind: "failed", message: outcome.message });
}

async function inputOf(data: LabData): Promise<LabInput> {
  if (data.kind !== "files") {
    const series = unpackCandles(data.candles);
    if (series === null) throw new Error("The candles came in columns of different lengths; reload the page.");
    const notes =
      data.kind === "pool"
        ? data.notes
        : [`Candles are those this system recorded, merged from ${data.venues.join(", ") || "no venue"}.`];
    return { candles: inputOfSeries(series, notes), poolMinutes: null };
  }
  const [candles, poolMinutes] = await Promise.all([unpack(data.candles), unpack(data.poolMinutes)]);
  return { candles, poolMinutes };
}

function inputOfSeries(candles: CandleSeries, notes: readonly string[]): CandleInput {
  let holes = 0;
  let filledMinutes = 0;
  for (let index = 0; index < candles.length; index += 1) {
    filledMinutes += candles.marks[index] ?? 0;
    const gapMs = (candles.openAtMs[index] ?? 0) - (candles.openAtMs[index - 1] ?? Number.NaN);
    if (gapMs > candles.timeframeMs) holes += 1;
  }
  return {
    candles,
    // Merged over venues, or a pool's own: the prices move by no single exchange's step.
    priceStep: null,
    data: { rows: candles.length - filledMinutes, dropped: [], droppedCount: 0, filledMinutes, holes },
    notes,
  };
}

/** Text of a file; gzip is known by its first two bytes, whatever the name says. */
async function unpack(file: Blob | null): Promise<string | null> {
  if (file === null) return null;
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return file.text();
  try {
    return await new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).text();
  } catch (cause) {
    throw new Error("The file begins like gzip but could not be unpacked; it may have been cut off. Pack it again.", {
      cause,
    });
  }
}
