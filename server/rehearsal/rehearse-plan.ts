// Rehearsal of a whole plan before anything is signed: every step is encoded by the same families at live state and played in order on a copy of its chain.
import { encodeApprove, walletDeltas } from "@/lib/actions/erc20";
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import type { TxCall } from "@/lib/actions/family";
import { encodeLbOperator } from "@/lib/actions/liquidity-book";
import { encodePermit2Approve, encodePermit2Revoke, permit2ExpirationSec } from "@/lib/actions/permit2";
import { encodePoolSwap, routerForms } from "@/lib/actions/pool-swap";
import type { Rehearsal } from "@/lib/api/signer-contract";
import { ok, type Result } from "@/lib/errors/result";
import { ChainError, errorText, type TidegateError } from "@/lib/errors/tidegate-error";
import type {
  ApproveStep,
  BridgeStep,
  BurnStep,
  DecreaseStep,
  MintStep,
  Plan,
  RevokeStep,
  Step,
  SwapStep,
} from "@/lib/plan/plan";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address } from "@/lib/units";
import { balanceCall, findBalanceSlot } from "./balance-slot";
import type { RehearsalDeps, Stage, StorageChange, TriedCall } from "./ports";

type StepReport = Rehearsal["steps"][number];
type Untried = NonNullable<Rehearsal["untried"]>[number];
type Encoded =
  | { readonly kind: "call"; readonly call: TxCall; readonly alternatives?: readonly TxCall[] }
  | { readonly kind: "not_tried"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

interface Arrival {
  /** Index of the bridge step. */
  readonly from: number;
  readonly token: Address;
  readonly amountRaw: bigint;
}

interface ChainRun {
  readonly deps: RehearsalDeps;
  readonly plan: Plan;
  readonly stage: Stage;
  readonly played: TxCall[];
  readonly reports: StepReport[];
  readonly untried: Untried[];
  /** Amounts the next operation takes, decided with its approvals. */
  readonly amounts: Map<string, bigint>;
  /** What bridges are expected to bring, by the index of the bridge step; shared by all chains. */
  readonly quoted: Map<number, bigint>;
  readonly arrivals: Arrival[];
  /** The wallet's balances with what has arrived. */
  readonly changes: Map<string, StorageChange>;
}

/**
 * Never fails: a plan that would not go through is an answer with `isOk` false, and so is one of which nothing could be tried (method
 * `none`, with the reason). Steps that could not be tried are named one by one.
 */
export async function rehearsePlan(deps: RehearsalDeps, plan: Plan): Promise<Rehearsal> {
  const blocks: Rehearsal["blocks"] = [];
  const steps: StepReport[] = [];
  const untried: Untried[] = [];
  const quoted = new Map<number, bigint>();
  for (const chainId of chainsInOrder(plan)) {
    const stage = await deps.openStage(chainId);
    if (!stage.ok) {
      untried.push(...stepsOn(plan, chainId).map((index) => ({ index, reason: stage.error.message })));
      continue;
    }
    blocks.push({ chainId, number: stage.value.blockNumber, method: stage.value.method });
    const run: ChainRun = {
      deps,
      plan,
      stage: stage.value,
      played: [],
      reports: [],
      untried: [],
      amounts: new Map(),
      quoted,
      arrivals: [],
      changes: new Map(),
    };
    try {
      await rehearseChain(run, chainId);
    } finally {
      await stage.value.close();
    }
    steps.push(...run.reports);
    untried.push(...run.untried);
  }
  const sorted = steps.toSorted((left, right) => left.index - right.index);
  const left = untried.toSorted((one, other) => one.index - other.index);
  const failed = sorted.find((step) => !step.isOk);
  return {
    method: sorted.length === 0 ? "none" : blocks.some(({ method }) => method === "fork") ? "fork" : "eth_simulateV1",
    atMs: deps.wallNowMs(),
    blocks,
    isOk: failed === undefined && sorted.length > 0,
    detail:
      failed === undefined
        ? wordsOf(plan, sorted, left)
        : `step ${failed.index} (${plan.steps[failed.index]?.kind ?? "?"}) failed: ${failed.detail}`,
    steps: sorted,
    ...(left.length === 0 ? {} : { untried: left }),
  };
}

/** Chains that only send come first: what their bridges were quoted to bring is known when it arrives. */
function chainsInOrder(plan: Plan): readonly number[] {
  const all = [...new Set(plan.steps.map((step) => step.chainId))];
  const receives = (chainId: number): boolean =>
    plan.steps.some((step) => step.kind === "bridge" && step.toChainId === chainId);
  return [...all.filter((chainId) => !receives(chainId)), ...all.filter(receives)];
}

function stepsOn(plan: Plan, chainId: number): readonly number[] {
  return plan.steps.flatMap((step, index) => (step.chainId === chainId ? [index] : []));
}

function wordsOf(plan: Plan, steps: readonly StepReport[], untried: readonly Untried[]): string {
  const [first] = untried;
  if (first !== undefined && steps.length === 0) return `could not be tried: ${first.reason}`;
  const name = (index: number): string => `${index} (${plan.steps[index]?.kind ?? "?"})`;
  const ahead = steps.filter(({ arrivals }) => arrivals !== undefined).map(({ index }) => name(index));
  const supposed = ahead.length === 0 ? "" : `, steps ${ahead.join(", ")} with the expected arrival`;
  if (first === undefined) return `every step went through${supposed}`;
  const reasons = [...new Set(untried.map(({ reason }) => reason))].join("; ");
  const list = untried.map(({ index }) => name(index)).join(", ");
  return `what could be tried went through${supposed}; not tried: steps ${list}: ${reasons}`;
}

/** Steps in order until one fails; after one that could not be tried nothing of this chain is, since it counts on it. */
async function rehearseChain(run: ChainRun, chainId: number): Promise<void> {
  const indexes = stepsOn(run.plan, chainId);
  for (const [at, index] of indexes.entries()) {
    const step = run.plan.steps[index];
    if (step === undefined) continue;
    const end = await rehearseStep(run, step, index);
    if (end === "failed") return;
    if (end === "tried") continue;
    run.untried.push({ index, reason: end.reason });
    for (const later of indexes.slice(at + 1)) {
      run.untried.push({ index: later, reason: `it counts on step ${index}, which could not be tried` });
    }
    return;
  }
}

async function rehearseStep(
  run: ChainRun,
  step: Step,
  index: number,
): Promise<"tried" | "failed" | { readonly reason: string }> {
  try {
    const isSupposed = needsArrival(run.plan, step, index);
    const missing = isSupposed ? await bringArrivals(run, step.chainId, index) : null;
    if (missing !== null) return { reason: missing };
    const encoded = await encodeStep(run, step, index);
    if (!encoded.ok) return { reason: encoded.error.message };
    if (encoded.value.kind === "not_tried") return { reason: encoded.value.reason };
    if (encoded.value.kind === "failed") {
      run.reports.push(reportOf(run, index, null, { detail: encoded.value.reason, isSupposed }));
      return "failed";
    }
    const tried = await playNext(run, [encoded.value.call, ...(encoded.value.alternatives ?? [])]);
    if (!tried.ok) return { reason: tried.error.message };
    run.reports.push(reportOf(run, index, tried.value, { detail: tried.value.error, isSupposed }));
    return tried.value.isOk ? "tried" : "failed";
  } catch (error) {
    // A read of the chain that got no answer says nothing about the plan.
    if (error instanceof ChainError) return { reason: error.message };
    throw error;
  }
}

/** Swaps and mints of a chain that a bridge of this plan goes to, and what is approved for them. */
function needsArrival(plan: Plan, step: Step, index: number): boolean {
  const user = step.kind === "approve" ? plan.steps[step.forStep] : step;
  if (user?.kind !== "swap" && user?.kind !== "mint") return false;
  return plan.steps.some((each, at) => each.kind === "bridge" && each.toChainId === step.chainId && at < index);
}

/**
 * Gives the wallet what the bridges before this step are expected to bring: what their quotes promise at least, or the plan's own
 * minimum. Answers why not when a token's balance has no place that could be set.
 */
async function bringArrivals(run: ChainRun, chainId: number, before: number): Promise<string | null> {
  const { plan, stage, deps } = run;
  for (const [from, bridge] of plan.steps.entries()) {
    if (bridge.kind !== "bridge" || bridge.toChainId !== chainId || from >= before) continue;
    if (run.arrivals.some((each) => each.from === from)) continue;
    const amountRaw = run.quoted.get(from) ?? bridge.minAmountOutRaw;
    const known = run.changes.get(bridge.tokenOut.toLowerCase());
    if (known === undefined) {
      const slot = await findBalanceSlot(stage, bridge.tokenOut, deps.wallet);
      if (!slot.ok) return slot.error.message;
      if (slot.value === null) {
        return `it needs what step ${from} (bridge) brings, and ${bridge.tokenOut} keeps its balances in no known place where that could be supposed`;
      }
      const held = await stage.play([balanceCall(bridge.tokenOut, deps.wallet)]);
      if (!held.ok) return held.error.message;
      const valueRaw = balanceIn(held.value.at(-1)) + amountRaw;
      run.changes.set(bridge.tokenOut.toLowerCase(), { address: bridge.tokenOut, slot: slot.value, valueRaw });
    } else {
      run.changes.set(bridge.tokenOut.toLowerCase(), { ...known, valueRaw: known.valueRaw + amountRaw });
    }
    run.arrivals.push({ from, token: bridge.tokenOut, amountRaw });
  }
  return null;
}

function play(run: ChainRun, next: TxCall): Promise<Result<readonly TriedCall[], TidegateError>> {
  return run.stage.play([...run.played, next], [...run.changes.values()]);
}

/** The first of the calls that goes through after all that was played; else the failure that says most: another shape of router says nothing. */
async function playNext(run: ChainRun, calls: readonly TxCall[]): Promise<Result<TriedCall, TidegateError>> {
  let failure: TriedCall = { isOk: false, gasUsed: 0n, returnData: "0x", logs: [], error: "" };
  for (const call of calls) {
    const played = await play(run, call);
    if (!played.ok) return played;
    const tried = played.value.at(-1) ?? failure;
    if (tried.isOk) {
      run.played.push(call);
      return ok(tried);
    }
    if (failure.error === "" || tried.returnData.length > failure.returnData.length) failure = tried;
  }
  return ok(failure);
}

function reportOf(
  run: ChainRun,
  index: number,
  tried: TriedCall | null,
  { detail, isSupposed }: { readonly detail: string; readonly isSupposed: boolean },
): StepReport {
  const chainId = run.plan.steps[index]?.chainId ?? 0;
  // Whatever token it is: one that nobody expected is what the signer looks for.
  const moved = tried?.isOk === true ? tried.logs : [];
  const tokens = [...new Set(moved.map(({ address }) => address))];
  return {
    index,
    isOk: tried?.isOk ?? false,
    gasUsed: tried?.gasUsed ?? 0n,
    deltas: [...walletDeltas(moved, tokens, run.deps.wallet)].map(([token, amountRaw]) => ({
      chainId,
      token,
      amountRaw: amountRaw.toString(),
    })),
    detail,
    ...(isSupposed
      ? {
          arrivals: run.arrivals.map(({ token, amountRaw }) => ({ chainId, token, amountRaw: amountRaw.toString() })),
        }
      : {}),
  };
}

async function encodeStep(run: ChainRun, step: Step, index: number): Promise<Result<Encoded, TidegateError>> {
  switch (step.kind) {
    case "approve":
      return encodeApproval(run, step);
    case "revoke":
      return ok({ kind: "call", call: revokeCall(run, step) });
    case "burn":
    case "decrease":
      return ok(await guarded(() => encodeExit(run, step)));
    case "mint":
      return encodeMint(run, step, index);
    case "swap":
      return encodeSwap(run, step, index);
    case "bridge":
      return encodeBridge(run, step, index);
  }
}

async function encodeBridge(run: ChainRun, step: BridgeStep, index: number): Promise<Result<Encoded, TidegateError>> {
  const amountRaw = run.amounts.get(amountKey(index, step.tokenIn)) ?? step.amountInRaw;
  const quote = await run.deps.fetchBridgeQuote(run.plan, step, amountRaw);
  if (!quote.ok) return ok({ kind: "not_tried", reason: `a quote did not come: ${quote.error.message}` });
  const { to, data, valueRaw, toAmountMinRaw } = quote.value;
  run.quoted.set(index, toAmountMinRaw);
  return ok({ kind: "call", call: { to, data, valueRaw } });
}

/** Bounds that cannot be met and families that refuse are failures of the plan; a chain that does not answer is not. */
async function guarded(encode: () => Promise<Encoded>): Promise<Encoded> {
  try {
    return await encode();
  } catch (error) {
    if (error instanceof ChainError && error.code !== "reverted") throw error;
    return { kind: "failed", reason: errorText(error) };
  }
}

async function encodeApproval(run: ChainRun, step: ApproveStep): Promise<Result<Encoded, TidegateError>> {
  if (step.grant === "operator")
    return ok(await guarded(async () => ({ kind: "call", call: operatorCall(run, step, true) })));
  const balance = await balanceOf(run, step.token);
  if (!balance.ok) return balance;
  const amountRaw = step.amountRaw < balance.value ? step.amountRaw : balance.value;
  run.amounts.set(amountKey(step.forStep, step.token), amountRaw);
  if (step.grant === "permit2") {
    return ok(
      await guarded(async () => ({
        kind: "call",
        call: encodePermit2Approve(permit2Of(step), {
          token: step.token,
          spender: step.spender,
          amountRaw,
          expirationSec: permit2ExpirationSec(deadlineOf(run)),
        }),
      })),
    );
  }
  return ok({ kind: "call", call: { to: step.token, data: encodeApprove(step.spender, amountRaw), valueRaw: 0n } });
}

function revokeCall(run: ChainRun, step: RevokeStep): TxCall {
  if (step.grant === "operator") return operatorCall(run, step, false);
  if (step.grant === "permit2") return encodePermit2Revoke(permit2Of(step), step.token, step.spender);
  return { to: step.token, data: encodeApprove(step.spender, 0n), valueRaw: 0n };
}

/** The operator right is the pair's own: `token` is the pool. */
function operatorCall(run: ChainRun, step: ApproveStep | RevokeStep, isApproved: boolean): TxCall {
  return encodeLbOperator(poolOf(run, step.chainId, step.token), step.spender, isApproved);
}

function permit2Of(step: ApproveStep | RevokeStep): Address {
  if (step.permit2 === undefined) throw new Error(`the ${step.kind} step of ${step.token} names no Permit2 contract`);
  return step.permit2;
}

async function encodeExit(run: ChainRun, step: BurnStep | DecreaseStep): Promise<Encoded> {
  const { stage, deps } = run;
  const ref = poolOf(run, step.chainId, step.pool);
  const reads = deps.readsOf(ref.family);
  const position = await reads.readPosition(stage.port, ref, step.tokenId, stage.blockNumber, deps.wallet);
  if (position === null) return { kind: "failed", reason: `position ${step.tokenId} is not there` };
  const pool = await reads.readPool(stage.port, ref, stage.blockNumber);
  const actions = FAMILY_ACTIONS[ref.family];
  const call = actions.boundExit(
    ref,
    { pool, position },
    {
      liquidityRaw: step.kind === "burn" ? null : step.liquidityRaw,
      bandBps: step.maxSlippageBps,
      recipient: deps.wallet,
      deadlineSec: deadlineOf(run),
    },
  );
  return { kind: "call", call: actions.encodeExit(ref, call) };
}

async function encodeMint(run: ChainRun, step: MintStep, index: number): Promise<Result<Encoded, TidegateError>> {
  const desired: bigint[] = [];
  for (const [token, capRaw] of [
    [step.token0, step.amount0MaxRaw],
    [step.token1, step.amount1MaxRaw],
  ] as const) {
    const balance = await balanceOf(run, token);
    if (!balance.ok) return balance;
    const approved = run.amounts.get(amountKey(index, token)) ?? capRaw;
    desired.push([capRaw, balance.value, approved].reduce((least, each) => (each < least ? each : least)));
  }
  const [amount0DesiredRaw = 0n, amount1DesiredRaw = 0n] = desired;
  return ok(
    await guarded(async () => {
      const ref = poolOf(run, step.chainId, step.pool);
      const live = await run.deps.readsOf(ref.family).readPool(run.stage.port, ref, run.stage.blockNumber);
      const actions = FAMILY_ACTIONS[ref.family];
      const call = actions.boundMint(ref, live, {
        tickLower: step.tickLower,
        tickUpper: step.tickUpper,
        amount0DesiredRaw,
        amount1DesiredRaw,
        bandBps: step.maxSlippageBps,
        shape: ref.family === "liquidity-book" ? (step.shape ?? "spot") : null,
        recipient: run.deps.wallet,
        deadlineSec: deadlineOf(run),
      });
      return { kind: "call", call: actions.encodeMint(ref, call) };
    }),
  );
}

async function encodeSwap(run: ChainRun, step: SwapStep, index: number): Promise<Result<Encoded, TidegateError>> {
  const amountRaw = run.amounts.get(amountKey(index, step.tokenIn)) ?? step.amountInRaw;
  if (step.provider === "pool") {
    return ok(
      await guarded(async () => {
        const ref = poolOf(run, step.chainId, step.pool ?? "");
        const calls = routerForms(ref).flatMap((form) => {
          const call = encodePoolSwap(ref, {
            form,
            tokenIn: step.tokenIn,
            tokenOut: step.tokenOut,
            recipient: run.deps.wallet,
            amountInRaw: amountRaw,
            amountOutMinRaw: (step.minAmountOutRaw * amountRaw) / step.amountInRaw,
            deadlineSec: deadlineOf(run),
          });
          return call === null ? [] : [call];
        });
        const [call, ...alternatives] = calls;
        return call === undefined
          ? { kind: "failed", reason: `pool ${step.pool ?? ""} cannot be swapped through directly` }
          : { kind: "call", call, alternatives };
      }),
    );
  }
  const quote = await run.deps.fetchSwapQuote(run.plan, step, amountRaw);
  if (!quote.ok) return ok({ kind: "not_tried", reason: `a quote did not come: ${quote.error.message}` });
  const { to, data, valueRaw } = quote.value;
  return ok({ kind: "call", call: { to, data, valueRaw } });
}

/** The wallet's balance after everything that was played. */
async function balanceOf(run: ChainRun, token: Address): Promise<Result<bigint, TidegateError>> {
  const played = await play(run, balanceCall(token, run.deps.wallet));
  return played.ok ? ok(balanceIn(played.value.at(-1))) : played;
}

function balanceIn(answer: TriedCall | undefined): bigint {
  return answer?.isOk === true && answer.returnData.length === 66 ? BigInt(answer.returnData) : 0n;
}

function poolOf(run: ChainRun, chainId: number, pool: string): PoolRef {
  const ref = run.deps.findPool(chainId, pool);
  if (ref === null) throw new Error(`pool ${pool} on chain ${chainId} is not in the registry`);
  return ref;
}

function deadlineOf({ plan, stage }: ChainRun): bigint {
  return stage.timestampSec + BigInt(Math.ceil(plan.bounds.deadlineSec * stage.timeScale));
}

function amountKey(step: number, token: Address): string {
  return `${step}:${token.toLowerCase()}`;
}
