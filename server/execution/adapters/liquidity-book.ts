// Liquidity Book reads, all generations: active bin and fee, bins of a window, positions as shares of an account, ownership from share logs.
import { decodeFunctionResult, encodeFunctionData, getAbiItem, padHex, toEventSelector, zeroHash } from "viem";
import { isSameAddress, lowerAddress, type TxLog } from "@/lib/actions/erc20";
import type { FamilyReads, LiveBin, RangeIndexes } from "@/lib/actions/family";
import { lbShareMoves, lbTokenId, splitLbTokenId } from "@/lib/actions/liquidity-book";
import {
  LB_FACTORY_ABI,
  LB_HOOKS_ABI,
  LB_LEGACY_PAIR_ABI,
  LB_LEGACY_ROUTER_ABI,
  LB_PAIR_ABI,
  LB_TOKEN_ABI,
  lbGeneration,
} from "@/lib/actions/liquidity-book-abi";
import { binLiquidity, binPriceX128 } from "@/lib/amm/bins";
import { clampSqrt } from "@/lib/amm/sqrt-price";
import { InvariantError } from "@/lib/errors/invariant";
import { ChainError } from "@/lib/errors/tidegate-error";
import { ceilDiv, floorSqrt } from "@/lib/math/fixed-point";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address } from "@/lib/units";
import { ask, askAll, badAnswer, poolAddress, type Question, type ReadPlace } from "./v3-call";

const BATCH_TOPIC = toEventSelector(getAbiItem({ abi: LB_TOKEN_ABI, name: "TransferBatch" }));
const SINGLE_TOPIC = toEventSelector(getAbiItem({ abi: LB_TOKEN_ABI, name: "TransferSingle" }));
/** A window or position of more bins than this is a mistake. */
const MAX_BINS = 1_000;
/** Fees are parts of 1e18 in the contracts. */
const PIP = 10n ** 12n;

interface FeeParameters {
  readonly baseFactor: number;
  readonly variableFeeControl: number;
  readonly protocolShare: number;
  readonly volatilityAccumulator: number;
}

interface Reserves {
  readonly reserve0Raw: bigint;
  readonly reserve1Raw: bigint;
}

