// Score cards: what each plan's model expected of the first day and week, beside what was earned.
"use client";
import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { saveCsv } from "@/components/charts/csv";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status, type StatusTone } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import type { PnlDto, ScoreCardDto } from "@/lib/api/money-schemas";
import { recordsToCsv } from "@/lib/format/csv";
import { formatDuration } from "@/lib/format/age";
import { UNKNOWN } from "@/lib/format/number";
import { formatPercent } from "@/lib/format/percent";
import { formatDayMinutes } from "@/lib/format/time";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { scoreTable } from "@/lib/ledger/export-rows";
import { useMoreRows } from "./more-rows";

export type Window = ScoreCardDto["windows"][number];

const STATE: Readonly<Record<Window["state"], { readonly word: string; readonly tone: StatusTone }>> = {
  pending: { word: "Running", tone: "prop" },
  measured: { word: "Measured", tone: "ok" },
  cut_short: { word: "Cut short", tone: "unknown" },
  unknown: { word: "Not kept", tone: "warn" },
};

export function ScoresPanel({ pnl }: { readonly pnl: PnlDto }): ReactNode {
  const { scores, pairId } = pnl;
  const { columns, rows } = scoreTable(pnl);
  const { shown, more } = useMoreRows(
    scores.flatMap((card) => shownWindows(card.windows).map(({ window, horizons }) => ({ card, window, horizons }))),
  );
  return (
    <Panel
      title="Score cards"
      meta={<span className="text-micro text-ink-3">expected by the model, earned by the ledger&rsquo;s epochs</span>}
      tools={
        <Button
          size="small"
          disabled={scores.length === 0}
          onClick={() => saveCsv(`tidegate-${pairId}-scores.csv`, recordsToCsv(columns, rows))}
        >
          <Download aria-hidden size={14} /> CSV
        </Button>
      }
      flush
    >
      {scores.length === 0 ? (
        <Empty title="No plan has been carried out.">
          After each rebalance the model&rsquo;s forecast is compared with what the next day and week really paid.
        </Empty>
      ) : (
        <Table caption="Score cards of plans, newest first">
          <thead>
            <tr>
              <Th>Plan</Th>
              <Th>Window</Th>
              <Th right>Fees expected</Th>
              <Th right>Fees earned</Th>
              <Th right from="desk">
                Ratio
              </Th>
              <Th right from="mid">
                Alpha expected
              </Th>
              <Th right from="mid">
                Alpha earned
              </Th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ card, window, horizons }) => (
              <Tr key={`${card.planId}:${window.horizonMs}`}>
                <Td>
                  <TextLink href={`/activity/${card.planId}`}>
                    {card.kind} {card.reason.replaceAll("_", " ")}
                  </TextLink>
                  <Sub>{formatDayMinutes(card.endedAtMs)}</Sub>
                </Td>
                <Td>
                  <ScoreState window={window} horizons={horizons} />
                </Td>
                <Td right>{formatUsd(window.expectedFeesUsd)}</Td>
                <Td right>{formatUsd(window.earned?.feesUsd)}</Td>
                <Td right from="desk">
                  {window.feesRatio === null ? UNKNOWN : formatPercent(window.feesRatio, 0)}
                </Td>
                <Td right from="mid">
                  {formatSignedUsd(window.expectedAlphaUsd)}
                </Td>
                <Td right from="mid">
                  {formatSignedUsd(window.earned?.alphaUsd)}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      {more}
    </Panel>
  );
}

/** Windows that end at the same epoch say the same: one line stands for all of them. */
export function shownWindows(
  windows: readonly Window[],
): readonly { readonly window: Window; readonly horizons: readonly number[] }[] {
  const shown: { window: Window; horizons: number[] }[] = [];
  for (const window of windows) {
    const before = shown.at(-1);
    if (before?.window.untilMs === window.untilMs && before.window.state === window.state) {
      before.horizons.push(window.horizonMs);
    } else {
      shown.push({ window, horizons: [window.horizonMs] });
    }
  }
  return shown;
}

/** State of a window and how much of it is measured. */
export function ScoreState({
  window,
  horizons,
}: {
  readonly window: Window;
  readonly horizons: readonly number[];
}): ReactNode {
  const { word, tone } = STATE[window.state];
  return (
    <>
      <Status tone={tone}>{word}</Status>
      <Sub>
        {formatDuration(window.horizonMs * window.measuredFrac)} of{" "}
        {horizons.map((horizonMs) => formatDuration(horizonMs)).join(" and ")}
      </Sub>
    </>
  );
}
