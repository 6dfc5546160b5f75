// Reads the pools' price, liquidity and balances once per block for the fake services and the state page.
import { tokenAbi } from "@/server/devnet/chain/abis";
import { orderOf } from "@/server/devnet/chain/deploy";
import type { ChainNode, NodePool } from "@/server/devnet/chain/node";
import { readPoolState } from "@/server/devnet/chain/pool-state";
import { quoteUsd } from "@/server/devnet/market/chain-market";
import { priceOfSqrtX96 } from "@/server/devnet/market/pool-price";
import type { PricePath } from "@/server/devnet/market/price-path";
import { PAIRS, TOKENS } from "@/server/devnet/market/setup";

export interface PoolView extends NodePool {
  readonly node: ChainNode;
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
  readonly nodes: readonly ChainNode[];
  readonly path: PricePath;
  readonly seq: () => number;
}): PoolReader {
  const { nodes, path } = deps;
  let cached: { readonly seq: number; readonly views: Promise<readonly PoolView[]> } | undefined;

  async function readOne(node: ChainNode, { pool, setup }: NodePool): Promise<PoolView> {
    const { client, deployment } = node;
    const pair = PAIRS[setup.pairId];
    // Where a singleton holds the tokens it holds those of one pool only, on this devnet.
    const balance = (symbol: keyof typeof TOKENS) =>
      client.readContract({
        address: deployment.tokens[symbol],
        abi: tokenAbi,
        functionName: "balanceOf",
        args: [pool.order.target],
      });
    const [state, baseRaw, quoteRaw] = await Promise.all([
      readPoolState(client, deployment, pool),
      balance(pair.base),
      balance(pair.quote),
    ]);
    const order = { ...orderOf(pool.pairId, deployment.tokens), baseIsToken0: pool.baseIsToken0 };
    const price = priceOfSqrtX96(state.sqrtPriceX96, order);
    const perQuote = quoteUsd(path, pool.pairId);
    const baseBalance = Number(baseRaw) / 10 ** TOKENS[pair.base].decimals;
    const quoteBalance = Number(quoteRaw) / 10 ** TOKENS[pair.quote].decimals;
    return {
      node,
      pool,
      setup,
      price,
      tick: state.tick,
      liquidityRaw: state.liquidityRaw,
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
        const views = Promise.all(nodes.flatMap((node) => node.pools.map((one) => readOne(node, one))));
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
