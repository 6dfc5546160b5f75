// What a failed transaction ran into: played again on the state before its block, with that block held against the plan's bounds.
import { BaseError, decodeFunctionResult, encodeFunctionData, parseAbi, type Address } from "viem";
import * as z from "zod";
import type { OpReport, PlanRecord } from "@/lib/api/signer-contract";
import { ok, type Result } from "@/lib/errors/result";
import type { ChainError } from "@/lib/errors/tidegate-error";
import { hexSchema } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import { createChainClients, type ChainClient, type ChainClients } from "@/server/infra/chain/clients";
import type { ApiDeps } from "./deps";
import { revertWords, type RevertWords } from "./revert-words";

export interface CauseCheck {
  readonly label: string;
  readonly value: string;
  readonly limit: string;
  readonly ok: boolean | null;
}

export interface OpCause {
  readonly reason: string;
  readonly meaning: string | null;
  /** On which state the same bytes were tried again. */
  readonly triedAtBlock: string | null;
  readonly checks: readonly CauseCheck[];
}

/** First two words of what the pool says of itself; families that keep this elsewhere are not read. */
const POOL_STATE = parseAbi([
  "function slot0() view returns (uint160 price, int24 tick)",
  "function globalState() view returns (uint160 price, int24 tick)",
  "function getActiveId() view returns (uint24 id)",
]);
const TIMEOUT_MS = 2_500;

const clientsOf = new WeakMap<ApiDeps, ChainClients>();

function chainClient(deps: ApiDeps, chainId: number): Result<ChainClient, ChainError> {
  let clients = clientsOf.get(deps);
  if (clients === undefined) {
    clients = createChainClients({
      chains: deps.registry.registry.chains,
      wallNowMs: deps.nowMs,
      marketNowMs: deps.nowMs,
      timeoutMs: TIMEOUT_MS,
    });
    clientsOf.set(deps, clients);
  }
  return clients.get(chainId);
}

export async function readOpCause(
  deps: ApiDeps,
  record: PlanRecord,
  op: OpReport,
): Promise<Result<OpCause, ChainError>> {
  const known = { reason: op.error ?? "the signer gave no reason", meaning: null };
  if (op.txHash === null || op.blockNumber === null) {
    return ok({ ...known, triedAtBlock: null, checks: [] });
  }
  const client = chainClient(deps, op.chainId);
  if (!client.ok) return client;
  const block = await client.value.readBlock(op.blockNumber);
  if (!block.ok) return block;
  const replayed = await replay(client.value, { hash: op.txHash, blockNumber: op.blockNumber });
  if (!replayed.ok) return replayed;
  const ticks = await tickChecks(client.value, deps, record, op);
  return ok({
    ...(replayed.value?.words ?? known),
    triedAtBlock: replayed.value?.atBlock ?? null,
    checks: [...ticks, ...gasChecks(record, op, block.value.baseFeePerGasWei)],
  });
}

interface Replayed {
  readonly words: RevertWords;
  readonly atBlock: string;
}

/** On the state before the block, and when that goes through on the state after it: what came first in the block may be the cause. */
async function replay(
  client: ChainClient,
  input: { readonly hash: Hex; readonly blockNumber: bigint },
): Promise<Result<Replayed | null, ChainError>> {
  return client.call("the failed transaction, once more", async (reader) => {
    const tx = await reader.getTransaction({ hash: input.hash });
    for (const blockNumber of [input.blockNumber - 1n, input.blockNumber]) {
      try {
        await reader.call({
          account: tx.from,
          to: tx.to,
          data: tx.input,
          value: tx.value,
          gas: tx.gas,
          blockNumber,
        });
      } catch (error) {
        const words = wordsOf(error);
        if (words === null) throw error;
        return { words, atBlock: blockNumber.toString() };
      }
    }
    return null;
  });
}

const revertSchema = z.object({ data: hexSchema });
const nestedRevertSchema = z.object({ data: revertSchema });

/** Null when the node did not say that the call reverted. */
function wordsOf(error: unknown): RevertWords | null {
  if (!(error instanceof BaseError)) return null;
  let data: Hex = "0x";
  error.walk((each) => {
    const direct = revertSchema.safeParse(each);
    const nested = nestedRevertSchema.safeParse(each);
    if (direct.success) data = direct.data.data;
    else if (nested.success) data = nested.data.data.data;
    return false;
  });
  const text = error.details === "" ? error.shortMessage : error.details;
  if (data === "0x" && !/revert|out of gas|invalid opcode/i.test(text)) return null;
  return revertWords(data, text.split("\n")[0]?.slice(0, 200) ?? "");
}

async function tickChecks(
  client: ChainClient,
  deps: ApiDeps,
  record: PlanRecord,
  op: OpReport,
): Promise<readonly CauseCheck[]> {
  const checks: CauseCheck[] = [];
  for (const bound of record.plan.bounds.poolTicks) {
    const facts = deps.registry
      .poolsOf(record.plan.pairId)
      .find(({ chain, pool }) => chain.id === op.chainId && pool.id.toLowerCase() === bound.pool.toLowerCase());
    if (facts === undefined || op.blockNumber === null) continue;
    const tick = await readTick(client, facts.dex.family, facts.pool.id, op.blockNumber);
    const name = facts.dex.family === "liquidity-book" ? "Bin" : "Tick";
    const moved = tick === null ? null : tick - bound.tick;
    checks.push({
      label: `${name} of ${facts.dex.name} after that block`,
      value:
        tick === null || moved === null
          ? "not read for this family"
          : `${tick}, ${Math.abs(moved)} ${moved < 0 ? "below" : "above"} the plan's ${bound.tick}`,
      limit: `at most ${bound.maxTickMove} away`,
      ok: moved === null ? null : Math.abs(moved) <= bound.maxTickMove,
    });
  }
  return checks;
}

async function readTick(
  client: ChainClient,
  family: string,
  pool: string,
  blockNumber: bigint,
): Promise<number | null> {
  const functionName =
    family === "liquidity-book"
      ? "getActiveId"
      : family === "algebra-integral" || family === "algebra-v1" || family === "camelot-v3"
        ? "globalState"
        : family === "uniswap-v4" || family === "pancakeswap-infinity"
          ? null
          : "slot0";
  const address = addressOf(pool);
  if (functionName === null || address === null) return null;
  const answer = await client.call("the pool's state at that block", async (reader) => {
    const { data } = await reader.call({
      to: address,
      data: encodeFunctionData({ abi: POOL_STATE, functionName }),
      blockNumber,
    });
    const found = decodeFunctionResult({ abi: POOL_STATE, functionName, data: data ?? "0x" });
    return typeof found === "number" ? found : found[1];
  });
  return answer.ok ? answer.value : null;
}

function addressOf(text: string): Address | null {
  const parsed = hexSchema.safeParse(text);
  return parsed.success && parsed.data.length === 42 ? parsed.data : null;
}

function gasChecks(record: PlanRecord, op: OpReport, baseFeeWei: bigint | null): readonly CauseCheck[] {
  const bound = record.plan.bounds.maxFeePerGasWei.find(({ chainId }) => chainId === op.chainId);
  if (bound === undefined || baseFeeWei === null) return [];
  return [
    {
      label: "Base fee of that block",
      value: `${gwei(baseFeeWei)} gwei`,
      limit: `at most ${gwei(bound.wei)} gwei`,
      ok: baseFeeWei <= bound.wei,
    },
  ];
}

function gwei(wei: bigint): string {
  return (Number(wei) / 1e9).toLocaleString("en-US", { maximumFractionDigits: 4 });
}
