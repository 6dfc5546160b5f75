// Default deny, the part that no DEX family changes: authority, prices, bounds, caps, purposes and the signed bytes (safety.md section 3.8).
import { parseTransaction, recoverTransactionAddress, type TransactionSerialized } from "viem";
import { isSameAddress } from "@/lib/actions/erc20";
import { humanAmount } from "@/lib/amm/human-units";
import type { OpArguments } from "@/lib/api/signer-contract";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import type { Registry } from "@/lib/registry/schema";
import type { Plan, Step } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";
import { SignerError, type AuthorityView, type PairAuthority, type UnsignedTx } from "./ports";

/** A price older than this (market time) does not sign anything; choice: five candles. */
export const MAX_PRICE_AGE_MS = 300_000;
const DAY_MS = 24 * 3_600_000;
/** Fractions of bounds are compared in whole parts of this. */
const PARTS = 1_000_000;

const refuse = SignerError.refuse;

/**
 * Steps that only take risk off: allowed in EXIT_ONLY and never stopped by a USD cap. The operator right of a Liquidity Book pair is
 * among them, because its router cannot take liquidity out without it.
 */
export function isExitStep(step: Step): boolean {
  if (step.kind === "approve") return step.grant === "operator";
  return step.kind === "burn" || step.kind === "decrease" || step.kind === "revoke";
}

/** Purpose of a step (safety.md section 3.2), unique among open operations; the chain id keeps equal addresses on two chains apart. */
export function purposeKey(planId: string, index: number, step: Step): string {
  const on = `@${step.chainId}`;
  switch (step.kind) {
    case "approve":
    case "revoke":
      return `${step.kind}:${step.token}:${step.spender}${step.grant === undefined ? "" : `:${step.grant}`}${on}`.toLowerCase();
    case "burn":
      return `burn:${step.positionManager}:${step.tokenId}${on}`.toLowerCase();
    case "decrease":
      return `decrease:${step.positionManager}:${step.tokenId}${on}`.toLowerCase();
    case "swap":
      return `swap:${planId}:${index}${on}`;
    case "bridge":
      return `bridge:${planId}:${index}${on}`;
    case "mint":
      return `mint:${planId}:${step.pool}${on}`.toLowerCase();
  }
}

/**
 * A plan made for a signed system.exit of this pair, of steps that only leave: burns, decreases, revokes, swaps into the token to end in,
 * and the rights those need. It runs whatever the pair's mode, pause or halt is.
 */
export function isOrderedExit(authority: AuthorityView, plan: Plan): boolean {
  const exit = authority.pair(plan.pairId)?.exit ?? null;
  if (exit === null || plan.origin.kind !== "command") return false;
  if (!isSameAddress(plan.origin.commandId, exit.commandId)) return false;
  return plan.steps.every((step) => {
    if (step.kind !== "approve") return isExitStep(step) || step.kind === "swap";
    const target = plan.steps[step.forStep];
    return target !== undefined && (isExitStep(target) || target.kind === "swap");
  });
}

/**
 * Stop, halts, pause and mode: whether anything of this kind may be signed for the pair now. `isOrdered`: a signed command asked for
 * exactly this way out, so that the pair's own mode, pause and halt do not hold it back; a stop and a halted wallet do.
 */
