// What OpenObserve does to a record before it is stored: flatten, rename, find the timestamp (services.md 2.1).

export type Scalar = string | number | boolean;
export type FlatRecord = ReadonlyMap<string, Scalar>;

const FLATTEN_LEVELS = 3;
const HOUR_US = 3_600_000_000;

export class RecordError extends Error {
  override readonly name = "RecordError";
}

/** Lower case, every other character becomes `_`. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_]/g, "_");
}

/** Nested objects join with `_` down to level 3; deeper ones and arrays become JSON text; empties and nulls vanish. */
export function flattenRecord(record: object): FlatRecord {
  const flat = new Map<string, Scalar>();
  flattenInto(flat, "", record, 1);
  return flat;
}

function flattenInto(flat: Map<string, Scalar>, prefix: string, value: object, level: number): void {
  for (const [key, each] of Object.entries(value)) {
    const name = normalizeName(prefix === "" ? key : `${prefix}_${key}`);
    if (typeof each === "string" || typeof each === "boolean") flat.set(name, each);
    else if (typeof each === "number") flat.set(name, each);
    else if (Array.isArray(each)) {
      if (each.length > 0) flat.set(name, JSON.stringify(each));
    } else if (typeof each === "object" && each !== null && Object.keys(each).length > 0) {
      if (level >= FLATTEN_LEVELS) flat.set(name, JSON.stringify(each));
      else flattenInto(flat, name, each, level + 1);
    }
  }
}

/** Microseconds; seconds, ms and ns are recognised by size; absent, null and 0 mean arrival. Throws RecordError. */
export function readTimestampUs(value: Scalar | undefined, nowMs: number): number {
  if (value === undefined || value === 0) return nowMs * 1_000;
  if (typeof value === "number") return numberToUs(value);
  if (typeof value === "boolean") throw new RecordError("_timestamp is a boolean");
  if (/^\d+$/.test(value)) return numberToUs(Number(value));
  const withZone = /(Z|[+-]\d{2}:?\d{2})$/.test(value) ? value : `${value}Z`;
  const parsedMs = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}/.test(value)
    ? Date.parse(withZone.replace(" ", "T"))
    : Number.NaN;
  if (Number.isNaN(parsedMs)) throw new RecordError(`_timestamp cannot be parsed: ${value.slice(0, 40)}`);
  return parsedMs * 1_000;
}

function numberToUs(value: number): number {
  if (!Number.isFinite(value) || value < 0) throw new RecordError(`_timestamp cannot be parsed: ${value}`);
  if (value < 1e11) return Math.round(value * 1e6);
  if (value < 1e14) return Math.round(value * 1e3);
  if (value < 1e17) return Math.round(value);
  return Math.round(value / 1e3);
}

export interface IngestWindow {
  readonly uptoHours: number | null;
  readonly inFutureHours: number | null;
}

/** Throws RecordError when the record is outside the window. */
export function checkWindow(timestampUs: number, nowMs: number, window: IngestWindow): void {
  const nowUs = nowMs * 1_000;
  if (window.uptoHours !== null && timestampUs < nowUs - window.uptoHours * HOUR_US) {
    throw new RecordError(`Too old data, only last ${window.uptoHours} hours data can be ingested. Data discarded.`);
  }
  if (window.inFutureHours !== null && timestampUs > nowUs + window.inFutureHours * HOUR_US) {
    throw new RecordError(
      `Too far data, only future ${window.inFutureHours} hours data can be ingested. Data discarded.`,
    );
  }
}
