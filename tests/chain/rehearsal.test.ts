// Whole plans tried on a real chain with a real pool: by simulation and on a fork alike, behind bridges too; and what the signer's process does when they come true, fail, drift or change.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Rehearsal } from "@/lib/api/signer-contract";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { ok } from "@/lib/errors/result";
import type { Plan, Step } from "@/lib/plan/plan";
import type { Address } from "@/lib/units";
import { openFork } from "@/server/rehearsal/fork-stage";
import type { Stage } from "@/server/rehearsal/ports";
import { rehearsePlan } from "@/server/rehearsal/rehearse-plan";
import { proposeAndRun, runPlan, type ExecuteDeps } from "@/server/worker/steps/execute";
import { startRehearsalDesk, type RehearsalDesk } from "@/tests/support/rehearsal-desk";
import {
  LAB_CHAIN,
  LAB_PAIR,
  ONE_BASE,
  ONE_QUOTE,
  bridgeEvidence,
  startRehearsalLab,
  turnedArgs,
  type RehearsalLab,
} from "@/tests/support/rehearsal-lab";

const FUNDED: Address = `0x${"f1".repeat(20)}`;
const EMPTY: Address = `0x${"e1".repeat(20)}`;
const FAR_CHAIN = 99_001;
const FAR_ROUTER: Address = `0x${"99".repeat(20)}`;

let lab: RehearsalLab;
let desk: RehearsalDesk;

beforeAll(async () => {
  lab = await startRehearsalLab();
  await lab.fund(FUNDED);
  lab.refused.add("eth_simulateV1");
  desk = await startRehearsalDesk(lab);
}, 240_000);

afterAll(async () => {
  await desk?.stop();
  await lab?.stop();
});

/** Everything that a rehearsal says of the chain, its method and time left aside. */
function facts({ isOk, detail, steps, untried, blocks }: Rehearsal) {
  return { isOk, detail, steps, untried, numbers: blocks.map(({ number }) => number) };
}

function amountsOf(deltas: readonly { readonly token: string; readonly amountRaw: string }[]) {
  return Object.fromEntries(deltas.map(({ token, amountRaw }) => [token.toLowerCase(), amountRaw]));
}

