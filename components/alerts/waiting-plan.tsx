// The plan of a pair on its alert's page: money line, simulation with its age, and the approval card's own bar to decide with.
"use client";
import Link from "next/link";
import { useState, type ReactNode } from "react";
import { CountdownAnnouncer, Countdown } from "@/components/approvals/countdown";
import { ChecksWord } from "@/components/approvals/plan-bounds";
import { netTone, paybackWords } from "@/components/approvals/plan-money";
import { LateNote, PlanActions, PlanBar, RehearsalWord } from "@/components/approvals/plan-rail";
import { isOpen, planTitle } from "@/components/approvals/plan-words";
import { RejectDialog } from "@/components/approvals/reject-dialog";
import { usePlanDecision } from "@/components/approvals/use-plan-decision";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { buttonClass } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { KeyValue } from "@/components/ui/key-value";
import { SkeletonRows } from "@/components/ui/states";
import type { PlanDto } from "@/lib/api/schemas";
import { formatAge } from "@/lib/format/age";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";

/** As on the card: while it waits its checks compare with a moving price. */
const CHECK_MS = 5_000;
/** Two blocks of 30 s (operator.md J4): by then the chain may be another. */
const OLD_REHEARSAL_MS = 60_000;

export function WaitingPlan({ planId }: { readonly planId: string }): ReactNode {
  const known = useApi("plan", { params: { planId } }).data;
  const isWaiting = known !== undefined && isOpen(known);
  const plan = useApi("plan", { params: { planId } }, isWaiting ? { refetchMs: CHECK_MS } : {});
  return (
    <section aria-label="Its plan" className="mt-3 border-t pt-3 desk:max-w-prose">
      <QueryView query={plan} what="the plan" skeleton={<SkeletonRows rows={5} label="the plan" />}>
        {(data) => <PlanNow plan={data} />}
      </QueryView>
    </section>
  );
}

function PlanNow({ plan }: { readonly plan: PlanDto }): ReactNode {
  const decision = usePlanDecision(plan);
  const [isRejecting, setRejecting] = useState(false);
  const { forecast } = plan;
  const waits = plan.status === "waiting_approval";
  const onReject = (): void => setRejecting(true);
  return (
    <>
      <h3 className="mb-1 font-title">{planTitle(plan)}</h3>
      <KeyValue
        rows={[
          {
            key: waits ? "Waits, then HOLD in" : "Plan",
            value:
              waits && plan.expiresAtMs !== null ? <Countdown expiresAtMs={plan.expiresAtMs} /> : plan.statusReason,
          },
          {
            key: "Fees a day",
            value: `${formatUsd(forecast.feesUsdPerDayBefore)} → ${formatUsd(forecast.feesUsdPerDayAfter)}`,
          },
          { key: "Cost, all of it", value: formatUsd(forecast.costUsd) },
          { key: "Pays back in", value: paybackWords(forecast.paybackDays) },
          {
            key: "Net after 7 days",
            value: (
              <span className={cx("font-title", netTone(forecast.net7dUsd))}>
                {formatSignedUsd(forecast.net7dUsd)}
                <span className="font-text text-ink-3">
                  {" "}
                  ({formatSignedUsd(forecast.net7dLowUsd)} to {formatSignedUsd(forecast.net7dHighUsd)})
                </span>
              </span>
            ),
          },
          { key: "Simulation", value: <Simulation plan={plan} /> },
          { key: "Bounds", value: isOpen(plan) ? <ChecksWord plan={plan} /> : "over" },
        ]}
      />
      {!waits && <LateNote decision={decision} />}
      {waits && (
        <>
          <PlanActions
            plan={plan}
            decision={decision}
            onReject={onReject}
            className="mt-3 grid max-w-md gap-2 max-mid:hidden"
          />
          <PlanBar plan={plan} decision={decision} onReject={onReject} />
          {plan.expiresAtMs !== null && <CountdownAnnouncer expiresAtMs={plan.expiresAtMs} what={planTitle(plan)} />}
          <PhoneWallet />
        </>
      )}
      <Link href={`/approvals/${plan.planId}`} className={cx(buttonClass(), "mt-3 max-desk:w-full")}>
        {waits ? "Read the whole card" : "Follow the plan"}
      </Link>
      <RejectDialog
        isOpen={isRejecting && waits}
        onClose={() => setRejecting(false)}
        what={planTitle(plan)}
        decision={decision}
      />
    </>
  );
}

function Simulation({ plan }: { readonly plan: PlanDto }): ReactNode {
  const nowMs = useWallNow();
  const { rehearsal } = plan;
  const ageMs = rehearsal === null || nowMs === 0 ? null : Math.max(0, nowMs - rehearsal.atMs);
  return (
    <span className="inline-flex flex-wrap justify-end gap-x-2">
      <RehearsalWord plan={plan} />
      {ageMs !== null && (
        <span className={ageMs > OLD_REHEARSAL_MS ? "text-warn" : "text-ink-3"}>
          {formatAge(ageMs)} old{ageMs > OLD_REHEARSAL_MS && ", each step is run again at signing"}
        </span>
      )}
    </span>
  );
}

/** No link into a wallet's app: the page reaches only a wallet that is in its own browser. */
function PhoneWallet(): ReactNode {
  return (
    <details className="mt-3 text-dense text-ink-2">
      <summary className="min-h-6">Signing on a phone</summary>
      <p className="mt-1 max-w-prose">
        Approve and Reject ask the wallet that is in this browser. On a phone that is the browser inside the wallet’s
        own app: copy this page’s address from the message, open it there and sign in; the page leads back here. A
        wallet app outside of the browser is not reached from this page. Without a signature the plan ends in HOLD.
      </p>
    </details>
  );
}
