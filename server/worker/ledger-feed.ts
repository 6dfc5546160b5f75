// Entries of the pair's ledger that no epoch has counted yet, read from the signer page by page.
import type { LedgerEntry } from "@/lib/api/signer-contract";
import type { Result } from "@/lib/errors/result";
import type { TidegateError } from "@/lib/errors/tidegate-error";

export interface LedgerFeed {
  /** Reads what is new; a signer that is away costs nothing but time. */
  read(): Promise<void>;
  /** Ascending. */
  entries(): readonly LedgerEntry[];
  /** Entries up to this number are counted and not needed any more. */
  forget(seq: number): void;
}

export interface LedgerFeedDeps {
  /** Entries up to this number are counted already; 0: none. */
  readonly countedSeq: number;
  readonly ledgerSince: (seq: number, limit: number) => Promise<Result<readonly LedgerEntry[], TidegateError>>;
}

const PAGE_ENTRIES = 2_000;

export function createLedgerFeed(deps: LedgerFeedDeps): LedgerFeed {
  let seq = deps.countedSeq;
  let kept: LedgerEntry[] = [];
  return {
    async read() {
      for (;;) {
        const page = await deps.ledgerSince(seq, PAGE_ENTRIES);
        if (!page.ok) return;
        kept = [...kept, ...page.value];
        seq = page.value.at(-1)?.seq ?? seq;
        if (page.value.length < PAGE_ENTRIES) return;
      }
    },
    entries: () => kept,
    forget(counted) {
      kept = kept.filter((entry) => entry.seq > counted);
    },
  };
}
