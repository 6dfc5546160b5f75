// `doctor`: checks what can be checked on this machine and says the fix for each failure.
import { existsSync, statSync } from "node:fs";
import { readRunFile } from "@/server/cli/data-dir";
import { unwrap } from "@/server/cli/run-system";
import { isWebBuildCurrent } from "@/server/cli/web-build";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings, readDotEnv, type Settings } from "@/server/config/load";
import { loadRegistry } from "@/server/config/registry";
import { errorText } from "@/lib/errors/tidegate-error";
import { createChainClients } from "@/server/infra/chain/clients";
import { isPortFree } from "@/server/infra/process/ports";
import { isProcessAlive } from "@/server/infra/process/child";
import { createStoreClient } from "@/server/infra/store/client";
import { join } from "node:path";

interface Check {
  readonly name: string;
  readonly state: "ok" | "failed" | "skipped";
  readonly detail: string;
  readonly fix?: string;
}

const MAX_CLOCK_OFF_MS = 2_000;
const REACH_TIMEOUT_MS = 8_000;
const VENUE_HOSTS: Readonly<Record<string, string>> = {
  binance: "https://api.binance.com/api/v3/time",
  bybit: "https://api.bybit.com/v5/market/time",
  okx: "https://www.okx.com/api/v5/public/time",
  mexc: "https://api.mexc.com/api/v3/time",
  gate: "https://api.gateio.ws/api/v4/spot/time",
  bitget: "https://api.bitget.com/api/v2/public/time",
};

export async function runDoctor(flags: { readonly dataDir?: string }, root: string): Promise<void> {
  const dotEnv = unwrap(readDotEnv(join(process.cwd(), ".env")));
  const settings = unwrap(
    loadSettings({
      env: { ...dotEnv, ...readProcessEnv() },
      cwd: process.cwd(),
      overrides: flags.dataDir === undefined ? {} : { dataDir: flags.dataDir },
    }),
  );
  const groups = await Promise.all([
    [checkNode()],
    checkFolder(settings),
    checkPorts(settings),
    [checkWebBuild(root)],
    checkStore(settings),
    checkTelemetry(settings),
    checkChains(settings),
    checkSources(settings),
    [checkKeystore(settings)],
  ]);
  let failedCount = 0;
  for (const check of groups.flat()) {
    const mark = { ok: "ok  ", failed: "FAIL", skipped: "skip" }[check.state];
    console.log(`${mark}  ${check.name}: ${check.detail}`);
    if (check.state === "failed") {
      failedCount += 1;
      if (check.fix !== undefined) console.log(`      fix: ${check.fix}`);
    }
  }
  console.log(failedCount === 0 ? "\nAll checks passed." : `\n${failedCount} checks failed.`);
  if (failedCount > 0) process.exitCode = 1;
}

function checkNode(): Check {
  return { name: "Node", state: "ok", detail: process.version };
}

async function checkFolder(settings: Settings): Promise<readonly Check[]> {
  const run = readRunFile(settings.dataDir);
  const isRunning = run !== null && isProcessAlive(run.pid);
  const exists = existsSync(settings.dataDir);
  const isPrivate = !exists || (statSync(settings.dataDir).mode & 0o077) === 0;
  return [
    {
      name: "data directory",
      state: isPrivate ? "ok" : "failed",
      detail: exists ? settings.dataDir : `${settings.dataDir} (made at the first start)`,
      fix: `chmod 700 ${settings.dataDir}`,
    },
    { name: "running", state: "ok", detail: isRunning ? `process ${run.pid}, ${run.opsUrl}` : "no" },
  ];
}

async function checkPorts(settings: Settings): Promise<readonly Check[]> {
  const run = readRunFile(settings.dataDir);
  if (run !== null && isProcessAlive(run.pid)) return [];
  const ports = [
    { port: settings.webPort, key: "TG_WEB_PORT" },
    { port: settings.opsPort, key: "TG_OPS_PORT" },
  ];
  return Promise.all(
    ports.map(async ({ port, key }) => {
      const isFree = await isPortFree(port);
      return {
        name: `port ${port}`,
        state: isFree ? ("ok" as const) : ("failed" as const),
        detail: isFree ? "free" : "in use by another program",
        fix: `stop that program or set ${key}`,
      };
    }),
  );
}

function checkWebBuild(root: string): Check {
  const isCurrent = isWebBuildCurrent(root);
  return { name: "desk build", state: "ok", detail: isCurrent ? "current" : "made at the next start" };
}

async function checkStore(settings: Settings): Promise<readonly Check[]> {
  const url = settings.storeUrl ?? readRunFile(settings.dataDir)?.storeUrl ?? null;
  if (url === null) return [{ name: "store", state: "ok", detail: "embedded, started with the system" }];
  const store = createStoreClient({ url, name: "doctor" });
  const isReady = await store.waitReady(3_000);
  const { lastError } = store.status();
  await store.close();
  return [
    {
      name: "store",
      state: isReady ? "ok" : "failed",
      detail: isReady ? "answers" : (lastError ?? "no answer"),
      fix: "see that it runs and that TG_STORE_URL has the right address and password",
    },
  ];
}

