// The Telegram Bot API for commands: who we are, what was written to us (long polling), and an answer; plain text only.
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { AlertError } from "@/server/alerts/alert-error";
import type { Send } from "@/server/alerts/send";
import { callTelegram, type TelegramAddress } from "@/server/alerts/telegram-api";

const messageSchema = z.looseObject({
  message_id: z.number().int(),
  /** Unix seconds. */
  date: z.number(),
  text: z.string().optional(),
  from: z.looseObject({ id: z.number().int(), is_bot: z.boolean() }).optional(),
  chat: z.looseObject({ id: z.number().int(), type: z.string(), username: z.string().optional() }),
  /** Somebody else's words. */
  forward_origin: z.unknown().optional(),
});
export type ChatMessage = z.output<typeof messageSchema>;

const updateSchema = z.looseObject({ update_id: z.number().int() });

export interface ChatUpdate {
  readonly updateId: number;
  /** Null: something that is no message we can read. */
  readonly message: ChatMessage | null;
}

export interface ChatBot {
  /** The bot's name, without @. */
  name(): Promise<Result<string, AlertError>>;
  /** Waits up to `waitSec` for something new; what is below `offset` is confirmed and never comes again. */
  updates(input: {
    readonly offset: number | null;
    readonly waitSec: number;
    readonly limit: number;
  }): Promise<Result<readonly ChatUpdate[], AlertError>>;
  answer(message: ChatMessage, text: string): Promise<Result<true, AlertError>>;
}

export function createTelegramBot(send: Send, settings: TelegramAddress): ChatBot {
  const { host } = new URL(settings.url);

  const call = (method: string, body: Readonly<Record<string, unknown>>) => callTelegram(send, settings, method, body);

  function unexpected(method: string): AlertError {
    return new AlertError({
      code: "rejected",
      message: `${host} answered ${method} with something else than the Bot API does; check TG_ALERT_TELEGRAM_URL`,
      retryable: true,
    });
  }

  return {
    async name() {
      const answer = await call("getMe", {});
      if (!answer.ok) return answer;
      const me = z.looseObject({ username: z.string() }).safeParse(answer.value);
      return me.success ? ok(me.data.username) : err(unexpected("getMe"));
    },
    async updates({ offset, waitSec, limit }) {
      const answer = await call("getUpdates", {
        ...(offset === null ? {} : { offset }),
        timeout: waitSec,
        limit,
        allowed_updates: ["message"],
      });
      if (!answer.ok) return answer;
      const list = z.array(updateSchema).safeParse(answer.value);
      if (!list.success) return err(unexpected("getUpdates"));
      return ok(
        list.data.map((update): ChatUpdate => {
          const message = messageSchema.safeParse(update["message"]);
          // One message in a form nobody knows must not hold up those behind it.
          return { updateId: update.update_id, message: message.success ? message.data : null };
        }),
      );
    },
    async answer(message, text) {
      const answer = await call("sendMessage", {
        chat_id: message.chat.id,
        text,
        link_preview_options: { is_disabled: true },
        reply_parameters: { message_id: message.message_id, allow_sending_without_reply: true },
      });
      return answer.ok ? ok(true) : answer;
    },
  };
}
