// Sockets, sessions and waiting: authentication, MULTI/EXEC/WATCH, pub/sub, blocking reads.
import { timingSafeEqual, createHash } from "node:crypto";
import net from "node:net";
import { errorText } from "@/lib/errors/tidegate-error";
import { float, globMatcher, name, word } from "./command";
import { readNewItems, readStreamRequest } from "./commands-streams";
import { createEngine, type Engine } from "./engine";
import {
  bulk,
  CommandError,
  createRequestParser,
  encodeReply,
  NIL_ARRAY,
  OK,
  ProtocolError,
  type Reply,
  type RequestParser,
} from "./protocol";
import { scriptSha, type KnownScript } from "./scripts";

export interface RespServerSettings {
  readonly dataDir: string;
  readonly password: string;
  readonly scripts: ReadonlyMap<string, KnownScript>;
  readonly compactAboveBytes: number;
  readonly listen: { readonly port: number } | { readonly socketPath: string };
  /** Shown by INFO, so that a second server on the same directory recognises the first. */
  readonly runId: string;
  readonly say: (message: string) => void;
}

export interface RespServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Waiting {
  readonly keys: readonly string[];
  /** The reply when there is something now, else null. */
  readonly attempt: () => Reply;
  readonly timer: ReturnType<typeof setTimeout> | null;
}

interface Session {
  readonly id: number;
  readonly socket: net.Socket;
  readonly parser: RequestParser;
  readonly backlog: Buffer[][];
  readonly out: Buffer[];
  readonly channels: Set<string>;
  readonly patterns: Map<string, (channel: string) => boolean>;
  readonly watched: Set<string>;
  authenticated: boolean;
  clientName: string;
  transaction: Buffer[][] | null;
  transactionBroken: boolean;
  watchBroken: boolean;
  waiting: Waiting | null;
  closing: boolean;
}

/** A subscriber that does not read is cut off before it fills the memory. */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024;
const MAX_BACKLOG_COMMANDS = 100_000;

