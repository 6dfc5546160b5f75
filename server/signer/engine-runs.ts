// Operations that are being worked on in this process: one run each, at most one at a time per operation.
import { errorText } from "@/lib/errors/tidegate-error";
import type { EngineContext } from "./context";
import { OPEN_OP_STATES, type OpRecord } from "./journal/projection";
import { runOp } from "./operation";

/** Between two looks at the fee of a parked operation, in slices that notice a stop of the process; wall time. */
const PARKED_RETRY_MS = 2_000;
const PARKED_SLICE_MS = 200;

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
    track(op.opId, runToEnd(op));
  }

  /** A parked operation waits outside the chain's lock, so that others of the chain are not held up by its fee cap. */
  async function runToEnd(op: OpRecord): Promise<void> {
    for (;;) {
      const end = await context.withChain(op.chainId, () => runOp(context, op.opId));
      if (end === "ended") return;
      for (let waitedMs = 0; waitedMs < PARKED_RETRY_MS; waitedMs += PARKED_SLICE_MS) {
        if (context.isClosing() || context.isDraining()) return;
        await context.sleep(PARKED_SLICE_MS);
      }
    }
  }

  /** A run whose operation has ended is about to return: wait for that instead of taking it for work under way. */
  async function leaveRun(opId: string): Promise<void> {
    const op = journal.state.ops.get(opId);
    if (op !== undefined && !OPEN_OP_STATES.includes(op.state)) await running.get(opId);
  }

  return { running, track, start, leaveRun };
}
