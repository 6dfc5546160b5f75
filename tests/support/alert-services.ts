// Local servers that speak the wire formats of Telegram's sendMessage, getMe and getUpdates, ntfy's JSON publish, our signed webhook and a dead-man ping, and refuse what the real ones refuse.
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
  /** Somebody writes to the bot; returns the update's number. What nobody confirmed is handed out again, as Telegram does. */
  say(input: Said): number;
  /** Updates that were handed out and not confirmed yet, or not handed out at all. */
  pendingUpdates(): readonly number[];
  close(): Promise<void>;
}

export interface Said {
  readonly text: string;
  readonly userId?: number;
  /** Private with the writer when it is missing. */
  readonly chatId?: number;
  /** Unix seconds. */
  readonly dateSec?: number;
  readonly isBot?: boolean;
  /** More fields of the message, such as `forward_origin`. */
  readonly extra?: Readonly<Record<string, unknown>>;
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

export const BOT_NAME = "desk_bot";
/** Longest a question may be held, seconds. */
const MAX_HOLD_SEC = 50;

const updatesSchema = z.strictObject({
  offset: z.number().int().optional(),
  limit: z.number().int().min(1).max(100).optional(),
  timeout: z.number().int().min(0).optional(),
  allowed_updates: z.array(z.string()).optional(),
});

const telegramSchema = z.object({
  reply_parameters: z
    .object({ message_id: z.number().int(), allow_sending_without_reply: z.boolean().optional() })
    .optional(),
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
  const knownChats = new Set<string>();
  let updates: { readonly update_id: number; readonly message: unknown }[] = [];
  let nextUpdateId = 700_000;
  let held: { readonly give: () => void; readonly conflict: () => void } | null = null;

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
        const [, token, method] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
        if (token !== BOT_TOKEN) {
          return answer(request, response, 401, { ok: false, error_code: 401, description: "Unauthorized" });
        }
        if (method === "getMe") {
          return answer(request, response, 200, {
            ok: true,
            result: { id: 123_456, is_bot: true, first_name: "Desk", username: BOT_NAME },
          });
        }
        if (method === "getUpdates") return holdUpdates(request, response, updatesSchema.parse(body));
        if (method !== "sendMessage") {
          return answer(request, response, 404, { ok: false, error_code: 404, description: "Not Found" });
        }
        const parsed = telegramSchema.safeParse(body);
        // A bot may write to its chat, and to who wrote to it before.
        if (!parsed.success || !(String(parsed.data.chat_id) === CHAT || knownChats.has(String(parsed.data.chat_id)))) {
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

  /** Waits for something new; a second question ends the first one with 409, as Telegram does. */
  function holdUpdates(
    request: IncomingMessage,
    response: ServerResponse,
    input: z.output<typeof updatesSchema>,
  ): void {
    held?.conflict();
    const { offset } = input;
    // Asking from a number on confirms all below it: they are gone for good.
    if (offset !== undefined) updates = updates.filter((update) => update.update_id >= offset);
    const give = (): void => {
      held = null;
      clearTimeout(timer);
      answer(request, response, 200, { ok: true, result: updates.slice(0, input.limit ?? 100) });
    };
    const timer = setTimeout(give, Math.min(input.timeout ?? 0, MAX_HOLD_SEC) * 1_000);
    held = {
      give,
      conflict: () => {
        clearTimeout(timer);
        answer(request, response, 409, {
          ok: false,
          error_code: 409,
          description:
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        });
      },
    };
    request.socket.once("close", () => {
      clearTimeout(timer);
      if (held?.give === give) held = null;
    });
    if (updates.length > 0) give();
  }

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
    say({
      text,
      userId = 4_242,
      chatId = userId,
      dateSec = Math.floor(Date.now() / 1_000),
      isBot = false,
      extra = {},
    }) {
      nextUpdateId += 1;
      knownChats.add(String(chatId));
      const isPrivate = chatId === userId;
      updates.push({
        update_id: nextUpdateId,
        message: {
          message_id: nextUpdateId - 699_000,
          from: { id: userId, is_bot: isBot, first_name: "Ada" },
          chat: isPrivate ? { id: chatId, type: "private", first_name: "Ada" } : { id: chatId, type: "supergroup" },
          date: dateSec,
          text,
          ...extra,
        },
      });
      held?.give();
      return nextUpdateId;
    },
    pendingUpdates: () => updates.map((update) => update.update_id),
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
