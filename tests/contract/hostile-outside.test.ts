// Hostile requests 37 to 42 of the safety plan: addresses that lead inside, answers without an end, and texts that a browser, a spreadsheet or a log would take for more than text.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { encodeAbiParameters } from "viem";
import type { CallPort } from "@/lib/actions/family";
import { commandParamsSchemas } from "@/lib/api/commands";
import { SourceError } from "@/lib/errors/tidegate-error";
import { recordsToCsv } from "@/lib/format/csv";
import { chainText } from "@/lib/format/plain-text";
import { registrySchema } from "@/lib/registry/schema";
import { STATEMENT_COLUMNS } from "@/lib/ledger/statement";
import { readTokenFacts } from "@/server/config/registry-check";
import { probeChainId } from "@/server/infra/chain/probe-chain-id";
import { checkOutboundUrl, createGuardedFetch, isOpenAddress, type GuardPolicy } from "@/server/infra/guarded-fetch";
import { createLogger } from "@/server/infra/telemetry/logger";
import { hostile } from "@/tests/support/hostile-desk";
import { json, startHostileServer, type HostileServer } from "@/tests/support/hostile-server";

let server: HostileServer;
let other: HostileServer;

beforeAll(async () => {
  server = await startHostileServer();
  other = await startHostileServer();
});

afterAll(async () => {
  await server.close();
  await other.close();
});

/** The local server under a name, as an address the machine's environment trusts: what is left of the guard is what is tried. */
function trusting(change: GuardPolicy = {}): { readonly url: string; readonly policy: GuardPolicy } {
  const url = `http://service.tidegate.test:${new URL(server.url).port}`;
  return {
    url,
    policy: { trustedOrigins: [url], resolve: async () => [{ address: "127.0.0.1", family: 4 }], ...change },
  };
}

