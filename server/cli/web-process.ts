// The desk as one process by house convention: answers the API itself, serves the Next build for the rest, ends when its control channel closes; mode `build` builds it first.
import { spawn } from "node:child_process";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import next from "next";
import { API_SECURITY_HEADERS, callerAddress, checkGate, FORWARDING_HEADERS } from "@/lib/api/request-gate";
import { errorText } from "@/lib/errors/tidegate-error";
import { handleApi } from "@/server/api/index";
import { answerOverHttp } from "@/server/api/node-http";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings, type Settings } from "@/server/config/load";
import { installDrain } from "@/server/infra/process/control-channel";
import { projectRoot } from "@/server/infra/process/launch";
import { createLogger } from "@/server/infra/telemetry/logger";
import type { Logger } from "@/server/infra/telemetry/logger-port";

const root = projectRoot(import.meta.url);
const [mode = "serve", portText = "3000", host = "127.0.0.1"] = process.argv.slice(2);
/** Time for the request line and headers, and for a whole request: who sends a byte a second holds no connection (safety.md section 6). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 60_000;
/** Streams (500), pages and reads, with room; choice. */
const MAX_CONNECTIONS = 1_500;
const MAX_HEADERS = 100;
/** Refusals in the log at once and per second after; a flood must not fill the disk. */
const LOG_BURST = 2_000;
const LOG_PER_SEC = 20;

if (mode === "build") runBuild();
else await serve(Number(portText), mode === "dev");

async function serve(port: number, isDev: boolean): Promise<void> {
  const settings = loadSettings({ env: readProcessEnv(), cwd: process.cwd() });
  if (!settings.ok) {
    process.stderr.write(`error: ${settings.error.message}\n`);
    process.exit(1);
  }
  const log = createLogger({ name: "web", level: settings.value.logLevel, file: settings.value.logFile ?? undefined });
  const gate = createGate(settings.value, log);
  const app = next({ dev: isDev, dir: root, hostname: host, port });
  await app.prepare();
  const handle = app.getRequestHandler();
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      connectionsCheckingInterval: 2_000,
    },
    (request, response) => {
      const caller = gate(request, response);
      if (caller === null) return;
      if (!isDev && isApi(request)) void answerApi(log, request, response, caller);
      else void handle(request, response);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.maxHeadersCount = MAX_HEADERS;
  installDrain({
    drain: async () => {
      server.closeAllConnections();
      await Promise.race([app.close(), new Promise((resolve) => setTimeout(resolve, 500))]);
    },
    graceMs: 1_500,
    channel: "stdin",
  });
  server.once("error", (error) => {
    process.stderr.write(`error: the desk cannot listen on ${host}:${port}: ${error.message}\n`);
    process.exit(1);
  });
  server.listen(port, host, () => {
    process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
    const pairId = settings.value.pairs?.[0];
    if (!isDev) void warmUp(port, ["/overview", ...(pairId === undefined ? [] : [`/pairs/${pairId}`])]);
  });
}

/** Next loads a page's code with its first request, a second the first visitor would wait; one page of each kind brings most of it. */
async function warmUp(port: number, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await new Promise<void>((resolve) => {
      const asked = get({ host, port, path, headers: { host: "localhost" }, agent: false }, (response) => {
        response.resume();
        response.once("close", resolve);
      });
      // Only time is lost with it; whoever comes next meets the same trouble and is told.
      asked.once("error", () => resolve());
    });
  }
}

/** Next would take five milliseconds for each of them, most of what a reading costs; in development it answers, to reload what changed. */
function isApi(request: IncomingMessage): boolean {
  return (request.url ?? "").startsWith("/api/");
}

async function answerApi(
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
  caller: string,
): Promise<void> {
  try {
    await answerOverHttp(handleApi, request, response, caller);
  } catch (error) {
    log.error("web.answer-broken", { path: (request.url ?? "").slice(0, 200), reason: errorText(error) });
    response.destroy();
  }
}

/**
 * What every request passes before anything else sees it: the address of who asks, null when it was refused here. Access is decided in
 * the handlers, never here.
 */
