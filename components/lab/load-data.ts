// Where the candles of a run come from: the bundled sample, or what the running system has recorded.
"use client";
import type { ApiClient } from "@/lib/api/client";
import type { PoolFacts } from "@/lib/api/schemas";
import type { LabRequest } from "./lab-form";
import { SAMPLE_CANDLES_URL, sampleRequest } from "./lab-sample";
import type { LabData } from "./run-messages";

/** What the strategy looks back on before the first epoch of a period (strategy.md section 2). */
const HISTORY_MS = 31 * 86_400_000;

export interface LoadedData {
  readonly request: LabRequest;
  readonly data: LabData;
  /** In words, kept with the run. */
  readonly source: string;
  readonly isSimulated: boolean;
}

/** The sample's pool is fixed; money, costs, policy and period are the reader's. */
export async function loadSample(request: LabRequest): Promise<LoadedData> {
  const answer = await fetch(SAMPLE_CANDLES_URL);
  if (!answer.ok) {
    throw new Error(`${SAMPLE_CANDLES_URL} answered ${answer.status}; expected the bundled candles. Reload the page.`);
  }
  return {
    request: sampleRequest(request),
    data: { kind: "files", candles: await answer.blob(), poolMinutes: null },
    source: "Tidegate's own market simulator",
    isSimulated: true,
  };
}

/** Minutes the running system recorded, on one of its pools. */
export async function loadRecorded(api: ApiClient, request: LabRequest, pool: PoolFacts): Promise<LoadedData> {
  const answer = await api.call("labCandles", {
    query: {
      pair: pool.pairId,
      ...(request.fromMs === null ? {} : { from: Math.max(0, request.fromMs - HISTORY_MS) }),
      ...(request.toMs === null ? {} : { to: request.toMs }),
    },
  });
  const { candles, venues } = answer;
  if (candles.count < 2) {
    throw new Error(`${pool.pairId}: expected recorded minutes in this period; there are ${candles.count}.`);
  }
  return {
    request: {
      ...request,
      base: pool.base.symbol,
      quote: pool.quote.symbol,
      baseDecimals: pool.base.decimals,
      quoteDecimals: pool.quote.decimals,
      baseIsToken0: pool.baseIsToken0,
      feePips: pool.feePips ?? request.feePips,
      tickSpacing: pool.tickSpacing ?? request.tickSpacing,
    },
    data: { kind: "recorded", candles, venues },
    source: `recorded by this system (${venues.join(", ")}), ${pool.dexName} pool`,
    isSimulated: false,
  };
}
