// Results of a pair between two looks at the chain, from the journal's entries: parts that belong to one position each, or to none (strategy.md section 12).
import { NATIVE_TOKEN } from "./accounts";
import type { PriceObservation } from "./price-book";
import type { StatementEntry } from "./statement";
import {
  combine,
  isNothing,
  NO_AMOUNTS,
  toAmounts,
  toTokenAmounts,
  worthUsd,
  type Amounts,
  type TokenAmount,
  type TokenOf,
} from "./token-values";

/** Amounts that count from an instant on, at the price of that instant. */
interface BookedLot {
  readonly amounts: readonly TokenAmount[];
  readonly at: PriceObservation;
}

/** A position as the last look left it, in the shape that epoch records keep. */
export interface BookedPosition {
  readonly positionId: string;
  readonly chainId: number;
  /** What its account in the ledger holds: the amounts of its mint. */
  readonly booked: readonly TokenAmount[];
  readonly lots: readonly BookedLot[];
  /** Earned and not collected. */
  readonly fees: readonly TokenAmount[];
  readonly feesAt: PriceObservation;
}

/** Where the next look goes on from. */
export interface FlowBook {
  /** Newest entry of the journal that is counted. */
  readonly seq: number;
  readonly at: PriceObservation;
  readonly positions: readonly BookedPosition[];
  /** Tokens of the pair outside of positions: in the wallet and in transit. */
  readonly outside: readonly { readonly chainId: number; readonly amounts: readonly TokenAmount[] }[];
}

/** What the chain shows now. */
export interface FlowReading {
  readonly at: PriceObservation;
  readonly positions: readonly {
    readonly positionId: string;
    /** What a burn would pay, fees apart. */
    readonly amounts: readonly TokenAmount[];
    readonly fees: readonly TokenAmount[];
  }[];
  /** US dollars per whole native coin, for entries without a price of their own; null: not known, counted 0. */
  readonly nativeUsd: (chainId: number) => number | null;
}

/** Flows in US dollars of one position, or of what belongs to none (swaps, bridges, rights). */
export interface FlowPart {
  readonly positionId: string | null;
  readonly feesUsd: number;
  readonly markUsd: number;
  readonly hodlUsd: number;
  /** Native coin: gas, and fees that bridges take in it. */
  readonly gasUsd: number;
  readonly swapCostUsd: number;
  readonly bridgeCostUsd: number;
  /** The fees in raw units: their sum over a closed life is what its receipts paid. */
  readonly fees: readonly TokenAmount[];
}

/**
 * The pair's capital over the same time: end = start + paid in + fees + mark + outside - swap cost - bridge cost - written off. Gas is
 * paid from the wallet's native coin, which is no pair's capital.
 */
export interface FlowCapital {
  readonly startUsd: number;
  /** Assigned by signed command, adopted with a position, less what was taken away. */
  readonly paidInUsd: number;
  /** What the price did to tokens outside of positions: idle, in transit, fees not collected. */
  readonly outsideUsd: number;
  readonly writtenOffUsd: number;
  readonly endUsd: number;
}

export interface BookedFlows {
  readonly parts: readonly FlowPart[];
  readonly capital: FlowCapital;
  readonly book: FlowBook;
}

export interface FlowInput {
  readonly pairId: string;
  /** Null: nothing is known yet; then `entries` are all of the pair's. */
  readonly book: FlowBook | null;
  /** Entries of the pair, ascending; those that the book has counted are passed over. */
  readonly entries: readonly StatementEntry[];
  readonly reading: FlowReading;
  readonly tokenOf: TokenOf;
}

interface Lot {
  readonly amounts: Amounts;
  readonly at: PriceObservation;
}

interface Position {
  readonly chainId: number;
  booked: Amounts;
  lots: readonly Lot[];
  fees: Amounts;
  feesAt: PriceObservation;
}

interface Sums {
  feesUsd: number;
  markUsd: number;
  hodlUsd: number;
  gasUsd: number;
  swapCostUsd: number;
  bridgeCostUsd: number;
  fees: Amounts;
}

