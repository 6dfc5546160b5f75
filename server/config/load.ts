// Typed settings of one process: defaults, then the environment, then overrides of the caller (command-line flags).
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import type { Address } from "@/lib/units";
import { alertConfigOf, type AlertConfig } from "./alerts";
import { parseEnv, type Env, type RawEnv } from "./env";

export interface OpenobserveSettings {
  readonly url: string;
  readonly org: string;
  readonly user: string;
  readonly password: string;
}

export interface Settings {
  /** Absolute. */
  readonly dataDir: string;
  /** Null: all pairs with a usable pool. */
  readonly pairs: readonly string[] | null;
  readonly owners: readonly Address[];
  /** Absolute. */
  readonly keystoreFile: string;
  /** Key service in place of the keystore; null: the keystore signs. */
  readonly remoteSigner: { readonly url: string; readonly address: Address } | null;
  readonly homeChainId: number;
  readonly storeUrl: string | null;
  readonly openobserve: OpenobserveSettings | null;
  readonly cexProxyUrl: string | null;
  readonly geckoUrl: string;
  readonly lifiUrl: string;
  readonly lifiApiKey: string | null;
  readonly lifiIntegrator: string;
  /** Another quote service of LI.FI's shape; null: off. */
  readonly secondQuotes: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | null;
  readonly registryFile: string | null;
  readonly marketClockUrl: string | null;
  readonly sandboxUrl: string | null;
  readonly origin: string;
  readonly isPublicRead: boolean;
  /** Own proxies in front of the desk; their entries of X-Forwarded-For are believed. */
  readonly proxyHops: number;
  readonly webPort: number;
  readonly opsPort: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly logFile: string | null;
  readonly killLabel: string | null;
  readonly rpcUrls: ReadonlyMap<number, readonly string[]>;
  readonly relayUrls: ReadonlyMap<number, string>;
  readonly alerts: AlertConfig;
}

export interface LoadInput {
  readonly env: RawEnv;
  /** Relative folders are resolved against this one. */
  readonly cwd: string;
  readonly overrides?: Partial<Settings>;
}

export function loadSettings(input: LoadInput): Result<Settings, ConfigError> {
  const env = parseEnv(input.env);
  if (!env.ok) return env;
  const openobserve = openobserveSettings(env.value);
  if (!openobserve.ok) return openobserve;
  const secondQuotes = secondQuotesOf(env.value);
  if (!secondQuotes.ok) return secondQuotes;
  const remoteSigner = remoteSignerOf(env.value);
  if (!remoteSigner.ok) return remoteSigner;
  const value = env.value;
  const dataDir = resolve(input.cwd, input.overrides?.dataDir ?? value.TG_DATA_DIR);
  const alerts = alertConfigOf(value, { dataDir, cwd: input.cwd });
  if (!alerts.ok) return alerts;
  const webPort = input.overrides?.webPort ?? value.TG_WEB_PORT;
  return ok({
    dataDir,
    pairs: value.TG_PAIRS ?? null,
    owners: value.TG_OWNERS ?? [],
    keystoreFile:
      value.TG_KEYSTORE === undefined
        ? join(dataDir, "signer", "keystore.json")
        : resolve(input.cwd, value.TG_KEYSTORE),
    remoteSigner: remoteSigner.value,
    homeChainId: value.TG_HOME_CHAIN,
    storeUrl: value.TG_STORE_URL ?? null,
    openobserve: openobserve.value,
    cexProxyUrl: value.TG_CEX_PROXY_URL ?? null,
    geckoUrl: value.TG_GECKO_URL,
    lifiUrl: value.TG_LIFI_URL,
    lifiApiKey: value.TG_LIFI_API_KEY ?? null,
    lifiIntegrator: value.TG_LIFI_INTEGRATOR,
    secondQuotes: secondQuotes.value,
    registryFile:
      value.TG_REGISTRY_FILE === undefined ? ownRegistryFile(dataDir) : resolve(input.cwd, value.TG_REGISTRY_FILE),
    marketClockUrl: value.TG_MARKET_CLOCK_URL ?? null,
    sandboxUrl: value.TG_SANDBOX_URL ?? null,
    origin: (value.TG_ORIGIN ?? `http://localhost:${webPort}`).replace(/\/+$/, ""),
    isPublicRead: value.TG_PUBLIC_READ === "1",
    proxyHops: value.TG_PROXY_HOPS,
    webPort,
    opsPort: value.TG_OPS_PORT,
    logLevel: value.TG_LOG_LEVEL,
    logFile: value.TG_LOG_FILE === undefined ? null : resolve(input.cwd, value.TG_LOG_FILE),
    killLabel: value.TG_KILL ?? null,
    rpcUrls: value.rpcUrls,
    relayUrls: value.relayUrls,
    alerts: alerts.value,
    ...input.overrides,
    ...(input.overrides?.dataDir === undefined ? {} : { dataDir }),
  });
}

