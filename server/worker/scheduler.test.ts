// Scheduler: one round at the start, then once per epoch after its boundary, never twice at once, missed epochs left out.
import { describe, expect, it } from "vitest";
import { EPOCH_MS, epochOf } from "@/lib/units";
import { offsetOf, startScheduler, type Turn } from "./scheduler";

function createClock(startMs: number) {
  let nowMs = startMs;
  const listeners = new Set<(tick: { nowMs: number }) => void>();
  return {
    nowMs: () => nowMs,
    speed: () => 60,
    onTick(listener: (tick: { nowMs: number }) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async stepTo(atMs: number) {
      nowMs = atMs;
      for (const listener of listeners) listener({ nowMs });
      await Promise.resolve();
      await Promise.resolve();
    },
    listenersCount: () => listeners.size,
  };
}

const noop = (): void => undefined;
const PAIR = "WETH-USDC";
const EPOCH = 1_992_768;
const START_MS = EPOCH * EPOCH_MS + 300_000;
const boundary = (epoch: number) => epoch * EPOCH_MS + offsetOf(PAIR);

describe("startScheduler", () => {
  it("default: a start round, then one per boundary", async () => {
    const clock = createClock(START_MS);
    const turns: Turn[] = [];
    const scheduler = startScheduler({ market: clock, run: async (turn) => void turns.push(turn) }, PAIR);
    await clock.stepTo(boundary(EPOCH + 1) - 1);
    expect(turns.map(({ epoch, kind }) => [epoch, kind])).toEqual([[EPOCH, "start"]]);
    await clock.stepTo(boundary(EPOCH + 1));
    await clock.stepTo(boundary(EPOCH + 1) + 60_000);
    await clock.stepTo(boundary(EPOCH + 2) + 5_000);
    expect(turns.map(({ epoch }) => epoch)).toEqual([EPOCH, EPOCH + 1, EPOCH + 2]);
    expect(turns.at(-1)?.behindMarketMs).toBe(5_000);
    expect(scheduler.nextAtMs()).toBe(boundary(EPOCH + 3));
    await scheduler.stop();
    expect(clock.listenersCount()).toBe(0);
  });

  it("behavior: epochs that pass during a long round are left out but the newest", async () => {
    const clock = createClock(START_MS);
    const epochs: number[] = [];
    let release: () => void = noop;
    startScheduler(
      {
        market: clock,
        run: (turn) => {
          epochs.push(turn.epoch);
          return turn.kind === "start"
            ? Promise.resolve()
            : new Promise<void>((resolve) => {
                release = resolve;
              });
        },
      },
      PAIR,
    );
    await clock.stepTo(START_MS + 1);
    await clock.stepTo(boundary(EPOCH + 1));
    await clock.stepTo(boundary(EPOCH + 2));
    await clock.stepTo(boundary(EPOCH + 4));
    expect(epochs).toEqual([EPOCH, EPOCH + 1]);
    release();
    await new Promise((resolve) => setTimeout(resolve, 0));
    await clock.stepTo(boundary(EPOCH + 4) + 1_000);
    expect(epochs).toEqual([EPOCH, EPOCH + 1, EPOCH + 4]);
  });

  it("behavior: the offset is the same in every run, within 2 to 22 s, and inside the epoch it belongs to", () => {
    for (const pairId of ["WETH-USDC", "USDC-USDT", "WBTC-USDC"]) {
      expect(offsetOf(pairId)).toBe(offsetOf(pairId));
      expect(offsetOf(pairId)).toBeGreaterThanOrEqual(2_000);
      expect(offsetOf(pairId)).toBeLessThan(22_000);
      expect(epochOf(boundary(EPOCH))).toBe(EPOCH);
    }
  });
});
