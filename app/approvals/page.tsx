// What waits for a signature.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { ApprovalsView } from "@/components/approvals/approvals-view";

export const metadata: Metadata = { title: "Approvals" };

export default function Page(): ReactNode {
  return <ApprovalsView />;
}
