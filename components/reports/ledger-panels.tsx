// The ledger to look at and to save, and the gains that are counted from it: of one pair or of all.
"use client";
import type { ReactNode } from "react";
import { GainsPanel } from "./gains-panel";
import { LedgerExport } from "./ledger-export";

export function LedgerPanels({
  pairId,
  priceNote,
}: {
  /** Null: all pairs and the wallet. */
  readonly pairId: string | null;
  readonly priceNote: string;
}): ReactNode {
  return (
    <>
      <LedgerExport pairId={pairId} priceNote={priceNote} />
      <GainsPanel pairId={pairId} />
    </>
  );
}
