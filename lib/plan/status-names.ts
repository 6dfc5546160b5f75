// The names of a plan's states, as words alone (strategy.md section 11).

export const PLAN_STATUSES = [
  "waiting_approval",
  "approved",
  "executing",
  "done",
  "partial",
  "expired",
  "rejected",
  "voided",
  "refused",
] as const;
export type PlanStatus = (typeof PLAN_STATUSES)[number];

export const OPEN_PLAN_STATUSES: readonly PlanStatus[] = ["waiting_approval", "approved", "executing"];
