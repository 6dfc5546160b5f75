// Which fetch a process uses for an RPC address: configured ones are asked directly, those added on the desk only on the open internet.
import { createGuardedFetch } from "@/server/infra/guarded-fetch";

/**
 * `configured`: addresses from the environment and the registry file, set by whoever runs this machine. Their origins may be private;
 * every other one goes through the guard at each request, so that a name cannot be turned inside later.
 */
export function guardedFetchFor(configured: readonly string[]): (url: string) => typeof fetch | undefined {
  const trusted = new Set(originsOf(configured));
  const guarded = createGuardedFetch({});
  return (url) => (URL.canParse(url) && trusted.has(new URL(url).origin) ? undefined : guarded);
}

export function originsOf(urls: readonly string[]): readonly string[] {
  return urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).origin] : []));
}
