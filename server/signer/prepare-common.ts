// What the preparations of all steps share: their inputs and result, funds, deadline, and the simulation at the block the state was read at.
import type { LivePosition } from "@/lib/actions/family";
import { ChainError } from "@/lib/errors/tidegate-error";
import { walletAccount } from "@/lib/ledger/accounts";
import type { Plan } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";
import type { EngineContext } from "./context";
import type { OpRecord } from "./journal/projection";
import { SignerError, type BlockRef, type CallRequest, type ChainPort } from "./ports";

export interface PreparedTx {
  readonly kind: "tx";
  readonly block: BlockRef;
  readonly to: Address;
  readonly data: Hex;
  readonly valueRaw: bigint;
  /** An exit's position as it was read, for the last look at the bytes. */
  readonly position: LivePosition | null;
  readonly expected: readonly { readonly token: Address; readonly amountRaw: bigint }[];
  readonly minimums: readonly { readonly token: Address; readonly amountRaw: bigint }[];
  /** Chain time after which the transaction is worth nothing: its own deadline, or ours where its bytes have none. */
  readonly deadlineSec: number | null;
  readonly notionalUsd: number;
  /** Swaps and bridges: where the same bytes were tried again, and what came of it. */
  readonly secondLook?: string;
}

/** `skip`: the purpose is reached already. `revoke_first`: another allowance stands in the way. */
export type Preparation =
  PreparedTx | { readonly kind: "skip"; readonly reason: string } | { readonly kind: "revoke_first" };

/** What endpoints said about each other this long ago still counts when something is prepared. */
const QUORUM_AGE_MS = 1_000;

export interface PlacedInput {
  readonly context: EngineContext;
  readonly port: ChainPort;
  readonly block: BlockRef;
  readonly wallet: Address;
}

export interface PrepareInput extends PlacedInput {
  readonly op: OpRecord;
  readonly plan: Plan;
}

export async function placeOf(context: EngineContext, op: OpRecord): Promise<PlacedInput> {
  const port = context.chain(op.chainId);
  await port.checkEndpoints(QUORUM_AGE_MS);
  const block = await port.readBlock("latest");
  if (block === null) throw SignerError.later("chain", `chain ${op.chainId} answered no latest block`);
  return { context, port, block, wallet: context.deps.key.address };
}

/** A revert here is a fact about this one block: at the next one it may pass, so it is tried again a few times (retryable). */
export async function simulate(port: ChainPort, request: CallRequest, block: bigint): Promise<Hex> {
  try {
    return await port.call(request, block);
  } catch (error) {
    if (error instanceof ChainError && error.code === "reverted") {
      throw new SignerError({
        code: "reverted",
        message: `the simulation at block ${block} failed, nothing was signed: ${error.message}`,
        retryable: true,
        cause: error,
      });
    }
    throw error;
  }
}

/** Chain time: the step's block + the plan's deadline (at most 120 s) x the chain's time scale. */
export function deadlineOf(input: PrepareInput): number {
  return input.block.timestampSec + Math.floor(input.plan.bounds.deadlineSec * input.port.chain.timeScale);
}

export function freeBalance(context: EngineContext, op: OpRecord, token: Address): bigint {
  return context.journal.state.balances.of(op.chainId, walletAccount(op.pairId), token);
}

export function checkFunds(op: OpRecord, token: Address, neededRaw: bigint, freeRaw: bigint): void {
  if (neededRaw <= freeRaw) return;
  throw SignerError.refuse(
    "insufficient",
    `${op.pairId} has ${freeRaw} of ${token} on chain ${op.chainId}, the step needs ${neededRaw}; assign capital or plan again`,
  );
}

export function checkWithinCap(capRaw: bigint, amountRaw: bigint, name: string): void {
  if (amountRaw <= capRaw) return;
  throw SignerError.refuse("policy", `${name} ${amountRaw} is above the plan's cap ${capRaw}`);
}

export function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
