// Built-in pools as they are used, for tests that need real entries.
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { loadRegistry } from "@/server/config/registry";

export function buildResolvedPools(pairId: string, chainId: number): readonly ResolvedPool[] {
  const view = loadRegistry({ overlayFile: null, rpcUrls: new Map() });
  if (!view.ok) throw view.error;
  return view.value.poolsOf(pairId).filter(({ chain }) => chain.id === chainId);
}