export const liquidityBookReads: FamilyReads = {
  family: "liquidity-book",

  /**
   * The price is that of the active bin, by the contracts' own answer. The fee is the one at the volatility that the pair last stored: the
   * next swap pays less when enough time has passed since, and more when it crosses bins.
   */
  async readPool(chain, pool, block) {
    const place = { chain, block };
    const activeId = await readActiveId(place, pool);
    const [priceX128, reserves, fees] = await Promise.all([
      readPrice(place, pool, activeId),
      ask(place, reservesQuestion(pool, activeId)),
      readFees(place, pool),
    ]);
    const pips = totalFeePips(fees, binStepOf(pool));
    return {
      sqrtPriceX96: clampSqrt(floorSqrt(priceX128 << 64n)),
      tick: activeId,
      liquidityRaw: binLiquidity(priceX128, reserves.reserve0Raw, reserves.reserve1Raw),
      fee0Pips: pips,
      fee1Pips: pips,
      protocolShareFrac: fees.protocolShare / 10_000,
      tickSpacing: 1,
    };
  },

  /** One segment per bin, lower id = upper id. */
  async readDepth(chain, pool, window, block) {
    const place = { chain, block };
    const ids = idsOf(pool, window);
    const reserves = await askAll(
      place,
      ids.map((id) => reservesQuestion(pool, id)),
    );
    return ids.map((id, index) => {
      const { reserve0Raw, reserve1Raw } = reserves[index] ?? { reserve0Raw: 0n, reserve1Raw: 0n };
      return { tickLower: id, tickUpper: id, liquidityRaw: binLiquidity(priceOf(pool, id), reserve0Raw, reserve1Raw) };
    });
  },

  /** Bins whose shares pay nothing are dust and no part of a position; without any other bin there is none. */
  async readPosition(chain, pool, tokenId, block, wallet) {
    const place = { chain, block };
    const { pair, tickLower, tickUpper } = splitLbTokenId(tokenId);
    if (wallet === undefined || !isSameAddress(pair, pool.pool)) {
      throw badAnswer(
        pool.pool,
        wallet === undefined
          ? `holds shares per account: the read of position ${tokenId} needs the wallet it belongs to`
          : `was asked for position ${tokenId}, which is of pair ${pair}`,
      );
    }
    const ids = idsOf(pool, { tickLower, tickUpper });
    const shares = await readShares(place, pool, wallet, ids);
    const held = ids.flatMap((binId, index) => {
      const sharesRaw = shares[index] ?? 0n;
      return sharesRaw > 0n ? [{ binId, sharesRaw }] : [];
    });
    const [reserves, supplies, fees] = await Promise.all([
      askAll(
        place,
        held.map(({ binId }) => reservesQuestion(pool, binId)),
      ),
      askAll(
        place,
        held.map(({ binId }) => supplyQuestion(pool, binId)),
      ),
      readPendingFees(place, pool, wallet, held),
    ]);
    const bins = held.flatMap(({ binId, sharesRaw }, index): readonly LiveBin[] => {
      const reserve = reserves[index];
      const supply = supplies[index] ?? 0n;
      if (reserve === undefined || supply === 0n) return [];
      const amount0Raw = (sharesRaw * reserve.reserve0Raw) / supply;
      const amount1Raw = (sharesRaw * reserve.reserve1Raw) / supply;
      return amount0Raw > 0n || amount1Raw > 0n ? [{ binId, sharesRaw, amount0Raw, amount1Raw }] : [];
    });
    if (bins.length === 0) return null;
    const sum = (of: (bin: LiveBin) => bigint): bigint => bins.reduce((total, bin) => total + of(bin), 0n);
    return {
      tokenId,
      owner: lowerAddress(wallet),
      token0: lowerAddress(pool.token0),
      token1: lowerAddress(pool.token1),
      tickLower,
      tickUpper,
      liquidityRaw: sum((bin) => bin.sharesRaw),
      principal0Raw: sum((bin) => bin.amount0Raw),
      principal1Raw: sum((bin) => bin.amount1Raw),
      fees0Raw: fees.reserve0Raw,
      fees1Raw: fees.reserve1Raw,
      bins,
    };
  },

  /** Neighbouring bins count as one position: shares do not say which deposit they came from. */
  async listOwned(chain, pool, { wallet, fromBlock, block }) {
    const place = { chain, block };
    const to = padHex(lowerAddress(wallet), { size: 32 });
    const topics = lbGeneration(pool) === "2.0" ? [BATCH_TOPIC, SINGLE_TOPIC] : [BATCH_TOPIC];
    const logs: TxLog[] = [];
    for (const topic of topics) {
      const page = await chain.readLogs({
        address: poolAddress(pool),
        topics: [topic, null, null, to],
        fromBlock,
        toBlock: block,
      });
      logs.push(...page);
    }
    const ids = [...new Set(logs.flatMap((log) => lbShareMoves(pool, log).map(({ binId }) => binId)))].toSorted(
      (left, right) => left - right,
    );
    const shares = await readShares(place, pool, wallet, ids);
    const owned = ids.filter((_, index) => (shares[index] ?? 0n) > 0n);
    const ranges: { tickLower: number; tickUpper: number }[] = [];
    for (const id of owned) {
      const last = ranges.at(-1);
      if (last !== undefined && last.tickUpper + 1 === id) last.tickUpper = id;
      else ranges.push({ tickLower: id, tickUpper: id });
    }
    const found: bigint[] = [];
    for (const range of ranges) {
      const tokenId = lbTokenId(poolAddress(pool), range);
      const position = await liquidityBookReads.readPosition(chain, pool, tokenId, block, wallet);
      if (position !== null) found.push(tokenId);
    }
    return found;
  },

  async checkPool(chain, pool, block) {
    const place = { chain, block };
    try {
      const generation = lbGeneration(pool);
      const facts = await readFacts(place, pool);
      const differences: string[] = [];
      const expect = (what: string, answer: string, wanted: string): void => {
        if (answer.toLowerCase() !== wanted.toLowerCase()) {
          differences.push(`${pool.pool}: ${what} is ${answer}, the registry says ${wanted}.`);
        }
      };
      expect("tokenX", facts.tokenX, pool.token0);
      expect("tokenY", facts.tokenY, pool.token1);
      expect("the bin step", String(facts.binStep), String(binStepOf(pool)));
      expect("the factory", facts.factory, pool.contracts.factory);
      const listed = await ask(place, {
        to: pool.contracts.factory,
        data: encodeFunctionData({
          abi: LB_FACTORY_ABI,
          functionName: "getLBPairInformation",
          args: [pool.token0, pool.token1, BigInt(binStepOf(pool))],
        }),
        decode: (data) => decodeFunctionResult({ abi: LB_FACTORY_ABI, functionName: "getLBPairInformation", data }),
      });
      if (!isSameAddress(listed.LBPair, pool.pool)) {
        differences.push(
          `${pool.pool}: the factory ${pool.contracts.factory} lists ${listed.LBPair} for these tokens and bin step.`,
        );
      }
      if (generation === "2.2") differences.push(...(await checkHooks(place, pool)));
      const activeId = await readActiveId(place, pool);
      const [answered, computed] = [await readPrice(place, pool, activeId), priceOf(pool, activeId)];
      if (answered !== computed) {
        differences.push(
          `${pool.pool}: bin ${activeId} has price ${answered}, expected ${computed} (128.128): the contracts compute prices in another way.`,
        );
      }
      return differences;
    } catch (error) {
      if (error instanceof InvariantError) return [`${pool.pool}: ${error.message}`];
      if (!(error instanceof ChainError) || (error.code !== "bad_data" && error.code !== "reverted")) throw error;
      return [`${pool.pool}: ${error.message}`];
    }
  },
};

