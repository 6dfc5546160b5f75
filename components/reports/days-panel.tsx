// Profit and loss per UTC day of market time; each row is the sum of its epochs.
"use client";
import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { saveCsv } from "@/components/charts/csv";
import { SignedMoney } from "@/components/live/signed-money";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { PnlDto } from "@/lib/api/money-schemas";
import { recordsToCsv } from "@/lib/format/csv";
import { formatDay } from "@/lib/format/time";
import { dayTable, epochTable, type ExportTable } from "@/lib/ledger/export-rows";

export function DaysPanel({ pnl }: { readonly pnl: PnlDto }): ReactNode {
  const { days, pairId } = pnl;
  const save = (name: string, { columns, rows }: ExportTable): void =>
    saveCsv(`tidegate-${pairId}-${name}.csv`, recordsToCsv(columns, rows));
  return (
    <Panel
      title="By day"
      tools={
        <>
          <Button size="small" disabled={days.length === 0} onClick={() => save("epochs", epochTable(pnl))}>
            <Download aria-hidden size={14} /> Epochs
          </Button>
          <Button size="small" disabled={days.length === 0} onClick={() => save("days", dayTable(pnl))}>
            <Download aria-hidden size={14} /> CSV
          </Button>
        </>
      }
      flush
    >
      {days.length === 0 ? (
        <Empty title="No epoch with a position yet.">
          Flows are booked from the first epoch after a position was opened; until then there is nothing to add up.
        </Empty>
      ) : (
        <Table caption="Profit and loss by day, newest first">
          <thead>
            <tr>
              <Th>Day, UTC</Th>
              <Th right>Net</Th>
              <Th right>Fees</Th>
              <Th right from="desk">
                Change of value
              </Th>
              <Th right from="mid">
                Divergence
              </Th>
              <Th right from="mid">
                Gas
              </Th>
              <Th right from="mid">
                Swaps
              </Th>
              <Th right from="desk">
                Bridges
              </Th>
              <Th right>Alpha</Th>
            </tr>
          </thead>
          <tbody>
            {days.toReversed().map((day) => (
              <Tr key={day.day}>
                <Td title={`${day.day}, ${day.epochs} epochs`}>{formatDay(day.startAtMs)}</Td>
                <Money value={day.netUsd} strong />
                <Money value={day.feesUsd} />
                <Money value={day.markUsd} from="desk" />
                <Money value={0 - day.lvrUsd} from="mid" />
                <Money value={0 - day.gasUsd} from="mid" />
                <Money value={0 - day.swapCostUsd} from="mid" />
                <Money value={0 - day.bridgeCostUsd} from="desk" />
                <Money value={day.alphaUsd} />
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}

export function Money({
  value,
  from = "always",
  strong = false,
}: {
  readonly value: number;
  readonly from?: "always" | "desk" | "mid";
  readonly strong?: boolean;
}): ReactNode {
  return (
    <Td right from={from} className={strong ? "font-strong" : undefined}>
      <SignedMoney value={value} />
    </Td>
  );
}
