// The data itself: typed values under binary-safe keys, expiry, and hooks before and after each change.
import { CommandError } from "./protocol";

export interface StreamItem {
  readonly ms: number;
  readonly seq: number;
  readonly fields: readonly Buffer[];
}

export type Value =
  | { readonly type: "string"; readonly data: Buffer }
  | { readonly type: "hash"; readonly fields: Map<string, Buffer> }
  | { readonly type: "set"; readonly members: Set<string> }
  | {
      readonly type: "zset";
      readonly scores: Map<string, number>;
      sorted: readonly (readonly [string, number])[] | null;
    }
  | { readonly type: "list"; readonly items: Buffer[] }
  | { readonly type: "stream"; readonly items: StreamItem[]; lastMs: number; lastSeq: number };

export type ValueOf<T extends Value["type"]> = Extract<Value, { readonly type: T }>;

export interface Entry {
  readonly value: Value;
  readonly expiresAtMs: number | null;
}

export interface DatabaseHooks {
  readonly nowMs: () => number;
  /** Before the first change of a key by a command: the rewrite of the file saves the old value here. */
  readonly beforeWrite: (key: string, entry: Entry | undefined) => void;
  /** After a change; wakes WATCH and blocked readers. */
  readonly changed: (key: string) => void;
  /** A key was removed because its time was over. */
  readonly expired: (key: string) => void;
}

export interface Database {
  /** False while the file is replayed: then only logged DELs remove keys. */
  expiryActive: boolean;
  get(key: string): Entry | undefined;
  /** Also when its time is over. */
  peek(key: string): Entry | undefined;
  read<T extends Value["type"]>(key: string, type: T): ValueOf<T> | undefined;
  /** The value for a change in place, made when absent; call `touch` after the change. */
  modify<T extends Value["type"]>(key: string, type: T): ValueOf<T>;
  set(key: string, value: Value, expiresAtMs: number | null): void;
  setExpiry(key: string, expiresAtMs: number | null): void;
  delete(key: string): boolean;
  /** Marks a change made in place; removes a collection that became empty. */
  touch(key: string): void;
  clear(): void;
  keys(): IterableIterator<string>;
  size(): number;
  expiringCount(): number;
  /** Removes at most `limit` keys whose time is over. */
  removeExpired(limit: number): number;
}

export const WRONGTYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";

export function createDatabase(hooks: DatabaseHooks): Database {
  const entries = new Map<string, Entry>();
  const expiring = new Set<string>();

  function store(key: string, value: Value, expiresAtMs: number | null): void {
    entries.set(key, { value, expiresAtMs });
    if (expiresAtMs === null) expiring.delete(key);
    else expiring.add(key);
  }

  function drop(key: string): void {
    entries.delete(key);
    expiring.delete(key);
  }

  function get(key: string): Entry | undefined {
    const entry = entries.get(key);
    if (entry === undefined || !db.expiryActive) return entry;
    if (entry.expiresAtMs === null || entry.expiresAtMs > hooks.nowMs()) return entry;
    expire(key, entry);
    return undefined;
  }

  function expire(key: string, entry: Entry): void {
    hooks.beforeWrite(key, entry);
    drop(key);
    hooks.expired(key);
    hooks.changed(key);
  }

  const db: Database = {
    expiryActive: true,
    get,
    peek: (key) => entries.get(key),
    read<T extends Value["type"]>(key: string, type: T): ValueOf<T> | undefined {
      const value = get(key)?.value;
      if (value === undefined) return undefined;
      if (!isType(value, type)) throw new CommandError(WRONGTYPE);
      return value;
    },
    modify<T extends Value["type"]>(key: string, type: T): ValueOf<T> {
      const entry = get(key);
      hooks.beforeWrite(key, entry);
      const value = entry?.value ?? createEmpty(type);
      if (!isType(value, type)) throw new CommandError(WRONGTYPE);
      if (entry === undefined) store(key, value, null);
      return value;
    },
    set(key, value, expiresAtMs) {
      hooks.beforeWrite(key, entries.get(key));
      store(key, value, expiresAtMs);
      hooks.changed(key);
    },
    setExpiry(key, expiresAtMs) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      hooks.beforeWrite(key, entry);
      store(key, entry.value, expiresAtMs);
      hooks.changed(key);
    },
    delete(key) {
      const entry = get(key);
      if (entry === undefined) return false;
      hooks.beforeWrite(key, entry);
      drop(key);
      hooks.changed(key);
      return true;
    },
    touch(key) {
      const value = entries.get(key)?.value;
      if (value !== undefined && isEmpty(value)) drop(key);
      hooks.changed(key);
    },
    clear() {
      for (const [key, entry] of entries) {
        hooks.beforeWrite(key, entry);
        hooks.changed(key);
      }
      entries.clear();
      expiring.clear();
    },
    keys: () => entries.keys(),
    size: () => entries.size,
    expiringCount: () => expiring.size,
    removeExpired(limit) {
      const nowMs = hooks.nowMs();
      let removed = 0;
      for (const key of expiring) {
        if (removed >= limit) break;
        const entry = entries.get(key);
        if (entry?.expiresAtMs !== undefined && entry.expiresAtMs !== null && entry.expiresAtMs <= nowMs) {
          expire(key, entry);
          removed += 1;
        }
      }
      return removed;
    },
  };
  return db;
}

function isType<T extends Value["type"]>(value: Value, type: T): value is ValueOf<T> {
  return value.type === type;
}

function createEmpty(type: Value["type"]): Value {
  switch (type) {
    case "string":
      return { type, data: Buffer.alloc(0) };
    case "hash":
      return { type, fields: new Map() };
    case "set":
      return { type, members: new Set() };
    case "zset":
      return { type, scores: new Map(), sorted: null };
    case "list":
      return { type, items: [] };
    case "stream":
      return { type, items: [], lastMs: 0, lastSeq: 0 };
  }
}

function isEmpty(value: Value): boolean {
  switch (value.type) {
    case "string":
    case "stream":
      return false;
    case "hash":
      return value.fields.size === 0;
    case "set":
      return value.members.size === 0;
    case "zset":
      return value.scores.size === 0;
    case "list":
      return value.items.length === 0;
  }
}
