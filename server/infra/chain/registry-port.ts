// What checks of registry entries ask a chain, over the read clients: id, code, storage, calls, and calls tried one after the other.
import * as z from "zod";
import type { CallPort } from "@/lib/actions/family";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import { hexSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { createCallPort } from "./call-port";
import type { ChainClient, ChainClients } from "./clients";

export interface SimulatedCall {
  readonly from?: Address;
  readonly to: Address;
  readonly data: Hex;
}

export interface RegistryPort {
  chainId(chainId: number): Promise<Result<number, ChainError>>;
  hasCode(chainId: number, address: Address): Promise<Result<boolean, ChainError>>;
  storageAt(chainId: number, address: Address, slot: Hex): Promise<Result<Hex, ChainError>>;
  calls(chainId: number): Result<CallPort, ChainError>;
  /** On the state of the head, each on what the ones before it left; `not_found` when the node has no eth_simulateV1. */
  simulate(
    chainId: number,
    calls: readonly SimulatedCall[],
  ): Promise<Result<readonly { readonly isOk: boolean; readonly data: Hex }[], ChainError>>;
}

const simulationSchema = z
  .array(z.looseObject({ calls: z.array(z.looseObject({ status: z.string(), returnData: hexSchema })) }))
  .min(1);

export function createRegistryPort(clients: ChainClients): RegistryPort {
  const ports = new Map<number, CallPort>();

  async function withClient<T>(
    chainId: number,
    use: (client: ChainClient) => Promise<Result<T, ChainError>>,
  ): Promise<Result<T, ChainError>> {
    const client = clients.get(chainId);
    return client.ok ? use(client.value) : client;
  }

  return {
    chainId: (chainId) => withClient(chainId, (client) => client.call("chain id", (reader) => reader.getChainId())),
    hasCode: (chainId, address) =>
      withClient(chainId, async (client) => {
        const code = await client.call(`code of ${address}`, (reader) => reader.getCode({ address }));
        return code.ok ? ok(code.value !== undefined && code.value.length > 2) : code;
      }),
    storageAt: (chainId, address, slot) =>
      withClient(chainId, async (client) => {
        const word = await client.call(`storage of ${address}`, (reader) => reader.getStorageAt({ address, slot }));
        return word.ok ? ok(word.value ?? "0x") : word;
      }),
    calls(chainId) {
      const client = clients.get(chainId);
      if (!client.ok) return client;
      const port = ports.get(chainId) ?? createCallPort(client.value);
      ports.set(chainId, port);
      return ok(port);
    },
    simulate: (chainId, calls) =>
      withClient(chainId, async (client) => {
        const answer = await client.call("simulation of calls", (reader) =>
          reader.request({
            method: "eth_simulateV1",
            params: [
              {
                blockStateCalls: [
                  { calls: calls.map(({ from, to, data }) => ({ to, data, ...(from === undefined ? {} : { from }) })) },
                ],
                validation: false,
              },
              "latest",
            ],
          }),
        );
        if (!answer.ok) {
          if (answer.error.code !== "bad_data") return answer;
          return err(
            new ChainError({
              code: "not_found",
              retryable: false,
              message: `the node of ${client.chain.name} (${chainId}) does not try calls (eth_simulateV1): ${answer.error.message}`,
            }),
          );
        }
        const parsed = simulationSchema.safeParse(answer.value);
        if (!parsed.success) {
          return err(
            new ChainError({
              code: "bad_data",
              retryable: false,
              message: `the node of ${client.chain.name} (${chainId}) answered a simulation in another form than eth_simulateV1's`,
              cause: parsed.error,
            }),
          );
        }
        return ok(
          (parsed.data[0]?.calls ?? []).map(({ status, returnData }) => ({ isOk: status === "0x1", data: returnData })),
        );
      }),
  };
}
