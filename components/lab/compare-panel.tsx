// Two runs beside each other: the same twin's curve in both, every number's difference, and the settings that differ.
"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import { SeriesChart, type SeriesRow } from "@/components/charts/series-chart";
import { SignedMoney } from "@/components/live/signed-money";
import { SelectField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { Empty, ErrorState, SkeletonRows } from "@/components/ui/states";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { useIsWide } from "@/components/ui/use-is-wide";
import type { TwinName } from "@/lib/backtest/report";
import { formatAge } from "@/lib/format/age";
import { formatInteger } from "@/lib/format/number";
import { formatPercent, formatSignedPercent } from "@/lib/format/percent";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatSignedAxis, formatSignedUsd, formatUsd } from "@/lib/format/usd";
import {
  changeSinceStart,
  curveRows,
  differences,
  settingDifferences,
  settingWords,
  TWIN_COLUMNS,
  type TwinDifference,
} from "./lab-numbers";
import { SAMPLE_HEAD, type KeptRun, type RunHead } from "./run-store";
import { useRun } from "./use-runs";

export function ComparePanel({
  a,
  otherId,
  runs,
  chosen,
  onChoose,
}: {
  readonly a: KeptRun;
  readonly otherId: string | null;
  readonly runs: readonly RunHead[];
  readonly chosen: TwinName;
  readonly onChoose: (id: string | null) => void;
}): ReactNode {
  const others = [SAMPLE_HEAD, ...runs].filter((head) => head.id !== a.id);
  const b = useRun(otherId === a.id ? null : otherId);
  return (
    <>
      <Panel title="Compare two runs">
        <div className="grid gap-3 desk:grid-cols-2">
          <div>
            <div className="mb-1 text-dense text-ink-2">A</div>
            <div className="flex h-11 items-center border-b desk:h-9">
              <b className="font-title">{a.name}</b>
            </div>
          </div>
          <SelectField
            label="B"
            value={otherId ?? ""}
            help={others.length === 0 ? "Run a second backtest to have something to compare with." : undefined}
            onChange={(event) => onChoose(event.target.value === "" ? null : event.target.value)}
          >
            <option value="">Choose a run</option>
            {others.map((head) => (
              <option key={head.id} value={head.id}>
                {head.name}
              </option>
            ))}
          </SelectField>
        </div>
      </Panel>
      {otherId === null || otherId === a.id ? (
        <Panel title="Differences" flush>
          <Empty title="No second run chosen.">
            Choose run B above: the curves of the chosen twin, every number and the settings that differ appear here.
          </Empty>
        </Panel>
      ) : b.data !== undefined ? (
        <Both a={a} b={b.data} name={chosen} />
      ) : (
        <Panel title="Differences" flush>
          {b.error === null ? (
            <SkeletonRows rows={6} label="the second run" />
          ) : (
            <ErrorState what="run B" sentence={b.error.message} onRetry={() => void b.refetch()} />
          )}
        </Panel>
      )}
    </>
  );
}

