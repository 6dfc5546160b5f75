// The path of a line through many rows: no more points than the eye can tell apart, and every peak and gap of the rows kept.

export interface LinePoint {
  /** Pixels. */
  readonly x: number;
  /** Pixels; null where nothing is known, the line is broken there. */
  readonly y: number | null;
}

/** Points nearer to each other than this share a column of the picture. */
const COLUMN = 1;

/**
 * `step` holds a value until the next one. Of a column's points the first, the highest, the lowest and the last are drawn: what a
 * thousand points would have painted.
 */
export function linePath(points: readonly LinePoint[], shape: "linear" | "step" = "linear"): string {
  let path = "";
  let column: { readonly x: number; readonly y: number }[] = [];
  let drawn = 0;
  const draw = (): void => {
    for (const { x, y } of outline(column)) {
      path += `${drawn === 0 ? `M${round(x)} ` : shape === "step" ? `H${round(x)}V` : `L${round(x)} `}${round(y)}`;
      drawn += 1;
    }
    column = [];
  };
  /** A point alone is a dot, where ends are round. */
  const end = (): void => {
    draw();
    if (drawn === 1) path += "h0";
    drawn = 0;
  };
  for (const { x, y } of points) {
    if (y === null) {
      end();
      continue;
    }
    const first = column[0];
    if (first !== undefined && Math.abs(x - first.x) >= COLUMN) draw();
    column.push({ x, y });
  }
  end();
  return path;
}

/** In their order, each once. */
function outline(column: readonly { readonly x: number; readonly y: number }[]): typeof column {
  if (column.length <= 4) return column;
  let [low, high] = [0, 0];
  for (const [index, { y }] of column.entries()) {
    if (y < (column[low]?.y ?? y)) low = index;
    if (y > (column[high]?.y ?? y)) high = index;
  }
  const kept = new Set([0, Math.min(low, high), Math.max(low, high), column.length - 1]);
  return [...kept].flatMap((index) => column[index] ?? []);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
