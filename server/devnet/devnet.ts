// Puts the devnet together: chain, market and fake services from one saved or fresh state, and takes it down in order.
import { EventEmitter, once } from "node:events";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { toHex, hexToBytes, type Address, type Hex } from "viem";
import { errorText } from "@/lib/errors/tidegate-error";
import { fnv1a32 } from "@/lib/math/rng";
import type { DevnetArgs } from "./args";
import { startAnvil, type AnvilProcess } from "./chain/anvil";
import { loadArtifactVersions } from "./chain/artifacts";
import { BASE_FEE_WEI, DEVNET_CHAIN_ID, createDevnetClient, mineAt, type DevnetClient } from "./chain/client";
import { compileContracts, hashSources, readContractSources } from "./chain/compile";
import { deployDevnet, type Deployment } from "./chain/deploy";
import { createStateFile, type SavedDevnet } from "./chain/state-file";
import { QUOTER_CHECK_BLOCKS, checkDeployment, checkQuoterAgainstSwap } from "./chain/truth-checks";
import { fundAt, handleControl } from "./control-api";
import { DevnetError } from "./devnet-error";
import { createFaultBoard } from "./fake-apis/faults";
import { createGeckoApi } from "./fake-apis/gecko";
import { handleExchange } from "./fake-apis/exchange";
import { handleLifi } from "./fake-apis/lifi";
import { createPoolReader } from "./fake-apis/pool-reader";
import { createRequestLog } from "./fake-apis/request-log";
import { EXCHANGE_PREFIX, GECKO_PREFIX, LIFI_PREFIX, listenHttp } from "./http-server";
import { createClockHub } from "./market/clock-hub";
import { createNoiseFlow } from "./market/flow";
import { createPricePath, type PricePath } from "./market/price-path";
import { createProviders, firstProviderState } from "./market/providers";
import { loadReplay } from "./market/replay";
import { createResumableRng } from "./market/resumable-rng";
import { createSimulator, poolSetupOf } from "./market/simulator";
import { MARKET_START_AT_MS, PAIR_IDS, TICK_MS, WALLET_FUNDING, WALLET_FUNDING_ETH } from "./market/setup";
import { createVolumeBook } from "./market/volume-book";
import { buildRegistryOverlay } from "./registry-overlay";

const SAVE_EVERY_MS = 30_000;
/** After a transaction that is not the market's own; a save holds the market for up to half a second. */
const SAVE_SOON_MS = 8_000;
const SAVE_CHECK_MS = 2_000;
/** Market time kept free before the start for deployment, checks and funding. */
const PREPARATION_MS = (8 + QUOTER_CHECK_BLOCKS) * TICK_MS;

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

  report("Compiling the stand-in contracts");
  const sources = readContractSources(rootDir);
  const key = hashSources([...Object.entries(sources).flat(), ...loadArtifactVersions(rootDir)]);
  const compiled = await compileContracts({ rootDir, cacheDir: join(dataDir, ".cache"), sources, key });
  const saved = stateFile.load(key);
  report(saved === undefined ? "Drawing 30 days of price history" : "Loading the saved market");
  const path = createPricePath({
    seed: saved?.state.seed ?? args.seed,
    ...(saved === undefined ? {} : { saved: { state: saved.state.path, books: saved.books } }),
    ...(args.ohlcvFile === undefined ? {} : { replay: loadReplay(args.ohlcvFile) }),
  });

  report("Starting the local chain");
  const anvil = await startAnvil({
    rootDir,
    chainId: DEVNET_CHAIN_ID,
    port: args.rpcPort,
    genesisAtMs: MARKET_START_AT_MS - PREPARATION_MS - TICK_MS,
    baseFeeWei: BASE_FEE_WEI,
  });
  try {
    return await assemble({ args, rootDir, dataDir, anvil, path, saved, compiled, key, stateFile, report });
  } catch (error) {
    await anvil.stop();
    throw error;
  }
}

