// Hostile requests where the HTTP layer itself matters: the desk's real process, as the command line starts it, over a real store and signer, spoken to in raw bytes.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { isWebBuildCurrent, markWebBuilt, webSourcesHash } from "@/server/cli/web-build";
import { webService } from "@/server/cli/services";
import { loadSettings } from "@/server/config/load";
import { projectRoot } from "@/server/infra/process/launch";
import { freePort } from "@/tests/support/embedded-servers";
import { hostile, openHostileDesk, type HostileDesk } from "@/tests/support/hostile-desk";

const root = projectRoot(import.meta.url);
const BUILD_LIMIT_MS = 900_000;
const PAGES = [
  "/",
  "/overview",
  "/pairs",
  "/positions",
  "/approvals",
  "/system",
  "/settings/audit",
  "/login",
  "/docs",
  "/no-such-page",
];

let desk: HostileDesk;
let web: ChildProcess;
let env: Readonly<Record<string, string>>;
let port: number;
let logFile: string;
/** What has really started; undone backwards. */
const endings: (() => Promise<void>)[] = [];

beforeAll(async () => {
  if (!isWebBuildCurrent(root)) {
    const hash = webSourcesHash(root);
    const build = spawn(process.execPath, ["--import", "tsx", join(root, "server/cli/web-process.ts"), "build"], {
      cwd: root,
      stdio: ["pipe", "ignore", "inherit"],
    });
    const code = await new Promise((resolve) => {
      build.once("exit", resolve);
    });
    expect(code).toBe(0);
    markWebBuilt(root, hash);
  }
  desk = await openHostileDesk();
  endings.push(() => desk.close());
  port = await freePort();
  const settings = loadSettings({
    cwd: desk.home.dataDir,
    env: {
      ...desk.home.env,
      TG_STORE_URL: desk.storeUrl,
      TG_PUBLIC_READ: "0",
      TG_WEB_PORT: String(port),
      TG_KEYSTORE: join(desk.home.dataDir, "signer", "keystore.json"),
    },
  });
  if (!settings.ok) throw settings.error;
  const child = webService(
    { selfUrl: new URL("../../server/cli/main.ts", import.meta.url).href, root, settings: settings.value },
    "serve",
  ).child();
  env = child.env;
  logFile = z.string().parse(env["TG_LOG_FILE"]);
  mkdirSync(join(desk.home.dataDir, "logs"), { recursive: true });
  const execArgs = child.args.some((arg) => arg.includes("tsx")) ? [] : ["--import", "tsx"];
  web = spawn(child.command, [...execArgs, ...child.args], {
    cwd: child.cwd,
    env: { ...child.env, NODE_ENV: "production" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  endings.push(async () => {
    web.removeAllListeners("exit");
    const ended = new Promise((resolve) => {
      web.once("exit", resolve);
    });
    web.stdin?.end();
    if (web.exitCode === null) await ended;
  });
  await new Promise<void>((resolve, reject) => {
    web.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.toString("utf8").includes('"ready":true')) resolve();
    });
    web.once("exit", (code) => reject(new Error(`the desk ended with ${code}`)));
  });
}, BUILD_LIMIT_MS);

afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

interface Raw {
  readonly status: number;
  /** In small letters. */
  readonly head: string;
  /** As it was sent. */
  readonly location: string;
  readonly body: string;
}

