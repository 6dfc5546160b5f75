// Says whether a suite can run on this machine; a missing tool is a failure under TG_TEST_ALL=1 and a printed line otherwise.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Where a tool is looked for, and how a person gets it. */
const tools = {
  "redis-server": {
    find: () => findOnPath("redis-server") ?? findOnPath("valkey-server"),
    enable: "install redis-server (or valkey-server) so that it is on PATH",
  },
  bun: { find: findBun, enable: "install the optional dependency bun (npm ci without --omit=optional)" },
  chromium: {
    find: findChrome,
    enable: "put chromium, Chrome or Edge on PATH, or set TG_CHROME to its executable",
  },
} as const;

export type Requirement = keyof typeof tools;

export interface Availability {
  readonly available: boolean;
  /** Path of the executable, or the address; empty when not available. */
  readonly location: string;
}

/** Use with `describe.skipIf(!requires("redis-server", "store contract").available)`. */
export function requires(requirement: Requirement, suite: string): Availability {
  const location = tools[requirement].find();
  if (location !== null) return { available: true, location };
  const { enable } = tools[requirement];
  const notRunFile = process.env["TG_NOT_RUN_FILE"];
  if (notRunFile !== undefined && notRunFile !== "") {
    fs.appendFileSync(notRunFile, `${JSON.stringify({ suite, missing: requirement, enable })}\n`);
  }
  if (process.env["TG_TEST_ALL"] === "1") {
    throw new Error(`TG_TEST_ALL=1 asks for every suite, but "${suite}" needs ${requirement}: ${enable}.`);
  }
  return { available: false, location: "" };
}

function findOnPath(command: string): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const file = path.join(folder, command);
    if (folder !== "" && fs.existsSync(file)) return file;
  }
  return null;
}

function findBun(): string | null {
  // The npm package's own `bun` file (also on PATH inside npm scripts) is a placeholder when install scripts are off; the platform package has the binary.
  const onPath = findOnPath("bun");
  if (onPath !== null && spawnSync(onPath, ["--version"]).status === 0) return onPath;
  const require = createRequire(import.meta.url);
  for (const build of [
    `${process.platform}-${process.arch}`.replace("x64", "x64-baseline"),
    `${process.platform}-${process.arch}`,
    `${process.platform}-${process.arch}-musl`,
  ]) {
    for (const os of [build, build.replace("arm64", "aarch64")]) {
      try {
        const file = require.resolve(`@oven/bun-${os}/bin/bun`);
        if (spawnSync(file, ["--version"]).status === 0) return file;
      } catch {
        // Not this build: the next name is tried.
        continue;
      }
    }
  }
  return null;
}

function findChrome(): string | null {
  const chosen = process.env["TG_CHROME"];
  if (chosen !== undefined && chosen !== "") return fs.existsSync(chosen) ? chosen : null;
  for (const command of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"]) {
    const found = findOnPath(command);
    if (found !== null) return found;
  }
  const onMac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  return fs.existsSync(onMac) ? onMac : null;
}
