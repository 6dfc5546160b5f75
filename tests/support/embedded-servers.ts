// Starts the embedded store, the embedded OpenObserve twin and a real redis-server as child processes for tests.
import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openobserveReadySchema, type OpenobserveArgsInput } from "@/server/embedded/openobserve/args";
import { respReadySchema, type RespArgsInput } from "@/server/embedded/resp/args";
import { pickFreePort } from "@/server/infra/process/ports";
import { storeScripts } from "@/server/infra/store/scripts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface RunningServer {
  readonly child: ChildProcess;
  readonly url: string;
  readonly password: string;
  readonly port: number;
  readonly dataDir: string;
  readonly stderr: () => string;
  /** SIGKILL; true when the process really ended by that signal. */
  killHard(): Promise<boolean>;
  stop(): Promise<number | null>;
}

export function makeTempDir(label: string): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), `tg-test-${label}-`));
}

export async function startEmbeddedStore(
  input: Partial<RespArgsInput> & { readonly dataDir: string },
): Promise<RunningServer> {
  const args: RespArgsInput = {
    passwordFile: path.join(input.dataDir, "password"),
    scripts: storeScripts.map((script) => ({ ...script })),
    ...input,
  };
  const { child, line, stderr } = await spawnServer("server/embedded/resp/main.ts", args);
  const ready = respReadySchema.parse(JSON.parse(line));
  const password = fs.readFileSync(ready.passwordFile, "utf8").trim();
  const url = ready.socketPath ?? `redis://:${password}@127.0.0.1:${ready.port}`;
  return running({ child, url, password, port: ready.port, dataDir: input.dataDir, stderr });
}

export async function startEmbeddedOpenobserve(
  input: Partial<OpenobserveArgsInput> & { readonly dataDir: string },
): Promise<RunningServer & { readonly user: string }> {
  const args: OpenobserveArgsInput = { passwordFile: path.join(input.dataDir, "password"), ...input };
  const { child, line, stderr } = await spawnServer("server/embedded/openobserve/main.ts", args);
  const ready = openobserveReadySchema.parse(JSON.parse(line));
  const password = fs.readFileSync(ready.passwordFile, "utf8").trim();
  const url = `http://127.0.0.1:${ready.port}`;
  return { ...running({ child, url, password, port: ready.port, dataDir: input.dataDir, stderr }), user: ready.user };
}

export async function startRedisServer(input: {
  readonly executable: string;
  readonly dataDir: string;
}): Promise<RunningServer> {
  const port = await freePort();
  const password = "contract-suite";
  const child = spawn(
    input.executable,
    [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      input.dataDir,
      "--appendonly",
      "yes",
      "--appendfsync",
      "always",
      "--save",
      "",
      "--requirepass",
      password,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const stderr = collect(child);
  await untilListening(port);
  return running({
    child,
    url: `redis://:${password}@127.0.0.1:${port}`,
    password,
    port,
    dataDir: input.dataDir,
    stderr,
  });
}

export function freePort(): Promise<number> {
  return pickFreePort();
}

async function spawnServer(
  entry: string,
  args: unknown,
): Promise<{ readonly child: ChildProcess; readonly line: string; readonly stderr: () => string }> {
  const child = spawn(process.execPath, ["--import", "tsx", path.join(root, entry)], {
    cwd: root,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stderr = collect(child);
  child.stdin.write(`${JSON.stringify(args)}\n`);
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once("exit", (code) => reject(new Error(`${entry} ended with ${code} before it was ready: ${stderr()}`)));
  });
  return { child, line, stderr };
}

function collect(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString("utf8")).slice(-20_000);
  });
  return () => text;
}

function running(input: Omit<RunningServer, "killHard" | "stop">): RunningServer {
  const { child } = input;
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  return {
    ...input,
    async killHard() {
      child.kill("SIGKILL");
      return (await ended).signal === "SIGKILL";
    },
    async stop() {
      child.kill("SIGTERM");
      return (await ended).code;
    },
  };
}

async function untilListening(port: number): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (Date.now() < deadlineMs) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on 127.0.0.1:${port} after 10 s`);
}
