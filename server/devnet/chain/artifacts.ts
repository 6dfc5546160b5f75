// Reads published contract bytecode from node_modules at run time; nothing of it is copied into this repository.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isHex, type Hex } from "viem";
import * as z from "zod";
import { DevnetError } from "@/server/devnet/devnet-error";

const hardhatArtifact = z.object({ bytecode: z.custom<Hex>(isHex) });
const foundryArtifact = z.object({ bytecode: z.object({ object: z.custom<Hex>(isHex) }) });
const publishedArtifact = z.union([hardhatArtifact, foundryArtifact]);
const multicallModule = z.object({ multicall3Bytecode: z.custom<Hex>(isHex) });

/** Creation code of a contract published with a hardhat or foundry artifact. */
export function loadCreationCode(rootDir: string, path: string): Hex {
  const { bytecode } = readArtifact(rootDir, path, publishedArtifact);
  return typeof bytecode === "string" ? bytecode : bytecode.object;
}

const PERMIT2_RUNTIME_START = "6040608081526004908136101561001557";
const PERMIT2_RUNTIME_BYTES = 9_152;
/** Chain id 31337 as cached by the published bytecode. */
const CACHED_CHAIN_ID_WORD = "7a69".padStart(64, "0");
export const PERMIT2_ADDRESS = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
export const MULTICALL3_ADDRESS = "0xcA11bde05977b3631167028862bE2a173976CA11";

/**
 * Permit2 runtime out of its published deployer. The cached chain id 31337 becomes 1, so the separator is computed for the
 * chain at hand on any chain but 1 (where no devnet runs).
 */
export function loadPermit2Runtime(rootDir: string): Hex {
  const file = "@uniswap/v4-periphery/foundry-out/DeployPermit2.sol/DeployPermit2.json";
  const code = readArtifact(rootDir, file, foundryArtifact).bytecode.object;
  const start = code.indexOf(PERMIT2_RUNTIME_START);
  const runtime = start < 0 ? "" : code.slice(start, start + PERMIT2_RUNTIME_BYTES * 2);
  if (runtime.length !== PERMIT2_RUNTIME_BYTES * 2 || runtime.split(CACHED_CHAIN_ID_WORD).length !== 2) {
    throw new DevnetError({
      code: "deploy",
      message: `Permit2 bytecode in ${file} is not the expected one (start ${start}, length ${runtime.length / 2}). Install the pinned package version with "npm ci".`,
      retryable: false,
    });
  }
  return `0x${runtime.replace(CACHED_CHAIN_ID_WORD, "1".padStart(64, "0"))}`;
}

/** Creation code of Multicall3, from viem's own constants. */
export async function loadMulticall3CreationCode(rootDir: string): Promise<Hex> {
  const root = dirname(resolveFrom(rootDir, "viem/package.json"));
  const loaded: unknown = await import(
    /* @vite-ignore */ pathToFileURL(join(root, "_esm", "constants", "contracts.js")).href
  );
  return multicallModule.parse(loaded).multicall3Bytecode;
}

/** Versions of the packages whose bytecode the chain runs; part of the state file's key. */
export function loadArtifactVersions(rootDir: string): readonly string[] {
  return [
    "@uniswap/v3-core",
    "@uniswap/v3-periphery",
    "@uniswap/v4-core",
    "@uniswap/v4-periphery",
    "@pancakeswap/v3-core",
    "@pancakeswap/v3-periphery",
    "@cryptoalgebra/integral-core",
    "@cryptoalgebra/integral-periphery",
    "@cryptoalgebra/integral-base-plugin",
    "viem",
    "solc",
  ].map((name) => packageVersion(rootDir, name));
}

const manifest = z.object({ version: z.string() });

/** `name@version` as installed. */
export function packageVersion(rootDir: string, name: string): string {
  const { version } = manifest.parse(JSON.parse(readFileSync(manifestFile(rootDir, name), "utf8")));
  return `${name}@${version}`;
}

/** A package's own package.json; read from disk, because a package need not export it. */
function manifestFile(rootDir: string, name: string): string {
  const folders = createRequire(join(rootDir, "package.json")).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name, "package.json")).find((file) => existsSync(file));
  return found ?? resolveFrom(rootDir, `${name}/package.json`);
}

function readArtifact<T>(rootDir: string, path: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(resolveFrom(rootDir, path), "utf8")));
}

export function resolveFrom(rootDir: string, path: string): string {
  try {
    return createRequire(join(rootDir, "package.json")).resolve(path);
  } catch (cause) {
    throw new DevnetError({
      code: "missing_package",
      message: `The devnet needs ${path} from npm and did not find it under ${rootDir}. Run "npm ci" there, development packages included.`,
      retryable: false,
      cause,
    });
  }
}
