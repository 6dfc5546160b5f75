// Logs over two endpoints: in pages, what either has, in the order of the chain; a refusal makes the page smaller, no answer is an error.
import { padHex, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chainSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { createChainAccess, type RpcPort } from "./chain-access";

const CONTRACT: Address = `0x${"0a".repeat(20)}`;
const TOPIC: Hex = padHex("0x01", { size: 32 });

const chain = chainSchema.parse({
  id: 41_004,
  name: "Two endpoints",
  nativeSymbol: "ETH",
  nativeDecimals: 18,
  wrappedNative: CONTRACT,
  blockTimeMs: 1_000,
  geckoSlug: null,
  explorer: null,
  multicall3: CONTRACT,
  permit2: null,
  lifiDiamond: null,
  feeModel: "eip1559",
  softDepth: 1,
  settle: { tag: "depth", depth: 1 },
});

const querySchema = z.tuple([z.object({ fromBlock: z.string(), toBlock: z.string() })]);

/** Has a log in each of the blocks; refuses ranges above `maxBlocks`. */
function endpoint(
  label: string,
  blocks: readonly number[],
  maxBlocks = 1_000_000,
): RpcPort & { readonly asked: bigint[] } {
  const asked: bigint[] = [];
  return {
    label,
    asked,
    request: async ({ params }) => {
      const query = querySchema.parse(params)[0];
      const [from, to] = [BigInt(query.fromBlock), BigInt(query.toBlock)];
      asked.push(to - from + 1n);
      if (to - from + 1n > BigInt(maxBlocks)) throw new Error("query returned more than 10000 results");
      return blocks
        .filter((block) => BigInt(block) >= from && BigInt(block) <= to)
        .map((block) => ({
          address: CONTRACT,
          topics: [TOPIC],
          data: padHex(toHex(block), { size: 32 }),
          blockNumber: toHex(block),
          transactionHash: padHex(toHex(block), { size: 32 }),
          logIndex: "0x0",
        }));
    },
  };
}

const filter = { address: CONTRACT, topics: [TOPIC, null], fromBlock: 0n, toBlock: 24_999n };
const blocksOf = (logs: readonly { readonly data: Hex }[]): number[] => logs.map((log) => Number(log.data));

describe("readLogs", () => {
  it("behavior: what one endpoint leaves out the other adds, once each and oldest first (R14)", async () => {
    const port = createChainAccess(chain, [endpoint("a", [5, 20_000]), endpoint("b", [20_000, 7, 12_345])]);
    expect(blocksOf(await port.readLogs(filter))).toEqual([5, 7, 12_345, 20_000]);
  });

  it("behavior: a node that refuses long ranges is asked for shorter ones", async () => {
    const strict = endpoint("strict", [1, 9_999, 24_999], 2_500);
    const port = createChainAccess(chain, [strict]);
    expect(blocksOf(await port.readLogs(filter))).toEqual([1, 9_999, 24_999]);
    expect(strict.asked.filter((blocks) => blocks <= 2_500n)).toHaveLength(10);
  });

  it("behavior: one silent endpoint is made up for; none that answers is an error, never an empty list", async () => {
    const silent: RpcPort = { label: "silent", request: async () => Promise.reject(new Error("timeout")) };
    const port = createChainAccess(chain, [silent, endpoint("b", [3])]);
    expect(blocksOf(await port.readLogs(filter))).toEqual([3]);
    await expect(createChainAccess(chain, [silent]).readLogs(filter)).rejects.toThrow("eth_getLogs");
  });
});