export function checkAuthority(
  authority: AuthorityView,
  pairId: string,
  what: "plan" | Step,
  isOrdered = false,
): PairAuthority {
  const stopped = authority.stopped();
  if (stopped !== null) {
    throw refuse(
      "stopped",
      `everything is stopped since ${isoTime(stopped.sinceAtMs)} by ${stopped.by}: ${stopped.reason}; an owner must resume`,
    );
  }
  const walletHalt = authority.walletHalt();
  if (walletHalt !== null) {
    throw refuse(
      "halted",
      `the wallet is in ${walletHalt.state} since ${isoTime(walletHalt.sinceAtMs)}: ${walletHalt.cause}`,
      {
        state: walletHalt.state,
      },
    );
  }
  const pair = authority.pair(pairId);
  if (pair === null)
    throw refuse("not_found", `pair ${pairId} is not configured in this signer; add it with a signed pair.config`);
  if (isOrdered) return pair;
  if (pair.halted !== null) {
    const isExitAllowed = pair.halted.state === "EXIT_ONLY" && what !== "plan" && isExitStep(what);
    if (!isExitAllowed) {
      throw refuse(
        "halted",
        `${pairId} is in ${pair.halted.state} since ${isoTime(pair.halted.sinceAtMs)}: ${pair.halted.cause}`,
        {
          state: pair.halted.state,
        },
      );
    }
  }
  if (pair.paused !== null) {
    const isExitAllowed = pair.paused.kind === "no_new_risk" && what !== "plan" && isExitStep(what);
    if (!isExitAllowed) {
      throw refuse(
        "paused",
        `${pairId} is paused (${pair.paused.kind}) since ${isoTime(pair.paused.sinceAtMs)} by ${pair.paused.by}: ${pair.paused.reason}`,
      );
    }
  }
  if (pair.mode === "observe") {
    throw refuse("mode_observe", `${pairId} is in mode observe: nothing is signed; an owner may set approve or auto`);
  }
  return pair;
}

/** Price fresh and inside the plan's tolerance; the bound is named. */
export function checkPrice(plan: Plan, args: OpArguments, marketNowMs: number): void {
  const ageMs = marketNowMs - args.priceAtMarketMs;
  if (ageMs > MAX_PRICE_AGE_MS || ageMs < -MAX_PRICE_AGE_MS) {
    throw SignerError.later(
      "drift",
      `the price is ${Math.round(ageMs / 1000)} s old; at most ${MAX_PRICE_AGE_MS / 1000} s are allowed`,
    );
  }
  const moveFrac = Math.abs(args.price / plan.bounds.referencePrice - 1);
  if (!(moveFrac <= plan.bounds.maxPriceMoveFrac)) {
    throw refuse(
      "drift",
      `bound maxPriceMoveFrac: price ${args.price} moved ${(moveFrac * 100).toFixed(3)} % from ${plan.bounds.referencePrice}, allowed are ${(plan.bounds.maxPriceMoveFrac * 100).toFixed(3)} %`,
      {
        bound: "maxPriceMoveFrac",
      },
    );
  }
}

/** Pool tick inside the plan's bound. */
export function checkPoolTick(plan: Plan, pool: string, tickNow: number): void {
  const bound = plan.bounds.poolTicks.find((each) => isSameAddress(each.pool, pool));
  if (bound === undefined) throw refuse("drift", `the plan has no tick bound for pool ${pool}; plan again`);
  if (Math.abs(tickNow - bound.tick) > bound.maxTickMove) {
    throw refuse(
      "drift",
      `bound poolTicks: pool ${pool} is at tick ${tickNow}, the plan expects ${bound.tick} within ${bound.maxTickMove}`,
      {
        bound: "poolTicks",
      },
    );
  }
}

/** Liquidity of a pool that is entered: not below the plan's part of what it was made with. */
export function checkPoolLiquidity(plan: Plan, pool: string, liquidityRaw: bigint): void {
  const bound = plan.bounds.poolLiquidity?.find((each) => isSameAddress(each.pool, pool));
  if (bound === undefined) return;
  const leastRaw = (bound.liquidityRaw * BigInt(Math.round(bound.minFrac * PARTS))) / BigInt(PARTS);
  if (liquidityRaw >= leastRaw) return;
  throw refuse(
    "drift",
    `bound poolLiquidity: pool ${pool} has liquidity ${liquidityRaw}, the plan was made with ${bound.liquidityRaw} and needs at least ${leastRaw}`,
    { bound: "poolLiquidity" },
  );
}

/** Free balances the plan counts on, on one chain; asked before its first transaction there that moves value. */
export function checkBalances(plan: Plan, chainId: number, freeRaw: (token: Address) => bigint): void {
  for (const bound of plan.bounds.balances ?? []) {
    if (bound.chainId !== chainId) continue;
    const foundRaw = freeRaw(bound.token);
    if (foundRaw >= bound.minRaw) continue;
    throw refuse(
      "drift",
      `bound balances: the pair has ${foundRaw} of ${bound.token} free on chain ${chainId}, the plan counts on ${bound.minRaw}`,
      { bound: "balances" },
    );
  }
}

