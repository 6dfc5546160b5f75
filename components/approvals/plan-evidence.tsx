// The parts of the card that prove it: bounds, simulation, steps, limits and approvals; below the money, so their code comes after it.
"use client";
import type { ReactNode } from "react";
import type { PlanDto } from "@/lib/api/schemas";
import { PlanApprovals } from "./plan-approvals";
import { PlanBounds } from "./plan-bounds";
import { PlanLimits } from "./plan-limits";
import { PlanSimulation } from "./plan-simulation";
import { PlanSteps } from "./plan-steps";
import type { PlanDecision } from "./use-plan-decision";

export function PlanEvidence({
  plan,
  decision,
}: {
  readonly plan: PlanDto;
  readonly decision: PlanDecision;
}): ReactNode {
  return (
    <>
      <PlanBounds plan={plan} />
      <PlanSimulation plan={plan} />
      <PlanSteps plan={plan} />
      <PlanLimits plan={plan} />
      <PlanApprovals plan={plan} decision={decision} />
    </>
  );
}
