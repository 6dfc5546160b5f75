// Recomputes a hash-chained log from its files only, read-only and apart from the code that writes it.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { canonicalJson } from "@/lib/plan/canonical-json";

const recordSchema = z.looseObject({
  seq: z.number(),
  prev: z.string(),
  sum: z.string(),
  ts: z.number(),
  type: z.string(),
  body: z.unknown(),
});
export type VerifiedRecord = z.infer<typeof recordSchema>;
const FIRST_PREV = "0".repeat(64);

export interface VerifiedLog {
  readonly count: number;
  readonly lastHash: string;
}

/** error: the first place where the chain breaks, for people. */
export function verifySegments(
  folder: string,
  onRecord: (record: VerifiedRecord) => void = () => undefined,
): Result<VerifiedLog, string> {
  let prev = FIRST_PREV;
  let seq = 0;
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .toSorted();
  for (const [fileIndex, name] of files.entries()) {
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    const torn = lines.pop() ?? "";
    for (const [index, line] of lines.entries()) {
      const where = `${name} line ${index + 1}`;
      const record = parse(line);
      if (record === null) return err(`${where} is no record`);
      if (record.seq !== seq + 1) return err(`${where} has number ${record.seq}, expected ${seq + 1}`);
      if (record.prev !== prev) return err(`${where} follows ${record.prev}, but the record before has ${prev}`);
      const { sum, ...rest } = record;
      const found = createHash("sha256").update(canonicalJson(rest)).digest("hex");
      if (found !== sum) return err(`${where} was changed: its hash is ${found}, it says ${sum}`);
      prev = sum;
      seq = record.seq;
      onRecord(record);
    }
    const isLast = fileIndex === files.length - 1;
    if (torn !== "" && !isLast) return err(`${name} ends in the middle of a record`);
    // A torn last line of the last file is an append that never returned; the signer cuts it at its next start.
  }
  return ok({ count: seq, lastHash: prev });
}

function parse(line: string): z.infer<typeof recordSchema> | null {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    // Reported by the caller with its place.
    return null;
  }
}
