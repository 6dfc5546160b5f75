// Ledger transactions as pure functions of receipts; every result sums to zero per token.
import { invariant } from "@/lib/errors/invariant";
import type { Address } from "@/lib/units";
import {
  NATIVE_TOKEN,
  feesAccount,
  positionAccount,
  transitAccount,
  walletAccount,
  type AccountName,
} from "./accounts";

export const ENTRY_KINDS = [
  "opening",
  "assign",
  "mint",
  "burn",
  "fees",
  "swap",
  "bridge",
  "refund",
  "gas",
  "credit",
  "debit",
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

export interface Entry {
  readonly account: AccountName;
  readonly token: Address;
  /** Raw units, signed: + into the account. */
  readonly amountRaw: bigint;
  readonly kind: EntryKind;
}

interface PairTokens {
  readonly pairId: string;
  readonly token0: Address;
  readonly token1: Address;
}

/** Tokens leave the pair's wallet account and sit in the position. */
export function mintEntries(
  input: PairTokens & { readonly positionId: string; readonly amount0Raw: bigint; readonly amount1Raw: bigint },
): readonly Entry[] {
  const wallet = walletAccount(input.pairId);
  const position = positionAccount(input.pairId, input.positionId);
  return balanced([
    ...move(wallet, position, input.token0, input.amount0Raw, "mint"),
    ...move(wallet, position, input.token1, input.amount1Raw, "mint"),
  ]);
}

/** The position's booked amounts leave it; the principal it really paid and the fees arrive; the trade with the pool is `external`. */
export function burnEntries(
  input: PairTokens & {
    readonly positionId: string;
    readonly booked0Raw: bigint;
    readonly booked1Raw: bigint;
    readonly principal0Raw: bigint;
    readonly principal1Raw: bigint;
    readonly paid0Raw: bigint;
    readonly paid1Raw: bigint;
  },
): readonly Entry[] {
  const wallet = walletAccount(input.pairId);
  const position = positionAccount(input.pairId, input.positionId);
  const fees = feesAccount(input.pairId);
  const side = (token: Address, booked: bigint, principal: bigint, paid: bigint): Entry[] => [
    ...move(position, "external", token, booked, "burn"),
    ...move("external", wallet, token, principal, "burn"),
    ...move(fees, wallet, token, paid - principal, "fees"),
  ];
  return balanced([
    ...side(input.token0, input.booked0Raw, input.principal0Raw, input.paid0Raw),
    ...side(input.token1, input.booked1Raw, input.principal1Raw, input.paid1Raw),
  ]);
}

/** Both legs against the world outside; amounts are what really moved. */
export function swapEntries(input: {
  readonly pairId: string;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  readonly amountOutRaw: bigint;
}): readonly Entry[] {
  const wallet = walletAccount(input.pairId);
  return balanced([
    ...move(wallet, "external", input.tokenIn, input.amountInRaw, "swap"),
    ...move("external", wallet, input.tokenOut, input.amountOutRaw, "swap"),
  ]);
}

interface TransferPart {
  readonly pairId: string;
  readonly transferId: string;
  readonly token: Address;
  readonly amountRaw: bigint;
}

/** What a bridge took leaves the wallet and is in transit until it arrives, comes back or is written off. */
export function bridgeOutEntries(input: TransferPart): readonly Entry[] {
  const { pairId, transferId, token, amountRaw } = input;
  return balanced(move(walletAccount(pairId), transitAccount(pairId, transferId), token, amountRaw, "bridge"));
}

/** Source side of an arrival: what it stands for is not in transit any more; the difference to what arrived is the bridge's price. */
export function bridgeLandedEntries(input: TransferPart): readonly Entry[] {
  const { pairId, transferId, token, amountRaw } = input;
  return balanced(move(transitAccount(pairId, transferId), "external", token, amountRaw, "bridge"));
}

/** Destination side: `creditedRaw` of it was booked as a credit before anybody knew what it was. */
export function bridgeInEntries(input: {
  readonly pairId: string;
  readonly token: Address;
  readonly amountRaw: bigint;
  readonly creditedRaw: bigint;
}): readonly Entry[] {
  const wallet = walletAccount(input.pairId);
  return balanced([
    ...move("credit", wallet, input.token, input.creditedRaw, "bridge"),
    ...move("external", wallet, input.token, input.amountRaw - input.creditedRaw, "bridge"),
  ]);
}

/** The bridge gave back `refundedRaw` of what is in transit; `lostRaw` it kept. */
export function refundEntries(
  input: Omit<TransferPart, "amountRaw"> & {
    readonly refundedRaw: bigint;
    readonly lostRaw: bigint;
    readonly creditedRaw: bigint;
  },
): readonly Entry[] {
  const { pairId, transferId, token } = input;
  const transit = transitAccount(pairId, transferId);
  const wallet = walletAccount(pairId);
  return balanced([
    ...move(transit, wallet, token, input.refundedRaw, "refund"),
    // The receipt was booked as a credit first: it came from outside once, not twice.
    ...move("credit", "external", token, input.creditedRaw, "refund"),
    ...move(transit, "external", token, input.lostRaw, "refund"),
  ]);
}

/** Native coin burned for gas. */
export function gasEntries(costWei: bigint): readonly Entry[] {
  return balanced(move("gas", "external", NATIVE_TOKEN, costWei, "gas"));
}

/** First balance of a wallet when the journal is empty. */
export function openingEntries(token: Address, amountRaw: bigint): readonly Entry[] {
  return balanced(move("external", token === NATIVE_TOKEN ? "gas" : "unassigned", token, amountRaw, "opening"));
}

/** Value that came without an operation of ours: booked apart, never a halt (safety.md R6). */
export function creditEntries(token: Address, amountRaw: bigint): readonly Entry[] {
  return balanced(move("external", token === NATIVE_TOKEN ? "gas" : "credit", token, amountRaw, "credit"));
}

/** Value that is missing without an operation of ours, after a person said so (adopt). */
export function debitEntries(account: AccountName, token: Address, amountRaw: bigint): readonly Entry[] {
  return balanced(move(account, "external", token, amountRaw, "debit"));
}

/**
 * A position that was found in the wallet becomes the pair's at what it is worth now. The fees that wait in it were earned before: they
 * open the fees account as a claim, so that collecting them is no income.
 */
export function adoptedPositionEntries(
  input: PairTokens & {
    readonly positionId: string;
    readonly amount0Raw: bigint;
    readonly amount1Raw: bigint;
    readonly fees0Raw: bigint;
    readonly fees1Raw: bigint;
  },
): readonly Entry[] {
  const position = positionAccount(input.pairId, input.positionId);
  const fees = feesAccount(input.pairId);
  return balanced([
    ...move("external", position, input.token0, input.amount0Raw, "credit"),
    ...move("external", position, input.token1, input.amount1Raw, "credit"),
    ...move("external", fees, input.token0, input.fees0Raw, "credit"),
    ...move("external", fees, input.token1, input.fees1Raw, "credit"),
  ]);
}

/** Capital of a pair, taken from unassigned first, then from credits. Null when there is not enough. */
export function assignEntries(input: {
  readonly pairId: string;
  readonly token: Address;
  readonly amountRaw: bigint;
  readonly unassignedRaw: bigint;
  readonly creditRaw: bigint;
}): readonly Entry[] | null {
  if (input.amountRaw > input.unassignedRaw + input.creditRaw) return null;
  const fromUnassigned = input.amountRaw < input.unassignedRaw ? input.amountRaw : input.unassignedRaw;
  const wallet = walletAccount(input.pairId);
  return balanced([
    ...move("unassigned", wallet, input.token, fromUnassigned, "assign"),
    ...move("credit", wallet, input.token, input.amountRaw - fromUnassigned, "assign"),
  ]);
}

/** The same entries with opposite sign: for a block that is gone. */
export function reverseEntries(entries: readonly Entry[]): readonly Entry[] {
  return entries.map((entry) => ({ ...entry, amountRaw: -entry.amountRaw }));
}

function move(from: AccountName, to: AccountName, token: Address, amountRaw: bigint, kind: EntryKind): Entry[] {
  if (amountRaw === 0n) return [];
  const lower: Address = `0x${token.slice(2).toLowerCase()}`;
  return [
    { account: from, token: lower, amountRaw: -amountRaw, kind },
    { account: to, token: lower, amountRaw, kind },
  ];
}

function balanced(entries: readonly Entry[]): readonly Entry[] {
  const sums = new Map<string, bigint>();
  for (const entry of entries) sums.set(entry.token, (sums.get(entry.token) ?? 0n) + entry.amountRaw);
  for (const [token, sum] of sums)
    invariant(sum === 0n, "ledger entries of one transaction sum to zero", { token, sum });
  return entries;
}
