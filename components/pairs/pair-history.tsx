// The lower half of a pair's page: policies, epochs and plans beside pools, kappa and parameters.
"use client";
import { memo, type ReactNode } from "react";
import type { PairStatus } from "@/lib/api/schemas";
import { EpochsPanel } from "./epochs-panel";
import { KappaPanel } from "./kappa-panel";
import { PlansPanel } from "./plans-panel";
import { PolicyPanel } from "./policy-panel";
import { PoolsPanel } from "./pools-panel";
import { TuningPanel } from "./tuning-panel";
import type { PriceView } from "./use-price-direction";

/** A block's price changes nothing here. */
export const PairHistory = memo(function PairHistory({
  pairId,
  epoch,
  prices,
}: {
  readonly pairId: string;
  readonly epoch: PairStatus["epoch"];
  readonly prices: PriceView;
}): ReactNode {
  return (
    <div className="grid items-start gap-3 desk:gap-4 min-[1400px]:grid-cols-2">
      <div className="grid min-w-0 gap-3 desk:gap-4">
        <PolicyPanel epoch={epoch} prices={prices} />
        <EpochsPanel pairId={pairId} prices={prices} />
        <PlansPanel pairId={pairId} />
      </div>
      <div className="grid min-w-0 gap-3 desk:gap-4">
        <PoolsPanel pairId={pairId} epoch={epoch} />
        <KappaPanel pairId={pairId} />
        <TuningPanel epoch={epoch} />
      </div>
    </div>
  );
});