/** Bytes as they are; ends when the server ends or after a full answer. */
function raw(text: string, limitMs = 30_000): Promise<Raw & { readonly tookMs: number }> {
  return new Promise((resolve, reject) => {
    const startedAtMs = performance.now();
    const socket = connect(port, "127.0.0.1");
    let seen = "";
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the desk kept the connection for ${limitMs} ms; seen: ${seen.slice(0, 200)}`));
    }, limitMs);
    socket.on("data", (chunk: Buffer) => (seen += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      const [head = "", ...rest] = seen.split("\r\n\r\n");
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? "0");
      resolve({
        status,
        head: head.toLowerCase(),
        location: /^location: (.*)$/im.exec(head)?.[1]?.trim() ?? "",
        body: rest.join("\r\n\r\n"),
        tookMs: performance.now() - startedAtMs,
      });
    });
    socket.write(text);
  });
}

function ask(
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<Raw> {
  const { method = "GET", body = "" } = options;
  const headers = {
    host: `localhost:${port}`,
    connection: "close",
    ...(body === "" ? {} : { "content-length": String(Buffer.byteLength(body)), "content-type": "application/json" }),
    ...options.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return raw(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
}

function logText(): string {
  return existsSync(logFile) ? readFileSync(logFile, "utf8") : "";
}

async function expectLogged(text: string): Promise<void> {
  await expect.poll(() => logText().includes(text), { timeout: 10_000 }).toBe(true);
}

describe("the desk's process", () => {
  hostile("07 web", "subrequest and rewrite headers on pages and routes", async () => {
    for (const name of [
      "x-middleware-subrequest",
      "x-original-url",
      "x-rewrite-url",
      "x-invoke-path",
      "x-matched-path",
    ]) {
      for (const path of ["/overview", "/api/audit"]) {
        const answer = await ask(path, { headers: { [name]: "proxy:proxy:proxy:proxy:proxy" } });
        expect(`${name} ${path} ${answer.status}`).toBe(`${name} ${path} 400`);
      }
      await expectLogged(`The header ${name}`);
    }
    return "400, logged";
  });

  hostile("08 web", "rsc, prefetch and data forms", async () => {
    for (const headers of [{ rsc: "1" }, { rsc: "1", "next-router-prefetch": "1" }, { "x-nextjs-data": "1" }]) {
      const route = await ask("/api/audit?_rsc=abc", { headers });
      // A form whose mark does not fit its headers is sent to itself once more, with nothing in between.
      expect(
        route.status === 307 ? (await ask(route.location, { headers })).status : route.status,
      ).toBeGreaterThanOrEqual(400);
      expect(route.body).not.toContain("commandId");
      const page = await ask("/settings/audit?_rsc=abc", { headers });
      // The parts of a page are words of ours; what the desk knows comes by the API, with the session.
      for (const known of [desk.home.wallet, desk.home.deploymentId, desk.home.owner.address]) {
        expect(page.body.toLowerCase()).not.toContain(known.toLowerCase());
      }
    }
    const build = readFileSync(join(root, ".next", "BUILD_ID"), "utf8").trim();
    const data = ["settings/audit", "api/audit", "index"].map((page) => `/_next/data/${build}/${page}.json`);
    for (const path of [...data, "/settings/audit.rsc", "/api/audit.rsc"]) {
      expect(`${path} ${(await ask(path)).status}`).toBe(`${path} 404`);
    }
    return "401 and 404; pages carry nothing of the desk";
  });

  hostile("10 web", "paths that hide what they ask for", async () => {
    const forms = [
      "//api/audit",
      "/api/audit%2f",
      "/api/..%2faudit",
      "/%2e%2e/.env",
      "/api/%2e%2e/audit",
      "/..\\..\\.env",
      "/api/audit%00",
    ];
    for (const path of [
      ...forms,
      "/./api/audit",
      "/x/../api/audit",
      "/_next/../../.env",
      "/_next/static/..%5c..%5c.env",
    ]) {
      expect(`${path} ${(await ask(path)).status}`).toBe(`${path} 400`);
    }
    for (const path of ["/API/audit", "/en/api/audit", "/api/audit;.css", "/api/audit.json"]) {
      expect([401, 404]).toContain((await ask(path)).status);
    }
    await expectLogged("is not plain");
    return "400, 401 or 404";
  });

  hostile("11 web", "HEAD, OPTIONS and other verbs on pages and routes", async () => {
    for (const method of ["OPTIONS", "PUT", "DELETE", "PATCH", "POST", "TRACE"]) {
      const page = await ask("/overview", { method, body: method === "TRACE" ? "" : "{}" });
      expect(`${method} ${page.status}`).toBe(`${method} 405`);
    }
    for (const method of ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]) {
      const route = await ask("/api/audit", { method });
      expect(`${method} ${route.status}`).toBe(`${method} 405`);
      expect(route.head).not.toContain("access-control");
    }
    return "405";
  });

  hostile("12 web", "server actions and Flight payloads on pages", async () => {
    const body = '["$ACTION_ID_00",{"__proto__":{"role":"owner"}}]';
    const headers = { origin: `http://localhost:${port}` };
    const action = { ...headers, "next-action": "00".repeat(20) };
    expect((await ask("/overview", { method: "POST", body, headers: action })).status).toBe(400);
    const type = { ...headers, "content-type": "multipart/form-data; boundary=x" };
    const form = '--x\r\nContent-Disposition: form-data; name="$ACTION_REF_1"\r\n\r\n{"id":"x"}\r\n--x--';
    expect((await ask("/overview", { method: "POST", body: form, headers: type })).status).toBe(405);
    expect((await ask("/api/commands", { method: "POST", body: form, headers: type })).status).toBe(400);
    return "400 or 405";
  });

  hostile("18 web", "spoofed hosts, absolute targets, no Host at all", async () => {
    for (const host of ["evil.example", `evil.example:${port}`, `localhost.evil.example:${port}`, "169.254.169.254"]) {
      for (const path of ["/overview", "/api/health", "/icon.svg"]) {
        const answer = await ask(path, { headers: { host, "x-forwarded-host": `localhost:${port}` } });
        expect(`${host} ${path} ${answer.status}`).toBe(`${host} ${path} 421`);
      }
    }
    await expectLogged("the request is for the host evil.example");
    const absolute = `GET http://evil.example/overview HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`;
    expect((await raw(absolute)).status).toBe(400);
    expect((await raw("GET /overview HTTP/1.1\r\nConnection: close\r\n\r\n")).status).toBe(400);
    expect((await raw("GET /overview HTTP/1.0\r\n\r\n")).status).toBe(421);
    const two = `GET /overview HTTP/1.1\r\nHost: localhost:${port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`;
    expect([400, 421]).toContain((await raw(two)).status);
    const forwarded = {
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      forwarded: "host=evil.example",
    };
    const home = await ask("/", { headers: forwarded });
    expect(home.head + home.body).not.toContain("evil.example");
    return "421 or 400; forwarded hosts reach no link";
  });

  hostile("38 web", "the image route as a way inside", async () => {
    for (const url of ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "//127.0.0.1/x", "/api/audit"]) {
      const answer = await ask(`/_next/image?url=${encodeURIComponent(url)}&w=640&q=75`);
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    return "refused";
  });

  hostile(
    "43 web",
    "trickling heads and bodies, oversize heads",
    async () => {
      const open = `POST /api/auth/nonce HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: http://localhost:${port}\r\n`;
      const [head, body, long] = await Promise.all([
        raw(`${open}X-Slow: `, 40_000),
        raw(`${open}Content-Type: application/json\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{`, 60_000),
        raw(`${open}X-Long: ${"a".repeat(40_000)}\r\n\r\n`),
      ]);
      expect([0, 408]).toContain(head.status);
      expect(body.status).toBe(408);
      expect(long.status).toBe(431);
      const big = await ask("/api/auth/nonce", {
        method: "POST",
        body: `{"a":"${"x".repeat(70_000)}"}`,
        headers: { origin: `http://localhost:${port}` },
      });
      expect(big.status).toBe(413);
      return `a slow head ends after ${(head.tookMs / 1000).toFixed(0)} s, a slow body after ${(body.tookMs / 1000).toFixed(0)} s, 431 and 413 for the large ones`;
    },
    90_000,
  );

  hostile("44 web", "a flood that writes another X-Forwarded-For each time", async () => {
    const body = JSON.stringify({ address: desk.people.stranger.address, chainId: 31_337 });
    const answers: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const headers = {
        origin: `http://localhost:${port}`,
        "x-forwarded-for": `8.8.${count}.1`,
        "x-real-ip": `8.8.${count}.2`,
      };
      answers.push((await ask("/api/auth/nonce", { method: "POST", body, headers })).status);
    }
    expect(answers.filter((status) => status === 429).length).toBeGreaterThanOrEqual(8);
    await expectLogged('"code":"rate_limited"');
    expect(logText()).not.toContain("8.8.1.1");
    return `${answers.filter((status) => status === 429).length} of 20 refused: the connection counts, not what it says of itself`;
  });

  hostile("45 web", "dotfiles, maps, sources, metrics and logs", async () => {
    const maps = readdirSync(join(root, ".next", "static"), { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".map"),
    );
    const files = [
      "/.env",
      "/.git/config",
      "/.tidegate/run.json",
      "/.next/BUILD_ID",
      "/package.json",
      "/server/signer/key.ts",
    ];
    for (const path of [
      ...files,
      ...maps.map((file) => `/_next/static/${file}`),
      "/metrics",
      "/logs/web.log",
      "/api/metrics",
      "/_next/static/.env",
      "/_next/server/app/page.js",
    ]) {
      expect(`${path} ${(await ask(path)).status}`).toBe(`${path} 404`);
    }
    expect((await ask("/api/audit")).status).toBe(401);
    return "404";
  });
});

