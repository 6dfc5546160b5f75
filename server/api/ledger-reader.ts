// The ledger of a pair as the signer keeps it: entries are only ever added, so each look asks for what is new.
import type { LedgerEntry } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { fromSignerError, type ApiError } from "./api-error";
import type { ApiDeps } from "./deps";

const PAGE = 5_000;

const kept = new WeakMap<ApiDeps["control"], Map<string, readonly LedgerEntry[]>>();

/** Oldest first. */
export async function readLedger(deps: ApiDeps, pairId: string): Promise<Result<readonly LedgerEntry[], ApiError>> {
  const byPair = kept.get(deps.control) ?? new Map<string, readonly LedgerEntry[]>();
  kept.set(deps.control, byPair);
  let entries = byPair.get(pairId) ?? [];
  for (;;) {
    const answer = await deps.control.call("ledger.list", {
      pairId,
      sinceSeq: entries.at(-1)?.seq ?? 0,
      limit: PAGE,
    });
    if (!answer.ok) return err(fromSignerError(answer.error));
    const added = answer.value.entries;
    if (added.length > 0) entries = [...entries, ...added];
    if (added.length < PAGE) break;
  }
  byPair.set(pairId, entries);
  return ok(entries);
}
