// The market on one chain: its trades, its block, what the block says, and the faults switched on for this chain.
import { parseGwei, type Address, type Hex, type Log } from "viem";
import { errorText } from "@/lib/errors/tidegate-error";
import { ANY_FEE_WEI, BASE_FEE_WEI, mineAt, queueTx } from "@/server/devnet/chain/client";
import { orderOf } from "@/server/devnet/chain/deploy";
import { ORDER_KINDS } from "@/server/devnet/chain/families/family-kit";
import type { ChainNode, NodePool } from "@/server/devnet/chain/node";
import { readMovingFeePips } from "@/server/devnet/chain/pool-state";
import { decodeSwaps, emittersOf } from "@/server/devnet/chain/swap-events";
import type { NoiseFlow } from "./flow";
import { priceOfSqrtX96, sqrtBand, toRaw } from "./pool-price";
import type { PricePath } from "./price-path";
import type { Providers } from "./providers";
import { PAIRS, TOKENS, type DevnetPairId } from "./setup";
import { encodeMarketStep, failedTrade, type MarketOrder, type MarketPull, type TraderContract } from "./trader-step";
import type { VolumeBook } from "./volume-book";

/** Blocks after a stranger's transaction during which steps stay short. */
export const WATCHED_BLOCKS = 5n;
const MARKET_TX_GAS = 20_000_000n;
const PENNY_FRAC = 1e-9;
const FEE_READ_BLOCKS = 5n;

/** Work of others in a chain's step: bridges. */
export interface BlockWork {
  /** Queues transactions into the block about to be mined. */
  before(node: ChainNode, toMs: number): Promise<void>;
  after(node: ChainNode, block: ReadBlock): Promise<void>;
}

export interface ReadBlock {
  readonly number: bigint;
  readonly atMs: number;
  readonly logs: Log[];
}

export interface ChainFaults {
  readonly isStopped: boolean;
  /** Base fee of the next blocks and how many of them are left; null: the usual one. */
  readonly baseFee: { readonly wei: bigint; readonly blocksLeft: number } | null;
  /** Transactions of others that the chain will still lose. */
  readonly dropsLeft: number;
}

export interface ChainMarket {
  readonly node: ChainNode;
  readonly blockNumber: () => bigint;
  readonly lastForeignBlock: () => bigint;
  readonly faults: () => ChainFaults;
  setStopped(state: "stopped" | "mining"): void;
  setBaseFee(gwei: string, blocks: number): void;
  dropTransactions(count: number): void;
  /** The trades of a step, drawn in a fixed order before the chains work side by side. */
  plan(nowMs: number, toMs: number): MarketTrades;
  /** Mines the step's block; answers a sentence about what did not work, or null. */
  step(trades: MarketTrades, toMs: number): Promise<string | null>;
  /** Why steps must be short now: a transaction that is not the market's own waits or was just included. */
  findForeignActivity(): Promise<string | null>;
}

export interface MarketTrades {
  readonly orders: readonly MarketOrder[];
  readonly pulls: readonly MarketPull[];
}

