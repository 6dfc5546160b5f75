// Append-only, hash-chained JSONL in segments: what `append` returned is on the disk; used by the journal and by the command log.
import { createHash } from "node:crypto";
import * as nodeFs from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { TidegateError, errorText } from "@/lib/errors/tidegate-error";
import { canonicalJson } from "@/lib/plan/canonical-json";

/** `damaged` and `foreign_writer` mean HALT_WALLET; `disk_full` and `io` mean: sign nothing until the disk answers. */
export class JournalError extends TidegateError<"damaged" | "foreign_writer" | "disk_full" | "io" | "closed"> {}

const recordSchema = z.object({
  v: z.literal(1),
  seq: z.number().int().positive(),
  /** Sum of the record before; 64 zeros for the first one. */
  prev: z.string().length(64),
  /** Unix milliseconds, wall. */
  ts: z.number().int(),
  type: z.string().min(1),
  body: z.unknown(),
  /** sha256 of the canonical JSON of all other fields. */
  sum: z.string().length(64),
});
export type SegmentRecord = z.infer<typeof recordSchema>;

/** The calls on the disk that can fail; replaced in tests that need a full or failing disk. */
export interface SegmentFs {
  writeSync(fd: number, bytes: Uint8Array): number;
  fdatasyncSync(fd: number): void;
  ftruncateSync(fd: number, length: number): void;
}

export interface SegmentLogSettings {
  readonly dir: string;
  readonly nowMs: () => number;
  /** Called once per existing record, in order, before `openSegmentLog` returns. */
  readonly onReplay?: (record: SegmentRecord) => void;
  /** A new segment begins past this size; 8 MB (safety.md section 3.1). */
  readonly segmentBytes?: number;
  readonly fs?: SegmentFs;
}

export interface SegmentLog {
  /** Durable when it returns. Body must be JSON values or bigint (written as decimal string). Throws JournalError. */
  append(type: string, body: unknown): SegmentRecord;
  /** Records with seq > `afterSeq`, read from the disk. */
  readAfter(afterSeq: number): Generator<SegmentRecord>;
  /** Second guard: throws `foreign_writer` when the file is not what this process wrote last. Also done by each append. */
  assertOurs(): void;
  lastSeq(): number;
  lastSum(): string;
  /** What was repaired at opening, one sentence each; empty when the log was whole. */
  readonly repairs: readonly string[];
  close(): void;
}

const FIRST_PREV = "0".repeat(64);
const DEFAULT_SEGMENT_BYTES = 8 * 1024 * 1024;
const READ_CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

interface Segment {
  readonly path: string;
  readonly firstSeq: number;
}

interface Line {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly isTerminated: boolean;
}

