// Transfers are followed by hints only: what the signer refuses is not asked again, and the chain's own logs stand in for a silent service.
import { describe, expect, test } from "vitest";
import type { Transfer } from "@/lib/api/signer-contract";
import { err, ok } from "@/lib/errors/result";
import { ExecutionError } from "@/lib/errors/tidegate-error";
import type { Address, Hex } from "@/lib/units";
import { SignerError } from "@/server/infra/signer-link/signer-error";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createTransferTracker, type SeenPayment, type TransferTrackerDeps } from "./bridge-arrival";
import type { BridgeStatus } from "./bridge-quotes";

const IN: Address = `0x${"11".repeat(20)}`;
const OUT: Address = `0x${"22".repeat(20)}`;
const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;
const SOURCE = hash("aa");

const PENDING: Transfer = {
  transferId: "plan/3",
  pairId: "WETH-USDC",
  planId: "plan",
  bridge: "across",
  fromChainId: 1,
  toChainId: 2,
  tokenIn: IN,
  tokenOut: OUT,
  amountInRaw: 1_000_000_000n,
  // Six decimals leave, eighteen arrive.
  minAmountOutRaw: 990n * 10n ** 18n,
  sourceTxHash: SOURCE,
  state: "pending",
  receipts: [],
  startedAtMs: 0,
  updatedAtMs: 0,
  detail: "",
};

