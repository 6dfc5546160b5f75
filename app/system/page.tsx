// Processes, workers, sources and the signer.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { SystemView } from "@/components/system/system-view";

export const metadata: Metadata = { title: "System" };

export default function Page(): ReactNode {
  return <SystemView />;
}
