// Positions across pairs.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { PositionsView } from "@/components/positions/positions-view";

export const metadata: Metadata = { title: "Positions" };

export default function Page(): ReactNode {
  return <PositionsView />;
}
