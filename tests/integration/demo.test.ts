// The whole backend as an operator starts it: boots, deploys real positions, continues after a stop, and leaves nothing behind.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPublicClient, http, parseAbi } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { positionDtoSchema } from "@/lib/api/schemas";
import { addressSchema } from "@/lib/registry/schema";

const root = fileURLToPath(new URL("../../", import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), "tidegate-demo-"));

const readySchema = z.object({
  ready: z.literal(true),
  web: z.null(),
  ops: z.string(),
  devnet: z.string(),
  chains: z.array(z.object({ id: z.number(), rpc: z.string() })).min(1),
  pairs: z.array(z.string()),
});
type Ready = z.infer<typeof readySchema>;

const runSchema = z.object({
  pid: z.number(),
  processes: z.array(z.object({ name: z.string(), pid: z.number().nullable() })),
});
const positionsSchema = z.object({ positions: z.array(positionDtoSchema) });

interface Demo {
  readonly process: ChildProcess;
  readonly ready: Ready;
  readonly readyMs: number;
}

async function boot(extra: readonly string[]): Promise<Demo> {
  const startedAtMonoMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      join(root, "server/cli/boot.mjs"),
      "demo",
      "--no-web",
      "--json",
      "--ops-port",
      "0",
      "--seed",
      "7",
      "--data-dir",
      dataDir,
      ...extra,
    ],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
  );
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8");
  });
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once("exit", (code) => reject(new Error(`demo ended with ${String(code)} before it was ready:\n${errors}`)));
  });
  return { process: child, ready: readySchema.parse(JSON.parse(line)), readyMs: performance.now() - startedAtMonoMs };
}

/** Pids of everything that works on our data directory: the services of run.json, the workers by their heartbeat, the chain. */
async function familyOf(demo: Demo): Promise<readonly number[]> {
  const run = runSchema.parse(JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")));
  const status = z
    .object({ workers: z.array(z.object({ pid: z.number().nullable() })) })
    .parse(await getJson(demo, "/api/orchestrator/status"));
  const services = run.processes.flatMap(({ pid }) => pid ?? []);
  const children = services.flatMap((pid) => childrenOf(pid));
  return [...new Set([run.pid, ...services, ...children, ...status.workers.flatMap(({ pid }) => pid ?? [])])];
}

/** Direct and indirect children (Linux); the chain is a grandchild of the sandbox process. */
function childrenOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It ended while we looked.
    }
  }
  const found: number[] = [];
  const open = [pid];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const [child, of] of parents) {
      if (of !== parent) continue;
      found.push(child);
      open.push(child);
    }
  }
  return found;
}

function alive(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => {
    try {
      process.kill(pid, 0);
      return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    } catch {
      return false;
    }
  });
}

async function waitGone(pids: readonly number[], limitMs: number): Promise<readonly number[]> {
  const deadlineMs = Date.now() + limitMs;
  while (alive(pids).length > 0 && Date.now() < deadlineMs) await sleep(100);
  return alive(pids);
}

