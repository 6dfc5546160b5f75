// The holder of a lease is dead to itself past its own deadline, whatever the store says.
import { describe, expect, it } from "vitest";
import { err, ok } from "@/lib/errors/result";
import { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { acquireLease, type Lease } from "./lock";

interface Scene {
  readonly store: Pick<StoreClient, "script">;
  monoMs: number;
  /** What the store says to a refresh; `delayMs` passes on the clock before the answer. */
  answer: "1" | "0" | "away";
  delayMs: number;
  calls: string[];
}

function createScene(): Scene {
  const scene: Scene = {
    monoMs: 1_000,
    answer: "1",
    delayMs: 0,
    calls: [],
    store: {
      script: (name) => {
        scene.calls.push(name);
        scene.monoMs += scene.delayMs;
        if (name === "acquireLease") return Promise.resolve(ok("1800000000000"));
        if (scene.answer === "away") {
          return Promise.resolve(err(new StoreError({ code: "timeout", message: "frozen", retryable: true })));
        }
        return Promise.resolve(ok<string>(scene.answer));
      },
    },
  };
  return scene;
}

async function hold(scene: Scene): Promise<Lease> {
  const lease = await acquireLease(scene.store, {
    leaseKey: "l",
    fenceKey: "f",
    ownerId: "w",
    ttlMs: 30_000,
    refreshEveryMs: 3_600_000,
    wall: { nowMs: () => 1_800_000_000_000, monotonicMs: () => scene.monoMs },
  });
  if (!lease.ok) throw lease.error;
  return lease.value;
}

describe("acquireLease", () => {
  it("behavior: the deadline is 0.9 TTL from before the request was sent", async () => {
    const scene = createScene();
    scene.delayMs = 500;
    const lease = await hold(scene);
    expect(lease.token).toBe(1_800_000_000_000);
    expect(lease.remainingMs()).toBe(26_500);
    scene.monoMs = 1_000 + 26_999;
    expect(lease.isHeld()).toBe(true);
    scene.monoMs = 1_000 + 27_000;
    expect(lease.isHeld()).toBe(false);
  });

  it("behavior: lost is for good, told once, and nothing is refreshed afterwards", async () => {
    const scene = createScene();
    const lease = await hold(scene);
    const reasons: StoreError[] = [];
    lease.onLost((reason) => reasons.push(reason));
    scene.monoMs += 30_000;
    expect(lease.isHeld()).toBe(false);
    scene.calls.length = 0;
    const refreshed = await lease.refresh();
    expect(refreshed.ok ? "ok" : refreshed.error.code).toBe("lease_lost");
    expect([scene.calls, reasons.length, lease.isHeld(), lease.remainingMs()]).toEqual([[], 1, false, 0]);
  });

  it("behavior: a refresh that is answered after the deadline does not help", async () => {
    const scene = createScene();
    const lease = await hold(scene);
    scene.delayMs = 28_000;
    const refreshed = await lease.refresh();
    expect(refreshed.ok ? "ok" : refreshed.error.code).toBe("lease_lost");
    expect(lease.isHeld()).toBe(false);
  });

  it("behavior: an error keeps the lease until the deadline, a 0 ends it at once", async () => {
    const scene = createScene();
    const lease = await hold(scene);
    scene.answer = "away";
    expect((await lease.refresh()).ok).toBe(false);
    expect(lease.isHeld()).toBe(true);
    scene.answer = "0";
    await lease.refresh();
    expect(lease.isHeld()).toBe(false);
  });

  it("behavior: reserve refreshes only when the effect would not fit", async () => {
    const scene = createScene();
    const lease = await hold(scene);
    scene.calls.length = 0;
    expect(await lease.reserve(5_000)).toBe(true);
    expect(scene.calls).toEqual([]);
    scene.monoMs += 25_000;
    expect(await lease.reserve(5_000)).toBe(true);
    expect(scene.calls).toEqual(["refreshLease"]);
    scene.monoMs += 25_000;
    scene.answer = "away";
    expect(await lease.reserve(5_000)).toBe(false);
    expect(await lease.reserve(28_000)).toBe(false);
  });

  it("behavior: released is over without being lost", async () => {
    const scene = createScene();
    const lease = await hold(scene);
    const reasons: StoreError[] = [];
    lease.onLost((reason) => reasons.push(reason));
    expect(await lease.release()).toEqual({ ok: true, value: true });
    expect([lease.isHeld(), reasons.length]).toEqual([false, 0]);
  });
});
