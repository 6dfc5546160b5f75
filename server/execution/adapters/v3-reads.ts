// Reads every V3-shaped family shares: positions with exact fees, what a wallet owns, depth, and the check of a registry entry.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { isSameAddress } from "@/lib/actions/erc20";
import type { FamilyReads, LivePool, LivePosition, RangeIndexes } from "@/lib/actions/family";
import { V3_MANAGER_ABI, encodeCollectAll } from "@/lib/actions/v3-manager";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Family } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { ask, askAll, askOrNull, badAnswer, poolAddress, type Question, type ReadPlace } from "./v3-call";
import { segmentsOf, type TickChanges } from "./v3-depth";

/** What all these pools and managers answer alike. */
const POOL_ABI = parseAbi([
  "function token0() view returns (address)",
  "function token1() view returns (address)",
  "function factory() view returns (address)",
  "function deployer() view returns (address)",
  "function poolDeployer() view returns (address)",
  "function liquidity() view returns (uint128)",
  "function tickSpacing() view returns (int24)",
  "function fee() view returns (uint24)",
]);
const MANAGER_ABI = parseAbi([
  "function balanceOf(address owner) view returns (uint256)",
  "function ownerOf(uint256 tokenId) view returns (address)",
  "function tokenOfOwnerByIndex(address owner, uint256 index) view returns (uint256)",
]);

/** A wallet with more positions than this in one manager is a mistake or an attack; the listing stops with an error. */
const MAX_POSITIONS = 2_000n;

/** A position as the manager's `positions` answers it; `key` names its pool beside the tokens (fee, spacing, deployer, or "" for none). */
export interface V3PositionRow extends RangeIndexes {
  readonly token0: Address;
  readonly token1: Address;
  readonly key: number | string;
  readonly liquidityRaw: bigint;
  readonly owed0Raw: bigint;
  readonly owed1Raw: bigint;
}

/** The part of a family that differs from the others of this shape. */
export interface V3ReadShape {
  readonly family: Family;
  readPool(place: ReadPlace, pool: PoolRef): Promise<LivePool>;
  readChanges(place: ReadPlace, pool: PoolRef, live: LivePool, window: RangeIndexes): Promise<TickChanges>;
  positionQuestion(manager: Address, tokenId: bigint): Question<V3PositionRow>;
  /** Key of this pool: of the reference, or asked from the pool where the reference has none. */
  readKey(place: ReadPlace, pool: PoolRef): Promise<number | string>;
  /** The factory's getter; answers the zero address for a pool that does not exist. */
  findPool(pool: PoolRef, key: number | string, tokens: { token0: Address; token1: Address }): Question<Address>;
  /** Fee now, pips, to compare with an entry that states one; null: this family's pools have no one fee. */
  feeQuestion(pool: PoolRef): Question<number> | null;
  /** More that can be compared on chain, beside what checkPool does for every family. */
  moreChecks?(place: ReadPlace, pool: PoolRef): Promise<readonly (string | null)[]>;
  /** Whether the manager belongs to the registry's factory; missing: by its `factory()`. */
  checkManager?(place: ReadPlace, pool: PoolRef): Promise<string | null>;
}

export function createV3Reads(shape: V3ReadShape): FamilyReads {
  return {
    family: shape.family,
    readPool: (chain, pool, block) => shape.readPool({ chain, block }, pool),
    async readDepth(chain, pool, window, block) {
      const place = { chain, block };
      const live = await shape.readPool(place, pool);
      return segmentsOf(live, window, await shape.readChanges(place, pool, live, window));
    },
    readPosition: (chain, pool, tokenId, block) => readPosition(shape, { chain, block }, pool, tokenId),
    listOwned: (chain, pool, { wallet, block }) => listOwned(shape, { chain, block }, pool, wallet),
    checkPool: (chain, pool, block) => checkPool(shape, { chain, block }, pool),
  };
}

export function addressQuestion(
  to: Address,
  getter: "token0" | "token1" | "factory" | "deployer" | "poolDeployer",
): Question<Address> {
  return {
    to,
    data: encodeFunctionData({ abi: POOL_ABI, functionName: getter }),
    decode: (data) => decodeFunctionResult({ abi: POOL_ABI, functionName: getter, data }),
  };
}

