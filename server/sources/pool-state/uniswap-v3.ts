// State of Uniswap V3 pools and of our positions in them, at one named block per chain, in the shapes of the market snapshot.
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtToPrice, type PriceFrame } from "@/lib/amm/sqrt-price";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { ObservedPosition, TickPoolState } from "@/lib/market/snapshot";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { poolKey, positionId, type Address } from "@/lib/units";
import type { BlockRef, ChainClient } from "@/server/infra/chain/clients";
import type { FamilyGasUsd } from "@/server/sources/gas";
import type { GeckoPool } from "@/server/sources/gecko-terminal";
import { readTwaps, type Twap } from "./twap";
import {
  readTokenBalances,
  readV3Pools,
  readV3PositionsOf,
  simulateV3Collect,
  type RawV3Pool,
  type RawV3Position,
} from "./uniswap-v3-reads";

/** One pool as read; everything a snapshot, a price check and a chart need of it. */
export interface PoolReading {
  readonly facts: ResolvedPool;
  readonly block: BlockRef;
  readonly raw: RawV3Pool;
  readonly frame: PriceFrame;
  /** QUOTE per BASE. */
  readonly price: number;
  readonly twap: Twap;
  /** Tokens held by the pool contract, raw. */
  readonly baseRaw: bigint;
  readonly quoteRaw: bigint;
}

export interface PoolReadings {
  readonly block: BlockRef;
  readonly readings: readonly PoolReading[];
  /** Pools that could not be used, with the reason; the others stand. */
  readonly refused: readonly { readonly facts: ResolvedPool; readonly error: ChainError }[];
}

/** All pools of one chain at `block`: state in one multicall, balances in another, averages in a third. */
export async function readPoolStates(
  client: ChainClient,
  pools: readonly ResolvedPool[],
  block: BlockRef,
): Promise<Result<PoolReadings, ChainError>> {
  const addresses = pools.map((facts) => addressOf(facts));
  const states = await readV3Pools(client, addresses, block);
  if (!states.ok) return states;
  const readings: PoolReading[] = [];
  const refused: { facts: ResolvedPool; error: ChainError }[] = [];
  const checked = pools.flatMap((facts, index) => {
    const state = states.value[index];
    if (state === undefined) return [];
    const identity = state.ok ? checkIdentity(facts, state.value) : state;
    if (identity.ok) return [{ facts, raw: identity.value }];
    refused.push({ facts, error: identity.error });
    return [];
  });
  const twaps = await readTwaps(
    client,
    checked.map(({ raw }) => raw.address),
    block,
  );
  for (const { facts, raw } of checked) {
    const balances = await readTokenBalances(
      client,
      { holder: raw.address, tokens: [facts.base.address, facts.quote.address] },
      block,
    );
    if (!balances.ok) {
      refused.push({ facts, error: balances.error });
      continue;
    }
    const [baseRaw = 0n, quoteRaw = 0n] = balances.value;
    const frame = {
      decBase: facts.base.decimals,
      decQuote: facts.quote.decimals,
      baseIsToken0: facts.baseIsToken0,
    };
    readings.push({
      facts,
      block,
      raw,
      frame,
      price: sqrtToPrice(raw.sqrtPriceX96, frame),
      twap: twaps.get(raw.address) ?? { tick: null, method: "none", detail: "the average was not read" },
      baseRaw,
      quoteRaw,
    });
  }
  return ok({ block, readings, refused });
}

/** A position with its exact amounts; `reading` is the pool it is in. */
export interface PositionRead {
  readonly raw: RawV3Position;
  readonly reading: PoolReading;
  /** What a burn would pay now, raw, in pool order and rounded down as the pool does. */
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
  /** What a collect would pay now, called as the owner at the block, raw. */
  readonly fees0Raw: bigint;
  readonly fees1Raw: bigint;
}

/** Every position of `owner` with liquidity or fees in the pools read, at the readings' block. */
export async function readPositions(
  client: ChainClient,
  input: { readonly readings: PoolReadings; readonly owner: Address },
): Promise<Result<readonly PositionRead[], ChainError>> {
  const { readings, block } = input.readings;
  const managers = [...new Set(readings.map(({ facts }) => facts.positionManager))];
  const found: PositionRead[] = [];
  for (const positionManager of managers) {
    const positions = await readV3PositionsOf(client, { positionManager, owner: input.owner }, block);
    if (!positions.ok) return positions;
    for (const raw of positions.value) {
      const reading = readings.find(
        (each) => each.facts.positionManager === positionManager && isPoolOf(raw, each.raw),
      );
      if (reading === undefined) continue;
      const fees = await simulateV3Collect(
        client,
        { positionManager, tokenId: raw.tokenId, owner: input.owner },
        block,
      );
      if (!fees.ok) return fees;
      if (raw.liquidityRaw === 0n && fees.value.amount0Raw === 0n && fees.value.amount1Raw === 0n) continue;
      const bounds = { sqrtAX96: sqrtAtTick(raw.tickLower), sqrtBX96: sqrtAtTick(raw.tickUpper) };
      const { amount0, amount1 } = amountsForLiquidity(reading.raw.sqrtPriceX96, bounds, raw.liquidityRaw, "down");
      found.push({
        raw,
        reading,
        amount0Raw: amount0,
        amount1Raw: amount1,
        fees0Raw: fees.value.amount0Raw,
        fees1Raw: fees.value.amount1Raw,
      });
    }
  }
  return ok(found);
}

