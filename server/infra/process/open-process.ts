// What every process of the house opens first: log, telemetry, store and market clock from settings that were handed in.
import { join } from "node:path";
import { ok, err, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { createMarketClock, wallClock, type MarketClock } from "@/server/infra/clock";
import { createStoreClient, type StoreClient } from "@/server/infra/store/client";
import { logMirror } from "@/server/infra/telemetry/log-mirror";
import { createLogger } from "@/server/infra/telemetry/logger";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { createTelemetry, type Telemetry } from "@/server/infra/telemetry/openobserve";

export interface ProcessSettings {
  readonly dataDir: string;
  readonly storeUrl: string | null;
  readonly openobserve: {
    readonly url: string;
    readonly org: string;
    readonly user: string;
    readonly password: string;
  } | null;
  readonly marketClockUrl: string | null;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly logFile: string | null;
}

export interface OpenProcess {
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly store: StoreClient;
  readonly market: MarketClock;
  /** Sends what is buffered and closes everything. */
  close(): Promise<void>;
}

const CLOCK_WAIT_MS = 30_000;
const STORE_WAIT_MS = 15_000;

/** `name` is the process (`worker`), `instance` tells two of them apart (`worker WETH-USDC`). */
export async function openProcess(input: {
  readonly settings: ProcessSettings;
  readonly name: string;
  readonly instance: string;
}): Promise<Result<OpenProcess, ConfigError>> {
  const { settings, name, instance } = input;
  if (settings.storeUrl === null || settings.openobserve === null) {
    const key = settings.storeUrl === null ? "TG_STORE_URL" : "TG_OPENOBSERVE_URL";
    return err(
      new ConfigError({
        code: "missing",
        message: `The ${name} process needs ${key}: it is set by "npm run demo" and "npm start"; when a process is started by hand, give it the address of a running service.`,
        retryable: false,
      }),
    );
  }
  const market = createMarketClock({ url: settings.marketClockUrl ?? undefined });
  try {
    await market.ready(CLOCK_WAIT_MS);
  } catch (error) {
    market.close();
    return err(
      new ConfigError({
        code: "missing",
        message: `The market clock does not answer: ${errorText(error)}`,
        retryable: true,
        cause: error,
      }),
    );
  }
  const telemetry = createTelemetry({
    ...settings.openobserve,
    spoolDir: join(settings.dataDir, "spool", instance.replace(/[^A-Za-z0-9.-]/g, "-")),
  });
  const log = createLogger({
    name: instance,
    level: settings.logLevel,
    file: settings.logFile ?? undefined,
    mirror: logMirror({ telemetry, market, wall: wallClock }),
  });
  const store = createStoreClient({ url: settings.storeUrl, name: instance });
  if (!(await store.waitReady(STORE_WAIT_MS))) {
    // Going on is right: safety rules ask that processes live without the store; each use says so by itself.
    log.warn("store.lost", { detail: store.status().lastError ?? "no answer at the start" });
  }
  return ok({
    log,
    telemetry,
    store,
    market,
    async close() {
      market.close();
      await telemetry.stop(1_000);
      await store.close();
    },
  });
}
