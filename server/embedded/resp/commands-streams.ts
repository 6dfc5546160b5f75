// Streams: append with a cap, ranges both ways, and the reading half of XREAD (waiting is the server's work).
import { integer, keptBytes, name, parseInteger, word, type CommandContext, type CommandTable } from "./command";
import type { StreamItem } from "./database";
import { bulk, CommandError, type Reply } from "./protocol";

interface StreamId {
  readonly ms: number;
  readonly seq: number;
}

const MAX_PART = Number.MAX_SAFE_INTEGER;
const MIN_ID: StreamId = { ms: 0, seq: 0 };
const MAX_ID: StreamId = { ms: MAX_PART, seq: MAX_PART };
const BAD_ID = "ERR Invalid stream ID specified as stream command argument";

function compareIds(left: StreamId, right: StreamId): number {
  return left.ms - right.ms || left.seq - right.seq;
}

function idText(id: StreamId): Buffer {
  return bulk(`${id.ms}-${id.seq}`);
}

function readId(text: string, missingSeq: number): StreamId {
  const match = /^(\d{1,16})(?:-(\d{1,16}))?$/.exec(text);
  if (match === null) throw new CommandError(BAD_ID);
  return { ms: Number(match[1]), seq: match[2] === undefined ? missingSeq : Number(match[2]) };
}

function readRangeBound(text: string, end: "from" | "to"): { readonly id: StreamId; readonly exclusive: boolean } {
  if (text === "-") return { id: MIN_ID, exclusive: false };
  if (text === "+") return { id: MAX_ID, exclusive: false };
  const exclusive = text.startsWith("(");
  return { id: readId(exclusive ? text.slice(1) : text, end === "from" ? 0 : MAX_PART), exclusive };
}

function itemReply(item: StreamItem): Reply {
  return [idText(item), [...item.fields]];
}

