// Every decision of one twin that was not the same HOLD as before: when, what, why, what it cost, and the range after it.
"use client";
import { Download } from "lucide-react";
import { useState, type ReactNode } from "react";
import { saveCsv } from "@/components/charts/csv";
import { toCsv } from "@/lib/format/csv";
import { reasonWords } from "@/components/shell/words";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Empty } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import type { TwinReport } from "@/lib/backtest/report";
import { formatInteger } from "@/lib/format/number";
import { formatPrice, formatRange } from "@/lib/format/price";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";
import { DECISION_KINDS, type LabState, type SetLabState } from "./lab-state";

const PAGE = 60;

export function DecisionsPanel({
  twin,
  state,
  setState,
}: {
  readonly twin: TwinReport;
  readonly state: LabState;
  readonly setState: SetLabState;
}): ReactNode {
  const [most, setMost] = useState(PAGE);
  const counts = (kind: (typeof DECISION_KINDS)[number]): number =>
    kind === "all" ? twin.decisions.length : twin.decisions.filter((decision) => decision.kind === kind).length;
  const found = twin.decisions.filter((decision) => state.kind === "all" || decision.kind === state.kind);
  const shown = found.slice(0, most);
  return (
    <Panel
      title={`Decisions, ${twin.title}`}
      flush
      tools={
        <>
          <Segmented
            label="Kind of decision"
            value={state.kind}
            options={DECISION_KINDS.map((kind) => ({
              value: kind,
              label: `${kind === "all" ? "All" : kind} ${formatInteger(counts(kind))}`,
            }))}
            onChange={(kind) => void setState({ kind })}
          />
          <Button
            size="small"
            kind="quiet"
            aria-label="Decisions as CSV file"
            onClick={() =>
              saveCsv(
                `lab-${twin.name}-decisions.csv`,
                toCsv(
                  [
                    "utc",
                    "epoch",
                    "kind",
                    "reason",
                    "outcome",
                    "price",
                    "lower",
                    "upper",
                    "gasUsd",
                    "swapCostUsd",
                    "detail",
                  ],
                  found.map((each) => [
                    formatIso(each.atMs),
                    each.epoch,
                    each.kind,
                    each.reason,
                    each.outcome,
                    each.price,
                    each.lower,
                    each.upper,
                    each.gasUsd,
                    each.swapCostUsd,
                    each.detail,
                  ]),
                ),
              )
            }
          >
            <Download size={13} aria-hidden="true" />
          </Button>
        </>
      }
    >
      {found.length === 0 ? (
        <Empty title={twin.decisions.length === 0 ? "This twin decides nothing." : "No decision of this kind."}>
          {twin.decisions.length === 0
            ? "It holds what it started with; its result is in the table of twins."
            : "Choose another kind above."}
        </Empty>
      ) : (
        <>
          <Table caption={`Decisions of ${twin.title}, oldest first`}>
            <thead>
              <tr>
                <Th>UTC</Th>
                <Th>Decision</Th>
                <Th right>Price</Th>
                <Th right from="desk">
                  Range after it
                </Th>
                <Th right from="desk">
                  Gas
                </Th>
                <Th right from="desk">
                  Swap
                </Th>
                <Th from="mid">Why</Th>
              </tr>
            </thead>
            <tbody>
              {shown.map((decision) => (
                <Tr key={`${decision.epoch} ${decision.atMs} ${decision.reason}`}>
                  <Td className="whitespace-nowrap" title={`epoch ${decision.epoch}`}>
                    {formatDayMinutes(decision.atMs)}
                  </Td>
                  <Td>
                    <span className="font-strong">{decision.kind}</span> {reasonWords(decision.reason)}
                    {decision.outcome === "failed" && (
                      <Sub>
                        <Status tone="warn">did not land</Status>
                      </Sub>
                    )}
                    <Sub className="mid:hidden">{decision.detail}</Sub>
                  </Td>
                  <Td right>{formatPrice(decision.price)}</Td>
                  <Td right from="desk">
                    {decision.lower === null
                      ? "none open"
                      : formatRange(decision.lower, decision.upper, decision.price)}
                  </Td>
                  <Td right from="desk">
                    {formatUsd(decision.gasUsd)}
                  </Td>
                  <Td right from="desk">
                    {formatUsd(decision.swapCostUsd)}
                  </Td>
                  <Td from="mid" className="text-ink-2">
                    {decision.detail}
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
          {found.length > shown.length && (
            <div className="flex items-center justify-between gap-3 border-t px-3.5 py-2.5 desk:px-4">
              <span className="text-dense text-ink-3">
                {formatInteger(shown.length)} of {formatInteger(found.length)}
              </span>
              <Button size="small" onClick={() => setMost(most + 4 * PAGE)}>
                Show more
              </Button>
            </div>
          )}
        </>
      )}
    </Panel>
  );
}
