// The ops port: health, readiness, Prometheus metrics, and the same API handlers as the desk, on loopback.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { API_SECURITY_HEADERS, checkGate } from "@/lib/api/request-gate";

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
  readonly api: ((req: IncomingMessage, res: ServerResponse) => Promise<void>) | null;
  readonly apiProblem: string | null;
  readonly onError: (error: unknown) => void;
  readonly onRefused: (refusal: { readonly method: string; readonly caller: string; readonly reason: string }) => void;
}

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

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
    if (path === "/api" || path.startsWith("/api/")) {
      if (deps.api !== null) return await deps.api(req, res);
      sendJson(res, 503, { error: { code: "unavailable", message: deps.apiProblem ?? "The API is not available." } });
      return;
    }
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

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res
    .writeHead(status, { ...API_SECURITY_HEADERS, "content-type": "application/json", "cache-control": "no-store" })
    .end(JSON.stringify(body));
}
