// Kill -9 at journal labels of plans in every DEX family on a real chain process, with wiped pools and one-block reorgs, restart, audit.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { encodeFunctionData, parseEther, type TransactionReceipt } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import * as z from "zod";
import type { Grant } from "@/lib/actions/family";
import { knownPositionSchema } from "@/lib/api/signer-contract";
import { NO_FORECAST, rawAmountSchema, type PlanWire } from "@/lib/plan/plan";
import { findPoolRef, type PoolRef } from "@/lib/registry/pool-ref";
import { registrySchema, addressSchema, type DexEntry, type PoolEntry, type Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { startAnvil, type AnvilProcess } from "@/server/devnet/chain/anvil";
import { tokenAbi } from "@/server/devnet/chain/abis";
import {
  BASE_FEE_WEI,
  DEVNET_CHAIN_ID,
  createDevnetClient,
  mineAt,
  queueTx,
  type DevnetClient,
} from "@/server/devnet/chain/client";
import { compileContracts, readContractSources, type CompiledContracts } from "@/server/devnet/chain/compile";
import { deployChain, deployDevnet, orderOf, type Deployment } from "@/server/devnet/chain/deploy";
import type { FamilyKit, KitContext } from "@/server/devnet/chain/families/family-kit";
import { sqrtX96OfPrice } from "@/server/devnet/market/pool-price";
import { buildOverlay, buildRegistryOverlay } from "@/server/devnet/registry-overlay";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { createChainAccess } from "@/server/signer/chain-access";
import { KILL_LABELS } from "@/server/signer/ports";
import { audit, rpcPort, type AuditReport } from "@/tests/support/audit";
import type { HarnessConfig } from "@/tests/support/signer-harness";

const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const PAIR = "WETH-USDC" as const;
const PRICE = 3_000;
const FAR_CHAIN_ID = DEVNET_CHAIN_ID + 1;
const RUN_LIMIT_MS = 180_000;
/** Wall time between blocks; each adds one second of chain time. */
const BLOCK_EVERY_MS = 20;
const SLIPPAGE_BPS = 200;
/** Keeps the heap small without slowing these runs measurably. */
const SIGNER_NODE_FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=64"];
/** Kills of the restarts after a kill: what recovery resumes passes these labels. */
const RECOVERY_KILLS = [
  "included-not-written:1",
  "included-not-written:1",
  "confirmed-not-verified:1",
  "confirmed-not-verified:1",
];
const SETTLE_LABEL = "verified-not-settled";

const resultSchema = z.object({
  outcome: z.string(),
  halts: z.array(z.string()),
  passes: z.record(z.string(), z.number()),
  positions: z.array(knownPositionSchema),
  account: z.array(z.object({ token: addressSchema, amountRaw: rawAmountSchema })),
  rssBytes: z.number(),
});
type HarnessResult = z.output<typeof resultSchema>;
type StepWire = PlanWire["steps"][number];

interface ChildResult {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A chain with one family, the journal after the opening plan in `base`, and the plan to be killed. */
export interface World {
  readonly family: string;
  readonly dir: string;
  readonly anvils: readonly AnvilProcess[];
  readonly client: DevnetClient;
  readonly deployment: Deployment;
  readonly registry: Registry;
  readonly registryFile: string;
  readonly pool: PoolRef;
  readonly mining: { isOn: boolean; loop: Promise<void>; chainAtMs: number; reorgIn: number | null; reorgs: number };
  plan: PlanWire | null;
  passes: Readonly<Record<string, number>>;
}

/** State of journal and chain that can be gone back to any number of times. */
interface Checkpoint {
  readonly journalDir: string;
  readonly chainAtMs: number;
  snapshot: Hex;
}

export interface Site {
  readonly op: number;
  readonly label: string;
}

export interface Tally {
  operations: number;
  sites: number;
  runs: number;
  killed: number;
  /** Of them: while the operation of an earlier kill was being recovered (K9). */
  killedRecovering: number;
  wipes: number;
  reorgs: number;
  doubleEffects: number;
  unaccountedRaw: bigint;
  readonly kinds: Set<string>;
  readonly families: Set<string>;
  readonly failures: string[];
}

export function newTally(): Tally {
  return {
    operations: 0,
    sites: 0,
    runs: 0,
    killed: 0,
    killedRecovering: 0,
    wipes: 0,
    reorgs: 0,
    doubleEffects: 0,
    unaccountedRaw: 0n,
    kinds: new Set(),
    families: new Set(),
    failures: [],
  };
}

export interface KillLab {
  readonly privateKey: Hex;
  /** Deploys the family, opens a position, and finds out which sites its plan has by running it once. */
  openWorld(kit: FamilyKit): Promise<World>;
  sitesOf(world: World): readonly Site[];
  /** Kills at each site in turn, restarts, lets the plan end, audits. */
  run(
    world: World,
    input: { readonly sites: readonly Site[]; readonly random: () => number; readonly tally: Tally },
  ): Promise<void>;
  closeWorld(world: World): Promise<void>;
  close(): void;
}

export async function openKillLab(): Promise<KillLab> {
  const dir = mkdtempSync(join(tmpdir(), "tg-kill-"));
  const bundle = join(dir, "signer-harness.mjs");
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
  });
  const privateKey = generatePrivateKey();
  const wallet = privateKeyToAccount(privateKey).address;
  const deploymentId: Hex = `0x${"7d".repeat(32)}`;

  function configFor(world: World, journalDir: string, extra: Partial<HarnessConfig>): HarnessConfig {
    const [near, far] = world.anvils;
    return {
      journalDir,
      rpcUrl: near?.rpcUrl ?? "",
      otherRpcUrls: far === undefined ? {} : { [String(FAR_CHAIN_ID)]: far.rpcUrl },
      registryFile: world.registryFile,
      deploymentId,
      privateKey,
      pairId: PAIR,
      price: PRICE,
      assign: [],
      plan: null,
      swapRouter: world.deployment.swapRouter,
      feePips: 3_000,
      kill: null,
      ...extra,
    };
  }

  function runHarness(world: World, config: HarnessConfig, name: string): Promise<ChildResult> {
    const file = join(world.dir, `${name}.json`);
    writeFileSync(file, JSON.stringify(config));
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [...SIGNER_NODE_FLAGS, bundle, file], {
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

  function auditOf(world: World, journalDir: string): Promise<AuditReport> {
    const [near, far] = world.anvils;
    return audit({
      journalDir,
      registry: world.registry,
      rpcUrls: {
        [String(DEVNET_CHAIN_ID)]: near?.rpcUrl ?? "",
        ...(far === undefined ? {} : { [String(FAR_CHAIN_ID)]: far.rpcUrl }),
      },
      wallet,
    });
  }

  async function openWorld(kit: FamilyKit): Promise<World> {
    const isPlain = kit.family === "uniswap-v3";
    const anvil = await startChain(DEVNET_CHAIN_ID);
    const anvils = [anvil];
    const client = createDevnetClient(anvil.rpcUrl);
    const common = {
      rootDir: root,
      compiled,
      prices: { "WETH-USDC": PRICE, "USDC-USDT": 1 },
      firstBlockAtMs: Date.now(),
    };
    const deployment = await deployDevnet({ ...common, client });
    const made = isPlain ? null : await deployFamily(kit, { client, compiled, deployment });
    // Only the plain world bridges: the far end has to be served, and nothing happens there before an arrival.
    let overlay = buildRegistryOverlay({ deployment, rpcUrl: anvil.rpcUrl, speed: 20 });
    if (isPlain) {
      const far = await startChain(FAR_CHAIN_ID);
      anvils.push(far);
      const farDeployment = await deployChain({
        ...common,
        client: createDevnetClient(far.rpcUrl),
        chainId: FAR_CHAIN_ID,
        v3Pools: [],
        traderContract: "MarketMaker",
      });
      overlay = buildOverlay(
        [
          { deployment, rpcUrl: anvil.rpcUrl },
          { deployment: farDeployment, rpcUrl: far.rpcUrl },
        ],
        20,
      );
    }
    const registry = registrySchema.parse({
      ...overlay,
      chains: overlay.chains.map((chain) => ({ ...chain, blockTimeMs: 1_000 })),
      dexes: [...overlay.dexes, ...(made === null ? [] : [made.dex])],
      pools: [...overlay.pools, ...(made === null ? [] : [made.pool])],
    });
    const id = made?.pool.id ?? deployment.pools.find((each) => each.key === "WETH-USDC-3000")?.entry.id ?? "0x";
    const pool = findPoolRef(registry, DEVNET_CHAIN_ID, id);
    if (pool === null) throw new Error(`no pool of ${kit.family}`);
    const worldDir = join(dir, kit.dexId);
    mkdirSync(worldDir);
    const registryFile = join(worldDir, "registry.json");
    writeFileSync(registryFile, JSON.stringify(registry));
    const latest = await client.getBlock();
    const world: World = {
      family: kit.family,
      dir: worldDir,
      anvils,
      client,
      deployment,
      registry,
      registryFile,
      pool,
      mining: {
        isOn: false,
        loop: Promise.resolve(),
        chainAtMs: Number(latest.timestamp) * 1000,
        reorgIn: null,
        reorgs: 0,
      },
      plan: null,
      passes: {},
    };
    await openPosition(world);
    return world;
  }

  function startChain(chainId: number): Promise<AnvilProcess> {
    return startAnvil({
      rootDir: root,
      chainId,
      port: 0,
      genesisAtMs: Date.now() - 60_000,
      baseFeeWei: BASE_FEE_WEI,
      // A node does not forget receipts; on a slow machine one site passes thousands of blocks.
      keptTransactionBlocks: 100_000,
      keptStates: 2_000,
    });
  }

  /** The first plan mints the position that the second one, which is killed, takes apart and opens again. */
  async function openPosition(world: World): Promise<void> {
    const { client, deployment } = world;
    await client.setBalance({ address: wallet, value: parseEther("10") });
    await client.setBalance({ address: deployment.provider, value: parseEther("10") });
    await client.impersonateAccount({ address: deployment.provider });
    for (const [token, amountRaw] of [
      [deployment.tokens.WETH, parseEther("20")],
      [deployment.tokens.USDC, 60_000_000_000n],
    ] as const) {
      await client.sendUnsignedTransaction({
        from: deployment.provider,
        to: token,
        data: encodeFunctionData({ abi: tokenAbi, functionName: "transfer", args: [wallet, amountRaw] }),
        gas: 200_000n,
        maxFeePerGas: BASE_FEE_WEI * 2n,
        maxPriorityFeePerGas: 0n,
      });
    }
    startMining(world);
    await sleep(200);
    const baseDir = join(world.dir, "base");
    mkdirSync(baseDir);
    const assign = [
      { token: deployment.tokens.WETH, amountRaw: parseEther("12").toString() },
      { token: deployment.tokens.USDC, amountRaw: "40000000000" },
    ];
    const tick = await readTick(world);
    const opening = planOf(world, tick, 1, mintGroup(world, tick, { below: 600, above: 600 }, 0));
    const opened = parseResult(await runHarness(world, configFor(world, baseDir, { plan: opening, assign }), "base"));
    const [position] = opened.positions;
    if (opened.outcome !== "done" || position === undefined || opened.halts.length > 0) {
      throw new Error(`${world.family}: the first plan ended as ${opened.outcome}: ${opened.halts.join("; ")}`);
    }
    const now = await readTick(world);
    world.plan = planOf(world, now, 2, rangeShift(world, now, position));
    await stopMining(world);
    const base = await checkpointHere(world, join(world.dir, "base"));
    const plainDir = await goBack(world, base, "plain");
    const run = await runHarness(world, configFor(world, plainDir, { plan: world.plan }), "plain");
    await stopMining(world);
    const plain = parseResult(run);
    const report = await auditOf(world, plainDir);
    if (plain.outcome !== "done" || plain.halts.length > 0 || report.problems.length > 0) {
      throw new Error(
        `${world.family}: without a kill the plan ended as ${plain.outcome}: ${[...plain.halts, ...report.problems].join("; ")}`,
      );
    }
    world.passes = plain.passes;
    await client.revert({ id: base.snapshot });
    world.mining.chainAtMs = base.chainAtMs;
  }

  /**
   * Everything before an operation is done once: a run killed before its intent leaves the checkpoint from which each of its labels is
   * the first one passed. Settling comes later and in the background, so that label is counted from the start.
   */
  const run: KillLab["run"] = async (world, { sites, random, tally }) => {
    const start = await checkpointHere(world, join(world.dir, "base"));
    const steps = world.plan?.steps ?? [];
    tally.families.add(world.family);
    tally.operations += new Set(sites.map((each) => each.op)).size;
    for (const { op } of sites) tally.kinds.add(kindOf(steps[op]));
    const late = sites.filter((each) => each.label === SETTLE_LABEL);
    for (const { op, label } of late) {
      await killAt(world, start, { name: `op${op} ${label}`, kill: `${label}:${op + 1}` }, { random, tally });
    }
    let point = start;
    let reached = 0;
    const ops = [...new Set(sites.filter((each) => each.label !== SETTLE_LABEL).map((each) => each.op))];
    for (const op of ops.toSorted((left, right) => left - right)) {
      if (op > reached) {
        const name = `before-op${op}`;
        const journalDir = await goBack(world, point, name);
        const config = configFor(world, journalDir, { plan: world.plan, kill: `before-intent:${op - reached + 1}` });
        const result = await runHarness(world, config, name);
        tally.runs += 1;
        if (result.signal !== "SIGKILL")
          throw new Error(`no checkpoint before op${op}: ${result.stdout} ${result.stderr}`);
        point = await checkpointHere(world, journalDir);
        reached = op;
      }
      for (const site of sites) {
        if (site.op !== op || site.label === SETTLE_LABEL) continue;
        await killAt(world, point, { name: `op${op} ${site.label}`, kill: `${site.label}:1` }, { random, tally });
      }
    }
    await stopMining(world);
    await world.client.revert({ id: start.snapshot });
    world.mining.chainAtMs = start.chainAtMs;
  };

  /** Kills at one site, starts again without a kill, lets the plan end and audits journal against chain. */
  async function killAt(
    world: World,
    point: Checkpoint,
    site: { name: string; kill: string },
    { random, tally }: { random: () => number; tally: Tally },
  ): Promise<void> {
    const name = site.name.replaceAll(/[^a-z0-9]+/g, "-");
    const about = `${world.family} ${site.name}`;
    const journalDir = await goBack(world, point, name);
    const first = await runHarness(
      world,
      configFor(world, journalDir, { plan: world.plan, kill: site.kill }),
      `${name}-1`,
    );
    tally.sites += 1;
    if (first.signal === "SIGKILL") tally.killed += 1;
    else
      tally.failures.push(
        `${about}: was not killed (code ${first.code}, ${first.stdout.slice(0, 300)} ${first.stderr.slice(0, 300)})`,
      );
    let faults = "";
    if (random() < 0.35) {
      // What waited in the node's pool is gone: only the journal knows that it was sent.
      await stopMining(world);
      await world.client.request<{ Method: "anvil_dropAllTransactions"; Parameters: unknown[]; ReturnType: unknown }>({
        method: "anvil_dropAllTransactions",
        params: [],
      });
      startMining(world);
      tally.wipes += 1;
      faults += " after a wiped pool";
    }
    if (random() < 0.2) {
      for (const [again, kill] of RECOVERY_KILLS.entries()) {
        const repeated = await runHarness(
          world,
          configFor(world, journalDir, { plan: world.plan, kill }),
          `${name}-r${again}`,
        );
        tally.runs += 1;
        if (repeated.signal === "SIGKILL") tally.killedRecovering += 1;
      }
      faults += " killed again while recovering";
    }
    const reorgsBefore = world.mining.reorgs;
    if (random() < 0.35) {
      world.mining.reorgIn = 1 + Math.floor(random() * 40);
      faults += " with a one-block reorg";
    }
    const second = await runHarness(world, configFor(world, journalDir, { plan: world.plan }), `${name}-2`);
    world.mining.reorgIn = null;
    await stopMining(world);
    tally.reorgs += world.mining.reorgs - reorgsBefore;
    tally.runs += 2;
    const report = await auditOf(world, journalDir);
    tally.doubleEffects += report.doubleEffects;
    tally.unaccountedRaw += report.unaccountedRaw;
    for (const problem of report.problems) tally.failures.push(`${about}${faults}: ${problem}`);
    try {
      const result = parseResult(second);
      if (result.outcome !== "done") tally.failures.push(`${about}${faults}: resumed to ${result.outcome}`);
      for (const halt of result.halts) tally.failures.push(`${about}${faults}: halted: ${halt}`);
      if (result.positions.length !== 1) tally.failures.push(`${about}${faults}: ${result.positions.length} positions`);
    } catch (error) {
      tally.failures.push(`${about}${faults}: ${error instanceof Error ? error.message : String(error)}`);
    }
    rmSync(journalDir, { recursive: true, force: true });
  }

  return {
    privateKey,
    openWorld,
    sitesOf,
    run,
    async closeWorld(world) {
      await stopMining(world);
      for (const anvil of world.anvils) await anvil.stop();
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

async function deployFamily(
  kit: FamilyKit,
  input: { readonly client: DevnetClient; readonly compiled: CompiledContracts; readonly deployment: Deployment },
): Promise<{ dex: DexEntry; pool: PoolEntry }> {
  const { client, compiled, deployment } = input;
  const { tokens, keeper } = deployment;
  let atMs = Number((await client.getBlock()).timestamp) * 1000;
  const context: KitContext = {
    client,
    rootDir: root,
    compiled,
    chainId: DEVNET_CHAIN_ID,
    keeper,
    weth: tokens.WETH,
    permit2: deployment.permit2,
    async send(what, calls) {
      const hashes: Hex[] = [];
      for (const { to, data, valueWei, from = keeper, gas = 8_000_000n } of calls) {
        hashes.push(
          await queueTx(client, {
            from,
            data,
            gas,
            ...(to === undefined ? {} : { to }),
            ...(valueWei === undefined ? {} : { valueWei }),
          }),
        );
      }
      atMs += 12_000;
      await mineAt(client, atMs);
      const receipts: TransactionReceipt[] = [];
      for (const hash of hashes) {
        const receipt = await client.getTransactionReceipt({ hash });
        if (receipt.status !== "success") throw new Error(`${what} reverted`);
        receipts.push(receipt);
      }
      return receipts;
    },
  };
  const made = await kit.deploy(context);
  const isBins = kit.family === "liquidity-book";
  const order = orderOf(PAIR, tokens);
  const [first, second] = order.baseIsToken0 ? (["WETH", "USDC"] as const) : (["USDC", "WETH"] as const);
  const ref = await made.createPool({
    token0: tokens[first],
    token1: tokens[second],
    feePips: 3_000,
    tickSpacing: isBins ? null : 60,
    binStep: isBins ? 10 : null,
    sqrtPriceX96: sqrtX96OfPrice(PRICE, order),
  });
  return {
    dex: made.dex,
    pool: {
      pair: PAIR,
      chainId: DEVNET_CHAIN_ID,
      dex: made.dex.id,
      id: ref.pool,
      tokens: [first, second],
      fee: ref.feePips,
      tickSpacing: ref.tickSpacing,
      hooks: ref.hooks,
      deployer: ref.deployer,
      binStep: ref.binStep,
      parameters: ref.parameters,
    },
  };
}

function startMining({ mining, client }: World): void {
  if (mining.isOn) return;
  mining.isOn = true;
  mining.loop = (async () => {
    while (mining.isOn) {
      if (mining.reorgIn !== null && --mining.reorgIn <= 0) {
        mining.reorgIn = null;
        await client.request<{ Method: "anvil_reorg"; Parameters: unknown[]; ReturnType: unknown }>({
          method: "anvil_reorg",
          params: [1, []],
        });
        mining.chainAtMs = Math.max(mining.chainAtMs, Number((await client.getBlock()).timestamp) * 1000);
        mining.reorgs += 1;
      }
      mining.chainAtMs += 1_000;
      await mineAt(client, mining.chainAtMs);
      await sleep(BLOCK_EVERY_MS);
    }
  })();
}

async function stopMining({ mining }: World): Promise<void> {
  mining.isOn = false;
  await mining.loop;
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

async function readTick({ client, registry, pool }: World): Promise<number> {
  const chain = registry.chains.find((each) => each.id === pool.chainId);
  if (chain === undefined) throw new Error("no chain");
  const port = createChainAccess(chain, [rpcPort(client.transport["url"] ?? "")]);
  return (await FAMILY_ADAPTERS[pool.family].reads.readPool(port, pool, "latest")).tick;
}

/** Caps of a mint in pool order: 8 WETH and 24 000 USDC. */
function capsOf({ pool, deployment }: World): readonly [bigint, bigint] {
  const weth = parseEther("8");
  const usdc = 24_000_000_000n;
  return pool.token0.toLowerCase() === deployment.tokens.WETH.toLowerCase() ? [weth, usdc] : [usdc, weth];
}

/** Rights, the mint, and the rights taken back; `first` is the index of the first of these steps. */
function mintGroup(
  world: World,
  tick: number,
  width: { readonly below: number; readonly above: number },
  first: number,
): StepWire[] {
  const { pool } = world;
  const [cap0, cap1] = capsOf(world);
  const isBins = pool.family === "liquidity-book";
  const spacing = pool.tickSpacing ?? 60;
  const middle = isBins ? tick : Math.round(tick / spacing) * spacing;
  const scale = isBins ? 60 : 1;
  const grants = FAMILY_ADAPTERS[pool.family].actions.mintGrants(pool, { amount0Raw: cap0, amount1Raw: cap1 });
  const mint: StepWire = {
    kind: "mint",
    chainId: DEVNET_CHAIN_ID,
    family: pool.family,
    pool: pool.pool,
    positionManager: pool.contracts.positionManager,
    token0: pool.token0,
    token1: pool.token1,
    feePips: pool.feePips ?? 3_000,
    tickSpacing: isBins ? (pool.binStep ?? 10) : spacing,
    tickLower: middle - Math.round(width.below / scale),
    tickUpper: middle + Math.round(width.above / scale),
    amount0MaxRaw: cap0.toString(),
    amount1MaxRaw: cap1.toString(),
    maxSlippageBps: SLIPPAGE_BPS,
    ...(isBins ? { shape: "spot" as const } : {}),
  };
  const amountOf = (grant: Grant): bigint => (grant.token.toLowerCase() === pool.token0.toLowerCase() ? cap0 : cap1);
  return [
    ...grants.map((grant) => approveStep(grant, amountOf(grant), first + grants.length)),
    mint,
    ...grants.toReversed().map((grant) => revokeStep(grant)),
  ];
}

function grantFields(grant: Grant) {
  if (grant.kind === "erc20") return {};
  return grant.kind === "operator"
    ? { grant: "operator" as const }
    : { grant: "permit2" as const, permit2: grant.permit2 };
}

function approveStep(grant: Grant, amountRaw: bigint, forStep: number): StepWire {
  const { token, spender } = grant;
  const amount = grant.kind === "operator" ? 1n : amountRaw;
  return {
    kind: "approve",
    chainId: DEVNET_CHAIN_ID,
    token,
    spender,
    amountRaw: amount.toString(),
    forStep,
    ...grantFields(grant),
  };
}

function revokeStep(grant: Grant): StepWire {
  return {
    kind: "revoke",
    chainId: DEVNET_CHAIN_ID,
    token: grant.token,
    spender: grant.spender,
    ...grantFields(grant),
  };
}

/** Part out, all out, (swaps and a bridge where the world has them,) and in again at another range. */
function rangeShift(world: World, tick: number, position: z.output<typeof knownPositionSchema>): StepWire[] {
  const { pool, deployment } = world;
  const { WETH, USDC } = deployment.tokens;
  const exit = {
    chainId: DEVNET_CHAIN_ID,
    family: pool.family,
    pool: pool.pool,
    positionManager: pool.contracts.positionManager,
    tokenId: position.tokenId.toString(),
    token0: pool.token0,
    token1: pool.token1,
    tickLower: position.tickLower,
    tickUpper: position.tickUpper,
    amount0ExpectedRaw: position.amount0Raw.toString(),
    amount1ExpectedRaw: position.amount1Raw.toString(),
    maxSlippageBps: SLIPPAGE_BPS,
  };
  const exitGrants = FAMILY_ADAPTERS[pool.family].actions.exitGrants(pool);
  const steps: StepWire[] = [
    ...exitGrants.map((grant) => approveStep(grant, 1n, exitGrants.length + 1)),
    { ...exit, kind: "decrease", liquidityRaw: (position.liquidityRaw / 3n).toString() },
    { ...exit, kind: "burn", liquidityRaw: position.liquidityRaw.toString() },
    ...exitGrants.toReversed().map(revokeStep),
  ];
  if (pool.family === "uniswap-v3") {
    const swapIn = parseEther("1");
    const backIn = 1_000_000_000n;
    const bridged = 2_000_000_000n;
    const far = world.registry.tokens.find((each) => each.chainId === FAR_CHAIN_ID && each.symbol === "USDC")?.address;
    if (far === undefined) throw new Error("the far chain has no USDC");
    steps.push(approveStep(erc20(WETH, deployment.lifiDiamond), swapIn, steps.length + 1), {
      kind: "swap",
      chainId: DEVNET_CHAIN_ID,
      provider: "lifi",
      router: deployment.lifiDiamond,
      tokenIn: WETH,
      tokenOut: USDC,
      amountInRaw: swapIn.toString(),
      minAmountOutRaw: BigInt(Math.floor(PRICE * 0.97 * 1e6)).toString(),
    });
    steps.push(approveStep(erc20(USDC, deployment.swapRouter), backIn, steps.length + 1), {
      kind: "swap",
      chainId: DEVNET_CHAIN_ID,
      provider: "pool",
      router: deployment.swapRouter,
      pool: pool.pool,
      tokenIn: USDC,
      tokenOut: WETH,
      amountInRaw: backIn.toString(),
      minAmountOutRaw: ((parseEther("1") / 3n / 1_000n) * 960n).toString(),
    });
    steps.push(approveStep(erc20(USDC, deployment.lifiDiamond), bridged, steps.length + 1), {
      kind: "bridge",
      chainId: DEVNET_CHAIN_ID,
      provider: "lifi",
      router: deployment.lifiDiamond,
      tokenIn: USDC,
      toChainId: FAR_CHAIN_ID,
      tokenOut: far,
      amountInRaw: bridged.toString(),
      minAmountOutRaw: ((bridged * 995n) / 1_000n).toString(),
      bridges: ["across"],
      feeUsd: 1,
      expectedSec: 60,
    });
  }
  return [...steps, ...mintGroup(world, tick, { below: 1_200, above: 300 }, steps.length)];
}

function planOf({ deployment, pool }: World, tick: number, epoch: number, steps: StepWire[]): PlanWire {
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
    forecast: { ...NO_FORECAST },
    bounds: {
      referencePrice: PRICE,
      maxPriceMoveFrac: 0.05,
      maxSlippageBps: SLIPPAGE_BPS,
      deadlineSec: 120,
      maxPlanAgeMs: 3_600_000,
      poolTicks: [{ pool: pool.pool, tick, maxTickMove: 500 }],
      maxFeePerGasWei: [{ chainId: DEVNET_CHAIN_ID, wei: "5000000000" }],
    },
    steps,
  };
}

function sitesOf(world: World): readonly Site[] {
  const steps = world.plan?.steps ?? [];
  return steps.flatMap((_, op) =>
    KILL_LABELS.filter((label) => op < (world.passes[label] ?? 0)).map((label) => ({ op, label })),
  );
}

function erc20(token: Address, spender: Address): Grant {
  return { kind: "erc20", token, spender };
}

function kindOf(step: StepWire | undefined): string {
  if (step === undefined) return "unknown";
  if (step.kind === "swap") return `swap ${step.provider}`;
  if (step.kind === "approve" || step.kind === "revoke") return `${step.kind} ${step.grant ?? "erc20"}`;
  return step.kind;
}

function parseResult(result: ChildResult): HarnessResult {
  const line = result.stdout.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{"))
    throw new Error(`the harness ended with ${result.code} ${result.signal}: ${result.stderr}`);
  return resultSchema.parse(JSON.parse(line));
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** A small seeded generator: the printed seed repeats the run's choices. */
/** The line the note quotes. */
export function tallyLine(tally: Tally, more: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({
    labels: KILL_LABELS.length,
    operations: tally.operations,
    sites: tally.sites,
    runs: tally.runs,
    reallyKilled: tally.killed,
    killedRecovering: tally.killedRecovering,
    doubleEffects: tally.doubleEffects,
    weiUnaccounted: tally.unaccountedRaw.toString(),
    wipedPools: tally.wipes,
    reorgs: tally.reorgs,
    families: [...tally.families],
    kinds: [...tally.kinds].toSorted(),
    failures: tally.failures.length,
    ...more,
  })}\n`;
}
