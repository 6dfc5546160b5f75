// Where the LI.FI stand-in swaps on one chain: through the router and quoter of its V3-style DEX, directly or through USDC.
import { concatHex, numberToHex, parseAbi, type Address, type Hex } from "viem";
import { quoterAbi } from "@/server/devnet/chain/abis";
import type { ChainNode, NodePool } from "@/server/devnet/chain/node";
import { PAIRS, type TokenSymbol } from "@/server/devnet/market/setup";

const algebraQuoterAbi = parseAbi([
  "function quoteExactInput(bytes path, uint256 amountInRequired) returns (uint256[] amountOutList, uint256[] amountInList, uint160[] sqrtPriceX96AfterList, uint32[] initializedTicksCrossedList, uint256 gasEstimate, uint16[] feeList)",
]);

/** Families whose router takes a path of tokens with the fee (or Algebra's deployer) between them. */
const ROUTED = ["uniswap-v3", "pancakeswap-v3", "algebra-integral"] as const;
type Routed = (typeof ROUTED)[number];

export interface SwapRoute {
  readonly dexName: string;
  readonly router: Address;
  readonly path: Hex;
  readonly amountOut: bigint;
}

interface RouterDex {
  readonly id: string;
  readonly name: string;
  readonly family: Routed;
  readonly router: Address;
  readonly quoter: Address;
}

/** Best output over every pool of the pair, or over both hops through USDC. */
export async function findSwapRoute(
  node: ChainNode,
  from: TokenSymbol,
  to: TokenSymbol,
  amountIn: bigint,
): Promise<SwapRoute | undefined> {
  const routes = await Promise.all(
    routersOf(node).flatMap((dex) =>
      pathsBetween(node, dex, from, to).map(async (path): Promise<SwapRoute> => {
        const { name: dexName, router } = dex;
        try {
          return { dexName, router, path, amountOut: await quoteOf(node, dex, path, amountIn) };
        } catch {
          // The quoter reverts when a pool cannot serve the amount; that pool is no route.
          return { dexName, router, path, amountOut: 0n };
        }
      }),
    ),
  );
  const best = routes.toSorted((left, right) => (left.amountOut < right.amountOut ? 1 : -1))[0];
  return best === undefined || best.amountOut === 0n ? undefined : best;
}

export function routersOf(node: ChainNode): readonly RouterDex[] {
  return node.deployment.dexes.flatMap((dex) => {
    const contracts = dex.chains[String(node.setup.id)];
    const family = ROUTED.find((one) => one === dex.family);
    const router = contracts?.swapRouter ?? null;
    const quoter = contracts?.quoterV2 ?? null;
    if (family === undefined || router === null || quoter === null) return [];
    return [{ id: dex.id, name: dex.name, family, router, quoter }];
  });
}

async function quoteOf(node: ChainNode, dex: RouterDex, path: Hex, amountIn: bigint): Promise<bigint> {
  const args = [path, amountIn] as const;
  if (dex.family === "algebra-integral") {
    const { result } = await node.client.simulateContract({
      address: dex.quoter,
      abi: algebraQuoterAbi,
      functionName: "quoteExactInput",
      args,
    });
    return result[0].at(-1) ?? 0n;
  }
  const { result } = await node.client.simulateContract({
    address: dex.quoter,
    abi: quoterAbi,
    functionName: "quoteExactInput",
    args,
  });
  return result[0];
}

function pathsBetween(node: ChainNode, dex: RouterDex, from: TokenSymbol, to: TokenSymbol): Hex[] {
  const address = (symbol: TokenSymbol) => node.deployment.tokens[symbol];
  const direct = poolsBetween(node, dex, from, to).map((pool) =>
    concatHex([address(from), hopOf(dex, pool), address(to)]),
  );
  if (direct.length > 0) return direct;
  return poolsBetween(node, dex, from, "USDC").flatMap((first) =>
    poolsBetween(node, dex, "USDC", to).map((second) =>
      concatHex([address(from), hopOf(dex, first), address("USDC"), hopOf(dex, second), address(to)]),
    ),
  );
}

function poolsBetween(node: ChainNode, dex: RouterDex, a: TokenSymbol, b: TokenSymbol): readonly NodePool[] {
  return node.pools.filter(
    ({ setup, pool }) =>
      pool.entry.dex === dex.id &&
      [PAIRS[setup.pairId].base, PAIRS[setup.pairId].quote].every((symbol) => symbol === a || symbol === b),
  );
}

/** What stands between two tokens of a path: the fee in three bytes, or Algebra's deployer, zero for the base factory. */
function hopOf(dex: RouterDex, { setup, pool }: NodePool): Hex {
  return dex.family === "algebra-integral"
    ? numberToHex(BigInt(pool.entry.deployer ?? 0), { size: 20 })
    : numberToHex(setup.feePips, { size: 3 });
}
