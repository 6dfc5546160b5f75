// What a reading asks of a pool beside its family's reads: its own price oracle, fee growth since it began, and what it holds.
import { decodeFunctionResult, encodeFunctionData, parseAbi, type Abi } from "viem";
import type { BlockAt, CallPort } from "@/lib/actions/family";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address, Hex } from "@/lib/units";
import type { BinReserves } from "./readings";

/** Only what is read: the first output of the oracles is the same in all of them. */
const ORACLE_ABI = parseAbi([
  "function observe(uint32[] secondsAgos) view returns (int56[] tickCumulatives)",
  "function getTimepoints(uint32[] secondsAgos) view returns (int56[] tickCumulatives)",
  "function plugin() view returns (address)",
]);
const GROWTH_ABI = parseAbi([
  "function feeGrowthGlobal0X128() view returns (uint256)",
  "function feeGrowthGlobal1X128() view returns (uint256)",
  "function totalFeeGrowth0Token() view returns (uint256)",
  "function totalFeeGrowth1Token() view returns (uint256)",
  "function getFeeGrowthGlobals(bytes32 poolId) view returns (uint256 feeGrowthGlobal0, uint256 feeGrowthGlobal1)",
]);
const BIN_ABI = parseAbi(["function getBin(uint24 id) view returns (uint256 reserveX, uint256 reserveY)"]);

export interface Place {
  readonly chain: CallPort;
  readonly block: BlockAt;
}

/** How the pool's own average is called; null: the family has none, and past blocks are read instead. */
export function oracleName(pool: PoolRef): "observe" | "timepoints" | null {
  switch (pool.family) {
    case "uniswap-v3":
    case "pancakeswap-v3":
    case "slipstream":
    case "ramses-v3":
      return "observe";
    case "algebra-v1":
    case "camelot-v3":
    case "algebra-integral":
      return "timepoints";
    case "uniswap-v4":
    case "pancakeswap-infinity":
    case "liquidity-book":
      return null;
  }
}

/** Average tick of the last `windowSec` seconds; null where the pool has no oracle, or one that does not reach back that far. */
export async function readOracleTick(place: Place, pool: PoolRef, windowSec: number): Promise<number | null> {
  const name = oracleName(pool);
  if (name === null) return null;
  const at = pool.family === "algebra-integral" ? await readPlugin(place, pool.pool) : pool.pool;
  if (at === null) return null;
  const functionName = name === "observe" ? "observe" : "getTimepoints";
  const data = encodeFunctionData({ abi: ORACLE_ABI, functionName, args: [[windowSec, 0]] });
  const answer = await answerOrNull(place, at, data);
  if (answer === null) return null;
  try {
    const [before, now] = decodeFunctionResult({ abi: ORACLE_ABI, functionName, data: answer });
    return before === undefined || now === undefined ? null : Number(now - before) / windowSec;
  } catch {
    // An oracle of another shape is none: the average then comes from past blocks.
    return null;
  }
}

/** Algebra Integral keeps its oracle in a plugin, and a pool may have none. */
async function readPlugin(place: Place, pool: Address): Promise<Address | null> {
  const data = encodeFunctionData({ abi: ORACLE_ABI, functionName: "plugin" });
  const answer = await answerOrNull(place, pool, data);
  if (answer === null || answer === "0x") return null;
  const plugin = decodeFunctionResult({ abi: ORACLE_ABI, functionName: "plugin", data: answer });
  return BigInt(plugin) === 0n ? null : plugin;
}

export interface FeeGrowthGlobal {
  readonly feeGrowthGlobal0X128: bigint;
  readonly feeGrowthGlobal1X128: bigint;
}

/** Why a family's pools give no samples of what they paid; null: they do. */
export function noGrowthReason(pool: PoolRef): string | null {
  return pool.family === "liquidity-book"
    ? "Liquidity Book has no counter of fees per liquidity: what its bins earned is not measured"
    : null;
}

