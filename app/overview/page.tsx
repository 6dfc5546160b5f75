// Is all well, what waits, where is the money.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { OverviewView } from "@/components/overview/overview-view";

export const metadata: Metadata = { title: "Overview" };

export default function Page(): ReactNode {
  return <OverviewView />;
}
