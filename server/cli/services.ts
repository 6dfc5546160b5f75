// The process table as data: how each process of the house is started by the command line, with which environment and which memory bound.
import { join } from "node:path";
import { hostEnv, withoutSignerKeys } from "@/server/config/env";
import { alertEnv } from "@/server/config/alerts";
import type { Settings } from "@/server/config/load";
import type { ChildSettings } from "@/server/infra/process/child";
import { launchOf, type Room } from "@/server/infra/process/launch";
import { createStoreClient } from "@/server/infra/store/client";
import { storeKeys } from "@/server/infra/store/keys";
import { storeScripts } from "@/server/infra/store/scripts";
import type { ServiceSpec } from "./stack";

export interface ServiceContext {
  readonly selfUrl: string;
  readonly root: string;
  readonly settings: Settings;
}

interface RoomOptions {
  readonly room: Room;
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly extraArgs?: readonly string[];
  readonly firstLine?: string;
  readonly secret?: string;
  readonly heapMb: number;
  readonly youngMb?: number;
  readonly readyTimeoutMs: number;
}

const FREE_LOCK_WAIT_MS = 2_000;
/** Old-generation bounds in MB; measured resident sizes stay within the targets of the house with them. */
const HEAP_MB = {
  resp: 192,
  openobserve: 128,
  devnet: 384,
  signer: 64,
  collector: 96,
  orchestrator: 96,
  web: 256,
  alerts: 64,
};

export function childOf(context: ServiceContext, options: RoomOptions): ChildSettings {
  const launch = launchOf(context.selfUrl, options.room, { heapMb: options.heapMb, youngMb: options.youngMb });
  const logs = join(context.settings.dataDir, "logs");
  return {
    name: options.name,
    command: launch.command,
    args: [...launch.args, ...(options.extraArgs ?? [])],
    cwd: context.root,
    env: {
      ...hostEnv(),
      ...(options.room === "signer" ? options.env : withoutSignerKeys(options.env)),
      TG_LOG_FILE: join(logs, `${options.name}.log`),
    },
    firstLine: options.firstLine,
    secret: options.secret,
    errorFile: join(logs, `${options.name}.err.log`),
    readyTimeoutMs: options.readyTimeoutMs,
    readyBy: "line",
  };
}

export function respService(context: ServiceContext, port: number): ServiceSpec {
  const dataDir = join(context.settings.dataDir, "store");
  return {
    name: "store",
    stopOrder: 3,
    stopGraceMs: 2_000,
    onEnd: "revive",
    child: () =>
      childOf(context, {
        room: "resp",
        name: "store",
        env: {},
        heapMb: HEAP_MB.resp,
        readyTimeoutMs: 15_000,
        firstLine: JSON.stringify({
          dataDir,
          port,
          passwordFile: join(dataDir, "password"),
          scripts: storeScripts.map(({ name, lua, js }) => ({ name, lua, js })),
        }),
      }),
  };
}

export function openobserveService(context: ServiceContext, port: number): ServiceSpec {
  const dataDir = join(context.settings.dataDir, "telemetry");
  return {
    name: "telemetry",
    stopOrder: 3,
    stopGraceMs: 2_000,
    onEnd: "revive",
    child: () =>
      childOf(context, {
        room: "openobserve",
        name: "telemetry",
        env: {},
        heapMb: HEAP_MB.openobserve,
        readyTimeoutMs: 20_000,
        firstLine: JSON.stringify({ dataDir, port, passwordFile: join(dataDir, "password") }),
      }),
  };
}

export interface DevnetInput {
  readonly wallet: string;
  readonly chains: 1 | 3;
  readonly seed: number;
  readonly speed: number;
  readonly fresh: boolean;
  readonly controlPort: number;
  readonly rpcPort: number;
}

export function devnetService(context: ServiceContext, input: DevnetInput): ServiceSpec {
  return {
    name: "devnet",
    stopOrder: 3,
    stopGraceMs: 4_000,
    onEnd: "fatal",
    child: () =>
      childOf(context, {
        room: "devnet",
        name: "devnet",
        env: {},
        heapMb: HEAP_MB.devnet,
        readyTimeoutMs: 180_000,
        firstLine: JSON.stringify({
          rootDir: context.root,
          dataDir: join(context.settings.dataDir, "devnet"),
          ...input,
        }),
      }),
  };
}

export function signerService(context: ServiceContext, passphrase: string): ServiceSpec {
  return {
    name: "signer",
    stopOrder: 2,
    stopGraceMs: 2_500,
    onEnd: "revive",
    child: () =>
      childOf(context, {
        room: "signer",
        name: "signer",
        env: settingsEnv(context.settings),
        heapMb: HEAP_MB.signer,
        readyTimeoutMs: 60_000,
        secret: passphrase,
      }),
  };
}

