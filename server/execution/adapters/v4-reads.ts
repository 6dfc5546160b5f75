// Reads of pools that live inside one manager (Uniswap V4, PancakeSwap Infinity): price, depth, positions with exact fees, ownership.
import { decodeFunctionResult, encodeFunctionData, padHex, parseAbi } from "viem";
import { TRANSFER_TOPIC, isSameAddress, lowerAddress, walletDeltas } from "@/lib/actions/erc20";
import type {
  BlockAt,
  CallPort,
  DepthSegment,
  FamilyReads,
  LivePool,
  LivePosition,
  RangeIndexes,
} from "@/lib/actions/family";
import { liquidityChangeOf } from "@/lib/actions/v4-actions";
import { uncollectedFees, type FeeGrowth } from "@/lib/amm/fees";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick, tickAtSqrt } from "@/lib/amm/tick-math";
import { InvariantError } from "@/lib/errors/invariant";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { ask, askAll, askOrNull, badAnswer, type ReadPlace } from "./v3-call";

/** The same functions in StateView (V4) and CLPoolManager (Infinity), and in both position managers. */
const STATE_ABI = parseAbi([
  "function getSlot0(bytes32 id) view returns (uint160 sqrtPriceX96, int24 tick, uint24 protocolFee, uint24 lpFee)",
  "function getLiquidity(bytes32 id) view returns (uint128 liquidity)",
]);
const TOKEN_ABI = parseAbi([
  "function ownerOf(uint256 tokenId) view returns (address owner)",
  "function permit2() view returns (address)",
]);

const PIPS = 1_000_000;
/** A window of more bitmap words than this is a mistake: one word holds 256 tick spacings. */
const MAX_WORDS = 400;
/** More token ids than this in a wallet's log is a mistake or an attack; the listing stops with an error. */
const MAX_TOKENS = 5_000;
const SWAP_PRICE_WORD = 2;

/** A token of the position manager, without what depends on the price. */
export interface V4Token extends RangeIndexes {
  readonly poolId: Hex;
  readonly currency0: Address;
  readonly currency1: Address;
  readonly liquidityRaw: bigint;
  readonly insideLast: FeeGrowth;
}

/** The part of the reads that differs between the families. */
export interface V4ReadShape {
  readonly family: Family;
  /** Contract that answers getSlot0 and getLiquidity; throws ChainError when the registry lacks it. */
  stateContract(pool: PoolRef): Address;
  tickSpacing(pool: PoolRef): number;
  /** Throws InvariantError unless the entry's key gives its id and its hook is allowed. */
  checkEntry(pool: PoolRef): void;
  /** Null when the token does not exist. */
  readToken(place: ReadPlace, pool: PoolRef, tokenId: bigint): Promise<V4Token | null>;
  readFeeGrowthInside(place: ReadPlace, pool: PoolRef, token: V4Token, tick: number): Promise<FeeGrowth>;
  readBitmapWords(place: ReadPlace, pool: PoolRef, words: readonly number[]): Promise<readonly bigint[]>;
  /** liquidityNet of each tick. */
  readNets(place: ReadPlace, pool: PoolRef, ticks: readonly number[]): Promise<readonly bigint[]>;
  /** Topic of the pool manager's Swap log, whose third data word is the price after it. */
  readonly swapTopic: Hex;
  /** One sentence per contract of the entry that points elsewhere. */
  checkContracts(place: ReadPlace, pool: PoolRef): Promise<readonly string[]>;
}

interface Slot0 {
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly protocolFee: number;
  readonly lpFee: number;
}

