// The range editor: drag, arrow keys, fields or presets set a range on the pool's grid; beside it what it would do by the strategy's own code.
"use client";
import { useMemo, useState, type ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import type { PriceView } from "@/components/pairs/use-price-direction";
import { Button } from "@/components/ui/button";
import { SelectField } from "@/components/ui/field";
import { Skeleton } from "@/components/ui/states";
import type { UseCommand } from "@/components/wallet/use-command";
import type { PairStatus, PositionDto } from "@/lib/api/schemas";
import { formatInteger } from "@/lib/format/number";
import { formatFeePips, formatSignedPercent } from "@/lib/format/percent";
import { positionName } from "@/lib/format/position-name";
import { formatUsd } from "@/lib/format/usd";
import { EdgeField } from "./edge-field";
import { OutcomeTable } from "./outcome-table";
import { RangeChart, type Band, type Handle } from "./range-chart";
import { createRangeGrid, type Edge, type IndexRange } from "./range-grid";
import { sigmaRange } from "./range-preview";
import { useRangePreview } from "./use-range-preview";

const DAY_MS = 86_400_000;
const SHOWN_DAYS = 7;
const CANDLE_MS = 900_000;

type Choice = { readonly kind: "target" } | { readonly kind: "own"; readonly range: IndexRange };

export function RangeEditor({
  pair,
  prices,
  positions,
  command,
}: {
  readonly pair: PairStatus;
  readonly prices: PriceView;
  readonly positions: readonly PositionDto[];
  readonly command: UseCommand;
}): ReactNode {
  const [largest] = positions.toSorted((a, b) => b.valueUsd - a.valueUsd);
  const [positionId, setPositionId] = useState(largest?.positionId ?? "");
  const position = positions.find((each) => each.positionId === positionId) ?? largest;
  if (position === undefined) return null;
  return (
    <div className="grid gap-3">
      {positions.length > 1 && (
        <SelectField
          label="Position"
          value={position.positionId}
          onChange={(event) => setPositionId(event.target.value)}
        >
          {positions.map((each) => (
            <option key={each.positionId} value={each.positionId}>
              {positionName(each.family, each.tokenId)}, {each.dexName} {formatFeePips(each.feePips)}, {each.chainName},{" "}
              {formatUsd(each.valueUsd)}
            </option>
          ))}
        </SelectField>
      )}
      <Editor key={position.positionId} pair={pair} prices={prices} position={position} command={command} />
    </div>
  );
}

function Editor({
  pair,
  prices,
  position,
  command,
}: {
  readonly pair: PairStatus;
  readonly prices: PriceView;
  readonly position: PositionDto;
  readonly command: UseCommand;
}): ReactNode {
  // The form keeps the position it was opened with; amounts that move with each block would start the preview anew.
  const [opened] = useState(position);
  const preview = useRangePreview(pair.id, opened);
  const grid = useMemo(() => createRangeGrid(opened), [opened]);
  const { targetLower, targetUpper } = position;
  const target = useMemo(
    () => (targetLower === null || targetUpper === null ? null : grid.fromPrices(targetLower, targetUpper)),
    [grid, targetLower, targetUpper],
  );
  const [choice, setChoice] = useState<Choice>({ kind: "target" });
  const chosen = choice.kind === "own" ? choice.range : (target ?? grid.current);
  const isTarget = choice.kind === "target" && target !== null;
  const price = pair.price;
  const isDirect = prices.direction === "quote_per_base";

  const own = (range: IndexRange): void => setChoice({ kind: "own", range });
  /** Edges as shown and edges of QUOTE per BASE are each other's when the page shows BASE per QUOTE. */
  const edgeOf = (handle: "lower" | "upper"): Edge => ((handle === "lower") === isDirect ? "min" : "max");
  const onMove = (handle: Handle, shown: number): void => {
    const wanted = prices.value(shown);
    if (wanted === null) return;
    own(handle === "band" ? grid.centreAt(chosen, wanted) : grid.moveTo(chosen, edgeOf(handle), wanted));
  };
  const onStep = (handle: Handle, steps: number): void =>
    own(grid.stepBy(chosen, handle === "band" ? "both" : edgeOf(handle), isDirect ? steps : -steps));

  const edges = grid.prices(chosen);
  const shown: Band | null = prices.range(edges.min, edges.max);
  const isUnchanged = grid.isSame(chosen, grid.current);
  const problem =
    price === null
      ? "The price is not known now."
      : choice.kind === "target" && target === null
        ? "The strategy has no target now; drag an edge or use a preset."
        : isUnchanged && !isTarget
          ? "This is the range the position has now."
          : null;
  const sigma = preview.state === "ready" ? preview.preview.sigmaPerYear : null;
  return (
    <form
      className="grid gap-4 mid:grid-cols-[minmax(0,1fr)_340px]"
      onSubmit={(event) => {
        event.preventDefault();
        void command.run({
          action: "range.shift",
          target: pair.id,
          params: {
            pairId: pair.id,
            positionId: position.positionId,
            ticks: isTarget ? null : { tickLower: chosen.lower, tickUpper: chosen.upper },
          },
        });
      }}
    >
      <div className="min-w-0">
        <div className="mb-2 flex flex-wrap gap-1.5" role="group" aria-label="Presets">
          <Preset isOn={isTarget} disabled={target === null} onPress={() => setChoice({ kind: "target" })}>
            Strategy&rsquo;s target
          </Preset>
          {[1, 2].map((sigmas) => (
            <Preset
              key={sigmas}
              disabled={price === null || sigma === null}
              onPress={() => {
                if (price === null || sigma === null) return;
                const range = sigmaRange(price, sigma, sigmas);
                own(grid.fromPrices(range.min, range.max));
              }}
            >
              {sigmas} σ, 7 d
            </Preset>
          ))}
          <Preset
            disabled={price === null}
            onPress={() => {
              if (price !== null) own(grid.centreAt(grid.current, price));
            }}
          >
            Centre current
          </Preset>
          {grid.kind === "ticks" && <Preset onPress={() => own(grid.widest)}>Full range</Preset>}
        </div>
        {price === null || shown === null ? (
          <Skeleton className="h-[380px] w-full" />
        ) : (
          <ChartWithData
            pair={pair}
            prices={prices}
            position={position}
            price={price}
            chosen={shown}
            onMove={onMove}
            onStep={onStep}
          />
        )}
        <p className="mt-1 text-micro text-ink-3">
          Drag an edge or the whole band. Arrow keys move by one {grid.kind === "ticks" ? "tick spacing" : "bin"}, with
          shift by ten.
        </p>
      </div>
      <div className="grid min-w-0 content-start gap-3">
        {(["upper", "lower"] as const).map((handle) => (
          <EdgeField
            key={handle}
            name={handle === "upper" ? "Upper price" : "Lower price"}
            unit={prices.unit}
            stepName={grid.kind === "ticks" ? "one tick spacing" : "one bin"}
            shown={shown === null ? "" : prices.plain(shown[handle])}
            note={`${grid.kind === "ticks" ? "tick" : "bin"} ${formatInteger(grid.indexOf(chosen, edgeOf(handle)))}${distance(shown?.[handle], prices.value(price))}`}
            onPrice={(typed) => onMove(handle, typed)}
            onStep={(steps) => onStep(handle, steps)}
          />
        ))}
        <OutcomeTable preview={preview} pair={pair} grid={grid} chosen={chosen} target={target} />
        <div className="grid gap-1.5">
          <Button kind="primary" type="submit" disabled={problem !== null} busy={command.busy} className="w-full">
            Ask for this shift with wallet
          </Button>
          {problem !== null && <span className="text-dense text-ink-2">{problem}</span>}
          <p className="text-dense text-ink-3">
            {isTarget
              ? "The plan takes the strategy's target of the moment it is made."
              : "The plan takes exactly this range, at the prices of the moment it is made."}
          </p>
        </div>
      </div>
    </form>
  );
}

/** `, +2.67 % from the price`. */
function distance(edge: number | undefined, price: number | null): string {
  return edge === undefined || price === null || !(price > 0)
    ? ""
    : `, ${formatSignedPercent(edge / price - 1)} from the price`;
}

function Preset({
  isOn = false,
  disabled = false,
  onPress,
  children,
}: {
  readonly isOn?: boolean;
  readonly disabled?: boolean;
  readonly onPress: () => void;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Button
      size="small"
      aria-pressed={isOn}
      disabled={disabled}
      onClick={onPress}
      className={isOn ? "border-prop! text-prop" : undefined}
    >
      {children}
    </Button>
  );
}

/** Candles, ranges and depth of the pair's own charts; memory has them already when the page shows them. */
function ChartWithData({
  pair,
  prices,
  position,
  price,
  chosen,
  onMove,
  onStep,
}: {
  readonly pair: PairStatus;
  readonly prices: PriceView;
  readonly position: PositionDto;
  readonly price: number;
  readonly chosen: Band;
  readonly onMove: (handle: Handle, shown: number) => void;
  readonly onStep: (handle: Handle, steps: number) => void;
}): ReactNode {
  const params = { id: pair.id };
  const nowAtMs = Math.max(pair.priceAtMs ?? 0, pair.marketNowMs);
  const from = Math.floor((nowAtMs - SHOWN_DAYS * DAY_MS) / CANDLE_MS) * CANDLE_MS;
  // The window stands still while somebody edits.
  const [fromMs] = useState(from);
  const candles = useApi("pairCandles", { params, query: { from: fromMs, tf: "15m", limit: 1500 } });
  const ranges = useApi("pairRanges", { params, query: { from: fromMs } });
  const depth = useApi("pairDepth", { params });
  const points = useMemo(
    () =>
      (candles.data?.candles ?? []).flatMap(([openAtMs, , , , close]) => {
        const shown = prices.value(close);
        return shown === null ? [] : [{ atMs: openAtMs + CANDLE_MS, price: shown }];
      }),
    [candles.data, prices],
  );
  const lives = (ranges.data?.ranges ?? [])
    .filter((life) => life.positionId === position.positionId || life.toAtMs !== null)
    .flatMap((life) => {
      const range = prices.range(life.lower, life.upper);
      return range === null ? [] : [{ fromAtMs: life.fromAtMs, toAtMs: life.toAtMs, ...range }];
    });
  const buckets = (depth.data?.depth.find(({ pool }) => pool === position.pool)?.buckets ?? []).flatMap((bucket) => {
    const range = prices.range(bucket.priceLower, bucket.priceUpper);
    return range === null ? [] : [{ ...range, usd: bucket.usd }];
  });
  const now = prices.value(price);
  const current = prices.range(position.priceLower, position.priceUpper);
  if (now === null || current === null) return <Skeleton className="h-[380px] w-full" />;
  return (
    <RangeChart
      points={points}
      lives={lives}
      buckets={buckets}
      price={now}
      nowAtMs={nowAtMs}
      current={current}
      chosen={chosen}
      unit={prices.unit}
      text={prices.plain}
      onMove={onMove}
      onStep={onStep}
    />
  );
}
