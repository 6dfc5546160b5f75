// Uniswap V3 reads (and its exact copies): pools named by tokens and fee, protocol share one part in four bits per token.
import { poolAddress } from "./v3-call";
import { createV3Reads, numberQuestion } from "./v3-reads";
import { feeKeyPool, feeKeyPosition, readBitmapChanges, readFeeKey, readSlot0Pool } from "./v3-slot0";

export const uniswapV3Reads = createV3Reads({
  family: "uniswap-v3",
  readPool: (place, pool) => readSlot0Pool(place, pool, denominatorShare),
  readChanges: readBitmapChanges,
  positionQuestion: feeKeyPosition,
  readKey: readFeeKey,
  findPool: feeKeyPool,
  feeQuestion: (pool) => numberQuestion(poolAddress(pool), "fee"),
});

/** Low four bits for token0, high four for token1, each 1/x of the fee or 0 for nothing; the larger share counts. */
function denominatorShare(feeProtocol: number): number {
  const shareOf = (part: number): number => (part === 0 ? 0 : 1 / part);
  return Math.max(shareOf(feeProtocol & 0xf), shareOf((feeProtocol >> 4) & 0xf));
}
