// Build plan: a decision (or an operator's range) and the state it was made from in, ordered steps with bounds and a forecast out.
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { sqrtToPrice, type PriceFrame } from "@/lib/amm/sqrt-price";
import { usableTicks } from "@/lib/amm/tick-math";
import { ticksToRange } from "@/lib/amm/ticks";
import { err, ok, type Result } from "@/lib/errors/result";
import type { MarketSnapshot, ObservedPosition, TickPoolState, TickRange } from "@/lib/market/snapshot";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type {
  Evaluation,
  IncomeSplit,
  RangeShiftDecision,
  ReallocateDecision,
  StrategyParams,
} from "@/lib/strategy/index";
import { manualIncome } from "./manual-income";
import { poolKey, type Address, type Hex, type PoolKey, type PositionId } from "@/lib/units";
import { computeForecast, type IncomeLine } from "./cost";
import type { Plan, PlanOrigin, Step } from "./plan";
import { maxPriceMoveFrac, maxTickMove, swapMinimumOutRaw } from "./slippage";
import { sizeSwap, type FillTarget, type SwapSize } from "./swap-sizing";

/** Deadline window of every transaction, chain seconds; the chain's time scale multiplies it (safety.md section 3.8c). */
const DEADLINE_SEC = 120;
/** Longest time between approval (or making, in auto) and the start of a step, wall ms (safety.md section 3.7 R7). */
const MAX_PLAN_AGE_MS = 600_000;
const MAX_STEPS = 64;
/** A mint below this value is not worth its transactions: the least pool amount of strategy.md section 7. */
const MIN_MINT_USD = 10;

/** One position moved to ticks an operator chose. */
export interface ManualShift {
  readonly kind: "manual_shift";
  readonly positionId: PositionId;
  readonly tickLower: number;
  readonly tickUpper: number;
}

export type PlanRequest = RangeShiftDecision | ReallocateDecision | ManualShift;

export interface AccountBalance {
  readonly chainId: number;
  readonly token: Address;
  readonly amountRaw: bigint;
}

export interface BuildPlanInput {
  readonly request: PlanRequest;
  readonly snapshot: MarketSnapshot;
  readonly evaluation: Evaluation;
  /** Registry facts of every pool of the pair. */
  readonly pools: readonly ResolvedPool[];
  /** Free balances of the pair's own ledger account (the signer's `pair.state`), never a wallet's balanceOf. */
  readonly account: readonly AccountBalance[];
  /** Blocks the snapshot was read at. */
  readonly blocks: readonly { readonly chainId: number; readonly number: bigint; readonly hash: Hex }[];
  readonly params: StrategyParams;
  readonly origin: PlanOrigin;
  readonly configVersion: number;
}

const PLAN_REFUSALS = [
  "nothing_to_do",
  "unknown_pool",
  "unknown_position",
  "unsupported_range",
  "bad_ticks",
  "no_funds",
  "no_router",
  "no_price",
  "no_block",
  "several_chains",
  "too_many_steps",
] as const;
export type PlanRefusalCode = (typeof PLAN_REFUSALS)[number];

/** Why no plan could be made, with the values. */
export interface PlanRefusal {
  readonly code: PlanRefusalCode;
  readonly message: string;
}

/** A pool as a plan needs it: its facts, its state, and the frame of its prices. */
interface PlanPool {
  readonly facts: ResolvedPool;
  readonly state: TickPoolState;
  readonly frame: PriceFrame;
}

interface Closing {
  readonly pool: PlanPool;
  readonly position: ObservedPosition;
  readonly range: TickRange;
}

interface Opening {
  readonly pool: PlanPool;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly valueUsd: number;
  readonly label: string;
}

interface Movement {
  readonly closings: readonly Closing[];
  readonly openings: readonly Opening[];
  /** RS moves what its positions held; PRA may use the whole account too. */
  readonly usesAccount: boolean;
  readonly kind: Plan["kind"];
  readonly reason: string;
  readonly before: readonly IncomeLine[];
  readonly after: readonly IncomeLine[];
}

