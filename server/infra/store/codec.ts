// The one place where store text becomes data: JSON with bigint as decimal string, checked by a schema on the way in.
import type * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, StoreError } from "@/lib/errors/tidegate-error";

export function encodeJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? each.toString() : each));
}

/** `where` names the key, so that an operator can look at the value that was refused. */
export function decodeJson<T>(where: string, text: string, schema: z.ZodType<T>): Result<T, StoreError> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return err(badData(where, `is not JSON (${errorText(error)}): ${text.slice(0, 80)}`, error));
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return err(
    badData(where, `is not as expected at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? ""}`, parsed.error),
  );
}

export function badData(where: string, problem: string, cause?: unknown): StoreError {
  return new StoreError({
    code: "bad_data",
    message: `The stored value ${where} ${problem}. It is ignored; its writer replaces it with its next round.`,
    retryable: false,
    details: { where },
    cause,
  });
}
