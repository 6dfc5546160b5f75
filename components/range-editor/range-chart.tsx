// The editor's picture: price of the last days, range now, liquidity at each price, and a band whose edges and middle are handles.
"use client";
import { useLayoutEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { timeTicks, valueTicks } from "@/components/charts/axis-ticks";
import { placeTags } from "@/components/charts/place-tags";
import { formatClockMinutes, formatDay } from "@/lib/format/time";

/** Everything in the page's price direction, low first. */
export interface Band {
  readonly lower: number;
  readonly upper: number;
}

export type Handle = "lower" | "upper" | "band";

interface RangeChartProps {
  readonly points: readonly { readonly atMs: number; readonly price: number }[];
  readonly lives: readonly (Band & { readonly fromAtMs: number; readonly toAtMs: number | null })[];
  readonly buckets: readonly (Band & { readonly usd: number })[];
  readonly price: number;
  readonly nowAtMs: number;
  readonly current: Band;
  readonly chosen: Band;
  readonly unit: string;
  readonly text: (price: number) => string;
  /** An edge, or the band's middle, is to come next to this price. */
  readonly onMove: (handle: Handle, price: number) => void;
  /** Steps on the grid, up for higher prices as shown. */
  readonly onStep: (handle: Handle, steps: number) => void;
}

const HEIGHT = 380;
const AXIS = { right: 78, bottom: 22, top: 8 } as const;
/** Part of the plot that depth takes, right of now. */
const DEPTH_FRAC = 0.3;
const AIR_FRAC = 0.09;
const TAG_GAP = 19;
const RECENT_MS = 86_400_000;
/** The plot is at most so many bands high. */
const MOST_BANDS = 7;
/** Below this height of the band, px, its grips stand side by side. */
const THIN_PX = 56;
const HIT_PX = 22;
/** The loudest bucket is clipped here, or one wall hides the rest. */
const CLIP_QUANTILE = 0.96;
const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: 1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageUp: 10,
  PageDown: -10,
};

interface Scale {
  readonly low: number;
  readonly high: number;
}

/** The last day, the range now and the one that is edited, with air; never so much that the edited band is too thin to hold. */
function scaleOf({ points, current, chosen, price, nowAtMs }: RangeChartProps): Scale {
  const recent = points.filter((point) => nowAtMs - point.atMs < RECENT_MS).map((point) => point.price);
  const band = chosen.upper - chosen.lower;
  const mustLow = Math.min(price, current.lower);
  const mustHigh = Math.max(price, current.upper);
  const span = Math.max(mustHigh - mustLow, price * 0.002);
  // A range that is far wider than everything else runs off the plot rather than pressing the rest flat.
  const low = Math.max(Math.min(mustLow, chosen.lower), mustLow - 3 * span);
  const high = Math.min(Math.max(mustHigh, chosen.upper), mustHigh + 3 * span);
  const room = Math.max(0, MOST_BANDS * Math.min(band, high - low) - (high - low)) / 2;
  const seenLow = Math.max(Math.min(low, ...recent), low - room);
  const seenHigh = Math.min(Math.max(high, ...recent), high + room);
  const air = (seenHigh - seenLow) * AIR_FRAC;
  return { low: seenLow - air, high: seenHigh + air };
}