/** What one chain contributes: its steps, its numbers, and what it leaves in the wallet. */
interface ChainPart {
  readonly steps: readonly Step[];
  readonly swappedUsd: number;
  readonly burnedUsd: number;
  readonly mintedUsd: number;
  readonly gasUsd: number;
  readonly swapFeeFrac: number;
  readonly before: Plan["before"];
  readonly after: Plan["after"];
}

export function buildPlan(input: BuildPlanInput): Result<Plan, PlanRefusal> {
  const { snapshot, evaluation, request } = input;
  if (!(snapshot.price > 0) || !Number.isFinite(snapshot.price) || !(snapshot.quoteUsd > 0)) {
    return refuse(
      "no_price",
      `A price above 0 is needed; the snapshot has ${snapshot.price} and ${snapshot.quoteUsd} USD per quote.`,
    );
  }
  const movement = request.kind === "PRA" ? reallocation(input, request) : shift(input, request);
  if (!movement.ok) return movement;
  const { closings, openings } = movement.value;
  if (closings.length === 0 && openings.length === 0) {
    return refuse("nothing_to_do", "Every target is already in place; no step would change anything.");
  }

  const chainIds = [...new Set([...closings, ...openings].map(({ pool }) => pool.facts.chain.id))].toSorted(
    (left, right) => left - right,
  );
  if (chainIds.length > 1) {
    return refuse(
      "several_chains",
      `The plan would touch chains ${chainIds.join(" and ")}; this version moves money on one chain per plan. Restrict the pair's pools to one chain.`,
    );
  }
  const parts: ChainPart[] = [];
  let stepCount = 0;
  for (const chainId of chainIds) {
    if (!input.blocks.some((block) => block.chainId === chainId)) {
      return refuse(
        "no_block",
        `The snapshot names no block of chain ${chainId}; a plan is made from one block per chain.`,
      );
    }
    const part = buildChainPart(input, movement.value, chainId, stepCount);
    if (!part.ok) return part;
    parts.push(part.value);
    stepCount += part.value.steps.length;
  }
  const steps = parts.flatMap((part) => part.steps);
  if (steps.length === 0) {
    return refuse("nothing_to_do", "What is left to move is below the least amount worth a transaction.");
  }
  if (steps.length > MAX_STEPS) {
    return refuse("too_many_steps", `The plan needs ${steps.length} steps; at most ${MAX_STEPS} fit in one plan.`);
  }

  const anyPool = [...closings, ...openings][0]?.pool;
  if (anyPool === undefined) return refuse("nothing_to_do", "The plan touches no pool.");
  const moveFrac = maxPriceMoveFrac(evaluation.sigmaPerYear);
  const touched = [...new Map([...closings, ...openings].map(({ pool }) => [pool.state.poolKey, pool])).values()];
  const total = (pick: (part: ChainPart) => number): number => parts.reduce((sum, part) => sum + pick(part), 0);
  const swappedUsd = total((part) => part.swappedUsd);
  const { base, quote } = anyPool.facts;
  return ok({
    version: 1,
    pairId: snapshot.pairId,
    epoch: snapshot.epoch,
    kind: movement.value.kind,
    reason: movement.value.reason,
    origin: input.origin,
    configVersion: input.configVersion,
    blocks: input.blocks
      .filter((block) => chainIds.includes(block.chainId))
      .map(({ chainId, number, hash }) => ({ chainId, number, hash })),
    notionalUsd: Math.max(
      total((part) => part.burnedUsd),
      total((part) => part.mintedUsd),
    ),
    base: { symbol: base.symbol, decimals: base.decimals, address: base.address },
    quote: { symbol: quote.symbol, decimals: quote.decimals, address: quote.address },
    before: parts.flatMap((part) => part.before),
    after: parts.flatMap((part) => part.after),
    forecast: computeForecast({
      before: movement.value.before,
      after: movement.value.after,
      gasUsd: total((part) => part.gasUsd),
      swappedUsd,
      swapFeeFrac: swappedUsd > 0 ? total((part) => part.swapFeeFrac * part.swappedUsd) / swappedUsd : 0,
      expectedSlippageFrac: input.params.expectedSlippageFrac,
    }),
    bounds: {
      referencePrice: snapshot.price,
      maxPriceMoveFrac: moveFrac,
      maxSlippageBps: input.params.slippageBps,
      deadlineSec: DEADLINE_SEC,
      maxPlanAgeMs: MAX_PLAN_AGE_MS,
      poolTicks: touched.map(({ facts, state }) => ({
        pool: facts.pool.id,
        tick: state.tick,
        maxTickMove: maxTickMove(moveFrac),
      })),
      maxFeePerGasWei: chainIds.flatMap((chainId) => {
        const chain = touched.find(({ facts }) => facts.chain.id === chainId)?.facts.chain;
        return chain === undefined ? [] : [{ chainId, wei: BigInt(chain.maxFeePerGasWei) }];
      }),
    },
    steps,
  });
}