/** The snapshot's form of a pool: chain state, the service's volumes (null where it said none), live gas, our own liquidity. */
export function toTickPoolState(input: {
  readonly reading: PoolReading;
  readonly gecko: GeckoPool | null;
  readonly gas: FamilyGasUsd;
  readonly positions: readonly PositionRead[];
}): TickPoolState {
  const { reading, gecko, gas } = input;
  const { facts, raw, block } = reading;
  const own = input.positions
    .filter((position) => position.reading === reading)
    .filter(({ raw: { tickLower, tickUpper } }) => tickLower <= raw.tick && raw.tick < tickUpper)
    .reduce((sum, position) => sum + position.raw.liquidityRaw, 0n);
  return {
    kind: "ticks",
    poolKey: poolKey(facts.chain.id, facts.dex.family, facts.pool.id),
    chainId: facts.chain.id,
    family: facts.dex.family,
    dexName: facts.dex.name,
    address: raw.address,
    base: { symbol: facts.base.symbol, address: facts.base.address, decimals: facts.base.decimals },
    quote: { symbol: facts.quote.symbol, address: facts.quote.address, decimals: facts.quote.decimals },
    baseIsToken0: facts.baseIsToken0,
    feePips: raw.feePips,
    protocolShareFrac: protocolShareFrac(raw.feeProtocol),
    tvlUsd: gecko?.tvlUsd ?? null,
    volumeH1Usd: gecko?.volumeH1Usd ?? null,
    volumeH6Usd: gecko?.volumeH6Usd ?? null,
    volumeH24Usd: gecko?.volumeH24Usd ?? null,
    gasOpenUsd: gas.openUsd,
    gasCloseUsd: gas.closeUsd,
    gasRsUsd: gas.shiftUsd,
    observedAtMs: block.timestampAtMs,
    blockNumber: block.number,
    tickSpacing: raw.tickSpacing,
    sqrtPriceX96: raw.sqrtPriceX96,
    tick: raw.tick,
    activeLiquidityRaw: raw.liquidityRaw,
    ownLiquidityInRangeRaw: own,
  };
}

/** The snapshot's form of a position; `openedAtMs` is market time, from the signer's journal. */
export function toObservedPosition(position: PositionRead, openedAtMs: number): ObservedPosition {
  const { raw, reading, amount0Raw, amount1Raw, fees0Raw, fees1Raw } = position;
  const { facts, block } = reading;
  const byRole = <T>(zero: T, one: T): readonly [base: T, quote: T] => (facts.baseIsToken0 ? [zero, one] : [one, zero]);
  const [baseRaw, quoteRaw] = byRole(amount0Raw, amount1Raw);
  const [uncollectedBaseRaw, uncollectedQuoteRaw] = byRole(fees0Raw, fees1Raw);
  return {
    positionId: positionId(facts.chain.id, facts.dex.family, facts.positionManager, raw.tokenId),
    poolKey: poolKey(facts.chain.id, facts.dex.family, facts.pool.id),
    chainId: facts.chain.id,
    family: facts.dex.family,
    tokenId: raw.tokenId,
    range: { kind: "ticks", tickLower: raw.tickLower, tickUpper: raw.tickUpper },
    liquidityRaw: raw.liquidityRaw,
    baseRaw,
    quoteRaw,
    uncollectedBaseRaw,
    uncollectedQuoteRaw,
    openedAtMs,
    observedAtMs: block.timestampAtMs,
    blockNumber: block.number,
  };
}

/** feeProtocol packs one denominator per token: 1/n of the fee, 0 for none. Mean of both directions, since flow goes both ways. */
function protocolShareFrac(feeProtocol: number): number {
  return (inverse(feeProtocol % 16) + inverse(feeProtocol >> 4)) / 2;
}

function inverse(denominator: number): number {
  return denominator === 0 ? 0 : 1 / denominator;
}

function isPoolOf(position: RawV3Position, pool: RawV3Pool): boolean {
  return (
    position.feePips === pool.feePips &&
    position.token0.toLowerCase() === pool.token0.toLowerCase() &&
    position.token1.toLowerCase() === pool.token1.toLowerCase()
  );
}

/** Tokens and order must be the registry's: a wrong entry would invert every price. */
function checkIdentity(facts: ResolvedPool, raw: RawV3Pool): Result<RawV3Pool, ChainError> {
  const [token0, token1] = facts.baseIsToken0
    ? [facts.base.address, facts.quote.address]
    : [facts.quote.address, facts.base.address];
  const isSame = raw.token0.toLowerCase() === token0.toLowerCase() && raw.token1.toLowerCase() === token1.toLowerCase();
  if (isSame) return ok(raw);
  return err(
    new ChainError({
      code: "bad_data",
      retryable: false,
      message: `pool ${raw.address} holds ${raw.token0} and ${raw.token1}; the registry expects ${token0} and ${token1}: correct the entry`,
      details: { chainId: facts.chain.id, pool: raw.address },
    }),
  );
}

function addressOf(facts: ResolvedPool): Address {
  return facts.pool.id;
}
