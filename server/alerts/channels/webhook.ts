// Webhook: JSON with a timestamp and an HMAC over both, so that the receiver knows who sent it and that it is not an old one.
import { createHmac } from "node:crypto";
import { err, ok } from "@/lib/errors/result";
import { statusError, type Send } from "@/server/alerts/send";
import { saidOf, type Channel } from "./channel";

export interface WebhookSettings {
  readonly url: string;
  readonly secret: string;
}

export function createWebhook(send: Send, settings: WebhookSettings, nowMs: () => number): Channel {
  const { host } = new URL(settings.url);
  return {
    id: "webhook",
    target: host,
    async deliver(message) {
      const { id, kind, title, body: text, link, alert } = message;
      const body = JSON.stringify({ version: 1, id, kind, title, text, link, alert });
      const timestampSec = String(Math.floor(nowMs() / 1_000));
      const answer = await send({
        method: "POST",
        url: settings.url,
        headers: {
          "content-type": "application/json",
          "x-tidegate-id": id,
          "x-tidegate-timestamp": timestampSec,
          "x-tidegate-signature": `v1=${signatureOf(settings.secret, timestampSec, body)}`,
        },
        body,
      });
      if (!answer.ok) return answer;
      const { status, text: said } = answer.value;
      return status >= 200 && status < 300 ? ok(true) : err(statusError(host, answer.value, saidOf(said)));
    },
  };
}

/** HMAC-SHA256 over `timestamp.body`, hex. */
function signatureOf(secret: string, timestampSec: string, body: string): string {
  return createHmac("sha256", secret).update(`${timestampSec}.${body}`).digest("hex");
}