/** Processes below one, with what they run. */
function descendants(pid: number): readonly { readonly pid: number; readonly command: string }[] {
  const all = readdirSync("/proc").flatMap((name) => {
    try {
      if (!/^\d+$/.test(name)) return [];
      const parent = Number(
        readFileSync(`/proc/${name}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ")[1],
      );
      return [{ pid: Number(name), parent, command: readFileSync(`/proc/${name}/cmdline`, "utf8") }];
    } catch {
      // It ended while it was looked at.
      return [];
    }
  });
  const below = (parent: number): typeof all =>
    all.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.pid)]);
  return below(pid);
}

/** The copies below a process, and the shells that keep them. */
function forksOf(pid: number): readonly number[] {
  const found = descendants(pid).filter(({ command }) => command.includes("--fork-url"));
  const copies = found.filter(({ command }) => command.split("\0")[0]?.endsWith("/anvil"));
  return copies.length === 1 ? found.map((each) => each.pid) : [];
}

function alive(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => existsSync(`/proc/${pid}`));
}

async function tradeAndMint(): Promise<Plan> {
  return lab.planOf([lab.swapGroup(ONE_BASE / 10n, 240n * ONE_QUOTE), await lab.mintGroup()]);
}

function bridgeTo(tokenOut: Address, amountRaw: bigint): Step {
  return {
    kind: "bridge",
    chainId: FAR_CHAIN,
    provider: "lifi",
    router: FAR_ROUTER,
    tokenIn: FAR_ROUTER,
    toChainId: LAB_CHAIN,
    tokenOut,
    amountInRaw: amountRaw,
    minAmountOutRaw: amountRaw - 1n,
    bridges: ["across"],
    feeUsd: 0,
    expectedSec: 60,
  };
}

/** Two bridges from a chain of our making bring both tokens; everything on this chain is real. */
async function bridged(tokens: { readonly base: Address; readonly quote: Address }): Promise<Plan> {
  const plan = await lab.planOf([await lab.mintGroup()]);
  const bridges = [bridgeTo(tokens.base, ONE_BASE), bridgeTo(tokens.quote, 2_500n * ONE_QUOTE)];
  const later = plan.steps.map((step) =>
    step.kind === "approve" ? { ...step, forStep: step.forStep + bridges.length } : step,
  );
  return { ...plan, steps: [...bridges, ...later] };
}

/** The source chain is a stage that lets everything through: what is tried is this side. */
function depsOf(url: string, bringsRaw: (step: Extract<Step, { kind: "bridge" }>) => bigint | null) {
  const deps = lab.rehearsalDeps(url, EMPTY);
  const far: Stage = {
    method: "eth_simulateV1",
    blockNumber: 7n,
    timestampSec: 0n,
    timeScale: 1,
    port: { call: () => Promise.reject(new Error("nothing is read there")), readLogs: async () => [] },
    play: async (calls) =>
      ok(calls.map(() => ({ isOk: true, gasUsed: 1n, returnData: "0x" as const, logs: [], error: "" }))),
    close: async () => undefined,
  };
  const none = deps.fetchBridgeQuote;
  const fetchBridgeQuote: typeof none = async (plan, step, amountRaw) => {
    const brings = bringsRaw(step);
    return brings === null ? none(plan, step, amountRaw) : ok(bridgeEvidence(FAR_ROUTER, brings));
  };
  return {
    ...deps,
    fetchBridgeQuote,
    openStage: async (chainId: number) => (chainId === FAR_CHAIN ? ok(far) : deps.openStage(chainId)),
  };
}

const promised = (step: { readonly amountInRaw: bigint }): bigint => (step.amountInRaw * 999n) / 1_000n;

const NOBODY: Address = `0x${"00".repeat(20)}`;

async function setMode(mode: "approve" | "auto"): Promise<void> {
  await desk.command("pair.mode", { pairId: LAB_PAIR, mode });
}

async function planNow(groups: Parameters<RehearsalLab["planOf"]>[0]): Promise<Plan> {
  return lab.planOf(groups, { configVersion: (await desk.pairState()).configVersion });
}

/** A plan that closes the one position there is, after other steps. */
async function closing(before: Parameters<RehearsalLab["planOf"]>[0] = []): Promise<Plan> {
  const [position] = (await desk.pairState()).positions;
  if (position === undefined) throw new Error("there is no position to close");
  const { ref } = lab;
  const step: Extract<Step, { kind: "burn" }> = {
    kind: "burn",
    chainId: LAB_CHAIN,
    family: ref.family,
    pool: ref.pool,
    positionManager: position.positionManager,
    tokenId: position.tokenId,
    token0: ref.token0,
    token1: ref.token1,
    tickLower: position.tickLower,
    tickUpper: position.tickUpper,
    liquidityRaw: position.liquidityRaw,
    amount0ExpectedRaw: position.amount0Raw,
    amount1ExpectedRaw: position.amount1Raw,
    maxSlippageBps: 50,
  };
  return planNow([...before, { step, grants: [] }]);
}

/** Somebody trades until the pool is this many ticks from where it is. */
async function moveTicks(ticks: number): Promise<void> {
  const { sqrtX96 } = { sqrtX96: await lab.chain.priceOf(lab.target) };
  const tick = Math.round((Math.log(Number(sqrtX96) / 2 ** 96) * 2) / Math.log(1.0001));
  const order = {
    target: lab.target,
    zeroForOne: ticks < 0,
    amountIn: 10n ** 30n,
    sqrtLimitX96: sqrtAtTick(tick + ticks),
  };
  expect(await lab.exclusive(() => lab.chain.step([order]))).toEqual([]);
}

/** Proposed and rehearsed; it waits for its approval. */
async function propose(plan: Plan, deps: ExecuteDeps = desk.deps) {
  const waiting = await proposeAndRun(deps, plan, () => false);
  expect(waiting).toMatchObject({ planStatus: "waiting_approval" });
  return desk.plan(waiting.planId ?? "");
}

async function approveAndRun(planId: string) {
  await desk.approve(await desk.plan(planId));
  return runPlan(desk.deps, await desk.plan(planId), () => false);
}

async function withCode(token: Address, code: Address, work: () => Promise<void>): Promise<void> {
  const { client } = lab.chain;
  const [own, other] = [await client.getCode({ address: token }), await client.getCode({ address: code })];
  if (own === undefined || other === undefined) throw new Error("a token without code");
  await client.setCode({ address: token, bytecode: other });
  try {
    await work();
  } finally {
    await client.setCode({ address: token, bytecode: own });
  }
}

describe("a node without eth_simulateV1", () => {
  it("behavior: the fork's balance changes, gas and words are those of the simulation", async () => {
    const plan = await tradeAndMint();
    const simulated = await rehearsePlan(lab.rehearsalDeps(lab.url, FUNDED), plan);
    const startedMs = performance.now();
    const forked = await rehearsePlan(lab.rehearsalDeps(lab.chaosUrl, FUNDED), plan);
    process.stdout.write(`fork: ${Math.round(performance.now() - startedMs)} ms for ${plan.steps.length} steps\n`);
    expect(simulated).toMatchObject({ method: "eth_simulateV1", isOk: true, detail: "every step went through" });
    expect(forked).toMatchObject({ method: "fork", blocks: [{ chainId: LAB_CHAIN, method: "fork" }] });
    expect(facts(forked)).toEqual(facts(simulated));
    const swap = simulated.steps.find(({ index }) => plan.steps[index]?.kind === "swap");
    expect(swap?.deltas).toHaveLength(2);
    for (const delta of simulated.steps.flatMap(({ deltas }) => deltas)) {
      process.stdout.write(`  ${delta.token} ${delta.amountRaw}\n`);
    }
  });

  it("behavior: a plan that fails, fails on both with the same step and reason", async () => {
    const plan = await lab.planOf([lab.swapGroup(ONE_BASE / 10n, 260n * ONE_QUOTE), await lab.mintGroup()]);
    const simulated = await rehearsePlan(lab.rehearsalDeps(lab.url, FUNDED), plan);
    const forked = await rehearsePlan(lab.rehearsalDeps(lab.chaosUrl, FUNDED), plan);
    expect(simulated).toMatchObject({ isOk: false, detail: expect.stringContaining("step 1 (swap) failed") });
    expect(simulated.detail).toContain("Too little received");
    expect(facts(forked)).toEqual(facts(simulated));
  });

  it("error: without the binary nothing is said to have gone through, and the reason is whole", async () => {
    const client = lab.client(lab.chaosUrl);
    const block = await client.readBlock();
    if (!block.ok) throw block.error;
    const deps = {
      ...lab.rehearsalDeps(lab.chaosUrl, FUNDED),
      openStage: () => openFork(client, FUNDED, block.value, "/nonexistent/anvil"),
    };
    const plan = await tradeAndMint();
    const rehearsal = await rehearsePlan(deps, plan);
    expect(rehearsal).toMatchObject({ method: "none", isOk: false, steps: [], blocks: [] });
    expect(rehearsal.detail).toMatch(
      /^could not be tried: a local fork of Bare .* did not start within 20 s: .*nonexistent/,
    );
    expect(rehearsal.untried).toHaveLength(plan.steps.length);
  });
});

describe("the process of a fork", () => {
  it("behavior: it is there while its stage is open, gone when it is closed, and changes nothing of the chain", async () => {
    const client = lab.client(lab.chaosUrl);
    const block = await client.readBlock();
    if (!block.ok) throw block.error;
    const stage = await openFork(client, FUNDED, block.value);
    if (!stage.ok) throw stage.error;
    const forks = forksOf(process.pid);
    expect(forks).not.toEqual([]);
    await stage.value.close();
    await expect.poll(() => alive(forks), { timeout: 2_000, interval: 20 }).toEqual([]);
    expect(await stage.value.play([])).toMatchObject({ ok: false, error: { code: "unreachable" } });
    expect(await lab.chain.client.getBlockNumber({ cacheTime: 0 })).toBe(block.value.number);
  });

  it("behavior: it ends with the process that started it, also by kill -9", async () => {
    const block = await lab.chain.client.getBlockNumber({ cacheTime: 0 });
    const holder = spawn(
      process.execPath,
      ["--import", "tsx", "tests/support/fork-harness.ts", lab.url, String(LAB_CHAIN), String(block)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    const forks = forksOf(holder.pid ?? 0);
    expect(forks).not.toEqual([]);
    holder.kill("SIGKILL");
    await expect.poll(() => alive(forks), { timeout: 10_000, interval: 50 }).toEqual([]);
  });
});

describe("steps behind a bridge", () => {
  it("behavior: tried with what the quotes promise, by simulation and on a fork alike; nothing stays behind", async () => {
    const [base, quote] = [lab.chain.low.address, lab.chain.quote.address];
    const plan = await bridged({ base, quote });
    const simulated = await rehearsePlan(depsOf(lab.url, promised), plan);
    const forked = await rehearsePlan(depsOf(lab.chaosUrl, promised), plan);
    expect(simulated.isOk, simulated.detail).toBe(true);
    expect(simulated.detail).toBe(
      "every step went through, steps 2 (approve), 3 (approve), 4 (mint) with the expected arrival",
    );
    const mint = simulated.steps.find(({ index }) => plan.steps[index]?.kind === "mint");
    const expected = [
      { chainId: LAB_CHAIN, token: base, amountRaw: ((ONE_BASE * 999n) / 1_000n).toString() },
      { chainId: LAB_CHAIN, token: quote, amountRaw: ((2_500n * ONE_QUOTE * 999n) / 1_000n).toString() },
    ];
    expect(mint?.arrivals).toEqual(expected);
    expect(mint?.deltas.map(({ token, amountRaw }) => [token, BigInt(amountRaw) < 0n])).toEqual([
      [base.toLowerCase(), true],
      [quote.toLowerCase(), true],
    ]);
    expect(forked.method).toBe("fork");
    expect(facts(forked)).toEqual(facts(simulated));
    expect(await lab.chain.balanceOf(base, EMPTY)).toBe(0n);
  });

  it("behavior: without a quote the source's step is named, and the plan's own minimum is what arrives", async () => {
    const plan = await bridged({ base: lab.chain.low.address, quote: lab.chain.quote.address });
    const rehearsal = await rehearsePlan(
      depsOf(lab.url, () => null),
      plan,
    );
    expect(rehearsal.isOk, rehearsal.detail).toBe(true);
    expect(rehearsal.untried).toEqual([
      { index: 0, reason: "a quote did not come: nobody quotes here" },
      { index: 1, reason: "it counts on step 0, which could not be tried" },
    ]);
    expect(rehearsal.steps.find(({ index }) => index === 4)?.arrivals?.map(({ amountRaw }) => amountRaw)).toEqual([
      (ONE_BASE - 1n).toString(),
      (2_500n * ONE_QUOTE - 1n).toString(),
    ]);
  });

  it("error: a token whose balance is no word of its storage is not supposed to have arrived", async () => {
    const growing = await lab.create("GrowingToken");
    const plan = await bridged({ base: lab.chain.low.address, quote: growing });
    for (const url of [lab.url, lab.chaosUrl]) {
      const rehearsal = await rehearsePlan(
        depsOf(url, (step) => step.amountInRaw),
        plan,
      );
      expect(rehearsal.steps.map(({ index }) => index)).toEqual([0, 1]);
      expect(rehearsal.untried?.[0]).toEqual({
        index: 2,
        reason: `it needs what step 1 (bridge) brings, and ${growing} keeps its balances in no known place where that could be supposed`,
      });
      expect(rehearsal.detail).toContain("not tried: steps 2 (approve), 3 (approve), 4 (mint)");
    }
  });
});

describe("the signer's process", () => {
  it("behavior: what was rehearsed is what happens, to the unit, when nobody else trades", async () => {
    await setMode("auto");
    for (const group of [lab.swapGroup(ONE_BASE / 10n, 240n * ONE_QUOTE), await lab.mintGroup()]) {
      const plan = await planNow([group]);
      const ran = await proposeAndRun(desk.deps, plan, () => false);
      expect(ran, ran.planReason ?? "").toMatchObject({ planStatus: "done" });
      const record = await desk.plan(ran.planId ?? "");
      expect(record.rehearsal).toMatchObject({ method: "eth_simulateV1", isOk: true });
      for (const op of record.ops) {
        const rehearsed = record.rehearsal?.steps.find(({ index }) => index === op.index);
        expect(amountsOf(op.deltas), `step ${op.index} (${op.kind})`).toEqual(amountsOf(rehearsed?.deltas ?? []));
      }
      const moved = record.ops.find(({ kind }) => kind === group.step.kind)?.deltas ?? [];
      expect(moved).toHaveLength(2);
      process.stdout.write(`as rehearsed: ${group.step.kind} ${JSON.stringify(amountsOf(moved))}\n`);
    }
  });

  it("error: drift — rehearsed, approved, then the pool leaves the plan's ticks: voided, and the bound is named", async () => {
    await setMode("approve");
    const record = await propose(await closing());
    expect(record.rehearsal).toMatchObject({ isOk: true, detail: "every step went through" });
    const nonce = await desk.nonce();
    await moveTicks(-200);
    const ended = await approveAndRun(record.planId);
    process.stdout.write(`drifted: ${ended.planStatus}: ${ended.planReason}\n`);
    expect(ended.planStatus).toBe("voided");
    expect(ended.planReason).toMatch(
      /is at tick -?\d+, the plan was made at -?\d+: \d+ ticks away, at most 100 are allowed/,
    );
    expect(await desk.nonce()).toBe(nonce);
    await moveTicks(200);
  });

  it("error: a plan whose rehearsal fails ends before anything is signed, and says at which step and why", async () => {
    await setMode("auto");
    const nonce = await desk.nonce();
    const plan = await planNow([lab.swapGroup(ONE_BASE / 10n, 260n * ONE_QUOTE)]);
    const ended = await proposeAndRun(desk.deps, plan, () => false);
    process.stdout.write(`failed: ${ended.planStatus}: ${ended.planReason}\n`);
    expect(ended.planStatus).toBe("voided");
    expect(ended.planReason).toContain(
      "the rehearsal failed, nothing was signed: step 1 (swap) failed: reverted: Too little received",
    );
    const record = await desk.plan(ended.planId ?? "");
    expect(record).toMatchObject({ status: "voided", rehearsal: { isOk: false } });
    expect(record.ops.map(({ state, attempts }) => [state, attempts.length])).toEqual(
      plan.steps.map(() => ["PLANNED", 0]),
    );
    expect(await desk.nonce()).toBe(nonce);
  });

  it("error: rehearsedDeltas — a token keeps a tenth of each transfer since: voided, with token, expected and come", async () => {
    await setMode("approve");
    const record = await propose(await closing());
    const base = lab.chain.low.address;
    const nonce = await desk.nonce();
    const keeping = await lab.create("TurnedToken", turnedArgs(18, 1_000, NOBODY));
    await withCode(base, keeping, async () => {
      const ended = await approveAndRun(record.planId);
      process.stdout.write(`changed: ${ended.planStatus}: ${ended.planReason}\n`);
      expect(ended.planStatus).toBe("voided");
      expect(ended.planReason).toContain("bound rehearsedDeltas: step 0 (burn) would not do what was rehearsed");
      const rehearsed = record.rehearsal?.steps[0]?.deltas.find(({ token }) => token === base.toLowerCase());
      expect(ended.planReason).toContain(`token ${base.toLowerCase()}, expected about +${rehearsed?.amountRaw}`);
    });
    const after = await desk.plan(record.planId);
    expect(after.ops).toMatchObject([{ state: "EXPIRED", attempts: [], txHash: null }]);
    expect(await desk.nonce()).toBe(nonce);
  });

  it("error: rehearsedDeltas — a token nobody asked for moves since: voided, and it is named", async () => {
    const record = await propose(await closing());
    const stray = await lab.create("StrayToken");
    const giving = await lab.create("TurnedToken", turnedArgs(18, 0, stray));
    await withCode(lab.chain.low.address, giving, async () => {
      const ended = await approveAndRun(record.planId);
      process.stdout.write(`unexpected: ${ended.planStatus}: ${ended.planReason}\n`);
      expect(ended.planStatus).toBe("voided");
      expect(ended.planReason).toContain(
        `token ${stray.toLowerCase()}, expected no change: it did not move in the rehearsal, came +1`,
      );
    });
  });

  it("error: rehearsedDeltas — in the middle of a plan: partial, what was done stays and is booked", async () => {
    const record = await propose(await closing([lab.swapGroup(ONE_BASE / 10n, 240n * ONE_QUOTE)]));
    const stray = await lab.create("StrayToken");
    const giving = await lab.create("TurnedToken", turnedArgs(18, 0, stray));
    await withCode(lab.chain.low.address, giving, async () => {
      const ended = await approveAndRun(record.planId);
      process.stdout.write(`in the middle: ${ended.planStatus}: ${ended.planReason}\n`);
      expect(ended.planStatus).toBe("partial");
      expect(ended.planReason).toContain(`(burn) would not do what was rehearsed: token ${stray.toLowerCase()}`);
    });
    const after = await desk.plan(record.planId);
    expect(after.ops.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      "approve SETTLED",
      "swap SETTLED",
      "revoke SKIPPED",
      "burn EXPIRED",
    ]);
    expect((await desk.ledger()).openAllowances).toEqual([]);
  });

  it("behavior: rehearsed on a fork, then a price that moves inside the bounds: other amounts, nothing void; the ledger equals the chain", async () => {
    const rehearse = (plan: Plan) => rehearsePlan(lab.rehearsalDeps(lab.chaosUrl, desk.wallet), plan);
    const record = await propose(await closing(), { ...desk.deps, rehearse });
    expect(record.rehearsal).toMatchObject({ method: "fork", isOk: true, detail: "every step went through" });
    await moveTicks(60);
    const ended = await approveAndRun(record.planId);
    expect(ended, ended.planReason ?? "").toMatchObject({ planStatus: "done" });
    const after = await desk.plan(record.planId);
    const came = after.ops[0]?.deltas.map(({ amountRaw }) => amountRaw);
    expect(came).not.toEqual(record.rehearsal?.steps[0]?.deltas.map(({ amountRaw }) => amountRaw));
    const check = await desk.ledger();
    for (const row of check.rows) expect(row.differenceRaw, `token ${row.token}`).toBe("0");
    expect(check.openAllowances).toEqual([]);
  });
});
