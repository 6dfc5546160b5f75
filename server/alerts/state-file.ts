// The alerts on disk: which are open, who acknowledged them, what was told; replaced as a whole, never half.
import * as z from "zod";
import { alertStateSchema, EMPTY_ALERT_STATE } from "@/lib/alerts/evaluate";
import { openKeptFile, type KeptFile } from "./kept-file";

const keptSchema = z.object({
  alerts: alertStateSchema,
  /** Last request of the desk that was carried out: id in its stream. */
  requestCursor: z.string(),
});
export type Kept = z.infer<typeof keptSchema>;

export type StateFile = KeptFile<Kept>;

const EMPTY: Kept = { alerts: EMPTY_ALERT_STATE, requestCursor: "0" };

/** A file that cannot be read is set aside: open alerts are found again by the next look, acknowledgements are lost. */
export function openStateFile(file: string): StateFile {
  return openKeptFile(file, keptSchema, EMPTY);
}
