// The chain that speaks for a deployment: sign-in names it, contract wallets are asked there; beside a sandbox it is the sandbox's own.
import type { ApiDeps } from "./deps";

/** A sandbox is a chain whose every endpoint is on loopback, beside a control address that was given on purpose. */
export function sandboxChain(deps: ApiDeps) {
  if (deps.settings.sandboxUrl === null) return null;
  return deps.registry.registry.chains.find((chain) => chain.isLocal && chain.rpcUrls.length > 0) ?? null;
}

export function homeChainIdOf(deps: ApiDeps): number {
  return sandboxChain(deps)?.id ?? deps.settings.homeChainId;
}
