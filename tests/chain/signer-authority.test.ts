// The signer as a process: its lock, its sockets, signed commands with the store away, restarts, and what hostile peers get.
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { authoritySchema } from "@/lib/api/signer-contract";
import { commandRecordSchema } from "@/lib/api/commands";
import type { Hex } from "@/lib/units";
import { findAnvilBinary } from "@/server/devnet/chain/anvil";
import { createIntentClient, type ControlClient } from "@/server/infra/signer-link/client";
import { storeKeys } from "@/server/infra/store/keys";
import { walletLockPort } from "@/server/signer/wallet-lock";
import { makeTempDir, freePort, startEmbeddedStore } from "@/tests/support/embedded-servers";
import {
  makeSignerHome,
  openControl,
  signCommand,
  startSignerProcess,
  type SignerHome,
  type SignerProcess,
} from "@/tests/support/signer-process";

const PAIR = "WETH-USDC";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function makeHome(env: Record<string, string> = {}, rpcUrl: string | null = null): Promise<SignerHome> {
  const home = await makeSignerHome(env, rpcUrl);
  cleanups.push(() => home.remove());
  return home;
}

function start(home: SignerHome, options: Parameters<typeof startSignerProcess>[1] = {}): SignerProcess {
  const signer = startSignerProcess(home, options);
  cleanups.push(async () => {
    signer.child.kill("SIGKILL");
    await signer.exited;
  });
  return signer;
}

function control(home: SignerHome, deploymentId = home.deploymentId): ControlClient {
  const client = openControl(home, deploymentId);
  cleanups.push(() => client.close());
  return client;
}

async function submit(client: ControlClient, home: SignerHome, input: Parameters<typeof signCommand>[2]) {
  const reply = await client.call("command.submit", await signCommand(home, home.owner, input));
  if (!reply.ok) throw reply.error;
  return reply.value;
}

async function readAuthority(client: ControlClient) {
  const reply = await client.call("authority.get", {});
  if (!reply.ok) throw reply.error;
  return reply.value;
}

async function endBySignal(signer: SignerProcess): Promise<void> {
  signer.child.kill("SIGKILL");
  expect((await signer.exited).signal).toBe("SIGKILL");
}

/** A port where nothing listens: the store is away. */
async function deadStoreUrl(): Promise<string> {
  return `redis://127.0.0.1:${await freePort()}`;
}