export function createV4Reads(shape: V4ReadShape): FamilyReads {
  const readSlot0 = async (place: ReadPlace, pool: PoolRef, id: Hex): Promise<Slot0> => {
    const abi = STATE_ABI;
    const [sqrtPriceX96, tick, protocolFee, lpFee] = await ask(place, {
      to: shape.stateContract(pool),
      data: encodeFunctionData({ abi, functionName: "getSlot0", args: [id] }),
      decode: (data) => decodeFunctionResult({ abi, functionName: "getSlot0", data }),
    });
    if (sqrtPriceX96 === 0n)
      throw badAnswer(id, "has price 0: no such pool was ever initialised; check the registry entry");
    return { sqrtPriceX96, tick, protocolFee, lpFee };
  };

  const readPool = async (chain: CallPort, pool: PoolRef, block: BlockAt): Promise<LivePool> => {
    const abi = STATE_ABI;
    const place = { chain, block };
    const [slot0, liquidityRaw] = await Promise.all([
      readSlot0(place, pool, pool.pool),
      ask(place, {
        to: shape.stateContract(pool),
        data: encodeFunctionData({ abi, functionName: "getLiquidity", args: [pool.pool] }),
        decode: (data) => decodeFunctionResult({ abi, functionName: "getLiquidity", data }),
      }),
    ]);
    return {
      sqrtPriceX96: slot0.sqrtPriceX96,
      tick: slot0.tick,
      liquidityRaw,
      ...swapFees(slot0),
      tickSpacing: shape.tickSpacing(pool),
    };
  };

  const readPosition = async (
    chain: CallPort,
    pool: PoolRef,
    tokenId: bigint,
    block: BlockAt,
  ): Promise<LivePosition | null> => {
    const place = { chain, block };
    const owner = await readOwner(place, pool, tokenId);
    if (owner === null) return null;
    const token = await shape.readToken(place, pool, tokenId);
    if (token === null) return null;
    const slot0 = await readSlot0(place, pool, token.poolId);
    const insideNow = await shape.readFeeGrowthInside(place, pool, token, slot0.tick);
    const { liquidityRaw, insideLast, tickLower, tickUpper } = token;
    const fees = uncollectedFees({ liquidity: liquidityRaw, insideNow, insideLast, owed0: 0n, owed1: 0n });
    const bounds = { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) };
    const principal = amountsForLiquidity(slot0.sqrtPriceX96, bounds, liquidityRaw, "down");
    return {
      tokenId,
      owner,
      token0: lowerAddress(token.currency0),
      token1: lowerAddress(token.currency1),
      tickLower,
      tickUpper,
      liquidityRaw,
      principal0Raw: principal.amount0,
      principal1Raw: principal.amount1,
      fees0Raw: fees.amount0,
      fees1Raw: fees.amount1,
      bins: null,
      ...(isSameAddress(token.poolId, pool.pool) ? {} : { otherPool: token.poolId }),
    };
  };

  return {
    family: shape.family,
    readPool,
    readPosition,

    async readDepth(chain, pool, window, block) {
      const place = { chain, block };
      const spacing = shape.tickSpacing(pool);
      const live = await readPool(chain, pool, block);
      // Liquidity is known at the current tick only: the walk starts there also when the window lies beside it.
      const reach = {
        tickLower: Math.min(window.tickLower, live.tick),
        tickUpper: Math.max(window.tickUpper, live.tick + 1),
      };
      const wordOf = (tick: number): number => Math.floor(Math.floor(tick / spacing) / 256);
      const firstWord = wordOf(reach.tickLower);
      const count = wordOf(reach.tickUpper) - firstWord + 1;
      if (!(window.tickLower < window.tickUpper) || count > MAX_WORDS) {
        throw badAnswer(
          pool.pool,
          `was asked for the depth from tick ${window.tickLower} to ${window.tickUpper} at tick ${live.tick}; expected lower < upper and at most ${MAX_WORDS * 256 * spacing} ticks`,
        );
      }
      const words = Array.from({ length: count }, (_, index) => firstWord + index);
      const bitmaps = await shape.readBitmapWords(place, pool, words);
      const ticks = words
        .flatMap((word, index) => ticksOfWord(word, bitmaps[index] ?? 0n, spacing))
        .filter((tick) => tick > reach.tickLower && tick < reach.tickUpper);
      const nets = await shape.readNets(place, pool, ticks);
      return segmentsOf(reach, live, ticks, nets).flatMap((segment) => {
        const tickLower = Math.max(segment.tickLower, window.tickLower);
        const tickUpper = Math.min(segment.tickUpper, window.tickUpper);
        return tickLower < tickUpper ? [{ tickLower, tickUpper, liquidityRaw: segment.liquidityRaw }] : [];
      });
    },

    async listOwned(chain, pool, { wallet, fromBlock, block }) {
      const place = { chain, block };
      const manager = pool.contracts.positionManager;
      const logs = await chain.readLogs({
        address: manager,
        topics: [TRANSFER_TOPIC, null, padHex(lowerAddress(wallet), { size: 32 })],
        fromBlock,
        toBlock: block,
      });
      const ids = [...new Set(logs.flatMap(({ topics: [, , , id] }) => (id === undefined ? [] : [BigInt(id)])))];
      if (ids.length > MAX_TOKENS) {
        throw badAnswer(manager, `sent ${ids.length} positions to ${wallet}; more than ${MAX_TOKENS} are not read`);
      }
      const owned: bigint[] = [];
      for (const tokenId of ids) {
        const owner = await readOwner(place, pool, tokenId);
        if (owner === null || !isSameAddress(owner, wallet)) continue;
        const token = await shape.readToken(place, pool, tokenId);
        if (token !== null && token.liquidityRaw > 0n) owned.push(tokenId);
      }
      return owned;
    },

    async checkPool(chain, pool, block) {
      const place = { chain, block };
      const differences: string[] = [];
      try {
        shape.checkEntry(pool);
      } catch (error) {
        if (!(error instanceof InvariantError)) throw error;
        // Without a right key nothing else can be compared.
        return [`${pool.pool}: ${error.message}`];
      }
      try {
        const slot0 = await readSlot0(place, pool, pool.pool);
        if (pool.feePips !== null && slot0.lpFee !== pool.feePips) {
          differences.push(`${pool.pool}: the pool's fee is ${slot0.lpFee} pips, the registry says ${pool.feePips}.`);
        }
        if (pool.permit2 !== null) {
          const permit2 = await ask(place, {
            to: pool.contracts.positionManager,
            data: encodeFunctionData({ abi: TOKEN_ABI, functionName: "permit2" }),
            decode: (data) => decodeFunctionResult({ abi: TOKEN_ABI, functionName: "permit2", data }),
          });
          if (!isSameAddress(permit2, pool.permit2)) {
            differences.push(
              `${pool.pool}: the position manager takes tokens through Permit2 ${permit2}, the registry says ${pool.permit2}.`,
            );
          }
        }
        differences.push(...(await shape.checkContracts(place, pool)));
      } catch (error) {
        if (!(error instanceof ChainError) || (error.code !== "bad_data" && error.code !== "reverted")) throw error;
        differences.push(`${pool.pool}: ${error.message}`);
      }
      return differences;
    },

    /**
     * The price at the exit is the one the last Swap log before it in its block left, or that of the block before when there is none;
     * with it the principal of the liquidity taken is exact, and the fees are the rest of what was paid.
     */
    async readBeforeExit(chain, pool, { tokenId, wallet, receiptBlock, logs }) {
      const change = logs.map((log) => liquidityChangeOf(pool, log, tokenId)).find((each) => each !== null);
      const before = await readPosition(chain, pool, tokenId, receiptBlock - 1n);
      if (before === null || change === undefined || change === null || before.otherPool !== undefined) return before;
      const blockLogs = await chain.readLogs({
        address: pool.contracts.factory,
        topics: [null, pool.pool],
        fromBlock: receiptBlock,
        toBlock: receiptBlock,
      });
      let sqrtPriceX96 = (await readSlot0({ chain, block: receiptBlock - 1n }, pool, pool.pool)).sqrtPriceX96;
      let isFound = false;
      for (const log of blockLogs) {
        if (log.topics[0] === shape.swapTopic) sqrtPriceX96 = swapPrice(pool, log.data);
        const met = liquidityChangeOf(pool, log, tokenId);
        if (met !== null && met.liquidityDelta === change.liquidityDelta) {
          isFound = true;
          break;
        }
      }
      if (!isFound)
        throw badAnswer(
          pool.pool,
          `has no log of the exit of ${tokenId} in block ${receiptBlock}, where its receipt is; the endpoint's logs are incomplete`,
        );
      const bounds = { sqrtAX96: sqrtAtTick(change.tickLower), sqrtBX96: sqrtAtTick(change.tickUpper) };
      const taken = amountsForLiquidity(sqrtPriceX96, bounds, -change.liquidityDelta, "down");
      const principal = amountsForLiquidity(sqrtPriceX96, bounds, before.liquidityRaw, "down");
      const deltas = walletDeltas(logs, [pool.token0, pool.token1], wallet);
      return {
        ...before,
        principal0Raw: principal.amount0,
        principal1Raw: principal.amount1,
        fees0Raw: (deltas.get(lowerAddress(pool.token0)) ?? 0n) - taken.amount0,
        fees1Raw: (deltas.get(lowerAddress(pool.token1)) ?? 0n) - taken.amount1,
      };
    },
  };
}

