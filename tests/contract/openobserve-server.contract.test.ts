// One contract for OpenObserve's HTTP API: the embedded twin always, a real server when TG_TEST_OPENOBSERVE_URL is set (services.md 2).
import zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { createTelemetry } from "@/server/infra/telemetry/openobserve";
import { createTelemetryQuery } from "@/server/infra/telemetry/query";
import { epochRecords } from "@/server/infra/telemetry/records";
import { makeTempDir, startEmbeddedOpenobserve } from "@/tests/support/embedded-servers";

/** A real OpenObserve is a service with an address, not a tool of a machine: the suite runs against it only where one is named. */
const realUrl = process.env["TG_TEST_OPENOBSERVE_URL"] ?? "";
const answerSchema = z.looseObject({
  code: z.number().optional(),
  status: z
    .array(
      z.looseObject({ name: z.string(), successful: z.number(), failed: z.number(), error: z.string().optional() }),
    )
    .optional(),
  hits: z.array(z.record(z.string(), z.unknown())).optional(),
  list: z.array(z.looseObject({ name: z.string() })).optional(),
  errors: z.boolean().optional(),
  items: z.array(z.record(z.string(), z.looseObject({ status: z.number() }))).optional(),
  is_partial: z.boolean().optional(),
});
type Answer = z.infer<typeof answerSchema> & { readonly http: number };

interface Target {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Makes what was sent searchable: at once in the twin, after a moment in the real server. */
  readonly settle: () => Promise<void>;
  readonly stop: () => Promise<unknown>;
}

interface Implementation {
  readonly label: string;
  readonly start: () => Promise<Target>;
}

const embedded: Implementation = {
  label: "embedded",
  start: async () => {
    const server = await startEmbeddedOpenobserve({ dataDir: makeTempDir("telemetry") });
    return { ...server, settle: () => Promise.resolve(), stop: () => server.stop() };
  },
};

const real: Implementation = {
  label: "OpenObserve",
  start: () =>
    Promise.resolve({
      url: realUrl,
      user: process.env["TG_TEST_OPENOBSERVE_USER"] ?? "",
      password: process.env["TG_TEST_OPENOBSERVE_PASSWORD"] ?? "",
      settle: () => new Promise((resolve) => setTimeout(resolve, 2_000)),
      stop: () => Promise.resolve(),
    }),
};

const implementations = realUrl === "" ? [embedded] : [embedded, real];

/** Streams of one run, so that a real server may be used again. */
const run = `tg${Date.now().toString(36)}`;
const startUs = Date.UTC(2026, 10, 22, 23, 0, 0) * 1_000;
const minuteUs = 60_000_000;

async function call(
  target: Target,
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${target.url}${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${target.user}:${target.password}`).toString("base64")}`,
      "content-type": "application/json",
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) }),
  });
  return { ...answerSchema.parse(await response.json()), http: response.status };
}

const send = (target: Target, stream: string, records: unknown): Promise<Answer> =>
  call(target, "POST", `/api/default/${stream}/_json`, JSON.stringify(records));

const search = (target: Target, sql: string, more: Record<string, number> = {}): Promise<Answer> =>
  call(
    target,
    "POST",
    "/api/default/_search?type=logs",
    JSON.stringify({ query: { sql, start_time: startUs - minuteUs, end_time: startUs + 120 * minuteUs, ...more } }),
  );

