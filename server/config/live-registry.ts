// The registry of a process that goes on while owners change it: built again when what they signed has changed, the same view in between.
import { ok, type Result } from "@/lib/errors/result";
import type { ConfigError } from "@/lib/errors/tidegate-error";
import type { Chain } from "@/lib/registry/schema";
import {
  createRegistryView,
  loadRegistry,
  withSigned,
  type RegistryInput,
  type RegistryView,
  type SignedInput,
} from "./registry";

export interface LiveRegistry {
  /** Always speaks of the newest state; keep the object, not what it answered. */
  readonly view: RegistryView;
  /** Pairs of this deployment: those of the settings (or every usable one), then those added by signed commands. */
  pairIds(): readonly string[];
}

export function openLiveRegistry(
  input: RegistryInput & {
    /** TG_PAIRS; null: every pair with a usable pool. */
    readonly pairs: readonly string[] | null;
    /** The same object while nothing changed. */
    readonly readSigned: () => SignedInput;
  },
): Result<LiveRegistry, ConfigError> {
  const base = loadRegistry({ overlayFile: input.overlayFile, rpcUrls: input.rpcUrls });
  if (!base.ok) return base;
  let used: SignedInput | null = null;
  let current: RegistryView = base.value;

  function now(): RegistryView {
    const signed = input.readSigned();
    if (signed === used || !base.ok) return current;
    used = signed;
    current = createRegistryView(withSigned(base.value.registry, signed));
    return current;
  }

  const view: RegistryView = {
    get registry() {
      return now().registry;
    },
    pair: (pairId) => now().pair(pairId),
    chain: (chainId) => now().chain(chainId),
    token: (chainId, symbolOrAddress) => now().token(chainId, symbolOrAddress),
    dex: (id) => now().dex(id),
    poolsOf: (pairId) => now().poolsOf(pairId),
    unusableOf: (pairId) => now().unusableOf(pairId),
    isPegged: (pairId) => now().isPegged(pairId),
  };
  return ok({ view, pairIds: () => deploymentPairs(input.pairs, view, input.readSigned()) });
}

/** For a process that starts anew when pools change: the registry of this moment, and the chains as they were configured. */
export function loadSignedRegistry(
  input: RegistryInput,
  signed: SignedInput,
): Result<{ readonly view: RegistryView; readonly configured: readonly Chain[] }, ConfigError> {
  const base = loadRegistry(input);
  if (!base.ok) return base;
  const { registry } = base.value;
  return ok({ view: createRegistryView(withSigned(registry, signed)), configured: registry.chains });
}

function deploymentPairs(pairs: readonly string[] | null, view: RegistryView, signed: SignedInput): readonly string[] {
  const own = pairs ?? view.registry.pairs.map(({ id }) => id).filter((id) => view.poolsOf(id).length > 0);
  return [...new Set([...own, ...signed.settings.registry.pairs.map(({ id }) => id)])];
}
