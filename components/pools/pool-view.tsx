// One pool: what it paid and cost, kappa over time, its state on the chain, our part, and what the strategy would do with it.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Chip } from "@/components/ui/chip";
import { Copyable } from "@/components/ui/copyable";
import { KeyValue } from "@/components/ui/key-value";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { Skeleton, SkeletonRows } from "@/components/ui/states";
import { StatTile } from "@/components/ui/stat-tile";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { PoolDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatAge } from "@/lib/format/age";
import { formatFixed, formatInteger, groupDigits } from "@/lib/format/number";
import { formatFeePips, formatPercent, formatSignedPercent } from "@/lib/format/percent";
import { formatPrice } from "@/lib/format/price";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { EPOCH_MS } from "@/lib/units";
import { kappaMeaning, kappaSourceWords, kappaSpreadText, kappaText } from "./kappa-words";

const KappaChart = dynamic(
  lazyPart(() => import("./kappa-chart").then((module) => module.KappaChart)),
  {
    loading: () => (
      <Panel title="Kappa">
        <Skeleton className="h-[208px] w-full" />
      </Panel>
    ),
  },
);

const YEAR_MS = 365 * 86_400_000;

export function PoolView({ chainId, address }: { readonly chainId: number; readonly address: string }): ReactNode {
  const query = useApi("pool", { params: { chainId, address } });
  return (
    <QueryView
      query={query}
      what="this pool"
      skeleton={
        <Panel title="Pool" flush>
          <SkeletonRows rows={8} height={44} label="the pool" />
        </Panel>
      }
    >
      {({ pool, history, source, partial }) => (
        <div className="grid gap-3 desk:gap-4">
          <Head pool={pool} />
          {(partial || source === "store") && (
            <p role="status" className="px-3.5 text-dense text-ink-3 desk:px-0">
              {source === "store"
                ? "The telemetry store does not answer; the history shows the newest epochs kept in the cache."
                : "The telemetry store answered with a part of the history."}
            </p>
          )}
          <KappaChart
            title="Kappa"
            points={history}
            fileName={`kappa-${pool.chainId}-${pool.address}.csv`}
            height={240}
          />
          <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-2">
            <Rates pool={pool} />
            <State pool={pool} />
          </div>
        </div>
      )}
    </QueryView>
  );
}

function Head({ pool }: { readonly pool: PoolDto }): ReactNode {
  return (
    <Panel
      title={`${pool.dexName} ${formatFeePips(pool.feePips)}`}
      meta={
        <span className="flex flex-wrap items-center gap-2">
          <TextLink href={`/pairs/${pool.pairId}`}>{pool.pairId}</TextLink>
          <span className="text-dense text-ink-3">{pool.chainName}</span>
          {pool.isStandIn && (
            <Chip title="Contracts that imitate the family; the real bytecode is not available here">Stand-in</Chip>
          )}
        </span>
      }
      tools={<MarketAge atMs={pool.observedAtMs} periodMs={EPOCH_MS} />}
    >
      <p className="text-head font-medium">
        {kappaText(pool.rates)}{" "}
        <span className="text-lead font-text text-ink-2">kappa: {kappaMeaning(pool.rates?.kappa)}</span>
      </p>
      <p className="mt-1 max-w-prose text-ink-2">
        {sentence(kappaSourceWords(pool.rates))}
        {pool.rates?.kappaSpread !== null &&
          pool.rates !== null &&
          `, between ${kappaSpreadText(pool.rates)} by where the 15-minute grid begins`}
        .
      </p>
      {pool.exclusionSentence !== null && (
        <p className="mt-2">
          <Status tone="unknown">Takes no part</Status> <span className="text-ink-2">{pool.exclusionSentence}.</span>
        </p>
      )}
      <div className="mt-4 grid grid-cols-2 gap-x-6 gap-y-4 desk:grid-cols-4">
        <StatTile label="TVL" value={formatUsd(pool.tvlUsd)} context="as its source says" />
        <StatTile
          label="Volume a day"
          value={formatUsd(pool.volumeUsdPerDay)}
          context={`24 h: ${formatUsd(pool.volume24hUsd)}`}
        />
        <StatTile
          label="Ours"
          value={formatUsd(pool.ownUsd)}
          context={`${formatPercent(pool.ownShareFrac, 2)} of the active liquidity`}
        />
        <StatTile
          label="Best alone, model"
          value={formatSignedPercent(pool.best?.netAprFrac, 1)}
          context={
            pool.best === null
              ? "no size at which it earns"
              : `a year on ${formatUsd(pool.best.amountUsd)}: ${formatSignedUsd(pool.best.netUsdPerYear)}`
          }
        />
      </div>
    </Panel>
  );
}

