// One plan: the card to approve or reject it, and what became of it.
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { PlanView } from "@/components/approvals/plan-view";
import { contract } from "@/lib/api/contract";

export const metadata: Metadata = { title: "Plan" };

export default async function Page({
  params,
}: {
  readonly params: Promise<{ readonly planId: string }>;
}): Promise<ReactNode> {
  const parsed = contract.plan.params.safeParse(await params);
  if (!parsed.success) notFound();
  return <PlanView planId={parsed.data.planId} />;
}
