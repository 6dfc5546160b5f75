// Uniswap V4 on the devnet: published bytecode of PoolManager, PositionManager, StateView and V4Quoter.
import { encodeAbiParameters, encodeFunctionData, keccak256, parseAbi, parseAbiParameters } from "viem";
import type { Address, Hex } from "@/lib/units";
import { ORDER_KINDS, type FamilyKit, type KitContext, type NewPool } from "./family-kit";
import {
  POOL_GAS,
  ZERO_ADDRESS,
  addressArgs,
  artifactLoader,
  dexEntryOf,
  poolRefFrom,
  requireTickSpacing,
  startBatch,
} from "./kit-tools";

export const V4_POOL_MANAGER_ABI = parseAbi([
  "function initialize((address currency0, address currency1, uint24 fee, int24 tickSpacing, address hooks) key, uint160 sqrtPriceX96) returns (int24 tick)",
]);
/** Gas that a position's subscriber may use when it is told of a removal, as on the published deployments. */
const UNSUBSCRIBE_GAS = 300_000n;

export interface V4Contracts {
  readonly poolManager: Address;
  readonly positionManager: Address;
  readonly stateView: Address;
  readonly quoter: Address;
}

export async function deployV4(context: KitContext, what: string, permit2: Address): Promise<V4Contracts> {
  const core = artifactLoader(context.rootDir, "@uniswap/v4-core/out");
  const periphery = artifactLoader(context.rootDir, "@uniswap/v4-periphery/foundry-out");
  const batch = await startBatch(context);
  const poolManager = batch.create(core("PoolManager"), addressArgs(context.keeper));
  const positionManager = batch.create(
    periphery("PositionManager"),
    encodeAbiParameters(parseAbiParameters("address, address, uint256, address, address"), [
      poolManager,
      permit2,
      UNSUBSCRIBE_GAS,
      ZERO_ADDRESS,
      context.weth,
    ]),
  );
  const stateView = batch.create(periphery("StateView"), addressArgs(poolManager));
  const quoter = batch.create(periphery("V4Quoter"), addressArgs(poolManager));
  await batch.send(`Deploying ${what}`);
  return { poolManager, positionManager, stateView, quoter };
}

export function encodeV4Key(input: Pick<NewPool, "token0" | "token1" | "feePips">, tickSpacing: number): Hex {
  return encodeAbiParameters(parseAbiParameters("address, address, uint24, int24, address"), [
    input.token0,
    input.token1,
    input.feePips,
    tickSpacing,
    ZERO_ADDRESS,
  ]);
}

export const uniswapV4Kit: FamilyKit = {
  family: "uniswap-v4",
  dexId: "uniswap-v4",
  name: "Uniswap V4",
  variant: null,
  isStandIn: false,
  async deploy(context) {
    const { chainId, permit2 } = context;
    const { poolManager, positionManager, stateView, quoter } = await deployV4(context, "Uniswap V4", permit2);
    const dex = dexEntryOf(uniswapV4Kit, chainId, {
      factory: poolManager,
      positionManager,
      stateView,
      quoterV2: quoter,
      permit2,
    });
    return {
      dex,
      async createPool(input) {
        const tickSpacing = requireTickSpacing(uniswapV4Kit, input);
        const { token0, token1, feePips, sqrtPriceX96 } = input;
        const key = { currency0: token0, currency1: token1, fee: feePips, tickSpacing, hooks: ZERO_ADDRESS };
        const data = encodeFunctionData({
          abi: V4_POOL_MANAGER_ABI,
          functionName: "initialize",
          args: [key, sqrtPriceX96],
        });
        await context.send("Creating a Uniswap V4 pool", [{ to: poolManager, data, gas: POOL_GAS }]);
        const id = keccak256(encodeV4Key(input, tickSpacing));
        return poolRefFrom(dex, chainId, id, input, { permit2, hooks: ZERO_ADDRESS });
      },
      orderTarget: (pool) => ({
        kind: ORDER_KINDS.v4,
        target: poolManager,
        key: encodeV4Key(
          { token0: pool.token0, token1: pool.token1, feePips: pool.feePips ?? 0 },
          pool.tickSpacing ?? 0,
        ),
      }),
    };
  },
};
