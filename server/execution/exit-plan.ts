// The way out of one pair as a plan: every position closed, and what is not the wanted token sold straight through a pool of the pair.
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import type { LivePool, LivePosition } from "@/lib/actions/family";
import { collectsSeparately } from "@/lib/actions/liquidity-book";
import { routerForms } from "@/lib/actions/pool-swap";
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import { EXIT_SLIPPAGE_BPS, type ExitSlippage } from "@/lib/api/commands";
import type { KnownPosition, PairState } from "@/lib/api/signer-contract";
import { NO_FORECAST, type BurnStep, type Plan, type Step } from "@/lib/plan/plan";
import { layOut, type StepGroup } from "@/lib/plan/plan-grants";
import { maxBinMove, maxTickMove } from "@/lib/plan/slippage";
import { poolRefOf, type PoolRef } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { epochOf, type Address, type Hex } from "@/lib/units";

/** A pool of the pair as it is now. */
export interface ExitPool {
  readonly facts: ResolvedPool;
  readonly ref: PoolRef;
  readonly live: LivePool;
  /** QUOTE per BASE. */
  readonly price: number;
}

export interface ExitPosition {
  readonly known: KnownPosition;
  readonly pool: ExitPool;
  readonly live: LivePosition;
}

export interface ExitPlanInput {
  readonly pairState: PairState;
  readonly positions: readonly ExitPosition[];
  /** Pools of the pair that could be read, for selling. */
  readonly pools: readonly ExitPool[];
  /** Symbol of the token to end in; null: tokens as they come. */
  readonly into: string | null;
  readonly slippage: ExitSlippage;
  readonly commandId: Hex;
  readonly blocks: readonly { readonly chainId: number; readonly number: bigint; readonly hash: Hex }[];
  /** Market time now, unix ms. */
  readonly nowMs: number;
}

/** Wide on purpose: leaving in a falling market is what an exit is for. Minimums still come from the live price at signing. */
const MAX_MOVE_FRAC = 0.2;
const MAX_AGE_MS = 3_600_000;
const DEADLINE_SEC = 120;
/** A sale below this part of a whole unit of the other token is left: it would not pay its gas. */
const DUST_FRAC = 1e-4;

export function readyPool(facts: ResolvedPool, live: LivePool): ExitPool {
  const frame = { decBase: facts.base.decimals, decQuote: facts.quote.decimals, baseIsToken0: facts.baseIsToken0 };
  return { facts, ref: poolRefOf(facts), live, price: sqrtToPrice(live.sqrtPriceX96, frame) };
}

/** Null when there is nothing to close and nothing to sell. */
export function buildExitPlan(input: ExitPlanInput): Plan | null {
  const { positions, pairState } = input;
  const slippageBps = EXIT_SLIPPAGE_BPS[input.slippage];
  const closings = positions.flatMap((position) => closing(position, slippageBps));
  const sales = input.into === null ? [] : salesInto(input, input.into);
  const groups = [...closings, ...sales.map(({ group }) => group)];
  const first = positions[0]?.pool ?? sales[0]?.pool;
  if (groups.length === 0 || first === undefined) return null;
  const { base, quote } = first.facts;
  const touched = new Map(
    [...positions.map(({ pool }) => pool), ...sales.map(({ pool }) => pool)].map((pool) => [pool.ref.pool, pool]),
  );
  const chainIds = [...new Set(groups.map(({ step }) => step.chainId))];
  const before = positions.map(holdingOf);
  const valueUsd = before.reduce((sum, holding) => sum + holding.valueUsd, 0);
  return {
    version: 1,
    pairId: pairState.pairId,
    epoch: epochOf(input.nowMs),
    kind: "PRA",
    reason: "exit",
    origin: { kind: "command", commandId: input.commandId },
    configVersion: pairState.configVersion,
    blocks: input.blocks.filter(({ chainId }) => chainIds.includes(chainId)).map((block) => ({ ...block })),
    notionalUsd: valueUsd,
    base: { symbol: base.symbol, decimals: base.decimals, address: base.address },
    quote: { symbol: quote.symbol, decimals: quote.decimals, address: quote.address },
    before,
    after: [],
    forecast: { ...NO_FORECAST },
    bounds: {
      referencePrice: first.price,
      maxPriceMoveFrac: MAX_MOVE_FRAC,
      maxSlippageBps: slippageBps,
      deadlineSec: DEADLINE_SEC,
      maxPlanAgeMs: MAX_AGE_MS,
      poolTicks: [...touched.values()].map(({ ref, live }) => ({
        pool: ref.pool,
        tick: live.tick,
        maxTickMove: ref.binStep === null ? maxTickMove(MAX_MOVE_FRAC) : maxBinMove(MAX_MOVE_FRAC, ref.binStep),
      })),
      maxFeePerGasWei: chainIds.flatMap((chainId) => {
        const pool = [...touched.values()].find(({ facts }) => facts.chain.id === chainId);
        return pool === undefined ? [] : [{ chainId, wei: BigInt(pool.facts.chain.maxFeePerGasWei) }];
      }),
    },
    steps: [...layOut(groups)],
  };
}

