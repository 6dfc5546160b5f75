// Every position of every pair in one table: where it is, its range against the price, what it holds, what it earned and has not collected.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { useMarketNow } from "@/components/live/use-market-now";
import { TransitList } from "@/components/transfers/transit-list";
import { totalWords } from "@/components/transfers/transit-words";
import { GateBar } from "@/components/ui/gate-bar";
import { Panel } from "@/components/ui/panel";
import { Empty, ErrorState, Skeleton, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import type { PositionDto } from "@/lib/api/schemas";
import type { RouteResponse } from "@/lib/api/contract";
import { formatAge } from "@/lib/format/age";
import { formatInteger } from "@/lib/format/number";
import { formatFeePips, formatPercent } from "@/lib/format/percent";
import { formatPrice, formatRange } from "@/lib/format/price";
import { formatToken, formatTokenExact } from "@/lib/format/token";
import { positionName } from "@/lib/format/position-name";
import { formatUsd } from "@/lib/format/usd";
import { positionHref } from "./position-href";

type Pair = RouteResponse<"pairs">["pairs"][number];
const BLOCK_PERIOD_MS = 60_000;

export function PositionsView(): ReactNode {
  const pairs = useApi("pairs");
  return (
    <QueryView
      query={pairs}
      what="pairs"
      skeleton={
        <Panel title="Positions" flush>
          <SkeletonRows rows={4} height={52} label="positions" />
        </Panel>
      }
    >
      {(data) =>
        data.pairs.length === 0 ? (
          <Panel title="Positions" flush>
            <Empty title="No pair is configured.">Positions of every configured pair are listed here.</Empty>
          </Panel>
        ) : (
          <div className="grid gap-3 desk:gap-4">
            <Totals pairs={data.pairs} />
            {data.pairs.map((pair) => (
              <PairPositions key={pair.id} pair={pair} />
            ))}
          </div>
        )
      }
    </QueryView>
  );
}

/** All money of all pairs, and whether what is between chains is in it. */
function Totals({ pairs }: { readonly pairs: readonly Pair[] }): ReactNode {
  const sum = (pick: (pair: Pair) => number | null): number | null =>
    pairs.reduce<number | null>((total, pair) => {
      const value = pick(pair);
      return total === null || value === null ? null : total + value;
    }, 0);
  const held = sum(({ valueUsd }) => valueUsd);
  const transit = sum(({ inTransitUsd }) => inTransitUsd);
  const figures = [
    { name: "In positions", usd: sum(({ positionsUsd }) => positionsUsd) },
    { name: "Idle in the wallet", usd: sum(({ idleUsd }) => idleUsd) },
    { name: "Uncollected fees", usd: sum(({ unclaimedFeesUsd }) => unclaimedFeesUsd) },
    { name: "In transit", usd: transit },
  ];
  return (
    <section aria-label="All positions" className="px-3.5 desk:px-0">
      <dl className="flex flex-wrap items-end gap-x-8 gap-y-3">
        <div>
          <dt className="text-micro text-ink-3">Total value</dt>
          <dd className="text-head font-medium tracking-[-.012em]">
            {formatUsd(held === null ? null : held + (transit ?? 0))}
          </dd>
          <dd className="text-dense text-ink-3">{held === null ? "a worker has not reported" : totalWords(transit)}</dd>
        </div>
        {figures.map(({ name, usd }) => (
          <div key={name} className="max-desk:w-[calc(50%-16px)]">
            <dt className="text-micro text-ink-3">{name}</dt>
            <dd className="text-lead font-medium">{formatUsd(usd)}</dd>
          </div>
        ))}
      </dl>
      <TransitList className="mt-3 max-w-[640px]" />
    </section>
  );
}

function PairPositions({ pair }: { readonly pair: Pair }): ReactNode {
  const positions = useApi("pairPositions", { params: { id: pair.id } });
  const list = positions.data?.positions ?? [];
  const newest = list.reduce<number | null>((max, one) => Math.max(max ?? 0, one.blockAtMs), null);
  return (
    <Panel
      title={pair.id}
      meta={<MarketAge atMs={newest} periodMs={BLOCK_PERIOD_MS} prefix="block" />}
      tools={<TextLink href={`/pairs/${encodeURIComponent(pair.id)}`}>Open pair</TextLink>}
      flush
    >
      {positions.data === undefined ? (
        positions.error === null ? (
          <div className="p-4">
            <Skeleton className="h-4 w-64" />
          </div>
        ) : (
          <ErrorState
            what={`positions of ${pair.id}`}
            sentence={positions.error.message}
            onRetry={() => void positions.refetch()}
          />
        )
      ) : list.length === 0 ? (
        <Empty title="No position is open.">
          {pair.idleUsd === null
            ? "One appears when the strategy deploys the pair's money."
            : `${formatUsd(pair.idleUsd)} is idle in the wallet; a position appears when the strategy deploys it.`}
        </Empty>
      ) : (
        <Rows pair={pair} positions={list} />
      )}
    </Panel>
  );
}

function Rows({ pair, positions }: { readonly pair: Pair; readonly positions: readonly PositionDto[] }): ReactNode {
  const { marketNowMs } = useMarketNow();
  return (
    <Table caption={`Positions of ${pair.id}`}>
      <thead>
        <tr>
          <Th>Position</Th>
          <Th>State</Th>
          <Th from="mid">Price in range</Th>
          <Th right from="desk">
            Range
          </Th>
          <Th right from="mid">
            {pair.base}
          </Th>
          <Th right from="mid">
            {pair.quote}
          </Th>
          <Th right from="desk">
            Uncollected fees
          </Th>
          <Th right from="wide">
            In range 24 h
          </Th>
          <Th right>Value</Th>
        </tr>
      </thead>
      <tbody>
        {positions.map((one) => (
          <Tr key={one.positionId}>
            <Td>
              <Link
                href={positionHref(one)}
                className="font-title after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-tide"
              >
                {positionName(one.family, one.tokenId)}
              </Link>
              <Sub>
                {one.dexName} {formatFeePips(one.feePips)}, {one.chainName}
                {one.isStandIn && !one.dexName.includes("stand-in") && ", stand-in"}
              </Sub>
            </Td>
            <Td>
              <Status tone={one.inRange ? "ok" : "warn"}>{one.inRange ? "In range" : "Out of range"}</Status>
              {!one.inRange && one.outSinceAtMs !== null && marketNowMs !== null && (
                <Sub>for {formatAge(marketNowMs - one.outSinceAtMs)}</Sub>
              )}
            </Td>
            <Td from="mid">
              <GateBar
                size="table"
                price={pair.price}
                lower={one.priceLower}
                upper={one.priceUpper}
                targetLower={one.targetLower}
                targetUpper={one.targetUpper}
              />
            </Td>
            <Td right from="desk">
              {formatRange(one.priceLower, one.priceUpper, pair.price)}
              <Sub>price {formatPrice(pair.price)}</Sub>
            </Td>
            <Td right from="mid" title={formatTokenExact(one.base.raw, one.base.token.decimals)}>
              {formatToken(one.base.raw, one.base.token.decimals)}
            </Td>
            <Td right from="mid" title={formatTokenExact(one.quote.raw, one.quote.token.decimals)}>
              {formatToken(one.quote.raw, one.quote.token.decimals)}
            </Td>
            <Td right from="desk">
              {formatUsd(one.feesUsd)}
              <Sub>at block {formatInteger(Number(one.blockNumber))}</Sub>
            </Td>
            <Td right from="wide">
              {formatPercent(one.inRange24hFrac, 1)}
            </Td>
            <Td right>
              <b className="font-title">{formatUsd(one.valueUsd)}</b>
              <Sub>age {formatAge(one.ageMs)}</Sub>
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
