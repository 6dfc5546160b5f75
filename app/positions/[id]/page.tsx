// One position: its range now, what it holds, and what its life has made so far.
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { PositionView } from "@/components/positions/position-view";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
}

/** Chain, family, position manager and token id. */
const ID = /^\d{1,16}:[a-z0-9-]{1,40}:0x[0-9a-fA-F]{40}:\d{1,78}$/;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { id } = await params;
  return { title: `Position ${decodeURIComponent(id).split(":").at(-1)?.slice(0, 12) ?? ""}` };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  const id = decodeURIComponent((await params).id);
  if (!ID.test(id)) notFound();
  return <PositionView positionId={id} />;
}