export function numberQuestion(to: Address, getter: "tickSpacing" | "fee"): Question<number> {
  return {
    to,
    data: encodeFunctionData({ abi: POOL_ABI, functionName: getter }),
    decode: (data) => decodeFunctionResult({ abi: POOL_ABI, functionName: getter, data }),
  };
}

export function liquidityQuestion(to: Address): Question<bigint> {
  return {
    to,
    data: encodeFunctionData({ abi: POOL_ABI, functionName: "liquidity" }),
    decode: (data) => decodeFunctionResult({ abi: POOL_ABI, functionName: "liquidity", data }),
  };
}

/** Spacing of the reference, or the pool's own answer. */
export async function spacingOf(place: ReadPlace, pool: PoolRef): Promise<number> {
  return pool.tickSpacing ?? (await ask(place, numberQuestion(poolAddress(pool), "tickSpacing")));
}

/** A pool that exists but was never initialised has price 0: nothing can be done with it. */
export function requirePrice(pool: PoolRef, sqrtPriceX96: bigint): bigint {
  if (sqrtPriceX96 === 0n) throw badAnswer(pool.pool, "has price 0: it is not initialised");
  return sqrtPriceX96;
}

async function readPosition(
  shape: V3ReadShape,
  place: ReadPlace,
  pool: PoolRef,
  tokenId: bigint,
): Promise<LivePosition | null> {
  const manager = pool.contracts.positionManager;
  const [row, owner] = await Promise.all([
    askOrNull(place, shape.positionQuestion(manager, tokenId)),
    askOrNull(place, {
      to: manager,
      data: encodeFunctionData({ abi: MANAGER_ABI, functionName: "ownerOf", args: [tokenId] }),
      decode: (data) => decodeFunctionResult({ abi: MANAGER_ABI, functionName: "ownerOf", data }),
    }),
  ]);
  if (row === null || owner === null) return null;
  const home = await homeOf(shape, place, pool, row);
  const [live, [fees0Raw, fees1Raw]] = await Promise.all([
    shape.readPool(place, home),
    // Called as the owner, never sent: the manager brings the fee growth up to date itself before it answers.
    ask(place, {
      to: manager,
      from: owner,
      data: encodeCollectAll(tokenId, owner),
      decode: (data) => decodeFunctionResult({ abi: V3_MANAGER_ABI, functionName: "collect", data }),
    }),
  ]);
  const { tickLower, tickUpper, token0, token1, liquidityRaw } = row;
  const bounds = { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) };
  const principal = amountsForLiquidity(live.sqrtPriceX96, bounds, liquidityRaw, "down");
  return {
    tokenId,
    owner,
    token0,
    token1,
    tickLower,
    tickUpper,
    liquidityRaw,
    principal0Raw: principal.amount0,
    principal1Raw: principal.amount1,
    fees0Raw,
    fees1Raw,
    bins: null,
    ...(home === pool ? {} : { otherPool: home.pool }),
  };
}

/** The pool a position lies in: the asked one, or another of the same manager, found by the factory. */
async function homeOf(shape: V3ReadShape, place: ReadPlace, pool: PoolRef, row: V3PositionRow): Promise<PoolRef> {
  const { token0, token1 } = row;
  if (
    isSameAddress(token0, pool.token0) &&
    isSameAddress(token1, pool.token1) &&
    isSameKey(row.key, await shape.readKey(place, pool))
  ) {
    return pool;
  }
  const found = await ask(place, shape.findPool(pool, row.key, { token0, token1 }));
  return { ...pool, pool: found, token0, token1, feePips: null, tickSpacing: null, deployer: null };
}

function isSameKey(left: number | string, right: number | string): boolean {
  return String(left).toLowerCase() === String(right).toLowerCase();
}

async function listOwned(
  shape: V3ReadShape,
  place: ReadPlace,
  pool: PoolRef,
  wallet: Address,
): Promise<readonly bigint[]> {
  const manager = pool.contracts.positionManager;
  const count = await ask(place, {
    to: manager,
    data: encodeFunctionData({ abi: MANAGER_ABI, functionName: "balanceOf", args: [wallet] }),
    decode: (data) => decodeFunctionResult({ abi: MANAGER_ABI, functionName: "balanceOf", data }),
  });
  if (count > MAX_POSITIONS) {
    throw badAnswer(manager, `says ${wallet} owns ${count} positions, more than ${MAX_POSITIONS} cannot be listed`);
  }
  const ids = await askAll(
    place,
    Array.from({ length: Number(count) }, (_, index) => ({
      to: manager,
      data: encodeFunctionData({
        abi: MANAGER_ABI,
        functionName: "tokenOfOwnerByIndex",
        args: [wallet, BigInt(index)],
      }),
      decode: (data: `0x${string}`) =>
        decodeFunctionResult({ abi: MANAGER_ABI, functionName: "tokenOfOwnerByIndex", data }),
    })),
  );
  const rows = await askAll(
    place,
    ids.map((id) => shape.positionQuestion(manager, id)),
  );
  return ids.filter((_, index) => {
    const row = rows[index];
    return row !== undefined && (row.liquidityRaw > 0n || row.owed0Raw > 0n || row.owed1Raw > 0n);
  });
}

