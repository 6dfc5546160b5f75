// What reaches a worker from outside: SHUTDOWN, RESTART and REHEARSE_EXIT as messages, and signed commands from the signer's log by number.
import type { CommandRecord } from "@/lib/api/commands";
import type { SignerPort, WorkerLog } from "./ports";

export interface ControlDeps {
  readonly signer: Pick<SignerPort, "commandsSince">;
  /** Wake-ups only: what they announce is read from the signer, so a lost one costs at most POLL_MS. */
  readonly onHint: (listener: () => void) => () => void;
  readonly onMessage: (listener: (message: string) => void) => () => void;
  readonly log: WorkerLog;
}

export interface ControlHandlers {
  /** In order, each number once; earlier ones are never repeated. */
  readonly onCommand: (command: CommandRecord) => Promise<void>;
  readonly onShutdown: () => void;
  readonly onRestart: () => void;
  readonly onRehearseExit: () => void;
}

export interface ControlChannel {
  lastSeq(): number;
  stop(): void;
}

const POLL_MS = 2_000;

export function openControlChannel(deps: ControlDeps, handlers: ControlHandlers, afterSeq: number): ControlChannel {
  const state = { seq: afterSeq, isReading: false, again: false, isStopped: false };

  async function read(): Promise<void> {
    if (state.isReading || state.isStopped) {
      state.again = true;
      return;
    }
    state.isReading = true;
    do {
      state.again = false;
      const found = await deps.signer.commandsSince(state.seq);
      // Signer away: asked again with the next poll, nothing is lost.
      if (!found.ok) break;
      for (const command of found.value.toSorted((left, right) => left.seq - right.seq)) {
        if (command.seq <= state.seq || state.isStopped) continue;
        state.seq = command.seq;
        await handlers.onCommand(command);
      }
    } while (state.again && !state.isStopped);
    state.isReading = false;
  }

  const stopHints = deps.onHint(() => void read());
  const stopMessages = deps.onMessage((message) => {
    deps.log.info("worker.controlled", { message });
    if (message === "SHUTDOWN") handlers.onShutdown();
    if (message === "RESTART") handlers.onRestart();
    if (message === "REHEARSE_EXIT") handlers.onRehearseExit();
  });
  const timer = setInterval(() => void read(), POLL_MS);
  void read();
  return {
    lastSeq: () => state.seq,
    stop() {
      state.isStopped = true;
      clearInterval(timer);
      stopHints();
      stopMessages();
    },
  };
}
