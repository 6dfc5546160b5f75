// Process of the embedded OpenObserve twin: reads its start argument, listens on loopback, ends when its control channel (stdin) closes.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { openobserveArgsSchema, type OpenobserveArgs, type OpenobserveReady } from "./args";
import { startOpenobserveServer } from "./server";
import { openStreams } from "./streams";

function say(message: string): void {
  process.stderr.write(`embedded telemetry: ${message}\n`);
}

const input = readline.createInterface({ input: process.stdin });

function firstLine(): Promise<string> {
  return new Promise((resolve, reject) => {
    input.once("line", resolve);
    input.once("close", () => reject(new Error("stdin closed before the start argument came")));
  });
}

async function readArgs(): Promise<OpenobserveArgs> {
  const line = process.argv[2] ?? (await firstLine());
  try {
    return openobserveArgsSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new ConfigError({
      code: "invalid",
      message: `The start argument is not what the embedded telemetry expects (one JSON line, see args.ts): ${errorText(cause)}`,
      retryable: false,
      cause,
    });
  }
}

function readPassword(file: string): string {
  if (fs.existsSync(file)) return fs.readFileSync(file, "utf8").trim();
  const password = randomBytes(24).toString("hex");
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

async function main(): Promise<void> {
  const args = await readArgs();
  fs.mkdirSync(args.dataDir, { recursive: true, mode: 0o700 });
  const password = readPassword(args.passwordFile);
  process.umask(0o077);
  const streams = await openStreams({
    file: path.join(args.dataDir, "telemetry.duckdb"),
    memoryLimitMb: args.memoryLimitMb,
    threads: args.threads,
    window: { uptoHours: args.ingestAllowedUptoHours, inFutureHours: args.ingestAllowedInFutureHours },
  }).catch((cause: unknown) => {
    const text = errorText(cause);
    throw new ConfigError({
      code: /lock/i.test(text) ? "conflict" : "unwritable",
      message: /lock/i.test(text)
        ? `Another process uses the telemetry database in ${args.dataDir}. Stop it first, or give another data directory.`
        : `The telemetry database in ${args.dataDir} cannot be opened (${text}). Move it away to start with an empty one.`,
      retryable: false,
      cause,
    });
  });
  const server = await startOpenobserveServer({ port: args.port, user: args.user, password, streams, say });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    server
      .close()
      .then(() => streams.close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          say(`stopped with an error: ${errorText(error)}`);
          process.exit(1);
        },
      );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  input.once("close", stop);
  process.stdin.resume();

  const ready: OpenobserveReady = { ready: true, port: server.port, user: args.user, passwordFile: args.passwordFile };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main().catch((error: unknown) => {
  say(errorText(error));
  process.exit(1);
});
