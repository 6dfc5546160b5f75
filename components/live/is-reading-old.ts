// Whether what a reading says may be true no more: the last one failed, or waits for the network to come back.
import type { ApiError } from "@/lib/api/client";

export function isReadingOld(reading: { readonly error: ApiError | null; readonly fetchStatus: string }): boolean {
  return reading.error !== null || reading.fetchStatus === "paused";
}
