// What the settings pages need beyond the store and the signer: what was configured, what was signed, and the endpoints themselves.
import type { WorkerEndpoints } from "@/lib/api/endpoint-schemas";
import type { AlertSettings } from "@/lib/alerts/settings";
import { DEFAULT_ALERT_SETTINGS } from "@/lib/alerts/settings";
import { endpointId, type SignedSettings } from "@/lib/api/system-settings";
import type { Result } from "@/lib/errors/result";
import type { ConfigError } from "@/lib/errors/tidegate-error";
import type { Chain, Registry } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import { existsSync } from "node:fs";
import { readAlertSettings } from "@/server/config/alerts";
import type { Settings } from "@/server/config/load";
import { guardedFetchFor, trustedOrigins } from "@/server/infra/chain/guarded-transport";
import { createRpcFallback, type RpcEndpoint, type RpcFallback } from "@/server/infra/chain/rpc-fallback";
import { keepInVault } from "@/server/infra/endpoint-vault";
import type { SignedReader } from "@/server/infra/signed-reader";
import { redactUrl } from "@/server/infra/http";

/** An endpoint of a chain as the settings name it; `url` never leaves the process. */
export interface NamedEndpoint {
  readonly id: Hex;
  readonly label: string;
  readonly url: string | null;
  readonly use: "use" | "drain" | "removed";
  readonly from: "configured" | "desk";
}

export interface SettingsDesk {
  /** For each request: a page reads again because something was signed, and must not be shown what was before. */
  lookAgain(): void;
  signed(): SignedSettings;
  /** Why the signed settings on this machine are not used. */
  problem(): string | null;
  configured(chainId: number): Chain | null;
  /** The whole list of a chain: signed ones in their order, then configured ones it does not name. */
  endpointsOf(chainId: number): readonly NamedEndpoint[];
  /** Asks each endpoint of a chain that is not removed; one and the same while the list stays. */
  askersOf(chainId: number): ReadonlyMap<string, RpcEndpoint>;
  /** Origins this address may have although it is not on the open internet. */
  trustedOrigins(url: string): readonly string[];
  keep(url: string, nowMs: number): Result<Hex, ConfigError>;
  idOf(url: string): Hex;
  alerts(): {
    readonly settings: AlertSettings;
    readonly version: number;
    readonly from: "signed" | "file" | "defaults";
    readonly problem: string | null;
  };
  readonly geckoUrl: string;
}

/** A request of a person who waits. */
const ASK_LIMIT_MS = 3_000;
const MAX_BODY_BYTES = 512 * 1024;

export function createSettingsDesk(input: {
  readonly settings: Pick<Settings, "dataDir" | "geckoUrl" | "alerts">;
  readonly deploymentId: Hex;
  /** Without what was signed: its endpoints are those of the environment and the registry. */
  readonly registry: Registry;
  readonly reader: SignedReader;
  readonly nowMs: () => number;
}): SettingsDesk {
  const { deploymentId, reader, registry, settings } = input;
  const fetchOf = guardedFetchFor(registry.chains);
  const askers = new Map<number, RpcFallback>();
  const idOf = (url: string): Hex => endpointId(deploymentId, url);
  const chainOf = (chainId: number): Chain | null => registry.chains.find(({ id }) => id === chainId) ?? null;

  const endpointsOf: SettingsDesk["endpointsOf"] = (chainId) => {
    const { settings: signed, vault } = reader.read();
    const configured = new Map((chainOf(chainId)?.rpcUrls ?? []).map((url) => [idOf(url), url]));
    const list = signed.endpoints.find((each) => each.chainId === chainId)?.endpoints ?? [];
    const named = list.map(({ id, label, use }): NamedEndpoint => ({
      id,
      label,
      url: configured.get(id) ?? vault.get(id) ?? null,
      use,
      from: configured.has(id) ? "configured" : "desk",
    }));
    const others = [...configured].flatMap(([id, url]): NamedEndpoint[] =>
      list.some((each) => each.id === id) ? [] : [{ id, label: redactUrl(url), url, use: "use", from: "configured" }],
    );
    return [...named, ...others];
  };

  return {
    lookAgain: () => reader.lookAgain(),
    signed: () => reader.read().settings,
    problem: () => reader.problem(),
    configured: chainOf,
    endpointsOf,
    askersOf(chainId) {
      const wanted = endpointsOf(chainId).flatMap(({ url, use }) => (url === null || use === "removed" ? [] : [url]));
      let fallback = askers.get(chainId);
      if (fallback === undefined) {
        fallback = createRpcFallback({
          chainId,
          urls: wanted,
          timeoutMs: ASK_LIMIT_MS,
          maxBodyBytes: MAX_BODY_BYTES,
          nowMs: input.nowMs,
          fetchOf,
        });
        askers.set(chainId, fallback);
      }
      const { endpoints } = fallback;
      if (endpoints.length !== wanted.length || endpoints.some(({ url }, at) => url !== wanted[at])) {
        fallback.setUrls(wanted);
      }
      return new Map(fallback.endpoints.map((endpoint) => [idOf(endpoint.url), endpoint]));
    },
    trustedOrigins: (url) => trustedOrigins(registry.chains, url),
    keep: (url, nowMs) =>
      keepInVault(settings.dataDir, {
        deploymentId,
        url,
        nowMs,
        inUse: new Set(reader.read().settings.endpoints.flatMap(({ endpoints }) => endpoints.map(({ id }) => id))),
      }),
    idOf,
    alerts() {
      const { alerts: signed } = reader.read().settings;
      if (signed !== null) {
        return { settings: signed.settings, version: signed.version, from: "signed", problem: null };
      }
      const { settingsFile } = settings.alerts;
      const read = readAlertSettings(settingsFile);
      if (!read.ok) {
        return { settings: DEFAULT_ALERT_SETTINGS, version: 0, from: "defaults", problem: read.error.message };
      }
      return { settings: read.value, version: 0, from: existsSync(settingsFile) ? "file" : "defaults", problem: null };
    },
    geckoUrl: settings.geckoUrl,
  };
}

/** Workers that spoke lately. */
export function heardOf(reports: Iterable<WorkerEndpoints>, nowMs: number, maxAgeMs: number): WorkerEndpoints[] {
  return [...reports].filter(({ atMs }) => nowMs - atMs <= maxAgeMs);
}
