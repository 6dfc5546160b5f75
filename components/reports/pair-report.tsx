// Everything of one pair that is kept: position lives, score cards, days, how the figures agree, the ledger.
"use client";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { AgreementPanel } from "./agreement-panel";
import { DaysPanel } from "./days-panel";
import { LedgerPanels } from "./ledger-panels";
import { LivesPanel } from "./lives-panel";
import { ScoresPanel } from "./scores-panel";

export function PairReport({ pair }: { readonly pair: string }): ReactNode {
  const pnl = useApi("pairPnl", { params: { id: pair } });
  return (
    <QueryView
      query={pnl}
      what={`the report of ${pair}`}
      skeleton={
        <Panel title="By position" flush>
          <SkeletonRows rows={6} height={46} label="the report" />
        </Panel>
      }
    >
      {(data) => (
        <>
          <LivesPanel pnl={data} />
          <ScoresPanel pnl={data} />
          <DaysPanel pnl={data} />
          <AgreementPanel agreement={data.agreement} />
          <LedgerPanels pairId={pair} priceNote={data.priceNote} />
        </>
      )}
    </QueryView>
  );
}
