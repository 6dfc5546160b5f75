// Account balances as a running sum of entries, and their comparison with the chain.
import type { Address } from "@/lib/units";
import { isWalletBacked } from "./accounts";
import type { Entry } from "./entries";

export interface AccountBalance {
  readonly chainId: number;
  readonly account: string;
  readonly token: Address;
  readonly amountRaw: bigint;
}

export interface Balances {
  /** Adds a transaction's entries. */
  post(chainId: number, entries: readonly Entry[]): void;
  of(chainId: number, account: string, token: string): bigint;
  /** Sum of the accounts that `balanceOf` of the wallet must equal. */
  walletTotal(chainId: number, token: string): bigint;
  /** All accounts that are not zero. */
  all(): readonly AccountBalance[];
}

export function createBalances(): Balances {
  const amounts = new Map<string, AccountBalance>();
  return {
    post: (chainId, entries) => {
      for (const entry of entries) {
        const key = keyOf(chainId, entry.account, entry.token);
        const amountRaw = (amounts.get(key)?.amountRaw ?? 0n) + entry.amountRaw;
        if (amountRaw === 0n) amounts.delete(key);
        else amounts.set(key, { chainId, account: entry.account, token: entry.token, amountRaw });
      }
    },
    of: (chainId, account, token) => amounts.get(keyOf(chainId, account, token))?.amountRaw ?? 0n,
    walletTotal: (chainId, token) => {
      let total = 0n;
      for (const each of amounts.values()) {
        if (
          each.chainId === chainId &&
          each.token.toLowerCase() === token.toLowerCase() &&
          isWalletBacked(each.account)
        )
          total += each.amountRaw;
      }
      return total;
    },
    all: () => [...amounts.values()],
  };
}

function keyOf(chainId: number, account: string, token: string): string {
  return `${chainId}|${account}|${token.toLowerCase()}`;
}

/** Ledger minus chain of one token: 0, a credit (chain has more) or a debit (chain has less). */
export function compareWithChain(
  ledgerRaw: bigint,
  chainRaw: bigint,
): { readonly kind: "equal" | "credit" | "debit"; readonly amountRaw: bigint } {
  if (ledgerRaw === chainRaw) return { kind: "equal", amountRaw: 0n };
  return chainRaw > ledgerRaw
    ? { kind: "credit", amountRaw: chainRaw - ledgerRaw }
    : { kind: "debit", amountRaw: ledgerRaw - chainRaw };
}
