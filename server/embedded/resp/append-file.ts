// The append-only file: written before a reply leaves, synced every second, cut at a torn end, rewritten when it grows.
import fs from "node:fs";
import path from "node:path";
import { errorText } from "@/lib/errors/tidegate-error";
import { createRequestParser, encodeCommand, ProtocolError } from "./protocol";
import type { Database, Entry, StreamItem } from "./database";

export interface AppendFileSettings {
  readonly dataDir: string;
  readonly compactAboveBytes: number;
  readonly say: (message: string) => void;
}

export interface AppendFile {
  append(bytes: Buffer): void;
  /** Hands everything appended to the kernel; an error keeps it for the next attempt. */
  flush(): void;
  /** Non-null while writing fails: write commands are refused with it. */
  problem(): string | null;
  /** Saves the value of a key that is about to change while a rewrite has not reached it yet. */
  beforeWrite(key: string, entry: Entry | undefined): void;
  startRewrite(): void;
  sizeBytes(): number;
  rewriteCount(): number;
  isRewriting(): boolean;
  /** Writes, syncs and closes. */
  close(): void;
}

const FILE_NAME = "store.aof";
const SYNC_EVERY_MS = 1_000;
/** A rewrite works in slices so that commands are answered in between. */
const REWRITE_SLICE_MS = 4;
const REWRITE_FLUSH_BYTES = 256 * 1024;
const REPLAY_CHUNK_BYTES = 1024 * 1024;
/** Stream entries per XADD batch are one command each; collections are split to keep commands small. */
const ITEMS_PER_COMMAND = 512;

export interface ReplayReport {
  readonly commandCount: number;
  readonly cutBytes: number;
}

/** Reads the file into `apply`; a torn or damaged end is cut (damage is kept aside) and said. */
export function replayAppendFile(settings: AppendFileSettings, apply: (args: readonly Buffer[]) => void): ReplayReport {
  const file = path.join(settings.dataDir, FILE_NAME);
  fs.rmSync(`${file}.rewrite`, { force: true });
  if (!fs.existsSync(file)) return { commandCount: 0, cutBytes: 0 };
  const descriptor = fs.openSync(file, "r+");
  const sizeBytes = fs.fstatSync(descriptor).size;
  const parser = createRequestParser();
  let commandCount = 0;
  // Offset after the last command outside a transaction, or after its EXEC.
  let goodBytes = 0;
  let transaction: (readonly Buffer[])[] | null = null;
  let damage: string | null = null;
  try {
    const chunk = Buffer.allocUnsafe(REPLAY_CHUNK_BYTES);
    let seenBytes = 0;
    for (;;) {
      const length = fs.readSync(descriptor, chunk, 0, chunk.length, seenBytes);
      if (length === 0) break;
      seenBytes += length;
      for (const { args, endBytes } of parser.pushWithEnds(Buffer.from(chunk.subarray(0, length)))) {
        const word = (args[0] ?? Buffer.alloc(0)).toString("latin1");
        if (word === "MULTI") transaction = [];
        else if (word === "EXEC") {
          for (const each of transaction ?? []) apply(each);
          commandCount += transaction?.length ?? 0;
          transaction = null;
          goodBytes = endBytes;
        } else if (transaction === null) {
          apply(args);
          commandCount += 1;
          goodBytes = endBytes;
        } else transaction.push(args.map((arg) => Buffer.from(arg)));
      }
    }
  } catch (error) {
    damage = error instanceof ProtocolError ? `not a command after byte ${parser.consumedBytes()}` : errorText(error);
  }
  const cutBytes = sizeBytes - goodBytes;
  if (cutBytes > 0) {
    const aside = `${file}.cut-${Date.now()}`;
    if (damage !== null) fs.copyFileSync(file, aside);
    fs.ftruncateSync(descriptor, goodBytes);
    fs.fsyncSync(descriptor);
    settings.say(
      damage === null
        ? `the last command in ${file} was torn (a hard stop while writing): ${cutBytes} bytes cut, ${commandCount} commands kept`
        : `${file} is damaged (${damage}): ${commandCount} commands kept, the file as it was is ${aside}`,
    );
  }
  fs.closeSync(descriptor);
  return { commandCount, cutBytes };
}

