// The approval card as a page: nine parts, the rail or bar to decide with, alive until the plan has ended and honest afterwards.
"use client";
import dynamic from "next/dynamic";
import { useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { lazyPart } from "@/components/ui/lazy-part";
import { Skeleton, SkeletonRows } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import type { PlanDto } from "@/lib/api/schemas";
import { CountdownAnnouncer } from "./countdown";
import { PlanAmounts } from "./plan-amounts";
import { PlanHead } from "./plan-head";
import { PlanMoney } from "./plan-money";
import { LateNote, PlanBar, PlanRail, WithoutApproval } from "./plan-rail";
import { PlanSection } from "./plan-section";
import { isOpen, nextSentence, planTitle } from "./plan-words";
import { usePlanDecision } from "./use-plan-decision";

/** The chart's code comes after the words: both ranges stand in the rail already. */
const PlanRange = dynamic(
  lazyPart(() => import("./plan-range").then((module) => module.PlanRange)),
  {
    ssr: false,
    loading: () => (
      <PlanSection index={2} title="Range" className="order-1 desk:order-none">
        <Skeleton className="h-[460px] w-full" />
      </PlanSection>
    ),
  },
);

const PlanEvidence = dynamic(
  lazyPart(() => import("./plan-evidence").then((module) => module.PlanEvidence)),
  {
    ssr: false,
    loading: () => (
      <div className="order-8 desk:order-none">
        <SkeletonRows rows={8} label="bounds, simulation, steps, limits and approvals" />
      </div>
    ),
  },
);

/** Wanted by who has pressed Reject, or finds a plan that is over. */
const RejectDialog = dynamic(
  lazyPart(() => import("./reject-dialog").then((module) => module.RejectDialog)),
  { ssr: false },
);
const AskAgain = dynamic(
  lazyPart(() => import("./ask-again").then((module) => module.AskAgain)),
  { ssr: false },
);

/** While it waits the checks compare with a moving price, so they are read again this often. */
const CHECK_MS = 5_000;

export function PlanView({ planId }: { readonly planId: string }): ReactNode {
  const known = useApi("plan", { params: { planId } }).data;
  const waits = known !== undefined && isOpen(known);
  const plan = useApi("plan", { params: { planId } }, waits ? { refetchMs: CHECK_MS } : {});
  return (
    <div className="desk:pb-0">
      <QueryView query={plan} what="this plan" skeleton={<PlanSkeleton />}>
        {(data) => <PlanCard plan={data} />}
      </QueryView>
      {plan.error?.code === "not_found" && (
        <p className="px-3.5 desk:px-4">
          <TextLink href="/approvals">Go to the approvals</TextLink>
        </p>
      )}
    </div>
  );
}

function PlanCard({ plan }: { readonly plan: PlanDto }): ReactNode {
  const decision = usePlanDecision(plan);
  const [isRejecting, setRejecting] = useState(false);
  const waits = plan.status === "waiting_approval";
  const onReject = (): void => setRejecting(true);
  return (
    <div
      className={
        waits
          ? "grid grid-cols-[minmax(0,1fr)] items-start gap-4 max-mid:pb-32 mid:grid-cols-[minmax(0,1fr)_348px]"
          : "grid grid-cols-[minmax(0,1fr)] items-start gap-4 mid:grid-cols-[minmax(0,1fr)_348px]"
      }
    >
      <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
        <article aria-label={planTitle(plan)} className="flex flex-col border-y bg-panel desk:border">
          <PlanHead plan={plan} />
          {!waits && (
            <div className="grid gap-3 border-b px-3.5 py-3 desk:px-4 mid:hidden">
              <LateNote decision={decision} />
              <p className="text-ink-2">{nextSentence(plan)}</p>
              {!isOpen(plan) && plan.status !== "done" && <AskAgain plan={plan} />}
              <p>
                <TextLink href={`/activity/${plan.planId}`}>
                  {isOpen(plan) ? "Follow each step" : "See what happened"}
                </TextLink>
              </p>
            </div>
          )}
          <PlanRange plan={plan} />
          <PlanAmounts plan={plan} />
          <PlanMoney plan={plan} />
          <PlanEvidence plan={plan} decision={decision} />
        </article>
        {waits && <WithoutApproval plan={plan} className="mid:hidden" />}
      </div>
      <PlanRail plan={plan} decision={decision} onReject={onReject} />
      <PlanBar plan={plan} decision={decision} onReject={onReject} />
      {waits && plan.expiresAtMs !== null && (
        <CountdownAnnouncer expiresAtMs={plan.expiresAtMs} what={planTitle(plan)} />
      )}
      {isRejecting && (
        <RejectDialog isOpen={waits} onClose={() => setRejecting(false)} what={planTitle(plan)} decision={decision} />
      )}
    </div>
  );
}

function PlanSkeleton(): ReactNode {
  return (
    <div className="grid items-start gap-4 mid:grid-cols-[minmax(0,1fr)_348px]">
      <div className="border-y bg-panel desk:border">
        <div className="border-b p-4">
          <Skeleton className="h-6 w-64" />
          <Skeleton className="mt-3 h-3 w-96 max-w-full" />
        </div>
        <div className="border-b p-4">
          <Skeleton className="h-[372px] w-full" />
        </div>
        <SkeletonRows rows={8} label="the plan" />
      </div>
      <div className="hidden border bg-panel p-4 mid:block">
        <Skeleton className="h-11 w-32" />
        <Skeleton className="mt-4 h-11 w-full" />
        <Skeleton className="mt-2 h-8 w-full" />
      </div>
    </div>
  );
}
