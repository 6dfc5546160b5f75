// Whether the desk's build is current, by a hash of everything it is made of.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isProcessAlive } from "@/server/infra/process/child";

const FOLDERS = ["app", "components", "lib", "public", "server/api", "server/infra", "server/config"];
const FILES = [
  "package-lock.json",
  "next.config.ts",
  "tailwind.config.ts",
  "tsconfig.json",
  "postcss.config.mjs",
  "proxy.ts",
];
const MARK = ".tidegate-sources";
const LOCK_POLL_MS = 500;

export function webSourcesHash(root: string): string {
  const hash = createHash("sha256");
  for (const folder of FOLDERS)
    for (const file of walk(join(root, folder))) hash.update(file.slice(root.length)).update(readFileSync(file));
  for (const file of FILES) if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  return hash.update(process.version).digest("hex");
}

/** Without sources (an image holds only what was built from them) a build that is there is the current one. */
export function isWebBuildCurrent(root: string): boolean {
  const mark = join(root, ".next", MARK);
  const hasBuild = existsSync(join(root, ".next", "BUILD_ID"));
  if (!existsSync(join(root, "components"))) return hasBuild;
  return hasBuild && existsSync(mark) && readFileSync(mark, "utf8") === webSourcesHash(root);
}

export function markWebBuilt(root: string, hash: string): void {
  writeFileSync(join(root, ".next", MARK), hash);
}

/** One build of a folder at a time: two demos that start together wait for each other; a builder that died holds nothing. */
export async function withBuildLock(root: string, run: () => Promise<void>): Promise<void> {
  const name = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const file = join(tmpdir(), `tidegate-build-${name}.pid`);
  while (!claim(file)) await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  try {
    await run();
  } finally {
    rmSync(file, { force: true });
  }
}

function claim(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const holder = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (!isProcessAlive(holder)) rmSync(file, { force: true });
  return false;
}

function* walk(folder: string): Generator<string> {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (!/\.(test|contract)\.tsx?$/.test(entry.name)) yield path;
  }
}
