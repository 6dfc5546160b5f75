// Telegram: Bot API sendMessage as plain text, so that nothing in a message can be read as markup.
import * as z from "zod";
import { ackCommand } from "@/lib/alerts/chat";
import type { AlertMessage } from "@/lib/alerts/message";
import { err, ok } from "@/lib/errors/result";
import { AlertError } from "@/server/alerts/alert-error";
import { statusError, type Send } from "@/server/alerts/send";
import { saidOf, type Channel } from "./channel";

/** Longest text the Bot API takes. */
const MAX_CHARS = 4_096;

export interface TelegramSettings {
  /** Base address of the Bot API. */
  readonly url: string;
  readonly token: string;
  readonly chat: string;
}

const answerSchema = z.looseObject({
  ok: z.boolean(),
  description: z.string().optional(),
  parameters: z.looseObject({ retry_after: z.number().optional() }).optional(),
});

/** `hasCommands`: are commands by chat on, so that the way to acknowledge may stand in the message? */
export function createTelegram(
  send: Send,
  settings: TelegramSettings,
  hasCommands: () => boolean = () => false,
): Channel {
  const { host } = new URL(settings.url);
  return {
    id: "telegram",
    target: `chat …${settings.chat.slice(-3)} at ${host}`,
    async deliver(message) {
      const take = isForSomebody(message) && hasCommands() ? `\n\nTake it: ${ackCommand(message.alert.id)}` : "";
      const text = `${message.title}\n\n${message.body}\n\n${message.link}${take}`;
      const answer = await send({
        method: "POST",
        url: `${settings.url}/bot${settings.token}/sendMessage`,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          chat_id: settings.chat,
          text: text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS - 1)}…` : text,
          link_preview_options: { is_disabled: true },
          disable_notification: message.kind === "cleared",
        }),
      });
      if (!answer.ok) return answer;
      const parsed = answerSchema.safeParse(jsonOf(answer.value.text));
      if (answer.value.status === 200 && parsed.success && parsed.data.ok) return ok(true);
      const waitSec = parsed.data?.parameters?.retry_after;
      const error = statusError(host, answer.value, saidOf(parsed.data?.description ?? ""));
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
    },
  };
}

/** An end and a test ask nobody for anything. */
function isForSomebody({ kind }: AlertMessage): boolean {
  return kind !== "cleared" && kind !== "test";
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the status alone decides.
    return null;
  }
}
