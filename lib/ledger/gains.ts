// Realised gains per token from the rows of the ledger: lots by first in first out or at average cost, in a chosen currency, at the prices the rows were booked with.
import { parseIso } from "@/lib/format/time";
import { pairOfAccount } from "./accounts";
import { createHolding, type GainMethod, type Holding, type TakenPart } from "./lots";
import { decimalText, type StatementRow } from "./statement";
import { createUnitPrices, type Currency, type UnitPrice } from "./unit-prices";

export const GAIN_EVENTS = ["brought_in", "income", "bought", "sold", "gas", "bridge_cost", "taken_out"] as const;
export type GainEvent = (typeof GAIN_EVENTS)[number];

/** One thing that came in, or one lot's part of what left. */
export interface GainRow {
  readonly seq: number;
  readonly atMs: number;
  readonly event: GainEvent;
  readonly pairId: string | null;
  readonly token: string;
  /** Exact, signed: + came in. */
  readonly amount: string;
  readonly lotId: string | null;
  readonly lotAtMs: number | null;
  /** What was got for it; null for what came in, and where it is not known. */
  readonly proceeds: number | null;
  readonly cost: number | null;
  readonly gain: number | null;
  readonly price: UnitPrice | null;
  readonly txHash: string | null;
  readonly planId: string | null;
}

/** A sum of what is known, and how many parts of it are not. */
export interface KnownSum {
  readonly known: number;
  readonly unknown: number;
}

const SUMS = ["realised", "income", "gas", "bridges", "broughtIn", "takenOut"] as const;
type SumName = (typeof SUMS)[number];

export interface TokenGains extends Readonly<Record<SumName, KnownSum>> {
  readonly token: string;
  /** At the end of the period, exact. */
  readonly held: string;
  readonly cost: number | null;
  readonly worth: number | null;
  /** worth less cost. */
  readonly unrealised: number | null;
  /** Newest booked price of the token before the end of the period. */
  readonly price: UnitPrice | null;
  /** Lots less what the ledger's accounts hold, exact; not 0 when more left than this ledger saw come in. */
  readonly difference: string;
}

export interface GainReport {
  readonly method: GainMethod;
  readonly currency: Currency;
  readonly rows: readonly GainRow[];
  /** By symbol. */
  readonly tokens: readonly TokenGains[];
  readonly totals: Readonly<Record<SumName, KnownSum>> & {
    readonly cost: KnownSum;
    readonly unrealised: KnownSum;
  };
  /** Cost held at the end less (cost held at the start + brought in + income + realised − gas − bridges − taken out); null while a price is unknown. */
  readonly difference: number | null;
}

export interface GainInput {
  /** The whole ledger from its first entry, oldest first: lots begin there, whatever the period. */
  readonly rows: readonly StatementRow[];
  readonly method: GainMethod;
  readonly currency: Currency;
  /** Market time, unix ms; to exclusive. */
  readonly period: { readonly fromMs: number; readonly toMs: number };
  /** Rows of one pair only: its gas is paid from a coin that is no pair's capital. */
  readonly isOnePair: boolean;
}

type Group = "capital" | "fees" | "trade" | "bridge" | "gas";

/** What came in goes before what leaves. */
const GROUPS: readonly Group[] = ["capital", "fees", "trade", "bridge", "gas"];

const GROUP_OF: Readonly<Record<string, Group>> = {
  opening: "capital",
  assign: "capital",
  credit: "capital",
  debit: "capital",
  fees: "fees",
  mint: "trade",
  burn: "trade",
  swap: "trade",
  bridge: "bridge",
  refund: "bridge",
  gas: "gas",
};

/** Change of what is owned of one token by one journal record, in units of the token's holding. */
interface Move {
  readonly token: string;
  readonly amountRaw: bigint;
  readonly row: StatementRow;
  readonly atMs: number;
}

interface TokenBook {
  readonly decimals: number;
  readonly holding: Holding;
  ownedRaw: bigint;
  readonly sums: Record<SumName, { known: number; unknown: number }>;
}

/** A journal record's lines are numbered from 100 times its own number. */
const LINES_PER_RECORD = 100;
const OWNED = /^(unassigned|gas|pair:[^:]+:(wallet|position:.+|transit:.+))$/;
const FEES = /^pair:[^:]+:fees$/;