export interface CapInput {
  readonly pair: PairAuthority;
  readonly step: Step;
  readonly notionalUsd: number;
  /** USD of this plan's operations of the same kind so far. */
  readonly planUsd: number;
  readonly today: { readonly usd: number; readonly gasUsd: number; readonly txCount: number };
  readonly gasUsd: number;
}

/** Caps per transaction, plan and day; exits are never held back by them. */
export function checkCaps(input: CapInput): void {
  if (isExitStep(input.step)) return;
  const limits = { ...DEFAULT_LIMITS, ...input.pair.settings.limits };
  if (input.notionalUsd > limits.maxUsdPerTx) over("USD of this transaction", input.notionalUsd, limits.maxUsdPerTx);
  if (input.planUsd + input.notionalUsd > limits.maxUsdPerPlan) {
    over("USD of this plan", input.planUsd + input.notionalUsd, limits.maxUsdPerPlan);
  }
  if (input.today.usd + input.notionalUsd > limits.maxUsdPerDay) {
    over("USD of the last 24 h", input.today.usd + input.notionalUsd, limits.maxUsdPerDay);
  }
  if (input.today.txCount + 1 > limits.maxTxPerDay)
    over("transactions of the last 24 h", input.today.txCount + 1, limits.maxTxPerDay);
  if (input.today.gasUsd + input.gasUsd > limits.maxGasUsdPerDay) {
    over("gas USD of the last 24 h", input.today.gasUsd + input.gasUsd, limits.maxGasUsdPerDay);
  }
}

function over(what: string, found: number, limit: number): never {
  throw refuse(
    "over_limit",
    `${what} would be ${found.toFixed(2)}, the limit is ${limit}; wait, or raise it with a signed pair.config`,
    { limit },
  );
}

export function dayStartMs(nowMs: number): number {
  return nowMs - DAY_MS;
}

/** USD of raw amounts of the pair's two tokens. */
export function valueUsd(
  registry: Registry,
  plan: Plan,
  args: Pick<OpArguments, "price" | "quoteUsd">,
  parts: readonly { readonly chainId: number; readonly token: Address; readonly amountRaw: bigint }[],
): number {
  let sum = 0;
  for (const part of parts) {
    const token = registry.tokens.find(
      (each) => each.chainId === part.chainId && isSameAddress(each.address, part.token),
    );
    if (token === undefined)
      throw refuse("policy", `token ${part.token} on chain ${part.chainId} is not in the registry`);
    const amount = humanAmount(part.amountRaw < 0n ? -part.amountRaw : part.amountRaw, token.decimals);
    sum += amount * (token.symbol === plan.base.symbol ? args.price : 1) * args.quoteUsd;
  }
  return sum;
}

/** The signed bytes, decoded again, are exactly the transaction that was checked and come from the wallet. */
export async function checkSigned(raw: Hex, tx: UnsignedTx, wallet: Address): Promise<void> {
  const parsed = parseTransaction(raw);
  const isSame =
    parsed.chainId === tx.chainId &&
    parsed.nonce === tx.nonce &&
    isSameAddress(parsed.to ?? "", tx.to) &&
    (parsed.data ?? "0x").toLowerCase() === tx.data.toLowerCase() &&
    (parsed.value ?? 0n) === tx.valueRaw &&
    parsed.gas === tx.gas &&
    (tx.fees.kind === "legacy"
      ? parsed.gasPrice === tx.fees.gasPriceWei
      : parsed.maxFeePerGas === tx.fees.maxFeePerGasWei);
  const from = isSerialized(raw) ? await recoverTransactionAddress({ serializedTransaction: raw }) : "";
  if (!isSame || !isSameAddress(from, wallet)) {
    throw refuse(
      "policy",
      "the key signed something else than the checked transaction; nothing was sent, check the key service",
    );
  }
}

/** parseTransaction above accepted it: only signed forms have a signature to recover. */
function isSerialized(raw: Hex): raw is TransactionSerialized {
  return raw.length > 200;
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
