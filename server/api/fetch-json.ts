// One loopback request with a schema: used for the sandbox's chain and control address only.
import type * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { fetchJsonAnswer } from "@/server/infra/http";
import type { ApiDeps } from "./deps";

export async function fetchJson<S extends z.ZodType>(
  deps: ApiDeps,
  input: { readonly url: string; readonly schema: S; readonly body?: unknown },
): Promise<Result<z.output<S>, string>> {
  const answer = await fetchJsonAnswer({
    url: input.url,
    timeoutMs: 3_000,
    fetch: deps.fetch,
    ...(input.body === undefined ? {} : { method: "POST", body: input.body }),
  });
  if (!answer.ok) return err(answer.error.message);
  const parsed = input.schema.safeParse(answer.value.body);
  return parsed.success ? ok(parsed.data) : err(`it answered ${answer.value.status} with a body of another shape`);
}
