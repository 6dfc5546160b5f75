// Strategy memory after a restart: the newest epoch record that holds one.
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { NO_MEMORY, type StrategyMemory } from "@/lib/strategy/index";

/** `records` newest first. A cycle that failed left none; an empty store means that the first epoch searches anew. */
export function restoreMemory(records: readonly EpochRecord[]): StrategyMemory {
  for (const { memory } of records) if (memory !== null && memory !== undefined) return memory;
  return NO_MEMORY;
}
