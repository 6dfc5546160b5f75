// Capital between chains beside a total: amount, way, since when, state; what ended lately stays a while; the panel has the rest.
"use client";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { TransferDto } from "@/lib/api/money-schemas";
import { formatAge } from "@/lib/format/age";
import { formatInstant } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";
import { amountText, isUnderWay, TRANSFER_STATE, transferSentence } from "./transfer-words";

/** An end is news for this long; then it is history and stands in the panel only. */
const NEWS_MS = 10 * 60_000;
/** While something is under way its end may come at any block. */
const WATCH_MS = 5_000;
const SHOWN_MAX = 4;

const TRANSFERS_HREF = "/system#transfers";

export function TransitList({
  pairId,
  className,
}: {
  /** All pairs without it. */
  readonly pairId?: string;
  readonly className?: string;
}): ReactNode {
  const nowMs = useWallNow();
  const query = pairId === undefined ? {} : { query: { pair: pairId } };
  const known = useApi("transfers", query).data?.transfers ?? [];
  const isAnyOpen = known.some(isUnderWay);
  const transfers = useApi("transfers", query, isAnyOpen ? { refetchMs: WATCH_MS } : {}).data?.transfers ?? [];
  const news = transfers.filter((each) => isUnderWay(each) || nowMs - each.updatedAtMs < NEWS_MS);
  if (news.length === 0 || nowMs === 0) return null;
  // What went well is a count; what is under way or ended otherwise has its own line.
  const shown = news.filter((each) => isUnderWay(each) || each.state !== "done");
  const arrived = news.filter((each) => !isUnderWay(each) && each.state === "done");
  const lastAtMs = arrived.reduce((max, { updatedAtMs }) => Math.max(max, updatedAtMs), 0);
  return (
    <section aria-label="Between chains" className={className}>
      <ul className={shown.length === 0 ? "hidden" : "border-t"}>
        {shown.slice(0, SHOWN_MAX).map((transfer) => (
          <li key={transfer.transferId} className="border-b py-1.5 text-dense">
            <Line transfer={transfer} nowMs={nowMs} withPair={pairId === undefined} />
          </li>
        ))}
      </ul>
      <p className="mt-1.5 text-dense text-ink-3">
        {shown.length > SHOWN_MAX && `${shown.length - SHOWN_MAX} more. `}
        {arrived.length > 0 &&
          `${arrived.length} ${arrived.length === 1 ? "transfer" : "transfers"} arrived, ${arrived.length === 1 ? "" : "the last "}at ${formatInstant(lastAtMs, nowMs)}. `}
        <TextLink href={TRANSFERS_HREF}>All transfers</TextLink>
      </p>
    </section>
  );
}

function Line({
  transfer,
  nowMs,
  withPair,
}: {
  readonly transfer: TransferDto;
  readonly nowMs: number;
  readonly withPair: boolean;
}): ReactNode {
  const { word, tone } = TRANSFER_STATE[transfer.state];
  const isOpen = isUnderWay(transfer);
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4" title={transferSentence(transfer)}>
        <span className="min-w-0">
          <b className="font-strong">{amountText(isOpen ? transfer.inTransit : transfer.sent)}</b>
          {isOpen && <span className="text-ink-3"> {formatUsd(transfer.inTransitUsd)}</span>}
        </span>
        <Status tone={tone}>{word}</Status>
      </div>
      <div className="flex flex-wrap justify-between gap-x-4 text-micro text-ink-3">
        <span className="min-w-0 wrap-anywhere">
          {withPair && `${transfer.pairId}, `}
          {transfer.fromChain} → {transfer.toChain}, {transfer.bridge}
        </span>
        <span title={formatInstant(transfer.startedAtMs, nowMs)}>
          {isOpen
            ? `since ${formatInstant(transfer.startedAtMs, nowMs)}, ${formatAge(nowMs - transfer.startedAtMs)}`
            : `ended ${formatInstant(transfer.updatedAtMs, nowMs)}`}
        </span>
      </div>
    </>
  );
}
