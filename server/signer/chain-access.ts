// The signer's view of one chain over its RPC endpoints: reads from the first that answers, receipts agreed by two, sends to all.
import { keccak256 } from "viem";
import * as z from "zod";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { addressSchema, bytes32Schema, hexSchema, type Chain } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import type { TxLog } from "@/lib/actions/erc20";
import { wallClock } from "@/server/infra/clock";
import { createEndpointQuorum, readHashAt, type RpcPort } from "./endpoint-quorum";
import type {
  BlockRef,
  BlockTag,
  CallRequest,
  ChainPort,
  LogEntry,
  LogFilter,
  Receipt,
  SendAnswer,
  Trial,
} from "./ports";

export type { RpcPort } from "./endpoint-quorum";

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
const simulationSchema = z
  .array(
    z.looseObject({
      calls: z.array(
        z.looseObject({
          status: z.string(),
          returnData: hexSchema,
          logs: z
            .array(z.looseObject({ address: addressSchema, topics: z.array(bytes32Schema), data: hexSchema }))
            .default([]),
          error: z.looseObject({ message: z.string().optional() }).nullish(),
        }),
      ),
    }),
  )
  .min(1);
const blockOfSchema = z.looseObject({ transactions: z.array(z.string()) });
type WireLog = z.output<typeof logSchema>;
const rpcFailure = z.looseObject({ code: z.number().optional(), message: z.string().optional() });

/** EVM revert as nodes report it: code 3, or -32000 with these words; anything else is not a revert. */
const REVERT_CODE = 3;
const REVERT_TEXT = /revert|out of gas|invalid opcode/i;
/** A node without a method: JSON-RPC's own code, or these words. */
const METHOD_MISSING = -32_601;
const METHOD_TEXT = /(method|eth_simulateV1)[^.]*(not (found|supported|available|exist)|unsupported)|unknown method/i;
const ANSWER_TEXT_LIMIT = 200;
/** Blocks per eth_getLogs: nodes allow between a few hundred and ten thousand; a refusal halves the page down to the least. */
const LOG_PAGE_BLOCKS = 10_000n;
const LOG_PAGE_MIN_BLOCKS = 100n;

/**
 * With a private relay every transaction and every cancel goes to it alone, and what it answers is a hint as anybody's is: "failed" there
 * means unknown, the endpoints' receipts and nonces decide (safety.md section 3.5).
 */
