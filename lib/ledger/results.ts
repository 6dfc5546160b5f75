// Results of a pair in three views of the same parts (by epoch, by day, by position life) and the lines that show how they agree.
import {
  flowOf,
  pnlByDay,
  sumFlows,
  type DayPnl,
  type EpochFlowPoint,
  type FlowFigures,
  type FlowSums,
} from "@/lib/portfolio/pnl-report";
import type { FlowCapital, FlowPart } from "./flow-book";
import type { PositionLife } from "./position-lives";
import { combine, isNothing, NO_AMOUNTS, toAmounts, type Amounts } from "./token-values";

/** What an epoch's record says of money. */
export interface RecordedFlows {
  readonly epoch: number;
  readonly marketAtMs: number;
  /** Null in the first epoch; the sum of the parts where there are parts. */
  readonly flows: (Omit<FlowFigures, "bridgeCostUsd"> & { readonly bridgeCostUsd?: number | undefined }) | null;
  /** Null in records of older versions, whose flows belong to no position, and where the chain could not be read. */
  readonly accounting: {
    readonly parts: readonly FlowPart[];
    readonly capital: (FlowCapital & { readonly residualUsd: number | null }) | null;
    /** Newest entry of the ledger that is counted. */
    readonly seq: number;
    readonly heldIds: readonly string[];
  } | null;
}

export interface PositionResult extends FlowSums {
  readonly life: PositionLife;
  /** End of the figures: its end, or the newest epoch. */
  readonly measuredAtMs: number;
  /** False when the records begin after the mint: what it made before is not in the figures. */
  readonly isWhole: boolean;
}

/** Sums and differences of the views; everything that is not 0 has a name here. */
export interface Agreement {
  readonly byEpoch: FlowSums;
  readonly byDay: FlowSums;
  readonly byPosition: FlowSums;
  /** Swaps, bridges, and the gas of rights: flows of the pair that belong to no one position. */
  readonly ofNoPosition: FlowSums;
  /** Largest difference of one figure between the views, US dollars. */
  readonly differenceUsd: number;
  /** Closed lives whose every epoch is kept, against their receipts. */
  readonly receipts: {
    readonly lives: number;
    /** Lives whose fees are not those of the receipts to the last raw unit. */
    readonly feeDifferences: number;
    /** Largest difference of a life's change of value, US dollars. */
    readonly markDifferenceUsd: number;
  };
  readonly capital: CapitalLines | null;
  /** Entries of the ledger that the next epoch will count. */
  readonly waitingEntries: number;
}

/** start + paid in + fees + mark + outside - swaps - bridges - written off + not kept = end. */
export interface CapitalLines extends FlowCapital {
  readonly fromMs: number;
  readonly toMs: number;
  readonly feesUsd: number;
  readonly markUsd: number;
  readonly swapCostUsd: number;
  readonly bridgeCostUsd: number;
  /** Change over epochs whose records are lost. */
  readonly notKeptUsd: number;
  /** end less the sum of the other lines. */
  readonly differenceUsd: number;
  /** Balances and positions on the chain less `endUsd`; null while a bridge is under way or a position cannot be read. */
  readonly residualUsd: number | null;
}

export interface Results {
  readonly epochs: readonly EpochFlowPoint[];
  readonly days: readonly DayPnl[];
  readonly total: FlowSums;
  readonly positions: readonly PositionResult[];
  readonly agreement: Agreement;
}

export interface ResultsInput {
  /** Kept epochs, any order. */
  readonly records: readonly RecordedFlows[];
  /** Oldest first. */
  readonly lives: readonly PositionLife[];
  /** Number of every entry of the pair's ledger. */
  readonly entrySeqs: readonly number[];
}

interface Cut {
  readonly epoch: number;
  readonly marketAtMs: number;
  readonly part: FlowPart;
}

export function buildResults(input: ResultsInput): Results {
  const records = input.records.toSorted((left, right) => left.epoch - right.epoch);
  const cuts = records.flatMap((record) => cutsOf(record));
  const byPositionId = new Map<string | null, Cut[]>();
  for (const cut of cuts) {
    const own = byPositionId.get(cut.part.positionId) ?? [];
    own.push(cut);
    byPositionId.set(cut.part.positionId, own);
  }
  const epochs = records.flatMap((record): EpochFlowPoint[] => {
    const { epoch, marketAtMs, flows } = record;
    return flows === null ? [] : [{ epoch, marketAtMs, ...flowsOf(cutsOf(record)) }];
  });
  const days = pnlByDay(epochs);
  const total = sumFlows(epochs);
  const newest = records.findLast(({ accounting }) => accounting !== null);
  const oldest = records.find(({ accounting }) => accounting !== null);
  const positions = input.lives.map((life): PositionResult => {
    const own = byPositionId.get(life.positionId) ?? [];
    return {
      life,
      ...flowsOf(own),
      epochs: own.length,
      measuredAtMs: life.closedAtMs ?? newest?.marketAtMs ?? life.openedAtMs,
      isWhole:
        oldest !== undefined &&
        life.openedAtMs >= oldest.marketAtMs &&
        oldest.accounting?.heldIds.includes(life.positionId) === false,
    };
  });
  const known = new Set(positions.map(({ life }) => life.positionId));
  const ofNoPosition = sumFlows(
    cuts.filter(({ part }) => part.positionId === null || !known.has(part.positionId)).map(({ part }) => flowOf(part)),
  );
  const byPosition = { ...sumFlows(positions), epochs: total.epochs };
  const byDay = { ...sumFlows(days), epochs: days.reduce((sum, day) => sum + day.epochs, 0) };
  const both = sumFlows([byPosition, ofNoPosition]);
  const seq = newest?.accounting?.seq ?? 0;
  return {
    epochs,
    days,
    total,
    positions,
    agreement: {
      byEpoch: total,
      byDay,
      byPosition,
      ofNoPosition: { ...ofNoPosition, epochs: total.epochs },
      differenceUsd: Math.max(furthest(total, byDay), furthest(total, both)),
      receipts: againstReceipts(positions, byPositionId),
      capital: capitalLines(records),
      waitingEntries: input.entrySeqs.filter((each) => each > seq).length,
    },
  };
}

