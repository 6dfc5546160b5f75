// Endpoints over real sockets: what a probe compares, how a list changes under a running client, and what leaves a text.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { endpointId, hasProblem, noSignedSettings } from "@/lib/api/system-settings";
import { ok, err } from "@/lib/errors/result";
import { guardedFetchFor, trustedOrigins } from "@/server/infra/chain/guarded-transport";
import { probeEndpoint, type ChainReference } from "@/server/infra/chain/probe-endpoint";
import { createRpcFallback } from "@/server/infra/chain/rpc-fallback";
import { keepInVault, readVault, vaultFile } from "@/server/infra/endpoint-vault";
import { createSignedReader } from "@/server/infra/signed-reader";
import { writeSignedSettings } from "@/server/infra/signed-settings";

const DEPLOYMENT = `0x${"11".repeat(32)}` as const;
const KEY = "0123456789abcdef0123456789abcdef";
const GENESIS = `0x${"aa".repeat(32)}`;
const RECENT = `0x${"bb".repeat(32)}`;
const REFERENCE: ChainReference = { genesisHash: GENESIS, height: 90n, hash: RECENT, head: 100n };
const callSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()).default([]) });

interface Node {
  readonly url: string;
  readonly asked: string[];
}
const servers: Server[] = [];
let dataDir: string;

