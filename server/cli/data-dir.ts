// The data directory: made and checked in one place, the deployment's id, and run.json with what runs where.
import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import type { Hex } from "@/lib/units";
import { deploymentFile, readDeploymentId } from "@/server/config/deployment";
import { isProcessAlive } from "@/server/infra/process/child";

export const runFileSchema = z.object({
  pid: z.number().int(),
  startedAtMs: z.number(),
  kind: z.enum(["demo", "start"]),
  webUrl: z.string().nullable(),
  opsUrl: z.string(),
  storeUrl: z.string(),
  openobserve: z.object({ url: z.string(), org: z.string(), user: z.string(), password: z.string() }),
  sandboxUrl: z.string().nullable(),
  processes: z.array(z.object({ name: z.string(), pid: z.number().int().nullable(), state: z.string() })),
});
export type RunFile = z.infer<typeof runFileSchema>;

/** Makes the folder with mode 0700 and proves that it can be written. */
export function openDataDir(dataDir: string): Result<true, ConfigError> {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    const probe = join(dataDir, `.write-${process.pid}`);
    writeFileSync(probe, "");
    rmSync(probe);
    mkdirSync(join(dataDir, "logs"), { recursive: true, mode: 0o700 });
    return ok(true);
  } catch (error) {
    return err(
      new ConfigError({
        code: "unwritable",
        message: `The data directory ${dataDir} cannot be written (${errorText(error)}): make it writable or choose another with --data-dir.`,
        retryable: false,
        cause: error,
      }),
    );
  }
}

/** The id that every signed command is bound to; made once. */
export function readOrMakeDeploymentId(dataDir: string): Result<Hex, ConfigError> {
  const file = deploymentFile(dataDir);
  if (existsSync(file)) return readDeploymentId(dataDir);
  const deploymentId: Hex = `0x${randomBytes(32).toString("hex")}`;
  writeFileSync(file, `${JSON.stringify({ deploymentId })}\n`, { mode: 0o600, flag: "wx" });
  return ok(deploymentId);
}

export function writeRunFile(dataDir: string, run: RunFile): void {
  const file = join(dataDir, "run.json");
  writeFileSync(`${file}.tmp`, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
  chmodSync(`${file}.tmp`, 0o600);
  renameSync(`${file}.tmp`, file);
}

export function removeRunFile(dataDir: string): void {
  rmSync(join(dataDir, "run.json"), { force: true });
}

/** Null when there is none or it cannot be read (then nothing is known to run). */
export function readRunFile(dataDir: string): RunFile | null {
  try {
    return runFileSchema.parse(JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")));
  } catch {
    // Absent or torn by a kill: both mean that no running system is described here.
    return null;
  }
}

const STARTING_MS = 120_000;

/** A system that runs on this folder already; a file left behind by a kill is no such thing. */
export async function findRunning(dataDir: string): Promise<RunFile | null> {
  const run = readRunFile(dataDir);
  if (run === null || run.pid === process.pid || !isProcessAlive(run.pid)) return null;
  if (Date.now() - run.startedAtMs < STARTING_MS) return run;
  return (await isListening(run.opsUrl)) ? run : null;
}

function isListening(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), timeout: 500 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
