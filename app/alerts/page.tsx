// What is out of order, who was told, and by which rules.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { AlertsView } from "@/components/alerts/alerts-view";

export const metadata: Metadata = { title: "Alerts" };

export default function Page(): ReactNode {
  return <AlertsView />;
}
