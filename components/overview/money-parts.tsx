// What became of the money in a period: the parts of the net as bars, then what lies outside of pools, up to the change of the capital.
"use client";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { SignedMoney } from "@/components/live/signed-money";
import { useApi } from "@/components/live/use-api";
import { cx } from "@/components/ui/cx";
import { Term } from "@/components/docs/term";
import type { MoneyPeriod, MoneyReportDto, MoneySumsDto } from "@/lib/api/money-schemas";
import { formatDayMinutes } from "@/lib/format/time";
import { formatSignedUsd } from "@/lib/format/usd";
import { PartsSkeleton } from "./parts-skeleton";

interface Part {
  readonly label: string;
  readonly title: string;
  readonly usd: (sums: MoneySumsDto) => number;
}

const PARTS: readonly Part[] = [
  { label: "Fees earned", title: "collected and still in the pools", usd: (sums) => sums.feesUsd },
  {
    label: "Price effect",
    title: "what holding the tokens of the positions would have made",
    usd: (sums) => sums.hodlUsd,
  },
  { label: "Divergence", title: "value of the positions less holding", usd: (sums) => 0 - sums.lvrUsd },
  { label: "Swap cost", title: "fee, impact and slippage of swaps", usd: (sums) => 0 - sums.swapCostUsd },
  { label: "Gas", title: "paid from the wallet's coin", usd: (sums) => 0 - sums.gasUsd },
  { label: "Bridges", title: "sent less arrived", usd: (sums) => 0 - sums.bridgeCostUsd },
];

export function MoneyParts({ period }: { readonly period: MoneyPeriod }): ReactNode {
  const report = useApi("moneyReport", { query: { period } });
  return (
    <QueryView query={report} what="profit and loss" skeleton={<PartsSkeleton />}>
      {(data) => <Sums report={data} />}
    </QueryView>
  );
}

function Sums({ report }: { readonly report: MoneyReportDto }): ReactNode {
  const { total, fromMs, toMs } = report;
  if (fromMs === null || toMs === null) {
    return (
      <p className="text-ink-2">
        Profit and loss appear with the first epoch after a deployment: fees, price effect, divergence, swaps, gas and
        bridges, adding up to the net.
        {report.missing.length > 0 && ` ${report.missing.join(", ")} could not be read.`}
      </p>
    );
  }
  const parts = PARTS.map((part) => ({ ...part, value: part.usd(total) }));
  const largest = Math.max(0.01, ...parts.map(({ value }) => Math.abs(value)), Math.abs(total.outsideUsd));
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-3">
        <span className="text-micro text-ink-3">
          <Term id="net">Net of liquidity</Term>
        </span>
        <SignedMoney value={total.netUsd} className="text-stat font-medium" />
        <span className="ml-auto text-micro text-ink-3">
          <Term id="alpha">Against holding</Term>: <span className="text-ink-2">{formatSignedUsd(total.alphaUsd)}</span>
        </span>
      </div>
      <dl className="mt-2">
        {parts.map(({ label, title, value }) => (
          <Row key={label} label={label} title={title} value={value} largest={largest} />
        ))}
        <Row
          label="Idle tokens"
          title="what the price did to tokens outside of pools"
          value={total.outsideUsd}
          largest={largest}
          className="mt-1 border-t border-line-2 pt-[7px]"
        />
        {total.otherUsd !== 0 && (
          <Row
            label="Not kept"
            title="written off, and epochs whose records are lost"
            value={total.otherUsd}
            largest={largest}
          />
        )}
        <div className="flex items-baseline gap-2 py-[3px]">
          <dt className="font-title">
            <Term id="capital">Change of capital</Term>
          </dt>
          <dd className="ml-auto">
            <SignedMoney value={total.changeUsd} className="font-title" />
          </dd>
        </div>
      </dl>
      <p className="mt-1 text-micro text-ink-3">
        {formatDayMinutes(fromMs)} to the epoch of {formatDayMinutes(toMs)}
        {report.missing.length > 0 && `, without ${report.missing.join(", ")}: not readable`}
      </p>
    </>
  );
}

function Row({
  label,
  title,
  value,
  largest,
  className,
}: {
  readonly label: string;
  readonly title: string;
  readonly value: number;
  readonly largest: number;
  readonly className?: string;
}): ReactNode {
  return (
    <div
      className={cx("grid grid-cols-[84px_minmax(0,1fr)_104px] items-center gap-2 py-[3px]", className)}
      title={title}
    >
      <dt className="text-ink-2">{label}</dt>
      <SignedBar value={value} largest={largest} />
      <dd className="text-right">{formatSignedUsd(value)}</dd>
    </div>
  );
}

/** Loss outlined, gain filled: the sign survives greyscale. */
function SignedBar({ value, largest }: { readonly value: number; readonly largest: number }): ReactNode {
  const half = Math.min(50, (Math.abs(value) / largest) * 50);
  return (
    <dd aria-hidden="true" className="relative block h-2.5">
      <span className="absolute inset-y-[-3px] left-1/2 w-px bg-line-2" />
      {value !== 0 && (
        <span
          className={cx("absolute inset-y-0", value > 0 ? "left-1/2 bg-pos" : "right-1/2 border border-neg")}
          style={{ width: `max(1.5px, ${half}%)` }}
        />
      )}
    </dd>
  );
}
