// One JSON value on disk, replaced as a whole, never half; one that cannot be read is set aside.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type * as z from "zod";
import { errorText } from "@/lib/errors/tidegate-error";

export interface KeptFile<T> {
  /** As it was when the file was opened. */
  readonly kept: T;
  /** Why the file was set aside; null when it was read or is new. */
  readonly problem: string | null;
  /** On disk when it returns; throws when the disk refuses. */
  save(kept: T): void;
}

/** `empty`: what holds where there is no file, or none that can be read. */
export function openKeptFile<T>(file: string, schema: z.ZodType<T>, empty: T): KeptFile<T> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let kept = empty;
  let problem: string | null = null;
  if (existsSync(file)) {
    try {
      kept = schema.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch (error) {
      problem = errorText(error);
      renameSync(file, `${file}.unreadable`);
    }
  }
  return {
    kept,
    problem,
    save(next) {
      const handle = openSync(`${file}.next`, "w", 0o600);
      try {
        writeSync(handle, JSON.stringify(next));
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(`${file}.next`, file);
    },
  };
}