async function assemble(input: {
  readonly args: DevnetArgs;
  readonly rootDir: string;
  readonly dataDir: string;
  readonly anvil: AnvilProcess;
  readonly path: PricePath;
  readonly saved: SavedDevnet | undefined;
  readonly compiled: Awaited<ReturnType<typeof compileContracts>>;
  readonly key: string;
  readonly stateFile: ReturnType<typeof createStateFile>;
  readonly report: (progress: string) => void;
}): Promise<Devnet> {
  const { args, dataDir, anvil, path, saved, key, stateFile, report } = input;
  const client = createDevnetClient(anvil.rpcUrl);
  const deployment = saved === undefined ? await deployFresh(input, client) : await restore(input, client, saved);
  const startAtMs = saved?.state.nowMs ?? MARKET_START_AT_MS;
  const seed = saved?.state.seed ?? args.seed;
  const origin = {
    kind: saved === undefined ? ("fresh" as const) : ("resumed" as const),
    savedAtMs: saved?.state.savedAtMs ?? null,
    wasCleanStop: saved?.state.isCleanStop ?? null,
  };

  const flowRng = createResumableRng(saved?.state.flowRngState ?? (seed ^ fnv1a32("flow")) >>> 0);
  const firstTradeAtMs = saved?.state.firstTradeAtMs ?? MARKET_START_AT_MS;
  const volumes = createVolumeBook({
    firstTradeAtMs,
    modelledUsdPerDay: (poolKey) => poolSetupOf(poolKey).noiseUsdPerDay,
    ...(saved === undefined ? {} : { saved: saved.state.volumes }),
  });
  const clock = createClockHub({ seq: saved?.state.seq ?? 0, nowMs: startAtMs, speed: args.speed });
  const providers = createProviders({
    client,
    deployment,
    path,
    first: saved?.state.providers ?? firstProviderState(path, startAtMs),
  });
  const simulator = createSimulator({
    client,
    deployment,
    path,
    providers,
    flow: createNoiseFlow(flowRng),
    volumes,
    clock,
    speed: args.speed,
  });
  const nowMs = () => clock.last().nowMs;
  const reader = createPoolReader({ client, deployment, path, seq: () => clock.last().seq });
  const faults = createFaultBoard();
  const requests = createRequestLog();
  const fakes = { faults, requests, nowMs };
  // The first step makes the chain's head agree with the market clock before anybody looks.
  await simulator.step(TICK_MS);

  const gecko = createGeckoApi({ ...fakes, deployment, path, volumes, reader });
  const lifi = {
    ...fakes,
    client,
    deployment,
    path,
    feeBps: args.lifiFeeBps,
    speed: () => simulator.status().targetSpeed,
  };
  const control = { client, deployment, simulator, path, volumes, clock, faults, requests, reader, seed, origin };
  const http = await listenHttp(args.controlPort, {
    exchange: (rest, req, res) => handleExchange({ ...fakes, path }, rest, req, res),
    gecko: (rest, req, res) => gecko.handle(rest, req, res),
    lifi: (rest, req, res) => handleLifi(lifi, rest, req, res),
    control: (url, req, res) => handleControl(control, url, req, res),
  });
  const registryFile = join(dataDir, "registry.json");
  const overlay = buildRegistryOverlay({ deployment, rpcUrl: anvil.rpcUrl, speed: args.speed });
  writeFileSync(`${registryFile}.tmp`, `${JSON.stringify(overlay, null, 2)}\n`);
  renameSync(`${registryFile}.tmp`, registryFile);

  const save = async (kind: "running" | "stopped") => {
    const chain = await dumpChain(client);
    const books = Object.fromEntries(PAIR_IDS.map((pairId) => [pairId, path.book(pairId).toBuffer()]));
    stateFile.save({
      state: {
        version: 1,
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
        providers: providers.state(),
        deployment,
      },
      chain,
      books: { "WETH-USDC": books["WETH-USDC"] ?? Buffer.alloc(0), "USDC-USDT": books["USDC-USDT"] ?? Buffer.alloc(0) },
    });
  };

  const saveFailure = createSignal();
  const failed = Promise.race([anvil.died, saveFailure.raised]);
  await save("running");
  let lastSave = { wallMs: performance.now(), foreignBlock: simulator.status().lastForeignBlock };
  const timer = setInterval(() => {
    const { lastForeignBlock } = simulator.status();
    // A hard kill loses what came after the last save: somebody's transaction is saved soon, the market alone every 30 s.
    const dueMs = lastForeignBlock === lastSave.foreignBlock ? SAVE_EVERY_MS : SAVE_SOON_MS;
    if (performance.now() - lastSave.wallMs < dueMs) return;
    lastSave = { wallMs: performance.now(), foreignBlock: lastForeignBlock };
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
      chains: [{ id: DEVNET_CHAIN_ID, rpc: anvil.rpcUrl }],
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
        await anvil.stop();
      }
    },
  };
}

