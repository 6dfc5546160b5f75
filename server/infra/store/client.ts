// One door to the hot store: ioredis with bounded waits, every call a Result, separate connections for subscribing and for blocking reads.
import { createHash } from "node:crypto";
import { Redis, type RedisOptions } from "ioredis";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, StoreError } from "@/lib/errors/tidegate-error";
import { storeScripts, type StoreScriptName } from "./scripts";

export interface StoreSettings {
  /** `redis://[:password@]host:port[/db]`, `rediss://...`, or the path of a unix socket. */
  readonly url: string;
  /** Used when the address carries no password. */
  readonly password?: string | undefined;
  /** Shown by CLIENT LIST, for example `worker WETH-USDC`. */
  readonly name: string;
}

export interface StoreStatus {
  readonly state: "ready" | "connecting" | "away" | "closed";
  readonly sinceWallMs: number;
  readonly lastError: string | null;
}

export interface StoreClient {
  /** Runs commands on the shared connection. `what` names the work in an error, for example `read the plans`. */
  call<T>(what: string, run: (redis: Redis) => Promise<T>): Promise<Result<T, StoreError>>;
  /** Runs one of storeScripts by its hash, loading it when the server does not know it yet. */
  script(
    name: StoreScriptName,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<Result<string, StoreError>>;
  /** The connection for SUBSCRIBE; made at first use. */
  subscriber(): Redis;
  /** A new connection for XREAD BLOCK or BRPOP, without a command timeout; the caller disconnects it. */
  createBlocking(): Redis;
  status(): StoreStatus;
  /** Called with each change of status; returns the function that ends it. */
  onStatus(listener: (status: StoreStatus) => void): () => void;
  /** True when the store answered within the limit. */
  waitReady(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** Measured in services.md 1.1: a frozen server is given up after 800 ms, a dead one at once. */
export const STORE_COMMAND_TIMEOUT_MS = 800;
export const STORE_CONNECT_TIMEOUT_MS = 1_000;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 2_000;

const scriptHash = new Map<string, string>(
  storeScripts.map((script) => [script.name, createHash("sha1").update(script.lua).digest("hex")]),
);
const scriptLua = new Map<string, string>(storeScripts.map((script) => [script.name, script.lua]));

export function createStoreClient(settings: StoreSettings): StoreClient {
  const listeners = new Set<(status: StoreStatus) => void>();
  let status: StoreStatus = { state: "connecting", sinceWallMs: Date.now(), lastError: null };
  let subscriber: Redis | null = null;
  const blocking = new Set<Redis>();

  function setStatus(state: StoreStatus["state"], lastError: string | null): void {
    const sinceWallMs = state === status.state ? status.sinceWallMs : Date.now();
    const changed = state !== status.state;
    status = { state, sinceWallMs, lastError };
    if (changed) for (const listener of listeners) listener(status);
  }

  const main = new Redis(settings.url, { ...baseOptions(settings), commandTimeout: STORE_COMMAND_TIMEOUT_MS });
  main.on("ready", () => setStatus("ready", null));
  main.on("close", () => setStatus(status.state === "closed" ? "closed" : "away", status.lastError));
  main.on("error", (error: unknown) => {
    if (status.state !== "closed")
      setStatus(main.status === "ready" ? "ready" : "away", safeStoreText(errorText(error)));
  });

  async function call<T>(what: string, run: (redis: Redis) => Promise<T>): Promise<Result<T, StoreError>> {
    try {
      return ok(await run(main));
    } catch (error) {
      return err(toStoreError(what, error, status.lastError));
    }
  }

  return {
    call,
    async script(name, keys, args) {
      const sha = scriptHash.get(name) ?? "";
      const lua = scriptLua.get(name) ?? "";
      const reply = await call(`run the script ${name}`, async (redis): Promise<unknown> => {
        try {
          return await redis.evalsha(sha, keys.length, ...keys, ...args);
        } catch (error) {
          if (!errorText(error).startsWith("NOSCRIPT")) throw error;
          return await redis.eval(lua, keys.length, ...keys, ...args);
        }
      });
      return reply.ok ? ok(String(reply.value)) : reply;
    },
    subscriber() {
      subscriber ??= createSubscriber(settings);
      return subscriber;
    },
    createBlocking() {
      const connection = new Redis(settings.url, baseOptions(settings));
      connection.on("error", () => undefined);
      connection.on("end", () => blocking.delete(connection));
      blocking.add(connection);
      return connection;
    },
    status: () => status,
    onStatus(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async waitReady(timeoutMs) {
      const deadlineMonoMs = performance.now() + timeoutMs;
      while (performance.now() < deadlineMonoMs && status.state !== "closed") {
        if (main.status === "ready") {
          const pong = await call("ping", (redis) => redis.ping());
          if (pong.ok) return true;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return false;
    },
    async close() {
      setStatus("closed", null);
      for (const connection of [main, subscriber, ...blocking]) connection?.disconnect();
      await Promise.resolve();
    },
  };
}

function baseOptions(settings: StoreSettings) {
  const hasPassword = /^rediss?:\/\/[^/]*:[^/]+@/i.test(settings.url);
  return {
    connectTimeout: STORE_CONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    // A command cut off by a lost connection may have run: it fails at once and its caller decides, it is never sent twice.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    replyMapping: "legacy" as const,
    protocol: 2 as const,
    connectionName: settings.name.replace(/[^A-Za-z0-9_.:-]/g, "-"),
    retryStrategy: (times) =>
      Math.min(RECONNECT_MIN_MS * 2 ** Math.min(times, 10), RECONNECT_MAX_MS) * (0.75 + Math.random() * 0.5),
    ...(settings.password !== undefined && !hasPassword ? { password: settings.password } : {}),
  } satisfies RedisOptions;
}

function createSubscriber(settings: StoreSettings): Redis {
  // The offline queue keeps SUBSCRIBE calls made while connecting; ioredis subscribes again after each reconnect.
  const connection = new Redis(settings.url, {
    ...baseOptions(settings),
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    autoResubscribe: true,
  });
  connection.setMaxListeners(0);
  // Its failures show as the main connection's status; without a listener an error event would end the process.
  connection.on("error", () => undefined);
  return connection;
}

/** Addresses may carry a password; error texts never do. */
function safeStoreText(text: string): string {
  return text.replace(/(rediss?:\/\/)[^@\s]*@/gi, "$1***@");
}

function toStoreError(what: string, error: unknown, lastConnectionError: string | null): StoreError {
  const text = safeStoreText(errorText(error));
  if (text.includes("Command timed out")) {
    return new StoreError({
      code: "timeout",
      message: `Could not ${what}: the store did not answer within ${STORE_COMMAND_TIMEOUT_MS} ms. It may be frozen or overloaded; the work is tried again.`,
      retryable: true,
      cause: error,
    });
  }
  if (/^(OOM|WRONGTYPE|NOAUTH|WRONGPASS|NOPERM|ERR|EXECABORT|READONLY|MISCONF|NOSCRIPT)\b/.test(text)) {
    return new StoreError({
      code: "refused",
      message: `Could not ${what}: the store refused the command (${text}).${refusalAdvice(text)}`,
      retryable: /^(OOM|READONLY|MISCONF)/.test(text),
      cause: error,
    });
  }
  // The library names its own options here; what happened is that there is no connection, and why is the last error of it.
  const cause = /Stream isn't writeable|max retries per request|Connection is closed/.test(text)
    ? (lastConnectionError ?? "the connection was lost")
    : text;
  return new StoreError({
    code: "unreachable",
    message: `Could not ${what}: the store is away (${cause}). Check that it runs and that TG_STORE_URL is right.`,
    retryable: true,
    cause: error,
  });
}

function refusalAdvice(text: string): string {
  if (text.startsWith("OOM")) return " It is full: raise its memory limit.";
  if (/^(NOAUTH|WRONGPASS|NOPERM)/.test(text)) return " Check the password in TG_STORE_URL.";
  if (text.startsWith("WRONGTYPE"))
    return " The key holds another kind of value: another program may write to the same store.";
  return "";
}
