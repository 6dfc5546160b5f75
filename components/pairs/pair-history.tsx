// The lower half of a pair's page: policies, epochs and plans beside pools, kappa and parameters.
"use client";
import type { ReactNode } from "react";
import type { PairStatus } from "@/lib/api/schemas";
import { EpochsPanel } from "./epochs-panel";
import { KappaPanel } from "./kappa-panel";
import { PlansPanel } from "./plans-panel";
import { PolicyPanel } from "./policy-panel";
import { PoolsPanel } from "./pools-panel";
import { TuningPanel } from "./tuning-panel";
import type { PriceView } from "./use-price-direction";

export function PairHistory({ pair, prices }: { readonly pair: PairStatus; readonly prices: PriceView }): ReactNode {
  return (
    <div className="grid items-start gap-3 desk:gap-4 min-[1400px]:grid-cols-2">
      <div className="grid min-w-0 gap-3 desk:gap-4">
        <PolicyPanel epoch={pair.epoch} prices={prices} />
        <EpochsPanel pairId={pair.id} prices={prices} />
        <PlansPanel pairId={pair.id} />
      </div>
      <div className="grid min-w-0 gap-3 desk:gap-4">
        <PoolsPanel pairId={pair.id} epoch={pair.epoch} />
        <KappaPanel pairId={pair.id} />
        <TuningPanel epoch={pair.epoch} />
      </div>
    </div>
  );
}
