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
if (!existsSync(join(root, "node_modules", "esbuild", "package.json"))) {
  refuse(`The packages are not installed: run "npm ci" in ${root} and try again.`);
}

const { ensureBundles } = await import(pathToFileURL(join(root, "server", "cli", "bundles.mjs")).href);
try {
  await ensureBundles(root);
} catch (error) {
  refuse(`The server could not be built: ${error instanceof Error ? error.message : String(error)}`);
}
await import(pathToFileURL(join(root, "dist", "server", "cli.mjs")).href);
