// From a Request to a Response: finds the route, guards it (size, rate, origin, session), runs it; never leaks a stack trace.
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { contract, OPENAPI_PATH, STREAM_PATH, type RouteAuth } from "@/lib/api/contract";
import { API_SECURITY_HEADERS, checkGate } from "@/lib/api/request-gate";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText } from "@/lib/errors/tidegate-error";
import { errorResponse, type ApiError } from "./api-error";
import type { ApiDeps } from "./deps";
import type { BoundHandler } from "./handler";
import { openApiDocument } from "./openapi";
import type { Lane } from "./rate-limiter";
import { createRefusalLog } from "./refusal-log";
import { findSession, presentedSessionId, readLiveSession, requireRole, type Session } from "./session";
import { createSharedReads } from "./shared-reads";
import { openStream } from "./stream";

const MAX_BODY_BYTES = 64 * 1024;
/** From here on packing costs less than the bytes on a line to a phone. */
const GZIP_FROM_CHARS = 8 * 1024;
const pack = promisify(gzip);

/** Longest a body may take to arrive, ms: who sends a byte a second keeps no request open. */
const BODY_TIMEOUT_MS = 10_000;
/** Open to anybody, but who is signed in is told more. */
const SAYS_MORE_WITH_SESSION: ReadonlySet<string> = new Set([contract.session.path, contract.health.path]);

/** Who asks, as far as it is known yet. */
interface Seen {
  readonly caller: string;
  session: Session | null;
}

