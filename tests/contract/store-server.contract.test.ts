// One contract for every store server: the embedded one always, a real redis-server when it is on PATH (services.md 1.3 to 1.5).
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { wallClock } from "@/server/infra/clock";
import { createStoreClient, type StoreClient } from "@/server/infra/store/client";
import { acquireLease } from "@/server/infra/store/lock";
import { storeScripts } from "@/server/infra/store/scripts";
import {
  makeTempDir,
  startEmbeddedStore,
  startRedisServer,
  type RunningServer,
} from "@/tests/support/embedded-servers";
import { requires } from "@/tests/support/requires";

const realServer = requires("redis-server", "store contract against a real redis-server");

const implementations = [
  { label: "embedded", available: true, start: (dataDir: string) => startEmbeddedStore({ dataDir }) },
  {
    label: "redis-server",
    available: realServer.available,
    start: (dataDir: string) => startRedisServer({ executable: realServer.location, dataDir }),
  },
] as const;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const connect = (
  server: RunningServer,
  options: { readonly enableOfflineQueue?: boolean; readonly maxRetriesPerRequest?: number } = {},
): Redis =>
  new Redis(server.url, {
    password: server.password,
    protocol: 2,
    maxRetriesPerRequest: 1,
    retryStrategy: () => 100,
    ...options,
  });

const fails = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    (value) => `resolved ${JSON.stringify(value)}`,
    (error: unknown) => (error instanceof Error ? (error.message.split(" ")[0] ?? "") : String(error)),
  );

const appendFile = (dataDir: string): string => path.join(dataDir, "store.aof");