/** RS by the strategy or by an operator: each position's own money goes to its new range. */
function shift(input: BuildPlanInput, request: RangeShiftDecision | ManualShift): Result<Movement, PlanRefusal> {
  const wanted =
    request.kind === "RS"
      ? request.shifts.map(({ positionId, target }) => ({ positionId, range: target.range }))
      : [
          {
            positionId: request.positionId,
            range: { kind: "ticks", tickLower: request.tickLower, tickUpper: request.tickUpper } as const,
          },
        ];
  const closings: Closing[] = [];
  const openings: Opening[] = [];
  for (const { positionId, range } of wanted) {
    const closing = findClosing(input, positionId);
    if (!closing.ok) return closing;
    const { pool, position } = closing.value;
    const ticks = checkTicks(pool, range);
    if (!ticks.ok) return ticks;
    closings.push(closing.value);
    const money = valueUsd(input.snapshot, pool, paidOut(position));
    // Two positions of one pool that go to the same range become one: a plan mints once per pool.
    const same = openings.findIndex(
      (opening) =>
        opening.pool.state.poolKey === pool.state.poolKey &&
        opening.tickLower === ticks.value.tickLower &&
        opening.tickUpper === ticks.value.tickUpper,
    );
    const known = openings[same];
    if (known === undefined) {
      openings.push({ pool, ...ticks.value, valueUsd: money, label: `${pool.facts.dex.name} (new)` });
    } else {
      openings[same] = { ...known, valueUsd: known.valueUsd + money };
    }
  }
  const moved = new Set<string>(wanted.map(({ positionId }) => positionId));
  const lines = input.evaluation.positions.map((position) => ({
    isMoved: moved.has(position.positionId),
    now: incomeLine(position.incomeNow, targetRho(input, position.poolKey)),
    target: incomeLine(position.incomeAtTarget, targetRho(input, position.poolKey)),
  }));
  const [opening] = openings;
  const chosen =
    request.kind === "RS" || opening === undefined
      ? NO_INCOME
      : manualIncome({
          snapshot: input.snapshot,
          params: input.params,
          sigmaPerYear: input.evaluation.sigmaPerYear,
          pool: opening.pool.state,
          range: ticksToRange(opening.tickLower, opening.tickUpper, opening.pool.frame),
          amountUsd: opening.valueUsd,
        });
  const after = lines.map((line) => {
    if (!line.isMoved) return line.now;
    return request.kind === "RS" ? line.target : chosen;
  });
  return ok({
    closings,
    openings,
    usesAccount: false,
    kind: "RS",
    reason: request.kind === "RS" ? request.reason : "manual_shift",
    before: lines.map((line) => line.now),
    after,
  });
}

