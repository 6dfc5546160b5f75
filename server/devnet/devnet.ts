// Puts the devnet together: chains, market and fake services from one saved or fresh state, and takes it down in order.
import { EventEmitter, once } from "node:events";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { errorText } from "@/lib/errors/tidegate-error";
import { fnv1a32 } from "@/lib/math/rng";
import type { DevnetArgs } from "./args";
import { startAnvil, type AnvilProcess } from "./chain/anvil";
import { loadArtifactVersions } from "./chain/artifacts";
import { bootFresh, bootSaved, preparationMs, type BootedChain } from "./chain/boot-chain";
import { BASE_FEE_WEI, createDevnetClient, type DevnetClient } from "./chain/client";
import { compileContracts, hashSources, readContractSources, type CompiledContracts } from "./chain/compile";
import { v3Of } from "./chain/deploy";
import { createStateFile, type SavedDevnet } from "./chain/state-file";
import { handleControl } from "./control-api";
import { DevnetError } from "./devnet-error";
import { createFaultBoard } from "./fake-apis/faults";
import { createGeckoApi } from "./fake-apis/gecko";
import { handleExchange } from "./fake-apis/exchange";
import { createLifiApi } from "./fake-apis/lifi";
import { createPoolReader } from "./fake-apis/pool-reader";
import { createRequestLog } from "./fake-apis/request-log";
import { EXCHANGE_PREFIX, GECKO_PREFIX, LIFI_PREFIX, listenHttp } from "./http-server";
import { createBridgeDesk } from "./market/bridge-desk";
import { createChainMarket } from "./market/chain-market";
import { createClockHub } from "./market/clock-hub";
import { createFamilyProviders, familyPoolsOf } from "./market/family-providers";
import { createNoiseFlow } from "./market/flow";
import { poolSetupOf } from "./market/other-pools";
import { createPricePath, type PricePath } from "./market/price-path";
import { createProviders, joinProviders } from "./market/providers";
import { loadReplay } from "./market/replay";
import { createResumableRng } from "./market/resumable-rng";
import { createSimulator } from "./market/simulator";
import { CHAIN_SETUPS, MARKET_START_AT_MS, PAIR_IDS, TICK_MS, UNISWAP_V3_DEX_ID } from "./market/setup";
import { createVolumeBook } from "./market/volume-book";
import { buildOverlay } from "./registry-overlay";
import { createRpcFaultBoard } from "./rpc-front/rpc-faults";
import { handleRpcFront } from "./rpc-front/rpc-front";

const SAVE_EVERY_MS = 30_000;
/** After a transaction that is not the market's own; a save holds the market for up to half a second. */
const SAVE_SOON_MS = 8_000;
const SAVE_CHECK_MS = 2_000;

export interface ReadyDevnet {
  readonly ready: true;
  readonly controlUrl: string;
  readonly chains: readonly { readonly id: number; readonly rpc: string }[];
  readonly registryFile: string;
  readonly exchangeProxyUrl: string;
  readonly geckoUrl: string;
  readonly lifiUrl: string;
  readonly clockUrl: string;
  readonly nowMs: number;
  readonly origin: {
    readonly kind: "fresh" | "resumed";
    readonly savedAtMs: number | null;
    readonly wasCleanStop: boolean | null;
  };
}

