// A plan is tried before anything is signed: what fails ends there when nobody is asked, and is shown where somebody is.
import { describe, expect, it } from "vitest";
import type { PlanRecord, Rehearsal } from "@/lib/api/signer-contract";
import { ok } from "@/lib/errors/result";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { proposeAndRun, type ExecuteDeps } from "./execute";

const REHEARSED: Rehearsal = {
  method: "eth_simulateV1",
  atMs: 1,
  blocks: [],
  isOk: true,
  detail: "every step went through",
  steps: [],
};

function world(status: PlanRecord["status"], answer: Rehearsal) {
  const seen = { executed: 0, finished: [] as string[], kept: [] as string[] };
  const plan = { kind: "RS", reason: "range_shift", steps: [] } as unknown as PlanRecord["plan"];
  const record = { planId: "0x1", plan, status, statusReason: "" } as unknown as PlanRecord;
  const deps = {
    pairId: "WETH-USDC",
    log: silentLogger,
    rehearse: async () => answer,
    execute: async () => {
      seen.executed += 1;
      return { outcome: "done", reason: "", gasUsd: 0 };
    },
    signer: {
      propose: async () => ok(record),
      plan: async () => ok(record),
      rehearsed: async (_planId: string, rehearsal: Rehearsal) => {
        seen.kept.push(`${rehearsal.method}: ${rehearsal.detail}`);
        return ok(record);
      },
      finish: async (_planId: string, outcome: string, reason: string) => {
        seen.finished.push(`${outcome}: ${reason}`);
        return ok({ ...record, status: "voided" });
      },
    },
  } as unknown as ExecuteDeps;
  return { deps, seen, plan };
}

const FAILED: Rehearsal = { ...REHEARSED, isOk: false, detail: "step 3 (mint) failed: STF" };

describe("proposeAndRun", () => {
  it("default: a rehearsed plan that needs nobody is carried out", async () => {
    const { deps, seen, plan } = world("approved", REHEARSED);
    await proposeAndRun(deps, plan, () => false);
    expect(seen).toEqual({ executed: 1, finished: [], kept: ["eth_simulateV1: every step went through"] });
  });

  it("behavior: a failed rehearsal voids a plan that needs nobody, with the reason", async () => {
    const { deps, seen, plan } = world("approved", FAILED);
    const executed = await proposeAndRun(deps, plan, () => false);
    expect(seen.executed).toBe(0);
    expect(seen.finished).toEqual(["voided: the rehearsal failed, nothing was signed: step 3 (mint) failed: STF"]);
    expect(executed).toMatchObject({ planStatus: "voided", report: null });
  });

  it("behavior: a plan that waits for people keeps its failed rehearsal for the card", async () => {
    const { deps, seen, plan } = world("waiting_approval", FAILED);
    await proposeAndRun(deps, plan, () => false);
    expect(seen).toEqual({ executed: 0, finished: [], kept: ["eth_simulateV1: step 3 (mint) failed: STF"] });
  });

  it("behavior: a rehearsal that could not be made stops nothing, and is kept as not made", async () => {
    const none: Rehearsal = { ...REHEARSED, method: "none", isOk: false, detail: "could not be tried: no fork" };
    const { deps, seen, plan } = world("approved", none);
    await proposeAndRun(deps, plan, () => false);
    expect(seen).toEqual({ executed: 1, finished: [], kept: ["none: could not be tried: no fork"] });
  });
});
