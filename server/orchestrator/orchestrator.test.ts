// Orchestrator: a pause of kind stop_worker ends the worker and keeps it away until the signer says the pair was resumed.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ok } from "@/lib/errors/result";
import { startOrchestrator } from "./orchestrator";
import type { ChildProcess } from "./ports";

const PAIR = "WETH-USDC";
const noop = (): void => undefined;

function createChild(pid: number): ChildProcess {
  let isAlive = true;
  let exit: (value: { sentence: string }) => void = noop;
  const exited = new Promise<{ sentence: string }>((resolve) => {
    exit = resolve;
  });
  const end = (sentence: string): void => {
    isAlive = false;
    exit({ sentence });
  };
  return {
    pid,
    ready: Promise.resolve({ ok: true, value: {} }),
    exited,
    isAlive: () => isAlive,
    stop: () => {
      end("ended with code 0");
      return exited;
    },
    kill: () => end("was ended by SIGKILL"),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("startOrchestrator", () => {
  it("behavior: stop_worker ends the worker until pair.resume; silence of the signer changes nothing", async () => {
    let stopped: ReadonlyMap<string, string> | null = new Map();
    const children: ChildProcess[] = [];
    const orchestrator = startOrchestrator(
      {
        wall: { nowMs: Date.now, monotonicMs: Date.now },
        random: () => 0.5,
        host: "test",
        spawnWorker: () => {
          const child = createChild(children.length + 1);
          children.push(child);
          return child;
        },
        isProcessAlive: () => false,
        readHeartbeat: () => Promise.resolve(ok(null)),
        releaseWorkerLease: () => Promise.resolve(),
        writeState: () => Promise.resolve(ok(true)),
        publishWorkerChange: noop,
        reportWorkerStarted: () => Promise.resolve(),
        readStoppedPairs: () => Promise.resolve(stopped),
        log: { info: noop, warn: noop, error: noop },
      },
      { pairIds: [PAIR], leaseHolder: "test", pid: 1, rssBytes: () => 0 },
    );
    const state = (): string | undefined => orchestrator.state().workers[0]?.state;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(state()).toBe("running");
    stopped = new Map([[PAIR, "stopped by 0x1: look at it"]]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(state()).toBe("stopped");
    expect(children[0]?.isAlive()).toBe(false);
    expect(await orchestrator.restartWorker(PAIR)).toBe("paused");
    stopped = null;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state()).toBe("stopped");
    expect(children).toHaveLength(1);
    stopped = new Map();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(state()).toBe("running");
    expect(children).toHaveLength(2);
    await orchestrator.drain(100);
  });

  it("behavior: a pair that owners add gets a worker; a worker whose pair got a pool starts anew", async () => {
    let pairs: ReadonlyMap<string, string> = new Map([[PAIR, ""]]);
    const started: string[] = [];
    const orchestrator = startOrchestrator(
      {
        wall: { nowMs: Date.now, monotonicMs: Date.now },
        random: () => 0.5,
        host: "test",
        spawnWorker: (pairId) => {
          started.push(pairId);
          return createChild(started.length);
        },
        isProcessAlive: () => false,
        readHeartbeat: () => Promise.resolve(ok(null)),
        releaseWorkerLease: () => Promise.resolve(),
        writeState: () => Promise.resolve(ok(true)),
        publishWorkerChange: noop,
        reportWorkerStarted: () => Promise.resolve(),
        readStoppedPairs: () => Promise.resolve(new Map()),
        readPairs: () => pairs,
        log: { info: noop, warn: noop, error: noop },
      },
      { pairIds: [PAIR], leaseHolder: "test", pid: 1, rssBytes: () => 0 },
    );
    await vi.advanceTimersByTimeAsync(4_000);
    expect(started).toEqual([PAIR]);
    pairs = new Map([
      [PAIR, "1:0xpool"],
      ["ABC-USDC", "1:0xother"],
    ]);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(started.toSorted()).toEqual(["ABC-USDC", PAIR, PAIR]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(started).toHaveLength(3);
    expect(orchestrator.state().workers.map(({ pairId, state }) => [pairId, state])).toEqual([
      [PAIR, "running"],
      ["ABC-USDC", "running"],
    ]);
    await orchestrator.drain(100);
  });
});
