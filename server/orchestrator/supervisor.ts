// Keeps one child process running: start, watch, start again after a delay, give up in a named state; stop and restart on request.
import type { Backoff } from "./backoff";
import type { ChildProcess, SupervisedStatus, SupervisorPort } from "./ports";

export interface Supervised {
  status(): SupervisedStatus;
  /** Ends the child for good; `graceMs` until it is killed. */
  stop(graceMs: number): Promise<void>;
  /** Ends the child and starts it at once; also the way out of HALTED. */
  restart(graceMs: number): Promise<void>;
  /** Ends the child and leaves it ended until `unpark`; a restart does not wake it. `reason` is shown. */
  park(graceMs: number, reason: string): Promise<void>;
  /** Starts a parked child again; nothing for any other. */
  unpark(): void;
  /** Kills a child that runs but does not answer; it comes back by the usual rules. */
  kill(): void;
}

export interface SupervisorDeps {
  readonly port: SupervisorPort;
  readonly backoff: Backoff;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}

export interface SuperviseInput {
  readonly name: string;
  /** Starts the process; may wait first (an old one must have ended). Null: not yet, try again by the backoff. */
  readonly start: () => Promise<ChildProcess | null>;
  /** After each end that was not asked for, before the next start. */
  readonly afterExit?: (ready: Readonly<Record<string, unknown>> | null) => Promise<void>;
}

export function supervise(deps: SupervisorDeps, input: SuperviseInput): Supervised {
  let child: ChildProcess | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isStopping = false;
  let isParked = false;
  let starting: Promise<void> | null = null;
  let status: SupervisedStatus = {
    name: input.name,
    state: "starting",
    sinceAtMs: deps.nowMs(),
    pid: null,
    restarts: 0,
    lastExit: null,
    nextStartAtMs: null,
    startedAtMs: null,
    ready: null,
  };

  function set(change: Partial<SupervisedStatus>): void {
    const sinceAtMs = change.state === undefined || change.state === status.state ? status.sinceAtMs : deps.nowMs();
    status = { ...status, ...change, sinceAtMs };
    deps.port.onChange(status);
  }

  function begin(): void {
    starting = start().finally(() => {
      starting = null;
    });
  }

  async function start(): Promise<void> {
    set({ state: "starting", nextStartAtMs: null, pid: null, ready: null });
    const startedAtMonoMs = deps.monotonicMs();
    const next = await input.start();
    if (next === null) return scheduleNext(0, "it could not be started yet");
    if (isStopping || isParked) {
      await next.stop(1_000);
      return;
    }
    child = next;
    set({ pid: next.pid, startedAtMs: deps.nowMs() });
    void watchExit(next, startedAtMonoMs);
    const ready = await next.ready;
    if (child !== next) return;
    if (ready.ok) set({ state: "running", ready: ready.value });
    // Not ready in time and still alive: it hangs, so it is ended; its exit leads to the next try.
    else if (next.isAlive()) {
      set({ lastExit: ready.sentence });
      next.kill();
    }
  }

  async function watchExit(ended: ChildProcess, startedAtMonoMs: number): Promise<void> {
    const { sentence } = await ended.exited;
    const ranForMs = deps.monotonicMs() - startedAtMonoMs;
    if (child !== ended) return;
    const { ready } = status;
    child = null;
    if (isStopping) return;
    await input.afterExit?.(ready);
    // The start that waits for this child's ready line ends by itself now.
    await starting;
    if (isStopping || child !== null || starting !== null) return;
    scheduleNext(ranForMs, sentence);
  }

  function scheduleNext(ranForMs: number, sentence: string): void {
    if (isStopping || isParked) return;
    const next = deps.backoff.next(ranForMs);
    if (next.kind === "halted") {
      set({ state: "halted", pid: null, lastExit: sentence, ready: null });
      return;
    }
    set({
      state: "backoff",
      pid: null,
      lastExit: sentence,
      ready: null,
      restarts: status.restarts + 1,
      nextStartAtMs: deps.nowMs() + next.delayMs,
    });
    timer = setTimeout(begin, next.delayMs);
  }

  function clearTimer(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  }

  begin();
  return {
    status: () => status,
    async stop(graceMs) {
      isStopping = true;
      clearTimer();
      set({ state: "draining", nextStartAtMs: null });
      await child?.stop(graceMs);
      await starting;
      child = null;
      set({ state: "stopped", pid: null, ready: null });
    },
    async restart(graceMs) {
      if (isStopping || isParked) return;
      clearTimer();
      const old = child;
      child = null;
      if (old !== null) {
        set({ state: "draining" });
        const exit = await old.stop(graceMs);
        set({ lastExit: `restarted on request (${exit.sentence})` });
      }
      await starting;
      if (isStopping || isParked || child !== null) return;
      deps.backoff.reset();
      set({ restarts: status.restarts + 1 });
      begin();
    },
    async park(graceMs, reason) {
      if (isStopping || isParked) return;
      isParked = true;
      clearTimer();
      const old = child;
      child = null;
      if (old !== null) {
        set({ state: "draining", nextStartAtMs: null });
        await old.stop(graceMs);
        await input.afterExit?.(status.ready);
      }
      await starting;
      if (isParked && !isStopping)
        set({ state: "stopped", pid: null, ready: null, nextStartAtMs: null, lastExit: reason });
    },
    unpark() {
      if (isStopping || !isParked) return;
      isParked = false;
      // A park that still waits for the old child sees this and lets the start below be.
      if (child !== null || status.state !== "stopped") return;
      deps.backoff.reset();
      begin();
    },
    kill() {
      child?.kill();
    },
  };
}
