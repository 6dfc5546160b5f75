// Hooks over the kept runs: the list, one run, and the acts that change them.
"use client";
import { useMutation, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import type { KeptRun, RunHead } from "./run-store";

/** Loaded with the first run that is read: it checks what it finds, and the page is usable before. */
const store = () => import("./run-store");

const LIST = ["lab", "runs"] as const;
const runKey = (id: string) => ["lab", "run", id] as const;

export function useRunList(): UseQueryResult<readonly RunHead[]> {
  return useQuery({
    queryKey: LIST,
    queryFn: async () => (await store()).listRuns(),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** A finished run never changes: it is read once. */
export function useRun(id: string | null): UseQueryResult<KeptRun> {
  return useQuery({
    queryKey: runKey(id ?? ""),
    queryFn: async ({ signal }) => (await store()).readRun(id ?? "", signal),
    enabled: id !== null,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface RunActs {
  /** Shows it at once; a browser that cannot keep it says so and shows it all the same. */
  readonly keep: (run: KeptRun) => Promise<string | null>;
  readonly rename: (head: RunHead, name: string) => void;
  readonly remove: (id: string) => void;
  readonly problem: string | null;
}

export function useRunActs(): RunActs {
  const client = useQueryClient();
  const refresh = (): Promise<void> => client.invalidateQueries({ queryKey: LIST });
  const change = useMutation({ mutationFn: (act: () => Promise<void>) => act(), onSettled: refresh });
  return {
    async keep(run) {
      client.setQueryData(runKey(run.id), run);
      try {
        await (await store()).keepRun(run);
        return null;
      } catch (cause) {
        return cause instanceof Error ? cause.message : "This browser refused to keep the run.";
      } finally {
        await refresh();
      }
    },
    rename(head, name) {
      const kept = client.getQueryData<KeptRun>(runKey(head.id));
      if (kept !== undefined) client.setQueryData(runKey(head.id), { ...kept, name });
      change.mutate(async () => (await store()).renameRun(head, name));
    },
    remove(id) {
      change.mutate(async () => (await store()).deleteRun(id));
    },
    problem: change.error?.message ?? null,
  };
}
