// The manual's first page.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { ManualView } from "./manual-page";

export const metadata: Metadata = { title: "Manual" };

export default function Page(): ReactNode {
  return <ManualView parts={[]} />;
}
