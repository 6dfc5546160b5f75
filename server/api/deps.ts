// What every handler may use; built once per process by the door (index.ts) or by a test.
import type { Hex } from "@/lib/units";
import type { RegistryView } from "@/server/config/registry";
import type { ControlClient } from "@/server/infra/signer-link/client";
import type { StoreClient } from "@/server/infra/store/client";
import type { Logger } from "@/server/infra/telemetry/logger-port";

import type { Doctor } from "./doctor";
import type { AuthorityReader } from "./authority-reader";
import type { RateLimiter } from "./rate-limiter";
import type { SettingsDesk } from "./settings-desk";
import type { TelemetryReader } from "./telemetry-port";
import type { TraceReader } from "./trace-reader";

export interface ApiSettings {
  readonly version: string;
  readonly deploymentId: Hex;
  /** Scheme, host and port the desk is served on: SIWE domain, Origin check and cookie rules use this one value. */
  readonly origin: string;
  readonly isPublicRead: boolean;
  readonly homeChainId: number;
  /** Control address of a local sandbox; null in production. */
  readonly sandboxUrl: string | null;
  /** Pairs of this deployment in the order they are shown. */
  readonly pairIds: readonly string[];
}

export interface ApiDeps {
  readonly settings: ApiSettings;
  readonly store: StoreClient;
  readonly control: ControlClient;
  readonly authority: AuthorityReader;
  readonly telemetry: TelemetryReader;
  /** Missing: this process reads no log lines. */
  readonly trace?: TraceReader;
  /** Missing: this process runs no set-up checks. */
  readonly doctor?: Doctor;
  /** Missing: this process serves no settings of the deployment. */
  readonly settingsDesk?: SettingsDesk;
  readonly registry: RegistryView;
  readonly rateLimiter: RateLimiter;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly randomHex: (bytes: number) => string;
  readonly fetch: typeof fetch;
}
