// The dialog around the range editor; what comes out is a signed wish and a plan, never a transaction by itself.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Dialog } from "@/components/ui/dialog";
import { lazyPart } from "@/components/ui/lazy-part";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import type { PairStatus } from "@/lib/api/schemas";
import type { PriceView } from "./use-price-direction";

/** The strategy's code comes with it, and only when somebody edits. */
const RangeEditor = dynamic(
  lazyPart(() => import("@/components/range-editor/range-editor").then((module) => module.RangeEditor), "onDemand"),
  { ssr: false, loading: () => <SkeletonRows rows={8} height={44} label="the editor" /> },
);

export function ShiftDialog({
  pair,
  prices,
  open,
  onOpenChange,
}: {
  readonly pair: PairStatus;
  readonly prices: PriceView;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}): ReactNode {
  // Kept here: between burn and mint there is no position, and the form goes while the act is still followed.
  const command = useCommand();
  const positions = useApi("pairPositions", { params: { id: pair.id } });
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        onOpenChange(next);
        if (!next) command.reset();
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
  );
}
