// The side bar: sections, then pairs with their state shape and gate, and what the system does now.
"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { useMarketNow } from "@/components/live/use-market-now";
import { cx } from "@/components/ui/cx";
import { GateBar } from "@/components/ui/gate-bar";
import { Skeleton } from "@/components/ui/states";
import { StatusShape } from "@/components/ui/status";
import { formatAge } from "@/lib/format/age";
import { formatClockMinutes } from "@/lib/format/time";
import { EPOCH_MS } from "@/lib/units";
import { Logo } from "./logo";
import { isCurrent, NAV } from "./nav";
import { ThemeToggle } from "./theme-toggle";
import { useApprovalCount } from "./use-approval-count";
import { PAIR_STATE, pairStateWord } from "./words";

const LINK = "mx-2 flex h-[30px] items-center gap-2.5 rounded-control px-2 hover:bg-hover";
const CURRENT = "bg-raised font-strong text-ink shadow-[inset_2px_0_0_var(--tide)]";

export function SideNav(): ReactNode {
  const pathname = usePathname();
  const overview = useApi("overview");
  const waiting = useApprovalCount();
  return (
    <div className="sticky top-0 hidden h-dvh w-[216px] shrink-0 flex-col overflow-y-auto border-r pb-3 desk:flex">
      <Link
        href="/overview"
        className="flex h-12 shrink-0 items-center gap-2.5 px-4 text-lead font-title -outline-offset-2"
      >
        <Logo size={22} />
        Tidegate
      </Link>
      <nav aria-label="Sections">
        {NAV.map(({ href, label, icon: Icon }) => {
          // A single pair is marked in the list of pairs below.
          const isHere = href === "/pairs" ? pathname === href : isCurrent(href, pathname);
          return (
            <Link
              key={href}
              href={href}
              aria-current={isHere ? "page" : undefined}
              className={cx(LINK, isHere ? CURRENT : "text-ink-2")}
            >
              <Icon size={14} strokeWidth={1.6} aria-hidden="true" />
              {label}
              {href === "/approvals" && waiting > 0 && (
                <span className="ml-auto rounded-chip border border-dashed border-prop px-1.5 text-micro text-prop">
                  {waiting}
                  <span className="sr-only"> waiting</span>
                </span>
              )}
            </Link>
          );
        })}
      </nav>
      <h2 className="mx-4 mt-4 mb-1 text-micro font-text text-ink-3">Pairs</h2>
      <nav aria-label="Pairs">
        {overview.data === undefined
          ? [0, 1].map((row) => (
              <div key={row} className={LINK}>
                <Skeleton className="h-3 w-full" />
              </div>
            ))
          : overview.data.pairs.map((pair) => {
              const href = `/pairs/${pair.id}`;
              const { tone } = PAIR_STATE[pair.state];
              return (
                <Link
                  key={pair.id}
                  href={href}
                  title={`${pairStateWord(pair)}: ${pair.stateSentence}`}
                  aria-current={isCurrent(href, pathname) ? "page" : undefined}
                  className={cx(LINK, isCurrent(href, pathname) ? CURRENT : "text-ink-2")}
                >
                  <span
                    className={cx(
                      tone === "warn" && "text-warn",
                      tone === "crit" && "text-crit",
                      (tone === "paused" || tone === "unknown") && "text-ink-3",
                    )}
                  >
                    <StatusShape tone={tone} />
                  </span>
                  <span className="min-w-0 flex-1 truncate">{pair.id}</span>
                  <span className="sr-only">, {pairStateWord(pair)}</span>
                  <GateBar
                    size="side"
                    price={pair.price}
                    lower={pair.range?.lower ?? null}
                    upper={pair.range?.upper ?? null}
                  />
                </Link>
              );
            })}
      </nav>
      <Foot />
    </div>
  );
}

function Foot(): ReactNode {
  const { marketNowMs } = useMarketNow();
  const environment = useApi("environment");
  const overview = useApi("overview");
  const workers = overview.data?.pairs.filter((pair) => pair.worker?.state === "running").length;
  const boundary = marketNowMs === null ? null : Math.floor(marketNowMs / EPOCH_MS) * EPOCH_MS;
  return (
    <div className="mt-auto border-t px-4 pt-2 text-micro leading-4 text-ink-3">
      <div>
        {boundary === null || marketNowMs === null
          ? "Epoch –"
          : `Epoch ${formatClockMinutes(boundary)} UTC · next in ${formatAge(boundary + EPOCH_MS - marketNowMs)}`}
      </div>
      <div>
        {workers === undefined ? "Workers –" : `${workers} of ${overview.data?.pairs.length ?? 0} workers up`}
        {environment.data !== undefined && ` · v${environment.data.version}`}
      </div>
      <ThemeToggle />
    </div>
  );
}
