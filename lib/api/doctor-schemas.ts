// The set-up checks as the page shows them: one group is one request, so that each answer is on the page as soon as it is there.
import * as z from "zod";

export const DOCTOR_GROUPS = [
  "node",
  "clock",
  "folder",
  "store",
  "log-store",
  "signer",
  "keys",
  "chains",
  "exchanges",
] as const;
export const doctorGroupSchema = z.enum(DOCTOR_GROUPS);
export type DoctorGroup = (typeof DOCTOR_GROUPS)[number];

export const doctorAnswerSchema = z.object({
  group: doctorGroupSchema,
  checkedAtMs: z.number(),
  tookMs: z.number(),
  /** True when details were left out: nobody is signed in, and reading is not open here. */
  isRedacted: z.boolean(),
  checks: z.array(
    z.object({
      name: z.string(),
      state: z.enum(["ok", "failed", "skipped"]),
      detail: z.string(),
      fix: z.string().nullable(),
    }),
  ),
});
