// Reports: all pairs together or one, over a span; sums, charts, lives, score cards, and the ledger as a file.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { SelectField } from "@/components/ui/field";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Empty, Skeleton, SkeletonRows } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import { SumsPanel } from "./sums-panel";
import { ALL_PAIRS, useReportChoice } from "./use-report-choice";

/** Charts are no part of the first answer. */
const ReportCharts = dynamic(
  lazyPart(() => import("./report-charts").then((module) => module.ReportCharts)),
  {
    ssr: false,
    loading: () => <ChartsSkeleton />,
  },
);

const PairsSumsPanel = dynamic(
  lazyPart(() => import("./pairs-sums-panel").then((module) => module.PairsSumsPanel)),
  {
    ssr: false,
    loading: () => (
      <Panel title="By pair" flush>
        <SkeletonRows rows={3} height={34} label="the pairs" />
      </Panel>
    ),
  },
);
/** Below the fold. */
const PairReport = dynamic(
  lazyPart(() => import("./pair-report").then((module) => module.PairReport)),
  {
    ssr: false,
    loading: () => (
      <Panel title="By position" flush>
        <SkeletonRows rows={6} height={46} label="the report" />
      </Panel>
    ),
  },
);
const LedgerPanels = dynamic(
  lazyPart(() => import("./ledger-panels").then((module) => module.LedgerPanels)),
  {
    ssr: false,
    loading: () => (
      <Panel title="Ledger" flush>
        <SkeletonRows rows={4} height={40} label="the ledger" />
      </Panel>
    ),
  },
);

const SPANS = [
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
  { value: "30d", label: "30 d" },
] as const;
const PRICE_NOTE =
  "US dollars by the exchange median: of the operation for what it moved, of the epoch for what is counted there.";

export function ReportsView(): ReactNode {
  const pairs = useApi("pairs");
  const choice = useReportChoice();
  const ids = pairs.data?.pairs.map(({ id }) => id) ?? [];
  const pair = choice.pair ?? (ids.length === 1 ? (ids[0] ?? ALL_PAIRS) : ALL_PAIRS);
  const isNothing = pairs.data !== undefined && ids.length === 0 && choice.pair === null;
  return (
    <div className="grid grid-cols-1 gap-3 desk:gap-4">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-3 px-3.5 desk:px-0">
        <SelectField
          label="Pair"
          className="min-w-36 flex-1 desk:flex-none"
          value={pair}
          onChange={(event) => choice.choose({ pair: event.target.value })}
        >
          <option value={ALL_PAIRS}>All pairs</option>
          {pair !== ALL_PAIRS && !ids.includes(pair) && <option value={pair}>{pair}</option>}
          {ids.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </SelectField>
        <div className="grid gap-1">
          <span aria-hidden="true" className="text-micro text-ink-3">
            Span
          </span>
          <Segmented
            label="Span of the report"
            value={choice.span}
            options={SPANS}
            onChange={(span) => choice.choose({ span })}
          />
        </div>
        <p className="max-w-prose basis-80 pb-1 text-dense text-ink-2 desk:flex-1">
          Net is money: fees and change of value in the pools less gas, swaps and bridges. Alpha compares with holding
          what each epoch began with. <TextLink href="/docs/glossary">Glossary</TextLink>
        </p>
      </div>
      {isNothing ? (
        <Empty title="No pair is configured.">
          Figures appear with the first epoch after a pair&rsquo;s first position.{" "}
          <TextLink href="/pairs">Pairs</TextLink>
        </Empty>
      ) : (
        <>
          <Sums pair={pair === ALL_PAIRS ? null : pair} />
          {pair === ALL_PAIRS ? (
            <LedgerPanels pairId={null} priceNote={PRICE_NOTE} />
          ) : (
            <PairReport key={pair} pair={pair} />
          )}
        </>
      )}
    </div>
  );
}

function Sums({ pair }: { readonly pair: string | null }): ReactNode {
  const { span } = useReportChoice();
  const report = useApi("moneyReport", { query: { period: span, ...(pair === null ? {} : { pair }) } });
  return (
    <QueryView
      query={report}
      what="profit and loss"
      skeleton={
        <>
          <div role="status" aria-label="Loading profit and loss" className="border-y bg-panel p-4 desk:border">
            <Skeleton className="h-[58px] w-full" />
          </div>
          <ChartsSkeleton />
        </>
      }
    >
      {(data) => (
        <>
          <SumsPanel report={data} />
          <ReportCharts report={data} name={pair ?? "all-pairs"} />
          {pair === null && <PairsSumsPanel report={data} />}
        </>
      )}
    </QueryView>
  );
}

function ChartsSkeleton(): ReactNode {
  return (
    <div className="grid grid-cols-1 gap-3 desk:gap-4 mid:grid-cols-2">
      {["By day, $", "Against holding, $"].map((title) => (
        <Panel key={title} title={title}>
          <Skeleton className="h-[208px] w-full" />
        </Panel>
      ))}
    </div>
  );
}
