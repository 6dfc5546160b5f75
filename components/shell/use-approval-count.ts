// How many plans wait for a person.
"use client";
import { useApi } from "@/components/live/use-api";

export function useApprovalCount(): number {
  const plans = useApi("plans", { query: { status: "waiting_approval" } });
  return plans.data?.plans.length ?? 0;
}
