// Rehearsal of a whole plan before anything is signed: every step is encoded by the same families at live state and played in order on a copy of its chain.
import { encodeFunctionData } from "viem";
import { encodeApprove, walletDeltas } from "@/lib/actions/erc20";
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import type { TxCall } from "@/lib/actions/family";
import { encodeLbOperator } from "@/lib/actions/liquidity-book";
import { encodePermit2Approve, encodePermit2Revoke, permit2ExpirationSec } from "@/lib/actions/permit2";
import { encodePoolSwap, routerForms } from "@/lib/actions/pool-swap";
import type { Rehearsal } from "@/lib/api/signer-contract";
import { ok, type Result } from "@/lib/errors/result";
import { errorText, type TidegateError } from "@/lib/errors/tidegate-error";
import type { ApproveStep, BurnStep, DecreaseStep, MintStep, Plan, RevokeStep, Step, SwapStep } from "@/lib/plan/plan";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address } from "@/lib/units";
import type { RehearsalDeps, Stage, TriedCall } from "./ports";

type StepReport = Rehearsal["steps"][number];
type Encoded =
  | { readonly kind: "call"; readonly call: TxCall; readonly alternatives?: readonly TxCall[] }
  | { readonly kind: "not_tried"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

interface ChainRun {
  readonly deps: RehearsalDeps;
  readonly plan: Plan;
  readonly stage: Stage;
  readonly played: TxCall[];
  readonly reports: StepReport[];
  /** Amounts the next operation takes, decided with its approvals. */
  readonly amounts: Map<string, bigint>;
}

/** Error: nothing could be rehearsed at all, with the reason. A plan that fails is an answer with `isOk` false. */
export async function rehearsePlan(deps: RehearsalDeps, plan: Plan): Promise<Result<Rehearsal, TidegateError>> {
  const chainIds = [...new Set(plan.steps.map((step) => step.chainId))];
  const blocks: Rehearsal["blocks"] = [];
  const steps: StepReport[] = [];
  let method: Rehearsal["method"] = "eth_simulateV1";
  for (const chainId of chainIds) {
    const stage = await deps.openStage(chainId);
    if (!stage.ok) return stage;
    method = stage.value.method;
    blocks.push({ chainId, number: stage.value.blockNumber });
    try {
      const run: ChainRun = { deps, plan, stage: stage.value, played: [], reports: [], amounts: new Map() };
      const end = await rehearseChain(run, chainId);
      if (!end.ok) return end;
      steps.push(...run.reports);
    } finally {
      await stage.value.close();
    }
  }
  const sorted = steps.toSorted((left, right) => left.index - right.index);
  const failed = sorted.find((step) => !step.isOk);
  const untried = plan.steps.flatMap((step, index) =>
    sorted.some((each) => each.index === index) ? [] : [{ step, index }],
  );
  return ok({
    method,
    atMs: deps.wallNowMs(),
    blocks,
    isOk: failed === undefined,
    detail:
      failed !== undefined
        ? `step ${failed.index} (${plan.steps[failed.index]?.kind ?? "?"}) failed: ${failed.detail}`
        : untriedWords(plan, untried),
    steps: sorted,
  });
}

function untriedWords(plan: Plan, untried: readonly { readonly step: Step; readonly index: number }[]): string {
  if (untried.length === 0) return "every step went through";
  const list = untried.map(({ step, index }) => `${index} (${step.kind})`).join(", ");
  const afterBridge = plan.steps.some((step) => step.kind === "bridge");
  return `what could be tried went through; not tried: steps ${list}${afterBridge ? ", which need what a bridge brings or a quote that did not come" : ", for want of a quote"}`;
}

async function rehearseChain(run: ChainRun, chainId: number): Promise<Result<true, TidegateError>> {
  let isWaiting = false;
  for (const [index, step] of run.plan.steps.entries()) {
    if (step.chainId !== chainId) continue;
    isWaiting ||= needsArrival(run.plan, step, index);
    if (isWaiting) continue;
    const encoded = await encodeStep(run, step, index);
    if (!encoded.ok) return encoded;
    if (encoded.value.kind === "not_tried") {
      // What follows on this chain counts on it.
      isWaiting = true;
      continue;
    }
    if (encoded.value.kind === "failed") {
      run.reports.push(reportOf(run, index, null, encoded.value.reason));
      return ok(true);
    }
    const tried = await playNext(run, [encoded.value.call, ...(encoded.value.alternatives ?? [])]);
    if (!tried.ok) return tried;
    run.reports.push(reportOf(run, index, tried.value, tried.value.error));
    if (!tried.value.isOk) return ok(true);
  }
  return ok(true);
}

/** Swaps and mints of a chain that a bridge of this plan goes to, and what is approved for them. */
function needsArrival(plan: Plan, step: Step, index: number): boolean {
  const user = step.kind === "approve" ? plan.steps[step.forStep] : step;
  if (user?.kind !== "swap" && user?.kind !== "mint") return false;
  return plan.steps.some((each, at) => each.kind === "bridge" && each.toChainId === step.chainId && at < index);
}

/** The first of the calls that goes through after all that was played; the last one's failure when none does. */
async function playNext(run: ChainRun, calls: readonly TxCall[]): Promise<Result<TriedCall, TidegateError>> {
  let last: TriedCall = { isOk: false, gasUsed: 0n, returnData: "0x", logs: [], error: "nothing to try" };
  for (const call of calls) {
    const played = await run.stage.play([...run.played, call]);
    if (!played.ok) return played;
    last = played.value.at(-1) ?? last;
    if (last.isOk) {
      run.played.push(call);
      return ok(last);
    }
  }
  return ok(last);
}

function reportOf(run: ChainRun, index: number, tried: TriedCall | null, detail: string): StepReport {
  const step = run.plan.steps[index];
  const chainId = step?.chainId ?? 0;
  const tokens = tokensOf(run.plan);
  const deltas =
    tried === null || !tried.isOk ? new Map<Address, bigint>() : walletDeltas(tried.logs, tokens, run.deps.wallet);
  return {
    index,
    isOk: tried?.isOk ?? false,
    gasUsed: tried?.gasUsed ?? 0n,
    deltas: [...deltas].map(([token, amountRaw]) => ({ chainId, token, amountRaw: amountRaw.toString() })),
    detail,
  };
}

function tokensOf(plan: Plan): readonly Address[] {
  const all = [plan.base, plan.quote, ...(plan.tokens ?? []).flatMap(({ base, quote }) => [base, quote])];
  return [...new Set(all.map(({ address }) => address))];
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
    case "bridge": {
      const amountRaw = run.amounts.get(amountKey(index, step.tokenIn)) ?? step.amountInRaw;
      const quote = await run.deps.fetchBridgeQuote(run.plan, step, amountRaw);
      if (!quote.ok) return ok({ kind: "not_tried", reason: quote.error.message });
      const { to, data, valueRaw } = quote.value;
      return ok({ kind: "call", call: { to, data, valueRaw } });
    }
  }
}

/** Bounds that cannot be met and families that refuse are failures of the plan, not of the rehearsal. */
async function guarded(encode: () => Promise<Encoded>): Promise<Encoded> {
  try {
    return await encode();
  } catch (error) {
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
  if (!quote.ok) return ok({ kind: "not_tried", reason: quote.error.message });
  const { to, data, valueRaw } = quote.value;
  return ok({ kind: "call", call: { to, data, valueRaw } });
}

/** The wallet's balance after everything that was played. */
async function balanceOf(run: ChainRun, token: Address): Promise<Result<bigint, TidegateError>> {
  const data = encodeFunctionData({ abi: ERC20_ABI, functionName: "balanceOf", args: [run.deps.wallet] });
  const played = await run.stage.play([...run.played, { to: token, data, valueRaw: 0n }]);
  if (!played.ok) return played;
  const answer = played.value.at(-1);
  return ok(answer?.isOk === true && answer.returnData.length === 66 ? BigInt(answer.returnData) : 0n);
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