/** PRA moves only the difference: what the decision keeps is not touched. */
function reallocation(input: BuildPlanInput, decision: ReallocateDecision): Result<Movement, PlanRefusal> {
  const closings: Closing[] = [];
  for (const positionId of decision.closePositionIds) {
    const closing = findClosing(input, positionId);
    if (!closing.ok) return closing;
    closings.push(closing.value);
  }
  const openings: Opening[] = [];
  for (const target of decision.targets) {
    if (target.keepPositionIds.length > 0 || target.amountUsd < MIN_MINT_USD) continue;
    const pool = findPool(input, target.poolKey);
    if (!pool.ok) return pool;
    const ticks = checkTicks(pool.value, target.target.range);
    if (!ticks.ok) return ticks;
    openings.push({
      pool: pool.value,
      ...ticks.value,
      valueUsd: target.amountUsd,
      label: `${pool.value.facts.dex.name} (new)`,
    });
  }
  const closed = new Set<string>(decision.closePositionIds);
  const kept = input.evaluation.positions.filter((position) => !closed.has(position.positionId));
  return ok({
    closings,
    openings,
    usesAccount: true,
    kind: "PRA",
    reason: decision.reason,
    before: input.evaluation.positions.map((position) =>
      incomeLine(position.incomeNow, targetRho(input, position.poolKey)),
    ),
    after: [
      ...kept.map((position) => incomeLine(position.incomeNow, targetRho(input, position.poolKey))),
      ...openings.map(({ pool }) => {
        const evaluated = input.evaluation.pools.find((entry) => entry.poolKey === pool.state.poolKey);
        return incomeLine(evaluated?.income ?? null, evaluated?.terms?.inRangeFrac ?? 1);
      }),
    ],
  });
}

