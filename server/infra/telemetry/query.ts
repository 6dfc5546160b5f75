// Asks OpenObserve for charts and reports: Result-typed, and "nothing was ever sent" is an empty answer, not an error.
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, SourceError } from "@/lib/errors/tidegate-error";
import { redactText } from "./redact";

export interface TelemetryQuerySettings {
  readonly url: string;
  readonly org: string;
  readonly user: string;
  readonly password: string;
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

export interface TelemetryAnswer<T> {
  readonly rows: readonly T[];
  /** True when the server says that it could not read everything. */
  readonly isPartial: boolean;
  /** True when the stream or a column has never been sent. */
  readonly noDataYet: boolean;
}

export interface TelemetryQuery {
  /** `sql` must be within services.md 2.3; the time range is market time. */
  search<T>(
    input: {
      readonly sql: string;
      readonly fromMs: number;
      readonly toMs: number;
      readonly limit?: number;
      readonly offset?: number;
    },
    schema: z.ZodType<T>,
  ): Promise<Result<TelemetryAnswer<T>, SourceError>>;
  /** Wide epoch rows of one pair, oldest first. */
  epochs<T>(
    input: { readonly pairId: string; readonly fromMs: number; readonly toMs: number; readonly limit: number },
    schema: z.ZodType<T>,
  ): Promise<Result<TelemetryAnswer<T>, SourceError>>;
  /** Average of one column over time; `column` is checked, a bucket is for example `15 minute`. */
  series(input: {
    readonly stream: string;
    readonly column: string;
    readonly pairId: string;
    readonly fromMs: number;
    readonly toMs: number;
    readonly bucket: string;
  }): Promise<Result<TelemetryAnswer<SeriesPoint>, SourceError>>;
  healthy(): Promise<boolean>;
}

export interface SeriesPoint {
  /** Start of the bucket, market time. */
  readonly atMs: number;
  readonly value: number;
}

const answerSchema = z.object({ hits: z.array(z.unknown()), is_partial: z.boolean().optional() });
const errorSchema = z.object({ code: z.number(), message: z.string() });
const seriesSchema = z.object({ ts: z.string(), value: z.number().nullable().optional() });
const STREAM_NOT_FOUND = 20_002;
const FIELD_NOT_FOUND = 20_004;
const DEFAULT_LIMIT = 1_000;
const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/;

export function createTelemetryQuery(settings: TelemetryQuerySettings): TelemetryQuery {
  const fetchFn = settings.fetch ?? fetch;
  const base = settings.url.replace(/\/+$/, "");
  const authorization = `Basic ${Buffer.from(`${settings.user}:${settings.password}`).toString("base64")}`;

  const search: TelemetryQuery["search"] = async (input, schema) => {
    const body = JSON.stringify({
      query: {
        sql: input.sql,
        start_time: Math.max(1, Math.round(input.fromMs * 1_000)),
        end_time: Math.max(2, Math.round(input.toMs * 1_000)),
        from: input.offset ?? 0,
        size: input.limit ?? DEFAULT_LIMIT,
      },
    });
    let status: number;
    let answer: unknown;
    try {
      const response = await fetchFn(`${base}/api/${encodeURIComponent(settings.org)}/_search?type=logs`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(settings.timeoutMs ?? 5_000),
      });
      status = response.status;
      answer = await response.json();
    } catch (error) {
      return err(
        failed(
          "unreachable",
          `OpenObserve did not answer a search: ${redactText(errorText(error))}. Charts of history are missing until it is back.`,
        ),
      );
    }
    if (status !== 200) return readFailure(status, answer);
    const parsed = answerSchema.safeParse(answer);
    if (!parsed.success)
      return err(failed("bad_data", "OpenObserve answered a search without hits; check TG_OPENOBSERVE_URL."));
    const rows = z.array(schema).safeParse(parsed.data.hits);
    if (!rows.success) {
      const issue = rows.error.issues[0];
      return err(
        failed(
          "bad_data",
          `A row from OpenObserve is not as expected at ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
        ),
      );
    }
    return ok({ rows: rows.data, isPartial: parsed.data.is_partial === true, noDataYet: false });
  };

  return {
    search,
    epochs: (input, schema) =>
      search(
        {
          sql: `SELECT * FROM epochs WHERE pair_id = '${quote(input.pairId)}' ORDER BY _timestamp DESC LIMIT ${Math.floor(input.limit)}`,
          fromMs: input.fromMs,
          toMs: input.toMs,
          limit: -1,
        },
        schema,
      ).then((answer) => (answer.ok ? ok({ ...answer.value, rows: answer.value.rows.toReversed() }) : answer)),
    async series(input) {
      if (!IDENTIFIER.test(input.column) || !IDENTIFIER.test(input.stream)) {
        return err(
          failed("bad_data", `"${input.stream}.${input.column}" is not a column; use lower-case letters, digits and _`),
        );
      }
      const answer = await search(
        {
          sql: `SELECT histogram(_timestamp, '${quote(input.bucket)}') AS ts, AVG(${input.column}) AS value FROM ${input.stream} WHERE pair_id = '${quote(input.pairId)}' GROUP BY ts ORDER BY ts`,
          fromMs: input.fromMs,
          toMs: input.toMs,
          limit: 10_000,
        },
        seriesSchema,
      );
      if (!answer.ok) return answer;
      const rows = answer.value.rows.flatMap((row) =>
        row.value === null || row.value === undefined ? [] : [{ atMs: Date.parse(`${row.ts}Z`), value: row.value }],
      );
      return ok({ ...answer.value, rows });
    },
    async healthy() {
      try {
        const response = await fetchFn(`${base}/healthz`, { signal: AbortSignal.timeout(2_000) });
        await response.arrayBuffer();
        return response.ok;
      } catch {
        // Away is an answer here.
        return false;
      }
    },
  };
}

function readFailure<T>(status: number, answer: unknown): Result<TelemetryAnswer<T>, SourceError> {
  const parsed = errorSchema.safeParse(answer);
  const code = parsed.success ? parsed.data.code : status;
  if (code === STREAM_NOT_FOUND || code === FIELD_NOT_FOUND) return ok({ rows: [], isPartial: false, noDataYet: true });
  const text = redactText(parsed.success ? parsed.data.message : `HTTP ${status}`);
  if (status === 429) return err(failed("rate_limited", `OpenObserve refused a search for now: ${text}`));
  if (status === 401 || status === 403)
    return err(
      failed(
        "unreachable",
        `OpenObserve refused the login: check TG_OPENOBSERVE_USER and TG_OPENOBSERVE_PASSWORD (${text})`,
      ),
    );
  return err(
    failed(
      status >= 500 && code === status ? "unreachable" : "bad_data",
      `OpenObserve refused a search (${code}): ${text}`,
    ),
  );
}

function failed(code: "unreachable" | "bad_data" | "rate_limited", message: string): SourceError {
  return new SourceError({ code, message, retryable: code !== "bad_data" });
}

/** For a value between single quotes. */
function quote(value: string): string {
  return value.replaceAll("'", "''");
}
