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
import type { AmountDto, PositionDto } from "@/lib/api/schemas";
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
          <div className="grid grid-cols-1 gap-3 desk:gap-4">
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
        <>
          <Wide pair={pair} positions={list} />
          <Narrow pair={pair} positions={list} />
        </>
      )}
    </Panel>
  );
}

interface RowsProps {
  readonly pair: Pair;
  readonly positions: readonly PositionDto[];
}

function Place({ position }: { readonly position: PositionDto }): ReactNode {
  return (
    <>
      {position.dexName} {formatFeePips(position.feePips)}, {position.chainName}
      {position.isStandIn && !position.dexName.includes("stand-in") && ", stand-in"}
    </>
  );
}

function PositionLink({ position }: { readonly position: PositionDto }): ReactNode {
  return (
    <Link
      href={positionHref(position)}
      className="font-title after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-tide"
    >
      {positionName(position.family, position.tokenId)}
    </Link>
  );
}

function State({ position }: { readonly position: PositionDto }): ReactNode {
  const { marketNowMs } = useMarketNow();
  const { inRange, outSinceAtMs } = position;
  return (
    <Status tone={inRange ? "ok" : "warn"}>
      {inRange ? "In range" : "Out of range"}
      {!inRange && outSinceAtMs !== null && marketNowMs !== null && ` ${formatAge(marketNowMs - outSinceAtMs)}`}
    </Status>
  );
}

function Gate({
  pair,
  position,
  size,
}: {
  readonly pair: Pair;
  readonly position: PositionDto;
  readonly size: "table" | "full";
}): ReactNode {
  return (
    <GateBar
      size={size}
      price={pair.price}
      lower={position.priceLower}
      upper={position.priceUpper}
      targetLower={position.targetLower}
      targetUpper={position.targetUpper}
    />
  );
}

function Amount({ amount }: { readonly amount: AmountDto }): ReactNode {
  return (
    <span title={`${formatTokenExact(amount.raw, amount.token.decimals)} ${amount.token.symbol}`}>
      {formatToken(amount.raw, amount.token.decimals)}
    </span>
  );
}

function Wide({ pair, positions }: RowsProps): ReactNode {
  return (
    <div className="hidden desk:block">
      <Table caption={`Positions of ${pair.id}`}>
        <thead>
          <tr>
            <Th>Position</Th>
            <Th>State</Th>
            <Th from="mid">Price in range</Th>
            <Th right>Range</Th>
            <Th right from="mid">
              {pair.base}
            </Th>
            <Th right from="mid">
              {pair.quote}
            </Th>
            <Th right>Uncollected fees</Th>
            <Th right from="wide">
              In range 24 h
            </Th>
            <Th right>Value</Th>
          </tr>
        </thead>
        <tbody>
          {positions.map((one) => (
            <Tr key={one.positionId}>
              <Td words>
                <PositionLink position={one} />
                <Sub>
                  <Place position={one} />
                </Sub>
              </Td>
              <Td>
                <State position={one} />
              </Td>
              <Td from="mid">
                <Gate pair={pair} position={one} size="table" />
              </Td>
              <Td right>
                {formatRange(one.priceLower, one.priceUpper, pair.price)}
                <Sub>price {formatPrice(pair.price)}</Sub>
              </Td>
              <Td right from="mid">
                <Amount amount={one.base} />
              </Td>
              <Td right from="mid">
                <Amount amount={one.quote} />
              </Td>
              <Td right>
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
    </div>
  );
}

function Narrow({ pair, positions }: RowsProps): ReactNode {
  return (
    <ul className="desk:hidden">
      {positions.map((one) => (
        <li
          key={one.positionId}
          data-row=""
          className="relative grid grid-cols-1 gap-1.5 border-b px-3.5 py-3 last:border-b-0"
        >
          <div className="flex items-baseline justify-between gap-3">
            <PositionLink position={one} />
            <b className="font-title whitespace-nowrap">{formatUsd(one.valueUsd)}</b>
          </div>
          <div className="flex items-baseline justify-between gap-3">
            <State position={one} />
            <span className="text-dense whitespace-nowrap">{formatUsd(one.feesUsd)} fees</span>
          </div>
          <Gate pair={pair} position={one} size="full" />
          <div className="flex items-baseline justify-between gap-3 text-dense text-ink-3">
            <span className="min-w-0">
              <Place position={one} />
            </span>
            <span className="whitespace-nowrap">{formatRange(one.priceLower, one.priceUpper, pair.price)}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}
