// The same span by pair, adding up to the total; a row opens the pair's own report.
"use client";
import { Download } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { saveCsv } from "@/components/charts/csv";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { MoneyReportDto, MoneySumsDto } from "@/lib/api/money-schemas";
import { toCsv } from "@/lib/format/csv";
import { Money } from "./days-panel";

type Column = {
  readonly label: string;
  readonly usd: (sums: MoneySumsDto) => number;
  readonly from?: "desk" | "mid";
  readonly strong?: boolean;
};

const COLUMNS: readonly Column[] = [
  { label: "Net", usd: (sums) => sums.netUsd, strong: true },
  { label: "Fees", usd: (sums) => sums.feesUsd },
  { label: "Divergence", usd: (sums) => 0 - sums.lvrUsd, from: "mid" },
  { label: "Gas", usd: (sums) => 0 - sums.gasUsd, from: "mid" },
  { label: "Swaps", usd: (sums) => 0 - sums.swapCostUsd, from: "mid" },
  { label: "Bridges", usd: (sums) => 0 - sums.bridgeCostUsd, from: "desk" },
  { label: "Alpha", usd: (sums) => sums.alphaUsd },
  { label: "Idle tokens", usd: (sums) => sums.outsideUsd, from: "desk" },
  { label: "Change of capital", usd: (sums) => sums.changeUsd, from: "mid" },
];

export function PairsSumsPanel({ report }: { readonly report: MoneyReportDto }): ReactNode {
  const pairs = report.pairs.toSorted((left, right) => right.netUsd - left.netUsd);
  const save = (): void =>
    saveCsv(
      `tidegate-pairs-${report.period}.csv`,
      toCsv(
        ["Pair", ...COLUMNS.map(({ label }) => `${label}, USD`)],
        pairs.map((pair) => [pair.pairId, ...COLUMNS.map(({ usd }) => usd(pair))]),
      ),
    );
  return (
    <Panel
      title="By pair"
      meta={
        report.missing.length > 0 ? (
          <span className="text-micro text-warn">not readable: {report.missing.join(", ")}</span>
        ) : (
          <span className="text-micro text-ink-3">best net first</span>
        )
      }
      tools={
        <Button size="small" disabled={pairs.length === 0} onClick={save}>
          <Download aria-hidden size={14} /> CSV
        </Button>
      }
      flush
    >
      {pairs.length === 0 ? (
        <Empty title="No pair has figures yet.">
          A pair appears with its second epoch: the first one is what the next is compared with.
        </Empty>
      ) : (
        <Table caption="Profit and loss by pair">
          <thead>
            <tr>
              <Th>Pair</Th>
              {COLUMNS.map(({ label, from }) => (
                <Th key={label} right {...(from === undefined ? {} : { from })}>
                  {label}
                </Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {pairs.map((pair) => (
              <Tr key={pair.pairId}>
                <Td>
                  <Link
                    href={`/reports?pair=${encodeURIComponent(pair.pairId)}&span=${report.period}`}
                    className="font-title after:absolute after:inset-0"
                  >
                    {pair.pairId}
                  </Link>
                </Td>
                <Cells sums={pair} />
              </Tr>
            ))}
            <Tr isTotal>
              <Td>Total</Td>
              <Cells sums={report.total} />
            </Tr>
          </tbody>
        </Table>
      )}
    </Panel>
  );
}

function Cells({ sums }: { readonly sums: MoneySumsDto }): ReactNode {
  return COLUMNS.map(({ label, usd, from, strong }) => (
    <Money
      key={label}
      value={usd(sums)}
      {...(from === undefined ? {} : { from })}
      {...(strong === undefined ? {} : { strong })}
    />
  ));
}
