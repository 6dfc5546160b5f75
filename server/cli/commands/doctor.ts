// `doctor`: checks what can be checked on this machine and says the fix for each failure.
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { z } from "zod";
import { readRunFile, type RunFile } from "@/server/cli/data-dir";
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

type Check =
  | { readonly name: string; readonly state: "ok" | "skipped"; readonly detail: string }
  | { readonly name: string; readonly state: "failed"; readonly detail: string; readonly fix: string };

const MAX_CLOCK_OFF_MS = 2_000;
const REACH_TIMEOUT_MS = 5_000;
/** The whole command answers within 10 s. */
const CHECK_LIMIT_MS = 8_000;
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
  const run = readRunFile(settings.dataDir);
  const running = run !== null && isProcessAlive(run.pid) ? run : null;
  const groups = await Promise.all([
    [checkNode()],
    [checkFolder(settings)],
    limited("running system", checkRunning(running)),
    limited("ports", running === null ? checkPorts(settings) : Promise.resolve([])),
    [checkWebBuild(root)],
    limited("store", checkStore(settings, running)),
    limited("telemetry", checkTelemetry(settings, running)),
    ...(running?.kind === "demo"
      ? [[standIns()]]
      : [limited("chains", checkChains(settings)), limited("sources", checkSources(settings))]),
    [checkKeystore(settings)],
  ]);
  let failedCount = 0;
  for (const check of groups.flat()) {
    const mark = { ok: "ok  ", failed: "FAIL", skipped: "skip" }[check.state];
    console.log(`${mark}  ${check.name}: ${check.detail}`);
    if (check.state === "failed") {
      failedCount += 1;
      console.log(`      fix: ${check.fix}`);
    }
  }
  console.log(failedCount === 0 ? "\nAll checks passed." : `\n${failedCount} checks failed.`);
  // A check that was given up must not keep the command alive.
  process.exit(failedCount > 0 ? 1 : 0);
}

async function limited(name: string, checks: Promise<readonly Check[]>): Promise<readonly Check[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<readonly Check[]>((resolve) => {
    timer = setTimeout(() => {
      const detail = `no answer within ${CHECK_LIMIT_MS / 1000} s`;
      resolve([{ name, state: "failed", detail, fix: "check the network; name endpoints that answer in .env" }]);
    }, CHECK_LIMIT_MS);
  });
  const found = await Promise.race([checks, late]);
  clearTimeout(timer);
  return found;
}

/** `failed` needs a fix, and only then it is shown. */
function verdict(name: string, isOk: boolean, detail: string, fix: string): Check {
  return isOk ? { name, state: "ok", detail } : { name, state: "failed", detail, fix };
}

function checkNode(): Check {
  return { name: "Node", state: "ok", detail: process.version };
}

function checkFolder(settings: Settings): Check {
  const name = "data directory";
  const { dataDir } = settings;
  if (!existsSync(dataDir)) return { name, state: "ok", detail: `${dataDir} (made at the first start)` };
  try {
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const fix = `make ${dataDir} writable for this user, or set TG_DATA_DIR`;
    return { name, state: "failed", detail: errorText(error), fix };
  }
  return verdict(name, (statSync(dataDir).mode & 0o077) === 0, dataDir, `chmod 700 ${dataDir}`);
}

