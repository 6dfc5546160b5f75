// The outbox: every message is on disk before it is sent and leaves only when it was delivered or given up; a second message of one key is dropped.
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { channelIdSchema, noticeKindSchema, type ChannelId } from "@/lib/alerts/alert";
import { alertMessageSchema, type AlertMessage } from "@/lib/alerts/message";

/** Keys of ended messages are remembered for so long. */
const REMEMBERED_MS = 7 * 24 * 3_600_000;
const COMPACT_FROM_LINES = 4_000;
const RECENT_COUNT = 60;

const lineSchema = z.discriminatedUnion("t", [
  z.object({ t: z.literal("queued"), atMs: z.number(), channelId: channelIdSchema, message: alertMessageSchema }),
  z.object({
    t: z.literal("tried"),
    atMs: z.number(),
    id: z.string(),
    attempts: z.number().int(),
    nextAtMs: z.number(),
    error: z.string(),
  }),
  z.object({
    t: z.literal("ended"),
    atMs: z.number(),
    id: z.string(),
    channelId: channelIdSchema,
    outcome: z.enum(["sent", "given_up"]),
    kind: noticeKindSchema,
    alertId: z.string(),
    attempts: z.number().int(),
    error: z.string().nullable(),
  }),
]);
type Line = z.infer<typeof lineSchema>;
type Ended = Extract<Line, { t: "ended" }>;

export interface Waiting {
  readonly id: string;
  readonly channelId: ChannelId;
  readonly message: AlertMessage;
  readonly queuedAtMs: number;
  readonly attempts: number;
  readonly nextAtMs: number;
  readonly lastError: string | null;
}

export interface Outbox {
  /** False when this key was queued before. */
  queue(channelId: ChannelId, message: AlertMessage, nowMs: number): boolean;
  waiting(): readonly Waiting[];
  failed(id: string, input: { readonly nowMs: number; readonly nextAtMs: number; readonly error: string }): void;
  ended(
    id: string,
    input: { readonly nowMs: number; readonly outcome: "sent" | "given_up"; readonly error: string | null },
  ): void;
  /** Newest first. */
  recent(): readonly Ended[];
  close(): void;
}

export interface OpenOutbox {
  readonly outbox: Outbox;
  /** Lines that could not be read and were left out; one at the end is a write that a crash cut. */
  readonly badLines: number;
}

/** Throws when the folder cannot be written: alerts that cannot be kept must not start quietly. */
export function openOutbox(file: string, nowMs: number): OpenOutbox {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const waiting = new Map<string, Waiting>();
  let done = new Map<string, Ended>();
  const { lines, badLines, keptBytes } = readLines(file);
  for (const line of lines) apply(line);
  let lineCount = lines.length + badLines;
  let handle = openSync(file, "a", 0o600);
  // The cut end of a line must not become the beginning of the next one.
  if (keptBytes !== null) ftruncateSync(handle, keptBytes);

  function apply(line: Line): void {
    switch (line.t) {
      case "queued":
        waiting.set(line.message.id, {
          id: line.message.id,
          channelId: line.channelId,
          message: line.message,
          queuedAtMs: line.atMs,
          attempts: 0,
          nextAtMs: line.atMs,
          lastError: null,
        });
        return;
      case "tried": {
        const known = waiting.get(line.id);
        if (known !== undefined) {
          waiting.set(line.id, {
            ...known,
            attempts: line.attempts,
            nextAtMs: line.nextAtMs,
            lastError: line.error,
          });
        }
        return;
      }
      case "ended":
        waiting.delete(line.id);
        done.set(line.id, line);
        return;
    }
  }

  function write(line: Line): void {
    writeSync(handle, `${JSON.stringify(line)}\n`);
    fsyncSync(handle);
    lineCount += 1;
    apply(line);
  }

  function compactIfLong(atMs: number): void {
    if (lineCount < COMPACT_FROM_LINES) return;
    done = new Map([...done].filter(([, line]) => atMs - line.atMs < REMEMBERED_MS));
    const kept: Line[] = [
      ...done.values(),
      ...[...waiting.values()].flatMap((each): Line[] => [
        { t: "queued", atMs: each.queuedAtMs, channelId: each.channelId, message: each.message },
        ...(each.attempts === 0
          ? []
          : [
              {
                t: "tried" as const,
                atMs,
                id: each.id,
                attempts: each.attempts,
                nextAtMs: each.nextAtMs,
                error: each.lastError ?? "",
              },
            ]),
      ]),
    ];
    const next = join(dirname(file), "outbox.next");
    const fresh = openSync(next, "w", 0o600);
    writeSync(fresh, kept.map((line) => `${JSON.stringify(line)}\n`).join(""));
    fsyncSync(fresh);
    closeSync(fresh);
    renameSync(next, file);
    closeSync(handle);
    handle = openSync(file, "a", 0o600);
    lineCount = kept.length;
  }

  compactIfLong(nowMs);
  return {
    badLines,
    outbox: {
      queue(channelId, message, atMs) {
        if (waiting.has(message.id) || done.has(message.id)) return false;
        write({ t: "queued", atMs, channelId, message });
        return true;
      },
      waiting: () => [...waiting.values()],
      failed(id, { nowMs: atMs, nextAtMs, error }) {
        const known = waiting.get(id);
        if (known !== undefined) write({ t: "tried", atMs, id, attempts: known.attempts + 1, nextAtMs, error });
      },
      ended(id, { nowMs: atMs, outcome, error }) {
        const known = waiting.get(id);
        if (known === undefined) return;
        write({
          t: "ended",
          atMs,
          id,
          channelId: known.channelId,
          outcome,
          kind: known.message.kind,
          alertId: known.message.alert.id,
          attempts: known.attempts + 1,
          error,
        });
        compactIfLong(atMs);
      },
      recent: () => [...done.values()].slice(-RECENT_COUNT).toReversed(),
      close: () => closeSync(handle),
    },
  };
}

function readLines(file: string): {
  readonly lines: readonly Line[];
  readonly badLines: number;
  readonly keptBytes: number | null;
} {
  if (!existsSync(file)) return { lines: [], badLines: 0, keptBytes: null };
  const text = readFileSync(file, "utf8");
  const end = text.lastIndexOf("\n") + 1;
  let badLines = end < text.length ? 1 : 0;
  const lines: Line[] = [];
  for (const part of text.slice(0, end).split("\n")) {
    if (part === "") continue;
    const line = parseLine(part);
    if (line === null) badLines += 1;
    else lines.push(line);
  }
  return { lines, badLines, keptBytes: end < text.length ? Buffer.byteLength(text.slice(0, end)) : null };
}

function parseLine(text: string): Line | null {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    // Not JSON: counted by the caller.
    return null;
  }
}
