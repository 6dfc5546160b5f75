// Default deny for plans: every step against the registry, the pair's settings, its known positions and the rights its family needs.
import { isSameAddress } from "@/lib/actions/erc20";
import type { FamilyActions, Grant } from "@/lib/actions/family";
import { routerForms } from "@/lib/actions/pool-swap";
import type { KnownPosition } from "@/lib/api/signer-contract";
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
import { swapSpenders, swapWays } from "@/lib/plan/swap-ways";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import { findPoolRef, type PoolRef } from "@/lib/registry/pool-ref";
import type { Family, Registry, Token } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { purposeKey } from "./policy";
import { SignerError, type PairAuthority } from "./ports";

const NO_HOOK = "0x0000000000000000000000000000000000000000";
/** Permit2 counts amounts in 160 bits, and its largest value never goes down: that would be an unlimited right. */
const MAX_PERMIT2_RAW = (1n << 160n) - 1n;
const MAX_BIN_ID = 16_777_215;

const refuse = SignerError.refuse;

export interface PlanCheckInput {
  readonly plan: Plan;
  readonly pair: PairAuthority;
  readonly registry: Registry;
  readonly positions: readonly (KnownPosition & { readonly pairId: string })[];
  readonly usedTodayUsd: number;
  /** By a signed system.exit: the way out is not held back by the plan's and the day's caps; those of a swap transaction stay. */
  readonly isExit?: boolean;
  /** Throws for a family this signer has no adapter for. */
  actionsOf(family: Family): FamilyActions;
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
  if (input.isExit !== true && plan.notionalUsd > limits.maxUsdPerPlan) {
    throw refuse(
      "over_limit",
      `the plan moves ${plan.notionalUsd.toFixed(2)} USD, at most ${limits.maxUsdPerPlan} per plan are allowed`,
    );
  }
  if (input.isExit !== true && input.usedTodayUsd + plan.notionalUsd > limits.maxUsdPerDay) {
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
    if (step.kind === "burn" || step.kind === "decrease" || step.kind === "mint") {
      const key = purposeKey("plan", index, step);
      if (purposes.has(key)) throw refuse("policy", `step ${index} repeats ${key}; one plan does a thing once`);
      purposes.add(key);
    }
    checkStep(input, index, step);
  });
}

function checkStep(input: PlanCheckInput, index: number, step: Step): void {
  switch (step.kind) {
    case "burn":
    case "decrease":
      return checkExit(input, index, step);
    case "mint":
      return checkMint(input, index, step);
    case "swap":
      return checkSwap(input, index, step);
    case "bridge":
      return checkBridge(input, index, step);
    case "approve":
      return checkApprove(input, index, step);
    case "revoke":
      return checkRevoke(input, index, step);
  }
}

function checkExit(input: PlanCheckInput, index: number, step: BurnStep | DecreaseStep): void {
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
      `step ${index} ${step.kind}s token ${step.tokenId} of ${step.positionManager}, which the journal does not know as a position of ${input.plan.pairId}`,
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
  if (step.kind === "decrease" && step.liquidityRaw > known.liquidityRaw) {
    throw refuse(
      "policy",
      `step ${index} takes liquidity ${step.liquidityRaw} out of token ${step.tokenId}, which has ${known.liquidityRaw}`,
    );
  }
  placedPool(input, index, step, { isEntry: false });
}

function checkMint(input: PlanCheckInput, index: number, step: MintStep): void {
  pairTokens(input, index, step.chainId, [step.token0, step.token1]);
  const pool = placedPool(input, index, step, { isEntry: true });
  if (pool.feePips !== null && pool.feePips !== step.feePips) {
    throw refuse("policy", `step ${index} says fee ${step.feePips}, the registry's pool has ${pool.feePips}`);
  }
  checkHooks(index, pool);
  if (pool.family === "liquidity-book") checkBins(input, index, step);
  else checkTicks(index, step, pool);
  if (step.amount0MaxRaw === 0n && step.amount1MaxRaw === 0n) throw refuse("policy", `step ${index} mints nothing`);
}

