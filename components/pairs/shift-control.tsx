// Opens the range editor, where there is a position to shift.
"use client";
import { MoveVertical } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import type { PairStatus } from "@/lib/api/schemas";
import { ShiftDialog } from "./shift-dialog";
import type { PriceView } from "./use-price-direction";

export function ShiftControl({
  pair,
  prices,
  off,
}: {
  readonly pair: PairStatus;
  readonly prices: PriceView;
  readonly off: string | null;
}): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const positions = useApi("pairPositions", { params: { id: pair.id } });
  const isNone = positions.data !== undefined && positions.data.positions.length === 0;
  const why = off ?? (isNone ? "There is no position to shift yet" : null);
  return (
    <>
      <Button onClick={() => setOpen(true)} disabled={why !== null} title={why ?? undefined}>
        <MoveVertical size={14} aria-hidden="true" />
        Shift range
      </Button>
      <ShiftDialog pair={pair} prices={prices} open={isOpen} onOpenChange={setOpen} />
    </>
  );
}
