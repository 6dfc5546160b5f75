// Parts of the families whose pools keep Uniswap V3's slot0, bitmap and twelve-field positions: seven slot0 fields, fee by `fee()`.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import type { LivePool, RangeIndexes } from "@/lib/actions/family";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address } from "@/lib/units";
import { ask, poolAddress, type Question, type ReadPlace } from "./v3-call";
import { changesByBitmap, type TickChanges } from "./v3-depth";
import { liquidityQuestion, numberQuestion, requirePrice, spacingOf, type V3PositionRow } from "./v3-reads";

/** `feeProtocol` is uint8 in Uniswap V3 and Ramses V3, uint32 in PancakeSwap V3; the word is read the same way. */
const SLOT0_ABI = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint32 feeProtocol, bool unlocked)",
]);
const SPACING_KEY_ABI = parseAbi([
  "function getPool(address tokenA, address tokenB, int24 tickSpacing) view returns (address)",
]);
const FEE_KEY_ABI = parseAbi([
  "function positions(uint256 tokenId) view returns (uint96 nonce, address operator, address token0, address token1, uint24 fee, int24 tickLower, int24 tickUpper, uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, uint128 tokensOwed0, uint128 tokensOwed1)",
  "function getPool(address tokenA, address tokenB, uint24 fee) view returns (address)",
]);

interface PoolTokens {
  readonly token0: Address;
  readonly token1: Address;
}

/** The parts of a family named by fee: Uniswap V3, and PancakeSwap V3 which has the same functions. */
export const feeKeyReads = {
  readChanges: readBitmapChanges,
  positionQuestion: feeKeyPosition,
  readKey: readFeeKey,
  findPool: feeKeyPool,
  feeQuestion: (pool: PoolRef) => numberQuestion(poolAddress(pool), "fee"),
};

/** Parts of a family named by tick spacing: Slipstream and Ramses V3. The getter's third argument makes it another function. */
export const spacingKeyReads = {
  readChanges: readBitmapChanges,
  readKey: spacingOf,
  findPool: (pool: PoolRef, key: number | string, { token0, token1 }: PoolTokens): Question<Address> => ({
    to: pool.contracts.factory,
    data: encodeFunctionData({ abi: SPACING_KEY_ABI, functionName: "getPool", args: [token0, token1, Number(key)] }),
    decode: (data) => decodeFunctionResult({ abi: SPACING_KEY_ABI, functionName: "getPool", data }),
  }),
  feeQuestion: (pool: PoolRef) => numberQuestion(poolAddress(pool), "fee"),
};

/** Price, liquidity and live fee; `protocolShare` says what the pool's fee setting means in this family. */
export async function readSlot0Pool(
  place: ReadPlace,
  pool: PoolRef,
  protocolShare: (feeProtocol: number) => number,
): Promise<LivePool> {
  const to = poolAddress(pool);
  const [slot0, liquidityRaw, feePips, tickSpacing] = await Promise.all([
    ask(place, {
      to,
      data: encodeFunctionData({ abi: SLOT0_ABI, functionName: "slot0" }),
      decode: (data) => decodeFunctionResult({ abi: SLOT0_ABI, functionName: "slot0", data }),
    }),
    ask(place, liquidityQuestion(to)),
    ask(place, numberQuestion(to, "fee")),
    spacingOf(place, pool),
  ]);
  const [sqrtPriceX96, tick, , , , feeProtocol] = slot0;
  return {
    sqrtPriceX96: requirePrice(pool, sqrtPriceX96),
    tick,
    liquidityRaw,
    fee0Pips: feePips,
    fee1Pips: feePips,
    protocolShareFrac: protocolShare(feeProtocol),
    tickSpacing,
  };
}

function readBitmapChanges(
  place: ReadPlace,
  pool: PoolRef,
  live: LivePool,
  window: RangeIndexes,
): Promise<TickChanges> {
  return changesByBitmap(place, {
    pool: poolAddress(pool),
    getter: "tickBitmap",
    ticksPerBit: live.tickSpacing,
    live,
    window,
  });
}

/** Twelve fields with the pool's fee as the key. */
function feeKeyPosition(manager: Address, tokenId: bigint): Question<V3PositionRow> {
  return {
    to: manager,
    data: encodeFunctionData({ abi: FEE_KEY_ABI, functionName: "positions", args: [tokenId] }),
    decode(data) {
      const [, , token0, token1, key, tickLower, tickUpper, liquidityRaw, , , owed0Raw, owed1Raw] =
        decodeFunctionResult({ abi: FEE_KEY_ABI, functionName: "positions", data });
      return { token0, token1, key, tickLower, tickUpper, liquidityRaw, owed0Raw, owed1Raw };
    },
  };
}

function feeKeyPool(pool: PoolRef, key: number | string, { token0, token1 }: PoolTokens): Question<Address> {
  return {
    to: pool.contracts.factory,
    data: encodeFunctionData({ abi: FEE_KEY_ABI, functionName: "getPool", args: [token0, token1, Number(key)] }),
    decode: (data) => decodeFunctionResult({ abi: FEE_KEY_ABI, functionName: "getPool", data }),
  };
}

async function readFeeKey(place: ReadPlace, pool: PoolRef): Promise<number> {
  return pool.feePips ?? (await ask(place, numberQuestion(poolAddress(pool), "fee")));
}
