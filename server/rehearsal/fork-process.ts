// One anvil that copies a chain at a block, started for a rehearsal and always ended: by its pid, at its time limit, and with this process.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";

/** A fork starts in half a second; its first look at the chain goes over the network. */
const START_TIMEOUT_MS = 20_000;
/** A whole rehearsal takes seconds; whatever hangs is ended. */
const LIFE_MS = 120_000;
const REQUEST_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 3_000;
/** Sum of what all calls of a plan may use; the chain's own limit says nothing about calls that are mined as one block here. */
const BLOCK_GAS = 4_000_000_000;

// The shell's second child waits for the end of our pipe: it comes with close(), and also when this process is killed.
const KEEPER = `
exec 3<&0 </dev/null
"$@" 3<&- &
fork=$!
( cat <&3 >/dev/null; kill -KILL $fork ) >/dev/null 2>&1 &
keeper=$!
wait $fork
kill $keeper 2>/dev/null
`;

const answerSchema = z.looseObject({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.looseObject({ message: z.string() }).nullish(),
});

export interface ForkCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface ForkProcess {
  /** Throws ChainError. */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Reads, all at once; answers in their order. */
  requestAll(calls: readonly ForkCall[]): Promise<readonly unknown[]>;
  /** Resolves when the process is gone. */
  close(): Promise<void>;
}

export interface ForkInput {
  readonly chainName: string;
  readonly chainId: number;
  readonly blockNumber: bigint;
  readonly relayUrl: string;
  /** The binary; missing: the installed platform package's. */
  readonly binary?: string;
}

export async function startFork(input: ForkInput): Promise<Result<ForkProcess, ChainError>> {
  const place = `a local fork of ${input.chainName} (${input.chainId}) at block ${input.blockNumber}`;
  const binary = input.binary ?? findAnvil();
  if (binary === null) {
    return err(
      failure(
        `${place} needs the npm package ${packageName()}, which is not installed; run "npm ci" with development packages, or use a node with eth_simulateV1`,
      ),
    );
  }
  let port: number;
  try {
    port = await freePort();
  } catch (error) {
    return err(failure(`${place} got no port: ${errorText(error)}`));
  }
  const child = spawn("/bin/sh", ["-c", KEEPER, "tidegate-fork", binary, ...flagsOf(input, port)], {
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("utf8")).slice(-500);
  });
  child.stdin.on("error", () => {
    // The pipe only signals our end.
  });
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    const end = (): void => {
      isGone = true;
      resolve();
    };
    child.once("exit", end);
    child.once("error", (error) => {
      complaint = errorText(error);
      end();
    });
  });
  const lifetime = setTimeout(() => child.stdin.destroy(), LIFE_MS);
  const close = async (): Promise<void> => {
    clearTimeout(lifetime);
    child.stdin.destroy();
    await Promise.race([gone, sleep(END_TIMEOUT_MS)]);
    if (isGone || child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It ended in this very moment.
    }
  };
  const url = `http://127.0.0.1:${port}`;
  const requestAll: ForkProcess["requestAll"] = async (calls) => {
    try {
      return await ask(url, calls);
    } catch (error) {
      const text = isGone ? `it has ended. ${complaint.trim()}` : errorText(error);
      throw failure(`${calls[0]?.method ?? "nothing"} on ${place} failed: ${text}`);
    }
  };
  const request: ForkProcess["request"] = async (method, params) => (await requestAll([{ method, params }]))[0];
  const untilMono = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const [chainId, block] = await ask(url, [
        { method: "eth_chainId", params: [] },
        { method: "eth_blockNumber", params: [] },
      ]);
      if (Number(chainId) === input.chainId && BigInt(String(block)) === input.blockNumber)
        return ok({ request, requestAll, close });
      await close();
      return err(failure(`${place} came up as chain ${Number(chainId)} at block ${String(block)}`));
    } catch (error) {
      if (isGone || performance.now() > untilMono) {
        await close();
        const why = complaint.trim() === "" ? errorText(error) : complaint.trim();
        return err(failure(`${place} did not start within ${START_TIMEOUT_MS / 1_000} s: ${why}`));
      }
      await sleep(25);
    }
  }
}

function flagsOf(input: ForkInput, port: number): string[] {
  return [
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    "--fork-url",
    input.relayUrl,
    "--fork-block-number",
    String(input.blockNumber),
    "--fork-chain-id",
    String(input.chainId),
    "--chain-id",
    String(input.chainId),
    "--no-mining",
    "--silent",
    "--no-storage-caching",
    "--no-rate-limit",
    "--accounts",
    "1",
    "--gas-limit",
    String(BLOCK_GAS),
    "--disable-min-priority-fee",
    // What is not there stays away: the rehearsal has its own time limit.
    "--retries",
    "1",
  ];
}

function packageName(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  return `@foundry-rs/anvil-${process.platform}-${arch}`;
}

/** From the place of this file upwards, in the sources as in the built bundles. */
function findAnvil(): string | null {
  try {
    const facts = createRequire(import.meta.url).resolve(`${packageName()}/package.json`);
    const binary = join(dirname(facts), "bin", process.platform === "win32" ? "anvil.exe" : "anvil");
    return existsSync(binary) ? binary : null;
  } catch {
    // Not installed: the caller says which package is missing.
    return null;
  }
}

async function ask(url: string, calls: readonly ForkCall[]): Promise<readonly unknown[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(calls.map(({ method, params }, id) => ({ jsonrpc: "2.0", id, method, params }))),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const answers = z.array(answerSchema).parse(await response.json());
  return calls.map(({ method }, id) => {
    const answer = answers.find((each) => each.id === id);
    if (answer === undefined) throw new Error(`no answer to ${method}`);
    if (answer.error !== undefined && answer.error !== null) throw new Error(answer.error.message);
    return answer.result;
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function failure(message: string): ChainError {
  return new ChainError({ code: "unreachable", retryable: true, message });
}