export function openSegmentLog(settings: SegmentLogSettings): SegmentLog {
  const { dir } = settings;
  const segmentBytes = settings.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
  const disk = settings.fs ?? nodeFs;
  nodeFs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const segments = listSegments(dir);
  const repairs: string[] = [];
  let seq = 0;
  let sum = FIRST_PREV;
  let size = 0;
  let tail: Buffer = Buffer.alloc(0);
  let broken: string | null = null;
  let isClosed = false;

  segments.forEach((segment, position) => {
    const isLastSegment = position === segments.length - 1;
    if (segment.firstSeq !== seq + 1) {
      throw damaged(segment.path, 0, `the segment begins with ${segment.firstSeq}, expected ${seq + 1}`);
    }
    size = 0;
    tail = Buffer.alloc(0);
    let held: { line: Line; reason: string } | null = null;
    for (const line of readLines(segment.path)) {
      if (held !== null) throw damaged(segment.path, held.line.offset, held.reason);
      const checked = checkLine(line, seq + 1, sum);
      if (!checked.ok) {
        held = { line, reason: checked.reason };
        continue;
      }
      settings.onReplay?.(checked.record);
      seq = checked.record.seq;
      sum = checked.record.sum;
      size = line.offset + line.bytes.length + 1;
      tail = Buffer.concat([line.bytes, Buffer.from("\n")]);
    }
    if (held === null) return;
    if (!isLastSegment) throw damaged(segment.path, held.line.offset, held.reason);
    // Only the last line may be bad: its append never returned, or the disk lost it. What it stood for is settled by nonce and hash.
    const cutBytes = nodeFs.statSync(segment.path).size - size;
    truncateFile(segment.path, size);
    repairs.push(`cut ${cutBytes} bytes after record ${seq} in ${segment.path}: ${held.reason}`);
  });

  let fd = segments.length === 0 ? startSegment(1) : openForAppend(segments[segments.length - 1]);

  function openForAppend(segment: Segment | undefined): number {
    if (segment === undefined)
      throw new JournalError({ code: "io", message: `no segment in ${dir}`, retryable: false });
    return nodeFs.openSync(segment.path, "a");
  }

  function startSegment(firstSeq: number): number {
    const path = join(dir, `${String(firstSeq).padStart(12, "0")}.jsonl`);
    try {
      const opened = nodeFs.openSync(path, "ax", 0o600);
      syncDirectory(dir);
      segments.push({ path, firstSeq });
      size = 0;
      tail = Buffer.alloc(0);
      return opened;
    } catch (error) {
      throw diskError(error, path, "start a segment");
    }
  }

  function currentPath(): string {
    return segments[segments.length - 1]?.path ?? dir;
  }

  function assertOurs(): void {
    const path = currentPath();
    const foreign = (found: string): JournalError =>
      new JournalError({
        code: "foreign_writer",
        message: `${path} is not what this process wrote last (${found}): another signer uses this directory; stop it, then start again`,
        retryable: false,
        details: { path, expectedBytes: size, seq },
      });
    let found: number;
    const last = Buffer.alloc(tail.length);
    try {
      // By path, so that a replaced file is seen too.
      const probe = nodeFs.openSync(path, "r");
      try {
        found = nodeFs.fstatSync(probe).size;
        if (last.length > 0) nodeFs.readSync(probe, last, 0, last.length, Math.max(0, size - last.length));
      } finally {
        nodeFs.closeSync(probe);
      }
    } catch (error) {
      throw foreign(errorText(error));
    }
    if (found !== size) throw foreign(`expected ${size} bytes, found ${found}`);
    if (!last.equals(tail)) throw foreign("the last record differs");
  }

  function append(type: string, body: unknown): SegmentRecord {
    if (isClosed) {
      throw new JournalError({
        code: "closed",
        message: `the log in ${dir} is closed; nothing can be recorded`,
        retryable: false,
      });
    }
    if (broken !== null) throw new JournalError({ code: "io", message: broken, retryable: false, details: { dir } });
    assertOurs();
    if (size >= segmentBytes) {
      const next = startSegment(seq + 1);
      nodeFs.closeSync(fd);
      fd = next;
    }
    const unsigned = { v: 1 as const, seq: seq + 1, prev: sum, ts: Math.floor(settings.nowMs()), type, body };
    const record = { ...unsigned, sum: sumOf(unsigned) };
    const bytes = Buffer.from(`${canonicalJson(record)}\n`);
    writeDurably(bytes);
    seq = record.seq;
    sum = record.sum;
    size += bytes.length;
    tail = bytes;
    return record;
  }

  function writeDurably(bytes: Buffer): void {
    let written = 0;
    try {
      while (written < bytes.length) written += disk.writeSync(fd, bytes.subarray(written));
    } catch (error) {
      try {
        disk.ftruncateSync(fd, size);
      } catch (truncateError) {
        broken = `a half-written record in ${currentPath()} could not be taken back (${errorText(truncateError)}); free the disk and restart the signer`;
      }
      throw diskError(error, currentPath(), "append a record");
    }
    try {
      disk.fdatasyncSync(fd);
    } catch (error) {
      // After a failed sync the kernel may have dropped the pages: what is on the disk is only known after a restart.
      broken = `a sync of ${currentPath()} failed (${errorText(error)}); check the disk and restart the signer`;
      throw diskError(error, currentPath(), "sync a record");
    }
  }

  function* readAfter(afterSeq: number): Generator<SegmentRecord> {
    for (let position = 0; position < segments.length; position += 1) {
      const segment = segments[position];
      const next = segments[position + 1];
      if (segment === undefined || (next !== undefined && next.firstSeq <= afterSeq + 1)) continue;
      for (const line of readLines(segment.path)) {
        if (!line.isTerminated) return;
        const parsed = parseLine(line.bytes);
        if (parsed === null) throw damaged(segment.path, line.offset, "not a record");
        if (parsed.seq > seq) return;
        if (parsed.seq > afterSeq) yield parsed;
      }
    }
  }

  return {
    append,
    readAfter,
    assertOurs,
    lastSeq: () => seq,
    lastSum: () => sum,
    repairs,
    close: () => {
      if (isClosed) return;
      isClosed = true;
      nodeFs.closeSync(fd);
    },
  };
}