function buildChainPart(
  input: BuildPlanInput,
  movement: Movement,
  chainId: number,
  firstIndex: number,
): Result<ChainPart, PlanRefusal> {
  const { snapshot, params } = input;
  const onChain = ({ pool }: { readonly pool: PlanPool }): boolean => pool.facts.chain.id === chainId;
  const closings = movement.closings.filter(onChain);
  const openings = movement.openings.filter(onChain);
  const anyPool = [...closings, ...openings][0]?.pool;
  if (anyPool === undefined) return refuse("nothing_to_do", `No pool of chain ${chainId} is part of the plan.`);
  const { chain, base, quote } = anyPool.facts;
  const account = {
    base: balanceOf(input.account, chainId, base.address),
    quote: balanceOf(input.account, chainId, quote.address),
  };
  const burned = sumAmounts(closings.map(({ position }) => paidOut(position)));
  const budget = movement.usesAccount ? sumAmounts([account, burned]) : burned;
  if (openings.length > 0 && budget.base === 0n && budget.quote === 0n) {
    return refuse(
      "no_funds",
      `The pair has no ${base.symbol} and no ${quote.symbol} on ${chain.name} (${chainId}) to deploy.`,
    );
  }

  const swapPool = cheapestPool(input, chainId) ?? anyPool;
  const swapFeeFrac = params.routerFeeFrac + (params.swapPoolFeeFrac ?? swapPool.state.feePips / 1_000_000);
  const fillTargets = openings.map(({ pool, tickLower, tickUpper, valueUsd: targetUsd }): FillTarget => ({
    sqrtPriceX96: pool.state.sqrtPriceX96,
    tickLower,
    tickUpper,
    frame: pool.frame,
    valueQuote: targetUsd / snapshot.quoteUsd,
  }));
  const size = sizeSwap({
    targets: fillTargets,
    availableBase: humanAmount(budget.base, base.decimals),
    availableQuote: humanAmount(budget.quote, quote.decimals),
    price: snapshot.price,
    costFrac: swapFeeFrac + params.expectedSlippageFrac,
  });

  const steps: Step[] = closings.map(({ pool, position, range }) => burnStep(params, pool, position, range));
  const swap = planSwap({
    size,
    budget,
    pool: swapPool,
    snapshot,
    swapFeeFrac,
    slippageBps: params.slippageBps,
    sigmaPerYear: input.evaluation.sigmaPerYear,
  });
  if (openings.length > 0 && (size.fillFrac <= 0 || (size.sell !== null && swap === null))) {
    return refuse(
      "no_funds",
      `What the pair has on ${chain.name} (${chainId}) is too little, or on the wrong side and too little to swap, for the target ranges.`,
    );
  }
  if (swap !== null) {
    const router = chain.lifiDiamond;
    if (router === null) {
      return refuse(
        "no_router",
        `The plan must swap on ${chain.name} (${chainId}), but no swap router is registered for that chain.`,
      );
    }
    const [tokenIn, tokenOut] = swap.sell === "base" ? [base.address, quote.address] : [quote.address, base.address];
    const { amountInRaw, minAmountOutRaw } = swap;
    steps.push(
      {
        kind: "approve",
        chainId,
        token: tokenIn,
        spender: router,
        amountRaw: amountInRaw,
        forStep: firstIndex + steps.length + 1,
      },
      { kind: "swap", chainId, provider: "lifi", router, tokenIn, tokenOut, amountInRaw, minAmountOutRaw },
      { kind: "revoke", chainId, token: tokenIn, spender: router },
    );
  }

  // Upper bound of what is there after the swap: the swap's output at the reference price, before any fee.
  const afterSwap = swap === null ? budget : swap.after;
  const moveFrac = maxPriceMoveFrac(input.evaluation.sigmaPerYear);
  const caps = mintCaps({
    fills: size.fills,
    available: afterSwap,
    decBase: base.decimals,
    decQuote: quote.decimals,
    headroomFrac: movement.usesAccount ? moveFrac : Number.POSITIVE_INFINITY,
  });
  openings.forEach((opening, index) => {
    const cap = caps[index];
    if (cap === undefined || (cap.base === 0n && cap.quote === 0n)) return;
    steps.push(...mintSteps({ params, opening, cap, index: firstIndex + steps.length }));
  });

  const minted = size.fills.map((fill) => ({
    base: rawAmount(fill.base, base.decimals),
    quote: rawAmount(fill.quote, quote.decimals),
  }));
  const expectedAfterSwap = swap === null ? budget : swap.expectedAfter;
  const left = subtractAmounts(
    sumAmounts([movement.usesAccount ? { base: 0n, quote: 0n } : account, expectedAfterSwap]),
    sumAmounts(minted),
  );
  const closedIds = new Set<string>(closings.map(({ position }) => position.positionId));
  const positions = snapshot.positions.filter((position) => position.chainId === chainId);
  const kept = positions.filter((position) => !closedIds.has(position.positionId));
  const gasUsd =
    movement.kind === "RS"
      ? openings.reduce((sum, { pool }) => sum + pool.state.gasRsUsd, 0)
      : closings.reduce((sum, { pool }) => sum + pool.state.gasCloseUsd, 0) +
        openings.reduce((sum, { pool }) => sum + pool.state.gasOpenUsd, 0);
  const wallet = (amounts: Amounts): Plan["before"][number] => ({
    label: "Wallet",
    pool: null,
    chainId,
    baseRaw: amounts.base,
    quoteRaw: amounts.quote,
    valueUsd: valueUsd(snapshot, anyPool, amounts),
    priceLower: null,
    priceUpper: null,
  });
  return ok({
    steps,
    swappedUsd: swap?.valueUsd ?? 0,
    burnedUsd: valueUsd(snapshot, anyPool, burned),
    mintedUsd: valueUsd(snapshot, anyPool, sumAmounts(minted)),
    gasUsd,
    swapFeeFrac,
    before: [...positions.flatMap((position) => holding(input, position)), wallet(account)],
    after: [
      ...kept.flatMap((position) => holding(input, position)),
      ...openings.map(({ pool, tickLower, tickUpper, label }, index) => {
        const amounts = minted[index] ?? { base: 0n, quote: 0n };
        const range = ticksToRange(tickLower, tickUpper, pool.frame);
        return {
          label,
          pool: pool.facts.pool.id,
          chainId,
          baseRaw: amounts.base,
          quoteRaw: amounts.quote,
          valueUsd: valueUsd(snapshot, pool, amounts),
          priceLower: range.min,
          priceUpper: range.max,
        };
      }),
      wallet(left),
    ],
  });
}

interface Amounts {
  readonly base: bigint;
  readonly quote: bigint;
}

interface PlannedSwap {
  readonly sell: "base" | "quote";
  readonly amountInRaw: bigint;
  readonly minAmountOutRaw: bigint;
  /** Budget after the swap: at most (no fee) and as expected. */
  readonly after: Amounts;
  readonly expectedAfter: Amounts;
  readonly valueUsd: number;
}

