// Turns a typed record into the flat snake_case columns of one telemetry stream; a column keeps its type for good.
import { randomUUID } from "node:crypto";

/**
 * int and float: numbers (not finite = left out). text and bool as named. json: nested data as text.
 * raw: a bigint, written as decimal text `<name>_raw` and, for charts, as a float `<name>_num`.
 */
export type ColumnKind = "int" | "float" | "text" | "bool" | "json" | "raw";
export type Columns = Readonly<Record<string, ColumnKind>>;

interface KindInput {
  readonly int: number;
  readonly float: number;
  readonly text: string;
  readonly bool: boolean;
  readonly json: unknown;
  readonly raw: bigint;
}

export type RecordInput<C extends Columns> = { readonly [K in keyof C]?: KindInput[C[K]] | null | undefined };
export type TelemetryValue = string | number | boolean;
export type TelemetryRecord = Readonly<Record<string, TelemetryValue>>;

export interface RecordCodec<C extends Columns> {
  readonly stream: string;
  readonly columns: C;
  /** `atMs` is market time; `eventId` makes repeated sending harmless, give one when the same fact may be recorded twice. */
  encode(
    input: RecordInput<C>,
    at: { readonly atMs: number; readonly wallAtMs: number; readonly eventId?: string },
  ): TelemetryRecord;
}

export function createRecordCodec<const C extends Columns>(stream: string, columns: C): RecordCodec<C> {
  const names = Object.keys(columns).map((field) => [field, toSnakeCase(field)] as const);
  return {
    stream,
    columns,
    encode(input, at) {
      const record: Record<string, TelemetryValue> = {
        _timestamp: Math.round(at.atMs * 1_000),
        wall_at_us: Math.round(at.wallAtMs * 1_000),
        event_id: at.eventId ?? randomUUID(),
      };
      for (const [field, column] of names) {
        const kind = columns[field];
        if (kind !== undefined) writeColumn(record, column, kind, input[field]);
      }
      return record;
    },
  };
}

function writeColumn(record: Record<string, TelemetryValue>, column: string, kind: ColumnKind, value: unknown): void {
  if (value === null || value === undefined) return;
  switch (kind) {
    case "int":
      if (typeof value === "number" && Number.isFinite(value)) record[column] = Math.round(value);
      return;
    case "float":
      if (typeof value === "number" && Number.isFinite(value)) record[column] = value;
      return;
    case "text":
      record[column] = String(value);
      return;
    case "bool":
      record[column] = value === true;
      return;
    case "json":
      record[column] = JSON.stringify(value, (_key, each: unknown) =>
        typeof each === "bigint" ? each.toString() : each,
      );
      return;
    case "raw":
      record[`${column}_raw`] = String(value);
      record[`${column}_num`] = Number(value);
      return;
  }
}

export function toSnakeCase(field: string): string {
  return field
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9_]/g, "_")
    .toLowerCase();
}