describe("what the browser gets", () => {
  it("behavior: every page renders per request under a policy with a fresh nonce, and all its scripts carry it", async () => {
    const nonces = new Set<string>();
    for (const path of [...PAGES, ...PAGES.slice(1, 4)]) {
      const page = await ask(path, { headers: { accept: "text/html" } });
      if (page.status === 307 || page.status === 308) continue;
      const policy = /^content-security-policy: (.*)$/m.exec(page.head)?.[1] ?? "";
      // The head is read in small letters; a nonce is compared as the page has it.
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
      expect(`${path} ${policy}`).toMatch(/frame-ancestors 'none'/);
      expect(policy).toMatch(/object-src 'none'.*base-uri 'none'/);
      expect(policy).not.toMatch(/script-src[^;]*unsafe-(inline|eval)/);
      for (const [tag] of page.body.matchAll(/<script\b[^>]*>/g)) {
        expect(`${path} ${tag.toLowerCase()}`).toContain(`nonce="${nonce}"`);
      }
      expect(nonces.has(nonce)).toBe(false);
      nonces.add(nonce);
      for (const header of [
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
        "referrer-policy: same-origin",
      ]) {
        expect(page.head).toContain(header);
      }
      expect(page.head).not.toContain("x-powered-by");
    }
    expect(nonces.size).toBeGreaterThanOrEqual(PAGES.length);
    const manifest = z
      .looseObject({ routes: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse(readFileSync(join(root, ".next", "prerender-manifest.json"), "utf8")));
    // Next's own last-resort document and the icon hold no script of ours.
    expect(Object.keys(manifest.routes).filter((route) => route !== "/_global-error" && route !== "/icon.svg")).toEqual(
      [],
    );
  });

  it("behavior: no secret, endpoint of a store or key code is in what is served to browsers", () => {
    const folder = join(root, ".next", "static");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.(js|css)$/.test(file));
    expect(files.length).toBeGreaterThan(10);
    const forbidden =
      /redis:\/\/|TG_(STORE|OPENOBSERVE|KEYSTORE|LIFI|RPC|REMOTE|QUOTE2)|privateKeyToAccount|mnemonicToAccount|hdKeyToAccount|keystore\.json|\.sock\b|BEGIN (EC |RSA )?PRIVATE KEY/;
    for (const file of files) {
      const found = forbidden.exec(readFileSync(join(folder, file), "utf8"));
      expect(`${file}: ${found?.[0] ?? ""}`).toBe(`${file}: `);
    }
  });
});

describe("the web process and the key", () => {
  it("behavior: its environment and arguments lead to no key", () => {
    const leads = /KEYSTORE|PASSPHRASE|PRIVATE|REMOTE_SIGNER|MNEMONIC|TG_KILL/;
    expect(Object.keys(env).filter((key) => leads.test(key))).toEqual([]);
    const proc = `/proc/${web.pid ?? 0}`;
    if (!existsSync(proc)) return;
    const seen = ["environ", "cmdline"].map((name) => readFileSync(join(proc, name), "utf8")).join("\0");
    expect(seen).not.toMatch(leads);
    expect(seen).not.toContain("correct horse battery staple");
  });
});
