// Asks an endpoint a person typed which chain it serves, before it is kept: by the guarded fetch, with its address masked in every text.
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { SourceError } from "@/lib/errors/tidegate-error";
import { createGuardedFetch, type GuardPolicy } from "@/server/infra/guarded-fetch";
import { fetchJson } from "@/server/infra/http";

const answerSchema = z.object({ result: z.string().regex(/^0x[0-9a-fA-F]{1,13}$/) });

/** The chain id it answers, or why it cannot be used; `expected`: any other is an error. */
export async function probeChainId(
  input: { readonly url: string; readonly expected: number },
  policy: GuardPolicy = {},
): Promise<Result<number, SourceError>> {
  const answer = await fetchJson({
    url: input.url,
    method: "POST",
    body: { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] },
    fetch: createGuardedFetch(policy),
  });
  if (!answer.ok) return answer;
  const parsed = answerSchema.safeParse(answer.value.body);
  if (!parsed.success) return err(bad(`${answer.value.address} is no node of a chain: it does not answer eth_chainId`));
  const chainId = Number(parsed.data.result);
  if (chainId === input.expected) return ok(chainId);
  return err(
    bad(`${answer.value.address} serves chain ${chainId}; expected ${input.expected}: set the endpoint of that chain`),
  );
}

function bad(message: string): SourceError {
  return new SourceError({ code: "bad_data", retryable: false, message });
}
