// Runs the real signer process on a throw-away data directory, with its passphrase on file descriptor 3, and signs commands for it.
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from "viem/accounts";
import * as z from "zod";
import { buildCommand, commandTypedData, type CommandAction, type SignedCommand } from "@/lib/api/commands";
import { addressSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { createControlClient, type ControlClient } from "@/server/infra/signer-link/client";
import { socketPaths, type SocketPaths } from "@/server/infra/signer-link/paths";
import { createKeystore } from "@/server/signer/key";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PASSPHRASE = "correct horse battery staple";
/** Cheap on purpose: these tests start the signer often. */
const TEST_SCRYPT = { n: 2 ** 12, r: 8, p: 1 };
const READY_MS = 90_000;

const readySchema = z.object({ ready: z.literal(true), wallet: addressSchema, state: z.string() });
type SignerReady = z.infer<typeof readySchema>;

export interface SignerHome {
  readonly dataDir: string;
  readonly deploymentId: Hex;
  readonly wallet: Address;
  readonly owner: PrivateKeyAccount;
  readonly paths: SocketPaths;
  readonly env: Record<string, string>;
  remove(): void;
}

interface SignerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SignerProcess {
  readonly child: ChildProcess;
  readonly ready: Promise<SignerReady>;
  readonly exited: Promise<SignerExit>;
  stderr(): string;
  stdout(): string;
}

/** Two pairs of one local chain without endpoints: authority is all that is tried here. */
const CHAINLESS_REGISTRY = {
  version: 1,
  chains: [
    {
      id: 31337,
      name: "Local",
      nativeSymbol: "ETH",
      nativeDecimals: 18,
      wrappedNative: `0x${"e1".repeat(20)}`,
      blockTimeMs: 1_000,
      geckoSlug: null,
      explorer: null,
      rpcUrls: [],
      multicall3: `0x${"e2".repeat(20)}`,
      permit2: null,
      lifiDiamond: null,
      feeModel: "eip1559",
      softDepth: 1,
      settle: { tag: "finalized", depth: 2 },
      isLocal: true,
    },
  ],
  tokens: [],
  dexes: [],
  pools: [],
  pairs: ["WETH-USDC", "USDC-USDT"].map((id) => {
    const [base = "", quote = ""] = id.split("-");
    return { id, base, quote, sources: [{ venue: "binance", base, quote }] };
  }),
} as const;

/** `rpcUrl`: endpoint of the one chain; without it the signer has no chain to compare with. */
export async function makeSignerHome(
  env: Record<string, string> = {},
  rpcUrl: string | null = null,
): Promise<SignerHome> {
  const dataDir = mkdtempSync(join(tmpdir(), "tgh-"));
  const deploymentId: Hex = `0x${randomBytes(32).toString("hex")}`;
  mkdirSync(join(dataDir, "signer"), { mode: 0o700 });
  writeFileSync(join(dataDir, "deployment.json"), JSON.stringify({ deploymentId }), { mode: 0o600 });
  writeFileSync(join(dataDir, "registry.json"), JSON.stringify(CHAINLESS_REGISTRY));
  const made = await createKeystore(join(dataDir, "signer", "keystore.json"), Buffer.from(PASSPHRASE), TEST_SCRYPT);
  if (!made.ok) throw made.error;
  const owner = privateKeyToAccount(generatePrivateKey());
  const paths = socketPaths(dataDir);
  if (!paths.ok) throw paths.error;
  return {
    dataDir,
    deploymentId,
    wallet: made.value.address,
    owner,
    paths: paths.value,
    env: {
      TG_DATA_DIR: dataDir,
      TG_REGISTRY_FILE: join(dataDir, "registry.json"),
      TG_OWNERS: owner.address,
      TG_PAIRS: "WETH-USDC,USDC-USDT",
      TG_HOME_CHAIN: "31337",
      ...(rpcUrl === null ? {} : { TG_RPC_31337: rpcUrl }),
      ...env,
    },
    remove() {
      rmSync(dataDir, { recursive: true, force: true });
      rmSync(paths.value.dir, { recursive: true, force: true });
    },
  };
}

export function startSignerProcess(
  home: SignerHome,
  options: {
    readonly env?: Record<string, string>;
    readonly args?: readonly string[];
    readonly passphrase?: string;
  } = {},
): SignerProcess {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(root, "server/signer/main.ts"), ...(options.args ?? [])],
    {
      cwd: root,
      env: { NODE_ENV: "test", PATH: process.env["PATH"] ?? "", TMPDIR: tmpdir(), ...home.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe", "pipe"],
    },
  );
  const secret = child.stdio[3];
  if (secret instanceof Writable) {
    // The child may end before it reads.
    secret.on("error", () => undefined);
    secret.end(options.passphrase ?? PASSPHRASE);
  }
  let stderr = "";
  let stdout = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  const exited = new Promise<SignerExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const ready = new Promise<SignerReady>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the signer was not ready in ${READY_MS} ms: ${stderr}`)),
      READY_MS,
    );
    child.stdout?.on("data", (chunk: Buffer) => {
      stdout += chunk.toString("utf8");
      for (const line of stdout.split("\n")) {
        if (!line.startsWith('{"ready":true')) continue;
        clearTimeout(timer);
        resolve(readySchema.parse(JSON.parse(line)));
      }
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the signer ended with ${code ?? signal}: ${stderr}`));
    });
  });
  // A test that expects an end does not look at it.
  ready.catch(() => undefined);
  return { child, ready, exited, stderr: () => stderr, stdout: () => stdout };
}

export function openControl(home: SignerHome, deploymentId: Hex = home.deploymentId): ControlClient {
  return createControlClient({ socketPath: home.paths.control, deploymentId, peer: "test", timeoutMs: 3_000 });
}

export async function signCommand(
  home: SignerHome,
  by: PrivateKeyAccount,
  input: {
    readonly action: CommandAction;
    readonly target?: string;
    readonly params: Readonly<Record<string, unknown>>;
    readonly planHash?: Hex;
    readonly configVersion?: number;
  },
): Promise<SignedCommand> {
  const { params, action, planHash, configVersion } = input;
  const command = buildCommand({
    action,
    target: input.target ?? String(params["planId"] ?? params["pairId"] ?? "system"),
    params,
    nonce: `0x${randomBytes(32).toString("hex")}`,
    expiresAtSec: Date.now() / 1_000 + 240,
    ...(planHash === undefined ? {} : { planHash }),
    ...(configVersion === undefined ? {} : { configVersion }),
  });
  const signature = await by.signTypedData(commandTypedData(home.deploymentId, command));
  return { command, params: { ...params }, address: by.address, signature };
}