async function failure(url: string, policy: GuardPolicy): Promise<string> {
  const outcome = await createGuardedFetch(policy)(url).then(
    async (response) => `answered ${response.status} ${(await response.text()).length}`,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(SourceError);
  return outcome instanceof SourceError ? outcome.message : String(outcome);
}

const INSIDE = [
  "https://127.0.0.1/",
  "https://127.1/",
  "https://0/",
  "https://0.0.0.0/",
  "https://0x7f000001/",
  "https://0x7f.1/",
  "https://0177.0.0.1/",
  "https://2130706433/",
  "https://10.0.0.1/",
  "https://172.16.0.1/",
  "https://192.168.1.1/",
  "https://100.64.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://198.18.0.1/",
  "https://224.0.0.1/",
  "https://255.255.255.255/",
  "https://[::1]/",
  "https://[::]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
  "https://[::127.0.0.1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[2002:7f00:1::]/",
  "https://[fe80::1]/",
  "https://[fd00::1]/",
  "https://[ff02::1]/",
  "https://localhost/",
  "https://localhost./",
  "https://LOCALHOST/",
  "https://a.localhost/",
  "https://printer.local/",
  "https://metadata.google.internal/",
  "https://dragonfly/",
  "https://１２７.０.０.１/",
  "https://①②⑦.0.0.1/",
  "https://127。0。0。1/",
];

const ODD = [
  "http://rpc.tidegate.dev/",
  "ftp://rpc.tidegate.dev/",
  "file:///etc/passwd",
  "gopher://rpc.tidegate.dev/",
  "data:application/json,{}",
  "javascript:alert(1)",
  "unix:/run/tidegate/control.sock",
  "https://user:secretword@rpc.tidegate.dev/",
  "https://rpc.tidegate.dev@127.0.0.1/",
  "https://",
  "//127.0.0.1/",
  "rpc.tidegate.dev",
  `https://rpc.tidegate.dev/${"a".repeat(3_000)}`,
];

describe("addresses a person typed", () => {
  hostile(
    "37",
    "loopback, private, link-local, metadata and mapped addresses in every spelling, schemes, user names",
    async () => {
      const open: GuardPolicy = { resolve: () => Promise.reject(new Error("the resolver must not be asked")) };
      for (const url of [...INSIDE, ...ODD]) {
        const checked = checkOutboundUrl(url);
        expect(`${url} ${checked.ok}`).toBe(`${url} false`);
        const said = await failure(url, open);
        expect(said).not.toContain("secretword");
        expect(said).not.toContain("must not be asked");
      }
      for (const address of ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111"]) expect(isOpenAddress(address)).toBe(true);
      expect(checkOutboundUrl("https://rpc.tidegate.dev/v2/key").ok).toBe(true);
      expect(checkOutboundUrl("https://rpc.tidegate.dev/", { allowedHosts: ["hooks.tidegate.dev"] }).ok).toBe(false);
      // Trust of one origin is not trust of its neighbours.
      const near = { trustedOrigins: ["http://127.0.0.1:9000"] };
      for (const url of ["http://127.0.0.1:9001/", "https://127.0.0.1:9000/", "http://127.0.0.1:9000@10.0.0.1/"]) {
        expect(`${url} ${checkOutboundUrl(url, near).ok}`).toBe(`${url} false`);
      }
      return `${INSIDE.length} inside and ${ODD.length} odd addresses refused before anything was resolved or sent`;
    },
  );

  hostile("38", "names that point inside, rebinding, redirects", async () => {
    const points: readonly (readonly string[])[] = [["127.0.0.1"], ["10.1.2.3"], ["::1"], ["1.1.1.1", "127.0.0.1"], []];
    for (const addresses of points) {
      const resolve = async () =>
        addresses.map((address) => ({ address, family: address.includes(":") ? (6 as const) : (4 as const) }));
      expect(await failure("https://rebind.tidegate.dev/", { resolve })).toMatch(/points inside|has no address/);
    }
    // Rebinding: the name is asked once; the second answer, which points elsewhere, is never heard.
    let asked = 0;
    const { url, policy } = trusting({
      resolve: async () => {
        asked += 1;
        return [{ address: asked === 1 ? "127.0.0.1" : "127.0.0.9", family: 4 }];
      },
    });
    server.answer(json(200, { pinned: true }));
    const answer = await createGuardedFetch(policy)(`${url}/hook`);
    expect(await answer.json()).toEqual({ pinned: true });
    expect(asked).toBe(1);
    expect(server.requests.at(-1)?.headers.host).toBe(new URL(url).host);

    const before = other.requests.length;
    for (const status of [301, 302, 303, 307, 308]) {
      server.answer((_, res) => res.writeHead(status, { location: `${other.url}/inside` }).end());
      expect(await failure(`${url}/hook`, trusting().policy)).toContain("redirects are refused");
    }
    expect(other.requests).toHaveLength(before);
    const probe = await probeChainId({ url: "https://127.0.0.1:8545/v2/secretkeyofthisnode0", expected: 1 });
    expect(probe).toMatchObject({ ok: false, error: { code: "bad_data" } });
    expect(JSON.stringify(probe)).not.toContain("secretkeyofthisnode0");
    server.answer(json(200, { jsonrpc: "2.0", id: 1, result: "0x89" }));
    const wrong = await probeChainId({ url: `${url}/v2/secretkeyofthisnode0`, expected: 1 }, trusting().policy);
    expect(wrong.ok ? "" : wrong.error.message).toContain("serves chain 137; expected 1");
    expect(wrong.ok ? "" : wrong.error.message).not.toContain("secretkeyofthisnode0");
    expect(await probeChainId({ url, expected: 137 }, trusting().policy)).toEqual({ ok: true, value: 137 });
    server.answer(json(200, { hello: "I am no node" }));
    expect((await probeChainId({ url, expected: 1 }, trusting().policy)).ok).toBe(false);
    return "one closed address among many refuses the name; one question per name; five redirects not followed; the probe names the chain and no key";
  });

  hostile("39", "a trickle, a bomb, an answer without an end, a broken one", async () => {
    const limits = { timeoutMs: 600, maxBytes: 100_000 };
    const { url, policy } = trusting(limits);
    server.answer((_, res) => {
      res.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => res.write(" "), 50);
      res.on("close", () => clearInterval(timer));
    });
    const startedAtMs = performance.now();
    expect(await failure(url, policy)).toContain("within 600 ms");
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    server.answer(() => undefined);
    expect(await failure(url, policy)).toContain("within 600 ms");
    server.answer((_, res) => {
      res.writeHead(200);
      const more = (): void => {
        while (!res.destroyed && res.write(Buffer.alloc(65_536)));
      };
      res.on("drain", more);
      more();
    });
    expect(await failure(url, { ...policy, timeoutMs: 10_000 })).toContain("more than 100000 bytes");
    server.answer((_, res) =>
      res.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(10_000_000))),
    );
    expect(await failure(url, policy)).toContain("encoding gzip");
    server.answer((_, res) => {
      res.writeHead(200, { "content-length": "1000" });
      res.write("{");
      setTimeout(() => res.destroy(), 20);
    });
    expect(await failure(url, policy)).toMatch(/broke off|could not be read/);
    server.answer((_, res) => res.socket?.end("HTTP/9.9 banana\r\n\r\n"));
    expect(await failure(url, policy)).toContain("could not be read");
    return "ended after the time limit or the byte limit, never unpacked";
  });
});

const SCRIPTS = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "javascript:alert(1)",
  "{{constructor.constructor('alert(1)')()}}",
];
const HIDDEN = [
  "USDC\u200b",
  "\u202eCDSU",
  "US\u0000DC",
  "USDC\u2066",
  "U\u00adSDC",
  "\ufeffUSDC",
  "USDC\n",
  "\u001b[2JUSDC",
];

