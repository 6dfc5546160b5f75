// Starts anvil from its platform package and makes sure it ends with this process, also after kill -9.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DevnetError } from "@/server/devnet/devnet-error";

export interface AnvilOptions {
  readonly rootDir: string;
  readonly chainId: number;
  readonly port: number;
  readonly genesisAtMs: number;
  readonly baseFeeWei: bigint;
  /** Blocks whose receipts can be asked for; a bound of its own when missing. */
  readonly keptTransactionBlocks?: number;
  /** Blocks whose state can be asked for; a bound of its own when missing. */
  readonly keptStates?: number;
}

export interface AnvilProcess {
  readonly rpcUrl: string;
  readonly port: number;
  /** Resolves with a sentence when the chain process ends without being asked. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

/** Full states kept for reads at a named block (measured: about 0.3 MB each). */
const KEPT_STATES = 200;
/** Blocks whose transactions and receipts can be asked for; bounds memory (measured: 0.05 to 0.12 MB per block) and the time of a save. */
const KEPT_TRANSACTION_BLOCKS = 1_200;
const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 5_000;

// A shell keeps the chain as its child; a second reader holds our end of a pipe. When this process ends in any way the pipe
// closes and the reader stops the chain. Costs about 2 MB, where a Node watchdog would cost 40.
const WATCHDOG = `
exec 3<&0 </dev/null
"$@" 3<&- &
chain=$!
( cat <&3 >/dev/null; kill -TERM $chain 2>/dev/null; sleep 3; kill -KILL $chain 2>/dev/null ) >/dev/null 2>&1 &
guard=$!
wait $chain
code=$?
kill $guard 2>/dev/null
exit $code
`;

export async function startAnvil(options: AnvilOptions): Promise<AnvilProcess> {
  const binary = findAnvilBinary(options.rootDir);
  const port = await claimPort(options.port);
  const child = spawn("/bin/sh", ["-c", WATCHDOG, "tidegate-chain", binary, ...anvilFlags(options, port)], {
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("utf8")).slice(-2_000);
  });
  child.stdin.on("error", () => {
    // The pipe only signals our end; a broken pipe means that the chain has ended, which "exit" reports.
  });
  let isStopping = false;
  let hasExited = false;
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      hasExited = true;
      resolve();
    });
    child.once("error", () => {
      hasExited = true;
      resolve();
    });
  });
  const died = new Promise<string>((resolve) => {
    void exited.then(() => {
      if (!isStopping) resolve(`anvil on port ${port} ended unexpectedly. ${complaint.trim()}`);
      return undefined;
    });
  });
  const rpcUrl = `http://127.0.0.1:${port}`;
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(rpcUrl))) {
    if (hasExited || Date.now() > deadlineMs) {
      child.stdin.end();
      throw new DevnetError({
        code: "anvil",
        message: `The local chain (anvil) did not answer at ${rpcUrl} within ${START_TIMEOUT_MS / 1000} s. ${complaint.trim() || "Check that the port is free and the binary runs: " + binary}`,
        retryable: true,
      });
    }
    await sleep(20);
  }
  return {
    rpcUrl,
    port,
    died,
    async stop() {
      isStopping = true;
      child.stdin.end();
      await Promise.race([exited, sleep(STOP_TIMEOUT_MS)]);
    },
  };
}

function anvilFlags(options: AnvilOptions, port: number): string[] {
  return [
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    "--chain-id",
    String(options.chainId),
    "--timestamp",
    String(Math.floor(options.genesisAtMs / 1000)),
    "--no-mining",
    "--silent",
    "--slots-in-an-epoch",
    "1",
    "--gas-limit",
    "100000000",
    "--block-base-fee-per-gas",
    String(options.baseFeeWei),
    // A saved chain is one request of several megabytes.
    "--no-request-size-limit",
    "--prune-history",
    String(options.keptStates ?? KEPT_STATES),
    "--transaction-block-keeper",
    String(options.keptTransactionBlocks ?? KEPT_TRANSACTION_BLOCKS),
  ];
}

/** Path of the anvil binary for this machine, from the installed platform package. */
export function findAnvilBinary(rootDir: string): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${arch}`;
  const file = process.platform === "win32" ? "anvil.exe" : "anvil";
  const candidates = [join(rootDir, "node_modules", name, "bin", file)];
  try {
    candidates.push(
      join(dirname(createRequire(join(rootDir, "package.json")).resolve(`${name}/package.json`)), "bin", file),
    );
  } catch (cause) {
    if (!existsSync(join(rootDir, "node_modules", name))) {
      throw new DevnetError({
        code: "missing_package",
        message: `The local chain needs the npm package ${name}, which is not installed under ${rootDir}. Run "npm ci" there (optional dependencies must not be omitted); on a system without such a package the demo cannot run.`,
        retryable: false,
        cause,
      });
    }
  }
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) {
    throw new DevnetError({
      code: "missing_package",
      message: `Package ${name} is installed but holds no bin/${file}. Remove node_modules and run "npm ci".`,
      retryable: false,
    });
  }
  return found;
}

async function answers(rpcUrl: string): Promise<boolean> {
  try {
    const response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
    });
    return response.ok;
  } catch {
    // Not listening yet: the caller asks again until its deadline.
    return false;
  }
}

/** The wanted port if it is free, or a free one for 0; a stranger's chain on it must not be taken for ours. */
function claimPort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause) => {
      reject(
        new DevnetError({
          code: "bad_input",
          message: `The local chain cannot use port ${wanted}: ${cause.message}. Choose another RPC port, or 0 for a free one.`,
          retryable: false,
          cause,
        }),
      );
    });
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : wanted;
      server.close(() => resolve(port));
    });
  });
}
