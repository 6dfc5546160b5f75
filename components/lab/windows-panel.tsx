// Walk-forward: every window's result of every twin, and in how many of them each policy beats each twin.
"use client";
import { useState, type ReactNode } from "react";
import { SignedMoney } from "@/components/live/signed-money";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Empty } from "@/components/ui/states";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import type { BacktestReport, TwinName } from "@/lib/backtest/report";
import { TWIN_NAMES } from "@/lib/backtest/twin-names";
import { formatFixed, formatInteger } from "@/lib/format/number";
import { formatDayMinutes } from "@/lib/format/time";
import { TWIN_LABEL } from "./lab-numbers";

const METRICS = [
  { value: "alphaUsd", label: "Alpha" },
  { value: "netUsd", label: "Net" },
] as const;

export function WindowsPanel({
  report,
  chosen,
}: {
  readonly report: BacktestReport;
  readonly chosen: TwinName;
}): ReactNode {
  const [metric, setMetric] = useState<"alphaUsd" | "netUsd">("alphaUsd");
  const names = TWIN_NAMES.filter((name) => report.windows.some((window) => window.twins[name] !== undefined));
  const ordered = [chosen, ...names.filter((name) => name !== chosen)].filter((name) => names.includes(name));
  if (report.windows.length === 0) {
    return (
      <Panel title="Walk-forward windows" flush>
        <Empty title="This run has one window only.">
          Set the number of windows above 1 and run again: each window starts anew, and the strategy is judged by how
          many of them it wins, not by one.
        </Empty>
      </Panel>
    );
  }
  return (
    <>
      <Panel
        title="Walk-forward windows"
        flush
        tools={<Segmented label="Measure" value={metric} options={[...METRICS]} onChange={setMetric} />}
      >
        <Table caption="Result of each twin per window">
          <thead>
            <tr>
              <Th>Window</Th>
              {ordered.map((name, index) => (
                <Th key={name} right from={index < 2 ? "always" : index < 5 ? "desk" : "mid"}>
                  {TWIN_LABEL[name]}
                </Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.windows.map((window) => (
              <Tr key={window.index}>
                <Td>
                  {formatDayMinutes(window.fromMs)}
                  <Sub>
                    to {formatDayMinutes(window.toMs)}, {window.isTraining ? "first 60 %" : "held back"}
                  </Sub>
                </Td>
                {ordered.map((name, index) => (
                  <Td key={name} right from={index < 2 ? "always" : index < 5 ? "desk" : "mid"}>
                    <SignedMoney value={window.twins[name]?.[metric]} className={index === 0 ? "font-title" : ""} />
                  </Td>
                ))}
              </Tr>
            ))}
          </tbody>
        </Table>
        <p className="border-t px-3.5 py-2.5 text-dense text-ink-2 desk:px-4">
          Rules may be chosen on windows of the first 60 %; the held back ones judge them.
        </p>
      </Panel>
      <Panel title="Who beats whom" flush>
        {report.comparisons.length === 0 ? (
          <Empty title="No comparison in this report." />
        ) : (
          <Table caption="Windows in which each policy beats each twin">
            <thead>
              <tr>
                <Th>Policy against</Th>
                <Th right>Alpha wins</Th>
                <Th right from="desk">
                  Mean alpha difference
                </Th>
                <Th right>Net wins</Th>
                <Th right from="desk">
                  Mean net difference
                </Th>
              </tr>
            </thead>
            <tbody>
              {report.comparisons.map((each) => (
                <Tr key={`${each.policy} ${each.against}`}>
                  <Td>
                    <b className="font-strong">{TWIN_LABEL[each.policy]}</b> against {TWIN_LABEL[each.against]}
                  </Td>
                  <Td right>
                    {winsText(each.alphaWins, each.alphaTies, each.windows)}
                    <Sub className="desk:hidden">
                      <SignedMoney value={each.meanAlphaDiffUsd} />
                    </Sub>
                  </Td>
                  <Td right from="desk">
                    <SignedMoney value={each.meanAlphaDiffUsd} />
                    <Sub>± {formatFixed(each.spreadAlphaDiffUsd, 2)}</Sub>
                  </Td>
                  <Td right>
                    {winsText(each.netWins, each.netTies, each.windows)}
                    <Sub className="desk:hidden">
                      <SignedMoney value={each.meanNetDiffUsd} />
                    </Sub>
                  </Td>
                  <Td right from="desk">
                    <SignedMoney value={each.meanNetDiffUsd} />
                    <Sub>± {formatFixed(each.spreadNetDiffUsd, 2)}</Sub>
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
      </Panel>
    </>
  );
}

/** `3 of 5`, `3 of 5, 1 tie`: a tie is no loss. */
function winsText(wins: number, ties: number, windows: number): string {
  const found = `${formatInteger(wins)} of ${formatInteger(windows)}`;
  return ties === 0 ? found : `${found}, ${formatInteger(ties)} ${ties === 1 ? "tie" : "ties"}`;
}
