// First run: what works on this machine, what does not and how to mend it.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { SetupView } from "@/components/setup/setup-view";

export const metadata: Metadata = { title: "Set-up" };

export default function Page(): ReactNode {
  return <SetupView />;
}