export function buildGains(input: GainInput): GainReport {
  const { method, currency, period } = input;
  const prices = createUnitPrices(input.rows, currency);
  const books = createBooks(input.rows, method);
  const rows: GainRow[] = [];
  const claims = new Map<string, bigint>();
  let startCost: number | null = null;

  function costHeld(): number | null {
    let sum = 0;
    for (const { holding } of books.values()) {
      const cost = holding.cost();
      if (cost === null) return null;
      sum += cost;
    }
    return sum;
  }

  function bookOf(token: string): TokenBook {
    const book = books.get(token);
    if (book === undefined) throw new RangeError(`token ${token} is in no row of the ledger it came from`);
    return book;
  }

  function count(move: Move, name: SumName, value: number | null): void {
    if (move.atMs < period.fromMs) return;
    const sum = bookOf(move.token).sums[name];
    if (value === null) sum.unknown += 1;
    else sum.known += value;
  }

  function tell(
    move: Move,
    row: Pick<GainRow, "event" | "lotId" | "lotAtMs" | "proceeds" | "cost" | "gain"> & { amountRaw: bigint },
  ): void {
    if (move.atMs < period.fromMs) return;
    const { amountRaw, ...rest } = row;
    rows.push({
      ...rest,
      seq: Number(move.row.seq),
      atMs: move.atMs,
      pairId: textOf(move.row.pair),
      token: move.token,
      amount: decimalText(amountRaw.toString(), bookOf(move.token).decimals),
      price: prices.ofRow(move.row),
      txHash: textOf(move.row.tx_hash),
      planId: textOf(move.row.plan_id),
    });
  }

  /** At the price the row was booked with; null when it has none. */
  function fairValue(move: Move): number | null {
    const price = prices.ofRow(move.row);
    if (price === null) return null;
    const size = move.amountRaw < 0n ? -move.amountRaw : move.amountRaw;
    return price.price * Number(decimalText(size.toString(), bookOf(move.token).decimals));
  }

  function put(move: Move, event: GainEvent, cost: number | null): void {
    const lotId = String(move.row.seq);
    bookOf(move.token).holding.put({ lotId, acquiredAtMs: move.atMs, amountRaw: move.amountRaw, cost });
    tell(move, { event, amountRaw: move.amountRaw, lotId, lotAtMs: move.atMs, proceeds: null, cost, gain: null });
  }

  /** `proceeds` of the whole, shared by amount between the lots that leave. */
  function take(move: Move, event: GainEvent, proceeds: number | null): void {
    const amountRaw = -move.amountRaw;
    for (const part of bookOf(move.token).holding.take(amountRaw)) {
      const share = proceeds === null ? null : proceeds * (Number(part.amountRaw) / Number(amountRaw));
      const gain = gainOf(part, share);
      count(move, "realised", gain);
      tell(move, {
        event,
        amountRaw: -part.amountRaw,
        lotId: part.lotId,
        lotAtMs: part.acquiredAtMs,
        proceeds: share,
        cost: part.cost,
        gain,
      });
    }
  }

  function capital(move: Move): void {
    const value = fairValue(move);
    count(move, move.amountRaw > 0n ? "broughtIn" : "takenOut", value);
    if (move.amountRaw > 0n) put(move, "brought_in", value);
    else take(move, "taken_out", value);
  }

  /** Negative only where a block with fees is gone. */
  function income(move: Move): void {
    const value = fairValue(move);
    const isIn = move.amountRaw > 0n;
    count(move, "income", value === null || isIn ? value : -value);
    if (isIn) put(move, "income", value);
    else take(move, "income", value);
  }

  function gas(move: Move): void {
    const value = fairValue(move);
    const isOut = move.amountRaw < 0n;
    count(move, "gas", value === null || isOut ? value : -value);
    if (!isOut) {
      put(move, "gas", value);
      return;
    }
    // The coin is the wallet's, not the pair's: it comes in as it is spent.
    if (input.isOnePair) {
      bookOf(move.token).ownedRaw -= move.amountRaw;
      capital({ ...move, amountRaw: -move.amountRaw });
    }
    take(move, "gas", value);
  }

  /** What was got is what was given for it is worth, at the price of the record: the cost of a swap is in the gain. */
  function trade(moves: readonly Move[], isBridge: boolean): void {
    const outs = moves.filter(({ amountRaw }) => amountRaw < 0n);
    const ins = moves.filter(({ amountRaw }) => amountRaw > 0n);
    if (isBridge && (ins.length === 0 || outs.length === 0)) {
      for (const move of moves) {
        const value = fairValue(move);
        const isOut = move.amountRaw < 0n;
        // More arrives than left only where an arrival's block is gone.
        count(move, "bridges", value === null || isOut ? value : -value);
        if (isOut) take(move, "bridge_cost", value);
        else put(move, "bridge_cost", value);
      }
      return;
    }
    const got = sumKnown(ins.map(fairValue));
    const given = outs.map(fairValue);
    const givenSum = sumKnown(given);
    outs.forEach((move, index) => {
      take(move, "sold", shareOfProceeds({ got, given: given[index] ?? null, givenSum, outCount: outs.length }));
    });
    // Nothing was given for a unit of rounding: it costs nothing.
    for (const move of ins) put(move, "bought", outs.length === 0 ? 0 : fairValue(move));
  }

  for (const record of recordsOf(input.rows)) {
    if (record.atMs >= period.toMs) continue;
    if (startCost === null && record.atMs >= period.fromMs) startCost = costHeld() ?? Number.NaN;
    const moves = movesOf(record.rows, record.atMs, { books, claims });
    for (const group of GROUPS) {
      const own = [...(moves.get(group)?.values() ?? [])].filter(({ amountRaw }) => amountRaw !== 0n);
      if (group === "trade" || group === "bridge") trade(own, group === "bridge");
      else own.forEach(group === "capital" ? capital : group === "fees" ? income : gas);
    }
  }

  const tokens = [...books]
    .map(([token, book]) => tokenGains(token, book, prices.newest(token, period.toMs)))
    .filter((each) => Number(each.held) !== 0 || SUMS.some((name) => each[name].known !== 0 || each[name].unknown > 0))
    .toSorted((left, right) => (left.token < right.token ? -1 : 1));
  const total = (pick: (each: TokenGains) => KnownSum): KnownSum => ({
    known: tokens.reduce((sum, each) => sum + pick(each).known, 0),
    unknown: tokens.reduce((sum, each) => sum + pick(each).unknown, 0),
  });
  const totals = {
    realised: total((each) => each.realised),
    income: total((each) => each.income),
    gas: total((each) => each.gas),
    bridges: total((each) => each.bridges),
    broughtIn: total((each) => each.broughtIn),
    takenOut: total((each) => each.takenOut),
    cost: total((each) => maybe(each.cost)),
    unrealised: total((each) => maybe(each.unrealised)),
  };
  const isKnown = SUMS.every((name) => totals[name].unknown === 0) && totals.cost.unknown === 0;
  const { broughtIn, income: earned, realised, gas: burned, bridges, takenOut } = totals;
  const explained =
    (startCost ?? costHeld() ?? Number.NaN) +
    broughtIn.known +
    earned.known +
    realised.known -
    burned.known -
    bridges.known -
    takenOut.known;
  const difference = totals.cost.known - explained;
  return {
    method,
    currency,
    rows,
    tokens,
    totals,
    difference: isKnown && Number.isFinite(difference) ? difference : null,
  };
}

