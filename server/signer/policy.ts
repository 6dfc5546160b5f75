// Default deny: what a plan and a transaction must be before the key is used (safety.md section 3.8); every refusal says why.
import { parseTransaction, recoverTransactionAddress, type TransactionSerialized } from "viem";
import { decodeApprove, isSameAddress } from "@/lib/actions/erc20";
import { decodeBurn, decodeMint } from "@/lib/actions/uniswap-v3";
import { humanAmount } from "@/lib/amm/human-units";
import type { KnownPosition, OpArguments } from "@/lib/api/signer-contract";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import type { Dex, Pool, Registry, Token } from "@/lib/registry/schema";
import type { ApproveStep, BurnStep, MintStep, Plan, RevokeStep, Step, SwapStep } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";
import { SignerError, type AuthorityView, type PairAuthority, type UnsignedTx } from "./ports";

/** A price older than this (market time) does not sign anything; choice: five candles. */
export const MAX_PRICE_AGE_MS = 300_000;
/** Spot and CEX must agree to 1 % (safety.md section 3.10). */
export const MAX_PRICE_GAP_FRAC = 0.01;
const DAY_MS = 24 * 3_600_000;

const refuse = SignerError.refuse;

/** Steps that only take risk off: allowed in EXIT_ONLY and never stopped by a USD cap. */
export function isExitStep(step: Step): boolean {
  return step.kind === "burn" || step.kind === "decrease" || step.kind === "revoke";
}

