// Where alerts may be sent and by which rules: addresses and secrets from the environment, rules and quiet hours from a file.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { alertSettingsSchema, DEFAULT_ALERT_SETTINGS, type AlertSettings } from "@/lib/alerts/settings";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import type { Env } from "./env";

export interface AlertConfig {
  readonly telegram: { readonly url: string; readonly token: string; readonly chat: string } | null;
  readonly ntfy: { readonly url: string; readonly topic: string; readonly token: string | null } | null;
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  readonly pingUrl: string | null;
  /** `host:port` entries that may be private or plain http. */
  readonly privateHosts: readonly string[];
  readonly settingsFile: string;
}

/** A channel that is set up by half is an error: somebody believes that it works. */
export function alertConfigOf(
  env: Env,
  input: { readonly dataDir: string; readonly cwd: string },
): Result<AlertConfig, ConfigError> {
  const { TG_ALERT_TELEGRAM_TOKEN: token, TG_ALERT_TELEGRAM_CHAT: chat } = env;
  const { TG_ALERT_WEBHOOK_URL: hook, TG_ALERT_WEBHOOK_SECRET: secret } = env;
  if ((token === undefined) !== (chat === undefined)) {
    return err(half("TG_ALERT_TELEGRAM_TOKEN", "TG_ALERT_TELEGRAM_CHAT"));
  }
  if ((hook === undefined) !== (secret === undefined)) {
    return err(half("TG_ALERT_WEBHOOK_URL", "TG_ALERT_WEBHOOK_SECRET"));
  }
  return ok({
    telegram:
      token === undefined || chat === undefined ? null : { url: trimmed(env.TG_ALERT_TELEGRAM_URL), token, chat },
    ntfy:
      env.TG_ALERT_NTFY_TOPIC === undefined
        ? null
        : {
            url: trimmed(env.TG_ALERT_NTFY_URL),
            topic: env.TG_ALERT_NTFY_TOPIC,
            token: env.TG_ALERT_NTFY_TOKEN ?? null,
          },
    webhook: hook === undefined || secret === undefined ? null : { url: hook, secret },
    pingUrl: env.TG_ALERT_PING_URL ?? null,
    privateHosts: env.TG_ALERT_PRIVATE_HOSTS ?? [],
    settingsFile:
      env.TG_ALERT_FILE === undefined ? join(input.dataDir, "alerts.json") : resolve(input.cwd, env.TG_ALERT_FILE),
  });
}

function half(left: string, right: string): ConfigError {
  return new ConfigError({
    code: "invalid",
    message: `${left} and ${right} belong together: set both, or neither to leave this channel off.`,
    retryable: false,
  });
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, "");
}

/** No file means the defaults. */
export function readAlertSettings(file: string): Result<AlertSettings, ConfigError> {
  if (!existsSync(file)) return ok(DEFAULT_ALERT_SETTINGS);
  let problem: string;
  try {
    const parsed = alertSettingsSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    if (parsed.success) return ok(parsed.data);
    const issue = parsed.error.issues[0];
    problem = `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "does not fit"}`;
  } catch (error) {
    problem = errorText(error);
  }
  return err(
    new ConfigError({
      code: "invalid",
      message: `The alert settings cannot be used (${problem}). Correct the file; the manual page about alerts has an example.`,
      retryable: false,
    }),
  );
}

/** The environment of the alerts process only: no other process gets these. */
export function alertEnv(config: AlertConfig): Readonly<Record<string, string>> {
  const { telegram, ntfy, webhook, pingUrl, privateHosts } = config;
  return {
    TG_ALERT_FILE: config.settingsFile,
    ...(telegram === null
      ? {}
      : {
          TG_ALERT_TELEGRAM_URL: telegram.url,
          TG_ALERT_TELEGRAM_TOKEN: telegram.token,
          TG_ALERT_TELEGRAM_CHAT: telegram.chat,
        }),
    ...(ntfy === null
      ? {}
      : {
          TG_ALERT_NTFY_URL: ntfy.url,
          TG_ALERT_NTFY_TOPIC: ntfy.topic,
          ...(ntfy.token === null ? {} : { TG_ALERT_NTFY_TOKEN: ntfy.token }),
        }),
    ...(webhook === null ? {} : { TG_ALERT_WEBHOOK_URL: webhook.url, TG_ALERT_WEBHOOK_SECRET: webhook.secret }),
    ...(pingUrl === null ? {} : { TG_ALERT_PING_URL: pingUrl }),
    ...(privateHosts.length === 0 ? {} : { TG_ALERT_PRIVATE_HOSTS: privateHosts.join(",") }),
  };
}