/** Null when the token does not exist. */
function readOwner(place: ReadPlace, pool: PoolRef, tokenId: bigint): Promise<Address | null> {
  return askOrNull(place, {
    to: pool.contracts.positionManager,
    data: encodeFunctionData({ abi: TOKEN_ABI, functionName: "ownerOf", args: [tokenId] }),
    decode: (data) => lowerAddress(decodeFunctionResult({ abi: TOKEN_ABI, functionName: "ownerOf", data })),
  });
}

/**
 * A swap pays `protocol + lp - protocol * lp / 1e6` of its input; the protocol's part has 12 bits per direction, token0 in below. The
 * protocol's share is the greater of both directions.
 */
function swapFees({ protocolFee, lpFee }: Slot0): Pick<LivePool, "fee0Pips" | "fee1Pips" | "protocolShareFrac"> {
  const of = (protocol: number): { readonly pips: number; readonly share: number } => {
    const pips = protocol + lpFee - Math.floor((protocol * lpFee) / PIPS);
    return { pips, share: pips === 0 ? 0 : protocol / pips };
  };
  const zeroIn = of(protocolFee & 0xfff);
  const oneIn = of(protocolFee >> 12);
  return { fee0Pips: zeroIn.pips, fee1Pips: oneIn.pips, protocolShareFrac: Math.max(zeroIn.share, oneIn.share) };
}

