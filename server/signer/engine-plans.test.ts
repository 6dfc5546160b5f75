// Approvals as the engine counts them: limits and roles of the moment, once more before the first step, and what stays true of a plan that has started.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keccak256, stringToHex } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildCommand, commandId, type CommandAction, type Role } from "@/lib/api/commands";
import { planHash, planId as makePlanId, type Plan, type Step } from "@/lib/plan/plan";
import { registrySchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { buildPlanRecord } from "@/tests/support/build-desk";
import { openAuthority, type Authority } from "./authority";
import { createContext, type EngineContext } from "./context";
import { createGrants } from "./engine-grants";
import { createOps } from "./engine-ops";
import { createPlans, type EnginePlans } from "./engine-plans";
import { createRuns } from "./engine-runs";
import { openJournal } from "./journal/journal";
import { SignerError } from "./ports";
import { changedPlans } from "./report";

const DEPLOYMENT: Hex = `0x${"d1".repeat(32)}`;
const PAIR = "WETH-USDC";
const OWNER: Address = `0x${"0a".repeat(20)}`;
const ANA: Address = `0x${"0b".repeat(20)}`;
const BEN: Address = `0x${"0c".repeat(20)}`;
const LIFE_MS = 30 * 60_000;
const FENCE = 7;

let dir = "";
let nowMs = 1_790_000_000_000;
let nonces = 0;
let authority: Authority;
let context: EngineContext;
let plans: EnginePlans;
let ops: ReturnType<typeof createOps>;

const CHAIN_ID = 1;
const WETH: Address = `0x${"e1".repeat(20)}`;
const USDC: Address = `0x${"e2".repeat(20)}`;
const TOKENS = [
  {
    chainId: CHAIN_ID,
    symbol: "WETH",
    address: WETH,
    decimals: 18,
    kind: "wrapped",
  },
  {
    chainId: CHAIN_ID,
    symbol: "USDC",
    address: USDC,
    decimals: 6,
    kind: "native",
  },
];

/** A verified command, as the desk logs it. */
function command(by: Address, action: CommandAction, params: Readonly<Record<string, unknown>>): Hex {
  nonces += 1;
  const nonce = keccak256(stringToHex(`nonce ${nonces}`));
  const id = commandId(by, nonce);
  authority.recordCommand({
    commandId: id,
    command: buildCommand({ action, target: "system", params, nonce, expiresAtSec: nowMs / 1_000 + 60 }),
    params: { ...params },
    address: by,
    role: authority.roleOf(by) ?? "viewer",
    signature: "0x",
  });
  return id;
}

function setRole(address: Address, role: Role | null): void {
  command(OWNER, "role.set", { address, role });
}

function setLimit(singleUpToUsd: number | null, approversAbove = 2): void {
  command(OWNER, "limits.set", { limits: { deployment: { singleUpToUsd, approversAbove }, pairs: {} } });
}

function approve(by: Address, planId: string): void {
  command(by, "plan.approve", { planId, note: "" });
}

/** A plan that waits, as its proposal would leave it. */
function addPlan(change: Partial<Plan> = {}): string {
  const plan: Plan = { ...buildPlanRecord({}).plan, notionalUsd: 60_000, ...change };
  const planId = makePlanId(DEPLOYMENT, plan);
  context.record({
    type: "PLAN",
    body: {
      planId,
      planHash: planHash(plan),
      plan,
      mode: "approve",
      status: "waiting_approval",
      statusReason: "waits for 1 approval",
      createdAtMs: nowMs,
      createdAtMarketMs: nowMs,
      expiresAtMs: nowMs + LIFE_MS,
      proposedBy: "worker",
      approvalsNeeded: authority.approvalsNeeded(PAIR, plan),
    },
  });
  return planId;
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tg-plans-"));
  const opened = openAuthority({
    dir: join(dir, "commands"),
    deploymentId: DEPLOYMENT,
    owners: [OWNER],
    pairIds: [PAIR],
    wall: { nowMs: () => nowMs },
    log: silentLogger,
  });
  if (!opened.ok) throw opened.error;
  authority = opened.value;
  command(OWNER, "pair.mode", { pairId: PAIR, mode: "approve" });
  setRole(ANA, "approver");
  setRole(BEN, "approver");
  context = createContext(
    {
      deploymentId: DEPLOYMENT,
      registry: registrySchema.parse({ version: 1, chains: [], tokens: TOKENS, dexes: [], pools: [], pairs: [] }),
      journalDir: join(dir, "journal"),
      chains: new Map(),
      families: new Map(),
      key: { address: OWNER, sign: () => Promise.reject(new Error("nothing is signed here")) },
      authority,
      wall: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      market: { nowMs: () => nowMs },
      log: silentLogger,
    },
    openJournal({ dir: join(dir, "journal"), nowMs: () => nowMs }),
  );
  const readyChains = new Set([CHAIN_ID]);
  const runs = createRuns(context);
  plans = createPlans(context, { readyChains, runs, grants: createGrants(context, readyChains) });
  ops = createOps(context, plans, runs);
});

