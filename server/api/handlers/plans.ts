// Plans as the signer holds them; when it is away, its last copy in the store.
import * as z from "zod";
import { contract } from "@/lib/api/contract";
import { planRecordSchema, type PlanRecord } from "@/lib/api/signer-contract";
import { OPEN_PLAN_STATUSES } from "@/lib/plan/plan-status";
import { err, ok } from "@/lib/errors/result";
import { fromSignerError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { type DeskState, knownPair, pairAuthority, readDeskState } from "@/server/api/reads";
import { readOpCause } from "@/server/api/op-cause";
import { readPlans } from "@/server/api/plan-reader";
import { opDto, planDto, stepTitle } from "@/server/api/views/plan-dto";
import { readPlanCopy } from "@/server/infra/store/plans";
import type { TxDto } from "@/lib/api/schemas";

function view(deps: ApiDeps, desk: DeskState, record: PlanRecord) {
  return planDto({
    record,
    registry: deps.registry,
    worker: desk.workers.get(record.plan.pairId) ?? null,
    pairState: pairAuthority(desk, record.plan.pairId),
    nowMs: deps.nowMs(),
  });
}

/** A cursor is the creation time of the last plan shown. */
function page(plans: readonly PlanRecord[], limit: number, cursor: string | undefined) {
  const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
  const rest = plans.filter((plan) => plan.createdAtMs < before);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return { shown, nextCursor: rest.length > shown.length && last !== undefined ? String(last.createdAtMs) : null };
}

const plansHandler = bindHandler(contract.plans, async ({ deps, query }) => {
  const [plans, desk] = await Promise.all([readPlans(deps), readDeskState(deps)]);
  if (!plans.ok) return plans;
  if (!desk.ok) return desk;
  const wanted = plans.value.filter(
    (plan) =>
      (query.pair === undefined || plan.plan.pairId === query.pair) &&
      (query.status === undefined || plan.status === query.status) &&
      (query.open === undefined || OPEN_PLAN_STATUSES.includes(plan.status) === (query.open === "true")),
  );
  const { shown, nextCursor } = page(wanted, query.limit, query.cursor);
  return ok({ data: { plans: shown.map((plan) => view(deps, desk.value, plan)), nextCursor } });
});

const planHandler = bindHandler(contract.plan, async ({ deps, params }) => {
  const [record, desk] = await Promise.all([
    deps.control.call("plan.get", { planId: params.planId }),
    readDeskState(deps),
  ]);
  if (!desk.ok) return desk;
  if (record.ok) return ok({ data: view(deps, desk.value, record.value) });
  if (record.error.code === "not_found") return err(fromSignerError(record.error));
  const copy = await readPlanCopy(deps.store, params.planId, planRecordSchema);
  if (copy.ok && copy.value !== null) return ok({ data: view(deps, desk.value, copy.value) });
  return err(fromSignerError(record.error));
});

const opCauseHandler = bindHandler(contract.opCause, async ({ deps, params }) => {
  const record = await deps.control.call("plan.get", { planId: params.planId });
  if (!record.ok) return err(fromSignerError(record.error));
  const op = record.value.ops.find(({ index }) => index === params.index);
  if (op === undefined) {
    return err({
      code: "not_found",
      message: `Step ${params.index + 1} of plan ${params.planId} was not started: there is nothing to explain.`,
    });
  }
  const cause = await readOpCause(deps, record.value, op);
  if (cause.ok) return ok({ data: { ...cause.value, checks: [...cause.value.checks] } });
  return err({ code: "unavailable", message: `The chain could not be asked: ${cause.error.message}` });
});

const activityHandler = bindHandler(contract.activity, async ({ deps, query }) => {
  const [plans, desk] = await Promise.all([readPlans(deps), readDeskState(deps)]);
  if (!plans.ok) return plans;
  if (!desk.ok) return desk;
  const wanted = plans.value.filter((plan) => query.pair === undefined || plan.plan.pairId === query.pair);
  const { shown, nextCursor } = page(wanted, query.limit, query.cursor);
  return ok({ data: { plans: shown.map((plan) => view(deps, desk.value, plan)), nextCursor } });
});

function transactionsOf(deps: ApiDeps, plans: readonly PlanRecord[]): TxDto[] {
  return plans
    .flatMap((plan) =>
      plan.ops.map((op): TxDto => {
        const step = plan.plan.steps[op.index];
        const dto = opDto(deps.registry, op, step === undefined ? op.kind : stepTitle(deps.registry, step));
        return {
          id: op.opId,
          atMs: op.stateAtMs,
          marketAtMs: null,
          pairId: plan.plan.pairId,
          planId: plan.planId,
          opId: op.opId,
          chainId: op.chainId,
          kind: op.kind,
          title: dto.title,
          state: op.state,
          txHash: dto.txHash,
          nonce: op.attempts.at(-1)?.nonce ?? null,
          blockNumber: dto.blockNumber,
          gasUsed: dto.gasUsed,
          gasUsd: op.gasUsd,
          deltas: dto.deltas,
          error: op.error,
        };
      }),
    )
    .toSorted((left, right) => right.atMs - left.atMs || (left.id < right.id ? 1 : -1));
}

const cursorSchema = z.string().regex(/^\d+$/);

async function txPage(
  deps: ApiDeps,
  input: { readonly limit: number; readonly cursor: string | undefined; readonly keep: (plan: PlanRecord) => boolean },
) {
  const plans = await readPlans(deps);
  if (!plans.ok) return plans;
  const start = input.cursor === undefined ? 0 : Number(cursorSchema.safeParse(input.cursor).data ?? "0");
  const all = transactionsOf(deps, plans.value.filter(input.keep));
  const shown = all.slice(start, start + input.limit);
  const end = start + shown.length;
  return ok({ data: { txlog: shown, nextCursor: end < all.length ? String(end) : null } });
}

const pairTxlogHandler = bindHandler(contract.pairTxlog, async ({ deps, params, query }) => {
  const pair = knownPair(deps, params.id);
  if (!pair.ok) return pair;
  return txPage(deps, { limit: query.limit, cursor: query.cursor, keep: (plan) => plan.plan.pairId === params.id });
});

const txlogHandler = bindHandler(contract.txlog, ({ deps, query }) =>
  txPage(deps, {
    limit: query.limit,
    cursor: query.cursor,
    keep: (plan) =>
      (query.pair === undefined || plan.plan.pairId === query.pair) &&
      (query.planId === undefined || plan.planId === query.planId),
  }),
);

export const planHandlers = [
  plansHandler,
  planHandler,
  opCauseHandler,
  activityHandler,
  pairTxlogHandler,
  txlogHandler,
];
