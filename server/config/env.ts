// The one reader of process.env: every TG_ key with its meaning, its default and its check; .env.example is generated from here.
import * as z from "zod";
import { addressSchema, pairIdSchema } from "@/lib/registry/schema";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError } from "@/lib/errors/tidegate-error";

const port = z.coerce.number().int().min(0).max(65_535);
const httpUrl = z.url({ protocol: /^https?$/, error: "expected an address that starts with http:// or https://" });
const list = (name: string) =>
  z.string().transform((text, context) => {
    const parts = text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
    if (parts.length === 0) context.addIssue(`expected a comma list of ${name}`);
    return parts;
  });

/** Every key; the order is the order of .env.example. A key without a default is optional unless its text says otherwise. */
export const envSchema = z.object({
  TG_DATA_DIR: z
    .string()
    .default(".tidegate")
    .describe("Folder for everything that must survive: journal, keystore, embedded stores, logs."),
  TG_PAIRS: list("pair ids")
    .pipe(z.array(pairIdSchema))
    .optional()
    .describe("Pairs to run, comma list, for example WETH-USDC,USDC-USDT. Empty: every pair that has a usable pool."),
  TG_OWNERS: list("addresses")
    .pipe(z.array(addressSchema))
    .optional()
    .describe(
      "Wallet addresses that hold the owner role at the first start, comma list. Later changes are signed commands.",
    ),
  TG_KEYSTORE: z
    .string()
    .optional()
    .describe("Keystore file of the signing wallet (version 3). Empty: <data dir>/signer/keystore.json."),
  TG_REMOTE_SIGNER: z
    .string()
    .regex(/^(https?:\/\/|unix:\/)/, "expected https://…, http:// on this machine, or unix:/path")
    .optional()
    .describe(
      "Key service that signs instead of the keystore: JSON-RPC eth_signTransaction at https://… or unix:/path. Needs TG_REMOTE_SIGNER_ADDRESS.",
    ),
  TG_REMOTE_SIGNER_ADDRESS: addressSchema
    .optional()
    .describe("Wallet address whose key the service of TG_REMOTE_SIGNER holds."),
  TG_HOME_CHAIN: z.coerce
    .number()
    .int()
    .positive()
    .default(1)
    .describe("Chain id on which contract wallets (EIP-1271) are asked whether a signature is theirs."),
  TG_STORE_URL: z
    .string()
    .optional()
    .describe("DragonflyDB or Redis, for example redis://:password@host:6379. Empty: the embedded store."),
  TG_OPENOBSERVE_URL: httpUrl.optional().describe("OpenObserve base address. Empty: the embedded twin."),
  TG_OPENOBSERVE_ORG: z.string().default("default").describe("OpenObserve organisation."),
  TG_OPENOBSERVE_USER: z.string().optional().describe("OpenObserve user (an email address)."),
  TG_OPENOBSERVE_PASSWORD: z.string().optional().describe("OpenObserve password. Secret."),
  TG_CEX_PROXY_URL: httpUrl
    .optional()
    .describe("Base address that all exchange requests are sent through. Empty: the exchanges directly."),
  TG_GECKO_URL: httpUrl
    .default("https://api.geckoterminal.com/api/v2")
    .describe("GeckoTerminal base address, for pool volumes and reserves."),
  TG_LIFI_URL: httpUrl.default("https://li.quest/v1").describe("LI.FI base address, for swap quotes."),
  TG_LIFI_API_KEY: z
    .string()
    .optional()
    .describe("LI.FI key; without one the quote limit is too low for more than a few pairs. Secret."),
  TG_LIFI_INTEGRATOR: z
    .string()
    .regex(/^[\w.-]{1,23}$/, "expected 1 to 23 letters, digits, dots, dashes or underscores")
    .default("tidegate")
    .describe("Integrator id that goes with every quote; register your own with LI.FI."),
  TG_QUOTE2_URL: httpUrl
    .optional()
    .describe(
      "Second quote service with the same requests and answers, asked when the first has no usable swap quote. Empty: off.",
    ),
  TG_QUOTE2_HEADERS: z
    .string()
    .optional()
    .describe('Headers of the second quote service as JSON, for example {"x-api-key":"..."}. Secret.'),
  TG_REGISTRY_FILE: z
    .string()
    .optional()
    .describe(
      "JSON file with own chains, tokens, DEXes, pools or pairs, laid over the built-in registry. Empty: <data dir>/registry.json when it is there (tidegate registry add writes it).",
    ),
  TG_MARKET_CLOCK_URL: httpUrl
    .optional()
    .describe("Market clock service of a sandbox. Leave empty in production: market time is wall time."),
  TG_SANDBOX_URL: httpUrl
    .optional()
    .describe("Control address of a local sandbox; offers the demo wallet on the desk. Leave empty in production."),
  TG_ORIGIN: httpUrl
    .optional()
    .describe("Address under which browsers open the desk; sign-in and origin checks use this one value."),
  TG_PUBLIC_READ: z
    .enum(["0", "1"])
    .default("0")
    .describe("1 opens reads without a session; refused unless everything listens on loopback."),
  TG_PROXY_HOPS: z.coerce
    .number()
    .int()
    .min(0)
    .max(5)
    .default(0)
    .describe(
      "Own proxies in front of the desk. 0: rate limits count the address of the connection and believe no X-Forwarded-For.",
    ),
  TG_ALERT_TELEGRAM_TOKEN: z
    .string()
    .regex(/^\d+:[\w-]{20,}$/, "expected a bot token such as 123456:ABC…")
    .optional()
    .describe("Alerts by Telegram: the bot's token. Secret. Needs TG_ALERT_TELEGRAM_CHAT."),
  TG_ALERT_TELEGRAM_CHAT: z
    .string()
    .regex(/^(-?\d{1,20}|@\w{5,32})$/, "expected a chat id such as -1001234567890, or @channelname")
    .optional()
    .describe("Alerts by Telegram: the chat that gets them."),
  TG_ALERT_TELEGRAM_URL: httpUrl
    .default("https://api.telegram.org")
    .describe("Base address of the Telegram Bot API; change it for an own Bot API server."),
  TG_ALERT_NTFY_URL: httpUrl.default("https://ntfy.sh").describe("Base address of the ntfy server."),
  TG_ALERT_NTFY_TOPIC: z
    .string()
    .regex(/^[\w-]{1,64}$/, "expected 1 to 64 letters, digits, dashes or underscores")
    .optional()
    .describe("Alerts by ntfy: the topic. Secret on a public server: whoever knows it can read it."),
  TG_ALERT_NTFY_TOKEN: z.string().optional().describe("Alerts by ntfy: access token of the server. Secret."),
  TG_ALERT_WEBHOOK_URL: httpUrl
    .optional()
    .describe("Alerts by webhook: address that gets a signed POST. Secret when it holds a key."),
  TG_ALERT_WEBHOOK_SECRET: z
    .string()
    .min(16, "expected at least 16 characters")
    .optional()
    .describe("Alerts by webhook: key of the HMAC in x-tidegate-signature. Secret."),
  TG_ALERT_PING_URL: httpUrl
    .optional()
    .describe("Dead-man switch: asked once a minute while the alerts can see the system. Secret."),
  TG_ALERT_PRIVATE_HOSTS: list("host:port entries")
    .pipe(z.array(z.string().regex(/^[\w.:-]+:\d{1,5}$/, "expected host:port")))
    .optional()
    .describe(
      "Own alert services that may be private or plain http, comma list of host:port, for example 192.168.1.5:8080. Everything else must be https on a public address.",
    ),
  TG_ALERT_FILE: z
    .string()
    .optional()
    .describe("JSON file with alert rules, quiet hours and channels. Empty: <data dir>/alerts.json when it is there."),
  TG_WEB_PORT: port.default(3000).describe("Port of the desk."),
  TG_OPS_PORT: port.default(3001).describe("Port of health, readiness, metrics and the API."),
  TG_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info").describe("Least level that is logged."),
  TG_LOG_FILE: z.string().optional().describe("File for log lines. Empty: standard output."),
  TG_KILL: z
    .string()
    .regex(/^[a-z0-9_-]+:\d+$/, "expected <label>:<n>")
    .optional()
    .describe("Fault tests only: ends the signer at the n-th pass of a journal label. Refused by production bundles."),
});

