// The page of the lab: backtests in the browser, a finished one first.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { LabView } from "@/components/lab/lab-view";

export const metadata: Metadata = { title: "Lab" };

export default function Page(): ReactNode {
  return <LabView />;
}