async function checkTelemetry(settings: Settings): Promise<readonly Check[]> {
  const target = settings.openobserve ?? readRunFile(settings.dataDir)?.openobserve ?? null;
  if (target === null) return [{ name: "telemetry", state: "ok", detail: "embedded, started with the system" }];
  const reach = await reachable(`${target.url}/healthz`);
  return [
    {
      name: "telemetry",
      state: reach.ok ? "ok" : "failed",
      detail: reach.detail,
      fix: "see that OpenObserve runs and that TG_OPENOBSERVE_URL is right; decisions are not affected meanwhile",
    },
  ];
}

async function checkChains(settings: Settings): Promise<readonly Check[]> {
  const registry = loadRegistry({ overlayFile: settings.registryFile, rpcUrls: settings.rpcUrls });
  if (!registry.ok) {
    return [{ name: "registry", state: "failed", detail: registry.error.message, fix: "correct the file it names" }];
  }
  const pairIds = settings.pairs ?? [];
  const chainIds = new Set(pairIds.flatMap((pairId) => registry.value.poolsOf(pairId).map(({ chain }) => chain.id)));
  if (chainIds.size === 0) return [{ name: "chains", state: "skipped", detail: "TG_PAIRS names no pair" }];
  const clients = createChainClients({
    chains: registry.value.registry.chains,
    wallNowMs: Date.now,
    marketNowMs: Date.now,
    timeoutMs: REACH_TIMEOUT_MS,
  });
  return Promise.all(
    [...chainIds].map(async (chainId): Promise<Check> => {
      const name = `chain ${chainId}`;
      const fix = `set TG_RPC_${chainId} to an endpoint of your own`;
      const client = clients.get(chainId);
      if (!client.ok) return { name, state: "failed", detail: client.error.message, fix };
      const block = await client.value.readBlock();
      if (!block.ok) return { name, state: "failed", detail: block.error.message, fix };
      const ageSec = Math.round((Date.now() - block.value.timestampAtMs) / 1000);
      return { name, state: "ok", detail: `block ${block.value.number}, ${ageSec} s old` };
    }),
  );
}

async function checkSources(settings: Settings): Promise<readonly Check[]> {
  const targets =
    settings.cexProxyUrl === null ? Object.entries(VENUE_HOSTS) : [["exchange proxy", settings.cexProxyUrl] as const];
  const checks = await Promise.all(
    targets.map(async ([name, url]): Promise<Check> => {
      const reach = await reachable(url);
      const isClockOff =
        reach.offMs !== null && Math.abs(reach.offMs) > MAX_CLOCK_OFF_MS && settings.cexProxyUrl === null;
      if (reach.ok && isClockOff) {
        return {
          name,
          state: "failed",
          detail: `answers, but this machine's clock differs by about ${Math.round((reach.offMs ?? 0) / 1000)} s`,
          fix: "switch on time synchronisation (NTP)",
        };
      }
      return {
        name,
        state: reach.ok ? "ok" : "failed",
        detail: reach.detail,
        fix: "check the network, a proxy or a regional block",
      };
    }),
  );
  const lifi = await reachable(`${settings.lifiUrl}/chains`);
  return [
    ...checks,
    { name: "LI.FI", state: lifi.ok ? "ok" : "failed", detail: lifi.detail, fix: "check TG_LIFI_URL and the network" },
  ];
}

function checkKeystore(settings: Settings): Check {
  const name = "keystore";
  if (!existsSync(settings.keystoreFile)) {
    return {
      name,
      state: "skipped",
      detail: `none at ${settings.keystoreFile}; the demo makes its own, "start" needs one`,
    };
  }
  const mode = statSync(settings.keystoreFile).mode & 0o777;
  return {
    name,
    state: (mode & 0o077) === 0 ? "ok" : "failed",
    detail: `${settings.keystoreFile} (mode ${mode.toString(8)})`,
    fix: `chmod 400 ${settings.keystoreFile}`,
  };
}

async function reachable(
  url: string,
): Promise<{ readonly ok: boolean; readonly detail: string; readonly offMs: number | null }> {
  const startedAtMonoMs = performance.now();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
    const date = Date.parse(response.headers.get("date") ?? "");
    await response.body?.cancel();
    return {
      ok: response.status < 500,
      detail: `answers ${response.status} in ${Math.round(performance.now() - startedAtMonoMs)} ms`,
      offMs: Number.isFinite(date) ? Date.now() - date : null,
    };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return { ok: false, detail: `not reachable (${errorText(error)}${cause})`, offMs: null };
  }
}