/** No hook, or one that the operator allowed by name: a hook may take what it wants of every deposit. */
function checkHooks(index: number, pool: PoolRef): void {
  const { hooks } = pool;
  if (hooks === null || isSameAddress(hooks, NO_HOOK)) return;
  if (pool.hooksAllowed.some((each) => isSameAddress(each, hooks))) return;
  throw refuse(
    "policy",
    `step ${index} enters pool ${pool.pool} under hook ${hooks}, which is not among the hooks allowed for ${pool.dexId}; add it to hooksAllowed after reading its code, or leave the pool out`,
  );
}

function checkTicks(index: number, step: MintStep, pool: PoolRef): void {
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
}

/** Bins of a Liquidity Book pair have no owner's number: shares of one wallet in one bin are one heap, whoever put them there. */
function checkBins(input: PlanCheckInput, index: number, step: MintStep): void {
  if (step.tickLower > step.tickUpper || step.tickLower < 0 || step.tickUpper > MAX_BIN_ID) {
    throw refuse("policy", `step ${index}: bins ${step.tickLower}..${step.tickUpper} are not a range of bins`);
  }
  const held = input.positions.find(
    (each) =>
      each.chainId === step.chainId &&
      isSameAddress(each.pool, step.pool) &&
      each.tickLower <= step.tickUpper &&
      each.tickUpper >= step.tickLower &&
      !isClosedBefore(input.plan, index, each),
  );
  if (held === undefined) return;
  throw refuse(
    "policy",
    `step ${index} puts liquidity into bins ${step.tickLower}..${step.tickUpper} of ${step.pool}, where the wallet already holds ${held.tickLower}..${held.tickUpper}; close that position first`,
  );
}

function isClosedBefore(plan: Plan, index: number, position: KnownPosition): boolean {
  return plan.steps
    .slice(0, index)
    .some(
      (step) =>
        step.kind === "burn" &&
        step.chainId === position.chainId &&
        isSameAddress(step.positionManager, position.positionManager) &&
        step.tokenId === position.tokenId,
    );
}

function checkSwap(input: PlanCheckInput, index: number, step: SwapStep): void {
  pairTokens(input, index, step.chainId, [step.tokenIn, step.tokenOut]);
  if (step.amountInRaw === 0n || step.minAmountOutRaw === 0n) {
    throw refuse("policy", `step ${index} needs an amount and a minimum above 0`);
  }
  for (const way of swapWays(step)) {
    if (way.provider === "pool") checkPoolSwap(input, index, way);
    else checkPinnedRouter(input, index, way);
  }
}

/** Aggregator contract of the chain, from the registry: swaps and bridges go nowhere else. */
function checkPinnedRouter(input: PlanCheckInput, index: number, step: SwapStep | BridgeStep): void {
  const pinned = input.registry.chains.find((each) => each.id === step.chainId)?.lifiDiamond ?? null;
  if (pinned !== null && isSameAddress(pinned, step.router)) return;
  throw refuse(
    "policy",
    `step ${index} ${step.kind}s at ${step.router}, the pinned contract of chain ${step.chainId} is ${pinned ?? "none"}`,
  );
}

function checkPoolSwap(input: PlanCheckInput, index: number, step: SwapStep): void {
  const { pool: id } = step;
  if (id === undefined) throw refuse("policy", `step ${index} swaps through a pool without naming it`);
  const pool = pairPool(input, index, step.chainId, id);
  const hasTokens = [pool.token0, pool.token1].every(
    (token) => isSameAddress(token, step.tokenIn) || isSameAddress(token, step.tokenOut),
  );
  if (!hasTokens) throw refuse("policy", `step ${index} swaps tokens that are not those of pool ${id}`);
  if (routerForms(pool).length === 0) {
    throw refuse(
      "policy",
      `step ${index} swaps straight through pool ${id} of ${pool.dexId}; ${pool.contracts.swapRouter === null ? "the registry has no swap router for it" : `routers of ${pool.family} are not written to directly`}: use the aggregator`,
    );
  }
  if (pool.contracts.swapRouter === null || !isSameAddress(pool.contracts.swapRouter, step.router)) {
    throw refuse(
      "policy",
      `step ${index} swaps at ${step.router}, the router of ${pool.dexId} on chain ${step.chainId} is ${pool.contracts.swapRouter}`,
    );
  }
}

