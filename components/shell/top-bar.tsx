// The top bar: where you are, the mode in words, overall state, live, market time, what waits, stop, wallet.
"use client";
import { CheckSquare } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { AlertBell } from "@/components/alerts/alert-bell";
import { useStream } from "@/components/live/stream-store";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { useMarketNow } from "@/components/live/use-market-now";
import { AgeChip } from "@/components/ui/age-chip";
import { buttonClass } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { ModeBadge, type ModeName } from "@/components/ui/mode-badge";
import { Status } from "@/components/ui/status";
import { WalletButton } from "@/components/wallet/wallet-button";
import { formatAge } from "@/lib/format/age";
import { positionName } from "@/lib/format/position-name";
import { formatClock, formatIso } from "@/lib/format/time";
import type { PairSummary } from "@/lib/api/schemas";
import { NAV } from "./nav";
import { StopControl } from "./stop-control";
import { useApprovalCount } from "./use-approval-count";
import { HEALTH, modeOf } from "./words";

export function TopBar(): ReactNode {
  const isDetail = usePathname().split("/").filter(Boolean).length > 1;
  return (
    <header className="sticky top-0 z-20 flex h-[52px] items-center gap-2 border-b bg-bg px-3 desk:h-12 desk:px-6 mid:gap-4">
      {/* On a phone two lines: the state's word must not take the room of the page's name. */}
      <div className="min-w-0 flex-1 desk:contents">
        <div className="flex min-w-0 items-center gap-2 desk:contents">
          <Title />
        </div>
        <span className="hidden min-w-0 flex-1 desk:block" />
        <OverallLamp />
      </div>
      <LiveChip />
      <MarketClock />
      <Waiting />
      <AlertBell />
      <StopControl />
      {/* On a phone a page about one thing needs the width for its name; every act asks for the wallet by itself. */}
      <span className={cx(isDetail && "hidden desk:inline")}>
        <WalletButton />
      </span>
    </header>
  );
}

function Title(): ReactNode {
  const parts = usePathname().split("/").filter(Boolean).map(decodeURIComponent);
  // A pool is named by chain and address; only the address fits, and the chain alone is no page.
  const [section = "", id = "", sub = "", detail = ""] =
    parts[0] === "pools" && parts.length === 3 ? ["pools", parts[2]] : parts;
  const overview = useApi("overview");
  const item = NAV.find((one) => one.href === `/${section}`);
  const pairs = overview.data?.pairs ?? [];
  const pair = section === "pairs" ? pairs.find((one) => one.id === id) : undefined;
  const label = item?.label ?? section.charAt(0).toUpperCase() + section.slice(1);
  return (
    <>
      <h1 className="min-w-0 truncate text-lead font-title">
        {id === "" ? (
          label
        ) : (
          <>
            {item === undefined ? (
              <span className="hidden font-text text-ink-3 desk:inline">{label} / </span>
            ) : (
              <Link href={item.href} className="hidden font-text text-ink-3 hover:text-ink desk:inline">
                {label} /{" "}
              </Link>
            )}
            {sub === "" ? (
              section === "alerts" ? (
                "One alert"
              ) : (
                nameOf(section, id)
              )
            ) : (
              <>
                <Link href={`/${section}/${encodeURIComponent(id)}`} className="font-text text-ink-3 hover:text-ink">
                  {shorten(id)} /{" "}
                </Link>
                {sub === "decisions" ? `Epoch ${detail}` : detail}
              </>
            )}
          </>
        )}
      </h1>
      <span className="flex shrink-0 items-center gap-1.5">
        {pair === undefined ? <ModeCounts pairs={pairs} /> : <ModeBadge mode={modeOf(pair)} />}
      </span>
    </>
  );
}

/** The last part of an address is a word in the manual and in the settings, a name elsewhere. */
function nameOf(section: string, id: string): string {
  if (section !== "docs" && section !== "settings") return shorten(id);
  return `${id.charAt(0).toUpperCase()}${id.slice(1).replaceAll("-", " ")}`;
}

function shorten(id: string): string {
  const [chain, family, manager, tokenId] = id.split(":");
  if (chain !== undefined && family !== undefined && manager !== undefined && tokenId !== undefined) {
    return positionName(family, tokenId);
  }
  return /^0x[0-9a-f]{16,}$/i.test(id) ? `${id.slice(0, 6)}…${id.slice(-4)}` : id;
}

/** Away from a pair: how many pairs may do how much, heaviest first. */
function ModeCounts({ pairs }: { readonly pairs: readonly PairSummary[] }): ReactNode {
  const order: readonly ModeName[] = ["halted", "auto", "approve", "observe", "paused"];
  const counts = order
    .map((mode) => ({ mode, count: pairs.filter((pair) => modeOf(pair) === mode).length }))
    .filter(({ count }) => count > 0);
  return counts.map(({ mode, count }, index) => (
    <span key={mode} className={cx(index > 0 && "hidden mid:inline-flex")}>
      <ModeBadge mode={mode} count={count} />
    </span>
  ));
}

function OverallLamp(): ReactNode {
  const { data, error } = useApi("overview");
  const state = HEALTH[data === undefined || error !== null ? "unknown" : data.overall];
  const reason = error?.message ?? data?.worstReason ?? "No answer yet";
  return (
    <Link
      href={error === null ? (data?.worstHref ?? "/overview") : "/system"}
      title={reason}
      className="flex min-h-6 items-center text-dense desk:text-body"
    >
      <span className="sr-only">Overall state: </span>
      <Status tone={state.tone}>{state.word}</Status>
    </Link>
  );
}

function LiveChip(): ReactNode {
  const stream = useStream();
  const nowMs = useWallNow();
  const ageMs = stream.lastAtMs === null || nowMs === 0 ? null : Math.max(0, nowMs - stream.lastAtMs);
  return (
    <span className="hidden mid:inline">
      {stream.status === "live" && (
        <AgeChip level="fresh" title="Time since the server last said something; it does at least every 15 s">
          Live {formatAge(ageMs)}
        </AgeChip>
      )}
      {stream.status === "connecting" && <AgeChip level="late">Connecting</AgeChip>}
      {stream.status === "lost" && <AgeChip level="stale">Not live</AgeChip>}
      {stream.status === "signed_out" && <AgeChip level="late">Sign in for live data</AgeChip>}
    </span>
  );
}

function MarketClock(): ReactNode {
  const { marketNowMs, speed } = useMarketNow();
  return (
    <span
      title={marketNowMs === null ? "Market time is not known yet" : `Market time ${formatIso(marketNowMs)}`}
      className="hidden whitespace-nowrap text-ink-2 mid:inline"
    >
      {formatClock(marketNowMs)} UTC
      {speed !== 1 && <span className="text-micro text-ink-3"> ×{Math.round(speed)}</span>}
    </span>
  );
}

function Waiting(): ReactNode {
  const count = useApprovalCount();
  return (
    <Link
      href="/approvals"
      aria-label={count === 0 ? "Approvals: nothing waits" : `Approvals: ${count} waiting`}
      className={cx(buttonClass(), "hidden! desk:inline-flex!", count === 0 && "text-ink-3!")}
    >
      <CheckSquare size={14} aria-hidden="true" />
      {count === 0 ? "None waits" : count === 1 ? "1 waits" : `${count} wait`}
    </Link>
  );
}
