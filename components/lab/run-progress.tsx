// How far a run is, and the way to stop it.
"use client";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { ProgressBar } from "@/components/ui/progress-bar";
import { formatPercent } from "@/lib/format/percent";
import type { LabRun } from "./use-lab-run";

export function RunProgress({ run }: { readonly run: LabRun }): ReactNode {
  if (run.state.kind !== "running") return null;
  const { stage, doneFrac } = run.state;
  return (
    <div className="grid gap-2">
      <div className="flex items-baseline justify-between gap-3 text-dense">
        <span className="text-ink-2">{stage}</span>
        <span>{formatPercent(doneFrac, 0)}</span>
      </div>
      <ProgressBar label="Progress of the run" doneFrac={doneFrac} />
      <Button onClick={run.cancel}>Stop the run</Button>
    </div>
  );
}
