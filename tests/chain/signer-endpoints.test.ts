// Endpoints that lie to the real signer (safety.md R3 to R5, R10 to R14, and the second look of 3.9): two ways to one chain, each with its own faults.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startExecutionLab, LAB_CHAIN, LAB_FAR_CHAIN, type ExecutionLab } from "@/tests/support/execution-lab";
import { printLine } from "@/tests/support/print-line";
import { waitFor } from "@/tests/support/running-demo";

const WAIT_MS = 60_000;
let lab: ExecutionLab;

async function fault(endpoint: "first" | "second", kind: string, more: Readonly<Record<string, unknown>> = {}) {
  await lab.devnet.control("POST", "/rpc-faults", { kind, chainId: LAB_CHAIN, endpoint, ...more });
}

async function condition() {
  const reply = await lab.control.call("authority.get", {});
  if (!reply.ok) throw reply.error;
  return `${reply.value.state}: ${reply.value.stateCause}`;
}

async function expectCondition(pattern: RegExp): Promise<string> {
  return waitFor(`a condition like ${pattern.source}`, WAIT_MS, async () => {
    const now = await condition();
    return pattern.test(now) ? now : null;
  });
}

/** One plan with a swap through the pool, to its end; each of its transactions succeeded once. */
async function runPlan() {
  const record = await lab.propose(await lab.swapPlan("pool"));
  const report = await lab.execute(record);
  const ops = await lab.opsOf(record.planId);
  return { report, ops, swap: ops.find(({ index }) => index === 1) };
}

beforeAll(async () => {
  lab = await startExecutionLab({
    endpoints: new Map([
      [LAB_CHAIN, ["first", "second"]],
      [LAB_FAR_CHAIN, ["only"]],
    ]),
  });
}, 240_000);

afterEach(async () => {
  await lab.devnet.control("DELETE", "/rpc-faults");
});

afterAll(async () => {
  await lab?.stop();
});