function planSwap(input: {
  readonly size: SwapSize;
  readonly budget: Amounts;
  readonly pool: PlanPool;
  readonly snapshot: MarketSnapshot;
  readonly swapFeeFrac: number;
  readonly slippageBps: number;
  readonly sigmaPerYear: number;
}): PlannedSwap | null {
  const { size, budget, pool, snapshot } = input;
  if (size.sell === null) return null;
  const { base, quote } = pool.facts;
  const sellsBase = size.sell === "base";
  const amountInRaw = min(
    rawAmount(size.amountIn, sellsBase ? base.decimals : quote.decimals),
    sellsBase ? budget.base : budget.quote,
  );
  const atOnceRaw = swapMinimumOutRaw({
    sellsBase,
    amountInRaw,
    decBase: base.decimals,
    decQuote: quote.decimals,
    cexPrice: snapshot.price,
    poolPrice: sqrtToPrice(pool.state.sqrtPriceX96, pool.frame),
    feeFrac: input.swapFeeFrac,
    slippageBps: input.slippageBps,
  });
  // The bound that is approved must hold as long as the plan does: the price may move by its own bound until then. The tight
  // minimum comes from two prices at the moment of the swap.
  const minAmountOutRaw = scaleRaw(atOnceRaw, 1 - maxPriceMoveFrac(input.sigmaPerYear));
  if (amountInRaw === 0n || minAmountOutRaw === 0n) return null;
  const mostOut = sellsBase ? size.amountIn * snapshot.price : size.amountIn / snapshot.price;
  const outDecimals = sellsBase ? quote.decimals : base.decimals;
  const settle = (outRaw: bigint): Amounts =>
    sellsBase
      ? { base: budget.base - amountInRaw, quote: budget.quote + outRaw }
      : { base: budget.base + outRaw, quote: budget.quote - amountInRaw };
  return {
    sell: size.sell,
    amountInRaw,
    minAmountOutRaw,
    after: settle(rawAmount(mostOut, outDecimals)),
    expectedAfter: settle(rawAmount(size.amountOut, outDecimals)),
    valueUsd: (sellsBase ? size.amountIn * snapshot.price : size.amountIn) * snapshot.quoteUsd,
  };
}

/**
 * Caps of the mints: each side is shared in proportion to what the targets take of it, never more than is there, and at most
 * `headroomFrac` above the expected amount (the price may move before the mint).
 */
function mintCaps(input: {
  readonly fills: SwapSize["fills"];
  readonly available: Amounts;
  readonly decBase: number;
  readonly decQuote: number;
  readonly headroomFrac: number;
}): readonly Amounts[] {
  const { fills, available, decBase, decQuote, headroomFrac } = input;
  const share = (side: "base" | "quote", decimals: number): bigint[] => {
    const total = fills.reduce((sum, fill) => sum + fill[side], 0);
    return fills.map((fill) => {
      if (!(total > 0) || !(fill[side] > 0)) return 0n;
      const part = (available[side] * rawAmount(fill[side] / total, 18)) / 10n ** 18n;
      if (!Number.isFinite(headroomFrac)) return part;
      return min(part, rawAmount(fill[side] * (1 + headroomFrac), decimals));
    });
  };
  const bases = share("base", decBase);
  const quotes = share("quote", decQuote);
  return fills.map((_, index) => ({ base: bases[index] ?? 0n, quote: quotes[index] ?? 0n }));
}

function burnStep(params: StrategyParams, pool: PlanPool, position: ObservedPosition, range: TickRange): Step {
  const { facts } = pool;
  const paid = paidOut(position);
  const [token0, token1] = sides(pool, facts.base.address, facts.quote.address);
  const [amount0ExpectedRaw, amount1ExpectedRaw] = sides(pool, paid.base, paid.quote);
  return {
    kind: "burn",
    chainId: facts.chain.id,
    family: facts.dex.family,
    pool: facts.pool.id,
    positionManager: facts.positionManager,
    tokenId: position.tokenId,
    token0,
    token1,
    tickLower: range.tickLower,
    tickUpper: range.tickUpper,
    liquidityRaw: position.liquidityRaw,
    amount0ExpectedRaw,
    amount1ExpectedRaw,
    maxSlippageBps: params.slippageBps,
  };
}

