// Wrong inputs at the level of the whole system: each is refused with a sentence a person can act on, is logged, and moves nothing.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { commandRecordSchema } from "@/lib/api/commands";
import { contract } from "@/lib/api/contract";
import { startDemo, waitFor, type RunningDemo } from "@/tests/support/running-demo";
import { openHttpOperator, type HttpOperator } from "./http-operator";

const AUTO = "WETH-USDC";
const APPROVE = "USDC-USDT";
const LIMIT_MS = 300_000;
const SPEED = 240;

let demo: RunningDemo;
let hasStarted = false;
let operator: HttpOperator;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function pauseOf(pairId: string, reason: string) {
  return {
    action: "pair.pause" as const,
    target: pairId,
    params: { pairId, kind: "no_new_risk", untilAtMs: null, reason },
  };
}

/** Everything that the system's processes have logged so far. */
function logText(): string {
  const names = ["signer.log", "web.log", "orchestrator.log", `worker-${AUTO}.log`, `worker-${APPROVE}.log`];
  return names
    .map((name) => {
      try {
        return readFileSync(join(demo.dataDir, "logs", name), "utf8");
      } catch {
        // A process that has not started yet, or no web in this run.
        return "";
      }
    })
    .join("\n");
}

async function pauseNow(pairId: string) {
  return (await demo.read(contract.pairStatus, { params: { id: pairId } })).pause;
}

async function auditLog() {
  const answer = await operator.get(`${contract.audit.path}?limit=1000`);
  return z.looseObject({ commands: z.array(commandRecordSchema) }).parse(answer.body).commands;
}

