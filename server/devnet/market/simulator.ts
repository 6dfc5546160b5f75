// Owns market time: advances the price path, trades the pools, mines the step's block, then tells everybody the time.
import { setTimeout as sleep } from "node:timers/promises";
import { encodeFunctionData, parseEventLogs } from "viem";
import { marketMakerAbi, poolAbi } from "@/server/devnet/chain/abis";
import { mineAt, queueTx, type DevnetClient } from "@/server/devnet/chain/client";
import { orderOf, type DeployedPool, type Deployment } from "@/server/devnet/chain/deploy";
import { errorText } from "@/lib/errors/tidegate-error";
import type { ClockHub } from "./clock-hub";
import type { NoiseFlow } from "./flow";
import { priceOfSqrtX96, sqrtBand, toRaw } from "./pool-price";
import type { Providers } from "./providers";
import type { PricePath } from "./price-path";
import { LONG_STEP_MS, PAIRS, POOLS, TICK_MS, TOKENS, type DevnetPairId, type PoolSetup } from "./setup";
import type { VolumeBook } from "./volume-book";

/** Blocks after a stranger's transaction during which steps stay short. */
const WATCHED_BLOCKS = 5n;
/** Market seconds per second while somebody's transaction is under way: a deadline of 120 s then leaves at least two seconds of wall time. */
const MAX_SPEED_WITH_TRANSACTIONS = 60;
const ACK_LIMIT_MS = 10_000;
const MARKET_TX_GAS = 20_000_000n;
const SPEED_WINDOW_MS = 10_000;
const PENNY_FRAC = 1e-9;

export interface SimulatorStatus {
  readonly nowMs: number;
  readonly seq: number;
  readonly targetSpeed: number;
  readonly realSpeed: number;
  readonly isPaused: boolean;
  readonly blockNumber: bigint;
  /** Last block with a transaction that is not the market's own. */
  readonly lastForeignBlock: bigint;
  /** Why steps are short at the moment, or null. */
  readonly shortStepReason: string | null;
  /** Sentence about the last step that failed, or null. */
  readonly lastFailure: string | null;
}

export interface Simulator {
  status(): SimulatorStatus;
  /** One step at once, of at most the given length on the 12 s grid. */
  step(stepMs: number): Promise<void>;
  /** Runs something while no step is under way. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  setSpeed(speed: number): void;
  setPaused(state: "paused" | "running"): void;
  start(): void;
  stop(): Promise<void>;
}

export function createSimulator(deps: {
  readonly client: DevnetClient;
  readonly deployment: Deployment;
  readonly path: PricePath;
  readonly flow: NoiseFlow;
  readonly providers: Providers;
  readonly volumes: VolumeBook;
  readonly clock: ClockHub;
  readonly speed: number;
}): Simulator {
  const { client, deployment, path, flow, providers, volumes, clock } = deps;
  const own = new Set([deployment.keeper, deployment.provider, deployment.trader].map((one) => one.toLowerCase()));
  const pools = POOLS.map((setup) => ({ setup, pool: poolByKey(deployment, setup.key) }));
  const keyByAddress = new Map(pools.map(({ pool }) => [pool.address.toLowerCase(), pool]));
  let { nowMs, seq } = clock.last();
  let targetSpeed = deps.speed;
  let isPaused = false;
  const running = { on: false };
  let blockNumber = 0n;
  let lastForeignBlock = -WATCHED_BLOCKS - 1n;
  let shortStepReason: string | null = null;
  let lastFailure: string | null = null;
  let samples: { wallMs: number; marketMs: number }[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let loop: Promise<void> = Promise.resolve();

  function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => {
      // The failure belongs to the caller, who awaits `mine`; the queue goes on for the others.
    });
    return mine;
  }

  async function stepOnce(stepMs: number): Promise<void> {
    const toMs = nowMs + Math.max(TICK_MS, Math.floor(stepMs / TICK_MS) * TICK_MS);
    path.advanceTo(toMs);
    const orders = pools.flatMap(({ setup, pool }) =>
      flow
        .next({
          pool: setup,
          address: pool.address,
          stepMs: toMs - nowMs,
          volumeFactor: path.volumeFactor(setup.pairId),
        })
        .map((order) => swapOrder(order, pool, setup)),
    );
    const pulls = pools.map(({ setup, pool }) => {
      const [lower, upper] = sqrtBand(
        path.price(setup.pairId),
        setup.feePips / 1e6 + PENNY_FRAC,
        orderOf(setup.pairId, deployment.tokens),
      );
      return { pool: pool.address, lower, upper };
    });
    const data = encodeFunctionData({ abi: marketMakerAbi, functionName: "step", args: [orders, pulls] });
    const hash = await queueTx(client, {
      from: deployment.keeper,
      to: deployment.marketMaker,
      data,
      gas: MARKET_TX_GAS,
    });
    const moves = await providers.queueMoves(toMs);
    await mineAt(client, toMs);
    nowMs = toMs;
    await readBlock(hash);
    lastFailure = (await providers.settle(moves)) ?? lastFailure;
    seq += 1;
    samples = [
      ...samples.filter((one) => one.wallMs > performance.now() - SPEED_WINDOW_MS),
      { wallMs: performance.now(), marketMs: nowMs },
    ];
    clock.publish({ seq, nowMs, speed: realSpeed() });
    await clock.waitForAcks(ACK_LIMIT_MS);
  }

  async function readBlock(marketTx: string): Promise<void> {
    const block = await client.getBlock({ includeTransactions: true });
    blockNumber = block.number;
    if (block.transactions.some((tx) => !own.has(tx.from.toLowerCase()))) lastForeignBlock = block.number;
    const logs = await client.getLogs({ address: pools.map(({ pool }) => pool.address), blockHash: block.hash });
    for (const log of parseEventLogs({ abi: poolAbi, eventName: "Swap", logs })) {
      const pool = keyByAddress.get(log.address.toLowerCase());
      if (pool === undefined) continue;
      const setup = PAIRS[pool.pairId];
      const { amount0, amount1, sqrtPriceX96 } = log.args;
      const quote = Number(pool.baseIsToken0 ? amount1 : amount0) / 10 ** TOKENS[setup.quote].decimals;
      volumes.record(pool.key, {
        atMs: nowMs,
        usd: Math.abs(quote) * quoteUsd(path, pool.pairId),
        isBuy: quote > 0,
        price: priceOfSqrtX96(sqrtPriceX96, orderOf(pool.pairId, deployment.tokens)),
      });
    }
    const receipt = await client
      .getTransactionReceipt({ hash: block.transactions.find((tx) => tx.hash === marketTx)?.hash ?? block.hash })
      .catch(() => null);
    if (receipt === null || receipt.status !== "success") {
      lastFailure = `Block ${block.number}: the market's own transaction ${receipt === null ? "was not included" : "reverted"}; the pools did not follow the price in this step.`;
    }
  }

  function swapOrder(order: { readonly isBuy: boolean; readonly usd: number }, pool: DeployedPool, setup: PoolSetup) {
    const pair = PAIRS[setup.pairId];
    const price = path.price(setup.pairId);
    const quoteAmount = order.usd / quoteUsd(path, setup.pairId);
    const amountIn = order.isBuy
      ? toRaw(quoteAmount, TOKENS[pair.quote].decimals)
      : toRaw(quoteAmount / price, TOKENS[pair.base].decimals);
    // Selling token0 moves the pool "zero for one"; a sale of base does so when base is token0.
    return { pool: pool.address, zeroForOne: order.isBuy !== pool.baseIsToken0, amountIn };
  }

  function realSpeed(): number {
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined || last.wallMs - first.wallMs < 500) return targetSpeed;
    return (last.marketMs - first.marketMs) / (last.wallMs - first.wallMs);
  }

  /** Why steps must be short now: a transaction that is not the market's own waits or was just included. */
  async function findForeignActivity(): Promise<string | null> {
    if (blockNumber - lastForeignBlock <= WATCHED_BLOCKS)
      return `a transaction was included in block ${lastForeignBlock}`;
    const { pending, queued } = await client.getTxpoolStatus();
    if (pending + queued === 0) return null;
    const content = await client.getTxpoolContent();
    const senders = [...Object.keys(content.pending), ...Object.keys(content.queued)];
    const stranger = senders.find((sender) => !own.has(sender.toLowerCase()));
    return stranger === undefined ? null : `a transaction of ${stranger} is pending`;
  }

