// Several endpoints of one chain: logs are what either has, those of another chain, far behind or in the minority are set aside, receipts need two words.
import { padHex, toHex } from "viem";
import { describe, expect, it } from "vitest";
import * as z from "zod";
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

const HASH: Hex = padHex("0x77", { size: 32 });

/** A node of a chain whose blocks are named by `fork`; what it hides it answers with null. */
interface Node {
  head: number;
  fork: string;
  chainId: number;
  hidesReceipts: boolean;
  /** Logs of the receipt that it leaves out. */
  leavesOut: number;
  nonce: number;
  isSilent: boolean;
}

function logAt(index: number) {
  return { address: CONTRACT, topics: [TOPIC], data: padHex(toHex(index), { size: 32 }), logIndex: toHex(index) };
}

function node(label: string, change: Partial<Node> = {}): RpcPort & { readonly state: Node; asked: string[] } {
  const state: Node = {
    head: 1_000,
    fork: "aa",
    chainId: chain.id,
    hidesReceipts: false,
    leavesOut: 0,
    nonce: 5,
    isSilent: false,
    ...change,
  };
  const asked: string[] = [];
  const hashAt = (number: number): Hex =>
    padHex(`0x${state.fork}${number.toString(16).padStart(6, "0")}`, { size: 32 });
  return {
    label,
    state,
    asked,
    request: async ({ method, params }) => {
      asked.push(method);
      if (state.isSilent) throw new Error("connect ECONNREFUSED");
      const [first] = z.array(z.unknown()).parse(params ?? []);
      if (method === "eth_chainId") return toHex(state.chainId);
      if (method === "eth_getTransactionCount") return toHex(state.nonce);
      if (method === "eth_getBlockByHash") return { transactions: first === hashAt(990) ? [HASH] : [] };
      if (method === "eth_getBlockByNumber") {
        const number = first === "latest" ? state.head : Number(z.string().parse(first));
        if (number > state.head) return null;
        return { number: toHex(number), hash: hashAt(number), timestamp: toHex(number), baseFeePerGas: "0x1" };
      }
      if (method === "eth_getTransactionReceipt" && !state.hidesReceipts) {
        return {
          transactionHash: HASH,
          blockNumber: toHex(990),
          blockHash: hashAt(990),
          status: "0x1",
          gasUsed: "0x1",
          effectiveGasPrice: "0x1",
          logs: [0, 1, 2].slice(state.leavesOut).map(logAt),
        };
      }
      return null;
    },
  };
}

function statuses(port: ReturnType<typeof createChainAccess>): Readonly<Record<string, string>> {
  return Object.fromEntries(port.endpoints().endpoints.map(({ label, status }) => [label, status]));
}