for (const implementation of implementations) {
  describe(`telemetry contract: ${implementation.label}`, () => {
    let target: Target;
    const epochs = `${run}_epochs`;

    beforeAll(async () => {
      target = await implementation.start();
      const rows = Array.from({ length: 60 }, (_, index) => ({
        _timestamp: startUs + index * minuteUs,
        event_id: `e${index}`,
        pair_id: index % 2 === 0 ? "WETH-USDC" : "USDC-USDT",
        apr_per_year: index / 100,
        duration_ms: index,
        positions: index % 3,
      }));
      expect((await send(target, epochs, rows)).status).toMatchObject([{ name: epochs, successful: 60, failed: 0 }]);
      await target.settle();
    });
    afterAll(() => target.stop());

    it("default: health is open, everything else asks for the password", async () => {
      const health = await fetch(`${target.url}/healthz`);
      expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
      const stranger = { ...target, password: "wrong" };
      const response = await fetch(`${target.url}/api/default/streams?type=logs`, {
        headers: { authorization: `Basic ${Buffer.from(`${stranger.user}:wrong`).toString("base64")}` },
      });
      expect(response.status).toBe(401);
    });

    it("default: search with filter, order, size and offset", async () => {
      const answer = await search(
        target,
        `SELECT duration_ms FROM ${epochs} WHERE pair_id = 'WETH-USDC' ORDER BY _timestamp`,
        { size: 3, from: 1 },
      );
      expect(answer.hits).toEqual([{ duration_ms: 2 }, { duration_ms: 4 }, { duration_ms: 6 }]);
      expect(answer.is_partial).toBe(false);
      expect(
        (await search(target, `SELECT * FROM ${epochs} ORDER BY _timestamp LIMIT 5`, { size: -1 })).hits,
      ).toHaveLength(5);
      expect((await search(target, `SELECT * FROM ${epochs}`, { size: 1 })).hits?.[0]?.["duration_ms"]).toBe(59);
    });

    it("behavior: the time range of the request limits what is read", async () => {
      const answer = await search(target, `SELECT COUNT(*) AS n FROM ${epochs}`, {
        start_time: startUs,
        end_time: startUs + 10 * minuteUs,
      });
      expect(answer.hits).toEqual([{ n: 10 }]);
    });

    it("default: latest per pair, series, percentile, join, CTE, case", async () => {
      const latest = await search(
        target,
        `SELECT pair_id, duration_ms FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY pair_id ORDER BY _timestamp DESC) AS rn FROM ${epochs}) WHERE rn = 1 ORDER BY pair_id`,
      );
      expect(latest.hits).toEqual([
        { pair_id: "USDC-USDT", duration_ms: 59 },
        { pair_id: "WETH-USDC", duration_ms: 58 },
      ]);
      const series = await search(
        target,
        `SELECT histogram(_timestamp, '15 minute') AS ts, COUNT(*) AS n, AVG(apr_per_year) AS apr FROM ${epochs} GROUP BY ts ORDER BY ts`,
      );
      expect(series.hits?.map((hit) => [hit["ts"], hit["n"]])).toEqual([
        ["2026-11-22T23:00:00", 15],
        ["2026-11-22T23:15:00", 15],
        ["2026-11-22T23:30:00", 15],
        ["2026-11-22T23:45:00", 15],
      ]);
      expect(Number(series.hits?.[0]?.["apr"])).toBeCloseTo(0.07, 9);
      const percentile = await search(
        target,
        `SELECT approx_percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p FROM ${epochs}`,
      );
      expect(Math.abs(Number(percentile.hits?.[0]?.["p"]) - 56)).toBeLessThan(1.5);
      const joined = await search(
        target,
        `WITH a AS (SELECT pair_id, COUNT(DISTINCT positions) AS kinds FROM ${epochs} GROUP BY pair_id) SELECT a.pair_id AS pair_id, kinds, COUNT(CASE WHEN str_match(e.event_id, 'e1') THEN 1 END) AS ones FROM a JOIN ${epochs} e ON e.pair_id = a.pair_id GROUP BY a.pair_id, kinds ORDER BY pair_id`,
      );
      expect(joined.hits).toEqual([
        { pair_id: "USDC-USDT", kinds: 3, ones: 6 },
        { pair_id: "WETH-USDC", kinds: 3, ones: 5 },
      ]);
    });

    it("behavior: names are lower-cased, objects flatten, arrays become text, empties and nulls vanish", async () => {
      const stream = `${run}_flat`;
      await send(target, stream, {
        _timestamp: startUs,
        pairId: "A-B",
        "odd-name": 1,
        outer: { inner: { third: { fourth: 1 } }, value: 2.5 },
        list: [1, 2],
        none: null,
        hollow: {},
        empty: [],
      });
      await target.settle();
      const hit = (await search(target, `SELECT * FROM ${stream}`)).hits?.[0];
      expect(hit).toEqual({
        _timestamp: startUs,
        pairid: "A-B",
        odd_name: 1,
        outer_inner_third: '{"fourth":1}',
        outer_value: 2.5,
        list: "[1,2]",
      });
    });

    it("behavior: columns widen and never go back", async () => {
      const stream = `${run}_wide`;
      await send(target, stream, { _timestamp: startUs, a: 1, b: true });
      await send(target, stream, { _timestamp: startUs + 1, a: 1.5, b: 7 });
      await target.settle();
      expect((await search(target, `SELECT SUM(a) AS a FROM ${stream}`)).hits).toEqual([{ a: 2.5 }]);
      await send(target, stream, { _timestamp: startUs + 2, a: "n/a" });
      await send(target, stream, { _timestamp: startUs + 3, a: 4 });
      await target.settle();
      const hits = (await search(target, `SELECT a FROM ${stream} ORDER BY _timestamp`)).hits ?? [];
      expect(hits.every((hit) => typeof hit["a"] === "string")).toBe(true);
    });

    it("behavior: timestamps in seconds, ms, us, ns and ISO text mean the same instant", async () => {
      const stream = `${run}_times`;
      const iso = "2026-11-22T23:00:00";
      for (const each of [startUs / 1e6, startUs / 1e3, startUs, `${iso}.000Z`, iso, "2026-11-23T01:00:00+02:00"]) {
        expect((await send(target, stream, { _timestamp: each, v: 1 })).status?.[0]?.failed).toBe(0);
      }
      await target.settle();
      expect(
        (await search(target, `SELECT COUNT(*) AS n, MIN(_timestamp) AS low, MAX(_timestamp) AS high FROM ${stream}`))
          .hits,
      ).toEqual([{ n: 6, low: startUs, high: startUs }]);
    });

    it("behavior: 200 does not mean stored: bad records are counted inside it", async () => {
      const answer = await send(target, `${run}_bad`, [
        { _timestamp: "yesterday", a: 1 },
        { _timestamp: startUs, a: 1 },
      ]);
      expect(answer.http).toBe(200);
      expect(answer.status?.[0]).toMatchObject({ successful: 1, failed: 1 });
      expect(answer.status?.[0]?.error).toBeTruthy();
    });

    it("default: _multi, _bulk and compressed bodies", async () => {
      const stream = `${run}_other`;
      const lines = `{"_timestamp":${startUs},"v":1}\n{"_timestamp":${startUs + 1},"v":2}\n`;
      expect((await call(target, "POST", `/api/default/${stream}/_multi`, lines)).status?.[0]?.successful).toBe(2);
      const bulk = await call(
        target,
        "POST",
        "/api/default/_bulk",
        `{"index":{"_index":"${stream}"}}\n{"_timestamp":${startUs + 2},"v":3}\n`,
      );
      expect([bulk.errors, bulk.items?.[0]?.["index"]?.status]).toEqual([false, 200]);
      const zipped = zlib.gzipSync(JSON.stringify([{ _timestamp: startUs + 3, v: 4 }]));
      await call(target, "POST", `/api/default/${stream}/_json`, zipped, { "content-encoding": "gzip" });
      await target.settle();
      expect((await search(target, `SELECT SUM(v) AS v FROM ${stream}`)).hits).toEqual([{ v: 10 }]);
    });

    it("error: 20001, 20002, 20004 and refused statements", async () => {
      expect((await search(target, "SELEC nonsense")).code).toBe(20_001);
      expect((await search(target, `SELECT * FROM ${run}_never_sent`)).code).toBe(20_002);
      expect((await search(target, `SELECT never_sent FROM ${epochs}`)).code).toBe(20_004);
      expect((await search(target, `DELETE FROM ${epochs}`)).http).toBeGreaterThanOrEqual(400);
      expect((await search(target, "SELECT * FROM read_csv('/etc/passwd')")).http).toBeGreaterThanOrEqual(400);
      expect((await search(target, `SELECT COUNT(*) AS n FROM ${epochs}`)).hits).toEqual([{ n: 60 }]);
      expect((await call(target, "POST", `/api/default/${epochs}/_json`, "{not json")).http).toBe(400);
      expect((await search(target, "SELECT 1", { start_time: 0 })).http).toBe(400);
    });

    it("default: streams list, settings, delete", async () => {
      const stream = `${run}_gone`;
      await send(target, stream, { _timestamp: startUs, v: 1 });
      await target.settle();
      expect((await call(target, "GET", "/api/default/streams?type=logs")).list?.map((each) => each.name)).toContain(
        stream,
      );
      expect(
        (await call(target, "PUT", `/api/default/streams/${stream}/settings`, JSON.stringify({ data_retention: 3650 })))
          .http,
      ).toBe(200);
      expect((await call(target, "GET", `/api/default/streams/${stream}/schema`)).http).toBe(200);
      expect((await call(target, "DELETE", `/api/default/streams/${stream}`)).http).toBe(200);
      expect((await call(target, "DELETE", `/api/default/streams/${run}_never_sent`)).http).toBe(404);
    });
  });
}

