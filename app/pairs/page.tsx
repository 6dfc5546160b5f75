// The page that lists all pairs of this deployment.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { PairsView } from "@/components/pairs/pairs-view";

export const metadata: Metadata = { title: "Pairs" };

export default function Page(): ReactNode {
  return <PairsView />;
}
