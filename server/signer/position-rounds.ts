// Positions and rights compared with the chain while the signer runs: what a start does once (safety.md R5), again every few minutes.
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import type { EngineContext } from "./context";
import { takeInventory } from "./inventory";
import { inFlightOps } from "./journal/recover";
import type { ChainPort } from "./ports";

/** Between two looks at a chain; wall time, choice: what was moved by hand is known well before the next decision. */
const EVERY_MS = 300_000;

export interface PositionRounds {
  /** Takes the inventory of every chain whose time has come and that is quiet; a chain without an answer is asked again next time. */
  look(): Promise<void>;
}

/** Read the chain's soft depth below the head, with nothing of ours under way or above that block: a block that goes away moves nothing. */
export function createPositionRounds(context: EngineContext, readyChains: ReadonlySet<number>): PositionRounds {
  const { deps, journal } = context;
  const lookedAtMs = new Map<number, number>();
  return {
    async look() {
      for (const port of deps.chains.values()) {
        const chainId = port.chain.id;
        const nowMs = deps.wall.monotonicMs();
        const before = lookedAtMs.get(chainId);
        if (before === undefined) lookedAtMs.set(chainId, nowMs);
        if (before === undefined || nowMs - before < EVERY_MS || !readyChains.has(chainId) || isPlanUnderWay())
          continue;
        lookedAtMs.set(chainId, nowMs);
        try {
          await context.withChain(chainId, () => lookAt(port));
        } catch (error) {
          if (!(error instanceof ChainError)) throw error;
          deps.log.warn("signer.inventory-skipped", { chainId, message: errorText(error) });
        }
      }
    },
  };

  function isPlanUnderWay(): boolean {
    return [...journal.state.plans.values()].some(({ status }) => status === "executing");
  }

  async function lookAt(port: ChainPort): Promise<void> {
    const { chain } = port;
    const head = await port.readBlock("latest");
    if (head === null) return;
    const block = await port.readBlock(head.number - BigInt(Math.min(chain.softDepth, Number(head.number))));
    if (block === null || inFlightOps(context, chain.id).length > 0) return;
    const isAbove = [...journal.state.ops.values()].some(
      (op) => op.chainId === chain.id && op.included !== null && op.included.blockNumber > block.number,
    );
    if (isAbove) return;
    const notes: string[] = [];
    await takeInventory(context, port, { block, notes });
    for (const note of notes) deps.log.warn("signer.inventory", { chainId: chain.id, reason: note });
  }
}