describe("texts from outside", () => {
  hostile("40", "scripts and invisible characters in free texts and in what a chain says", async () => {
    const files = execFileSync("git", ["ls-files", "app", "components", "lib", "server/api"], { encoding: "utf8" })
      .split("\n")
      .filter((file) => /\.(ts|tsx)$/.test(file) && !/\.test\./.test(file));
    const raw = files.filter((file) => {
      const text = readFileSync(file, "utf8");
      return /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcDoc|rehype-raw|\beval\(|new Function\(/.test(
        text,
      );
    });
    // The one place: a constant of ours that sets theme, density and the colours of money before the first paint.
    expect(raw).toEqual(["app/layout.tsx"]);
    expect(readFileSync("app/layout.tsx", "utf8").match(/dangerouslySetInnerHTML=\{\{ __html: (\w+) \}\}/g)).toEqual([
      "dangerouslySetInnerHTML={{ __html: LOOK }}",
    ]);
    for (const text of HIDDEN) {
      const pause = { pairId: "WETH-USDC", kind: "no_new_risk", untilAtMs: null, reason: text };
      expect(commandParamsSchemas["pair.pause"].safeParse(pause).success).toBe(false);
      const note = { pairId: "WETH-USDC", note: text };
      expect(commandParamsSchemas["pair.resume"].safeParse(note).success).toBe(false);
      expect(chainText(text)).toBe(text === "\u001b[2JUSDC" ? "[2JUSDC" : text.startsWith("\u202e") ? "CDSU" : "USDC");
    }
    expect(chainText("A".repeat(500))).toHaveLength(32);
    const token = { chainId: 1, address: `0x${"a1".repeat(20)}`, symbol: "USDC", decimals: 6, kind: "native" };
    const overlay = (symbol: string) => ({
      version: 1,
      chains: [],
      tokens: [{ ...token, symbol }],
      dexes: [],
      pools: [],
      pairs: [],
    });
    expect(registrySchema.safeParse(overlay("USDC")).error?.issues ?? []).toEqual([]);
    for (const text of HIDDEN) expect(registrySchema.safeParse(overlay(text)).success).toBe(false);
    for (const symbol of HIDDEN) {
      const chain: CallPort = {
        call: async ({ data }) =>
          data.startsWith("0x313ce567")
            ? encodeAbiParameters([{ type: "uint8" }], [6])
            : encodeAbiParameters([{ type: "string" }], [symbol]),
        readLogs: async () => [],
      };
      const facts = await readTokenFacts(chain, `0x${"a1".repeat(20)}`);
      // A byte order mark is gone when the bytes are read as text; everything else is refused by name.
      if (symbol.startsWith("\ufeff")) expect(facts).toEqual({ symbol: "USDC", decimals: 6 });
      else expect(facts).toContain("invisible characters");
    }
    return `no raw HTML but one constant; ${HIDDEN.length} hidden texts refused in notes, symbols and overlay; scripts stay text`;
  });

  hostile("41", "formulas in exports", async () => {
    const formulas = ["=1+1", "+cmd|'/c calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil","x")'];
    const column = STATEMENT_COLUMNS[0] ?? "";
    for (const text of [...formulas, ...SCRIPTS]) {
      const [, row = ""] = recordsToCsv([column, "last"], [{ [column]: text, last: 1 }]).split(/\r\n(?=[^\n])/);
      const cell = row.startsWith('"') ? row.slice(1) : row;
      expect(cell).toMatch(/^[^=+\-@\t\r]/);
    }
    expect(recordsToCsv(["amount"], [{ amount: "-12.5" }])).toBe("amount\r\n-12.5\r\n");
    return `${formulas.length} formulas begin with an apostrophe, negative numbers stay numbers`;
  });

  hostile("42", "log injection and secrets in log lines", async () => {
    const lines: string[] = [];
    const log = createLogger({ name: "web", level: "info", write: (line) => lines.push(line) });
    const forged = 'x"}\n{"level":"info","event":"api.signed-in","address":"0xowner"}\r\n\u2028\u001b[31m';
    const canaries = ["canarysecret1", "canarysecret2", "canarysecret3", "canarysecret4", "canarysecret5"];
    log.warn(forged, {
      reason: forged,
      [forged]: forged,
      cookie: canaries[0],
      header: `Cookie: tg=${canaries[1]}`,
      url: `https://user:${canaries[2]}@rpc.example/v2/${canaries[3]}?key=${canaries[4]}`,
    });
    expect(lines).toHaveLength(1);
    const [line = ""] = lines;
    expect(line.trimEnd().split(/\r|\n/)).toHaveLength(1);
    expect(line).not.toContain("\u001b");
    expect(JSON.parse(line)).toMatchObject({ level: "warn", process: "web" });
    for (const canary of canaries) expect(line).not.toContain(canary);
    return "one line stays one line; five canaries are in none";
  });
});