/** Hooks of a 2.2 pair run on every deposit and withdrawal: one that is not allowed disables the pool. */
async function checkHooks(place: ReadPlace, pool: PoolRef): Promise<readonly string[]> {
  const parameters = await ask(place, {
    to: poolAddress(pool),
    data: encodeFunctionData({ abi: LB_HOOKS_ABI, functionName: "getLBHooksParameters" }),
    decode: (data) => decodeFunctionResult({ abi: LB_HOOKS_ABI, functionName: "getLBHooksParameters", data }),
  });
  if (parameters === zeroHash) return [];
  // The low 160 bits are the hook contract, the flags lie above.
  const hooks = lowerAddress(`0x${parameters.slice(26)}`);
  if (pool.hooksAllowed.some((allowed) => isSameAddress(allowed, hooks))) return [];
  return [`${pool.pool}: the pair has hook contract ${hooks}, which is not in hooksAllowed of ${pool.dexId}.`];
}

async function readActiveId(place: ReadPlace, pool: PoolRef): Promise<number> {
  const to = poolAddress(pool);
  if (lbGeneration(pool) === "2.0") {
    const [, , activeId] = await ask(place, {
      to,
      data: encodeFunctionData({ abi: LB_LEGACY_PAIR_ABI, functionName: "getReservesAndId" }),
      decode: (data) => decodeFunctionResult({ abi: LB_LEGACY_PAIR_ABI, functionName: "getReservesAndId", data }),
    });
    return Number(activeId);
  }
  return ask(place, {
    to,
    data: encodeFunctionData({ abi: LB_PAIR_ABI, functionName: "getActiveId" }),
    decode: (data) => decodeFunctionResult({ abi: LB_PAIR_ABI, functionName: "getActiveId", data }),
  });
}

/** Price of a bin by the contracts' own answer: the pair's, in 2.0 the router's. */
async function readPrice(place: ReadPlace, pool: PoolRef, id: number): Promise<bigint> {
  const priceX128 = await ask(
    place,
    lbGeneration(pool) === "2.0"
      ? {
          to: pool.contracts.positionManager,
          data: encodeFunctionData({
            abi: LB_LEGACY_ROUTER_ABI,
            functionName: "getPriceFromId",
            args: [poolAddress(pool), id],
          }),
          decode: (data) => decodeFunctionResult({ abi: LB_LEGACY_ROUTER_ABI, functionName: "getPriceFromId", data }),
        }
      : {
          to: poolAddress(pool),
          data: encodeFunctionData({ abi: LB_PAIR_ABI, functionName: "getPriceFromId", args: [id] }),
          decode: (data) => decodeFunctionResult({ abi: LB_PAIR_ABI, functionName: "getPriceFromId", data }),
        },
  );
  if (priceX128 === 0n) throw badAnswer(pool.pool, `says that bin ${id} has price 0`);
  return priceX128;
}

