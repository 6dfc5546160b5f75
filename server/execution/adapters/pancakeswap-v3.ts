// PancakeSwap V3 reads: as Uniswap V3, but its protocol shares are two uint16 in one uint32, and pools come from a deployer.
import { addressQuestion, compare, createV3Reads } from "./v3-reads";
import { feeKeyReads, readSlot0Pool } from "./v3-slot0";

export const pancakeswapV3Reads = createV3Reads({
  family: "pancakeswap-v3",
  ...feeKeyReads,
  readPool: (place, pool) => readSlot0Pool(place, pool, protocolShareFrac),
  async moreChecks(place, { contracts: { poolDeployer, positionManager } }) {
    if (poolDeployer === null) return [];
    const what = `pool deployer of the position manager ${positionManager}`;
    return [
      await compare(place, { what, expected: poolDeployer, question: addressQuestion(positionManager, "deployer") }),
    ];
  },
});

const SHARE_DENOMINATOR = 10_000;

/** Low 16 bits for token0, high 16 for token1, each in 1/10 000 of the fee. Mean of both, since flow goes both ways. */
export function protocolShareFrac(feeProtocol: number): number {
  return ((feeProtocol & 0xffff) + (feeProtocol >>> 16)) / 2 / SHARE_DENOMINATOR;
}
