// Build plan: a decision (or an operator's range) and the state it was made from in, ordered steps with bounds and a forecast out.
import { err, ok, type Result } from "@/lib/errors/result";
import { poolKey } from "@/lib/units";
import { buildChainPart, type AgreedTransfer, type ChainPart } from "./chain-part";
import { computeForecast } from "./cost";
import { reallocationMovement, shiftMovement, type Movement } from "./movement";
import type { Plan, Step } from "./plan";
import { layOut } from "./plan-grants";
import { currentIndex, findPool, type PlanPool } from "./plan-pool";
import { refuse, type BuildPlanInput, type PlanRefusal, type WantedTransfer } from "./plan-request";
import { swapWays } from "./swap-ways";
import { maxBinMove, maxPriceMoveFrac, maxTickMove } from "./slippage";
import { wantedTransfers, weighTransfers } from "./transfers";

export { toBridgeOffer } from "./transfers";
export type {
  AccountBalance,
  BridgeOffer,
  BuildPlanInput,
  ManualShift,
  PlanRefusal,
  PlanRefusalCode,
  PlanRequest,
  SwapRoute,
  SwapWay,
  WantedTransfer,
} from "./plan-request";

/** Deadline window of every transaction, chain seconds; the chain's time scale multiplies it (safety.md section 3.8c). */
const DEADLINE_SEC = 120;
/** Longest time between approval (or making, in auto) and the start of a step, wall ms (safety.md section 3.7 R7). */
const MAX_PLAN_AGE_MS = 600_000;
const MAX_STEPS = 64;
/** A pool that lost more than this part of its active liquidity since the plan was made is not entered. */
const MIN_LIQUIDITY_FRAC = 0.5;

export function buildPlan(input: BuildPlanInput): Result<Plan, PlanRefusal> {
  const { snapshot, evaluation, request } = input;
  if (!(snapshot.price > 0) || !Number.isFinite(snapshot.price) || !(snapshot.quoteUsd > 0)) {
    return refuse(
      "no_price",
      `A price above 0 is needed; the snapshot has ${snapshot.price} and ${snapshot.quoteUsd} USD per quote.`,
    );
  }
  const movement = request.kind === "PRA" ? reallocationMovement(input, request) : shiftMovement(input, request);
  if (!movement.ok) return movement;
  const { closings, reductions, openings } = movement.value;
  if (closings.length === 0 && reductions.length === 0 && openings.length === 0) {
    return refuse("nothing_to_do", "Every target is already in place; no step would change anything.");
  }
  const made = buildParts(input, movement.value);
  if (!made.ok) return made;
  const { parts, notes } = made.value;
  const steps = layOut([
    ...sendersFirst(parts).flatMap((part) => [...part.exits, ...part.bridges]),
    ...parts.flatMap((part) => (part.bridges.length > 0 ? part.entries : [...part.exits, ...part.entries])),
  ]);
  if (steps.length === 0) {
    return refuse("nothing_to_do", "What is left to move is below the least amount worth a transaction.");
  }
  if (steps.length > MAX_STEPS) {
    return refuse("too_many_steps", `The plan needs ${steps.length} steps; at most ${MAX_STEPS} fit in one plan.`);
  }

  const chainIds = parts.map((part) => part.chainId);
  const here = ({ pool }: { readonly pool: PlanPool }): boolean => chainIds.includes(pool.facts.chain.id);
  const acted = [...closings, ...reductions, ...openings].filter(here);
  const anyPool = acted[0]?.pool;
  if (anyPool === undefined) return refuse("nothing_to_do", "The plan touches no pool.");
  const moveFrac = maxPriceMoveFrac(evaluation.sigmaPerYear);
  const watched = [...acted.map(({ pool }) => pool), ...swappedThrough(input, steps)];
  const touched = [...new Map(watched.map((pool) => [pool.state.poolKey, pool])).values()];
  const entered = [...new Map(openings.filter(here).map(({ pool }) => [pool.state.poolKey, pool])).values()];
  const total = (pick: (part: ChainPart) => number): number => parts.reduce((sum, part) => sum + pick(part), 0);
  const swappedUsd = total((part) => part.swappedUsd);
  const { base, quote } = anyPool.facts;
  const allNotes = [...movement.value.notes, ...notes, ...parts.flatMap((part) => part.notes)];
  const isBridged = parts.some((part) => part.bridges.length > 0);
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
      total((part) => part.bridgedUsd),
    ),
    base: { symbol: base.symbol, decimals: base.decimals, address: base.address },
    quote: { symbol: quote.symbol, decimals: quote.decimals, address: quote.address },
    before: parts.flatMap((part) => part.before),
    after: parts.flatMap((part) => part.after),
    forecast: {
      ...computeForecast({
        before: movement.value.before,
        after: incomeAfter(movement.value, here),
        gasUsd: total((part) => part.gasUsd),
        swappedUsd,
        swapFeeFrac: swappedUsd > 0 ? total((part) => part.swapFeeFrac * part.swappedUsd) / swappedUsd : 0,
        expectedSlippageFrac: input.params.expectedSlippageFrac,
        bridgeFeeUsd: isBridged ? total((part) => part.bridgeFeeUsd) : null,
      }),
      ...(parts.length > 1 ? { gasByChain: parts.map(({ chainId, gasUsd }) => ({ chainId, usd: gasUsd })) } : {}),
    },
    bounds: {
      referencePrice: snapshot.price,
      maxPriceMoveFrac: moveFrac,
      maxSlippageBps: input.params.slippageBps,
      deadlineSec: DEADLINE_SEC,
      maxPlanAgeMs: MAX_PLAN_AGE_MS,
      poolTicks: touched.map((pool) => ({
        pool: pool.facts.pool.id,
        tick: currentIndex(pool),
        maxTickMove: pool.state.kind === "bins" ? maxBinMove(moveFrac, pool.state.binStepBps) : maxTickMove(moveFrac),
      })),
      poolLiquidity: entered.flatMap(liquidityBound),
      balances: parts.flatMap(({ chainId, counted, tokens }) =>
        [
          { chainId, token: tokens.base.address, minRaw: counted.base },
          { chainId, token: tokens.quote.address, minRaw: counted.quote },
        ].filter(({ minRaw }) => minRaw > 0n),
      ),
      maxFeePerGasWei: chainIds.flatMap((chainId) => {
        const chain = input.pools.find((facts) => facts.chain.id === chainId)?.chain;
        return chain === undefined ? [] : [{ chainId, wei: BigInt(chain.maxFeePerGasWei) }];
      }),
    },
    steps: [...steps],
    ...(parts.length > 1 ? { tokens: parts.map((part) => part.tokens) } : {}),
    ...(allNotes.length > 0 ? { notes: allNotes } : {}),
  });
}

