// The shield's sheet: stop all signing at once, or take everything out. Both need a hold and a signature.
"use client";
import type { ReactNode } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Segmented } from "@/components/ui/segmented";
import { ExitForm } from "./exit-form";
import type { StopTab } from "./open-stop-sheet";
import { StopForm } from "./stop-form";

export function StopSheet({
  tab,
  onTab,
  onClose,
}: {
  readonly tab: StopTab;
  readonly onTab: (tab: StopTab) => void;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog open onOpenChange={onClose} size="large" title={tab === "stop" ? "Stop all signing" : "Emergency exit"}>
      <div className="grid gap-4">
        <div>
          <Segmented
            label="What to do"
            value={tab}
            options={[
              { value: "stop", label: "Stop signing" },
              { value: "exit", label: "Exit positions" },
            ]}
            onChange={onTab}
          />
        </div>
        {tab === "stop" ? <StopForm /> : <ExitForm />}
      </div>
    </Dialog>
  );
}
