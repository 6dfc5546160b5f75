// A read client as the call port of the DEX families: calls asked for in one turn travel as one multicall at their block; logs come in pages.
import { decodeErrorResult, decodeFunctionResult, encodeFunctionData, numberToHex, parseAbi } from "viem";
import * as z from "zod";
import type { BlockAt, CallPort } from "@/lib/actions/family";
import type { TxLog } from "@/lib/actions/erc20";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { addressSchema, bytes32Schema, hexSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { ChainClient } from "./clients";

const MULTICALL3_ABI = parseAbi([
  "struct Call3 { address target; bool allowFailure; bytes callData; }",
  "struct Result { bool success; bytes returnData; }",
  "function aggregate3(Call3[] calls) payable returns (Result[] returnData)",
]);
const ERROR_ABI = parseAbi(["error Error(string reason)", "error Panic(uint256 code)"]);

/** Calls in one multicall: nodes limit the gas and the time of one eth_call (our choice; a pool's whole state is 5 to 40 calls). */
const MAX_CALLS_PER_BATCH = 150;
const MAX_BYTES_PER_BATCH = 48_000;
/** Blocks per page of logs; halved as long as a node refuses the page. */
const LOG_PAGE_BLOCKS = 10_000n;

interface Waiting {
  readonly to: Address;
  readonly data: Hex;
  readonly resolve: (data: Hex) => void;
  readonly reject: (error: ChainError) => void;
}

export function createCallPort(client: ChainClient): CallPort {
  const waiting = new Map<BlockAt, Waiting[]>();

  async function callAlone(
    request: { readonly from?: Address; readonly to: Address; readonly data: Hex; readonly valueRaw?: bigint },
    block: BlockAt,
  ): Promise<Hex> {
    const answer = await client.call(`call of ${request.to}`, (reader) =>
      reader.call({
        to: request.to,
        data: request.data,
        ...(request.from === undefined ? {} : { account: request.from }),
        ...(request.valueRaw === undefined ? {} : { value: request.valueRaw }),
        ...(typeof block === "bigint" ? { blockNumber: block } : { blockTag: block }),
      }),
    );
    if (!answer.ok) throw answer.error;
    return answer.value.data ?? "0x";
  }

  async function sendBatch(batch: readonly Waiting[], block: BlockAt): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) return settleAlone(only, block);
    const data = encodeFunctionData({
      abi: MULTICALL3_ABI,
      functionName: "aggregate3",
      args: [batch.map(({ to, data: callData }) => ({ target: to, allowFailure: true, callData }))],
    });
    let results: readonly { readonly success: boolean; readonly returnData: Hex }[];
    try {
      const answer = await callAlone({ to: client.chain.multicall3, data }, block);
      results = decodeFunctionResult({ abi: MULTICALL3_ABI, functionName: "aggregate3", data: answer });
    } catch (error) {
      if (error instanceof ChainError && error.code !== "reverted" && error.code !== "bad_data") {
        for (const each of batch) each.reject(error);
        return;
      }
      // One call too heavy, or no multicall contract at this block: each on its own, and only the guilty one fails.
      await Promise.all(batch.map((each) => settleAlone(each, block)));
      return;
    }
    batch.forEach((each, index) => {
      const result = results[index];
      if (result?.success === true) each.resolve(result.returnData);
      else each.reject(reverted(client, each.to, result?.returnData ?? "0x"));
    });
  }

  async function settleAlone(each: Waiting, block: BlockAt): Promise<void> {
    try {
      each.resolve(await callAlone({ to: each.to, data: each.data }, block));
    } catch (error) {
      each.reject(error instanceof ChainError ? error : badAnswer(client, each.to, error));
    }
  }

  function flush(block: BlockAt): void {
    const due = waiting.get(block) ?? [];
    waiting.delete(block);
    let batch: Waiting[] = [];
    let bytes = 0;
    for (const each of due) {
      if (
        batch.length > 0 &&
        (batch.length >= MAX_CALLS_PER_BATCH || bytes + each.data.length / 2 > MAX_BYTES_PER_BATCH)
      ) {
        void sendBatch(batch, block);
        batch = [];
        bytes = 0;
      }
      batch.push(each);
      bytes += each.data.length / 2;
    }
    if (batch.length > 0) void sendBatch(batch, block);
  }

  return {
    call(request, block) {
      if (request.from !== undefined || request.valueRaw !== undefined) return callAlone(request, block);
      return new Promise<Hex>((resolve, reject) => {
        const queue = waiting.get(block);
        const each = { to: request.to, data: request.data, resolve, reject };
        if (queue !== undefined) {
          queue.push(each);
          return;
        }
        waiting.set(block, [each]);
        setImmediate(() => flush(block));
      });
    },
    readLogs: (filter) => readLogPages(client, filter),
  };
}

const logSchema = z.looseObject({
  address: addressSchema,
  topics: z.array(bytes32Schema),
  data: hexSchema,
});

async function readLogPages(
  client: ChainClient,
  filter: Parameters<CallPort["readLogs"]>[0],
): Promise<readonly TxLog[]> {
  const found: TxLog[] = [];
  let from = filter.fromBlock;
  let page = LOG_PAGE_BLOCKS;
  while (from <= filter.toBlock) {
    const to = from + page - 1n < filter.toBlock ? from + page - 1n : filter.toBlock;
    const first = from;
    const answer = await client.call(`logs of ${filter.address}, blocks ${first} to ${to}`, (reader) =>
      reader.request({
        method: "eth_getLogs",
        params: [
          {
            address: filter.address,
            topics: [...filter.topics],
            fromBlock: numberToHex(first),
            toBlock: numberToHex(to),
          },
        ],
      }),
    );
    if (!answer.ok) {
      // A node that finds the page too large says so in many ways; a page of one block has nothing left to halve.
      if (answer.error.code !== "bad_data" || page === 1n) throw answer.error;
      page = page / 2n > 0n ? page / 2n : 1n;
      continue;
    }
    const rows = z.array(logSchema).safeParse(answer.value);
    if (!rows.success) throw badAnswer(client, filter.address, rows.error);
    found.push(...rows.data.map(({ address, topics, data }) => ({ address, topics, data })));
    from = to + 1n;
  }
  return found;
}

function reverted(client: ChainClient, to: Address, data: Hex): ChainError {
  return new ChainError({
    code: "reverted",
    retryable: false,
    message: `call of ${to} on ${client.chain.name} (${client.chain.id}) reverted: ${reasonOf(data)}`,
    details: { chainId: client.chain.id, to },
  });
}

function reasonOf(data: Hex): string {
  if (data === "0x") return "no reason given";
  try {
    const { errorName, args } = decodeErrorResult({ abi: ERROR_ABI, data });
    return errorName === "Error" ? String(args[0]) : `panic ${args[0]}`;
  } catch {
    // A custom error of the contract: its selector is all that can be said without its ABI.
    return `custom error ${data.slice(0, 10)}`;
  }
}

function badAnswer(client: ChainClient, to: Address, error: unknown): ChainError {
  return new ChainError({
    code: "bad_data",
    retryable: false,
    message: `${to} on ${client.chain.name} (${client.chain.id}) gave an answer that cannot be read: ${errorText(error).split("\n")[0] ?? ""}`,
    details: { chainId: client.chain.id, to },
  });
}
