// The page of one pair: chart, decision, positions, plans.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { PairView } from "@/components/pairs/pair-view";
import { notFoundUnlessThere } from "@/app/pairs/exists";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).id) };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  const id = decodeURIComponent((await params).id);
  await notFoundUnlessThere(`/api/pairs/${encodeURIComponent(id)}/status`);
  return <PairView pairId={id} />;
}
