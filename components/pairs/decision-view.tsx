// One decision in full: verdict and gates, the numbers it stood on, the age of every input, and what it led to.
"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { KappaFigure } from "@/components/pools/kappa-figure";
import { reasonWords } from "@/components/shell/words";
import { buttonClass } from "@/components/ui/button";
import { KeyValue } from "@/components/ui/key-value";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatAge, formatDuration } from "@/lib/format/age";
import { formatFixed, formatInteger, groupDigits } from "@/lib/format/number";
import { formatFeePips, formatPercent } from "@/lib/format/percent";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { EPOCH_MS } from "@/lib/units";
import { ComparePanel } from "./compare-panel";
import { inputWords } from "./input-words";
import { ReplayPanel } from "./replay-panel";
import { usePriceDirection, type PriceView } from "./use-price-direction";
import { Gates, Verdict } from "./verdict";

/** Below the fold. */
const PolicyPanel = dynamic(
  lazyPart(() => import("./policy-panel").then((module) => module.PolicyPanel)),
  {
    ssr: false,
    loading: () => (
      <Panel title="Policies" flush>
        <SkeletonRows rows={3} height={46} label="policies" />
      </Panel>
    ),
  },
);
const TuningPanel = dynamic(
  lazyPart(() => import("./tuning-panel").then((module) => module.TuningPanel)),
  {
    ssr: false,
    loading: () => (
      <Panel title="Parameters" flush>
        <SkeletonRows rows={6} height={34} label="parameters" />
      </Panel>
    ),
  },
);

export function DecisionView({ pairId, epoch }: { readonly pairId: string; readonly epoch: number }): ReactNode {
  const decision = useApi("pairDecision", { params: { id: pairId, epoch } });
  const [base = "", quote = ""] = pairId.split("-");
  const prices = usePriceDirection({ base, quote, price: decision.data?.record.price ?? null });
  return (
    <QueryView
      query={decision}
      what="this decision"
      skeleton={
        <Panel title="Decision" flush>
          <SkeletonRows rows={9} height={46} label="the decision" />
        </Panel>
      }
    >
      {({ record, sentence }) => (
        <div className="grid gap-3 desk:gap-4">
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3.5 text-ink-2 desk:px-0">
            <span title={formatIso(record.marketAtMs)}>
              {pairId}, epoch of {formatDayMinutes(record.epoch * EPOCH_MS)} UTC
            </span>
            <button
              type="button"
              onClick={prices.toggle}
              className="min-h-6 text-dense text-ink-3 underline underline-offset-2 hover:text-ink"
            >
              {prices.unit}
            </button>
            <span className="ml-auto flex gap-2">
              <Link href={`/pairs/${pairId}/decisions/${epoch - 1}`} className={buttonClass("default", "small")}>
                Epoch before
              </Link>
              <Link href={`/pairs/${pairId}/decisions/${epoch + 1}`} className={buttonClass("default", "small")}>
                Epoch after
              </Link>
            </span>
          </div>
          <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
            <Panel title="Decision" flush>
              <div className="border-b p-3.5 desk:p-4">
                <Verdict epoch={record} sentence={sentence} />
                {record.planId !== null && (
                  <p className="mt-2">
                    <TextLink href={`/activity/${record.planId}`}>
                      Plan, {reasonWords(record.planStatus ?? "proposed")}
                    </TextLink>
                    {record.planReason !== null && <span className="text-ink-3"> {record.planReason}</span>}
                  </p>
                )}
              </div>
              <Gates epoch={record} />
            </Panel>
            <div className="grid gap-3 desk:gap-4">
              <ReplayPanel key={record.epoch} record={record} />
              <ComparePanel record={record} prices={prices} />
              <Numbers record={record} prices={prices} />
              <Inputs record={record} />
            </div>
          </div>
          <Positions record={record} prices={prices} />
          <Pools record={record} prices={prices} />
          <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-2">
            <PolicyPanel epoch={record} prices={prices} />
            <TuningPanel epoch={record} />
          </div>
        </div>
      )}
    </QueryView>
  );
}

interface Props {
  readonly record: EpochRecord;
  readonly prices: PriceView;
}

function Numbers({ record, prices }: Props): ReactNode {
  const { forces, regime, target, params, durations, flows } = record;
  return (
    <Panel title="What it stood on">
      <div className="grid gap-x-8 mid:grid-cols-2">
        <KeyValue
          rows={[
            { key: `Price, ${prices.unit}`, value: prices.text(record.price) },
            { key: "Target range", value: prices.rangeText(target?.min, target?.max) },
            {
              key: "Volatility, momentum, trend",
              value: [forces?.v, forces?.m, forces?.t].map((force) => formatFixed(force, 1)).join(" / "),
            },
            { key: "Volatility per year", value: formatPercent(record.sigmaPerYear, 1) },
            { key: "Regime", value: regime === null ? "–" : reasonWords(regime.reason) },
            { key: "Parameters", value: params === null ? "–" : params.source },
            { key: "Range shift threshold", value: formatFixed(params?.rsThreshold, 2) },
          ]}
        />
        <KeyValue
          rows={[
            { key: "Capital", value: formatUsd(record.capitalUsd) },
            { key: "Idle", value: formatUsd(record.idleUsd) },
            { key: "Unclaimed fees", value: formatUsd(record.unclaimedFeesUsd) },
            { key: "Net a year now, model", value: formatSignedUsd(record.currentNetUsdPerYear) },
            { key: "Net a year at target, model", value: formatSignedUsd(record.targetNetUsdPerYear) },
            { key: "Net of this epoch", value: formatSignedUsd(flows?.netUsd) },
            { key: "Ledger against chains", value: ledgerWords(record.ledger ?? null) },
            { key: "Took", value: `${formatDuration(durations.totalMs)}, late ${formatDuration(record.latenessMs)}` },
          ]}
        />
      </div>
      <p className="mt-2 text-micro text-ink-3">
        {record.blocks.map((block) => `Block ${groupDigits(block.number)} of chain ${block.chainId}`).join(", ")}
        {" · "}fetch {formatDuration(durations.fetchMs)}, compute {formatDuration(durations.computeMs)}, decide{" "}
        {formatDuration(durations.decideMs)}, execute {formatDuration(durations.executeMs)}
      </p>
    </Panel>
  );
}

