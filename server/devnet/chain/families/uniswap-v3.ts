// Uniswap V3 on the devnet: published bytecode of factory, pools, position manager, router and quoter.
import { ORDER_KINDS, type FamilyKit } from "./family-kit";
import { dexEntryOf, poolRefFrom, requireTickSpacing } from "./kit-tools";
import { UNISWAP_V3_INIT_CODE_HASH, createV3Pool, deployV3, enableFee } from "./v3-bytecode";

export const uniswapV3Kit: FamilyKit = {
  family: "uniswap-v3",
  dexId: "uniswap-v3",
  name: "Uniswap V3",
  variant: null,
  isStandIn: false,
  async deploy(context) {
    const contracts = await deployV3(context, "Uniswap V3");
    const dex = dexEntryOf(uniswapV3Kit, context.chainId, contracts, UNISWAP_V3_INIT_CODE_HASH);
    return {
      dex,
      async createPool(input) {
        await enableFee(context, contracts.factory, input.feePips, requireTickSpacing(uniswapV3Kit, input));
        return poolRefFrom(dex, context.chainId, await createV3Pool(context, contracts, input), input);
      },
      orderTarget: (pool) => ({ kind: ORDER_KINDS.v3, target: pool.pool, key: "0x" }),
    };
  },
};
