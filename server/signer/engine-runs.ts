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
  const parked = new Set<string>();

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
      parked.add(op.opId);
      for (let waitedMs = 0; waitedMs < PARKED_RETRY_MS && parked.has(op.opId); waitedMs += PARKED_SLICE_MS) {
        if (context.isClosing() || context.isDraining()) break;
        await context.sleep(PARKED_SLICE_MS);
      }
      const isEnded = !parked.delete(op.opId);
      if (isEnded || context.isClosing() || context.isDraining()) return;
    }
  }

  /** Ends an operation that only waits for a lower fee or for gas money: nothing of it was signed. */
  function endParked(opId: string, why: string): void {
    if (!parked.delete(opId)) return;
    const op = context.op(opId);
    const reason = `gas: ${op.error ?? "the fee was above the cap"}; ${why}`;
    context.record({ type: "EXPIRED", body: { opId, reason, atMs: deps.wall.nowMs() } });
  }

  /** A run whose operation has ended is about to return: wait for that instead of taking it for work under way. */
  async function leaveRun(opId: string): Promise<void> {
    const op = journal.state.ops.get(opId);
    if (op !== undefined && !OPEN_OP_STATES.includes(op.state)) await running.get(opId);
  }

  return { running, track, start, leaveRun, endParked };
}