export type Env = z.output<typeof envSchema> & {
  /** Own endpoints per chain id from TG_RPC_<chainId>, first one preferred. */
  readonly rpcUrls: ReadonlyMap<number, readonly string[]>;
  /** Private relay per chain id from TG_RELAY_<chainId>. */
  readonly relayUrls: ReadonlyMap<number, string>;
};

export type RawEnv = Readonly<Record<string, string | undefined>>;

const RPC_KEY = /^TG_RPC_(\d{1,10})$/;
const RELAY_KEY = /^TG_RELAY_(\d{1,10})$/;

/** The environment of this process; nobody else reads it. */
export function readProcessEnv(): RawEnv {
  return process.env;
}

/** What a child needs of the host to run at all; never the rest, which may hold other programs' secrets. */
const HOST_KEYS = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TEMP",
  "TMP",
  "LANG",
  "LC_ALL",
  "TZ",
  "SYSTEMROOT",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
] as const;

/** Settings that lead to a key or name who holds it: only the signer's process gets them. */
export const SIGNER_ONLY_KEYS: ReadonlySet<string> = new Set([
  "TG_KEYSTORE",
  "TG_REMOTE_SIGNER",
  "TG_REMOTE_SIGNER_ADDRESS",
  "TG_KILL",
]);

/** An environment as every process but the signer gets it. */
export function withoutSignerKeys(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !SIGNER_ONLY_KEYS.has(key) && !RELAY_KEY.test(key)));
}

