// `start`: the same system on real endpoints; with too little configuration it says what is missing and how to get it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ConfigError } from "@/lib/errors/tidegate-error";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings, readDotEnv, type Settings } from "@/server/config/load";
import { loadRegistry } from "@/server/config/registry";
import { readOrMakeDeploymentId } from "@/server/cli/data-dir";
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
} from "@/server/cli/run-system";

export interface StartOptions {
  readonly webPort?: number;
  readonly opsPort?: number;
  readonly dataDir?: string;
  readonly passphraseFile?: string;
  readonly web: boolean;
  readonly json: boolean;
}

export async function runStart(options: StartOptions, selfUrl: string, root: string): Promise<void> {
  const dotEnv = unwrap(readDotEnv(join(process.cwd(), ".env")));
  const loaded = unwrap(
    loadSettings({
      env: { ...dotEnv, ...readProcessEnv() },
      cwd: process.cwd(),
      overrides: {
        ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
        ...(options.webPort === undefined ? {} : { webPort: options.webPort }),
        ...(options.opsPort === undefined ? {} : { opsPort: options.opsPort }),
      },
    }),
  );
  const missing = listMissing(loaded);
  if (missing.length > 0) {
    throw new ConfigError({
      code: "missing",
      message: [
        "Tidegate cannot start on real endpoints yet. Missing:",
        ...missing.map((line) => `  - ${line}`),
        "Settings come from the environment or a .env file; .env.example lists them all. To try everything without any of this: npm run demo",
      ].join("\n"),
      retryable: false,
    });
  }
  const settings = await fixPorts(loaded);
  const passphrase = await readPassphrase(options);
  const session = await openSession({
    kind: "start",
    selfUrl,
    root,
    settings,
    isJson: options.json,
    hasWeb: options.web,
  });
  unwrap(readOrMakeDeploymentId(settings.dataDir));
  const built = options.web ? buildWeb(session) : Promise.resolve();
  // A failed build is reported where it is awaited.
  built.catch(() => undefined);
  await startStores(session);
  await startSigner(session, passphrase);
  await Promise.all([startTrading(session), options.web ? startWeb(session, built, "serve") : Promise.resolve()]);
  session.saveRunFile();
  report(options, settings);
  await session.untilEnd();
}

/** Every gap at once, each with the way to close it. */
function listMissing(settings: Settings): readonly string[] {
  const missing: string[] = [];
  if (!existsSync(settings.keystoreFile)) {
    missing.push(
      `a signing wallet: put a version 3 keystore (mode 0400) at ${settings.keystoreFile} or name it in TG_KEYSTORE; wallets export this format as "keystore file"`,
    );
  }
  if (settings.owners.length === 0) {
    missing.push("an owner: TG_OWNERS=0x…, the address whose signature sets modes, limits and capital");
  }
  const registry = loadRegistry({ overlayFile: settings.registryFile, rpcUrls: settings.rpcUrls });
  if (!registry.ok) missing.push(registry.error.message);
  else {
    const pairIds = settings.pairs ?? registry.value.registry.pairs.map((pair) => pair.id);
    const unknown = pairIds.filter((pairId) => registry.value.pair(pairId) === null);
    if (unknown.length > 0) {
      const known = registry.value.registry.pairs.map((pair) => pair.id).join(", ");
      missing.push(`known pairs in TG_PAIRS: ${unknown.join(", ")} is not in the registry, which has ${known}`);
    }
    if (settings.pairs === null) {
      missing.push("the pairs to run: TG_PAIRS=WETH-USDC (comma list); every pair starts in observe mode");
    }
    const chainIds = new Set(pairIds.flatMap((pairId) => registry.value.poolsOf(pairId).map((pool) => pool.chain.id)));
    const withoutRpc = [...chainIds].filter((id) => (registry.value.chain(id)?.rpcUrls.length ?? 0) === 0);
    for (const id of withoutRpc) missing.push(`an endpoint of chain ${id}: TG_RPC_${id}=https://…`);
  }
  return missing;
}

async function readPassphrase(options: StartOptions): Promise<string> {
  if (options.passphraseFile !== undefined) return readSecret(options.passphraseFile);
  if (!process.stdin.isTTY) {
    throw new ConfigError({
      code: "missing",
      message:
        "The keystore needs its passphrase and there is no terminal to ask on: start with --passphrase-file <file> (mode 0600).",
      retryable: false,
    });
  }
  process.stdout.write("Passphrase of the keystore (not shown): ");
  const reader = createInterface({ input: process.stdin, terminal: false });
  process.stdin.setRawMode(true);
  const passphrase = await new Promise<string>((resolve) => {
    let typed = "";
    process.stdin.on("data", (chunk: Buffer) => {
      for (const char of chunk.toString("utf8")) {
        if (char === "\r" || char === "\n") resolve(typed);
        else if (char === "\u0003") process.exit(130);
        else if (char === "\u007f") typed = typed.slice(0, -1);
        else typed += char;
      }
    });
  });
  process.stdin.setRawMode(false);
  reader.close();
  process.stdin.removeAllListeners("data");
  process.stdin.pause();
  process.stdout.write("\n");
  return passphrase;
}

function report(options: StartOptions, settings: Settings): void {
  const web = options.web ? settings.origin : null;
  const ops = `http://127.0.0.1:${settings.opsPort}`;
  if (options.json) {
    console.log(JSON.stringify({ ready: true, web, ops, devnet: null, chains: [], pairs: settings.pairs ?? [] }));
    return;
  }
  console.log(
    [
      "",
      web === null ? `  API   ${ops}/api/overview` : `  Open  ${web}`,
      "",
      `  Running  ${(settings.pairs ?? []).join(", ")}; a pair observes until a signed command changes its mode`,
      `  Try      sign in with an owner's wallet, assign capital to a pair, then set its mode to approve`,
      `  Health   ${ops}/healthz   metrics ${ops}/metrics`,
      `  Stop     Ctrl-C`,
      "",
    ].join("\n"),
  );
}