function createGate(
  settings: Settings,
  log: Logger,
): (request: IncomingMessage, response: ServerResponse) => string | null {
  const isHttps = settings.origin.startsWith("https:");
  let lines = LOG_BURST;
  let refilledAtMs = performance.now();
  let dropped = 0;

  function say(request: IncomingMessage, caller: string, refusal: { readonly code: string; readonly message: string }) {
    const now = performance.now();
    lines = Math.min(LOG_BURST, lines + ((now - refilledAtMs) / 1000) * LOG_PER_SEC);
    refilledAtMs = now;
    if (lines < 1) {
      dropped += 1;
      return;
    }
    lines -= 1;
    log.warn("web.refused", {
      method: request.method ?? "",
      path: (request.url ?? "").split("?", 1)[0]?.slice(0, 200) ?? "",
      caller,
      code: refusal.code,
      reason: refusal.message.slice(0, 400),
      ...(dropped === 0 ? {} : { notLoggedCount: dropped }),
    });
    dropped = 0;
  }

  return (request, response) => {
    const caller = callerAddress({
      forwardedFor: textOf(request.headers["x-forwarded-for"]),
      socketAddress: request.socket.remoteAddress ?? null,
      proxyHops: settings.proxyHops,
    });
    const target = request.url ?? "/";
    const refusal =
      checkGate(settings.origin, {
        method: request.method ?? "GET",
        target,
        // Two of them mean one host to us and maybe the other to whoever stands in front.
        host: request.headersDistinct["host"]?.length === 1 ? (request.headers.host ?? null) : null,
        headerNames: Object.keys(request.headers),
      }) ??
      checkMethod(request.method ?? "GET", target) ??
      checkFile(target);
    if (refusal !== null) {
      say(request, caller, refusal);
      response.writeHead(refusal.status, {
        ...API_SECURITY_HEADERS,
        "content-type": "application/json",
        "cache-control": "no-store",
        connection: "close",
        ...(refusal.status === 405 ? { allow: "GET, HEAD" } : {}),
      });
      response.end(
        JSON.stringify({ error: { code: refusal.code, message: refusal.message, field: refusal.field, details: {} } }),
      );
      return null;
    }
    // Also on what Next serves as a file; pages add their content policy (proxy.ts), the API its own.
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cross-origin-resource-policy", "same-origin");
    if (isHttps) response.setHeader("strict-transport-security", "max-age=31536000; includeSubDomains");
    for (const name of FORWARDING_HEADERS) delete request.headers[name];
    request.headers["x-forwarded-for"] = caller;
    return caller;
  };
}

/** Pages are read only; every act is a JSON request below /api, whose router names the methods of each path. */
function checkMethod(method: string, target: string) {
  if (target.startsWith("/api/") || method === "GET" || method === "HEAD") return null;
  return {
    status: 405 as const,
    code: "method_not_allowed" as const,
    field: "method",
    message: `Pages take GET, not ${method.slice(0, 20)}; acts are signed commands to /api/commands.`,
  };
}

/**
 * Hidden files and source maps are nobody's, whatever a build leaves lying beside its scripts; the data form of pages, a second name
 * under which Next answers for each of them, is not ours at all.
 */
function checkFile(target: string) {
  const path = target.split("?", 1)[0] ?? "";
  if (!/\/\.|\.map$|^\/_next\/data\//.test(path)) return null;
  return {
    status: 404 as const,
    code: "not_found" as const,
    field: "path",
    message: `There is no ${path.slice(0, 200)}.`,
  };
}

function textOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  return typeof header === "string" ? header : header.join(", ");
}

/** The build is a child in an own group: it ends with us, and we end with our parent. */
function runBuild(): void {
  const build = spawn(process.execPath, [join(root, "node_modules", "next", "dist", "bin", "next"), "build"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  const end = (): void => {
    try {
      if (build.pid !== undefined) process.kill(-build.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  process.on("exit", end);
  installDrain({ drain: () => Promise.resolve(end()), graceMs: 500, channel: "stdin" });
  build.once("exit", (code) => process.exit(code ?? 1));
}