export function createChainAccess(
  chain: Chain,
  endpoints: readonly RpcPort[] | (() => readonly RpcPort[]),
  relay: RpcPort | null = null,
): ChainPort {
  const quorum = createEndpointQuorum(chain, endpoints, wallClock.monotonicMs);
  /** Who answered the last call: a second look asks another one. */
  let lastCaller: string | null = null;

  async function request(method: string, params: readonly unknown[]): Promise<unknown> {
    let last: ChainError | null = null;
    for (const endpoint of quorum.trusted()) {
      try {
        const answer = await endpoint.request({ method, params });
        if (method === "eth_call") lastCaller = endpoint.label;
        return answer;
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
    const asked = quorum.answering();
    const answers = await Promise.allSettled(
      asked.map((endpoint) => endpoint.request({ method: "eth_getTransactionReceipt", params: [hash] })),
    );
    const found: { readonly endpoint: RpcPort; readonly receipt: Receipt }[] = [];
    const without: RpcPort[] = [];
    for (const [index, answer] of answers.entries()) {
      const endpoint = asked[index];
      if (endpoint === undefined || answer.status === "rejected") continue;
      if (answer.value === null || answer.value === undefined) {
        without.push(endpoint);
        continue;
      }
      const parsed = receiptSchema.safeParse(answer.value);
      if (!parsed.success || parsed.data.transactionHash.toLowerCase() !== hash.toLowerCase()) continue;
      found.push({ endpoint, receipt: toReceipt(parsed.data) });
    }
    if (found.length + without.length === 0) {
      throw new ChainError({
        code: "unreachable",
        retryable: true,
        message: `no endpoint of ${chain.name} (${chain.id}) answered the receipt of ${hash}`,
      });
    }
    const [first] = found;
    if (first === undefined) return null;
    const agreeing = found.filter(
      ({ receipt }) => receipt.blockHash === first.receipt.blockHash && receipt.status === first.receipt.status,
    );
    const whole = wholeReceipt(agreeing.map(({ receipt }) => receipt));
    if (whole === null) return null;
    if (agreeing.length >= quorum.needed()) return whole;
    // An endpoint that hides the receipt may still have the block that holds the transaction: that is its word too.
    for (const endpoint of without) {
      if (await hasInBlock(endpoint, whole.blockHash, hash)) return whole;
    }
    // It lags: it is asked again at the next poll.
    return null;
  }

  async function hasReceipt(hash: Hex): Promise<boolean> {
    const answers = await Promise.allSettled(
      quorum.trusted().map((endpoint) => endpoint.request({ method: "eth_getTransactionReceipt", params: [hash] })),
    );
    return answers.some((answer) => answer.status === "fulfilled" && receiptSchema.safeParse(answer.value).success);
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
    const answers = await Promise.allSettled(quorum.answering().map((endpoint) => logsOf(endpoint, filter)));
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

  /** The largest count that any believed endpoint has: one that lags or goes back never brings a used nonce again. */
  async function readNonce(address: Hex, block: bigint | "latest"): Promise<number> {
    const params = [address, blockParam(block)];
    if (block !== "latest") return Number(await readQuantity("eth_getTransactionCount", params));
    const answers = await Promise.allSettled(
      quorum.answering().map((endpoint) => endpoint.request({ method: "eth_getTransactionCount", params })),
    );
    const counts = answers.flatMap((answer) => {
      const parsed = answer.status === "fulfilled" ? quantity.safeParse(answer.value) : null;
      return parsed?.success === true ? [Number(parsed.data)] : [];
    });
    if (counts.length > 0) return Math.max(...counts);
    return Number(await readQuantity("eth_getTransactionCount", params));
  }

  async function tryElsewhere(input: {
    readonly call: CallRequest;
    readonly reads: readonly CallRequest[];
    readonly at: BlockRef;
  }): Promise<Trial> {
    const candidates = quorum.trusted();
    const others = candidates.filter(({ label }) => label !== lastCaller);
    let last: ChainError | null = null;
    for (const endpoint of others.length > 0 ? others : candidates) {
      try {
        return await tryAt(endpoint, { ...input, isOther: others.length > 0 });
      } catch (error) {
        const typed = toChainError(error, chain, "eth_simulateV1", endpoint.label);
        if (typed.code === "reverted" || typed.code === "disagree") throw typed;
        last = typed;
      }
    }
    if (others.length === 0) throw last ?? noEndpoint();
    // The others are away: the one that is left says it again, and that is written down as one endpoint.
    const only = candidates.find(({ label }) => label === lastCaller);
    if (only === undefined) throw last ?? noEndpoint();
    try {
      return await tryAt(only, { ...input, isOther: false });
    } catch (error) {
      throw toChainError(error, chain, "eth_simulateV1", only.label);
    }
  }

  async function tryAt(
    endpoint: RpcPort,
    input: {
      readonly call: CallRequest;
      readonly reads: readonly CallRequest[];
      readonly at: BlockRef;
      readonly isOther: boolean;
    },
  ): Promise<Trial> {
    const { call, reads, at, isOther } = input;
    const { label } = endpoint;
    let { number } = at;
    const hash = isOther ? await readHashAt(endpoint, number) : at.hash;
    if (hash === null) {
      const head = parse(
        blockSchema,
        await endpoint.request({ method: "eth_getBlockByNumber", params: ["latest", false] }),
        "eth_getBlockByNumber",
      );
      number = head.number;
    } else if (hash !== at.hash.toLowerCase()) {
      throw new ChainError({
        code: "disagree",
        retryable: true,
        message: `${label} has block ${number} of ${chain.name} (${chain.id}) with another hash (${hash}) than the one the transaction was prepared on (${at.hash}); nothing was signed`,
      });
    }
    const simulated = [...reads, call, ...reads].map((each) => ({ ...callParam(each), from: each.from ?? call.from }));
    let answer: unknown;
    try {
      answer = await endpoint.request({
        method: "eth_simulateV1",
        params: [{ blockStateCalls: [{ calls: simulated }], validation: false }, blockParam(number)],
      });
    } catch (error) {
      const failure = innermostFailure(error);
      if (failure?.code !== METHOD_MISSING && !METHOD_TEXT.test(failure?.message ?? "")) throw error;
      const plain = await endpoint
        .request({ method: "eth_call", params: [callParam(call), blockParam(number)] })
        .catch((refusal: unknown) => {
          throw toChainError(refusal, chain, "eth_call", label);
        });
      parse(hexSchema, plain, "eth_call");
      return { endpoint: label, isOther, blockNumber: number, state: null, logs: [] };
    }
    const calls = parse(simulationSchema, answer, "eth_simulateV1")[0]?.calls ?? [];
    const own = calls[reads.length];
    if (own === undefined || calls.length !== simulated.length) {
      throw new ChainError({
        code: "bad_data",
        retryable: true,
        message: `eth_simulateV1 at ${label} answered ${calls.length} results for ${simulated.length} calls`,
      });
    }
    if (own.status !== "0x1") {
      throw new ChainError({
        code: "reverted",
        retryable: false,
        message: `the same bytes fail at ${label} at block ${number}: ${own.error?.message ?? "reverted without a reason"}`,
      });
    }
    const dataOf = (each: (typeof calls)[number]): Hex | null => (each.status === "0x1" ? each.returnData : null);
    return {
      endpoint: label,
      isOther,
      blockNumber: number,
      state: {
        before: calls.slice(0, reads.length).map(dataOf),
        after: calls.slice(reads.length + 1).map(dataOf),
      },
      logs: own.logs.map(({ address, topics, data }, logIndex) => ({ address, topics, data, logIndex })),
    };
  }

  function noEndpoint(): ChainError {
    return new ChainError({
      code: "unreachable",
      retryable: true,
      message: `no endpoint of ${chain.name} (${chain.id}) is in order to try the transaction on`,
    });
  }

  return {
    chain,
    checkEndpoints: (maxAgeMs) => quorum.check(maxAgeMs),
    endpoints: () => quorum.view(),
    tryElsewhere,
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
    readNonce,
    readNativeBalance: (address, block) => readQuantity("eth_getBalance", [address, blockParam(block)]),
    readPriorityFeeWei: () => readQuantity("eth_maxPriorityFeePerGas", []),
    readGasPriceWei: () => readQuantity("eth_gasPrice", []),
    sendRaw: (raw) =>
      Promise.all((relay === null ? quorum.sendable() : [relay]).map((endpoint) => sendTo(endpoint, raw))),
    readLogs,
    readReceipt,
    hasReceipt,
  };
}

/** Of receipts of one block the one with the most logs, when it holds all that the others have; null when they contradict each other. */
function wholeReceipt(receipts: readonly Receipt[]): Receipt | null {
  const whole = receipts.toSorted((left, right) => right.logs.length - left.logs.length)[0];
  if (whole === undefined) return null;
  const known = new Set(whole.logs.map(logText));
  return receipts.every(({ logs }) => logs.every((log) => known.has(logText(log)))) ? whole : null;
}

function logText(log: LogEntry): string {
  return `${log.logIndex}:${log.address}:${log.topics.join()}:${log.data}`.toLowerCase();
}

async function hasInBlock(endpoint: RpcPort, blockHash: Hex, hash: Hex): Promise<boolean> {
  try {
    const block = await endpoint.request({ method: "eth_getBlockByHash", params: [blockHash, false] });
    const parsed = blockOfSchema.safeParse(block);
    return parsed.success && parsed.data.transactions.some((each) => each.toLowerCase() === hash.toLowerCase());
  } catch {
    // No answer is no word for it; the next poll asks again.
    return false;
  }
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
