// What execution reads from the chain between two ops: a pool's price and an allowance, both at the head.
import { decodeFunctionResult, encodeFunctionData, toHex, type Hex as ViemHex } from "viem";
import type { TxLog } from "@/lib/actions/erc20";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { CallPort, LivePool } from "@/lib/actions/family";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { ChainClient, ChainClients } from "@/server/infra/chain/clients";
import { FAMILY_ADAPTERS } from "./adapters/registry";

export interface LiveReads {
  readPool(input: {
    readonly chainId: number;
    readonly family: Family;
    readonly pool: Hex;
  }): Promise<Result<LivePool, ChainError>>;
  readAllowance(input: {
    readonly chainId: number;
    readonly token: Address;
    readonly owner: Address;
    readonly spender: Address;
  }): Promise<Result<bigint, ChainError>>;
}

/** `findPool` answers the registry's entry of a pool, null when there is none. */
export function createLiveReads(
  clients: ChainClients,
  findPool: (chainId: number, pool: Hex) => PoolRef | null,
): LiveReads {
  return {
    async readPool({ chainId, family, pool }) {
      const ref = findPool(chainId, pool);
      if (ref === null || ref.family !== family) {
        return err(
          new ChainError({
            code: "not_found",
            retryable: false,
            message: `pool ${pool} on chain ${chainId} is ${
              ref === null ? "not in the registry" : `of the family ${ref.family} in the registry, not ${family}`
            }; add or correct it there`,
          }),
        );
      }
      return withPort(clients, chainId, (port) => FAMILY_ADAPTERS[family].reads.readPool(port, ref, "latest"));
    },
    readAllowance: ({ chainId, token, owner, spender }) =>
      withPort(clients, chainId, async (port) => {
        const data = await port.call(
          {
            to: token,
            data: encodeFunctionData({ abi: ERC20_ABI, functionName: "allowance", args: [owner, spender] }),
          },
          "latest",
        );
        return decodeFunctionResult({ abi: ERC20_ABI, functionName: "allowance", data });
      }),
  };
}

/** Blocks of one log question; public endpoints refuse wider ones. */
const LOG_PAGE_BLOCKS = 2_000n;

/** A read client as the call port of the adapters. */
export function createCallPort(client: ChainClient): CallPort {
  return {
    async call(request, block) {
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
      const data: ViemHex | undefined = answer.value.data;
      return data ?? "0x";
    },
    async readLogs({ address, topics, fromBlock, toBlock }) {
      const logs: TxLog[] = [];
      for (let start = fromBlock; start <= toBlock; start += LOG_PAGE_BLOCKS) {
        const end = start + LOG_PAGE_BLOCKS - 1n < toBlock ? start + LOG_PAGE_BLOCKS - 1n : toBlock;
        const page = await client.call(`logs of ${address} in blocks ${start} to ${end}`, (reader) =>
          reader.request({
            method: "eth_getLogs",
            params: [{ address, topics: [...topics], fromBlock: toHex(start), toBlock: toHex(end) }],
          }),
        );
        if (!page.ok) throw page.error;
        logs.push(...page.value.map((log) => ({ address: log.address, topics: log.topics, data: log.data })));
      }
      return logs;
    },
  };
}

async function withPort<T>(
  clients: ChainClients,
  chainId: number,
  read: (port: CallPort) => Promise<T>,
): Promise<Result<T, ChainError>> {
  const client = clients.get(chainId);
  if (!client.ok) return client;
  try {
    return ok(await read(createCallPort(client.value)));
  } catch (error) {
    if (error instanceof ChainError) return err(error);
    return err(
      new ChainError({
        code: "bad_data",
        retryable: false,
        message: `chain ${chainId} gave an answer that could not be decoded; check the registry entry`,
        cause: error,
      }),
    );
  }
}