export function hostEnv(): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const key of HOST_KEYS) {
    const value = process.env[key];
    if (value !== undefined) out[key] = value;
  }
  return out;
}

/** Checks an environment. Unset and empty are the same; an unknown TG_ key is refused, since it is a typing error. */
export function parseEnv(raw: RawEnv): Result<Env, ConfigError> {
  const present = Object.entries(raw).flatMap(([key, value]): [string, string][] =>
    key.startsWith("TG_") && value !== undefined && value.trim() !== "" ? [[key, value.trim()]] : [],
  );
  const rpcUrls = new Map<number, readonly string[]>();
  const relayUrls = new Map<number, string>();
  const known: Record<string, string> = {};
  for (const [key, value] of present) {
    const rpc = RPC_KEY.exec(key);
    if (rpc !== null) {
      const urls = value.split(",").map((part) => part.trim());
      const bad = urls.find((url) => !httpUrl.safeParse(url).success);
      if (bad !== undefined) return err(invalid(key, "expected a comma list of http or https addresses"));
      rpcUrls.set(Number(rpc[1]), urls);
    } else if (RELAY_KEY.test(key)) {
      if (!httpUrl.safeParse(value).success) return err(invalid(key, "expected one http or https address"));
      relayUrls.set(Number(RELAY_KEY.exec(key)?.[1]), value);
    } else if (key in envSchema.shape) {
      known[key] = value;
    } else if (!IGNORED_KEYS.has(key)) {
      return err(invalid(key, "no such setting; see .env.example for the list"));
    }
  }
  const parsed = envSchema.safeParse(known);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return err(invalid(String(issue?.path[0] ?? "environment"), issue?.message ?? "not valid"));
  }
  return ok({ ...parsed.data, rpcUrls, relayUrls });
}

/** Keys of the test harness that share the prefix. */
const IGNORED_KEYS: ReadonlySet<string> = new Set(["TG_CHROME", "TG_TEST_ALL", "TG_SHOTS_DIR", "TG_REDIS_URL"]);

function invalid(key: string, message: string): ConfigError {
  return new ConfigError({
    code: "invalid",
    message: `Setting ${key} cannot be used: ${message}. Correct it in the environment or in .env.`,
    retryable: false,
    details: { key },
  });
}

const SECRETS: ReadonlySet<string> = new Set([
  "TG_OPENOBSERVE_PASSWORD",
  "TG_LIFI_API_KEY",
  "TG_QUOTE2_HEADERS",
  "TG_ALERT_TELEGRAM_TOKEN",
  "TG_ALERT_NTFY_TOPIC",
  "TG_ALERT_NTFY_TOKEN",
  "TG_ALERT_WEBHOOK_URL",
  "TG_ALERT_WEBHOOK_SECRET",
  "TG_ALERT_PING_URL",
]);

/** Text of .env.example. */
export function envExample(): string {
  const lines = [
    "# Settings of Tidegate. Generated from server/config/env.ts (npm run tidegate -- config example); a test compares them.",
    "# Lines that are commented out show the default or an empty value.",
    "",
  ];
  for (const [key, schema] of Object.entries(envSchema.shape)) {
    const fallback = schema.safeParse(undefined);
    const value = fallback.success && fallback.data !== undefined && !SECRETS.has(key) ? String(fallback.data) : "";
    lines.push(`# ${schema.description ?? ""}`, `# ${key}=${value}`, "");
  }
  lines.push(
    "# Own endpoints of one chain, comma list, first one preferred; one line per chain id.",
    "# TG_RPC_1=",
    "",
    "# Private relay of one chain: its transactions and cancels go there alone. One line per chain id.",
    "# TG_RELAY_1=",
    "",
  );
  return lines.join("\n");
}
