// The end of a process by house convention: it drains when stdin closes (its parent is gone) or on SIGTERM or SIGINT, and ends in bounded time.

export interface DrainSettings {
  /** Finishes what must not be cut short. */
  readonly drain: (reason: string) => Promise<void>;
  /** Longest wait for `drain`; then the process ends anyway. */
  readonly graceMs: number;
  /** `stdin`: the control channel rules; `signals`: only signals (a process started by hand). */
  readonly channel: "stdin" | "signals";
}

export const EXIT_OK = 0;
/** Bad settings or a missing part: starting again without a change will not help. */
export const EXIT_CONFIG = 2;
/** The pair lease or the singleton lock was lost. */
export const EXIT_LEASE_LOST = 75;
/** Asked to start again. */
export const EXIT_RESTART = 76;

/** Returns a function that starts the drain from inside, with the exit code to end with. */
export function installDrain(settings: DrainSettings): (reason: string, exitCode: number) => void {
  let isDraining = false;
  function begin(reason: string, exitCode: number): void {
    if (isDraining) return;
    isDraining = true;
    setTimeout(() => process.exit(exitCode), settings.graceMs);
    settings.drain(reason).then(
      () => process.exit(exitCode),
      (error: unknown) => {
        process.stderr.write(
          `error while ending (${reason}): ${error instanceof Error ? error.message : String(error)}\n`,
        );
        process.exit(exitCode === EXIT_OK ? 1 : exitCode);
      },
    );
  }
  if (settings.channel === "stdin") {
    process.stdin.resume();
    process.stdin.once("end", () => begin("the parent closed the control channel", EXIT_OK));
    process.stdin.once("close", () => begin("the parent closed the control channel", EXIT_OK));
    process.stdin.once("error", () => begin("the control channel broke", EXIT_OK));
  }
  process.on("SIGTERM", () => begin("SIGTERM", EXIT_OK));
  process.on("SIGINT", () => begin("SIGINT", EXIT_OK));
  return begin;
}
