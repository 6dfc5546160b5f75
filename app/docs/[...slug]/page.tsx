// A page of the manual.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { readManualPage } from "@/app/docs/manual";
import { ManualView } from "@/app/docs/manual-page";

interface Props {
  readonly params: Promise<{ readonly slug: readonly string[] }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const page = await readManualPage((await params).slug);
  return { title: page?.title ?? "Manual" };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  return <ManualView parts={(await params).slug} />;
}
