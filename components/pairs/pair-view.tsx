// One pair: where the price is against our range, why it decided so, and everything one can do about it.
"use client";
import dynamic from "next/dynamic";
import { useDeferredValue, type ReactNode } from "react";
import { isReadingOld } from "@/components/live/is-reading-old";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { PreviewSection } from "@/components/preview/preview-section";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { Skeleton, SkeletonRows } from "@/components/ui/states";
import { useIsWide } from "@/components/ui/use-is-wide";
import type { PairStatus } from "@/lib/api/schemas";
import { DecisionPanel, GatesPanel } from "./decision-panel";
import { PairHeader } from "./pair-header";
import { usePriceDirection, type PriceView } from "./use-price-direction";

/** Charts are a third of the code and none of the first answer. */
const PairChart = dynamic(
  lazyPart(() => import("./pair-chart").then((module) => module.PairChart)),
  {
    ssr: false,
    loading: () => <ChartSkeleton />,
  },
);
const EpochCharts = dynamic(
  lazyPart(() => import("./epoch-charts").then((module) => module.EpochCharts)),
  {
    ssr: false,
    loading: () => (
      <Panel title="Over time">
        <Skeleton className="h-[190px] w-full" />
      </Panel>
    ),
  },
);

/** Below the fold. */
const PositionsPanel = dynamic(
  lazyPart(() => import("./positions-panel").then((module) => module.PositionsPanel)),
  {
    ssr: false,
    loading: () => (
      <Panel title="Positions" flush>
        <SkeletonRows rows={3} height={56} label="positions" />
      </Panel>
    ),
  },
);
const PairHistory = dynamic(
  lazyPart(() => import("./pair-history").then((module) => module.PairHistory)),
  {
    ssr: false,
    loading: () => (
      <Panel title="History" flush>
        <SkeletonRows rows={8} height={40} label="the history" />
      </Panel>
    ),
  },
);

function ChartSkeleton(): ReactNode {
  return (
    <Panel title="Price and range">
      <Skeleton className="h-[560px] w-full" />
    </Panel>
  );
}

export function PairView({ pairId }: { readonly pairId: string }): ReactNode {
  const status = useApi("pairStatus", { params: { id: pairId } });
  const [base = "", quote = ""] = pairId.split("-");
  const prices = usePriceDirection({ base, quote, price: status.data?.price ?? null });
  return (
    <QueryView query={status} what={pairId} skeleton={<PairSkeleton />}>
      {(pair) => (
        <div className="grid gap-3 desk:gap-4">
          <PairHeader pair={pair} prices={prices} isOld={isReadingOld(status)} />
          <Below key={pair.id} pair={pair} prices={prices} />
        </div>
      )}
    </QueryView>
  );
}

/** The words above follow a block or a press at once; tables and drawings, which take longer, when there is time. */
function Below({ pair: newest, prices: chosen }: { readonly pair: PairStatus; readonly prices: PriceView }): ReactNode {
  const pair = useDeferredValue(newest);
  const prices = useDeferredValue(chosen);
  // Beside the chart the gates have their room; above it about thirty of them would stand before the price.
  const isBeside = useIsWide("mid");
  return (
    <>
      <div className="grid gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px] mid:grid-rows-[auto_1fr] mid:items-start">
        <div className="min-w-0 mid:col-start-2 mid:row-span-2 mid:row-start-1 mid:self-stretch">
          <DecisionPanel
            pairId={newest.id}
            epoch={newest.epoch}
            lastDecision={newest.lastDecision}
            openPlanId={newest.openPlanId}
            hasAllGates={isBeside}
          />
        </div>
        <div className="min-w-0 mid:col-start-1 mid:row-start-1">
          <PairChart pair={pair} prices={prices} />
        </div>
        {!isBeside && <GatesPanel pairId={newest.id} epoch={newest.epoch} />}
        <div className="min-w-0 mid:col-span-2">
          <PositionsPanel pair={pair} prices={prices} />
        </div>
        <div className="min-w-0 mid:col-start-1 mid:row-start-2">
          <EpochCharts pair={pair} />
        </div>
      </div>
      <PreviewSection pairId={pair.id} latestEpoch={pair.epoch?.epoch ?? null} prices={prices} />
      <PairHistory pairId={pair.id} epoch={pair.epoch} prices={prices} />
    </>
  );
}

function PairSkeleton(): ReactNode {
  return (
    <div className="grid gap-3 desk:gap-4">
      <div className="h-14 px-3.5 desk:px-0">
        <Skeleton className="h-8 w-44" />
        <Skeleton className="mt-2 h-3.5 w-72" />
      </div>
      <div className="grid gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
        <div className="min-w-0 mid:col-start-2 mid:row-start-1">
          <Panel title="Decision" flush>
            <SkeletonRows rows={5} height={46} label="the decision" />
          </Panel>
        </div>
        <div className="min-w-0 mid:col-start-1 mid:row-start-1">
          <ChartSkeleton />
        </div>
      </div>
    </div>
  );
}
