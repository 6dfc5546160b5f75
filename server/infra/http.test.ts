// Every way an HTTP service can misbehave ends in its own typed error, and no text holds a secret.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { json, startHostileServer, type Answer, type HostileServer } from "@/tests/support/hostile-server";
import { fetchJson, redactUrl } from "./http";

let server: HostileServer;
beforeAll(async () => {
  server = await startHostileServer();
});
afterAll(() => server.close());

const SECRET = "s3cr3t-api-key-0123456789";

async function codeOf(answer: Answer, timeoutMs = 2_000): Promise<string> {
  server.answer(answer);
  const result = await fetchJson({ url: `${server.url}/v1/${SECRET}/x?key=${SECRET}`, timeoutMs, maxBytes: 10_000 });
  if (result.ok) return "ok";
  expect(result.error.message).not.toContain(SECRET);
  return result.error.code;
}

describe("fetchJson", () => {
  test("default: JSON and the rate limit headers", async () => {
    server.answer(
      json(200, { a: 1 }, { "ratelimit-limit": "75", "ratelimit-remaining": "3", "ratelimit-reset": "60" }),
    );
    const result = await fetchJson({ url: server.url });
    expect(result.ok && result.value.body).toEqual({ a: 1 });
    expect(result.ok && result.value.rateLimit).toEqual({ limit: 75, remaining: 3, resetSec: 60, retryAfterMs: null });
  });
  test("error: bad_data for text, a cut body, too many bytes and a redirect", async () => {
    expect(await codeOf((_, res) => res.end("<html>hello</html>"))).toBe("bad_data");
    expect(await codeOf((_, res) => res.end('{"data":[1,2'))).toBe("bad_data");
    expect(await codeOf((_, res) => res.end(`"${"x".repeat(20_000)}"`))).toBe("bad_data");
    expect(await codeOf((_, res) => res.writeHead(200, { "content-length": "99999999" }).write("{"))).toBe("bad_data");
    expect(await codeOf((_, res) => res.writeHead(302, { location: "http://127.0.0.1:1/" }).end())).toBe("bad_data");
  });
  test("error: unreachable, timeout, rate_limited, not_found", async () => {
    expect(await codeOf(json(503, { message: "down" }))).toBe("unreachable");
    expect(await codeOf((_, res) => res.socket?.destroy())).toBe("unreachable");
    expect(await codeOf((_, res) => res.write("{"), 150)).toBe("timeout");
    expect(await codeOf(json(404, {}))).toBe("not_found");
    server.answer(json(429, {}, { "retry-after": "7" }));
    const limited = await fetchJson({ url: server.url });
    expect(limited.ok ? null : [limited.error.code, limited.error.details["retryAfterMs"]]).toEqual([
      "rate_limited",
      7_000,
    ]);
    const dead = await fetchJson({ url: "http://127.0.0.1:1/" });
    expect(dead.ok ? null : dead.error.code).toBe("unreachable");
  });
});

describe("redactUrl", () => {
  test("behavior: no query, no user, no long path part, but addresses stay readable", () => {
    expect(redactUrl(`https://user:${SECRET}@h.example/v2/${SECRET}?k=${SECRET}`)).toBe("https://h.example/v2/***?***");
    expect(redactUrl("https://h.example/pools/0x1111111111111111111111111111111111111111")).toContain("0x1111");
    expect(redactUrl("nonsense")).toBe("(not an address)");
  });
});