/** Exact approvals, the mint, and both allowances taken back; a side that goes in with nothing needs no approval. */
function mintSteps(input: {
  readonly params: StrategyParams;
  readonly opening: Opening;
  readonly cap: Amounts;
  readonly index: number;
}): readonly Step[] {
  const { params, opening, cap } = input;
  const { facts, state } = opening.pool;
  const [token0, token1] = sides(opening.pool, facts.base.address, facts.quote.address);
  const [amount0MaxRaw, amount1MaxRaw] = sides(opening.pool, cap.base, cap.quote);
  const chainId = facts.chain.id;
  const spender = facts.positionManager;
  const used = [
    { token: token0, amountRaw: amount0MaxRaw },
    { token: token1, amountRaw: amount1MaxRaw },
  ].filter(({ amountRaw }) => amountRaw > 0n);
  const forStep = input.index + used.length;
  return [
    ...used.map(({ token, amountRaw }) => ({ kind: "approve" as const, chainId, token, spender, amountRaw, forStep })),
    {
      kind: "mint",
      chainId,
      family: facts.dex.family,
      pool: facts.pool.id,
      positionManager: facts.positionManager,
      token0,
      token1,
      feePips: state.feePips,
      tickSpacing: state.tickSpacing,
      tickLower: opening.tickLower,
      tickUpper: opening.tickUpper,
      amount0MaxRaw,
      amount1MaxRaw,
      maxSlippageBps: params.slippageBps,
    },
    ...used.map(({ token }) => ({ kind: "revoke" as const, chainId, token, spender })),
  ];
}

function findPool(input: BuildPlanInput, key: PoolKey): Result<PlanPool, PlanRefusal> {
  const facts = input.pools.find(
    ({ chain, dex, pool }) => poolKey(chain.id, dex.family, pool.id).toLowerCase() === key.toLowerCase(),
  );
  const state = input.snapshot.pools.find((pool) => pool.poolKey.toLowerCase() === key.toLowerCase());
  if (facts === undefined || state === undefined) {
    return refuse(
      "unknown_pool",
      `Pool ${key} is not in the ${facts === undefined ? "registry" : "snapshot"} of ${input.snapshot.pairId}.`,
    );
  }
  if (state.kind !== "ticks") {
    return refuse("unsupported_range", `Pool ${key} uses bins; this version acts on tick ranges only.`);
  }
  const frame = {
    decBase: facts.base.decimals,
    decQuote: facts.quote.decimals,
    baseIsToken0: facts.baseIsToken0,
  };
  return ok({ facts, state, frame });
}

function findClosing(input: BuildPlanInput, positionId: PositionId): Result<Closing, PlanRefusal> {
  const position = input.snapshot.positions.find((entry) => entry.positionId === positionId);
  if (position === undefined) {
    return refuse("unknown_position", `Position ${positionId} is not among the positions of ${input.snapshot.pairId}.`);
  }
  const pool = findPool(input, position.poolKey);
  if (!pool.ok) return pool;
  if (position.range.kind !== "ticks") {
    return refuse("unsupported_range", `Position ${positionId} uses bins; this version acts on tick ranges only.`);
  }
  return ok({ pool: pool.value, position, range: position.range });
}

function checkTicks(
  pool: PlanPool,
  range: ObservedPosition["range"],
): Result<{ readonly tickLower: number; readonly tickUpper: number }, PlanRefusal> {
  if (range.kind !== "ticks") {
    return refuse(
      "unsupported_range",
      `The target in pool ${pool.facts.pool.id} uses bins; this version acts on tick ranges only.`,
    );
  }
  const { tickLower, tickUpper } = range;
  const { tickSpacing } = pool.state;
  const usable = usableTicks(tickSpacing);
  const isAligned = [tickLower, tickUpper].every(
    (tick) => Number.isInteger(tick) && tick % tickSpacing === 0 && tick >= usable.min && tick <= usable.max,
  );
  if (!isAligned || tickLower >= tickUpper) {
    return refuse(
      "bad_ticks",
      `Ticks ${tickLower} and ${tickUpper} must be multiples of ${tickSpacing} within ${usable.min}..${usable.max}, the lower one first.`,
    );
  }
  return ok({ tickLower, tickUpper });
}