async function checkPool(shape: V3ReadShape, place: ReadPlace, pool: PoolRef): Promise<readonly string[]> {
  const address = poolAddress(pool);
  const { factory } = pool.contracts;
  const token0 = await answerOrReason(place, addressQuestion(address, "token0"));
  if (token0.reason !== null) {
    return [`pool ${address}: expected a pool of the family ${shape.family}, but its token0 ${token0.reason}`];
  }
  const fee = pool.feePips === null ? null : shape.feeQuestion(pool);
  const differences = await Promise.all([
    difference(`token0 of pool ${address}`, pool.token0, token0.value),
    compare(place, {
      what: `token1 of pool ${address}`,
      expected: pool.token1,
      question: addressQuestion(address, "token1"),
    }),
    compare(place, {
      what: `factory of pool ${address}`,
      expected: factory,
      question: addressQuestion(address, "factory"),
    }),
    pool.tickSpacing === null
      ? null
      : compare(place, {
          what: `tick spacing of pool ${address}`,
          expected: pool.tickSpacing,
          question: numberQuestion(address, "tickSpacing"),
        }),
    fee === null || pool.feePips === null
      ? null
      : compare(place, { what: `fee of pool ${address} (pips)`, expected: pool.feePips, question: fee }),
    checkGetter(shape, place, pool),
    shape.checkManager?.(place, pool) ?? checkManagerFactory(place, pool),
    ...((await shape.moreChecks?.(place, pool)) ?? []),
  ]);
  return differences.filter((each) => each !== null);
}

export function checkManagerFactory(place: ReadPlace, pool: PoolRef): Promise<string | null> {
  const { factory, positionManager } = pool.contracts;
  return compare(place, {
    what: `factory of the position manager ${positionManager}`,
    expected: factory,
    question: addressQuestion(positionManager, "factory"),
  });
}

/** The manager finds the pool by tokens and key through the factory: that must be this very pool. */
async function checkGetter(shape: V3ReadShape, place: ReadPlace, pool: PoolRef): Promise<string | null> {
  const what = `the factory's pool for ${pool.token0} and ${pool.token1}`;
  try {
    const key = await shape.readKey(place, pool);
    const question = shape.findPool(pool, key, pool);
    return await compare(place, {
      what: key === "" ? what : `${what}, key ${key}`,
      expected: poolAddress(pool),
      question,
    });
  } catch (error) {
    return `${what}: expected ${pool.pool}, but the pool's key ${reasonOf(error)}`;
  }
}

/** Null when equal, else one sentence; a chain that does not answer is thrown, not compared. */
export async function compare(
  place: ReadPlace,
  check: { readonly what: string; readonly expected: string | number; readonly question: Question<string | number> },
): Promise<string | null> {
  const answer = await answerOrReason(place, check.question);
  return answer.reason === null
    ? difference(check.what, check.expected, answer.value)
    : `${check.what}: expected ${check.expected}, but it ${answer.reason}`;
}

function difference(what: string, expected: string | number, found: string | number): string | null {
  return isSameKey(expected, found) ? null : `${what}: expected ${expected}, found ${found}`;
}

export async function answerOrReason<T>(
  place: ReadPlace,
  question: Question<T>,
): Promise<{ readonly value: T; readonly reason: null } | { readonly value: null; readonly reason: string }> {
  try {
    return { value: await ask(place, question), reason: null };
  } catch (error) {
    return { value: null, reason: reasonOf(error) };
  }
}

/** What a contract did instead of answering; any other error is thrown on. */
function reasonOf(error: unknown): string {
  if (error instanceof ChainError && error.code === "reverted") return "reverted";
  if (error instanceof ChainError && error.code === "bad_data") return `could not be read: ${error.message}`;
  throw error;
}