  async function run(): Promise<void> {
    let debtMs = 0;
    let wallMs = performance.now();
    while (running.on) {
      await sleep(Math.max(5, Math.min(200, TICK_MS / targetSpeed)));
      const elapsedMs = performance.now() - wallMs;
      wallMs += elapsedMs;
      if (isPaused) {
        debtMs = 0;
        continue;
      }
      // More than one long step of debt is never made up: a slow machine runs slower, it does not jump.
      const speed = shortStepReason === null ? targetSpeed : Math.min(targetSpeed, MAX_SPEED_WITH_TRANSACTIONS);
      debtMs = Math.min(debtMs + elapsedMs * speed, 2 * LONG_STEP_MS);
      try {
        shortStepReason = await findForeignActivity();
        const wantMs = shortStepReason === null ? LONG_STEP_MS - (nowMs % LONG_STEP_MS) : TICK_MS;
        if (debtMs < wantMs || !running.on) continue;
        await exclusively(() => stepOnce(wantMs));
        debtMs -= wantMs;
      } catch (error) {
        lastFailure = `A market step failed: ${errorText(error)}`;
        await sleep(500);
      }
    }
  }

  return {
    status: () => ({
      nowMs,
      seq,
      targetSpeed,
      realSpeed: isPaused ? 0 : realSpeed(),
      isPaused,
      blockNumber,
      lastForeignBlock,
      shortStepReason,
      lastFailure,
    }),
    step: (stepMs) => exclusively(() => stepOnce(stepMs)),
    exclusively,
    setSpeed(speed) {
      targetSpeed = speed;
      samples = [];
    },
    setPaused(state) {
      isPaused = state === "paused";
      samples = [];
    },
    start() {
      running.on = true;
      loop = run();
    },
    async stop() {
      // Participants end before the market does: nobody is waited for any more.
      clock.release();
      running.on = false;
      await loop;
      await turn;
    },
  };
}

/** US dollars per quote unit: USDC is one dollar here, USDT what the pegged pair says. */
export function quoteUsd(path: PricePath, pairId: DevnetPairId): number {
  return pairId === "USDC-USDT" ? 1 / path.price("USDC-USDT") : 1;
}

export function poolByKey(deployment: Deployment, key: string): DeployedPool {
  const pool = deployment.pools.find((one) => one.key === key);
  if (pool === undefined) throw new Error(`The deployment has no pool ${key}; start with --fresh.`);
  return pool;
}

export function poolSetupOf(key: string): PoolSetup {
  const setup = POOLS.find((one) => one.key === key);
  if (setup === undefined) throw new Error(`The market setup has no pool ${key}; start with --fresh.`);
  return setup;
}