/** What a handler gave, as it is sent; readers that share a reading share its text and its packed form. */
interface Sendable {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  packed(): Promise<Uint8Array>;
}

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
  const refusals = createRefusalLog(deps.log, deps.nowMs);
  const shared = createSharedReads<Result<Sendable, ApiError>>();

  async function answer(request: Request, seen: Seen): Promise<Response | ApiError> {
    const url = new URL(request.url);
    const refusedAtGate = checkGate(deps.settings.origin, {
      method: request.method,
      target: `${url.pathname}${url.search}`,
      host: request.headers.get("host") ?? url.host,
      headerNames: request.headers.keys(),
    });
    if (refusedAtGate !== null) return refusedAtGate;
    const tooMany = take("any", seen.caller);
    if (tooMany !== null) return tooMany;
    const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/, "") : url.pathname;
    if (path === OPENAPI_PATH && request.method === "GET") {
      return send(request, sendable(openApiDocument(deps.settings.version), { status: 200 }));
    }
    if (path === STREAM_PATH && request.method === "GET") return answerStream(request, seen);

    const matches = routes.flatMap((route) => {
      const params = matchPath(route.segments, path);
      return params === null ? [] : [{ route, params }];
    });
    if (matches.length === 0) {
      return {
        code: "not_found",
        message: `There is no ${path.slice(0, 200)}. GET ${OPENAPI_PATH} lists every route.`,
      };
    }
    const match = matches.find(({ route }) => route.handler.route.method === request.method);
    if (match === undefined) {
      const allow = matches.map(({ route }) => route.handler.route.method).join(", ");
      return { code: "method_not_allowed", message: `${path} takes ${allow}, not ${request.method}.`, allow };
    }
    const { route: shape } = match.route.handler;
    const query = readQuery(url.searchParams);
    if (!query.ok) return query.error;
    if (shape.method !== "GET") {
      const refused = checkOrigin(deps, request);
      if (refused !== null) return refused;
    }
    const body = await readBody(request);
    if (body.kind === "error") return body.error;
    if (shape.auth !== "none" || SAYS_MORE_WITH_SESSION.has(shape.path)) {
      const found = await findSession(deps, request);
      // Public reads need no session, so a store that cannot tell is only fatal where one is required.
      if (!found.ok && isSessionNeeded(deps, shape)) return found.error;
      seen.session = found.ok ? found.value : null;
    }
    const lane = laneOf(shape.path, shape.method, body.value);
    const limited = take(lane, seen.session?.address ?? seen.caller);
    if (limited !== null) return limited;
    const { handler } = match.route;
    const allowed = handler.allow(deps, seen.session);
    if (!allowed.ok) return allowed.error;
    const run = async (): Promise<Result<Sendable, ApiError>> => {
      deps.settingsDesk?.lookAgain();
      const given = await handler.run(deps, {
        params: match.params,
        query: query.value,
        body: body.value,
        session: seen.session,
        request,
      });
      if (!given.ok) return given;
      return ok(sendable(given.value.data, { status: shape.status, headers: given.value.headers }));
    };
    // What a read says depends on its address alone, not on who asks; whether they may was asked above.
    const given = await (shape.method === "GET" && shape.auth === "read"
      ? shared.read(`${path}${url.search}`, run)
      : run());
    return given.ok ? send(request, given.value) : given.error;
  }

  function take(lane: Lane, caller: string): ApiError | null {
    const waitSec = deps.rateLimiter.take(lane, caller);
    if (waitSec === null) return null;
    return {
      code: "rate_limited",
      message: `Too many requests (${lane}); try again in ${Math.ceil(waitSec)} s.`,
      retryAfterSec: waitSec,
    };
  }

  async function answerStream(request: Request, seen: Seen): Promise<Response | ApiError> {
    const refused = checkStreamOrigin(deps, request);
    if (refused !== null) return refused;
    const found = await findSession(deps, request);
    const session = found.ok ? found.value : null;
    seen.session = session;
    if (!deps.settings.isPublicRead) {
      if (!found.ok) return found.error;
      const allowed = requireRole(session, "viewer");
      if (!allowed.ok) return allowed.error;
    }
    const limited = take("read", session?.address ?? seen.caller);
    if (limited !== null) return limited;
    // A session that could not be looked up when the stream began is taken on as soon as it can be.
    const presented = found.ok ? null : presentedSessionId(deps, request);
    let owned = session;
    return openStream(deps, request, {
      key: session?.id ?? `anonymous:${seen.caller}`,
      hasSession: session !== null || presented !== null,
      address: () => owned?.address ?? null,
      isStillAllowed: async () => {
        const id = owned?.id ?? presented;
        if (id === null) return true;
        const now = await readLiveSession(deps, id, "look");
        // A store or signer that cannot tell ends nothing before its time.
        if (!now.ok) return owned === null || deps.nowMs() < owned.expiresAtMs;
        if (now.value !== null) owned = now.value;
        return now.value !== null;
      },
    });
  }

  return {
    async handle(request) {
      const seen: Seen = { caller: callerOf(request), session: null };
      try {
        const given = await answer(request, seen);
        if (given instanceof Response) return given;
        refusals.log(request, seen, given);
        return errorResponse(given);
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

function sendable(
  data: unknown,
  init: { readonly status: number; readonly headers?: Readonly<Record<string, string>> | undefined },
): Sendable {
  const text = JSON.stringify(data);
  let packed: Promise<Uint8Array> | null = null;
  return {
    status: init.status,
    headers: {
      ...API_SECURITY_HEADERS,
      "cache-control": "no-store",
      ...init.headers,
      "content-type": "application/json",
      vary: "accept-encoding",
    },
    text,
    packed: () => (packed ??= pack(text)),
  };
}

/** Long answers of GET are packed for whoever takes gzip; short ones are not worth the time. */
async function send(request: Request, answer: Sendable): Promise<Response> {
  const { status, headers, text } = answer;
  if (
    request.method !== "GET" ||
    text.length < GZIP_FROM_CHARS ||
    !/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")
  ) {
    return new Response(text, { status, headers });
  }
  const packed = new Uint8Array(await answer.packed());
  return new Response(packed, {
    status,
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
  const read = await readBytes(request);
  if (read === "too_large") return tooLarge;
  if (read === "too_slow") {
    return {
      kind: "error",
      error: {
        code: "bad_request",
        field: "body",
        status: 408,
        message: `The body did not arrive within ${BODY_TIMEOUT_MS / 1000} s; send it at once.`,
      },
    };
  }
  if (read === "broken_off") {
    return {
      kind: "error",
      error: { code: "bad_request", field: "body", message: "The body broke off before its end; send it again." },
    };
  }
  if (read.byteLength === 0) return { kind: "ok", value: {} };
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\b/i.test(type)) {
    return {
      kind: "error",
      error: {
        code: "bad_request",
        field: "content-type",
        message: `Expected content-type application/json, got ${type === "" ? "none" : type.slice(0, 80)}.`,
      },
    };
  }
  try {
    return { kind: "ok", value: JSON.parse(read.toString("utf8"), refuseUnsafe) };
  } catch (error) {
    return {
      kind: "error",
      error: { code: "bad_request", field: "body", message: `The body is not JSON: ${errorText(error)}` },
    };
  }
}

/** A field that would set the prototype of whoever copies it, or a number that no text of a hash can hold: neither is ever ours. */
function refuseUnsafe(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new SyntaxError("a field is called __proto__");
  if (typeof value === "number" && !Number.isFinite(value)) throw new SyntaxError(`${key} is no finite number`);
  return value;
}

async function readBytes(request: Request): Promise<Buffer | "too_large" | "too_slow" | "broken_off"> {
  if (request.body === null) return Buffer.alloc(0);
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"too_slow">((resolve) => {
    timer = setTimeout(() => resolve("too_slow"), BODY_TIMEOUT_MS);
  });
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), late]);
      if (next === "too_slow") {
        void reader.cancel();
        return "too_slow";
      }
      if (next.done) return Buffer.concat(chunks);
      size += next.value.byteLength;
      if (size > MAX_BODY_BYTES) {
        void reader.cancel();
        return "too_large";
      }
      chunks.push(next.value);
    }
  } catch {
    // Whoever sent it has gone; that is no failure of ours.
    return "broken_off";
  } finally {
    clearTimeout(timer);
  }
}

/** A key that is there twice means one thing to us and maybe another to whoever stands in front. */
function readQuery(search: URLSearchParams): Result<Record<string, string>, ApiError> {
  const names = [...search.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return ok(Object.fromEntries(search));
  const field = twice.slice(0, 40);
  return err({ code: "bad_request", field, message: `The query has ${field} more than once; give it once.` });
}

function isSessionNeeded(deps: ApiDeps, shape: { readonly auth: RouteAuth; readonly path: string }): boolean {
  if (shape.path === contract.health.path) return false;
  // "Nobody is signed in" must be known, not guessed: a page that is told so throws away what it was about to sign.
  if (shape.path === contract.session.path) return true;
  return shape.auth === "session" || !deps.settings.isPublicRead;
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

/** Address of the caller, written by our own server at the socket (callerAddress); `local` for a page of ours that asks in-process. */
function callerOf(request: Request): string {
  return (request.headers.get("x-forwarded-for") ?? "local").slice(0, 64);
}

/** A read sends no Origin from a page of ours; where it comes from is then what the browser says of it. */
function checkStreamOrigin(deps: ApiDeps, request: Request): ApiError | null {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  const isForeign = origin === null ? site === "cross-site" || site === "same-site" : origin !== deps.settings.origin;
  if (!isForeign) return null;
  return {
    code: "forbidden",
    message: `Streams are for pages of ${deps.settings.origin}, not ${origin ?? "another site"}.`,
  };
}