describe("checkEndpoints", () => {
  it("behavior: one of another chain is set aside and not read from (R3)", async () => {
    const [wrong, right] = [node("wrong", { chainId: 1, head: 9_000 }), node("right")];
    const port = createChainAccess(chain, [wrong, right]);
    await port.checkEndpoints(0);
    expect(statuses(port)).toEqual({ wrong: "wrong_chain", right: "ok" });
    expect((await port.readBlock("latest"))?.number).toBe(1_000n);
    expect(port.endpoints().endpoints[0]?.detail).toBe("it serves chain 1");
  });

  it("behavior: one that is more than 50 blocks behind is set aside, and comes back when it has caught up (R4)", async () => {
    const [slow, quick] = [node("slow", { head: 949 }), node("quick")];
    const port = createChainAccess(chain, [slow, quick]);
    await port.checkEndpoints(0);
    expect(statuses(port)).toEqual({ slow: "stale", quick: "ok" });
    expect((await port.readBlock("latest"))?.number).toBe(1_000n);
    slow.state.head = 950;
    await port.checkEndpoints(0);
    expect(statuses(port)).toEqual({ slow: "ok", quick: "ok" });
  });

  it("behavior: of three the one with another block is set aside (R5)", async () => {
    const port = createChainAccess(chain, [node("odd", { fork: "bb" }), node("b"), node("c", { head: 1_002 })]);
    await port.checkEndpoints(0);
    expect(statuses(port)).toEqual({ odd: "minority", b: "ok", c: "ok" });
    expect((await port.readBlock(900n))?.hash).toContain("aa");
  });

  it("behavior: one node that claims a head far ahead does not make two honest ones stale", async () => {
    const port = createChainAccess(chain, [node("boaster", { head: 90_000, fork: "bb" }), node("b"), node("c")]);
    await port.checkEndpoints(0);
    expect(statuses(port)).toEqual({ boaster: "minority", b: "ok", c: "ok" });
  });

  it("error: disagree — two that have different blocks, also when one of them is far ahead; agreed again it ends (R5)", async () => {
    const [left, right] = [node("left"), node("right", { fork: "bb" })];
    const port = createChainAccess(chain, [left, right]);
    await expect(port.checkEndpoints(0)).rejects.toMatchObject({ code: "disagree" });
    await expect(port.checkEndpoints(60_000)).rejects.toThrow("without a majority: left has");
    left.state.head = 5_000;
    await expect(port.checkEndpoints(0)).rejects.toMatchObject({ code: "disagree" });
    right.state.fork = "aa";
    right.state.head = 5_000;
    await port.checkEndpoints(0);
    expect(port.endpoints().disagreement).toBeNull();
  });

  it("behavior: a silent one is passed over and tried again; one that is left is enough", async () => {
    const [silent, right] = [node("silent", { isSilent: true }), node("right")];
    const port = createChainAccess(chain, [silent, right]);
    await port.checkEndpoints(0);
    expect(statuses(port)).toEqual({ silent: "silent", right: "ok" });
    expect((await port.readReceipt(HASH))?.blockNumber).toBe(990n);
    silent.state.isSilent = false;
    await port.checkEndpoints(0);
    expect(statuses(port)).toEqual({ silent: "ok", right: "ok" });
  });

  it("behavior: a look is not repeated before its time, and one endpoint is never asked about itself", async () => {
    const [one, two] = [node("one"), node("two")];
    const port = createChainAccess(chain, [one, two]);
    await port.checkEndpoints(0);
    const asked = one.asked.length;
    await port.checkEndpoints(60_000);
    expect(one.asked).toHaveLength(asked);
    const alone = node("alone");
    await createChainAccess(chain, [alone]).checkEndpoints(0);
    expect(alone.asked).toEqual([]);
  });
});

describe("readReceipt", () => {
  it("behavior: one that hides it says by its block that the transaction is there (R12)", async () => {
    const port = createChainAccess(chain, [node("hiding", { hidesReceipts: true }), node("b")]);
    expect((await port.readReceipt(HASH))?.status).toBe("success");
  });

  it("behavior: one that is alone with it is not believed while the other has no such block", async () => {
    const other = node("behind", { hidesReceipts: true, fork: "bb" });
    const port = createChainAccess(chain, [other, node("b")]);
    expect(await port.readReceipt(HASH)).toBeNull();
    expect(await port.hasReceipt(HASH)).toBe(true);
    other.state.fork = "aa";
    expect(await port.readReceipt(HASH)).not.toBeNull();
  });

  it("behavior: logs that one leaves out come from the other, in either order (R14)", async () => {
    for (const ports of [
      [node("a", { leavesOut: 1 }), node("b")],
      [node("a"), node("b", { leavesOut: 2 })],
    ]) {
      expect((await createChainAccess(chain, ports).readReceipt(HASH))?.logs).toHaveLength(3);
    }
  });
});

describe("readNonce", () => {
  it("behavior: a count that went back at one endpoint is not believed (R13)", async () => {
    const port = createChainAccess(chain, [node("back", { nonce: 3 }), node("b")]);
    expect(await port.readNonce(CONTRACT, "latest")).toBe(5);
  });
});