/** Purpose of a step (safety.md section 3.2), unique among open operations; the chain id keeps equal addresses on two chains apart. */
export function purposeKey(planId: string, index: number, step: Step): string {
  const on = `@${step.chainId}`;
  switch (step.kind) {
    case "approve":
      return `approve:${step.token}:${step.spender}${on}`.toLowerCase();
    case "revoke":
      return `revoke:${step.token}:${step.spender}${on}`.toLowerCase();
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

/** Stop, halts, pause and mode: whether anything of this kind may be signed for the pair now. */
export function checkAuthority(authority: AuthorityView, pairId: string, what: "plan" | Step): PairAuthority {
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

export interface PlanCheckInput {
  readonly plan: Plan;
  readonly pair: PairAuthority;
  readonly registry: Registry;
  readonly positions: readonly (KnownPosition & { readonly pairId: string })[];
  readonly usedTodayUsd: number;
}

/** Every step against the registry and the pair's settings; throws the first refusal. */
export function checkPlan(input: PlanCheckInput): void {
  const { plan, pair, registry } = input;
  if (plan.configVersion !== pair.configVersion) {
    throw refuse(
      "config_version",
      `the plan was made under config version ${plan.configVersion}, the pair is at ${pair.configVersion}; plan again`,
    );
  }
  const definition = registry.pairs.find((each) => each.id === plan.pairId);
  if (definition === undefined) throw refuse("policy", `pair ${plan.pairId} is not in the registry`);
  if (plan.base.symbol !== definition.base || plan.quote.symbol !== definition.quote) {
    throw refuse(
      "policy",
      `the plan trades ${plan.base.symbol}/${plan.quote.symbol}, the pair is ${definition.base}/${definition.quote}`,
    );
  }
  const limits = { ...DEFAULT_LIMITS, ...pair.settings.limits };
  if (plan.notionalUsd > limits.maxUsdPerPlan) {
    throw refuse(
      "over_limit",
      `the plan moves ${plan.notionalUsd.toFixed(2)} USD, at most ${limits.maxUsdPerPlan} per plan are allowed`,
    );
  }
  if (input.usedTodayUsd + plan.notionalUsd > limits.maxUsdPerDay) {
    throw refuse(
      "over_limit",
      `with ${input.usedTodayUsd.toFixed(2)} USD of the last 24 h the plan passes the limit of ${limits.maxUsdPerDay} USD per day`,
    );
  }
  const purposes = new Set<string>();
  plan.steps.forEach((step, index) => {
    if (!registry.chains.some((chain) => chain.id === step.chainId)) {
      throw refuse("policy", `step ${index} is on chain ${step.chainId}, which is not in the registry`);
    }
    if ("maxSlippageBps" in step && step.maxSlippageBps > plan.bounds.maxSlippageBps) {
      throw refuse(
        "policy",
        `step ${index} allows ${step.maxSlippageBps} bps slippage, the plan's bound is ${plan.bounds.maxSlippageBps}`,
      );
    }
    if (step.kind === "burn" || step.kind === "mint") {
      const key = purposeKey("plan", index, step);
      if (purposes.has(key)) throw refuse("policy", `step ${index} repeats ${key}; one plan does a thing once`);
      purposes.add(key);
    }
    checkStep(input, index, step);
  });
}

function checkStep(input: PlanCheckInput, index: number, step: Step): void {
  switch (step.kind) {
    case "decrease":
    case "bridge":
      throw refuse("policy", `step ${index} is a ${step.kind}, which this version does not sign yet`);
    case "burn":
      return checkBurn(input, index, step);
    case "mint":
      return checkMint(input, index, step);
    case "swap":
      return checkSwap(input, index, step);
    case "approve":
      return checkApprove(input, index, step);
    case "revoke":
      return checkRevoke(input, index, step);
  }
}

function checkBurn(input: PlanCheckInput, index: number, step: BurnStep): void {
  pairTokens(input, index, step.chainId, [step.token0, step.token1]);
  const known = input.positions.find(
    (each) =>
      each.chainId === step.chainId &&
      isSameAddress(each.positionManager, step.positionManager) &&
      each.tokenId === step.tokenId,
  );
  if (known === undefined || known.pairId !== input.plan.pairId) {
    throw refuse(
      "policy",
      `step ${index} burns token ${step.tokenId} of ${step.positionManager}, which the journal does not know as a position of ${input.plan.pairId}`,
    );
  }
  if (
    known.tickLower !== step.tickLower ||
    known.tickUpper !== step.tickUpper ||
    !isSameAddress(known.pool, step.pool)
  ) {
    throw refuse(
      "policy",
      `step ${index} describes token ${step.tokenId} with another pool or range than the journal has`,
    );
  }
  registryPool(input, index, step, { isEntry: false });
}

function checkMint(input: PlanCheckInput, index: number, step: MintStep): void {
  pairTokens(input, index, step.chainId, [step.token0, step.token1]);
  if (BigInt(step.token0) >= BigInt(step.token1))
    throw refuse("policy", `step ${index}: token0 must sort below token1`);
  const { pool } = registryPool(input, index, step, { isEntry: true });
  if (pool.fee !== null && pool.fee !== step.feePips) {
    throw refuse("policy", `step ${index} says fee ${step.feePips}, the registry's pool has ${pool.fee}`);
  }
  if (pool.tickSpacing !== null && pool.tickSpacing !== step.tickSpacing) {
    throw refuse(
      "policy",
      `step ${index} says tick spacing ${step.tickSpacing}, the registry's pool has ${pool.tickSpacing}`,
    );
  }
  if (
    step.tickLower >= step.tickUpper ||
    step.tickLower % step.tickSpacing !== 0 ||
    step.tickUpper % step.tickSpacing !== 0
  ) {
    throw refuse(
      "policy",
      `step ${index}: range ${step.tickLower}..${step.tickUpper} is not a multiple of the spacing ${step.tickSpacing} or empty`,
    );
  }
  if (step.amount0MaxRaw === 0n && step.amount1MaxRaw === 0n) throw refuse("policy", `step ${index} mints nothing`);
}

function checkSwap(input: PlanCheckInput, index: number, step: SwapStep): void {
  pairTokens(input, index, step.chainId, [step.tokenIn, step.tokenOut]);
  const chain = input.registry.chains.find((each) => each.id === step.chainId);
  if (chain?.lifiDiamond === null || chain === undefined || !isSameAddress(chain.lifiDiamond, step.router)) {
    throw refuse(
      "policy",
      `step ${index} swaps at ${step.router}, the pinned contract of chain ${step.chainId} is ${chain?.lifiDiamond ?? "none"}`,
    );
  }
  if (step.amountInRaw === 0n || step.minAmountOutRaw === 0n) {
    throw refuse("policy", `step ${index} needs an amount and a minimum above 0`);
  }
}

function checkApprove(input: PlanCheckInput, index: number, step: ApproveStep): void {
  const target = input.plan.steps[step.forStep];
  if (target === undefined || step.forStep <= index || target.chainId !== step.chainId) {
    throw refuse("policy", `step ${index} approves for step ${step.forStep}, which is no later step of the same chain`);
  }
  const needed = neededAllowance(target, step.token);
  if (needed === null || !isSameAddress(needed.spender, step.spender)) {
    throw refuse(
      "policy",
      `step ${index} approves ${step.spender} for ${step.token}; step ${step.forStep} does not take that token there`,
    );
  }
  if (step.amountRaw === 0n || step.amountRaw > needed.amountRaw) {
    throw refuse(
      "policy",
      `step ${index} approves ${step.amountRaw}, step ${step.forStep} needs at most ${needed.amountRaw}`,
    );
  }
}

function checkRevoke(input: PlanCheckInput, index: number, step: RevokeStep): void {
  const registered = tokensOf(input.registry, input.plan, step.chainId);
  if (!registered.some((token) => isSameAddress(token.address, step.token))) {
    throw refuse("policy", `step ${index} revokes an allowance of ${step.token}, which is no token of the pair`);
  }
}

function neededAllowance(target: Step, token: Address): { spender: Address; amountRaw: bigint } | null {
  if (target.kind === "swap" && isSameAddress(target.tokenIn, token)) {
    return { spender: target.router, amountRaw: target.amountInRaw };
  }
  if (target.kind === "mint") {
    if (isSameAddress(target.token0, token))
      return { spender: target.positionManager, amountRaw: target.amount0MaxRaw };
    if (isSameAddress(target.token1, token))
      return { spender: target.positionManager, amountRaw: target.amount1MaxRaw };
  }
  return null;
}

function tokensOf(registry: Registry, plan: Plan, chainId: number): readonly Token[] {
  return registry.tokens.filter(
    (token) => token.chainId === chainId && (token.symbol === plan.base.symbol || token.symbol === plan.quote.symbol),
  );
}

function pairTokens(
  input: PlanCheckInput,
  index: number,
  chainId: number,
  addresses: readonly [Address, Address],
): void {
  const known = tokensOf(input.registry, input.plan, chainId);
  const found = addresses.map((address) => known.find((token) => isSameAddress(token.address, address)));
  if (found.some((token) => token === undefined) || found[0]?.symbol === found[1]?.symbol) {
    throw refuse(
      "policy",
      `step ${index} uses ${addresses.join(" and ")} on chain ${chainId}; the pair's tokens there are ${known.map((token) => `${token.symbol} ${token.address}`).join(", ")}`,
    );
  }
}

function registryPool(
  input: PlanCheckInput,
  index: number,
  step: BurnStep | MintStep,
  rule: { readonly isEntry: boolean },
): { pool: Pool; dex: Dex } {
  const pool = input.registry.pools.find((each) => each.chainId === step.chainId && isSameAddress(each.id, step.pool));
  if (pool === undefined || pool.pair !== input.plan.pairId) {
    throw refuse(
      "policy",
      `step ${index} uses pool ${step.pool}, which is not a registry pool of ${input.plan.pairId}`,
    );
  }
  const allowed = input.pair.settings.pools;
  if (rule.isEntry && allowed.length > 0 && !allowed.some((id) => isSameAddress(id, step.pool))) {
    throw refuse("policy", `step ${index} enters pool ${step.pool}, which the pair's settings do not allow`);
  }
  const dex = input.registry.dexes.find((each) => each.id === pool.dex);
  const place = dex?.chains[String(step.chainId)];
  if (
    dex === undefined ||
    place === undefined ||
    dex.family !== step.family ||
    !isSameAddress(place.positionManager, step.positionManager)
  ) {
    throw refuse(
      "policy",
      `step ${index} names ${step.family} at ${step.positionManager}; the registry has ${dex?.family ?? "no DEX"} at ${place?.positionManager ?? "none"} for pool ${step.pool}`,
    );
  }
  return { pool, dex };
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

/** The last look before the key: the decoded bytes must be the step, to the wallet, with a deadline. Swaps are checked by verifySwapCalldata. */
export function checkCalldata(step: Step, call: { readonly to: Address; readonly data: Hex }, wallet: Address): void {
  const wrong = (what: string): never => {
    throw refuse("policy", `the calldata of ${step.kind} is not what the step says (${what}); nothing was signed`);
  };
  switch (step.kind) {
    case "approve":
    case "revoke": {
      const decoded = decodeApprove(call.data);
      if (decoded === null || !isSameAddress(call.to, step.token)) return wrong("target or form");
      if (!isSameAddress(decoded.spender, step.spender)) return wrong("spender");
      const cap = step.kind === "approve" ? step.amountRaw : 0n;
      if (decoded.amountRaw > cap) return wrong("amount");
      return;
    }
    case "burn": {
      const decoded = decodeBurn(call.data);
      if (decoded === null || !isSameAddress(call.to, step.positionManager)) return wrong("target or form");
      if (decoded.tokenId !== step.tokenId || !isSameAddress(decoded.recipient, wallet))
        return wrong("token id or recipient");
      if (decoded.liquidityRaw > 0n && decoded.amount0MinRaw === 0n && decoded.amount1MinRaw === 0n)
        return wrong("minimums");
      return;
    }
    case "mint": {
      const decoded = decodeMint(call.data);
      if (decoded === null || !isSameAddress(call.to, step.positionManager)) return wrong("target or form");
      if (!isSameAddress(decoded.recipient, wallet)) return wrong("recipient");
      if (!isSameAddress(decoded.token0, step.token0) || !isSameAddress(decoded.token1, step.token1))
        return wrong("tokens");
      if (
        decoded.feePips !== step.feePips ||
        decoded.tickLower !== step.tickLower ||
        decoded.tickUpper !== step.tickUpper
      ) {
        return wrong("pool or range");
      }
      if (decoded.amount0DesiredRaw > step.amount0MaxRaw || decoded.amount1DesiredRaw > step.amount1MaxRaw)
        return wrong("amounts");
      if (decoded.amount0MinRaw === 0n && decoded.amount1MinRaw === 0n) return wrong("minimums");
      return;
    }
    case "decrease":
    case "bridge":
      return wrong("kind");
    case "swap":
      if (!isSameAddress(call.to, step.router)) return wrong("target");
  }
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
