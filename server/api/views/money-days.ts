// Profit and loss of all pairs by UTC day: the sums of the reports, each pair added up again only after its next epoch.
import type { MoneyRecord } from "@/lib/epoch/money-record";
import type { Result } from "@/lib/errors/result";
import { buildResults } from "@/lib/ledger/results";
import { sumFlows, type DayPnl } from "@/lib/portfolio/pnl-report";

/** Days on the overview. */
export const MONEY_DAYS = 14;
const DAY_MS = 86_400_000;

export interface MoneyDaysInput {
  readonly pairIds: readonly string[];
  /** Newest epoch a worker has told of; null when it has told of none. */
  readonly newestEpoch: (pairId: string) => number | null;
  readonly read: (pairId: string) => Promise<Result<readonly MoneyRecord[], unknown>>;
}

export interface MoneyDays {
  readonly days: DayPnl[];
  readonly pairs: number;
  readonly missing: string[];
}

interface Kept {
  readonly epoch: number | null;
  readonly days: readonly DayPnl[];
}

export function createMoneyDays(): (input: MoneyDaysInput) => Promise<MoneyDays> {
  const kept = new Map<string, Kept>();

  async function daysOf(input: MoneyDaysInput, pairId: string): Promise<readonly DayPnl[] | null> {
    const epoch = input.newestEpoch(pairId);
    const known = kept.get(pairId);
    if (known !== undefined && epoch !== null && known.epoch === epoch) return known.days;
    const records = await input.read(pairId);
    // What was added up before is still true of the days before.
    if (!records.ok) return known?.days ?? null;
    const { days } = buildResults({ records: records.value, lives: [], entrySeqs: [] });
    kept.set(pairId, { epoch, days });
    return days;
  }

  return async (input) => {
    const byDay = new Map<number, DayPnl[]>();
    const missing: string[] = [];
    let pairs = 0;
    // One after the other: thousands of records are parsed per pair, and other requests come in between.
    for (const pairId of input.pairIds) {
      const days = await daysOf(input, pairId);
      if (days === null) missing.push(pairId);
      else if (days.length > 0) pairs += 1;
      for (const day of days ?? []) byDay.set(day.startAtMs, [...(byDay.get(day.startAtMs) ?? []), day]);
    }
    const newest = Math.max(...byDay.keys());
    const all: DayPnl[] = [];
    for (const [startAtMs, ofDay] of byDay) {
      const day = ofDay[0]?.day;
      if (day === undefined || startAtMs <= newest - MONEY_DAYS * DAY_MS) continue;
      all.push({
        day,
        startAtMs,
        ...sumFlows(ofDay),
        epochs: ofDay.reduce((sum, each) => sum + each.epochs, 0),
      });
    }
    return { days: all.toSorted((left, right) => left.startAtMs - right.startAtMs), pairs, missing };
  };
}