function maybe(value: number | null): KnownSum {
  return { known: value ?? 0, unknown: value === null ? 1 : 0 };
}

function nothing(): { known: number; unknown: number } {
  return { known: 0, unknown: 0 };
}

function gainOf(part: TakenPart, proceeds: number | null): number | null {
  return proceeds === null || part.cost === null ? null : proceeds - part.cost;
}

/** By what each of several things given was worth; evenly when all were worth nothing. */
function shareOfProceeds(input: {
  readonly got: number | null;
  readonly given: number | null;
  readonly givenSum: number | null;
  readonly outCount: number;
}): number | null {
  const { got, given, givenSum, outCount } = input;
  if (got === null || outCount === 1) return got;
  if (given === null || givenSum === null) return null;
  return givenSum === 0 ? got / outCount : got * (given / givenSum);
}

function sumKnown(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

/** One symbol is one thing on all chains: its amounts are counted in the finest units that any chain has. */
function createBooks(rows: readonly StatementRow[], method: GainMethod): Map<string, TokenBook> {
  const decimals = new Map<string, number>();
  for (const row of rows) {
    const token = String(row.token);
    decimals.set(token, Math.max(decimals.get(token) ?? 0, Number(row.decimals)));
  }
  return new Map(
    [...decimals].map(([token, digits]): [string, TokenBook] => [
      token,
      {
        decimals: digits,
        holding: createHolding(method),
        ownedRaw: 0n,
        sums: {
          realised: nothing(),
          income: nothing(),
          gas: nothing(),
          bridges: nothing(),
          broughtIn: nothing(),
          takenOut: nothing(),
        },
      },
    ]),
  );
}

function* recordsOf(
  rows: readonly StatementRow[],
): Generator<{ readonly atMs: number; readonly rows: StatementRow[] }> {
  let own: StatementRow[] = [];
  let number: number | null = null;
  for (const row of rows) {
    const next = Math.floor(Number(row.seq) / LINES_PER_RECORD);
    if (number !== null && next !== number) {
      yield { atMs: timeOf(own), rows: own };
      own = [];
    }
    number = next;
    own.push(row);
  }
  if (own.length > 0) yield { atMs: timeOf(own), rows: own };
}

function timeOf(rows: readonly StatementRow[]): number {
  return parseIso(String(rows[0]?.market_at_utc)) ?? 0;
}

/** What a record changes of what is owned: places of our own cancel out, on one chain and between two. */
function movesOf(
  rows: readonly StatementRow[],
  atMs: number,
  state: { readonly books: ReadonlyMap<string, TokenBook>; readonly claims: Map<string, bigint> },
): ReadonlyMap<Group, ReadonlyMap<string, Move>> {
  const moves = new Map<Group, Map<string, Move>>();
  for (const row of rows) {
    const group = GROUP_OF[String(row.kind)];
    const token = String(row.token);
    const book = state.books.get(token);
    if (group === undefined || book === undefined) continue;
    const amountRaw = ownedChange(row, state.claims) * 10n ** BigInt(book.decimals - Number(row.decimals));
    if (amountRaw === 0n) continue;
    book.ownedRaw += amountRaw;
    const own = moves.get(group) ?? new Map<string, Move>();
    moves.set(group, own);
    const before = own.get(token);
    // The first row of our own side tells number and price.
    own.set(token, { token, atMs, row: before?.row ?? row, amountRaw: (before?.amountRaw ?? 0n) + amountRaw });
  }
  return moves;
}

/** Fees that waited in an adopted position are a claim of ours from the start; below zero the account is income. */
function ownedChange(row: StatementRow, claims: Map<string, bigint>): bigint {
  const account = String(row.account);
  const amountRaw = BigInt(String(row.amount_raw));
  if (OWNED.test(account)) return amountRaw;
  if (!FEES.test(account)) return 0n;
  const key = `${pairOfAccount(account) ?? ""}|${String(row.chain_id)}|${String(row.token_address)}`;
  const before = claims.get(key) ?? 0n;
  claims.set(key, before + amountRaw);
  return positive(before + amountRaw) - positive(before);
}

function positive(amountRaw: bigint): bigint {
  return amountRaw > 0n ? amountRaw : 0n;
}

function tokenGains(token: string, book: TokenBook, price: UnitPrice | null): TokenGains {
  const heldRaw = book.holding.amountRaw();
  const held = decimalText(heldRaw.toString(), book.decimals);
  const cost = book.holding.cost();
  const worth = heldRaw === 0n ? 0 : price === null ? null : price.price * Number(held);
  return {
    token,
    held,
    cost,
    worth,
    unrealised: worth === null || cost === null ? null : withoutResidue(worth - cost, worth),
    price,
    difference: decimalText((heldRaw - book.ownedRaw).toString(), book.decimals),
    ...book.sums,
  };
}

/** What is left of the twelve digits that the figures have in common is rounding, not money. */
function withoutResidue(difference: number, size: number): number {
  return Math.abs(difference) <= Math.abs(size) * 1e-12 ? 0 : difference;
}

function textOf(cell: string | number | null): string | null {
  return cell === null ? null : String(cell);
}
