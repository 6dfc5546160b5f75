// Calldata of one market step on one chain, for whichever trader contract the chain has.
import { encodeFunctionData, parseEventLogs, type Hex, type Log } from "viem";
import { marketMakerAbi } from "@/server/devnet/chain/abis";
import type { DeployedPool } from "@/server/devnet/chain/deploy";
import { familyTraderAbi } from "@/server/devnet/chain/families/trader";

export type TraderContract = "MarketMaker" | "FamilyTrader";

export interface MarketOrder {
  readonly pool: DeployedPool;
  readonly zeroForOne: boolean;
  readonly amountIn: bigint;
}

export interface MarketPull {
  readonly pool: DeployedPool;
  readonly lower: bigint;
  readonly upper: bigint;
}

export function encodeMarketStep(
  trader: TraderContract,
  orders: readonly MarketOrder[],
  pulls: readonly MarketPull[],
): Hex {
  if (trader === "MarketMaker") {
    return encodeFunctionData({
      abi: marketMakerAbi,
      functionName: "step",
      args: [
        orders.map(({ pool, zeroForOne, amountIn }) => ({ pool: pool.address, zeroForOne, amountIn })),
        pulls.map(({ pool, lower, upper }) => ({ pool: pool.address, lower, upper })),
      ],
    });
  }
  return encodeFunctionData({
    abi: familyTraderAbi,
    functionName: "step",
    args: [
      orders.map(({ pool, zeroForOne, amountIn }) => ({ ...pool.order, zeroForOne, amountIn, sqrtLimitX96: 0n })),
      pulls.map(({ pool, lower, upper }) => ({ ...pool.order, lowerX96: lower, upperX96: upper })),
    ],
  });
}

/** Sentence about the first trade that did not work, or null. */
export function failedTrade(logs: Log[], orders: readonly MarketOrder[], pulls: readonly MarketPull[]): string | null {
  const [event] = parseEventLogs({ abi: familyTraderAbi, logs });
  if (event === undefined) return null;
  const place = Number(event.args.index);
  const pool = (event.eventName === "OrderFailed" ? orders[place] : pulls[place])?.pool;
  const what = event.eventName === "OrderFailed" ? "A trade" : "The arbitrage";
  return `${what} in ${pool?.key ?? "a pool"} failed (${event.args.reason.slice(0, 74)}); the pool did not follow the price in this step.`;
}
