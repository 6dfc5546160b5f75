// Algebra 1.x (QuickSwap V3) reads: one fee in globalState, community fees per token, tick table packed by the spacing.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { COMMUNITY_FEE_DENOMINATOR, pairKeyReads } from "./v3-algebra";
import { ask, poolAddress } from "./v3-call";
import { changesByBitmap } from "./v3-depth";
import { createV3Reads, liquidityQuestion, requirePrice, spacingOf } from "./v3-reads";

const ABI = parseAbi([
  "function globalState() view returns (uint160 price, int24 tick, uint16 fee, uint16 timepointIndex, uint16 communityFeeToken0, uint16 communityFeeToken1, bool unlocked)",
]);

export const algebraV1Reads = createV3Reads({
  family: "algebra-v1",
  ...pairKeyReads,
  async readPool(place, pool) {
    const to = poolAddress(pool);
    const [[price, tick, fee, , community0, community1], liquidityRaw, tickSpacing] = await Promise.all([
      ask(place, {
        to,
        data: encodeFunctionData({ abi: ABI, functionName: "globalState" }),
        decode: (data) => decodeFunctionResult({ abi: ABI, functionName: "globalState", data }),
      }),
      ask(place, liquidityQuestion(to)),
      spacingOf(place, pool),
    ]);
    return {
      sqrtPriceX96: requirePrice(pool, price),
      tick,
      liquidityRaw,
      fee0Pips: fee,
      fee1Pips: fee,
      protocolShareFrac: (community0 + community1) / 2 / COMMUNITY_FEE_DENOMINATOR,
      tickSpacing,
    };
  },
  readChanges: (place, pool, live, window) =>
    changesByBitmap(place, {
      pool: poolAddress(pool),
      getter: "tickTable",
      ticksPerBit: live.tickSpacing,
      live,
      window,
    }),
});