interface Rewrite {
  readonly descriptor: number;
  readonly waiting: Iterator<string>;
  /** Keys already saved, or made after the rewrite began. */
  readonly done: Set<string>;
  readonly pending: Buffer[];
  pendingBytes: number;
  writtenBytes: number;
  /** Commands since the rewrite began: they follow the snapshot. */
  readonly since: Buffer[];
}

export function openAppendFile(settings: AppendFileSettings, db: Database): AppendFile {
  const file = path.join(settings.dataDir, FILE_NAME);
  let descriptor = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_CREAT, 0o600);
  let sizeBytes = fs.fstatSync(descriptor).size;
  let baseBytes = sizeBytes;
  let queue: Buffer[] = [];
  let problem: string | null = null;
  let needsSync = false;
  let rewrite: Rewrite | null = null;
  let rewriteCount = 0;
  let closed = false;

  function flush(): void {
    if (queue.length === 0 || closed) return;
    const bytes = queue.length === 1 ? (queue[0] ?? Buffer.alloc(0)) : Buffer.concat(queue);
    queue = [bytes];
    try {
      writeAll(descriptor, bytes, sizeBytes);
      sizeBytes += bytes.length;
      queue = [];
      needsSync = true;
      if (problem !== null) settings.say(`${file} can be written again`);
      problem = null;
    } catch (error) {
      if (problem === null)
        settings.say(`cannot write ${file}: ${errorText(error)}; changes are refused until it works`);
      problem = errorText(error);
      return;
    }
    if (rewrite === null && sizeBytes > Math.max(settings.compactAboveBytes, 2 * baseBytes)) startRewrite();
  }

  function startRewrite(): void {
    if (rewrite !== null || closed) return;
    flush();
    const temporary = `${file}.rewrite`;
    rewrite = {
      descriptor: fs.openSync(temporary, "w", 0o600),
      waiting: [...db.keys()][Symbol.iterator](),
      done: new Set(),
      pending: [],
      pendingBytes: 0,
      writtenBytes: 0,
      since: [],
    };
    setImmediate(rewriteSlice);
  }

  function rewriteSlice(): void {
    const current = rewrite;
    if (current === null || closed) return;
    try {
      const untilMonoMs = performance.now() + REWRITE_SLICE_MS;
      for (;;) {
        const next = current.waiting.next();
        if (next.done === true) return finishRewrite(current);
        if (!current.done.has(next.value)) saveKey(current, next.value, db.peek(next.value));
        if (performance.now() > untilMonoMs) break;
      }
      setImmediate(rewriteSlice);
    } catch (error) {
      abandonRewrite(current, error);
    }
  }

  function saveKey(current: Rewrite, key: string, entry: Entry | undefined): void {
    current.done.add(key);
    if (entry === undefined) return;
    for (const command of entryCommands(key, entry)) {
      current.pending.push(command);
      current.pendingBytes += command.length;
    }
    if (current.pendingBytes > REWRITE_FLUSH_BYTES) writePending(current);
  }

  function writePending(current: Rewrite): void {
    const bytes = Buffer.concat(current.pending);
    writeAll(current.descriptor, bytes, current.writtenBytes);
    current.writtenBytes += bytes.length;
    current.pending.length = 0;
    current.pendingBytes = 0;
  }

  function finishRewrite(current: Rewrite): void {
    flush();
    current.pending.push(...current.since);
    writePending(current);
    fs.fsync(current.descriptor, (error) => {
      if (rewrite !== current || closed) return;
      if (error !== null) return abandonRewrite(current, error);
      try {
        // What came while the sync ran; it is synced with the next second.
        flush();
        current.pending.push(...current.since.splice(0));
        writePending(current);
        fs.renameSync(`${file}.rewrite`, file);
        fs.closeSync(descriptor);
        descriptor = current.descriptor;
        sizeBytes = current.writtenBytes;
        baseBytes = sizeBytes;
        rewriteCount += 1;
        rewrite = null;
        needsSync = true;
      } catch (cause) {
        abandonRewrite(current, cause);
      }
    });
    current.since.length = 0;
  }

  function abandonRewrite(current: Rewrite, error: unknown): void {
    rewrite = null;
    // The old file is whole; try again when it has doubled.
    baseBytes = sizeBytes;
    settings.say(`rewriting ${file} failed and is tried later: ${errorText(error)}`);
    fs.close(current.descriptor, () => fs.rm(`${file}.rewrite`, { force: true }, () => undefined));
  }

  const syncTimer = setInterval(() => {
    flush();
    if (!needsSync) return;
    needsSync = false;
    fs.fdatasync(descriptor, (error) => {
      if (error !== null && !closed && error.code !== "EBADF") {
        settings.say(`cannot sync ${file}: ${error.message}`);
        needsSync = true;
      }
    });
  }, SYNC_EVERY_MS);
  syncTimer.unref();

  return {
    append(bytes) {
      queue.push(bytes);
      rewrite?.since.push(bytes);
    },
    flush,
    problem: () => problem,
    beforeWrite(key, entry) {
      const current = rewrite;
      if (current === null || current.done.has(key)) return;
      try {
        saveKey(current, key, entry);
      } catch (error) {
        abandonRewrite(current, error);
      }
    },
    startRewrite,
    sizeBytes: () => sizeBytes,
    rewriteCount: () => rewriteCount,
    isRewriting: () => rewrite !== null,
    close() {
      flush();
      closed = true;
      clearInterval(syncTimer);
      if (rewrite !== null) {
        fs.closeSync(rewrite.descriptor);
        fs.rmSync(`${file}.rewrite`, { force: true });
      }
      fs.fdatasyncSync(descriptor);
      fs.closeSync(descriptor);
    },
  };
}

