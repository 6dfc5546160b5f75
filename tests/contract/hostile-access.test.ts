// Hostile requests 1 to 18, 43 to 45 of the safety plan against the real API: who is not known, not allowed, or comes from elsewhere gets nothing, and it is on record.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { settingsContract } from "@/lib/api/settings-contract";
import { contract, OPENAPI_PATH, STREAM_PATH, type Route } from "@/lib/api/contract";
import type { Role } from "@/lib/api/commands";
import { allHandlers } from "@/server/api/create-api";
import type { Router } from "@/server/api/router";
import { readJson } from "@/server/infra/store/json-values";
import { SESSION_IDLE_MS, SESSION_TTL_MS, storeKeys } from "@/server/infra/store/keys";
import { deleteSession } from "@/server/infra/store/sessions";
import {
  DESK_ORIGIN,
  DESK_PAIR,
  hostile,
  noLimits,
  openHostileDesk,
  pathOf,
  refusalOf,
  send,
  type HostileDesk,
} from "@/tests/support/hostile-desk";

const routes: readonly Route[] = [...Object.values<Route>(contract), ...Object.values<Route>(settingsContract)];
/** What anybody may ask for; a new row here is a decision, so it is written down twice. */
const OPEN_ROUTES = [
  "/api/auth/nonce",
  "/api/auth/session",
  "/api/auth/verify",
  "/api/doctor/{group}",
  "/api/environment",
  "/api/health",
  "/api/sandbox/rpc",
];
const closedRoutes = routes.filter(({ auth }) => auth !== "none");
const pause = { pairId: DESK_PAIR, kind: "no_new_risk", untilAtMs: null, reason: "a test" };

let desk: HostileDesk;
let api: Router;

beforeAll(async () => {
  desk = await openHostileDesk();
  api = desk.open({ rateLimiter: noLimits });
});

afterAll(() => desk.close());

/** Log lines that `act` left behind. */
async function logged<T>(act: () => Promise<T>): Promise<{ readonly value: T; readonly lines: readonly string[] }> {
  const before = desk.lines().length;
  const value = await act();
  return { value, lines: desk.lines().slice(before) };
}

/** Every closed route, the stream included, answers 401 to these headers, and each refusal is one log line. */
async function everywhere401(headers: Record<string, string>, at: Router = api): Promise<string> {
  const { lines } = await logged(async () => {
    for (const route of closedRoutes) {
      const response = await send(at, route.method, pathOf(route.path), { headers });
      expect(`${route.method} ${route.path} ${response.status}`).toBe(`${route.method} ${route.path} 401`);
    }
    expect((await send(at, "GET", STREAM_PATH, { headers })).status).toBe(401);
  });
  expect(lines.filter((line) => line.includes('"code":"unauthenticated"'))).toHaveLength(closedRoutes.length + 1);
  for (const secret of Object.values(headers)) expect(lines.join("")).not.toContain(secret.split("=")[1] ?? secret);
  return `401 on ${closedRoutes.length + 1} routes, each logged, the cookie in no line`;
}

describe("the manifest", () => {
  it("behavior: a route that anybody may call is on the list; every other refuses who is not signed in", async () => {
    expect([...new Set(routes.filter(({ auth }) => auth === "none").map(({ path }) => path))].toSorted()).toEqual(
      OPEN_ROUTES,
    );
    // What is served is what the contract lists: a handler outside it would have no role check.
    expect(allHandlers).toHaveLength(routes.length);
    for (const handler of allHandlers) expect(routes).toContain(handler.route);
    for (const { route, run } of allHandlers) {
      if (route.auth === "none") continue;
      const deps = { settings: { isPublicRead: false } };
      const answer = await Reflect.apply(run, null, [deps, { params: {}, query: {}, body: {}, session: null }]);
      expect(answer).toMatchObject({ ok: false, error: { code: "unauthenticated" } });
    }
  });

  it("behavior: Next serves no other handler and no server action", () => {
    const files = readdirSync("app", { recursive: true, encoding: "utf8" });
    expect(files.filter((file) => /(^|[\\/])route\.(ts|tsx|js|mjs)$/.test(file))).toEqual(["api/[...path]/route.ts"]);
    expect(files.filter((file) => /pages[\\/]api/.test(file))).toEqual([]);
  });
});

