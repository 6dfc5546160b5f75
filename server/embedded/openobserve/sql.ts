// Turns a search query into SQL for DuckDB: OpenObserve's own functions are rewritten, then the parsed tree is checked.
import * as z from "zod";

/** Codes of services.md 2.2. */
export type SearchCode = 20_001 | 20_002 | 20_004 | 20_005 | 20_007 | 20_008;

export class SearchError extends Error {
  override readonly name = "SearchError";
  readonly code: SearchCode;

  constructor(code: SearchCode, message: string) {
    super(message);
    this.code = code;
  }
}

const unitSeconds: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
};
const DAY_SEC = 86_400;
/** When no interval is given: about this many buckets over the range. */
const AUTO_BUCKETS = 100;

/** Rewrites histogram() and approx_percentile_cont() outside of quotes. */
export function rewriteFunctions(sql: string, rangeUs: number): string {
  let out = "";
  let at = 0;
  while (at < sql.length) {
    const char = sql.charAt(at);
    if (char === "'" || char === '"') {
      const end = quotedEnd(sql, at);
      out += sql.slice(at, end);
      at = end;
      continue;
    }
    if (sql.startsWith("--", at) || sql.startsWith("/*", at))
      throw new SearchError(20_001, "comments are not accepted in a search");
    const call = /^(histogram|approx_percentile_cont)\s*\(/i.exec(sql.slice(at, at + 64));
    const before = at === 0 ? " " : sql.charAt(at - 1);
    if (call !== null && !/[a-z0-9_.]/i.test(before)) {
      const open = at + call[0].length - 1;
      const close = closingParen(sql, open);
      const args = splitArguments(sql.slice(open + 1, close)).map((arg) => rewriteFunctions(arg, rangeUs));
      if (call[1]?.toLowerCase() === "histogram") {
        out += histogramSql(args, rangeUs);
        at = close + 1;
      } else {
        const percentile = percentileSql(sql, args, close, rangeUs);
        out += percentile.text;
        at = percentile.end;
      }
      continue;
    }
    out += char;
    at += 1;
  }
  return out;
}

function histogramSql(args: readonly string[], rangeUs: number): string {
  const [field, interval, offset] = args;
  if (field === undefined || field === "") throw new SearchError(20_001, "histogram needs a field");
  const bucketUs = (interval === undefined ? autoBucketSec(rangeUs) : intervalSec(interval)) * 1_000_000;
  const offsetUs = offset === undefined ? 0 : offsetSec(offset) * 1_000_000;
  return `strftime(make_timestamp((((${field}) + ${offsetUs}) // ${bucketUs}) * ${bucketUs} - ${offsetUs}), '%Y-%m-%dT%H:%M:%S')`;
}

function intervalSec(text: string): number {
  const match = /^'\s*(\d+)\s*([a-z]+?)s?\s*'$/i.exec(text.trim());
  const unit = unitSeconds[match?.[2]?.toLowerCase() ?? ""];
  const count = Number(match?.[1] ?? "0");
  if (match === null || unit === undefined || count <= 0) {
    throw new SearchError(20_001, `histogram interval must be text such as '5 minute', got ${text.trim()}`);
  }
  return roundUpToDay(count * unit);
}

/** Intervals that do not divide a day are rounded up to one that does. */
function roundUpToDay(seconds: number): number {
  if (seconds >= DAY_SEC) return Math.ceil(seconds / DAY_SEC) * DAY_SEC;
  let candidate = seconds;
  while (DAY_SEC % candidate !== 0) candidate += 1;
  return candidate;
}

function autoBucketSec(rangeUs: number): number {
  const wantedSec = Math.max(1, rangeUs / 1_000_000 / AUTO_BUCKETS);
  const steps = [1, 5, 10, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, DAY_SEC];
  return steps.find((step) => step >= wantedSec) ?? roundUpToDay(Math.ceil(wantedSec));
}

function offsetSec(text: string): number {
  const match = /^'([+-])(\d{2}):(\d{2})'$/.exec(text.trim());
  if (match === null)
    throw new SearchError(20_001, `histogram offset must be text such as '+02:00', got ${text.trim()}`);
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 3_600 + Number(match[3]) * 60);
}

function percentileSql(
  sql: string,
  args: readonly string[],
  close: number,
  rangeUs: number,
): { readonly text: string; readonly end: number } {
  const within = /^\s*WITHIN\s+GROUP\s*\(/i.exec(sql.slice(close + 1));
  if (within === null) {
    if (args.length !== 2) throw new SearchError(20_001, "approx_percentile_cont needs WITHIN GROUP (ORDER BY field)");
    return { text: `quantile_cont(${args[0] ?? ""}, ${fraction(args[1])})`, end: close + 1 };
  }
  const open = close + within[0].length;
  const end = closingParen(sql, open);
  const order = /^\s*ORDER\s+BY\s+([\s\S]+?)(?:\s+(ASC|DESC))?\s*$/i.exec(sql.slice(open + 1, end));
  if (order === null || args.length !== 1)
    throw new SearchError(20_001, "expected approx_percentile_cont(p) WITHIN GROUP (ORDER BY field)");
  const share = fraction(args[0]);
  const field = rewriteFunctions(order[1] ?? "", rangeUs);
  return { text: `quantile_cont(${field}, ${order[2]?.toUpperCase() === "DESC" ? 1 - share : share})`, end: end + 1 };
}

function fraction(text: string | undefined): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1))
    throw new SearchError(20_001, `a percentile is a number from 0 to 1, got ${text ?? ""}`);
  return value;
}

