// The signer's log without its key: every spelling withheld, hashes let through, and a store that stands still costs a signature nothing.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { hexToBytes, toHex } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { logMirror } from "@/server/infra/telemetry/log-mirror";
import { createLogger, type LogLine } from "@/server/infra/telemetry/logger";
import { createTelemetry } from "@/server/infra/telemetry/openobserve";
import { withoutKey } from "./key-guard";

const KEY = generatePrivateKey();
const WALLET = privateKeyToAddress(KEY);
const BARE = KEY.slice(2);
const BYTES = hexToBytes(KEY);

function opened() {
  const written: string[] = [];
  const mirrored: LogLine[] = [];
  const plain = createLogger({
    name: "signer",
    level: "debug",
    write: (line) => written.push(line),
    mirror: (line) => mirrored.push(line),
  });
  return { log: withoutKey(plain, WALLET), written, mirrored };
}

describe("withoutKey", () => {
  const caused = new Error("sending failed", { cause: new Error(`bad key ${BARE}`) });
  const spellings: readonly (readonly [string, unknown])[] = [
    ["hex", KEY],
    ["bare hex in a sentence", `cannot use (${BARE.toUpperCase()}) as a key`],
    ["a number", BigInt(KEY)],
    ["a decimal text", `scalar=${BigInt(KEY)}`],
    ["base64", Buffer.from(BYTES).toString("base64")],
    ["base64 for addresses", Buffer.from(BYTES).toString("base64url")],
    ["bytes as a list", [...BYTES]],
    ["bytes in a sentence", `bytes ${[...BYTES].join(", ")}`],
    ["an error's cause", caused],
    ["deep inside", { request: { params: [{ from: WALLET, value: [KEY] }] } }],
  ];

  it.each(spellings)("behavior: a line with the key as %s is withheld from file and store", (_name, value) => {
    const { log, written, mirrored } = opened();
    log.child({ pairId: "A" }).error("signer.op-crashed", { message: value });
    expect(mirrored.map(({ event, level }) => [event, level])).toEqual([["signer.line-withheld", "error"]]);
    expect(written).toHaveLength(1);
    for (const part of [BARE, BARE.toUpperCase(), BigInt(KEY).toString(), Buffer.from(BYTES).toString("base64")]) {
      expect(written.join("")).not.toContain(part);
    }
  });

  it("behavior: the key in the event's name, or bound to a child, is withheld too", () => {
    const { log, written } = opened();
    log.info(`signer.${BARE}`);
    log.child({ note: KEY }).info("signer.tx-sent");
    expect(written).toHaveLength(2);
    expect(written.join("")).not.toContain(BARE);
  });

  it("default: hashes, addresses, ids and amounts are written as they are, with the bound fields", () => {
    const { log, written, mirrored } = opened();
    const fields = { txHash: toHex(7n, { size: 32 }), wallet: WALLET, gas: 21_000n, max: 2n ** 256n - 1n };
    log.child({ pairId: "A" }).info("signer.tx-sent", fields);
    expect(mirrored[0]).toMatchObject({ event: "signer.tx-sent", fields: { pairId: "A", txHash: fields.txHash } });
    expect(written[0]).toContain(WALLET);
  });

  it("edge: a field that throws, or a flood of numbers, ends no signature", () => {
    const { log, mirrored } = opened();
    const trap = {
      get value(): string {
        throw new Error("trap");
      },
    };
    log.error("signer.op-crashed", { trap });
    log.info("signer.command-refused", { numbers: Array.from({ length: 200 }, () => generatePrivateKey()) });
    expect(mirrored.map(({ event }) => event)).toEqual(["signer.line-withheld", "signer.line-withheld"]);
  });
});

describe("the signer's lines and a log store that stands still", () => {
  it("behavior: 20 000 lines wait for nobody, stay within their bounds on disk and in memory, and are told to be dropped", async () => {
    const spoolDir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "tg-signer-spool-")), "spool");
    let asked = 0;
    const telemetry = createTelemetry({
      url: "http://127.0.0.1:1",
      org: "default",
      user: "u",
      password: "p",
      spoolDir,
      flushEveryMs: 3_600_000,
      timeoutMs: 60_000,
      maxBufferedCount: 500,
      maxSpoolBytes: 1024 * 1024,
      fetch: (_address, init) => {
        asked += 1;
        return new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
    });
    const plain = createLogger({
      name: "signer",
      level: "info",
      write: () => undefined,
      mirror: logMirror({ telemetry, market: { nowMs: () => 1 }, wall: { nowMs: () => 2 } }),
    });
    const log = withoutKey(plain, WALLET);
    for (let line = 0; line < 20_000; line += 1) {
      // Everything of a line happens before this returns: nothing of it is awaited by who logs.
      log.info("signer.tx-sent", { opId: "0x01/0", line });
      expect(telemetry.status().buffered).toBeLessThanOrEqual(500);
    }
    expect(asked).toBe(1);
    expect(telemetry.status().dropped).toBeGreaterThan(0);
    const bytes = fs.readdirSync(spoolDir).reduce((sum, file) => sum + fs.statSync(path.join(spoolDir, file)).size, 0);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    await telemetry.stop(10);
  });
});
