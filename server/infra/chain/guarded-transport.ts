// Which fetch a process uses for an RPC address: configured ones are asked directly, those added on the desk only on the open internet.
import type { Chain } from "@/lib/registry/schema";
import { createGuardedFetch } from "@/server/infra/guarded-fetch";

type Configured = readonly Pick<Chain, "rpcUrls" | "isLocal">[];

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Origins an address may have although it is not on the open internet. `chains`: as configured by whoever runs this machine. Their own
 * origins may be private; beside a sandbox, whose chains are all local by definition, any address on loopback.
 */
export function trustedOrigins(chains: Configured, url: string): readonly string[] {
  const configured = chains.flatMap(({ rpcUrls }) => rpcUrls.flatMap((each) => originOf(each) ?? []));
  const isSandbox = chains.length > 0 && chains.every(({ isLocal }) => isLocal);
  const own = originOf(url);
  return isSandbox && own !== null && LOOPBACK.has(new URL(url).hostname) ? [...configured, own] : configured;
}

/** Undefined: asked directly. Every other address goes through the guard at each request, so that a name cannot be turned inside later. */
export function guardedFetchFor(chains: Configured): (url: string) => typeof fetch | undefined {
  const guarded = createGuardedFetch({});
  return (url) => {
    const origin = originOf(url);
    return origin !== null && trustedOrigins(chains, url).includes(origin) ? undefined : guarded;
  };
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}
