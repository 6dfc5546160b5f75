// The log of signed commands; needs a session.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { AuditView } from "@/components/audit/audit-view";

export const metadata: Metadata = { title: "Command log" };

export default function Page(): ReactNode {
  return <AuditView />;
}
