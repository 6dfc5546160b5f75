// The card's eighth part: how much of each limit is used, how much this plan takes, and what is left.
"use client";
import type { ReactNode } from "react";
import { cx } from "@/components/ui/cx";
import { Status } from "@/components/ui/status";
import type { PlanDto } from "@/lib/api/schemas";
import { formatUsd } from "@/lib/format/usd";
import { PlanSection } from "./plan-section";
import { areLimitsKept, isOpen } from "./plan-words";

export function LimitsWord({ plan }: { readonly plan: PlanDto }): ReactNode {
  const kept = areLimitsKept(plan);
  return kept === null ? (
    <Status tone="unknown">Unknown</Status>
  ) : kept ? (
    <Status tone="ok">Within</Status>
  ) : (
    <Status tone="warn">Exceeded</Status>
  );
}

export function PlanLimits({ plan }: { readonly plan: PlanDto }): ReactNode {
  const open = isOpen(plan);
  return (
    <PlanSection
      index={8}
      title="Limits"
      meta={open ? <LimitsWord plan={plan} /> : "as they are now"}
      foldOnPhone
      className="order-7 desk:order-none"
    >
      {plan.limits.length === 0 ? (
        <p className="text-ink-2">
          The signer has not answered, so its limits are not known here. It checks them before it signs.
        </p>
      ) : (
        <ul className="grid gap-2.5 text-dense">
          {plan.limits.map((limit) => {
            // After the end this plan is part of what is used.
            const thisUsd = open ? limit.thisUsd : 0;
            const share = (usd: number): number =>
              limit.limitUsd > 0 ? Math.min(100, Math.max(0, (usd / limit.limitUsd) * 100)) : 100;
            const used = share(limit.usedUsd);
            const left = limit.limitUsd - limit.usedUsd - thisUsd;
            return (
              <li key={limit.id} className="grid gap-x-4 gap-y-1 desk:grid-cols-[110px_minmax(0,1fr)_auto]">
                <span className="text-ink-2">{limit.label}</span>
                <span aria-hidden="true" className="order-3 h-1.5 self-center overflow-hidden bg-line desk:order-none">
                  <span className="flex h-full">
                    <span className="h-full bg-ink-3" style={{ width: `${used}%` }} />
                    <span
                      className="hatch-prop h-full bg-prop-soft"
                      style={{ width: `${Math.min(100 - used, share(thisUsd))}%` }}
                    />
                  </span>
                </span>
                <span className="desk:text-right">
                  <b className="font-strong">{formatUsd(limit.usedUsd + thisUsd)}</b> of {formatUsd(limit.limitUsd)}
                </span>
                <span className={cx("desk:col-span-2 desk:col-start-2", left < 0 ? "text-warn" : "text-ink-3")}>
                  used {formatUsd(limit.usedUsd)}
                  {open && `, this ${formatUsd(limit.thisUsd)}`}, {left < 0 ? "over by" : "left"}{" "}
                  {formatUsd(Math.abs(left))}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </PlanSection>
  );
}
