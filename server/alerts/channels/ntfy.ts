// ntfy: publish as JSON to the server's root, with priority, tags and a link that opens the desk.
import type { AlertMessage } from "@/lib/alerts/message";
import { err, ok } from "@/lib/errors/result";
import { statusError, type Send } from "@/server/alerts/send";
import { saidOf, type Channel } from "./channel";

export interface NtfySettings {
  readonly url: string;
  readonly topic: string;
  readonly token: string | null;
}

/** 5 rings through, 4 is loud, 2 is silent. */
const PRIORITY = { critical: 5, warn: 4, info: 2 } as const;
const TAG = { critical: "rotating_light", warn: "warning", info: "information_source" } as const;

export function createNtfy(send: Send, settings: NtfySettings): Channel {
  const { host } = new URL(settings.url);
  return {
    id: "ntfy",
    // Whoever knows a topic can read it.
    target: `topic ${settings.topic.slice(0, 2)}… at ${host}`,
    async deliver(message) {
      const answer = await send({
        method: "POST",
        url: settings.url,
        headers: {
          "content-type": "application/json",
          ...(settings.token === null ? {} : { authorization: `Bearer ${settings.token}` }),
        },
        body: JSON.stringify({
          topic: settings.topic,
          title: message.title,
          message: message.body,
          click: message.link,
          priority: priorityOf(message),
          tags: [message.kind === "cleared" ? "white_check_mark" : TAG[message.alert.severity], message.alert.ruleId],
        }),
      });
      if (!answer.ok) return answer;
      const { status, text } = answer.value;
      return status >= 200 && status < 300 ? ok(true) : err(statusError(host, answer.value, saidOf(text)));
    },
  };
}

function priorityOf(message: AlertMessage): number {
  return message.kind === "cleared" ? 2 : PRIORITY[message.alert.severity];
}