function quotedEnd(sql: string, start: number): number {
  const quote = sql.charAt(start);
  for (let at = start + 1; at < sql.length; at += 1) {
    if (sql.charAt(at) !== quote) continue;
    if (sql.charAt(at + 1) !== quote) return at + 1;
    at += 1;
  }
  throw new SearchError(20_001, "a quote is not closed");
}

function closingParen(sql: string, open: number): number {
  let depth = 0;
  for (let at = open; at < sql.length; at += 1) {
    const char = sql.charAt(at);
    if (char === "'" || char === '"') at = quotedEnd(sql, at) - 1;
    else if (char === "(") depth += 1;
    else if (char === ")") {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  throw new SearchError(20_001, "a parenthesis is not closed");
}

function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "'" || char === '"') at = quotedEnd(text, at) - 1;
    else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    else if (char === "," && depth === 0) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts.filter((part, index) => part !== "" || index > 0);
}

const treeSchema = z.object({
  error: z.boolean(),
  error_type: z.string().optional(),
  error_message: z.string().optional(),
  statements: z.array(z.object({ node: z.record(z.string(), z.unknown()) })).optional(),
});

export interface CheckedSelect {
  /** Streams the query reads. */
  readonly streams: readonly string[];
  /** SELECT * without ORDER BY: newest first. */
  readonly newestFirst: boolean;
}

/** `serialized` is json_serialize_sql's answer. Throws SearchError unless it is one harmless SELECT. */
export function checkSelect(serialized: string): CheckedSelect {
  const tree = treeSchema.parse(JSON.parse(serialized));
  if (tree.error) {
    const problem = tree.error_message ?? "it cannot be parsed";
    throw new SearchError(
      20_001,
      tree.error_type === "not implemented" ? "only SELECT statements are accepted" : problem,
    );
  }
  const [statement, ...more] = tree.statements ?? [];
  if (statement === undefined || more.length > 0)
    throw new SearchError(20_001, "expected exactly one SELECT statement");
  const tables = new Set<string>();
  const ctes = new Set<string>();
  walk(statement.node, tables, ctes);
  const { node } = statement;
  const from: unknown = node["from_table"];
  const simple = isObject(from) && from["type"] === "BASE_TABLE";
  const star =
    Array.isArray(node["select_list"]) && node["select_list"].some((each) => isObject(each) && each["type"] === "STAR");
  const ordered = JSON.stringify(node["modifiers"] ?? []).includes('"ORDER_MODIFIER"');
  return { streams: [...tables].filter((table) => !ctes.has(table)), newestFirst: simple && star && !ordered };
}

function walk(value: unknown, tables: Set<string>, ctes: Set<string>): void {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, tables, ctes);
    return;
  }
  if (!isObject(value)) return;
  const type = value["type"];
  if (type === "TABLE_FUNCTION") throw new SearchError(20_005, "table functions are not accepted in a search");
  if (type === "BASE_TABLE") {
    if (value["schema_name"] !== "" || value["catalog_name"] !== "") {
      throw new SearchError(20_001, "a stream is named without a schema");
    }
    tables.add(String(value["table_name"]).toLowerCase());
  }
  const cteMap = value["cte_map"];
  if (isObject(cteMap) && Array.isArray(cteMap["map"])) {
    for (const each of cteMap["map"]) if (isObject(each)) ctes.add(String(each["key"]).toLowerCase());
  }
  for (const each of Object.values(value)) walk(each, tables, ctes);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** DuckDB's error text as OpenObserve's code. */
export function toSearchError(message: string): SearchError {
  const text = message.split("\n")[0] ?? message;
  if (
    /Referenced column|does not have a column named|Referenced table .* not found|not found in FROM clause/.test(
      message,
    )
  ) {
    return new SearchError(20_004, `Search field not found: ${/"([^"]+)"/.exec(message)?.[1] ?? text}`);
  }
  if (/^Catalog Error: .*Function/i.test(message)) return new SearchError(20_005, text);
  if (message.startsWith("Catalog Error")) return new SearchError(20_002, text);
  if (message.startsWith("Parser Error")) return new SearchError(20_001, text);
  if (/^Conversion Error|No function matches|Cannot compare|Cannot mix/.test(message))
    return new SearchError(20_007, text);
  if (message.startsWith("Binder Error")) return new SearchError(20_001, text);
  return new SearchError(20_008, text);
}
