// The answer of a run first: one number, one sentence, six figures, and what to know before believing them.
"use client";
import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { saveJson } from "@/components/activity/save-json";
import { saveCsv } from "@/components/charts/csv";
import { toCsv } from "@/lib/format/csv";
import { SignedMoney } from "@/components/live/signed-money";
import { Button } from "@/components/ui/button";
import { Chip } from "@/components/ui/chip";
import { cx } from "@/components/ui/cx";
import { Panel } from "@/components/ui/panel";
import { StatTile } from "@/components/ui/stat-tile";
import { Status } from "@/components/ui/status";
import type { TwinReport } from "@/lib/backtest/report";
import { formatDuration } from "@/lib/format/age";
import { formatInteger } from "@/lib/format/number";
import { formatPercent, formatSignedPercent } from "@/lib/format/percent";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { settingText, settingWords, twinCsv } from "./lab-numbers";
import type { KeptRun } from "./run-store";
import { costsText } from "./twins-table";

const DAY_MS = 86_400_000;

export function ResultHead({ run, twin }: { readonly run: KeptRun; readonly twin: TwinReport }): ReactNode {
  const { report } = run;
  const { period, fees, data } = report;
  const days = (period.toMs - period.fromMs) / DAY_MS;
  const hold = report.twins.find((each) => each.name === "hold");
  const capitalUsd = report.settings["capitalUsd"];
  const isHold = twin.name === "hold";
  return (
    <Panel
      title={run.name}
      meta={
        <span className="flex flex-wrap gap-1.5">
          {run.isSimulated && <Chip title="Prices made by Tidegate's own market simulator">Simulated market</Chip>}
          {fees.isEstimate && (
            <Chip tone="warn" title={fees.sentence}>
              Fees are an estimate
            </Chip>
          )}
        </span>
      }
      tools={
        <>
          <Button
            size="small"
            kind="quiet"
            aria-label="Whole result as JSON file"
            onClick={() => saveJson(`${fileName(run)}.json`, report)}
          >
            <Download size={13} aria-hidden="true" />
            JSON
          </Button>
          <Button
            size="small"
            kind="quiet"
            aria-label="Table of twins as CSV file"
            onClick={() => {
              const { head, rows } = twinCsv(report);
              saveCsv(`${fileName(run)}-twins.csv`, toCsv(head, rows));
            }}
          >
            <Download size={13} aria-hidden="true" />
            CSV
          </Button>
        </>
      }
    >
      <p className="text-head font-medium" data-testid="lab-headline">
        <SignedMoney value={isHold ? twin.netUsd : twin.alphaUsd} />{" "}
        <span className="text-lead font-text text-ink-2">{isHold ? "net of holding" : `alpha of ${twin.title}`}</span>
      </p>
      <p className="mt-1 max-w-prose text-ink-2">
        {settingText("pair", report.settings["pair"])}, {formatDayMinutes(period.fromMs)} to{" "}
        {formatDayMinutes(period.toMs)} UTC ({formatInteger(days)} days, {formatInteger(period.epochs)} epochs)
        {typeof capitalUsd === "number" && `, start ${formatUsd(capitalUsd)}`}. {twin.rule}
        {hold !== undefined && !isHold && ` Holding made ${formatSignedUsd(hold.netUsd)}.`}
      </p>
      <div className="mt-4 grid grid-cols-2 gap-x-6 gap-y-4 desk:grid-cols-3 wide:grid-cols-6">
        <StatTile
          label="Alpha a year, at this pace"
          value={formatSignedPercent(twin.aprFrac, 1)}
          context="of the start capital; one period, no promise"
        />
        <StatTile
          label="Net"
          value={<SignedMoney value={twin.netUsd} />}
          context={
            hold === undefined || isHold
              ? `of which value change ${formatSignedUsd(twin.markUsd)}`
              : `${formatSignedUsd(twin.netVsHoldUsd)} against holding`
          }
        />
        <StatTile
          label={fees.isEstimate ? "Fees, estimate" : "Fees"}
          value={<SignedMoney value={twin.feesUsd} />}
          context={`against LVR of ${formatUsd(twin.lvrUsd)}`}
        />
        <StatTile
          label="Costs"
          value={<SignedMoney value={-(twin.gasUsd + twin.swapCostUsd)} />}
          context={costsText(twin)}
        />
        <StatTile
          label="In range"
          value={formatPercent(twin.timeInRangeFrac, 1)}
          context={`${formatInteger(twin.rebalances)} moves, ${formatInteger(twin.failedActions)} failed`}
        />
        <StatTile
          label="Deepest fall"
          value={formatPercent(twin.maxDrawdownFrac, 1)}
          context={hold === undefined ? "from the highest value" : `holding ${formatPercent(hold.maxDrawdownFrac, 1)}`}
        />
      </div>
      {(data.droppedCount > 0 || data.holes > 0) && (
        <p className="mt-3 text-dense">
          <Status tone="warn">The data has gaps</Status>{" "}
          <span className="text-ink-2">
            {formatInteger(data.droppedCount)} of {formatInteger(data.rows)} rows left out, {formatInteger(data.holes)}{" "}
            holes. The lines are named under &ldquo;What this stands on&rdquo;.
          </span>
        </p>
      )}
    </Panel>
  );
}

/** Notes, fee source, settings and dropped rows: everything a reader should know before believing a number. */
export function RunNotes({ run }: { readonly run: KeptRun }): ReactNode {
  const { report } = run;
  const { data } = report;
  return (
    <Panel title="What this stands on">
      <ul className="grid max-w-prose list-disc gap-1 pl-4 text-ink-2">
        <li>
          Source of prices: {run.source}
          {run.isSimulated && ". Nothing here says what a real market would have paid"}.
        </li>
        <li className={cx(report.fees.isEstimate && "text-ink")}>{report.fees.sentence}</li>
        {report.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
        <li>
          {formatInteger(data.rows)} rows read, {formatInteger(data.droppedCount)} left out,{" "}
          {formatInteger(data.filledMinutes)} minutes filled flat, {formatInteger(data.holes)} holes.
          {report.tookMs > 0 && ` Took ${formatDuration(report.tookMs)}.`}
        </li>
      </ul>
      <details className="mt-3">
        <summary className="min-h-6 text-dense text-ink-2">
          Settings as resolved{data.dropped.length > 0 && ", and the rows left out"}
        </summary>
        <dl className="mt-2 grid gap-x-8 text-dense desk:grid-cols-2">
          {Object.entries(report.settings).map(([key, value]) => (
            <div key={key} className="flex justify-between gap-4 border-b py-1">
              <dt className="text-ink-2">{settingWords(key)}</dt>
              <dd className="min-w-0 text-right [overflow-wrap:anywhere]">{settingText(key, value)}</dd>
            </div>
          ))}
        </dl>
        {data.dropped.length > 0 && (
          <ul className="mt-3 text-dense text-ink-2">
            {data.dropped.slice(0, 50).map((row) => (
              <li key={row.line}>
                Line {formatInteger(row.line)}: {row.reason}
              </li>
            ))}
          </ul>
        )}
      </details>
    </Panel>
  );
}

function fileName(run: KeptRun): string {
  const name = run.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `lab-${name}-${formatIso(run.report.period.fromMs).slice(0, 10)}`;
}
