// Names of ledger accounts: double entry in raw units per chain and token (safety.md section 3.1: a pair's capital is its account).
import { invariant } from "@/lib/errors/invariant";

/** Where value is (or went): wallet accounts are backed by `balanceOf`, the others by positions, by a bridge that is under way, or by the world outside. */
export type AccountName =
  | `pair:${string}:wallet`
  | `pair:${string}:position:${string}`
  | `pair:${string}:fees`
  | `pair:${string}:transit:${string}`
  | "gas"
  | "external"
  | "unassigned"
  | "credit";

const ACCOUNT = /^(gas|external|unassigned|credit|pair:[^:]+:(wallet|fees|position:.+|transit:.+))$/;

/** Checked constructor, for names that come back from the journal. */
export function accountName(text: string): AccountName {
  invariant(ACCOUNT.test(text), "ledger account name", { text });
  return text as AccountName;
}

/** Free tokens of a pair in the wallet. */
export function walletAccount(pairId: string): AccountName {
  return `pair:${pairId}:wallet`;
}

/** What was put into a position, by its mint receipt. */
export function positionAccount(pairId: string, positionId: string): AccountName {
  return `pair:${pairId}:position:${positionId}`;
}

/** Income: negative balance = fees earned and collected; fees that waited in an adopted position open it with what they were. */
export function feesAccount(pairId: string): AccountName {
  return `pair:${pairId}:fees`;
}

/** What a bridge took on its source chain and has not brought or given back yet. */
export function transitAccount(pairId: string, transferId: string): AccountName {
  return `pair:${pairId}:transit:${transferId}`;
}

/** True for the accounts whose sum must equal the wallet's balance of a token. `gas` holds the native coin only. */
export function isWalletBacked(account: string): boolean {
  return account === "unassigned" || account === "credit" || account === "gas" || /^pair:[^:]+:wallet$/.test(account);
}

/** The native coin's place in the token column. */
export const NATIVE_TOKEN = "0x0000000000000000000000000000000000000000" as const;

/** Pair of a pair account, null for the shared ones. */
export function pairOfAccount(account: string): string | null {
  const match = /^pair:([^:]+):/.exec(account);
  return match?.[1] ?? null;
}