function Inputs({ record }: { readonly record: EpochRecord }): ReactNode {
  return (
    <Panel title="Inputs" flush>
      <Table caption="Inputs with their source and age">
        <thead>
          <tr>
            <Th>Input</Th>
            <Th from="desk">Source</Th>
            <Th right>Age / limit</Th>
            <Th>Trusted</Th>
          </tr>
        </thead>
        <tbody>
          {record.freshness.map((input) => (
            <Tr key={`${input.input} ${input.rule}`}>
              <Td words title={`${input.input}, rule ${input.rule}`}>
                {inputWords(input.input, record.pools)}
                <Sub>{reasonWords(input.rule)}</Sub>
              </Td>
              <Td from="desk" className="text-ink-3">
                {input.source}
              </Td>
              <Td right>
                {formatAge(input.ageMs)} <span className="text-ink-3">/ {formatAge(input.maxAgeMs)}</span>
              </Td>
              <Td>
                <Status tone={input.ok ? "ok" : "warn"} title={input.detail}>
                  {input.ok ? "yes" : reasonWords(input.rule)}
                </Status>
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}

function Positions({ record, prices }: Props): ReactNode {
  if (record.positions.length === 0) return null;
  return (
    <Panel title="Positions at that block" flush>
      <Table caption="Positions at that block">
        <thead>
          <tr>
            <Th>Position</Th>
            <Th from="desk">State</Th>
            <Th right>Range → target</Th>
            <Th right>Divergence</Th>
            <Th right from="desk">
              Value
            </Th>
            <Th right from="desk">
              Gain of a shift a year, model
            </Th>
            <Th right from="desk">
              Cost of a shift
            </Th>
          </tr>
        </thead>
        <tbody>
          {record.positions.map((position) => (
            <Tr key={position.positionId}>
              <Td title={position.positionId}>
                #{position.positionId.split(":").at(-1)}
                <Sub className="desk:hidden">{position.inRange ? "in range" : "out of range"}</Sub>
              </Td>
              <Td from="desk">
                {position.inRange ? <Status tone="ok">In range</Status> : <Status tone="warn">Out of range</Status>}
              </Td>
              <Td right>
                {prices.rangeText(position.priceLower, position.priceUpper)}
                <Sub className="text-prop!">→ {prices.rangeText(position.targetLower, position.targetUpper)}</Sub>
              </Td>
              <Td right>{formatFixed(position.divergence, 2)}</Td>
              <Td right from="desk">
                {formatUsd(position.valueUsd)}
              </Td>
              <Td right from="desk">
                {formatSignedUsd(position.deltaNetUsdPerYear)}
              </Td>
              <Td right from="desk">
                {formatUsd(position.shiftCostUsd)}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}

function Pools({ record, prices }: Props): ReactNode {
  if (record.pools.length === 0) return null;
  return (
    <Panel title="Pools weighed" flush>
      <Table caption="Pools weighed in this epoch">
        <thead>
          <tr>
            <Th>Pool</Th>
            <Th right>Kappa</Th>
            <Th right from="desk">
              Target
            </Th>
            <Th right from="desk">
              TVL
            </Th>
            <Th right from="desk">
              Volume a day
            </Th>
            <Th right>Gets</Th>
            <Th right from="desk">
              Fees − divergence − costs a year, model
            </Th>
          </tr>
        </thead>
        <tbody>
          {record.pools.map((pool) => (
            <Tr key={pool.poolKey}>
              <Td words title={pool.poolKey}>
                {pool.dexName} {formatFeePips(pool.feeFrac * 1_000_000)}
                {pool.exclusion !== null && <Sub>left out: {reasonWords(pool.exclusion)}</Sub>}
              </Td>
              <Td right>
                <KappaFigure rates={pool.rates} />
              </Td>
              <Td right from="desk">
                {prices.rangeText(pool.targetLower, pool.targetUpper)}
              </Td>
              <Td right from="desk">
                {formatUsd(pool.tvlUsd)}
              </Td>
              <Td right from="desk">
                {formatUsd(pool.volumeUsdPerDay)}
              </Td>
              <Td right>{formatUsd(pool.allocatedUsd)}</Td>
              <Td right from="desk">
                {pool.income === null
                  ? "–"
                  : `${formatInteger(pool.income.feesUsdPerYear)} / ${formatInteger(pool.income.lvrUsdPerYear)} / ${formatInteger(pool.income.costsUsdPerYear)}`}
                {pool.income !== null && <Sub>= {formatSignedUsd(pool.income.netUsdPerYear)}</Sub>}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}

function ledgerWords(ledger: EpochRecord["ledger"]): string {
  if (ledger === null || ledger === undefined) return "not compared";
  const blocks = ledger.blocks.map(({ number }) => groupDigits(number)).join(", ");
  return ledger.isEqual
    ? `equal to the wei, ${ledger.accounts} accounts at block ${blocks}`
    : `${ledger.differences} of ${ledger.accounts} accounts differ at block ${blocks}`;
}
