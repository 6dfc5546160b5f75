// `demo`: the whole system on a local sandbox chain, from nothing to the first epoch, in the foreground.
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ConfigError } from "@/lib/errors/tidegate-error";
import { addressSchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { loadRegistry } from "@/server/config/registry";
import { pickFreePort } from "@/server/infra/process/ports";
import { createControlClient } from "@/server/infra/signer-link/client";
import { socketPaths } from "@/server/infra/signer-link/paths";
import { createKeystore } from "@/server/signer/key";
import { findRunning, openDataDir, readOrMakeDeploymentId } from "@/server/cli/data-dir";
import { watchSources } from "@/server/cli/dev-reload";
import { readSandbox, signOpeningCommands } from "@/server/cli/opening-commands";
import {
  buildWeb,
  fixPorts,
  openSession,
  readSecret,
  startSigner,
  startStores,
  startTrading,
  startWeb,
  unwrap,
  type Session,
} from "@/server/cli/run-system";
import { devnetService } from "@/server/cli/services";

export interface DemoOptions {
  readonly webPort?: number;
  readonly opsPort?: number;
  readonly dataDir?: string;
  readonly seed: number;
  readonly speed: number;
  readonly fresh: boolean;
  /** Local chains: 1 with Uniswap V3, or 3 with the other AMM families and bridges. */
  readonly chains: 1 | 3;
  readonly web: boolean;
  readonly json: boolean;
  /** `dev`: Next with reload, and server processes that start again when their sources change. */
  readonly webMode: "serve" | "dev";
}

const devnetReadySchema = z.looseObject({
  controlUrl: z.string(),
  chains: z.array(z.object({ id: z.number().int(), rpc: z.string() })).min(1),
  registryFile: z.string(),
  exchangeProxyUrl: z.string(),
  geckoUrl: z.string(),
  lifiUrl: z.string(),
  origin: z.object({
    kind: z.enum(["fresh", "resumed"]),
    savedAtMs: z.number().nullable(),
    wasCleanStop: z.boolean().nullable(),
  }),
});
type DevnetReady = z.infer<typeof devnetReadySchema>;

export async function runDemo(options: DemoOptions, selfUrl: string, root: string): Promise<void> {
  const loaded = unwrap(
    loadSettings({
      env: demoEnv(),
      cwd: process.cwd(),
      overrides: {
        ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
        ...(options.webPort === undefined ? {} : { webPort: options.webPort }),
        ...(options.opsPort === undefined ? {} : { opsPort: options.opsPort }),
        isPublicRead: true,
      },
    }),
  );
  const settings = await fixPorts(loaded);
  if (options.fresh) await clearState(settings.dataDir);
  const session = await openSession({
    kind: "demo",
    selfUrl,
    root,
    settings,
    isJson: options.json,
    hasWeb: options.web,
  });
  if (!options.json) console.log(`Tidegate demo in ${settings.dataDir}`);
  const deploymentId = unwrap(readOrMakeDeploymentId(settings.dataDir));
  const built = options.web && options.webMode === "serve" ? buildWeb(session) : Promise.resolve();
  // A failed build is reported where it is awaited.
  built.catch(() => undefined);

  const wallet = await session.progress.stage("keystore", () =>
    openDemoKeystore(settings.dataDir, settings.keystoreFile),
  );
  const [devnet] = await Promise.all([
    session.progress.stage(chainsStage(options.chains), () => startDevnet(session, options, wallet.address)),
    startStores(session),
  ]);
  const sandbox = await readSandbox(devnet.controlUrl);
  const registry = unwrap(loadRegistry({ overlayFile: devnet.registryFile, rpcUrls: new Map() }));
  const pairIds = registry.registry.pairs.map((pair) => pair.id);
  session.extend({
    registryFile: devnet.registryFile,
    marketClockUrl: devnet.controlUrl,
    sandboxUrl: devnet.controlUrl,
    cexProxyUrl: devnet.exchangeProxyUrl,
    geckoUrl: devnet.geckoUrl,
    lifiUrl: devnet.lifiUrl,
    lifiApiKey: null,
    homeChainId: sandbox.chainId,
    owners: [sandbox.accounts.demoOwner],
    pairs: pairIds,
  });

  await startSigner(session, wallet.passphrase);
  const chain = devnet.chains[0];
  const signed = await session.progress.stage("capital and modes, signed by the demo owner", async () => {
    const control = createControlClient({
      socketPath: unwrap(socketPaths(settings.dataDir)).control,
      deploymentId,
      peer: "cli demo",
      timeoutMs: 10_000,
    });
    try {
      if (!(await control.waitReady(10_000))) throw notReady(control.status().lastError);
      return unwrap(
        await signOpeningCommands({
          control,
          deploymentId,
          registry,
          pairIds,
          chainId: sandbox.chainId,
          rpcUrl: chain?.rpc ?? "",
          owner: sandbox.accounts.demoOwner,
          approver: sandbox.accounts.demoApprover,
        }),
      );
    } finally {
      control.close();
    }
  });
  if (signed > 0) session.progress.note(`${signed} commands are in the audit log`);

  await Promise.all([
    startTrading(session),
    options.web ? startWeb(session, built, options.webMode) : Promise.resolve(),
  ]);
  session.saveRunFile();
  if (options.webMode === "dev") {
    watchSources({
      root,
      restart: (service) => session.stack.restart(service),
      note: (sentence) => session.progress.note(sentence),
    });
  }
  report(session, options, devnet, pairIds);
  await session.untilEnd();
}

/** Only the data directory and ports may come from the environment: everything else of the demo is local by definition. */
function demoEnv(): Readonly<Record<string, string | undefined>> {
  const env = readProcessEnv();
  const kept = ["TG_DATA_DIR", "TG_WEB_PORT", "TG_OPS_PORT", "TG_LOG_LEVEL"];
  return Object.fromEntries(kept.map((key) => [key, env[key]]));
}

async function clearState(dataDir: string): Promise<void> {
  if (!existsSync(dataDir)) return;
  const other = await findRunning(dataDir);
  if (other !== null) {
    throw new ConfigError({
      code: "conflict",
      message: `Tidegate runs on ${dataDir} as process ${other.pid}: stop it before --fresh clears its state.`,
      retryable: false,
    });
  }
  if (!existsSync(join(dataDir, "signer", "demo-passphrase")) && existsSync(join(dataDir, "signer"))) {
    throw new ConfigError({
      code: "conflict",
      message: `${dataDir} holds a signer that was not made by the demo; --fresh does not delete it: choose another --data-dir.`,
      retryable: false,
    });
  }
  for (const name of ["signer", "store", "telemetry", "logs", "spool", "alerts", "deployment.json", "run.json"]) {
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

const keystoreAddressSchema = z.looseObject({ address: z.string() });

/** A wallet made for the demo: real keystore, its passphrase beside it, which is fine for play money and nothing else. */
async function openDemoKeystore(
  dataDir: string,
  keystoreFile: string,
): Promise<{ readonly address: Address; readonly passphrase: string }> {
  unwrap(openDataDir(dataDir));
  mkdirSync(join(dataDir, "signer"), { recursive: true, mode: 0o700 });
  const passphraseFile = join(dataDir, "signer", "demo-passphrase");
  if (existsSync(keystoreFile)) {
    if (!existsSync(passphraseFile)) {
      throw new ConfigError({
        code: "conflict",
        message: `${keystoreFile} is not a demo wallet (no demo-passphrase beside it): choose another --data-dir for the demo.`,
        retryable: false,
      });
    }
    const { address } = keystoreAddressSchema.parse(JSON.parse(readFileSync(keystoreFile, "utf8")));
    return { address: addressSchema.parse(`0x${address.replace(/^0x/i, "")}`), passphrase: readSecret(passphraseFile) };
  }
  const passphrase = randomBytes(24).toString("base64url");
  writeFileSync(passphraseFile, `${passphrase}\n`, { mode: 0o400 });
  chmodSync(passphraseFile, 0o400);
  const made = unwrap(await createKeystore(keystoreFile, Buffer.from(passphrase)));
  return { address: made.address, passphrase };
}

function chainsStage(chains: 1 | 3): string {
  return chains === 1 ? "local chain, Uniswap V3 and market" : "three local chains, their DEXes, bridges and market";
}

async function startDevnet(session: Session, options: DemoOptions, wallet: string): Promise<DevnetReady> {
  const [controlPort, rpcPort] = [await pickFreePort(), await pickFreePort()];
  const ready = devnetReadySchema.parse(
    await session.up(
      devnetService(session.context(), {
        wallet,
        seed: options.seed,
        speed: options.speed,
        fresh: options.fresh,
        chains: options.chains,
        controlPort,
        rpcPort,
      }),
    ),
  );
  if (ready.origin.kind === "resumed" && ready.origin.wasCleanStop === false) {
    session.progress.note(
      "The chain's last state was saved before a hard stop; if the signer halts because its journal is newer, start with --fresh.",
    );
  }
  return ready;
}

function notReady(reason: string | null): ConfigError {
  return new ConfigError({
    code: "invalid",
    message: `The signer did not answer on its control socket (${reason ?? "no reason"}): look at logs/signer.log in the data directory.`,
    retryable: true,
  });
}

function report(session: Session, options: DemoOptions, devnet: DevnetReady, pairIds: readonly string[]): void {
  const { settings } = session.context();
  const web = options.web ? settings.origin : null;
  const ops = `http://127.0.0.1:${settings.opsPort}`;
  if (options.json) {
    console.log(
      JSON.stringify({ ready: true, web, ops, devnet: devnet.controlUrl, chains: devnet.chains, pairs: pairIds }),
    );
    return;
  }
  const lines = [
    "",
    web === null ? `  API   ${ops}/api/overview` : `  Open  ${web}`,
    "",
    `  Running  ${pairIds.join(" (auto), ")} (approve); one worker each, signer, collector, orchestrator, store, telemetry, local chain`,
    `           market time runs ${options.speed} times as fast as the wall clock; prices, exchanges and LI.FI are stand-ins of the sandbox`,
    ...(web === null
      ? []
      : [
          `  Try      ${web}/approvals: a plan of USDC-USDT will wait there; sign in with the demo wallet and approve it`,
        ]),
    `           curl -s -X POST ${devnet.controlUrl}/price -H 'content-type: application/json' -d '{"pairId":"WETH-USDC","moveFrac":0.05}'`,
    `  Health   ${ops}/healthz   metrics ${ops}/metrics`,
    `  Stop     Ctrl-C (everything ends; the next start continues, --fresh starts anew)`,
    "",
  ];
  console.log(lines.join("\n"));
}
