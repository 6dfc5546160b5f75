// Every script of the hot store in both languages: Lua for Redis and DragonflyDB, the JS twin for the embedded server (services.md 1.4).

/** One call into the store from inside a script; replies are strings, numbers (integers), null or arrays. */
export type ScriptReply = string | number | null | readonly ScriptReply[];
export type ScriptCall = (command: string, ...args: (string | number)[]) => ScriptReply;

export interface StoreScript {
  readonly name: string;
  /** Touches only keys given in KEYS, returns strings or integers (DragonflyDB rules, services.md 1.2). */
  readonly lua: string;
  /** Body of `(call, KEYS, ARGV) => reply` with zero-based arrays; the contract suite proves it equal to the Lua. */
  readonly js: string;
}

const acquireLease = {
  name: "acquireLease",
  lua: `-- KEYS lease, fence  ARGV owner, ttlMs, nowMs  -> token as text, or "0" when held
if redis.call('GET', KEYS[1]) then return '0' end
local token = tonumber(redis.call('GET', KEYS[2]) or '0') + 1
local now = tonumber(ARGV[3])
if now > token then token = now end
local text = string.format('%.0f', token)
redis.call('SET', KEYS[2], text)
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. text, 'PX', ARGV[2])
return text`,
  js: `if (call("GET", KEYS[0]) !== null) return "0";
const text = String(Math.max(Number(call("GET", KEYS[1]) ?? "0") + 1, Number(ARGV[2])));
call("SET", KEYS[1], text);
call("SET", KEYS[0], ARGV[0] + ":" + text, "PX", ARGV[1]);
return text;`,
} as const;

const refreshLease = {
  name: "refreshLease",
  lua: `-- KEYS lease  ARGV owner:token, ttlMs  -> 1 or 0
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`,
  js: `return call("GET", KEYS[0]) === ARGV[0] ? call("PEXPIRE", KEYS[0], ARGV[1]) : 0;`,
} as const;

const releaseLease = {
  name: "releaseLease",
  lua: `-- KEYS lease  ARGV owner:token  -> 1 or 0
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`,
  js: `return call("GET", KEYS[0]) === ARGV[0] ? call("DEL", KEYS[0]) : 0;`,
} as const;

const fencedWrite = {
  name: "fencedWrite",
  lua: `-- KEYS state hash  ARGV token, json  -> 1, or 0 when a later holder wrote
if tonumber(ARGV[1]) < tonumber(redis.call('HGET', KEYS[1], 'fence') or '0') then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'v', ARGV[2])
return 1`,
  js: `if (Number(ARGV[0]) < Number(call("HGET", KEYS[0], "fence") ?? "0")) return 0;
call("HSET", KEYS[0], "fence", ARGV[0], "v", ARGV[1]);
return 1;`,
} as const;

const compareAndSet = {
  name: "compareAndSet",
  lua: `-- KEYS string  ARGV expected ('' = absent), next, ttlMs (0 = for ever)  -> 1 or 0
local current = redis.call('GET', KEYS[1])
if ARGV[1] == '' then
  if current then return 0 end
elseif current ~= ARGV[1] then
  return 0
end
if tonumber(ARGV[3]) > 0 then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1`,
  js: `const current = call("GET", KEYS[0]);
if (ARGV[0] === "" ? current !== null : current !== ARGV[0]) return 0;
if (Number(ARGV[2]) > 0) call("SET", KEYS[0], ARGV[1], "PX", ARGV[2]);
else call("SET", KEYS[0], ARGV[1]);
return 1;`,
} as const;

const takeOnce = {
  name: "takeOnce",
  lua: `-- KEYS string  -> its value and the key is gone, or '' when absent
local value = redis.call('GET', KEYS[1])
if not value then return '' end
redis.call('DEL', KEYS[1])
return value`,
  js: `const value = call("GET", KEYS[0]);
if (value === null) return "";
call("DEL", KEYS[0]);
return value;`,
} as const;

const appendEvent = {
  name: "appendEvent",
  lua: `-- KEYS stream  ARGV maxLen, channel, json  -> id; the message on the channel is the id
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'json', ARGV[3])
redis.call('PUBLISH', ARGV[2], id)
return id`,
  js: `const id = call("XADD", KEYS[0], "MAXLEN", "~", ARGV[0], "*", "json", ARGV[2]);
call("PUBLISH", ARGV[1], id);
return id;`,
} as const;

export const storeScripts = [
  acquireLease,
  refreshLease,
  releaseLease,
  fencedWrite,
  compareAndSet,
  takeOnce,
  appendEvent,
] as const satisfies readonly StoreScript[];

export type StoreScriptName = (typeof storeScripts)[number]["name"];