describe("two endpoints of one chain", () => {
  it("behavior: 3.9 — a swap is tried again at the other endpoint, and the journal says where", async () => {
    const { report, swap } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    expect(swap?.secondLook).toMatch(/^http:[^ ]*\/second, block \d+: only the expected balance changes$/);
    printLine(`3.9 second look: ${swap?.secondLook}`);
  });

  it("behavior: R3 — an endpoint that serves another chain is set aside by name, and the plan goes on over the other", async () => {
    await fault("first", "wrong_chain");
    const said = await expectCondition(/RPC_QUARANTINE.*wrong chain/);
    const { report, swap } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    expect(swap?.secondLook).toMatch(/^one endpoint/);
    printLine(`R3 wrong chain: ${said.slice(0, 160)}; plan ${report.outcome}`);
  });

  it("behavior: R4 — an endpoint that is 60 blocks behind is set aside, and comes back by itself", async () => {
    await lab.devnet.control("POST", "/mine", { steps: 70 });
    await fault("first", "stale", { blocks: 60 });
    const said = await expectCondition(/RPC_QUARANTINE.*stale/);
    const { report } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    await lab.devnet.control("DELETE", "/rpc-faults");
    await expectCondition(/^NORMAL: $/);
    printLine(`R4 stale: ${said.slice(0, 160)}; plan ${report.outcome}; back when it had caught up`);
  });

  it("error: R5 — two endpoints with other blocks: nothing is signed, the state names both; it ends when they agree", async () => {
    await fault("second", "other_hashes");
    const said = await expectCondition(/HOLD_STALE.*without a majority/);
    const record = await lab.propose(await lab.swapPlan("pool"));
    const running = lab.execute(record);
    await sleep(4_000);
    const ops = await lab.opsOf(record.planId);
    expect(ops.find(({ index }) => index === 0)?.state).toBe("INTENT");
    expect(ops.flatMap(({ attempts }) => attempts)).toEqual([]);
    await lab.devnet.control("DELETE", "/rpc-faults");
    await expectCondition(/^NORMAL: $/);
    const report = await running;
    expect(report.reason).toBe("every step is verified");
    printLine(`R5 disagree: ${said.slice(0, 300)}; nothing signed meanwhile, then plan ${report.outcome}`);
  });

  it("error: 3.9 — a swap that the other endpoint does not let through is not signed, and its allowance is taken back", async () => {
    // Forty-five blocks behind it has not seen the approval: for it the same bytes fail.
    await lab.devnet.control("POST", "/mine", { steps: 60 });
    await fault("second", "stale", { blocks: 45, methods: ["eth_getBlockByNumber", "eth_simulateV1"] });
    const { report, swap } = await runPlan();
    expect(swap?.attempts).toEqual([]);
    expect(swap?.error).toMatch(/second look failed, nothing was signed: the same bytes fail at [^ ]*\/second/);
    expect(await lab.allowance(lab.router)).toBe(0n);
    printLine(`3.9 refused there: plan ${report.outcome}: ${swap?.error?.slice(0, 200)}`);
  });

  it("behavior: 3.9 — a node without eth_simulateV1 tries the bytes alone, and the journal says so", async () => {
    await fault("second", "no_method", { methods: ["eth_simulateV1"] });
    const { report, swap } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    expect(swap?.secondLook).toMatch(/\/second, block \d+: the bytes pass; the node cannot show balance changes/);
    printLine(`3.9 without eth_simulateV1: ${swap?.secondLook}`);
  });

  it("behavior: R10 — sends that answer errors went out all the same: found by hash, one effect each", async () => {
    await fault("first", "send_says_error");
    await fault("second", "send_says_error");
    const { report, ops } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    expect(ops.every(({ attempts }) => attempts.length <= 1)).toBe(true);
    printLine(`R10 says error, went out: plan ${report.outcome}, ${ops.length} operations, one attempt each`);
  });

  it("behavior: R11 — sends that answer a hash and never went out: the same bytes are sent again", async () => {
    await fault("first", "send_says_ok", { count: 1, methods: ["eth_sendRawTransaction"] });
    await fault("second", "send_says_ok", { count: 1, methods: ["eth_sendRawTransaction"] });
    const { report, ops } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    expect(ops.every(({ attempts }) => attempts.length <= 1)).toBe(true);
    printLine(`R11 says ok, did not: plan ${report.outcome}, the same bytes again, one attempt each`);
  });

  it("behavior: R12 — an endpoint that hides receipts still has the block that holds the transaction", async () => {
    await fault("first", "hidden_receipts");
    const { report } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    printLine(`R12 receipts hidden by one: plan ${report.outcome}`);
  });

  it("behavior: R13 — counts that go back at one endpoint never bring a used nonce again", async () => {
    await fault("first", "nonce_back", { by: 3 });
    const { report, ops } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    const nonces = ops.flatMap(({ attempts }) => attempts.map(({ nonce }) => nonce));
    expect(new Set(nonces).size).toBe(nonces.length);
    printLine(`R13 nonce goes back: plan ${report.outcome}, nonces ${nonces.join(", ")}`);
  });

  it("behavior: R14 — logs that one endpoint leaves out are taken from the other, a start included", async () => {
    await fault("first", "incomplete_logs");
    const { report } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    await lab.restart();
    await expectCondition(/^NORMAL/);
    printLine(`R14 logs incomplete at one: plan ${report.outcome}; a start with them finds nothing amiss`);
  });

  it("behavior: 3.7 — a start with one of several chains dead: it is shown in OBSERVE with its cause, the others are served", async () => {
    await lab.devnet.control("POST", "/rpc-faults", { kind: "cut", chainId: LAB_FAR_CHAIN, endpoint: "only" });
    await lab.restart();
    const said = await expectCondition(new RegExp(`^NORMAL: chain ${LAB_FAR_CHAIN} in OBSERVE: .*/only`));
    const { report } = await runPlan();
    expect(report.reason).toBe("every step is verified");
    await lab.devnet.control("DELETE", "/rpc-faults");
    await expectCondition(/^NORMAL: $/);
    printLine(`3.7 one chain dead at the start: ${said.slice(0, 260)}; plan on chain ${LAB_CHAIN} ${report.outcome}`);
  });

  it("invariant: audit is clean: no allowance, no double effect, every wei where the books say", async () => {
    const report = await lab.endAndAudit();
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ doubleEffects: 0, unaccountedRaw: 0n });
    printLine(
      `audit after R3 to R5 and R10 to R14: ${report.operations} operations, 0 double effects, 0 wei unaccounted`,
    );
  });
});
