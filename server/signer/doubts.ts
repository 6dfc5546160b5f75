// Differences between wallet and books while the signer runs: what stays the same on a quiet chain is booked as a credit or halts as a debit, as at a start (safety.md R6).
import type { Address } from "@/lib/units";
import type { EngineContext } from "./context";
import { compareToken, inFlightOps } from "./journal/recover";
import type { BlockRef, ChainPort } from "./ports";

/** A transfer's arrival is on the chain before its receipt is settled; polls for one come every 30 s at the latest. */
const PATIENCE_MS = 60_000;

interface Doubt {
  readonly amountRaw: bigint;
  readonly blockNumber: bigint;
  readonly sinceMonoMs: number;
}

export interface Doubts {
  /** One reading of one token; inside the chain's lock. */
  weigh(
    port: ChainPort,
    reading: { readonly token: Address; readonly chainRaw: bigint; readonly block: BlockRef },
  ): void;
}

/**
 * A difference counts when it was seen twice with the same amount, a minute and the chain's soft depth apart, with nothing of ours under
 * way and both readings past the block of our last operation: a lagging endpoint or a block that goes away is not money.
 */
export function createDoubts(context: EngineContext): Doubts {
  const { deps, journal } = context;
  const doubts = new Map<string, Doubt>();
  return {
    weigh(port, { token, chainRaw, block }) {
      const { chain } = port;
      const key = `${chain.id}:${token}`.toLowerCase();
      const amountRaw = chainRaw - journal.state.balances.walletTotal(chain.id, token);
      const depth = BigInt(chain.softDepth);
      if (amountRaw === 0n || !isQuiet(context, chain.id, block.number - depth)) {
        doubts.delete(key);
        return;
      }
      const nowMonoMs = deps.wall.monotonicMs();
      const first = doubts.get(key);
      if (first?.amountRaw !== amountRaw) {
        doubts.set(key, { amountRaw, blockNumber: block.number, sinceMonoMs: nowMonoMs });
        return;
      }
      if (block.number < first.blockNumber + depth || nowMonoMs - first.sinceMonoMs < PATIENCE_MS) return;
      doubts.delete(key);
      const notes: string[] = [];
      compareToken(context, port, { token, chainRaw, block, notes });
      for (const text of notes) {
        context.record({ type: "NOTE", body: { text } });
        deps.log.warn("signer.difference", { chainId: chain.id, token, reason: text });
      }
    },
  };
}

/** Nothing of ours is under way, and what was is at or below the block. */
function isQuiet(context: EngineContext, chainId: number, block: bigint): boolean {
  if (inFlightOps(context, chainId).length > 0) return false;
  return [...context.journal.state.ops.values()].every(
    (op) => op.chainId !== chainId || op.included === null || op.included.blockNumber <= block,
  );
}
