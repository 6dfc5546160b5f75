// An exit under way: each position with its step, what is left and when it is tried again, and the comparison of ledger and chain at the end.
"use client";
import type { ReactNode } from "react";
import { OP_STATE } from "@/components/approvals/plan-words";
import { useApi } from "@/components/live/use-api";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { RouteResponse } from "@/lib/api/contract";
import { shortHex } from "@/lib/format/address";
import { formatAge } from "@/lib/format/age";
import { formatClock } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";

type Exit = RouteResponse<"exit">;
type PairExit = Exit["pairs"][number];

const READ_MS = 2_000;

export function ExitProgress({ exit }: { readonly exit: Exit }): ReactNode {
  const ordered = exit.pairs.filter(({ order }) => order !== null);
  const left = ordered.reduce((sum, { positions }) => sum + positions.length, 0);
  const isOver = ordered.every(({ run }) => run !== null && run.retryAtMs === null) && left === 0;
  return (
    <section aria-label="Exit under way" aria-live="polite" className="grid gap-3">
      <p>
        <Status tone={isOver ? "ok" : "warn"}>
          {isOver ? "Everything is out" : `${left === 1 ? "1 position" : `${left} positions`} still to close`}
        </Status>
      </p>
      <ul className="grid gap-3">
        {ordered.map((pair) => (
          <PairProgress key={pair.pairId} pair={pair} nowMs={exit.nowMs} />
        ))}
      </ul>
      <p className="text-dense text-ink-2">
        {exit.ledger === null ? "Ledger and chain are not compared now." : exit.ledger.sentence}
      </p>
      <p className="text-dense text-ink-3">Each pair goes on with a signed unhalt on its page.</p>
    </section>
  );
}

function PairProgress({ pair, nowMs }: { readonly pair: PairExit; readonly nowMs: number }): ReactNode {
  const plans = useApi("plans", { query: { pair: pair.pairId, limit: 5 } }, { refetchMs: READ_MS });
  const plan = plans.data?.plans.find(
    ({ origin, reason }) =>
      reason === "exit" && origin.kind === "command" && origin.commandId === pair.order?.commandId,
  );
  const closings = plan?.steps.filter(({ step }) => step.kind !== "approve" && step.kind !== "revoke") ?? [];
  const { order, run } = pair;
  return (
    <li className="border p-3">
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <b className="font-strong">{pair.pairId}</b>
        {order !== null && (
          <span className="text-dense text-ink-3">
            EXIT_ONLY since {formatClock(order.sinceAtMs)} UTC, by {shortHex(order.by)}
          </span>
        )}
      </div>
      {closings.length > 0 && (
        <ul className="mt-1 text-dense">
          {closings.map((step) => (
            <li key={step.index} className="flex items-baseline justify-between gap-3 py-0.5">
              <span className="min-w-0">{step.title}</span>
              <Status tone={step.op === null ? "unknown" : OP_STATE[step.op.state].tone}>
                {step.op === null ? "Not started" : OP_STATE[step.op.state].word}
              </Status>
            </li>
          ))}
        </ul>
      )}
      {pair.positions.length > 0 && (
        <ul aria-label="Still open" className="mt-1 text-dense text-ink-2">
          {pair.positions.map((position) => (
            <li key={position.positionId} className="flex justify-between gap-3 py-0.5">
              <span>{position.label} is open</span>
              <span>{formatUsd(position.valueUsd)}</span>
            </li>
          ))}
        </ul>
      )}
      <p className="mt-1 text-dense text-ink-2">
        {run === null
          ? "The worker has the order; its first step follows."
          : run.retryAtMs === null
            ? run.outcome === "nothing"
              ? "Nothing was open."
              : "All closed and verified."
            : `Tried: ${run.outcome}${run.reason === "" ? "" : `, ${run.reason}`}. Again in ${formatAge(Math.max(0, run.retryAtMs - nowMs))}.`}
        {plan !== undefined && (
          <>
            {" "}
            <TextLink href={`/activity/${plan.planId}`}>Its transactions</TextLink>
          </>
        )}
      </p>
      {run !== null && run.left.length > 0 && (
        <ul className="mt-1 text-dense text-warn">
          {run.left.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
    </li>
  );
}