export interface Devnet {
  readonly ready: ReadyDevnet;
  /** Resolves with a sentence when the devnet cannot go on. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

export async function startDevnet(args: DevnetArgs, report: (progress: string) => void): Promise<Devnet> {
  const rootDir = resolve(args.rootDir);
  const dataDir = resolve(args.dataDir);
  mkdirSync(join(dataDir, ".cache"), { recursive: true });
  const stateFile = createStateFile(dataDir);
  if (args.fresh) stateFile.clear();

  const sources = readContractSources(rootDir);
  const key = hashSources([...Object.entries(sources).flat(), ...loadArtifactVersions(rootDir)]);
  const saved = stateFile.load(key);
  if (saved !== undefined && saved.state.chains.length !== args.chains) {
    throw new DevnetError({
      code: "state",
      message: `The saved devnet in ${dataDir} has ${saved.state.chains.length} chains and ${args.chains} were asked for. Start with --chains ${saved.state.chains.length}, or with --fresh to begin a new market.`,
      retryable: false,
    });
  }
  // In processes of its own while the market is drawn; a saved chain has its contracts already.
  if (saved === undefined) report("Compiling the stand-in contracts");
  const compiling =
    saved === undefined
      ? compileContracts({ rootDir, cacheDir: join(dataDir, ".cache"), sources })
      : Promise.resolve<CompiledContracts>({});
  compiling.catch(() => {
    // Reported where it is awaited.
  });
  report(args.chains === 1 ? "Starting the local chain" : "Starting three local chains");
  const starting = startChains(rootDir, args);
  starting.catch(() => {
    // Reported where it is awaited.
  });
  try {
    report(saved === undefined ? "Drawing 30 days of price history" : "Loading the saved market");
    const path = createPricePath({
      seed: saved?.state.seed ?? args.seed,
      ...(saved === undefined ? {} : { saved: { state: saved.state.path, books: saved.books } }),
      ...(args.ohlcvFile === undefined ? {} : { replay: loadReplay(args.ohlcvFile) }),
    });
    const anvils = await starting;
    const compiled = await compiling;
    return await assemble({ args, rootDir, dataDir, anvils, path, saved, compiled, key, stateFile, report });
  } catch (error) {
    const started = await starting.catch(() => []);
    await Promise.all(started.map((anvil) => anvil.stop()));
    throw error;
  }
}

/** All chains or none: when one does not come up, the others are ended. */
async function startChains(rootDir: string, args: DevnetArgs): Promise<readonly AnvilProcess[]> {
  const started = await Promise.allSettled(
    CHAIN_SETUPS.slice(0, args.chains).map((setup, index) =>
      startAnvil({
        rootDir,
        chainId: setup.id,
        port: index === 0 ? args.rpcPort : 0,
        genesisAtMs: MARKET_START_AT_MS - preparationMs(args.chains) - TICK_MS,
        baseFeeWei: BASE_FEE_WEI,
      }),
    ),
  );
  const failed = started.find((one) => one.status === "rejected");
  const running = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (failed === undefined) return running;
  await Promise.all(running.map((anvil) => anvil.stop()));
  throw failed.reason;
}

interface Assembly {
  readonly args: DevnetArgs;
  readonly rootDir: string;
  readonly dataDir: string;
  readonly anvils: readonly AnvilProcess[];
  readonly path: PricePath;
  readonly saved: SavedDevnet | undefined;
  /** Empty where chains are loaded: nothing is deployed then. */
  readonly compiled: CompiledContracts;
  readonly key: string;
  readonly stateFile: ReturnType<typeof createStateFile>;
  readonly report: (progress: string) => void;
}

async function bootChains(input: Assembly): Promise<readonly BootedChain[]> {
  const { args, rootDir, path, saved, anvils, report } = input;
  report(saved === undefined ? "Deploying tokens, DEXes and pools, and checking them" : "Loading the saved chains");
  return Promise.all(
    anvils.map(async (anvil, index) => {
      const setup = CHAIN_SETUPS[index];
      if (setup === undefined) throw new Error(`No setup for chain number ${index + 1}.`);
      const client = createDevnetClient(anvil.rpcUrl, setup.id);
      const { chains, wallet } = args;
      const boot = { setup, chains, client, rpcUrl: anvil.rpcUrl, rootDir, path, wallet };
      if (saved === undefined) return bootFresh(boot, input.compiled);
      const chain = saved.state.chains.find(({ deployment }) => deployment.chainId === setup.id);
      const dump = saved.chains.get(setup.id);
      if (chain === undefined || dump === undefined) {
        throw new DevnetError({
          code: "state",
          message: `The saved devnet in ${input.dataDir} lacks chain ${setup.id}. Start with --fresh to begin a new market.`,
          retryable: false,
        });
      }
      return bootSaved(boot, { nowMs: saved.state.nowMs, chain, dump });
    }),
  );
}

async function assemble(input: Assembly): Promise<Devnet> {
  const { args, dataDir, anvils, path, saved, key, stateFile, report } = input;
  const booted = await bootChains(input);
  const nodes = booted.map(({ node }) => node);
  const startAtMs = saved?.state.nowMs ?? MARKET_START_AT_MS;
  const seed = saved?.state.seed ?? args.seed;
  const origin = {
    kind: saved === undefined ? ("fresh" as const) : ("resumed" as const),
    savedAtMs: saved?.state.savedAtMs ?? null,
    wasCleanStop: saved?.state.isCleanStop ?? null,
  };
  const overlay = buildOverlay(nodes, args.speed);

  const flowRng = createResumableRng(saved?.state.flowRngState ?? (seed ^ fnv1a32("flow")) >>> 0);
  const flow = createNoiseFlow(flowRng);
  const firstTradeAtMs = saved?.state.firstTradeAtMs ?? MARKET_START_AT_MS;
  const volumes = createVolumeBook({
    firstTradeAtMs,
    modelledUsdPerDay: (poolKey) => poolSetupOf(poolKey).noiseUsdPerDay,
    ...(saved === undefined ? {} : { saved: saved.state.volumes }),
  });
  const clock = createClockHub({ seq: saved?.state.seq ?? 0, nowMs: startAtMs, speed: args.speed });
  const bridges = args.chains === 1 ? null : createBridgeDesk({ nodes, saved: saved?.state.bridges ?? [] });
  const chains = booted.map(({ node, providers: places, familyProviders }) => {
    const { client, deployment } = node;
    const v3Setups = node.pools.map(({ setup }) => setup).filter(({ dex }) => dex === UNISWAP_V3_DEX_ID);
    const classic =
      v3Setups.length === 0
        ? null
        : createProviders({ client, deployment, v3: v3Of(deployment), pools: v3Setups, path, first: places });
    const kitPools = node.pools.filter(({ setup }) => setup.dex !== UNISWAP_V3_DEX_ID).map(({ pool }) => pool);
    const family = createFamilyProviders({
      client,
      deployment,
      path,
      pools: familyPoolsOf(kitPools, overlay),
      first: familyProviders,
    });
    const market = createChainMarket({
      node,
      trader: args.chains === 1 ? "MarketMaker" : "FamilyTrader",
      path,
      flow,
      providers: classic === null ? family : kitPools.length === 0 ? classic : joinProviders(classic, family),
      volumes,
      work: bridges,
    });
    return { node, market, classic, family };
  });
  const markets = chains.map(({ market }) => market);
  const simulator = createSimulator({ markets, path, clock, speed: args.speed });
  const nowMs = () => clock.last().nowMs;
  const reader = createPoolReader({ nodes, path, seq: () => clock.last().seq });
  const faults = createFaultBoard();
  const requests = createRequestLog();
  const fakes = { faults, requests, nowMs };
  // The first step makes the chains' heads agree with the market clock before anybody looks.
  await simulator.step(TICK_MS);

  const gecko = createGeckoApi({ ...fakes, nodes, path, volumes, reader });
  const speed = () => simulator.status().targetSpeed;
  const lifi = createLifiApi({ ...fakes, nodes, bridges, path, feeBps: args.lifiFeeBps, speed });
  const rpcFaults = createRpcFaultBoard();
  const control = {
    rpcFaults,
    nodes,
    markets,
    bridges,
    simulator,
    path,
    volumes,
    clock,
    faults,
    requests,
    reader,
    seed,
    origin,
  };
  const http = await listenHttp(args.controlPort, {
    exchange: (rest, req, res) => handleExchange({ ...fakes, path }, rest, req, res),
    gecko: (rest, req, res) => gecko.handle(rest, req, res),
    lifi: (rest, req, res) => lifi.handle(rest, req, res),
    rpc: (rest, req, res) => handleRpcFront({ nodes, faults: rpcFaults }, rest, req, res),
    control: (url, req, res) => handleControl(control, url, req, res),
  });
  const registryFile = join(dataDir, "registry.json");
  writeFileSync(`${registryFile}.tmp`, `${JSON.stringify(overlay, null, 2)}\n`);
  renameSync(`${registryFile}.tmp`, registryFile);

  const save = async (kind: "running" | "stopped") => {
    // Between two steps nothing moves: market and all chains are saved as of one instant.
    const dumps = await Promise.all(
      nodes.map(async ({ client, deployment }) => [deployment.chainId, await dumpChain(client)] as const),
    );
    const books = Object.fromEntries(PAIR_IDS.map((pairId) => [pairId, path.book(pairId).toBuffer()]));
    stateFile.save({
      state: {
        version: 2,
        key,
        seed,
        nowMs: nowMs(),
        seq: clock.last().seq,
        savedAtMs: Date.now(),
        isCleanStop: kind === "stopped",
        firstTradeAtMs,
        flowRngState: flowRng.state(),
        path: path.state(),
        volumes: volumes.state(),
        bridges: bridges?.state() ?? [],
        chains: chains.map(({ node, classic, family }) => ({
          deployment: node.deployment,
          providers: classic?.state() ?? {},
          familyProviders: family.familyState(),
        })),
      },
      chains: new Map(dumps),
      books: { "WETH-USDC": books["WETH-USDC"] ?? Buffer.alloc(0), "USDC-USDT": books["USDC-USDT"] ?? Buffer.alloc(0) },
    });
  };

  const saveFailure = createSignal();
  const failed = Promise.race([...anvils.map((anvil) => anvil.died), saveFailure.raised]);
  if (saved === undefined) await save("running");
  // What was loaded is on disk as it is; the first save comes with the first check, when the market runs.
  else stateFile.markRunning(saved.state);
  const savedWallMs = saved === undefined ? performance.now() : performance.now() - SAVE_EVERY_MS;
  let lastSave = { wallMs: savedWallMs, foreignMark: simulator.status().foreignMark };
  const timer = setInterval(() => {
    const { foreignMark } = simulator.status();
    // A hard kill loses what came after the last save: somebody's transaction is saved soon, the market alone every 30 s.
    const dueMs = foreignMark === lastSave.foreignMark ? SAVE_EVERY_MS : SAVE_SOON_MS;
    if (performance.now() - lastSave.wallMs < dueMs) return;
    lastSave = { wallMs: performance.now(), foreignMark };
    simulator
      .exclusively(() => save("running"))
      .catch((error: unknown) => {
        saveFailure.raise(
          `The devnet cannot save its state in ${dataDir}: ${errorText(error)}. Free disk space or choose another data directory.`,
        );
      });
  }, SAVE_CHECK_MS);
  simulator.start();
  report("Market is running");

  return {
    ready: {
      ready: true,
      controlUrl: http.url,
      chains: nodes.map(({ setup, rpcUrl }) => ({ id: setup.id, rpc: rpcUrl })),
      registryFile,
      exchangeProxyUrl: `${http.url}${EXCHANGE_PREFIX}`,
      geckoUrl: `${http.url}${GECKO_PREFIX}/api/v2`,
      lifiUrl: `${http.url}${LIFI_PREFIX}/v1`,
      clockUrl: `${http.url}/clock`,
      nowMs: nowMs(),
      origin,
    },
    failed,
    async stop() {
      clearInterval(timer);
      await http.close();
      await simulator.stop();
      try {
        await simulator.exclusively(() => save("stopped"));
      } finally {
        await Promise.all(anvils.map((anvil) => anvil.stop()));
      }
    },
  };
}

function createSignal() {
  const emitter = new EventEmitter();
  const raised = once(emitter, "raised").then(([sentence]) => String(sentence));
  return { raised, raise: (sentence: string) => emitter.emit("raised", sentence) };
}

async function dumpChain(client: DevnetClient): Promise<Buffer> {
  return Buffer.from((await client.dumpState()).slice(2), "hex");
}
