// One child process by house convention: own process group, stdin as control channel, a ready line on stdout, errors into a file.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";

export interface ChildSettings {
  /** For people: `signer`, `worker WETH-USDC`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the child; the parent's own is never passed on by itself. */
  readonly env: Readonly<Record<string, string>>;
  /** Sent as the first line on stdin, which then stays open as the control channel. */
  readonly firstLine?: string | undefined;
  /** Written to file descriptor 3, which is then closed. */
  readonly secret?: string | undefined;
  /** Standard error is appended here. */
  readonly errorFile: string;
  readonly readyTimeoutMs: number;
  /** `line`: the first JSON line with ready true; `none`: ready as soon as it runs. */
  readonly readyBy: "line" | "none";
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** `ended with code 1: <last error line>`. */
  readonly sentence: string;
}

export type ChildReady =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly sentence: string };

/**
 * glibc keeps tens of MB that are never used again: with one arena per thread, and with thresholds that grow with the largest buffer
 * freed. Fixed ones give candle buffers back at once; other C libraries ignore these names.
 */
const MALLOC_ENV = { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "131072" };

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly startedAtMonoMs: number;
  /** Resolves once: with the ready line, or with why there was none. Never rejects. */
  readonly ready: Promise<ChildReady>;
  readonly exited: Promise<ChildExit>;
  isAlive(): boolean;
  /** Closes the control channel and asks to end; after `graceMs` the whole process group is killed. */
  stop(graceMs: number): Promise<ChildExit>;
  /** Ends the process group at once. */
  kill(): void;
}

const readyLineSchema = z.looseObject({ ready: z.literal(true) });
const MAX_LINE_BYTES = 65_536;

export function startChild(settings: ChildSettings): Child {
  mkdirSync(dirname(settings.errorFile), { recursive: true });
  const errorFd = openSync(settings.errorFile, "a", 0o600);
  const errorStartBytes = statSync(settings.errorFile).size;
  const child = spawn(settings.command, [...settings.args], {
    cwd: settings.cwd,
    env: { NODE_ENV: "production", ...MALLOC_ENV, ...settings.env },
    detached: true,
    stdio: settings.secret === undefined ? ["pipe", "pipe", errorFd] : ["pipe", "pipe", errorFd, "pipe"],
  });
  closeSync(errorFd);
  let isAlive = child.pid !== undefined;

  // A child that ended takes its pipes with it; "exit" reports that, the broken pipe says nothing more.
  child.stdin?.on("error", () => undefined);
  if (settings.firstLine !== undefined) child.stdin?.write(`${settings.firstLine}\n`);
  const secretPipe = child.stdio[3];
  if (settings.secret !== undefined && secretPipe !== null && secretPipe !== undefined && "end" in secretPipe) {
    secretPipe.on("error", () => undefined);
    secretPipe.end(settings.secret);
  }

  const exited = new Promise<ChildExit>((resolve) => {
    child.once("error", (error) => {
      isAlive = false;
      resolve({ code: null, signal: null, sentence: `could not be started (${error.message})` });
    });
    child.once("exit", (code, signal) => {
      isAlive = false;
      const last = lastErrorLine(settings.errorFile, errorStartBytes);
      const how = signal === null ? `ended with code ${code ?? 0}` : `was ended by ${signal}`;
      resolve({ code, signal, sentence: last === "" ? how : `${how}: ${last}` });
    });
  });

  return {
    name: settings.name,
    pid: child.pid ?? -1,
    startedAtMonoMs: performance.now(),
    ready: waitReady(),
    exited,
    isAlive: () => isAlive,
    stop,
    kill: killGroup,
  };

  function waitReady(): Promise<ChildReady> {
    if (settings.readyBy === "none") {
      child.stdout?.resume();
      return Promise.race([
        exited.then((exit): ChildReady => ({ ok: false, sentence: exit.sentence })),
        new Promise<ChildReady>((resolve) => child.once("spawn", () => resolve({ ok: true, value: {} }))),
      ]);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve({ ok: false, sentence: `was not ready within ${Math.round(settings.readyTimeoutMs / 1000)} s` });
      }, settings.readyTimeoutMs);
      const end = (result: ChildReady): void => {
        clearTimeout(timer);
        resolve(result);
      };
      void exited.then((exit) => end({ ok: false, sentence: exit.sentence }));
      let pending = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        pending = (pending + chunk.toString("utf8")).slice(-MAX_LINE_BYTES);
        const lines = pending.split("\n");
        pending = lines.pop() ?? "";
        for (const line of lines) {
          const ready = parseReady(line);
          if (ready !== null) end({ ok: true, value: ready });
        }
      });
    });
  }

  function killGroup(): void {
    if (child.pid === undefined || !isAlive) return;
    signalGroup(child.pid, "SIGKILL");
  }

  async function stop(graceMs: number): Promise<ChildExit> {
    if (!isAlive || child.pid === undefined) return exited;
    child.stdin?.end();
    child.kill("SIGTERM");
    const timer = setTimeout(killGroup, graceMs);
    const exit = await exited;
    clearTimeout(timer);
    return exit;
  }
}

/** A signal to a whole process group; one that has ended already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** True when a process of this host runs under the pid (also one of another user). */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function parseReady(line: string): Record<string, unknown> | null {
  if (!line.startsWith("{")) return null;
  try {
    const parsed = readyLineSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    // A log line that only looks like JSON; the ready line is still to come.
    return null;
  }
}

/** The line that says most: the last one with an error in it, else the last one. */
function lastErrorLine(file: string, fromByte: number): string {
  let text: string;
  try {
    text = readFileSync(file).subarray(fromByte).toString("utf8").slice(-8_000);
  } catch {
    // Without the file the exit code alone is reported.
    return "";
  }
  const lines = text.split("\n").map((line) => line.trim());
  const filled = lines.filter((line) => line !== "" && !line.startsWith("at ") && !line.startsWith("Node.js v"));
  return (filled.findLast((line) => /error|cannot|refus|expected|need/i.test(line)) ?? filled.at(-1) ?? "").slice(
    0,
    600,
  );
}
