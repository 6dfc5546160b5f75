// The last decision: verdict, why, the gates that decided, and every gate with number and threshold where there is room or on request.
"use client";
import { ChevronDown } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { memo, type ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { reasonWords } from "@/components/shell/words";
import { buttonClass } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { GateList } from "@/components/ui/gate-list";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatCountdown } from "@/lib/format/age";
import { formatClockMinutes } from "@/lib/format/time";
import type { PairStatus } from "@/lib/api/schemas";
import { EPOCH_MS } from "@/lib/units";
import { decidingGates } from "./deciding-gates";
import { counterfactualSentence } from "./gate-items";
import { Gates, Verdict } from "./verdict";

/** As tall as what it stands beside: the verdict stays, the list of all gates takes the rest and scrolls. */
const BESIDE = "flex h-full flex-col [&>div:last-child]:flex [&>div:last-child]:flex-1 [&>div:last-child]:flex-col";

/** With all gates where they stand beside the chart; above it the verdict and what decided are enough. */
export const DecisionPanel = memo(function DecisionPanel({
  pairId,
  epoch,
  lastDecision,
  openPlanId,
  hasAllGates,
}: {
  readonly pairId: string;
  readonly epoch: PairStatus["epoch"];
  readonly lastDecision: PairStatus["lastDecision"];
  readonly openPlanId: string | null;
  readonly hasAllGates: boolean;
}): ReactNode {
  const title = epoch === null ? "Decision" : `Decision, epoch ${formatClockMinutes(epoch.epoch * EPOCH_MS)}`;
  return (
    <Panel
      title={title}
      tools={<MarketAge atMs={epoch?.marketAtMs} periodMs={EPOCH_MS} />}
      flush
      className={hasAllGates ? BESIDE : undefined}
    >
      {epoch === null ? (
        <Empty title="No epoch yet.">
          The first decision appears at the next epoch boundary, with every gate and its threshold.
        </Empty>
      ) : (
        <>
          <div className="p-3.5 desk:p-4">
            <Verdict epoch={epoch} sentence={lastDecision?.epoch === epoch.epoch ? lastDecision.sentence : ""} />
            {openPlanId !== null && <OpenPlan planId={openPlanId} />}
          </div>
          <DecidedBy epoch={epoch} />
          {hasAllGates && epoch.decision !== null && (
            <>
              <h3 className="border-t px-4 pt-3 pb-1.5 text-micro text-ink-3">{allGatesTitle(epoch.decision)}</h3>
              <div
                className="min-h-80 flex-[1_1_0] overflow-y-auto border-t"
                tabIndex={0}
                role="group"
                aria-label={allGatesTitle(epoch.decision)}
              >
                <Gates epoch={epoch} />
              </div>
              <EpochLink pairId={pairId} epoch={epoch.epoch} />
            </>
          )}
        </>
      )}
    </Panel>
  );
});

/** All gates behind one press; open or not is in the address. */
export const GatesPanel = memo(function GatesPanel({
  pairId,
  epoch,
}: {
  readonly pairId: string;
  readonly epoch: PairStatus["epoch"];
}): ReactNode {
  const [shown, setShown] = useQueryState("gates", parseAsStringLiteral(["all"]));
  if (epoch === null || epoch.decision === null) return null;
  const isOpen = shown === "all";
  return (
    <section aria-label="All gates" className="border-y bg-panel desk:border">
      <h2>
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls="all-gates"
          onClick={() => void setShown(isOpen ? null : "all")}
          className="flex min-h-11 w-full items-center gap-2 px-3.5 text-left font-title -outline-offset-2 hover:bg-hover desk:px-4"
        >
          {allGatesTitle(epoch.decision)}
          <ChevronDown
            size={15}
            aria-hidden="true"
            className={cx("ml-auto shrink-0 text-ink-3", isOpen && "rotate-180")}
          />
        </button>
      </h2>
      <div id="all-gates" hidden={!isOpen} className="border-t">
        {isOpen && (
          <>
            <Gates epoch={epoch} />
            <EpochLink pairId={pairId} epoch={epoch.epoch} />
          </>
        )}
      </div>
    </section>
  );
});

type Decision = NonNullable<EpochRecord["decision"]>;

/** The mode counts: it stands in the list, too. */
function allGatesTitle({ gates }: Decision): string {
  return `All ${gates.length + 1} gates, in the order of evaluation`;
}

function DecidedBy({ epoch }: { readonly epoch: EpochRecord }): ReactNode {
  const { decision } = epoch;
  if (decision === null) return null;
  const { title, items } = decidingGates(decision, epoch.mode);
  if (items.length === 0) return null;
  const nearest = decision.counterfactual.map(counterfactualSentence).find((text) => text !== "");
  return (
    <div className="border-t pt-2.5">
      <h3 className="px-3.5 text-micro text-ink-3 desk:px-4">{title}</h3>
      <GateList label={title} items={items} />
      {nearest !== undefined && <p className="border-t px-3.5 py-2.5 text-dense text-ink-2 desk:px-4">{nearest}</p>}
    </div>
  );
}

function EpochLink({ pairId, epoch }: { readonly pairId: string; readonly epoch: number }): ReactNode {
  return (
    <p className="border-t px-3.5 py-2.5 desk:px-4">
      <TextLink href={`/pairs/${pairId}/decisions/${epoch}`}>All numbers of this epoch</TextLink>
    </p>
  );
}

function OpenPlan({ planId }: { readonly planId: string }): ReactNode {
  const nowMs = useWallNow();
  const plan = useApi("plan", { params: { planId } }).data;
  const waits = plan?.status === "waiting_approval";
  const left = plan === undefined || plan.expiresAtMs === null || nowMs === 0 ? null : plan.expiresAtMs - nowMs;
  return (
    <div className="mt-3">
      {plan !== undefined && (
        <p className="mb-2 text-ink-2">
          Plan {reasonWords(plan.status)}
          {waits && left !== null && (
            <>
              , <b className="font-title text-ink">{formatCountdown(left)}</b> left, then HOLD
            </>
          )}
          .
        </p>
      )}
      <Link href={`/approvals/${planId}`} className={cx(buttonClass(waits ? "primary" : "default"), "w-full")}>
        {waits ? "Review the plan" : "Follow the plan"}
      </Link>
    </div>
  );
}
