// Builds one bundle per server process into dist/server, cached by a hash of sources and lock file; plain JavaScript, since it runs before any build.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, stop } from "esbuild";

/** Bundle name -> entry file; an entry that does not exist in this checkout is left out. */
const ENTRIES = {
  cli: "server/cli/main.ts",
  web: "server/cli/web-process.ts",
  orchestrator: "server/orchestrator/main.ts",
  worker: "server/worker/main.ts",
  collector: "server/collector/main.ts",
  signer: "server/signer/main.ts",
  alerts: "server/alerts/main.ts",
  resp: "server/embedded/resp/main.ts",
  openobserve: "server/embedded/openobserve/main.ts",
  devnet: "server/devnet/main.ts",
};

/** Loaded from node_modules at run time: native code, packages too large to bundle, and contract artifacts. */
const EXTERNAL = [
  "ccxt",
  "@duckdb/node-api",
  "solc",
  "esbuild",
  "next",
  "@uniswap/*",
  "@foundry-rs/*",
  "bufferutil",
  "utf-8-validate",
];

/** CommonJS packages inside an ES module bundle still ask for require, __filename and __dirname. */
const BANNER = [
  'import { createRequire as __tgCreateRequire } from "node:module";',
  'import { fileURLToPath as __tgFileURLToPath } from "node:url";',
  'import { dirname as __tgDirname } from "node:path";',
  "const require = __tgCreateRequire(import.meta.url);",
  "const __filename = __tgFileURLToPath(import.meta.url);",
  "const __dirname = __tgDirname(__filename);",
].join("\n");

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (/\.(ts|mjs|json)$/.test(entry.name) && !/\.(test|contract)\.ts$/.test(entry.name)) yield path;
  }
}

/** Hash of everything that may change a bundle. */
export function sourcesHash(root) {
  const hash = createHash("sha256");
  for (const folder of ["lib", "server"]) {
    for (const file of sourceFiles(join(root, folder))) hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  for (const file of ["package-lock.json", "tsconfig.json"]) {
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  }
  return hash.update(process.version).digest("hex");
}

/** Builds when the hash differs; two starts at the same time do not disturb each other. Returns whether it built. */
export async function ensureBundles(root) {
  const outDir = join(root, "dist", "server");
  const hashFile = join(outDir, ".hash");
  const hash = sourcesHash(root);
  if (existsSync(hashFile) && readFileSync(hashFile, "utf8") === hash) return false;
  await withLock(join(root, "dist", ".lock"), async () => {
    if (existsSync(hashFile) && readFileSync(hashFile, "utf8") === hash) return;
    await buildBundles(root, outDir);
    // The builder's own process would stay beside the system with some 400 MB.
    await stop();
    writeFileSync(`${hashFile}.tmp`, hash);
    renameSync(`${hashFile}.tmp`, hashFile);
  });
  return true;
}

/** `names`: only these, for tests; otherwise all. */
export async function buildBundles(root, outDir, names = Object.keys(ENTRIES)) {
  const entryPoints = Object.fromEntries(
    Object.entries(ENTRIES)
      .filter(([name]) => names.includes(name))
      .map(([name, file]) => [name, join(root, file)])
      .filter(([, file]) => existsSync(file)),
  );
  mkdirSync(outDir, { recursive: true });
  await build({
    entryPoints,
    outdir: outDir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: EXTERNAL,
    banner: { js: BANNER },
    alias: { "@": root },
    loader: { ".sol": "text" },
    // The second one takes the fault points out of the signer (server/signer/kill-point.ts).
    define: { "process.env.NODE_ENV": '"production"', TG_PRODUCTION_BUNDLE: "true" },
    sourcemap: "linked",
    minifySyntax: true,
    // A single letter outside ASCII, in a comment of a dependency, doubles what the source takes in every process.
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: "none",
    logLevel: "error",
  });
}

/** A lock directory; one older than two minutes belongs to a build that was killed. */
async function withLock(path, run) {
  mkdirSync(join(path, ".."), { recursive: true });
  for (;;) {
    try {
      mkdirSync(path);
      break;
    } catch (error) {
      if (error?.code !== "EEXIST") throw error;
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat !== undefined && Date.now() - stat.mtimeMs > 120_000) rmSync(path, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  try {
    await run();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