/** First index with an id not below (or, when exclusive, above) the bound. */
function lowerBound(items: readonly StreamItem[], id: StreamId, exclusive: boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareIds(items[middle] ?? MAX_ID, id);
    if (order < 0 || (exclusive && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function nextId(text: string, nowMs: number, last: StreamId): StreamId {
  if (text === "*") return nowMs > last.ms ? { ms: nowMs, seq: 0 } : { ms: last.ms, seq: last.seq + 1 };
  if (text.endsWith("-*")) {
    const ms = parseInteger(text.slice(0, -2));
    return { ms, seq: ms === last.ms ? last.seq + 1 : 0 };
  }
  return readId(text, 0);
}

function append(context: CommandContext, args: readonly Buffer[]): Reply {
  const { db } = context;
  const key = name(args, 1);
  let maxLength: number | null = null;
  let at = 2;
  let create = true;
  for (;;) {
    const option = word(args, at);
    if (option === "NOMKSTREAM") {
      create = false;
      at += 1;
    } else if (option === "MAXLEN") {
      at += ["~", "="].includes(name(args, at + 1)) ? 2 : 1;
      maxLength = integer(args, at);
      if (maxLength < 0) throw new CommandError("ERR The MAXLEN argument must be >= 0.");
      at += 1;
    } else break;
  }
  const fields = args.slice(at + 1);
  if (fields.length === 0 || fields.length % 2 !== 0) {
    throw new CommandError("ERR wrong number of arguments for 'xadd' command");
  }
  const current = db.read(key, "stream");
  if (current === undefined && !create) return null;
  const last: StreamId = { ms: current?.lastMs ?? 0, seq: current?.lastSeq ?? 0 };
  const id = nextId(name(args, at), context.nowMs, last);
  if (compareIds(id, MIN_ID) === 0) throw new CommandError("ERR The ID specified in XADD must be greater than 0-0");
  if (compareIds(id, last) <= 0) {
    throw new CommandError("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  }
  const stream = db.modify(key, "stream");
  stream.items.push({ ...id, fields: fields.map((_, index) => keptBytes(fields, index)) });
  stream.lastMs = id.ms;
  stream.lastSeq = id.seq;
  if (maxLength !== null && stream.items.length > maxLength) stream.items.splice(0, stream.items.length - maxLength);
  db.touch(key);
  const cap = maxLength === null ? [] : ["MAXLEN", maxLength];
  context.propagate(["XADD", bulk(key), ...cap, idText(id), ...fields]);
  return idText(id);
}

function rangeOf(context: CommandContext, args: readonly Buffer[], order: "forward" | "reverse"): Reply {
  const [fromAt, toAt] = order === "forward" ? [2, 3] : [3, 2];
  const from = readRangeBound(name(args, fromAt), "from");
  const to = readRangeBound(name(args, toAt), "to");
  let count = Infinity;
  if (args.length > 4) {
    if (word(args, 4) !== "COUNT" || args.length !== 6) throw new CommandError("ERR syntax error");
    count = Math.max(0, integer(args, 5));
  }
  const items = context.db.read(name(args, 1), "stream")?.items ?? [];
  const first = lowerBound(items, from.id, from.exclusive);
  const end = lowerBound(items, to.id, !to.exclusive);
  if (first >= end || count === 0) return [];
  if (order === "forward") return items.slice(first, Math.min(end, first + count)).map(itemReply);
  return items
    .slice(Math.max(first, end - count), end)
    .toReversed()
    .map(itemReply);
}

export interface StreamRead {
  readonly count: number;
  /** null = do not wait; 0 = wait without limit. */
  readonly blockMs: number | null;
  readonly streams: readonly { readonly key: string; readonly after: StreamId }[];
}

/** Resolves `$` now: entries added later are new. */
export function readStreamRequest(context: CommandContext, args: readonly Buffer[]): StreamRead {
  let count = Infinity;
  let blockMs: number | null = null;
  let at = 1;
  for (; word(args, at) !== "STREAMS"; at += 2) {
    const option = word(args, at);
    if (option === "COUNT") count = integer(args, at + 1) || Infinity;
    else if (option === "BLOCK") {
      blockMs = integer(args, at + 1);
      if (blockMs < 0) throw new CommandError("ERR timeout is negative");
    } else throw new CommandError("ERR syntax error");
  }
  const rest = args.slice(at + 1);
  if (rest.length === 0 || rest.length % 2 !== 0) {
    throw new CommandError(
      "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.",
    );
  }
  const half = rest.length / 2;
  const streams = rest.slice(0, half).map((_, index) => {
    const key = name(rest, index);
    const text = name(rest, half + index);
    if (text !== "$") return { key, after: readId(text, 0) };
    const stream = context.db.read(key, "stream");
    return { key, after: { ms: stream?.lastMs ?? 0, seq: stream?.lastSeq ?? 0 } };
  });
  return { count, blockMs, streams };
}

/** null when no stream has anything new. */
export function readNewItems(context: CommandContext, read: StreamRead): Reply {
  const found = read.streams.flatMap(({ key, after }) => {
    const items = context.db.read(key, "stream")?.items ?? [];
    const first = lowerBound(items, after, true);
    const batch = items.slice(first, first + read.count);
    return batch.length === 0 ? [] : [[bulk(key), batch.map(itemReply)]];
  });
  return found.length === 0 ? null : found;
}

export const streamCommands: CommandTable = {
  XADD: { arity: -5, write: true, keys: [1, 1, 1], run: append },
  XRANGE: { arity: -4, write: false, keys: [1, 1, 1], run: (context, args) => rangeOf(context, args, "forward") },
  XREVRANGE: { arity: -4, write: false, keys: [1, 1, 1], run: (context, args) => rangeOf(context, args, "reverse") },
  XLEN: {
    arity: 2,
    write: false,
    keys: [1, 1, 1],
    run: ({ db }, args) => db.read(name(args, 1), "stream")?.items.length ?? 0,
  },
  /** Written by this server into its own file: the newest id survives when its entry was trimmed. */
  XSETID: {
    arity: 3,
    write: true,
    keys: [1, 1, 1],
    run({ db }, args) {
      const key = name(args, 1);
      const id = readId(name(args, 2), 0);
      const stream = db.modify(key, "stream");
      stream.lastMs = id.ms;
      stream.lastSeq = id.seq;
      db.touch(key);
      return { simple: "OK" };
    },
  },
};
