// The last look before the key: the decoded bytes must be the step, to the wallet, bounded, with a deadline; bytes nobody can decode are refused.
import { isSameAddress } from "@/lib/actions/erc20";
import type { ExitCall, FamilyActions, LivePosition, MintCall, TxCall } from "@/lib/actions/family";
import { decodePoolSwap } from "@/lib/actions/pool-swap";
import { isBoundedPermit2Approval } from "@/lib/actions/permit2";
import type { BurnStep, DecreaseStep, MintStep, Step, SwapStep } from "@/lib/plan/plan";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Registry } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { decodeGrant, grantOf } from "./allowances";
import { SignerError } from "./ports";

/** Principal so small that the pool pays nothing of it at another price; no minimum above 0 exists then. */
const DUST_RAW = 1_000n;

export interface CalldataCheck {
  readonly step: Step;
  readonly tx: TxCall;
  readonly wallet: Address;
  readonly registry: Registry;
  /** Chain time after which no deadline may lie: the plan's own, at most 120 s x the chain's time scale ahead. */
  readonly latestDeadlineSec: bigint;
  /** Pool of a burn, decrease, mint or direct swap, with its family's actions. */
  readonly pool: { readonly ref: PoolRef; readonly actions: FamilyActions } | null;
  /** An exit's position as it is now. */
  readonly position: LivePosition | null;
  /** What the wallet is allowed to pay natively beside gas: a bridge's quoted fee, else 0. */
  readonly maxValueRaw: bigint;
}

/** Throws unless the bytes are the step. Aggregator calldata is decoded and compared when the quote is checked; here only its target. */
export function checkCalldata(input: CalldataCheck): void {
  const { step, tx } = input;
  const wrong = (what: string): never => {
    throw SignerError.refuse(
      "policy",
      `the calldata of ${step.kind} is not what the step says (${what}); nothing was signed`,
    );
  };
  if (tx.valueRaw > input.maxValueRaw) return wrong("native value");
  switch (step.kind) {
    case "approve":
    case "revoke":
      return checkRight(input, step, wrong);
    case "burn":
    case "decrease":
      return checkExit(input, step, wrong);
    case "mint":
      return checkMint(input, step, wrong);
    case "swap":
      return checkSwap(input, step, wrong);
    case "bridge":
      if (!isSameAddress(tx.to, step.router)) return wrong("target");
  }
}

type Wrong = (what: string) => never;

function checkRight(
  input: CalldataCheck,
  step: Extract<Step, { readonly kind: "approve" | "revoke" }>,
  wrong: Wrong,
): void {
  const grant = grantOf(step);
  const decoded = decodeGrant(input.registry, { chainId: step.chainId, grant, tx: input.tx });
  if (decoded === null) return wrong("target, form, token or spender");
  const capRaw = step.kind === "approve" ? step.amountRaw : 0n;
  if (decoded.amountRaw > capRaw) return wrong("amount");
  if (grant.kind !== "permit2") return;
  const { token, spender } = grant;
  const { amountRaw } = decoded;
  const approval = { token, spender, amountRaw, expirationSec: decoded.expirationSec ?? 0n };
  if (!isBoundedPermit2Approval(approval, input.latestDeadlineSec)) return wrong("amount or expiration inside Permit2");
}

function checkExit(input: CalldataCheck, step: BurnStep | DecreaseStep, wrong: Wrong): void {
  const { pool, position, wallet } = input;
  if (pool === null || position === null) return wrong("pool or position unknown");
  const call = pool.actions.decodeExit(pool.ref, input.tx);
  if (call === null) return wrong("target or form");
  if (!isSameAddress(call.recipient, wallet)) return wrong("recipient");
  const wantedRaw = step.kind === "burn" ? position.liquidityRaw : step.liquidityRaw;
  if (call.bins === null) {
    if (call.tokenId !== step.tokenId || position.bins !== null) return wrong("token id");
    if (call.closes !== (step.kind === "burn")) return wrong("closing");
    // Burning takes all in V4's shape, whose bytes then name no liquidity.
    const isAll = call.closes && call.liquidityRaw === 0n;
    if (!isAll && call.liquidityRaw !== wantedRaw) return wrong("liquidity");
  } else if (!areExitBinsOwn(call, step, { position, wantedRaw })) {
    return wrong("bins or shares");
  }
  if (wantedRaw === 0n) return;
  if (call.deadlineSec <= 0n || call.deadlineSec > input.latestDeadlineSec) return wrong("deadline");
  const isDust = position.principal0Raw <= DUST_RAW && position.principal1Raw <= DUST_RAW;
  if (call.amount0MinRaw === 0n && call.amount1MinRaw === 0n && !isDust) return wrong("minimums");
}

