// The price axis: grid, and tags of price, edges and target that keep apart from each other.
"use client";
import type { ReactNode } from "react";
import { valueTicks } from "./axis-ticks";
import { placeTags } from "./place-tags";
import { usePriceFrame } from "./price-frame";

export interface PriceTag {
  readonly id: string;
  readonly price: number;
  readonly look: "price" | "edge" | "target";
}

const TAG_HEIGHT = 18;
const TAG_GAP = 19;
const GRID_GAP = 15;

export function PriceAxis({
  tags,
  format,
  domain,
}: {
  readonly tags: readonly PriceTag[];
  readonly format: (price: number) => string;
  readonly domain: readonly [number, number];
}): ReactNode {
  const frame = usePriceFrame();
  if (frame === null) return null;
  const inside = tags.filter((tag) => tag.price >= domain[0] && tag.price <= domain[1]);
  const placed = placeTags(
    inside.map((tag) => ({ id: tag.id, y: frame.y(tag.price), fixed: tag.look === "price" })),
    TAG_GAP,
    frame.top + TAG_HEIGHT / 2,
    frame.bottom - TAG_HEIGHT / 2,
  );
  const spots = [...placed.values()];
  const ticks = valueTicks(domain[0], domain[1], 5);
  const x = frame.right + 5;
  const width = Math.max(52, ...inside.map((tag) => format(tag.price).length * 6.4 + 12));
  return (
    <g aria-hidden="true">
      {ticks.map((tick) => {
        const y = frame.y(tick);
        const hasRoom = spots.every((spot) => Math.abs(spot - y) >= GRID_GAP);
        return (
          <g key={tick}>
            <line x1={frame.left} x2={frame.right} y1={y} y2={y} stroke="var(--line)" />
            {hasRoom && (
              <text x={x + 6} y={y + 4} fontSize="11" fill="var(--ink-3)">
                {format(tick)}
              </text>
            )}
          </g>
        );
      })}
      {inside.map((tag) => {
        const at = frame.y(tag.price);
        const y = placed.get(tag.id) ?? at;
        return (
          <g key={tag.id}>
            {tag.look === "price" && (
              <line x1={frame.left} x2={frame.right} y1={at} y2={at} stroke="var(--ink-3)" strokeDasharray="1 3" />
            )}
            {Math.abs(y - at) > 1 && <path d={`M${frame.right} ${at}L${x} ${y}`} stroke="var(--ink-3)" />}
            {/* The price is told from the edges by its point, also where their colours are one grey. */}
            {tag.look === "price" && <path d={`M${x} ${y - 6}L${x - 5} ${y}L${x} ${y + 6}Z`} fill="var(--ink)" />}
            <rect
              x={x}
              y={y - TAG_HEIGHT / 2}
              width={width}
              height={TAG_HEIGHT}
              fill={tag.look === "price" ? "var(--ink)" : tag.look === "edge" ? "var(--tide)" : "var(--panel)"}
              stroke={tag.look === "target" ? "var(--prop)" : "none"}
              strokeDasharray={tag.look === "target" ? "3 2" : undefined}
            />
            <text
              x={x + 6}
              y={y + 4}
              fontSize="11"
              fontWeight="600"
              fill={tag.look === "target" ? "var(--prop)" : "var(--bg)"}
            >
              {format(tag.price)}
            </text>
          </g>
        );
      })}
    </g>
  );
}
