// The telemetry client: batches, spool while away, replay, partial refusals, and never a throw or a wait.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createTelemetry, type Telemetry, type TelemetrySettings } from "./openobserve";

interface Server {
  mode: "ok" | "dead" | "frozen" | "refuses" | "partial" | "locked" | "garbage";
  readonly batches: { readonly stream: string; readonly ids: readonly unknown[] }[];
  readonly fetch: typeof fetch;
}

function createServer(): Server {
  const server: Server = {
    mode: "ok",
    batches: [],
    fetch: async (input, init) => {
      if (server.mode === "dead") throw new Error("connect ECONNREFUSED");
      if (server.mode === "frozen") {
        return new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
        });
      }
      if (server.mode === "locked") return new Response("Unauthorized", { status: 401 });
      if (server.mode === "refuses") return new Response('{"code":400,"message":"bad"}', { status: 400 });
      if (server.mode === "garbage") return new Response("<html>a proxy</html>");
      const records: unknown = JSON.parse(String(init?.body));
      const list = Array.isArray(records) ? records : [];
      const failed = server.mode === "partial" ? 1 : 0;
      server.batches.push({
        stream: String(input).split("/").at(-2) ?? "",
        ids: list.map((record: unknown) =>
          typeof record === "object" && record !== null ? Reflect.get(record, "event_id") : null,
        ),
      });
      return Response.json({
        code: 200,
        status: [{ name: "s", successful: list.length - failed, failed, error: "too old" }],
      });
    },
  };
  return server;
}

function start(server: Server, more: Partial<TelemetrySettings> = {}): Telemetry {
  return createTelemetry({
    url: "http://127.0.0.1:1",
    org: "default",
    user: "u",
    password: "p",
    spoolDir: path.join(fs.mkdtempSync(path.join(os.tmpdir(), "tg-spool-")), "spool"),
    flushEveryMs: 3_600_000,
    retryMinMs: 20,
    retryMaxMs: 40,
    timeoutMs: 100,
    fetch: server.fetch,
    ...more,
  });
}

const emit = (telemetry: Telemetry, from: number, count: number): void => {
  for (let index = from; index < from + count; index += 1)
    telemetry.emit("audit", { _timestamp: 1, event_id: `e${index}` });
};
const received = (server: Server): readonly unknown[] => server.batches.flatMap((batch) => batch.ids);
const until = async (done: () => boolean): Promise<void> => {
  for (let round = 0; round < 200 && !done(); round += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(done()).toBe(true);
};

describe("createTelemetry", () => {
  it("default: batches of 100, the rest at flush", async () => {
    const server = createServer();
    const telemetry = start(server);
    emit(telemetry, 0, 250);
    await telemetry.flush();
    expect(server.batches.map((batch) => batch.ids.length)).toEqual([100, 100, 50]);
    expect(telemetry.status()).toMatchObject({
      state: "ok",
      sent: 250,
      buffered: 0,
      spooled: 0,
      dropped: 0,
      lastError: null,
    });
    await telemetry.stop();
  });

  it.each(["dead", "frozen", "locked", "garbage"] as const)(
    "behavior: %s server: spooled, told, replayed without loss",
    async (mode) => {
      const server = createServer();
      server.mode = mode;
      const telemetry = start(server);
      emit(telemetry, 0, 30);
      await telemetry.flush();
      emit(telemetry, 30, 1_000);
      await telemetry.flush();
      expect(telemetry.status()).toMatchObject({ state: "away", spooled: 1_030, buffered: 0, dropped: 0 });
      expect(telemetry.status().lastError).toBeTruthy();
      server.mode = "ok";
      await until(() => telemetry.status().state === "ok" && telemetry.status().spooled === 0);
      emit(telemetry, 1_030, 1);
      await telemetry.flush();
      expect(new Set(received(server)).size).toBe(1_031);
      await telemetry.stop();
    },
  );

  it("behavior: what was left at stop is sent by the next process", async () => {
    const server = createServer();
    server.mode = "frozen";
    const spoolDir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "tg-spool-")), "spool");
    const first = start(server, { spoolDir, timeoutMs: 60_000 });
    emit(first, 0, 120);
    const beforeMs = Date.now();
    await first.stop(100);
    expect(Date.now() - beforeMs).toBeLessThan(1_000);
    server.mode = "ok";
    const second = start(server, { spoolDir });
    await until(() => new Set(received(server)).size === 120);
    await until(() => second.status().spooled === 0);
    await second.stop();
  });

  it("behavior: a spool larger than a batch that breaks off again keeps the rest, and the next process counts and sends it", async () => {
    const server = createServer();
    server.mode = "dead";
    const spoolDir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "tg-spool-")), "spool");
    const first = start(server, { spoolDir });
    emit(first, 0, 1_700);
    await first.flush();
    await first.stop(10);
    // One batch of the replay is taken, then the store is away again.
    const flaky = createServer();
    const second = start(flaky, {
      spoolDir,
      retryMinMs: 60_000,
      retryMaxMs: 60_000,
      fetch: (...call) => {
        if (flaky.batches.length === 1) flaky.mode = "dead";
        return flaky.fetch(...call);
      },
    });
    expect(second.status().spooled).toBe(1_700);
    await until(() => second.status().state === "away");
    expect(second.status().spooled).toBe(1_200);
    await second.stop(10);
    expect(fs.readdirSync(spoolDir).filter((file) => file.endsWith(".tmp"))).toEqual([]);
    const back = createServer();
    const third = start(back, { spoolDir });
    expect(third.status().spooled).toBe(1_200);
    await until(() => third.status().spooled === 0);
    expect(new Set([...received(flaky), ...received(back)]).size).toBe(1_700);
    expect(received(back)).toHaveLength(1_200);
    await third.stop();
  });

  it("behavior: refused records are counted and not sent again, also inside a 200", async () => {
    const server = createServer();
    server.mode = "refuses";
    const telemetry = start(server);
    emit(telemetry, 0, 10);
    await telemetry.flush();
    expect(telemetry.status()).toMatchObject({ state: "ok", dropped: 10, spooled: 0 });
    server.mode = "partial";
    emit(telemetry, 10, 10);
    await telemetry.flush();
    expect(telemetry.status()).toMatchObject({ sent: 9, dropped: 11 });
    expect(telemetry.status().lastError).toContain("too old");
    await telemetry.stop();
  });

  it("behavior: a full spool and an unwritable one drop and say so; emit never throws", async () => {
    const server = createServer();
    server.mode = "dead";
    const full = start(server, { maxSpoolBytes: 200 });
    emit(full, 0, 100);
    await full.flush();
    expect(full.status().dropped).toBeGreaterThan(0);
    expect(full.status().lastError).toContain("is full");
    await full.stop(10);
    const unwritable = start(server, { spoolDir: "/dev/null/spool" });
    emit(unwritable, 0, 3);
    await unwritable.flush();
    expect(unwritable.status()).toMatchObject({ state: "away", dropped: 3 });
    expect(unwritable.status().lastError).toContain("cannot write the spool");
    await unwritable.stop(10);
  });
});
