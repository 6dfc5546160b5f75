// What a newcomer meets at the door: missing settings, taken ports, folders, an old Node, and a first start that only observes.
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { Address } from "@/lib/units";
import { createControlClient } from "@/server/infra/signer-link/client";
import { socketPaths } from "@/server/infra/signer-link/paths";
import { readDeploymentId } from "@/server/config/deployment";
import { createKeystore } from "@/server/signer/key";
import { startDevnetProcess, type DevnetProcess } from "@/tests/support/devnet-process";
import { freePort } from "@/tests/support/embedded-servers";
import { processesNaming, waitFor } from "@/tests/support/running-demo";

const root = fileURLToPath(new URL("../../", import.meta.url));
const boot = join(root, "server", "cli", "boot.mjs");
const home = mkdtempSync(join(tmpdir(), "tg-test-start-"));
const OLD_NODE =
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.19.0"}})';

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: home,
      env: { NODE_ENV: "production", PATH: process.env["PATH"] ?? "", HOME: home, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    child.on("close", (code) => resolve({ code, text }));
  });
}

function expectOneSentence({ code, text }: Ended, pattern: RegExp): void {
  expect(code).not.toBe(0);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(pattern);
}

function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      resolve({ server, port: typeof address === "object" && address !== null ? address.port : 0 });
    });
  });
}

afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("refusals", () => {
  it("error: start without any setting says what is missing and how to get it", async () => {
    const { code, text } = await run([boot, "start"]);
    expect(code).not.toBe(0);
    expect(text).toMatch(/a signing wallet: put a version 3 keystore .* TG_KEYSTORE/);
    expect(text).toMatch(/an owner: TG_OWNERS=/);
    expect(text).toMatch(/the pairs to run: TG_PAIRS=.*observe/);
    expect(text).toMatch(/npm run demo/);
    expect(text).not.toMatch(/\n\s+at /);
  });

  it("error: start names the endpoint that a chosen pair still needs, and a pair that does not exist", async () => {
    const { code, text } = await run([boot, "start"], {
      TG_PAIRS: "NO-SUCH",
      TG_REGISTRY_FILE: join(home, "none.json"),
    });
    expect(code).not.toBe(0);
    expect(text).toContain(join(home, "none.json"));
    const other = await run([boot, "start"], { TG_PAIRS: "NO-SUCH" });
    expect(other.text).toMatch(/NO-SUCH is not in the registry, which has /);
  });

  it("error: a taken port is one sentence with the flag that mends it", async () => {
    const { server, port } = await listen();
    const dataDir = join(home, "taken");
    const ended = await run([boot, "demo", "--no-web", "--data-dir", dataDir, "--ops-port", String(port)]);
    server.close();
    expectOneSentence(ended, new RegExp(`^Port ${port} is in use .*--ops-port`));
    expect(await processesNaming(dataDir)).toEqual([]);
  });

  it("error: a data directory that cannot be written is one sentence with the flag that mends it", async () => {
    const file = join(home, "a-file");
    writeFileSync(file, "");
    const ended = await run([boot, "demo", "--no-web", "--data-dir", join(file, "data")]);
    expectOneSentence(ended, /cannot be written .*--data-dir/);
  });

  it("error: too old a Node is one sentence that says which one is needed", async () => {
    expectOneSentence(
      await run(["--import", OLD_NODE, boot, "demo"]),
      /needs Node 20\.9 or later and this is 18\.19\.0/,
    );
  });

  it("error: a wrong flag is named", async () => {
    const { code, text } = await run([boot, "demo", "--ops-port", "99999999"]);
    expect(code).not.toBe(0);
    expect(text).toMatch(/--ops-port.*expected a whole number from 0 to 65535/s);
  });
});

