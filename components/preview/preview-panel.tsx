// Preview: what range, income and decision would be at another price or with other parameters; nothing is sent, nothing is kept.
"use client";
import { useDeferredValue, useMemo, useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import type { PriceView } from "@/components/pairs/use-price-direction";
import { reasonWords } from "@/components/shell/words";
import { Button } from "@/components/ui/button";
import { Chip } from "@/components/ui/chip";
import { cx } from "@/components/ui/cx";
import { GateBar } from "@/components/ui/gate-bar";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { PreviewInput } from "@/lib/api/schemas";
import { formatDuration } from "@/lib/format/age";
import { formatGateValue } from "@/lib/format/gate-value";
import { formatFixed } from "@/lib/format/number";
import { formatFeePips, formatPercent, formatSignedPercent } from "@/lib/format/percent";
import { formatDayMinutes } from "@/lib/format/time";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { RANGE_PARAM_BOUNDS, type Decision, type IncomeSplit } from "@/lib/strategy";
import { EPOCH_MS } from "@/lib/units";
import { Knob } from "./knob";
import {
  computePreview,
  timePreview,
  readPreviewInput,
  type PreviewBase,
  type PreviewKnobs,
  type PreviewResult,
} from "./preview-model";

type RangeKey = (typeof RANGE_PARAM_BOUNDS)[number]["key"];

const KNOB: Readonly<Record<RangeKey, { readonly label: string; readonly text: (value: number) => string }>> = {
  baseMin: { label: "Narrowest half-width", text: (value) => formatPercent(value, 3) },
  baseMax: { label: "Widest half-width", text: (value) => formatPercent(value, 2) },
  vforceExp: { label: "Volatility exponent", text: (value) => formatFixed(value, 2) },
  vforceDivider: { label: "Volatility divider", text: (value) => formatFixed(value, 1) },
  rsThreshold: { label: "Shift threshold", text: (value) => formatFixed(value, 2) },
};
/** How far the price can be moved, in log price. */
const PRICE_REACH = 0.25;

export function PreviewPanel({
  pairId,
  latestEpoch,
  prices,
  onClose,
}: {
  readonly pairId: string;
  readonly latestEpoch: number | null;
  readonly prices: PriceView;
  readonly onClose: () => void;
}): ReactNode {
  // Two megabytes, and knobs that somebody has moved: the inputs stay those of one epoch until asked for newer ones.
  const query = useApi("pairPreviewInput", { params: { id: pairId } }, { refetchMs: Number.POSITIVE_INFINITY });
  const [pinned, setPinned] = useState<PreviewInput | null>(null);
  if (pinned === null && query.data !== undefined) setPinned(query.data);
  const isOld = pinned !== null && latestEpoch !== null && latestEpoch > pinned.epoch;
  return (
    <Panel
      title="Preview"
      meta={<Chip tone="prop">nothing is sent</Chip>}
      tools={
        <>
          {isOld && (
            <Button
              size="small"
              busy={query.isFetching ? "Reading" : null}
              onClick={() => void query.refetch().then(({ data }) => data !== undefined && setPinned(data))}
            >
              Use the newest epoch
            </Button>
          )}
          <Button size="small" kind="quiet" onClick={onClose}>
            Close
          </Button>
        </>
      }
      flush
    >
      {pinned !== null ? (
        <Loaded key={`${pinned.pairId} ${pinned.epoch}`} input={pinned} prices={prices} />
      ) : (
        <QueryView
          query={query}
          what="the inputs of the newest epoch"
          skeleton={<SkeletonRows rows={8} height={44} label="the preview" />}
        >
          {() => null}
        </QueryView>
      )}
    </Panel>
  );
}

function Loaded({ input, prices }: { readonly input: PreviewInput; readonly prices: PriceView }): ReactNode {
  const base = useMemo(() => {
    try {
      return { ok: true, value: readPreviewInput(input) } as const;
    } catch (cause) {
      return { ok: false, message: cause instanceof Error ? cause.message : "The inputs could not be read." } as const;
    }
  }, [input]);
  return base.ok ? (
    <Desk base={base.value} prices={prices} />
  ) : (
    <ErrorState what="the preview" sentence={base.message} />
  );
}

function Desk({ base, prices }: { readonly base: PreviewBase; readonly prices: PriceView }): ReactNode {
  const [knobs, setKnobs] = useState<PreviewKnobs>(base.knobs);
  // The handle moves at once; the numbers follow in the same frame when there is time, else in the next.
  const wanted = useDeferredValue(knobs);
  const before = useMemo(() => computePreview(base, base.knobs), [base]);
  const after = useMemo(() => timePreview(base, wanted), [base, wanted]);
  const set = (change: Partial<PreviewKnobs>): void => setKnobs({ ...knobs, ...change });
  const isMoved = JSON.stringify(knobs) !== JSON.stringify(base.knobs);
  const move = Math.log(knobs.price / base.knobs.price);
  return (
    <div className="grid mid:grid-cols-[minmax(0,340px)_minmax(0,1fr)]">
      <div className="grid content-start gap-3.5 border-b p-3.5 desk:p-4 mid:border-r mid:border-b-0">
        <Knob
          label="Price"
          text={`${prices.text(knobs.price)} (${formatSignedPercent(knobs.price / base.knobs.price - 1, 2)})`}
          valueText={`${prices.text(knobs.price)} ${prices.unit}`}
          value={(prices.direction === "quote_per_base" ? 1 : -1) * move}
          min={-PRICE_REACH}
          max={PRICE_REACH}
          step={0.0005}
          isMoved={move !== 0}
          onChange={(value) =>
            set({ price: base.knobs.price * Math.exp((prices.direction === "quote_per_base" ? 1 : -1) * value) })
          }
        />
        {RANGE_PARAM_BOUNDS.map(({ key, min, max, scale }) => {
          const toSlider = (value: number): number => (scale === "log" ? Math.log(value) : value);
          return (
            <Knob
              key={key}
              label={KNOB[key].label}
              text={KNOB[key].text(knobs[key])}
              valueText={KNOB[key].text(knobs[key])}
              value={toSlider(Math.min(max, Math.max(min, knobs[key])))}
              min={toSlider(min)}
              max={toSlider(max)}
              step={(toSlider(max) - toSlider(min)) / 200}
              isMoved={knobs[key] !== base.knobs[key]}
              onChange={(value) => set({ [key]: scale === "log" ? Math.exp(value) : value })}
            />
          );
        })}
        <div className="flex flex-wrap items-center justify-between gap-3">
          <Segmented
            label="Policy"
            value={knobs.policy}
            options={[
              { value: "forces", label: "Forces" },
              { value: "carry", label: "Carry" },
            ]}
            onChange={(policy) => set({ policy })}
          />
          <label className="flex min-h-8 items-center gap-2.5 text-dense text-ink-2">
            <input
              type="checkbox"
              className="size-4 accent-tide"
              checked={knobs.allowCash}
              onChange={(event) => set({ allowCash: event.target.checked })}
            />
            Cash is allowed
          </label>
        </div>
        <Button onClick={() => setKnobs(base.knobs)} disabled={!isMoved}>
          Back to the epoch
        </Button>
        <p className="text-micro text-ink-3">
          The same code as the worker, in this browser, on the inputs of the epoch of{" "}
          {formatDayMinutes(base.snapshot.epoch * EPOCH_MS)} UTC; took {formatDuration(after.tookMs)}. The search for
          parameters is off. A moved price is a jump: candles and volumes stay as they were.
        </p>
      </div>
      <Outcome before={before} after={after} base={base} knobs={wanted} prices={prices} />
    </div>
  );
}

function Outcome({
  before,
  after,
  base,
  knobs,
  prices,
}: {
  readonly before: PreviewResult;
  readonly after: PreviewResult;
  readonly base: PreviewBase;
  readonly knobs: PreviewKnobs;
  readonly prices: PriceView;
}): ReactNode {
  const isSameDecision =
    before.decision.kind === after.decision.kind && before.decision.reason === after.decision.reason;
  const target = after.evaluation.target;
  const now = before.evaluation.target;
  const shown = prices.range(target?.min, target?.max);
  const was = prices.range(now?.min, now?.max);
  return (
    <div className="min-w-0">
      <div className="border-b p-3.5 desk:p-4" aria-live="polite">
        <p
          className={cx("text-stat font-medium", after.decision.kind !== "HOLD" && "text-prop")}
          data-testid="preview-decision"
        >
          {after.decision.kind}, {reasonWords(after.decision.reason)}
        </p>
        <p className="mt-0.5 text-ink-2">
          {isSameDecision
            ? "The same decision as in the epoch."
            : `The epoch's inputs as they are give ${before.decision.kind}, ${reasonWords(before.decision.reason)}.`}{" "}
          {firstDifference(before.decision, after.decision)}
        </p>
        <div className="mt-3">
          <GateBar
            size="full"
            price={prices.value(knobs.price)}
            lower={was?.lower ?? null}
            upper={was?.upper ?? null}
            targetLower={shown?.lower}
            targetUpper={shown?.upper}
            hasPosition={false}
            label={`Target ${prices.rangeText(target?.min, target?.max)}, in the epoch ${prices.rangeText(now?.min, now?.max)}`}
          />
        </div>
        <dl className="mt-2 grid grid-cols-[auto_1fr_1fr] gap-x-4 gap-y-1 text-dense">
          <dt />
          <dd className="text-right text-micro text-ink-3">epoch</dd>
          <dd className="text-right text-micro text-ink-3">preview</dd>
          <Pair
            label="Target range"
            now={prices.rangeText(now?.min, now?.max)}
            then={prices.rangeText(target?.min, target?.max)}
          />
          <Pair label="Half-width" now={formatPercent(now?.width, 2)} then={formatPercent(target?.width, 2)} />
          <Pair
            label="Fees a year, model"
            now={formatUsd(total(before, "feesUsdPerYear"))}
            then={formatUsd(total(after, "feesUsdPerYear"))}
          />
          <Pair
            label="LVR a year, model"
            now={formatSignedUsd(negative(total(before, "lvrUsdPerYear")))}
            then={formatSignedUsd(negative(total(after, "lvrUsdPerYear")))}
          />
          <Pair
            label="Costs a year, model"
            now={formatSignedUsd(negative(total(before, "costsUsdPerYear")))}
            then={formatSignedUsd(negative(total(after, "costsUsdPerYear")))}
          />
          <Pair
            label="Net a year, model"
            now={formatSignedUsd(total(before, "netUsdPerYear"))}
            then={formatSignedUsd(total(after, "netUsdPerYear"))}
          />
          <Pair
            label="Deployed of capital"
            now={`${formatUsd(deployed(before))} / ${formatUsd(before.evaluation.capitalUsd)}`}
            then={`${formatUsd(deployed(after))} / ${formatUsd(after.evaluation.capitalUsd)}`}
          />
          <Pair
            label="Cost of moving there"
            now={formatUsd(before.evaluation.transitionCost.totalUsd)}
            then={formatUsd(after.evaluation.transitionCost.totalUsd)}
          />
        </dl>
      </div>
      <Pools before={before} after={after} prices={prices} />
      {base.snapshot.pools.some((pool) => pool.kind === "bins") && knobs.price !== base.knobs.price && (
        <p className="border-t px-3.5 py-2 text-dense text-ink-3 desk:px-4">
          Liquidity Book pools keep the amounts of their bins when the price is moved here.
        </p>
      )}
    </div>
  );
}

function Pair({
  label,
  now,
  then,
}: {
  readonly label: string;
  readonly now: string;
  readonly then: string;
}): ReactNode {
  return (
    <>
      <dt className="text-ink-2">{label}</dt>
      <dd className="text-right text-ink-3">{now}</dd>
      <dd className={cx("text-right", now === then ? "text-ink-2" : "font-strong text-prop")}>{then}</dd>
    </>
  );
}

function Pools({
  before,
  after,
  prices,
}: {
  readonly before: PreviewResult;
  readonly after: PreviewResult;
  readonly prices: PriceView;
}): ReactNode {
  if (after.evaluation.pools.length === 0) return null;
  return (
    <Table caption="Pools in the preview">
      <thead>
        <tr>
          <Th>Pool</Th>
          <Th right from="desk">
            Range as minted
          </Th>
          <Th right from="desk">
            Expected in range
          </Th>
          <Th right>Gets</Th>
          <Th right>Net a year, model</Th>
        </tr>
      </thead>
      <tbody>
        {after.evaluation.pools.map((pool) => {
          const old = before.evaluation.pools.find((each) => each.poolKey === pool.poolKey);
          return (
            <Tr key={pool.poolKey} className={pool.exclusion === null ? undefined : "text-ink-3"}>
              <Td title={pool.poolKey}>
                {pool.dexName} {formatFeePips(pool.feeFrac * 1_000_000)}
                {pool.exclusion !== null && (
                  <span className="block text-micro">left out: {reasonWords(pool.exclusion)}</span>
                )}
              </Td>
              <Td right from="desk">
                {prices.rangeText(pool.target?.effective.min, pool.target?.effective.max)}
              </Td>
              <Td right from="desk">
                {formatPercent(pool.terms?.inRangeFrac, 0)}
              </Td>
              <Td right className={cx(old?.allocatedUsd !== pool.allocatedUsd && "text-prop")}>
                {formatUsd(pool.allocatedUsd)}
              </Td>
              <Td right>{formatSignedUsd(pool.income?.netUsdPerYear)}</Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}

function total(result: PreviewResult, key: Exclude<keyof IncomeSplit, "netAprFrac">): number {
  return result.evaluation.pools.reduce((sum, pool) => sum + (pool.income?.[key] ?? 0), 0);
}

function deployed(result: PreviewResult): number {
  return result.evaluation.pools.reduce((sum, pool) => sum + pool.allocatedUsd, 0);
}

function negative(value: number): number {
  return value === 0 ? 0 : -value;
}

/** The first gate that stands differently, in words. */
function firstDifference(before: Decision, after: Decision): string {
  for (const gate of after.gates) {
    const old = before.gates.find((each) => each.id === gate.id && each.positionId === gate.positionId);
    if (old === undefined || old.status === gate.status || gate.status === "not_reached") continue;
    return `${gate.label}: ${formatGateValue(gate.value, gate.unit)} against ${formatGateValue(gate.threshold, gate.unit)}, ${gate.status === "pass" ? "now met" : "no longer met"}.`;
  }
  return "";
}
