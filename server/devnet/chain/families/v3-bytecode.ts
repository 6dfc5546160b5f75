// Uniswap V3's published bytecode: one factory with manager, router and quoter; the base of the V3 kit and of the V3-shaped stand-ins.
import { encodeFunctionData, parseAbi } from "viem";
import type { Address, Hex } from "@/lib/units";
import type { KitContext, NewPool } from "./family-kit";
import {
  POOL_GAS,
  ZERO_ADDRESS,
  addressArgs,
  artifactLoader,
  requireDeployed,
  requireInitCodeHash,
  startBatch,
} from "./kit-tools";

/** Published hash that Uniswap V3 periphery carries. */
export const UNISWAP_V3_INIT_CODE_HASH = "0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54";

export const V3_FACTORY_ABI = parseAbi([
  "function enableFeeAmount(uint24 fee, int24 tickSpacing)",
  "function feeAmountTickSpacing(uint24 fee) view returns (int24)",
  "function getPool(address tokenA, address tokenB, uint24 fee) view returns (address)",
]);
export const V3_CREATE_ABI = parseAbi([
  "function createAndInitializePoolIfNecessary(address token0, address token1, uint24 fee, uint160 sqrtPriceX96) payable returns (address pool)",
]);

export interface V3Contracts {
  readonly factory: Address;
  readonly positionManager: Address;
  readonly swapRouter: Address;
  readonly quoterV2: Address;
}

export async function deployV3(context: KitContext, what: string): Promise<V3Contracts> {
  const core = artifactLoader(context.rootDir, "@uniswap/v3-core/artifacts/contracts");
  const periphery = artifactLoader(context.rootDir, "@uniswap/v3-periphery/artifacts/contracts");
  requireInitCodeHash({
    family: what,
    poolCode: core("UniswapV3Pool"),
    published: UNISWAP_V3_INIT_CODE_HASH,
    managerCode: periphery("NonfungiblePositionManager"),
  });
  const batch = await startBatch(context);
  const factory = batch.create(core("UniswapV3Factory"));
  const args = addressArgs(factory, context.weth);
  const positionManager = batch.create(
    periphery("NonfungiblePositionManager"),
    addressArgs(factory, context.weth, ZERO_ADDRESS),
  );
  const swapRouter = batch.create(periphery("SwapRouter"), args);
  const quoterV2 = batch.create(periphery("lens/QuoterV2"), args);
  await batch.send(`Deploying ${what}`);
  return { factory, positionManager, swapRouter, quoterV2 };
}

/** Lets the factory make pools of this fee and spacing; a fee has one spacing for ever. */
export async function enableFee(
  context: KitContext,
  factory: Address,
  feePips: number,
  tickSpacing: number,
): Promise<void> {
  const current = await context.client.readContract({
    address: factory,
    abi: V3_FACTORY_ABI,
    functionName: "feeAmountTickSpacing",
    args: [feePips],
  });
  if (current !== 0) return;
  const data = encodeFunctionData({
    abi: V3_FACTORY_ABI,
    functionName: "enableFeeAmount",
    args: [feePips, tickSpacing],
  });
  await context.send(`Enabling the fee ${feePips}`, [{ to: factory, data, gas: 200_000n }]);
}

/** Creates and prices a pool through a manager of this shape (Uniswap V3, PancakeSwap V3). */
export async function createV3Pool(
  context: KitContext,
  contracts: Pick<V3Contracts, "factory" | "positionManager">,
  input: NewPool,
): Promise<Hex> {
  const { token0, token1, feePips, sqrtPriceX96 } = input;
  const data = encodeFunctionData({
    abi: V3_CREATE_ABI,
    functionName: "createAndInitializePoolIfNecessary",
    args: [token0, token1, feePips, sqrtPriceX96],
  });
  await context.send("Creating a pool", [{ to: contracts.positionManager, data, gas: POOL_GAS }]);
  const pool = await context.client.readContract({
    address: contracts.factory,
    abi: V3_FACTORY_ABI,
    functionName: "getPool",
    args: [token0, token1, feePips],
  });
  await requireDeployed(context, "Pool of a V3 factory", pool);
  return pool;
}
