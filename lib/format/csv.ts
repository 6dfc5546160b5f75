// CSV text (RFC 4180) that a spreadsheet shows and never runs.

export type CsvCell = string | number | null;

/** Characters a spreadsheet takes for the start of a formula. */
const FORMULA_START = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Head and rows, CRLF ends; null and numbers that are not finite are empty. A text that begins like a formula gets an apostrophe. */
export function toCsv(head: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [head, ...rows].map((row) => `${row.map(toCell).join(",")}\r\n`).join("");
}

/** The same from records, in the order of `columns`. */
export function recordsToCsv(
  columns: readonly string[],
  records: readonly Readonly<Record<string, CsvCell>>[],
): string {
  return toCsv(
    columns,
    records.map((record) => columns.map((column) => record[column] ?? null)),
  );
}

function toCell(value: CsvCell): string {
  if (value === null) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const safe = FORMULA_START.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