function Both({ a, b, name }: { readonly a: KeptRun; readonly b: KeptRun; readonly name: TwinName }): ReactNode {
  const isWide = useIsWide();
  const twinA = a.report.twins.find((twin) => twin.name === name);
  const twinB = b.report.twins.find((twin) => twin.name === name);
  if (twinA === undefined || twinB === undefined) {
    return (
      <Panel title="Differences" flush>
        <Empty title={`Run ${twinA === undefined ? "A" : "B"} has no such twin.`}>Choose another twin above.</Empty>
      </Panel>
    );
  }
  // Runs of different periods are laid over each other from their start.
  const isSamePeriod = a.report.period.fromMs === b.report.period.fromMs;
  const shift = isSamePeriod ? 0 : a.report.period.fromMs - b.report.period.fromMs;
  const rows = curveRows([
    { key: "a", points: changeSinceStart(twinA.equity) },
    { key: "b", points: changeSinceStart(twinB.equity).map(([atMs, value]) => [atMs + shift, value] as const) },
  ]);
  const changed = settingDifferences(a.report, b.report);
  return (
    <>
      <ChartFrame<SeriesRow>
        title={`${twinA.title}: value since the start`}
        meta={
          isSamePeriod ? undefined : (
            <span className="text-micro text-ink-3">different periods: both drawn from their own start</span>
          )
        }
        rows={rows}
        fileName="lab-compare.csv"
        columns={[
          { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
          { label: "A", text: (row) => formatSignedUsd(row["a"]), value: (row) => row["a"] ?? null },
          { label: "B", text: (row) => formatSignedUsd(row["b"]), value: (row) => row["b"] ?? null },
        ]}
      >
        <SeriesChart
          label="Change in value of the twin in run A and in run B, US dollars"
          rows={rows}
          series={[
            { key: "b", label: "B", role: "ink" },
            { key: "a", label: "A", role: "tide", bold: true },
          ]}
          format={formatSignedAxis}
          hasZero
          height={isWide ? 240 : 200}
          ticks={4}
          rightMargin={72}
        />
      </ChartFrame>
      <Panel title="Numbers" flush>
        <Table caption="Numbers of the twin in both runs and their difference">
          <thead>
            <tr>
              <Th>{twinA.title}</Th>
              <Th right>A</Th>
              <Th right>B</Th>
              <Th right>B less A</Th>
            </tr>
          </thead>
          <tbody>
            {differences(a.report, b.report, name).map((each) => (
              <Tr key={each.key}>
                <Td>{TWIN_COLUMNS.find((column) => column.key === each.key)?.label}</Td>
                <Td right>{plain(each, each.a)}</Td>
                <Td right>{plain(each, each.b)}</Td>
                <Td right>
                  <Difference each={each} />
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      </Panel>
      <Panel title="Settings that differ" flush>
        {changed.length === 0 && a.source === b.source ? (
          <Empty title="None: the two runs were asked the same." />
        ) : (
          <Table caption="Settings that differ">
            <thead>
              <tr>
                <Th>Setting</Th>
                <Th>A</Th>
                <Th>B</Th>
              </tr>
            </thead>
            <tbody>
              {a.source !== b.source && (
                <Tr>
                  <Td>data</Td>
                  <Td>{a.source}</Td>
                  <Td>{b.source}</Td>
                </Tr>
              )}
              {changed.map((each) => (
                <Tr key={each.key}>
                  <Td>{settingWords(each.key)}</Td>
                  <Td className="break-words">{each.a}</Td>
                  <Td className="break-words">{each.b}</Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
        <p className="border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">
          A covers {formatAge(a.report.period.toMs - a.report.period.fromMs)}, B{" "}
          {formatAge(b.report.period.toMs - b.report.period.fromMs)}.
        </p>
      </Panel>
    </>
  );
}

function unitOf(each: TwinDifference): (typeof TWIN_COLUMNS)[number]["unit"] {
  return TWIN_COLUMNS.find((column) => column.key === each.key)?.unit ?? "usd";
}

function plain(each: TwinDifference, value: number): string {
  switch (unitOf(each)) {
    case "usd":
      return formatSignedUsd(value);
    case "cost":
      return formatUsd(value);
    case "frac":
      return formatSignedPercent(value, 1);
    case "share":
      return formatPercent(value, 1);
    case "count":
      return formatInteger(value);
  }
}

/** Money has a sign and a colour; a larger cost is a loss. */
function Difference({ each }: { readonly each: TwinDifference }): ReactNode {
  const unit = unitOf(each);
  if (unit === "usd") return <SignedMoney value={each.difference} />;
  if (unit === "cost") return <SignedMoney value={each.difference === 0 ? 0 : -each.difference} />;
  if (unit === "count") return (each.difference > 0 ? "+" : "") + formatInteger(each.difference);
  return formatSignedPercent(each.difference, 1);
}
