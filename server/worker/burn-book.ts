// What closed positions paid since the last epoch: principal and fees to the wei, from the signer's ledger, which books them from the burn's receipt.
import { humanAmount } from "@/lib/amm/human-units";
import type { LedgerEntry } from "@/lib/api/signer-contract";
import { walletAccount } from "@/lib/ledger/accounts";
import type { Result } from "@/lib/errors/result";
import type { TidegateError } from "@/lib/errors/tidegate-error";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";

/** Whole tokens. */
export interface BurnedAmounts {
  readonly principalBase: number;
  readonly principalQuote: number;
  readonly feesBase: number;
  readonly feesQuote: number;
}

export const NOTHING_BURNED: BurnedAmounts = { principalBase: 0, principalQuote: 0, feesBase: 0, feesQuote: 0 };

export interface BurnBook {
  /** Reads what was booked since the last call and adds it up; a signer that is away costs nothing but time. */
  read(): Promise<void>;
  amounts(): BurnedAmounts;
  /** After an epoch has counted them. */
  clear(): void;
}

export interface BurnBookDeps {
  readonly pairId: string;
  readonly pools: readonly ResolvedPool[];
  readonly ledgerSince: (seq: number, limit: number) => Promise<Result<readonly LedgerEntry[], TidegateError>>;
}

const PAGE_ENTRIES = 2_000;

export function createBurnBook(deps: BurnBookDeps): BurnBook {
  const wallet = walletAccount(deps.pairId);
  let seq = 0;
  let sum = NOTHING_BURNED;

  function add(entry: LedgerEntry): void {
    if (entry.account !== wallet || (entry.kind !== "burn" && entry.kind !== "fees")) return;
    const token = tokenOf(deps.pools, entry);
    if (token === null) return;
    const amount = humanAmount(BigInt(entry.amountRaw), token.decimals);
    const part = entry.kind === "fees" ? "fees" : "principal";
    const key = `${part}${token.side}` as const;
    sum = { ...sum, [key]: sum[key] + amount };
  }

  return {
    async read() {
      for (;;) {
        const page = await deps.ledgerSince(seq, PAGE_ENTRIES);
        if (!page.ok) return;
        const isLast = page.value.length < PAGE_ENTRIES;
        const lastSeq = page.value.at(-1)?.seq ?? seq;
        // Entries of one transaction share their number: a full page may end in the middle of one, which is read again.
        const whole = isLast ? page.value : page.value.filter((entry) => entry.seq < lastSeq);
        for (const entry of whole) add(entry);
        seq = isLast ? lastSeq : lastSeq - 1;
        if (isLast) return;
      }
    },
    amounts: () => sum,
    clear() {
      sum = NOTHING_BURNED;
    },
  };
}

function tokenOf(
  pools: readonly ResolvedPool[],
  entry: LedgerEntry,
): { readonly side: "Base" | "Quote"; readonly decimals: number } | null {
  const token = entry.token.toLowerCase();
  for (const { chain, base, quote } of pools) {
    if (chain.id !== entry.chainId) continue;
    if (base.address.toLowerCase() === token) return { side: "Base", decimals: base.decimals };
    if (quote.address.toLowerCase() === token) return { side: "Quote", decimals: quote.decimals };
  }
  return null;
}