/** The pool of the chain with the lowest fee: where an aggregator is expected to swap. */
function cheapestPool(input: BuildPlanInput, chainId: number): PlanPool | null {
  const found = input.snapshot.pools
    .filter((pool) => pool.chainId === chainId && pool.kind === "ticks")
    .toSorted((left, right) => left.feePips - right.feePips || (left.poolKey < right.poolKey ? -1 : 1));
  for (const state of found) {
    const pool = findPool(input, state.poolKey);
    if (pool.ok) return pool.value;
  }
  return null;
}

function holding(input: BuildPlanInput, position: ObservedPosition): Plan["before"] {
  const pool = findPool(input, position.poolKey);
  if (!pool.ok || position.range.kind !== "ticks") return [];
  const amounts = paidOut(position);
  const range = ticksToRange(position.range.tickLower, position.range.tickUpper, pool.value.frame);
  return [
    {
      label: `${pool.value.facts.dex.name} #${position.tokenId}`,
      pool: pool.value.facts.pool.id,
      chainId: position.chainId,
      baseRaw: amounts.base,
      quoteRaw: amounts.quote,
      valueUsd: valueUsd(input.snapshot, pool.value, amounts),
      priceLower: range.min,
      priceUpper: range.max,
    },
  ];
}

/** What closing pays: principal and uncollected fees. */
function paidOut(position: ObservedPosition): Amounts {
  return {
    base: position.baseRaw + position.uncollectedBaseRaw,
    quote: position.quoteRaw + position.uncollectedQuoteRaw,
  };
}

function valueUsd(snapshot: MarketSnapshot, pool: PlanPool, amounts: Amounts): number {
  const { decBase, decQuote } = pool.frame;
  return (
    (humanAmount(amounts.base, decBase) * snapshot.price + humanAmount(amounts.quote, decQuote)) * snapshot.quoteUsd
  );
}

const NO_INCOME: IncomeLine = { feesUsdPerYear: 0, lvrUsdPerYear: 0, netUsdPerYear: 0, inRangeFrac: 1 };

function incomeLine(income: IncomeSplit | null, inRangeFrac: number): IncomeLine {
  if (income === null) return NO_INCOME;
  const { feesUsdPerYear, lvrUsdPerYear, netUsdPerYear } = income;
  return { feesUsdPerYear, lvrUsdPerYear, netUsdPerYear, inRangeFrac };
}

/** Time in range the model expects of the pool's target; also used for positions that stay, whose own is not evaluated apart. */
function targetRho(input: BuildPlanInput, key: PoolKey): number {
  return input.evaluation.pools.find((pool) => pool.poolKey === key)?.terms?.inRangeFrac ?? 1;
}

/** (base, quote) in the pool's token order. */
function sides<T>(pool: PlanPool, base: T, quote: T): readonly [T, T] {
  return pool.facts.baseIsToken0 ? [base, quote] : [quote, base];
}

function balanceOf(account: readonly AccountBalance[], chainId: number, token: Address): bigint {
  return account
    .filter((entry) => entry.chainId === chainId && entry.token.toLowerCase() === token.toLowerCase())
    .reduce((sum, entry) => sum + entry.amountRaw, 0n);
}

function sumAmounts(amounts: readonly Amounts[]): Amounts {
  return amounts.reduce<Amounts>((sum, each) => ({ base: sum.base + each.base, quote: sum.quote + each.quote }), {
    base: 0n,
    quote: 0n,
  });
}

/** Never below zero: rounding may leave one unit too little. */
function subtractAmounts(left: Amounts, right: Amounts): Amounts {
  return { base: left.base - min(left.base, right.base), quote: left.quote - min(left.quote, right.quote) };
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function refuse(code: PlanRefusalCode, message: string): Result<never, PlanRefusal> {
  return err({ code, message });
}

/** A raw amount times a fraction of at most 1, rounded down to a millionth of it. */
function scaleRaw(raw: bigint, frac: number): bigint {
  return (raw * BigInt(Math.floor(frac * 1_000_000))) / 1_000_000n;
}