async function deployFresh(
  input: {
    readonly args: DevnetArgs;
    readonly rootDir: string;
    readonly path: PricePath;
    readonly compiled: Awaited<ReturnType<typeof compileContracts>>;
    readonly report: (progress: string) => void;
  },
  client: DevnetClient,
): Promise<Deployment> {
  const { args, rootDir, path, compiled, report } = input;
  report("Deploying Uniswap V3, tokens and pools");
  const prices = { "WETH-USDC": path.price("WETH-USDC"), "USDC-USDT": path.price("USDC-USDT") };
  const deployment = await deployDevnet({
    client,
    rootDir,
    compiled,
    prices,
    firstBlockAtMs: MARKET_START_AT_MS - PREPARATION_MS,
  });
  report("Checking the contracts against the published ones");
  await checkDeployment({ client, rootDir, deployment });
  await checkQuoterAgainstSwap({ client, deployment, atMs: MARKET_START_AT_MS - (2 + QUOTER_CHECK_BLOCKS) * TICK_MS });
  if (args.wallet !== undefined) await fundWallet(client, deployment, args.wallet, MARKET_START_AT_MS - TICK_MS);
  await mineAt(client, MARKET_START_AT_MS);
  return deployment;
}

async function restore(
  input: { readonly args: DevnetArgs; readonly rootDir: string; readonly report: (progress: string) => void },
  client: DevnetClient,
  saved: SavedDevnet,
): Promise<Deployment> {
  const { deployment, nowMs } = saved.state;
  input.report("Loading the saved chain");
  await client.request<LoadStateRpc>({ method: "anvil_loadState", params: [toHex(saved.chain)] });
  const head = await client.getBlock();
  if (Number(head.timestamp) * 1000 > nowMs) {
    throw new DevnetError({
      code: "state",
      message: `The saved chain is ahead of the saved market (${head.timestamp} s against ${nowMs / 1000} s). Start with --fresh.`,
      retryable: false,
    });
  }
  await checkDeployment({ client, rootDir: input.rootDir, deployment });
  const wallet = input.args.wallet;
  if (wallet !== undefined && (await isUntouched(client, wallet)))
    await fundWallet(client, deployment, wallet, Number(head.timestamp) * 1000 + 1_000);
  return deployment;
}

type LoadStateRpc = { Method: "anvil_loadState"; Parameters: [Hex]; ReturnType: boolean };

async function isUntouched(client: DevnetClient, wallet: Address): Promise<boolean> {
  return (
    (await client.getTransactionCount({ address: wallet })) === 0 &&
    (await client.getBalance({ address: wallet })) === 0n
  );
}

function createSignal() {
  const emitter = new EventEmitter();
  const raised = once(emitter, "raised").then(([sentence]) => String(sentence));
  return { raised, raise: (sentence: string) => emitter.emit("raised", sentence) };
}

function fundWallet(client: DevnetClient, deployment: Deployment, wallet: Address, atMs: number): Promise<void> {
  return fundAt(client, deployment, { address: wallet, tokens: WALLET_FUNDING, nativeEth: WALLET_FUNDING_ETH }, atMs);
}

async function dumpChain(client: DevnetClient): Promise<Buffer> {
  return Buffer.from(hexToBytes(await client.dumpState()));
}
