// The alerts on disk: which are open, who acknowledged them, what was told; replaced as a whole, never half.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { alertStateSchema, EMPTY_ALERT_STATE } from "@/lib/alerts/evaluate";
import { errorText } from "@/lib/errors/tidegate-error";

const keptSchema = z.object({
  alerts: alertStateSchema,
  /** Last request of the desk that was carried out: id in its stream. */
  requestCursor: z.string(),
});
export type Kept = z.infer<typeof keptSchema>;

export interface StateFile {
  readonly kept: Kept;
  /** Why the file was set aside; null when it was read or is new. */
  readonly problem: string | null;
  save(kept: Kept): void;
}

const EMPTY: Kept = { alerts: EMPTY_ALERT_STATE, requestCursor: "0" };

/** A file that cannot be read is set aside: open alerts are found again by the next look, acknowledgements are lost. */
export function openStateFile(file: string): StateFile {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let kept = EMPTY;
  let problem: string | null = null;
  if (existsSync(file)) {
    try {
      kept = keptSchema.parse(JSON.parse(readFileSync(file, "utf8")));
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
      writeSync(handle, JSON.stringify(next));
      fsyncSync(handle);
      closeSync(handle);
      renameSync(`${file}.next`, file);
    },
  };
}
