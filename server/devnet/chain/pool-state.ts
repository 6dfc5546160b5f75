// Price, liquidity and balances of a devnet pool of any family, for steering and showing; the product's own reads are elsewhere.
import { encodeAbiParameters, keccak256, numberToHex, parseAbi, parseAbiParameters, type Hex } from "viem";
import { tickAtSqrt } from "@/lib/amm/tick-math";
import type { DevnetClient } from "./client";
import type { ChainDeployment, DeployedPool } from "./deploy";
import { ORDER_KINDS } from "./families/family-kit";
import { familyTraderAbi } from "./families/trader";

const bookAbi = parseAbi([
  "function getActiveId() view returns (uint24)",
  "function getBin(uint24 id) view returns (uint128 reserveX, uint128 reserveY)",
]);
const algebraAbi = parseAbi([
  "function globalState() view returns (uint160 price, int24 tick, uint16 lastFee, uint8 pluginConfig, uint16 communityFee, bool unlocked)",
  "function liquidity() view returns (uint128)",
]);
const feeAbi = parseAbi(["function fee() view returns (uint16)"]);
const slotAbi = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick)",
  "function liquidity() view returns (uint128)",
]);
const extsloadAbi = parseAbi(["function extsload(bytes32 slot) view returns (bytes32)"]);

export interface PoolState {
  readonly sqrtPriceX96: bigint;
  /** Active bin in Liquidity Book. */
  readonly tick: number;
  /** Liquidity at the price; price times X plus Y of the active bin, 128.128, in Liquidity Book. */
  readonly liquidityRaw: bigint;
}

/** Price of a pool by the chain's family trader. */
function sqrtPriceOf(client: DevnetClient, deployment: ChainDeployment, pool: DeployedPool): Promise<bigint> {
  const { kind, target, key } = pool.order;
  return client.readContract({
    address: deployment.marketMaker,
    abi: familyTraderAbi,
    functionName: "sqrtPriceOf",
    args: [kind, target, key],
  });
}

async function activeBinOf(client: DevnetClient, pool: DeployedPool): Promise<number> {
  return Number(await client.readContract({ address: pool.address, abi: bookAbi, functionName: "getActiveId" }));
}

/** What a swap pays now in a pool whose fee moves; its plugin computes it, `globalState` may be stale. */
export async function readMovingFeePips(client: DevnetClient, pool: DeployedPool): Promise<number> {
  return Number(await client.readContract({ address: pool.address, abi: feeAbi, functionName: "fee" }));
}

export async function readPoolState(
  client: DevnetClient,
  deployment: ChainDeployment,
  pool: DeployedPool,
): Promise<PoolState> {
  const address = pool.order.target;
  switch (pool.order.kind) {
    case ORDER_KINDS.v3: {
      const at = { address, abi: slotAbi } as const;
      const [slot0, liquidityRaw] = await Promise.all([
        client.readContract({ ...at, functionName: "slot0" }),
        client.readContract({ ...at, functionName: "liquidity" }),
      ]);
      return { sqrtPriceX96: slot0[0], tick: slot0[1], liquidityRaw };
    }
    case ORDER_KINDS.algebra: {
      const at = { address, abi: algebraAbi } as const;
      const [state, liquidityRaw] = await Promise.all([
        client.readContract({ ...at, functionName: "globalState" }),
        client.readContract({ ...at, functionName: "liquidity" }),
      ]);
      return { sqrtPriceX96: state[0], tick: state[1], liquidityRaw };
    }
    case ORDER_KINDS.v4:
    case ORDER_KINDS.infinity: {
      // Uniswap V4 keeps pools in a mapping at slot 6; the liquidity is the fourth word of a pool.
      const first = keccak256(
        encodeAbiParameters(parseAbiParameters("bytes32, uint256"), [keccak256(pool.order.key), 6n]),
      );
      const word = (offset: bigint): Promise<Hex> =>
        client.readContract({
          address,
          abi: extsloadAbi,
          functionName: "extsload",
          args: [numberToHex(BigInt(first) + offset, { size: 32 })],
        });
      const [slot0, liquidity] = await Promise.all([word(0n), word(3n)]);
      const sqrtPriceX96 = BigInt(slot0) & ((1n << 160n) - 1n);
      return {
        sqrtPriceX96,
        tick: tickAtSqrt(sqrtPriceX96),
        liquidityRaw: BigInt(liquidity) & ((1n << 128n) - 1n),
      };
    }
    case ORDER_KINDS.liquidityBook: {
      const tick = await activeBinOf(client, pool);
      const [sqrtPriceX96, [reserveX, reserveY]] = await Promise.all([
        sqrtPriceOf(client, deployment, pool),
        client.readContract({ address: pool.address, abi: bookAbi, functionName: "getBin", args: [tick] }),
      ]);
      const price128 = (sqrtPriceX96 * sqrtPriceX96) >> 64n;
      return { sqrtPriceX96, tick, liquidityRaw: price128 * reserveX + (reserveY << 128n) };
    }
  }
}