for (const implementation of implementations) {
  describe.skipIf(!implementation.available)(`store contract: ${implementation.label}`, () => {
    let server: RunningServer;
    let redis: Redis;

    beforeAll(async () => {
      server = await implementation.start(makeTempDir("store"));
      redis = connect(server);
    });
    afterAll(async () => {
      redis.disconnect();
      await server.stop();
    });
    beforeEach(async () => {
      await redis.flushall();
    });

    describe("connection", () => {
      it("default", async () => {
        expect(await redis.ping()).toBe("PONG");
        expect(await redis.ping("x")).toBe("x");
        expect(await redis.echo("hé")).toBe("hé");
        expect(await redis.select(0)).toBe("OK");
        expect(await redis.client("SETNAME", "contract")).toBe("OK");
        expect(await redis.client("GETNAME")).toBe("contract");
        const [sec, micros] = await redis.time();
        expect(Math.abs(Number(sec) * 1_000 - Date.now())).toBeLessThan(2_000);
        expect(Number(micros)).toBeGreaterThanOrEqual(0);
        expect(await redis.info()).toContain("loading:0");
      });

      it("error: NOAUTH and WRONGPASS without the password", async () => {
        const stranger = new Redis(server.port, "127.0.0.1", {
          protocol: 2,
          enableReadyCheck: false,
          retryStrategy: null,
        });
        stranger.on("error", () => undefined);
        expect(await fails(stranger.get("a"))).toBe("NOAUTH");
        expect(await fails(stranger.auth("wrong"))).toBe("WRONGPASS");
        expect(await stranger.auth(server.password)).toBe("OK");
        expect(await stranger.get("a")).toBeNull();
        stranger.disconnect();
      });

      it("behavior: a client with the newest wire gets through", async () => {
        const modern = new Redis(server.url, { password: server.password });
        expect(await modern.set("a", "1")).toBe("OK");
        expect(await modern.get("a")).toBe("1");
        modern.disconnect();
      });

      it("error: unknown commands, wrong arity, wrong type, not an integer", async () => {
        expect(await fails(redis.call("NOSUCHCOMMAND"))).toBe("ERR");
        expect(await fails(redis.call("GET"))).toBe("ERR");
        await redis.set("s", "text");
        expect(await fails(redis.hget("s", "f"))).toBe("WRONGTYPE");
        expect(await fails(redis.lpush("s", "f"))).toBe("WRONGTYPE");
        expect(await fails(redis.incr("s"))).toBe("ERR");
        expect(await fails(redis.call("SET", "s", "1", "BANANA"))).toBe("ERR");
      });

      it("error: a broken frame ends the connection with a protocol error", async () => {
        const answer = await new Promise<string>((resolve) => {
          const socket = net.connect(server.port, "127.0.0.1", () => socket.write("*1\r\n!4\r\nPING\r\n"));
          let text = "";
          socket.on("data", (chunk) => (text += chunk.toString()));
          socket.on("close", () => resolve(text));
        });
        expect(answer).toMatch(/^-ERR Protocol error/);
        expect(await redis.ping()).toBe("PONG");
      });

      it("behavior: commands cut into single bytes and pipelines arrive whole", async () => {
        const frame = Buffer.from(
          `*2\r\n$4\r\nAUTH\r\n$${server.password.length}\r\n${server.password}\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`,
        );
        const answer = await new Promise<string>((resolve) => {
          let text = "";
          const socket = net.connect(server.port, "127.0.0.1", () => {
            void (async () => {
              socket.setNoDelay(true);
              for (const byte of frame) {
                socket.write(Buffer.from([byte]));
                await new Promise((next) => setImmediate(next));
              }
            })();
          });
          socket.on("data", (chunk) => {
            text += chunk.toString();
            if (text.endsWith("a\r\nb\r\n")) {
              socket.destroy();
              resolve(text);
            }
          });
        });
        expect(answer).toBe("+OK\r\n+OK\r\n$4\r\na\r\nb\r\n");
        const replies = await redis
          .pipeline([
            ["set", "p", "1"],
            ["incr", "p"],
            ["hget", "p", "x"],
            ["get", "p"],
          ])
          .exec();
        expect(replies?.map(([error, value]) => (error === null ? value : error.message.split(" ")[0]))).toEqual([
          "OK",
          2,
          "WRONGTYPE",
          "2",
        ]);
      });
    });

    describe("strings and keys", () => {
      it("default", async () => {
        expect(await redis.get("none")).toBeNull();
        expect(await redis.set("a", "1")).toBe("OK");
        expect(await redis.set("a", "2", "NX")).toBeNull();
        expect(await redis.set("b", "2", "XX")).toBeNull();
        expect(await redis.set("a", "3", "XX", "GET")).toBe("1");
        expect(await redis.call("SET", "fresh", "1", "NX", "GET")).toBeNull();
        expect(await redis.mset("m1", "x", "m2", "y")).toBe("OK");
        expect(await redis.mget("m1", "nope", "m2")).toEqual(["x", null, "y"]);
        expect(await redis.exists("a", "m1", "nope", "a")).toBe(3);
        expect(await redis.del("m1", "nope")).toBe(1);
        expect(await redis.unlink("m2")).toBe(1);
        expect(await redis.incr("n")).toBe(1);
        expect(await redis.incrby("n", -5)).toBe(-4);
        expect(await redis.type("n")).toBe("string");
        expect(await redis.type("nope")).toBe("none");
        expect(await redis.dbsize()).toBe(3);
      });

      it("behavior: every byte survives in keys and values", async () => {
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
        await redis.set(bytes, bytes);
        expect(await redis.getBuffer(bytes)).toEqual(bytes);
        await redis.hset("h", bytes, bytes);
        expect(await redis.hgetBuffer("h", bytes)).toEqual(bytes);
        const big = Buffer.alloc(3_000_000, 0xfe);
        await redis.set("big", big);
        expect((await redis.getBuffer("big"))?.equals(big)).toBe(true);
      });

      it("behavior: expiry by PX, PXAT, PEXPIRE, KEEPTTL, PERSIST", async () => {
        await redis.set("px", "1", "PX", 80);
        await redis.set("pxat", "1", "PXAT", Date.now() + 80);
        await redis.set("keep", "1", "PX", 60_000);
        await redis.set("keep", "2", "KEEPTTL");
        await redis.set("lose", "1", "PX", 60_000);
        await redis.set("lose", "2");
        expect(await redis.pttl("px")).toBeGreaterThan(0);
        expect(await redis.pttl("keep")).toBeGreaterThan(50_000);
        expect(await redis.pttl("lose")).toBe(-1);
        expect(await redis.pttl("nope")).toBe(-2);
        expect(await redis.pexpire("lose", 60_000)).toBe(1);
        expect(await redis.incr("keep")).toBe(3);
        expect(await redis.pttl("keep")).toBeGreaterThan(50_000);
        expect(await redis.persist("lose")).toBe(1);
        expect(await redis.persist("lose")).toBe(0);
        expect(await redis.pexpire("nope", 1)).toBe(0);
        expect(await redis.pexpire("lose", 0)).toBe(1);
        expect(await redis.get("lose")).toBeNull();
        await sleep(150);
        expect(await redis.get("px")).toBeNull();
        expect(await redis.exists("pxat")).toBe(0);
        expect(await fails(redis.set("a", "1", "PX", 0))).toBe("ERR");
      });

      it("behavior: active expiry frees keys nobody asks for", async () => {
        for (let index = 0; index < 50; index += 1) await redis.set(`gone:${index}`, "x", "PX", 20);
        await sleep(500);
        expect(await redis.dbsize()).toBe(0);
      });

      it("behavior: SCAN shows each key, filtered by pattern and type", async () => {
        for (let index = 0; index < 300; index += 1) await redis.set(`scan:${index}`, "x");
        await redis.hset("scan:hash", "f", "v");
        await redis.set("other[1]", "x");
        const seen = new Set<string>();
        let cursor = "0";
        do {
          const [next, keys] = await redis.scan(cursor, "MATCH", "scan:*", "COUNT", 50);
          cursor = next;
          for (const key of keys) seen.add(key);
        } while (cursor !== "0");
        expect(seen.size).toBe(301);
        expect((await redis.scan("0", "MATCH", "other\\[?\\]", "COUNT", 1000))[1]).toEqual(["other[1]"]);
        expect((await redis.scan("0", "MATCH", "scan:[1-2]", "COUNT", 1000))[1].toSorted()).toEqual([
          "scan:1",
          "scan:2",
        ]);
        expect((await redis.scan("0", "COUNT", 1000, "TYPE", "hash"))[1]).toEqual(["scan:hash"]);
      });
    });

    describe("hashes, sets, lists, sorted sets", () => {
      it("default: hashes", async () => {
        expect(await redis.hset("h", "a", "1", "b", "2")).toBe(2);
        expect(await redis.hset("h", "a", "3", "c", "4")).toBe(1);
        expect(await redis.hget("h", "a")).toBe("3");
        expect(await redis.hmget("h", "a", "nope", "c")).toEqual(["3", null, "4"]);
        expect(await redis.hgetall("h")).toEqual({ a: "3", b: "2", c: "4" });
        expect(await redis.hgetall("nope")).toEqual({});
        expect(await redis.hincrby("h", "n", 5)).toBe(5);
        expect(await redis.hincrby("h", "n", -2)).toBe(3);
        await redis.hset("h", "t", "text");
        expect(await fails(redis.hincrby("h", "t", 1))).toBe("ERR");
        expect(await fails(redis.call("HSET", "h", "a"))).toBe("ERR");
        expect(await redis.hdel("h", "a", "b", "c", "n", "t", "nope")).toBe(5);
        expect(await redis.exists("h")).toBe(0);
      });

      it("default: sets", async () => {
        expect(await redis.sadd("s", "a", "b", "a")).toBe(2);
        expect(await redis.sadd("s", "b")).toBe(0);
        expect((await redis.smembers("s")).toSorted()).toEqual(["a", "b"]);
        expect(await redis.srem("s", "a", "nope")).toBe(1);
        expect(await redis.srem("s", "b")).toBe(1);
        expect(await redis.exists("s")).toBe(0);
        expect(await redis.smembers("nope")).toEqual([]);
      });

      it("default: lists", async () => {
        expect(await redis.lpush("l", "b", "a")).toBe(2);
        expect(await redis.rpush("l", "c", "d")).toBe(4);
        expect(await redis.lrange("l", 0, -1)).toEqual(["a", "b", "c", "d"]);
        expect(await redis.lrange("l", -3, 100)).toEqual(["b", "c", "d"]);
        expect(await redis.lrange("l", 3, 1)).toEqual([]);
        expect(await redis.ltrim("l", 1, 2)).toBe("OK");
        expect(await redis.lrange("l", 0, -1)).toEqual(["b", "c"]);
        expect(await redis.ltrim("l", 5, 9)).toBe("OK");
        expect(await redis.exists("l")).toBe(0);
      });

      it("default: sorted sets", async () => {
        expect(await redis.zadd("z", "2", "b", "1", "a", "3", "c")).toBe(3);
        expect(await redis.zadd("z", "CH", "5", "a", "2", "b")).toBe(1);
        expect(await redis.zadd("z", "NX", "9", "a")).toBe(0);
        expect(await redis.zadd("z", "XX", "9", "new")).toBe(0);
        expect(await redis.zadd("z", "GT", "CH", "4", "a")).toBe(0);
        expect(await redis.zrange("z", "0", "-1", "WITHSCORES")).toEqual(["b", "2", "c", "3", "a", "5"]);
        expect(await redis.zrange("z", "0", "0", "REV")).toEqual(["a"]);
        expect(await redis.zrange("z", "(2", "+inf", "BYSCORE")).toEqual(["c", "a"]);
        expect(await redis.zrange("z", "+inf", "-inf", "BYSCORE", "REV", "LIMIT", 0, 2)).toEqual(["a", "c"]);
        expect(await redis.zrange("z", "(5", "-inf", "BYSCORE", "REV", "LIMIT", 1, 5, "WITHSCORES")).toEqual([
          "b",
          "2",
        ]);
        await redis.zadd("z", "1.5", "half", "-inf", "low");
        expect(await redis.zrange("z", "0", "1", "WITHSCORES")).toEqual(["low", "-inf", "half", "1.5"]);
        await redis.zadd("ties", "1", "b", "1", "a", "1", "c");
        expect(await redis.zrange("ties", "0", "-1")).toEqual(["a", "b", "c"]);
        expect(await redis.zrem("z", "low", "nope")).toBe(1);
        expect(await redis.zremrangebyscore("z", "(1.5", 3)).toBe(2);
        expect(await redis.zrange("z", "0", "-1")).toEqual(["half", "a"]);
        expect(await fails(redis.zadd("z", "NaN", "x"))).toBe("ERR");
        expect(await fails(redis.zrange("z", "x", "y", "BYSCORE"))).toBe("ERR");
      });
    });

    describe("streams", () => {
      it("default", async () => {
        expect(await redis.xadd("s", "1-1", "a", "1")).toBe("1-1");
        expect(await redis.xadd("s", "1-2", "a", "2", "b", "3")).toBe("1-2");
        expect(await redis.xadd("s", "5-*", "a", "4")).toBe("5-0");
        expect(await fails(redis.xadd("s", "1-2", "a", "1"))).toBe("ERR");
        expect(await fails(redis.xadd("t", "0-0", "a", "1"))).toBe("ERR");
        expect(await redis.xlen("s")).toBe(3);
        expect(await redis.xrange("s", "-", "+")).toEqual([
          ["1-1", ["a", "1"]],
          ["1-2", ["a", "2", "b", "3"]],
          ["5-0", ["a", "4"]],
        ]);
        expect((await redis.xrange("s", "(1-1", "+", "COUNT", 1)).map(([id]) => id)).toEqual(["1-2"]);
        expect((await redis.xrange("s", "1", "1")).map(([id]) => id)).toEqual(["1-1", "1-2"]);
        expect((await redis.xrevrange("s", "+", "-", "COUNT", 2)).map(([id]) => id)).toEqual(["5-0", "1-2"]);
        expect((await redis.xrevrange("s", "(5-0", "-")).map(([id]) => id)).toEqual(["1-2", "1-1"]);
        const id = await redis.xadd("s", "*", "a", "5");
        expect(Number(id?.split("-")[0])).toBeGreaterThan(1_700_000_000_000);
        expect(await redis.type("s")).toBe("stream");
      });

      it("behavior: MAXLEN keeps at least the cap and never grows without limit", async () => {
        for (let index = 0; index < 500; index += 1)
          await redis.xadd("cap", "MAXLEN", "~", 100, "*", "i", String(index));
        const length = await redis.xlen("cap");
        expect(length).toBeGreaterThanOrEqual(100);
        expect(length).toBeLessThan(300);
        await redis.xadd("exact", "MAXLEN", 2, "1-1", "a", "1");
        await redis.xadd("exact", "MAXLEN", 2, "1-2", "a", "1");
        await redis.xadd("exact", "MAXLEN", 2, "1-3", "a", "1");
        expect(await redis.xlen("exact")).toBe(2);
      });

      it("behavior: XREAD reads after an id, waits, wakes, and times out as nothing", async () => {
        const blocking = connect(server);
        await redis.xadd("x", "1-1", "a", "1");
        expect(await redis.xread("COUNT", 10, "STREAMS", "x", "y", "0", "0")).toEqual([["x", [["1-1", ["a", "1"]]]]]);
        expect((await redis.xread("STREAMS", "x", "1-1")) ?? []).toEqual([]);
        const beforeMs = Date.now();
        expect((await blocking.xread("BLOCK", 120, "STREAMS", "x", "$")) ?? []).toEqual([]);
        expect(Date.now() - beforeMs).toBeGreaterThanOrEqual(100);
        const waiting = blocking.xread("COUNT", 5, "BLOCK", 5_000, "STREAMS", "x", "y", "$", "$");
        const behind = blocking.ping();
        await sleep(50);
        await redis.xadd("y", "7-1", "b", "2");
        expect(await waiting).toEqual([["y", [["7-1", ["b", "2"]]]]]);
        expect(await behind).toBe("PONG");
        blocking.disconnect();
      });

      it("behavior: BRPOP waits for a list, first come first served", async () => {
        const [first, second] = [connect(server), connect(server)];
        const firstPop = first.brpop("q1", "q2", 5);
        await sleep(50);
        const secondPop = second.brpop("q2", 5);
        await sleep(50);
        await redis.rpush("q2", "one");
        expect(await firstPop).toEqual(["q2", "one"]);
        await redis.rpush("q2", "two");
        expect(await secondPop).toEqual(["q2", "two"]);
        expect(await first.brpop("q2", 0.05)).toBeNull();
        expect(await redis.exists("q2")).toBe(0);
        first.disconnect();
        second.disconnect();
      });
    });

    describe("publish and subscribe", () => {
      it("default", async () => {
        const subscriber = connect(server);
        const got: string[] = [];
        subscriber.on("message", (channel: string, message: string) => got.push(`${channel}=${message}`));
        subscriber.on("pmessage", (pattern: string, channel: string, message: string) =>
          got.push(`${pattern}:${channel}=${message}`),
        );
        expect(await subscriber.subscribe("a", "b")).toBe(2);
        expect(await subscriber.psubscribe("c:*")).toBe(3);
        expect(await redis.publish("a", "1")).toBe(1);
        expect(await redis.publish("c:x", "2")).toBe(1);
        expect(await redis.publish("nobody", "3")).toBe(0);
        await subscriber.unsubscribe("a");
        expect(await redis.publish("a", "4")).toBe(0);
        await redis.publish("b", "5");
        await sleep(50);
        expect(got).toEqual(["a=1", "c:*:c:x=2", "b=5"]);
        expect(await subscriber.unsubscribe("b")).toBe(1);
        expect(await subscriber.punsubscribe("c:*")).toBe(0);
        expect(await subscriber.get("a")).toBeNull();
        subscriber.disconnect();
      });

      it("error: a subscribed connection refuses other commands", async () => {
        const subscriber = connect(server);
        await subscriber.subscribe("a");
        expect(await fails(subscriber.call("SET", "x", "1"))).not.toContain("resolved");
        subscriber.disconnect();
      });
    });

    describe("transactions", () => {
      it("default", async () => {
        expect(
          await redis
            .multi()
            .set("a", "1")
            .incr("a")
            .xadd("s", "1-1", "f", "v")
            .xread("BLOCK", 10, "STREAMS", "s", "$")
            .exec(),
        ).toEqual([
          [null, "OK"],
          [null, 2],
          [null, "1-1"],
          [null, null],
        ]);
        const replies = await redis.multi().set("t", "x").hget("t", "f").set("u", "y").exec();
        expect(replies?.[1]?.[0]?.message).toMatch(/^WRONGTYPE/);
        expect(await redis.get("u")).toBe("y");
      });

      it("behavior: WATCH aborts when another connection, or time, changed the key", async () => {
        const other = connect(server);
        await redis.set("w", "1");
        await redis.watch("w");
        await other.set("w", "2");
        expect(await redis.multi().set("w", "3").exec()).toBeNull();
        expect(await redis.get("w")).toBe("2");
        await redis.watch("w");
        expect(await redis.multi().set("w", "3").exec()).toEqual([[null, "OK"]]);
        await redis.watch("absent");
        await other.lpush("absent", "x");
        expect(await redis.multi().set("w", "4").exec()).toBeNull();
        await redis.watch("w");
        await other.get("w");
        await redis.unwatch();
        await other.set("w", "5");
        expect(await redis.multi().set("w", "6").exec()).toEqual([[null, "OK"]]);
        other.disconnect();
      });

      it("error: EXECABORT after a command that cannot be queued; DISCARD drops all", async () => {
        await redis.call("MULTI");
        expect(await redis.call("SET", "d", "1")).toBe("QUEUED");
        expect(await fails(redis.call("NOSUCHCOMMAND"))).toBe("ERR");
        expect(await fails(redis.call("EXEC"))).toBe("EXECABORT");
        await redis.call("MULTI");
        await redis.call("SET", "d", "1");
        expect(await redis.call("DISCARD")).toBe("OK");
        expect(await redis.get("d")).toBeNull();
        expect(await fails(redis.call("EXEC"))).toBe("ERR");
      });
    });

    describe("scripts", () => {
      const sha = new Map<string, string>();
      beforeAll(async () => {
        for (const script of storeScripts) sha.set(script.name, String(await redis.script("LOAD", script.lua)));
      });
      const run = (script: string, keys: readonly string[], ...args: (string | number)[]): Promise<unknown> =>
        redis.evalsha(sha.get(script) ?? "", keys.length, ...keys, ...args);

      it("default: the same calls give the same replies and the same data, Lua or JavaScript", async () => {
        const nowMs = 1_800_000_000_000;
        expect(await run("acquireLease", ["l", "f"], "w1", 30_000, nowMs)).toBe(String(nowMs));
        expect(await run("acquireLease", ["l", "f"], "w2", 30_000, nowMs)).toBe("0");
        expect(await redis.get("l")).toBe(`w1:${nowMs}`);
        expect(await run("refreshLease", ["l"], `w1:${nowMs}`, 30_000)).toBe(1);
        expect(await run("refreshLease", ["l"], "w2:1", 30_000)).toBe(0);
        expect(await run("releaseLease", ["l"], "w2:1")).toBe(0);
        expect(await run("releaseLease", ["l"], `w1:${nowMs}`)).toBe(1);
        expect(await run("acquireLease", ["l", "f"], "w3", 30_000, nowMs - 5_000)).toBe(String(nowMs + 1));
        expect(await run("fencedWrite", ["st"], 7, '{"a":"é"}')).toBe(1);
        expect(await run("fencedWrite", ["st"], 6, "stale")).toBe(0);
        expect(await run("fencedWrite", ["st"], 7, "same")).toBe(1);
        expect(await redis.hgetall("st")).toEqual({ fence: "7", v: "same" });
        expect(await run("compareAndSet", ["c"], "", "1", 0)).toBe(1);
        expect(await run("compareAndSet", ["c"], "", "2", 0)).toBe(0);
        expect(await run("compareAndSet", ["c"], "1", "2", 60_000)).toBe(1);
        expect(await redis.pttl("c")).toBeGreaterThan(50_000);
        expect(await run("compareAndSet", ["c"], "1", "3", 0)).toBe(0);
        expect(await run("takeOnce", ["c"])).toBe("2");
        expect(await run("takeOnce", ["c"])).toBe("");
        expect(await run("appendEvent", ["ev"], 100, "chan", '{"x":"é"}')).toMatch(/^\d+-\d+$/);
        expect((await redis.xrange("ev", "-", "+")).map(([, fields]) => fields)).toEqual([["json", '{"x":"é"}']]);
      });

      it("behavior: EVAL by text, NOSCRIPT for an unknown hash, errors carried out", async () => {
        const script = storeScripts.find((each) => each.name === "takeOnce");
        await redis.set("once", "v");
        expect(await redis.eval(script?.lua ?? "", 1, "once")).toBe("v");
        expect(await fails(redis.evalsha("0".repeat(40), 0))).toBe("NOSCRIPT");
        await redis.lpush("list", "x");
        expect(await fails(run("takeOnce", ["list"]))).toMatch(/^(WRONGTYPE|ERR)$/);
      });

      it("behavior: 50 races of 40 contenders have exactly one winner each, tokens grow", async () => {
        let last = 0;
        for (let race = 0; race < 50; race += 1) {
          const tokens = await Promise.all(
            Array.from({ length: 40 }, (_, contender) =>
              run("acquireLease", ["race", "racef"], `c${contender}`, 5_000, 1),
            ),
          );
          const winners = tokens.map(Number).filter((token) => token > 0);
          expect(winners).toHaveLength(1);
          expect(winners[0]).toBeGreaterThan(last);
          last = winners[0] ?? 0;
          await redis.del("race");
        }
      });
    });

    describe("leases", () => {
      let store: StoreClient;
      const settings = {
        leaseKey: "tg:{A-B}:lease",
        fenceKey: "tg:{A-B}:fence",
        wall: wallClock,
        refreshEveryMs: 60_000,
      };
      beforeAll(async () => {
        store = createStoreClient({ url: server.url, password: server.password, name: "contract" });
        expect(await store.waitReady(2_000)).toBe(true);
      });
      afterAll(() => store.close());

      it("behavior: a second holder is refused; after expiry it wins with a larger token and the first one's write is refused", async () => {
        const first = await acquireLease(store, { ...settings, ownerId: "w1", ttlMs: 300 });
        const refused = await acquireLease(store, { ...settings, ownerId: "w2", ttlMs: 300 });
        expect(first.ok).toBe(true);
        expect(refused.ok ? "held" : refused.error.code).toBe("lease_lost");
        await sleep(400);
        const second = await acquireLease(store, { ...settings, ownerId: "w2", ttlMs: 30_000 });
        if (!first.ok || !second.ok) throw new Error("a lease that is free must be granted");
        expect(second.value.token).toBeGreaterThan(first.value.token);
        expect(first.value.isHeld()).toBe(false);
        await store.script("fencedWrite", ["tg:{A-B}:state"], [second.value.token, "new"]);
        expect(await store.script("fencedWrite", ["tg:{A-B}:state"], [first.value.token, "old"])).toEqual({
          ok: true,
          value: "0",
        });
        expect(await first.value.release()).toEqual({ ok: true, value: false });
        expect(second.value.isHeld()).toBe(true);
        expect(await second.value.release()).toEqual({ ok: true, value: true });
      });

      it("behavior: tokens keep growing after a flush", async () => {
        const before = await acquireLease(store, { ...settings, ownerId: "w1", ttlMs: 5_000 });
        await redis.flushall();
        await sleep(2);
        const after = await acquireLease(store, { ...settings, ownerId: "w2", ttlMs: 5_000 });
        if (!before.ok || !after.ok) throw new Error("both must be granted");
        expect(after.value.token).toBeGreaterThan(before.value.token);
        const refreshed = await before.value.refresh();
        expect(refreshed.ok ? "ok" : refreshed.error.code).toBe("lease_lost");
        expect(before.value.isHeld()).toBe(false);
        await after.value.release();
      });
    });
  });
}

