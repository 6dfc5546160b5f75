// What happened with one plan.
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { ActivityDetail } from "@/components/activity/activity-detail";
import { contract } from "@/lib/api/contract";

export const metadata: Metadata = { title: "Activity" };

export default async function Page({
  params,
}: {
  readonly params: Promise<{ readonly planId: string }>;
}): Promise<ReactNode> {
  const parsed = contract.plan.params.safeParse(await params);
  if (!parsed.success) notFound();
  return <ActivityDetail planId={parsed.data.planId} />;
}
