// The sums of a report in six figures, with the span they are of.
"use client";
import type { ReactNode } from "react";
import type { TermId } from "@/components/docs/live-terms";
import { Term } from "@/components/docs/term";
import { SignedMoney } from "@/components/live/signed-money";
import { StatTile } from "@/components/ui/stat-tile";
import type { MoneyReportDto } from "@/lib/api/money-schemas";
import { formatInteger } from "@/lib/format/number";
import { formatDayMinutes } from "@/lib/format/time";
import { formatSignedUsd } from "@/lib/format/usd";

export function SumsPanel({ report }: { readonly report: MoneyReportDto }): ReactNode {
  const { total, fromMs, toMs } = report;
  const costsUsd = total.gasUsd + total.swapCostUsd + total.bridgeCostUsd;
  const tiles: readonly {
    readonly label: string;
    readonly term?: TermId;
    readonly value: number;
    readonly sub: string;
  }[] = [
    {
      label: "Net of liquidity",
      term: "net",
      value: total.netUsd,
      sub:
        fromMs === null || toMs === null
          ? "no epoch with figures yet"
          : `${formatInteger(total.epochs)} epochs, ${formatDayMinutes(fromMs)} to ${formatDayMinutes(toMs)}`,
    },
    { label: "Alpha, against holding", term: "alpha", value: total.alphaUsd, sub: "fees − divergence − costs" },
    { label: "Fees", value: total.feesUsd, sub: "collected and still in the pool" },
    {
      label: "Divergence",
      term: "divergence",
      value: 0 - total.lvrUsd,
      sub: `holding made ${formatSignedUsd(total.hodlUsd)}`,
    },
    {
      label: "Gas, swaps, bridges",
      value: 0 - costsUsd,
      sub: `gas ${formatSignedUsd(0 - total.gasUsd)}, swaps ${formatSignedUsd(0 - total.swapCostUsd)}`,
    },
    {
      label: "Change of capital",
      term: "capital",
      value: total.changeUsd,
      sub: `with idle tokens ${formatSignedUsd(total.outsideUsd)}`,
    },
  ];
  return (
    <section
      aria-label="Sums"
      className="grid grid-cols-2 gap-px border-y bg-line desk:border mid:grid-cols-3 min-[1400px]:grid-cols-6"
    >
      {tiles.map(({ label, term, value, sub }) => (
        <StatTile
          key={label}
          label={term === undefined ? label : <Term id={term}>{label}</Term>}
          value={<SignedMoney value={value} />}
          context={sub}
          className="bg-panel p-3.5 desk:p-4"
        />
      ))}
    </section>
  );
}
