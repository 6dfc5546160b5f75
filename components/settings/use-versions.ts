// People and approval limits with their versions, read and checked; for whoever is signed in.
"use client";
import * as z from "zod";
import { useApi, type ApiQuery } from "@/components/live/use-api";
import { useSession } from "@/components/wallet/use-session";
import {
  limitsVersionSchema,
  peopleVersionSchema,
  type LimitsVersion,
  type PeopleVersion,
  type Person,
} from "@/lib/api/authority-settings";

const peopleSchema = z.array(peopleVersionSchema).min(1);
const limitsSchema = z.array(limitsVersionSchema).min(1);

interface Versions<T, N extends "people" | "limits"> {
  readonly query: ApiQuery<N>;
  /** Oldest first; empty before the first answer. */
  readonly versions: readonly T[];
}

export function usePeopleVersions(): Versions<PeopleVersion, "people"> {
  const query = useApi("people", {}, { enabled: useSession().data?.signedIn === true });
  return { query, versions: peopleSchema.safeParse(query.data?.versions).data ?? [] };
}

export function useLimitsVersions(): Versions<LimitsVersion, "limits"> {
  const query = useApi("limits", {}, { enabled: useSession().data?.signedIn === true });
  return { query, versions: limitsSchema.safeParse(query.data?.versions).data ?? [] };
}

/** Everybody with a role now; empty for who is not signed in. */
export function usePeople(): readonly Person[] {
  return usePeopleVersions().versions.at(-1)?.people ?? [];
}
