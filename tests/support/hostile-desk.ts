// A closed desk for hostile requests: the real API over a real store and the real signer process, with one person of each role and every log line kept.
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from "viem/accounts";
import type { Role, SignedCommand } from "@/lib/api/commands";
import { contract } from "@/lib/api/contract";
import { errorBodySchema } from "@/lib/api/schemas";
import { createAuthorityReader } from "@/server/api/authority-reader";
import { createApi } from "@/server/api/create-api";
import type { ApiDeps } from "@/server/api/deps";
import { createRateLimiter, type RateLimiter } from "@/server/api/rate-limiter";
import type { Router } from "@/server/api/router";
import { createRegistryView } from "@/server/config/registry";
import { wallClock } from "@/server/infra/clock";
import type { ControlClient } from "@/server/infra/signer-link/client";
import { createStoreClient, type StoreClient } from "@/server/infra/store/client";
import { createLogger } from "@/server/infra/telemetry/logger";
import { makeTempDir, startEmbeddedStore } from "./embedded-servers";
import { printLine } from "./print-line";
import { makeSignerHome, openControl, signCommand, startSignerProcess, type SignerHome } from "./signer-process";

export const DESK_ORIGIN = "http://localhost:3000";
export const DESK_PAIR = "WETH-USDC";
export const HOME_CHAIN = 31_337;
/** Limits are tried where they are the subject; elsewhere they would hide what is. */
export const noLimits: RateLimiter = { take: () => null };

/** The deployment's one chain, at these endpoints. */
export function homeRegistry(rpcUrls: readonly string[]): ApiDeps["registry"] {
  return createRegistryView({
    version: 1,
    chains: [
      {
        id: HOME_CHAIN,
        name: "Home",
        nativeSymbol: "ETH",
        nativeDecimals: 18,
        wrappedNative: `0x${"e1".repeat(20)}`,
        blockTimeMs: 1_000,
        geckoSlug: null,
        explorer: null,
        rpcUrls: [...rpcUrls],
        multicall3: `0x${"e2".repeat(20)}`,
        permit2: null,
        lifiDiamond: null,
        feeModel: "eip1559",
        softDepth: 1,
        settle: { tag: "finalized", depth: 2 },
        timeScale: 1,
        bumpAllowed: true,
        maxFeePerGasWei: "500000000000",
        isLocal: true,
      },
    ],
    tokens: [],
    dexes: [],
    pools: [],
    pairs: [],
  });
}

export type People = Readonly<Record<Role | "stranger", PrivateKeyAccount>>;

export interface DeskOptions {
  readonly settings?: Partial<ApiDeps["settings"]>;
  readonly rateLimiter?: RateLimiter;
  readonly nowMs?: () => number;
  readonly registry?: ApiDeps["registry"];
  readonly settingsDesk?: ApiDeps["settingsDesk"];
}

export interface HostileDesk {
  readonly home: SignerHome;
  readonly people: People;
  readonly control: ControlClient;
  readonly store: StoreClient;
  readonly storeUrl: string;
  /** A new API over the same store and signer. */
  open(options?: DeskOptions): Router;
  /** Log lines of all APIs so far, as written. */
  lines(): readonly string[];
  signIn(api: Router, who: PrivateKeyAccount): Promise<string>;
  command(who: PrivateKeyAccount, input: Parameters<typeof signCommand>[2]): Promise<SignedCommand>;
  /** Commands the signer accepted since its start; nothing hostile may move it. */
  acceptedCount(): Promise<number>;
  close(): Promise<void>;
}

function account(): PrivateKeyAccount {
  return privateKeyToAccount(generatePrivateKey());
}

const ROLES_GIVEN = ["viewer", "operator", "approver"] as const;