afterEach(() => {
  context.close();
  authority.close();
  rmSync(dir, { recursive: true, force: true });
});

describe("approvals of a plan", () => {
  it("default: below the limit one approves it; above it the record says how many, of how many, and what it waits for", () => {
    setLimit(50_000);
    const small = addPlan({ notionalUsd: 50_000 });
    approve(ANA, small);
    expect(plans.syncPlan(small)).toMatchObject({ status: "approved", statusReason: "approved by 1 of 1" });
    const large = addPlan();
    expect(plans.syncPlan(large)).toMatchObject({ approvalsNeeded: 2, statusReason: "waits for 2 approvals" });
    approve(ANA, large);
    approve(ANA, large);
    expect(plans.syncPlan(large)).toMatchObject({
      status: "waiting_approval",
      statusReason: "waits for 1 more approval",
      approvals: { length: 1 },
      approval: { valueUsd: 60_000, limitUsd: 50_000, isAboveLimit: true, isComplete: false, notCounted: [] },
    });
    approve(BEN, large);
    expect(plans.syncPlan(large)).toMatchObject({ status: "approved", statusReason: "approved by 2 of 2" });
  });

  it("behavior: a limit lowered while it waits counts at once, one raised does not let it through", () => {
    const planId = addPlan();
    setLimit(50_000);
    approve(ANA, planId);
    expect(plans.syncPlan(planId)).toMatchObject({ status: "waiting_approval", approvalsNeeded: 2 });
    setLimit(null);
    nowMs += LIFE_MS - 1;
    expect(plans.syncPlan(planId)).toMatchObject({ status: "waiting_approval", approvalsNeeded: 2 });
    nowMs += 2;
    expect(plans.syncPlan(planId)).toMatchObject({
      status: "expired",
      statusReason: "no sufficient approval (1 of 2) before it expired",
    });
  });

  it("behavior: an approval of somebody whose role was taken away is listed, not counted", () => {
    setLimit(50_000);
    const planId = addPlan();
    approve(ANA, planId);
    setRole(ANA, "operator");
    approve(BEN, planId);
    const record = plans.syncPlan(planId);
    expect(record).toMatchObject({ status: "waiting_approval", approvals: [{ address: BEN }] });
    expect(record.approval?.notCounted).toMatchObject([{ address: ANA }]);
    setRole(ANA, "approver");
    expect(plans.syncPlan(planId)).toMatchObject({ status: "approved" });
  });

  it("behavior: approved but not started, it is voided when its approvals no longer suffice", () => {
    setLimit(50_000);
    for (const [change, undo] of [
      [() => setRole(BEN, null), () => setRole(BEN, "approver")],
      [() => setLimit(50_000, 3), () => undefined],
    ] as const) {
      const planId = addPlan({ epoch: (nonces += 1) });
      approve(ANA, planId);
      approve(BEN, planId);
      expect(plans.syncPlan(planId).status).toBe("approved");
      change();
      expect(plans.syncPlan(planId)).toMatchObject({
        status: "voided",
        statusReason: expect.stringMatching(/^voided before its first step: \d of \d approvals count now/),
      });
      undo();
    }
  });

  it("behavior: once started it goes on, and its record keeps who approved it", () => {
    setLimit(50_000);
    const planId = addPlan();
    approve(ANA, planId);
    approve(BEN, planId);
    plans.syncPlan(planId);
    nowMs += 10;
    plans.setPlanStatus(planId, "executing", "step 0 (revoke) started");
    nowMs += 10;
    setRole(ANA, null);
    setLimit(10, 2);
    expect(plans.syncPlan(planId)).toMatchObject({
      status: "executing",
      approvalsNeeded: 2,
      approvals: [{ address: ANA }, { address: BEN }],
      approval: { notCounted: [], isComplete: true },
    });
  });

  it("behavior: who proposed it may approve it, above the limit never alone, whatever the worker says of the proposer", () => {
    setLimit(50_000, 1);
    const shift = command(ANA, "range.shift", { pairId: PAIR, positionId: "x", ticks: null });
    const planId = addPlan({ origin: { kind: "command", commandId: shift } });
    approve(ANA, planId);
    expect(plans.syncPlan(planId)).toMatchObject({
      status: "waiting_approval",
      approvalsNeeded: 2,
      approval: { proposer: ANA },
    });
    approve(BEN, planId);
    expect(plans.syncPlan(planId)).toMatchObject({ status: "approved" });
  });
});

const MINT: Step = {
  kind: "mint",
  chainId: CHAIN_ID,
  family: "uniswap-v3",
  pool: `0x${"aa".repeat(20)}`,
  positionManager: `0x${"ab".repeat(20)}`,
  token0: WETH,
  token1: USDC,
  feePips: 500,
  tickSpacing: 10,
  tickLower: -100,
  tickUpper: 100,
  amount0MaxRaw: 10n ** 24n,
  amount1MaxRaw: 10n ** 15n,
  maxSlippageBps: 50,
};

