// When our last position in each pool was closed: from the signer's ledger, which books every burn, and the plan it belonged to.
import type { LedgerEntry, PlanRecord } from "@/lib/api/signer-contract";
import type { Result } from "@/lib/errors/result";
import type { TidegateError } from "@/lib/errors/tidegate-error";
import { positionAccount } from "@/lib/ledger/accounts";
import { epochOf, poolKey, positionId } from "@/lib/units";

export interface CloseBook {
  /** Epoch of the newest close by pool key, of the last day; a signer that is away leaves what was known. */
  lastCloseEpochs(nowMs: number): Promise<Readonly<Record<string, number>>>;
}

export interface CloseBookDeps {
  readonly pairId: string;
  readonly ledgerSince: (seq: number, limit: number) => Promise<Result<readonly LedgerEntry[], TidegateError>>;
  readonly plan: (planId: string) => Promise<Result<PlanRecord, TidegateError>>;
}

interface Close {
  readonly seq: number;
  readonly account: string;
  readonly planId: string;
  readonly atMs: number;
}

const PAGE_ENTRIES = 2_000;
/** Rules ask for at most a few epochs; a day is more than any of them. */
const KEPT_MS = 86_400_000;

export function createCloseBook(deps: CloseBookDeps): CloseBook {
  const prefix = positionAccount(deps.pairId, "");
  /** Pool key by position account: a position never changes its pool. */
  const poolOf = new Map<string, string>();
  let closes: readonly Close[] = [];
  let seq = 0;

  /** Entries of one transaction share their number; a close met twice on the edge of a page is the same close. */
  async function readNew(): Promise<void> {
    for (;;) {
      const page = await deps.ledgerSince(seq, PAGE_ENTRIES);
      if (!page.ok) return;
      closes = [
        ...closes,
        ...page.value.flatMap((entry): Close[] =>
          entry.kind === "burn" && entry.account.startsWith(prefix) && entry.planId !== null
            ? [{ seq: entry.seq, account: entry.account, planId: entry.planId, atMs: entry.marketAtMs }]
            : [],
        ),
      ];
      const lastSeq = page.value.at(-1)?.seq ?? seq;
      if (page.value.length < PAGE_ENTRIES) {
        seq = lastSeq;
        return;
      }
      // The last transaction of a full page may be cut: it is read again, unless it fills the page alone.
      seq = lastSeq - 1 > seq ? lastSeq - 1 : lastSeq;
    }
  }

  async function learnPools(planId: string): Promise<void> {
    const record = await deps.plan(planId);
    if (!record.ok) return;
    for (const step of record.value.plan.steps) {
      if (step.kind !== "burn") continue;
      const id = positionId(step.chainId, step.family, step.positionManager, step.tokenId);
      poolOf.set(positionAccount(deps.pairId, id), poolKey(step.chainId, step.family, step.pool));
    }
  }

  return {
    async lastCloseEpochs(nowMs) {
      await readNew();
      closes = closes.filter(({ atMs }) => atMs >= nowMs - KEPT_MS);
      for (const planId of new Set(closes.filter(({ account }) => !poolOf.has(account)).map((close) => close.planId))) {
        await learnPools(planId);
      }
      const epochs: Record<string, number> = {};
      for (const { account, atMs } of closes) {
        const key = poolOf.get(account);
        if (key !== undefined) epochs[key] = Math.max(epochs[key] ?? 0, epochOf(atMs));
      }
      return epochs;
    },
  };
}