export async function openHostileDesk(env: Readonly<Record<string, string>> = {}): Promise<HostileDesk> {
  const storeServer = await startEmbeddedStore({ dataDir: makeTempDir("hostile") });
  const store = createStoreClient({ url: storeServer.url, name: "hostile-desk" });
  expect(await store.waitReady(10_000)).toBe(true);
  const home = await makeSignerHome({ TG_STORE_URL: storeServer.url, ...env });
  const signer = startSignerProcess(home);
  await signer.ready;
  const control = openControl(home);
  expect(await control.waitReady(10_000)).toBe(true);
  const people: People = {
    owner: home.owner,
    viewer: account(),
    operator: account(),
    approver: account(),
    stranger: account(),
  };
  for (const role of ROLES_GIVEN) {
    const given = await control.call(
      "command.submit",
      await signCommand(home, home.owner, { action: "role.set", params: { address: people[role].address, role } }),
    );
    if (!given.ok) throw given.error;
  }
  const lines: string[] = [];
  const log = createLogger({ name: "web", level: "info", write: (line) => lines.push(line) });
  const emptyRegistry = createRegistryView({ version: 1, chains: [], tokens: [], dexes: [], pools: [], pairs: [] });

  return {
    home,
    people,
    control,
    store,
    storeUrl: storeServer.url,
    open({ settings, rateLimiter, nowMs = wallClock.nowMs, registry = emptyRegistry, settingsDesk } = {}) {
      return createApi({
        settings: {
          version: "test",
          deploymentId: home.deploymentId,
          origin: DESK_ORIGIN,
          isPublicRead: false,
          homeChainId: HOME_CHAIN,
          sandboxUrl: null,
          pairIds: [DESK_PAIR],
          ...settings,
        },
        store,
        control,
        authority: createAuthorityReader({ control, store, nowMs: wallClock.nowMs }),
        telemetry: {
          epochs: async () => ({ ok: true, value: { points: [], partial: false } }),
          analyses: async () => ({ ok: true, value: { points: [], partial: false } }),
          allocations: async () => ({ ok: true, value: { points: [], partial: false } }),
          problem: async () => null,
        },
        registry,
        ...(settingsDesk === undefined ? {} : { settingsDesk }),
        rateLimiter: rateLimiter ?? createRateLimiter(nowMs),
        log,
        nowMs,
        randomHex: (bytes) => randomBytes(bytes).toString("hex"),
        fetch,
      });
    },
    lines: () => lines,
    async signIn(api, who) {
      const started = await send(api, "POST", contract.authNonce.path, {
        body: { address: who.address, chainId: HOME_CHAIN },
      });
      const { message } = contract.authNonce.response.parse(await started.json());
      const signature = await who.signMessage({ message });
      const done = await send(api, "POST", contract.authVerify.path, { body: { message, signature } });
      expect(done.status).toBe(200);
      return done.headers.get("set-cookie")?.split(";")[0] ?? "";
    },
    command: (who, input) => signCommand(home, who, input),
    async acceptedCount() {
      const page = await control.call("audit.since", { seq: 0, limit: 1_000 });
      if (!page.ok) throw page.error;
      return page.value.commands.filter(({ status }) => status !== "refused").length;
    },
    async close() {
      control.close();
      signer.child.stdin?.end();
      await signer.exited;
      await store.close();
      await storeServer.stop();
      home.remove();
    },
  };
}

export interface SendOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookie?: string;
  /** Null: none is sent. */
  readonly origin?: string | null;
  readonly contentType?: string;
}

/** A request as a page of the desk would send it, unless told otherwise. */
export function send(api: Router, method: string, path: string, options: SendOptions = {}): Promise<Response> {
  const origin = options.origin === undefined ? DESK_ORIGIN : options.origin;
  const isRead = method === "GET" || method === "HEAD";
  return api.handle(
    new Request(`${DESK_ORIGIN}${path}`, {
      method,
      headers: {
        ...(origin === null || isRead ? {} : { origin }),
        ...(isRead ? {} : { "content-type": options.contentType ?? "application/json" }),
        ...(options.cookie === undefined ? {} : { cookie: options.cookie }),
        ...options.headers,
      },
      ...(isRead ? {} : { body: typeof options.body === "string" ? options.body : JSON.stringify(options.body ?? {}) }),
    }),
  );
}

/** The refusal's body: always the one shape, never a stack. */
export async function refusalOf(response: Response) {
  const text = await response.text();
  expect(text).not.toMatch(/\bat .*\.(ts|js|mjs):\d+|node_modules/);
  return errorBodySchema.parse(JSON.parse(text)).error;
}

/** Path of a route with values that pass its schema. */
export function pathOf(path: string): string {
  return path
    .replace("{id}", DESK_PAIR)
    .replace("{planId}", `0x${"0".repeat(32)}`)
    .replace("{epoch}", "1")
    .replace("{commandId}", `0x${"0".repeat(64)}`)
    .replace("{chainId}", "1")
    .replace("{address}", `0x${"0".repeat(40)}`);
}

/** One numbered row of safety.md section 6; prints its result beside the test's. */
export function hostile(numbers: string, what: string, attempt: () => Promise<string>, limitMs = 120_000): void {
  it(
    `hostile ${numbers}: ${what}`,
    async () => {
      printLine(`hostile ${numbers} | ${what} | ${await attempt()}`);
    },
    limitMs,
  );
}
