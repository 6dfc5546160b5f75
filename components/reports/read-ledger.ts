// The ledger from its first entry, page by page, of one pair or of all.
"use client";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { api } from "@/components/live/api";
import type { ApiError } from "@/lib/api/client";
import type { RouteResponse } from "@/lib/api/contract";
import type { StatementRowDto } from "@/lib/api/money-schemas";

const PAGE = 5_000;
/** Counting again within this time takes what was read before. */
const FRESH_MS = 30_000;

export interface WholeLedger {
  readonly rows: readonly StatementRowDto[];
  /** False when the signer does not keep the oldest entries any more. */
  readonly isWhole: boolean;
}

/** `pairId` null: everything, with what belongs to no pair. */
export async function readWholeLedger(pairId: string | null): Promise<WholeLedger> {
  const rows: StatementRowDto[] = [];
  let isWhole = true;
  let since: number | null = 0;
  while (since !== null) {
    const page: RouteResponse<"ledger"> = await api.call("ledger", {
      query: { ...(pairId === null ? {} : { pair: pairId }), since: String(since), limit: String(PAGE) },
    });
    rows.push(...page.rows);
    isWhole &&= page.isWhole;
    since = page.nextSince;
  }
  return { rows, isWhole };
}

export function useWholeLedger(pairId: string | null, isEnabled: boolean): UseQueryResult<WholeLedger, ApiError> {
  return useQuery({
    queryKey: ["whole-ledger", pairId],
    queryFn: () => readWholeLedger(pairId),
    enabled: isEnabled,
    staleTime: FRESH_MS,
  });
}
