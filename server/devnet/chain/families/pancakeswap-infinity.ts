// PancakeSwap Infinity (concentrated liquidity) on the devnet, a stand-in: faces over Uniswap V4's published bytecode, with a Permit2 of its own.
import { encodeAbiParameters, encodeFunctionData, keccak256, numberToHex, parseAbi, parseAbiParameters } from "viem";
import type { Address, Hex } from "@/lib/units";
import { loadPermit2Runtime } from "@/server/devnet/chain/artifacts";
import { wearFace } from "./faces";
import { ORDER_KINDS, type FamilyKit } from "./family-kit";
import { POOL_GAS, ZERO_ADDRESS, addressArgs, dexEntryOf, poolRefFrom, requireTickSpacing } from "./kit-tools";
import { deployV4, encodeV4Key } from "./uniswap-v4";

/** Where PancakeSwap keeps its own Permit2 on every chain. */
const INFINITY_PERMIT2: Address = "0x31c2F6fcFf4F8759b3Bd5Bf0e1084A055615c768";
const POOL_MANAGER_ABI = parseAbi([
  "function initialize((address currency0, address currency1, address hooks, address poolManager, uint24 fee, bytes32 parameters) key, uint160 sqrtPriceX96) returns (int24 tick)",
]);

/** Tick spacing from bit 16; no hooks. */
function parametersOf(tickSpacing: number): Hex {
  return numberToHex(BigInt(tickSpacing) << 16n, { size: 32 });
}

export const pancakeswapInfinityKit: FamilyKit = {
  family: "pancakeswap-infinity",
  dexId: "pancakeswap-infinity",
  name: "PancakeSwap Infinity (stand-in)",
  variant: null,
  isStandIn: true,
  async deploy(context) {
    const { chainId, client } = context;
    await client.setCode({ address: INFINITY_PERMIT2, bytecode: loadPermit2Runtime(context.rootDir) });
    const { poolManager, positionManager } = await deployV4(context, "PancakeSwap Infinity", INFINITY_PERMIT2);
    await wearFace(context, {
      at: poolManager,
      face: "InfinityPoolManagerFace",
      args: addressArgs(positionManager),
      // Under the real code's own pool ids, which nobody outside knows.
      hides: [
        "Initialize(bytes32,address,address,uint24,int24,address,uint160,int24)",
        "ModifyLiquidity(bytes32,address,int24,int24,int256,bytes32)",
        "Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24)",
      ],
    });
    await wearFace(context, {
      at: positionManager,
      face: "InfinityPositionManagerFace",
      args: addressArgs(poolManager),
    });
    const dex = dexEntryOf(pancakeswapInfinityKit, chainId, {
      factory: poolManager,
      positionManager,
      // The real vault is a contract of its own; here the pool manager holds the tokens.
      vault: poolManager,
      permit2: INFINITY_PERMIT2,
    });
    return {
      dex,
      async createPool(input) {
        const { token0: currency0, token1: currency1, feePips: fee, sqrtPriceX96 } = input;
        const parameters = parametersOf(requireTickSpacing(pancakeswapInfinityKit, input));
        const key = { currency0, currency1, hooks: ZERO_ADDRESS, poolManager, fee, parameters };
        const data = encodeFunctionData({
          abi: POOL_MANAGER_ABI,
          functionName: "initialize",
          args: [key, sqrtPriceX96],
        });
        await context.send("Creating a PancakeSwap Infinity pool", [{ to: poolManager, data, gas: POOL_GAS }]);
        const id = keccak256(
          encodeAbiParameters(parseAbiParameters("address, address, address, address, uint24, bytes32"), [
            currency0,
            currency1,
            ZERO_ADDRESS,
            poolManager,
            fee,
            parameters,
          ]),
        );
        return poolRefFrom(dex, chainId, id, input, { permit2: INFINITY_PERMIT2, hooks: ZERO_ADDRESS, parameters });
      },
      // The stand-in's pools are traded in the shape of the code below.
      orderTarget: (pool) => ({
        kind: ORDER_KINDS.infinity,
        target: poolManager,
        key: encodeV4Key(
          { token0: pool.token0, token1: pool.token1, feePips: pool.feePips ?? 0 },
          pool.tickSpacing ?? 0,
        ),
      }),
    };
  },
};
