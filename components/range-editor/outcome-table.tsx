// Target beside yours: what each range would earn, hold, need and cost, by the strategy's own code on the newest epoch.
"use client";
import { useDeferredValue, useMemo, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { Skeleton } from "@/components/ui/states";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { PairStatus } from "@/lib/api/schemas";
import { formatAge } from "@/lib/format/age";
import { isKnown, UNKNOWN } from "@/lib/format/number";
import { formatPercent } from "@/lib/format/percent";
import { formatClockMinutes } from "@/lib/format/time";
import { formatToken } from "@/lib/format/token";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { EPOCH_MS } from "@/lib/units";
import type { IndexRange, RangeGrid } from "./range-grid";
import type { RangeOutcome, RangePreview } from "./range-preview";
import type { RangePreviewState } from "./use-range-preview";

const DAY_MS = 86_400_000;
/** Amounts of a model need six digits, whatever the token's decimals are. */
const SHOWN_DECIMALS = 9;

export function OutcomeTable({
  preview,
  pair,
  grid,
  chosen,
  target,
}: {
  readonly preview: RangePreviewState;
  readonly pair: PairStatus;
  readonly grid: RangeGrid;
  readonly chosen: IndexRange;
  readonly target: IndexRange | null;
}): ReactNode {
  // The handle moves at once; the numbers follow in the same frame when there is time, else in the next.
  const wanted = useDeferredValue(chosen);
  const model = preview.state === "ready" ? preview.preview : null;
  const yours = useMemo(() => outcome(model, grid, wanted), [model, grid, wanted]);
  const ofTarget = useMemo(() => outcome(model, grid, target), [model, grid, target]);
  if (preview.state === "none") {
    return (
      <div className="border px-3 py-2 text-dense text-ink-2">
        <p>No preview: {preview.reason}</p>
        <Button size="small" className="mt-2" onClick={preview.onRetry}>
          Read it again
        </Button>
      </div>
    );
  }
  return (
    <section aria-label="What it would do" className="border">
      <div className="flex items-baseline justify-between gap-3 border-b px-3 py-1.5">
        <h3 className="text-dense font-title">What it would do</h3>
        <span className="text-micro text-ink-3">
          {preview.state === "ready"
            ? `the strategy\u2019s own code, epoch ${formatClockMinutes(preview.epoch * EPOCH_MS)}`
            : "reading the epoch\u2019s inputs"}
        </span>
      </div>
      {yours === null ? (
        <Skeleton className="m-3 h-[220px]" />
      ) : (
        <>
          <Table caption="Target and your range">
            <thead>
              <tr>
                <Th>
                  <span className="sr-only">What</span>
                </Th>
                <Th right>Target</Th>
                <Th right>Yours</Th>
              </tr>
            </thead>
            <tbody>
              {LINES(pair).map(({ label, text, tone }) => (
                <Tr key={label}>
                  <Td className="py-1! text-ink-2">{label}</Td>
                  <Td right className="py-1! text-ink-3">
                    {ofTarget === null ? UNKNOWN : text(ofTarget)}
                  </Td>
                  <Td right className={cx("py-1! font-strong", tone?.(yours))} data-outcome={label}>
                    {text(yours)}
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
          <p role="status" className="border-t px-3 py-1.5 text-dense text-ink-2">
            {sentence(yours, ofTarget, target !== null && grid.isSame(chosen, target))} A model, not a promise.
          </p>
        </>
      )}
    </section>
  );
}

function outcome(model: RangePreview | null, grid: RangeGrid, range: IndexRange | null): RangeOutcome | null {
  return model === null || range === null ? null : model.outcomeOf(grid.toPositionRange(range), grid.prices(range));
}

interface Line {
  readonly label: string;
  readonly text: (outcome: RangeOutcome) => string;
  readonly tone?: (outcome: RangeOutcome) => string | undefined;
}

const LINES = (pair: PairStatus): readonly Line[] => [
  { label: "Last 7 days in range", text: ({ recentFrac }) => formatPercent(recentFrac, 1) },
  {
    label: "Expected to hold",
    text: ({ holdMs }) => (holdMs === Number.POSITIVE_INFINITY ? "for ever" : formatAge(holdMs)),
  },
  { label: "Fees a day", text: ({ feesUsdPerDay }) => formatUsd(feesUsdPerDay) },
  {
    label: "Divergence a day",
    text: ({ lvrUsdPerDay }) => formatSignedUsd(lvrUsdPerDay === null ? null : -lvrUsdPerDay),
  },
  {
    label: "Net a day, with shifts",
    text: ({ netUsdPerDay }) => formatSignedUsd(netUsdPerDay),
    tone: ({ netUsdPerDay }) =>
      !isKnown(netUsdPerDay) || netUsdPerDay === 0 ? undefined : netUsdPerDay > 0 ? "text-pos" : "text-neg",
  },
  { label: `${pair.base} needed`, text: ({ base }) => amountText(base) },
  { label: `${pair.quote} needed`, text: ({ quote }) => amountText(quote) },
  { label: "Cost of the shift", text: ({ costUsd }) => formatUsd(costUsd) },
  {
    label: "Pays back in",
    text: ({ paybackDays }) => (paybackDays === null ? "never" : formatAge(paybackDays * DAY_MS)),
  },
];

function amountText(amount: number): string {
  if (!Number.isFinite(amount)) return UNKNOWN;
  return formatToken(BigInt(Math.round(amount * 10 ** SHOWN_DECIMALS)).toString(), SHOWN_DECIMALS);
}

function sentence(yours: RangeOutcome, target: RangeOutcome | null, isSame: boolean): string {
  if (isSame) return "Equal to the strategy\u2019s target.";
  if (yours.feesUsdPerDay === 0) return "The price is outside it: it earns nothing until the price comes.";
  if (!isKnown(yours.netUsdPerDay) || !isKnown(target?.netUsdPerDay)) {
    return "Its income cannot be compared with the target\u2019s now.";
  }
  const more = yours.netUsdPerDay - target.netUsdPerDay;
  return `It nets ${formatUsd(Math.abs(more))} a day ${more < 0 ? "less" : "more"} than the strategy\u2019s target.`;
}
