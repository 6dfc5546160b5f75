// PancakeSwap V3 on the devnet: published bytecode of factory, pools, position manager, router and quoter; only the pool deployer is ours.
import { encodeAbiParameters, encodeFunctionData, parseAbi, parseAbiParameters } from "viem";
import { ORDER_KINDS, type FamilyKit } from "./family-kit";
import {
  ZERO_ADDRESS,
  addressArgs,
  artifactLoader,
  compiledCode,
  dexEntryOf,
  poolRefFrom,
  requireInitCodeHash,
  requireTickSpacing,
  startBatch,
} from "./kit-tools";
import { createV3Pool, enableFee } from "./v3-bytecode";

const INIT_CODE_HASH = "0x6ce8eb472fa82df5469c6ab6d485f17c3ad13c8cd7af59b3d4a8026c5ce0f7e2";
const DEPLOYER_ABI = parseAbi(["function setFactoryAddress(address factory)"]);

export const pancakeswapV3Kit: FamilyKit = {
  family: "pancakeswap-v3",
  dexId: "pancakeswap-v3",
  name: "PancakeSwap V3",
  variant: null,
  isStandIn: false,
  async deploy(context) {
    const { chainId, rootDir, weth } = context;
    const core = artifactLoader(rootDir, "@pancakeswap/v3-core/artifacts/contracts");
    const periphery = artifactLoader(rootDir, "@pancakeswap/v3-periphery/artifacts/contracts");
    const poolCode = core("PancakeV3Pool");
    requireInitCodeHash({
      family: "PancakeSwap V3",
      poolCode,
      published: INIT_CODE_HASH,
      managerCode: periphery("NonfungiblePositionManager"),
    });
    const batch = await startBatch(context);
    const poolDeployer = batch.create(
      compiledCode(context, "PancakePoolDeployer"),
      encodeAbiParameters(parseAbiParameters("bytes"), [poolCode]),
    );
    const factory = batch.create(core("PancakeV3Factory"), addressArgs(poolDeployer));
    batch.call(
      poolDeployer,
      encodeFunctionData({ abi: DEPLOYER_ABI, functionName: "setFactoryAddress", args: [factory] }),
    );
    const args = addressArgs(poolDeployer, factory, weth);
    const positionManager = batch.create(
      periphery("NonfungiblePositionManager"),
      addressArgs(poolDeployer, factory, weth, ZERO_ADDRESS),
    );
    const swapRouter = batch.create(periphery("SwapRouter"), args);
    const quoterV2 = batch.create(periphery("lens/QuoterV2"), args);
    await batch.send("Deploying PancakeSwap V3");
    const contracts = { factory, positionManager, poolDeployer, swapRouter, quoterV2 };
    const dex = dexEntryOf(pancakeswapV3Kit, chainId, contracts, INIT_CODE_HASH);
    return {
      dex,
      async createPool(input) {
        await enableFee(context, factory, input.feePips, requireTickSpacing(pancakeswapV3Kit, input));
        return poolRefFrom(dex, chainId, await createV3Pool(context, contracts, input), input);
      },
      orderTarget: (pool) => ({ kind: ORDER_KINDS.v3, target: pool.pool, key: "0x" }),
    };
  },
};
