// Sections of the desk: where they are, what they are called, which keys lead there.
import {
  Activity,
  Bell,
  BookOpen,
  CheckSquare,
  Cpu,
  Droplets,
  FlaskConical,
  Gauge,
  Layers,
  ReceiptText,
  SlidersHorizontal,
  Waypoints,
  type LucideIcon,
} from "lucide-react";

export interface NavItem {
  readonly href: string;
  readonly label: string;
  /** Name on the phone's tab bar; null puts it under More. */
  readonly tab: string | null;
  readonly icon: LucideIcon;
  /** Second key after `g`. */
  readonly key: string;
}

export const NAV: readonly NavItem[] = [
  { href: "/overview", label: "Overview", tab: "Now", icon: Gauge, key: "o" },
  { href: "/approvals", label: "Approvals", tab: "Approve", icon: CheckSquare, key: "a" },
  { href: "/pairs", label: "Pairs", tab: "Pairs", icon: Waypoints, key: "p" },
  { href: "/positions", label: "Positions", tab: null, icon: Layers, key: "i" },
  { href: "/pools", label: "Pools", tab: null, icon: Droplets, key: "l" },
  { href: "/lab", label: "Lab", tab: null, icon: FlaskConical, key: "b" },
  { href: "/reports", label: "Reports", tab: null, icon: ReceiptText, key: "r" },
  { href: "/activity", label: "Activity", tab: "Activity", icon: Activity, key: "y" },
  { href: "/alerts", label: "Alerts", tab: "Alerts", icon: Bell, key: "n" },
  { href: "/system", label: "System", tab: null, icon: Cpu, key: "s" },
  { href: "/settings", label: "Settings", tab: null, icon: SlidersHorizontal, key: "e" },
  { href: "/docs", label: "Manual", tab: null, icon: BookOpen, key: "m" },
];

export function isCurrent(href: string, pathname: string): boolean {
  return pathname === href || pathname.startsWith(`${href}/`);
}
