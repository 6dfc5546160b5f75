// Position lives by their receipts alone: what went in, what came out, fees collected, and the gas of the operations that did it.
import type { PriceBook } from "./price-book";
import { rateOf, type StatementEntry } from "./statement";
import { combine, isNothing, NO_AMOUNTS, toAmounts, worthUsd, type Amounts, type TokenOf } from "./token-values";

export interface PositionLife {
  readonly positionId: string;
  readonly pairId: string;
  readonly chainId: number;
  /** Market time, unix ms. */
  readonly openedAtMs: number;
  /** Null while it is open. */
  readonly closedAtMs: number | null;
  /** `adopted`: found in the wallet, at what it was worth then; `written_off`: it was gone, and a person said so. */
  readonly origin: "minted" | "adopted";
  readonly end: "open" | "burned" | "written_off";
  /** US dollars that went in and, as principal, came out, each at the price of its operation; null when one of them has no price. */
  readonly inUsd: number | null;
  readonly outUsd: number | null;
  /** Collected less what waited in it when it was adopted. */
  readonly feesPaid: Amounts;
  readonly openTxHash: string | null;
  readonly closeTxHash: string | null;
}

export interface PositionLivesInput {
  /** All entries of one pair, oldest first. */
  readonly entries: readonly StatementEntry[];
  /** For entries without a price of their own. */
  readonly prices: PriceBook;
  readonly tokenOf: TokenOf;
}

interface Life {
  readonly first: StatementEntry;
  readonly pairId: string;
  booked: Amounts;
  feesPaid: Amounts;
  inUsd: number | null;
  outUsd: number | null;
  last: StatementEntry | null;
}

const POSITION = /^pair:[^:]+:position:(.+)$/;
const LINES_PER_RECORD = 100;

/** Lives oldest first. A transaction whose block is gone is in the ledger twice with opposite signs, and so here: it leaves nothing. */
export function computePositionLives(input: PositionLivesInput): readonly PositionLife[] {
  const lives = new Map<string, Life>();
  const records = new Map<number, StatementEntry[]>();
  for (const entry of input.entries) {
    const key = Math.floor(entry.seq / LINES_PER_RECORD);
    records.set(key, [...(records.get(key) ?? []), entry]);
  }
  for (const record of records.values()) {
    for (const positionId of new Set(record.flatMap(({ account }) => POSITION.exec(account)?.[1] ?? []))) {
      note(input, lives, { positionId, record });
    }
  }
  return [...lives]
    .filter(([, life]) => !isNothing(life.booked) || life.last !== null)
    .map(([positionId, life]) => toLife(positionId, life))
    .toSorted((left, right) => left.openedAtMs - right.openedAtMs);
}

function note(
  input: PositionLivesInput,
  lives: Map<string, Life>,
  event: { readonly positionId: string; readonly record: readonly StatementEntry[] },
): void {
  const { positionId, record } = event;
  const own = record.filter(({ account }) => POSITION.exec(account)?.[1] === positionId);
  const [first] = own;
  if (first === undefined || first.pairId === null) return;
  const { chainId, pairId, kind } = first;
  const life = lives.get(positionId) ?? {
    first,
    pairId,
    booked: NO_AMOUNTS,
    feesPaid: NO_AMOUNTS,
    inUsd: 0,
    outUsd: 0,
    last: null,
  };
  lives.set(positionId, life);
  const rate = rateOf(first) ?? input.prices.at(first.marketAtMs);
  const sumOf = (wanted: (entry: StatementEntry) => boolean): Amounts =>
    toAmounts(record.filter(wanted).map(({ token, amountRaw }) => ({ token, raw: amountRaw })));
  const worth = (amounts: Amounts): number | null =>
    rate === null ? null : worthUsd(input.tokenOf, { chainId, amounts }, rate);
  const booked = sumOf((entry) => own.includes(entry));
  const principal = sumOf(({ account, kind: each }) => account.endsWith(":wallet") && each === "burn");
  life.booked = combine(life.booked, booked);
  if (kind === "mint" || kind === "credit") life.inUsd = plus(life.inUsd, worth(booked));
  if (kind === "burn") life.outUsd = plus(life.outUsd, worth(principal));
  life.feesPaid = combine(
    life.feesPaid,
    sumOf(({ account, kind: each }) => account.endsWith(":wallet") && each === "fees"),
  );
  if (kind === "credit") {
    const waiting = sumOf(({ account }) => account.endsWith(":fees"));
    life.feesPaid = combine(life.feesPaid, waiting, -1n);
  }
  const isEnd = (kind === "burn" || kind === "debit") && isNothing(life.booked);
  life.last = isEnd ? first : kind === "burn" ? null : life.last;
}

function toLife(positionId: string, life: Life): PositionLife {
  const { first, last } = life;
  return {
    positionId,
    pairId: life.pairId,
    chainId: first.chainId,
    openedAtMs: first.marketAtMs,
    closedAtMs: last?.marketAtMs ?? null,
    origin: first.kind === "credit" ? "adopted" : "minted",
    end: last === null ? "open" : last.kind === "debit" ? "written_off" : "burned",
    inUsd: life.inUsd,
    outUsd: life.outUsd,
    feesPaid: life.feesPaid,
    openTxHash: first.txHash,
    closeTxHash: last?.txHash ?? null,
  };
}

function plus(sum: number | null, usd: number | null): number | null {
  return sum === null || usd === null ? null : sum + usd;
}
