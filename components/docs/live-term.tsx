// A formula of the manual with this desk's numbers in it: in words, filled, and what comes out, with what it is of.
"use client";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Skeleton } from "@/components/ui/states";
import type { ApiError } from "@/lib/api/client";
import { TERMS, type LiveNumbers, type TermId } from "./live-terms";

export function LiveTerm({ id, isBare = false }: { readonly id: TermId; readonly isBare?: boolean }): ReactNode {
  const term = TERMS[id];
  const { numbers, error, isPending } = useNumbers(term.needs);
  const filled = isPending ? null : term.from(numbers);
  return (
    <div
      role="group"
      aria-label={`${term.title} with live numbers`}
      className={isBare ? undefined : "my-4 border border-l-2 border-l-tide bg-sunken px-3.5 py-3"}
    >
      <p className="text-dense text-ink-3">
        <b className="font-strong text-ink">{term.title}.</b> {term.says}
      </p>
      <p className="mt-2 text-body text-ink-2 wrap-anywhere">{term.formula}</p>
      {isPending ? (
        <Skeleton className="mt-1.5 h-4 w-64 max-w-full" />
      ) : filled === null ? (
        <p className="mt-1.5 text-dense text-ink-3">{error === null ? term.without : wordsOf(error)}</p>
      ) : (
        <>
          <p className="mt-1 text-body text-ink tabular-nums wrap-anywhere">
            = {filled.text}
            <span className="whitespace-nowrap">
              {" "}
              = <b className="font-strong text-tide">{filled.result}</b>
            </span>
          </p>
          <p className="mt-1 text-micro text-ink-3">{filled.of}</p>
        </>
      )}
    </div>
  );
}

function wordsOf(error: ApiError): string {
  return error.code === "unauthenticated"
    ? "Sign in to see this desk's numbers here."
    : `The numbers could not be read: ${error.message}`;
}

interface Numbers {
  readonly numbers: LiveNumbers;
  readonly error: ApiError | null;
  readonly isPending: boolean;
}

/** Only what the formula needs is read. */
function useNumbers(needs: keyof LiveNumbers): Numbers {
  const money = useApi("moneyReport", { query: { period: "30d" } }, { enabled: needs === "money" });
  const pairs = useApi("pairs", {}, { enabled: needs === "status" });
  // A pair with a range has most to show.
  const pair = pairs.data?.pairs.find(({ range }) => range !== null) ?? pairs.data?.pairs[0];
  const status = useApi("pairStatus", pair === undefined ? {} : { params: { id: pair.id } }, {
    enabled: pair !== undefined,
  });
  const pools = useApi("pools", {}, { enabled: needs === "pool" });
  const plans = useApi("plans", { query: { limit: 20 } }, { enabled: needs === "plan" });
  const query = { money, status: pair === undefined ? pairs : status, pool: pools, plan: plans }[needs];
  return {
    numbers: {
      money: money.data ?? null,
      status: status.data ?? null,
      pool: pools.data?.pools.find(({ rates }) => rates !== null && rates.kappa !== null) ?? null,
      plan: plans.data?.plans.find(({ forecast }) => forecast.paybackDays !== null) ?? null,
    },
    error: query.error,
    isPending:
      query.data === undefined && query.error === null && !(needs === "status" && pairs.data?.pairs.length === 0),
  };
}