describe("the web process and the key", () => {
  it("behavior: nothing that holds, makes or uses a key is reachable by import from what the desk serves", () => {
    const seen = new Set<string>();
    const outside = new Set<string>();
    const queue = readdirSync("app", { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file) && !/\.test\./.test(file))
      .map((file) => join("app", file));
    queue.push("proxy.ts", "server/cli/web-process.ts");
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      if (seen.has(file)) continue;
      seen.add(file);
      const text = readFileSync(file, "utf8");
      for (const [, name = ""] of text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
        const base = name.startsWith("@/") ? name.slice(2) : name.startsWith("./") ? join(dirname(file), name) : null;
        if (base === null) outside.add(name);
        const found = base === null ? [] : [base, `${base}.ts`, `${base}.tsx`, join(base, "index.ts")];
        const next = found.find((path) => existsSync(path) && statSync(path).isFile());
        if (next !== undefined && /\.tsx?$/.test(next)) queue.push(next);
      }
    }
    // The walk has really gone through: pages, views, handlers, stores.
    expect(seen.size).toBeGreaterThan(200);
    expect([...seen].filter((file) => /^server\/(signer|execution|worker|orchestrator|devnet)\//.test(file))).toEqual(
      [],
    );
    expect(
      [...outside].filter((name) => /viem\/accounts|ethereum-cryptography|ethers|bip39|scrypt/.test(name)),
    ).toEqual([]);
  });
});

