// The card's fourth part: what the model expects it to earn, what it costs, when it has paid back; a model, not a promise.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { lazyPart } from "@/components/ui/lazy-part";
import type { PlanDto } from "@/lib/api/schemas";
import { formatAge } from "@/lib/format/age";
import { UNKNOWN } from "@/lib/format/number";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { PlanHops } from "./plan-hops";
import { PlanSection } from "./plan-section";

const PlanTrackRecord = dynamic(
  lazyPart(() => import("./plan-track-record").then((module) => module.PlanTrackRecord)),
  {
    ssr: false,
  },
);
const DAY_MS = 86_400_000;

export function paybackWords(paybackDays: number | null): string {
  return paybackDays === null ? "never, by the model" : formatAge(paybackDays * DAY_MS);
}

export function netTone(usd: number): string {
  return usd < 0 ? "text-neg" : "text-pos";
}

export function PlanMoney({ plan }: { readonly plan: PlanDto }): ReactNode {
  const { forecast } = plan;
  return (
    <PlanSection index={4} title="Money" meta="model, not a promise" className="order-2 desk:order-none">
      <dl className="grid grid-cols-2 gap-px border bg-line desk:grid-cols-4">
        <Figure
          label="Fees per day"
          value={
            <>
              {formatUsd(forecast.feesUsdPerDayBefore)} <span className="text-ink-3">→</span>{" "}
              {formatUsd(forecast.feesUsdPerDayAfter)}
            </>
          }
          context={`less divergence ${formatSignedUsd(-Math.abs(forecast.lvrUsdPerDayAfter))} a day after`}
        />
        <Figure label="Cost, all of it" value={formatUsd(forecast.costUsd)} context={costWords(forecast)} />
        <Figure
          label="Pays back in"
          value={forecast.paybackDays === null ? UNKNOWN : paybackWords(forecast.paybackDays)}
          context={
            forecast.paybackDays === null
              ? "the model expects no gain, so the cost is never earned back"
              : `gain ${formatSignedUsd(forecast.gainUsdPerYear / 365)} a day against staying`
          }
        />
        <Figure
          label="Net after 7 days"
          value={<span className={netTone(forecast.net7dUsd)}>{formatSignedUsd(forecast.net7dUsd)}</span>}
          context={`low ${formatSignedUsd(forecast.net7dLowUsd)}, high ${formatSignedUsd(forecast.net7dHighUsd)}`}
        />
      </dl>
      <PlanHops plan={plan} />
      <p className="mt-2 text-dense text-ink-3">
        Low and high are one standard deviation of the time in range; volume and price are taken as expected.
      </p>
      <PlanTrackRecord pairId={plan.pairId} />
    </PlanSection>
  );
}

function costWords({ swapFeeUsd, slippageUsd, bridgeFeeUsd, gasUsd }: PlanDto["forecast"]): string {
  const bridge = bridgeFeeUsd === undefined ? "" : `, bridges ${formatUsd(bridgeFeeUsd)}`;
  return `swap fee ${formatUsd(swapFeeUsd)}, slippage ${formatUsd(slippageUsd)}${bridge}, gas ${formatUsd(gasUsd)}`;
}

function Figure({
  label,
  value,
  context,
}: {
  readonly label: string;
  readonly value: ReactNode;
  readonly context: string;
}): ReactNode {
  return (
    <div className="min-w-0 bg-panel px-3 py-2.5">
      <dt className="text-micro text-ink-3">{label}</dt>
      <dd className="mt-0.5 text-lead font-medium wide:text-stat">{value}</dd>
      <dd className="mt-0.5 text-dense text-ink-2">{context}</dd>
    </div>
  );
}