describe("embedded telemetry", () => {
  it("error: what would read files or other tables is refused, in every disguise", async () => {
    const server = await startEmbeddedOpenobserve({ dataDir: makeTempDir("telemetry") });
    const target: Target = { ...server, settle: () => Promise.resolve(), stop: () => server.stop() };
    await send(target, "epochs", { _timestamp: startUs, v: 1 });
    for (const sql of [
      "SELECT * FROM '/etc/passwd'",
      "SELECT * FROM epochs, read_text('/etc/passwd')",
      "SELECT (SELECT content FROM read_text('/etc/passwd')) AS c FROM epochs",
      "WITH q AS (SELECT * FROM glob('/*')) SELECT * FROM q",
      "SELECT * FROM information_schema.tables",
      "SELECT * FROM s_epochs",
      "SELECT * FROM duckdb_settings()",
      "SELECT 1; DROP TABLE s_epochs",
      "SELECT 1 -- comment",
      "COPY epochs TO '/tmp/x.csv'",
      "ATTACH '/tmp/x.db'",
      "SET memory_limit='10GB'",
      "PRAGMA database_list",
    ]) {
      const answer = await search(target, sql);
      expect([sql, answer.http >= 400, answer.hits]).toEqual([sql, true, undefined]);
    }
    expect((await search(target, "SELECT v FROM epochs WHERE 'it''s -- fine' <> ''")).hits).toEqual([{ v: 1 }]);
    await server.stop();
  });

  it("behavior: the ingestion window drops old and future records inside a 200 when it is switched on", async () => {
    const server = await startEmbeddedOpenobserve({
      dataDir: makeTempDir("telemetry"),
      ingestAllowedUptoHours: 5,
      ingestAllowedInFutureHours: 24,
    });
    const target: Target = { ...server, settle: () => Promise.resolve(), stop: () => server.stop() };
    const nowUs = Date.now() * 1_000;
    const hourUs = 3_600_000_000;
    const answer = await send(target, "w", [
      { _timestamp: nowUs - 6 * hourUs },
      { _timestamp: nowUs + 25 * hourUs },
      { _timestamp: nowUs },
    ]);
    expect([answer.http, answer.status?.[0]?.successful, answer.status?.[0]?.failed]).toEqual([200, 1, 2]);
    await server.stop();
  });

  it("behavior: every acknowledged row is there after kill -9", async () => {
    const dataDir = makeTempDir("telemetry");
    const first = await startEmbeddedOpenobserve({ dataDir });
    const target: Target = { ...first, settle: () => Promise.resolve(), stop: () => first.stop() };
    let acknowledged = 0;
    const storm = (async () => {
      try {
        for (;;) {
          const rows = Array.from({ length: 50 }, (_, index) => ({ _timestamp: startUs + acknowledged + index, v: 1 }));
          const answer = await send(target, "storm", rows);
          acknowledged += answer.status?.[0]?.successful ?? 0;
        }
      } catch {
        // The server is gone; the count so far is what must be there.
        return;
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await first.killHard()).toBe(true);
    await storm;
    const second = await startEmbeddedOpenobserve({ dataDir });
    const again: Target = { ...second, settle: () => Promise.resolve(), stop: () => second.stop() };
    const stored = Number((await search(again, "SELECT COUNT(*) AS n FROM storm")).hits?.[0]?.["n"]);
    expect(acknowledged).toBeGreaterThan(100);
    expect(stored).toBeGreaterThanOrEqual(acknowledged);
    await expect(startEmbeddedOpenobserve({ dataDir })).rejects.toThrow(/Another process uses/);
    await second.stop();
  });

  it("behavior: the client's records come back through the search client, across an outage", async () => {
    const dataDir = makeTempDir("telemetry");
    const first = await startEmbeddedOpenobserve({ dataDir });
    const telemetry = createTelemetry({
      url: first.url,
      org: "default",
      user: first.user,
      password: first.password,
      spoolDir: makeTempDir("spool"),
      flushEveryMs: 50,
      retryMinMs: 50,
      retryMaxMs: 200,
    });
    const atMs = startUs / 1_000;
    const emit = (epoch: number): void =>
      telemetry.emit(
        "epochs",
        epochRecords.encode(
          { pairId: "WETH-USDC", epoch, totalUsd: epoch * 1.5, price: Number.NaN },
          { atMs: atMs + epoch * 60_000, wallAtMs: Date.now() },
        ),
      );
    const query = createTelemetryQuery({ url: first.url, org: "default", user: first.user, password: first.password });
    const range = { fromMs: atMs - 1, toMs: atMs + 3_600_000 };
    const rowSchema = z.object({ epoch: z.number(), total_usd: z.number() });
    expect(await query.epochs({ pairId: "WETH-USDC", limit: 10, ...range }, rowSchema)).toMatchObject({
      ok: true,
      value: { noDataYet: true, rows: [] },
    });
    emit(1);
    await telemetry.flush();
    expect(await first.killHard()).toBe(true);
    emit(2);
    await telemetry.flush();
    emit(3);
    await telemetry.flush();
    expect(telemetry.status()).toMatchObject({ state: "away", spooled: 2, dropped: 0 });
    const away = await query.series({
      stream: "epochs",
      column: "total_usd",
      pairId: "WETH-USDC",
      bucket: "1 minute",
      ...range,
    });
    expect(away.ok ? "ok" : away.error.code).toBe("unreachable");

    const second = await startEmbeddedOpenobserve({ dataDir, port: first.port });
    const deadlineMs = Date.now() + 5_000;
    while (telemetry.status().state !== "ok" && Date.now() < deadlineMs)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(telemetry.status()).toMatchObject({ state: "ok", spooled: 0, dropped: 0 });
    const rows = await query.epochs({ pairId: "WETH-USDC", limit: 10, ...range }, rowSchema);
    expect(rows.ok ? rows.value.rows : rows.error).toEqual([
      { epoch: 1, total_usd: 1.5 },
      { epoch: 2, total_usd: 3 },
      { epoch: 3, total_usd: 4.5 },
    ]);
    const series = await query.series({
      stream: "epochs",
      column: "total_usd",
      pairId: "WETH-USDC",
      bucket: "1 minute",
      ...range,
    });
    expect(series.ok ? series.value.rows[0] : series.error).toEqual({ atMs: atMs + 60_000, value: 1.5 });
    const missing = await query.series({
      stream: "epochs",
      column: "price",
      pairId: "WETH-USDC",
      bucket: "1 minute",
      ...range,
    });
    expect(missing.ok ? missing.value.noDataYet : missing.error).toBe(true);
    await telemetry.stop();
    await second.stop();
  });
});
