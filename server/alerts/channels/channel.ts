// What every channel offers: how it is called, where it goes (masked), and one way to deliver a message.
import type { ChannelId } from "@/lib/alerts/alert";
import type { AlertMessage } from "@/lib/alerts/message";
import type { Result } from "@/lib/errors/result";
import type { AlertError } from "@/server/alerts/alert-error";

export interface Channel {
  readonly id: ChannelId;
  /** Where it goes, without anything that could be used to send or read there. */
  readonly target: string;
  deliver(message: AlertMessage): Promise<Result<true, AlertError>>;
}

/** First characters of what a service said, on one line. */
export function saidOf(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .slice(0, 160);
}
