// Process of the embedded store: reads its start argument, listens on loopback, ends when its control channel (stdin) closes.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import readline from "node:readline";
import * as z from "zod";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { respArgsSchema, type RespArgs, type RespReady } from "./args";
import { encodeCommand } from "./protocol";
import { compileScripts } from "./scripts";
import { startRespServer, type RespServer } from "./server";

const LOCK_PROBE_MS = 1_000;
const lockSchema = z.object({
  pid: z.number(),
  port: z.number(),
  socketPath: z.string().nullable(),
  runId: z.string(),
});

function say(message: string): void {
  process.stderr.write(`embedded store: ${message}\n`);
}

async function readArgs(): Promise<RespArgs> {
  const fromArgv = process.argv[2];
  const line = fromArgv ?? (await firstLine());
  try {
    return respArgsSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new ConfigError({
      code: "invalid",
      message: `The start argument is not what the embedded store expects (one JSON line, see args.ts): ${errorText(cause)}`,
      retryable: false,
      cause,
    });
  }
}

const input = readline.createInterface({ input: process.stdin });

function firstLine(): Promise<string> {
  return new Promise((resolve, reject) => {
    input.once("line", resolve);
    input.once("close", () => reject(new Error("stdin closed before the start argument came")));
  });
}

function readPassword(file: string): string {
  if (fs.existsSync(file)) return fs.readFileSync(file, "utf8").trim();
  const password = randomBytes(24).toString("hex");
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/** Two servers on one file would destroy it: refuse when the one named in the lock file still answers. */
async function refuseSecondServer(lockFile: string, password: string): Promise<void> {
  if (!fs.existsSync(lockFile)) return;
  let lock: z.infer<typeof lockSchema>;
  try {
    lock = lockSchema.parse(JSON.parse(fs.readFileSync(lockFile, "utf8")));
  } catch {
    // A torn lock file was left by a hard stop while starting: nobody can hold it.
    return;
  }
  if (!isAlive(lock.pid)) return;
  const answer = await probe(lock, password);
  if (answer === "other") return;
  throw new ConfigError({
    code: "conflict",
    message: `Another embedded store (process ${lock.pid}) ${answer === "same" ? "uses" : "seems to use"} ${path.dirname(lockFile)}. Stop it first, or give another data directory.`,
    retryable: false,
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: gone. EPERM: somebody else's process, so not ours.
    return false;
  }
}

function probe(lock: z.infer<typeof lockSchema>, password: string): Promise<"same" | "other" | "silent"> {
  return new Promise((resolve) => {
    const socket =
      lock.socketPath === null ? net.connect(lock.port, "127.0.0.1") : net.connect({ path: lock.socketPath });
    let text = "";
    let connected = false;
    const end = (answer: "same" | "other" | "silent"): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(connected && text === "" ? "silent" : "other"), LOCK_PROBE_MS);
    socket.on("connect", () => {
      connected = true;
      socket.write(Buffer.concat([encodeCommand(["AUTH", password]), encodeCommand(["INFO"])]));
    });
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (text.includes(`run_id:${lock.runId}`)) end("same");
    });
    socket.on("error", () => end("other"));
  });
}

async function main(): Promise<void> {
  const args = await readArgs();
  fs.mkdirSync(args.dataDir, { recursive: true, mode: 0o700 });
  const password = readPassword(args.passwordFile);
  const lockFile = path.join(args.dataDir, "store.lock");
  await refuseSecondServer(lockFile, password);
  const runId = randomBytes(8).toString("hex");
  if (args.socketPath !== undefined) fs.rmSync(args.socketPath, { force: true });
  const previousMask = process.umask(0o077);
  const server: RespServer = await startRespServer({
    dataDir: args.dataDir,
    password,
    scripts: compileScripts(args.scripts),
    compactAboveBytes: args.compactAboveBytes,
    listen: args.socketPath === undefined ? { port: args.port } : { socketPath: args.socketPath },
    runId,
    say,
  });
  process.umask(previousMask);
  if (args.socketPath !== undefined) fs.chmodSync(args.socketPath, 0o600);
  const socketPath = args.socketPath ?? null;
  fs.writeFileSync(lockFile, JSON.stringify({ pid: process.pid, port: server.port, socketPath, runId }), {
    mode: 0o600,
  });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void server.close().then(() => {
      fs.rmSync(lockFile, { force: true });
      process.exit(0);
    });
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  input.once("close", stop);
  process.stdin.resume();

  const ready: RespReady = { ready: true, port: server.port, socketPath, passwordFile: args.passwordFile };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main().catch((error: unknown) => {
  say(errorText(error));
  process.exit(1);
});
