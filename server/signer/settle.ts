// After VERIFIED: final when the chain says so; a block hash that changed sends the operation back to SENT (safety.md section 3.6).
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import type { EngineContext } from "./context";
import type { OpRecord } from "./journal/projection";
import { followToEnd } from "./operation";
import type { ChainPort } from "./ports";
import { resend } from "./sender";

/** Included and recorded, but not final yet. */
export function unsettledOps(context: EngineContext): readonly OpRecord[] {
  return [...context.journal.state.ops.values()].filter(
    (op) =>
      op.included !== null &&
      (op.state === "VERIFIED" ||
        ((op.state === "REVERTED" || op.state === "CANCELLED") && op.attempts.some((each) => each.raw !== null))),
  );
}

/** One look at every unsettled operation. Operations whose block is gone are followed again; `follow` keeps their promises. */
export async function settleOnce(
  context: EngineContext,
  follow: (opId: string, run: Promise<void>) => void,
): Promise<void> {
  const byChain = new Map<number, OpRecord[]>();
  for (const op of unsettledOps(context)) byChain.set(op.chainId, [...(byChain.get(op.chainId) ?? []), op]);
  for (const [chainId, ops] of byChain) {
    const port = context.chain(chainId);
    try {
      const finalNumber = await readFinalNumber(port);
      for (const op of ops) await settleOp(context, port, { op, finalNumber, follow });
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      // Not final yet is always a safe answer; asked again at the next round.
      context.deps.log.debug("signer.settle-retried", { chainId, message: errorText(error) });
    }
  }
}

async function settleOp(
  context: EngineContext,
  port: ChainPort,
  input: { op: OpRecord; finalNumber: bigint; follow: (opId: string, run: Promise<void>) => void },
): Promise<void> {
  const { op, finalNumber } = input;
  const { included } = op;
  if (included === null) return;
  const block = await port.readBlock(included.blockNumber);
  if (block !== null && block.hash === included.blockHash) {
    if (included.blockNumber > finalNumber) return;
    context.record({
      type: "SETTLED",
      body: { opId: op.opId, blockNumber: included.blockNumber, atMs: context.deps.wall.nowMs() },
    });
    return;
  }
  if (block === null) {
    const head = await port.readBlock("latest");
    // A node that is merely behind has not seen the block yet.
    if (head !== null && head.number < included.blockNumber && finalNumber < included.blockNumber) {
      const receipt = await port.readReceipt(included.hash);
      if (receipt !== null && receipt.blockHash === included.blockHash) return;
    }
  }
  context.deps.log.warn("signer.block-gone", {
    opId: op.opId,
    chainId: op.chainId,
    blockNumber: included.blockNumber.toString(),
    expected: included.blockHash,
    found: block?.hash ?? "none",
  });
  await resend(context, op, "block_gone");
  input.follow(op.opId, followToEnd(context, op.opId));
}

/** Number of the newest block that counts as final. */
export async function readFinalNumber(port: ChainPort): Promise<bigint> {
  const { tag, depth } = port.chain.settle;
  if (tag !== "depth") {
    const tagged = await port.readBlock(tag).catch((error: unknown) => {
      // Nodes without the tag answer an error: the depth of the same registry entry counts then.
      if (error instanceof ChainError) return null;
      throw error;
    });
    if (tagged !== null) return tagged.number;
  }
  const head = await port.readBlock("latest");
  return head === null ? -1n : head.number - BigInt(depth);
}
