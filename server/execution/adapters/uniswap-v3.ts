// Uniswap V3 adapter: live pool, positions, ownership and exact uncollected fees by plain calls at one block.
import { decodeFunctionResult, encodeFunctionData } from "viem";
import { ChainError } from "@/lib/errors/tidegate-error";
import { UNISWAP_V3_POOL_ABI, UNISWAP_V3_POSITION_MANAGER_ABI } from "@/lib/registry/abis/uniswap-v3";
import type { Address } from "@/lib/units";
import type { BlockAt, CallPort, PositionAdapter } from "./adapter";

const MAX_UINT128 = (1n << 128n) - 1n;
/** A wallet with more positions than this in one manager is a mistake or an attack; the listing stops with an error. */
const MAX_POSITIONS = 2_000n;

export const uniswapV3Adapter: PositionAdapter = {
  family: "uniswap-v3",

  async readPool(chain, pool, block) {
    const abi = UNISWAP_V3_POOL_ABI;
    const slot0Data = await chain.call(
      { to: addressOf(pool), data: encodeFunctionData({ abi, functionName: "slot0" }) },
      block,
    );
    const liquidityData = await chain.call(
      { to: addressOf(pool), data: encodeFunctionData({ abi, functionName: "liquidity" }) },
      block,
    );
    const [sqrtPriceX96, tick] = decode(pool, () =>
      decodeFunctionResult({ abi, functionName: "slot0", data: slot0Data }),
    );
    const liquidityRaw = decode(pool, () =>
      decodeFunctionResult({ abi, functionName: "liquidity", data: liquidityData }),
    );
    if (sqrtPriceX96 === 0n) throw badAnswer(pool, "has price 0: it is not initialised");
    return { sqrtPriceX96, tick, liquidityRaw };
  },

  async readPosition(chain, positionManager, tokenId, block) {
    const abi = UNISWAP_V3_POSITION_MANAGER_ABI;
    const args = [tokenId] as const;
    const data = await callOrNull(
      chain,
      { to: positionManager, data: encodeFunctionData({ abi, functionName: "positions", args }) },
      block,
    );
    if (data === null) return null;
    const ownerData = await callOrNull(
      chain,
      { to: positionManager, data: encodeFunctionData({ abi, functionName: "ownerOf", args }) },
      block,
    );
    if (ownerData === null) return null;
    const row = decode(positionManager, () => decodeFunctionResult({ abi, functionName: "positions", data }));
    const owner = decode(positionManager, () =>
      decodeFunctionResult({ abi, functionName: "ownerOf", data: ownerData }),
    );
    const [, , token0, token1, feePips, tickLower, tickUpper, liquidityRaw, , , owed0Raw, owed1Raw] = row;
    return { owner, token0, token1, feePips, tickLower, tickUpper, liquidityRaw, owed0Raw, owed1Raw };
  },

  async listOwned(chain, positionManager, wallet, block) {
    const abi = UNISWAP_V3_POSITION_MANAGER_ABI;
    const countData = await chain.call(
      { to: positionManager, data: encodeFunctionData({ abi, functionName: "balanceOf", args: [wallet] }) },
      block,
    );
    const count = decode(positionManager, () =>
      decodeFunctionResult({ abi, functionName: "balanceOf", data: countData }),
    );
    if (count > MAX_POSITIONS) throw badAnswer(positionManager, `says ${wallet} owns ${count} positions`);
    return Promise.all(
      Array.from({ length: Number(count) }, async (_, index) => {
        const data = await chain.call(
          {
            to: positionManager,
            data: encodeFunctionData({ abi, functionName: "tokenOfOwnerByIndex", args: [wallet, BigInt(index)] }),
          },
          block,
        );
        return decode(positionManager, () => decodeFunctionResult({ abi, functionName: "tokenOfOwnerByIndex", data }));
      }),
    );
  },

  async simulateCollect(chain, { positionManager, tokenId, owner }, block) {
    const abi = UNISWAP_V3_POSITION_MANAGER_ABI;
    const params = { tokenId, recipient: owner, amount0Max: MAX_UINT128, amount1Max: MAX_UINT128 };
    const data = await chain.call(
      {
        from: owner,
        to: positionManager,
        data: encodeFunctionData({ abi, functionName: "collect", args: [params] }),
      },
      block,
    );
    const [amount0Raw, amount1Raw] = decode(positionManager, () =>
      decodeFunctionResult({ abi, functionName: "collect", data }),
    );
    return { amount0Raw, amount1Raw };
  },
};

/** Null when the call reverted, which is how the position manager answers for a token that does not exist. */
async function callOrNull(
  chain: CallPort,
  request: Parameters<CallPort["call"]>[0],
  block: BlockAt,
): Promise<`0x${string}` | null> {
  try {
    return await chain.call(request, block);
  } catch (error) {
    if (error instanceof ChainError && error.code === "reverted") return null;
    throw error;
  }
}

function decode<T>(contract: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw badAnswer(contract, "did not answer in the shape of its family; check the registry entry", cause);
  }
}

function badAnswer(contract: string, what: string, cause?: unknown): ChainError {
  return new ChainError({ code: "bad_data", retryable: false, message: `${contract} ${what}`, cause });
}

/** A V3 pool's id is its address; a 32-byte id here is a wrong registry entry. */
function addressOf(pool: `0x${string}`): Address {
  if (pool.length === 42) return pool;
  throw badAnswer(pool, "is not an address, but Uniswap V3 pools are addressed by one; check the registry entry");
}
