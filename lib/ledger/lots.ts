// What is held of one token, in lots: what came in, when and at what cost, and which of it leaves, first in first out or at the average cost.
import { invariant } from "@/lib/errors/invariant";

export const GAIN_METHODS = ["fifo", "average"] as const;
export type GainMethod = (typeof GAIN_METHODS)[number];

/** Something that came in and is (in part) still there. */
export interface Lot {
  /** Number of the ledger entry that brought it. */
  readonly lotId: string;
  readonly acquiredAtMs: number;
  /** Smallest units of the holding, more than 0. */
  readonly amountRaw: bigint;
  /** In the currency of the report; null when its price is not known. */
  readonly cost: number | null;
}

/** A part that leaves, with its share of the cost. */
export interface TakenPart {
  /** Null: of the average holding, or of nothing that this ledger saw come in. */
  readonly lotId: string | null;
  readonly acquiredAtMs: number | null;
  readonly amountRaw: bigint;
  readonly cost: number | null;
  /** False: more left than the ledger saw come in; its cost is not known. */
  readonly isHeld: boolean;
}

export interface Holding {
  put(lot: Lot): void;
  /** The parts add up to the amount exactly; the lots never go below zero. */
  take(amountRaw: bigint): readonly TakenPart[];
  amountRaw(): bigint;
  /** Null when the cost of a part of it is not known. */
  cost(): number | null;
  lots(): readonly Lot[];
}

export function createHolding(method: GainMethod): Holding {
  return method === "fifo" ? createQueue() : createAverage();
}

/** The oldest lot leaves first. */
function createQueue(): Holding {
  const lots: Lot[] = [];
  let first = 0;
  return {
    put: (lot) => {
      invariant(lot.amountRaw > 0n, "a lot is more than nothing", { ...lot });
      lots.push(lot);
    },
    take: (amountRaw) => {
      const parts: TakenPart[] = [];
      let leftRaw = amountRaw;
      for (let lot = lots[first]; lot !== undefined && leftRaw > 0n; lot = lots[first]) {
        const takenRaw = lot.amountRaw < leftRaw ? lot.amountRaw : leftRaw;
        const cost = shareOf(lot.cost, takenRaw, lot.amountRaw);
        parts.push({ lotId: lot.lotId, acquiredAtMs: lot.acquiredAtMs, amountRaw: takenRaw, cost, isHeld: true });
        leftRaw -= takenRaw;
        if (takenRaw === lot.amountRaw) first += 1;
        else {
          const restCost = lot.cost === null || cost === null ? null : lot.cost - cost;
          lots[first] = { ...lot, amountRaw: lot.amountRaw - takenRaw, cost: restCost };
        }
      }
      return withMissing(parts, leftRaw);
    },
    amountRaw: () => lots.slice(first).reduce((sum, lot) => sum + lot.amountRaw, 0n),
    cost: () => sumOf(lots.slice(first).map((lot) => lot.cost)),
    lots: () => lots.slice(first),
  };
}

/** One lot of everything; its cost is not known again before it was empty once, if that of a part is not. */
function createAverage(): Holding {
  let all: Lot | null = null;
  return {
    put: (lot) => {
      invariant(lot.amountRaw > 0n, "a lot is more than nothing", { ...lot });
      all =
        all === null
          ? lot
          : {
              ...all,
              amountRaw: all.amountRaw + lot.amountRaw,
              cost: all.cost === null || lot.cost === null ? null : all.cost + lot.cost,
            };
    },
    take: (amountRaw) => {
      if (all === null) return withMissing([], amountRaw);
      const takenRaw = all.amountRaw < amountRaw ? all.amountRaw : amountRaw;
      const cost = shareOf(all.cost, takenRaw, all.amountRaw);
      const restCost = all.cost === null || cost === null ? null : all.cost - cost;
      const restRaw = all.amountRaw - takenRaw;
      all = restRaw === 0n ? null : { ...all, amountRaw: restRaw, cost: restCost };
      const part = { lotId: null, acquiredAtMs: null, amountRaw: takenRaw, cost, isHeld: true };
      return withMissing(takenRaw === 0n ? [] : [part], amountRaw - takenRaw);
    },
    amountRaw: () => all?.amountRaw ?? 0n,
    cost: () => (all === null ? 0 : all.cost),
    lots: () => (all === null ? [] : [all]),
  };
}

function withMissing(parts: readonly TakenPart[], missingRaw: bigint): readonly TakenPart[] {
  if (missingRaw === 0n) return parts;
  return [...parts, { lotId: null, acquiredAtMs: null, amountRaw: missingRaw, cost: null, isHeld: false }];
}

/** The whole is given whole: no remainder of rounding stays behind. */
function shareOf(cost: number | null, partRaw: bigint, wholeRaw: bigint): number | null {
  if (cost === null || partRaw === wholeRaw) return cost;
  return cost * (Number(partRaw) / Number(wholeRaw));
}

function sumOf(costs: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const cost of costs) {
    if (cost === null) return null;
    sum += cost;
  }
  return sum;
}