async function getJson(demo: Demo, path: string): Promise<unknown> {
  const response = await fetch(`${demo.ready.ops}${path}`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function waitPositions(demo: Demo, pairId: string, limitMs: number) {
  const deadlineMs = Date.now() + limitMs;
  for (;;) {
    const { positions } = positionsSchema.parse(await getJson(demo, `/api/pairs/${pairId}/positions`));
    if (positions.length > 0) return positions;
    if (Date.now() > deadlineMs) throw new Error(`no position of ${pairId} within ${limitMs} ms`);
    await sleep(500);
  }
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}

const hasProc = process.platform === "linux";

describe.skipIf(!hasProc)("demo", () => {
  let demo: Demo;

  beforeAll(async () => {
    demo = await boot(["--fresh"]);
  }, 180_000);

  afterAll(async () => {
    demo.process.kill("SIGTERM");
    await waitGone([demo.process.pid ?? 0], 15_000);
    rmSync(dataDir, { recursive: true, force: true });
  }, 30_000);

  it("behavior: is ready in time and says so in one line", async () => {
    expect(demo.readyMs).toBeLessThan(90_000);
    expect(demo.ready.pairs).toEqual(["WETH-USDC", "USDC-USDT"]);
    const ready = z.object({ ready: z.boolean() }).parse(await getJson(demo, "/readyz"));
    expect(ready.ready).toBe(true);
    expect(await (await fetch(`${demo.ready.ops}/metrics`)).text()).toContain('tidegate_worker_state{pair="WETH-USDC"');
  });

  it("behavior: deploys WETH-USDC by itself, and the API equals the chain to the wei at the named block", async () => {
    const positions = await waitPositions(demo, "WETH-USDC", 150_000);
    const rpc = demo.ready.chains[0]?.rpc ?? "";
    const client = createPublicClient({ transport: http(rpc) });
    const abi = parseAbi([
      "function positions(uint256) view returns (uint96,address,address,address,uint24,int24,int24,uint128,uint256,uint256,uint128,uint128)",
      "function ownerOf(uint256) view returns (address)",
      "function collect((uint256 tokenId,address recipient,uint128 amount0Max,uint128 amount1Max)) returns (uint256,uint256)",
    ]);
    for (const position of positions) {
      const address = addressSchema.parse(position.positionManager);
      const blockNumber = BigInt(position.blockNumber);
      const tokenId = BigInt(position.tokenId);
      const args = [tokenId] as const;
      const row = await client.readContract({ address, abi, functionName: "positions", args, blockNumber });
      expect(row[7].toString()).toBe(position.liquidityRaw);
      expect([row[5], row[6]]).toEqual([position.tickLower, position.tickUpper]);
      const owner = await client.readContract({ address, abi, functionName: "ownerOf", args, blockNumber });
      const most = (1n << 128n) - 1n;
      const { result } = await client.simulateContract({
        address,
        abi,
        functionName: "collect",
        args: [{ tokenId, recipient: owner, amount0Max: most, amount1Max: most }],
        account: owner,
        blockNumber,
      });
      const isBase0 = BigInt(position.base.token.address) < BigInt(position.quote.token.address);
      const [fees0, fees1] = isBase0
        ? [position.feesBase, position.feesQuote]
        : [position.feesQuote, position.feesBase];
      expect([fees0.raw, fees1.raw]).toEqual(result.map(String));
    }
  });

  it("behavior: a plan of USDC-USDT waits for approval", async () => {
    const plansSchema = z.object({ plans: z.array(z.object({ pairId: z.string(), status: z.string() })) });
    const deadlineMs = Date.now() + 120_000;
    for (;;) {
      const { plans } = plansSchema.parse(await getJson(demo, "/api/plans?pair=USDC-USDT"));
      if (plans.some(({ status }) => status === "waiting_approval")) return;
      if (Date.now() > deadlineMs) throw new Error(`no plan waits: ${JSON.stringify(plans)}`);
      await sleep(500);
    }
  });

  it("behavior: SIGTERM ends every process within 10 s, and a second start continues with the same positions", async () => {
    const before = positionsSchema.parse(await getJson(demo, "/api/pairs/WETH-USDC/positions")).positions;
    const family = await familyOf(demo);
    expect(family.length).toBeGreaterThanOrEqual(9);
    demo.process.kill("SIGTERM");
    expect(await waitGone(family, 10_000)).toEqual([]);
    demo = await boot([]);
    expect(demo.readyMs).toBeLessThan(60_000);
    // The first answer may still be the last reading before the stop: the chain goes on from there.
    const beforeBlock = Number(before[0]?.blockNumber);
    let after = await waitPositions(demo, "WETH-USDC", 30_000);
    for (
      const deadlineMs = Date.now() + 60_000;
      Date.now() < deadlineMs && Number(after[0]?.blockNumber) <= beforeBlock;
    ) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      after = await waitPositions(demo, "WETH-USDC", 30_000);
    }
    const ids = (list: typeof before): string[] => list.map(({ positionId }) => positionId).toSorted();
    expect(ids(after)).toEqual(ids(before));
    expect(Number(after[0]?.blockNumber)).toBeGreaterThan(beforeBlock);
  });

  it("behavior: kill -9 of the command leaves nothing behind, and the next start works at once", async () => {
    const family = await familyOf(demo);
    demo.process.kill("SIGKILL");
    expect(await waitGone(family, 15_000)).toEqual([]);
    demo = await boot([]);
    expect(demo.readyMs).toBeLessThan(60_000);
    await waitPositions(demo, "WETH-USDC", 30_000);
  });

  it("error: a second system on the same folder is refused in one sentence", async () => {
    await expect(boot([])).rejects.toThrow(/already runs on .* stop it with Ctrl-C/);
  });
});
