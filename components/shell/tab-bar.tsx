// The phone's tab bar: the five sections used most, and a sheet with the others.
"use client";
import { Ellipsis } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState, type ReactNode } from "react";
import { AlertBadge } from "@/components/alerts/alert-bell";
import { cx } from "@/components/ui/cx";
import { Dialog } from "@/components/ui/dialog";
import { isCurrent, NAV } from "./nav";
import { useApprovalCount } from "./use-approval-count";

const TAB = "relative grid place-content-center place-items-center gap-[3px] text-micro -outline-offset-2";
const TAB_HERE = "text-ink shadow-[inset_0_2px_0_var(--tide)]";

export function TabBar(): ReactNode {
  const pathname = usePathname();
  const waiting = useApprovalCount();
  const [isMore, setMore] = useState(false);
  const others = NAV.filter((item) => item.tab === null);
  const isElsewhere = others.some((item) => isCurrent(item.href, pathname));
  return (
    <nav
      aria-label="Sections"
      className="fixed inset-x-0 bottom-0 z-30 grid h-[58px] auto-cols-fr grid-flow-col border-t bg-bg desk:hidden [body:has([data-action-bar])_&]:hidden"
    >
      {NAV.map(({ href, tab, icon: Icon }) =>
        tab === null ? null : (
          <Link
            key={href}
            href={href}
            aria-current={isCurrent(href, pathname) ? "page" : undefined}
            className={cx(TAB, isCurrent(href, pathname) ? TAB_HERE : "text-ink-3")}
          >
            <Icon size={18} strokeWidth={1.6} aria-hidden="true" />
            {tab}
            {href === "/approvals" && waiting > 0 && (
              <span className="absolute top-1.5 left-[calc(50%+8px)] h-4 min-w-4 rounded-full bg-prop px-1 text-center text-micro leading-4 font-title text-bg">
                {waiting}
                <span className="sr-only"> waiting</span>
              </span>
            )}
            {href === "/alerts" && <AlertBadge />}
          </Link>
        ),
      )}
      <button
        type="button"
        aria-haspopup="dialog"
        aria-expanded={isMore}
        onClick={() => setMore(true)}
        className={cx(TAB, isElsewhere ? TAB_HERE : "text-ink-3")}
      >
        <Ellipsis size={18} strokeWidth={1.6} aria-hidden="true" />
        More
      </button>
      <Dialog open={isMore} onOpenChange={setMore} title="More">
        <ul>
          {others.map(({ href, label, icon: Icon }) => (
            <li key={href} className="border-t first:border-t-0">
              <Link
                href={href}
                aria-current={isCurrent(href, pathname) ? "page" : undefined}
                onClick={() => setMore(false)}
                className="flex h-12 items-center gap-3"
              >
                <Icon size={18} strokeWidth={1.6} aria-hidden="true" />
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </Dialog>
    </nav>
  );
}