function Rates({ pool }: { readonly pool: PoolDto }): ReactNode {
  const { rates, carry } = pool;
  const ratio =
    rates === null || rates.sqrtPrice === null || !(rates.sqrtPrice > 0)
      ? null
      : // A full-range unit of liquidity is worth twice the square root of the price.
        2 * rates.sqrtPrice;
  const perYear = (value: number | null | undefined): string =>
    value === null || value === undefined || ratio === null ? "–" : formatPercent(value / ratio, 1);
  return (
    <Panel title="What it pays and costs">
      <KeyValue
        ruled
        rows={[
          { key: "Fees a year, full range", value: perYear(rates?.feePerLiquidityYear) },
          { key: "LVR a year, full range", value: perYear(rates?.lossPerLiquidityYear) },
          { key: "Volatility its own price showed", value: formatPercent(rates?.sigmaPerYear, 1) },
          {
            key: "Samples",
            value:
              rates === null
                ? "–"
                : `${formatAge(rates.coveredMs)} of 72 h, ${formatInteger(rates.intervals)} intervals`,
          },
          {
            key: "Carry: best half-width",
            value:
              carry === null || carry.halfWidth === null
                ? "–"
                : `±${formatPercent(carry.halfWidth, 2)}${carry.mode === null ? "" : `, ${carry.mode === "keep" ? "keeps the mix" : "centred"}`}`,
          },
          { key: "Carry: net a year there", value: formatSignedUsd(carry?.netUsdPerYear) },
          {
            key: "Carry: leaves the range after",
            value: carry === null || carry.exitYears === null ? "–" : formatAge(carry.exitYears * YEAR_MS),
          },
          {
            key: "Carry: worth entering",
            value: carry === null ? "–" : carry.isWorthEntering ? "yes" : "no",
          },
        ]}
      />
      <p className="mt-2 text-micro text-ink-3">
        Fees and LVR are for a full-range position; a narrower one multiplies both. Carry numbers are there when that
        policy ran.
      </p>
    </Panel>
  );
}

function State({ pool }: { readonly pool: PoolDto }): ReactNode {
  return (
    <Panel title="On the chain">
      <KeyValue
        ruled
        rows={[
          {
            key: "Pool",
            value: <Copyable value={pool.address} shown={shortHex(pool.address)} what="pool address" />,
          },
          { key: "Family", value: pool.family },
          { key: "Block", value: pool.blockNumber === null ? "–" : groupDigits(pool.blockNumber) },
          { key: `Price, ${pool.quote.symbol} per ${pool.base.symbol}`, value: formatPrice(pool.price) },
          { key: "Tick", value: formatInteger(pool.tick) },
          { key: "Tick spacing", value: formatInteger(pool.tickSpacing) },
          { key: "Protocol's part of the fee", value: formatPercent(pool.protocolShareFrac, 1) },
          {
            key: "Active liquidity, raw",
            value: pool.activeLiquidityRaw === null ? "–" : groupDigits(pool.activeLiquidityRaw),
          },
          { key: "Ours of it, raw", value: pool.ownLiquidityRaw === null ? "–" : groupDigits(pool.ownLiquidityRaw) },
          { key: "Last epoch", value: formatFixed(pool.epoch, 0) },
        ]}
      />
    </Panel>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
