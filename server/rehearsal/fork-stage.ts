// Stage on a local fork by anvil: the wallet is impersonated, all calls are mined as one block on the copy, and the copy is taken back each time.
import { numberToHex, padHex } from "viem";
import * as z from "zod";
import type { TxCall } from "@/lib/actions/family";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { addressSchema, bytes32Schema, hexSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { createCallPort } from "@/server/infra/chain/call-port";
import type { BlockRef, ChainClient } from "@/server/infra/chain/clients";
import { startFork, type ForkProcess } from "./fork-process";
import { startForkRelay, type ForkRelay } from "./fork-relay";
import type { Stage, StorageChange, TriedCall } from "./ports";
import { revertReason } from "./revert-reason";

/** More than any step of a plan uses; the largest mint over many bins takes about six million. */
const GAS_PER_CALL = 30_000_000n;

const quantitySchema = z.string().regex(/^0x[0-9a-fA-F]+$/);
const receiptSchema = z.looseObject({
  status: quantitySchema,
  gasUsed: quantitySchema,
  logs: z.array(z.looseObject({ address: addressSchema, topics: z.array(bytes32Schema), data: hexSchema })),
});
const traceSchema = z.looseObject({
  output: hexSchema.default("0x"),
  error: z.string().optional(),
});

/** Fails when no fork can be started; a fork that was started ends with `close`, at its time limit, or with this process. */
export async function openFork(
  client: ChainClient,
  wallet: Address,
  block: BlockRef,
  binary?: string,
): Promise<Result<Stage, ChainError>> {
  let relay: ForkRelay;
  try {
    relay = await startForkRelay(client);
  } catch (error) {
    return err(asChainError(error));
  }
  const started = await startFork({
    chainName: client.chain.name,
    chainId: client.chain.id,
    blockNumber: block.number,
    relayUrl: relay.url,
    ...(binary === undefined ? {} : { binary }),
  });
  if (!started.ok) {
    await relay.close();
    return started;
  }
  const fork = started.value;
  const close = async (): Promise<void> => {
    await fork.close();
    await relay.close();
  };
  const timestampSec = BigInt(Math.floor(block.timestampAtMs / 1_000));
  let snapshot: unknown;
  try {
    await fork.request("anvil_impersonateAccount", [wallet]);
    snapshot = await fork.request("evm_snapshot", []);
  } catch (error) {
    await close();
    return err(asChainError(error));
  }
  return ok({
    method: "fork",
    blockNumber: block.number,
    timestampSec,
    timeScale: client.chain.timeScale,
    port: createCallPort(client),
    async play(calls, changes = []) {
      try {
        await fork.request("evm_revert", [snapshot]);
        snapshot = await fork.request("evm_snapshot", []);
        await change(fork, changes);
        return ok(await mine(fork, { wallet, calls, timestampSec }));
      } catch (error) {
        return err(asChainError(error));
      }
    },
    close,
  });
}

async function change(fork: ForkProcess, changes: readonly StorageChange[]): Promise<void> {
  for (const { address, slot, valueRaw } of changes) {
    await fork.request("anvil_setStorageAt", [address, slot, padHex(numberToHex(valueRaw), { size: 32 })]);
  }
}

/** All in one block, as a simulation has them: no time passes between two steps. */
async function mine(
  fork: ForkProcess,
  input: { readonly wallet: Address; readonly calls: readonly TxCall[]; readonly timestampSec: bigint },
): Promise<readonly TriedCall[]> {
  // Gas is free here: what it costs is on the card already, and the wallet's own coin is not part of the question.
  await fork.request("anvil_setNextBlockBaseFeePerGas", ["0x0"]);
  const hashes: Hex[] = [];
  for (const { to, data, valueRaw } of input.calls) {
    const hash = await fork.request("eth_sendTransaction", [
      {
        from: input.wallet,
        to,
        data,
        value: numberToHex(valueRaw),
        gas: numberToHex(GAS_PER_CALL),
        gasPrice: "0x0",
      },
    ]);
    hashes.push(bytes32Schema.parse(hash));
  }
  await fork.request("evm_setNextBlockTimestamp", [Number(input.timestampSec) + 1]);
  await fork.request("evm_mine", []);
  const trace = { tracer: "callTracer", tracerConfig: { onlyTopCall: true } };
  const answers = await fork.requestAll([
    ...hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
    ...hashes.map((hash) => ({ method: "debug_traceTransaction", params: [hash, trace] })),
  ]);
  return hashes.map((_, index) => triedOf(answers[index], answers[index + hashes.length]));
}

function triedOf(wireReceipt: unknown, wireTrace: unknown): TriedCall {
  const receipt = receiptSchema.parse(wireReceipt);
  const { output, error } = traceSchema.parse(wireTrace);
  const isOk = BigInt(receipt.status) === 1n;
  return {
    isOk,
    gasUsed: BigInt(receipt.gasUsed),
    returnData: output,
    logs: receipt.logs.map(({ address, topics, data }) => ({ address, topics, data })),
    error: isOk ? "" : revertReason(output, error),
  };
}

function asChainError(error: unknown): ChainError {
  if (error instanceof ChainError) return error;
  return new ChainError({
    code: "bad_data",
    retryable: false,
    message: `a local fork answered something else than expected: ${errorText(error).split("\n")[0] ?? ""}`,
    cause: error,
  });
}
