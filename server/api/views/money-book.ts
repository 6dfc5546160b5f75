// Profit and loss over pairs, by period and by UTC day: the sums of the reports, each pair added up again only after its next epoch.
import type { MoneyPeriod, MoneyReportDto, MoneySumsDto } from "@/lib/api/money-schemas";
import type { MoneyRecord } from "@/lib/epoch/money-record";
import type { Result } from "@/lib/errors/result";
import { buildResults } from "@/lib/ledger/results";
import { sumFlows, type DayPnl, type EpochFlowPoint, type FlowSums } from "@/lib/portfolio/pnl-report";

/** Days on the overview. */
export const MONEY_DAYS = 14;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Back from a pair's newest epoch; epochs are kept for a month, so the longest period is all there is. */
const LENGTH_MS: Readonly<Record<MoneyPeriod, number>> = {
  "24h": DAY_MS,
  "7d": 7 * DAY_MS,
  "30d": Number.POSITIVE_INFINITY,
};
/** A span up to this long is looked at by the hour, a longer one by the day. */
const BY_HOUR_MS = 2 * DAY_MS;

export interface MoneyBookInput {
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

type Bar = FlowSums & { readonly startAtMs: number };

interface PeriodOfPair {
  readonly fromMs: number;
  readonly toMs: number;
  readonly sums: MoneySumsDto;
  readonly days: readonly Bar[];
  /** Empty where the pair's own span is too long for it. */
  readonly hours: readonly Bar[];
}

interface Kept {
  readonly epoch: number | null;
  readonly days: readonly DayPnl[];
  /** Null: no epoch has figures yet. */
  readonly periods: Readonly<Record<MoneyPeriod, PeriodOfPair>> | null;
}

export interface MoneyBook {
  days(input: MoneyBookInput): Promise<MoneyDays>;
  report(input: MoneyBookInput, period: MoneyPeriod): Promise<MoneyReportDto>;
}

export function createMoneyBook(): MoneyBook {
  const kept = new Map<string, Kept>();

  async function keptOf(input: MoneyBookInput, pairId: string): Promise<Kept | null> {
    const epoch = input.newestEpoch(pairId);
    const known = kept.get(pairId);
    if (known !== undefined && epoch !== null && known.epoch === epoch) return known;
    const records = await input.read(pairId);
    // What was added up before is still true of what came before.
    if (!records.ok) return known ?? null;
    const fresh = { epoch, ...addUp(records.value) };
    kept.set(pairId, fresh);
    return fresh;
  }

  return {
    async days(input) {
      const byDay = new Map<number, DayPnl[]>();
      const missing: string[] = [];
      let pairs = 0;
      // One after the other: thousands of records are parsed per pair, and other requests come in between.
      for (const pairId of input.pairIds) {
        const known = await keptOf(input, pairId);
        if (known === null) missing.push(pairId);
        else if (known.days.length > 0) pairs += 1;
        for (const day of known?.days ?? []) byDay.set(day.startAtMs, [...(byDay.get(day.startAtMs) ?? []), day]);
      }
      const newest = Math.max(...byDay.keys());
      const all: DayPnl[] = [];
      for (const [startAtMs, ofDay] of byDay) {
        const day = ofDay[0]?.day;
        if (day === undefined || startAtMs <= newest - MONEY_DAYS * DAY_MS) continue;
        all.push({ day, startAtMs, ...added(ofDay) });
      }
      return { days: all.toSorted((left, right) => left.startAtMs - right.startAtMs), pairs, missing };
    },
    async report(input, period) {
      const pairs: MoneyReportDto["pairs"] = [];
      const missing: string[] = [];
      const spans: PeriodOfPair[] = [];
      let fromMs: number | null = null;
      let toMs: number | null = null;
      for (const pairId of input.pairIds) {
        const known = await keptOf(input, pairId);
        if (known === null) missing.push(pairId);
        const own = known?.periods?.[period];
        if (own === undefined) continue;
        pairs.push({ pairId, ...own.sums });
        fromMs = Math.min(fromMs ?? own.fromMs, own.fromMs);
        toMs = Math.max(toMs ?? own.toMs, own.toMs);
        spans.push(own);
      }
      const isByHour = (toMs ?? 0) - (fromMs ?? 0) <= BY_HOUR_MS;
      const bars = new Map<number, Bar[]>();
      for (const bar of spans.flatMap(({ hours, days }) => (isByHour ? hours : days))) {
        bars.set(bar.startAtMs, [...(bars.get(bar.startAtMs) ?? []), bar]);
      }
      return {
        period,
        fromMs,
        toMs,
        total: totalOf(pairs),
        pairs,
        barMs: isByHour ? HOUR_MS : DAY_MS,
        bars: [...bars]
          .toSorted(([left], [right]) => left - right)
          .map(([startAtMs, ofBar]) => ({ startAtMs, ...added(ofBar) })),
        missing,
      };
    },
  };
}

function addUp(records: readonly MoneyRecord[]): Omit<Kept, "epoch"> {
  const all = buildResults({ records, lives: [], entrySeqs: [] });
  const newestMs = all.epochs.at(-1)?.marketAtMs;
  if (newestMs === undefined) return { days: all.days, periods: null };
  const periodOf = (period: MoneyPeriod): PeriodOfPair => {
    const sinceMs = newestMs - LENGTH_MS[period];
    const within = records.filter(({ marketAtMs }) => marketAtMs > sinceMs);
    const { epochs, total, agreement } =
      within.length === records.length ? all : buildResults({ records: within, lives: [], entrySeqs: [] });
    const { capital } = agreement;
    const outsideUsd = capital?.outsideUsd ?? 0;
    const otherUsd = capital === null ? 0 : capital.notKeptUsd - capital.writtenOffUsd;
    const fromMs = epochs[0]?.marketAtMs ?? newestMs;
    return {
      fromMs,
      toMs: newestMs,
      sums: { ...total, outsideUsd, otherUsd, changeUsd: total.netUsd + outsideUsd + otherUsd },
      days: barsOf(epochs, DAY_MS),
      hours: newestMs - fromMs <= BY_HOUR_MS ? barsOf(epochs, HOUR_MS) : [],
    };
  };
  return { days: all.days, periods: { "24h": periodOf("24h"), "7d": periodOf("7d"), "30d": periodOf("30d") } };
}

function barsOf(epochs: readonly EpochFlowPoint[], barMs: number): Bar[] {
  const byBar = new Map<number, EpochFlowPoint[]>();
  for (const point of epochs) {
    const startAtMs = Math.floor(point.marketAtMs / barMs) * barMs;
    const own = byBar.get(startAtMs);
    if (own === undefined) byBar.set(startAtMs, [point]);
    else own.push(point);
  }
  return [...byBar].map(([startAtMs, points]) => ({ startAtMs, ...sumFlows(points) }));
}

/** Sums of sums: the epochs are those of all. */
function added(parts: readonly FlowSums[]): FlowSums {
  return { ...sumFlows(parts), epochs: parts.reduce((sum, each) => sum + each.epochs, 0) };
}

function totalOf(pairs: readonly MoneySumsDto[]): MoneySumsDto {
  const add = (key: "outsideUsd" | "otherUsd" | "changeUsd"): number => pairs.reduce((sum, each) => sum + each[key], 0);
  return { ...added(pairs), outsideUsd: add("outsideUsd"), otherUsd: add("otherUsd"), changeUsd: add("changeUsd") };
}
