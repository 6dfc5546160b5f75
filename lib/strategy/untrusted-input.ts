// Untrusted input: the first input of a snapshot that forbids any action, with the rule it broke and its age.
import type { InputFreshness } from "@/lib/market/snapshot";

export interface UntrustedInput {
  readonly input: string;
  readonly rule: string;
  readonly ageMs: number | null;
}

/** First input that failed its check and is not merely advisory; null when all may be trusted. */
export function findUntrustedInput(freshness: readonly InputFreshness[]): UntrustedInput | null {
  const bad = freshness.find((entry) => !entry.ok && entry.isAdvisory !== true);
  return bad === undefined ? null : { input: bad.input, rule: bad.rule, ageMs: bad.ageMs };
}
