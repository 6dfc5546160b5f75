// Reads one route of the API: live while the stream is up, polled every 15 s while it is not, last good answer kept.
"use client";
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { ApiError, CallInput } from "@/lib/api/client";
import type { RouteName, RouteResponse } from "@/lib/api/contract";
import { api, apiKey } from "./api";
import { useStreamStatus } from "./stream-store";

/** Without the stream everything visible is read again this often. */
const POLL_MS = 15_000;
/** What could not be known is asked again this often, whatever the stream says. */
const AWAY_MS = 5_000;
/** With it only as a net under it. */
const SAFETY_MS = 60_000;

export type ApiQuery<N extends RouteName> = UseQueryResult<RouteResponse<N>, ApiError>;

export function useApi<N extends RouteName>(
  name: N,
  input: Pick<CallInput<N>, "params" | "query"> = {},
  options: { readonly enabled?: boolean; readonly refetchMs?: number } = {},
): ApiQuery<N> {
  const status = useStreamStatus();
  return useQuery<RouteResponse<N>, ApiError>({
    queryKey: apiKey(name, input.params, input.query),
    queryFn: ({ signal }) => api.call(name, { ...input, signal }),
    enabled: options.enabled ?? true,
    refetchInterval: ({ state }) => {
      const usualMs = options.refetchMs ?? (status === "live" ? SAFETY_MS : POLL_MS);
      return state.error?.retryable === true ? Math.min(usualMs, AWAY_MS) : usualMs;
    },
    placeholderData: keepPreviousData,
    retry: (count, error) => error.retryable && count < 1,
  });
}
