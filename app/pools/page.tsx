// The page that lists all pools of this deployment.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { PoolsView } from "@/components/pools/pools-view";

export const metadata: Metadata = { title: "Pools" };

export default function Page(): ReactNode {
  return <PoolsView />;
}