function createWorld(status: () => BridgeStatus | null) {
  let nowMs = 0;
  const world = {
    settled: [] as { kind: string; txHash: Hex }[],
    asked: 0,
    payments: new Map<number, readonly SeenPayment[]>(),
    /** What stays in transit after an arrival in part. */
    partial: 0n,
    answer: (() => "done") as (candidate: { kind: string; txHash: Hex }) => SignerError | Transfer["state"],
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
  let transfer = PENDING;
  const call = async (method: string, params: unknown) => {
    if (method === "transfers.list") return ok({ transfers: [transfer] });
    const { kind, txHash } = params as { kind: string; txHash: Hex };
    world.settled.push({ kind, txHash });
    const answer = world.answer({ kind, txHash });
    if (answer instanceof SignerError) return err(answer);
    transfer = { ...transfer, state: answer, detail: kind, inTransitRaw: answer === "partial" ? world.partial : 0n };
    return ok(transfer);
  };
  const deps: TransferTrackerDeps = {
    signer: { call: call as TransferTrackerDeps["signer"]["call"] },
    bridges: {
      readStatus: async () => {
        world.asked += 1;
        const answer = status();
        return answer === null
          ? err(new ExecutionError({ code: "quote_unavailable", message: "down", retryable: true }))
          : ok(answer);
      },
    },
    payments: { findPayments: async ({ chainId }) => ok(world.payments.get(chainId) ?? []) },
    decimalsOf: (_, token) => (token === IN ? 6 : 18),
    wallet: `0x${"33".repeat(20)}`,
    wall: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    log: silentLogger,
  };
  const tracker = createTransferTracker(deps);
  return {
    ...world,
    world,
    look: async () => {
      const seen = await tracker.look({ pairId: "WETH-USDC", token: 1 });
      return seen.ok ? seen.value[0]?.state : seen.error.message;
    },
  };
}

const done = (chainId: number, txHash: Hex, substatus = "COMPLETED"): BridgeStatus => ({
  status: "DONE",
  substatus,
  paid: { chainId, txHash },
  detail: "",
});
const waits: BridgeStatus = { status: "PENDING", substatus: "WAIT_DESTINATION_TRANSACTION", paid: null, detail: "" };

describe("createTransferTracker", () => {
  test("default: an arrival the service names is handed to the signer, and an ended transfer is left alone", async () => {
    const { look, world } = createWorld(() => done(2, hash("bb")));
    expect(await look()).toBe("done");
    expect(world.settled).toEqual([{ kind: "arrival", txHash: hash("bb") }]);
    world.pass(60_000);
    expect(await look()).toBe("done");
    expect(world.asked).toBe(1);
  });

  test("behavior: a refund is told by its word or by its chain", async () => {
    for (const status of [done(1, hash("cc"), "REFUNDED"), done(1, hash("cc"))]) {
      const { look, world } = createWorld(() => status);
      world.answer = () => "refunded";
      expect(await look()).toBe("refunded");
      expect(world.settled).toEqual([{ kind: "refund", txHash: hash("cc") }]);
    }
  });

  test("behavior: polls slow down from 5 s to 30 s", async () => {
    const { look, world } = createWorld(() => waits);
    for (let second = 0; second < 300; second += 1) {
      await look();
      world.pass(1_000);
    }
    expect(world.asked).toBeGreaterThan(10);
    expect(world.asked).toBeLessThan(18);
  });

  test("error: while the service is down the logs of both chains are read, and only a payment of about the amount is tried", async () => {
    const { look, world } = createWorld(() => null);
    world.payments.set(2, [
      { txHash: hash("01"), amountRaw: 300n * 10n ** 18n },
      { txHash: hash("02"), amountRaw: 5_000n * 10n ** 18n },
      { txHash: hash("03"), amountRaw: 999n * 10n ** 18n },
    ]);
    expect(await look()).toBe("done");
    expect(world.settled).toEqual([{ kind: "arrival", txHash: hash("03") }]);

    const back = createWorld(() => null);
    back.world.answer = () => "refunded";
    back.world.payments.set(1, [{ txHash: hash("04"), amountRaw: 1_000_000_000n }]);
    expect(await back.look()).toBe("refunded");
  });

  test("error: a service that lies is refused once by the signer, and the logs find the truth", async () => {
    const { look, world } = createWorld(() => done(2, hash("ee")));
    world.payments.set(2, [{ txHash: hash("05"), amountRaw: 995n * 10n ** 18n }]);
    world.answer = ({ txHash }) =>
      txHash === hash("ee")
        ? new SignerError({ code: "policy", message: "no such payment", retryable: false })
        : "done";
    expect(await look()).toBe("done");
    expect(world.settled.map(({ txHash }) => txHash)).toEqual([hash("ee"), hash("05")]);
  });

  test("error: a receipt refused for good is not offered again, one that is only too young is", async () => {
    for (const [retryable, times] of [
      [false, 1],
      [true, 3],
    ] as const) {
      const { look, world } = createWorld(() => done(2, hash("ee")));
      world.answer = () => new SignerError({ code: retryable ? "chain" : "policy", message: "no", retryable });
      for (let round = 0; round < 3; round += 1) {
        expect(await look()).toBe("pending");
        world.pass(40_000);
      }
      expect(world.settled).toHaveLength(times);
    }
  });

  test("behavior: what the service calls failed is not the end: the logs are read on, and the money may still come", async () => {
    const failed: BridgeStatus = { status: "FAILED", substatus: "EXPIRED", paid: null, detail: "too late" };
    const { look, world } = createWorld(() => failed);
    expect(await look()).toBe("pending");
    expect(world.settled).toEqual([]);
    // The service is given a minute before the logs are read too.
    world.pass(61_000);
    world.payments.set(1, [{ txHash: hash("06"), amountRaw: 1_000_000_000n }]);
    world.answer = () => "refunded";
    expect(await look()).toBe("refunded");
    expect(world.settled).toEqual([{ kind: "refund", txHash: hash("06") }]);
  });

  test("behavior: one that never comes stays pending for as long as it takes, looked at every 30 s, and nothing is made up", async () => {
    const { look, world } = createWorld(() => ({ ...waits, status: "NOT_FOUND" }));
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      expect(await look()).toBe("pending");
      world.pass(60_000);
    }
    expect(world.settled).toEqual([]);
    expect(world.asked).toBe(24 * 60);
  });

  test("behavior: one that came in part is followed for its rest; paid in another token it is the signer's word, not the service's", async () => {
    let status = done(2, hash("b1"), "PARTIAL");
    const { look, world } = createWorld(() => status);
    world.answer = ({ txHash }) => (txHash === hash("b1") ? "partial" : "done");
    world.partial = 500n;
    expect(await look()).toBe("partial");
    status = done(2, hash("b2"));
    world.pass(60_000);
    expect(await look()).toBe("done");
    expect(world.settled.map(({ kind, txHash }) => [kind, txHash])).toEqual([
      ["arrival", hash("b1")],
      ["arrival", hash("b2")],
    ]);
    // With nothing left in transit (another token came instead) it has ended.
    const other = createWorld(() => done(2, hash("b3"), "PARTIAL"));
    other.world.answer = () => "partial";
    expect(await other.look()).toBe("partial");
    other.world.pass(60_000);
    await other.look();
    expect(other.world.settled).toHaveLength(1);
  });

  test("behavior: paid twice, the second payment is never claimed by a transfer that has ended", async () => {
    const { look, world } = createWorld(() => done(2, hash("bb")));
    expect(await look()).toBe("done");
    world.payments.set(2, [
      { txHash: hash("bb"), amountRaw: 995n * 10n ** 18n },
      { txHash: hash("bc"), amountRaw: 995n * 10n ** 18n },
    ]);
    world.pass(600_000);
    expect(await look()).toBe("done");
    expect(world.settled.map(({ txHash }) => txHash)).toEqual([hash("bb")]);
  });
});
