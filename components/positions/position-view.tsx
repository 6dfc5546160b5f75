// One position from its mint on: state and range now, what it holds at a named block, and its result by part with the transactions behind it.
"use client";
import { parseAsString, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { useMarketNow } from "@/components/live/use-market-now";
import { SignedMoney } from "@/components/live/signed-money";
import { usePriceDirection } from "@/components/pairs/use-price-direction";
import { Chip } from "@/components/ui/chip";
import { Copyable } from "@/components/ui/copyable";
import { GateBar } from "@/components/ui/gate-bar";
import { KeyValue } from "@/components/ui/key-value";
import { Panel } from "@/components/ui/panel";
import { ShortWord } from "@/components/ui/short-word";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { PositionResultDto } from "@/lib/api/money-schemas";
import type { AmountDto, PositionDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatAge } from "@/lib/format/age";
import { groupDigits, UNKNOWN } from "@/lib/format/number";
import { formatFeePips, formatPercent } from "@/lib/format/percent";
import { positionName, rangeName } from "@/lib/format/position-name";
import { formatDayMinutes } from "@/lib/format/time";
import { formatToken, formatTokenExact } from "@/lib/format/token";
import { formatUsd } from "@/lib/format/usd";

const BLOCK_PERIOD_MS = 60_000;

export function PositionView({ positionId }: { readonly positionId: string }): ReactNode {
  const [named] = useQueryState("pair", parseAsString);
  const pairs = useApi("pairs");
  if (named !== null) return <OfPair pairId={named} positionId={positionId} />;
  return (
    <QueryView query={pairs} what="pairs" skeleton={<Waiting />}>
      {/* A link without the pair: whichever pair has it answers, the others stay silent. */}
      {(data) => (
        <>
          {data.pairs.map(({ id }) => (
            <OfPair key={id} pairId={id} positionId={positionId} isGuess />
          ))}
        </>
      )}
    </QueryView>
  );
}

function Waiting(): ReactNode {
  return (
    <Panel title="Position" flush>
      <SkeletonRows rows={8} height={40} label="the position" />
    </Panel>
  );
}

function OfPair({
  pairId,
  positionId,
  isGuess = false,
}: {
  readonly pairId: string;
  readonly positionId: string;
  readonly isGuess?: boolean;
}): ReactNode {
  const params = { id: pairId };
  const open = useApi("pairPositions", { params });
  const pnl = useApi("pairPnl", { params });
  const position = open.data?.positions.find((each) => each.positionId === positionId) ?? null;
  const life = pnl.data?.positions.find((each) => each.positionId === positionId) ?? null;
  if (position === null && life === null) {
    if (isGuess) return null;
    return (
      <QueryView query={open.data === undefined ? open : pnl} what="this position" skeleton={<Waiting />}>
        {() => (
          <Panel title="Position" flush>
            <Empty title={`${pairId} has no position of this name on record.`}>
              Lives older than the epochs kept here are in the export of the ledger.{" "}
              <TextLink href="/reports">Reports</TextLink>
            </Empty>
          </Panel>
        )}
      </QueryView>
    );
  }
  return (
    <div className="grid grid-cols-1 gap-3 desk:gap-4">
      <Head pairId={pairId} positionId={positionId} position={position} life={life} />
      <div className="grid grid-cols-1 items-start gap-3 desk:gap-4 mid:grid-cols-2">
        <Result life={life} note={pnl.data?.priceNote ?? null} isPending={pnl.data === undefined} />
        <Now position={position} life={life} />
      </div>
    </div>
  );
}

function Head({
  pairId,
  positionId,
  position,
  life,
}: {
  readonly pairId: string;
  readonly positionId: string;
  readonly position: PositionDto | null;
  readonly life: PositionResultDto | null;
}): ReactNode {
  const { marketNowMs } = useMarketNow();
  const status = useApi("pairStatus", { params: { id: pairId } });
  const [base = "", quote = ""] = pairId.split("-");
  const price = status.data?.price ?? null;
  const prices = usePriceDirection({ base, quote, price });
  const [, family = "", , tokenId = "0"] = positionId.split(":");
  const range = position === null ? null : prices.range(position.priceLower, position.priceUpper);
  const target = position === null ? null : prices.range(position.targetLower, position.targetUpper);
  return (
    <section aria-label="Position" className="border-y bg-panel px-3.5 py-3.5 desk:border desk:px-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="text-stat font-medium">{positionName(family, tokenId)}</h2>
        {position === null ? (
          <Status tone="paused">Closed</Status>
        ) : (
          <Status tone={position.inRange ? "ok" : "warn"}>{position.inRange ? "In range" : "Out of range"}</Status>
        )}
        {position !== null && !position.inRange && position.outSinceAtMs !== null && marketNowMs !== null && (
          <span className="text-ink-2">for {formatAge(marketNowMs - position.outSinceAtMs)}</span>
        )}
        {position?.isStandIn === true && <Chip title="Contracts that imitate the family">Stand-in</Chip>}
        <span className="ml-auto">
          <TextLink href={`/pairs/${encodeURIComponent(pairId)}`}>Open {pairId}</TextLink>
        </span>
      </div>
      <p className="mt-1 text-dense text-ink-2">
        {position === null
          ? `${family} of ${pairId}`
          : `${position.dexName} ${formatFeePips(position.feePips)}, ${position.chainName}, ${pairId}`}
        {life !== null && `, opened ${formatDayMinutes(life.openedAtMs)} UTC`}
        {life?.closedAtMs !== null && life !== null && `, closed ${formatDayMinutes(life.closedAtMs)} UTC`}
      </p>
      {position !== null && (
        <div className="mt-3 grid items-center gap-x-6 gap-y-2 desk:grid-cols-[minmax(0,1fr)_auto]">
          <GateBar
            size="full"
            price={prices.value(price)}
            lower={range?.lower ?? null}
            upper={range?.upper ?? null}
            targetLower={target?.lower}
            targetUpper={target?.upper}
          />
          <p className="text-dense text-ink-2">
            {prices.rangeText(position.priceLower, position.priceUpper)} {prices.unit}, price {prices.text(price)}
          </p>
        </div>
      )}
    </section>
  );
}

const PARTS = [
  { key: "feesUsd", label: "Fees earned", sign: 1 },
  { key: "markUsd", label: "Change of value", sign: 1 },
  { key: "gasUsd", label: "Gas", sign: -1 },
] as const satisfies readonly { key: keyof PositionResultDto; label: string; sign: 1 | -1 }[];

function Result({
  life,
  note,
  isPending,
}: {
  readonly life: PositionResultDto | null;
  readonly note: string | null;
  readonly isPending: boolean;
}): ReactNode {
  return (
    <Panel
      title="Result"
      meta={life !== null && <MarketAge atMs={life.measuredAtMs} periodMs={BLOCK_PERIOD_MS * 15} prefix="measured" />}
    >
      {life === null ? (
        isPending ? (
          <SkeletonRows rows={5} label="the result" />
        ) : (
          <p className="text-ink-2">Its life is measured from the next epoch on.</p>
        )
      ) : (
        <>
          <p className="text-micro text-ink-3">Net, on {formatUsd(life.startUsd)} put in</p>
          <p className="text-head font-medium tracking-[-.012em]">
            <SignedMoney value={life.netUsd} />
          </p>
          <div className="mt-3">
            <KeyValue
              ruled
              rows={[
                ...PARTS.map(({ key, label, sign }) => ({
                  key: label,
                  value: <SignedMoney value={sign === 1 ? life[key] : 0 - life[key]} />,
                })),
                {
                  key: "Of the change, holding would have made",
                  value: <SignedMoney value={life.hodlUsd} />,
                },
                { key: "Divergence against holding", value: <SignedMoney value={0 - life.lvrUsd} /> },
                { key: "Alpha: fees less divergence and cost", value: <SignedMoney value={life.alphaUsd} /> },
                { key: "Opened by", value: <Tx hash={life.openTxHash} /> },
                ...(life.closedAtMs === null ? [] : [{ key: "Closed by", value: <Tx hash={life.closeTxHash} /> }]),
              ]}
            />
          </div>
          {note !== null && <p className="mt-3 text-dense text-ink-3">{note}</p>}
        </>
      )}
    </Panel>
  );
}

function Tx({ hash }: { readonly hash: string | null }): ReactNode {
  return hash === null ? (
    <span title="No transaction of ours: it came from elsewhere or is not kept any more">{UNKNOWN}</span>
  ) : (
    <Copyable value={hash} shown={shortHex(hash)} what="transaction hash" />
  );
}

function Now({
  position,
  life,
}: {
  readonly position: PositionDto | null;
  readonly life: PositionResultDto | null;
}): ReactNode {
  if (position === null) {
    return (
      <Panel title="Now">
        <p className="text-ink-2">
          Nothing is left in it{life?.closedAtMs === null ? "" : ": its liquidity and fees went to the wallet"}.
        </p>
      </Panel>
    );
  }
  return (
    <Panel
      title="Now"
      meta={
        <span className="flex items-center gap-x-2 text-micro text-ink-3">
          block {groupDigits(position.blockNumber)}
          <MarketAge atMs={position.blockAtMs} periodMs={BLOCK_PERIOD_MS} />
        </span>
      }
    >
      <KeyValue
        ruled
        rows={[
          { key: "Value", value: <b className="font-title">{formatUsd(position.valueUsd)}</b> },
          { key: position.base.token.symbol, value: <Amount amount={position.base} /> },
          { key: position.quote.token.symbol, value: <Amount amount={position.quote} /> },
          { key: "Uncollected fees", value: <b className="font-title">{formatUsd(position.feesUsd)}</b> },
          {
            key: "of which",
            value: (
              <>
                <Amount amount={position.feesBase} />, <Amount amount={position.feesQuote} />
              </>
            ),
          },
          { key: "Range", value: rangeName(position.family, position.tickLower, position.tickUpper) },
          { key: "Divergence from the target", value: formatPercent(position.divergence, 1) },
          { key: "In range, last 24 h", value: formatPercent(position.inRange24hFrac, 1) },
          { key: "Net a year, model", value: formatPercent(position.income?.netAprFrac, 1) },
          { key: "Age", value: formatAge(position.ageMs) },
          {
            key: "Pool",
            value: <TextLink href={`/pools/${position.chainId}/${position.pool}`}>{shortHex(position.pool)}</TextLink>,
          },
          {
            key: "Position manager",
            value: (
              <Copyable
                value={position.positionManager}
                shown={shortHex(position.positionManager)}
                what="position manager"
              />
            ),
          },
        ]}
      />
    </Panel>
  );
}

function Amount({ amount }: { readonly amount: AmountDto }): ReactNode {
  return (
    <span title={`${formatTokenExact(amount.raw, amount.token.decimals)} ${amount.token.symbol}`}>
      {formatToken(amount.raw, amount.token.decimals)} <ShortWord>{amount.token.symbol}</ShortWord>
    </span>
  );
}
