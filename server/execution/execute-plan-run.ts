// One run of a plan: its state, its talk with the signer, and the tokens and pools it acts on per chain.
import type { OpReport, PairState, PlanRecord, QuoteEvidence, Transfer } from "@/lib/api/signer-contract";
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import { err, ok, type Result } from "@/lib/errors/result";
import type { TidegateError } from "@/lib/errors/tidegate-error";
import type { Plan, Step, SwapStep } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";
import type { WallClock } from "@/server/infra/clock";
import type { IntentClient } from "@/server/infra/signer-link/client";
import type { SignerError } from "@/server/infra/signer-link/signer-error";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { TransferTracker } from "./bridge-arrival";
import type { BridgeQuotes } from "./bridge-quotes";
import type { PoolOutInput } from "./direct-swap";
import type { LiveReads } from "./live-reads";
import type { SwapQuotes } from "./swap-quotes";

/** A signer that does not answer for this long interrupts the run; the plan stays open and is resumed. */
export const SIGNER_PATIENCE_MS = 60_000;
export const RETRY_MS = 1_000;
/** Refusals that end when someone acts; the plan stays as it is. */
const INTERRUPTING = [
  "unavailable",
  "timeout",
  "stale_token",
  "paused",
  "stopped",
  "halted",
  "disk",
  "internal",
  "chain",
];
/** Prices of this moment, each with its own source time checked by the caller. */
export interface LivePrices {
  /** CEX median, QUOTE per BASE. */
  readonly price: number;
  readonly priceAtMarketMs: number;
  /** US dollars per whole quote token. */
  readonly quoteUsd: number;
  /** US dollars per whole native token of the chain. */
  readonly nativeUsd: number;
}

export interface ExecutePlanDeps {
  readonly signer: Pick<IntentClient, "call">;
  readonly quotes: SwapQuotes;
  /** Missing: bridge steps are left out, with the reason. */
  readonly bridges?: Pick<BridgeQuotes, "fetchQuote">;
  /** Follows transfers to their end; missing: nothing waits for them here. */
  readonly transfers?: TransferTracker;
  readonly reads: LiveReads;
  /** What a pool of the pair would pay now, or why that is not known; missing: a swap with two ways takes the aggregator. */
  readonly readPoolOut?: (input: PoolOutInput) => Promise<bigint | string>;
  /** US dollars of one unit of gas; missing or null: gas is not weighed. */
  readonly gasUnitUsd?: (chainId: number) => Promise<number | null>;
  /** Fails when there is no price fresh enough to trade on. */
  readonly readPrices: (chainId: number) => Promise<Result<LivePrices, TidegateError>>;
  readonly wallet: Address;
  readonly wall: WallClock;
  readonly sleep: (durationMs: number) => Promise<void>;
  readonly log: Logger;
}