/** Only the same one of the pair's two tokens on another chain of the registry: a swap at the far end would be a destination call. */
function checkBridge(input: PlanCheckInput, index: number, step: BridgeStep): void {
  checkPinnedRouter(input, index, step);
  if (step.toChainId === step.chainId) throw refuse("policy", `step ${index} bridges to the chain it starts on`);
  if (!input.registry.chains.some((chain) => chain.id === step.toChainId)) {
    throw refuse("policy", `step ${index} bridges to chain ${step.toChainId}, which is not in the registry`);
  }
  const from = tokensOf(input.registry, input.plan, step.chainId).find((each) =>
    isSameAddress(each.address, step.tokenIn),
  );
  const to = tokensOf(input.registry, input.plan, step.toChainId).find((each) =>
    isSameAddress(each.address, step.tokenOut),
  );
  if (from === undefined || to === undefined || from.symbol !== to.symbol) {
    throw refuse(
      "policy",
      `step ${index} bridges ${step.tokenIn} to ${step.tokenOut} on chain ${step.toChainId}; both must be the same token of the pair`,
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
  const needed = neededGrants(input, target).find(({ grant }) => isSameGrant(grant, step));
  if (needed === undefined) {
    throw refuse(
      "policy",
      `step ${index} gives ${step.spender} a right (${step.grant ?? "allowance"}) on ${step.token}; step ${step.forStep} (${target.kind}) does not need that right`,
    );
  }
  if (step.amountRaw === 0n || step.amountRaw > needed.amountRaw) {
    throw refuse(
      "policy",
      `step ${index} approves ${step.amountRaw}, step ${step.forStep} needs at most ${needed.amountRaw}`,
    );
  }
  if (step.grant === "permit2" && step.amountRaw >= MAX_PERMIT2_RAW) {
    throw refuse("policy", `step ${index} approves ${step.amountRaw} inside Permit2, which counts as unlimited there`);
  }
}

function checkRevoke(input: PlanCheckInput, index: number, step: RevokeStep): void {
  if (step.grant === "operator") {
    pairPool(input, index, step.chainId, step.token, { isEntry: false });
    return;
  }
  const registered = tokensOf(input.registry, input.plan, step.chainId);
  if (!registered.some((token) => isSameAddress(token.address, step.token))) {
    throw refuse("policy", `step ${index} revokes an allowance of ${step.token}, which is no token of the pair`);
  }
  if (step.grant !== "permit2") return;
  const { permit2 } = step;
  if (permit2 === undefined || !permit2sOf(input.registry, step.chainId).some((each) => isSameAddress(each, permit2))) {
    throw refuse(
      "policy",
      `step ${index} revokes inside ${permit2 ?? "no contract"}, which is no Permit2 of the registry`,
    );
  }
}

/** Permit2 contracts of a chain: its canonical one and those that DEXes bring along. */
export function permit2sOf(registry: Registry, chainId: number): readonly Address[] {
  const all = [
    registry.chains.find((each) => each.id === chainId)?.permit2 ?? null,
    ...registry.dexes.map((dex) => dex.chains[String(chainId)]?.permit2 ?? null),
  ].filter((each) => each !== null);
  return all.filter((address, index) => all.findIndex((each) => isSameAddress(each, address)) === index);
}

/** Rights a step needs, each with the most it may be given for. */
function neededGrants(
  input: PlanCheckInput,
  target: Step,
): readonly { readonly grant: Grant; readonly amountRaw: bigint }[] {
  switch (target.kind) {
    case "swap":
      return swapSpenders(target).map((spender) => ({
        grant: { kind: "erc20", token: target.tokenIn, spender },
        amountRaw: target.amountInRaw,
      }));
    case "bridge":
      return [
        { grant: { kind: "erc20", token: target.tokenIn, spender: target.router }, amountRaw: target.amountInRaw },
      ];
    case "mint": {
      const pool = findPoolRef(input.registry, target.chainId, target.pool);
      if (pool === null) return [];
      const amounts = { amount0Raw: target.amount0MaxRaw, amount1Raw: target.amount1MaxRaw };
      return input
        .actionsOf(pool.family)
        .mintGrants(pool, amounts)
        .map((grant) => ({
          grant,
          amountRaw:
            grant.kind === "operator"
              ? 1n
              : isSameAddress(grant.token, pool.token0)
                ? amounts.amount0Raw
                : amounts.amount1Raw,
        }));
    }
    case "burn":
    case "decrease": {
      const pool = findAnyPool(input.registry, target.chainId, target.pool);
      if (pool === null) return [];
      return input
        .actionsOf(pool.family)
        .exitGrants(pool)
        .map((grant) => ({ grant, amountRaw: 1n }));
    }
    case "approve":
    case "revoke":
      return [];
  }
}

function isSameGrant(grant: Grant, step: ApproveStep): boolean {
  const isSame =
    grant.kind === (step.grant ?? "erc20") &&
    isSameAddress(grant.token, step.token) &&
    isSameAddress(grant.spender, step.spender);
  if (!isSame || grant.kind !== "permit2") return isSame;
  return step.permit2 !== undefined && isSameAddress(grant.permit2, step.permit2);
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

/** The pool even when its entry is disabled: what was opened there must still be closed, read and verified. Never to enter. */
export function findAnyPool(registry: Registry, chainId: number, id: string): PoolRef | null {
  const enabled = findPoolRef(registry, chainId, id);
  if (enabled !== null) return enabled;
  const entry = registry.pools.find((each) => each.chainId === chainId && isSameAddress(each.id, id));
  if (entry === undefined) return null;
  const { disabled: _reason, ...rest } = entry;
  return findPoolRef({ ...registry, pools: [rest] }, chainId, id);
}

/** A pool of the pair, as the registry has it; a disabled one only to leave. */
function pairPool(
  input: PlanCheckInput,
  index: number,
  chainId: number,
  id: string,
  rule: { readonly isEntry: boolean } = { isEntry: true },
): PoolRef {
  const entry = input.registry.pools.find((each) => each.chainId === chainId && isSameAddress(each.id, id));
  const find = rule.isEntry ? findPoolRef : findAnyPool;
  const pool = entry?.pair === input.plan.pairId ? find(input.registry, chainId, id) : null;
  if (pool !== null) return pool;
  throw refuse("policy", `step ${index} uses pool ${id}, which is not a registry pool of ${input.plan.pairId}`);
}

function placedPool(
  input: PlanCheckInput,
  index: number,
  step: BurnStep | DecreaseStep | MintStep,
  rule: { readonly isEntry: boolean },
): PoolRef {
  const pool = pairPool(input, index, step.chainId, step.pool, rule);
  const allowed = input.pair.settings.pools;
  if (rule.isEntry && allowed.length > 0 && !allowed.some((id) => isSameAddress(id, step.pool))) {
    throw refuse("policy", `step ${index} enters pool ${step.pool}, which the pair's settings do not allow`);
  }
  if (pool.family !== step.family || !isSameAddress(pool.contracts.positionManager, step.positionManager)) {
    throw refuse(
      "policy",
      `step ${index} names ${step.family} at ${step.positionManager}; the registry has ${pool.family} at ${pool.contracts.positionManager} for pool ${step.pool}`,
    );
  }
  if (!isSameAddress(pool.token0, step.token0) || !isSameAddress(pool.token1, step.token1)) {
    throw refuse(
      "policy",
      `step ${index} has the tokens ${step.token0}, ${step.token1}; pool ${step.pool} has ${pool.token0}, ${pool.token1} in this order`,
    );
  }
  input.actionsOf(pool.family);
  return pool;
}
