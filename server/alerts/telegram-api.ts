// One call of the Telegram Bot API: what it answered, or why it did not, with the time it asks us to wait.
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { AlertError } from "./alert-error";
import { saidOf } from "./channels/channel";
import { statusError, type Send } from "./send";

export interface TelegramAddress {
  /** Base address of the Bot API. */
  readonly url: string;
  readonly token: string;
}

const answerSchema = z.looseObject({
  ok: z.boolean(),
  description: z.string().optional(),
  parameters: z.looseObject({ retry_after: z.number().optional() }).optional(),
  result: z.unknown().optional(),
});

/** The answer's `result`, in whatever form the method has. */
export async function callTelegram(
  send: Send,
  { url, token }: TelegramAddress,
  method: string,
  body: Readonly<Record<string, unknown>>,
): Promise<Result<unknown, AlertError>> {
  const answer = await send({
    method: "POST",
    url: `${url}/bot${token}/${method}`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) return answer;
  const parsed = answerSchema.safeParse(jsonOf(answer.value.text));
  if (answer.value.status === 200 && parsed.success && parsed.data.ok) return ok(parsed.data.result);
  const waitSec = parsed.data?.parameters?.retry_after;
  const error = statusError(new URL(url).host, answer.value, saidOf(parsed.data?.description ?? ""));
  return err(
    waitSec === undefined
      ? error
      : new AlertError({
          code: "rate_limited",
          message: error.message,
          retryable: true,
          retryAfterMs: waitSec * 1_000,
        }),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the status alone decides.
    return null;
  }
}
