// Uniswap V3 reads (and its exact copies): pools named by tokens and fee, protocol share one part in four bits per token.
import { createV3Reads } from "./v3-reads";
import { feeKeyReads, readSlot0Pool } from "./v3-slot0";

export const uniswapV3Reads = createV3Reads({
  family: "uniswap-v3",
  ...feeKeyReads,
  readPool: (place, pool) => readSlot0Pool(place, pool, protocolShareFrac),
});

/** Low four bits for token0, high four for token1, each 1/x of the fee or 0 for nothing. Mean of both, since flow goes both ways. */
export function protocolShareFrac(feeProtocol: number): number {
  return (shareOf(feeProtocol & 0xf) + shareOf((feeProtocol >> 4) & 0xf)) / 2;
}

function shareOf(denominator: number): number {
  return denominator === 0 ? 0 : 1 / denominator;
}
