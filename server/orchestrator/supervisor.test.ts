// Supervisor: revives, gives up in a named state, kills what never gets ready, restarts and stops on request.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createBackoff, MAX_TRIES } from "./backoff";
import type { ChildProcess, SupervisedState } from "./ports";
import { supervise } from "./supervisor";

const noop = (): void => undefined;

interface Puppet extends ChildProcess {
  exit(sentence: string): void;
  beReady(): void;
  failReady(): void;
}

function createPuppet(pid: number): Puppet {
  let isAlive = true;
  let exit: (value: { sentence: string }) => void = noop;
  let settleReady: (value: Awaited<ChildProcess["ready"]>) => void = noop;
  const exited = new Promise<{ sentence: string }>((resolve) => {
    exit = resolve;
  });
  const ready = new Promise<Awaited<ChildProcess["ready"]>>((resolve) => {
    settleReady = resolve;
  });
  const end = (sentence: string): void => {
    isAlive = false;
    settleReady({ ok: false, sentence });
    exit({ sentence });
  };
  return {
    pid,
    ready,
    exited,
    isAlive: () => isAlive,
    stop: async () => {
      end("ended with code 0");
      return exited;
    },
    kill: () => end("was ended by SIGKILL"),
    exit: end,
    beReady: () => settleReady({ ok: true, value: { lease: `holder:${pid}` } }),
    failReady: () => settleReady({ ok: false, sentence: "was not ready within 1 s" }),
  };
}

function setUp(random = 0.5) {
  const puppets: Puppet[] = [];
  const states: SupervisedState[] = [];
  const freed: unknown[] = [];
  const supervised = supervise(
    {
      port: { onChange: ({ state }) => void (states.at(-1) === state || states.push(state)) },
      backoff: createBackoff(() => random),
      nowMs: () => Date.now(),
      monotonicMs: () => Date.now(),
    },
    {
      name: "worker",
      start: async () => {
        const puppet = createPuppet(puppets.length + 1);
        puppets.push(puppet);
        return puppet;
      },
      afterExit: async (ready) => void freed.push(ready?.["lease"]),
    },
  );
  const last = (): Puppet => {
    const puppet = puppets.at(-1);
    if (puppet === undefined) throw new Error("nothing was started");
    return puppet;
  };
  return { supervised, puppets, states, freed, last };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("supervise", () => {
  it("default: starting, then running with what the child said", async () => {
    const { supervised, last } = setUp();
    await settle();
    last().beReady();
    await settle();
    expect(supervised.status()).toMatchObject({ state: "running", pid: 1, restarts: 0, ready: { lease: "holder:1" } });
  });

  it("behavior: a child that ends comes back after its delay, and its lease is freed first", async () => {
    const { supervised, puppets, freed, last } = setUp();
    await settle();
    last().beReady();
    await settle();
    last().exit("was ended by SIGKILL");
    await settle();
    expect(supervised.status()).toMatchObject({ state: "backoff", lastExit: "was ended by SIGKILL" });
    expect(freed).toEqual(["holder:1"]);
    await vi.advanceTimersByTimeAsync(499);
    expect(puppets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(puppets).toHaveLength(2);
    expect(supervised.status()).toMatchObject({ restarts: 1, pid: 2 });
  });

  it("behavior: a child that dies before it is ready is tried again, then halted by name", async () => {
    const { supervised, puppets, last } = setUp(0);
    for (let count = 0; count <= MAX_TRIES; count += 1) {
      await settle();
      last().exit("ended with code 1: no such file");
      await settle();
      await settle();
    }
    expect(supervised.status()).toMatchObject({ state: "halted", lastExit: "ended with code 1: no such file" });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(puppets).toHaveLength(MAX_TRIES + 1);
  });

  it("behavior: a child that never gets ready is killed and comes back", async () => {
    const { supervised, last } = setUp();
    await settle();
    last().failReady();
    await settle();
    expect(supervised.status()).toMatchObject({ state: "backoff", lastExit: "was ended by SIGKILL" });
  });

  it("behavior: restart leads out of halted and starts the count anew", async () => {
    const { supervised, puppets, last } = setUp(0);
    for (let count = 0; count <= MAX_TRIES; count += 1) {
      await settle();
      last().exit("ended with code 1");
      await settle();
      await settle();
    }
    const before = puppets.length;
    await supervised.restart(100);
    await settle();
    last().beReady();
    await settle();
    expect(puppets).toHaveLength(before + 1);
    expect(supervised.status().state).toBe("running");
  });

  it("behavior: stop during backoff never starts again", async () => {
    const { supervised, puppets, states, last } = setUp();
    await settle();
    last().exit("ended with code 1");
    await settle();
    await supervised.stop(100);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(puppets).toHaveLength(1);
    expect(states.at(-1)).toBe("stopped");
  });

  it("behavior: parked it ends and stays away whatever is asked, until it is unparked", async () => {
    const { supervised, puppets, last, freed } = setUp();
    await settle();
    last().beReady();
    await settle();
    await supervised.park(1_000, "stopped by an operator");
    expect(supervised.status()).toMatchObject({ state: "stopped", pid: null, lastExit: "stopped by an operator" });
    expect(freed).toEqual(["holder:1"]);
    await supervised.restart(1_000);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(puppets).toHaveLength(1);
    supervised.unpark();
    await settle();
    last().beReady();
    await settle();
    expect(puppets).toHaveLength(2);
    expect(supervised.status()).toMatchObject({ state: "running", pid: 2 });
  });

  it("behavior: parked while it waits for its next try it does not try again", async () => {
    const { supervised, puppets, last } = setUp();
    await settle();
    last().exit("ended with code 1");
    await settle();
    expect(supervised.status().state).toBe("backoff");
    await supervised.park(1_000, "stopped");
    await vi.advanceTimersByTimeAsync(600_000);
    expect(puppets).toHaveLength(1);
    expect(supervised.status().state).toBe("stopped");
  });
});
