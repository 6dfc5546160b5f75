// Reads of Uniswap-V3-shaped families for the engine: price, position, inventory, at a named block; an error is never "none".
import { decodeAbiParameters, encodeFunctionData, decodeFunctionResult } from "viem";
import { ChainError } from "@/lib/errors/tidegate-error";
import { UNISWAP_V3_POOL_ABI, UNISWAP_V3_POSITION_MANAGER_ABI } from "@/lib/registry/abis/uniswap-v3";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { ChainPort, FamilyPort } from "./ports";

const SLOT0 = encodeFunctionData({ abi: UNISWAP_V3_POOL_ABI, functionName: "slot0" });
/** More positions than any deployment has; a manager that answers more is not believed. */
const MAX_OWNED = 2_000n;

/** `family` is uniswap-v3 or pancakeswap-v3: the first two words of slot0 and all manager reads are the same. */
export function createV3Family(family: Family): FamilyPort {
  return {
    family,
    readPool: async (chain, pool, block) => {
      const answer = await chain.call({ to: poolAddress(pool), data: SLOT0 }, block);
      const [sqrtPriceX96, tick] = decodeWords(answer, chain, pool);
      return { sqrtPriceX96, tick };
    },
    readPosition,
    listOwned: async (chain, positionManager, wallet, block) => {
      const abi = UNISWAP_V3_POSITION_MANAGER_ABI;
      const count = decodeFunctionResult({
        abi,
        functionName: "balanceOf",
        data: await chain.call(
          { to: positionManager, data: encodeFunctionData({ abi, functionName: "balanceOf", args: [wallet] }) },
          block,
        ),
      });
      if (count > MAX_OWNED) throw badData(chain, `${positionManager} says the wallet owns ${count} positions`);
      const tokenIds: bigint[] = [];
      for (let index = 0n; index < count; index += 1n) {
        const data = encodeFunctionData({ abi, functionName: "tokenOfOwnerByIndex", args: [wallet, index] });
        tokenIds.push(
          decodeFunctionResult({
            abi,
            functionName: "tokenOfOwnerByIndex",
            data: await chain.call({ to: positionManager, data }, block),
          }),
        );
      }
      return tokenIds;
    },
  };
}

async function readPosition(
  chain: ChainPort,
  positionManager: Address,
  tokenId: bigint,
  block: bigint | "latest",
): Promise<Awaited<ReturnType<FamilyPort["readPosition"]>>> {
  const abi = UNISWAP_V3_POSITION_MANAGER_ABI;
  let owner: Address;
  try {
    owner = decodeFunctionResult({
      abi,
      functionName: "ownerOf",
      data: await chain.call(
        { to: positionManager, data: encodeFunctionData({ abi, functionName: "ownerOf", args: [tokenId] }) },
        block,
      ),
    });
  } catch (error) {
    // A burned id reverts; a silent node is another error and goes on as one.
    if (error instanceof ChainError && error.code === "reverted") return null;
    throw error;
  }
  const words = decodeFunctionResult({
    abi,
    functionName: "positions",
    data: await chain.call(
      { to: positionManager, data: encodeFunctionData({ abi, functionName: "positions", args: [tokenId] }) },
      block,
    ),
  });
  return {
    owner,
    token0: words[2],
    token1: words[3],
    tickLower: words[5],
    tickUpper: words[6],
    liquidityRaw: words[7],
    owed0Raw: words[10],
    owed1Raw: words[11],
  };
}

function decodeWords(answer: Hex, chain: ChainPort, pool: Hex): readonly [bigint, number] {
  if (answer.length < 2 + 128) throw badData(chain, `slot0 of ${pool} answered ${answer.length / 2 - 1} bytes`);
  const words = decodeAbiParameters([{ type: "uint160" }, { type: "int24" }], answer);
  if (words[0] === 0n) throw badData(chain, `pool ${pool} has no price yet`);
  return words;
}

function poolAddress(pool: Hex): Address {
  if (pool.length !== 42)
    throw new ChainError({ code: "bad_data", retryable: false, message: `${pool} is not a pool address` });
  return pool;
}

function badData(chain: ChainPort, text: string): ChainError {
  return new ChainError({
    code: "bad_data",
    retryable: false,
    message: `${text} on ${chain.chain.name} (${chain.chain.id}): a Uniswap V3 contract was expected; check the registry entry`,
  });
}