describe("sessions", () => {
  hostile("01", "no session on every route", () => everywhere401({}));

  hostile("02", "an expired session, and one nobody used for 30 min", async () => {
    const cookie = await desk.signIn(api, desk.people.owner);
    let laterMs = 0;
    const later = desk.open({ rateLimiter: noLimits, nowMs: () => Date.now() + laterMs });
    expect((await send(later, "GET", "/api/audit", { cookie })).status).toBe(200);
    // In use it lives on, in steps shorter than the idle limit.
    for (let step = 0; step < 3; step += 1) {
      laterMs += SESSION_IDLE_MS - 60_000;
      expect((await send(later, "GET", "/api/audit", { cookie })).status).toBe(200);
    }
    laterMs += SESSION_IDLE_MS;
    await everywhere401({ cookie }, later);
    const other = await desk.signIn(api, desk.people.owner);
    laterMs = SESSION_TTL_MS;
    return `${await everywhere401({ cookie: other }, later)}; idle ends it too, use keeps it`;
  });

  hostile("03", "a revoked session: signed out, signed in again, role taken away", async () => {
    const out = await desk.signIn(api, desk.people.operator);
    expect((await send(api, "POST", "/api/auth/logout", { cookie: out })).status).toBe(200);
    await everywhere401({ cookie: out });
    // A second sign-in from the same browser replaces the first session.
    const first = await desk.signIn(api, desk.people.operator);
    const nonce = await send(api, "POST", "/api/auth/nonce", {
      body: { address: desk.people.operator.address, chainId: 31_337 },
    });
    const { message } = contract.authNonce.response.parse(await nonce.json());
    const signature = await desk.people.operator.signMessage({ message });
    const again = await send(api, "POST", "/api/auth/verify", { cookie: first, body: { message, signature } });
    expect(again.status).toBe(200);
    await everywhere401({ cookie: first });
    const second = again.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await send(api, "GET", "/api/audit", { cookie: second })).status).toBe(200);
    const setRole = async (role: Role | null): Promise<void> => {
      const signed = await desk.command(desk.people.owner, {
        action: "role.set",
        params: { address: desk.people.operator.address, role },
      });
      expect(await desk.control.call("command.submit", signed)).toMatchObject({ ok: true });
      // The reader of roles keeps an answer for half a second.
      await new Promise((resolve) => setTimeout(resolve, 700));
    };
    await setRole(null);
    const result = await everywhere401({ cookie: second });
    await setRole("operator");
    return result;
  });

  hostile("04", "forged session ids: random, short, long, the stored name itself, other cookie names", async () => {
    const cookie = await desk.signIn(api, desk.people.owner);
    const secret = cookie.split("=")[1] ?? "";
    const stored = storedName(secret);
    const kept = await readJson(desk.store, storeKeys.session(stored), z.unknown());
    expect(kept).toMatchObject({ ok: true, value: { address: desk.people.owner.address.toLowerCase() } });
    // What the store holds cannot be presented.
    expect(await readJson(desk.store, storeKeys.session(secret), z.unknown())).toEqual({ ok: true, value: null });
    for (const forged of ["f".repeat(64), "0", "a".repeat(5_000), "../../x", stored]) {
      expect((await send(api, "GET", "/api/overview", { cookie: `tg=${forged}` })).status).toBe(401);
    }
    for (const name of ["__Host-tg", "TG", "tg ", "session"]) {
      expect((await send(api, "GET", "/api/overview", { cookie: `${name}=${secret}` })).status).toBe(401);
    }
    return everywhere401({ cookie: `tg=${"e".repeat(64)}` });
  });

  hostile("05", "a session of another deployment, whose owner is nobody here", async () => {
    const id = "ab".repeat(32);
    const foreign = desk.open({ rateLimiter: noLimits, settings: { origin: "https://other.example" } });
    const cookie = await desk.signIn(api, desk.people.owner);
    // The cookie of this desk under the name and at the address of the other one.
    const crossed = await foreign.handle(
      new Request("https://other.example/api/audit", { headers: { cookie, host: "other.example" } }),
    );
    expect(crossed.status).toBe(401);
    return everywhere401({ cookie: `tg=${id}` });
  });
});

