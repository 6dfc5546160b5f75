// What a faulty endpoint makes of one JSON-RPC call: passed on as it is, passed on changed, or answered by itself.
import { keccak256, toHex, type Hex } from "viem";
import * as z from "zod";
import { hexSchema } from "@/lib/registry/schema";
import type { RpcFaultsNow } from "./rpc-faults";

export const rpcCallSchema = z.looseObject({
  id: z.union([z.number(), z.string(), z.null()]).default(null),
  method: z.string(),
  params: z.array(z.unknown()).default([]),
});
export type RpcCall = z.infer<typeof rpcCallSchema>;

interface RpcError {
  readonly code: number;
  readonly message: string;
}
export type RpcAnswer = { readonly result: unknown } | { readonly error: RpcError };
/** Asks the chain itself. */
export type AskChain = (method: string, params: readonly unknown[]) => Promise<RpcAnswer>;

const METHOD_NOT_FOUND = -32_601;
const SERVER_ERROR = -32_000;
const WRONG_CHAIN_OFFSET = 7_000;

/** Where a call says which block it is about. */
const BLOCK_PARAM: Readonly<Record<string, number>> = {
  eth_getBlockByNumber: 0,
  eth_call: 1,
  eth_estimateGas: 1,
  eth_feeHistory: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_simulateV1: 1,
  eth_getStorageAt: 2,
};
const OF_BLOCK = new Set(["eth_getTransactionReceipt", "eth_getTransactionByHash", "eth_getBlockByHash"]);
const PRICES = new Set(["eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_estimateGas"]);

const quantity = z.string().regex(/^0x[0-9a-f]+$/i);
const logsSchema = z.array(z.unknown());
const withLogs = z.looseObject({ logs: logsSchema });
const inBlock = z.looseObject({ blockNumber: quantity.nullable().optional(), number: quantity.nullable().optional() });
const filterSchema = z.looseObject({
  blockHash: z.string().optional(),
  fromBlock: z.string().optional(),
  toBlock: z.string().optional(),
});
const hashed = z.looseObject({ hash: hexSchema });

export async function answerWith(faults: RpcFaultsNow, call: RpcCall, ask: AskChain): Promise<RpcAnswer> {
  const { method, params } = call;
  if (faults.has("no_method")) return failure(METHOD_NOT_FOUND, `the method ${method} does not exist/is not available`);
  if (faults.has("hidden_receipts") && method === "eth_getTransactionReceipt") return { result: null };
  if (method === "eth_sendRawTransaction") {
    if (faults.has("send_says_ok")) return { result: keccak256(hexSchema.parse(params[0])) };
    if (faults.has("send_says_error")) {
      await ask(method, params);
      return failure(SERVER_ERROR, "internal error: try again");
    }
  }
  const stale = faults.get("stale");
  const answer = stale === undefined ? await ask(method, params) : await askPast(stale.blocks, call, ask);
  return "result" in answer ? { result: changed(faults, method, answer.result) } : answer;
}

function changed(faults: RpcFaultsNow, method: string, result: unknown): unknown {
  let now = result;
  if (faults.has("wrong_chain") && (method === "eth_chainId" || method === "net_version")) {
    const chainId = Number(now) + WRONG_CHAIN_OFFSET;
    now = method === "eth_chainId" ? toHex(chainId) : String(chainId);
  }
  const back = faults.get("nonce_back");
  if (back !== undefined && method === "eth_getTransactionCount") {
    now = toHex(Math.max(0, Number(quantity.parse(now)) - back.by));
  }
  const dear = faults.get("absurd_fees");
  if (dear !== undefined && PRICES.has(method)) now = toHex(BigInt(quantity.parse(now)) * BigInt(dear.factor));
  if (faults.has("incomplete_logs")) now = withoutSomeLogs(method, now);
  if (faults.has("other_hashes") && method.startsWith("eth_getBlockBy")) {
    const block = hashed.safeParse(now);
    if (block.success) now = { ...block.data, hash: keccak256(block.data.hash) };
  }
  return now;
}

function every2nd(logs: readonly unknown[]): readonly unknown[] {
  return logs.filter((_, index) => index % 2 === 1);
}

function withoutSomeLogs(method: string, result: unknown): unknown {
  if (method === "eth_getLogs") {
    const logs = logsSchema.safeParse(result);
    return logs.success ? every2nd(logs.data) : result;
  }
  if (method !== "eth_getTransactionReceipt") return result;
  const receipt = withLogs.safeParse(result);
  return receipt.success ? { ...receipt.data, logs: every2nd(receipt.data.logs) } : result;
}

/** The chain as it was `blocks` ago: later blocks and what is in them do not exist. */
async function askPast(blocks: number, call: RpcCall, ask: AskChain): Promise<RpcAnswer> {
  const { method, params } = call;
  const real = await ask("eth_blockNumber", []);
  if ("error" in real) return real;
  const behind = BigInt(quantity.parse(real.result)) - BigInt(blocks);
  const head = behind > 0n ? behind : 0n;
  if (method === "eth_blockNumber") return { result: toHex(head) };
  if (OF_BLOCK.has(method)) {
    const answer = await ask(method, params);
    return "result" in answer && isAfter(answer.result, head) ? { result: null } : answer;
  }
  if (method === "eth_getLogs") {
    const filter = filterSchema.parse(params[0] ?? {});
    if (filter.blockHash !== undefined) return ask(method, params);
    const [fromBlock, toBlock] = await Promise.all([
      blockAt(filter.fromBlock, head, ask),
      blockAt(filter.toBlock, head, ask),
    ]);
    if (BigInt(fromBlock) > head) return { result: [] };
    return ask(method, [{ ...filter, fromBlock, toBlock: BigInt(toBlock) > head ? toHex(head) : toBlock }]);
  }
  const index = BLOCK_PARAM[method];
  if (index === undefined) return ask(method, params);
  const wanted = params[index];
  // A block named by its hash is passed on as it is.
  if (wanted !== undefined && typeof wanted !== "string") return ask(method, params);
  const block = await blockAt(wanted, head, ask);
  if (BigInt(block) > head) {
    return method === "eth_getBlockByNumber" ? { result: null } : failure(SERVER_ERROR, "header not found");
  }
  return ask(
    method,
    Array.from({ length: Math.max(params.length, index + 1) }, (_, at) => (at === index ? block : params[at])),
  );
}

/** A tag as the number it means to a node whose head this is. */
async function blockAt(wanted: string | undefined, head: bigint, ask: AskChain): Promise<Hex> {
  if (wanted === undefined || wanted === "latest" || wanted === "pending") return toHex(head);
  if (wanted === "earliest") return "0x0";
  if (wanted !== "safe" && wanted !== "finalized") return toHex(BigInt(wanted));
  const tagged = await ask("eth_getBlockByNumber", [wanted, false]);
  const number = "result" in tagged ? inBlock.safeParse(tagged.result).data?.number : null;
  const real = BigInt(number ?? 0);
  return toHex(real < head ? real : head);
}

function isAfter(result: unknown, head: bigint): boolean {
  const parsed = inBlock.safeParse(result);
  const number = parsed.data?.blockNumber ?? parsed.data?.number ?? null;
  return number !== null && BigInt(number) > head;
}

function failure(code: number, message: string): RpcAnswer {
  return { error: { code, message } };
}
