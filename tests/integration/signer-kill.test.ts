// Kill -9 at every journal label of every operation of a range shift on a real chain process, restart, audit (safety.md K1-K5, promises 2 and 3).
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { encodeFunctionData, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { knownPositionSchema } from "@/lib/api/signer-contract";
import { rawAmountSchema, type PlanWire } from "@/lib/plan/plan";
import { registrySchema, addressSchema, type Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { startAnvil, type AnvilProcess } from "@/server/devnet/chain/anvil";
import { poolAbi, tokenAbi } from "@/server/devnet/chain/abis";
import {
  BASE_FEE_WEI,
  DEVNET_CHAIN_ID,
  createDevnetClient,
  mineAt,
  type DevnetClient,
} from "@/server/devnet/chain/client";
import { compileContracts, hashSources, readContractSources } from "@/server/devnet/chain/compile";
import { deployDevnet, orderOf, sortedTokens, type Deployment } from "@/server/devnet/chain/deploy";
import { priceOfSqrtX96 } from "@/server/devnet/market/pool-price";
import { buildRegistryOverlay } from "@/server/devnet/registry-overlay";
import { KILL_LABELS } from "@/server/signer/ports";
import { audit, type AuditReport } from "@/tests/support/audit";
import type { HarnessConfig } from "@/tests/support/signer-harness";

const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const PAIR = "WETH-USDC" as const;
const FEE_PIPS = 3_000;
const SPACING = 60;
/** Wall time between blocks; each adds one second of chain time. */
const BLOCK_EVERY_MS = 20;
/** Another runtime may be given, for example the path of bun. */
const runtime = process.env["TG_RUNTIME"] ?? process.execPath;
const RUN_LIMIT_MS = 60_000;
/** Keeps the heap small without slowing these runs measurably. */
const SIGNER_NODE_FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=64"];

const resultSchema = z.object({
  outcome: z.string(),
  halts: z.array(z.string()),
  passes: z.record(z.string(), z.number()),
  positions: z.array(knownPositionSchema),
  account: z.array(z.object({ token: addressSchema, amountRaw: rawAmountSchema })),
  rssBytes: z.number(),
});

/** Two chains side by side, each with its share of the operations: the runs mostly wait for blocks. */
const LANES = 2;
const deploymentId: Hex = `0x${"7d".repeat(32)}`;
const privateKey = generatePrivateKey();
const wallet = privateKeyToAccount(privateKey).address;
let dir = "";
let bundle = "";
const worlds: World[] = [];

/** A chain with the contracts, the journal after the opening plan in `base`, and the range shift to be killed. */
interface World {
  readonly dir: string;
  readonly anvil: AnvilProcess;
  readonly client: DevnetClient;
  readonly deployment: Deployment;
  readonly registry: Registry;
  readonly registryFile: string;
  readonly mining: { isOn: boolean; loop: Promise<void>; chainAtMs: number };
  price: number;
  shiftPlan: PlanWire | null;
}

interface ChildResult {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function startMining({ mining, client }: World): void {
  mining.isOn = true;
  mining.loop = (async () => {
    while (mining.isOn) {
      mining.chainAtMs += 1_000;
      await mineAt(client, mining.chainAtMs);
      await new Promise((resolve) => setTimeout(resolve, BLOCK_EVERY_MS));
    }
  })();
}

async function stopMining({ mining }: World): Promise<void> {
  mining.isOn = false;
  await mining.loop;
}

function runHarness(world: World, config: HarnessConfig, name: string): Promise<ChildResult> {
  const file = join(world.dir, `${name}.json`);
  writeFileSync(file, JSON.stringify(config));
  return new Promise((resolve, reject) => {
    const child = spawn(runtime, [...(runtime === process.execPath ? SIGNER_NODE_FLAGS : []), bundle, file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGTERM"), RUN_LIMIT_MS);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

function parseResult(result: ChildResult): z.output<typeof resultSchema> {
  const line = result.stdout.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{"))
    throw new Error(`the harness ended with ${result.code} ${result.signal}: ${result.stderr}`);
  return resultSchema.parse(JSON.parse(line));
}

function configFor(world: World, journalDir: string, extra: Partial<HarnessConfig>): HarnessConfig {
  return {
    journalDir,
    rpcUrl: world.anvil.rpcUrl,
    registryFile: world.registryFile,
    deploymentId,
    privateKey,
    pairId: PAIR,
    price: world.price,
    assign: [],
    plan: null,
    swapRouter: world.deployment.swapRouter,
    feePips: FEE_PIPS,
    kill: null,
    ...extra,
  };
}

async function fund({ client, deployment }: World, token: Address, amountRaw: bigint): Promise<void> {
  await client.impersonateAccount({ address: deployment.provider });
  await client.sendUnsignedTransaction({
    from: deployment.provider,
    to: token,
    data: encodeFunctionData({ abi: tokenAbi, functionName: "transfer", args: [wallet, amountRaw] }),
    gas: 200_000n,
    maxFeePerGas: BASE_FEE_WEI * 2n,
    maxPriorityFeePerGas: 0n,
  });
}

function auditOf({ registry, anvil }: World, journalDir: string): Promise<AuditReport> {
  return audit({ journalDir, registry, rpcUrls: { [String(DEVNET_CHAIN_ID)]: anvil.rpcUrl }, wallet });
}

async function readTick({ client }: World, pool: Address): Promise<{ tick: number; sqrtPriceX96: bigint }> {
  const slot = await client.readContract({ address: pool, abi: poolAbi, functionName: "slot0" });
  return { sqrtPriceX96: slot[0], tick: slot[1] };
}

function planOf(
  { deployment, price }: World,
  pool: Address,
  tick: number,
  epoch: number,
  steps: PlanWire["steps"],
): PlanWire {
  return {
    version: 1,
    pairId: PAIR,
    epoch,
    kind: epoch === 1 ? "PRA" : "RS",
    reason: "test",
    origin: { kind: "strategy" },
    configVersion: 0,
    blocks: [],
    notionalUsd: 60_000,
    base: { symbol: "WETH", decimals: 18, address: deployment.tokens.WETH },
    quote: { symbol: "USDC", decimals: 6, address: deployment.tokens.USDC },
    before: [],
    after: [],
    forecast: {
      feesUsdPerDayBefore: 0,
      feesUsdPerDayAfter: 0,
      lvrUsdPerDayAfter: 0,
      gainUsdPerYear: 0,
      gasUsd: 0,
      swapFeeUsd: 0,
      slippageUsd: 0,
      costUsd: 0,
      paybackDays: null,
      net7dUsd: 0,
      net7dLowUsd: 0,
      net7dHighUsd: 0,
    },
    bounds: {
      referencePrice: price,
      maxPriceMoveFrac: 0.05,
      maxSlippageBps: 200,
      deadlineSec: 120,
      maxPlanAgeMs: 3_600_000,
      poolTicks: [{ pool, tick, maxTickMove: 500 }],
      maxFeePerGasWei: [{ chainId: DEVNET_CHAIN_ID, wei: "5000000000" }],
    },
    steps,
  };
}

function mintStep(
  { deployment }: World,
  pool: Address,
  tickLower: number,
  tickUpper: number,
  cap0: bigint,
  cap1: bigint,
): PlanWire["steps"][number] {
  const [token0, token1] = sortedTokens(PAIR, deployment.tokens);
  return {
    kind: "mint",
    chainId: DEVNET_CHAIN_ID,
    family: "uniswap-v3",
    pool,
    positionManager: deployment.positionManager,
    token0,
    token1,
    feePips: FEE_PIPS,
    tickSpacing: SPACING,
    tickLower,
    tickUpper,
    amount0MaxRaw: cap0.toString(),
    amount1MaxRaw: cap1.toString(),
    maxSlippageBps: 200,
  };
}

function approveStep(token: Address, spender: Address, amountRaw: bigint, forStep: number): PlanWire["steps"][number] {
  return { kind: "approve", chainId: DEVNET_CHAIN_ID, token, spender, amountRaw: amountRaw.toString(), forStep };
}

function revokeStep(token: Address, spender: Address): PlanWire["steps"][number] {
  return { kind: "revoke", chainId: DEVNET_CHAIN_ID, token, spender };
}

async function openWorld(name: string): Promise<World> {
  const sources = readContractSources(root);
  const compiled = await compileContracts({
    rootDir: root,
    cacheDir: join(tmpdir(), "tg-test-contracts"),
    sources,
    key: hashSources(Object.values(sources)),
  });
  const anvil = await startAnvil({
    rootDir: root,
    chainId: DEVNET_CHAIN_ID,
    port: 0,
    genesisAtMs: Date.now() - 60_000,
    baseFeeWei: BASE_FEE_WEI,
  });
  const client = createDevnetClient(anvil.rpcUrl);
  const deployment = await deployDevnet({
    client,
    rootDir: root,
    compiled,
    prices: { "WETH-USDC": 3_000, "USDC-USDT": 1 },
    firstBlockAtMs: Date.now(),
  });
  const overlay = buildRegistryOverlay({ deployment, rpcUrl: anvil.rpcUrl, speed: 20 });
  const registry = registrySchema.parse({
    ...overlay,
    chains: overlay.chains.map((chain) => ({ ...chain, blockTimeMs: 1_000 })),
  });
  const worldDir = join(dir, name);
  mkdirSync(worldDir);
  const registryFile = join(worldDir, "registry.json");
  writeFileSync(registryFile, JSON.stringify(registry));
  const latest = await client.getBlock();
  const mining = { isOn: false, loop: Promise.resolve(), chainAtMs: Number(latest.timestamp) * 1000 };
  const world: World = {
    dir: worldDir,
    anvil,
    client,
    deployment,
    registry,
    registryFile,
    mining,
    price: 0,
    shiftPlan: null,
  };
  worlds.push(world);
  await openPosition(world);
  return world;
}

/** The first plan mints the position that the second one, the range shift, moves. */
async function openPosition(world: World): Promise<void> {
  const { client, deployment } = world;
  await client.setBalance({ address: wallet, value: parseEther("10") });
  await client.setBalance({ address: deployment.provider, value: parseEther("10") });
  await fund(world, deployment.tokens.WETH, parseEther("20"));
  await fund(world, deployment.tokens.USDC, 60_000_000_000n);
  startMining(world);
  await new Promise((resolve) => setTimeout(resolve, 300));

  const pool = deployment.pools.find((each) => each.key === "WETH-USDC-3000")?.address;
  if (pool === undefined) throw new Error("no WETH-USDC-3000 pool");
  const slot = await readTick(world, pool);
  world.price = priceOfSqrtX96(slot.sqrtPriceX96, orderOf(PAIR, deployment.tokens));
  const [token0, token1] = sortedTokens(PAIR, deployment.tokens);
  const isBase0 = token0 === deployment.tokens.WETH;
  const cap0 = isBase0 ? parseEther("8") : 24_000_000_000n;
  const cap1 = isBase0 ? 24_000_000_000n : parseEther("8");
  const middle = Math.round(slot.tick / SPACING) * SPACING;
  const manager = deployment.positionManager;
  const openPlan = planOf(world, pool, slot.tick, 1, [
    approveStep(token0, manager, cap0, 2),
    approveStep(token1, manager, cap1, 2),
    mintStep(world, pool, middle - 600, middle + 600, cap0, cap1),
    revokeStep(token0, manager),
    revokeStep(token1, manager),
  ]);
  const baseDir = join(world.dir, "base");
  mkdirSync(baseDir);
  const assign = [
    { token: deployment.tokens.WETH, amountRaw: parseEther("12").toString() },
    { token: deployment.tokens.USDC, amountRaw: "40000000000" },
  ];
  const opened = parseResult(await runHarness(world, configFor(world, baseDir, { plan: openPlan, assign }), "base"));
  expect(opened.halts).toEqual([]);
  expect(opened.outcome).toBe("done");
  const [position] = opened.positions;
  if (position === undefined) throw new Error("the first plan opened no position");
  await stopMining(world);

  const amountIn = parseEther("1");
  const minOut = BigInt(Math.floor(world.price * 0.98 * 1e6));
  const after = await readTick(world, pool);
  world.shiftPlan = planOf(world, pool, after.tick, 2, [
    {
      kind: "burn",
      chainId: DEVNET_CHAIN_ID,
      family: "uniswap-v3",
      pool,
      positionManager: manager,
      tokenId: position.tokenId.toString(),
      token0,
      token1,
      tickLower: position.tickLower,
      tickUpper: position.tickUpper,
      liquidityRaw: position.liquidityRaw.toString(),
      amount0ExpectedRaw: position.amount0Raw.toString(),
      amount1ExpectedRaw: position.amount1Raw.toString(),
      maxSlippageBps: 200,
    },
    approveStep(deployment.tokens.WETH, deployment.lifiDiamond, amountIn, 2),
    {
      kind: "swap",
      chainId: DEVNET_CHAIN_ID,
      provider: "lifi",
      router: deployment.lifiDiamond,
      tokenIn: deployment.tokens.WETH,
      tokenOut: deployment.tokens.USDC,
      amountInRaw: amountIn.toString(),
      minAmountOutRaw: minOut.toString(),
    },
    approveStep(token0, manager, cap0, 5),
    approveStep(token1, manager, cap1, 5),
    mintStep(world, pool, middle - 1_200, middle + 300, cap0, cap1),
    revokeStep(token0, manager),
    revokeStep(token1, manager),
  ]);
}

/** A state of journal and chain that can be gone back to any number of times. */
interface Checkpoint {
  readonly journalDir: string;
  readonly chainAtMs: number;
  snapshot: Hex;
}

async function checkpointHere(world: World, journalDir: string): Promise<Checkpoint> {
  await stopMining(world);
  return { journalDir, chainAtMs: world.mining.chainAtMs, snapshot: await world.client.snapshot() };
}

async function goBack(world: World, point: Checkpoint, name: string): Promise<string> {
  await stopMining(world);
  await world.client.revert({ id: point.snapshot });
  point.snapshot = await world.client.snapshot();
  world.mining.chainAtMs = point.chainAtMs;
  const journalDir = join(world.dir, name);
  cpSync(point.journalDir, journalDir, { recursive: true });
  startMining(world);
  return journalDir;
}

interface Tally {
  runs: number;
  killed: number;
  doubleEffects: number;
  unaccountedRaw: bigint;
  maxRssBytes: number;
  readonly sites: string[];
  readonly failures: string[];
}

/** Kills at one site, starts again without a kill, lets the plan end and audits journal against chain. */
async function killAt(
  world: World,
  point: Checkpoint,
  site: { name: string; kill: string },
  tally: Tally,
): Promise<void> {
  const name = site.name.replaceAll(/[^a-z0-9]+/g, "-");
  const journalDir = await goBack(world, point, name);
  const plan = world.shiftPlan;
  const first = await runHarness(world, configFor(world, journalDir, { plan, kill: site.kill }), `${name}-1`);
  tally.sites.push(site.name);
  if (first.signal === "SIGKILL") tally.killed += 1;
  else {
    const said = `${first.stdout.slice(0, 300)} ${first.stderr.slice(0, 300)}`;
    tally.failures.push(`${site.name}: was not killed (code ${first.code}, ${said})`);
  }
  const second = await runHarness(world, configFor(world, journalDir, { plan }), `${name}-2`);
  await stopMining(world);
  tally.runs += 2;
  const report = await auditOf(world, journalDir);
  tally.doubleEffects += report.doubleEffects;
  tally.unaccountedRaw += report.unaccountedRaw;
  for (const problem of report.problems) tally.failures.push(`${site.name}: ${problem}`);
  try {
    const result = parseResult(second);
    tally.maxRssBytes = Math.max(tally.maxRssBytes, result.rssBytes);
    if (result.outcome !== "done") tally.failures.push(`${site.name}: resumed to ${result.outcome}`);
    for (const halt of result.halts) tally.failures.push(`${site.name}: halted: ${halt}`);
    if (result.positions.length !== 1) tally.failures.push(`${site.name}: ${result.positions.length} positions`);
  } catch (error) {
    tally.failures.push(`${site.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  rmSync(journalDir, { recursive: true, force: true });
}

/**
 * The lane's operations in order. Everything before an operation is done once: a run killed before its intent leaves the checkpoint from
 * which each of its labels is the first one passed. Settling comes later and in the background, so that label is counted from the start.
 */
async function runLane(
  world: World,
  input: { readonly ops: readonly number[]; readonly passes: Passes; readonly only: readonly string[] | null },
  tally: Tally,
): Promise<void> {
  const start: Checkpoint = await checkpointHere(world, join(world.dir, "base"));
  const isWanted = (site: string): boolean => input.only === null || input.only.includes(site);
  for (const op of input.ops) {
    const site = `op${op} ${SETTLE_LABEL}`;
    if (op < (input.passes[SETTLE_LABEL] ?? 0) && isWanted(site)) {
      await killAt(world, start, { name: site, kill: `${SETTLE_LABEL}:${op + 1}` }, tally);
    }
  }
  let point = start;
  let reached = 0;
  for (const op of input.ops) {
    if (op > reached) {
      const journalDir = await goBack(world, point, `before-op${op}`);
      const config = configFor(world, journalDir, { plan: world.shiftPlan, kill: `before-intent:${op - reached + 1}` });
      const run = await runHarness(world, config, `before-op${op}`);
      tally.runs += 1;
      if (run.signal !== "SIGKILL") throw new Error(`no checkpoint before op${op}: ${run.stdout} ${run.stderr}`);
      point = await checkpointHere(world, journalDir);
      reached = op;
    }
    for (const label of KILL_LABELS) {
      const site = `op${op} ${label}`;
      if (label === SETTLE_LABEL || op >= (input.passes[label] ?? 0) || !isWanted(site)) continue;
      await killAt(world, point, { name: site, kill: `${label}:1` }, tally);
    }
  }
}

type Passes = Readonly<Record<string, number>>;
const SETTLE_LABEL = "verified-not-settled";

describe("signer killed at every label of a range shift", () => {
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tg-kill-"));
    bundle = join(dir, "signer-harness.mjs");
    await build({
      entryPoints: [join(root, "tests/support/signer-harness.ts")],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      alias: { "@": root },
      logLevel: "error",
    });
    await openWorld("lane-0");
    await Promise.all(Array.from({ length: LANES - 1 }, (_, index) => openWorld(`lane-${index + 1}`)));
  }, 240_000);

  afterAll(async () => {
    for (const world of worlds) {
      await stopMining(world);
      await world.anvil.stop();
    }
    if (dir !== "" && process.env["TG_KEEP"] === undefined) rmSync(dir, { recursive: true, force: true });
  });

  it("behavior: no effect twice, nothing lost, at every site", async () => {
    const [world] = worlds;
    if (world === undefined || world.shiftPlan === null) throw new Error("no world");
    const startedMs = performance.now();
    const steps = world.shiftPlan.steps.length;
    const base = await checkpointHere(world, join(world.dir, "base"));
    const plainDir = await goBack(world, base, "plain");
    const plain = parseResult(await runHarness(world, configFor(world, plainDir, { plan: world.shiftPlan }), "plain"));
    expect(plain.halts).toEqual([]);
    expect(plain.outcome).toBe("done");
    await stopMining(world);
    expect((await auditOf(world, plainDir)).problems).toEqual([]);
    await world.client.revert({ id: base.snapshot });
    world.mining.chainAtMs = base.chainAtMs;
    // Every label of every operation; only the last ones may end before they are settled.
    for (const label of KILL_LABELS) {
      const least = label === SETTLE_LABEL ? 1 : steps;
      expect({ label, passes: plain.passes[label] }).toMatchObject({ passes: expect.toSatisfy((n) => n >= least) });
    }

    const tally: Tally = {
      runs: 1,
      killed: 0,
      doubleEffects: 0,
      unaccountedRaw: 0n,
      maxRssBytes: plain.rssBytes,
      sites: [],
      failures: [],
    };
    const only = process.env["TG_KILL_SITES"]?.split(",") ?? null;
    // Early operations leave more of the plan to be done again: each lane gets some of both.
    const laneOf = (op: number): number => Math.floor((op + 1) / 2) % worlds.length;
    const ops = Array.from({ length: steps }, (_, op) => op);
    await Promise.all(
      worlds.map((each, lane) =>
        runLane(each, { ops: ops.filter((op) => laneOf(op) === lane), passes: plain.passes, only }, tally),
      ),
    );
    process.stdout.write(
      `${JSON.stringify({
        sites: tally.sites.length,
        labels: KILL_LABELS.length,
        operations: steps,
        runs: tally.runs,
        killed: tally.killed,
        doubleEffects: tally.doubleEffects,
        unaccountedRaw: tally.unaccountedRaw.toString(),
        maxRssMb: Math.round(tally.maxRssBytes / 1e6),
        seconds: Math.round((performance.now() - startedMs) / 1000),
        failures: tally.failures.length,
      })}\n`,
    );
    expect(tally.failures).toEqual([]);
    expect(tally.killed).toBe(tally.sites.length);
    expect(tally.doubleEffects).toBe(0);
    expect(tally.unaccountedRaw).toBe(0n);
    if (only === null) expect(tally.sites.length).toBeGreaterThan((KILL_LABELS.length - 1) * steps);
    else expect(tally.sites.length).toBe(only.length);
  }, 900_000);
});