const readinessSchema = z.object({
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

/** What the running system says of itself. */
async function checkRunning(run: RunFile | null): Promise<readonly Check[]> {
  if (run === null) return [{ name: "running", state: "ok", detail: "no" }];
  const running: Check = { name: "running", state: "ok", detail: `${run.kind}, process ${run.pid}, ${run.opsUrl}` };
  try {
    const response = await fetch(`${run.opsUrl}/readyz`, { signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
    const { checks } = readinessSchema.parse(await response.json());
    const fix = "read the newest lines of the files in logs/ of the data directory";
    return [running, ...checks.map((check) => verdict(`running: ${check.name}`, check.ok, check.detail, fix))];
  } catch (error) {
    const fix = `stop process ${run.pid} and start again; logs/orchestrator.err.log says why it does not answer`;
    return [running, { name: "ops port", state: "failed", detail: errorText(error), fix }];
  }
}

function standIns(): Check {
  return {
    name: "chains, exchanges, GeckoTerminal, LI.FI",
    state: "skipped",
    detail: "the running demo uses its own stand-ins; their state is above",
  };
}

async function checkPorts(settings: Settings): Promise<readonly Check[]> {
  const ports = [
    { port: settings.webPort, key: "TG_WEB_PORT" },
    { port: settings.opsPort, key: "TG_OPS_PORT" },
  ];
  return Promise.all(
    ports.map(async ({ port, key }) => {
      const isFree = await isPortFree(port);
      const fix = `stop that program or set ${key}`;
      return verdict(`port ${port}`, isFree, isFree ? "free" : "in use by another program", fix);
    }),
  );
}

function checkWebBuild(root: string): Check {
  const isCurrent = isWebBuildCurrent(root);
  return { name: "desk build", state: "ok", detail: isCurrent ? "current" : "made at the next start" };
}

async function checkStore(settings: Settings, running: RunFile | null): Promise<readonly Check[]> {
  const url = running?.storeUrl ?? settings.storeUrl;
  if (url === null) return [{ name: "store", state: "ok", detail: "embedded, started with the system" }];
  const store = createStoreClient({ url, name: "doctor" });
  const isReady = await store.waitReady(3_000);
  const { lastError } = store.status();
  await store.close();
  return [
    verdict(
      "store",
      isReady,
      isReady ? "answers" : (lastError ?? "no answer"),
      "see that it runs and that TG_STORE_URL has the right address and password",
    ),
  ];
}

async function checkTelemetry(settings: Settings, running: RunFile | null): Promise<readonly Check[]> {
  const target = running?.openobserve ?? settings.openobserve;
  if (target === null) return [{ name: "telemetry", state: "ok", detail: "embedded, started with the system" }];
  const reach = await reachable(`${target.url}/healthz`);
  return [
    verdict(
      "telemetry",
      reach.ok,
      reach.detail,
      "see that OpenObserve runs and that TG_OPENOBSERVE_URL is right; decisions are not affected meanwhile",
    ),
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
  const isProxied = settings.cexProxyUrl !== null;
  const venues =
    settings.cexProxyUrl === null ? Object.entries(VENUE_HOSTS) : [["exchange proxy", settings.cexProxyUrl]];
  const venueFix = isProxied
    ? "check TG_CEX_PROXY_URL"
    : "check the network or a regional block, or set TG_CEX_PROXY_URL";
  const targets = [
    ...venues.map(([name = "", url = ""]) => ({ name, url, fix: venueFix, hasClock: !isProxied })),
    {
      name: "GeckoTerminal",
      url: `${settings.geckoUrl}/networks`,
      fix: "check TG_GECKO_URL and the network",
      hasClock: false,
    },
    { name: "LI.FI", url: `${settings.lifiUrl}/chains`, fix: "check TG_LIFI_URL and the network", hasClock: false },
  ];
  return Promise.all(
    targets.map(async ({ name, url, fix, hasClock }): Promise<Check> => {
      const reach = await reachable(url);
      const isClockOff = hasClock && reach.offMs !== null && Math.abs(reach.offMs) > MAX_CLOCK_OFF_MS;
      if (!reach.ok || !isClockOff) return verdict(name, reach.ok, reach.detail, fix);
      const offSec = Math.round((reach.offMs ?? 0) / 1000);
      const detail = `answers, but this machine's clock differs by about ${offSec} s`;
      return { name, state: "failed", detail, fix: "switch on time synchronisation (NTP)" };
    }),
  );
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
  const detail = `${settings.keystoreFile} (mode ${mode.toString(8)})`;
  return verdict(name, (mode & 0o077) === 0, detail, `chmod 400 ${settings.keystoreFile}`);
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
