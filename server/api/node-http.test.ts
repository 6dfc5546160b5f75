// The API behind a real socket: what arrives of a request, what leaves of an answer, and what an end in the middle does.
import { createServer, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { afterEach, expect, test } from "vitest";
import { answerOverHttp } from "./node-http";

const closings: (() => void)[] = [];
afterEach(() => {
  for (const close of closings.splice(0)) close();
});

async function serve(api: (request: Request) => Promise<Response>): Promise<number> {
  const server = createServer((req, res) => void answerOverHttp(api, req, res, "192.0.2.7"));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function ask(port: number, options: RequestOptions, body = ""): Promise<{ response: IncomingMessage; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ response, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

test("default: method, address, body and cookies pass; what a client says of itself does not", async () => {
  const port = await serve(async (request) => {
    const url = new URL(request.url);
    const said = [
      request.method,
      url.pathname,
      url.search,
      request.headers.get("cookie"),
      request.headers.get("x-forwarded-for"),
      request.headers.get("x-forwarded-host"),
      await request.text(),
    ];
    const headers = new Headers({ "content-type": "application/json" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    return new Response(JSON.stringify(said), { status: 201, headers });
  });
  const { response, text } = await ask(
    port,
    {
      method: "POST",
      path: "/api/x?y=1",
      headers: { cookie: "tg=1", "x-forwarded-for": "10.0.0.1", "x-forwarded-host": "evil.example" },
    },
    "é".repeat(40_000),
  );
  expect(response.statusCode).toBe(201);
  expect(response.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  expect(JSON.parse(text)).toEqual(["POST", "/api/x", "?y=1", "tg=1", "192.0.2.7", null, "é".repeat(40_000)]);
});

test("behavior: an answer to HEAD has no body, and TRACE reaches nobody", async () => {
  let calls = 0;
  const port = await serve(() => {
    calls += 1;
    return Promise.resolve(new Response("words", { headers: { "x-seen": "yes" } }));
  });
  const head = await ask(port, { method: "HEAD", path: "/api/x" });
  expect([head.response.headers["x-seen"], head.text]).toEqual(["yes", ""]);
  const trace = await ask(port, { method: "TRACE", path: "/api/x" });
  expect([trace.response.statusCode, calls]).toEqual([405, 1]);
});

test("behavior: a body that is not read to its end still gets its answer, and the connection goes on", async () => {
  const port = await serve(async (request) => {
    const reader = request.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    return new Response("too much", { status: 413 });
  });
  const sent = await ask(port, { method: "POST", path: "/api/x" }, "x".repeat(2_000_000));
  expect([sent.response.statusCode, sent.text]).toEqual([413, "too much"]);
});

test("behavior: a stream is sent as it grows, and its maker learns that the client has gone", async () => {
  let gone: (() => void) | null = null;
  const isGone = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const port = await serve((request) => {
    request.signal.addEventListener("abort", () => gone?.());
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("data: 1\n\n"));
      },
    });
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } }));
  });
  await new Promise<void>((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path: "/api/stream" }, (response) => {
      response.once("data", (chunk: Buffer) => {
        expect(chunk.toString("utf8")).toBe("data: 1\n\n");
        response.destroy();
        resolve();
      });
    });
    request.on("error", reject);
    request.end();
  });
  await isGone;
});
