// From a Request to a Response: finds the route, guards it (size, rate, origin, session), runs it; never leaks a stack trace.
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { contract, OPENAPI_PATH, STREAM_PATH } from "@/lib/api/contract";
import { errorText } from "@/lib/errors/tidegate-error";
import { errorResponse, type ApiError } from "./api-error";
import type { ApiDeps } from "./deps";
import type { BoundHandler } from "./handler";
import { openApiDocument } from "./openapi";
import type { Lane } from "./rate-limiter";
import { findSession, requireRole, type Session } from "./session";
import { openStream } from "./stream";

const MAX_BODY_BYTES = 64 * 1024;
const GZIP_FROM_CHARS = 64 * 1024;
const pack = promisify(gzip);

interface Compiled {
  readonly handler: BoundHandler;
  readonly segments: readonly string[];
}

export interface Router {
  handle(request: Request): Promise<Response>;
}

export function createRouter(deps: ApiDeps, handlers: readonly BoundHandler[]): Router {
  const routes: readonly Compiled[] = handlers.map((handler) => ({
    handler,
    segments: handler.route.path.split("/").slice(1),
  }));

  async function handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/, "") : url.pathname;
    if (path === OPENAPI_PATH && request.method === "GET") {
      return Response.json(openApiDocument(deps.settings.version), { headers: { "cache-control": "no-store" } });
    }
    const caller = callerOf(request);
    if (path === STREAM_PATH && request.method === "GET") return handleStream(request, caller);

    const matches = routes.flatMap((route) => {
      const params = matchPath(route.segments, path);
      return params === null ? [] : [{ route, params }];
    });
    if (matches.length === 0) {
      return errorResponse({
        code: "not_found",
        message: `There is no ${path}. GET ${OPENAPI_PATH} lists every route.`,
      });
    }
    const match = matches.find(({ route }) => route.handler.route.method === request.method);
    if (match === undefined) {
      const allowed = matches.map(({ route }) => route.handler.route.method).join(", ");
      const response = errorResponse({
        code: "method_not_allowed",
        message: `${path} takes ${allowed}, not ${request.method}.`,
      });
      response.headers.set("allow", allowed);
      return response;
    }
    const { route: shape } = match.route.handler;

    const body = await readBody(request);
    if (body.kind === "error") return errorResponse(body.error);
    const lane = laneOf(shape.path, shape.method, body.value);
    const waitSec = deps.rateLimiter.take(lane, caller);
    if (waitSec !== null) return tooMany(lane, waitSec);
    if (shape.method !== "GET") {
      const refused = checkOrigin(deps, request);
      if (refused !== null) return errorResponse(refused);
    }
    let session: Session | null = null;
    if (shape.auth !== "none" || shape.path === contract.session.path) {
      const found = await findSession(deps, request);
      // Public reads need no session, so a store that cannot tell is only fatal where one is required.
      if (!found.ok && (shape.auth === "session" || !deps.settings.isPublicRead)) return errorResponse(found.error);
      session = found.ok ? found.value : null;
    }
    const answer = await match.route.handler.run(deps, {
      params: match.params,
      query: Object.fromEntries(url.searchParams),
      body: body.value,
      session,
      request,
    });
    if (!answer.ok) {
      if (shape.method !== "GET") logRefusal(deps, shape.path, caller, session, answer.error);
      return errorResponse(answer.error);
    }
    return jsonResponse(request, answer.value.data, {
      status: shape.status,
      headers: { "cache-control": "no-store", ...answer.value.headers },
    });
  }

  async function handleStream(request: Request, caller: string): Promise<Response> {
    const waitSec = deps.rateLimiter.take("read", caller);
    if (waitSec !== null) return tooMany("read", waitSec);
    const found = await findSession(deps, request);
    const session = found.ok ? found.value : null;
    if (!deps.settings.isPublicRead) {
      if (!found.ok) return errorResponse(found.error);
      const allowed = requireRole(session, "viewer");
      if (!allowed.ok) return errorResponse(allowed.error);
    }
    const origin = request.headers.get("origin");
    if (origin !== null && origin !== deps.settings.origin) {
      return errorResponse({
        code: "forbidden",
        message: `Streams are for pages of ${deps.settings.origin}, not ${origin}.`,
      });
    }
    return openStream(deps, request, session?.id ?? `anonymous:${caller}`);
  }

  return {
    async handle(request) {
      try {
        return await handle(request);
      } catch (error) {
        deps.log.error("api.failed", { path: new URL(request.url).pathname, reason: errorText(error) });
        return errorResponse({
          code: "internal",
          message: "This request failed inside; the log has the cause. Nothing was changed by it.",
        });
      }
    },
  };
}

