// The dialogs behind a row's menu: the same as on the pair's own page.
"use client";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Dialog } from "@/components/ui/dialog";
import { SkeletonRows } from "@/components/ui/states";
import type { PairSummary } from "@/lib/api/schemas";
import type { PairAct } from "./pair-acts";
import { PauseDialog } from "./pause-dialog";
import { ShiftDialog } from "./shift-dialog";
import { usePriceDirection } from "./use-price-direction";

interface Props {
  readonly pair: PairSummary;
  readonly act: PairAct;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

export function RowDialogs({ pair, act, open, onOpenChange }: Props): ReactNode {
  const kind = act.kind === "pause" ? act.pause : undefined;
  return act.kind === "shift" ? (
    <Shift pair={pair} open={open} onOpenChange={onOpenChange} />
  ) : (
    <PauseDialog pair={pair} kind={kind} open={open} onOpenChange={onOpenChange} />
  );
}

/** The editor needs more of the pair than its row has. */
function Shift({ pair, open, onOpenChange }: Omit<Props, "act">): ReactNode {
  const status = useApi("pairStatus", { params: { id: pair.id } });
  const prices = usePriceDirection(pair);
  return status.data === undefined ? (
    <Dialog open={open} onOpenChange={onOpenChange} size="wide" title={`Shift a range of ${pair.id}`}>
      <QueryView query={status} what={pair.id} skeleton={<SkeletonRows rows={3} label="the pair" />}>
        {() => null}
      </QueryView>
    </Dialog>
  ) : (
    <ShiftDialog pair={status.data} prices={prices} open={open} onOpenChange={onOpenChange} />
  );
}
