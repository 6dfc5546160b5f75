// What each position life made: amounts in and out by its receipts, fees, divergence against holding, gas (strategy.md section 12).
import type { PriceBook } from "./price-book";
import { priceOf, type StatementEntry, type StatementToken } from "./statement";

/** A position that is open now, as the worker last saw it; amounts are decimal strings of raw units. */
export interface OpenAmounts {
  readonly positionId: string;
  readonly observedAtMs: number;
  readonly amounts: readonly { readonly token: string; readonly raw: string }[];
  readonly fees: readonly { readonly token: string; readonly raw: string }[];
}

export interface PositionResult {
  readonly positionId: string;
  readonly pairId: string;
  readonly chainId: number;
  /** Market time, unix ms. */
  readonly openedAtMs: number;
  /** Null while it is open; then the end of the figures is `measuredAtMs`. */
  readonly closedAtMs: number | null;
  readonly measuredAtMs: number;
  /** US dollars put in, at the price of the mint. */
  readonly startUsd: number;
  readonly feesUsd: number;
  /** Change of value of what is inside, fees apart. */
  readonly markUsd: number;
  /** Change of value of what went in, had it been held. */
  readonly hodlUsd: number;
  /** hodl - mark: what divergence cost. */
  readonly lvrUsd: number;
  readonly gasUsd: number;
  /** fees + mark - gas. */
  readonly netUsd: number;
  /** fees - lvr - gas: against holding. */
  readonly alphaUsd: number;
  readonly openTxHash: string | null;
  readonly closeTxHash: string | null;
}

export interface PositionResultsInput {
  /** All entries of one pair, oldest first. */
  readonly entries: readonly StatementEntry[];
  readonly prices: PriceBook;
  readonly tokenOf: (chainId: number, token: string) => StatementToken;
  readonly open: readonly OpenAmounts[];
  /** Gas of an operation in US dollars, null when it was never priced. */
  readonly gasUsdOf: (opId: string) => number | null;
}

const POSITION = /^pair:[^:]+:position:(.+)$/;

interface Life {
  positionId: string;
  pairId: string;
  chainId: number;
  openedAtMs: number;
  closedAtMs: number | null;
  openTxHash: string | null;
  closeTxHash: string | null;
  readonly opIds: Set<string>;
  readonly inRaw: Map<string, bigint>;
}

/** Lives oldest first. A life without a price at its ends is left out: figures without a price would be inventions. */
export function computePositionResults(input: PositionResultsInput): readonly PositionResult[] {
  const lives = new Map<string, Life>();
  const closeOps = new Map<string, string>();
  for (const entry of input.entries) {
    const positionId = POSITION.exec(entry.account)?.[1];
    if (positionId === undefined || entry.pairId === null) continue;
    const life = lives.get(positionId) ?? begin(entry, entry.pairId, positionId);
    lives.set(positionId, life);
    if (entry.opId !== null) life.opIds.add(entry.opId);
    const amountRaw = BigInt(entry.amountRaw);
    if (amountRaw >= 0n) {
      life.inRaw.set(entry.token, (life.inRaw.get(entry.token) ?? 0n) + amountRaw);
    } else if (entry.kind === "burn" && entry.opId !== null) {
      life.closedAtMs = entry.marketAtMs;
      life.closeTxHash = entry.txHash;
      closeOps.set(entry.opId, positionId);
    }
  }
  const paid = paidByPosition(input.entries, closeOps);
  const open = new Map(input.open.map((each) => [each.positionId, each]));
  return [...lives.values()]
    .toSorted((left, right) => left.openedAtMs - right.openedAtMs)
    .flatMap(
      (life) => resultOf(input, { life, paid: paid.get(life.positionId), now: open.get(life.positionId) }) ?? [],
    );
}

function begin(entry: StatementEntry, pairId: string, positionId: string): Life {
  return {
    positionId,
    pairId,
    chainId: entry.chainId,
    openedAtMs: entry.marketAtMs,
    closedAtMs: null,
    openTxHash: entry.txHash,
    closeTxHash: null,
    opIds: new Set(),
    inRaw: new Map(),
  };
}