function listSegments(dir: string): Segment[] {
  return nodeFs
    .readdirSync(dir)
    .filter((name) => /^\d{12}\.jsonl$/.test(name))
    .toSorted()
    .map((name) => ({ path: join(dir, name), firstSeq: Number(name.slice(0, 12)) }));
}

function sumOf(unsigned: Omit<SegmentRecord, "sum">): string {
  return createHash("sha256").update(canonicalJson(unsigned)).digest("hex");
}

type Checked = { ok: true; record: SegmentRecord } | { ok: false; reason: string };

function checkLine(line: Line, expectedSeq: number, expectedPrev: string): Checked {
  if (!line.isTerminated) return { ok: false, reason: "the last line has no end" };
  const record = parseLine(line.bytes);
  if (record === null) return { ok: false, reason: "the line is not a record" };
  const { sum, ...unsigned } = record;
  if (sumOf(unsigned) !== sum)
    return { ok: false, reason: `the sum of record ${record.seq} does not match its content` };
  if (record.seq !== expectedSeq)
    return { ok: false, reason: `record ${record.seq} came where ${expectedSeq} was expected` };
  if (record.prev !== expectedPrev)
    return { ok: false, reason: `record ${record.seq} does not follow the one before it` };
  return { ok: true, record };
}

function parseLine(bytes: Buffer): SegmentRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
  const parsed = recordSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

function* readLines(path: string): Generator<Line> {
  const fd = nodeFs.openSync(path, "r");
  try {
    const chunk = Buffer.alloc(READ_CHUNK_BYTES);
    let pending: Buffer = Buffer.alloc(0);
    let pendingOffset = 0;
    for (;;) {
      const count = nodeFs.readSync(fd, chunk, 0, chunk.length, null);
      if (count === 0) break;
      pending = Buffer.concat([pending, chunk.subarray(0, count)]);
      let start = 0;
      for (let end = pending.indexOf(NEWLINE, start); end !== -1; end = pending.indexOf(NEWLINE, start)) {
        yield { bytes: Buffer.from(pending.subarray(start, end)), offset: pendingOffset + start, isTerminated: true };
        start = end + 1;
      }
      pending = Buffer.from(pending.subarray(start));
      pendingOffset += start;
    }
    if (pending.length > 0) yield { bytes: pending, offset: pendingOffset, isTerminated: false };
  } finally {
    nodeFs.closeSync(fd);
  }
}

function truncateFile(path: string, length: number): void {
  const fd = nodeFs.openSync(path, "r+");
  try {
    nodeFs.ftruncateSync(fd, length);
    nodeFs.fsyncSync(fd);
  } finally {
    nodeFs.closeSync(fd);
  }
}

function syncDirectory(dir: string): void {
  const fd = nodeFs.openSync(dir, "r");
  try {
    nodeFs.fsyncSync(fd);
  } finally {
    nodeFs.closeSync(fd);
  }
}

function damaged(path: string, offset: number, reason: string): JournalError {
  return new JournalError({
    code: "damaged",
    message: `${path} is damaged at byte ${offset}: ${reason}. Nothing is signed; restore the directory from a backup, or move it away and adopt what is on chain`,
    retryable: false,
    details: { path, offset },
  });
}

function diskError(error: unknown, path: string, doing: string): JournalError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EEXIST") {
    return new JournalError({
      code: "foreign_writer",
      message: `could not ${doing}: ${path} exists already, so another signer uses this directory; stop it, then start again`,
      retryable: false,
      details: { path },
      cause: error,
    });
  }
  const isFull = code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
  return new JournalError({
    code: isFull ? "disk_full" : "io",
    message: `could not ${doing} in ${path}: ${errorText(error)}; nothing is signed until the disk ${isFull ? "has space" : "answers"} again`,
    retryable: isFull,
    details: { path },
    cause: error,
  });
}
