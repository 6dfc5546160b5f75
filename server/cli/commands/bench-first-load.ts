// What a browser downloads before a page can be used: every script of its HTML, gzipped; scripts for old browsers only are left out.
import { gzipSync } from "node:zlib";

/** Budget of issue 5 per route. */
export const FIRST_LOAD_LIMIT_BYTES = 250_000;

export async function firstLoadBytes(base: string, routes: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const known = new Map<string, number>();
  const sizeOf = async (path: string): Promise<number> => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const response = await fetch(`${base}${path}`);
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
    const bytes = gzipSync(Buffer.from(await response.arrayBuffer())).byteLength;
    known.set(path, bytes);
    return bytes;
  };
  const sizes = new Map<string, number>();
  for (const route of routes) {
    const response = await fetch(`${base}${route}`);
    if (!response.ok) throw new Error(`GET ${route} answered ${response.status}`);
    let total = 0;
    for (const path of scriptsOf(await response.text())) total += await sizeOf(path);
    sizes.set(route, total);
  }
  return sizes;
}

function scriptsOf(html: string): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const [tag] of html.matchAll(/<(?:script|link)\b[^>]*>/g)) {
    if (/\bnomodule\b/i.test(tag)) continue;
    const path = /\b(?:src|href)="(\/_next\/static\/[^"?]+\.js)/.exec(tag)?.[1];
    if (path !== undefined) paths.add(path);
  }
  return paths;
}
