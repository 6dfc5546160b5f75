// Signer link: frames survive any chunking, bad peers lose only their own connection, deployments do not mix, paths are private.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { err, ok } from "@/lib/errors/result";
import { rawAmountSchema } from "@/lib/plan/plan";
import type { Hex } from "@/lib/units";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createSignerClient, type SignerClient } from "./client";
import { createFrameDecoder, encodeFrame, MAX_FRAME_BYTES } from "./frame";
import { checkSocketDir, createSocketDir, MAX_SOCKET_PATH_BYTES, socketPaths } from "./paths";
import { startLinkServer, type LinkServer } from "./server";
import { signerRefusal } from "./signer-error";
import { TEST_SEED } from "@/tests/support/seed";

const DEPLOYMENT: Hex = `0x${"11".repeat(32)}`;
const OTHER: Hex = `0x${"22".repeat(32)}`;

const methods = {
  double: { params: z.object({ raw: rawAmountSchema }), result: z.object({ raw: rawAmountSchema }) },
  slow: { params: z.object({ delayMs: z.number() }), result: z.object({ delayMs: z.number() }) },
  refuse: { params: z.object({}), result: z.object({}) },
  crash: { params: z.object({}), result: z.object({}) },
  lie: { params: z.object({}), result: z.object({ atMs: z.number() }) },
} as const;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function makeTempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "tgt-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function startServer(socketPath: string, internal: unknown[] = []): Promise<LinkServer> {
  const server = await startLinkServer({
    socketPath,
    deploymentId: DEPLOYMENT,
    peer: "signer",
    methods,
    log: silentLogger,
    maxConnections: 4,
    onInternalError: (error) => internal.push(error),
    handlers: {
      double: ({ raw }) => Promise.resolve(ok({ raw: raw * 2n })),
      slow: async ({ delayMs }) => {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        return ok({ delayMs });
      },
      refuse: () => Promise.resolve(err(signerRefusal("paused", "The pair is paused.", { pairId: "WETH-USDC" }))),
      crash: () => Promise.reject(new Error("secret text")),
      lie: () => Promise.resolve(ok({ atMs: Number.NaN })),
    },
  });
  if (!server.ok) throw server.error;
  cleanups.push(() => server.value.close());
  return server.value;
}

function makeClient(socketPath: string, deploymentId: Hex = DEPLOYMENT): SignerClient<typeof methods> {
  const client = createSignerClient(methods, { socketPath, deploymentId, peer: "test", timeoutMs: 2_000 });
  cleanups.push(() => client.close());
  return client;
}

function frameOf(value: unknown): Buffer {
  const frame = encodeFrame(value);
  if (!frame.ok) throw frame.error;
  return frame.value;
}

async function openRaw(socketPath: string): Promise<{ socket: Socket; closed: Promise<void> }> {
  const socket = connect(socketPath);
  cleanups.push(() => void socket.destroy());
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
  });
  socket.on("error", () => undefined);
  socket.resume();
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, closed };
}

const hello = { protocol: 1, deploymentId: DEPLOYMENT, peer: "raw" };