/** Entries that `tidegate registry add` wrote; null when there are none. */
function ownRegistryFile(dataDir: string): string | null {
  const file = join(dataDir, "registry.json");
  return existsSync(file) ? file : null;
}

function remoteSignerOf(env: Env): Result<Settings["remoteSigner"], ConfigError> {
  const { TG_REMOTE_SIGNER: url, TG_REMOTE_SIGNER_ADDRESS: address } = env;
  if (url === undefined && address === undefined) return ok(null);
  if (url !== undefined && address !== undefined) return ok({ url, address });
  return err(
    new ConfigError({
      code: "invalid",
      message: "TG_REMOTE_SIGNER and TG_REMOTE_SIGNER_ADDRESS belong together: set both, or neither for the keystore.",
      retryable: false,
    }),
  );
}

function secondQuotesOf(env: Env): Result<Settings["secondQuotes"], ConfigError> {
  if (env.TG_QUOTE2_URL === undefined) return ok(null);
  try {
    const headers = z.record(z.string(), z.string()).safeParse(JSON.parse(env.TG_QUOTE2_HEADERS ?? "{}"));
    if (headers.success) return ok({ url: env.TG_QUOTE2_URL, headers: headers.data });
  } catch {
    // Not JSON: told below, without the text, which may hold a key.
  }
  return err(
    new ConfigError({
      code: "invalid",
      retryable: false,
      message: 'TG_QUOTE2_HEADERS must be a JSON object of texts, for example {"x-api-key":"..."}',
    }),
  );
}

function openobserveSettings(env: Env): Result<OpenobserveSettings | null, ConfigError> {
  if (env.TG_OPENOBSERVE_URL === undefined) return ok(null);
  if (env.TG_OPENOBSERVE_USER === undefined || env.TG_OPENOBSERVE_PASSWORD === undefined) {
    return err(
      new ConfigError({
        code: "missing",
        message:
          "TG_OPENOBSERVE_URL is set, but TG_OPENOBSERVE_USER or TG_OPENOBSERVE_PASSWORD is not. Set both, or remove the address to use the embedded twin.",
        retryable: false,
      }),
    );
  }
  return ok({
    url: env.TG_OPENOBSERVE_URL.replace(/\/+$/, ""),
    org: env.TG_OPENOBSERVE_ORG,
    user: env.TG_OPENOBSERVE_USER,
    password: env.TG_OPENOBSERVE_PASSWORD,
  });
}

/** Lines `KEY=value` of a .env file, under the real environment; absent file: nothing. */
export function readDotEnv(file: string): Result<RawEnv, ConfigError> {
  if (!existsSync(file)) return ok({});
  const out: Record<string, string> = {};
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return err(
      new ConfigError({
        code: "invalid",
        message: `The file ${file} exists but cannot be read (${errorText(error)}). Make it readable or remove it.`,
        retryable: false,
        cause: error,
      }),
    );
  }
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match === null) continue;
    const value = match[2] ?? "";
    out[match[1] ?? ""] = value.replace(/^(["'])(.*)\1$/, "$2");
  }
  return ok(out);
}
