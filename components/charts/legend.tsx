// Legend of the price chart: the shape of each swatch is the shape of its mark.
import type { ReactNode } from "react";

const ITEMS = [
  { name: "price", className: "h-0.5 bg-ink" },
  { name: "our range", className: "h-2.5 border-y-2 border-tide bg-tide-soft" },
  { name: "target", className: "h-2.5 border-y-2 border-dashed border-prop hatch-prop" },
  { name: "out of range", className: "h-2.5 hatch-warn" },
  { name: "liquidity", className: "h-2.5 bg-ink-3 opacity-40" },
  {
    name: "ours",
    className: "h-2.5 bg-tide",
    title: "Where our liquidity lies; how much of it is ours at the price stands in words at the top",
  },
] as const;

export function PriceLegend(): ReactNode {
  return (
    <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-micro text-ink-2" aria-label="Legend">
      {ITEMS.map((item) => (
        <li
          key={item.name}
          title={"title" in item ? item.title : undefined}
          className="inline-flex items-center gap-1.5"
        >
          <span aria-hidden="true" className={`inline-block w-4 ${item.className}`} />
          {item.name}
        </li>
      ))}
      <li className="inline-flex items-center gap-1.5">
        <span aria-hidden="true" className="inline-block size-2 rotate-45 bg-tide" />
        shift
      </li>
      <li className="inline-flex items-center gap-1.5">
        <span aria-hidden="true" className="inline-block size-2 bg-tide" />
        reallocation
      </li>
    </ul>
  );
}
