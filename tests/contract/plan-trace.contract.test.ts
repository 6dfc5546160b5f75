// The log of one plan over the embedded log store: what processes wrote under its ids comes back in order, once, and nothing of another plan.
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { logMirror } from "@/server/infra/telemetry/log-mirror";
import { createLogger } from "@/server/infra/telemetry/logger";
import { createTelemetry } from "@/server/infra/telemetry/openobserve";
import { auditRecords, epochRecords, logRecords, txLogRecords } from "@/server/infra/telemetry/records";
import { createTelemetryQuery } from "@/server/infra/telemetry/query";
import { withoutKey } from "@/server/signer/key-guard";
import { createTraceReader, traceReader, type Trace } from "@/server/api/trace-reader";
import { makeTempDir, startEmbeddedOpenobserve } from "@/tests/support/embedded-servers";

const PLAN = `0x${"a1".repeat(16)}`;
const OTHER = `0x${"b2".repeat(16)}`;
const MARKET_MS = Date.UTC(2026, 10, 1);
const WALL_MS = Date.UTC(2026, 10, 2);
const at = (sec: number, eventId: string) => ({
  atMs: MARKET_MS + sec * 1_000,
  wallAtMs: WALL_MS + sec * 1_000,
  eventId,
});

let server: Awaited<ReturnType<typeof startEmbeddedOpenobserve>>;

function read(planId: string, opIds: readonly string[] = []): Promise<Trace> {
  const reader = traceReader({ url: server.url, org: "default", user: server.user, password: server.password });
  return reader.read({ planId, opIds, fromMs: MARKET_MS - 60_000, toMs: MARKET_MS + 3_600_000 });
}

beforeAll(async () => {
  server = await startEmbeddedOpenobserve({ dataDir: makeTempDir("trace") });
}, 60_000);
afterAll(async () => {
  await server.stop();
});

