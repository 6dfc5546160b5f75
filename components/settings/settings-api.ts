// The browser's client of the settings routes, apart from the other one, so that only settings pages load their shapes.
"use client";
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import type * as z from "zod";
import { askRoute, unknownShape, type ApiError } from "@/lib/api/client";
import { settingsContract, type SettingsRouteName } from "@/lib/api/settings-contract";

export type SettingsAnswer<N extends SettingsRouteName> = z.output<(typeof settingsContract)[N]["response"]>;

interface Input {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export async function askSettings<N extends SettingsRouteName>(name: N, input: Input = {}): Promise<SettingsAnswer<N>> {
  const route = settingsContract[name];
  const answer = await askRoute({ fetch: (url, init) => fetch(url, init) }, route, input);
  if (!isAnswer(name, answer)) throw unknownShape(route);
  return answer;
}

function isAnswer<N extends SettingsRouteName>(name: N, value: unknown): value is SettingsAnswer<N> {
  return settingsContract[name].response.safeParse(value).success;
}

export function useSettings<N extends SettingsRouteName>(
  name: N,
  options: { readonly refetchMs?: number; readonly enabled?: boolean } = {},
): UseQueryResult<SettingsAnswer<N>, ApiError> {
  return useQuery<SettingsAnswer<N>, ApiError>({
    queryKey: ["settings", name],
    queryFn: ({ signal }) => askSettings(name, { signal }),
    enabled: options.enabled ?? true,
    refetchInterval: options.refetchMs ?? 60_000,
    placeholderData: keepPreviousData,
    retry: (count, error) => error.retryable && count < 1,
  });
}
