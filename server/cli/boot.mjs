// First step of every npm script: checks Node and node_modules in one sentence, builds the bundles when sources changed, runs the command line.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 9)) {
  refuse(
    `Tidegate needs Node 20.9 or later and this is ${process.versions.node}: install a current Node from https://nodejs.org and try again.`,
  );
}

/** An image holds only what was built from them; there the bundles are used as they are. */
const hasSources = existsSync(join(root, "server", "cli", "main.ts"));
const bundle = join(root, "dist", "server", "cli.mjs");
const verb = process.argv[2];

if (!hasSources && !existsSync(bundle)) {
  refuse(`Neither sources nor a build are in ${root}: check the installation, or build the image again.`);
}
if (!existsSync(join(root, "node_modules", hasSources ? "esbuild" : "next", "package.json"))) {
  refuse(`The packages are not installed: run "npm ci" in ${root} and try again.`);
}

if (verb === "dev") await runSources();
else await runBundles();

async function runBundles() {
  if (hasSources) {
    const { ensureBundles } = await import(pathToFileURL(join(root, "server", "cli", "bundles.mjs")).href);
    try {
      await ensureBundles(root);
    } catch (error) {
      refuse(`The server could not be built: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  // For the image: everything is built, nothing is started.
  if (verb === "build") return;
  await import(pathToFileURL(bundle).href);
}

/** Development: this process and, by its flags, every one it starts run the sources. */
async function runSources() {
  if (!hasSources || !existsSync(join(root, "node_modules", "tsx", "package.json"))) {
    refuse(`"dev" runs the sources and needs the development packages: run "npm ci" in a checkout of them.`);
  }
  process.execArgv.push("--import", import.meta.resolve("tsx"));
  const { register } = await import("tsx/esm/api");
  register({ tsconfig: join(root, "tsconfig.json") });
  await import(pathToFileURL(join(root, "server", "cli", "main.ts")).href);
}
