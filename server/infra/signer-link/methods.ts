// Method tables of the wire contract as types: what a caller passes, what it gets, and how both become JSON.
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";

interface MethodSchemas {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
}
export type MethodTable = Readonly<Record<string, MethodSchemas>>;
export type MethodName<T extends MethodTable> = keyof T & string;
export type MethodParams<T extends MethodTable, M extends MethodName<T>> = z.output<T[M]["params"]>;
export type MethodResult<T extends MethodTable, M extends MethodName<T>> = z.output<T[M]["result"]>;

/** Wire form (bigint as decimal string) of a value; the error is a sentence that names the first wrong field. */
export function encodeWire<S extends z.ZodType>(schema: S, value: z.output<S>): Result<unknown, string> {
  const encoded = z.safeEncode(schema, value);
  return encoded.success ? ok(encoded.data) : err(firstIssue(encoded.error));
}

export function decodeWire<S extends z.ZodType>(schema: S, wire: unknown): Result<z.output<S>, string> {
  const decoded = schema.safeParse(wire);
  return decoded.success ? ok(decoded.data) : err(firstIssue(decoded.error));
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return "the value does not fit its schema";
  const path = issue.path.map(String).join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
