// Camelot V3 (Algebra 1.9) reads: a fee per direction in globalState's eight fields, and a tick table with a bit for every tick.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { COMMUNITY_FEE_DENOMINATOR, pairKeyReads } from "./v3-algebra";
import { ask, poolAddress } from "./v3-call";
import { changesByBitmap } from "./v3-depth";
import { createV3Reads, liquidityQuestion, requirePrice, spacingOf } from "./v3-reads";

const ABI = parseAbi([
  "function globalState() view returns (uint160 price, int24 tick, uint16 feeZto, uint16 feeOtz, uint16 timepointIndex, uint16 communityFeeToken0, uint16 communityFeeToken1, bool unlocked)",
]);

export const camelotV3Reads = createV3Reads({
  family: "camelot-v3",
  ...pairKeyReads,
  async readPool(place, pool) {
    const to = poolAddress(pool);
    const [[price, tick, fee0Pips, fee1Pips, , community0, community1], liquidityRaw, tickSpacing] = await Promise.all([
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
      fee0Pips,
      fee1Pips,
      protocolShareFrac: (community0 + community1) / 2 / COMMUNITY_FEE_DENOMINATOR,
      tickSpacing,
    };
  },
  readChanges: (place, pool, live, window) =>
    changesByBitmap(place, { pool: poolAddress(pool), getter: "tickTable", ticksPerBit: 1, live, window }),
});
