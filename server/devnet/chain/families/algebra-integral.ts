// Algebra Integral on the devnet: published bytecode of core, periphery and the plugin whose fee follows volatility.
import { encodeFunctionData, parseAbi } from "viem";
import { ORDER_KINDS, type FamilyKit } from "./family-kit";
import {
  POOL_GAS,
  ZERO_ADDRESS,
  addressArgs,
  artifactLoader,
  dexEntryOf,
  poolRefFrom,
  requireDeployed,
  requireInitCodeHash,
  requireTickSpacing,
  startBatch,
} from "./kit-tools";

const INIT_CODE_HASH = "0x62441ebe4e4315cf3d49d5957f94d66b253dbabe7006f34ad7f70947e60bf15c";
const FACTORY_ABI = parseAbi([
  "function setVaultFactory(address vaultFactory)",
  "function setDefaultPluginFactory(address pluginFactory)",
  "function setDefaultTickspacing(int24 tickSpacing)",
  "function defaultTickspacing() view returns (int24)",
  "function poolByPair(address tokenA, address tokenB) view returns (address)",
]);
const PLUGIN_FACTORY_ABI = parseAbi([
  "function setDefaultFeeConfiguration((uint16 alpha1, uint16 alpha2, uint32 beta1, uint32 beta2, uint16 gamma1, uint16 gamma2, uint16 baseFee) config)",
  "function defaultFeeConfiguration() view returns (uint16 alpha1, uint16 alpha2, uint32 beta1, uint32 beta2, uint16 gamma1, uint16 gamma2, uint16 baseFee)",
]);
const MANAGER_ABI = parseAbi([
  "function createAndInitializePoolIfNecessary(address token0, address token1, address deployer, uint160 sqrtPriceX96, bytes data) payable returns (address pool)",
]);

export const algebraIntegralKit: FamilyKit = {
  family: "algebra-integral",
  dexId: "algebra-integral",
  name: "Algebra Integral",
  variant: null,
  isStandIn: false,
  async deploy(context) {
    const { chainId, client, keeper, rootDir, weth } = context;
    const core = artifactLoader(rootDir, "@cryptoalgebra/integral-core/artifacts/contracts");
    const periphery = artifactLoader(rootDir, "@cryptoalgebra/integral-periphery/artifacts/contracts");
    const plugin = artifactLoader(rootDir, "@cryptoalgebra/integral-base-plugin/artifacts/contracts");
    requireInitCodeHash({
      family: "Algebra Integral",
      poolCode: core("AlgebraPool"),
      published: INIT_CODE_HASH,
      managerCode: periphery("NonfungiblePositionManager"),
    });
    const batch = await startBatch(context);
    // Deployer and factory name each other in their constructors: the factory comes right after.
    const poolDeployer = batch.create(core("AlgebraPoolDeployer"), addressArgs(batch.peek(1)));
    const factory = batch.create(core("AlgebraFactory"), addressArgs(poolDeployer));
    const vault = batch.create(core("AlgebraCommunityVault"), addressArgs(factory, keeper));
    const vaultFactory = batch.create(core("AlgebraVaultFactoryStub"), addressArgs(vault));
    const pluginFactory = batch.create(plugin("BasePluginV1Factory"), addressArgs(factory));
    batch.call(
      factory,
      encodeFunctionData({ abi: FACTORY_ABI, functionName: "setVaultFactory", args: [vaultFactory] }),
    );
    batch.call(
      factory,
      encodeFunctionData({ abi: FACTORY_ABI, functionName: "setDefaultPluginFactory", args: [pluginFactory] }),
    );
    const args = addressArgs(factory, weth, poolDeployer);
    const positionManager = batch.create(
      periphery("NonfungiblePositionManager"),
      addressArgs(factory, weth, ZERO_ADDRESS, poolDeployer),
    );
    const swapRouter = batch.create(periphery("SwapRouter"), args);
    const quoterV2 = batch.create(periphery("lens/QuoterV2"), args);
    await batch.send("Deploying Algebra Integral");
    const contracts = { factory, positionManager, poolDeployer, swapRouter, quoterV2 };
    const dex = dexEntryOf(algebraIntegralKit, chainId, contracts, INIT_CODE_HASH);
    return {
      dex,
      async createPool(input) {
        const tickSpacing = requireTickSpacing(algebraIntegralKit, input);
        const [alpha1, alpha2, beta1, beta2, gamma1, gamma2] = await client.readContract({
          address: pluginFactory,
          abi: PLUGIN_FACTORY_ABI,
          functionName: "defaultFeeConfiguration",
        });
        const creating = await startBatch(context);
        // The wanted fee is the lowest one; volatility raises it.
        creating.call(
          pluginFactory,
          encodeFunctionData({
            abi: PLUGIN_FACTORY_ABI,
            functionName: "setDefaultFeeConfiguration",
            args: [{ alpha1, alpha2, beta1, beta2, gamma1, gamma2, baseFee: input.feePips }],
          }),
        );
        const current = await client.readContract({
          address: factory,
          abi: FACTORY_ABI,
          functionName: "defaultTickspacing",
        });
        // The factory refuses a value it already has.
        if (current !== tickSpacing) {
          creating.call(
            factory,
            encodeFunctionData({ abi: FACTORY_ABI, functionName: "setDefaultTickspacing", args: [tickSpacing] }),
          );
        }
        creating.call(
          positionManager,
          encodeFunctionData({
            abi: MANAGER_ABI,
            functionName: "createAndInitializePoolIfNecessary",
            args: [input.token0, input.token1, ZERO_ADDRESS, input.sqrtPriceX96, "0x"],
          }),
          POOL_GAS,
        );
        await creating.send("Creating an Algebra Integral pool");
        const pool = await client.readContract({
          address: factory,
          abi: FACTORY_ABI,
          functionName: "poolByPair",
          args: [input.token0, input.token1],
        });
        await requireDeployed(context, "Algebra Integral pool", pool);
        return poolRefFrom(dex, chainId, pool, input, { feePips: null, deployer: ZERO_ADDRESS });
      },
      orderTarget: (pool) => ({ kind: ORDER_KINDS.algebra, target: pool.pool, key: "0x" }),
    };
  },
};
