// What execution reads from the chain between two ops: a pool's price and an allowance, both at the head.
import { decodeFunctionResult, encodeFunctionData } from "viem";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { CallPort, LivePool } from "@/lib/actions/family";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { createCallPort } from "@/server/infra/chain/call-port";
import type { ChainClients } from "@/server/infra/chain/clients";
import { FAMILY_ADAPTERS } from "./adapters/registry";

export interface LiveReads {
  readPool(input: {
    readonly chainId: number;
    /** What the plan says of the pool; missing where it names the pool alone. */
    readonly family?: Family;
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
      if (ref === null || (family !== undefined && ref.family !== family)) {
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
      return withPort(clients, chainId, (port) => FAMILY_ADAPTERS[ref.family].reads.readPool(port, ref, "latest"));
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
