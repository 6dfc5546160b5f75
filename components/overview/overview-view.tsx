// The overview: one word and the worst reason, five lamps, what waits, where the money is, all pairs.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { isReadingOld } from "@/components/live/is-reading-old";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { Skeleton, SkeletonRows } from "@/components/ui/states";
import { LampRow } from "./lamp-row";
import { LatelySkeleton } from "./lately-skeleton";
import { MoneyDaysSkeleton } from "./money-days-skeleton";
import { MoneyPanel } from "./money-panel";
import { PartsSkeleton } from "./parts-skeleton";
import { PairsPanel } from "./pairs-panel";
import { WaitingPanel } from "./waiting-panel";

/** Charts are no part of the first answer. */
const MoneyDays = dynamic(
  lazyPart(() => import("./money-days").then((module) => module.MoneyDays)),
  {
    ssr: false,
    loading: () => <MoneyDaysSkeleton />,
  },
);

const LatelyPanel = dynamic(
  lazyPart(() => import("./lately-panel").then((module) => module.LatelyPanel)),
  {
    ssr: false,
    loading: () => <LatelySkeleton />,
  },
);

export function OverviewView(): ReactNode {
  const overview = useApi("overview");
  return (
    <QueryView query={overview} what="the overview" skeleton={<OverviewSkeleton />}>
      {(data) => (
        <div className="grid grid-cols-1 gap-3 desk:gap-4">
          <LampRow overview={data} isOld={isReadingOld(overview)} />
          <div className="grid grid-cols-1 items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
            <div className="order-1 grid gap-3 desk:gap-4 mid:order-none">
              <MoneyPanel money={data.money} />
              <MoneyDays />
            </div>
            {/* On a phone what was done comes after the money. */}
            <div className="contents content-start gap-4 mid:grid">
              <WaitingPanel attention={data.attention} pairs={data.pairs} />
              <div className="order-2 mid:order-none">
                <LatelyPanel />
              </div>
            </div>
          </div>
          <div className="max-mid:order-none">
            <PairsPanel pairs={data.pairs} isOld={isReadingOld(overview)} />
          </div>
        </div>
      )}
    </QueryView>
  );
}

function OverviewSkeleton(): ReactNode {
  return (
    <div className="grid gap-3 desk:gap-4">
      <div className="h-[338px] border-y bg-panel p-4 mid:h-[121px] desk:border">
        <Skeleton className="h-7 w-40" />
        <Skeleton className="mt-3 h-4 w-72 max-w-full" />
      </div>
      <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
        <div className="order-1 grid gap-3 desk:gap-4 mid:order-none">
          <Panel title="Money">
            <PartsSkeleton />
          </Panel>
          <MoneyDaysSkeleton />
        </div>
        <div className="grid gap-3 desk:gap-4">
          <Panel title="Waiting for you" flush>
            <SkeletonRows rows={3} height={54} label="what waits" />
          </Panel>
          <LatelySkeleton />
        </div>
      </div>
      <Panel title="Pairs" flush>
        <SkeletonRows rows={3} height={45} label="pairs" />
      </Panel>
    </div>
  );
}
