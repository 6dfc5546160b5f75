// Acknowledging through the API over a real store and signer: who may, what the watch makes of it, and what the desk says when nobody watches.
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_ALERT_SETTINGS } from "@/lib/alerts/settings";
import { alertRequestSchema } from "@/lib/api/alert-schemas";
import { contract } from "@/lib/api/contract";
import { eventSchema } from "@/lib/api/events";
import type { Router } from "@/server/api/router";
import { createDeadMan } from "@/server/alerts/dead-man";
import { createEngine, type Engine } from "@/server/alerts/engine";
import { openOutbox, type Outbox } from "@/server/alerts/outbox";
import { createSend } from "@/server/alerts/send";
import { openStateFile } from "@/server/alerts/state-file";
import { readAlertRequests } from "@/server/infra/store/alerts";
import { publishEvent, readEventsAfter } from "@/server/infra/store/events";
import { deleteKey, writeJson } from "@/server/infra/store/json-values";
import { storeKeys } from "@/server/infra/store/keys";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { alertFacts } from "@/tests/support/build-alerts";
import { makeTempDir } from "@/tests/support/embedded-servers";
import { noLimits, openHostileDesk, send, type HostileDesk } from "@/tests/support/hostile-desk";

let desk: HostileDesk;
let api: Router;
let engine: Engine;
let outbox: Outbox;
let isStopped = true;

beforeAll(async () => {
  desk = await openHostileDesk();
  api = desk.open({ rateLimiter: noLimits });
}, 120_000);

afterAll(() => desk.close());

beforeEach(async () => {
  const folder = makeTempDir("alerts-desk");
  const refuseAll = createSend({ privateHosts: [], resolve: () => Promise.resolve([]) });
  ({ outbox } = openOutbox(join(folder, "outbox.jsonl"), Date.now()));
  isStopped = true;
  const existing = await readAlertRequests(desk.store, "0", alertRequestSchema);
  const stateFile = openStateFile(join(folder, "state.json"));
  engine = createEngine(
    {
      observe: () => {
        const atMs = Date.now();
        const stopped = isStopped ? { reason: "drill", by: "0xowner" } : null;
        return Promise.resolve(
          alertFacts({ wallNowMs: atMs, marketNowMs: atMs, signer: { state: "NORMAL", cause: "", stopped } }),
        );
      },
      readRequests: (afterId) => readAlertRequests(desk.store, afterId, alertRequestSchema),
      publish: (state) => writeJson(desk.store, storeKeys.alerts, state),
      announce: (event) => void publishEvent(desk.store, event),
      settings: () => ({ value: DEFAULT_ALERT_SETTINGS, problem: null }),
      channels: [],
      outbox,
      stateFile: {
        ...stateFile,
        // Requests of the test before this one belong to another watch.
        kept: { ...stateFile.kept, requestCursor: (existing.ok ? existing.value.at(-1)?.id : undefined) ?? "0" },
      },
      deadMan: createDeadMan({ send: refuseAll, url: null, nowMs: Date.now, monotonicMs: Date.now }),
      nowMs: Date.now,
      log: silentLogger,
    },
    { origin: "http://localhost:3000", pairIds: [], settingsFile: "alerts.json" },
  );
  await engine.look();
});

afterEach(() => outbox.close());

async function shown() {
  const cookie = await desk.signIn(api, desk.people.viewer);
  const response = await send(api, "GET", contract.alerts.path, { cookie });
  expect(response.status).toBe(200);
  return contract.alerts.response.parse(await response.json());
}

async function acknowledge(who: keyof HostileDesk["people"], id: string, note = "on it") {
  const cookie = await desk.signIn(api, desk.people[who]);
  return send(api, "POST", contract.alertAck.path.replace("{alertId}", id), { cookie, body: { note } });
}

describe("acknowledging", () => {
  it("default: an operator acknowledges; everybody sees who, and the stream says so", async () => {
    const before = (await shown()).open[0];
    expect(before).toMatchObject({ key: "halted:system", severity: "critical", ack: null, title: "Halted" });
    const id = before?.id ?? "";
    const answer = acknowledge("operator", id, "I stopped it\u202e for a drill");
    const looks = setInterval(() => void engine.look(), 100);
    const response = await answer;
    clearInterval(looks);
    expect(response.status).toBe(202);
    const body = contract.alertAck.response.parse(await response.json());
    expect(body.status).toBe("done");
    expect((await shown()).open[0]?.ack).toMatchObject({
      by: desk.people.operator.address.toLowerCase(),
      role: "operator",
      note: "I stopped it for a drill",
    });
    const events = await readEventsAfter(desk.store, { afterId: "0", limit: 500 }, eventSchema);
    expect(events.ok && events.value.map(({ event }) => event)).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: "alert.changed", kind: "acknowledged", alertId: id })]),
    );
  });

  it("error: a viewer may not, nobody may without a session or from another origin", async () => {
    const id = (await shown()).open[0]?.id ?? "";
    expect((await acknowledge("viewer", id)).status).toBe(403);
    const path = contract.alertAck.path.replace("{alertId}", id);
    expect((await send(api, "POST", path, { body: {} })).status).toBe(401);
    const cookie = await desk.signIn(api, desk.people.operator);
    expect((await send(api, "POST", path, { cookie, body: {}, origin: "https://evil.example" })).status).toBe(403);
    await engine.look();
    expect((await shown()).open[0]?.ack).toBeNull();
  });

  it("error: an unknown alert, one that ended, a note that is too long", async () => {
    expect((await acknowledge("operator", "0".repeat(16))).status).toBe(404);
    expect((await acknowledge("operator", "../../etc")).status).toBe(404);
    const id = (await shown()).open[0]?.id ?? "";
    expect((await acknowledge("operator", id, "x".repeat(281))).status).toBe(400);
    isStopped = false;
    await engine.look();
    expect((await acknowledge("operator", id)).status).toBe(409);
  });

  it("error: a test message needs an owner and a channel that is set up", async () => {
    const path = contract.alertTest.path.replace("{channelId}", "telegram");
    const operator = await desk.signIn(api, desk.people.operator);
    expect((await send(api, "POST", path, { cookie: operator, body: {} })).status).toBe(403);
    const owner = await desk.signIn(api, desk.people.owner);
    expect((await send(api, "POST", path, { cookie: owner, body: {} })).status).toBe(409);
  });
});

describe("the desk", () => {
  it("behavior: says when nobody watches, instead of showing that all is well", async () => {
    const state = await shown();
    expect(state.watch.state).toBe("ok");
    const { watch, nowMs, ...kept } = state;
    expect(nowMs).toBeGreaterThan(0);
    expect(watch.sentence).toContain("looked");
    await writeJson(desk.store, storeKeys.alerts, { ...kept, updatedAtMs: Date.now() - 60_000 });
    expect((await shown()).watch.state).toBe("stopped");
    await deleteKey(desk.store, storeKeys.alerts);
    const unknown = await shown();
    expect(unknown.watch.state).toBe("unknown");
    expect(unknown.open).toEqual([]);
  });
});
