// Deciding: on a desk the rail with time left, buttons, seven lines and what happens without a signature; below that the bar under the thumb.
"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { Button, buttonClass } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { KeyValue } from "@/components/ui/key-value";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { Status, StatusShape } from "@/components/ui/status";
import { CommandNote } from "@/components/wallet/command-note";
import type { PlanDto } from "@/lib/api/schemas";
import { UNKNOWN } from "@/lib/format/number";
import { formatRange } from "@/lib/format/price";
import { formatInstant } from "@/lib/format/time";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { countWords } from "./approval-words";
import { Countdown, TimeBar } from "./countdown";
import { ChecksWord } from "./plan-bounds";
import { LimitsWord } from "./plan-limits";
import { netTone, paybackWords } from "./plan-money";
import { hasSent, isOpen, newRangesOf, nextSentence, PLAN_STATUS } from "./plan-words";
import type { PlanDecision } from "./use-plan-decision";

const AskAgain = dynamic(
  lazyPart(() => import("./ask-again").then((module) => module.AskAgain)),
  { ssr: false },
);

interface Props {
  readonly plan: PlanDto;
  readonly decision: PlanDecision;
  readonly onReject: () => void;
}

export function PlanRail({ plan, decision, onReject }: Props): ReactNode {
  const waits = plan.status === "waiting_approval";
  return (
    <aside aria-label="Decide" className="hidden mid:sticky mid:top-16 mid:grid mid:gap-4">
      <div className="border bg-panel">
        {waits ? (
          <Waiting plan={plan} decision={decision} onReject={onReject} />
        ) : (
          <Settled plan={plan} decision={decision} />
        )}
        <div className="border-t p-4">
          <Summary plan={plan} />
        </div>
      </div>
      {waits && <WithoutApproval plan={plan} />}
    </aside>
  );
}

function Waiting({ plan, decision, onReject }: Props): ReactNode {
  const nowMs = useWallNow();
  return (
    <div className="grid gap-3 p-4">
      {plan.expiresAtMs === null ? (
        <p className="text-ink-2">No time limit: the plan waits until a bound is left.</p>
      ) : (
        <div>
          <p className="text-dense text-ink-3">Expires at {formatInstant(plan.expiresAtMs, nowMs)}, then HOLD</p>
          <Countdown expiresAtMs={plan.expiresAtMs} className="block text-timer" />
          <TimeBar createdAtMs={plan.createdAtMs} expiresAtMs={plan.expiresAtMs} className="mt-2" />
        </div>
      )}
      <PlanActions plan={plan} decision={decision} onReject={onReject} className="grid gap-2" />
      <p className="text-dense text-ink-3">
        You sign the plan hash, a nonce and an end time of at most 5 minutes. If a bound is left before the first step,
        the plan turns void and nothing is sent.
      </p>
    </div>
  );
}

/** The two acts with why they may be off, wherever a plan is decided on. */
export function PlanActions({ decision, onReject, className }: Props & { readonly className: string }): ReactNode {
  return (
    <div className={className}>
      <Button
        kind="primary"
        className="order-2 h-11! min-w-0 desk:order-none"
        disabled={decision.blocked !== null || decision.reject.busy !== null}
        busy={decision.approve.busy}
        onClick={decision.runApprove}
      >
        Approve with wallet
      </Button>
      <Button
        className="min-w-0"
        disabled={decision.rejectBlocked !== null || decision.approve.busy !== null}
        busy={decision.reject.busy === null ? null : "Rejecting…"}
        onClick={onReject}
      >
        Reject
      </Button>
      {decision.blocked !== null && (
        <p className="order-3 col-span-full text-dense text-warn desk:order-none">{decision.blocked}</p>
      )}
      <div className="order-3 col-span-full empty:hidden desk:order-none">
        <CommandNote state={decision.approve.state} />
      </div>
    </div>
  );
}

/** In place of the timer once nobody needs to decide. */
function Settled({ plan, decision }: Pick<Props, "plan" | "decision">): ReactNode {
  const nowMs = useWallNow();
  const { word, tone } = PLAN_STATUS[plan.status];
  const sent = hasSent(plan);
  const over = !isOpen(plan);
  return (
    <div className="grid gap-3 p-4">
      <div>
        <p
          className={cx(
            "flex items-center gap-2 text-stat font-medium",
            tone === "warn" && "text-warn",
            tone === "prop" && "text-prop",
          )}
        >
          <StatusShape tone={tone} size={16} />
          {word}
          {plan.endedAtMs !== null && ` since ${formatInstant(plan.endedAtMs, nowMs)}`}
        </p>
        <p className="mt-1 wrap-anywhere text-ink-2">
          {plan.statusReason}
          {over && !sent && " Nothing was sent."}
        </p>
      </div>
      <LateNote decision={decision} />
      <p className="text-dense text-ink-3">{nextSentence(plan)}</p>
      {over && plan.status !== "done" && <AskAgain plan={plan} />}
      <Link href={`/activity/${plan.planId}`} className={buttonClass()}>
        {over ? "See what happened" : "Follow each step"}
      </Link>
    </div>
  );
}

