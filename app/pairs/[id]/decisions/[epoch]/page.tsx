// One decision of a pair.
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { DecisionView } from "@/components/pairs/decision-view";
import { notFoundUnlessThere } from "@/app/pairs/exists";

interface Props {
  readonly params: Promise<{ readonly id: string; readonly epoch: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { id, epoch } = await params;
  return { title: `${decodeURIComponent(id)}, epoch ${epoch}` };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  const { id: rawId, epoch } = await params;
  const id = decodeURIComponent(rawId);
  if (!/^\d{1,12}$/.test(epoch)) notFound();
  await notFoundUnlessThere(`/api/pairs/${encodeURIComponent(id)}/decisions/${epoch}`);
  return <DecisionView pairId={id} epoch={Number(epoch)} />;
}
