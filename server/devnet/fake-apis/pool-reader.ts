// Reads the pools' price, liquidity and balances once per block for the fake services and the state page.
import { tokenAbi, poolAbi } from "@/server/devnet/chain/abis";
import type { DevnetClient } from "@/server/devnet/chain/client";
import { orderOf, type DeployedPool, type Deployment } from "@/server/devnet/chain/deploy";
import { priceOfSqrtX96 } from "@/server/devnet/market/pool-price";
import type { PricePath } from "@/server/devnet/market/price-path";
import { poolSetupOf, quoteUsd } from "@/server/devnet/market/simulator";
import { PAIRS, TOKENS } from "@/server/devnet/market/setup";

export interface PoolView {
  readonly pool: DeployedPool;
  readonly price: number;
  readonly tick: number;
  readonly liquidityRaw: bigint;
  readonly baseBalance: number;
  readonly quoteBalance: number;
  readonly baseUsd: number;
  readonly quoteUsd: number;
  readonly reserveUsd: number;
}

export interface PoolReader {
  read(): Promise<readonly PoolView[]>;
}

export function createPoolReader(deps: {
  readonly client: DevnetClient;
  readonly deployment: Deployment;
  readonly path: PricePath;
  readonly seq: () => number;
}): PoolReader {
  const { client, deployment, path } = deps;
  let cached: { readonly seq: number; readonly views: Promise<readonly PoolView[]> } | undefined;

  async function readOne(pool: DeployedPool): Promise<PoolView> {
    const pair = PAIRS[poolSetupOf(pool.key).pairId];
    const balance = (symbol: keyof typeof TOKENS) =>
      client.readContract({
        address: deployment.tokens[symbol],
        abi: tokenAbi,
        functionName: "balanceOf",
        args: [pool.address],
      });
    const [slot0, liquidityRaw, baseRaw, quoteRaw] = await Promise.all([
      client.readContract({ address: pool.address, abi: poolAbi, functionName: "slot0" }),
      client.readContract({ address: pool.address, abi: poolAbi, functionName: "liquidity" }),
      balance(pair.base),
      balance(pair.quote),
    ]);
    const price = priceOfSqrtX96(slot0[0], orderOf(pool.pairId, deployment.tokens));
    const perQuote = quoteUsd(path, pool.pairId);
    const baseBalance = Number(baseRaw) / 10 ** TOKENS[pair.base].decimals;
    const quoteBalance = Number(quoteRaw) / 10 ** TOKENS[pair.quote].decimals;
    return {
      pool,
      price,
      tick: slot0[1],
      liquidityRaw,
      baseBalance,
      quoteBalance,
      baseUsd: price * perQuote,
      quoteUsd: perQuote,
      reserveUsd: (baseBalance * price + quoteBalance) * perQuote,
    };
  }

  return {
    read() {
      const seq = deps.seq();
      if (cached === undefined || cached.seq !== seq) {
        const views = Promise.all(deployment.pools.map(readOne));
        cached = { seq, views };
        views.catch(() => {
          // The caller sees the failure; the next one must not get it again from the cache.
          cached = undefined;
        });
      }
      return cached.views;
    },
  };
}
