// Limits and strategy settings of each pair; needs a session.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { PairSettingsView } from "@/components/settings/pair-settings-view";

export const metadata: Metadata = { title: "Pairs and limits" };

export default function Page(): ReactNode {
  return <PairSettingsView />;
}
