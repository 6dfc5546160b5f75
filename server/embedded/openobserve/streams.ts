// The streams as DuckDB tables: ingest with widening columns, search, statistics, settings.
import { DuckDBInstance, type DuckDBAppender, type DuckDBConnection } from "@duckdb/node-api";
import { errorText } from "@/lib/errors/tidegate-error";
import {
  checkWindow,
  flattenRecord,
  normalizeName,
  readTimestampUs,
  RecordError,
  type FlatRecord,
  type IngestWindow,
} from "./normalize";
import { checkSelect, rewriteFunctions, SearchError, toSearchError } from "./sql";

export type ColumnType = "BOOLEAN" | "BIGINT" | "DOUBLE" | "VARCHAR";

export interface IngestReport {
  readonly name: string;
  readonly successful: number;
  readonly failed: number;
  readonly error?: string;
}

export interface SearchRequest {
  readonly sql: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly from: number;
  /** -1 = the SQL's own LIMIT rules. */
  readonly size: number;
}

export interface SearchReport {
  readonly hits: readonly Readonly<Record<string, unknown>>[];
  readonly scanRecords: number;
}

export interface StreamStats {
  readonly name: string;
  readonly docCount: number;
  readonly docTimeMinUs: number;
  readonly docTimeMaxUs: number;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Streams {
  ingest(stream: string, records: readonly unknown[]): Promise<IngestReport>;
  search(request: SearchRequest): Promise<SearchReport>;
  list(): Promise<readonly StreamStats[]>;
  /** null when there is no such stream. */
  schema(stream: string): ReadonlyMap<string, ColumnType> | null;
  saveSettings(stream: string, settings: Readonly<Record<string, unknown>>): Promise<boolean>;
  remove(stream: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface StreamsSettings {
  readonly file: string;
  readonly memoryLimitMb: number;
  readonly threads: number;
  readonly window: IngestWindow;
}

const TABLE_PREFIX = "s_";
const SETTINGS_TABLE = "tg_stream_settings";
const MAX_COLUMNS = 1_000;
const typeOrder: readonly ColumnType[] = ["BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR"];
const RETENTION_EVERY_MS = 3_600_000;
const DAY_US = 86_400_000_000;

export async function openStreams(settings: StreamsSettings): Promise<Streams> {
  const instance = await DuckDBInstance.create(settings.file, {
    memory_limit: `${settings.memoryLimitMb}MB`,
    threads: String(settings.threads),
  });
  const writer = await instance.connect();
  const reader = await instance.connect();
  await writer.run(`CREATE TABLE IF NOT EXISTS ${SETTINGS_TABLE} (stream VARCHAR PRIMARY KEY, json VARCHAR)`);
  await reader.run("CREATE OR REPLACE TEMP MACRO str_match(field, part) AS contains(CAST(field AS VARCHAR), part)");
  await reader.run(
    "CREATE OR REPLACE TEMP MACRO re_match(field, pattern) AS regexp_matches(CAST(field AS VARCHAR), pattern)",
  );
  // Searches must never read files or change limits, whatever slips past the check of the tree.
  await writer.run("SET enable_external_access = false");
  await writer.run("SET lock_configuration = true");

  const columns = await readColumns(writer);
  const streamSettings = await readSettings(writer);
  let writing: Promise<unknown> = Promise.resolve();
  let reading: Promise<unknown> = Promise.resolve();

  function inWriteOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = writing.then(work, work);
    writing = next.catch(() => undefined);
    return next;
  }

  function inReadOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = reading.then(work, work);
    reading = next.catch(() => undefined);
    return next;
  }

  async function fitColumns(stream: string, rows: readonly FlatRecord[]): Promise<Map<string, ColumnType>> {
    const table = quoted(TABLE_PREFIX + stream);
    const existing = columns.get(stream);
    const known = new Map<string, ColumnType>(existing ?? [["_timestamp", "BIGINT"]]);
    if (existing === undefined) await writer.run(`CREATE TABLE ${table} (_timestamp BIGINT NOT NULL)`);
    for (const row of rows) {
      for (const [column, value] of row) {
        const needed = column === "_timestamp" ? "BIGINT" : columnTypeOf(value);
        const current = known.get(column);
        if (current === undefined) {
          await writer.run(`ALTER TABLE ${table} ADD COLUMN ${quoted(column)} ${needed}`);
          known.set(column, needed);
        } else if (typeOrder.indexOf(needed) > typeOrder.indexOf(current)) {
          await writer.run(`ALTER TABLE ${table} ALTER COLUMN ${quoted(column)} TYPE ${needed}`);
          known.set(column, needed);
        }
      }
    }
    return known;
  }

  async function ingest(name: string, records: readonly unknown[]): Promise<IngestReport> {
    const stream = normalizeName(name);
    const nowMs = Date.now();
    const rows: FlatRecord[] = [];
    let failed = 0;
    let error: string | undefined;
    for (const record of records) {
      try {
        rows.push(prepareRecord(record, nowMs, settings.window, columns.get(stream)?.size ?? 0));
      } catch (cause) {
        if (!(cause instanceof RecordError)) throw cause;
        failed += 1;
        error = cause.message;
      }
    }
    if (rows.length > 0) {
      await writer.run("BEGIN");
      try {
        const known = await fitColumns(stream, rows);
        const appender = await writer.createAppender(TABLE_PREFIX + stream);
        for (const row of rows) appendRow(appender, known, row);
        appender.closeSync();
        await writer.run("COMMIT");
        columns.set(stream, known);
      } catch (cause) {
        await writer.run("ROLLBACK");
        throw cause;
      }
    }
    return { name: stream, successful: rows.length, failed, ...(error === undefined ? {} : { error }) };
  }

  async function search(request: SearchRequest): Promise<SearchReport> {
    const sql = rewriteFunctions(request.sql.trim().replace(/;\s*$/, ""), request.endUs - request.startUs);
    const serialized = await reader.runAndReadAll("SELECT json_serialize_sql(CAST($1 AS VARCHAR)) AS tree", [sql]);
    const checked = checkSelect(String(serialized.getRowObjectsJS()[0]?.["tree"]));
    const sources: string[] = [];
    let scanRecords = 0;
    for (const stream of checked.streams) {
      if (!columns.has(stream)) throw new SearchError(20_002, `Search stream not found: ${stream}`);
      const range = `_timestamp >= ${Math.floor(request.startUs)} AND _timestamp < ${Math.floor(request.endUs)}`;
      const order = checked.newestFirst ? " ORDER BY _timestamp DESC" : "";
      sources.push(`${quoted(stream)} AS (SELECT * FROM ${quoted(TABLE_PREFIX + stream)} WHERE ${range}${order})`);
      const count = await reader.runAndReadAll(
        `SELECT count(*) AS n FROM ${quoted(TABLE_PREFIX + stream)} WHERE ${range}`,
      );
      scanRecords += Number(count.getRowObjectsJS()[0]?.["n"] ?? 0);
    }
    const limit = request.size < 0 ? "" : ` LIMIT ${request.size} OFFSET ${request.from}`;
    const prefix = sources.length === 0 ? "" : `WITH ${sources.join(", ")} `;
    try {
      const result = await reader.runAndReadAll(`${prefix}SELECT * FROM (${sql})${limit}`);
      return { hits: result.getRowObjectsJS().map(toHit), scanRecords };
    } catch (cause) {
      throw toSearchError(errorText(cause));
    }
  }

  async function applyRetention(): Promise<void> {
    for (const [stream, values] of streamSettings) {
      const days = Number(values["data_retention"] ?? 0);
      if (!(days > 0) || !columns.has(stream)) continue;
      await writer.run(
        `DELETE FROM ${quoted(TABLE_PREFIX + stream)} WHERE _timestamp < ${Math.floor(Date.now() * 1_000 - days * DAY_US)}`,
      );
    }
  }

  const retention = setInterval(() => void inWriteOrder(applyRetention).catch(() => undefined), RETENTION_EVERY_MS);
  retention.unref();

  return {
    ingest: (stream, records) => inWriteOrder(() => ingest(stream, records)),
    search: (request) => inReadOrder(() => search(request)),
    list: () =>
      inReadOrder(async () => {
        const stats: StreamStats[] = [];
        for (const stream of columns.keys()) {
          const answer = await reader.runAndReadAll(
            `SELECT count(*) AS n, coalesce(min(_timestamp), 0) AS low, coalesce(max(_timestamp), 0) AS high FROM ${quoted(TABLE_PREFIX + stream)}`,
          );
          const row = answer.getRowObjectsJS()[0] ?? {};
          stats.push({
            name: stream,
            docCount: Number(row["n"] ?? 0),
            docTimeMinUs: Number(row["low"] ?? 0),
            docTimeMaxUs: Number(row["high"] ?? 0),
            settings: streamSettings.get(stream) ?? {},
          });
        }
        return stats;
      }),
    schema: (stream) => columns.get(normalizeName(stream)) ?? null,
    saveSettings: (name, values) =>
      inWriteOrder(async () => {
        const stream = normalizeName(name);
        if (!columns.has(stream)) return false;
        const merged = { ...streamSettings.get(stream), ...values };
        await writer.run(`INSERT OR REPLACE INTO ${SETTINGS_TABLE} VALUES ($1, $2)`, [stream, JSON.stringify(merged)]);
        streamSettings.set(stream, merged);
        await applyRetention();
        return true;
      }),
    remove: (name) =>
      inWriteOrder(async () => {
        const stream = normalizeName(name);
        if (!columns.has(stream)) return false;
        await inReadOrder(async () => {
          await writer.run(`DROP TABLE ${quoted(TABLE_PREFIX + stream)}`);
          await writer.run(`DELETE FROM ${SETTINGS_TABLE} WHERE stream = $1`, [stream]);
        });
        columns.delete(stream);
        streamSettings.delete(stream);
        return true;
      }),
    async close() {
      clearInterval(retention);
      await Promise.all([writing, reading]);
      await writer.run("CHECKPOINT");
      reader.closeSync();
      writer.closeSync();
      instance.closeSync();
    },
  };
}

function prepareRecord(record: unknown, nowMs: number, window: IngestWindow, columnCount: number): FlatRecord {
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw new RecordError("a record must be a JSON object");
  }
  const flat = new Map(flattenRecord(record));
  const timestampUs = readTimestampUs(flat.get("_timestamp"), nowMs);
  checkWindow(timestampUs, nowMs, window);
  flat.set("_timestamp", timestampUs);
  if (Math.max(flat.size, columnCount) > MAX_COLUMNS)
    throw new RecordError(`more than ${MAX_COLUMNS} columns in a record`);
  return flat;
}