/** Pools that the plan swaps through directly: their price is bound like that of the pools it enters. */
function swappedThrough(input: BuildPlanInput, steps: readonly Step[]): readonly PlanPool[] {
  const ways = steps.flatMap((step) => (step.kind === "swap" ? swapWays(step) : []));
  return ways.flatMap((step) => {
    if (step.pool === undefined) return [];
    const id = step.pool.toLowerCase();
    const facts = input.pools.find(({ chain, pool }) => chain.id === step.chainId && pool.id.toLowerCase() === id);
    if (facts === undefined) return [];
    const found = findPool(input, poolKey(facts.chain.id, facts.dex.family, facts.pool.id));
    return found.ok ? [found.value] : [];
  });
}

/** What a plan for this request would like to move between chains: ask bridges for these, then build with their offers. */
export function planTransfers(input: BuildPlanInput): readonly WantedTransfer[] {
  if (input.request.kind !== "PRA") return [];
  const movement = reallocationMovement(input, input.request);
  return movement.ok ? wantedTransfers(input, movement.value) : [];
}

interface Parts {
  readonly parts: readonly ChainPart[];
  readonly notes: readonly string[];
}

/** Every chain's part; a chain that cannot take part is left out with the reason, and the rest is built again without it. */
function buildParts(input: BuildPlanInput, movement: Movement): Result<Parts, PlanRefusal> {
  const acted = [...movement.closings, ...movement.reductions, ...movement.openings];
  const left = new Map<number, PlanRefusal>();
  const leftOut = new Set<string>();
  for (;;) {
    const isIn = (chainId: number): boolean => !left.has(chainId);
    const weighed = weighTransfers(input, movement, wantedTransfers(input, movement)).filter(
      ({ wanted }) => isIn(wanted.fromChainId) && isIn(wanted.toChainId),
    );
    for (const each of weighed) if (each.kind === "left_out") leftOut.add(each.words);
    const transfers: AgreedTransfer[] = weighed.flatMap((each) =>
      each.kind === "go" ? [{ wanted: each.wanted, offer: each.offer }] : [],
    );
    const chainIds = [
      ...new Set([
        ...acted.map(({ pool }) => pool.facts.chain.id),
        ...transfers.flatMap(({ wanted }) => [wanted.fromChainId, wanted.toChainId]),
      ]),
    ]
      .filter(isIn)
      .toSorted((one, other) => one - other);
    const parts: ChainPart[] = [];
    let failed: { readonly chainId: number; readonly error: PlanRefusal } | null = null;
    for (const chainId of chainIds) {
      const part = input.blocks.some((block) => block.chainId === chainId)
        ? buildChainPart(input, movement, chainId, transfers)
        : refuse(
            "no_block",
            `The snapshot names no block of chain ${chainId}; a plan is made from one block per chain.`,
          );
      if (part.ok) parts.push(part.value);
      else failed ??= { chainId, error: part.error };
    }
    if (failed === null) {
      return ok({
        parts,
        notes: [
          ...leftOut,
          ...[...left].map(([chainId, { message }]) => `Nothing is done on chain ${chainId}: ${message}`),
        ],
      });
    }
    left.set(failed.chainId, failed.error);
    // Nothing is left to do: the first reason is the answer.
    if (chainIds.length <= 1) return err([...left.values()][0] ?? failed.error);
  }
}

/** Without the targets of chains that take no part: they earn nothing. */
function incomeAfter(
  { kind, after, openings }: Movement,
  isHere: (opening: Movement["openings"][number]) => boolean,
): Movement["after"] {
  if (kind !== "PRA") return after;
  const keptCount = after.length - openings.length;
  return after.filter((_, index) => {
    const opening = openings[index - keptCount];
    return opening === undefined || isHere(opening);
  });
}

function sendersFirst(parts: readonly ChainPart[]): readonly ChainPart[] {
  return parts.filter((part) => part.bridges.length > 0);
}

/** Others' liquidity, so that our own exit from the pool does not look like a drain; none where it is not known. */
function liquidityBound({
  facts,
  state,
}: PlanPool): readonly { readonly pool: string; readonly liquidityRaw: bigint; readonly minFrac: number }[] {
  if (state.kind !== "ticks" || state.activeLiquidityRaw === null) return [];
  const liquidityRaw = state.activeLiquidityRaw - state.ownLiquidityInRangeRaw;
  return liquidityRaw > 0n ? [{ pool: facts.pool.id, liquidityRaw, minFrac: MIN_LIQUIDITY_FRAC }] : [];
}
