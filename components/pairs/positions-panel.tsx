// Positions at a named block: range, amounts, value, unclaimed fees, in-range state; two-line rows on phones.
"use client";
import Link from "next/link";
import { memo, type ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { TransitList } from "@/components/transfers/transit-list";
import { Chip } from "@/components/ui/chip";
import { GateBar } from "@/components/ui/gate-bar";
import { Panel } from "@/components/ui/panel";
import { ShortWord } from "@/components/ui/short-word";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import type { AmountDto, PairStatus, PositionDto } from "@/lib/api/schemas";
import { formatAge } from "@/lib/format/age";
import { groupDigits } from "@/lib/format/number";
import { formatInteger } from "@/lib/format/number";
import { formatFeePips, formatPercent } from "@/lib/format/percent";
import { formatToken, formatTokenExact } from "@/lib/format/token";
import { positionHref } from "@/components/positions/position-href";
import { positionName } from "@/lib/format/position-name";
import { formatUsd } from "@/lib/format/usd";
import type { PriceView } from "./use-price-direction";

const BLOCK_PERIOD_MS = 60_000;

export const PositionsPanel = memo(function PositionsPanel({
  pair,
  prices,
}: {
  readonly pair: PairStatus;
  readonly prices: PriceView;
}): ReactNode {
  const positions = useApi("pairPositions", { params: { id: pair.id } });
  const newest = positions.data?.positions[0];
  return (
    <Panel
      title="Positions"
      flush
      meta={
        newest !== undefined && (
          <span className="flex flex-wrap items-center gap-x-2 text-micro text-ink-3">
            block {groupDigits(newest.blockNumber)}
            <MarketAge atMs={newest.blockAtMs} periodMs={BLOCK_PERIOD_MS} />
          </span>
        )
      }
      tools={
        <span className="hidden gap-4 text-dense text-ink-3 mid:flex">
          <Figure name="Value" value={formatUsd(pair.positionsUsd)} />
          <Figure name="Unclaimed" value={formatUsd(pair.unclaimedFeesUsd)} />
          <Figure name="Idle" value={formatUsd(pair.idleUsd)} />
          {pair.inTransitUsd !== 0 && <Figure name="In transit" value={formatUsd(pair.inTransitUsd)} />}
        </span>
      }
    >
      <QueryView query={positions} what="positions" skeleton={<SkeletonRows rows={2} height={50} label="positions" />}>
        {(data) =>
          data.positions.length === 0 ? (
            <Empty title="No position is open.">
              {pair.mode === "observe"
                ? "In observe mode the strategy only shows what it would do."
                : "A position appears here after the strategy's first deployment; until then the capital lies idle in the wallet."}
            </Empty>
          ) : (
            <>
              <Wide positions={data.positions} pair={pair} prices={prices} />
              <Narrow positions={data.positions} pair={pair} prices={prices} />
            </>
          )
        }
      </QueryView>
      <TransitList pairId={pair.id} className="border-t px-3.5 py-3 desk:px-4" />
    </Panel>
  );
});

function Figure({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <span>
      {name} <b className="font-title text-ink">{value}</b>
    </span>
  );
}

interface ListProps {
  readonly positions: readonly PositionDto[];
  readonly pair: PairStatus;
  readonly prices: PriceView;
}

function Gate({
  position,
  pair,
  prices,
  size,
}: Omit<ListProps, "positions"> & { readonly position: PositionDto; readonly size: "table" | "full" }): ReactNode {
  const range = prices.range(position.priceLower, position.priceUpper);
  const target = prices.range(position.targetLower, position.targetUpper);
  return (
    <GateBar
      size={size}
      price={prices.value(pair.price)}
      lower={range?.lower ?? null}
      upper={range?.upper ?? null}
      targetLower={target?.lower}
      targetUpper={target?.upper}
    />
  );
}

function Amount({ amount, isTight = false }: { readonly amount: AmountDto; readonly isTight?: boolean }): ReactNode {
  return (
    <span
      title={`${formatTokenExact(amount.raw, amount.token.decimals)} ${amount.token.symbol}`}
      data-raw={amount.raw}
      className="whitespace-nowrap"
    >
      {formatToken(amount.raw, amount.token.decimals)} <ShortWord isTight={isTight}>{amount.token.symbol}</ShortWord>
    </span>
  );
}

function InRange({ position }: { readonly position: PositionDto }): ReactNode {
  return position.inRange ? <Status tone="ok">In range</Status> : <Status tone="warn">Out of range</Status>;
}

function Wide({ positions, pair, prices }: ListProps): ReactNode {
  return (
    <div className="hidden mid:block">
      <Table caption="Positions">
        <thead>
          <tr>
            <Th>Position</Th>
            <Th>State</Th>
            <Th>Price in range</Th>
            <Th right>Range, {prices.unit}</Th>
            <Th right>Amounts</Th>
            <Th right>Value</Th>
            <Th right>Unclaimed fees</Th>
            <Th right from="full">
              In range 24 h
            </Th>
            <Th right from="full">
              Net APR, model
            </Th>
            <Th right from="full">
              Age
            </Th>
          </tr>
        </thead>
        <tbody>
          {positions.map((position) => (
            <Tr key={position.positionId}>
              <Td words data-testid="position" data-position-id={position.positionId}>
                <Link
                  href={positionHref(position)}
                  className="font-title after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-tide"
                >
                  {positionName(position.family, position.tokenId)}
                </Link>
                {position.isStandIn && <Chip title="A stand-in contract of the local sandbox">stand-in</Chip>}
                <Sub>
                  {position.dexName}, {formatFeePips(position.feePips)}, {position.chainName}
                </Sub>
              </Td>
              <Td>
                <InRange position={position} />
              </Td>
              <Td>
                <Gate position={position} pair={pair} prices={prices} size="table" />
              </Td>
              <Td right>
                {prices.rangeText(position.priceLower, position.priceUpper)}
                <Sub>
                  ticks {formatInteger(position.tickLower)} – {formatInteger(position.tickUpper)}
                </Sub>
              </Td>
              <Td right>
                <Amount amount={position.base} isTight />
                <Sub>
                  <Amount amount={position.quote} isTight />
                </Sub>
              </Td>
              <Td right className="font-strong">
                {formatUsd(position.valueUsd)}
              </Td>
              <Td right>
                {formatUsd(position.feesUsd)}
                {/* On one line where there is room. */}
                <Sub className="whitespace-normal">
                  <Amount amount={position.feesBase} isTight />, <Amount amount={position.feesQuote} isTight />
                </Sub>
              </Td>
              <Td right from="full">
                {formatPercent(position.inRange24hFrac, 1)}
              </Td>
              <Td right from="full">
                <span title="What the strategy's model expects for the next year at this range; not a promise">
                  {formatPercent(position.income?.netAprFrac, 1)}
                </span>
              </Td>
              <Td right from="full">
                {formatAge(position.ageMs)}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function Narrow({ positions, pair, prices }: ListProps): ReactNode {
  return (
    <ul className="mid:hidden">
      {positions.map((position) => (
        <li key={position.positionId} className="grid gap-1.5 border-b px-3.5 py-3 last:border-b-0">
          <div className="flex justify-between gap-3">
            <Link href={positionHref(position)} className="min-w-0 font-title">
              {positionName(position.family, position.tokenId)} {position.dexName}, {formatFeePips(position.feePips)}
            </Link>
            <span className="font-title whitespace-nowrap">{formatUsd(position.valueUsd)}</span>
          </div>
          <div className="flex justify-between gap-3">
            <InRange position={position} />
            <span className="whitespace-nowrap">{formatUsd(position.feesUsd)} fees</span>
          </div>
          <Gate position={position} pair={pair} prices={prices} size="full" />
          <div className="flex justify-between gap-3 text-dense text-ink-3">
            <span className="whitespace-nowrap">{prices.rangeText(position.priceLower, position.priceUpper)}</span>
            <span className="min-w-0 text-right">
              <Amount amount={position.base} />, <Amount amount={position.quote} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}
