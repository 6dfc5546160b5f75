// Local servers that speak the wire formats of Telegram's sendMessage, ntfy's JSON publish, our signed webhook and a dead-man ping, and refuse what the real ones refuse.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";

/** What a service received and accepted. */
export interface Received {
  readonly service: "telegram" | "ntfy" | "webhook" | "ping";
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AlertServices {
  readonly url: string;
  /** `127.0.0.1:port`, for the list of private hosts. */
  readonly host: string;
  readonly received: Received[];
  /** Everything that was asked, also what was refused: path and status. */
  readonly asked: { readonly path: string; readonly status: number }[];
  /** Next answers of a service, in order; afterwards it works again. */
  fail(service: Received["service"], ...answers: Failure[]): void;
  close(): Promise<void>;
}

export type Failure =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "telegram_flood"; readonly retryAfterSec: number }
  | { readonly kind: "hang_up" }
  | { readonly kind: "never" }
  | { readonly kind: "redirect"; readonly to: string };

export const BOT_TOKEN = "123456:AAbbCCddEEffGGhhIIjjKK";
export const CHAT = "-1001234567890";
export const NTFY_TOPIC = "desk-9f2c";
export const NTFY_TOKEN = "tk_secretsecretsecret";
export const HOOK_SECRET = "a-long-shared-secret";
/** A receiver drops what is older. */
const HOOK_MAX_AGE_SEC = 300;

const telegramSchema = z.object({
  chat_id: z.union([z.string(), z.number()]),
  text: z.string().min(1).max(4_096),
  link_preview_options: z.object({ is_disabled: z.boolean() }).optional(),
  disable_notification: z.boolean().optional(),
});
const ntfySchema = z.strictObject({
  topic: z.string(),
  title: z.string(),
  message: z.string(),
  click: z.url(),
  priority: z.number().int().min(1).max(5),
  tags: z.array(z.string()),
});

export async function startAlertServices(): Promise<AlertServices> {
  const received: Received[] = [];
  const asked: { path: string; status: number }[] = [];
  const failures = new Map<Received["service"], Failure[]>();

  const answer = (
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): void => {
    asked.push({ path: request.url ?? "", status });
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const path = request.url ?? "";
      const service = path.startsWith("/bot")
        ? "telegram"
        : path === "/hook"
          ? "webhook"
          : path.startsWith("/ping/")
            ? "ping"
            : "ntfy";
      const failure = failures.get(service)?.shift();
      if (failure !== undefined) {
        misbehave(request, response, failure);
        return;
      }
      const body = jsonOf(text);
      if (service === "telegram") {
        if (path !== `/bot${BOT_TOKEN}/sendMessage`) {
          return answer(request, response, 401, { ok: false, error_code: 401, description: "Unauthorized" });
        }
        const parsed = telegramSchema.safeParse(body);
        if (!parsed.success || String(parsed.data.chat_id) !== CHAT) {
          return answer(request, response, 400, {
            ok: false,
            error_code: 400,
            description: "Bad Request: chat not found",
          });
        }
        received.push({ service, body: parsed.data });
        return answer(request, response, 200, { ok: true, result: { message_id: received.length } });
      }
      if (service === "ntfy") {
        if (request.headers.authorization !== `Bearer ${NTFY_TOKEN}`) {
          return answer(request, response, 403, { code: 40301, http: 403, error: "forbidden" });
        }
        const parsed = ntfySchema.safeParse(body);
        if (request.method !== "POST" || path !== "/" || !parsed.success) {
          return answer(request, response, 400, {
            code: 40024,
            http: 400,
            error: "invalid request: body must be valid JSON",
          });
        }
        received.push({ service, body: parsed.data });
        return answer(request, response, 200, { id: "abc", event: "message", topic: parsed.data.topic });
      }
      if (service === "webhook") {
        const problem = hookProblem(request, text);
        if (problem !== null) return answer(request, response, 401, { error: problem });
        received.push({ service, body: z.record(z.string(), z.unknown()).parse(body) });
        return answer(request, response, 200, {});
      }
      received.push({ service: "ping", body: {} });
      return answer(request, response, 200, "OK");
    });
  });

  function misbehave(request: IncomingMessage, response: ServerResponse, failure: Failure): void {
    switch (failure.kind) {
      case "status":
        return answer(request, response, failure.status, {}, failure.headers ?? {});
      case "telegram_flood":
        return answer(request, response, 429, {
          ok: false,
          error_code: 429,
          description: `Too Many Requests: retry after ${failure.retryAfterSec}`,
          parameters: { retry_after: failure.retryAfterSec },
        });
      case "redirect":
        return answer(request, response, 302, {}, { location: failure.to });
      case "hang_up":
        request.socket.destroy();
        return;
      case "never":
        return;
    }
  }

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    received,
    asked,
    fail: (service, ...answers) => failures.set(service, [...(failures.get(service) ?? []), ...answers]),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** As the manual tells a receiver to check it. */
function hookProblem(request: IncomingMessage, text: string): string | null {
  const timestamp = String(request.headers["x-tidegate-timestamp"] ?? "");
  const signature = String(request.headers["x-tidegate-signature"] ?? "");
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > HOOK_MAX_AGE_SEC) return "old";
  const wanted = Buffer.from(`v1=${createHmac("sha256", HOOK_SECRET).update(`${timestamp}.${text}`).digest("hex")}`);
  const got = Buffer.from(signature);
  return wanted.length === got.length && timingSafeEqual(wanted, got) ? null : "signature";
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schemas of the services refuse it.
    return null;
  }
}
