// Answers one request of a fake service: records it, applies transport faults, sends the body.
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, FaultBoard, FaultKind, Service } from "./faults";
import type { RequestLog } from "./request-log";

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  /** Content fault of that kind, when one applies to this request. */
  fault(kind: FaultKind): Fault | undefined;
}

export interface FakeDeps {
  readonly faults: FaultBoard;
  readonly requests: RequestLog;
  /** Market time, unix ms. */
  readonly nowMs: () => number;
}

export async function replyTo(
  deps: FakeDeps,
  call: { readonly service: Service; readonly url: URL; readonly req: IncomingMessage; readonly res: ServerResponse },
  produce: (request: FakeRequest) => Promise<Reply> | Reply,
): Promise<void> {
  const { service, url, req, res } = call;
  const active = deps.faults.take(service, url);
  const find = (kind: FaultKind) => active.find((one) => one.kind === kind);
  const entry = deps.requests.add({
    service,
    method: req.method ?? "GET",
    url: url.href,
    marketAtMs: deps.nowMs(),
    faults: active.map((one) => one.kind),
  });
  const latency = find("latency");
  if (latency !== undefined) await sleep(latency.ms);
  if (find("cut") !== undefined) {
    entry.finish(0);
    req.socket.destroy();
    return;
  }
  const limited = find("rate_limit");
  const broken = find("server_error");
  if (limited !== undefined) {
    const headers = {
      "retry-after": String(limited.resetSec),
      "ratelimit-reset": String(limited.resetSec),
      "ratelimit-remaining": "0",
    };
    send(res, { status: 429, body: rateLimitBody(service), headers }, entry.finish);
    return;
  }
  if (broken !== undefined) {
    send(res, { status: broken.status, body: { message: "Service unavailable (fault switched on)" } }, entry.finish);
    return;
  }
  const reply = await produce({ method: req.method ?? "GET", url, fault: find });
  if (find("not_json") !== undefined) {
    res.writeHead(200, { "content-type": "text/html" }).end("<html><body>maintenance</body></html>");
    entry.finish(200);
    return;
  }
  if (find("truncated") !== undefined) {
    const text = JSON.stringify(reply.body);
    res
      .writeHead(reply.status, { "content-type": "application/json" })
      .end(text.slice(0, Math.floor(text.length * 0.6)));
    entry.finish(reply.status);
    return;
  }
  send(res, reply, entry.finish);
}

function send(res: ServerResponse, reply: Reply, finish: (status: number) => void): void {
  res.writeHead(reply.status, { "content-type": "application/json", ...reply.headers }).end(JSON.stringify(reply.body));
  finish(reply.status);
}

function rateLimitBody(service: Service): unknown {
  switch (service) {
    case "binance":
    case "mexc":
      return { code: -1003, msg: "Too many requests" };
    case "bybit":
      return { retCode: 10_006, retMsg: "Too many visits!", result: {} };
    case "okx":
      return { code: "50011", msg: "Too Many Requests", data: [] };
    case "gate":
      return { label: "TOO_MANY_REQUESTS", message: "Request Rate limit Exceeded" };
    case "bitget":
      return { code: "429", msg: "Too Many Requests", data: null };
    case "gecko":
      return { status: { error_code: 429, error_message: "You've exceeded the Rate Limit." } };
    case "lifi":
      return { message: "Rate limit exceeded", code: 1005 };
  }
}
