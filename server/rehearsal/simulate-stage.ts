// Stage by eth_simulateV1: several calls in one imagined block, state carried from one to the next, nothing left behind.
import { numberToHex, padHex } from "viem";
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import { addressSchema, bytes32Schema, hexSchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { createCallPort } from "@/server/infra/chain/call-port";
import type { BlockRef, ChainClient } from "@/server/infra/chain/clients";
import type { Stage, StorageChange } from "./ports";
import { revertReason } from "./revert-reason";

const quantitySchema = z.string().regex(/^0x[0-9a-fA-F]+$/);
const answerSchema = z.array(
  z.looseObject({
    calls: z.array(
      z.looseObject({
        status: quantitySchema,
        returnData: hexSchema,
        gasUsed: quantitySchema,
        logs: z
          .array(z.looseObject({ address: addressSchema, topics: z.array(bytes32Schema), data: hexSchema }))
          .default([]),
        error: z.looseObject({ message: z.string().optional() }).nullish(),
      }),
    ),
  }),
);

/** Fails when the node does not answer eth_simulateV1. */
export async function openSimulation(
  client: ChainClient,
  wallet: Address,
  block: BlockRef,
): Promise<Result<Stage, ChainError>> {
  const stage: Stage = {
    method: "eth_simulateV1",
    blockNumber: block.number,
    timestampSec: BigInt(Math.floor(block.timestampAtMs / 1000)),
    timeScale: client.chain.timeScale,
    port: createCallPort(client),
    async play(calls, changes = []) {
      const answer = await client.call("eth_simulateV1", (reader) =>
        reader.request<{ Method: string; Parameters: unknown; ReturnType: unknown }>({
          method: "eth_simulateV1",
          params: [
            {
              blockStateCalls: [
                {
                  ...(changes.length === 0 ? {} : { stateOverrides: overridesOf(changes) }),
                  calls: calls.map(({ to, data, valueRaw }) => ({
                    from: wallet,
                    to,
                    data,
                    value: numberToHex(valueRaw),
                  })),
                },
              ],
              validation: false,
              traceTransfers: false,
            },
            numberToHex(block.number),
          ],
        }),
      );
      if (!answer.ok) return answer;
      const parsed = answerSchema.safeParse(answer.value);
      const tried = parsed.success ? parsed.data[0]?.calls : undefined;
      if (tried === undefined || tried.length !== calls.length) {
        return err(
          new ChainError({
            code: "bad_data",
            retryable: false,
            message: `eth_simulateV1 of ${client.chain.name} (${client.chain.id}) answered ${tried?.length ?? "no"} results for ${calls.length} calls`,
          }),
        );
      }
      return ok(
        tried.map((each) => ({
          isOk: BigInt(each.status) === 1n,
          gasUsed: BigInt(each.gasUsed),
          returnData: each.returnData,
          logs: each.logs.map(({ address, topics, data }) => ({ address, topics, data })),
          error: BigInt(each.status) === 1n ? "" : revertReason(each.returnData, each.error?.message),
        })),
      );
    },
    close: () => Promise.resolve(),
  };
  const probe = await stage.play([]);
  return probe.ok ? ok(stage) : err(asChainError(probe.error, client));
}

function overridesOf(changes: readonly StorageChange[]): Record<Address, { stateDiff: Record<string, string> }> {
  const overrides: Record<Address, { stateDiff: Record<string, string> }> = {};
  for (const { address, slot, valueRaw } of changes) {
    overrides[address] = {
      stateDiff: { ...overrides[address]?.stateDiff, [slot]: padHex(numberToHex(valueRaw), { size: 32 }) },
    };
  }
  return overrides;
}

function asChainError(error: unknown, client: ChainClient): ChainError {
  if (error instanceof ChainError) return error;
  return new ChainError({
    code: "bad_data",
    retryable: false,
    message: `chain ${client.chain.id} cannot simulate`,
    cause: error,
  });
}
