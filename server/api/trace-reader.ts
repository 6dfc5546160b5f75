// What the log store has under a plan's trace ids: lines of processes, the cycle's record, every state of its operations, signed commands.
import * as z from "zod";
import type { TraceLine } from "@/lib/api/settings-contract";
import { formatUsd } from "@/lib/format/usd";
import type { OpenobserveSettings } from "@/server/config/load";
import { createTelemetryQuery, type TelemetryQuerySettings } from "@/server/infra/telemetry/query";

export interface TraceQuery {
  readonly planId: string;
  readonly opIds: readonly string[];
  /** Market time. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Trace {
  readonly cycleIds: readonly string[];
  /** Oldest first. */
  readonly lines: readonly TraceLine[];
  readonly problems: readonly string[];
  readonly missing: readonly string[];
}

export interface TraceReader {
  read(query: TraceQuery): Promise<Trace>;
}

const AWAY = "The log store (OpenObserve) is not configured for this process; set TG_OPENOBSERVE_URL.";
/** Per question. */
const MAX_ROWS = 300;
const MAX_TEXT_CHARS = 600;
/** A step that was left out for want of work has its reason in the same column. */
const FAILED: ReadonlySet<string> = new Set(["REVERTED", "CANCELLED", "EXPIRED", "FOREIGN", "VERIFY_FAILED"]);
/** Ids are written between quotes in a search: these have none in them. */
const ID = /^[A-Za-z0-9:./_-]{1,160}$/;

