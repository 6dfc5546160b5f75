// Composition root of the signer process: settings, passphrase from file descriptor 3, clocks, log store; `--init` makes a keystore.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ok } from "@/lib/errors/result";
import { errorText, type TidegateError } from "@/lib/errors/tidegate-error";
import { readDeploymentId } from "@/server/config/deployment";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings, type Settings } from "@/server/config/load";
import { loadRegistry } from "@/server/config/registry";
import { additionProblems, inspectPool } from "@/server/config/pool-check";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { createRegistryPort } from "@/server/infra/chain/registry-port";
import type { Family } from "@/lib/registry/schema";
import { createMarketClock, wallClock } from "@/server/infra/clock";
import { EXIT_CONFIG, installDrain } from "@/server/infra/process/control-channel";
import { logMirror } from "@/server/infra/telemetry/log-mirror";
import { createLogger } from "@/server/infra/telemetry/logger";
import { createTelemetry } from "@/server/infra/telemetry/openobserve";
import { createKeystore, readPassphrase } from "./key";
import { createSignerTelemetry, noTelemetry } from "./signer-telemetry";
import { startSigner } from "./start-signer";

const PASSPHRASE_FD = 3;
const CLOCK_READY_MS = 20_000;
/** How long the ready line waits for recovery; later it goes on in state OBSERVE, where a stop works already. */
const RECOVERY_BEFORE_READY_MS = 8_000;
const GRACE_MS = 2_400;
/** Records of a store that is away: this many in memory, this much on disk; the journal and the command log have everything. */
const LOG_STORE_BUFFERED_COUNT = 2_000;
const LOG_STORE_SPOOL_BYTES = 64 * 1024 * 1024;
/** A bug: the parent starts the signer again. */
const EXIT_BUG = 70;

function fail(error: TidegateError | string): never {
  process.stderr.write(`${typeof error === "string" ? error : error.message}\n`);
  process.exit(typeof error === "string" || !error.retryable ? EXIT_CONFIG : 1);
}

async function init(settings: Settings): Promise<void> {
  const passphrase = readPassphrase(PASSPHRASE_FD);
  if (!passphrase.ok) fail(passphrase.error);
  mkdirSync(dirname(settings.keystoreFile), { recursive: true, mode: 0o700 });
  const made = await createKeystore(settings.keystoreFile, passphrase.value);
  if (!made.ok) fail(made.error);
  process.stdout.write(
    `${JSON.stringify({ initialized: true, wallet: made.value.address, keystore: settings.keystoreFile })}\n`,
  );
}

async function run(settings: Settings): Promise<void> {
  // A key service has its own lock: nothing is asked of this process.
  const passphrase = settings.remoteSigner === null ? readPassphrase(PASSPHRASE_FD) : ok(Buffer.alloc(0));
  if (!passphrase.ok) fail(passphrase.error);
  const deploymentId = readDeploymentId(settings.dataDir);
  if (!deploymentId.ok) fail(deploymentId.error);
  const view = loadRegistry({ overlayFile: settings.registryFile, rpcUrls: settings.rpcUrls });
  if (!view.ok) fail(view.error);
  const { registry } = view.value;
  const pairIds =
    settings.pairs ?? registry.pairs.map((pair) => pair.id).filter((id) => view.value.poolsOf(id).length > 0);

  const market = createMarketClock({ url: settings.marketClockUrl ?? undefined });
  try {
    await market.ready(CLOCK_READY_MS);
  } catch (error) {
    fail(`The signer needs market time: ${errorText(error)}. Check TG_MARKET_CLOCK_URL.`);
  }
  // The only address besides the chains' endpoints; whether it answers changes nothing here, and what it may keep is bounded.
  const telemetry =
    settings.openobserve === null
      ? null
      : createTelemetry({
          ...settings.openobserve,
          spoolDir: join(settings.dataDir, "spool", "signer"),
          maxBufferedCount: LOG_STORE_BUFFERED_COUNT,
          maxSpoolBytes: LOG_STORE_SPOOL_BYTES,
        });
  const log = createLogger({
    name: "signer",
    level: settings.logLevel,
    ...(settings.logFile === null ? {} : { file: settings.logFile }),
    ...(telemetry === null ? {} : { mirror: logMirror({ telemetry, market, wall: wallClock }) }),
  });

  const running = await startSigner({
    settings: {
      dataDir: settings.dataDir,
      deploymentId: deploymentId.value,
      keystoreFile: settings.keystoreFile,
      remoteSigner: settings.remoteSigner,
      owners: settings.owners,
      pairIds,
      registry,
      relayUrls: settings.relayUrls,
      homeChainId: settings.homeChainId,
      storeUrl: settings.storeUrl,
      killLabel: settings.killLabel,
    },
    families: new Map(Object.values(FAMILY_ADAPTERS).map((adapter) => [adapter.reads.family, adapter])),
    inspector: (clients, live) => {
      const deps = () => ({
        ...createRegistryPort(clients),
        registry: live,
        readsOf: (family: Family) => FAMILY_ADAPTERS[family].reads,
      });
      return {
        inspect: (request) => inspectPool(deps(), request),
        problems: (addition) => additionProblems(deps(), addition),
      };
    },
    passphrase: passphrase.value,
    wall: wallClock,
    market,
    log,
    telemetry: telemetry === null ? noTelemetry : createSignerTelemetry({ telemetry, wall: wallClock, market }),
    onFatal: (error) => {
      log.error("process.crashed", { reason: errorText(error) });
      process.stderr.write(`${errorText(error)}\n`);
      process.exit(EXIT_BUG);
    },
  });
  if (!running.ok) fail(running.error);
  const signer = running.value;

  installDrain({
    channel: "stdin",
    graceMs: GRACE_MS,
    drain: async (reason) => {
      log.info("process.stopping", { reason });
      await signer.stop(reason);
      market.close();
      await telemetry?.stop(200);
    },
  });
  await signer.waitRecovered(RECOVERY_BEFORE_READY_MS);
  process.stdout.write(`${JSON.stringify({ ready: true, wallet: signer.wallet, state: signer.state() })}\n`);
  log.info("signer.started", { wallet: signer.wallet, state: signer.state(), pairs: pairIds.join(", ") });
}

process.on("unhandledRejection", (error) => {
  process.stderr.write(`unhandled: ${errorText(error)}\n`);
  process.exit(EXIT_BUG);
});

const settings = loadSettings({ env: readProcessEnv(), cwd: process.cwd() });
if (!settings.ok) fail(settings.error);
await (process.argv.includes("--init") ? init(settings.value) : run(settings.value));