describe("refusals", () => {
  beforeAll(async () => {
    demo = await startDemo({ seed: 7, speed: SPEED, hasWeb: false, fresh: true });
    hasStarted = true;
    operator = await openHttpOperator(demo);
  }, 300_000);

  afterAll(async () => {
    if (!hasStarted) return;
    await demo.stop();
    rmSync(demo.dataDir, { recursive: true, force: true });
  }, 60_000);

  it("refusals: an unknown pair, a malformed body and a missing session are answered as such", async () => {
    const unknown = await fetch(`${demo.apiUrl}/api/pairs/NOPE-USDC/status`);
    expect(unknown.status).toBe(404);
    const malformed = await operator.send({ command: { action: "pair.pause" } });
    expect(malformed.status).toBe(400);
    expect(malformed.body).toMatchObject({
      error: { code: "bad_request", field: expect.stringMatching(/^command\./) },
    });
    const { origin } = await demo.read(contract.environment);
    const stranger = await fetch(`${demo.apiUrl}${contract.commands.path}`, {
      method: "POST",
      headers: { origin, "content-type": "application/json" },
      body: JSON.stringify(await operator.sign(pauseOf(APPROVE, "no session"))),
    });
    expect(stranger.status).toBe(401);
    expect(await pauseNow(APPROVE)).toBeNull();
    say(`unknown pair 404, malformed body 400 (${malformed.message}), no session 401`);
  });

  it("refusals: expired, foreign and replayed commands change nothing", async () => {
    const before = await auditLog();
    const expired = await operator.send(await operator.sign({ ...pauseOf(APPROVE, "late"), lifeSec: -5 }));
    expect(expired.status).toBe(422);
    expect(expired.message).toMatch(/expired/);
    const environment = await demo.read(contract.environment);
    const other = environment.sandbox?.accounts.find(({ address }) => address !== operator.address)?.address;
    if (other === undefined) throw new Error("the sandbox has one account only");
    const foreign = await operator.send(await operator.sign({ ...pauseOf(APPROVE, "not mine"), signAs: other }));
    expect(foreign.status).toBe(403);
    expect(foreign.message).toMatch(/signature/);
    expect(await pauseNow(APPROVE)).toBeNull();
    // It might be a contract wallet's, which only a chain can tell: the signer asked, and keeps what it refused.
    const kept = (await auditLog()).slice(before.length);
    expect(kept.map(({ status, result }) => [status, result.split(":")[0]])).toEqual([["refused", "bad_signature"]]);

    const pause = await operator.sign(pauseOf(APPROVE, "first of two"));
    expect((await operator.send(pause)).status).toBe(202);
    await waitFor("the pause", 30_000, () => pauseNow(APPROVE));
    const resume = await operator.sign({
      action: "pair.resume",
      target: APPROVE,
      params: { pairId: APPROVE, note: "" },
    });
    expect((await operator.send(resume)).status).toBe(202);
    await waitFor("the resumption", 30_000, async () => ((await pauseNow(APPROVE)) === null ? true : null));
    const after = await auditLog();
    const replayed = await operator.send(pause);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await pauseNow(APPROVE)).toBeNull();
    expect(replayed.status).toBe(409);
    // The signer keeps the second use on record as what it is: refused.
    const added = (await auditLog()).slice(after.length);
    expect(added.every(({ status }) => status === "refused")).toBe(true);
    for (const reason of [expired.message, foreign.message]) expect(logText()).toContain(reason.slice(0, 40));
    say(
      `expired ${expired.status} (${expired.message}); foreign ${foreign.status} (${foreign.message}); replay ${replayed.status} (${replayed.message || JSON.stringify(replayed.body)}), pause not set again`,
    );
  });

  it("refusals: a swap quote that pays somebody else is refused, nothing is approved for it, and the plan takes its other way or ends with the reason", async () => {
    const position = await waitFor(`a position of ${AUTO}`, LIMIT_MS, async () => {
      const { positions } = await demo.read(contract.pairPositions, { params: { id: AUTO } });
      const { openPlanId } = await demo.read(contract.pairStatus, { params: { id: AUTO } });
      return openPlanId === null ? (positions[0] ?? null) : null;
    });
    // A market that stands still: a trend would carry the price past the near edge before the mint.
    await demo.control("/volatility", { pairId: AUTO, factor: 0 });
    await demo.control("/faults", { service: "lifi", kind: "wrong_receiver" });
    // Whatever the position holds more of, the range asked for holds the other token: a swap is needed wherever the market is.
    const { pool } = await demo.read(contract.pool, {
      params: { chainId: String(position.chainId), address: position.pool },
    });
    const tick = pool.tick ?? 0;
    const spacing = position.tickSpacing ?? 10;
    const middle = Math.round(tick / spacing) * spacing;
    const [far, near] = [spacing * Math.ceil(900 / spacing), spacing * Math.ceil(100 / spacing)];
    const isUpperHalf = tick > (position.tickLower + position.tickUpper) / 2;
    const signed = await operator.sign({
      action: "range.shift",
      target: AUTO,
      params: {
        pairId: AUTO,
        positionId: position.positionId,
        ticks: isUpperHalf
          ? { tickLower: middle - near, tickUpper: middle + far }
          : { tickLower: middle - far, tickUpper: middle + near },
      },
    });
    const sent = await operator.send(signed);
    expect(`${sent.status} ${sent.message}`).toBe("202 ");
    const plan = await waitFor("the end of the shift", LIMIT_MS, async () => {
      const { plans } = await demo.read(contract.plans, { query: { pair: AUTO } });
      const mine = plans.find(({ origin }) => origin.kind === "command");
      if (mine === undefined || ["approved", "executing"].includes(mine.status)) throw new Error(mine?.statusReason);
      return mine;
    });
    const swaps = plan.steps.flatMap(({ step, op }) => (step.kind === "swap" ? [{ step, op }] : []));
    expect(swaps.length).toBeGreaterThan(0);
    const registryText = readFileSync(join(demo.dataDir, "devnet", "registry.json"), "utf8");
    const { chains } = z
      .looseObject({ chains: z.array(z.looseObject({ lifiDiamond: z.string() })) })
      .parse(JSON.parse(registryText));
    const aggregators = chains.map(({ lifiDiamond }) => lifiDiamond.toLowerCase());
    const given = plan.steps.filter(
      ({ step, op }) =>
        step.kind === "approve" && aggregators.includes(step.spender.toLowerCase()) && (op?.txHash ?? null) !== null,
    );
    expect(given).toEqual([]);
    for (const { op } of swaps) {
      const hash = op?.txHash ?? null;
      if (hash === null) continue;
      const tx = z.object({ to: z.string() }).parse(await demo.rpc("eth_getTransactionByHash", [hash]));
      expect(aggregators).not.toContain(tx.to.toLowerCase());
    }
    if (plan.status !== "done") expect(plan.statusReason).toMatch(/receiver.*nothing was approved/);
    expect(logText()).toContain("receiver");
    await fetch(`${demo.ready.devnet.replace(/\/$/, "")}/faults?service=lifi`, { method: "DELETE" });
    await demo.control("/volatility", { pairId: AUTO, factor: 1 });
    const { money } = await demo.read(contract.overview);
    expect(money.ledger).toMatchObject({ balanced: true, differences: 0 });
    say(`wrong receiver: plan ${plan.status}: ${plan.statusReason}; ${money.ledger?.sentence}`);
  });

  it("refusals: an exchange that answers garbage is left out, and with too few left the pair holds with the reason", async () => {
    const epochNow = async () => (await demo.read(contract.pairStatus, { params: { id: AUTO } })).epoch;
    const from = (await epochNow())?.epoch ?? 0;
    await demo.control("/faults", { service: "binance", kind: "wrong_data" });
    await demo.control("/faults", { service: "okx", kind: "not_json" });
    const onOthers = await waitFor("two epochs decided without the broken exchanges", LIMIT_MS, async () => {
      const epoch = await epochNow();
      return epoch !== null && epoch.epoch >= from + 2 ? epoch : null;
    });
    expect(onOthers.decision?.reason).not.toBe("no_data");
    const sources = (await demo.read(contract.system)).sources.filter(({ state }) => state !== "ok");
    await demo.control("/faults", { service: "cex", kind: "not_json" });
    const held = await waitFor("a HOLD without exchanges", LIMIT_MS, async () => {
      const epoch = await epochNow();
      return epoch?.decision?.reason === "no_data" ? epoch : null;
    });
    expect(held.decision).toMatchObject({ kind: "HOLD", detail: { input: "candles", rule: "venue_quorum" } });
    const { sentence } = await waitFor("the sentence of the decision", 30_000, async () => {
      const { decisions } = await demo.read(contract.pairDecisions, { params: { id: AUTO }, query: { limit: "5" } });
      return decisions.find(({ epoch }) => epoch === held.epoch) ?? null;
    });
    await fetch(`${demo.ready.devnet.replace(/\/$/, "")}/faults`, { method: "DELETE" });
    await waitFor("decisions on data again", LIMIT_MS, async () => {
      const epoch = await epochNow();
      return epoch !== null && epoch.epoch > held.epoch && epoch.decision?.reason !== "no_data" ? true : null;
    });
    say(
      `garbage: two exchanges broken, epoch ${onOthers.epoch} decided ${onOthers.decision?.kind} (${onOthers.decision?.reason}), shown: ${sources
        .map((source) => source.sentence)
        .join(" | ")
        .slice(0, 300)}; all broken: ${sentence}; well again afterwards`,
    );
  });
});
