// The phone's tab bar.
"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { cx } from "@/components/ui/cx";
import { isCurrent, NAV } from "./nav";
import { useApprovalCount } from "./use-approval-count";

export function TabBar(): ReactNode {
  const pathname = usePathname();
  const waiting = useApprovalCount();
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
            className={cx(
              "relative grid place-content-center place-items-center gap-[3px] text-micro -outline-offset-2",
              isCurrent(href, pathname) ? "text-ink shadow-[inset_0_2px_0_var(--tide)]" : "text-ink-3",
            )}
          >
            <Icon size={18} strokeWidth={1.6} aria-hidden="true" />
            {tab}
            {href === "/approvals" && waiting > 0 && (
              <span className="absolute top-1.5 left-[calc(50%+8px)] h-4 min-w-4 rounded-full bg-prop px-1 text-center text-micro leading-4 font-title text-bg">
                {waiting}
                <span className="sr-only"> waiting</span>
              </span>
            )}
          </Link>
        ),
      )}
    </nav>
  );
}