/** Initialised ticks of one bitmap word, ascending. */
function ticksOfWord(word: number, bitmap: bigint, spacing: number): readonly number[] {
  const ticks: number[] = [];
  for (let bit = 0; bit < 256; bit += 1) {
    if (((bitmap >> BigInt(bit)) & 1n) === 1n) ticks.push((word * 256 + bit) * spacing);
  }
  return ticks;
}

/** Liquidity between neighbouring ticks, walked out from the current one. */
function segmentsOf(
  window: RangeIndexes,
  live: LivePool,
  ticks: readonly number[],
  nets: readonly bigint[],
): readonly DepthSegment[] {
  const edges = [window.tickLower, ...ticks, window.tickUpper];
  // Crossing `ticks[index]` upwards adds `nets[index]`; edges[index + 1] is ticks[index].
  const current = edges.findIndex((edge, index) => edge <= live.tick && live.tick < (edges[index + 1] ?? Infinity));
  const at = Math.min(Math.max(current, 0), edges.length - 2);
  const liquidity = Array.from({ length: edges.length - 1 }, () => 0n);
  liquidity[at] = live.liquidityRaw;
  for (let index = at + 1; index < liquidity.length; index += 1) {
    liquidity[index] = (liquidity[index - 1] ?? 0n) + (nets[index - 1] ?? 0n);
  }
  for (let index = at - 1; index >= 0; index -= 1) {
    liquidity[index] = (liquidity[index + 1] ?? 0n) - (nets[index] ?? 0n);
  }
  return liquidity.map((liquidityRaw, index) => ({
    tickLower: edges[index] ?? window.tickLower,
    tickUpper: edges[index + 1] ?? window.tickUpper,
    liquidityRaw,
  }));
}

function swapPrice(pool: PoolRef, data: Hex): bigint {
  const start = 2 + SWAP_PRICE_WORD * 64;
  const word = data.slice(start, start + 64);
  if (word.length !== 64)
    throw badAnswer(pool.pool, "logged a swap in a shape that is not its family's; check the registry entry");
  const price = BigInt(`0x${word}`);
  // Throws for anything that is no price of a pool.
  tickAtSqrt(price);
  return price;
}

/** `questions` in pages, one per input. */
export function askEach<I, T>(
  place: ReadPlace,
  inputs: readonly I[],
  question: (input: I) => { readonly to: Address; readonly data: Hex; readonly decode: (answer: Hex) => T },
): Promise<T[]> {
  return askAll(
    place,
    inputs.map((input) => question(input)),
  );
}
