// Strings, counters and whole-key commands.
import {
  bytes,
  globMatcher,
  integer,
  keptBytes,
  name,
  parseInteger,
  word,
  type CommandContext,
  type CommandTable,
} from "./command";
import { bulk, CommandError, OK, type Reply } from "./protocol";

interface SetOptions {
  readonly condition: "NX" | "XX" | null;
  readonly expiresAtMs: number | null;
  readonly keepTtl: boolean;
  readonly returnOld: boolean;
}

function readSetOptions(context: CommandContext, args: readonly Buffer[]): SetOptions {
  let condition: SetOptions["condition"] = null;
  let expiresAtMs: number | null = null;
  let keepTtl = false;
  let returnOld = false;
  for (let index = 3; index < args.length; index += 1) {
    const option = word(args, index);
    if ((option === "NX" || option === "XX") && condition === null) condition = option;
    else if (option === "GET") returnOld = true;
    else if (option === "KEEPTTL" && expiresAtMs === null) keepTtl = true;
    else if (["PX", "PXAT", "EX", "EXAT"].includes(option) && expiresAtMs === null && !keepTtl) {
      index += 1;
      const amount = integer(args, index);
      if (amount <= 0) throw new CommandError("ERR invalid expire time in 'set' command");
      expiresAtMs = (option.endsWith("AT") ? 0 : context.nowMs) + amount * (option.startsWith("E") ? 1_000 : 1);
    } else throw new CommandError("ERR syntax error");
  }
  return { condition, expiresAtMs, keepTtl, returnOld };
}

function setString(context: CommandContext, args: readonly Buffer[]): Reply {
  const { db } = context;
  const key = name(args, 1);
  const options = readSetOptions(context, args);
  const old = options.returnOld ? (db.read(key, "string")?.data ?? null) : null;
  const existing = db.get(key);
  const allowed = options.condition === null || (options.condition === "XX") === (existing !== undefined);
  if (!allowed) return options.returnOld ? old : null;
  const expiresAtMs = options.keepTtl ? (existing?.expiresAtMs ?? null) : options.expiresAtMs;
  const data = keptBytes(args, 2);
  db.set(key, { type: "string", data }, expiresAtMs);
  context.propagate(expiresAtMs === null ? ["SET", bulk(key), data] : ["SET", bulk(key), data, "PXAT", expiresAtMs]);
  return options.returnOld ? old : OK;
}

function increment(context: CommandContext, key: string, by: number): number {
  const { db } = context;
  const current = db.read(key, "string");
  const next = (current === undefined ? 0 : parseInteger(current.data.toString("latin1"))) + by;
  if (!Number.isSafeInteger(next)) throw new CommandError("ERR increment or decrement would overflow");
  db.set(key, { type: "string", data: bulk(next) }, db.get(key)?.expiresAtMs ?? null);
  return next;
}

function expireAt(context: CommandContext, key: string, atMs: number): number {
  const { db } = context;
  if (db.get(key) === undefined) return 0;
  if (db.expiryActive && atMs <= context.nowMs) {
    db.delete(key);
    context.propagate(["DEL", bulk(key)]);
  } else {
    db.setExpiry(key, atMs);
    context.propagate(["PEXPIREAT", bulk(key), atMs]);
  }
  return 1;
}

function deleteKeys(context: CommandContext, args: readonly Buffer[]): number {
  let count = 0;
  for (let index = 1; index < args.length; index += 1) if (context.db.delete(name(args, index))) count += 1;
  return count;
}

function scan(context: CommandContext, args: readonly Buffer[]): Reply {
  // COUNT is a hint: everything comes in one page, so each key is there exactly once.
  let matches: ((key: string) => boolean) | null = null;
  let type: string | null = null;
  parseInteger(name(args, 1));
  for (let index = 2; index < args.length; index += 2) {
    const option = word(args, index);
    if (option === "MATCH") matches = globMatcher(name(args, index + 1));
    else if (option === "TYPE") type = name(args, index + 1).toLowerCase();
    else if (option === "COUNT") integer(args, index + 1);
    else throw new CommandError("ERR syntax error");
  }
  const found: Buffer[] = [];
  for (const key of context.db.keys()) {
    if (matches !== null && !matches(key)) continue;
    const entry = context.db.get(key);
    if (entry !== undefined && (type === null || entry.value.type === type)) found.push(bulk(key));
  }
  return [bulk("0"), found];
}

