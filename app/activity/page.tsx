// What was done: plans with their operations.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { ActivityView } from "@/components/activity/activity-view";

export const metadata: Metadata = { title: "Activity" };

export default function Page(): ReactNode {
  return <ActivityView />;
}