export function collectorService(context: ServiceContext): ServiceSpec {
  return {
    name: "collector",
    stopOrder: 1,
    stopGraceMs: 2_000,
    onEnd: "revive",
    child: () =>
      childOf(context, {
        room: "collector",
        name: "collector",
        env: settingsEnv(context.settings),
        heapMb: HEAP_MB.collector,
        readyTimeoutMs: 60_000,
      }),
  };
}

export function orchestratorService(context: ServiceContext): ServiceSpec {
  return {
    name: "orchestrator",
    stopOrder: 1,
    stopGraceMs: 4_000,
    onEnd: "revive",
    afterExit: (ready) => freeSingleton(context, ready?.["lease"]),
    child: () =>
      childOf(context, {
        room: "orchestrator",
        name: "orchestrator",
        env: settingsEnv(context.settings),
        heapMb: HEAP_MB.orchestrator,
        readyTimeoutMs: 90_000,
      }),
  };
}

/** The parent knows that the holder has ended, so the next one need not wait for the lock to expire. */
async function freeSingleton(context: ServiceContext, holder: unknown): Promise<void> {
  const { storeUrl } = context.settings;
  if (typeof holder !== "string" || storeUrl === null) return;
  const store = createStoreClient({ url: storeUrl, name: "cli" });
  // Without the store the lock ends by itself after its 60 s.
  if (await store.waitReady(FREE_LOCK_WAIT_MS)) {
    await store.script("releaseLease", [storeKeys.orchestratorLease], [holder]);
  }
  await store.close();
}

export function alertsService(context: ServiceContext): ServiceSpec {
  return {
    name: "alerts",
    stopOrder: 1,
    stopGraceMs: 2_000,
    onEnd: "revive",
    child: () =>
      childOf(context, {
        room: "alerts",
        name: "alerts",
        // Tokens of channels go to this process only.
        env: { ...settingsEnv(context.settings), ...alertEnv(context.settings.alerts) },
        heapMb: HEAP_MB.alerts,
        readyTimeoutMs: 60_000,
      }),
  };
}

export function webService(context: ServiceContext, mode: "serve" | "dev"): ServiceSpec {
  return {
    name: "web",
    stopOrder: 1,
    stopGraceMs: 2_000,
    onEnd: "revive",
    child: () =>
      childOf(context, {
        room: "web",
        name: "web",
        env: { ...settingsEnv(context.settings), ...(mode === "dev" ? { NODE_ENV: "development" } : {}) },
        extraArgs: [mode, String(context.settings.webPort)],
        heapMb: HEAP_MB.web,
        youngMb: 8,
        readyTimeoutMs: 120_000,
      }),
  };
}

/** Settings as the explicit environment of a child. */
export function settingsEnv(settings: Settings): Readonly<Record<string, string>> {
  const out: Record<string, string> = {
    TG_DATA_DIR: settings.dataDir,
    TG_KEYSTORE: settings.keystoreFile,
    TG_HOME_CHAIN: String(settings.homeChainId),
    TG_GECKO_URL: settings.geckoUrl,
    TG_LIFI_URL: settings.lifiUrl,
    TG_ORIGIN: settings.origin,
    TG_PUBLIC_READ: settings.isPublicRead ? "1" : "0",
    TG_PROXY_HOPS: String(settings.proxyHops),
    TG_WEB_PORT: String(settings.webPort),
    TG_OPS_PORT: String(settings.opsPort),
    TG_LOG_LEVEL: settings.logLevel,
  };
  const optional: Readonly<Record<string, string | null>> = {
    TG_STORE_URL: settings.storeUrl,
    TG_OPENOBSERVE_URL: settings.openobserve?.url ?? null,
    TG_OPENOBSERVE_ORG: settings.openobserve?.org ?? null,
    TG_OPENOBSERVE_USER: settings.openobserve?.user ?? null,
    TG_OPENOBSERVE_PASSWORD: settings.openobserve?.password ?? null,
    TG_CEX_PROXY_URL: settings.cexProxyUrl,
    TG_LIFI_API_KEY: settings.lifiApiKey,
    TG_REGISTRY_FILE: settings.registryFile,
    TG_MARKET_CLOCK_URL: settings.marketClockUrl,
    TG_SANDBOX_URL: settings.sandboxUrl,
    TG_PAIRS: settings.pairs?.join(",") ?? null,
    TG_OWNERS: settings.owners.length === 0 ? null : settings.owners.join(","),
    TG_REMOTE_SIGNER: settings.remoteSigner?.url ?? null,
    TG_REMOTE_SIGNER_ADDRESS: settings.remoteSigner?.address ?? null,
    TG_KILL: settings.killLabel,
  };
  for (const [key, value] of Object.entries(optional)) if (value !== null) out[key] = value;
  for (const [chainId, urls] of settings.rpcUrls) out[`TG_RPC_${chainId}`] = urls.join(",");
  for (const [chainId, url] of settings.relayUrls) out[`TG_RELAY_${chainId}`] = url;
  return out;
}