/** A Liquidity Book 2.0 pair pays fees by a call of their own, before the shares are taken out. */
function closing(position: ExitPosition, slippageBps: number): readonly StepGroup[] {
  const { ref } = position.pool;
  const burn = burnGroup(position, slippageBps);
  if (ref.family !== "liquidity-book" || !collectsSeparately(ref)) return [burn];
  return [{ step: { ...burn.step, kind: "decrease", liquidityRaw: 0n }, grants: [] }, burn];
}

function burnGroup({ known, pool, live }: ExitPosition, slippageBps: number): StepGroup & { readonly step: BurnStep } {
  const { ref } = pool;
  return {
    step: {
      kind: "burn",
      chainId: known.chainId,
      family: ref.family,
      pool: ref.pool,
      positionManager: known.positionManager,
      tokenId: known.tokenId,
      token0: ref.token0,
      token1: ref.token1,
      tickLower: live.tickLower,
      tickUpper: live.tickUpper,
      liquidityRaw: live.liquidityRaw,
      amount0ExpectedRaw: live.principal0Raw + live.fees0Raw,
      amount1ExpectedRaw: live.principal1Raw + live.fees1Raw,
      maxSlippageBps: slippageBps,
    },
    grants: FAMILY_ACTIONS[ref.family].exitGrants(ref).map((grant) => ({ grant, amountRaw: 1n })),
  };
}

function holdingOf({ known, pool, live }: ExitPosition): Plan["before"][number] {
  const { base, quote, baseIsToken0, chain } = pool.facts;
  const [raw0, raw1] = [live.principal0Raw + live.fees0Raw, live.principal1Raw + live.fees1Raw];
  const [baseRaw, quoteRaw] = baseIsToken0 ? [raw0, raw1] : [raw1, raw0];
  return {
    label: `position #${known.tokenId}`,
    pool: pool.ref.pool,
    chainId: chain.id,
    baseRaw,
    quoteRaw,
    valueUsd: humanAmount(baseRaw, base.decimals) * pool.price + humanAmount(quoteRaw, quote.decimals),
    priceLower: null,
    priceUpper: null,
  };
}

/** The fee of selling the other token: some families have one per direction. */
function saleFeePips({ facts, live }: ExitPool, into: string): number {
  const sellsBase = facts.quote.symbol === into;
  return sellsBase === facts.baseIsToken0 ? live.fee0Pips : live.fee1Pips;
}

/** Sales of the other token, one per chain, through the pool with the lowest fee whose router the signer writes to itself. */
function salesInto(
  input: ExitPlanInput,
  into: string,
): readonly { readonly group: StepGroup; readonly pool: ExitPool }[] {
  const chainIds = [...new Set(input.pools.map(({ facts }) => facts.chain.id))];
  return chainIds.flatMap((chainId) => {
    const pool = input.pools
      .filter(({ facts, ref }) => facts.chain.id === chainId && routerForms(ref).length > 0)
      .toSorted((left, right) => saleFeePips(left, into) - saleFeePips(right, into))[0];
    const router = pool?.ref.contracts.swapRouter ?? null;
    if (pool === undefined || router === null) return [];
    const { base, quote } = pool.facts;
    const sellsBase = quote.symbol === into;
    if (!sellsBase && base.symbol !== into) return [];
    const [tokenIn, tokenOut] = sellsBase ? [base, quote] : [quote, base];
    const amountInRaw = heldAfter(input, chainId, tokenIn.address);
    const amountIn = humanAmount(amountInRaw, tokenIn.decimals);
    const out = sellsBase ? amountIn * pool.price : amountIn / pool.price;
    if (!(out > DUST_FRAC)) return [];
    // The plan's own bound: the price may fall by all that the plan allows; the tight minimum is made at signing.
    const minAmountOutRaw = rawAmount(
      out * (1 - MAX_MOVE_FRAC) * (1 - EXIT_SLIPPAGE_BPS[input.slippage] / 10_000),
      tokenOut.decimals,
    );
    if (minAmountOutRaw === 0n) return [];
    const step: Extract<Step, { kind: "swap" }> = {
      kind: "swap",
      chainId,
      provider: "pool",
      router,
      pool: pool.ref.pool,
      tokenIn: tokenIn.address,
      tokenOut: tokenOut.address,
      amountInRaw,
      minAmountOutRaw,
    };
    const grant = { kind: "erc20" as const, token: tokenIn.address, spender: router };
    return [{ pool, group: { step, grants: [{ grant, amountRaw: amountInRaw }] } }];
  });
}

/** Free now and expected from the closings, with room for fees earned until then. */
function heldAfter({ pairState, positions }: ExitPlanInput, chainId: number, token: Address): bigint {
  const isToken = (address: string): boolean => address.toLowerCase() === token.toLowerCase();
  const free = pairState.account
    .filter((each) => each.chainId === chainId && isToken(each.token))
    .reduce((sum, each) => sum + each.amountRaw, 0n);
  const closed = positions
    .filter(({ known }) => known.chainId === chainId)
    .reduce((sum, { pool, live }) => {
      if (isToken(pool.ref.token0)) return sum + live.principal0Raw + live.fees0Raw;
      return isToken(pool.ref.token1) ? sum + live.principal1Raw + live.fees1Raw : sum;
    }, 0n);
  return free + (closed * 105n) / 100n;
}
