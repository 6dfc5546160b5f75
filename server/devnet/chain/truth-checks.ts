// Proves at boot that the chain runs the real contracts: Permit2 separator, pool code hash, fees, quoter equal to a swap.
import {
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  getContractAddress,
  keccak256,
  numberToHex,
  parseAbiParameters,
  stringToHex,
  type Hex,
} from "viem";
import { DevnetError } from "@/server/devnet/devnet-error";
import { UNISWAP_V3_DEX_ID, type PoolSetup } from "@/server/devnet/market/setup";
import { poolSetupOf } from "@/server/devnet/market/other-pools";
import { factoryAbi, permit2Abi, poolAbi, quoterAbi, swapRouterAbi, tokenAbi } from "./abis";
import { loadCreationCode } from "./artifacts";
import { mineAt, queueTx, requireSuccess, type DevnetClient } from "./client";
import { sortedTokens, v3Of, type ChainDeployment } from "./deploy";
import { V3_INIT_CODE_HASH } from "./v3-hash";

export async function checkDeployment(input: {
  readonly client: DevnetClient;
  readonly rootDir: string;
  readonly deployment: ChainDeployment;
}): Promise<void> {
  const { client, rootDir, deployment } = input;
  const separator = await client.readContract({
    address: deployment.permit2,
    abi: permit2Abi,
    functionName: "DOMAIN_SEPARATOR",
  });
  expectEqual("Permit2 DOMAIN_SEPARATOR()", separator, expectedSeparator(deployment.permit2, deployment.chainId));
  if (deployment.v3 === null) return;
  const { factory } = deployment.v3;
  const code = loadCreationCode(rootDir, "@uniswap/v3-core/artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json");
  expectEqual("Uniswap V3 pool init code hash", keccak256(code), V3_INIT_CODE_HASH);
  for (const setup of v3PoolsOf(deployment)) {
    const [token0, token1] = sortedTokens(setup.pairId, deployment.tokens);
    const listed = await client.readContract({
      address: factory,
      abi: factoryAbi,
      functionName: "getPool",
      args: [token0, token1, setup.feePips],
    });
    const salt = keccak256(
      encodeAbiParameters(parseAbiParameters("address, address, uint24"), [token0, token1, setup.feePips]),
    );
    const derived = getContractAddress({
      opcode: "CREATE2",
      from: factory,
      salt,
      bytecodeHash: V3_INIT_CODE_HASH,
    });
    expectEqual(`Address of pool ${setup.key}`, listed.toLowerCase(), derived.toLowerCase());
    const fee = await client.readContract({ address: listed, abi: poolAbi, functionName: "fee" });
    expectEqual(`fee() of pool ${setup.key}`, String(fee), String(setup.feePips));
  }
}

/** One real swap per pool by the devnet's own trader; its output must be what the quoter said before. */
export async function checkQuoterAgainstSwap(input: {
  readonly client: DevnetClient;
  readonly deployment: ChainDeployment;
  readonly atMs: number;
}): Promise<void> {
  const { client, deployment } = input;
  const { trader, tokens, keeper } = deployment;
  const { swapRouter, quoterV2 } = v3Of(deployment);
  const pools = v3PoolsOf(deployment);
  const amountIn = 1_000_000_000n;
  const funding = encodeFunctionData({
    abi: tokenAbi,
    functionName: "mint",
    args: [trader, amountIn * BigInt(pools.length)],
  });
  const approval = encodeFunctionData({
    abi: tokenAbi,
    functionName: "approve",
    args: [swapRouter, amountIn * BigInt(pools.length)],
  });
  const prepared = [
    await queueTx(client, { from: keeper, to: tokens.USDC, data: funding, gas: 200_000n }),
    await queueTx(client, { from: trader, to: tokens.USDC, data: approval, gas: 200_000n }),
  ];
  await mineAt(client, input.atMs);
  await requireSuccess(client, prepared, "Funding the check swaps");
  let atMs = input.atMs;
  for (const pool of pools) {
    const tokenOut = pool.pairId === "WETH-USDC" ? tokens.WETH : tokens.USDT;
    const path = concatHex([tokens.USDC, numberToHex(pool.feePips, { size: 3 }), tokenOut]);
    const { result } = await client.simulateContract({
      address: quoterV2,
      abi: quoterAbi,
      functionName: "quoteExactInput",
      args: [path, amountIn],
    });
    const before = await client.readContract({
      address: tokenOut,
      abi: tokenAbi,
      functionName: "balanceOf",
      args: [trader],
    });
    atMs += 12_000;
    const data = encodeFunctionData({
      abi: swapRouterAbi,
      functionName: "exactInputSingle",
      args: [
        {
          tokenIn: tokens.USDC,
          tokenOut,
          fee: pool.feePips,
          recipient: trader,
          deadline: BigInt(Math.floor(atMs / 1000) + 600),
          amountIn,
          amountOutMinimum: 1n,
          sqrtPriceLimitX96: 0n,
        },
      ],
    });
    const hash = await queueTx(client, { from: trader, to: swapRouter, data, gas: 1_000_000n });
    await mineAt(client, atMs);
    await requireSuccess(client, [hash], `Check swap in ${pool.key}`);
    const after = await client.readContract({
      address: tokenOut,
      abi: tokenAbi,
      functionName: "balanceOf",
      args: [trader],
    });
    expectEqual(`Swap output in ${pool.key} against the quoter`, String(after - before), String(result[0]));
  }
}

/** Blocks that `checkQuoterAgainstSwap` mines for so many pools. */
export function quoterCheckBlocks(pools: number): number {
  return pools + 1;
}

function v3PoolsOf(deployment: ChainDeployment): readonly PoolSetup[] {
  return deployment.pools.map((pool) => poolSetupOf(pool.key)).filter((setup) => setup.dex === UNISWAP_V3_DEX_ID);
}

function expectedSeparator(permit2: Hex, chainId: number): Hex {
  const typeHash = keccak256(stringToHex("EIP712Domain(string name,uint256 chainId,address verifyingContract)"));
  return keccak256(
    encodeAbiParameters(parseAbiParameters("bytes32, bytes32, uint256, address"), [
      typeHash,
      keccak256(stringToHex("Permit2")),
      BigInt(chainId),
      permit2,
    ]),
  );
}

function expectEqual(what: string, actual: string, expected: string): void {
  if (actual !== expected) {
    throw new DevnetError({
      code: "truth_check",
      message: `${what}: expected ${expected}, got ${actual}. The installed contract packages are not the pinned ones; run "npm ci" and start with --fresh.`,
      retryable: false,
    });
  }
}
