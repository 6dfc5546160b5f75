// Canaries: a secret put in anywhere must not come out of the logger or the redactor.
import { describe, expect, it } from "vitest";
import { createLogger, type LogLine } from "./logger";
import { redactText, redactValue } from "./redact";

const CANARY = "canary0123456789abcdef";

describe("redactValue", () => {
  it("behavior: no canary survives, by name, in addresses, headers, errors, maps or deep inside", () => {
    const error = new Error(`request to https://rpc.example/v2/${CANARY}?key=${CANARY} failed`, {
      cause: new Error(`Authorization: Bearer ${CANARY}`),
    });
    Object.assign(error, {
      request: { url: `https://rpc.example/${CANARY}` },
      details: `wss://user:${CANARY}@node.example/ws`,
    });
    const inputs: unknown[] = [
      { privateKey: CANARY, private_key: CANARY, "PRIVATE-KEY": CANARY },
      { nested: { list: [{ apiKey: CANARY }, { headers: { Cookie: `sid=${CANARY}`, Authorization: CANARY } }] } },
      `https://${CANARY}:${CANARY}@rpc.example/${CANARY}?a=${CANARY}#${CANARY}`,
      `redis://:${CANARY}@127.0.0.1:6379/0`,
      `Cookie: sid=${CANARY}; other=${CANARY}`,
      `password=${CANARY} and "api_key": "${CANARY}"`,
      new URL(`https://rpc.example/${CANARY}`),
      new Map([["mnemonic", CANARY]]),
      new Set([`Basic ${CANARY}`]),
      new TextEncoder().encode(CANARY),
      error,
    ];
    for (const input of inputs) expect(JSON.stringify(redactValue(input))).not.toContain(CANARY);
    expect(JSON.stringify(redactValue(error))).toContain("rpc.example");
  });

  it("default: bigint as text, cycles and depth cut, plain data unchanged", () => {
    const cycle: Record<string, unknown> = { n: 1n, ok: true, none: null, text: "tx 0xabc", bad: Number.NaN };
    cycle["self"] = cycle;
    expect(redactValue(cycle)).toEqual({
      n: "1",
      ok: true,
      none: null,
      text: "tx 0xabc",
      bad: "NaN",
      self: "[circular]",
    });
    expect(redactText("http://127.0.0.1:8545/")).toBe("http://127.0.0.1:8545");
  });
});

describe("createLogger", () => {
  it("behavior: lines are JSON with level and event, without the canary; nothing throws", () => {
    const lines: string[] = [];
    const mirrored: LogLine[] = [];
    const log = createLogger({
      name: "worker",
      level: "info",
      write: (line) => lines.push(line),
      mirror: (line) => mirrored.push(line),
    });
    log.debug("cycle.started");
    log.child({ rpc: `https://rpc.example/${CANARY}` }).info("tx.sent", { gas: 21_000n, session: { cookie: CANARY } });
    const trap = {
      get value(): string {
        throw new Error("trap");
      },
    };
    log.error("cycle.failed", { trap });
    expect(lines).toHaveLength(2);
    expect(lines.join("")).not.toContain(CANARY);
    expect(JSON.stringify(mirrored)).not.toContain(CANARY);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "info",
      event: "tx.sent",
      process: "worker",
      gas: "21000",
    });
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ event: "cycle.failed", unprintable: true });
  });
});
