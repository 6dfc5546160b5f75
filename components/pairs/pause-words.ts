// What a pause means in one sentence: who refuses what, since when by the signer's clock, and until when.
import type { PairSummary } from "@/lib/api/schemas";
import { formatClock, formatDayMinutes } from "@/lib/format/time";
import type { PauseKind } from "@/lib/registry/mode";

type PairPause = NonNullable<PairSummary["pause"]>;

const REFUSES: Readonly<Record<PauseKind, string>> = {
  no_new_risk: "The signer refuses new plans",
  no_transactions: "The signer refuses every transaction",
  stop_worker: "The worker is stopped and the signer refuses every transaction",
};
const DAY_MS = 86_400_000;

/** `The signer refuses new plans since 12:03:07 UTC, until somebody resumes it.` */
export function pauseSentence(pause: Pick<PairPause, "kind" | "sinceAtMs" | "untilAtMs">, nowMs: number): string {
  const { kind, sinceAtMs, untilAtMs } = pause;
  const at = (instantMs: number): string =>
    Math.abs(nowMs - instantMs) < DAY_MS ? formatClock(instantMs) : formatDayMinutes(instantMs);
  const end = untilAtMs === null ? "until somebody resumes it" : `until ${at(untilAtMs)} UTC`;
  return `${REFUSES[kind]} since ${at(sinceAtMs)} UTC, ${end}.`;
}