export function createChainMarket(deps: {
  readonly node: ChainNode;
  readonly trader: TraderContract;
  readonly path: PricePath;
  readonly flow: NoiseFlow;
  readonly providers: Providers;
  readonly volumes: VolumeBook;
  readonly work: BlockWork | null;
}): ChainMarket {
  const { node, trader, path, flow, providers, volumes, work } = deps;
  const { client, deployment } = node;
  const own = new Set([deployment.keeper, deployment.provider, deployment.trader].map((one) => one.toLowerCase()));
  const deployedPools = node.pools.map(({ pool }) => pool);
  const emitters: Address[] = [
    ...emittersOf(deployedPools),
    ...(trader === "FamilyTrader" ? [deployment.marketMaker] : []),
    ...(work === null ? [] : [deployment.lifiDiamond]),
  ];
  let blockNumber = 0n;
  let lastForeignBlock = -WATCHED_BLOCKS - 1n;
  /** Fees that move, as last read; the arbitrage comes to within them. */
  const feePipsByKey = new Map(node.pools.map(({ setup }) => [setup.key, setup.feePips]));
  const movingFees = deployedPools.filter(({ order }) => order.kind === ORDER_KINDS.algebra);
  let faults: ChainFaults = { isStopped: false, baseFee: null, dropsLeft: 0 };

  function swapOrder(order: { readonly isBuy: boolean; readonly usd: number }, { pool, setup }: NodePool): MarketOrder {
    const pair = PAIRS[setup.pairId];
    const price = path.price(setup.pairId);
    const quoteAmount = order.usd / quoteUsd(path, setup.pairId);
    const amountIn = order.isBuy
      ? toRaw(quoteAmount, TOKENS[pair.quote].decimals)
      : toRaw(quoteAmount / price, TOKENS[pair.base].decimals);
    // Selling token0 moves the pool "zero for one"; a sale of base does so when base is token0.
    return { pool, zeroForOne: order.isBuy !== pool.baseIsToken0, amountIn };
  }

  async function mineBlock(toMs: number): Promise<void> {
    if (faults.dropsLeft > 0) await dropForeign();
    const { baseFee } = faults;
    await mineAt(client, toMs, baseFee?.wei ?? BASE_FEE_WEI);
    if (baseFee === null) return;
    const left = baseFee.blocksLeft - 1;
    faults = { ...faults, baseFee: left > 0 ? { ...baseFee, blocksLeft: left } : null };
  }

  async function dropForeign(): Promise<void> {
    const { pending, queued } = await client.getTxpoolContent();
    for (const [sender, byNonce] of [...Object.entries(pending), ...Object.entries(queued)]) {
      if (own.has(sender.toLowerCase())) continue;
      for (const { hash } of Object.values(byNonce)) {
        if (faults.dropsLeft === 0) return;
        await client.dropTransaction({ hash });
        faults = { ...faults, dropsLeft: faults.dropsLeft - 1 };
      }
    }
  }

  async function readBlock(marketTx: Hex, trades: MarketTrades, toMs: number): Promise<string | null> {
    const block = await client.getBlock({ includeTransactions: true });
    blockNumber = block.number;
    if (block.transactions.some((tx) => !own.has(tx.from.toLowerCase()))) lastForeignBlock = block.number;
    const logs: Log[] = await client.getLogs({ address: emitters, blockHash: block.hash });
    for (const { pool, amount0Raw, amount1Raw, sqrtPriceX96 } of decodeSwaps(logs, deployedPools)) {
      const setup = PAIRS[pool.pairId];
      const quote = Number(pool.baseIsToken0 ? amount1Raw : amount0Raw) / 10 ** TOKENS[setup.quote].decimals;
      volumes.record(pool.key, {
        atMs: toMs,
        usd: Math.abs(quote) * quoteUsd(path, pool.pairId),
        isBuy: quote > 0,
        price: priceOfSqrtX96(sqrtPriceX96, { ...orderOf(pool.pairId, deployment.tokens), ...baseSide(pool) }),
      });
    }
    const receipt = await client
      .getTransactionReceipt({ hash: block.transactions.find((tx) => tx.hash === marketTx)?.hash ?? block.hash })
      .catch(() => null);
    if (movingFees.length > 0 && block.number % FEE_READ_BLOCKS === 0n) {
      await Promise.all(
        movingFees.map(async (pool) => feePipsByKey.set(pool.key, await readMovingFeePips(client, pool))),
      );
    }
    await work?.after(node, { number: block.number, atMs: toMs, logs });
    if (receipt === null || receipt.status !== "success") {
      return `Block ${block.number}: the market's own transaction ${receipt === null ? "was not included" : "reverted"}; the pools did not follow the price in this step.`;
    }
    return failedTrade(logs, trades.orders, trades.pulls);
  }

  return {
    node,
    blockNumber: () => blockNumber,
    lastForeignBlock: () => lastForeignBlock,
    faults: () => faults,
    setStopped(state) {
      faults = { ...faults, isStopped: state === "stopped" };
    },
    setBaseFee(gwei, blocks) {
      faults = { ...faults, baseFee: { wei: parseGwei(gwei), blocksLeft: blocks } };
    },
    dropTransactions(count) {
      faults = { ...faults, dropsLeft: count };
    },
    plan(nowMs, toMs) {
      const orders = node.pools.flatMap((one) =>
        flow
          .next({
            pool: one.setup,
            address: one.pool.address,
            stepMs: toMs - nowMs,
            volumeFactor: path.volumeFactor(one.setup.pairId),
          })
          .map((order) => swapOrder(order, one)),
      );
      const pulls = node.pools.map(({ setup, pool }) => {
        const feePips = feePipsByKey.get(setup.key) ?? setup.feePips;
        const bandFrac = Math.max(feePips / 1e6, (setup.binStep ?? 0) / 20_000) + PENNY_FRAC;
        const order = { ...orderOf(setup.pairId, deployment.tokens), ...baseSide(pool) };
        const [lower, upper] = sqrtBand(path.price(setup.pairId), bandFrac, order);
        return { pool, lower, upper };
      });
      return { orders, pulls };
    },
    async step(trades, toMs) {
      if (faults.isStopped) return null;
      const data = encodeMarketStep(trader, trades.orders, trades.pulls);
      const hash = await queueTx(client, {
        from: deployment.keeper,
        to: deployment.marketMaker,
        data,
        gas: MARKET_TX_GAS,
        maxFeePerGasWei: ANY_FEE_WEI,
      });
      let failure: string | null = null;
      // A provider that cannot move costs depth, not the block.
      const moves = await providers.queueMoves(toMs).catch((error: unknown) => {
        failure = `The other providers of chain ${node.setup.id} could not move: ${errorText(error)}`;
        return [];
      });
      await work?.before(node, toMs);
      await mineBlock(toMs);
      const unread = await readBlock(hash, trades, toMs);
      return (await providers.settle(moves)) ?? unread ?? failure;
    },
    async findForeignActivity() {
      if (blockNumber - lastForeignBlock <= WATCHED_BLOCKS)
        return `a transaction was included in block ${lastForeignBlock}`;
      const { pending, queued } = await client.getTxpoolStatus();
      if (pending + queued === 0) return null;
      const content = await client.getTxpoolContent();
      const senders = [...Object.keys(content.pending), ...Object.keys(content.queued)];
      const stranger = senders.find((sender) => !own.has(sender.toLowerCase()));
      return stranger === undefined ? null : `a transaction of ${stranger} is pending`;
    },
  };
}

function baseSide(pool: { readonly baseIsToken0: boolean }) {
  return { baseIsToken0: pool.baseIsToken0 };
}

/** US dollars per quote unit: USDC is one dollar here, USDT what the pegged pair says. */
export function quoteUsd(path: PricePath, pairId: DevnetPairId): number {
  return pairId === "USDC-USDT" ? 1 / path.price("USDC-USDT") : 1;
}
