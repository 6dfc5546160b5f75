// What a command handler is and gets, and the argument readers they share.
import type { Database } from "./database";
import { CommandError, type Reply } from "./protocol";

export interface CommandContext {
  readonly db: Database;
  readonly nowMs: number;
  /** What the append-only file gets instead of the command as sent (relative times and made-up ids become absolute). */
  propagate(args: readonly (string | number | Buffer)[]): void;
  publish(channel: string, message: Buffer): number;
}

export interface CommandSpec {
  /** Words including the name; negative = at least. */
  readonly arity: number;
  readonly write: boolean;
  /** Places of the keys, as COMMAND INFO gives them: first, last (negative from the end), step; null = none or special. */
  readonly keys: readonly [number, number, number] | null;
  readonly run: (context: CommandContext, args: readonly Buffer[]) => Reply;
}

export type CommandTable = Readonly<Record<string, CommandSpec>>;

/** A key, field or member: bytes as a Latin-1 string, so that it can be a Map key. */
export function name(args: readonly Buffer[], index: number): string {
  return bytes(args, index).toString("latin1");
}

export function bytes(args: readonly Buffer[], index: number): Buffer {
  const arg = args[index];
  if (arg === undefined) throw new CommandError("ERR syntax error");
  return arg;
}

/** Bytes that outlive the network buffer they came in. */
export function keptBytes(args: readonly Buffer[], index: number): Buffer {
  return Buffer.from(bytes(args, index));
}

export function word(args: readonly Buffer[], index: number): string {
  return name(args, index).toUpperCase();
}

export function integer(args: readonly Buffer[], index: number): number {
  return parseInteger(name(args, index));
}

export function parseInteger(text: string): number {
  const value = Number(text);
  if (!/^-?\d{1,19}$/.test(text) || !Number.isSafeInteger(value)) {
    throw new CommandError("ERR value is not an integer or out of range");
  }
  return value;
}

export function float(text: string): number {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new CommandError("ERR value is not a valid float");
  return value;
}

export function floatText(value: number): string {
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  return String(value);
}

/** Redis glob: `*`, `?`, `[abc]`, `[^a-c]`, backslash escapes. */
export function globMatcher(pattern: string): (text: string) => boolean {
  let source = "";
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern.charAt(index);
    if (char === "*") source += "[\\s\\S]*";
    else if (char === "?") source += "[\\s\\S]";
    else if (char === "\\" && index + 1 < pattern.length) {
      index += 1;
      source += escapeRegex(pattern.charAt(index));
    } else if (char === "[" && pattern.includes("]", index + 1)) {
      const end = pattern.indexOf("]", index + 1);
      const body = pattern.slice(index + 1, end).replace(/[\\[]/g, "\\$&");
      source += `[${body}]`;
      index = end;
    } else source += escapeRegex(char);
  }
  const regex = new RegExp(`^${source}$`);
  return (text) => regex.test(text);
}

function escapeRegex(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