describe("the trace of a plan", () => {
  it("edge: a store that never got anything has no lines, says what is missing, and has no problem", async () => {
    const trace = await read(PLAN);
    expect(trace.lines).toEqual([]);
    expect(trace.problems).toEqual([]);
    expect(trace.missing.join(" ")).toMatch(/No process has written a line.*No state of an operation/);
  });

  it("behavior: lines by plan, operation and cycle, the cycle, states and commands, in wall order, sent twice or not", async () => {
    const telemetry = createTelemetry({
      url: server.url,
      org: "default",
      user: server.user,
      password: server.password,
      spoolDir: makeTempDir("trace-spool"),
    });
    const log = (event: string, sec: number, ids: { planId?: string; opId?: string; cycleId?: string }) =>
      telemetry.emit(
        "logs",
        logRecords.encode(
          { level: "warn", event, process: "worker-A", ...ids, detail: { reason: "it's late", tries: 2, none: null } },
          at(sec, `${event}@${sec}`),
        ),
      );
    log("plan.started", 1, { planId: PLAN });
    log("plan.started", 1, { planId: PLAN });
    log("execution.op-refused", 3, { opId: `${PLAN}/0` });
    log("cycle.slow", 5, { cycleId: "cycle-7" });
    log("plan.started", 2, { planId: OTHER });
    telemetry.emit(
      "epochs",
      epochRecords.encode(
        { cycleId: "cycle-7", epoch: 7, decision: "RS", reason: "range_shift", planId: PLAN, planStatus: "partial" },
        at(6, "epoch-7"),
      ),
    );
    telemetry.emit(
      "tx_log",
      txLogRecords.encode(
        { planId: PLAN, opId: `${PLAN}/0`, kind: "mint", state: "REVERTED", nonce: 4, attempt: 1, error: "slippage" },
        at(4, "tx-1"),
      ),
    );
    telemetry.emit(
      "audit",
      auditRecords.encode(
        {
          seq: 1,
          kind: "plan.approve",
          actor: "0x1",
          role: "owner",
          planId: PLAN,
          outcome: "done",
          reason: "recorded",
        },
        at(0, "audit-1"),
      ),
    );
    await telemetry.stop(10_000);

    const trace = await read(PLAN, [`${PLAN}/0`]);
    expect(trace.problems).toEqual([]);
    expect(trace.cycleIds).toEqual(["cycle-7"]);
    expect(trace.lines.map(({ stream, event, opId }) => `${stream} ${event} ${opId?.split("/")[1] ?? "-"}`)).toEqual([
      "audit plan.approve -",
      "logs plan.started -",
      "logs execution.op-refused 0",
      "tx_log mint REVERTED 0",
      "logs cycle.slow -",
      "epochs cycle.completed -",
    ]);
    expect(trace.lines[1]).toMatchObject({
      atMs: WALL_MS + 1_000,
      marketAtMs: MARKET_MS + 1_000,
      level: "warn",
      text: "reason it's late, tries 2",
    });
    expect(trace.lines[3]?.text).toBe("nonce 4, slippage");
    expect(trace.missing).toEqual([]);
  });

  it("behavior: the signer's own lines stand under the plan, of an operation also without being asked for it; a key does not", async () => {
    const planId = `0x${"c3".repeat(16)}`;
    const privateKey = generatePrivateKey();
    const telemetry = createTelemetry({
      url: server.url,
      org: "default",
      user: server.user,
      password: server.password,
      spoolDir: makeTempDir("trace-signer-spool"),
    });
    const plain = createLogger({
      name: "signer",
      level: "info",
      write: () => undefined,
      mirror: logMirror({
        telemetry,
        market: { nowMs: () => MARKET_MS },
        wall: { nowMs: () => WALL_MS },
      }),
    });
    const log = withoutKey(plain, privateKeyToAddress(privateKey));
    log.info("signer.tx-sent", { opId: `${planId}/0`, txHash: `0x${"d4".repeat(32)}`, accepted: 1 });
    log.warn("signer.op-parked", { opId: `${planId}/7`, reason: "gas 90 gwei is above the cap" });
    log.error("signer.op-crashed", { opId: `${planId}/0`, message: `cannot sign with ${privateKey}` });
    log.debug("signer.settle-retried", { opId: `${planId}/0` });
    await telemetry.stop(10_000);

    const trace = await read(planId, [`${planId}/0`]);
    expect(trace.problems).toEqual([]);
    expect(trace.lines.map((line) => [line.process, line.level, line.event, line.opId])).toEqual([
      ["signer", "info", "signer.tx-sent", `${planId}/0`],
      ["signer", "warn", "signer.op-parked", `${planId}/7`],
    ]);
    expect(trace.lines[0]?.text).toContain(`txHash 0x${"d4".repeat(32)}`);
    expect(trace.missing.join(" ")).not.toMatch(/signer|written a line/);
    // The withheld line has no plan any more, only its place in the stream.
    const all = await createTelemetryQuery({
      url: server.url,
      org: "default",
      user: server.user,
      password: server.password,
    }).search(
      { sql: "SELECT * FROM logs", fromMs: MARKET_MS - 60_000, toMs: MARKET_MS + 60_000, limit: -1 },
      z.record(z.string(), z.unknown()),
    );
    const rows = all.ok ? all.value.rows : [];
    expect(rows.map((row) => row["event"])).toContain("signer.line-withheld");
    expect(JSON.stringify(rows).toLowerCase()).not.toContain(privateKey.slice(2));
  });

  it("error: a store that is away, or not configured, is a problem in words and no empty log", async () => {
    const away = traceReader({ url: "http://127.0.0.1:9", org: "default", user: "u", password: "p", timeoutMs: 500 });
    const trace = await away.read({ planId: PLAN, opIds: [], fromMs: 0, toMs: 1 });
    expect(trace.problems).toHaveLength(1);
    expect(trace.problems[0]).toMatch(/did not answer a search/);
    expect(trace.missing).toEqual([]);
    const none = await createTraceReader(null).read({ planId: PLAN, opIds: [], fromMs: 0, toMs: 1 });
    expect(none.problems[0]).toMatch(/TG_OPENOBSERVE_URL/);
  });
});
