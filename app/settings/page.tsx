// What can be set, and where.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { SettingsIndex } from "@/components/settings/settings-index";

export const metadata: Metadata = { title: "Settings" };

export default function Page(): ReactNode {
  return <SettingsIndex />;
}
