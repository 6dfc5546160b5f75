// What the API's handlers work with, opened from settings; the alerts process reads the desk through the same.
import { randomBytes } from "node:crypto";
import { ConfigError } from "@/lib/errors/tidegate-error";
import { readDeploymentId } from "@/server/config/deployment";
import type { Settings } from "@/server/config/load";
import { openLiveRegistry } from "@/server/config/live-registry";
import { loadRegistry } from "@/server/config/registry";
import { wallClock } from "@/server/infra/clock";
import { createSignedReader } from "@/server/infra/signed-reader";
import { createControlClient } from "@/server/infra/signer-link/client";
import { socketPaths } from "@/server/infra/signer-link/paths";
import { createStoreClient } from "@/server/infra/store/client";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { createAuthorityReader } from "./authority-reader";
import type { ApiDeps } from "./deps";
import { createDoctor } from "./doctor";
import { createRateLimiter } from "./rate-limiter";
import { createSettingsDesk } from "./settings-desk";
import { createTelemetryReader } from "./telemetry-reader";
import { createTraceReader } from "./trace-reader";

export const API_VERSION = "0.1.0";

const SIGNER_TIMEOUT_MS = 5_000;

export interface ApiInput {
  readonly settings: Settings;
  readonly log: Logger;
}

const CONNECT_WAIT_MS = 2_000;

export interface OpenedDeps {
  readonly deps: ApiDeps;
  /** Resolves when store and signer answer, or after a short wait. */
  readonly connected: Promise<unknown>;
}

/** Throws ConfigError when the settings cannot work. */
export function openApiDeps(input: ApiInput): OpenedDeps {
  const { settings, log } = input;
  if (settings.storeUrl === null) {
    throw new ConfigError({
      code: "missing",
      message:
        "TG_STORE_URL is not set for this process: the API reads the hot store. Start it with `npm start` or `npm run demo`, or set the address.",
      retryable: false,
    });
  }
  assertOrigin(settings);
  const deploymentId = readDeploymentId(settings.dataDir);
  if (!deploymentId.ok) throw deploymentId.error;
  const registry = loadRegistry({ overlayFile: settings.registryFile, rpcUrls: settings.rpcUrls });
  if (!registry.ok) throw registry.error;
  const reader = createSignedReader(settings.dataDir, deploymentId.value);
  const live = openLiveRegistry({
    overlayFile: settings.registryFile,
    rpcUrls: settings.rpcUrls,
    pairs: settings.pairs,
    readSigned: () => reader.read(),
  });
  if (!live.ok) throw live.error;
  const paths = socketPaths(settings.dataDir);
  if (!paths.ok) throw paths.error;
  const store = createStoreClient({ url: settings.storeUrl, name: "api" });
  const control = createControlClient({
    socketPath: paths.value.control,
    deploymentId: deploymentId.value,
    peer: "api",
    timeoutMs: SIGNER_TIMEOUT_MS,
  });
  // The first requests come while the connections are being made: they wait for them rather than say that both are away.
  const connected = Promise.all([store.waitReady(CONNECT_WAIT_MS), control.waitReady(CONNECT_WAIT_MS)]);
  const deps: ApiDeps = {
    settings: {
      version: API_VERSION,
      deploymentId: deploymentId.value,
      origin: settings.origin,
      isPublicRead: settings.isPublicRead,
      homeChainId: settings.homeChainId,
      sandboxUrl: settings.sandboxUrl,
      get pairIds() {
        return live.value.pairIds();
      },
    },
    store,
    control,
    authority: createAuthorityReader({ control, store, nowMs: wallClock.nowMs }),
    telemetry: createTelemetryReader(settings.openobserve),
    trace: createTraceReader(settings.openobserve),
    doctor: createDoctor({ settings, control, nowMs: wallClock.nowMs }),
    settingsDesk: createSettingsDesk({
      settings,
      deploymentId: deploymentId.value,
      registry: registry.value.registry,
      reader,
      nowMs: wallClock.nowMs,
    }),
    registry: live.value.view,
    rateLimiter: createRateLimiter(wallClock.nowMs),
    log,
    nowMs: wallClock.nowMs,
    randomHex: (bytes) => randomBytes(bytes).toString("hex"),
    fetch,
  };
  return { deps, connected };
}

/** Plain http is for loopback only (safety.md section 6), and open reads are for loopback only (house rule of TG_PUBLIC_READ). */
function assertOrigin(settings: Settings): void {
  const origin = URL.canParse(settings.origin) ? new URL(settings.origin) : null;
  const isLoopback = origin !== null && ["localhost", "127.0.0.1", "[::1]"].includes(origin.hostname);
  if (origin === null || (origin.protocol !== "https:" && !isLoopback)) {
    throw new ConfigError({
      code: "invalid",
      message: `TG_ORIGIN is ${settings.origin}; expected https://…, or http on localhost only. Put the desk behind TLS or open it on this machine.`,
      retryable: false,
    });
  }
  if (settings.isPublicRead && !isLoopback) {
    throw new ConfigError({
      code: "conflict",
      message: `TG_PUBLIC_READ=1 opens reads to everybody and works on loopback only, but TG_ORIGIN is ${settings.origin}. Unset TG_PUBLIC_READ.`,
      retryable: false,
    });
  }
}