function columnTypeOf(value: string | number | boolean): ColumnType {
  if (typeof value === "string") return "VARCHAR";
  if (typeof value === "boolean") return "BOOLEAN";
  return Number.isSafeInteger(value) ? "BIGINT" : "DOUBLE";
}

function appendRow(appender: DuckDBAppender, columns: ReadonlyMap<string, ColumnType>, row: FlatRecord): void {
  for (const [column, type] of columns) {
    const value = row.get(column);
    if (value === undefined) appender.appendNull();
    else if (type === "VARCHAR") appender.appendVarchar(String(value));
    else if (type === "DOUBLE") appender.appendDouble(Number(value));
    else if (type === "BIGINT") appender.appendBigInt(BigInt(Number(value)));
    else appender.appendBoolean(value === true);
  }
  appender.endRow();
}

async function readColumns(connection: DuckDBConnection): Promise<Map<string, Map<string, ColumnType>>> {
  const answer = await connection.runAndReadAll(
    `SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_name LIKE 's\\_%' ESCAPE '\\' ORDER BY table_name, ordinal_position`,
  );
  const streams = new Map<string, Map<string, ColumnType>>();
  for (const row of answer.getRowObjectsJS()) {
    const stream = String(row["table_name"]).slice(TABLE_PREFIX.length);
    const known = streams.get(stream) ?? new Map<string, ColumnType>();
    streams.set(stream, known);
    known.set(String(row["column_name"]), typeOrder.find((type) => type === row["data_type"]) ?? "VARCHAR");
  }
  return streams;
}

async function readSettings(connection: DuckDBConnection): Promise<Map<string, Readonly<Record<string, unknown>>>> {
  const answer = await connection.runAndReadAll(`SELECT stream, json FROM ${SETTINGS_TABLE}`);
  return new Map(
    answer.getRowObjectsJS().map((row) => {
      const parsed: unknown = JSON.parse(String(row["json"]));
      return [String(row["stream"]), typeof parsed === "object" && parsed !== null ? { ...parsed } : {}];
    }),
  );
}

/** Nulls are absent from hits; every integer is a number. */
function toHit(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const hit: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value === null || value === undefined) continue;
    if (typeof value === "bigint") hit[column] = Number(value);
    else if (typeof value === "number") {
      if (Number.isFinite(value)) hit[column] = value;
    } else if (value instanceof Date) hit[column] = value.toISOString().replace(/(\.000)?Z$/, "");
    else hit[column] = value;
  }
  return hit;
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
