// CSV of recorded data: header by name, numbers checked, every row that cannot be used named by its line.

/** Columns of the rows that were usable, and the lines of those that were not. */
export interface CsvColumns {
  readonly length: number;
  /** One array per wanted column, in the order asked for. */
  readonly columns: readonly Float64Array[];
  /** Text columns, in the order asked for. */
  readonly texts: readonly (readonly string[])[];
  readonly lines: Int32Array;
  /** Data rows seen, usable or not. */
  readonly rows: number;
  readonly dropped: readonly DroppedRow[];
  readonly droppedCount: number;
}

export interface DroppedRow {
  readonly line: number;
  readonly reason: string;
}

export interface CsvWish {
  /** Columns that must be there. A name ending in `?` may be missing from the header or empty in a row: then NaN. */
  readonly numbers: readonly string[];
  readonly texts?: readonly string[];
  /** Name of a column holding `YYYY-MM-DD hh:mm:ss` (UTC); its unix ms come first in `columns`. */
  readonly timestamp?: string;
}

export type CsvResult =
  | { readonly ok: true; readonly value: CsvColumns }
  /** One sentence: what was expected, what came. */
  | { readonly ok: false; readonly message: string };

/** Lines named in a report. */
export const MAX_NAMED_ROWS = 20;

export function parseCsv(text: string, wish: CsvWish): CsvResult {
  const headerEnd = endOfLine(text, 0);
  const header = text
    .slice(text.charCodeAt(0) === 0xfeff ? 1 : 0, headerEnd)
    .trim()
    .split(",");
  const titles = header.map((name) => name.trim().toLowerCase());
  const find = (wanted: string): { readonly at: number; readonly isOptional: boolean } => {
    const isOptional = wanted.endsWith("?");
    return { at: titles.indexOf((isOptional ? wanted.slice(0, -1) : wanted).toLowerCase()), isOptional };
  };
  const wanted = wish.numbers.map((name) => ({ name, ...find(name) }));
  const texts = (wish.texts ?? []).map((name) => ({ name, ...find(name) }));
  const stamp = wish.timestamp === undefined ? null : { name: wish.timestamp, ...find(wish.timestamp) };
  const missing = [...wanted, ...texts, ...(stamp === null ? [] : [stamp])].filter(
    (column) => column.at < 0 && !column.isOptional,
  );
  if (missing.length > 0) {
    const names = [...(stamp === null ? [] : [stamp]), ...wanted, ...texts].map((column) =>
      column.name.replace("?", ""),
    );
    return {
      ok: false,
      message: `expected a header line with the columns ${names.join(", ")}; the first line is "${header.join(",").slice(0, 200)}" and has no ${missing.map((column) => column.name).join(", ")}`,
    };
  }

  const values: number[][] = [...(stamp === null ? [] : [[]]), ...wanted.map(() => [])];
  const words: string[][] = texts.map(() => []);
  const lines: number[] = [];
  const dropped: DroppedRow[] = [];
  let droppedCount = 0;
  let rows = 0;
  let line = 1;
  const parsed: number[] = values.map(() => Number.NaN);
  for (let start = headerEnd + 1; start < text.length;) {
    const end = endOfLine(text, start);
    const row = text.slice(start, end).trim();
    start = end + 1;
    line += 1;
    if (row === "") continue;
    rows += 1;
    const fields = row.split(",");
    let reason: string | null =
      fields.length < titles.length ? `${fields.length} fields where the header has ${titles.length}` : null;
    let write = 0;
    if (reason === null && stamp !== null) {
      const atMs = parseUtc(fields[stamp.at] ?? "");
      if (atMs === null) reason = `${stamp.name} "${fields[stamp.at] ?? ""}" is no time (YYYY-MM-DD hh:mm:ss)`;
      parsed[write] = atMs ?? Number.NaN;
      write += 1;
    }
    for (let index = 0; index < wanted.length && reason === null; index += 1) {
      const column = wanted[index]!;
      const field = column.at < 0 ? "" : fields[column.at]!.trim();
      const value = field === "" ? Number.NaN : Number(field);
      if (!Number.isFinite(value) && !column.isOptional) reason = `${column.name} "${field}" is no number`;
      parsed[write] = value;
      write += 1;
    }
    if (reason !== null) {
      droppedCount += 1;
      if (dropped.length < MAX_NAMED_ROWS) dropped.push({ line, reason });
      continue;
    }
    for (let index = 0; index < values.length; index += 1) values[index]!.push(parsed[index]!);
    for (let index = 0; index < words.length; index += 1) words[index]!.push(fields[texts[index]!.at]?.trim() ?? "");
    lines.push(line);
  }
  return {
    ok: true,
    value: {
      length: lines.length,
      columns: values.map((column) => Float64Array.from(column)),
      texts: words,
      lines: Int32Array.from(lines),
      rows,
      dropped,
      droppedCount,
    },
  };
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end;
}

const DAY_MS = 86_400_000;

/** Unix ms of `YYYY-MM-DD`, optionally with `hh:mm`, `hh:mm:ss`, `T` and `Z`, always UTC; null for anything else. */
export function parseUtc(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?Z?$/.exec(text.trim());
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match
    .slice(1)
    .map((part) => (part === undefined ? 0 : Number(part)));
  if (year === undefined || month === undefined || day === undefined) return null;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  const clock = ((hour ?? 0) * 60 + (minute ?? 0)) * 60 + (second ?? 0);
  return clock < 86_400 ? daysFromEpoch(year, month, day) * DAY_MS + clock * 1000 : null;
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

/** Days since 1970-01-01 of a Gregorian date: years counted from March, so that the leap day is the last of its year. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}