/** At a fixed position, so that a repeated attempt overwrites what a failed one left. */
function writeAll(descriptor: number, bytes: Buffer, positionBytes: number): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(descriptor, bytes, done, bytes.length - done, positionBytes + done);
}

/** The commands that make this entry anew. */
function* entryCommands(key: string, entry: Entry): Generator<Buffer> {
  const { value, expiresAtMs } = entry;
  const keyBytes = Buffer.from(key, "latin1");
  switch (value.type) {
    case "string":
      yield encodeCommand(["SET", keyBytes, value.data, ...(expiresAtMs === null ? [] : ["PXAT", expiresAtMs])]);
      return;
    case "hash":
      yield* batches([...value.fields], (batch) => ["HSET", keyBytes, ...batch.flat()]);
      break;
    case "set":
      yield* batches([...value.members], (batch) => ["SADD", keyBytes, ...batch]);
      break;
    case "zset":
      yield* batches([...value.scores], (batch) => [
        "ZADD",
        keyBytes,
        ...batch.flatMap(([member, score]) => [scoreText(score), member]),
      ]);
      break;
    case "list":
      yield* batches(value.items, (batch) => ["RPUSH", keyBytes, ...batch]);
      break;
    case "stream":
      for (const item of value.items) yield encodeCommand(["XADD", keyBytes, idText(item), ...item.fields]);
      yield encodeCommand(["XSETID", keyBytes, `${value.lastMs}-${value.lastSeq}`]);
      break;
  }
  if (expiresAtMs !== null) yield encodeCommand(["PEXPIREAT", keyBytes, expiresAtMs]);
}

function* batches<T>(items: readonly T[], command: (batch: readonly T[]) => (string | Buffer)[]): Generator<Buffer> {
  for (let at = 0; at < items.length; at += ITEMS_PER_COMMAND) {
    yield encodeCommand(command(items.slice(at, at + ITEMS_PER_COMMAND)));
  }
}

function scoreText(score: number): string {
  return Number.isFinite(score) ? String(score) : score > 0 ? "inf" : "-inf";
}

function idText(item: StreamItem): string {
  return `${item.ms}-${item.seq}`;
}