export function RangeChart(props: RangeChartProps): ReactNode {
  const { chosen, price, points, nowAtMs, text } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  // While a handle is held the scale stands still under it.
  const [held, setHeld] = useState<{ readonly handle: Handle; readonly scale: Scale; readonly offset: number } | null>(
    null,
  );
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);

  const scale = held?.scale ?? scaleOf(props);
  const plotWidth = Math.max(0, width - AXIS.right);
  const plotBottom = HEIGHT - AXIS.bottom;
  const plotHeight = plotBottom - AXIS.top;
  const nowX = Math.round(plotWidth * (1 - DEPTH_FRAC));
  const y = (value: number): number => plotBottom - ((value - scale.low) / (scale.high - scale.low)) * plotHeight;
  const inPlot = (value: number): number => Math.min(plotBottom, Math.max(AXIS.top, y(value)));
  const fromMs = points[0]?.atMs ?? nowAtMs - 1;
  const x = (atMs: number): number => Math.max(0, ((atMs - fromMs) / Math.max(1, nowAtMs - fromMs)) * nowX);
  const priceAt = (clientY: number): number => {
    const top = frame.current?.getBoundingClientRect().top ?? 0;
    return scale.low + ((plotBottom - (clientY - top)) / plotHeight) * (scale.high - scale.low);
  };
  const placeOf = (handle: Handle): number =>
    handle === "band" ? Math.sqrt(chosen.lower * chosen.upper) : handle === "lower" ? chosen.lower : chosen.upper;

  const onDown = (handle: Handle) => (event: PointerEvent<SVGGElement>) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    event.currentTarget.focus({ preventScroll: true });
    setHeld({ handle, scale, offset: priceAt(event.clientY) - placeOf(handle) });
  };
  const onMovePointer = (event: PointerEvent<SVGGElement>): void => {
    if (held === null || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const wanted = priceAt(event.clientY) - held.offset;
    if (wanted > 0) props.onMove(held.handle, wanted);
  };
  const onKey = (handle: Handle) => (event: KeyboardEvent<SVGGElement>) => {
    const steps = STEPS[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    props.onStep(handle, event.shiftKey ? steps * 10 : steps);
  };
  const release = (): void => setHeld(null);

  const path = points
    .map((point, index) => `${index === 0 ? "M" : "L"}${x(point.atMs).toFixed(1)} ${y(point.price).toFixed(1)}`)
    .join("");
  const upperY = inPlot(chosen.upper);
  const lowerY = inPlot(chosen.lower);
  const tags = placeTags(
    [
      { id: "price", y: inPlot(price), fixed: true },
      { id: "upper", y: upperY, fixed: false },
      { id: "lower", y: lowerY, fixed: false },
    ],
    TAG_GAP,
    AXIS.top + 9,
    plotBottom - 9,
  );
  const taken = [...tags.values()];
  const { atMs: ticks, isDays } = timeTicks(fromMs, nowAtMs, Math.max(2, Math.floor(nowX / 84)));
  const handleX = nowX + (plotWidth - nowX) / 2;
  const bandPx = lowerY - upperY;
  const isThin = bandPx < THIN_PX;
  // Inwards an edge is taken up to the middle of the band at most: the other edge has the rest.
  const inwardPx = Math.min(HIT_PX, bandPx / 2);
  const gripX = {
    band: isThin ? nowX + 30 : handleX,
    upper: isThin ? handleX - 6 : handleX,
    lower: isThin ? handleX + 44 : handleX,
  };

  return (
    <div ref={frame} className="relative w-full select-none" style={{ height: HEIGHT }}>
      {width > 0 && (
        <svg
          width={width}
          height={HEIGHT}
          role="group"
          aria-label={`Price, liquidity and the range ${text(chosen.lower)} to ${text(chosen.upper)} ${props.unit}; edges can be dragged or moved with arrow keys`}
          className="block touch-pan-y"
        >
          <defs>
            <pattern id="range-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <path d="M0 0V6" stroke="var(--prop)" strokeWidth="1" opacity="0.55" />
            </pattern>
            <clipPath id="range-plot">
              <rect x="0" y={AXIS.top} width={plotWidth} height={plotHeight} />
            </clipPath>
          </defs>
          <rect x="0" y={AXIS.top} width={plotWidth} height={plotHeight} fill="var(--sunken)" />
          {valueTicks(scale.low, scale.high, 6).map((value) => (
            <g key={value}>
              <path d={`M0 ${y(value)}H${plotWidth}`} stroke="var(--line)" />
              {taken.every((at) => Math.abs(at - y(value)) > 15) && (
                <text x={plotWidth + 8} y={y(value) + 4} className="fill-ink-3 text-micro">
                  {text(value)}
                </text>
              )}
            </g>
          ))}
          {ticks.map((atMs) => (
            <g key={atMs}>
              <path d={`M${x(atMs)} ${AXIS.top}V${plotBottom}`} stroke="var(--line)" />
              <text x={x(atMs)} y={HEIGHT - 6} textAnchor="middle" className="fill-ink-3 text-micro">
                {isDays ? formatDay(atMs) : formatClockMinutes(atMs)}
              </text>
            </g>
          ))}
          <g clipPath="url(#range-plot)">
            <Depth buckets={props.buckets} y={y} fromX={nowX} toX={plotWidth} />
            {props.lives.map((life) => {
              const isNow = life.toAtMs === null;
              const left = x(Math.max(fromMs, life.fromAtMs));
              const right = x(life.toAtMs ?? nowAtMs);
              return (
                <g key={`${life.fromAtMs} ${life.lower}`}>
                  <rect
                    x={left}
                    y={y(life.upper)}
                    width={Math.max(1, right - left)}
                    height={Math.max(1, y(life.lower) - y(life.upper))}
                    fill="var(--tide)"
                    opacity={isNow ? 0.16 : 0.09}
                  />
                  <path
                    d={`M${left} ${y(life.upper)}H${right}M${left} ${y(life.lower)}H${right}`}
                    stroke="var(--tide)"
                    strokeWidth={isNow ? 2 : 1.25}
                  />
                </g>
              );
            })}
            <rect
              x={nowX}
              y={upperY}
              width={plotWidth - nowX}
              height={Math.max(1, lowerY - upperY)}
              fill="url(#range-hatch)"
            />
            <rect
              x={nowX}
              y={upperY}
              width="7"
              height={Math.max(1, lowerY - upperY)}
              fill="var(--prop)"
              opacity="0.7"
            />
            <path d={path} fill="none" stroke="var(--ink)" strokeWidth="1.5" strokeLinejoin="round" />
            <path d={`M0 ${y(price)}H${plotWidth}`} stroke="var(--ink-3)" strokeDasharray="2 3" />
          </g>
          <path d={`M${nowX} ${AXIS.top}V${plotBottom}`} stroke="var(--line-2)" />
          <text x={plotWidth - 6} y={AXIS.top + 14} textAnchor="end" className="fill-ink-3 text-micro">
            liquidity at each price
          </text>
          <Tag y={tags.get("price") ?? 0} x={plotWidth} tone="price" words={text(price)} />
          <Tag y={tags.get("upper") ?? 0} x={plotWidth} tone="prop" words={text(chosen.upper)} />
          <Tag y={tags.get("lower") ?? 0} x={plotWidth} tone="prop" words={text(chosen.lower)} />
          {(["band", "lower", "upper"] as const).map((handle) => {
            const at = handle === "band" ? (upperY + lowerY) / 2 : handle === "upper" ? upperY : lowerY;
            const value = placeOf(handle);
            return (
              <g
                key={handle}
                role="slider"
                tabIndex={0}
                aria-orientation="vertical"
                aria-label={handle === "band" ? "Whole range" : handle === "upper" ? "Upper edge" : "Lower edge"}
                aria-valuemin={scale.low}
                aria-valuemax={scale.high}
                aria-valuenow={value}
                aria-valuetext={
                  handle === "band"
                    ? `${text(chosen.lower)} to ${text(chosen.upper)} ${props.unit}`
                    : `${text(value)} ${props.unit}`
                }
                data-handle={handle}
                onPointerDown={onDown(handle)}
                onPointerMove={onMovePointer}
                onPointerUp={release}
                onPointerCancel={release}
                onKeyDown={onKey(handle)}
                className="cursor-ns-resize touch-none outline-none focus-visible:[&_.grip]:stroke-tide"
              >
                {handle === "band" ? (
                  <>
                    <rect
                      x={nowX + 8}
                      y={upperY}
                      width={plotWidth - nowX - 8}
                      height={Math.max(1, lowerY - upperY)}
                      fill="transparent"
                    />
                    <rect
                      className="grip"
                      x={gripX.band - 14}
                      y={at - 11}
                      width="28"
                      height="22"
                      rx="3"
                      fill="var(--raised)"
                      stroke="var(--prop)"
                      strokeWidth="1.5"
                    />
                    <path
                      d={`M${gripX.band - 5} ${at - 2}l5 -5 5 5M${gripX.band - 5} ${at + 2}l5 5 5 -5`}
                      fill="none"
                      stroke="var(--prop)"
                      strokeWidth="1.5"
                    />
                  </>
                ) : (
                  <>
                    <path d={`M${nowX} ${at}H${plotWidth}`} stroke="var(--prop)" strokeWidth="3" />
                    <rect
                      x={nowX}
                      y={handle === "upper" ? at - HIT_PX : at - inwardPx}
                      width={plotWidth - nowX}
                      height={HIT_PX + inwardPx}
                      fill="transparent"
                    />
                    <rect
                      className="grip"
                      x={gripX[handle] - 20}
                      y={at - 9}
                      width="40"
                      height="18"
                      rx="3"
                      fill="var(--prop)"
                      stroke="var(--bg)"
                      strokeWidth="1.5"
                    />
                    <path
                      d={`M${gripX[handle] - 7} ${at - 2.5}h14M${gripX[handle] - 7} ${at + 2.5}h14`}
                      stroke="var(--bg)"
                      strokeWidth="1.5"
                    />
                  </>
                )}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

/** Dollars per unit of price, so that wide and narrow buckets compare; the loudest are clipped. */
function Depth({
  buckets,
  y,
  fromX,
  toX,
}: {
  readonly buckets: RangeChartProps["buckets"];
  readonly y: (price: number) => number;
  readonly fromX: number;
  readonly toX: number;
}): ReactNode {
  const loud = buckets.map(({ usd, lower, upper }) => (upper > lower ? usd / (upper - lower) : 0));
  const clip = loud.toSorted((a, b) => a - b)[Math.min(loud.length - 1, Math.floor(loud.length * CLIP_QUANTILE))] ?? 0;
  if (!(clip > 0)) return null;
  return buckets.map((bucket, index) => (
    <rect
      key={bucket.lower}
      x={fromX}
      y={y(bucket.upper)}
      width={Math.max(0, Math.min(1, (loud[index] ?? 0) / clip) * (toX - fromX) * 0.92)}
      height={Math.max(0.5, y(bucket.lower) - y(bucket.upper) - 0.5)}
      fill="var(--line-2)"
      opacity="0.75"
    />
  ));
}

function Tag({
  x,
  y,
  tone,
  words,
}: {
  readonly x: number;
  readonly y: number;
  readonly tone: "price" | "prop";
  readonly words: string;
}): ReactNode {
  const isPrice = tone === "price";
  return (
    <g aria-hidden="true">
      <rect
        x={x + 2}
        y={y - 9}
        width={AXIS.right - 4}
        height="18"
        fill={isPrice ? "var(--ink)" : "var(--panel)"}
        stroke={isPrice ? "none" : "var(--prop)"}
        strokeDasharray="3 2"
      />
      <text
        x={x + AXIS.right / 2}
        y={y + 4}
        textAnchor="middle"
        className={isPrice ? "fill-bg text-micro font-strong" : "fill-prop text-micro font-strong"}
      >
        {words}
      </text>
    </g>
  );
}
