// The checks of a machine that runs Tidegate, each with its fix: for `tidegate doctor` and for the set-up page.
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { errorText } from "@/lib/errors/tidegate-error";
import type { Settings } from "@/server/config/load";
import { loadRegistry } from "@/server/config/registry";
import { createChainClients } from "@/server/infra/chain/clients";
import { createStoreClient } from "@/server/infra/store/client";

export type DoctorCheck =
  | { readonly name: string; readonly state: "ok" | "skipped"; readonly detail: string }
  | { readonly name: string; readonly state: "failed"; readonly detail: string; readonly fix: string };

/** Where store and log store of a running system are, when that is not what the settings say. */
export interface RunningStores {
  readonly storeUrl: string | null;
  readonly openobserve: { readonly url: string } | null;
}

const MAX_CLOCK_OFF_MS = 2_000;
export const REACH_TIMEOUT_MS = 5_000;
/** Everything together answers within 10 s. */
const CHECK_LIMIT_MS = 8_000;
const MIN_NODE_MAJOR = 20;
/** A head older than this is a frozen endpoint, whatever it answers. Choice. */
const MAX_HEAD_AGE_SEC = 120;
const VENUE_HOSTS: Readonly<Record<string, string>> = {
  binance: "https://api.binance.com/api/v3/time",
  bybit: "https://api.bybit.com/v5/market/time",
  okx: "https://www.okx.com/api/v5/public/time",
  mexc: "https://api.mexc.com/api/v3/time",
  gate: "https://api.gateio.ws/api/v4/spot/time",
  bitget: "https://api.bitget.com/api/v2/public/time",
};

export async function limited(name: string, checks: Promise<readonly DoctorCheck[]>): Promise<readonly DoctorCheck[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<readonly DoctorCheck[]>((resolve) => {
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
export function verdict(name: string, isOk: boolean, detail: string, fix: string): DoctorCheck {
  return isOk ? { name, state: "ok", detail } : { name, state: "failed", detail, fix };
}

export function checkNode(): DoctorCheck {
  const major = Number(process.versions.node.split(".")[0]);
  return verdict("Node", major >= MIN_NODE_MAJOR, process.version, `install Node ${MIN_NODE_MAJOR} or newer`);
}

export function checkFolder(settings: Settings): DoctorCheck {
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

export async function checkStore(settings: Settings, running: RunningStores | null): Promise<readonly DoctorCheck[]> {
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

export async function checkTelemetry(
  settings: Settings,
  running: RunningStores | null,
): Promise<readonly DoctorCheck[]> {
  const target = running?.openobserve ?? settings.openobserve;
  if (target === null) return [{ name: "log store", state: "ok", detail: "embedded, started with the system" }];
  const reach = await reachable(`${target.url}/healthz`);
  return [
    verdict(
      "log store",
      reach.ok,
      reach.detail,
      "see that OpenObserve runs and that TG_OPENOBSERVE_URL is right; decisions are not affected meanwhile",
    ),
  ];
}

export async function checkChains(settings: Settings): Promise<readonly DoctorCheck[]> {
  const registry = loadRegistry({ overlayFile: settings.registryFile, rpcUrls: settings.rpcUrls });
  if (!registry.ok) {
    return [{ name: "registry", state: "failed", detail: registry.error.message, fix: "correct the file it names" }];
  }
  const pairIds = settings.pairs ?? registry.value.registry.pairs.map(({ id }) => id);
  const chainIds = new Set(pairIds.flatMap((pairId) => registry.value.poolsOf(pairId).map(({ chain }) => chain.id)));
  if (chainIds.size === 0) return [{ name: "chains", state: "skipped", detail: "TG_PAIRS names no pair" }];
  const clients = createChainClients({
    chains: registry.value.registry.chains,
    wallNowMs: Date.now,
    // A sandbox's blocks carry its own market time: their age against this machine's clock says nothing.
    marketNowMs: settings.sandboxUrl === null ? Date.now : () => 0,
    timeoutMs: REACH_TIMEOUT_MS,
  });
  return Promise.all(
    [...chainIds].map(async (chainId): Promise<DoctorCheck> => {
      const name = `chain ${chainId}`;
      const fix = `set TG_RPC_${chainId} to an endpoint of your own`;
      const client = clients.get(chainId);
      if (!client.ok) return { name, state: "failed", detail: client.error.message, fix };
      const block = await client.value.readBlock();
      if (!block.ok) return { name, state: "failed", detail: block.error.message, fix };
      const ageSec = Math.round((Date.now() - block.value.timestampAtMs) / 1000);
      return verdict(
        name,
        settings.sandboxUrl !== null || ageSec <= MAX_HEAD_AGE_SEC,
        `block ${block.value.number}, ${settings.sandboxUrl === null ? `${ageSec} s old` : "of the local sandbox's own market time"}`,
        `${fix}: this one answers, but its newest block is ${ageSec} s old`,
      );
    }),
  );
}

export async function checkSources(settings: Settings): Promise<readonly DoctorCheck[]> {
  const proxy = settings.cexProxyUrl?.replace(/\/+$/, "") ?? null;
  const venueFix =
    proxy === null
      ? "check the network or a regional block, or set TG_CEX_PROXY_URL"
      : "check TG_CEX_PROXY_URL, which this was asked through";
  const targets = [
    ...Object.entries(VENUE_HOSTS).map(([venue, url]) => ({
      name: `exchange ${venue}${settings.sandboxUrl === null ? "" : ", a stand-in"}`,
      url: proxy === null ? url : `${proxy}/${url}`,
      fix: venueFix,
    })),
    {
      name: "GeckoTerminal",
      url: `${settings.geckoUrl}/networks`,
      fix: "check TG_GECKO_URL and the network",
    },
    { name: "LI.FI", url: `${settings.lifiUrl}/chains`, fix: "check TG_LIFI_URL and the network" },
  ];
  return Promise.all(
    targets.map(async ({ name, url, fix }): Promise<DoctorCheck> => {
      const reach = await reachable(url);
      return verdict(name, reach.ok, reach.detail, fix);
    }),
  );
}

/** This machine's clock against the first exchange that says the time. */
export async function checkClock(settings: Settings): Promise<readonly DoctorCheck[]> {
  const name = "clock";
  if (settings.sandboxUrl !== null) {
    return [{ name, state: "skipped", detail: "the sandbox has a market clock of its own" }];
  }
  const offs = await Promise.all(
    ["okx", "bybit", "gate"].map(async (venue) => (await reachable(VENUE_HOSTS[venue] ?? "")).offMs),
  );
  const offMs = offs.find((each) => each !== null) ?? null;
  if (offMs === null) return [{ name, state: "skipped", detail: "no exchange could be asked for the time" }];
  const offSec = (offMs / 1000).toFixed(1);
  return [
    verdict(
      name,
      Math.abs(offMs) <= MAX_CLOCK_OFF_MS,
      `differs by about ${offSec} s`,
      "switch on time synchronisation (NTP)",
    ),
  ];
}

export function checkKeystore(settings: Settings): DoctorCheck {
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
      // A limit on requests is an answer; a regional block (403, 451) is none.
      ok: response.ok || response.status === 429,
      detail: `answers ${response.status} in ${Math.round(performance.now() - startedAtMonoMs)} ms`,
      offMs: Number.isFinite(date) ? Date.now() - date : null,
    };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return { ok: false, detail: `not reachable (${errorText(error)}${cause})`, offMs: null };
  }
}
