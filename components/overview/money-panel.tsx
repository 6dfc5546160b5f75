// Where the money is now, and what became of it in a period that the address keeps.
"use client";
import dynamic from "next/dynamic";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { TransitList } from "@/components/transfers/transit-list";
import { totalWords } from "@/components/transfers/transit-words";
import { cx } from "@/components/ui/cx";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Status } from "@/components/ui/status";
import { SignedMoney } from "@/components/live/signed-money";
import { TextLink } from "@/components/ui/text-link";
import type { RouteResponse } from "@/lib/api/contract";
import { MONEY_PERIODS, type MoneyPeriod } from "@/lib/api/money-periods";
import { formatUsd } from "@/lib/format/usd";
import { PartsSkeleton } from "./parts-skeleton";

type Money = RouteResponse<"overview">["money"];

/** Where it is comes first, what became of it right after. */
const MoneyParts = dynamic(
  lazyPart(() => import("./money-parts").then((module) => module.MoneyParts)),
  {
    ssr: false,
    loading: () => <PartsSkeleton />,
  },
);

const PLACES = [
  { key: "inRangeUsd", label: "In range", swatch: "bg-tide" },
  { key: "outOfRangeUsd", label: "Out of range", swatch: "hatch-warn" },
  { key: "idleUsd", label: "Idle in the wallet", swatch: "bg-line-2" },
  { key: "inTransitUsd", label: "In transit", swatch: "hatch-prop" },
] as const satisfies readonly { readonly key: keyof Money; readonly label: string; readonly swatch: string }[];

/** Marks follow blocks; a mark older than this many market ms is worth a look. */
const MARK_PERIOD_MS = 120_000;

const PERIOD_OPTIONS = [
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
  { value: "30d", label: "30 d" },
] as const satisfies readonly { readonly value: MoneyPeriod; readonly label: string }[];

export function MoneyPanel({ money }: { readonly money: Money }): ReactNode {
  const [period, setPeriod] = useQueryState("span", parseAsStringLiteral(MONEY_PERIODS).withDefault("30d"));
  return (
    <Panel
      title="Money"
      tools={
        <Segmented
          label="Period of profit and loss"
          value={period}
          options={PERIOD_OPTIONS}
          onChange={(next) => void setPeriod(next)}
        />
      }
      meta={<MarketAge atMs={money.markedAtMs} periodMs={MARK_PERIOD_MS} prefix="marked" suffix="ago" />}
      flush
    >
      <div className="grid gap-px bg-line mid:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <div className="bg-panel p-3.5 desk:p-4">
          <p className="text-micro text-ink-3">Total value</p>
          <p className="text-head font-medium tracking-[-.012em]">{formatUsd(money.totalUsd)}</p>
          <p className="text-dense text-ink-3">
            <SignedMoney value={money.net24hUsd} /> net 24 h, unclaimed fees {formatUsd(money.unclaimedFeesUsd)}
          </p>
          {money.totalUsd !== null && money.inTransitUsd !== 0 && (
            <p className="text-dense text-ink-2">{totalWords(money.inTransitUsd)}</p>
          )}
          <Split money={money} />
          <TransitList className="mt-3" />
          <p className="mt-3 text-micro text-ink-3">
            {money.ledger === null ? (
              "The ledger has not been checked yet."
            ) : money.ledger.balanced ? (
              <>
                <span aria-hidden="true">✓ </span>
                {money.ledger.sentence} <TextLink href="/activity">Transactions</TextLink>{" "}
                <TextLink href={`/reports?span=${period}`}>Report</TextLink>
              </>
            ) : (
              <>
                <Status tone="warn">Ledger differs</Status> {money.ledger.sentence}
              </>
            )}
          </p>
        </div>
        <div className="bg-panel p-3.5 desk:p-4">
          <MoneyParts period={period} />
        </div>
      </div>
    </Panel>
  );
}

function Split({ money }: { readonly money: Money }): ReactNode {
  const total = PLACES.reduce((sum, { key }) => sum + Math.max(0, money[key] ?? 0), 0);
  return (
    <>
      <div aria-hidden="true" className="mt-3 mb-2 flex h-2.5 gap-px bg-hover">
        {total > 0 &&
          PLACES.map(({ key, swatch }) => {
            const value = Math.max(0, money[key] ?? 0);
            return value === 0 ? null : (
              <span key={key} className={cx("h-full", swatch)} style={{ width: `${(value / total) * 100}%` }} />
            );
          })}
      </div>
      <dl>
        {PLACES.map(({ key, label, swatch }) => (
          <div key={key} className="flex items-center gap-2 py-px">
            <span aria-hidden="true" className={cx("h-2 w-3", swatch)} />
            <dt className={cx("text-ink-2", key === "outOfRangeUsd" && (money.outOfRangeUsd ?? 0) > 0 && "text-warn")}>
              {label}
            </dt>
            <dd className="ml-auto">{formatUsd(money[key])}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
