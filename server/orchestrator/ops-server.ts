// The ops port: health, readiness, Prometheus metrics, and the same API handlers as the desk, on loopback.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { API_SECURITY_HEADERS, checkGate, FORWARDING_HEADERS } from "@/lib/api/request-gate";

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface OpsDeps {
  /** Address of the desk: requests for another site's name are refused, as there. */
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  /** The process lives and its loop turns. */
  readonly health: () => { readonly ok: boolean; readonly detail: string };
  /** What it needs to do its work. */
  readonly readiness: () => Promise<readonly HealthCheck[]>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** The API; null when it could not be opened, then `apiProblem` says why. */
  readonly api: ((request: Request) => Promise<Response>) | null;
  readonly apiProblem: string | null;
  readonly onError: (error: unknown) => void;
  readonly onRefused: (refusal: { readonly method: string; readonly caller: string; readonly reason: string }) => void;
}

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;
const HEADER_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 60_000;

export async function startOpsServer(deps: OpsDeps): Promise<OpsServer> {
  const server = createServer(
    {
      headersTimeout: HEADER_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      connectionsCheckingInterval: 2_000,
    },
    (req, res) => {
      void answer(deps, req, res);
    },
  );
  server.listen(deps.port, deps.host);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : deps.port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(deps: OpsDeps, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const refusal = checkGate(deps.origin, {
      method: req.method ?? "GET",
      target: req.url ?? "/",
      host: req.headersDistinct["host"]?.length === 1 ? (req.headers.host ?? null) : null,
      headerNames: Object.keys(req.headers),
    });
    if (refusal !== null) {
      deps.onRefused({ method: req.method ?? "", caller: req.socket.remoteAddress ?? "", reason: refusal.message });
      sendJson(res, refusal.status, {
        error: { code: refusal.code, message: refusal.message, field: refusal.field, details: {} },
      });
      return;
    }
    const path = (req.url ?? "/").split("?")[0] ?? "/";
    if (!path.startsWith("/api/") && req.method !== "GET" && req.method !== "HEAD") {
      sendJson(res, 405, {
        error: { code: "method_not_allowed", message: `${path} takes GET.`, field: null, details: {} },
      });
      return;
    }
    if (path === "/healthz") return sendHealth(deps, res);
    if (path === "/readyz") return await sendReadiness(deps, res);
    if (path === "/metrics") return await sendMetrics(deps, res);
    if (path === "/api" || path.startsWith("/api/")) return await sendApi(deps, req, res);
    sendJson(res, 404, {
      error: {
        code: "not_found",
        message: `There is no ${path} here; this port serves /healthz, /readyz, /metrics and /api.`,
      },
    });
  } catch (error) {
    deps.onError(error);
    if (!res.headersSent) {
      sendJson(res, 500, {
        error: { code: "internal", message: "The request failed inside; see the orchestrator's log." },
      });
    } else res.destroy();
  }
}

function sendHealth(deps: OpsDeps, res: ServerResponse): void {
  const health = deps.health();
  sendJson(res, health.ok ? 200 : 503, { status: health.ok ? "ok" : "stopped", detail: health.detail });
}

async function sendReadiness(deps: OpsDeps, res: ServerResponse): Promise<void> {
  const checks = await deps.readiness();
  const isReady = checks.every((check) => check.ok);
  sendJson(res, isReady ? 200 : 503, { ready: isReady, checks });
}

async function sendMetrics(deps: OpsDeps, res: ServerResponse): Promise<void> {
  const { contentType, body } = await deps.metrics();
  res.writeHead(200, { "content-type": contentType, "cache-control": "no-store" }).end(body);
}

async function sendApi(deps: OpsDeps, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (deps.api === null) {
    sendJson(res, 503, { error: { code: "unavailable", message: deps.apiProblem ?? "The API is not available." } });
    return;
  }
  const body = await readBody(req);
  if (body === null) {
    sendJson(res, 413, { error: { code: "too_large", message: `The body must not exceed ${MAX_BODY_BYTES} bytes.` } });
    return;
  }
  const abort = new AbortController();
  res.once("close", () => abort.abort());
  const response = await deps.api(toRequest(req, body, abort.signal));
  res.writeHead(response.status, Object.fromEntries(headerEntries(response.headers)));
  if (response.body === null) {
    res.end();
    return;
  }
  try {
    await pipeline(Readable.from(chunksOf(response.body)), res);
  } catch (error) {
    // A client that went away (every closed event stream does) is no failure.
    if (!abort.signal.aborted) throw error;
  }
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

function toRequest(req: IncomingMessage, body: Buffer, signal: AbortSignal): Request {
  const method = req.method ?? "GET";
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, each);
  }
  // Only who is at the other end of this connection is known; what the client writes about itself is not.
  for (const name of FORWARDING_HEADERS) headers.delete(name);
  headers.set("x-forwarded-for", req.socket.remoteAddress ?? "unknown");
  const url = `http://${req.headers.host ?? "localhost"}${req.url ?? "/"}`;
  const hasBody = method !== "GET" && method !== "HEAD" && body.length > 0;
  return new Request(url, { method, headers, signal, ...(hasBody ? { body: new Uint8Array(body) } : {}) });
}

/** Set-Cookie may appear several times and must stay apart. */
function headerEntries(headers: Headers): [string, string | string[]][] {
  const entries: [string, string | string[]][] = [...headers.entries()].filter(([name]) => name !== "set-cookie");
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) entries.push(["set-cookie", cookies]);
  return entries;
}

async function readBody(req: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res
    .writeHead(status, { ...API_SECURITY_HEADERS, "content-type": "application/json", "cache-control": "no-store" })
    .end(JSON.stringify(body));
}