/** Somebody else was first: what became of this person's own signature stays on the card. */
export function LateNote({ decision }: Pick<Props, "decision">): ReactNode {
  const late = [decision.approve.state, decision.reject.state].filter(
    ({ phase }) => phase === "failed" || phase === "refused",
  );
  return late.map((state) => <CommandNote key={state.sentence} state={state} />);
}

function Summary({ plan }: { readonly plan: PlanDto }): ReactNode {
  const [next] = newRangesOf(plan);
  const missing = plan.approvalsNeeded - plan.approvals.length;
  return (
    <KeyValue
      rows={[
        {
          key: "Range",
          value: (
            <b className="font-title text-prop">
              {next === undefined
                ? "none, to the wallet"
                : formatRange(next.lower, next.upper, plan.bounds.referencePrice)}
            </b>
          ),
        },
        {
          key: "Cost, pays back",
          value: (
            <b className="font-title">
              {formatUsd(plan.forecast.costUsd)}
              {plan.forecast.paybackDays === null ? ", never" : ` in ${paybackWords(plan.forecast.paybackDays)}`}
            </b>
          ),
        },
        {
          key: "Net after 7 days",
          value: (
            <b className={cx("font-title", netTone(plan.forecast.net7dUsd))}>
              {formatSignedUsd(plan.forecast.net7dUsd)}
            </b>
          ),
        },
        { key: "Bounds", value: isOpen(plan) ? <ChecksWord plan={plan} /> : "over" },
        { key: "Rehearsal", value: <RehearsalWord plan={plan} /> },
        { key: "Limits", value: isOpen(plan) ? <LimitsWord plan={plan} /> : "over" },
        {
          key: "Approvals",
          value:
            plan.approval === null
              ? "none needed"
              : `${countWords(plan)}${
                  plan.status === "waiting_approval" && missing === 1 ? ", the next completes it" : ""
                }`,
        },
      ]}
    />
  );
}

export function WithoutApproval({
  plan,
  className,
}: {
  readonly plan: PlanDto;
  readonly className?: string;
}): ReactNode {
  const nowMs = useWallNow();
  const before = plan.forecast.feesUsdPerDayBefore;
  return (
    <Panel title="Without approval" className={className}>
      <p className="text-dense text-ink-2">
        {plan.expiresAtMs === null ? "Nothing changes" : `HOLD at ${formatInstant(plan.expiresAtMs, nowMs)}`}: nothing
        is sent and the money stays where it is, earning {formatUsd(before)} of fees a day by the model instead of{" "}
        {formatUsd(plan.forecast.feesUsdPerDayAfter)}. The strategy decides again at the next epoch and may propose a
        new plan.
      </p>
    </Panel>
  );
}

/** Under the thumb below the rail's width; the tab bar gives way to it. */
export function PlanBar({ plan, decision, onReject }: Props): ReactNode {
  if (plan.status !== "waiting_approval") return null;
  const { forecast } = plan;
  return (
    <section
      aria-label="Decide"
      data-action-bar
      className="fixed inset-x-0 bottom-0 z-30 border-t bg-bg pb-[env(safe-area-inset-bottom)] desk:left-[216px] mid:hidden"
    >
      {plan.expiresAtMs !== null && <TimeBar createdAtMs={plan.createdAtMs} expiresAtMs={plan.expiresAtMs} />}
      <div className="grid gap-2 px-3.5 pt-2 pb-3">
        <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-0.5">
          <span>
            {plan.expiresAtMs === null ? (
              "Waits for you"
            ) : (
              <>
                Expires in <Countdown expiresAtMs={plan.expiresAtMs} className="font-title" />, then HOLD
              </>
            )}
          </span>
          <ChecksWord plan={plan} />
          <span>
            Cost <b className="font-title">{formatUsd(forecast.costUsd)}</b>, back in{" "}
            <b className="font-title">{forecast.paybackDays === null ? UNKNOWN : paybackWords(forecast.paybackDays)}</b>
          </span>
          <span className="text-right">
            7 d <b className={cx("font-title", netTone(forecast.net7dUsd))}>{formatSignedUsd(forecast.net7dUsd)}</b>
          </span>
        </div>
        <PlanActions
          plan={plan}
          decision={decision}
          onReject={onReject}
          className="grid grid-cols-[minmax(0,1fr)_minmax(0,2fr)] gap-2 [&>button]:h-11!"
        />
      </div>
    </section>
  );
}

export function RehearsalWord({ plan }: { readonly plan: PlanDto }): ReactNode {
  if (plan.rehearsal === null) return <Status tone="unknown">Per step, at signing</Status>;
  if (plan.rehearsal.method === "none") return <Status tone="warn">Could not be tried</Status>;
  return <Status tone={plan.rehearsal.isOk ? "ok" : "crit"}>{plan.rehearsal.isOk ? "Went through" : "Failed"}</Status>;
}
