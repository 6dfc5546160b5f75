// The pair as it is now, in the least space: state, the day's price against the range, the money line, the plan that waits, and what can be done.
"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { PAIR_STATE, pairStateWord } from "@/components/shell/words";
import { buttonClass } from "@/components/ui/button";
import { GateBar } from "@/components/ui/gate-bar";
import { KeyValue } from "@/components/ui/key-value";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { formatPercent } from "@/lib/format/percent";
import { formatPrice, formatRange } from "@/lib/format/price";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { PriceSpark } from "./price-spark";

/** With the approval card's checks and bar, where there is a plan at all. */
const WaitingPlan = dynamic(
  lazyPart(() => import("./waiting-plan").then((module) => module.WaitingPlan)),
  {
    ssr: false,
    loading: () => <SkeletonRows rows={5} label="the plan" />,
  },
);

/** A day of quarter hours. */
const CANDLES = 96;

export function PairNow({ pairId }: { readonly pairId: string }): ReactNode {
  const overview = useApi("overview");
  const candles = useApi("pairCandles", { params: { id: pairId }, query: { tf: "15m", limit: CANDLES } });
  const pair = overview.data?.pairs.find((each) => each.id === pairId);
  if (pair === undefined) return null;
  const { tone } = PAIR_STATE[pair.state];
  const closes = (candles.data?.candles ?? []).map((row) => row[4]);
  return (
    <Panel title={`${pairId} now`}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <Status tone={tone}>{pairStateWord(pair)}</Status>
        <span className="tabular-nums">{formatPrice(pair.price)}</span>
        <span className="tabular-nums">{formatUsd(pair.valueUsd)}</span>
      </div>
      <p className="text-dense text-ink-2">{pair.stateSentence}</p>
      {closes.length > 1 && (
        <div className="mt-2">
          <PriceSpark
            closes={closes}
            range={pair.range}
            label={`Price of the last day, ${formatPrice(Math.min(...closes))} to ${formatPrice(Math.max(...closes))}`}
          />
        </div>
      )}
      {pair.range !== null && (
        <>
          <div className="mt-2">
            <GateBar size="full" price={pair.price} {...pair.range} />
          </div>
          <p className="text-micro text-ink-3">
            range {formatRange(pair.range.lower, pair.range.upper)}, last day{" "}
            {closes.length > 1 ? formatRange(Math.min(...closes), Math.max(...closes)) : "not known"}
          </p>
        </>
      )}
      <div className="desk:max-w-prose">
        <KeyValue
          rows={[
            { key: "Fees of 24 h", value: formatSignedUsd(pair.fees24hUsd) },
            { key: "Net of 24 h", value: formatSignedUsd(pair.net24hUsd) },
            { key: "In range in 24 h", value: formatPercent(pair.inRange24hFrac, 1) },
          ]}
        />
      </div>
      {pair.openPlanId !== null && <WaitingPlan planId={pair.openPlanId} />}
      <p className="mt-3 grid gap-2 desk:flex">
        <Link href={`/pairs/${pairId}?act=pause`} className={buttonClass()}>
          {pair.pause === null ? "Pause…" : "Resume…"}
        </Link>
        <Link href={`/pairs/${pairId}`} className={buttonClass()}>
          Open the pair
        </Link>
      </p>
    </Panel>
  );
}