interface Paid {
  readonly principalRaw: Map<string, bigint>;
  readonly feesRaw: Map<string, bigint>;
}

/** Principal and fees that closing operations paid into the wallet. */
function paidByPosition(
  entries: readonly StatementEntry[],
  closeOps: ReadonlyMap<string, string>,
): ReadonlyMap<string, Paid> {
  const paid = new Map<string, Paid>();
  for (const entry of entries) {
    const positionId = entry.opId === null ? undefined : closeOps.get(entry.opId);
    if (positionId === undefined || !entry.account.endsWith(":wallet")) continue;
    const sums = paid.get(positionId) ?? { principalRaw: new Map(), feesRaw: new Map() };
    paid.set(positionId, sums);
    const side = entry.kind === "fees" ? sums.feesRaw : entry.kind === "burn" ? sums.principalRaw : null;
    side?.set(entry.token, (side.get(entry.token) ?? 0n) + BigInt(entry.amountRaw));
  }
  return paid;
}

function resultOf(
  input: PositionResultsInput,
  state: { readonly life: Life; readonly paid: Paid | undefined; readonly now: OpenAmounts | undefined },
): PositionResult | null {
  const { life, paid, now } = state;
  const measuredAtMs = life.closedAtMs ?? now?.observedAtMs;
  if (measuredAtMs === undefined) return null;
  const usdOf = (amounts: ReadonlyMap<string, bigint>, atMs: number): number | null =>
    sumUsd(input, life.chainId, amounts, atMs);
  const startUsd = usdOf(life.inRaw, life.openedAtMs);
  const heldUsd = usdOf(life.inRaw, measuredAtMs);
  const isClosed = life.closedAtMs !== null;
  const inside = isClosed ? (paid?.principalRaw ?? new Map<string, bigint>()) : toMap(now?.amounts ?? []);
  const earned = isClosed ? (paid?.feesRaw ?? new Map<string, bigint>()) : toMap(now?.fees ?? []);
  const endUsd = usdOf(inside, measuredAtMs);
  const feesUsd = usdOf(earned, measuredAtMs);
  if (startUsd === null || heldUsd === null || endUsd === null || feesUsd === null) return null;
  const markUsd = endUsd - startUsd;
  const hodlUsd = heldUsd - startUsd;
  const lvrUsd = hodlUsd - markUsd;
  const gasUsd = [...life.opIds].reduce((sum, opId) => sum + (input.gasUsdOf(opId) ?? 0), 0);
  return {
    positionId: life.positionId,
    pairId: life.pairId,
    chainId: life.chainId,
    openedAtMs: life.openedAtMs,
    closedAtMs: life.closedAtMs,
    measuredAtMs,
    startUsd,
    feesUsd,
    markUsd,
    hodlUsd,
    lvrUsd,
    gasUsd,
    netUsd: feesUsd + markUsd - gasUsd,
    alphaUsd: feesUsd - lvrUsd - gasUsd,
    openTxHash: life.openTxHash,
    closeTxHash: life.closeTxHash,
  };
}

function toMap(amounts: readonly { readonly token: string; readonly raw: string }[]): ReadonlyMap<string, bigint> {
  return new Map(amounts.map(({ token, raw }) => [token.toLowerCase(), BigInt(raw)]));
}

/** Null when a token that is there has no price. */
function sumUsd(
  input: PositionResultsInput,
  chainId: number,
  amounts: ReadonlyMap<string, bigint>,
  atMs: number,
): number | null {
  let sum = 0;
  for (const [address, raw] of amounts) {
    if (raw === 0n) continue;
    const token = input.tokenOf(chainId, address);
    const price = priceOf(input.prices, token.side, atMs);
    if (price === null) return null;
    sum += (Number(raw) / 10 ** token.decimals) * price.usd;
  }
  return sum;
}