/** Executes the plan's one step with so many dollars on both sides together, at 2 000 USDC. */
async function move(planId: string, usd: number): Promise<string> {
  const half = BigInt(Math.round((usd / 2) * 1e6));
  try {
    const report = await ops.executeOp({
      pairId: PAIR,
      token: FENCE,
      planId,
      index: 0,
      args: {
        price: 2_000,
        priceAtMarketMs: nowMs,
        quoteUsd: 1,
        nativeUsd: 2_000,
        amount0DesiredRaw: (half * 10n ** 12n) / 2_000n,
        amount1DesiredRaw: half,
      },
    });
    return report.state;
  } catch (error) {
    if (error instanceof SignerError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function approved(by: readonly Address[], change: Partial<Plan> = {}): string {
  const planId = addPlan({ steps: [MINT], epoch: (nonces += 1), ...change });
  for (const address of by) approve(address, planId);
  return planId;
}

describe("what an approved plan may move", () => {
  beforeEach(() => {
    context.record({ type: "FENCE", body: { pairId: PAIR, token: FENCE, workerId: "a worker" } });
    setLimit(50_000);
  });

  it("default: a value below and at what was approved starts, with room for a price that moves", async () => {
    for (const usd of [20_000, 60_000, 60_000 * 1.25]) {
      expect(await move(approved([ANA, BEN]), usd)).toBe("INTENT");
      for (const planId of context.journal.state.plans.keys()) plans.setPlanStatus(planId, "voided", "the next one");
    }
  });

  it("error: over_limit — a step that moves more than was approved, whatever the plan says it is worth; nothing starts", async () => {
    const planId = approved([ANA, BEN]);
    expect(await move(planId, 60_000 * 1.25 + 2)).toMatch(
      /^over_limit: with this mint plan 0x\w+ moves 7500\d\.\d\d USD, it was approved as moving 60000\.00; finish it as partial/,
    );
    expect(context.journal.state.ops.size).toBe(0);
    // One approver was enough for what it claims to move: it cannot move ten times that.
    const cheap = approved([ANA], { notionalUsd: 1_000 });
    expect(await move(cheap, 10_000)).toMatch(/^over_limit: .* approved as moving 1000\.00/);
    expect(await move(cheap, 1_000)).toBe("INTENT");
  });

  it("error: not_approved — above the limit one person twice, or the one who proposed it alone", async () => {
    const twice = approved([ANA, ANA]);
    expect(await move(twice, 60_000)).toMatch(/^not_approved: .*waits for 1 more approval/);
    setLimit(50_000, 1);
    const shift = command(ANA, "range.shift", { pairId: PAIR, positionId: "x", ticks: null });
    const own = approved([ANA], { origin: { kind: "command", commandId: shift } });
    expect(await move(own, 60_000)).toMatch(/^not_approved/);
    approve(BEN, own);
    expect(await move(own, 60_000)).toBe("INTENT");
  });
});

function endPlan(planId: string): void {
  context.record({
    type: "PLAN_STATUS",
    body: { planId, status: "voided", reason: "the test is over", atMs: nowMs, marketAtMs: nowMs },
  });
}

describe("changed plans", () => {
  it("default: page by page in the order of change, and then only what is new", () => {
    const ids = [1, 2, 3, 4, 5].map((epoch) => {
      const planId = addPlan({ epoch });
      endPlan(planId);
      return planId;
    });
    // The first one changes once more after all others have ended.
    const again = ids[0] ?? "";
    endPlan(again);
    const seen: string[] = [];
    let afterSeq = 0;
    for (let hasMore = true; hasMore;) {
      const page = changedPlans(context, { afterSeq, limit: 2 });
      seen.push(...page.plans.map(({ planId }) => planId));
      expect(page.seq).toBeGreaterThan(afterSeq);
      ({ seq: afterSeq, hasMore } = page);
    }
    expect(seen).toEqual([...ids.slice(1), again]);
    expect(changedPlans(context, { afterSeq, limit: 2 })).toEqual({ plans: [], seq: afterSeq, hasMore: false });
  });

  it("behavior: an open plan is in every answer, and its end is a change", () => {
    const planId = addPlan();
    const { seq } = changedPlans(context, { afterSeq: 0, limit: 2 });
    approve(ANA, planId);
    const open = changedPlans(context, { afterSeq: seq, limit: 2 });
    expect(open.plans.map((plan) => plan.approvals.length)).toEqual([1]);
    endPlan(planId);
    const ended = changedPlans(context, { afterSeq: open.seq, limit: 2 });
    expect(ended.plans.map(({ status }) => status)).toEqual(["voided"]);
    expect(changedPlans(context, { afterSeq: ended.seq, limit: 2 }).plans).toEqual([]);
  });
});
