// The browser's API client and the keys under which its answers are cached.
"use client";
import { createApiClient, loadShapes } from "@/lib/api/client";
import type { RouteName, RouteParams, RouteQuery } from "@/lib/api/contract";

// While the page is drawn; a load that failed is tried again by the first reading.
loadShapes().catch(() => undefined);

export const api = createApiClient({ fetch: (url, init) => fetch(url, init) });

export function apiKey<N extends RouteName>(
  name: N,
  params?: RouteParams<N>,
  query?: RouteQuery<N>,
): readonly [N, unknown, unknown] {
  return [name, params ?? null, query ?? null];
}
