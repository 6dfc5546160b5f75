// Limits above which a plan needs several approvers; needs a session.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { LimitsView } from "@/components/settings/limits-view";

export const metadata: Metadata = { title: "Approval limits" };

export default function Page(): ReactNode {
  return <LimitsView />;
}
