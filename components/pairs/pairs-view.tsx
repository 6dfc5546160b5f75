// Table of all pairs with mode, state, range, value and last decision.
"use client";
import type { ReactNode } from "react";
import { isReadingOld } from "@/components/live/is-reading-old";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { PairsPanel } from "@/components/overview/pairs-panel";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";

export function PairsView(): ReactNode {
  const pairs = useApi("pairs");
  return (
    <QueryView
      query={pairs}
      what="pairs"
      skeleton={
        <Panel title="Pairs" flush>
          <SkeletonRows rows={3} height={45} label="pairs" />
        </Panel>
      }
    >
      {(data) => <PairsPanel pairs={data.pairs} isOld={isReadingOld(pairs)} />}
    </QueryView>
  );
}