/** Nulls are absent from hits. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? null);
const head = { _timestamp: z.number(), wall_at_us: z.number(), event_id: z.string() };

const logRow = z.object({ ...head, level: text, event: z.string(), process: z.string(), op_id: text, detail: text });
const epochRow = z.object({
  ...head,
  cycle_id: text,
  epoch: z.number(),
  decision: text,
  reason: text,
  plan_status: text,
  failed_step: text,
  error: text,
});
const txRow = z.object({
  ...head,
  op_id: text,
  kind: text,
  state: z.string(),
  tx_hash: text,
  nonce: number,
  attempt: number,
  block_number: number,
  gas_used: number,
  gas_usd: number,
  error: text,
});
const auditRow = z.object({ ...head, kind: z.string(), actor: text, role: text, outcome: text, reason: text });

export function createTraceReader(settings: OpenobserveSettings | null): TraceReader {
  return settings === null
    ? { read: () => Promise.resolve({ cycleIds: [], lines: [], problems: [AWAY], missing: [] }) }
    : traceReader(settings);
}

export function traceReader(settings: TelemetryQuerySettings): TraceReader {
  const store = createTelemetryQuery(settings);
  return {
    async read({ planId, opIds, fromMs, toMs }) {
      const problems = new Set<string>();
      const ask = async <T>(stream: string, where: string, row: z.ZodType<T>): Promise<readonly T[]> => {
        const sql = `SELECT * FROM ${stream} WHERE ${where} ORDER BY _timestamp LIMIT ${MAX_ROWS}`;
        const answer = await store.search({ sql, fromMs, toMs, limit: -1 }, row);
        if (!answer.ok) {
          problems.add(answer.error.message);
          return [];
        }
        if (answer.value.isPartial) problems.add(`The log store answered with a part of the stream ${stream}.`);
        if (answer.value.rows.length >= MAX_ROWS)
          problems.add(`Of the stream ${stream} the first ${MAX_ROWS} are shown.`);
        return answer.value.rows;
      };
      const byPlan = named("plan_id", [planId]);
      const epochs = await ask("epochs", byPlan, epochRow);
      const cycleIds = [...new Set(epochs.flatMap(({ cycle_id: id }) => (id === null || !ID.test(id) ? [] : [id])))];
      // One question per column: a column that was never sent makes a whole search empty.
      const [plain, ofOps, ofCycles, txs, audits] = await Promise.all([
        ask("logs", byPlan, logRow),
        opIds.length === 0 ? [] : ask("logs", named("op_id", opIds), logRow),
        cycleIds.length === 0 ? [] : ask("logs", named("cycle_id", cycleIds), logRow),
        ask("tx_log", byPlan, txRow),
        ask("audit", byPlan, auditRow),
      ]);
      const logs = [...plain, ...ofOps, ...ofCycles];
      const lines = [...logs.map(ofLog), ...epochs.map(ofEpoch), ...txs.map(ofTx), ...audits.map(ofAudit)];
      // A record sent twice has one id.
      const once = [...new Map(lines.map((line) => [`${line.stream}:${line.id}`, line])).values()];
      return {
        cycleIds,
        lines: once.toSorted((left, right) => left.atMs - right.atMs || left.marketAtMs - right.marketAtMs),
        problems: [...problems],
        missing: problems.size > 0 ? [] : missingOf({ logs: logs.length, epochs: epochs.length, txs: txs.length }),
      };
    },
  };
}

function named(column: string, ids: readonly string[]): string {
  const texts = ids.filter((id) => ID.test(id)).map((id) => `'${id}'`);
  return `${column} IN (${texts.join(", ")})`;
}

function missingOf(found: { readonly logs: number; readonly epochs: number; readonly txs: number }): readonly string[] {
  return [
    ...(found.logs === 0 ? ["No process has written a line under this trace id."] : []),
    ...(found.epochs === 0
      ? ["No cycle's record names this plan: it was made by a signed command, or its cycle is not over."]
      : []),
    ...(found.txs === 0 ? ["No state of an operation is recorded: nothing of this plan was started."] : []),
  ];
}

function headOf(row: { readonly _timestamp: number; readonly wall_at_us: number; readonly event_id: string }) {
  return {
    id: row.event_id,
    atMs: Math.round(row.wall_at_us / 1_000),
    marketAtMs: Math.round(row._timestamp / 1_000),
  };
}

function ofLog(row: z.output<typeof logRow>): TraceLine {
  return {
    ...headOf(row),
    stream: "logs",
    process: row.process,
    level: row.level,
    event: row.event,
    opId: row.op_id,
    text: detailWords(row.detail),
  };
}

function ofEpoch(row: z.output<typeof epochRow>): TraceLine {
  return {
    ...headOf(row),
    stream: "epochs",
    process: "worker",
    level: row.error === null ? null : "warn",
    event: "cycle.completed",
    opId: null,
    text: words([
      `epoch ${row.epoch}`,
      row.decision === null ? null : `${row.decision}${row.reason === null ? "" : ` (${row.reason})`}`,
      row.plan_status === null ? null : `plan ${row.plan_status}`,
      row.failed_step === null ? null : `failed in ${row.failed_step}`,
      row.error,
    ]),
  };
}

function ofTx(row: z.output<typeof txRow>): TraceLine {
  return {
    ...headOf(row),
    stream: "tx_log",
    process: "signer",
    level: FAILED.has(row.state) ? "warn" : null,
    event: `${row.kind ?? "operation"} ${row.state}`,
    opId: row.op_id,
    text: words([
      row.tx_hash,
      row.nonce === null ? null : `nonce ${row.nonce}`,
      row.attempt === null || row.attempt < 2 ? null : `attempt ${row.attempt}`,
      row.block_number === null ? null : `block ${row.block_number}`,
      row.gas_used === null ? null : `gas ${row.gas_used}${row.gas_usd === null ? "" : `, ${formatUsd(row.gas_usd)}`}`,
      row.error,
    ]),
  };
}

function ofAudit(row: z.output<typeof auditRow>): TraceLine {
  return {
    ...headOf(row),
    stream: "audit",
    process: "signer",
    level: row.outcome === "refused" ? "warn" : null,
    event: row.kind,
    opId: null,
    text: words([row.outcome, row.actor === null ? null : `by ${row.actor} (${row.role ?? "no role"})`, row.reason]),
  };
}

const detailSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** Fields of a line as `name value`; nested ones stay as they were written. */
function detailWords(detail: string | null): string {
  if (detail === null) return "";
  let fields: unknown;
  try {
    fields = JSON.parse(detail);
  } catch {
    // A line that was cut is shown as it is.
    return words([detail]);
  }
  const plain = detailSchema.safeParse(fields);
  return plain.success
    ? words(Object.entries(plain.data).map(([name, value]) => (value === null ? null : `${name} ${value}`)))
    : words([detail]);
}

function words(parts: readonly (string | null)[]): string {
  const joined = parts.filter((part) => part !== null && part !== "").join(", ");
  return joined.length > MAX_TEXT_CHARS ? `${joined.slice(0, MAX_TEXT_CHARS)}…` : joined;
}
