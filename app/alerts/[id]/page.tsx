// One alert: where the link of a message leads.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { AlertDetail } from "@/components/alerts/alert-detail";

export const metadata: Metadata = { title: "Alert" };

export default async function Page({
  params,
}: {
  readonly params: Promise<{ readonly id: string }>;
}): Promise<ReactNode> {
  return <AlertDetail id={(await params).id} />;
}
