// Plans as the signer holds them: ended ones rarely change, so each look asks for what is new; when it is away, its last copy in the store.
import { planRecordSchema, type PlanRecord } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import type { SignerError } from "@/server/infra/signer-link/signer-error";
import { readPlanCopies } from "@/server/infra/store/plans";
import { fromSignerError, fromStoreError, type ApiError } from "./api-error";
import type { ApiDeps } from "./deps";
import { createSharedReads, type SharedReads } from "./shared-reads";

/** Most plans looked through for one page. */
const SCAN_MAX = 500;
/** Plans of an answer: some 10 kB each, in frames of at most 4 MB. */
const PAGE = 50;

interface Kept {
  readonly reads: SharedReads<Result<readonly PlanRecord[], SignerError>>;
  /** By id; complete up to `seq` of the signer's journal. */
  plans: Map<string, PlanRecord>;
  seq: number;
}
const keptOf = new WeakMap<ApiDeps["control"], Kept>();

/** Newest first. */
export async function readPlans(deps: ApiDeps): Promise<Result<readonly PlanRecord[], ApiError>> {
  const kept = keptOf.get(deps.control) ?? { reads: createSharedReads(), plans: new Map<string, PlanRecord>(), seq: 0 };
  keptOf.set(deps.control, kept);
  const listed = await kept.reads.read("plans", () => catchUp(deps, kept));
  if (listed.ok) return listed;
  const copies = await readPlanCopies(deps.store, { limit: SCAN_MAX }, planRecordSchema);
  if (!copies.ok) return err(fromStoreError(copies.error));
  if (copies.value.plans.length === 0) return err(fromSignerError(listed.error));
  return ok(copies.value.plans);
}

async function catchUp(deps: ApiDeps, kept: Kept): Promise<Result<readonly PlanRecord[], SignerError>> {
  for (;;) {
    if (kept.seq === 0) kept.plans = new Map();
    const answer = await deps.control.call("plans.changed", { afterSeq: kept.seq, limit: PAGE });
    if (!answer.ok) return answer;
    const { plans, seq, hasMore } = answer.value;
    if (seq < kept.seq) {
      // The journal ends before what was read of it: another one, or one that was cut back. Everything anew.
      kept.seq = 0;
      continue;
    }
    for (const plan of plans) kept.plans.set(plan.planId, plan);
    kept.seq = seq;
    if (!hasMore) break;
  }
  const newestFirst = [...kept.plans.values()].toSorted((left, right) => right.createdAtMs - left.createdAtMs);
  for (const { planId } of newestFirst.splice(SCAN_MAX)) kept.plans.delete(planId);
  return ok(newestFirst);
}
