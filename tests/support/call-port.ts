// The call port of the family adapters over a devnet client, as the signer's and the worker's chain clients offer it.
import { BaseError, ExecutionRevertedError } from "viem";
import type { CallPort } from "@/lib/actions/family";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { DevnetClient } from "@/server/devnet/chain/client";

export function createTestCallPort(client: DevnetClient): CallPort {
  return {
    async call(request, block) {
      try {
        const { data } = await client.call({
          to: request.to,
          data: request.data,
          ...(request.from === undefined ? {} : { account: request.from }),
          ...(request.valueRaw === undefined ? {} : { value: request.valueRaw }),
          ...(typeof block === "bigint" ? { blockNumber: block } : { blockTag: block }),
        });
        return data ?? "0x";
      } catch (error) {
        const isReverted = error instanceof BaseError && error.walk((each) => each instanceof ExecutionRevertedError);
        if (!isReverted) throw error;
        throw new ChainError({
          code: "reverted",
          retryable: false,
          message: `call ${request.data.slice(0, 10)} to ${request.to} reverted: ${error.shortMessage}`,
          cause: error,
        });
      }
    },
    async readLogs(filter) {
      const logs = await client.request<{
        Method: "eth_getLogs";
        Parameters: [unknown];
        ReturnType: {
          address: `0x${string}`;
          topics: `0x${string}`[];
          data: `0x${string}`;
          logIndex: string;
        }[];
      }>({
        method: "eth_getLogs",
        params: [
          {
            address: filter.address,
            topics: [...filter.topics],
            fromBlock: `0x${filter.fromBlock.toString(16)}`,
            toBlock: `0x${filter.toBlock.toString(16)}`,
          },
        ],
      });
      return logs.map(({ address, topics, data, logIndex }) => ({ address, topics, data, logIndex: Number(logIndex) }));
    },
  };
}
