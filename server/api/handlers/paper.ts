// Paper accounts of a pair beside its real decision; their money is on paper and in no total.
import { contract } from "@/lib/api/contract";
import type { PaperDto } from "@/lib/api/schemas";
import type { EpochRecord, PaperRecord } from "@/lib/epoch/epoch-record";
import { ok } from "@/lib/errors/result";
import { bindHandler } from "@/server/api/handler";
import { knownPair, readEpochs } from "@/server/api/reads";
import { decisionSentence, paperSentence } from "@/server/api/views/sentences";
import { EPOCHS_KEPT_COUNT } from "@/server/infra/store/keys";

const NOTE =
  "Paper accounts start with the pair's capital of that moment and act one sample (five minutes) after each decision, at the pool's price of then. " +
  "Fees are their share of the real fee growth, beside everybody's real liquidity; gas and swap costs are those of the moment. " +
  "Real trades would have moved prices and other liquidity: this is an estimate, and it is part of no total.";

const paperHandler = bindHandler(contract.pairPaper, async ({ deps, params }) => {
  const pair = knownPair(deps, params.id);
  if (!pair.ok) return pair;
  const kept = await readEpochs(deps, { pairId: params.id, limit: EPOCHS_KEPT_COUNT });
  if (!kept.ok) return kept;
  const newest = kept.value.find((record) => record.decision !== null) ?? null;
  return ok({
    data: {
      real:
        newest === null
          ? null
          : {
              policy: newest.policy ?? "forces",
              epoch: newest.epoch,
              marketAtMs: newest.marketAtMs,
              kind: newest.decision?.kind ?? null,
              reason: newest.decision?.reason ?? null,
              sentence: decisionSentence(newest),
            },
      accounts: paperAccounts(kept.value),
      note: NOTE,
    },
  });
});

/** The newest account of each policy; `records` newest first. */
function paperAccounts(records: readonly EpochRecord[]): PaperDto[] {
  const withPaper = records.filter((record) => (record.paper ?? []).length > 0);
  const accounts: PaperDto[] = [];
  for (const policy of ["forces", "carry"] as const) {
    const last = withPaper.find((record) => paperOf(record, policy) !== undefined);
    const account = last === undefined ? undefined : paperOf(last, policy);
    if (last === undefined || account === undefined) continue;
    accounts.push({
      ...account,
      epoch: last.epoch,
      marketAtMs: last.marketAtMs,
      isCurrent: last === records.find((record) => record.status === "completed"),
      sentence: paperSentence(account.decision),
      series: withPaper
        .flatMap((record) => {
          const point = paperOf(record, policy);
          // An account that began anew is another account.
          if (point === undefined || point.startedAtMs !== account.startedAtMs) return [];
          const { valueUsd, netUsd, alphaUsd, holdUsd } = point;
          return [{ marketAtMs: record.marketAtMs, valueUsd, netUsd, alphaUsd, holdUsd }];
        })
        .toReversed(),
    });
  }
  return accounts;
}

function paperOf(record: EpochRecord, policy: PaperRecord["policy"]): PaperRecord | undefined {
  return record.paper?.find((each) => each.policy === policy);
}

export const paperHandlers = [paperHandler];
