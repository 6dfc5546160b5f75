// The follower of transfers looks at a steady pace, one look at a time, and outlives a look that fails.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { followTransfers } from "./transfers";

const EVERY_MS = 1_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ignore = (): void => undefined;

function follow(look: () => Promise<unknown>) {
  const warnings: unknown[] = [];
  const follower = followTransfers({
    look,
    log: { debug: ignore, info: ignore, error: ignore, warn: (event, fields) => warnings.push([event, fields]) },
    everyMs: EVERY_MS,
  });
  return { follower, warnings };
}

describe("followTransfers", () => {
  test("default: one look per interval, the first after one", async () => {
    let looks = 0;
    const { follower } = follow(async () => {
      looks += 1;
    });
    expect(looks).toBe(0);
    await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
    expect(looks).toBe(3);
    follower.stop();
  });

  test("behavior: a look that takes long is waited for, never joined by a second", async () => {
    let open = 0;
    let most = 0;
    let looks = 0;
    const { follower } = follow(async () => {
      looks += 1;
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => {
        setTimeout(resolve, 3.5 * EVERY_MS);
      });
      open -= 1;
    });
    await vi.advanceTimersByTimeAsync(9 * EVERY_MS);
    // Begun at 1, 5 and 9 intervals.
    expect([looks, most]).toEqual([3, 1]);
    follower.stop();
  });

  test("error: a look that throws is told, and the next one comes all the same", async () => {
    let looks = 0;
    const { follower, warnings } = follow(async () => {
      looks += 1;
      if (looks === 1) throw new Error("the signer is away");
    });
    await vi.advanceTimersByTimeAsync(2 * EVERY_MS);
    expect(looks).toBe(2);
    expect(warnings).toEqual([["execution.transfers-unread", { reason: "the signer is away" }]]);
    follower.stop();
  });

  test("behavior: stopped means no further look", async () => {
    let looks = 0;
    const { follower } = follow(async () => {
      looks += 1;
    });
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    follower.stop();
    await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
    expect(looks).toBe(1);
  });
});