describe("signer process", () => {
  test("behavior: --init makes a 0400 keystore once; a wrong passphrase does not start", async () => {
    const home = await makeHome();
    const keystore = join(home.dataDir, "new", "keystore.json");
    const init = start(home, { args: ["--init"], env: { TG_KEYSTORE: keystore } });
    expect((await init.exited).code).toBe(0);
    const made = z.object({ wallet: z.string() }).parse(JSON.parse(init.stdout()));
    expect(statSync(keystore).mode & 0o777).toBe(0o400);
    expect(made.wallet).toMatch(/^0x[0-9a-fA-F]{40}$/);
    const again = start(home, { args: ["--init"], env: { TG_KEYSTORE: keystore } });
    expect((await again.exited).code).toBe(2);
    expect(again.stderr()).toContain("never overwritten");
    const wrong = start(home, { passphrase: "not it" });
    expect((await wrong.exited).code).toBe(2);
    expect(wrong.stderr()).toContain("passphrase does not open");
    const empty = start(home, { passphrase: "" });
    expect((await empty.exited).code).toBe(2);
    expect(empty.stderr()).toContain("file descriptor 3");
  });

  test("behavior: sockets are 0600 in a 0700 directory; a directory open to others is refused", async () => {
    const home = await makeHome();
    const signer = start(home);
    expect(await signer.ready).toMatchObject({ wallet: home.wallet, state: "NORMAL" });
    expect(statSync(home.paths.dir).mode & 0o777).toBe(0o700);
    for (const path of [home.paths.intent, home.paths.control]) expect(statSync(path).mode & 0o777).toBe(0o600);
    signer.child.stdin?.end();
    expect((await signer.exited).code).toBe(0);
    expect(readdirSync(home.paths.dir)).toEqual([]);

    chmodSync(home.paths.dir, 0o755);
    const open = start(home);
    expect((await open.exited).code).toBe(2);
    expect(open.stderr()).toContain("mode 700");
  });

  test("error: a second signer is refused while the first lives or is frozen, and starts when it is dead", async () => {
    const home = await makeHome();
    const signer = start(home);
    await signer.ready;
    const second = start(home);
    expect((await second.exited).code).toBe(2);
    expect(second.stderr()).toContain("Another signer runs for wallet");
    const holder = await new Promise<string>((resolve, reject) => {
      const socket = connect(walletLockPort(home.wallet), "127.0.0.1");
      socket.on("data", (chunk) => resolve(chunk.toString()));
      socket.on("error", reject);
    });
    expect(holder).toBe(`${home.wallet.toLowerCase()}\n`);
    // Frozen, not dead: the kernel still holds the port.
    signer.child.kill("SIGSTOP");
    const third = start(home);
    expect((await third.exited).code).toBe(2);
    signer.child.kill("SIGCONT");
    await endBySignal(signer);
    const next = start(home);
    await next.ready;
  });

  test("error: wrong_deployment on both sockets; garbage and oversize frames end only their connection", async () => {
    const home = await makeHome();
    await start(home).ready;
    const foreign = await control(home, `0x${"9a".repeat(32)}`).call("health", {});
    expect(foreign.ok ? null : foreign.error.code).toBe("wrong_deployment");
    const intent = createIntentClient({
      socketPath: home.paths.intent,
      deploymentId: `0x${"9a".repeat(32)}`,
      peer: "worker",
      timeoutMs: 2_000,
    });
    cleanups.push(() => intent.close());
    const leased = await intent.call("fence.lease", { pairId: PAIR, workerId: "w" });
    expect(leased.ok ? null : leased.error.code).toBe("wrong_deployment");

    const client = control(home);
    expect((await client.call("health", {})).ok).toBe(true);
    for (const bytes of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), Buffer.alloc(4, 0xff), Buffer.alloc(64)]) {
      for (const path of [home.paths.intent, home.paths.control]) {
        const socket = connect(path);
        socket.resume();
        socket.on("error", () => undefined);
        const closed = new Promise((resolve) => {
          socket.on("close", resolve);
        });
        socket.write(bytes);
        await closed;
      }
    }
    expect(await client.call("health", {})).toMatchObject({ ok: true, value: { state: "NORMAL", recovered: true } });
  });

  test("behavior: stop, pause and mode work within 2 s with the store away, survive kill -9, and reach the store later", async () => {
    const storeDir = makeTempDir("store");
    const port = await freePort();
    const passwordFile = join(storeDir, "password");
    mkdirSync(storeDir, { recursive: true });
    writeFileSync(passwordFile, "authority-test", { mode: 0o600 });
    const storeUrl = `redis://:authority-test@127.0.0.1:${port}`;
    const home = await makeHome({ TG_STORE_URL: storeUrl });
    const signer = start(home);
    await signer.ready;
    const client = control(home);
    const sentAtMs = performance.now();
    expect(
      await submit(client, home, { action: "system.stop", params: { reason: "price feed looks wrong" } }),
    ).toMatchObject({ status: "done" });
    expect(performance.now() - sentAtMs).toBeLessThan(2_000);
    const pause = { pairId: PAIR, kind: "no_transactions", untilAtMs: null, reason: "look" };
    await submit(client, home, { action: "pair.pause", params: pause });
    await submit(client, home, { action: "pair.mode", params: { pairId: PAIR, mode: "auto" } });
    const restart = await submit(client, home, { action: "worker.restart", params: { pairId: PAIR } });
    expect(restart.status).toBe("accepted");
    const before = await readAuthority(client);
    expect(before).toMatchObject({ state: "LOCKED", stopped: { reason: "price feed looks wrong" } });
    await endBySignal(signer);

    const next = start(home);
    expect(await next.ready).toMatchObject({ state: "LOCKED" });
    const after = await readAuthority(control(home));
    const lasting = ({ roles, stopped, commandSeq, configVersion, pairs }: typeof after) => ({
      roles,
      stopped,
      commandSeq,
      configVersion,
      pairs,
    });
    expect(lasting(after)).toEqual(lasting(before));

    // The store comes up: state and commands of both lives of the signer are there, each command once.
    const store = await startEmbeddedStore({ dataDir: storeDir, port });
    cleanups.push(() => store.killHard());
    const redis = new Redis(store.url, { lazyConnect: true });
    redis.on("error", () => undefined);
    cleanups.push(() => void redis.disconnect());
    await expect.poll(() => readCopy(redis), { timeout: 15_000 }).toMatchObject({ state: "LOCKED" });
    await expect
      .poll(() => readActions(redis), { timeout: 10_000 })
      .toEqual(["pair.pause", "pair.mode", "worker.restart"]);

    // Emptied behind our back: written again.
    await redis.flushall();
    await expect.poll(() => readCopy(redis), { timeout: 20_000 }).toMatchObject({ state: "LOCKED" });
    await expect.poll(() => readActions(redis), { timeout: 10_000 }).toHaveLength(3);

    // Frozen: it accepts connections and answers nothing.
    store.child.kill("SIGSTOP");
    const frozenAtMs = performance.now();
    const other = { ...pause, pairId: "USDC-USDT" };
    expect((await submit(control(home), home, { action: "pair.pause", params: other })).status).toBe("done");
    expect(performance.now() - frozenAtMs).toBeLessThan(1_000);
    store.child.kill("SIGCONT");
    const resumed = await submit(control(home), home, { action: "system.resume", params: { note: "feed is right" } });
    expect(resumed.status).toBe("done");
    await expect.poll(() => readCopy(redis), { timeout: 5_000 }).toMatchObject({ state: "NORMAL", stopped: null });
  });

  test("behavior: a worker answers a queued command once, under its newest fencing token, for its own pair", async () => {
    const home = await makeHome();
    await start(home).ready;
    const client = control(home);
    const intent = createIntentClient({
      socketPath: home.paths.intent,
      deploymentId: home.deploymentId,
      peer: "worker WETH-USDC",
      timeoutMs: 3_000,
    });
    cleanups.push(() => intent.close());
    const lease = async (pairId: string): Promise<number> => {
      const leased = await intent.call("fence.lease", { pairId, workerId: "w1" });
      if (!leased.ok) throw leased.error;
      return leased.value.token;
    };
    const old = await lease(PAIR);
    const token = await lease(PAIR);
    const foreign = await lease("USDC-USDT");
    const queued = await submit(client, home, { action: "worker.restart", params: { pairId: PAIR } });
    const since = await intent.call("commands.since", { pairId: PAIR, seq: queued.seq - 1 });
    expect(since.ok ? since.value.commands.map((command) => command.commandId) : since.error).toEqual([
      queued.commandId,
    ]);
    const base = { pairId: PAIR, token, commandId: queued.commandId, result: "restarted", planId: null };
    const tell = async (change: object): Promise<string> => {
      const reply = await intent.call("command.result", { ...base, status: "done", ...change });
      return reply.ok ? "ok" : reply.error.code;
    };
    expect(await tell({ token: old })).toBe("stale_token");
    expect(await tell({ pairId: "USDC-USDT", token: foreign })).toBe("not_found");
    expect(await tell({ commandId: `0x${"00".repeat(32)}` })).toBe("not_found");
    expect(await tell({})).toBe("ok");
    expect(await tell({})).toBe("ok");
    expect(await tell({ status: "refused" })).toBe("replayed");
    const record = await client.call("command.get", { commandId: queued.commandId });
    expect(record).toMatchObject({
      ok: true,
      value: { status: "done", result: "restarted", action: "worker.restart" },
    });
    for (let count = 0; count < 5; count += 1) await client.call("worker.started", { pairId: PAIR });
    const pair = (await readAuthority(client)).pairs.find((each) => each.pairId === PAIR);
    expect(pair?.halted).toMatchObject({ state: "HALT_PAIR" });
  });

  test("behavior: hostile commands over the socket change nothing and are in the audit log", async () => {
    const home = await makeHome({ TG_STORE_URL: await deadStoreUrl() });
    await start(home).ready;
    const client = control(home);
    const stop = await signCommand(home, home.owner, { action: "system.stop", params: { reason: "x" } });
    const other = await makeHome();
    const foreign = await signCommand(other, home.owner, { action: "system.stop", params: { reason: "x" } });
    const stranger = await signCommand(home, other.owner, { action: "system.stop", params: { reason: "x" } });
    const claimed = { ...stranger, address: home.owner.address };
    const edited = { ...stop, params: { reason: "y" } };
    const codes: string[] = [];
    for (const signed of [foreign, stranger, claimed, edited]) {
      const reply = await client.call("command.submit", signed);
      codes.push(reply.ok ? "accepted" : reply.error.code);
    }
    expect(codes).toEqual(["bad_signature", "unauthorized", "bad_signature", "bad_signature"]);
    expect((await readAuthority(client)).stopped).toBeNull();
    const audit = await client.call("audit.since", { seq: 0, limit: 100 });
    if (!audit.ok) throw audit.error;
    expect(audit.value.commands.filter((record) => record.status === "refused")).toHaveLength(4);
    expect(audit.value.commands[0]).toMatchObject({ action: "genesis", seq: 1 });
    expect((await client.call("command.submit", stop)).ok).toBe(true);
    const replay = await client.call("command.submit", stop);
    expect(replay.ok ? null : replay.error.code).toBe("replayed");
    const found = audit.ok ? await client.call("command.get", { commandId: `0x${"00".repeat(32)}` }) : audit;
    expect(found.ok ? null : found.error.code).toBe("not_found");
  });

  test("behavior: a contract wallet on the home chain signs by EIP-1271; a frozen chain refuses it in time and stops nobody else", async () => {
    const port = await freePort();
    const anvil = spawn(findAnvilBinary(process.cwd()), ["--port", String(port), "--chain-id", "31337", "--silent"]);
    const anvilEnded = new Promise((resolve) => {
      anvil.once("exit", resolve);
    });
    cleanups.push(() => {
      anvil.kill("SIGKILL");
      return anvilEnded;
    });
    const rpcUrl = `http://127.0.0.1:${port}`;
    await expect.poll(() => rpc(rpcUrl, "eth_chainId", []).catch(() => null), { timeout: 15_000 }).toBe("0x7a69");
    // Answers every isValidSignature with the magic value 0x1626ba7e; the second one with zero.
    const safe: Hex = `0x${"5a".repeat(20)}`;
    const strict: Hex = `0x${"5b".repeat(20)}`;
    const empty: Hex = `0x${"5c".repeat(20)}`;
    await rpc(rpcUrl, "anvil_setCode", [safe, "0x631626ba7e60e01b60005260206000f3"]);
    await rpc(rpcUrl, "anvil_setCode", [strict, "0x60206000f3"]);

    const home = await makeHome({}, rpcUrl);
    expect(await start(home).ready).toMatchObject({ state: "NORMAL" });
    const client = control(home);
    for (const address of [safe, strict, empty]) {
      await submit(client, home, { action: "role.set", params: { address, role: "operator" } });
    }
    const pause = { pairId: PAIR, kind: "no_transactions", untilAtMs: null, reason: "look" };
    const codeFor = async (address: Hex): Promise<string> => {
      const signed = await signCommand(home, home.owner, { action: "pair.pause", params: pause });
      const reply = await client.call(
        "command.submit",
        { ...signed, address, signature: "0x1234" },
        { timeoutMs: 8_000 },
      );
      return reply.ok ? reply.value.status : reply.error.code;
    };
    expect(await codeFor(safe)).toBe("done");
    expect(await codeFor(strict)).toBe("bad_signature");
    expect(await codeFor(empty)).toBe("bad_signature");
    anvil.kill("SIGSTOP");
    const waiting = codeFor(safe);
    const sentAtMs = performance.now();
    await submit(client, home, { action: "system.stop", params: { reason: "chain is frozen" } });
    expect(performance.now() - sentAtMs).toBeLessThan(2_000);
    expect(await waiting).toBe("chain");
    expect(performance.now() - sentAtMs).toBeLessThan(5_000);
  });

  test("behavior: with the chain away the signer is in OBSERVE with the cause, and a stop works before it is ready", async () => {
    const home = await makeHome({}, `http://127.0.0.1:${await freePort()}`);
    const signer = start(home);
    const client = control(home);
    expect(await client.waitReady(15_000)).toBe(true);
    await expect
      .poll(() => readAuthority(client), { timeout: 10_000 })
      .toMatchObject({ state: "OBSERVE", stateCause: expect.stringContaining("31337") });
    expect(await submit(client, home, { action: "system.stop", params: { reason: "no chain" } })).toMatchObject({
      status: "done",
    });
    expect(await signer.ready).toMatchObject({ state: "OBSERVE" });
    signer.child.stdin?.end();
    expect((await signer.exited).code).toBe(0);
  });

  test("behavior: a torn last record is cut, damage before it stops the start", async () => {
    const home = await makeHome();
    const first = start(home);
    await first.ready;
    await submit(control(home), home, { action: "system.stop", params: { reason: "x" } });
    await endBySignal(first);
    const dir = join(home.dataDir, "signer", "commands");
    const [name = ""] = readdirSync(dir);
    const path = join(dir, name);
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, `${whole}{"v":1,"seq":9`);
    const cut = start(home);
    expect(await cut.ready).toMatchObject({ state: "LOCKED" });
    expect(readFileSync(path, "utf8")).toBe(whole);
    await endBySignal(cut);
    writeFileSync(path, whole.replace(home.owner.address.slice(2, 10), "deadbeef"));
    const damaged = start(home);
    expect((await damaged.exited).code).toBe(2);
    expect(damaged.stderr()).toContain("damaged");
  });

  test("behavior: no secret is in the environment, the arguments, the logs or the data directory", async () => {
    const home = await makeHome();
    const passphrase = "correct horse battery staple";
    const signer = start(home);
    await signer.ready;
    await submit(control(home), home, { action: "system.stop", params: { reason: "x" } });
    const proc = `/proc/${signer.child.pid ?? 0}`;
    for (const name of ["environ", "cmdline"]) expect(readFileSync(join(proc, name), "utf8")).not.toContain(passphrase);
    signer.child.kill("SIGTERM");
    expect((await signer.exited).code).toBe(0);
    expect(signer.stdout() + signer.stderr()).not.toContain(passphrase);
    for (const file of readdirSync(home.dataDir, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      expect(readFileSync(join(file.parentPath, file.name), "utf8")).not.toContain(passphrase);
    }
  });
});

async function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return z.object({ result: z.unknown() }).parse(await response.json()).result;
}

async function readCopy(redis: Redis) {
  const text = await redis.get(storeKeys.authority).catch(() => null);
  return text === null ? null : authoritySchema.parse(JSON.parse(text));
}

async function readActions(redis: Redis): Promise<readonly string[]> {
  const rows = await redis.xrange(storeKeys.pairCommands(PAIR), "-", "+");
  return rows.map(([, fields]) => commandRecordSchema.parse(JSON.parse(fields[1] ?? "")).action);
}