async function node(change: Readonly<Record<string, unknown>> = {}): Promise<Node> {
  const asked: string[] = [];
  const blocks: Readonly<Record<string, unknown>> = {
    "0x0": { hash: GENESIS, number: "0x0" },
    "0x5a": { hash: RECENT, number: "0x5a" },
    latest: { hash: `0x${"cc".repeat(32)}`, number: "0x64" },
    ...change,
  };
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    request.on("end", () => {
      const { id, method, params } = callSchema.parse(JSON.parse(text));
      asked.push(method);
      const result =
        method === "eth_chainId"
          ? (change["chainId"] ?? "0x1")
          : method === "eth_getBlockByNumber"
            ? (blocks[String(params[0])] ?? null)
            : "0x64";
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const place = server.address();
  if (place === null || typeof place === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${place.port}/v2/${KEY}`, asked };
}

const urlOf = (at: number): string => `https://rpc.example.org/${at}`;

function probe(url: string, reference = () => Promise.resolve(ok(REFERENCE))) {
  return probeEndpoint({ url, chainId: 1, reference }, { trustedOrigins: [new URL(url).origin] });
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "tg-endpoints-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  rmSync(dataDir, { recursive: true, force: true });
});

describe("probe of an endpoint", () => {
  it("happy: agrees about chain id, genesis and a recent block", async () => {
    const { url } = await node();
    const { lines } = await probe(url);
    expect(hasProblem(lines)).toBe(false);
    expect(lines.map(({ what }) => what)).toEqual(
      expect.arrayContaining(["Chain id", "Genesis block", "Block 90", "Newest block"]),
    );
    expect(JSON.stringify(lines)).not.toContain(KEY);
  });

  it.each([
    ["another chain", { chainId: "0x89" }, /serves chain 137/],
    ["another genesis", { "0x0": { hash: RECENT, number: "0x0" } }, new RegExp(RECENT)],
    ["another block", { "0x5a": { hash: GENESIS, number: "0x5a" } }, new RegExp(GENESIS)],
    ["no recent block", { "0x5a": null }, /no such block/],
  ])("error: %s is a problem, and its key is in no line", async (_name, change, expected) => {
    const { url } = await node(change);
    const { lines } = await probe(url);
    expect(hasProblem(lines)).toBe(true);
    expect(lines.find(({ kind }) => kind === "problem")?.came).toMatch(expected);
    expect(JSON.stringify(lines)).not.toContain(KEY);
  });

  it("edge: without an answer of the endpoints in use nothing is compared, so nothing is taken", async () => {
    const { url } = await node();
    const { lines } = await probeEndpoint(
      { url, chainId: 1, reference: () => Promise.resolve(err("both are away")) },
      { trustedOrigins: [new URL(url).origin] },
    );
    expect(lines.find(({ kind }) => kind === "problem")?.came).toBe("both are away");
  });

  it("behavior: a head far behind is said, not refused", async () => {
    const { url } = await node({ latest: { hash: GENESIS, number: "0x3c" } });
    const { lines } = await probe(url);
    expect(lines.find(({ what }) => what === "Newest block")).toMatchObject({ kind: "note", came: "60, 40 behind" });
  });
});

describe("endpoints of a running client", () => {
  it("behavior: a new list counts from the next request, and the switch is written down", async () => {
    const [one, two] = [await node(), await node()];
    const rpc = createRpcFallback({
      chainId: 1,
      urls: [one.url],
      timeoutMs: 2_000,
      maxBodyBytes: 10_000,
      nowMs: () => 7,
    });
    const ask = () => rpc.transport({}).request({ method: "eth_blockNumber" });
    await ask();
    const before = rpc.endpoints;
    rpc.setUrls([two.url, one.url]);
    await ask();
    expect(two.asked).toEqual(["eth_chainId", "eth_blockNumber"]);
    expect(rpc.endpoints[1]).toBe(before[0]);
    expect(rpc.lastSwitch()).toMatchObject({ atMs: 7, why: "the order was changed" });
    expect(JSON.stringify(rpc.lastSwitch())).not.toContain(KEY);
    expect(rpc.endpoints[0]?.state().stats).toMatchObject({ requests: 1, errors: {} });
  });

  it("error: kinds of trouble are counted apart", async () => {
    const wrong = await node({ chainId: "0x5" });
    const rpc = createRpcFallback({
      chainId: 1,
      urls: [wrong.url, "http://127.0.0.1:1/"],
      timeoutMs: 2_000,
      maxBodyBytes: 10_000,
      nowMs: () => 0,
    });
    await expect(rpc.transport({}).request({ method: "eth_blockNumber" })).rejects.toThrow(
      /none of the 2|serves chain/,
    );
    expect(rpc.endpoints.map((endpoint) => endpoint.state().stats.errors)).toEqual([
      { wrong_chain: 1 },
      { unreachable: 1 },
    ]);
  });

  it("behavior: only configured origins and, beside a sandbox, loopback are asked without the guard", async () => {
    const real = [{ rpcUrls: ["http://10.0.0.5:8545/key"], isLocal: false }];
    expect(guardedFetchFor(real)("http://10.0.0.5:8545/other")).toBeUndefined();
    expect(guardedFetchFor(real)("http://127.0.0.1:8545/")).toBeDefined();
    expect(guardedFetchFor(real)("https://rpc.example.org/")).toBeDefined();
    const sandbox = [{ rpcUrls: ["http://127.0.0.1:1/"], isLocal: true }];
    expect(trustedOrigins(sandbox, "http://127.0.0.1:9/")).toContain("http://127.0.0.1:9");
    expect(trustedOrigins(sandbox, "http://169.254.169.254/")).toEqual(["http://127.0.0.1:1"]);
    await expect(guardedFetchFor(real)("http://127.0.0.1:8545/")?.("http://127.0.0.1:8545/")).rejects.toThrow(/https/);
  });
});

describe("addresses and signed settings on this machine", () => {
  it("happy: an address is kept for this user alone and found under its id; the reader sees a change", () => {
    const url = `https://rpc.example.org/${KEY}`;
    const reader = createSignedReader(
      dataDir,
      DEPLOYMENT,
      (() => {
        let mono = 0;
        return () => (mono += 1_000);
      })(),
    );
    expect(reader.read().vault.size).toBe(0);
    const kept = keepInVault(dataDir, { deploymentId: DEPLOYMENT, url, nowMs: 1, inUse: new Set() });
    expect(kept).toEqual(ok(endpointId(DEPLOYMENT, url)));
    expect((statSync(vaultFile(dataDir)).mode & 0o777).toString(8)).toBe("600");
    expect([...reader.read().vault.values()]).toEqual([url]);
    const before = reader.read();
    expect(reader.read()).toBe(before);
    const settings = { ...noSignedSettings(DEPLOYMENT), registry: { version: 3, tokens: [], pools: [], pairs: [] } };
    expect(writeSignedSettings(dataDir, settings).ok).toBe(true);
    expect(reader.read().settings.registry.version).toBe(3);
  });

  it("error: another address under a signed id, and settings of another deployment, are not used", () => {
    const url = `https://rpc.example.org/${KEY}`;
    keepInVault(dataDir, { deploymentId: DEPLOYMENT, url, nowMs: 1, inUse: new Set() });
    const vault = readFileSync(vaultFile(dataDir), "utf8");
    expect(readVault(dataDir, `0x${"22".repeat(32)}`)).toEqual(ok(new Map()));
    expect(vault).toContain(KEY);
    writeSignedSettings(dataDir, noSignedSettings(`0x${"22".repeat(32)}`));
    const reader = createSignedReader(dataDir, DEPLOYMENT);
    expect(reader.problem()).toMatch(/it is of deployment/);
    expect(reader.read().settings.registry.version).toBe(0);
  });

  it("behavior: who was just told of a change looks again at once", () => {
    const stillMs = 1_000;
    const reader = createSignedReader(dataDir, DEPLOYMENT, () => stillMs);
    expect(reader.problem()).toBeNull();
    writeSignedSettings(dataDir, noSignedSettings(`0x${"22".repeat(32)}`));
    expect(reader.problem()).toBeNull();
    reader.lookAgain();
    expect(reader.problem()).toMatch(/it is of deployment/);
  });

  it("edge: addresses nobody signed for are forgotten, oldest first; signed ones stay", () => {
    const first = endpointId(DEPLOYMENT, urlOf(0));
    for (let at = 0; at < 70; at += 1) {
      keepInVault(dataDir, { deploymentId: DEPLOYMENT, url: urlOf(at), nowMs: at, inUse: new Set([first]) });
    }
    const vault = readVault(dataDir, DEPLOYMENT);
    if (!vault.ok) throw vault.error;
    expect(vault.value.has(first)).toBe(true);
    expect(vault.value.has(endpointId(DEPLOYMENT, urlOf(1)))).toBe(false);
    expect(vault.value.has(endpointId(DEPLOYMENT, urlOf(69)))).toBe(true);
  });
});
