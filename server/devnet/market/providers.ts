// The pools' other liquidity providers: they follow the price when it nears the edge of their range, so that depth stays realistic.
import { encodeFunctionData, maxUint128, parseEventLogs, type Hex } from "viem";
import * as z from "zod";
import { positionManagerAbi } from "@/server/devnet/chain/abis";
import { ANY_FEE_WEI, queueTx, type DevnetClient } from "@/server/devnet/chain/client";
import { providerMints, type ChainDeployment, type V3Contracts } from "@/server/devnet/chain/deploy";
import type { PricePath } from "./price-path";
import type { PoolSetup } from "./setup";

/** Part of its half-width that the price may move before a provider follows, and the least time between two moves. Choices. */
export const FOLLOW_FRAC = 0.7;
export const LEAST_GAP_MS = 3_600_000;

const placeSchema = z.object({
  tokenId: z.number().int().positive(),
  centrePrice: z.number().positive(),
  movedAtMs: z.number(),
});
export const providerStateSchema = z.record(z.string(), z.array(placeSchema));
export type ProviderState = z.infer<typeof providerStateSchema>;

export interface ProviderMove {
  readonly poolKey: string;
  readonly index: number;
  readonly centrePrice: number;
  readonly hashes: readonly Hex[];
  readonly atMs: number;
}

export interface Providers {
  /** Queues burn and mint for every provider whose range the price is leaving; the caller mines. */
  queueMoves(atMs: number): Promise<readonly ProviderMove[]>;
  /** Notes the new positions of included moves; answers a sentence when one failed. */
  settle(moves: readonly ProviderMove[]): Promise<string | null>;
}

/** Positions as `deployDevnet` mints them: token ids in the order of pools and providers, from 1. */
export function firstProviderState(pools: readonly PoolSetup[], path: PricePath, atMs: number): ProviderState {
  let tokenId = 0;
  return Object.fromEntries(
    pools.map((pool) => [
      pool.key,
      pool.providers.map(() => {
        tokenId += 1;
        return { tokenId, centrePrice: path.price(pool.pairId), movedAtMs: atMs };
      }),
    ]),
  );
}

export function createProviders(deps: {
  readonly client: DevnetClient;
  readonly deployment: ChainDeployment;
  readonly v3: V3Contracts;
  /** Pools of the Uniswap V3 that `v3` names. */
  readonly pools: readonly PoolSetup[];
  readonly path: PricePath;
  readonly first: ProviderState;
}): Providers & { state(): ProviderState } {
  const { client, deployment, v3, path } = deps;
  const places = new Map(Object.entries(deps.first));
  const manager = { address: v3.positionManager, abi: positionManagerAbi } as const;

  async function queueMove(pool: PoolSetup, index: number, tokenId: number, atMs: number): Promise<ProviderMove> {
    const centrePrice = path.price(pool.pairId);
    const deadline = BigInt(Math.floor(atMs / 1000) + 3_600);
    const position = await client.readContract({ ...manager, functionName: "positions", args: [BigInt(tokenId)] });
    const leave = [
      encodeFunctionData({
        abi: positionManagerAbi,
        functionName: "decreaseLiquidity",
        args: [{ tokenId: BigInt(tokenId), liquidity: position[7], amount0Min: 0n, amount1Min: 0n, deadline }],
      }),
      encodeFunctionData({
        abi: positionManagerAbi,
        functionName: "collect",
        args: [
          { tokenId: BigInt(tokenId), recipient: deployment.provider, amount0Max: maxUint128, amount1Max: maxUint128 },
        ],
      }),
    ];
    const enter = providerMints({
      pool,
      tokens: deployment.tokens,
      provider: deployment.provider,
      price: centrePrice,
      deadlineSec: deadline,
    })[index];
    const calls = [
      encodeFunctionData({ abi: positionManagerAbi, functionName: "multicall", args: [leave] }),
      ...(enter === undefined ? [] : [enter]),
    ];
    const hashes: Hex[] = [];
    for (const data of calls) {
      hashes.push(
        await queueTx(client, {
          from: deployment.provider,
          to: v3.positionManager,
          data,
          gas: 1_500_000n,
          maxFeePerGasWei: ANY_FEE_WEI,
        }),
      );
    }
    return { poolKey: pool.key, index, centrePrice, hashes, atMs };
  }

  return {
    async queueMoves(atMs) {
      const moves: ProviderMove[] = [];
      for (const pool of deps.pools) {
        for (const [index, { halfWidth }] of pool.providers.entries()) {
          const place = places.get(pool.key)?.[index];
          if (place === undefined || atMs - place.movedAtMs < LEAST_GAP_MS) continue;
          const drift = Math.abs(Math.log(path.price(pool.pairId) / place.centrePrice));
          if (drift > FOLLOW_FRAC * halfWidth) moves.push(await queueMove(pool, index, place.tokenId, atMs));
        }
      }
      return moves;
    },
    async settle(moves) {
      let failure: string | null = null;
      for (const move of moves) {
        const receipts = await Promise.all(move.hashes.map((hash) => client.getTransactionReceipt({ hash })));
        const minted = parseEventLogs({
          abi: positionManagerAbi,
          eventName: "IncreaseLiquidity",
          logs: receipts.flatMap((one) => one.logs),
        })[0];
        const place = places.get(move.poolKey)?.[move.index];
        if (place === undefined) continue;
        place.movedAtMs = move.atMs;
        if (minted === undefined || receipts.some((one) => one.status !== "success")) {
          failure = `A provider of ${move.poolKey} could not follow the price (transactions ${move.hashes.join(", ")}); its depth stays where it was.`;
          continue;
        }
        place.tokenId = Number(minted.args.tokenId);
        place.centrePrice = move.centrePrice;
      }
      return failure;
    },
    state: () => Object.fromEntries(places),
  };
}

/** Providers of two kinds on one chain; a move goes back to the kind that made it. */
export function joinProviders(first: Providers, second: Providers): Providers {
  const ofFirst = new WeakSet<ProviderMove>();
  return {
    async queueMoves(atMs) {
      const moves = await first.queueMoves(atMs);
      for (const move of moves) ofFirst.add(move);
      return [...moves, ...(await second.queueMoves(atMs))];
    },
    async settle(moves) {
      const failure = await first.settle(moves.filter((move) => ofFirst.has(move)));
      return (await second.settle(moves.filter((move) => !ofFirst.has(move)))) ?? failure;
    },
  };
}