/** Only shares the wallet has, of bins inside the step's range; all of them for a burn, at most what was asked for otherwise. */
function areExitBinsOwn(
  call: ExitCall,
  step: BurnStep | DecreaseStep,
  has: { readonly position: LivePosition; readonly wantedRaw: bigint },
): boolean {
  let takenRaw = 0n;
  for (const { binId, sharesRaw } of call.bins ?? []) {
    const held = has.position.bins?.find((each) => each.binId === binId);
    const isInside = binId >= step.tickLower && binId <= step.tickUpper;
    if (held === undefined || sharesRaw > held.sharesRaw || !isInside) return false;
    takenRaw += sharesRaw;
  }
  return step.kind === "burn" ? takenRaw === has.wantedRaw : takenRaw <= has.wantedRaw;
}

function checkMint(input: CalldataCheck, step: MintStep, wrong: Wrong): void {
  const { pool, wallet } = input;
  if (pool === null) return wrong("pool unknown");
  const call = pool.actions.decodeMint(pool.ref, input.tx);
  if (call === null) return wrong("target or form");
  if (!isSameAddress(call.recipient, wallet)) return wrong("recipient");
  // Bins without any of the two tokens are left out, so a bin range may be narrower than the step's.
  const isInside =
    call.bins === null
      ? call.tickLower === step.tickLower && call.tickUpper === step.tickUpper
      : call.tickLower >= step.tickLower && call.tickUpper <= step.tickUpper && call.tickLower <= call.tickUpper;
  if (!isInside) return wrong("pool or range");
  if (call.amount0DesiredRaw > step.amount0MaxRaw || call.amount1DesiredRaw > step.amount1MaxRaw) {
    return wrong("amounts");
  }
  if (call.deadlineSec <= 0n || call.deadlineSec > input.latestDeadlineSec) return wrong("deadline");
  if (!isMintBounded(call)) return wrong(call.liquidityRaw === null ? "minimums" : "liquidity");
  if (call.bins !== null && !areMintBinsInside(call)) return wrong("bins");
}

/**
 * Managers that take minimums need at least one. The others create a fixed amount of liquidity and take at most the amounts named,
 * which is a bound of its own: the price of that liquidity.
 */
function isMintBounded(call: MintCall): boolean {
  if (call.liquidityRaw !== null) return call.liquidityRaw > 0n;
  return call.amount0MinRaw > 0n || call.amount1MinRaw > 0n;
}

function areMintBinsInside(call: MintCall): boolean {
  const { bins } = call;
  if (bins === null) return true;
  const slip = bins.idSlippage;
  return (
    bins.deltaIds.length > 0 &&
    slip >= 0 &&
    bins.deltaIds.every((delta) => {
      const binId = bins.activeIdDesired + delta;
      return binId >= call.tickLower && binId <= call.tickUpper;
    })
  );
}

function checkSwap(input: CalldataCheck, step: SwapStep, wrong: Wrong): void {
  if (!isSameAddress(input.tx.to, step.router)) return wrong("target");
  if (step.provider !== "pool") return;
  if (input.pool === null) return wrong("pool unknown");
  const call = decodePoolSwap(input.pool.ref, input.tx);
  if (call === null) return wrong("form or pool");
  if (!isSameAddress(call.recipient, input.wallet)) return wrong("recipient");
  if (!isSameAddress(call.tokenIn, step.tokenIn) || !isSameAddress(call.tokenOut, step.tokenOut))
    return wrong("tokens");
  if (call.amountInRaw > step.amountInRaw) return wrong("amount");
  if (call.amountOutMinRaw === 0n) return wrong("minimum");
  if (call.deadlineSec <= 0n || call.deadlineSec > input.latestDeadlineSec) return wrong("deadline");
}
