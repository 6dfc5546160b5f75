// The parameters in force, where they come from, and what the newest search for better ones found.
"use client";
import type { ReactNode } from "react";
import { KeyValue } from "@/components/ui/key-value";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatAge } from "@/lib/format/age";
import { formatFixed, formatInteger } from "@/lib/format/number";
import { formatPercent, formatSignedPercent } from "@/lib/format/percent";
import { formatDayMinutes } from "@/lib/format/time";
import { EPOCH_MS } from "@/lib/units";
import { tuningSentence } from "./tuning-words";

type RangeKey = "baseMin" | "baseMax" | "vforceExp" | "vforceDivider" | "rsThreshold";

const ROWS: readonly { readonly key: RangeKey; readonly label: string; readonly text: (value: number) => string }[] = [
  { key: "baseMin", label: "Narrowest half-width", text: (value) => formatPercent(value, 3) },
  { key: "baseMax", label: "Widest half-width", text: (value) => formatPercent(value, 2) },
  { key: "vforceExp", label: "Volatility exponent", text: (value) => formatFixed(value, 2) },
  { key: "vforceDivider", label: "Volatility divider", text: (value) => formatFixed(value, 1) },
  { key: "rsThreshold", label: "Shift threshold", text: (value) => formatFixed(value, 2) },
];
const SOURCE = {
  defaults: "the defaults of this kind of pair",
  optimizer: "the search below",
  operator: "set by an operator",
} as const;

export function TuningPanel({ epoch }: { readonly epoch: EpochRecord | null }): ReactNode {
  const params = epoch?.params ?? null;
  const tuning = epoch?.tuning ?? null;
  return (
    <Panel
      title="Parameters"
      flush
      meta={params !== null && <span className="text-micro text-ink-3">from {SOURCE[params.source]}</span>}
    >
      {epoch === null || params === null ? (
        <Empty title="No parameters yet.">They appear with the first epoch that could be evaluated.</Empty>
      ) : (
        <>
          <Table caption="Parameters in force and those the newest search ended on">
            <thead>
              <tr>
                <Th>Parameter</Th>
                <Th right>In force</Th>
                <Th right>Search</Th>
              </tr>
            </thead>
            <tbody>
              {ROWS.map(({ key, label, text }) => (
                <Tr key={key}>
                  <Td>{label}</Td>
                  <Td right>{text(params[key])}</Td>
                  <Td right className="text-ink-3">
                    {tuning === null ? "–" : text(tuning.params[key])}
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
          <div className="border-t p-3.5 desk:p-4">
            {tuning === null ? (
              <p className="text-ink-2">
                No search has run: it is off for this pair, an operator&rsquo;s parameters serve, or its first turn has
                not come.
              </p>
            ) : (
              <>
                <p className="text-ink-2">{tuningSentence(tuning)}</p>
                <div className="mt-2.5">
                  <KeyValue
                    rows={[
                      {
                        key: "Ran",
                        value: `${formatDayMinutes(tuning.ranAtEpoch * EPOCH_MS)} UTC, ${formatAge((epoch.epoch - tuning.ranAtEpoch) * EPOCH_MS)} before`,
                      },
                      {
                        key: "J of the best point, of the defaults",
                        value: `${formatSignedPercent(tuning.objective, 1)} / ${formatSignedPercent(tuning.objectiveDefaults, 1)}`,
                        title:
                          "Net per year and unit of capital on the bars that were searched: a model, not a promise",
                      },
                      {
                        key: "Hold-out: best point, parameters before",
                        value: `${formatSignedPercent(tuning.holdout, 1)} / ${formatSignedPercent(tuning.holdoutIncumbent, 1)}`,
                        title: "The same on bars the search never saw",
                      },
                      {
                        key: "Stood on",
                        value: `${formatInteger(tuning.bars)} bars of 15 min, ${formatInteger(tuning.evals)} evaluations`,
                      },
                    ]}
                  />
                </div>
                <p className="mt-2 text-micro text-ink-3">
                  J and hold-out are net per year and unit of capital by the model, not a promise.
                </p>
              </>
            )}
          </div>
        </>
      )}
    </Panel>
  );
}