describe("frame", () => {
  test("behavior: any values come out in order whatever the chunking", () => {
    fc.assert(
      fc.property(
        fc.array(fc.json(), { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (texts, sizes) => {
          const values = texts.map((text) => ({ text }));
          const bytes = Buffer.concat(values.map(frameOf));
          const decoder = createFrameDecoder();
          const seen: unknown[] = [];
          for (let at = 0; at < bytes.length;) {
            const size = sizes.next().value ?? 1;
            const frames = decoder.push(bytes.subarray(at, at + size));
            if (!frames.ok) throw frames.error;
            seen.push(...frames.value);
            at += size;
          }
          expect(seen).toEqual(values);
          expect(decoder.pendingBytes()).toBe(0);
        },
      ),
      { seed: TEST_SEED },
    );
  });

  test("error: too_large by the header alone, before the body arrives", () => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(MAX_FRAME_BYTES + 1);
    const frames = createFrameDecoder().push(header);
    expect(frames.ok ? null : frames.error.code).toBe("too_large");
    const own = encodeFrame("x".repeat(MAX_FRAME_BYTES));
    expect(own.ok ? null : own.error.code).toBe("too_large");
  });

  test("error: bad_json and invalid UTF-8 are final", () => {
    for (const body of [Buffer.from("{"), Buffer.from([0x22, 0xff, 0x22])]) {
      const header = Buffer.alloc(4);
      header.writeUInt32BE(body.length);
      const decoder = createFrameDecoder();
      const first = decoder.push(Buffer.concat([header, body]));
      expect(first.ok ? null : first.error.code).toBe("bad_json");
      expect(decoder.push(frameOf(1)).ok).toBe(false);
    }
    const empty = createFrameDecoder().push(Buffer.alloc(4));
    expect(empty.ok ? null : empty.error.code).toBe("empty");
  });
});

describe("signer link", () => {
  test("default: bigint both ways, refusals typed, many calls at once out of order", async () => {
    const path = join(makeTempDir(), "a.sock");
    await startServer(path);
    const client = makeClient(path);
    const huge = 2n ** 200n;
    expect(await client.call("double", { raw: huge })).toEqual(ok({ raw: huge * 2n }));
    const refused = await client.call("refuse", {});
    expect(refused.ok ? null : [refused.error.code, refused.error.details]).toEqual([
      "paused",
      { pairId: "WETH-USDC" },
    ]);
    const order: number[] = [];
    await Promise.all(
      [80, 10, 40].map(async (delayMs) => {
        await client.call("slow", { delayMs });
        order.push(delayMs);
      }),
    );
    expect(order).toEqual([10, 40, 80]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("error: timeout of one call leaves the connection usable", async () => {
    const path = join(makeTempDir(), "a.sock");
    await startServer(path);
    const client = makeClient(path);
    const late = await client.call("slow", { delayMs: 200 }, { timeoutMs: 30 });
    expect(late.ok ? null : late.error.code).toBe("timeout");
    expect((await client.call("double", { raw: 1n })).ok).toBe(true);
  });

  test("error: internal hides the cause from the caller and reports it inside", async () => {
    const path = join(makeTempDir(), "a.sock");
    const internal: unknown[] = [];
    await startServer(path, internal);
    const client = makeClient(path);
    for (const method of ["crash", "lie"] as const) {
      const answer = await client.call(method, {});
      expect(answer.ok ? null : answer.error.code).toBe("internal");
      expect(answer.ok ? "" : answer.error.message).not.toContain("secret text");
    }
    expect(internal).toHaveLength(2);
  });

  test("error: wrong_deployment is refused by both sides", async () => {
    const path = join(makeTempDir(), "a.sock");
    await startServer(path);
    const answer = await makeClient(path, OTHER).call("double", { raw: 1n });
    expect(answer.ok ? null : answer.error.code).toBe("wrong_deployment");
    const raw = await openRaw(path);
    raw.socket.write(frameOf({ ...hello, deploymentId: OTHER }));
    await raw.closed;
  });

  test("behavior: garbage, oversize, a missing hello or a bad request end only their own connection", async () => {
    const path = join(makeTempDir(), "a.sock");
    const server = await startServer(path);
    const client = makeClient(path);
    expect((await client.call("double", { raw: 1n })).ok).toBe(true);
    const oversize = Buffer.alloc(4, 0xff);
    for (const bytes of [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      oversize,
      frameOf({ id: 1, method: "double", params: { raw: "1" } }),
      Buffer.concat([frameOf(hello), frameOf({ method: 7 })]),
      Buffer.concat([frameOf(hello), Buffer.alloc(4)]),
    ]) {
      const raw = await openRaw(path);
      raw.socket.write(bytes);
      await raw.closed;
    }
    expect(await client.call("double", { raw: 4n })).toEqual(ok({ raw: 8n }));
    expect(server.connectionCount()).toBe(1);
  });

  test("error: unknown_method, also for names of Object's own members, and bad_request with the field", async () => {
    const path = join(makeTempDir(), "a.sock");
    await startServer(path);
    const raw = await openRaw(path);
    const answers: unknown[] = [];
    const decoder = createFrameDecoder();
    raw.socket.on("data", (chunk) => {
      const frames = decoder.push(chunk);
      if (frames.ok) answers.push(...frames.value);
    });
    raw.socket.write(frameOf(hello));
    for (const [id, method] of ["signHash", "constructor", "__proto__", "double"].entries()) {
      raw.socket.write(frameOf({ id, method, params: { raw: "-1" } }));
    }
    const responses = z.array(z.object({ id: z.number(), error: z.object({ code: z.string(), message: z.string() }) }));
    await expect.poll(() => answers.length).toBe(5);
    const errors = responses.parse(answers.slice(1)).map((entry) => entry.error);
    expect(errors.map((entry) => entry.code)).toEqual([
      "unknown_method",
      "unknown_method",
      "unknown_method",
      "bad_request",
    ]);
    expect(errors[3]?.message).toContain("raw");
  });

  test("behavior: away is said at once, a new signer is found again, connections over the limit are dropped", async () => {
    const path = join(makeTempDir(), "a.sock");
    const client = makeClient(path);
    const away = await client.call("double", { raw: 1n });
    expect(away.ok ? null : [away.error.code, away.error.retryable]).toEqual(["unavailable", true]);
    const first = await startServer(path);
    expect(await client.waitReady(3_000)).toBe(true);
    const open = client.call("slow", { delayMs: 5_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.close();
    const lost = await open;
    expect(lost.ok ? null : lost.error.code).toBe("timeout");
    await startServer(path);
    expect(await client.waitReady(3_000)).toBe(true);
    await openRaw(path);
    await openRaw(path);
    await openRaw(path);
    const dropped = await openRaw(path);
    await dropped.closed;
    expect((await client.call("double", { raw: 1n })).ok).toBe(true);
  });

  test("error: conflict when a living signer answers or a file is in the way", async () => {
    const dir = makeTempDir();
    await startServer(join(dir, "a.sock"));
    await expect(startServer(join(dir, "a.sock"))).rejects.toMatchObject({ code: "conflict" });
    writeFileSync(join(dir, "b.sock"), "data");
    await expect(startServer(join(dir, "b.sock"))).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("socketPaths", () => {
  test("default: the same for a symlinked data directory, private, short", () => {
    const dir = makeTempDir();
    const real = join(dir, "data");
    mkdirSync(real);
    symlinkSync(real, join(dir, "link"));
    const paths = socketPaths(real, dir);
    expect(paths).toEqual(socketPaths(join(dir, "link"), dir));
    if (!paths.ok) throw paths.error;
    expect(paths.value.dir).toMatch(/\/tg-[0-9a-f]{12}$/);
    expect(checkSocketDir(paths.value).ok).toBe(false);
    expect(createSocketDir(paths.value).ok).toBe(true);
    expect(createSocketDir(paths.value).ok).toBe(true);
    expect(statSync(paths.value.dir).mode & 0o777).toBe(0o700);
  });

  test("error: conflict for a directory open to others or a symlink", () => {
    const dir = makeTempDir();
    const paths = socketPaths(dir, dir);
    if (!paths.ok) throw paths.error;
    mkdirSync(paths.value.dir);
    chmodSync(paths.value.dir, 0o755);
    const open = createSocketDir(paths.value);
    expect(open.ok ? null : open.error.code).toBe("conflict");
    rmSync(paths.value.dir, { recursive: true });
    mkdirSync(join(dir, "trap"), { mode: 0o700 });
    symlinkSync(join(dir, "trap"), paths.value.dir);
    const linked = createSocketDir(paths.value);
    expect(linked.ok ? null : linked.error.code).toBe("conflict");
  });

  test("error: invalid for a long path, missing for a missing data directory", () => {
    const dir = makeTempDir();
    const long = socketPaths(dir, join("/tmp", "x".repeat(MAX_SOCKET_PATH_BYTES)));
    expect(long.ok ? null : long.error.code).toBe("invalid");
    const missing = socketPaths(join(dir, "nowhere"), dir);
    expect(missing.ok ? null : missing.error.code).toBe("missing");
  });
});
