// Alert channels, rules and quiet hours: what holds, and the form to change it; needs a session.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { NotificationsView } from "@/components/settings/notifications-view";

export const metadata: Metadata = { title: "Notifications" };

export default function Page(): ReactNode {
  return <NotificationsView />;
}
