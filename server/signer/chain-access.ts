// The signer's view of one chain over its RPC endpoints: reads from the first that answers, receipts agreed by two, sends to all.
import { keccak256 } from "viem";
import { z } from "zod";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { addressSchema, bytes32Schema, hexSchema, type Chain } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import type { TxLog } from "@/lib/actions/erc20";
import type { BlockRef, BlockTag, CallRequest, ChainPort, LogFilter, Receipt, SendAnswer } from "./ports";

/** One endpoint; server/infra/chain's RpcEndpoint fits. */
export interface RpcPort {
  readonly label: string;
  readonly request: (call: { readonly method: string; readonly params?: unknown }) => Promise<unknown>;
}

const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/)
  .transform((text) => BigInt(text));
const blockSchema = z.object({
  number: quantity,
  hash: bytes32Schema,
  timestamp: quantity,
  baseFeePerGas: quantity.nullish(),
});
const receiptSchema = z.object({
  transactionHash: bytes32Schema,
  blockNumber: quantity,
  blockHash: bytes32Schema,
  status: z.enum(["0x0", "0x1"]),
  gasUsed: quantity,
  effectiveGasPrice: quantity,
  l1Fee: quantity.nullish(),
  logs: z.array(
    z.object({ address: addressSchema, topics: z.array(bytes32Schema), data: hexSchema, logIndex: quantity }),
  ),
});
const logSchema = z.object({
  address: addressSchema,
  topics: z.array(bytes32Schema),
  data: hexSchema,
  blockNumber: quantity,
  transactionHash: bytes32Schema,
  logIndex: quantity,
});
type WireLog = z.output<typeof logSchema>;
const rpcFailure = z.looseObject({ code: z.number().optional(), message: z.string().optional() });

/** EVM revert as nodes report it: code 3, or -32000 with these words; anything else is not a revert. */
const REVERT_CODE = 3;
const REVERT_TEXT = /revert|out of gas|invalid opcode/i;
const ANSWER_TEXT_LIMIT = 200;
/** Blocks per eth_getLogs: nodes allow between a few hundred and ten thousand; a refusal halves the page down to the least. */
const LOG_PAGE_BLOCKS = 10_000n;
const LOG_PAGE_MIN_BLOCKS = 100n;

export function createChainAccess(chain: Chain, endpoints: readonly RpcPort[]): ChainPort {
  async function request(method: string, params: readonly unknown[]): Promise<unknown> {
    let last: ChainError | null = null;
    for (const endpoint of endpoints) {
      try {
        return await endpoint.request({ method, params });
      } catch (error) {
        const typed = toChainError(error, chain, method, endpoint.label);
        if (typed.code === "reverted") throw typed;
        last = typed;
      }
    }
    throw (
      last ??
      new ChainError({
        code: "unreachable",
        retryable: true,
        message: `chain ${chain.name} (${chain.id}) has no RPC endpoint; set TG_RPC_${chain.id}`,
      })
    );
  }

  async function readQuantity(method: string, params: readonly unknown[]): Promise<bigint> {
    return parse(quantity, await request(method, params), method);
  }

  function parse<T>(schema: z.ZodType<T>, value: unknown, method: string): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new ChainError({
      code: "bad_data",
      retryable: true,
      message: `${method} on ${chain.name} (${chain.id}) answered something else than expected: ${z.prettifyError(parsed.error)}`,
    });
  }

  async function readReceipt(hash: Hex): Promise<Receipt | null> {
    const answers = await Promise.allSettled(
      endpoints.map((endpoint) => endpoint.request({ method: "eth_getTransactionReceipt", params: [hash] })),
    );
    const receipts: Receipt[] = [];
    let answered = 0;
    for (const answer of answers) {
      if (answer.status === "rejected") continue;
      if (answer.value === null || answer.value === undefined) {
        answered += 1;
        continue;
      }
      const parsed = receiptSchema.safeParse(answer.value);
      if (!parsed.success || parsed.data.transactionHash.toLowerCase() !== hash.toLowerCase()) continue;
      answered += 1;
      receipts.push(toReceipt(parsed.data));
    }
    if (answered === 0) {
      throw new ChainError({
        code: "unreachable",
        retryable: true,
        message: `no endpoint of ${chain.name} (${chain.id}) answered the receipt of ${hash}`,
      });
    }
    const [first] = receipts;
    if (first === undefined) return null;
    const needed = Math.min(2, endpoints.length);
    const agreeing = receipts.filter((each) => each.blockHash === first.blockHash && each.status === first.status);
    // One endpoint may lag or hide it: wait until a second one has it too (it is asked again at the next poll).
    return agreeing.length >= needed ? first : null;
  }

  async function logsOf(endpoint: RpcPort, filter: LogFilter): Promise<readonly WireLog[]> {
    const found: WireLog[] = [];
    let page = LOG_PAGE_BLOCKS;
    let from = filter.fromBlock;
    while (from <= filter.toBlock) {
      const to = from + page - 1n < filter.toBlock ? from + page - 1n : filter.toBlock;
      const query = {
        address: filter.address,
        topics: filter.topics,
        fromBlock: blockParam(from),
        toBlock: blockParam(to),
      };
      try {
        const answer = await endpoint.request({ method: "eth_getLogs", params: [query] });
        found.push(...parse(z.array(logSchema), answer, "eth_getLogs"));
        from = to + 1n;
      } catch (error) {
        if (page <= LOG_PAGE_MIN_BLOCKS) throw toChainError(error, chain, "eth_getLogs", endpoint.label);
        page /= 2n;
      }
    }
    return found;
  }

  /** What any endpoint has, once each; fails only when none answers for the whole range. */
  async function readLogs(filter: LogFilter): Promise<readonly TxLog[]> {
    const answers = await Promise.allSettled(endpoints.map((endpoint) => logsOf(endpoint, filter)));
    const byPlace = new Map<string, WireLog>();
    let failure: unknown = null;
    let answered = 0;
    for (const answer of answers) {
      if (answer.status === "rejected") {
        failure = answer.reason;
        continue;
      }
      answered += 1;
      for (const log of answer.value) byPlace.set(`${log.transactionHash}:${log.logIndex}`, log);
    }
    if (answered === 0) throw toChainError(failure, chain, "eth_getLogs", "every endpoint");
    return [...byPlace.values()]
      .toSorted((left, right) => Number(left.blockNumber - right.blockNumber) || Number(left.logIndex - right.logIndex))
      .map(({ address, topics, data }) => ({ address, topics, data }));
  }

  return {
    chain,
    readChainId: async () => Number(await readQuantity("eth_chainId", [])),
    readBlock: async (tag) => {
      const value = await request("eth_getBlockByNumber", [blockParam(tag), false]);
      if (value === null || value === undefined) return null;
      const block = parse(blockSchema, value, "eth_getBlockByNumber");
      return {
        number: block.number,
        hash: block.hash,
        timestampSec: Number(block.timestamp),
        baseFeePerGasWei: block.baseFeePerGas ?? null,
      } satisfies BlockRef;
    },
    call: async (call, block) =>
      parse(hexSchema, await request("eth_call", [callParam(call), blockParam(block)]), "eth_call"),
    estimateGas: (call) => readQuantity("eth_estimateGas", [callParam(call), "latest"]),
    readNonce: async (address, block) =>
      Number(await readQuantity("eth_getTransactionCount", [address, blockParam(block)])),
    readNativeBalance: (address, block) => readQuantity("eth_getBalance", [address, blockParam(block)]),
    readPriorityFeeWei: () => readQuantity("eth_maxPriorityFeePerGas", []),
    readGasPriceWei: () => readQuantity("eth_gasPrice", []),
    sendRaw: (raw) => Promise.all(endpoints.map((endpoint) => sendTo(endpoint, raw))),
    readLogs,
    readReceipt,
  };
}