export const stringCommands: CommandTable = {
  GET: {
    arity: 2,
    write: false,
    keys: [1, 1, 1],
    run: ({ db }, args) => db.read(name(args, 1), "string")?.data ?? null,
  },
  SET: { arity: -3, write: true, keys: [1, 1, 1], run: setString },
  MGET: {
    arity: -2,
    write: false,
    keys: [1, -1, 1],
    run: ({ db }, args) =>
      args.slice(1).map((key) => {
        const value = db.get(key.toString("latin1"))?.value;
        return value?.type === "string" ? value.data : null;
      }),
  },
  MSET: {
    arity: -3,
    write: true,
    keys: [1, -1, 2],
    run({ db }, args) {
      if (args.length % 2 === 0) throw new CommandError("ERR wrong number of arguments for 'mset' command");
      for (let index = 1; index < args.length; index += 2) {
        db.set(name(args, index), { type: "string", data: keptBytes(args, index + 1) }, null);
      }
      return OK;
    },
  },
  INCR: { arity: 2, write: true, keys: [1, 1, 1], run: (context, args) => increment(context, name(args, 1), 1) },
  INCRBY: {
    arity: 3,
    write: true,
    keys: [1, 1, 1],
    run: (context, args) => increment(context, name(args, 1), integer(args, 2)),
  },
  DEL: { arity: -2, write: true, keys: [1, -1, 1], run: deleteKeys },
  UNLINK: { arity: -2, write: true, keys: [1, -1, 1], run: deleteKeys },
  EXISTS: {
    arity: -2,
    write: false,
    keys: [1, -1, 1],
    run: ({ db }, args) => args.slice(1).filter((key) => db.get(key.toString("latin1")) !== undefined).length,
  },
  PEXPIRE: {
    arity: 3,
    write: true,
    keys: [1, 1, 1],
    run: (context, args) => expireAt(context, name(args, 1), context.nowMs + integer(args, 2)),
  },
  /** Written by this server into its own file. */
  PEXPIREAT: {
    arity: 3,
    write: true,
    keys: [1, 1, 1],
    run: (context, args) => expireAt(context, name(args, 1), integer(args, 2)),
  },
  PERSIST: {
    arity: 2,
    write: true,
    keys: [1, 1, 1],
    run({ db }, args) {
      const key = name(args, 1);
      if ((db.get(key)?.expiresAtMs ?? null) === null) return 0;
      db.setExpiry(key, null);
      return 1;
    },
  },
  PTTL: {
    arity: 2,
    write: false,
    keys: [1, 1, 1],
    run(context, args) {
      const entry = context.db.get(name(args, 1));
      if (entry === undefined) return -2;
      return entry.expiresAtMs === null ? -1 : Math.max(0, entry.expiresAtMs - context.nowMs);
    },
  },
  TYPE: {
    arity: 2,
    write: false,
    keys: [1, 1, 1],
    run: ({ db }, args) => ({ simple: db.get(name(args, 1))?.value.type ?? "none" }),
  },
  SCAN: { arity: -2, write: false, keys: null, run: scan },
  DBSIZE: { arity: 1, write: false, keys: null, run: ({ db }) => db.size() },
  FLUSHALL: {
    arity: -1,
    write: true,
    keys: null,
    run(context) {
      context.db.clear();
      context.propagate(["FLUSHALL"]);
      return OK;
    },
  },
  PUBLISH: {
    arity: 3,
    write: false,
    keys: null,
    run: (context, args) => context.publish(name(args, 1), bytes(args, 2)),
  },
};
