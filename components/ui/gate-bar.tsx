// The gate: two posts are the edges of a range, the fill is the range, the line is the price, hatch is the way outside, dashes the target.
import { useId, type ReactNode } from "react";
import { cx } from "./cx";

export interface GateBarProps {
  /** 56 px in the side bar, 130 px in tables, the full width on phones and cards. */
  readonly size: "side" | "table" | "full";
  readonly price: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly targetLower?: number | null | undefined;
  readonly targetUpper?: number | null | undefined;
  /** False drops the fill: a range without a position. */
  readonly hasPosition?: boolean;
  /** Words of the picture; without it the picture is decoration beside its numbers. */
  readonly label?: string | undefined;
}

const WIDTH = { side: 56, table: 130, full: 320 } as const;

export function GateBar(props: GateBarProps): ReactNode {
  const id = useId();
  const width = WIDTH[props.size];
  const { price, lower, upper } = props;
  const box = props.size === "side" ? "h-4 w-14" : props.size === "table" ? "h-6 w-[130px]" : "h-6 w-full";
  const height = props.size === "side" ? 16 : 24;
  const mid = props.size === "side" ? 8 : 9;
  const post = props.size === "side" ? 5 : 6;
  const named = props.label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": props.label };
  if (lower === null || upper === null || !(upper > lower) || !(lower > 0)) {
    return (
      <svg {...named} viewBox={`0 0 ${width} ${height}`} className={cx("block", box)} preserveAspectRatio="none">
        <line x1="0" x2={width} y1={mid} y2={mid} stroke="var(--line-2)" strokeDasharray="2 3" />
      </svg>
    );
  }
  const target = targetOf(props);
  // Log scale, with air on both sides and room for a price or a target far outside.
  const marks = [lower, upper, ...(price !== null && price > 0 ? [price] : []), ...target].map(Math.log);
  const span = Math.max(...marks) - Math.min(...marks);
  const from = Math.min(...marks) - span * 0.1;
  const to = Math.max(...marks) + span * 0.1;
  const x = (value: number): number => ((Math.log(value) - from) / (to - from)) * width;
  const left = x(lower);
  const right = x(upper);
  const at = price !== null && price > 0 ? x(price) : null;
  const isOut = at !== null && (at < left || at > right);
  const filled = props.hasPosition !== false;
  return (
    <svg
      {...named}
      viewBox={`0 0 ${width} ${height}`}
      className={cx("block overflow-visible", box)}
      preserveAspectRatio="none"
    >
      <defs>
        <pattern id={`${id}h`} width="3.5" height="8" patternUnits="userSpaceOnUse">
          <rect width="1.5" height="8" fill="var(--warn)" />
        </pattern>
      </defs>
      <line x1="0" x2={width} y1={mid} y2={mid} stroke="var(--line-2)" vectorEffect="non-scaling-stroke" />
      {filled && <rect x={left} width={right - left} y={mid - 2.5} height={5} fill="var(--tide)" fillOpacity=".5" />}
      {isOut && at !== null && (
        <rect
          x={at < left ? at : right}
          width={at < left ? left - at : at - right}
          y={mid - 3}
          height={6}
          fill={`url(#${id}h)`}
        />
      )}
      {[left, right].map((edge) => (
        <line
          key={edge}
          x1={edge}
          x2={edge}
          y1={mid - post}
          y2={mid + post}
          stroke={filled ? "var(--tide)" : "var(--ink-3)"}
          strokeWidth="2"
          vectorEffect="non-scaling-stroke"
        />
      ))}
      {target.length === 2 && (
        <path
          d={`M${x(target[0] ?? lower)} ${mid + 4}V${mid + 8.5}H${x(target[1] ?? upper)}V${mid + 4}`}
          fill="none"
          stroke="var(--prop)"
          strokeWidth="1.4"
          strokeDasharray="3 2"
          vectorEffect="non-scaling-stroke"
        />
      )}
      {at !== null && (
        <line
          x1={at}
          x2={at}
          y1={mid - post - 1.5}
          y2={mid + post + 1.5}
          stroke={isOut ? "var(--warn)" : "var(--ink)"}
          strokeWidth="2"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}

function targetOf(props: GateBarProps): readonly number[] {
  const { targetLower, targetUpper } = props;
  if (props.size === "side" || typeof targetLower !== "number" || typeof targetUpper !== "number") return [];
  return targetLower > 0 && targetUpper > targetLower ? [targetLower, targetUpper] : [];
}
