// Hashes and addresses shortened to four and four; the full value stays one copy away.
import { UNKNOWN } from "./number";

/** Addresses and hashes inside a sentence, shortened; the sentence keeps its words. */
export function shortAddresses(text: string): string {
  return text.replace(/0x[0-9a-fA-F]{40,64}/g, (hex) => shortHex(hex));
}

/** `0x8c1f…e07a`; what is already short stays whole. */
export function shortHex(value: string | null | undefined): string {
  if (value === null || value === undefined || value === "") return UNKNOWN;
  return value.length <= 12 ? value : `${value.slice(0, 6)}…${value.slice(-4)}`;
}
