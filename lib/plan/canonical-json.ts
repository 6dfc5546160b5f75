// Canonical JSON: keys sorted, bigint as decimal string, no undefined; the one text that hashes are taken of (safety.md section 3.2).
import { invariant } from "@/lib/errors/invariant";

export function canonicalJson(value: unknown): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "bigint":
      return `"${value.toString()}"`;
    case "number":
      invariant(Number.isFinite(value), "canonical JSON takes finite numbers only", { value });
      return JSON.stringify(value);
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "object": {
      if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry)).join(",")}]`;
      const entries = Object.entries(value)
        .filter(([, entry]) => entry !== undefined)
        .toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
      return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(",")}}`;
    }
    default:
      invariant(false, "canonical JSON takes JSON values and bigint only", { type: typeof value });
  }
}
