// Where the candles of a run come from: the bundled sample, or what the running system has recorded.
"use client";
import type { ApiClient } from "@/lib/api/client";
import type { LabRequest } from "./lab-form";
import { SAMPLE_CANDLES_URL, sampleRequest } from "./lab-sample";
import type { LabData } from "./run-messages";

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