describe("roles and shapes", () => {
  hostile("06", "a viewer on every write, also with another person's signature", async () => {
    const cookie = await desk.signIn(api, desk.people.viewer);
    const before = await desk.acceptedCount();
    const own = await desk.command(desk.people.viewer, { action: "pair.pause", params: pause });
    const owners = await desk.command(desk.people.owner, { action: "pair.pause", params: pause });
    const writes = routes.filter(({ method, auth, path }) => {
      return method === "POST" && auth === "session" && path !== contract.authLogout.path;
    });
    const { lines } = await logged(async () => {
      for (const route of writes) {
        for (const body of [own, owners]) {
          const response = await send(api, "POST", pathOf(route.path), { cookie, body });
          expect(`${route.path} ${response.status}`).toBe(`${route.path} 403`);
          expect((await refusalOf(response)).details).toMatchObject({ has: "viewer" });
        }
      }
    });
    expect(lines.filter((line) => line.includes(desk.people.viewer.address.toLowerCase()))).toHaveLength(
      writes.length * 2,
    );
    expect(await desk.acceptedCount()).toBe(before);
    return `403 on ${writes.length} writes, logged with the address, the signer saw nothing`;
  });

  hostile("07", "headers that ask for an inner request or another path", async () => {
    const orders: Record<string, string>[] = [
      { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" },
      { "x-middleware-subrequest": "src/proxy" },
      { "x-original-url": "/api/health" },
      { "x-rewrite-url": "/api/health" },
      { "x-invoke-path": "/api/health" },
      { "x-matched-path": "/api/health" },
    ];
    const { lines } = await logged(async () => {
      for (const headers of orders) expect((await send(api, "GET", "/api/audit", { headers })).status).toBe(400);
    });
    expect(lines).toHaveLength(orders.length);
    return `400 for ${orders.length} of them, logged`;
  });

  hostile("08", "rsc, prefetch and data forms of a closed route", async () => {
    const forms: Record<string, string>[] = [
      { rsc: "1" },
      { rsc: "1", "next-router-prefetch": "1" },
      { "next-router-segment-prefetch": "/_tree" },
      { "next-router-state-tree": "%5B%22%22%5D" },
      { purpose: "prefetch", "sec-purpose": "prefetch" },
    ];
    for (const headers of forms)
      expect((await send(api, "GET", "/api/audit?_rsc=1a2b3", { headers })).status).toBe(401);
    for (const path of ["/api/audit.rsc", "/api/audit.json", "/_next/data/x/api/audit.json", "/api/_next/audit"]) {
      expect((await send(api, "GET", path)).status).toBe(404);
    }
    expect((await send(api, "GET", "/api/audit", { headers: { "x-nextjs-data": "1" } })).status).toBe(400);
    return "401, 404 or 400, the same as the plain form";
  });

  hostile("09", "parameters given twice, in the wrong place, or beyond their bounds", async () => {
    const cookie = await desk.signIn(api, desk.people.operator);
    const read = async (path: string): Promise<number> => (await send(api, "GET", path, { cookie })).status;
    expect(await read("/api/audit?limit=1&limit=1000")).toBe(400);
    expect(await read("/api/audit?limit=1&limit[]=5&limit=2")).toBe(400);
    for (const limit of ["0", "-1", "1e9", "1001", "NaN", "0x10", "1;2"]) {
      expect(`${limit} ${await read(`/api/audit?limit=${encodeURIComponent(limit)}`)}`).toBe(
        limit === "0x10" ? `${limit} 200` : `${limit} 400`,
      );
    }
    // The pair of the path rules; one in query or body cannot stand in for it.
    expect(await read("/api/pairs/NO-PAIR/config?id=WETH-USDC")).toBe(404);
    const signed = await desk.command(desk.people.owner, { action: "worker.restart", params: { pairId: "USDC-USDT" } });
    const owner = await desk.signIn(api, desk.people.owner);
    const crossed = await send(api, "POST", `/api/orchestrator/workers/${DESK_PAIR}/restart`, {
      cookie: owner,
      body: { ...signed, id: "USDC-USDT", params: { ...signed.params } },
    });
    expect(crossed.status).toBe(400);
    return "400 or 404; the path decides";
  });

  hostile("10", "slash, dot, case, encoding and locale forms of a closed route", async () => {
    const forms = [
      "//api/audit",
      "/api//audit",
      "/api/audit//",
      "/api/%61udit",
      "/api/audit%2f",
      "/api/%2e%2e/api/audit",
      "/api/audit%00",
      "/api/audit%252e",
      "/api/audit%5c",
      "/API/audit",
      "/api/Audit",
      "/api/audit;.json",
      "/en/api/audit",
      "/api/audit.",
      "/api/audit%20",
      "/api/./audit/./",
      "/api/x/../audit",
      "/api/audit/",
    ];
    const { lines } = await logged(async () => {
      for (const form of forms) {
        const response = await send(api, "GET", form);
        expect(`${form} ${response.status}`).toMatch(/ (400|401|404|421)$/);
      }
    });
    expect(lines).toHaveLength(forms.length);
    return `${forms.length} forms: none answered with data, each logged`;
  });

  hostile("11", "HEAD, OPTIONS, TRACE-like verbs and method override", async () => {
    const cookie = await desk.signIn(api, desk.people.owner);
    for (const method of ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
      for (const path of ["/api/audit", "/api/commands", "/api/pairs"]) {
        const response = await send(api, method, path, { cookie });
        expect(`${method} ${path} ${response.status}`).toBe(`${method} ${path} 405`);
        expect(response.headers.get("access-control-allow-origin")).toBeNull();
        expect(response.headers.get("allow")).toMatch(/^(GET|POST)/);
      }
    }
    for (const name of ["x-http-method-override", "x-method-override", "x-http-method"]) {
      expect((await send(api, "POST", "/api/audit", { cookie, headers: { [name]: "GET" } })).status).toBe(400);
      expect((await send(api, "GET", "/api/commands", { cookie, headers: { [name]: "POST" } })).status).toBe(400);
    }
    expect((await send(api, "POST", "/api/audit?_method=GET", { cookie })).status).toBe(405);
    return "405 with Allow and without CORS, overrides 400";
  });

  hostile("12", "Flight, prototype and deeply nested payloads", async () => {
    const cookie = await desk.signIn(api, desk.people.owner);
    const before = await desk.acceptedCount();
    const signed = await desk.command(desk.people.owner, { action: "pair.pause", params: pause });
    const text = JSON.stringify(signed);
    const payloads = [
      '["$ACTION_ID_00",{"$$typeof":"react.server.reference"}]',
      '0:{"then":"$1:__proto__:then","status":"resolved_model","value":"{}"}',
      text.replace('"params":{', '"params":{"__proto__":{"kind":"no_transactions"},'),
      text.replace('"params":{', '"params":{"constructor":{"prototype":{"role":"owner"}},'),
      text.replace('{"command"', '{"__proto__":{"role":"owner"},"session":{"role":"owner"},"comand"'),
      text.replace('"action":"pair.pause"', '"action":"__proto__"'),
      text.replace('"action":"pair.pause"', '"action":"constructor"'),
      text.replace('"params":{', `"params":{"deep":${"[".repeat(30_000)}${"]".repeat(30_000)},`),
      text.replace('"params":{', '"params":{"huge":1e999,'),
      "[]",
      "null",
      '"x"',
      "{}",
    ];
    for (const [index, body] of payloads.entries()) {
      const response = await send(api, "POST", "/api/commands", { cookie, body });
      expect(`${index} ${response.status}`).toBe(`${index} 400`);
      await refusalOf(response);
    }
    for (const headers of [{ "next-action": "00".repeat(20) }, { "next-action": "$ACTION_ID_00" }]) {
      expect((await send(api, "POST", "/api/commands", { cookie, headers, body: "[]" })).status).toBe(400);
    }
    expect(Reflect.get({}, "role")).toBeUndefined();
    expect(await desk.acceptedCount()).toBe(before);
    expect((await send(api, "GET", "/api/audit", { cookie })).status).toBe(200);
    return `${payloads.length + 2} payloads: 400, nothing polluted, nothing reached the signer`;
  });
});

describe("origins", () => {
  const body = { address: `0x${"1".repeat(40)}`, chainId: 31_337 };

  hostile("13", "a write from another origin", async () => {
    const cookie = await desk.signIn(api, desk.people.owner);
    const signed = await desk.command(desk.people.owner, { action: "pair.pause", params: pause });
    const origins = [
      "https://evil.example",
      "http://localhost:3001",
      "https://localhost:3000",
      `${DESK_ORIGIN}.x.example`,
    ];
    const { lines } = await logged(async () => {
      for (const origin of [...origins, `${DESK_ORIGIN}/`, "http://LOCALHOST:3000"]) {
        expect((await send(api, "POST", "/api/commands", { cookie, origin, body: signed })).status).toBe(403);
        expect((await send(api, "POST", "/api/auth/logout", { cookie, origin })).status).toBe(403);
      }
      for (const origin of origins) {
        expect((await send(api, "GET", STREAM_PATH, { cookie, headers: { origin } })).status).toBe(403);
      }
    });
    expect(lines).toHaveLength((origins.length + 2) * 2 + origins.length);
    return "403 for commands, sign-out and the stream";
  });

  hostile("14", "the null origin", async () => {
    expect((await send(api, "POST", "/api/auth/nonce", { origin: "null", body })).status).toBe(403);
    expect((await send(api, "GET", STREAM_PATH, { headers: { origin: "null" } })).status).toBe(403);
    return "403";
  });

  hostile("15", "a missing origin", async () => {
    expect((await send(api, "POST", "/api/auth/nonce", { origin: null, body })).status).toBe(403);
    const cookie = await desk.signIn(api, desk.people.owner);
    for (const site of ["cross-site", "same-site"]) {
      const headers = { "sec-fetch-site": site };
      expect((await send(api, "GET", STREAM_PATH, { cookie, headers })).status).toBe(403);
    }
    return "403 for writes, and for a stream that another site opens";
  });

  hostile("16", "JSON as text/plain, a form, multipart or without a type", async () => {
    for (const contentType of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "",
    ]) {
      const response = await send(api, "POST", "/api/auth/nonce", { contentType, body });
      expect(`${contentType} ${response.status}`).toBe(`${contentType} 400`);
    }
    expect((await send(api, "POST", "/api/auth/nonce", { contentType: "application/jsonx", body })).status).toBe(400);
    return "400: only application/json is read";
  });

  hostile("17", "preflight", async () => {
    const preflight = await send(api, "OPTIONS", "/api/commands", {
      origin: "https://evil.example",
      headers: { "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    expect(preflight.status).toBe(405);
    expect([...preflight.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    const read = await send(api, "GET", "/api/health", { headers: { origin: "https://evil.example" } });
    expect([...read.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(read.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    return "405 without one access-control header";
  });

  hostile("18", "a spoofed Host (DNS rebinding)", async () => {
    const open = desk.open({ rateLimiter: noLimits, settings: { isPublicRead: true } });
    const hosts = ["evil.example", "evil.example:3000", "localhost.evil.example:3000", "169.254.169.254"];
    const { lines } = await logged(async () => {
      for (const host of hosts) {
        for (const at of [api, open]) {
          const response = await send(at, "GET", "/api/pairs", {
            headers: { host, "x-forwarded-host": "localhost:3000" },
          });
          expect(response.status).toBe(421);
        }
      }
    });
    expect(lines).toHaveLength(hosts.length * 2);
    expect((await send(open, "GET", "/api/pairs", { headers: { host: "localhost:3000" } })).status).toBe(200);
    return "421, also where reads are open; the sign-in domain never comes from Host";
  });
});

describe("floods and ends", () => {
  hostile("43", "oversize and trickling bodies", async () => {
    const cookie = await desk.signIn(api, desk.people.owner);
    expect((await send(api, "POST", "/api/commands", { cookie, body: "x".repeat(65_537) })).status).toBe(413);
    const lying = await send(api, "POST", "/api/commands", {
      cookie,
      body: "{}",
      headers: { "content-length": "999999999" },
    });
    expect(lying.status).toBe(413);
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384)),
      cancel: () => void (cancelled = true),
    });
    const init = { method: "POST", body: endless, duplex: "half", headers: { origin: DESK_ORIGIN, cookie } };
    expect((await api.handle(new Request(`${DESK_ORIGIN}/api/commands`, init))).status).toBe(413);
    expect(cancelled).toBe(true);
    let isStopped = false;
    const slow = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 400));
        if (!isStopped) controller.enqueue(new Uint8Array([32]));
      },
      cancel: () => void (isStopped = true),
    });
    const startedAtMs = performance.now();
    const trickled = await api.handle(new Request(`${DESK_ORIGIN}/api/commands`, { ...init, body: slow }));
    expect(trickled.status).toBe(408);
    expect(isStopped).toBe(true);
    return `413 at 64 KB, also without or with a false length; 408 after ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s of trickle`;
  });

  hostile("44", "floods by one caller, sign-in hammering, a stream after sign-out", async () => {
    const limited = desk.open();
    const floods: readonly [string, string, number][] = [
      ["GET", "/api/auth/session", 201],
      ["POST", "/api/auth/nonce", 11],
      ["POST", "/api/commands", 21],
    ];
    for (const [method, path, count] of floods) {
      const caller = `10.0.0.${count}`;
      const answers = await Promise.all(
        Array.from({ length: count + 5 }, () => send(limited, method, path, { headers: from(caller) })),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length).toBeGreaterThanOrEqual(5);
      expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
      expect((await send(limited, method, path, { headers: from("10.9.9.9") })).status).not.toBe(429);
    }
    // The stop has a lane of its own: a flood of commands by the same person does not close it.
    const cookie = await desk.signIn(limited, desk.people.operator);
    const flood = await Promise.all(
      Array.from({ length: 40 }, () => send(limited, "POST", "/api/commands", { cookie, body: {} })),
    );
    expect(flood.some(({ status }) => status === 429)).toBe(true);
    const stop = await desk.command(desk.people.stranger, { action: "system.stop", params: { reason: "x" } });
    expect((await send(limited, "POST", "/api/commands", { cookie, body: stop })).status).toBe(403);

    const streams = await Promise.all(Array.from({ length: 21 }, () => send(api, "GET", STREAM_PATH, { cookie })));
    expect(streams.filter(({ status }) => status === 429)).toHaveLength(1);
    const ends = streams.filter(({ status }) => status === 200).map((response) => readToEnd(response));
    expect((await send(api, "POST", "/api/auth/logout", { cookie })).status).toBe(200);
    await Promise.all(ends);
    expect((await send(api, "GET", STREAM_PATH, { cookie })).status).toBe(401);

    // Ended by another process: found within a few seconds.
    const elsewhere = await desk.signIn(api, desk.people.operator);
    const stream = readToEnd(await send(api, "GET", STREAM_PATH, { cookie: elsewhere }));
    await deleteSession(desk.store, storedName(elsewhere.split("=")[1] ?? ""));
    const startedAtMs = performance.now();
    await stream;
    return `429 per caller with Retry-After; stop lane open; 20 streams ended by sign-out, another process' sign-out seen after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`;
  });

  hostile("45", "anonymous and viewer reads of config, logs, metrics, maps and dotfiles", async () => {
    const viewer = await desk.signIn(api, desk.people.viewer);
    for (const path of [`/api/pairs/${DESK_PAIR}/config`, "/api/audit"]) {
      expect((await send(api, "GET", path)).status).toBe(401);
      expect((await send(api, "GET", path, { cookie: viewer })).status).toBe(403);
    }
    const files = [
      "/.env",
      "/.git/config",
      "/api/.env",
      "/metrics",
      "/api/metrics",
      "/api/logs",
      "/api/config",
      "/api/debug",
    ];
    for (const path of [
      ...files,
      "/api/settings",
      "/.tidegate/run.json",
      "/_next/static/chunks/main.js.map",
      "/package.json",
    ]) {
      for (const options of [{}, { cookie: viewer }]) {
        expect(`${path} ${(await send(api, "GET", path, options)).status}`).toBe(`${path} 404`);
      }
    }
    const health = contract.health.response.parse(await (await send(api, "GET", "/api/health")).json());
    expect(health.checks.every(({ detail }) => detail === "")).toBe(true);
    const environment = JSON.stringify(await (await send(api, "GET", "/api/environment")).json());
    const published = JSON.stringify(await (await send(api, "GET", OPENAPI_PATH)).json());
    for (const text of [environment, published, JSON.stringify(health)]) {
      expect(text).not.toMatch(/redis:|127\.0\.0\.1|\.sock|keystore/i);
      expect(text).not.toContain(desk.home.dataDir);
    }
    return "401 or 403 for settings and audit, 404 for files; health says words without addresses";
  });
});

function from(caller: string): Record<string, string> {
  return { "x-forwarded-for": caller };
}

/** Under which the store keeps the session of a cookie. */
function storedName(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

async function readToEnd(response: Response): Promise<void> {
  await response.text();
}