function cutsOf(record: RecordedFlows): readonly Cut[] {
  const { epoch, marketAtMs, flows, accounting } = record;
  if (flows === null) return [];
  const parts = accounting?.parts ?? [
    { positionId: null, ...flows, bridgeCostUsd: flows.bridgeCostUsd ?? 0, fees: [] },
  ];
  return parts.map((part) => ({ epoch, marketAtMs, part }));
}

function flowsOf(cuts: readonly Cut[]): Omit<FlowSums, "epochs"> {
  const { epochs: _epochs, ...flows } = sumFlows(cuts.map(({ part }) => flowOf(part)));
  return flows;
}

const FIGURES = [
  "feesUsd",
  "markUsd",
  "hodlUsd",
  "lvrUsd",
  "gasUsd",
  "swapCostUsd",
  "bridgeCostUsd",
  "netUsd",
  "alphaUsd",
] as const;

function furthest(left: FlowSums, right: FlowSums): number {
  return Math.max(...FIGURES.map((key) => Math.abs(left[key] - right[key])));
}

function againstReceipts(
  positions: readonly PositionResult[],
  cuts: ReadonlyMap<string | null, readonly Cut[]>,
): Agreement["receipts"] {
  const ended = positions.filter(({ life, isWhole, measuredAtMs }) => {
    // The epoch after its end has counted the burn.
    const isCounted = (cuts.get(life.positionId)?.at(-1)?.marketAtMs ?? 0) >= measuredAtMs;
    return life.end === "burned" && isWhole && isCounted;
  });
  let feeDifferences = 0;
  let markDifferenceUsd = 0;
  for (const { life, markUsd } of ended) {
    const earned = (cuts.get(life.positionId) ?? []).reduce<Amounts>(
      (sum, { part }) => combine(sum, toAmounts(part.fees)),
      NO_AMOUNTS,
    );
    if (!isNothing(combine(earned, life.feesPaid, -1n))) feeDifferences += 1;
    if (life.inUsd === null || life.outUsd === null || life.origin === "adopted") continue;
    markDifferenceUsd = Math.max(markDifferenceUsd, Math.abs(life.outUsd - life.inUsd - markUsd));
  }
  return { lives: ended.length, feeDifferences, markDifferenceUsd };
}

function capitalLines(records: readonly RecordedFlows[]): CapitalLines | null {
  const told = records.flatMap(({ marketAtMs, accounting }) => {
    const { capital = null, parts = [] } = accounting ?? {};
    return capital === null ? [] : [{ marketAtMs, capital, parts }];
  });
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined) return null;
  const add = (pick: (each: (typeof told)[number]) => number): number =>
    told.reduce((sum, each) => sum + pick(each), 0);
  const part = (key: keyof FlowFigures): number => add(({ parts }) => parts.reduce((sum, each) => sum + each[key], 0));
  let notKeptUsd = 0;
  for (const [index, each] of told.entries()) {
    const before = told[index - 1];
    if (before !== undefined) notKeptUsd += each.capital.startUsd - before.capital.endUsd;
  }
  const lines = {
    fromMs: first.marketAtMs,
    toMs: last.marketAtMs,
    startUsd: first.capital.startUsd,
    paidInUsd: add(({ capital }) => capital.paidInUsd),
    feesUsd: part("feesUsd"),
    markUsd: part("markUsd"),
    outsideUsd: add(({ capital }) => capital.outsideUsd),
    swapCostUsd: part("swapCostUsd"),
    bridgeCostUsd: part("bridgeCostUsd"),
    writtenOffUsd: add(({ capital }) => capital.writtenOffUsd),
    notKeptUsd,
    endUsd: last.capital.endUsd,
    residualUsd: last.capital.residualUsd,
  };
  const { startUsd, paidInUsd, feesUsd, markUsd, outsideUsd, swapCostUsd, bridgeCostUsd, writtenOffUsd } = lines;
  const explainedUsd =
    startUsd + paidInUsd + feesUsd + markUsd + outsideUsd - swapCostUsd - bridgeCostUsd - writtenOffUsd + notKeptUsd;
  return { ...lines, differenceUsd: lines.endUsd - explainedUsd };
}