/** Lines of one record of the journal share all but the last two digits of their number. */
const LINES_PER_RECORD = 100;
const POSITION = /^pair:[^:]+:position:(.+)$/;

export function bookFlows(input: FlowInput): BookedFlows {
  const { tokenOf, reading, book, pairId } = input;
  const now = reading.at;
  const walletName = `pair:${pairId}:wallet`;
  const feesName = `pair:${pairId}:fees`;
  const transitPrefix = `pair:${pairId}:transit:`;
  const positions = new Map((book?.positions ?? []).map((each) => [each.positionId, fromBooked(each)] as const));
  const outside = new Map((book?.outside ?? []).map((each) => [each.chainId, toAmounts(each.amounts)] as const));
  let outsideAt = book?.at ?? now;
  const sums = new Map<string | null, Sums>();
  const capital = { paidInUsd: 0, outsideUsd: 0, writtenOffUsd: 0 };
  const startUsd = capitalUsd();

  function worth(chainId: number, amounts: Amounts, at: PriceObservation): number {
    return worthUsd(tokenOf, { chainId, amounts }, at);
  }

  /** Each amount at the price of its own last point. */
  function capitalUsd(): number {
    let sumUsd = 0;
    for (const [chainId, amounts] of outside) sumUsd += worth(chainId, amounts, outsideAt);
    for (const { chainId, lots, fees, feesAt } of positions.values()) {
      for (const lot of lots) sumUsd += worth(chainId, lot.amounts, lot.at);
      sumUsd += worth(chainId, fees, feesAt);
    }
    return sumUsd;
  }

  function partOf(positionId: string | null): Sums {
    const found = sums.get(positionId);
    if (found !== undefined) return found;
    const made: Sums = {
      feesUsd: 0,
      markUsd: 0,
      hodlUsd: 0,
      gasUsd: 0,
      swapCostUsd: 0,
      bridgeCostUsd: 0,
      fees: NO_AMOUNTS,
    };
    sums.set(positionId, made);
    return made;
  }

  function repriceOutside(at: PriceObservation): void {
    for (const [chainId, amounts] of outside) {
      capital.outsideUsd += worth(chainId, amounts, at) - worth(chainId, amounts, outsideAt);
    }
    outsideAt = at;
  }

  /** What is inside turned into `amounts` by now: the lots end, and `kept` goes on. */
  function settle(positionId: string, position: Position, at: PriceObservation, amounts: Amounts, kept: Amounts): void {
    const part = partOf(positionId);
    const { chainId, lots } = position;
    part.markUsd += worth(chainId, amounts, at);
    for (const lot of lots) {
      part.markUsd -= worth(chainId, lot.amounts, lot.at);
      part.hodlUsd += worth(chainId, lot.amounts, at) - worth(chainId, lot.amounts, lot.at);
    }
    position.lots = isNothing(kept) ? [] : [{ amounts: kept, at }];
  }

  /** Fees now waiting; the difference to before, with what was collected, is earned. */
  function earn(
    positionId: string,
    position: Position,
    change: { readonly at: PriceObservation; readonly waiting: Amounts; readonly collected: Amounts },
  ): void {
    const { at, waiting, collected } = change;
    const { chainId, fees, feesAt } = position;
    capital.outsideUsd += worth(chainId, fees, at) - worth(chainId, fees, feesAt);
    const earned = combine(combine(waiting, collected), fees, -1n);
    const part = partOf(positionId);
    part.fees = combine(part.fees, earned);
    part.feesUsd += worth(chainId, earned, at);
    position.fees = waiting;
    position.feesAt = at;
  }

  function positionOf(positionId: string, chainId: number, at: PriceObservation): Position {
    const found = positions.get(positionId);
    if (found !== undefined) return found;
    const made: Position = { chainId, booked: NO_AMOUNTS, lots: [], fees: NO_AMOUNTS, feesAt: at };
    positions.set(positionId, made);
    return made;
  }

  /** Mint, burn, decrease, or one of them taken back because its block is gone: amounts and fees cross between wallet and position. */
  function crossPosition(
    positionId: string,
    record: {
      readonly chainId: number;
      readonly at: PriceObservation;
      readonly booked: Amounts;
      readonly principal: Amounts;
      readonly fees: Amounts;
    },
  ): void {
    const { chainId, at, booked, principal, fees } = record;
    const position = positionOf(positionId, chainId, at);
    if ([...booked.values()].some((raw) => raw > 0n)) {
      position.lots = [...position.lots, { amounts: negative(principal), at }];
      position.booked = combine(position.booked, booked);
      // A burn that is taken back gives its fees back too: they wait again, and are earned no second time.
      earn(positionId, position, { at, waiting: combine(position.fees, fees, -1n), collected: fees });
      return;
    }
    const { amounts, kept } = wholeOf(position, principal, negative(booked));
    settle(positionId, position, at, amounts, kept);
    position.booked = combine(position.booked, booked);
    const isWhole = isNothing(position.booked);
    earn(positionId, position, {
      at,
      waiting: isWhole ? NO_AMOUNTS : combine(position.fees, fees, -1n),
      collected: fees,
    });
    if (isWhole) positions.delete(positionId);
  }

  function applyRecord(record: readonly StatementEntry[]): void {
    const first = record[0];
    if (first === undefined) return;
    // A transfer's record has legs on two chains.
    const at =
      first.rate == null ? now : { atMs: first.rate.atMs, price: first.rate.price, quoteUsd: first.rate.quoteUsd };
    const touched = [...new Set(record.flatMap(({ account }) => POSITION.exec(account)?.[1] ?? []))];
    const [positionId = null] = touched;
    repriceOutside(at);
    for (const entry of record) {
      const { account, token, chainId, kind } = entry;
      const amountRaw = BigInt(entry.amountRaw);
      const amounts: Amounts = new Map([[token.toLowerCase(), amountRaw]]);
      if (account === "gas") {
        const nativeUsd = entry.rate?.nativeUsd ?? reading.nativeUsd(chainId) ?? 0;
        const { decimals } = tokenOf(chainId, NATIVE_TOKEN);
        if (kind === "gas" || kind === "bridge")
          partOf(positionId).gasUsd -= (Number(amountRaw) / 10 ** decimals) * nativeUsd;
        continue;
      }
      if (account !== walletName && !account.startsWith(transitPrefix)) continue;
      outside.set(chainId, combine(outside.get(chainId) ?? NO_AMOUNTS, amounts));
      const usd = worth(chainId, amounts, at);
      if (kind === "swap") partOf(null).swapCostUsd -= usd;
      else if (kind === "bridge" || kind === "refund") partOf(null).bridgeCostUsd -= usd;
      else if (kind === "debit") capital.writtenOffUsd -= usd;
      else if (positionId === null || !isCrossing(kind)) capital.paidInUsd += usd;
    }
    for (const each of touched) applyPosition(each, record, at);
  }

  function applyPosition(positionId: string, record: readonly StatementEntry[], at: PriceObservation): void {
    const account = `pair:${pairId}:position:${positionId}`;
    const own = record.filter((entry) => entry.account === account);
    const [first] = own;
    if (first === undefined) return;
    const { chainId, kind } = first;
    const sumOf = (wanted: (entry: StatementEntry) => boolean): Amounts =>
      toAmounts(record.filter(wanted).map((entry) => ({ token: entry.token, raw: entry.amountRaw })));
    const booked = sumOf((entry) => entry.account === account);
    if (kind === "credit") {
      // Adopted: what is in it, and the fees that wait in it, are an opening balance.
      const position = positionOf(positionId, chainId, at);
      const waiting = sumOf((entry) => entry.account === feesName);
      position.lots = [...position.lots, { amounts: booked, at }];
      position.booked = combine(position.booked, booked);
      position.fees = combine(position.fees, waiting);
      position.feesAt = at;
      capital.paidInUsd += worth(chainId, combine(booked, waiting), at);
      return;
    }
    if (kind === "debit") {
      const position = positions.get(positionId);
      if (position === undefined) return;
      settle(positionId, position, at, NO_AMOUNTS, NO_AMOUNTS);
      earn(positionId, position, { at, waiting: NO_AMOUNTS, collected: NO_AMOUNTS });
      positions.delete(positionId);
      return;
    }
    crossPosition(positionId, {
      chainId,
      at,
      booked,
      principal: sumOf((entry) => entry.account === walletName && (entry.kind === "mint" || entry.kind === "burn")),
      fees: sumOf((entry) => entry.account === walletName && entry.kind === "fees"),
    });
  }

  const counted = book?.seq ?? 0;
  const fresh = input.entries.filter((entry) => entry.seq > counted);
  for (const record of byRecord(fresh)) applyRecord(record);
  repriceOutside(now);
  for (const seen of reading.positions) {
    const position = positions.get(seen.positionId);
    // Not booked yet: its receipt comes with the next look.
    if (position === undefined) continue;
    const amounts = toAmounts(seen.amounts);
    settle(seen.positionId, position, now, amounts, amounts);
    earn(seen.positionId, position, { at: now, waiting: toAmounts(seen.fees), collected: NO_AMOUNTS });
  }
  return {
    parts: [...sums].map(([positionId, part]) => ({ positionId, ...part, fees: toTokenAmounts(part.fees) })),
    capital: { startUsd, ...capital, endUsd: capitalUsd() },
    book: {
      seq: fresh.at(-1)?.seq ?? counted,
      at: now,
      positions: [...positions].map(([positionId, position]) => toBooked(positionId, position)),
      outside: [...outside].map(([chainId, amounts]) => ({ chainId, amounts: toTokenAmounts(amounts) })),
    },
  };
}