/** How one step ended. */
export type StepEnd =
  | { readonly kind: "next" }
  | { readonly kind: "interrupted"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

/** Way and amount of a swap, chosen before its first approval. */
export interface SwapChoice {
  readonly way: SwapStep;
  readonly amountRaw: bigint;
}

export interface HeldQuote {
  readonly index: number;
  readonly amountRaw: bigint;
  readonly evidence: QuoteEvidence;
}

export interface Run {
  readonly deps: ExecutePlanDeps;
  readonly record: PlanRecord;
  readonly plan: Plan;
  readonly token: number;
  readonly shouldStop: () => boolean;
  readonly ops: Map<number, OpReport>;
  readonly notes: Map<number, string>;
  readonly durations: Map<number, number>;
  readonly quotes: Map<number, number>;
  held: HeldQuote | null;
  /** By the index of the swap step. */
  readonly swaps: Map<number, SwapChoice>;
  /** Every transfer of this plan as the signer knows it, by the index of its bridge step. */
  transfers: readonly Transfer[];
  /** What did not happen although no step failed, for the plan's last words. */
  readonly shortfalls: Set<string>;
  /** Steps that are not executed, with the reason. */
  readonly leftOut: Map<number, string>;
  swapCostUsd: number;
  swappedUsd: number;
}

/** One call, repeated while the signer is away; every intent is the same when it arrives twice (opId, planId). */
export async function callSigner<M extends "plan.get" | "pair.state" | "op.execute" | "op.wait" | "plan.finish">(
  run: Run,
  method: M,
  params: Parameters<typeof run.deps.signer.call<M>>[1],
  timeoutMs?: number,
): ReturnType<typeof run.deps.signer.call<M>> {
  const startedMonoMs = run.deps.wall.monotonicMs();
  for (;;) {
    const answer = await run.deps.signer.call(method, params, timeoutMs === undefined ? {} : { timeoutMs });
    if (answer.ok) return answer;
    const isAway = answer.error.code === "unavailable" || answer.error.code === "timeout";
    if (!isAway || run.shouldStop() || run.deps.wall.monotonicMs() - startedMonoMs > SIGNER_PATIENCE_MS) return answer;
    await run.deps.sleep(RETRY_MS);
  }
}

export async function readAccount(run: Run): Promise<Result<PairState["account"], StepEnd>> {
  const state = await callSigner(run, "pair.state", { pairId: run.plan.pairId });
  return state.ok ? ok(state.value.account) : err(signerEnd(state.error));
}

export async function accountBalance(run: Run, chainId: number, token: Address): Promise<Result<bigint, StepEnd>> {
  const account = await readAccount(run);
  return account.ok ? ok(balanceIn(account.value, chainId, token)) : account;
}

export async function readAllowance(
  run: Run,
  chainId: number,
  token: Address,
  spender: Address,
): Promise<Result<bigint, StepEnd>> {
  const allowance = await run.deps.reads.readAllowance({ chainId, token, owner: run.deps.wallet, spender });
  return allowance.ok ? allowance : stop("failed", `an allowance could not be read: ${allowance.error.message}`);
}

export function balanceIn(account: PairState["account"], chainId: number, token: Address): bigint {
  return account.find((each) => each.chainId === chainId && sameAddress(each.token, token))?.amountRaw ?? 0n;
}

export function signerEnd(error: SignerError): StepEnd {
  return { kind: INTERRUPTING.includes(error.code) ? "interrupted" : "failed", reason: error.message };
}

export function stop(kind: "failed" | "interrupted", reason: string): Result<never, StepEnd> {
  return err({ kind, reason });
}

/** The pair's tokens on one chain: of the plan's own list when it touches several, else the plan's tokens. */
export function tokensOn(plan: Plan, chainId: number): ChainTokens {
  const listed = plan.tokens?.find((each) => each.chainId === chainId);
  if (listed !== undefined) return listed;
  const { base, quote } = plan;
  const step = poolSteps(plan, chainId)[0];
  const isHere =
    step === undefined ||
    [step.token0, step.token1].some((token) => sameAddress(token, base.address) || sameAddress(token, quote.address));
  if (isHere) return { base, quote };
  // A plan without a list acts on one chain; its pools' tokens in the order of the plan's own addresses.
  const [first, second] =
    BigInt(base.address) < BigInt(quote.address) ? [step.token0, step.token1] : [step.token1, step.token0];
  return { base: { ...base, address: first }, quote: { ...quote, address: second } };
}

export interface ChainTokens {
  readonly base: { readonly address: Address; readonly decimals: number };
  readonly quote: { readonly address: Address; readonly decimals: number };
}

/** Decimals and token order of the pools on one chain. */
export function frameOn(plan: Plan, chainId: number): PriceFrame {
  const { base, quote } = tokensOn(plan, chainId);
  const step = poolSteps(plan, chainId)[0];
  return {
    decBase: base.decimals,
    decQuote: quote.decimals,
    baseIsToken0:
      step === undefined ? BigInt(base.address) < BigInt(quote.address) : sameAddress(step.token0, base.address),
  };
}

export type PoolStep = Extract<Step, { readonly kind: "burn" | "decrease" | "mint" }>;

/** Steps that name a pool of a chain. */
export function poolSteps(plan: Plan, chainId?: number): readonly PoolStep[] {
  return plan.steps.filter(
    (each): each is PoolStep =>
      (each.kind === "mint" || each.kind === "burn" || each.kind === "decrease") &&
      (chainId === undefined || each.chainId === chainId),
  );
}

export function smallest(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((least, amount) => (amount < least ? amount : least));
}

export function sameAddress(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

export function asHex(pool: string): Hex {
  return `0x${pool.replace(/^0x/, "")}`;
}