/** Reserves of a bin, fees excluded in 2.0 and included in 2.1 and 2.2. */
function reservesQuestion(pool: PoolRef, id: number): Question<Reserves> {
  const to = poolAddress(pool);
  if (lbGeneration(pool) === "2.0") {
    return {
      to,
      data: encodeFunctionData({ abi: LB_LEGACY_PAIR_ABI, functionName: "getBin", args: [id] }),
      decode: (data) => {
        const [reserve0Raw, reserve1Raw] = decodeFunctionResult({
          abi: LB_LEGACY_PAIR_ABI,
          functionName: "getBin",
          data,
        });
        return { reserve0Raw, reserve1Raw };
      },
    };
  }
  return {
    to,
    data: encodeFunctionData({ abi: LB_PAIR_ABI, functionName: "getBin", args: [id] }),
    decode: (data) => {
      const [reserve0Raw, reserve1Raw] = decodeFunctionResult({ abi: LB_PAIR_ABI, functionName: "getBin", data });
      return { reserve0Raw, reserve1Raw };
    },
  };
}

function supplyQuestion(pool: PoolRef, id: number): Question<bigint> {
  return {
    to: poolAddress(pool),
    data: encodeFunctionData({ abi: LB_TOKEN_ABI, functionName: "totalSupply", args: [BigInt(id)] }),
    decode: (data) => decodeFunctionResult({ abi: LB_TOKEN_ABI, functionName: "totalSupply", data }),
  };
}

async function readShares(
  place: ReadPlace,
  pool: PoolRef,
  wallet: Address,
  ids: readonly number[],
): Promise<readonly bigint[]> {
  if (ids.length === 0) return [];
  return ask(place, {
    to: poolAddress(pool),
    data: encodeFunctionData({
      abi: LB_TOKEN_ABI,
      functionName: "balanceOfBatch",
      args: [ids.map(() => wallet), ids.map(BigInt)],
    }),
    decode: (data) => decodeFunctionResult({ abi: LB_TOKEN_ABI, functionName: "balanceOfBatch", data }),
  });
}

/** 2.0 only: fees beside the bins, and what earlier exits of this account left claimable. */
async function readPendingFees(
  place: ReadPlace,
  pool: PoolRef,
  wallet: Address,
  held: readonly { readonly binId: number }[],
): Promise<Reserves> {
  if (lbGeneration(pool) !== "2.0" || held.length === 0) return { reserve0Raw: 0n, reserve1Raw: 0n };
  const [reserve0Raw, reserve1Raw] = await ask(place, {
    to: poolAddress(pool),
    data: encodeFunctionData({
      abi: LB_LEGACY_PAIR_ABI,
      functionName: "pendingFees",
      args: [wallet, held.map(({ binId }) => BigInt(binId))],
    }),
    decode: (data) => decodeFunctionResult({ abi: LB_LEGACY_PAIR_ABI, functionName: "pendingFees", data }),
  });
  return { reserve0Raw, reserve1Raw };
}

