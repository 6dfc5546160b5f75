// Reports of one pair: sums, days, position lives, score cards, and the ledger as a file.
"use client";
import { parseAsString, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { SignedMoney } from "@/components/live/signed-money";
import { SelectField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { StatTile } from "@/components/ui/stat-tile";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import type { PnlDto } from "@/lib/api/money-schemas";
import dynamic from "next/dynamic";
import { AgreementPanel } from "./agreement-panel";
import { DaysPanel } from "./days-panel";
import { LedgerExport } from "./ledger-export";
import { LivesPanel } from "./lives-panel";
import { ScoresPanel } from "./scores-panel";

/** Below the fold: loaded after the first paint. */
const GainsPanel = dynamic(() => import("./gains-panel").then((module) => module.GainsPanel), {
  ssr: false,
  loading: () => (
    <Panel title="Realised gains" flush>
      <SkeletonRows rows={2} height={40} label="gains" />
    </Panel>
  ),
});

export function ReportsView(): ReactNode {
  const pairs = useApi("pairs");
  const [chosen, setChosen] = useQueryState("pair", parseAsString);
  const ids = pairs.data?.pairs.map(({ id }) => id) ?? [];
  const pair = chosen ?? ids[0] ?? null;
  return (
    <div className="grid gap-3 desk:gap-4">
      <div className="flex flex-wrap items-end gap-3 px-3.5 desk:px-0">
        <SelectField
          label="Pair"
          className="min-w-36 flex-1 desk:flex-none"
          value={pair ?? ""}
          onChange={(event) => void setChosen(event.target.value)}
        >
          {chosen !== null && !ids.includes(chosen) && <option value={chosen}>{chosen}</option>}
          {ids.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </SelectField>
        <p className="max-w-prose pb-1 text-dense text-ink-2">
          Net is money: fees and change of value less gas, swaps and bridges. Alpha compares with holding what each
          epoch began with. <TextLink href="/docs/glossary">Glossary</TextLink>
        </p>
      </div>
      {pair === null ? (
        <QueryView query={pairs} what="the pairs" skeleton={<SkeletonRows rows={3} height={56} label="pairs" />}>
          {() => <Empty title="No pair is configured.">Pairs of this deployment are set by TG_PAIRS.</Empty>}
        </QueryView>
      ) : (
        <Report key={pair} pair={pair} />
      )}
    </div>
  );
}

function Report({ pair }: { readonly pair: string }): ReactNode {
  const pnl = useApi("pairPnl", { params: { id: pair } });
  return (
    <QueryView
      query={pnl}
      what={`the report of ${pair}`}
      skeleton={
        <Panel title="Profit and loss" flush>
          <SkeletonRows rows={6} height={46} label="the report" />
        </Panel>
      }
    >
      {(data) => (
        <>
          <Totals pnl={data} />
          <AgreementPanel agreement={data.agreement} />
          <DaysPanel pnl={data} />
          <LivesPanel pnl={data} />
          <ScoresPanel pnl={data} />
          <LedgerExport pairId={pair} priceNote={data.priceNote} />
          <GainsPanel pairId={pair} />
        </>
      )}
    </QueryView>
  );
}

function Totals({ pnl }: { readonly pnl: PnlDto }): ReactNode {
  const { total } = pnl;
  const first = pnl.epochs[0];
  const since = first === undefined ? "no epoch with figures yet" : `${total.epochs} epochs`;
  return (
    <section
      aria-label="Sums"
      className="grid grid-cols-2 gap-px border-y bg-line desk:border mid:grid-cols-6"
      title={pnl.priceNote}
    >
      <Sum label="Net" value={total.netUsd} sub={pnl.partial ? `${since}, earlier ones are not kept here` : since} />
      <Sum label="Alpha, against holding" value={total.alphaUsd} sub="fees − divergence − costs" />
      <Sum label="Fees" value={total.feesUsd} sub="collected and still in the pool" />
      <Sum label="Change of value" value={total.markUsd} sub="of what is in the pools" />
      <Sum label="Divergence" value={0 - total.lvrUsd} sub="holding − change of value" />
      <Sum
        label="Gas, swaps, bridges"
        value={0 - total.gasUsd - total.swapCostUsd - total.bridgeCostUsd}
        sub="what moving cost"
      />
    </section>
  );
}

function Sum({
  label,
  value,
  sub,
}: {
  readonly label: string;
  readonly value: number;
  readonly sub: string;
}): ReactNode {
  return (
    <StatTile label={label} value={<SignedMoney value={value} />} context={sub} className="bg-panel p-3.5 desk:p-4" />
  );
}
