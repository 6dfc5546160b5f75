// Manual range shift: opens the range editor; what comes out is a signed wish and a plan, never a transaction by itself.
"use client";
import { MoveVertical } from "lucide-react";
import dynamic from "next/dynamic";
import { useState, type ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import type { PairStatus } from "@/lib/api/schemas";
import type { PriceView } from "./use-price-direction";

/** The strategy's code comes with it, and only when somebody edits. */
const RangeEditor = dynamic(
  () => import("@/components/range-editor/range-editor").then((module) => module.RangeEditor),
  { ssr: false, loading: () => <SkeletonRows rows={8} height={44} label="the editor" /> },
);

export function ShiftControl({ pair, prices }: { readonly pair: PairStatus; readonly prices: PriceView }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  // Kept here: between burn and mint there is no position, and the form goes while the act is still followed.
  const command = useCommand();
  const positions = useApi("pairPositions", { params: { id: pair.id } });
  const none = positions.data !== undefined && positions.data.positions.length === 0;
  return (
    <>
      <Button
        onClick={() => setOpen(true)}
        disabled={none}
        title={none ? "There is no position to shift yet" : undefined}
      >
        <MoveVertical size={14} aria-hidden="true" />
        Shift range
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={(open) => {
          setOpen(open);
          if (!open) command.reset();
        }}
        size="wide"
        title={`Shift a range of ${pair.id}`}
        description={
          pair.mode === "approve"
            ? "You sign what you want; the worker makes a plan from the live state, and the plan waits for an approval."
            : pair.mode === "auto"
              ? "You sign what you want; the worker makes a plan from the live state and carries it out inside the limits."
              : "The pair observes only: the signer refuses transactions until its mode is APPROVE or AUTO."
        }
      >
        {positions.data === undefined ? (
          <SkeletonRows rows={3} label="positions" />
        ) : positions.data.positions.length === 0 ? (
          <Empty title="No position to shift.">
            {command.busy === null
              ? "The first deployment opens one."
              : "It is being moved; the new one appears when its mint is verified."}
          </Empty>
        ) : (
          <RangeEditor pair={pair} prices={prices} positions={positions.data.positions} command={command} />
        )}
        <div className="mt-3">
          <CommandNote state={command.state} />
        </div>
      </Dialog>
    </>
  );
}
