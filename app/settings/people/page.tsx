// People and their roles; needs a session.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { PeopleView } from "@/components/settings/people-view";

export const metadata: Metadata = { title: "People" };

export default function Page(): ReactNode {
  return <PeopleView />;
}
