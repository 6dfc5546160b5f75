// Slipstream reads: slot0 of six fields, fee by `fee()`, pools named by tick spacing, part of the fees of unstaked liquidity goes to gauges.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { ask, askOrNull, poolAddress } from "./v3-call";
import { createV3Reads, liquidityQuestion, numberQuestion, requirePrice, spacingOf } from "./v3-reads";
import { spacingKeyReads } from "./v3-slot0";

const ABI = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, bool unlocked)",
  "function unstakedFee() view returns (uint24)",
  "function positions(uint256 tokenId) view returns (uint96 nonce, address operator, address token0, address token1, int24 tickSpacing, int24 tickLower, int24 tickUpper, uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, uint128 tokensOwed0, uint128 tokensOwed1)",
]);
const PIPS = 1_000_000;

/**
 * A staked position is owned by its gauge: `readPosition` says so in `owner`, it earns no fees, and `listOwned` of the wallet does not
 * have it.
 */
export const slipstreamReads = createV3Reads({
  family: "slipstream",
  ...spacingKeyReads,
  async readPool(place, pool) {
    const to = poolAddress(pool);
    const [[sqrtPriceX96, tick], liquidityRaw, feePips, unstakedFeePips, tickSpacing] = await Promise.all([
      ask(place, {
        to,
        data: encodeFunctionData({ abi: ABI, functionName: "slot0" }),
        decode: (data) => decodeFunctionResult({ abi: ABI, functionName: "slot0", data }),
      }),
      ask(place, liquidityQuestion(to)),
      ask(place, numberQuestion(to, "fee")),
      // Pools of this shape without gauges have no such function: nothing is taken.
      askOrNull(place, {
        to,
        data: encodeFunctionData({ abi: ABI, functionName: "unstakedFee" }),
        decode: (data) => decodeFunctionResult({ abi: ABI, functionName: "unstakedFee", data }),
      }),
      spacingOf(place, pool),
    ]);
    return {
      sqrtPriceX96: requirePrice(pool, sqrtPriceX96),
      tick,
      liquidityRaw,
      fee0Pips: feePips,
      fee1Pips: feePips,
      protocolShareFrac: (unstakedFeePips ?? 0) / PIPS,
      tickSpacing,
    };
  },
  positionQuestion: (manager, tokenId) => ({
    to: manager,
    data: encodeFunctionData({ abi: ABI, functionName: "positions", args: [tokenId] }),
    decode(data) {
      const [, , token0, token1, key, tickLower, tickUpper, liquidityRaw, , , owed0Raw, owed1Raw] =
        decodeFunctionResult({ abi: ABI, functionName: "positions", data });
      return { token0, token1, key, tickLower, tickUpper, liquidityRaw, owed0Raw, owed1Raw };
    },
  }),
});
