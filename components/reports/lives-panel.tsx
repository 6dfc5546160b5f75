// What each position life made, by its receipts: closed ones for good, open ones until the worker's last look.
"use client";
import { Download } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { saveCsv } from "@/components/charts/csv";
import { positionHref } from "@/components/positions/position-href";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import type { PnlDto } from "@/lib/api/money-schemas";
import { formatDuration } from "@/lib/format/age";
import { recordsToCsv } from "@/lib/format/csv";
import { formatDayMinutes } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";
import { positionTable } from "@/lib/ledger/export-rows";
import { Money } from "./days-panel";
import { useMoreRows } from "./more-rows";

const END_WORDS: Readonly<Record<PnlDto["positions"][number]["end"], string>> = {
  open: "Open",
  burned: "Closed",
  written_off: "Written off",
};

export function LivesPanel({ pnl }: { readonly pnl: PnlDto }): ReactNode {
  const { positions, pairId } = pnl;
  const { columns, rows } = positionTable(pnl);
  const { shown, more } = useMoreRows(positions.toReversed());
  return (
    <Panel
      title="By position"
      tools={
        <Button
          size="small"
          disabled={positions.length === 0}
          onClick={() => saveCsv(`tidegate-${pairId}-positions.csv`, recordsToCsv(columns, rows))}
        >
          <Download aria-hidden size={14} /> CSV
        </Button>
      }
      flush
    >
      {positions.length === 0 ? (
        <Empty title="No position has been opened.">
          A life starts with the mint&rsquo;s receipt and ends with the burn&rsquo;s; both are in the ledger.
        </Empty>
      ) : (
        <Table caption="Results of position lives, newest first">
          <thead>
            <tr>
              <Th>Position</Th>
              <Th>State</Th>
              <Th right from="mid">
                Put in
              </Th>
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
              <Th right>Net</Th>
              <Th right from="desk">
                Alpha
              </Th>
            </tr>
          </thead>
          <tbody>
            {shown.map((life) => (
              <Tr key={life.positionId}>
                <Td title={life.positionId}>
                  <Link href={positionHref(life)} className="font-title after:absolute after:inset-0">
                    #{life.positionId.split(":").at(-1)}
                  </Link>
                  <Sub>
                    {life.origin === "adopted" ? "adopted " : ""}
                    {formatDayMinutes(life.openedAtMs)}
                  </Sub>
                </Td>
                <Td>
                  {life.end === "burned" ? (
                    <span className="text-ink-2">{END_WORDS[life.end]}</span>
                  ) : (
                    <Status tone={life.end === "open" ? "ok" : "crit"}>{END_WORDS[life.end]}</Status>
                  )}
                  <Sub>
                    {formatDuration(Math.max(0, life.measuredAtMs - life.openedAtMs))}
                    {life.isWhole ? "" : ", the end of it"}
                  </Sub>
                </Td>
                <Td right from="mid">
                  {formatUsd(life.startUsd)}
                </Td>
                <Money value={life.feesUsd} />
                <Money value={life.markUsd} from="desk" />
                <Money value={0 - life.lvrUsd} from="mid" />
                <Money value={0 - life.gasUsd} from="mid" />
                <Money value={life.netUsd} strong />
                <Money value={life.alphaUsd} from="desk" />
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      {more}
    </Panel>
  );
}
