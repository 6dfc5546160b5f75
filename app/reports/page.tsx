// What it earned and where the money went: profit by day and position life, score cards, the ledger to take away.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { ReportsView } from "@/components/reports/reports-view";

export const metadata: Metadata = { title: "Reports" };

export default function Page(): ReactNode {
  return <ReportsView />;
}
