// One signer per wallet on this machine: a loopback TCP port derived from the address, freed by the kernel when the process dies.
import { connect, createServer, type Server } from "node:net";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, TidegateError } from "@/lib/errors/tidegate-error";
import type { Address } from "@/lib/units";

export class WalletLockError extends TidegateError<"second_signer" | "port_in_use" | "cannot_bind"> {}

export interface WalletLock {
  readonly port: number;
  /** Given back last, after the last signature. */
  release(): Promise<void>;
}

const FIRST_PORT = 20_000;
const PORT_COUNT = 10_000;
const HOST = "127.0.0.1";
const ANSWER_TIMEOUT_MS = 1_000;
const MAX_ANSWER_BYTES = 128;

/** 20000 + (uint32 of the address' last 4 bytes mod 10000), safety.md section 3.1. */
export function walletLockPort(wallet: Address): number {
  return FIRST_PORT + (Number.parseInt(wallet.slice(-8), 16) % PORT_COUNT);
}

export async function takeWalletLock(wallet: Address): Promise<Result<WalletLock, WalletLockError>> {
  const port = walletLockPort(wallet);
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(`${wallet.toLowerCase()}\n`);
  });
  server.maxConnections = 16;
  const failure = await listen(server, port);
  if (failure === null) {
    return ok({ port, release: () => new Promise((resolve) => server.close(() => resolve())) });
  }
  if (failure.code !== "EADDRINUSE") {
    return err(
      new WalletLockError({
        code: "cannot_bind",
        message: `The wallet lock needs ${HOST}:${port} and cannot have it (${failure.text}). Allow this process to listen on loopback.`,
        retryable: false,
        details: { port },
      }),
    );
  }
  const holder = await askHolder(port);
  return err(
    holder === wallet.toLowerCase()
      ? new WalletLockError({
          code: "second_signer",
          message: `Another signer runs for wallet ${wallet} (it holds ${HOST}:${port}). Two would sign the same nonces: stop that one first.`,
          retryable: false,
          details: { port },
        })
      : new WalletLockError({
          code: "port_in_use",
          message: `${HOST}:${port}, the lock of wallet ${wallet}, is held by ${holder === null ? "another program" : `the signer of wallet ${holder}`}. Stop it or move it to another port; the lock's port follows from the address and cannot change.`,
          retryable: false,
          details: { port, holder },
        }),
  );
}

function listen(server: Server, port: number): Promise<{ readonly code: string; readonly text: string } | null> {
  return new Promise((resolve) => {
    server.once("error", (error) => {
      resolve({ code: "code" in error ? String(error.code) : "", text: errorText(error) });
    });
    server.listen({ host: HOST, port, exclusive: true }, () => resolve(null));
  });
}

/** The one line a signer answers, or null for anything else. */
function askHolder(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: HOST, port });
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const line = text.split("\n")[0]?.trim().toLowerCase() ?? "";
      resolve(/^0x[0-9a-f]{40}$/.test(line) ? line : null);
    };
    const timer = setTimeout(end, ANSWER_TIMEOUT_MS);
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (text.includes("\n") || text.length > MAX_ANSWER_BYTES) end();
    });
    socket.on("end", end);
    socket.on("error", end);
  });
}
