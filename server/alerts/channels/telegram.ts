// Telegram: Bot API sendMessage as plain text, so that nothing in a message can be read as markup.
import { ackCommand } from "@/lib/alerts/chat";
import type { AlertMessage } from "@/lib/alerts/message";
import { ok } from "@/lib/errors/result";
import type { Send } from "@/server/alerts/send";
import { callTelegram, type TelegramAddress } from "@/server/alerts/telegram-api";
import type { Channel } from "./channel";

/** Longest text the Bot API takes. */
const MAX_CHARS = 4_096;

export interface TelegramSettings extends TelegramAddress {
  readonly chat: string;
}

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
      const answer = await callTelegram(send, settings, "sendMessage", {
        chat_id: settings.chat,
        text: text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS - 1)}…` : text,
        link_preview_options: { is_disabled: true },
        disable_notification: message.kind === "cleared",
      });
      return answer.ok ? ok(true) : answer;
    },
  };
}

/** An end and a test ask nobody for anything. */
function isForSomebody({ kind }: AlertMessage): boolean {
  return kind !== "cleared" && kind !== "test";
}
