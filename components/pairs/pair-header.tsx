// Price with its direction, where it stands against the range, and the actions of the pair.
"use client";
import { ArrowLeftRight } from "lucide-react";
import type { ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { useMarketNow } from "@/components/live/use-market-now";
import { useWallNow } from "@/components/live/ticker";
import { SignedMoney } from "@/components/live/signed-money";
import { totalWords } from "@/components/transfers/transit-words";
import { PAIR_STATE, pairStateWord } from "@/components/shell/words";
import { Status } from "@/components/ui/status";
import { formatAge } from "@/lib/format/age";
import { isKnown } from "@/lib/format/number";
import { formatPercent, formatSignedPercent } from "@/lib/format/percent";
import { formatInstant } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";
import { useSession } from "@/components/wallet/use-session";
import type { CommandAction } from "@/lib/api/commands";
import type { PairStatus } from "@/lib/api/schemas";
import { ModeControl } from "./mode-control";
import { roleObstacle } from "./pair-acts";
import { PauseControl } from "./pause-control";
import { pauseSentence } from "./pause-words";
import { ShiftControl } from "./shift-control";
import type { PriceView } from "./use-price-direction";

/** Prices follow blocks; a minute of market time without one is late. */
const PRICE_PERIOD_MS = 60_000;

/** While the truth is not known nothing is signed on it. */
const OFF = "Off: the server does not answer, what is shown may be old";

export function PairHeader({
  pair,
  prices,
  isOld,
}: {
  readonly pair: PairStatus;
  readonly prices: PriceView;
  /** The last reading failed. */
  readonly isOld: boolean;
}): ReactNode {
  const session = useSession();
  const off = (action: CommandAction): string | null => (isOld ? OFF : roleObstacle(action, session.data));
  const change = pair.priceChange24hFrac;
  const shownChange =
    isKnown(change) && prices.direction === "base_per_quote" ? (change === -1 ? null : 1 / (1 + change) - 1) : change;
  return (
    <div className="flex flex-wrap items-end gap-x-8 gap-y-3 px-3.5 desk:px-0">
      <div>
        <p className="flex items-baseline gap-3">
          <span className="text-head font-medium tracking-[-.012em]" data-testid="pair-price">
            {prices.text(pair.price)}
          </span>
          <button
            type="button"
            onClick={prices.toggle}
            aria-label={`Prices in ${prices.unit}. Turn them round`}
            className="inline-flex min-h-6 items-center gap-2 rounded-chip text-dense text-ink-2 hover:text-ink"
          >
            {prices.unit}
            <ArrowLeftRight size={13} aria-hidden="true" />
          </button>
        </p>
        <p className="flex flex-wrap gap-x-4 text-dense text-ink-3">
          <span>
            24 h <span className="text-ink-2">{formatSignedPercent(shownChange)}</span>
          </span>
          <span>
            value{" "}
            <span className="text-ink-2">
              {formatUsd(pair.valueUsd === null ? null : pair.valueUsd + (pair.inTransitUsd ?? 0))}
            </span>
            {pair.inTransitUsd !== 0 && `, ${totalWords(pair.inTransitUsd)}`}
          </span>
          <span>
            net 24 h <SignedMoney value={pair.net24hUsd} />
          </span>
          <MarketAge atMs={pair.priceAtMs} periodMs={PRICE_PERIOD_MS} />
        </p>
      </div>
      <div className="min-w-0 pb-px">
        <StateLine pair={pair} />
        <p className="text-dense text-ink-2">
          <Distance pair={pair} prices={prices} />
        </p>
      </div>
      <div className="ml-auto flex w-full gap-2 desk:w-auto [&>*]:flex-1 desk:[&>*]:flex-none">
        <ShiftControl pair={pair} prices={prices} off={off("range.shift")} />
        <PauseControl pair={pair} off={off(pauseAction(pair))} />
        <ModeControl pair={pair} off={off("pair.mode")} />
      </div>
    </div>
  );
}

function pauseAction({ pause, halted }: PairStatus): CommandAction {
  return halted !== null ? "pair.unhalt" : pause !== null ? "pair.resume" : "pair.pause";
}

function StateLine({ pair }: { readonly pair: PairStatus }): ReactNode {
  const { marketNowMs } = useMarketNow();
  const wallNowMs = useWallNow();
  const isWall = pair.state === "paused" || pair.state === "halted";
  const nowMs = isWall ? wallNowMs : marketNowMs;
  const since = pair.stateSinceAtMs;
  return (
    <span role="status" data-testid="pair-state" data-state={pair.state}>
      <Status tone={PAIR_STATE[pair.state].tone} title={pair.stateSentence}>
        {pairStateWord(pair)}
        {since !== null && nowMs !== null && nowMs > 0 && (
          <span title={formatInstant(since, nowMs)}>{formatAge(nowMs - since)}</span>
        )}
      </Status>
    </span>
  );
}

/** How far the price is from the nearest edge, in the page's direction. */
function Distance({ pair, prices }: { readonly pair: PairStatus; readonly prices: PriceView }): ReactNode {
  const wallNowMs = useWallNow();
  if (pair.pause !== null && pair.halted === null) {
    return `${pauseSentence(pair.pause, wallNowMs)} Reason: ${pair.pause.reason}`;
  }
  if (pair.state === "paused" || pair.state === "halted" || pair.state === "no_data") return pair.stateSentence;
  const price = prices.value(pair.price);
  const range = pair.range === null ? null : prices.range(pair.range.lower, pair.range.upper);
  if (price === null || range === null) return pair.stateSentence;
  const isAbove = price > range.upper;
  const isBelow = price < range.lower;
  const edge = isAbove
    ? range.upper
    : isBelow
      ? range.lower
      : price - range.lower < range.upper - price
        ? range.lower
        : range.upper;
  const name = edge === range.upper ? "upper" : "lower";
  const gap = Math.abs(price - edge);
  const share = formatPercent(gap / edge);
  return isAbove || isBelow
    ? `${prices.plain(gap)} (${share}) ${isAbove ? "above" : "below"} the ${name} edge`
    : `${share} inside, ${name} edge nearest`;
}
