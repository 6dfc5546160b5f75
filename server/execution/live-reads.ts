// What execution reads from the chain between two ops: a pool's price and an allowance, both at the head.
import { decodeFunctionResult, encodeFunctionData, type Hex as ViemHex } from "viem";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { ChainClient, ChainClients } from "@/server/infra/chain/clients";
import type { CallPort, LivePool } from "./adapters/adapter";
import { POSITION_ADAPTERS } from "./adapters/registry";

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

export function createLiveReads(clients: ChainClients): LiveReads {
  return {
    async readPool({ chainId, family, pool }) {
      const adapter = POSITION_ADAPTERS.get(family);
      if (adapter === undefined) {
        return err(
          new ChainError({
            code: "not_found",
            retryable: false,
            message: `pools of the family ${family} cannot be acted on by this version (pool ${pool} on chain ${chainId})`,
          }),
        );
      }
      return withPort(clients, chainId, (port) => adapter.readPool(port, pool, "latest"));
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

/** A read client as the call port of the adapters. */
function createCallPort(client: ChainClient): CallPort {
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