async function sendTo(endpoint: RpcPort, raw: Hex): Promise<SendAnswer> {
  try {
    const answer = await endpoint.request({ method: "eth_sendRawTransaction", params: [raw] });
    const accepted = typeof answer === "string" && answer.toLowerCase() === keccak256(raw);
    return { endpoint: endpoint.label, accepted, text: String(answer).slice(0, ANSWER_TEXT_LIMIT) };
  } catch (error) {
    return {
      endpoint: endpoint.label,
      accepted: false,
      text: errorText(error).split("\n")[0]?.slice(0, ANSWER_TEXT_LIMIT) ?? "",
    };
  }
}

function toReceipt(wire: z.output<typeof receiptSchema>): Receipt {
  return {
    hash: wire.transactionHash,
    blockNumber: wire.blockNumber,
    blockHash: wire.blockHash,
    status: wire.status === "0x1" ? "success" : "reverted",
    gasUsed: wire.gasUsed,
    effectiveGasPriceWei: wire.effectiveGasPrice,
    l1FeeWei: wire.l1Fee ?? 0n,
    logs: wire.logs.map((log) => ({ ...log, logIndex: Number(log.logIndex) })),
  };
}

function blockParam(block: BlockTag): string {
  return typeof block === "bigint" ? `0x${block.toString(16)}` : block;
}

function callParam(call: CallRequest): Record<string, string> {
  return {
    to: call.to,
    data: call.data,
    ...(call.from === undefined ? {} : { from: call.from }),
    ...(call.valueRaw === undefined ? {} : { value: `0x${call.valueRaw.toString(16)}` }),
  };
}

function toChainError(error: unknown, chain: Chain, method: string, label: string): ChainError {
  if (error instanceof ChainError) return error;
  const failure = innermostFailure(error);
  const text = (failure?.message ?? errorText(error)).split("\n")[0]?.slice(0, ANSWER_TEXT_LIMIT) ?? "";
  const isRevert =
    (method === "eth_call" || method === "eth_estimateGas") &&
    (failure?.code === REVERT_CODE || (failure?.code !== undefined && REVERT_TEXT.test(text)));
  return new ChainError({
    code: isRevert ? "reverted" : "unreachable",
    retryable: !isRevert,
    message: `${method} on ${chain.name} (${chain.id}) at ${label} ${isRevert ? "reverted" : "failed"}: ${text}`,
    details: { chainId: chain.id, method },
  });
}

/** The JSON-RPC error inside a client's wrapped errors. */
function innermostFailure(error: unknown): z.output<typeof rpcFailure> | null {
  let found: z.output<typeof rpcFailure> | null = null;
  let current: unknown = error;
  for (let depth = 0; depth < 10 && current !== null && typeof current === "object"; depth += 1) {
    const parsed = rpcFailure.safeParse(current);
    if (parsed.success && parsed.data.code !== undefined) found = parsed.data;
    current = "cause" in current ? current.cause : null;
  }
  return found;
}
