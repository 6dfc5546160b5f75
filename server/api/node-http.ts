// The API behind a server of node:http: turns what came over the socket into a Request and sends the Response, streams as they grow.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FORWARDING_HEADERS } from "@/lib/api/request-gate";
import { errorResponse } from "./api-error";

/** What no Request may be made of (fetch standard, section 2.2.1). */
const NO_REQUEST_METHODS: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/**
 * `caller`: the address the request counts under, known by the server at its socket; what the client writes about itself is dropped.
 * Rejects only when an answer breaks off that the other end still waits for.
 */
export async function answerOverHttp(
  api: (request: Request) => Promise<Response>,
  req: IncomingMessage,
  res: ServerResponse,
  caller: string,
): Promise<void> {
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  const method = req.method ?? "GET";
  const response = NO_REQUEST_METHODS.has(method)
    ? errorResponse({ code: "method_not_allowed", message: `The API does not take ${method}.`, allow: "GET, POST" })
    : await api(toRequest(req, method, caller, gone.signal));
  res.writeHead(response.status, headersOf(response.headers));
  if (response.body === null || method === "HEAD") {
    res.end();
    return;
  }
  if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    res.end(new Uint8Array(await response.arrayBuffer()));
    return;
  }
  try {
    await pipeline(Readable.from(chunksOf(response.body)), res);
  } catch (error) {
    // A client that went away (every closed event stream does) is no failure.
    if (!gone.signal.aborted) throw error;
  }
}

function toRequest(req: IncomingMessage, method: string, caller: string, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, each);
  }
  for (const name of FORWARDING_HEADERS) headers.delete(name);
  headers.set("x-forwarded-for", caller);
  const url = `http://${req.headers.host ?? "localhost"}${req.url ?? "/"}`;
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers, signal });
  // Without `half` no body may be a stream; the type of the option is newer than the library's.
  const streamed = { body: bodyOf(req), duplex: "half" };
  return new Request(url, { method, headers, signal, ...streamed });
}

/** Who stops reading (a body that is too long, or too slow) leaves the connection open for the answer. */
function bodyOf(req: IncomingMessage): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      req.on("data", (chunk: Buffer) => {
        controller.enqueue(new Uint8Array(chunk));
        if ((controller.desiredSize ?? 0) <= 0) req.pause();
      });
      req.once("end", () => controller.close());
      req.once("error", (error) => controller.error(error));
      req.pause();
    },
    pull() {
      req.resume();
    },
    cancel() {
      req.removeAllListeners("data");
      req.removeAllListeners("end");
      req.resume();
    },
  });
}

/** Set-Cookie may appear several times and must stay apart. */
function headersOf(headers: Headers): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = Object.fromEntries(headers.entries());
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) all["set-cookie"] = cookies;
  return all;
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
