// RPC endpoints per chain: health, test, order; needs a session.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { ChainsView } from "@/components/settings/chains-view";

export const metadata: Metadata = { title: "Chains and endpoints" };

export default function Page(): ReactNode {
  return <ChainsView />;
}
