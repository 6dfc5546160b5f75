// After a shift came to nothing: asks the worker for a new plan to the strategy's present target, by a signed command.
"use client";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import type { PlanDto } from "@/lib/api/schemas";

export function AskAgain({ plan }: { readonly plan: PlanDto }): ReactNode {
  const burn = plan.steps.map(({ step }) => step).find((step) => step.kind === "burn");
  const isShift = plan.kind === "RS" && burn !== undefined;
  const positions = useApi("pairPositions", { params: { id: plan.pairId } }, { enabled: isShift });
  const command = useCommand();
  const position =
    burn === undefined
      ? undefined
      : positions.data?.positions.find((one) => one.chainId === burn.chainId && one.tokenId === burn.tokenId);
  if (!isShift || position === undefined) return null;
  return (
    <div className="grid gap-2">
      <Button
        kind="primary"
        className="h-11!"
        busy={command.busy}
        onClick={() =>
          void command.run({
            action: "range.shift",
            target: plan.pairId,
            params: { pairId: plan.pairId, positionId: position.positionId, ticks: null },
          })
        }
      >
        Ask for a new plan
      </Button>
      <CommandNote state={command.state} />
    </div>
  );
}