describe("store contract: restart", () => {
  for (const implementation of implementations) {
    it.skipIf(!implementation.available)(
      `behavior: ${implementation.label} keeps everything acknowledged across kill -9`,
      async () => {
        const dataDir = makeTempDir("restart");
        const first = await implementation.start(dataDir);
        const before = connect(first, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
        before.on("error", () => undefined);
        await new Promise((resolve) => before.once("ready", resolve));
        const expiresAtMs = Date.now() + 60_000;
        await before.set("s", "v", "PXAT", expiresAtMs);
        await before.set("short", "v", "PX", 50);
        await before.hset("h", "a", "1", "b", Buffer.from([0, 255, 13, 10]));
        await before.sadd("set", "a", "b");
        await before.zadd("z", "1.5", "a", "+inf", "b");
        await before.rpush("l", "a", "b", "c");
        await before.xadd("x", "5-1", "f", "v");
        await before.multi().set("m1", "1").set("m2", "2").exec();
        await before.set("deleted", "1");
        await before.del("deleted");
        let acknowledged = 0;
        const storm = (async () => {
          try {
            for (;;) acknowledged = await before.incr("counter");
          } catch {
            // The server is gone: the last acknowledged value is what must be there afterwards.
            return;
          }
        })();
        await sleep(100);
        expect(await first.killHard()).toBe(true);
        before.disconnect();
        await storm;

        const second = await implementation.start(dataDir);
        const after = connect(second);
        expect(await after.get("s")).toBe("v");
        expect(Math.abs(Date.now() + (await after.pttl("s")) - expiresAtMs)).toBeLessThan(1_000);
        expect(await after.exists("short")).toBe(0);
        expect(await after.hgetBuffer("h", "b")).toEqual(Buffer.from([0, 255, 13, 10]));
        expect((await after.smembers("set")).toSorted()).toEqual(["a", "b"]);
        expect(await after.zrange("z", "0", "-1", "WITHSCORES")).toEqual(["a", "1.5", "b", "inf"]);
        expect(await after.lrange("l", 0, -1)).toEqual(["a", "b", "c"]);
        expect(await after.xrange("x", "-", "+")).toEqual([["5-1", ["f", "v"]]]);
        expect(await after.mget("m1", "m2", "deleted")).toEqual(["1", "2", null]);
        expect(acknowledged).toBeGreaterThan(10);
        expect(Number(await after.get("counter"))).toBeGreaterThanOrEqual(acknowledged);
        after.disconnect();
        await second.stop();
      },
    );
  }
});

describe("embedded store", () => {
  it("behavior: a torn last command is cut, at every length", async () => {
    const dataDir = makeTempDir("torn");
    const whole = await startEmbeddedStore({ dataDir });
    const redis = connect(whole);
    await sleep(200);
    await redis.set("a", "1");
    await redis.multi().set("b", "1").set("c", "1").exec();
    redis.disconnect();
    await whole.killHard();
    const bytes = fs.readFileSync(appendFile(dataDir));
    const transactionStart = bytes.indexOf("*1\r\n$5\r\nMULTI");
    expect(transactionStart).toBeGreaterThan(0);
    for (const keep of [bytes.length - 1, bytes.length - 9, bytes.length - 30, transactionStart + 3]) {
      fs.writeFileSync(appendFile(dataDir), bytes.subarray(0, keep));
      fs.rmSync(path.join(dataDir, "store.lock"), { force: true });
      const again = await startEmbeddedStore({ dataDir });
      const after = connect(again);
      expect(await after.mget("a", "b", "c")).toEqual(["1", null, null]);
      expect(again.stderr()).toContain("torn");
      await after.set("d", String(keep));
      expect(await after.get("d")).toBe(String(keep));
      after.disconnect();
      await again.stop();
    }
  });

  it("behavior: damage in the middle keeps what came before and the file as it was", async () => {
    const dataDir = makeTempDir("damage");
    fs.writeFileSync(
      appendFile(dataDir),
      "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\nGARBAGE*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n",
    );
    const server = await startEmbeddedStore({ dataDir });
    const redis = connect(server);
    expect(await redis.mget("a", "b")).toEqual(["1", null]);
    expect(server.stderr()).toContain("damaged");
    expect(fs.readdirSync(dataDir).some((file) => file.startsWith("store.aof.cut-"))).toBe(true);
    redis.disconnect();
    await server.stop();
  });

  it("behavior: the file is rewritten while it runs, and nothing written during the rewrite is lost", async () => {
    const dataDir = makeTempDir("rewrite");
    const server = await startEmbeddedStore({ dataDir, compactAboveBytes: 200_000 });
    const redis = connect(server);
    const value = "x".repeat(2_000);
    for (let index = 0; index < 300; index += 1) await redis.set(`static:${index}`, value);
    await redis.rpush("list", ...Array.from({ length: 2_000 }, (_, index) => String(index)));
    for (let index = 0; index < 200; index += 1) await redis.xadd("stream", `${index + 1}-0`, "v", value);
    await redis.xadd("stream", "MAXLEN", 150, "1000-0", "v", "last");
    for (let round = 0; round < 3_000; round += 1) {
      const batch = redis.pipeline();
      batch
        .incr("counter")
        .set(`hot:${round % 10}`, value)
        .hincrby("h", `f${round % 7}`, 1)
        .lpush("log", String(round))
        .ltrim("log", 0, 99);
      await batch.exec();
    }
    const info = await redis.info();
    expect(Number(/aof_rewrites:(\d+)/.exec(info)?.[1])).toBeGreaterThan(1);
    const live = 300 * 2_050 + 150 * 2_060 + 40_000;
    expect(Number(/aof_current_size:(\d+)/.exec(info)?.[1])).toBeLessThan(4 * live);
    redis.disconnect();
    expect(await server.killHard()).toBe(true);

    const again = await startEmbeddedStore({ dataDir });
    const after = connect(again);
    expect(await after.get("counter")).toBe("3000");
    expect(await after.lrange("log", 0, -1)).toHaveLength(100);
    expect((await after.lrange("log", 0, 0))[0]).toBe("2999");
    const counts = Object.values(await after.hgetall("h")).map(Number);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3_000);
    expect(await after.lrange("list", 0, -1)).toHaveLength(2_000);
    expect(await after.xlen("stream")).toBe(150);
    expect(await after.get("static:299")).toBe(value);
    after.disconnect();
    await again.stop();
  });

  it("behavior: it ends when its control channel closes, and a second one on the same files is refused", async () => {
    const dataDir = makeTempDir("control");
    const server = await startEmbeddedStore({ dataDir });
    await expect(startEmbeddedStore({ dataDir })).rejects.toThrow(/Another embedded store/);
    const ended = new Promise<number | null>((resolve) => server.child.once("exit", resolve));
    server.child.stdin?.end();
    expect(await ended).toBe(0);
    const again = await startEmbeddedStore({ dataDir });
    expect(fs.statSync(path.join(dataDir, "password")).mode & 0o777).toBe(0o600);
    expect(fs.statSync(appendFile(dataDir)).mode & 0o777).toBe(0o600);
    await again.stop();
  });

  it("behavior: it serves a unix socket of mode 0600", async () => {
    const dataDir = makeTempDir("socket");
    const socketPath = path.join(dataDir, "store.sock");
    const server = await startEmbeddedStore({ dataDir, socketPath });
    expect(fs.statSync(socketPath).mode & 0o777).toBe(0o600);
    const redis = connect(server);
    expect(await redis.set("a", "1")).toBe("OK");
    redis.disconnect();
    await server.stop();
  });

  it("error: scripts that were not given at start are refused, and scripts may not touch undeclared keys", async () => {
    const dataDir = makeTempDir("scripts");
    const lua = "return redis.call('GET', 'elsewhere')";
    const server = await startEmbeddedStore({
      dataDir,
      scripts: [{ name: "cheat", lua, js: 'return call("GET", "elsewhere");' }],
    });
    const redis = connect(server);
    await expect(redis.eval("return 1", 0)).rejects.toThrow(/only the scripts/);
    await expect(redis.eval(lua, 1, "k")).rejects.toThrow(/undeclared key/);
    redis.disconnect();
    await server.stop();
  });
});
