// From a step and the live chain to one transaction: state at a named block, bounds, deadline, simulation, and the last look at the bytes.
import type { LivePosition } from "@/lib/actions/family";
import { permit2ExpirationSec } from "@/lib/actions/permit2";
import type { ApproveStep, Plan, RevokeStep, Step } from "@/lib/plan/plan";
import { describeGrant, encodeGrant, grantOf, readGrant, type RightState } from "./allowances";
import type { EngineContext } from "./context";
import type { OpRecord } from "./journal/projection";
import { checkBalances } from "./policy";
import { checkCalldata, type CalldataCheck } from "./policy-calldata";
import {
  deadlineOf,
  freeBalance,
  placeOf,
  simulate,
  type PlacedInput,
  type Preparation,
  type PrepareInput,
} from "./prepare-common";
import { prepareExit, prepareMint } from "./prepare-positions";
import { prepareBridge, prepareSwap } from "./prepare-swap";
import { checkRehearsed } from "./rehearsed-check";
import { SignerError } from "./ports";

export type { Preparation, PreparedTx } from "./prepare-common";

/** Steps after which balances are others than when the plan was made. */
const MOVING_KINDS: ReadonlySet<Step["kind"]> = new Set(["burn", "decrease", "swap", "bridge", "mint"]);

export async function prepareOp(context: EngineContext, op: OpRecord, plan: Plan): Promise<Preparation> {
  const input: PrepareInput = { ...(await placeOf(context, op)), op, plan };
  checkPlanBalances(input);
  const prepared = await prepareStep(input, op.step);
  if (prepared.kind === "tx") {
    checkBytes(input, op.step, prepared, {
      latestDeadlineSec: BigInt(deadlineOf(input)),
      maxValueRaw: op.step.kind === "bridge" ? prepared.valueRaw : 0n,
    });
    await checkRehearsed(input, prepared);
  }
  return prepared;
}

/** A revoke needs no plan. */
export async function prepareRevoke(context: EngineContext, op: OpRecord, step: RevokeStep): Promise<Preparation> {
  const input = await placeOf(context, op);
  const prepared = await prepareRight(input, step, 0n, 0n);
  if (prepared.kind === "tx") checkBytes(input, step, prepared, { latestDeadlineSec: 1n, maxValueRaw: 0n });
  return prepared;
}

function checkBytes(
  input: PlacedInput,
  step: Step,
  prepared: Extract<Preparation, { readonly kind: "tx" }>,
  limits: Pick<CalldataCheck, "latestDeadlineSec" | "maxValueRaw">,
): void {
  const { context, wallet } = input;
  const { to, data, valueRaw } = prepared;
  const pool = "pool" in step && step.pool !== undefined ? context.pool(step.chainId, step.pool) : null;
  const position: LivePosition | null = prepared.position;
  const { registry } = context.deps;
  checkCalldata({ step, tx: { to, data, valueRaw }, wallet, registry, pool, position, ...limits });
}

/** Bound `balances`: before the plan's first transaction that moves value on this chain; afterwards balances are what the plan made them. */
function checkPlanBalances(input: PrepareInput): void {
  const { context, op, plan } = input;
  if (!MOVING_KINDS.has(op.step.kind)) return;
  for (const other of context.journal.state.ops.values()) {
    const isEarlier = other.planId === op.planId && other.chainId === op.chainId && MOVING_KINDS.has(other.step.kind);
    if (isEarlier && other.attempts.length > 0) return;
  }
  checkBalances(plan, op.chainId, (token) => freeBalance(context, op, token));
}

function prepareStep(input: PrepareInput, step: Step): Promise<Preparation> {
  switch (step.kind) {
    case "approve":
      return prepareRight(
        input,
        step,
        step.grant === "operator" ? 1n : (input.op.intent.args.amountRaw ?? step.amountRaw),
        permit2ExpirationSec(BigInt(deadlineOf(input))),
      );
    case "revoke":
      return prepareRight(input, step, 0n, 0n);
    case "burn":
    case "decrease":
      return prepareExit(input, step);
    case "swap":
      return prepareSwap(input, step);
    case "mint":
      return prepareMint(input, step);
    case "bridge":
      return prepareBridge(input, step);
  }
}

async function prepareRight(
  input: PlacedInput,
  step: ApproveStep | RevokeStep,
  amountRaw: bigint,
  expirationSec: bigint,
): Promise<Preparation> {
  const { context, port, block, wallet } = input;
  if (step.kind === "approve" && amountRaw === 0n)
    return { kind: "skip", reason: "nothing to approve: the amount is 0" };
  if (step.kind === "approve" && amountRaw > step.amountRaw) {
    throw SignerError.refuse("policy", `the amount ${amountRaw} is above the plan's cap ${step.amountRaw}`);
  }
  const grant = grantOf(step);
  const current = await readGrant(port, grant, { owner: wallet, block: block.number });
  if (isReached(current, amountRaw, expirationSec)) {
    return { kind: "skip", reason: `${describeGrant(grant)} is ${amountRaw} already` };
  }
  // Some tokens refuse to change an allowance that is not 0; Permit2 and the operator right are simply set.
  if (step.kind === "approve" && grant.kind === "erc20" && current.amountRaw > 0n) return { kind: "revoke_first" };
  const tx = encodeGrant(context.deps.registry, { chainId: step.chainId, grant, amountRaw, expirationSec });
  await simulate(port, { from: wallet, ...tx }, block.number);
  return {
    kind: "tx",
    block,
    ...tx,
    position: null,
    expected: [],
    minimums: [],
    deadlineSec: null,
    notionalUsd: 0,
  };
}

/** Standing as wanted already; inside Permit2 with an end not far from the one it would get (an older, shorter one is renewed). */
function isReached(current: RightState, amountRaw: bigint, expirationSec: bigint): boolean {
  if (current.amountRaw !== amountRaw) return false;
  return current.expirationSec === null || amountRaw === 0n || current.expirationSec === expirationSec;
}
