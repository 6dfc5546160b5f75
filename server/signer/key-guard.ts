// Last look at every line of the signer's log: one that holds the wallet's own private key, in any usual spelling, is not written.
import type { Address } from "@/lib/units";
import type { LogFields, Logger } from "@/server/infra/telemetry/logger-port";
import { redactValue } from "@/server/infra/telemetry/redact";
import { isKeyOf } from "./key";

/** 32 bytes as hex, as a decimal number, in base64 (both alphabets), or as a list of bytes. */
const SPELLINGS: readonly { readonly shape: RegExp; readonly read: (found: string) => bigint | null }[] = [
  {
    shape: /(?<![0-9a-f])(?:0x)?[0-9a-f]{64}(?![0-9a-f])/gi,
    read: (found) => BigInt(`0x${found.replace(/^0x/i, "")}`),
  },
  { shape: /(?<!\d)\d{60,78}(?!\d)/g, read: (found) => BigInt(found) },
  { shape: /(?<![\w+/-])[\w+/-]{43}=?(?![\w+/=-])/g, read: (found) => ofBytes(Buffer.from(found, "base64")) },
  {
    shape: /(?<!\d)\d{1,3}(?:\s*,\s*\d{1,3}){31}(?!\d)/g,
    read: (found) => ofBytes(Buffer.from(found.split(",").map((byte) => Number(byte)))),
  },
];
/** A line of ours names a few hashes; one with more numbers than this is not worth the time it takes to look at them. */
const MAX_NUMBERS = 32;
/** Hashes come back in many lines; a number once found harmless is not multiplied again. */
const REMEMBERED_COUNT = 256;

/**
 * The redactor knows names and addresses; a bare number looks like a transaction hash, and only the curve tells them apart. The
 * key itself is not kept for this: what a line holds is turned into an address and compared with the wallet's.
 */
export function withoutKey(log: Logger, wallet: Address): Logger {
  const harmless = new Set<bigint>();

  function isKey(number: bigint | null): boolean {
    if (number === null || harmless.has(number)) return false;
    if (isKeyOf(number, wallet)) return true;
    const oldest = harmless.values().next();
    if (harmless.size >= REMEMBERED_COUNT && oldest.done !== true) harmless.delete(oldest.value);
    harmless.add(number);
    return false;
  }

  function holdsKey(texts: readonly unknown[]): boolean {
    const line = JSON.stringify(redactValue(texts));
    const numbers = SPELLINGS.flatMap(({ shape, read }) => [...line.matchAll(shape)].map(([found]) => read(found)));
    return numbers.length > MAX_NUMBERS || numbers.some(isKey);
  }

  function guard(target: Logger, bound: LogFields): Logger {
    const write =
      (level: "debug" | "info" | "warn" | "error") =>
      (event: string, fields?: LogFields): void => {
        let isClean = false;
        try {
          isClean = !holdsKey([event, bound, fields]);
        } catch {
          // A field that cannot be read cannot be looked at: the line is withheld below, and a signature goes on.
        }
        if (isClean) target[level](event, fields);
        else
          log.error("signer.line-withheld", {
            level,
            advice: "the line held the key, too many numbers, or a field that cannot be read",
          });
      };
    return {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
      child: (fields) => guard(target.child(fields), { ...bound, ...fields }),
    };
  }
  return guard(log, {});
}

function ofBytes(bytes: Uint8Array): bigint | null {
  return bytes.length === 32 ? BigInt(`0x${Buffer.from(bytes).toString("hex")}`) : null;
}
