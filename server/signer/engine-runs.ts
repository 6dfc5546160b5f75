// Operations that are being worked on in this process: one run each, at most one at a time per operation.
import { errorText } from "@/lib/errors/tidegate-error";
import type { EngineContext } from "./context";
import { OPEN_OP_STATES, type OpRecord } from "./journal/projection";
import { runOp } from "./operation";

export type EngineRuns = ReturnType<typeof createRuns>;

export function createRuns(context: EngineContext) {
  const { deps, journal } = context;
  const running = new Map<string, Promise<void>>();

  function track(opId: string, run: Promise<void>): void {
    const tracked = run
      .catch((error: unknown) => {
        deps.log.error("signer.op-crashed", { opId, message: errorText(error) });
      })
      .finally(() => {
        if (running.get(opId) === tracked) running.delete(opId);
      });
    running.set(opId, tracked);
  }

  function start(op: OpRecord): void {
    if (running.has(op.opId)) return;
    track(
      op.opId,
      context.withChain(op.chainId, () => runOp(context, op.opId)),
    );
  }

  /** A run whose operation has ended is about to return: wait for that instead of taking it for work under way. */
  async function leaveRun(opId: string): Promise<void> {
    const op = journal.state.ops.get(opId);
    if (op !== undefined && !OPEN_OP_STATES.includes(op.state)) await running.get(opId);
  }

  return { running, track, start, leaveRun };
}