async function readFees(place: ReadPlace, pool: PoolRef): Promise<FeeParameters> {
  const to = poolAddress(pool);
  if (lbGeneration(pool) === "2.0") {
    const all = await ask(place, {
      to,
      data: encodeFunctionData({ abi: LB_LEGACY_PAIR_ABI, functionName: "feeParameters" }),
      decode: (data) => decodeFunctionResult({ abi: LB_LEGACY_PAIR_ABI, functionName: "feeParameters", data }),
    });
    return { ...all, volatilityAccumulator: all.volatilityAccumulated };
  }
  const [[baseFactor, , , , variableFeeControl, protocolShare], [volatilityAccumulator]] = await Promise.all([
    ask(place, {
      to,
      data: encodeFunctionData({ abi: LB_PAIR_ABI, functionName: "getStaticFeeParameters" }),
      decode: (data) => decodeFunctionResult({ abi: LB_PAIR_ABI, functionName: "getStaticFeeParameters", data }),
    }),
    ask(place, {
      to,
      data: encodeFunctionData({ abi: LB_PAIR_ABI, functionName: "getVariableFeeParameters" }),
      decode: (data) => decodeFunctionResult({ abi: LB_PAIR_ABI, functionName: "getVariableFeeParameters", data }),
    }),
  ]);
  return { baseFactor, variableFeeControl, protocolShare, volatilityAccumulator };
}

/** base = factor * step * 1e10, variable = ceil((accumulator * step)^2 * control / 100), parts of 1e18; pips rounded up. */
function totalFeePips(fees: FeeParameters, binStep: number): number {
  const step = BigInt(binStep);
  const base = BigInt(fees.baseFactor) * step * 10n ** 10n;
  const product = BigInt(fees.volatilityAccumulator) * step;
  const variable = ceilDiv(product * product * BigInt(fees.variableFeeControl), 100n);
  return Number(ceilDiv(base + variable, PIP));
}

async function readFacts(place: ReadPlace, pool: PoolRef) {
  const to = poolAddress(pool);
  if (lbGeneration(pool) === "2.0") {
    const abi = LB_LEGACY_PAIR_ABI;
    const addressOf = (functionName: "tokenX" | "tokenY" | "factory"): Promise<Address> =>
      ask(place, {
        to,
        data: encodeFunctionData({ abi, functionName }),
        decode: (data) => decodeFunctionResult({ abi, functionName, data }),
      });
    const [tokenX, tokenY, factory, { binStep }] = await Promise.all([
      addressOf("tokenX"),
      addressOf("tokenY"),
      addressOf("factory"),
      ask(place, {
        to,
        data: encodeFunctionData({ abi, functionName: "feeParameters" }),
        decode: (data) => decodeFunctionResult({ abi, functionName: "feeParameters", data }),
      }),
    ]);
    return { tokenX, tokenY, factory, binStep };
  }
  const abi = LB_PAIR_ABI;
  const addressOf = (functionName: "getTokenX" | "getTokenY" | "getFactory"): Promise<Address> =>
    ask(place, {
      to,
      data: encodeFunctionData({ abi, functionName }),
      decode: (data) => decodeFunctionResult({ abi, functionName, data }),
    });
  const [tokenX, tokenY, factory, binStep] = await Promise.all([
    addressOf("getTokenX"),
    addressOf("getTokenY"),
    addressOf("getFactory"),
    ask(place, {
      to,
      data: encodeFunctionData({ abi, functionName: "getBinStep" }),
      decode: (data) => decodeFunctionResult({ abi, functionName: "getBinStep", data }),
    }),
  ]);
  return { tokenX, tokenY, factory, binStep };
}

function idsOf(pool: PoolRef, { tickLower, tickUpper }: RangeIndexes): readonly number[] {
  if (!(tickLower <= tickUpper) || tickUpper - tickLower >= MAX_BINS) {
    throw badAnswer(
      pool.pool,
      `was asked for bins ${tickLower} to ${tickUpper}; expected lower <= upper and at most ${MAX_BINS} bins`,
    );
  }
  return Array.from({ length: tickUpper - tickLower + 1 }, (_, index) => tickLower + index);
}

/** Our own computation, which checkPool compares with the contracts' answer. */
function priceOf(pool: PoolRef, id: number): bigint {
  const priceX128 = binPriceX128(id, binStepOf(pool));
  if (priceX128 !== null) return priceX128;
  throw badAnswer(pool.pool, `has no price at bin ${id}: it is outside what the contracts can compute`);
}

function binStepOf(pool: PoolRef): number {
  if (pool.binStep !== null) return pool.binStep;
  throw badAnswer(pool.pool, "has no binStep in its registry entry; add it");
}