export async function startRespServer(settings: RespServerSettings): Promise<RespServer> {
  const sessions = new Set<Session>();
  const dirty = new Set<Session>();
  const changedKeys = new Set<string>();
  const waiters = new Set<Session>();
  let nextSessionId = 1;
  const startedAtMonoMs = performance.now();

  const engine: Engine = createEngine({
    dataDir: settings.dataDir,
    compactAboveBytes: settings.compactAboveBytes,
    scripts: settings.scripts,
    nowMs: () => Date.now(),
    say: settings.say,
    publish,
    changed: (key) => {
      changedKeys.add(key);
      for (const session of sessions) if (session.watched.has(key)) session.watchBroken = true;
    },
  });

  function publish(channel: string, message: Buffer): number {
    let count = 0;
    const kept = Buffer.from(message);
    for (const session of sessions) {
      if (session.channels.has(channel)) {
        send(session, [bulk("message"), bulk(channel), kept]);
        count += 1;
      }
      for (const [pattern, matches] of session.patterns) {
        if (!matches(channel)) continue;
        send(session, [bulk("pmessage"), bulk(pattern), bulk(channel), kept]);
        count += 1;
      }
    }
    return count;
  }

  function send(session: Session, reply: Reply): void {
    encodeReply(reply, session.out);
    dirty.add(session);
  }

  /** Effects reach the file before any reply leaves. */
  function flushAll(): void {
    engine.file.flush();
    for (const session of dirty) {
      if (session.out.length > 0 && !session.socket.destroyed) session.socket.write(Buffer.concat(session.out));
      session.out.length = 0;
      if (session.closing) session.socket.end();
      else if (session.socket.writableLength > MAX_UNSENT_BYTES) session.socket.destroy();
    }
    dirty.clear();
  }

  function runBacklog(session: Session): void {
    while (session.waiting === null && !session.closing) {
      const args = session.backlog.shift();
      if (args === undefined) return;
      const reply = runCommand(session, args);
      if (reply !== undefined) send(session, reply);
    }
  }

  /** Serves readers whose keys changed, oldest first, until nothing more moves. */
  function serveWaiters(): void {
    while (changedKeys.size > 0) {
      const keys = new Set(changedKeys);
      changedKeys.clear();
      for (const session of waiters) {
        const { waiting } = session;
        if (waiting === null || !waiting.keys.some((key) => keys.has(key))) continue;
        let reply: Reply;
        try {
          reply = waiting.attempt();
        } catch (error) {
          reply = { error: commandErrorText(error) };
        }
        if (reply === null) continue;
        stopWaiting(session);
        send(session, reply);
        runBacklog(session);
      }
    }
  }

  function stopWaiting(session: Session): void {
    if (session.waiting?.timer != null) clearTimeout(session.waiting.timer);
    session.waiting = null;
    waiters.delete(session);
  }

  /** undefined = no reply now. */
  function wait(
    session: Session,
    input: { readonly keys: readonly string[]; readonly timeoutMs: number; readonly attempt: () => Reply },
  ): undefined {
    const onTimeout = (): void => {
      stopWaiting(session);
      send(session, NIL_ARRAY);
      runBacklog(session);
      serveWaiters();
      flushAll();
    };
    const timer = input.timeoutMs === 0 ? null : setTimeout(onTimeout, Math.min(input.timeoutMs, 2 ** 31 - 1));
    session.waiting = { keys: input.keys, attempt: input.attempt, timer };
    waiters.add(session);
    return undefined;
  }

  function runCommand(session: Session, args: readonly Buffer[]): Reply | undefined {
    const command = word(args, 0);
    try {
      if (!session.authenticated && !["AUTH", "HELLO", "QUIT"].includes(command)) {
        return { error: "NOAUTH Authentication required." };
      }
      const subscribed = session.channels.size + session.patterns.size > 0;
      if (subscribed && !SUBSCRIBER_COMMANDS.has(command)) {
        return {
          error: `ERR Can't execute '${command.toLowerCase()}': only (P)SUBSCRIBE / (P)UNSUBSCRIBE / PING / QUIT are allowed in this context`,
        };
      }
      if (session.transaction !== null && !TRANSACTION_COMMANDS.has(command)) return queueCommand(session, args);
      return runNow(session, args);
    } catch (error) {
      return { error: commandErrorText(error) };
    }
  }

  function queueCommand(session: Session, args: readonly Buffer[]): Reply {
    const command = word(args, 0);
    const spec = engine.find(command);
    const known = spec !== null || QUEUEABLE_COMMANDS.has(command);
    const arityOk = spec === null || (spec.arity >= 0 ? args.length === spec.arity : args.length >= -spec.arity);
    if (!known || !arityOk || ["SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE"].includes(command)) {
      session.transactionBroken = true;
      return known && !arityOk
        ? { error: `ERR wrong number of arguments for '${command.toLowerCase()}' command` }
        : { error: `ERR unknown command '${name(args, 0)}'` };
    }
    session.transaction?.push(args.map((arg) => Buffer.from(arg)));
    return { simple: "QUEUED" };
  }

  function runNow(session: Session, args: readonly Buffer[]): Reply | undefined {
    const command = word(args, 0);
    const inTransaction = session.transaction !== null && !TRANSACTION_COMMANDS.has(command);
    switch (command) {
      case "PING":
        return ping(session, args);
      case "ECHO":
        return args[1] ?? null;
      case "HELLO":
        return hello(session, args);
      case "AUTH":
        return authenticate(session, args);
      case "SELECT":
        return name(args, 1) === "0" ? OK : { error: "ERR DB index is out of range" };
      case "CLIENT":
        return client(session, args);
      case "INFO":
        return bulk(infoText());
      case "TIME":
        return timeReply();
      case "QUIT":
        session.closing = true;
        return OK;
      case "SCRIPT":
        return script(args);
      case "MULTI":
        if (session.transaction !== null) return { error: "ERR MULTI calls can not be nested" };
        session.transaction = [];
        session.transactionBroken = false;
        return OK;
      case "DISCARD":
        if (session.transaction === null) return { error: "ERR DISCARD without MULTI" };
        endTransaction(session);
        return OK;
      case "EXEC":
        return executeTransaction(session);
      case "WATCH":
        return watch(session, args);
      case "UNWATCH":
        session.watched.clear();
        session.watchBroken = false;
        return OK;
      case "SUBSCRIBE":
      case "PSUBSCRIBE":
        if (args.length < 2)
          throw new CommandError(`ERR wrong number of arguments for '${command.toLowerCase()}' command`);
        return subscribe(session, args);
      case "UNSUBSCRIBE":
      case "PUNSUBSCRIBE":
        return unsubscribe(session, args);
      case "XREAD":
        return readStreams(session, args, inTransaction);
      case "BRPOP":
      case "BLPOP":
        return blockingPop(session, args, inTransaction);
      default:
        return engine.execute(args);
    }
  }

  function ping(session: Session, args: readonly Buffer[]): Reply {
    const subscribed = session.channels.size + session.patterns.size > 0;
    if (subscribed) return [bulk("pong"), args[1] ?? bulk("")];
    return args[1] ?? { simple: "PONG" };
  }

  function hello(session: Session, args: readonly Buffer[]): Reply {
    // One wire for the embedded store, its tests and DragonflyDB behind `protocol: 2`: RESP3 is refused.
    if (args.length > 1 && name(args, 1) !== "2") return { error: "NOPROTO unsupported protocol version" };
    for (let index = 2; index < args.length; index += 1) {
      const option = word(args, index);
      if (option === "AUTH") {
        const reply = authenticate(session, [bulk("AUTH"), ...args.slice(index + 1, index + 3)]);
        if (reply !== OK) return reply;
        index += 2;
      } else if (option === "SETNAME") {
        session.clientName = name(args, index + 1);
        index += 1;
      } else throw new CommandError("ERR Syntax error in HELLO option");
    }
    if (!session.authenticated) {
      return { error: "NOAUTH HELLO must be called with the client already authenticated" };
    }
    const facts: readonly Reply[] = [
      bulk("server"),
      bulk("redis"),
      bulk("version"),
      bulk(COMPATIBLE_VERSION),
      bulk("proto"),
      2,
      bulk("id"),
      session.id,
      bulk("mode"),
      bulk("standalone"),
      bulk("role"),
      bulk("master"),
      bulk("modules"),
      [],
    ];
    return facts;
  }

  function authenticate(session: Session, args: readonly Buffer[]): Reply {
    if (args.length < 2 || args.length > 3) {
      throw new CommandError("ERR wrong number of arguments for 'auth' command");
    }
    const user = args.length === 3 ? name(args, 1) : "default";
    const given = createHash("sha256")
      .update(args[args.length - 1] ?? Buffer.alloc(0))
      .digest();
    const expected = createHash("sha256").update(settings.password).digest();
    if (user !== "default" || !timingSafeEqual(given, expected)) {
      return { error: "WRONGPASS invalid username-password pair or user is disabled." };
    }
    session.authenticated = true;
    return OK;
  }

  function client(session: Session, args: readonly Buffer[]): Reply {
    switch (word(args, 1)) {
      case "SETNAME":
        session.clientName = name(args, 2);
        return OK;
      case "GETNAME":
        return session.clientName === "" ? null : bulk(session.clientName);
      case "SETINFO":
        return OK;
      case "ID":
        return session.id;
      case "LIST":
        return bulk(
          [...sessions]
            .map(
              (each) => `id=${each.id} name=${each.clientName} sub=${each.channels.size} psub=${each.patterns.size}\n`,
            )
            .join(""),
        );
      default:
        return { error: `ERR unknown subcommand '${name(args, 1)}'` };
    }
  }

  function script(args: readonly Buffer[]): Reply {
    const lua = args[2]?.toString("latin1") ?? "";
    switch (word(args, 1)) {
      case "LOAD": {
        const sha = scriptSha(lua);
        if (!settings.scripts.has(sha)) return { error: "ERR this server runs only the scripts it was started with" };
        return bulk(sha);
      }
      case "EXISTS":
        return args.slice(2).map((sha) => (settings.scripts.has(sha.toString("latin1").toLowerCase()) ? 1 : 0));
      default:
        return { error: `ERR unknown subcommand '${name(args, 1)}'` };
    }
  }

  function infoText(): string {
    const memory = process.memoryUsage();
    return [
      "# Server",
      `redis_version:${COMPATIBLE_VERSION}`,
      "redis_mode:standalone",
      "server_name:tidegate-embedded-store",
      `process_id:${process.pid}`,
      `run_id:${settings.runId}`,
      `uptime_in_seconds:${Math.floor((performance.now() - startedAtMonoMs) / 1_000)}`,
      "# Clients",
      `connected_clients:${sessions.size}`,
      "# Memory",
      `used_memory:${memory.heapUsed + memory.external}`,
      `used_memory_rss:${memory.rss}`,
      "# Persistence",
      "loading:0",
      "aof_enabled:1",
      `aof_current_size:${engine.file.sizeBytes()}`,
      `aof_rewrite_in_progress:${engine.file.isRewriting() ? 1 : 0}`,
      `aof_rewrites:${engine.file.rewriteCount()}`,
      `aof_last_write_status:${engine.file.problem() === null ? "ok" : "err"}`,
      "# Replication",
      "role:master",
      "# Keyspace",
      ...(engine.db.size() === 0
        ? []
        : [`db0:keys=${engine.db.size()},expires=${engine.db.expiringCount()},avg_ttl=0`]),
      "",
    ].join("\r\n");
  }

  function endTransaction(session: Session): void {
    session.transaction = null;
    session.transactionBroken = false;
    session.watched.clear();
    session.watchBroken = false;
  }

  function executeTransaction(session: Session): Reply {
    if (session.transaction === null) return { error: "ERR EXEC without MULTI" };
    const commands = session.transaction;
    const broken = session.transactionBroken;
    // A watched key whose time is over counts as changed.
    for (const key of session.watched) engine.db.get(key);
    const aborted = session.watchBroken;
    session.watched.clear();
    session.watchBroken = false;
    if (broken || aborted) {
      endTransaction(session);
      return broken ? { error: "EXECABORT Transaction discarded because of previous errors." } : NIL_ARRAY;
    }
    const replies: Reply[] = [];
    engine.asUnit(() => {
      for (const args of commands) {
        try {
          replies.push(runNow(session, args) ?? NIL_ARRAY);
        } catch (error) {
          replies.push({ error: commandErrorText(error) });
        }
      }
    });
    endTransaction(session);
    return replies;
  }

  function watch(session: Session, args: readonly Buffer[]): Reply {
    if (session.transaction !== null) return { error: "ERR WATCH inside MULTI is not allowed" };
    if (args.length < 2) throw new CommandError("ERR wrong number of arguments for 'watch' command");
    for (const key of args.slice(1)) {
      const text = key.toString("latin1");
      engine.db.get(text);
      session.watched.add(text);
    }
    return OK;
  }

  function subscribe(session: Session, args: readonly Buffer[]): undefined {
    const byPattern = word(args, 0) === "PSUBSCRIBE";
    for (const arg of args.slice(1)) {
      const text = arg.toString("latin1");
      if (byPattern) session.patterns.set(text, globMatcher(text));
      else session.channels.add(text);
      const count = session.channels.size + session.patterns.size;
      send(session, [bulk(byPattern ? "psubscribe" : "subscribe"), bulk(text), count]);
    }
    return undefined;
  }

  function unsubscribe(session: Session, args: readonly Buffer[]): undefined {
    const byPattern = word(args, 0) === "PUNSUBSCRIBE";
    const current = byPattern ? session.patterns : session.channels;
    const names = args.length > 1 ? args.slice(1).map((arg) => arg.toString("latin1")) : [...current.keys()];
    for (const text of names.length === 0 ? [null] : names) {
      if (text !== null) current.delete(text);
      const count = session.channels.size + session.patterns.size;
      send(session, [bulk(byPattern ? "punsubscribe" : "unsubscribe"), text === null ? null : bulk(text), count]);
    }
    return undefined;
  }

  function readStreams(session: Session, args: readonly Buffer[], inTransaction: boolean): Reply | undefined {
    const request = readStreamRequest(engine.context(), args);
    const now = readNewItems(engine.context(), request);
    if (now !== null) return now;
    if (request.blockMs === null || inTransaction) return NIL_ARRAY;
    return wait(session, {
      keys: request.streams.map((stream) => stream.key),
      timeoutMs: request.blockMs,
      attempt: () => readNewItems(engine.context(), request),
    });
  }

  function blockingPop(session: Session, args: readonly Buffer[], inTransaction: boolean): Reply | undefined {
    if (args.length < 3)
      throw new CommandError(`ERR wrong number of arguments for '${word(args, 0).toLowerCase()}' command`);
    const place = word(args, 0) === "BLPOP" ? "head" : "tail";
    const timeoutSec = float(name(args, args.length - 1));
    if (timeoutSec < 0) throw new CommandError("ERR timeout is negative");
    const keys = args.slice(1, -1).map((key) => key.toString("latin1"));
    const attempt = (): Reply => {
      for (const key of keys) {
        if (engine.db.read(key, "list") === undefined) continue;
        const item = engine.execute([bulk(place === "head" ? "LPOP" : "RPOP"), bulk(key)]);
        if (item !== null) return [bulk(key), item];
      }
      return null;
    };
    const now = attempt();
    if (now !== null) return now;
    if (inTransaction) return NIL_ARRAY;
    return wait(session, { keys, timeoutMs: Math.ceil(timeoutSec * 1_000), attempt });
  }

  function accept(socket: net.Socket): void {
    socket.setNoDelay(true);
    const session: Session = {
      id: nextSessionId,
      socket,
      parser: createRequestParser(),
      backlog: [],
      out: [],
      channels: new Set(),
      patterns: new Map(),
      watched: new Set(),
      authenticated: settings.password === "",
      clientName: "",
      transaction: null,
      transactionBroken: false,
      watchBroken: false,
      waiting: null,
      closing: false,
    };
    nextSessionId += 1;
    sessions.add(session);
    socket.on("data", (chunk) => {
      try {
        // Commands that wait behind a blocking read must outlive this chunk; Node hands out a fresh one each time.
        for (const { args } of session.parser.pushWithEnds(chunk)) session.backlog.push(args);
        if (session.backlog.length > MAX_BACKLOG_COMMANDS)
          throw new ProtocolError("too many commands behind a blocking read");
      } catch (error) {
        send(session, { error: `ERR Protocol error: ${errorText(error)}` });
        session.closing = true;
      }
      runBacklog(session);
      serveWaiters();
      flushAll();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      stopWaiting(session);
      sessions.delete(session);
      dirty.delete(session);
    });
  }

  const server = net.createServer(accept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    if ("socketPath" in settings.listen) server.listen(settings.listen.socketPath, resolve);
    else server.listen(settings.listen.port, "127.0.0.1", resolve);
  });
  const address = server.address();

  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async close() {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      flushAll();
      for (const session of sessions) {
        stopWaiting(session);
        session.socket.destroy();
      }
      await stopped;
      engine.close();
    },
  };
}

/** What clients may expect: the command set is a part of this version's. */
const COMPATIBLE_VERSION = "7.0.0";
const SUBSCRIBER_COMMANDS: ReadonlySet<string> = new Set([
  "SUBSCRIBE",
  "PSUBSCRIBE",
  "UNSUBSCRIBE",
  "PUNSUBSCRIBE",
  "PING",
  "QUIT",
]);
const TRANSACTION_COMMANDS: ReadonlySet<string> = new Set(["MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "QUIT"]);
const QUEUEABLE_COMMANDS: ReadonlySet<string> = new Set([
  "PING",
  "ECHO",
  "SELECT",
  "CLIENT",
  "INFO",
  "TIME",
  "SCRIPT",
  "EVAL",
  "EVALSHA",
  "XREAD",
  "BRPOP",
  "BLPOP",
]);

function timeReply(): Reply {
  const nowMs = Date.now();
  return [bulk(Math.floor(nowMs / 1_000)), bulk((nowMs % 1_000) * 1_000)];
}

function commandErrorText(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  return `ERR internal error: ${errorText(error)}`;
}
