// The last day of a pair in a strip as wide as a phone: the price, and our range as a band behind it. Its numbers stand beside it as text.
import type { ReactNode } from "react";

const WIDTH = 320;
const HEIGHT = 64;
const PAD = 3;

export function PriceSpark({
  closes,
  range,
  label,
}: {
  /** Oldest first. */
  readonly closes: readonly number[];
  readonly range: { readonly lower: number; readonly upper: number } | null;
  readonly label: string;
}): ReactNode {
  if (closes.length < 2) return null;
  const all = range === null ? closes : [...closes, range.lower, range.upper];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const span = high === low ? 1 : high - low;
  const y = (price: number): number => PAD + ((high - price) / span) * (HEIGHT - 2 * PAD);
  const points = closes.map((price, index) => `${(index / (closes.length - 1)) * WIDTH},${y(price).toFixed(1)}`);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-16 w-full"
    >
      {range !== null && (
        <rect
          x={0}
          width={WIDTH}
          y={y(range.upper)}
          height={Math.max(1, y(range.lower) - y(range.upper))}
          fill="var(--tide)"
          opacity={0.18}
        />
      )}
      <polyline
        points={points.join(" ")}
        fill="none"
        stroke="var(--ink)"
        strokeWidth={1.5}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
