// Starts the whole demo as a newcomer would, on free ports and its own data directory, and speaks to it over its real interfaces.
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { freePort, makeTempDir } from "./embedded-servers";

const readySchema = z.looseObject({
  ready: z.literal(true),
  web: z.string().nullable(),
  ops: z.string(),
  devnet: z.string(),
  chains: z.array(z.object({ id: z.number().int(), rpc: z.string() })).min(1),
  pairs: z.array(z.string()).min(1),
});
type Ready = z.infer<typeof readySchema>;

const runFileSchema = z.looseObject({
  pid: z.number(),
  processes: z.array(z.looseObject({ name: z.string(), pid: z.number().nullable() })),
});

export interface DemoInput {
  readonly dataDir?: string;
  readonly seed?: number;
  readonly speed?: number;
  readonly hasWeb?: boolean;
  readonly fresh?: boolean;
  /** Local chains; one when missing. */
  readonly chains?: 1 | 3;
  /** Executable of Bun: every process then runs under it, from the sources. */
  readonly bun?: string;
}

export interface ReadOptions {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
}

export interface RunningDemo {
  readonly ready: Ready;
  readonly dataDir: string;
  readonly child: ChildProcess;
  /** From spawn to the ready line. */
  readonly startMs: number;
  /** Where the API answers: the desk when it runs, else the ops port. */
  readonly apiUrl: string;
  output(): string;
  /** GET of a row of the contract, parsed by its schema. */
  read<R extends z.ZodType>(
    route: { readonly path: string; readonly response: R },
    options?: ReadOptions,
  ): Promise<z.output<R>>;
  /** POST to the devnet's control address. */
  control(path: string, body: unknown): Promise<unknown>;
  rpc(method: string, params: readonly unknown[]): Promise<unknown>;
  processes(): { readonly name: string; readonly pid: number }[];
  /** SIGINT, as Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL of the parent. */
  killHard(): Promise<void>;
}

/** A first start builds the desk; on a busy machine that alone takes minutes. */
const START_LIMIT_MS = 420_000;

export async function startDemo(input: DemoInput = {}): Promise<RunningDemo> {
  const dataDir = input.dataDir ?? makeTempDir("demo");
  const [webPort, opsPort] = [await freePort(), await freePort()];
  const startedAtMs = performance.now();
  const child = spawn(
    input.bun ?? process.execPath,
    [
      input.bun === undefined ? "server/cli/boot.mjs" : "server/cli/main.ts",
      "demo",
      "--json",
      "--data-dir",
      dataDir,
      "--web-port",
      String(webPort),
      "--ops-port",
      String(opsPort),
      ...(input.seed === undefined ? [] : ["--seed", String(input.seed)]),
      ...(input.speed === undefined ? [] : ["--speed", String(input.speed)]),
      ...(input.chains === undefined ? [] : ["--chains", String(input.chains)]),
      ...(input.hasWeb === false ? ["--no-web"] : []),
      ...(input.fresh === true ? ["--fresh"] : []),
    ],
    { stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  let text = "";
  const ready = await new Promise<Ready>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the demo was not ready within ${START_LIMIT_MS} ms; it said:\n${text}`));
    }, START_LIMIT_MS);
    const onText = (chunk: Buffer): void => {
      text += chunk.toString("utf8");
      for (const line of text.split("\n")) {
        if (!line.startsWith("{")) continue;
        const parsed = readySchema.safeParse(safeJson(line));
        if (!parsed.success) continue;
        clearTimeout(timer);
        resolve(parsed.data);
        return;
      }
    };
    child.stdout.on("data", onText);
    child.stderr.on("data", onText);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the demo ended (${code ?? signal}) before it was ready; it said:\n${text}`));
    });
  });
  const startMs = performance.now() - startedAtMs;
  const apiUrl = (ready.web ?? ready.ops).replace(/\/$/, "");
  const rpcUrl = ready.chains[0]?.rpc ?? "";

  async function end(signal: "SIGINT" | "SIGKILL"): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    child.kill(signal);
    return exited;
  }

  return {
    ready,
    dataDir,
    child,
    startMs,
    apiUrl,
    output: () => text,
    async read(route, options = {}) {
      const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) =>
        encodeURIComponent(options.params?.[key] ?? ""),
      );
      const response = await fetch(`${apiUrl}${path}?${new URLSearchParams(options.query).toString()}`);
      const body: unknown = await response.json();
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${JSON.stringify(body)}`);
      return route.response.parse(body);
    },
    async control(path, body) {
      const response = await fetch(`${ready.devnet.replace(/\/$/, "")}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
      return answer;
    },
    async rpc(method, params) {
      const response = await fetch(rpcUrl, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      const answer = z.looseObject({ result: z.unknown(), error: z.unknown().optional() }).parse(await response.json());
      if (answer.error !== undefined) throw new Error(`${method} failed: ${JSON.stringify(answer.error)}`);
      return answer.result;
    },
    processes() {
      const run = runFileSchema.parse(JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")));
      return run.processes.flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }]));
    },
    stop: () => end("SIGINT"),
    async killHard() {
      await end("SIGKILL");
    },
  };
}

function safeJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Polls until `probe` gives something; the error says what was seen last. */
export async function waitFor<T>(what: string, limitMs: number, probe: () => Promise<T | null>): Promise<T> {
  const deadlineMs = performance.now() + limitMs;
  let last = "nothing";
  while (performance.now() < deadlineMs) {
    try {
      const value = await probe();
      if (value !== null) return value;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${what} did not happen within ${limitMs} ms (last: ${last})`);
}

/**
 * Every process whose command line or open log files name this data directory; empty after a clean end. The chains themselves name no
 * folder: they are found by the ports of their endpoints.
 */
export async function processesNaming(
  dataDir: string,
  chains: readonly { readonly rpc: string }[] = [],
): Promise<string[]> {
  const lines = await processLines();
  const flags = chains.map(({ rpc }) => `--port ${new URL(rpc).port} `);
  return lines.filter(
    (line) =>
      line.includes(dataDir) ||
      flags.some((flag) => line.includes(flag)) ||
      hasOpen(Number(line.trim().split(/\s+/)[0]), dataDir),
  );
}

/** One line per process of this machine: pid, resident kilobytes, command line. */
function processLines(): Promise<string[]> {
  return new Promise((resolve) => {
    const child = spawn("ps", ["-eo", "pid=,rss=,args="], { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    child.on("close", () =>
      resolve(text.split("\n").filter((line) => line.trim() !== "" && !line.includes("ps -eo pid="))),
    );
  });
}

/** Children carry no data directory in their command line, but each writes its errors into a file there (Linux). */
function hasOpen(pid: number, dataDir: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/2`).startsWith(`${dataDir}/`);
  } catch {
    // Another user's process, one that ended while we looked, or a system without /proc: the command line decides.
    return false;
  }
}

export interface ProcessMemory {
  readonly name: string;
  readonly pid: number;
  readonly rssBytes: number;
}

/** Resident memory of every process of a demo, its chain and shells included. */
export async function memoryOf(demo: RunningDemo): Promise<ProcessMemory[]> {
  const lines = await processesNaming(demo.dataDir, demo.ready.chains);
  return lines.map((line) => {
    const [pid = "0", rssKb = "0", ...args] = line.trim().split(/\s+/);
    return { name: shortName(args), pid: Number(pid), rssBytes: Number(rssKb) * 1024 };
  });
}

function shortName(args: readonly string[]): string {
  const bundle = args.findIndex((arg) => /dist\/server\/\w+\.mjs$|server\/[\w/]+\/main\.ts$/.test(arg));
  if (bundle >= 0) {
    const room = /(\w+)(?:\.mjs|\/main\.ts)$/.exec(args[bundle] ?? "")?.[1] ?? "";
    return [room, ...args.slice(bundle + 1)].join(" ");
  }
  if (args.some((arg) => arg.endsWith("boot.mjs"))) return "command line";
  return (args[0] ?? "").split("/").at(-1) ?? "";
}