describe("doctor", () => {
  it("behavior: every failing check comes with its fix", async () => {
    const { server, port } = await listen();
    const dataDir = join(home, "ill");
    mkdirSync(join(dataDir, "signer"), { recursive: true });
    chmodSync(dataDir, 0o755);
    writeFileSync(join(dataDir, "signer", "keystore.json"), "{}", { mode: 0o644 });
    const closed = await freePort();
    const { code, text } = await run([boot, "doctor", "--data-dir", dataDir], {
      TG_OPS_PORT: String(port),
      TG_WEB_PORT: String(await freePort()),
      TG_STORE_URL: `redis://127.0.0.1:${closed}`,
      TG_OPENOBSERVE_URL: `http://127.0.0.1:${closed}`,
      TG_OPENOBSERVE_USER: "root@example.com",
      TG_OPENOBSERVE_PASSWORD: "none",
      TG_CEX_PROXY_URL: `http://127.0.0.1:${closed}`,
      TG_GECKO_URL: `http://127.0.0.1:${closed}`,
      TG_LIFI_URL: `http://127.0.0.1:${closed}`,
      TG_PAIRS: "WETH-USDC",
      ...Object.fromEntries(
        [1, 10, 56, 137, 999, 8453, 42_161, 43_114].map((id) => [`TG_RPC_${id}`, `http://127.0.0.1:${closed}`]),
      ),
    });
    server.close();
    expect(code).toBe(1);
    const lines = text.split("\n");
    const failed = lines.flatMap((line, index) => (line.startsWith("FAIL") ? [{ line, next: lines[index + 1] }] : []));
    for (const { next } of failed) expect(next).toMatch(/^\s+fix: \S/);
    for (const name of [
      "data directory",
      `port ${port}`,
      "store",
      "log store",
      "chain ",
      "exchange",
      "LI.FI",
      "keystore",
    ]) {
      expect(failed.map(({ line }) => line).join("\n")).toContain(name);
    }
    expect(text).toContain(`${failed.length} checks failed`);
  });
});

describe("start", () => {
  const dataDir = join(home, "data");
  const passphraseFile = join(home, "passphrase");
  let devnet: DevnetProcess;
  let wallet: Address;

  beforeAll(async () => {
    mkdirSync(join(dataDir, "signer"), { recursive: true, mode: 0o700 });
    writeFileSync(passphraseFile, "correct horse battery staple", { mode: 0o600 });
    const keystore = await createKeystore(
      join(dataDir, "signer", "keystore.json"),
      Buffer.from("correct horse battery staple"),
      { n: 2 ** 12, r: 8, p: 1 },
    );
    if (!keystore.ok) throw keystore.error;
    wallet = keystore.value.address;
    devnet = await startDevnetProcess({ seed: 3, wallet });
  }, 180_000);
  afterAll(() => devnet.stop());

  it("behavior: every pair only observes until a signed command says otherwise", async () => {
    const pairs = devnet.registry.pairs.map(({ id }) => id);
    const child = spawn(
      process.execPath,
      [
        boot,
        "start",
        "--no-web",
        "--json",
        "--ops-port",
        "0",
        "--data-dir",
        dataDir,
        "--passphrase-file",
        passphraseFile,
      ],
      {
        cwd: home,
        env: {
          NODE_ENV: "production",
          PATH: process.env["PATH"] ?? "",
          HOME: home,
          TG_PAIRS: pairs.join(","),
          TG_OWNERS: wallet,
          TG_REGISTRY_FILE: devnet.registryFile,
          TG_MARKET_CLOCK_URL: devnet.controlUrl,
          TG_CEX_PROXY_URL: devnet.exchangeProxyUrl,
          TG_GECKO_URL: devnet.geckoUrl,
          TG_LIFI_URL: devnet.lifiUrl,
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    const closed = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
    try {
      await waitFor("the ready line of start", 120_000, async () => {
        await Promise.resolve();
        if (child.exitCode !== null) throw new Error(text);
        return text.includes('"ready":true') ? true : null;
      });
      const deploymentId = readDeploymentId(dataDir);
      const paths = socketPaths(dataDir);
      if (!deploymentId.ok || !paths.ok) throw new Error("the started system has no deployment");
      const control = createControlClient({
        socketPath: paths.value.control,
        deploymentId: deploymentId.value,
        peer: "test",
        timeoutMs: 10_000,
      });
      const authority = await control.call("authority.get", {});
      if (!authority.ok) throw authority.error;
      expect(authority.value.pairs.map(({ pairId, mode }) => [pairId, mode])).toEqual(
        pairs.map((pairId) => [pairId, "observe"]),
      );
      // Reads need a session here, so the decision is read where the worker logs it.
      const decision = await waitFor("a decision", 120_000, async () => {
        await Promise.resolve();
        const log = readFileSync(join(dataDir, "logs", `worker-${pairs[0]}.log`), "utf8");
        const found = log.split("\n").find((line) => line.includes('"decision":'));
        return found === undefined
          ? null
          : z.looseObject({ mode: z.string(), decision: z.string() }).parse(JSON.parse(found));
      });
      expect(decision.mode).toBe("observe");
      const plans = await control.call("plans.list", { limit: 100 });
      expect(plans.ok && plans.value.plans.flatMap(({ ops }) => ops.flatMap(({ attempts }) => attempts))).toEqual([]);
      control.close();
    } finally {
      child.kill("SIGINT");
      expect(await closed).toBe(0);
    }
    expect(await processesNaming(dataDir)).toEqual([]);
  });
});