/** Fees per unit of liquidity since the pool began, Q128. Not for families of which noGrowthReason says why. */
export async function readFeeGrowth(place: Place, pool: PoolRef): Promise<FeeGrowthGlobal> {
  switch (pool.family) {
    case "uniswap-v4":
    case "pancakeswap-infinity": {
      // StateView, or the pool manager itself in Infinity.
      const to = pool.contracts.stateView ?? pool.contracts.factory;
      const [growth0, growth1] = await ask(place, to, GROWTH_ABI, "getFeeGrowthGlobals", [pool.pool], (data) =>
        decodeFunctionResult({ abi: GROWTH_ABI, functionName: "getFeeGrowthGlobals", data }),
      );
      return { feeGrowthGlobal0X128: growth0, feeGrowthGlobal1X128: growth1 };
    }
    case "algebra-v1":
    case "camelot-v3":
    case "algebra-integral":
      return both(place, pool.pool, "totalFeeGrowth0Token", "totalFeeGrowth1Token");
    case "uniswap-v3":
    case "pancakeswap-v3":
    case "slipstream":
    case "ramses-v3":
      return both(place, pool.pool, "feeGrowthGlobal0X128", "feeGrowthGlobal1X128");
    case "liquidity-book":
      throw badAnswer(pool.pool, noGrowthReason(pool) ?? "");
  }
}

type GrowthGetter = "feeGrowthGlobal0X128" | "feeGrowthGlobal1X128" | "totalFeeGrowth0Token" | "totalFeeGrowth1Token";

async function both(place: Place, to: Address, zero: GrowthGetter, one: GrowthGetter): Promise<FeeGrowthGlobal> {
  const read = (functionName: GrowthGetter): Promise<bigint> =>
    ask(place, to, GROWTH_ABI, functionName, [], (data) =>
      decodeFunctionResult({ abi: GROWTH_ABI, functionName, data }),
    );
  const [feeGrowthGlobal0X128, feeGrowthGlobal1X128] = await Promise.all([read(zero), read(one)]);
  return { feeGrowthGlobal0X128, feeGrowthGlobal1X128 };
}

/** Tokens the pool's own contract holds; null where the tokens of all pools lie in one manager. */
export async function readHeld(
  place: Place,
  pool: PoolRef,
  tokens: readonly [Address, Address],
): Promise<readonly [bigint, bigint] | null> {
  if (pool.family === "uniswap-v4" || pool.family === "pancakeswap-infinity") return null;
  const read = (token: Address): Promise<bigint> =>
    ask(place, token, ERC20_ABI, "balanceOf", [pool.pool], (data) =>
      decodeFunctionResult({ abi: ERC20_ABI, functionName: "balanceOf", data }),
    );
  return Promise.all([read(tokens[0]), read(tokens[1])]);
}

/** Reserves of one bin; both generations answer two words. */
export function readBin(place: Place, pool: PoolRef, binId: number): Promise<BinReserves> {
  return ask(place, pool.pool, BIN_ABI, "getBin", [binId], (data) => {
    const [reserve0Raw, reserve1Raw] = decodeFunctionResult({ abi: BIN_ABI, functionName: "getBin", data });
    return { reserve0Raw, reserve1Raw };
  });
}

async function ask<T>(
  place: Place,
  to: Address,
  abi: Abi,
  functionName: string,
  args: readonly unknown[],
  decode: (data: Hex) => T,
): Promise<T> {
  const data = await place.chain.call({ to, data: encodeFunctionData({ abi, functionName, args }) }, place.block);
  try {
    return decode(data);
  } catch (cause) {
    throw badAnswer(to, `does not answer ${functionName} as its family does: ${errorText(cause).split("\n")[0] ?? ""}`);
  }
}

/** Null when the call reverted; silence of the node is thrown. */
async function answerOrNull(place: Place, to: Address, data: Hex): Promise<Hex | null> {
  try {
    return await place.chain.call({ to, data }, place.block);
  } catch (error) {
    if (error instanceof ChainError && error.code === "reverted") return null;
    throw error;
  }
}

function badAnswer(contract: string, what: string): ChainError {
  return new ChainError({ code: "bad_data", retryable: false, message: `${contract} ${what}` });
}