/** What is in a position when it pays `paid` for the booked amounts that leave. */
function wholeOf(position: Position, paid: Amounts, leaving: Amounts): { amounts: Amounts; kept: Amounts } {
  const after = combine(position.booked, leaving, -1n);
  let [part, whole] = [1n, 1n];
  for (const [token, raw] of leaving) {
    const before = position.booked.get(token) ?? 0n;
    if (raw > 0n && before > 0n && before * part > whole * raw) [part, whole] = [raw, before];
  }
  if (isNothing(after) || whole === 1n) return { amounts: paid, kept: NO_AMOUNTS };
  const amounts = new Map([...paid].map(([token, raw]) => [token, (raw * whole) / part] as const));
  return { amounts, kept: combine(amounts, paid, -1n) };
}

function isCrossing(kind: StatementEntry["kind"]): boolean {
  return kind === "mint" || kind === "burn" || kind === "fees";
}

function byRecord(entries: readonly StatementEntry[]): readonly (readonly StatementEntry[])[] {
  const records = new Map<number, StatementEntry[]>();
  for (const entry of entries) {
    const key = Math.floor(entry.seq / LINES_PER_RECORD);
    const lines = records.get(key) ?? [];
    lines.push(entry);
    records.set(key, lines);
  }
  return [...records.values()];
}

function negative(amounts: Amounts): Amounts {
  return combine(NO_AMOUNTS, amounts, -1n);
}

function fromBooked(booked: BookedPosition): Position {
  return {
    chainId: booked.chainId,
    booked: toAmounts(booked.booked),
    lots: booked.lots.map(({ amounts, at }) => ({ amounts: toAmounts(amounts), at })),
    fees: toAmounts(booked.fees),
    feesAt: booked.feesAt,
  };
}

function toBooked(positionId: string, position: Position): BookedPosition {
  return {
    positionId,
    chainId: position.chainId,
    booked: toTokenAmounts(position.booked),
    lots: position.lots.map(({ amounts, at }) => ({ amounts: toTokenAmounts(amounts), at })),
    fees: toTokenAmounts(position.fees),
    feesAt: position.feesAt,
  };
}
