// Where the money is, and what became of it since the opening balance; a sum is made of the cents that are shown.
"use client";
import type { ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { TransitList } from "@/components/transfers/transit-list";
import { totalWords } from "@/components/transfers/transit-words";
import { cx } from "@/components/ui/cx";
import { Panel } from "@/components/ui/panel";
import { Status } from "@/components/ui/status";
import { SignedMoney } from "@/components/live/signed-money";
import { TextLink } from "@/components/ui/text-link";
import type { RouteResponse } from "@/lib/api/contract";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";

type Money = RouteResponse<"overview">["money"];

const PLACES = [
  { key: "inRangeUsd", label: "In range", swatch: "bg-tide" },
  { key: "outOfRangeUsd", label: "Out of range", swatch: "hatch-warn" },
  { key: "idleUsd", label: "Idle in the wallet", swatch: "bg-line-2" },
  { key: "inTransitUsd", label: "In transit", swatch: "hatch-prop" },
] as const satisfies readonly { readonly key: keyof Money; readonly label: string; readonly swatch: string }[];

/** Marks follow blocks; a mark older than this many market ms is worth a look. */
const MARK_PERIOD_MS = 120_000;

export function MoneyPanel({ money }: { readonly money: Money }): ReactNode {
  return (
    <Panel
      title="Money"
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
        </div>
        <div className="bg-panel p-3.5 desk:p-4">
          <Parts parts={money.parts} />
          <p className="mt-3 text-micro text-ink-3">
            {money.ledger === null ? (
              "The ledger has not been checked yet."
            ) : money.ledger.balanced ? (
              <>
                <span aria-hidden="true">✓ </span>
                {money.ledger.sentence} <TextLink href="/activity">Transactions</TextLink>
              </>
            ) : (
              <>
                <Status tone="warn">Ledger differs</Status> {money.ledger.sentence}
              </>
            )}
          </p>
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

const PART_LABELS = [
  { key: "feesUsd", label: "Fees earned" },
  { key: "priceUsd", label: "Price effect" },
  { key: "divergenceUsd", label: "Divergence" },
  { key: "swapCostUsd", label: "Swap cost" },
  { key: "gasUsd", label: "Gas" },
] as const;

function Parts({ parts }: { readonly parts: Money["parts"] }): ReactNode {
  if (parts === null) {
    return (
      <p className="text-ink-2">
        Profit and loss appear with the first deployment: fees, price effect, divergence, swap cost and gas, adding up
        to the net.
      </p>
    );
  }
  const largest = Math.max(0.01, ...PART_LABELS.map(({ key }) => Math.abs(parts[key])));
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-3">
        <span className="text-micro text-ink-3">Net since the opening balance</span>
        <SignedMoney value={parts.netUsd} className="text-stat font-medium" />
        <span className="ml-auto text-micro text-ink-3">
          Hold instead: <span className="text-ink-2">{formatSignedUsd(parts.holdUsd)}</span>
        </span>
      </div>
      <dl className="mt-2">
        {PART_LABELS.map(({ key, label }) => (
          <div key={key} className="grid grid-cols-[84px_minmax(0,1fr)_104px] items-center gap-2 py-[3px]">
            <dt className="text-ink-2">{label}</dt>
            <SignedBar value={parts[key]} largest={largest} />
            <dd className="text-right">{formatSignedUsd(parts[key])}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** Loss outlined, gain filled: the sign survives greyscale. */
function SignedBar({ value, largest }: { readonly value: number; readonly largest: number }): ReactNode {
  const half = Math.min(50, (Math.abs(value) / largest) * 50);
  return (
    <span aria-hidden="true" className="relative block h-2.5">
      <span className="absolute inset-y-[-3px] left-1/2 w-px bg-line-2" />
      {value !== 0 && (
        <span
          className={cx("absolute inset-y-0", value > 0 ? "left-1/2 bg-pos" : "right-1/2 border border-neg")}
          style={{ width: `max(1.5px, ${half}%)` }}
        />
      )}
    </span>
  );
}
