// People and approval limits as owners sign them, each with its versions: who may do what, and how many must approve.
import * as z from "zod";
import { isPlainText } from "@/lib/format/plain-text";
import { approvalLimitsSchema } from "@/lib/plan/approval-rule";
import { addressSchema, bytes32Schema } from "@/lib/registry/schema";
import { roleSchema } from "./commands";

const MAX_NAME_CHARS = 40;
/** Most people of one desk; choice. */
const MAX_PEOPLE = 50;

/** One person of the desk; the name is for people, the address is what counts. */
export const personSchema = z.object({
  address: addressSchema,
  role: roleSchema,
  name: z
    .string()
    .max(MAX_NAME_CHARS, `expected a name of at most ${MAX_NAME_CHARS} characters`)
    .refine(isPlainText, "expected a name without invisible characters"),
});
export type Person = z.infer<typeof personSchema>;

/** `configVersion` of both commands is the version of the list they were made from. */
export const authorityParamsSchemas = {
  /** Everybody of the desk at once: who is not on the list loses the role. */
  "people.set": z.object({ people: z.array(personSchema).min(1).max(MAX_PEOPLE) }),
  /** Limits above which a plan needs several approvers. */
  "limits.set": z.object({ limits: approvalLimitsSchema }),
} as const;

export function isAuthorityAction(action: string): action is keyof typeof authorityParamsSchemas {
  return action in authorityParamsSchemas;
}

/** One version of a list that owners sign: who, when, by which command; null at the first start. */
const versionFields = {
  version: z.number().int().min(1),
  atMs: z.number(),
  by: addressSchema.nullable(),
  commandId: bytes32Schema.nullable(),
};
export const peopleVersionSchema = z.object({ ...versionFields, people: z.array(personSchema) });
export type PeopleVersion = z.output<typeof peopleVersionSchema>;
export const limitsVersionSchema = z.object({ ...versionFields, limits: approvalLimitsSchema });
export type LimitsVersion = z.output<typeof limitsVersionSchema>;
