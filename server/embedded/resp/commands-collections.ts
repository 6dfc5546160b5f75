// Hashes, sets and lists.
import { integer, keptBytes, name, parseInteger, type CommandContext, type CommandTable } from "./command";
import { bulk, CommandError, OK, type Reply } from "./protocol";

function push(context: CommandContext, args: readonly Buffer[], place: "head" | "tail"): number {
  const key = name(args, 1);
  const { items } = context.db.modify(key, "list");
  for (let index = 2; index < args.length; index += 1) {
    if (place === "head") items.unshift(keptBytes(args, index));
    else items.push(keptBytes(args, index));
  }
  context.db.touch(key);
  return items.length;
}

export function popItem(context: CommandContext, key: string, place: "head" | "tail"): Buffer | null {
  if (context.db.read(key, "list") === undefined) return null;
  const { items } = context.db.modify(key, "list");
  const item = place === "head" ? items.shift() : items.pop();
  context.db.touch(key);
  context.propagate([place === "head" ? "LPOP" : "RPOP", bulk(key)]);
  return item ?? null;
}

/** Redis index pair to [from, to) of an array. */
export function indexRange(length: number, start: number, stop: number): readonly [number, number] {
  const from = start < 0 ? Math.max(0, length + start) : start;
  const to = (stop < 0 ? length + stop : Math.min(stop, length - 1)) + 1;
  return from >= to ? [0, 0] : [from, to];
}

function hashSet(context: CommandContext, args: readonly Buffer[]): Reply {
  if (args.length % 2 !== 0) throw new CommandError("ERR wrong number of arguments for 'hset' command");
  const key = name(args, 1);
  const { fields } = context.db.modify(key, "hash");
  let added = 0;
  for (let index = 2; index < args.length; index += 2) {
    const field = name(args, index);
    if (!fields.has(field)) added += 1;
    fields.set(field, keptBytes(args, index + 1));
  }
  context.db.touch(key);
  return added;
}

export const collectionCommands: CommandTable = {
  HSET: { arity: -4, write: true, keys: [1, 1, 1], run: hashSet },
  HGET: {
    arity: 3,
    write: false,
    keys: [1, 1, 1],
    run: ({ db }, args) => db.read(name(args, 1), "hash")?.fields.get(name(args, 2)) ?? null,
  },
  HMGET: {
    arity: -3,
    write: false,
    keys: [1, 1, 1],
    run({ db }, args) {
      const fields = db.read(name(args, 1), "hash")?.fields;
      return args.slice(2).map((field) => fields?.get(field.toString("latin1")) ?? null);
    },
  },
  HGETALL: {
    arity: 2,
    write: false,
    keys: [1, 1, 1],
    run: ({ db }, args) =>
      [...(db.read(name(args, 1), "hash")?.fields ?? [])].flatMap(([field, value]) => [bulk(field), value]),
  },
  HDEL: {
    arity: -3,
    write: true,
    keys: [1, 1, 1],
    run({ db }, args) {
      const key = name(args, 1);
      if (db.read(key, "hash") === undefined) return 0;
      const { fields } = db.modify(key, "hash");
      const count = args.slice(2).filter((field) => fields.delete(field.toString("latin1"))).length;
      if (count > 0) db.touch(key);
      return count;
    },
  },
  HINCRBY: {
    arity: 4,
    write: true,
    keys: [1, 1, 1],
    run({ db }, args) {
      const key = name(args, 1);
      const field = name(args, 2);
      const by = integer(args, 3);
      const current = db.read(key, "hash")?.fields.get(field);
      const next = (current === undefined ? 0 : hashInteger(current)) + by;
      if (!Number.isSafeInteger(next)) throw new CommandError("ERR increment or decrement would overflow");
      db.modify(key, "hash").fields.set(field, bulk(next));
      db.touch(key);
      return next;
    },
  },
  SADD: {
    arity: -3,
    write: true,
    keys: [1, 1, 1],
    run({ db }, args) {
      const key = name(args, 1);
      const { members } = db.modify(key, "set");
      const before = members.size;
      for (const member of args.slice(2)) members.add(member.toString("latin1"));
      if (members.size > before) db.touch(key);
      return members.size - before;
    },
  },
  SREM: {
    arity: -3,
    write: true,
    keys: [1, 1, 1],
    run({ db }, args) {
      const key = name(args, 1);
      if (db.read(key, "set") === undefined) return 0;
      const { members } = db.modify(key, "set");
      const count = args.slice(2).filter((member) => members.delete(member.toString("latin1"))).length;
      if (count > 0) db.touch(key);
      return count;
    },
  },
  SMEMBERS: {
    arity: 2,
    write: false,
    keys: [1, 1, 1],
    run: ({ db }, args) => [...(db.read(name(args, 1), "set")?.members ?? [])].map(bulk),
  },
  LPUSH: { arity: -3, write: true, keys: [1, 1, 1], run: (context, args) => push(context, args, "head") },
  RPUSH: { arity: -3, write: true, keys: [1, 1, 1], run: (context, args) => push(context, args, "tail") },
  LPOP: { arity: 2, write: true, keys: [1, 1, 1], run: (context, args) => popItem(context, name(args, 1), "head") },
  RPOP: { arity: 2, write: true, keys: [1, 1, 1], run: (context, args) => popItem(context, name(args, 1), "tail") },
  LRANGE: {
    arity: 4,
    write: false,
    keys: [1, 1, 1],
    run({ db }, args) {
      const items = db.read(name(args, 1), "list")?.items ?? [];
      return items.slice(...indexRange(items.length, integer(args, 2), integer(args, 3)));
    },
  },
  LTRIM: {
    arity: 4,
    write: true,
    keys: [1, 1, 1],
    run({ db }, args) {
      const key = name(args, 1);
      const start = integer(args, 2);
      const stop = integer(args, 3);
      if (db.read(key, "list") === undefined) return OK;
      const { items } = db.modify(key, "list");
      const [from, to] = indexRange(items.length, start, stop);
      items.splice(to);
      items.splice(0, from);
      db.touch(key);
      return OK;
    },
  },
};

function hashInteger(value: Buffer): number {
  try {
    return parseInteger(value.toString("latin1"));
  } catch (cause) {
    if (cause instanceof CommandError) throw new CommandError("ERR hash value is not an integer", { cause });
    throw cause;
  }
}
