// Wallet lock: exclusive, freed with its holder, and the two kinds of conflict are told apart.
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Address } from "@/lib/units";
import { takeWalletLock, walletLockPort } from "./wallet-lock";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function makeWallet(): Address {
  const tail = Math.floor(Math.random() * 0xffff_ffff);
  return `0x${"ab".repeat(16)}${tail.toString(16).padStart(8, "0")}`;
}

async function codeOf(wallet: Address): Promise<string | null> {
  const taken = await takeWalletLock(wallet);
  if (taken.ok) cleanups.push(() => taken.value.release());
  return taken.ok ? null : taken.error.code;
}

describe("walletLockPort", () => {
  test("default: 20000 + last four bytes as uint32 mod 10000", () => {
    expect(walletLockPort(`0x${"00".repeat(16)}ffffffff`)).toBe(20_000 + (4_294_967_295 % 10_000));
    expect(walletLockPort(`0x${"ff".repeat(16)}00000001`)).toBe(20_001);
  });
});

describe("takeWalletLock", () => {
  test("error: second_signer while held, free again after release", async () => {
    const wallet = makeWallet();
    const first = await takeWalletLock(wallet);
    if (!first.ok) throw first.error;
    expect(await codeOf(wallet)).toBe("second_signer");
    await first.value.release();
    expect(await codeOf(wallet)).toBe(null);
  });

  test("error: port_in_use when another program or another wallet's signer has the port", async () => {
    const wallet = makeWallet();
    const server = createServer((socket) => socket.end("HTTP/1.1 400\r\n\r\n"));
    await new Promise<void>((resolve) => {
      server.listen(walletLockPort(wallet), "127.0.0.1", () => resolve());
    });
    expect(await codeOf(wallet)).toBe("port_in_use");
    await new Promise((resolve) => server.close(resolve));
    const twin: Address = `0x${"cd".repeat(16)}${wallet.slice(-8)}`;
    const other = await takeWalletLock(twin);
    if (!other.ok) throw other.error;
    cleanups.push(() => other.value.release());
    const refused = await takeWalletLock(wallet);
    expect(refused.ok ? null : [refused.error.code, refused.error.details["holder"]]).toEqual(["port_in_use", twin]);
  });
});