/** Long answers (a month of minutes) are packed for whoever takes gzip; short ones are not worth the time. */
async function jsonResponse(
  request: Request,
  data: unknown,
  init: { readonly status: number; readonly headers: Record<string, string> },
): Promise<Response> {
  const text = JSON.stringify(data);
  const headers = { ...init.headers, "content-type": "application/json", vary: "accept-encoding" };
  if (text.length < GZIP_FROM_CHARS || !/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) {
    return new Response(text, { status: init.status, headers });
  }
  const packed = await pack(text);
  return new Response(new Uint8Array(packed), {
    status: init.status,
    headers: { ...headers, "content-encoding": "gzip", "content-length": String(packed.byteLength) },
  });
}

function matchPath(segments: readonly string[], path: string): Record<string, string> | null {
  const parts = path.split("/").slice(1);
  if (parts.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? "";
    if (segment.startsWith("{")) {
      // An escape that does not decode is passed on as it came: the schema of the parameter refuses it by name.
      params[segment.slice(1, -1)] = /%(?![0-9a-fA-F]{2})/.test(part) ? part : safeDecode(part);
    } else if (segment !== part) return null;
  }
  return params;
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

type Body = { readonly kind: "ok"; readonly value: unknown } | { readonly kind: "error"; readonly error: ApiError };

async function readBody(request: Request): Promise<Body> {
  if (request.method === "GET" || request.method === "HEAD") return { kind: "ok", value: {} };
  const tooLarge: Body = {
    kind: "error",
    error: { code: "too_large", message: `The body is over ${MAX_BODY_BYTES} bytes; no command needs that much.` },
  };
  if (Number(request.headers.get("content-length") ?? "0") > MAX_BODY_BYTES) return tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body !== null) {
    const reader = request.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > MAX_BODY_BYTES) {
        await reader.cancel();
        return tooLarge;
      }
      chunks.push(value);
    }
  }
  if (size === 0) return { kind: "ok", value: {} };
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\b/i.test(type)) {
    return {
      kind: "error",
      error: {
        code: "bad_request",
        field: "content-type",
        message: `Expected content-type application/json, got ${type === "" ? "none" : type}.`,
      },
    };
  }
  try {
    return { kind: "ok", value: JSON.parse(Buffer.concat(chunks).toString("utf8")) };
  } catch (error) {
    return {
      kind: "error",
      error: { code: "bad_request", field: "body", message: `The body is not JSON: ${errorText(error)}` },
    };
  }
}

/** Every act that is not a read must come from a page of this desk (safety.md section 6). */
function checkOrigin(deps: ApiDeps, request: Request): ApiError | null {
  const origin = request.headers.get("origin");
  if (origin === deps.settings.origin) return null;
  return {
    code: "forbidden",
    message: `Expected the Origin ${deps.settings.origin}, got ${origin ?? "none"}. Open the desk at that address, or set TG_ORIGIN to the one you use.`,
  };
}

function laneOf(path: string, method: string, body: unknown): Lane {
  if (path.startsWith("/api/auth/") && method === "POST") return "sign_in";
  if (path === contract.sandboxRpc.path || method === "GET") return "read";
  const action = typeof body === "object" && body !== null && "command" in body ? body.command : null;
  const isStop = typeof action === "object" && action !== null && "action" in action && action.action === "system.stop";
  return isStop ? "stop" : "command";
}

function tooMany(lane: Lane, waitSec: number): Response {
  return errorResponse({
    code: "rate_limited",
    message: `Too many requests (${lane}); try again in ${Math.ceil(waitSec)} s.`,
    retryAfterSec: waitSec,
  });
}

/** Address of the caller as the server in front passed it on; one bucket for all where there is none. */
function callerOf(request: Request): string {
  return request.headers.get("x-forwarded-for")?.split(",")[0]?.trim() ?? "local";
}

function logRefusal(deps: ApiDeps, path: string, caller: string, session: Session | null, error: ApiError): void {
  deps.log.warn("api.refused", {
    path,
    caller,
    address: session?.address ?? null,
    code: error.code,
    field: error.field ?? null,
    reason: error.message,
  });
}
