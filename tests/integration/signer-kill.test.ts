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
const BLOCK_EVERY_MS = 40;
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

let dir = "";
let bundle = "";
let anvil: AnvilProcess;
let client: DevnetClient;
let deployment: Deployment;
let registry: Registry;
let registryFile = "";
let miner: Promise<void> = Promise.resolve();
const mining = { isOn: false };
let chainAtMs = Date.now();
let price = 0;
let shiftPlan: PlanWire;
const deploymentId: Hex = `0x${"7d".repeat(32)}`;
const privateKey = generatePrivateKey();
const wallet = privateKeyToAccount(privateKey).address;

interface ChildResult {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function startMining(): void {
  mining.isOn = true;
  miner = (async () => {
    while (mining.isOn) {
      chainAtMs += 1_000;
      await mineAt(client, chainAtMs);
      await new Promise((resolve) => setTimeout(resolve, BLOCK_EVERY_MS));
    }
  })();
}

async function stopMining(): Promise<void> {
  mining.isOn = false;
  await miner;
}

function runHarness(config: HarnessConfig, name: string): Promise<ChildResult> {
  const file = join(dir, `${name}.json`);
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

function configFor(journalDir: string, extra: Partial<HarnessConfig>): HarnessConfig {
  return {
    journalDir,
    rpcUrl: anvil.rpcUrl,
    registryFile,
    deploymentId,
    privateKey,
    pairId: PAIR,
    price,
    assign: [],
    plan: null,
    swapRouter: deployment.swapRouter,
    feePips: FEE_PIPS,
    kill: null,
    ...extra,
  };
}

async function fund(token: Address, amountRaw: bigint): Promise<void> {
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

function auditOf(journalDir: string): Promise<AuditReport> {
  return audit({ journalDir, registry, rpcUrls: { [String(DEVNET_CHAIN_ID)]: anvil.rpcUrl }, wallet });
}

async function readTick(pool: Address): Promise<{ tick: number; sqrtPriceX96: bigint }> {
  const slot = await client.readContract({ address: pool, abi: poolAbi, functionName: "slot0" });
  return { sqrtPriceX96: slot[0], tick: slot[1] };
}

function planOf(pool: Address, tick: number, epoch: number, steps: PlanWire["steps"]): PlanWire {
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
    const sources = readContractSources(root);
    const compiled = await compileContracts({
      rootDir: root,
      cacheDir: join(tmpdir(), "tg-test-contracts"),
      sources,
      key: hashSources(Object.values(sources)),
    });
    anvil = await startAnvil({
      rootDir: root,
      chainId: DEVNET_CHAIN_ID,
      port: 0,
      genesisAtMs: Date.now() - 60_000,
      baseFeeWei: BASE_FEE_WEI,
    });
    client = createDevnetClient(anvil.rpcUrl);
    deployment = await deployDevnet({
      client,
      rootDir: root,
      compiled,
      prices: { "WETH-USDC": 3_000, "USDC-USDT": 1 },
      firstBlockAtMs: Date.now(),
    });
    const overlay = buildRegistryOverlay({ deployment, rpcUrl: anvil.rpcUrl, speed: 20 });
    registry = registrySchema.parse({
      ...overlay,
      chains: overlay.chains.map((chain) => ({ ...chain, blockTimeMs: 1_000 })),
    });
    registryFile = join(dir, "registry.json");
    writeFileSync(registryFile, JSON.stringify(registry));
    const latest = await client.getBlock();
    chainAtMs = Number(latest.timestamp) * 1000;
    await client.setBalance({ address: wallet, value: parseEther("10") });
    await client.setBalance({ address: deployment.provider, value: parseEther("10") });
    await fund(deployment.tokens.WETH, parseEther("20"));
    await fund(deployment.tokens.USDC, 60_000_000_000n);
    startMining();
    await new Promise((resolve) => setTimeout(resolve, 300));

    const pool = deployment.pools.find((each) => each.key === "WETH-USDC-3000")?.address;
    if (pool === undefined) throw new Error("no WETH-USDC-3000 pool");
    const slot = await readTick(pool);
    price = priceOfSqrtX96(slot.sqrtPriceX96, orderOf(PAIR, deployment.tokens));
    const [token0, token1] = sortedTokens(PAIR, deployment.tokens);
    const isBase0 = token0 === deployment.tokens.WETH;
    const cap0 = isBase0 ? parseEther("8") : 24_000_000_000n;
    const cap1 = isBase0 ? 24_000_000_000n : parseEther("8");
    const middle = Math.round(slot.tick / SPACING) * SPACING;
    const manager = deployment.positionManager;
    const openPlan = planOf(pool, slot.tick, 1, [
      approveStep(token0, manager, cap0, 2),
      approveStep(token1, manager, cap1, 2),
      mintStep(pool, middle - 600, middle + 600, cap0, cap1),
      revokeStep(token0, manager),
      revokeStep(token1, manager),
    ]);
    mkdirSync(join(dir, "base"));
    const opened = parseResult(
      await runHarness(
        configFor(join(dir, "base"), {
          plan: openPlan,
          assign: [
            { token: deployment.tokens.WETH, amountRaw: parseEther("12").toString() },
            { token: deployment.tokens.USDC, amountRaw: "40000000000" },
          ],
        }),
        "base",
      ),
    );
    expect(opened.halts).toEqual([]);
    expect(opened.outcome).toBe("done");
    const [position] = opened.positions;
    if (position === undefined) throw new Error("the first plan opened no position");
    await stopMining();

    const amountIn = parseEther("1");
    const minOut = BigInt(Math.floor(price * 0.98 * 1e6));
    const after = await readTick(pool);
    shiftPlan = planOf(pool, after.tick, 2, [
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
      mintStep(pool, middle - 1_200, middle + 300, cap0, cap1),
      revokeStep(token0, manager),
      revokeStep(token1, manager),
    ]);
  }, 120_000);

  afterAll(async () => {
    await stopMining();
    await anvil?.stop();
    if (dir !== "" && process.env["TG_KEEP"] === undefined) rmSync(dir, { recursive: true, force: true });
  });

  it("behavior: no effect twice, nothing lost, at every site", async () => {
    let snapshot = await client.snapshot();
    const snapshotAtMs = chainAtMs;
    const reset = async (name: string): Promise<string> => {
      await stopMining();
      await client.revert({ id: snapshot });
      snapshot = await client.snapshot();
      chainAtMs = snapshotAtMs;
      const journalDir = join(dir, name);
      cpSync(join(dir, "base"), journalDir, { recursive: true });
      startMining();
      return journalDir;
    };

    const plainDir = await reset("plain");
    const plain = parseResult(await runHarness(configFor(plainDir, { plan: shiftPlan }), "plain"));
    expect(plain.halts).toEqual([]);
    expect(plain.outcome).toBe("done");
    await stopMining();
    expect((await auditOf(plainDir)).problems).toEqual([]);

    const only = process.env["TG_KILL_SITES"];
    const sites = KILL_LABELS.flatMap((label) =>
      Array.from({ length: plain.passes[label] ?? 0 }, (_, index) => `${label}:${index + 1}`),
    ).filter((site) => only === undefined || only.split(",").includes(site));
    let killed = 0;
    let doubleEffects = 0;
    let unaccountedRaw = 0n;
    let maxRssBytes = plain.rssBytes;
    const failures: string[] = [];
    for (const site of sites) {
      const name = site.replace(":", "-");
      const journalDir = await reset(name);
      const first = await runHarness(configFor(journalDir, { plan: shiftPlan, kill: site }), `${name}-1`);
      if (first.signal === "SIGKILL") killed += 1;
      else
        failures.push(
          `${site}: was not killed (code ${first.code}, ${first.stdout.slice(0, 300)} ${first.stderr.slice(0, 300)})`,
        );
      const second = await runHarness(configFor(journalDir, { plan: shiftPlan }), `${name}-2`);
      await stopMining();
      const report = await auditOf(journalDir);
      doubleEffects += report.doubleEffects;
      unaccountedRaw += report.unaccountedRaw;
      for (const problem of report.problems) failures.push(`${site}: ${problem}`);
      try {
        const result = parseResult(second);
        maxRssBytes = Math.max(maxRssBytes, result.rssBytes);
        if (result.outcome !== "done") failures.push(`${site}: resumed to ${result.outcome}`);
        for (const halt of result.halts) failures.push(`${site}: halted: ${halt}`);
        if (result.positions.length !== 1) failures.push(`${site}: ${result.positions.length} positions`);
      } catch (error) {
        failures.push(`${site}: ${error instanceof Error ? error.message : String(error)}`);
      }
      rmSync(journalDir, { recursive: true, force: true });
    }
    process.stdout.write(
      `${JSON.stringify({
        sites: sites.length,
        labels: KILL_LABELS.length,
        runs: sites.length + 1,
        killed,
        doubleEffects,
        unaccountedRaw: unaccountedRaw.toString(),
        maxRssMb: Math.round(maxRssBytes / 1e6),
        failures: failures.length,
      })}\n`,
    );
    expect(failures).toEqual([]);
    expect(killed).toBe(sites.length);
    expect(doubleEffects).toBe(0);
    expect(unaccountedRaw).toBe(0n);
    expect(sites.length).toBeGreaterThan(0);
  }, 900_000);
});
