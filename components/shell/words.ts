// The desk's words and tones for health and pair states: the same word for the same thing everywhere.
import type { ModeName } from "@/components/ui/mode-badge";
import type { StatusTone } from "@/components/ui/status";
import type { HealthWord, PairSummary } from "@/lib/api/schemas";

export const HEALTH: Readonly<Record<HealthWord, { readonly word: string; readonly tone: StatusTone }>> = {
  ok: { word: "OK", tone: "ok" },
  degraded: { word: "Degraded", tone: "warn" },
  stopped: { word: "Stopped", tone: "crit" },
  unknown: { word: "Unknown", tone: "unknown" },
  paused: { word: "Paused", tone: "paused" },
};

export const PAIR_STATE: Readonly<Record<PairSummary["state"], { readonly word: string; readonly tone: StatusTone }>> =
  {
    in_range: { word: "In range", tone: "ok" },
    out_of_range: { word: "Out of range", tone: "warn" },
    no_position: { word: "No position", tone: "ok" },
    paused: { word: "Paused", tone: "paused" },
    halted: { word: "Halted", tone: "crit" },
    no_data: { word: "No data", tone: "warn" },
    unknown: { word: "Unknown", tone: "unknown" },
  };

export const PAUSE_WORD = {
  no_new_risk: "No new risk",
  no_transactions: "No transactions",
  stop_worker: "Worker stopped",
} as const;

export function pairStateWord(pair: Pick<PairSummary, "state" | "pause">): string {
  return pair.state === "paused" && pair.pause !== null ? PAUSE_WORD[pair.pause.kind] : PAIR_STATE[pair.state].word;
}

export function modeOf(pair: Pick<PairSummary, "mode" | "pause" | "halted">): ModeName {
  return pair.halted !== null ? "halted" : pair.pause !== null ? "paused" : pair.mode;
}

/** `no_gain` reads `no gain`. */
export function reasonWords(reason: string): string {
  return reason.replaceAll("_", " ");
}
