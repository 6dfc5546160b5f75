// Lives of the pair's positions: the range of each, and how long it was in range over the last day; kept in the worker's state and taken up again by the next worker.
import { isBaseToken0 } from "@/lib/amm/sqrt-price";
import { ticksToRange } from "@/lib/amm/ticks";
import type { KnownPosition } from "@/lib/api/signer-contract";
import type { WorkerState } from "@/lib/api/worker-state";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";

type RangeLife = WorkerState["ranges"][number];
type History = NonNullable<WorkerState["inRangeHistory"]>;
type Span = History[number]["spans"][number];

export interface PositionLives {
  /** Open is what the signer's journal says; a chain that cannot be read ends no life. */
  note(input: {
    readonly known: readonly KnownPosition[];
    readonly seen: readonly { readonly positionId: string; readonly inRange: boolean }[];
    readonly nowMs: number;
  }): void;
  ranges(): RangeLife[];
  /** Share of the observed time of the last day; null before the first stretch of time. */
  inRangeFrac(positionId: string): number | null;
  /** The same over all positions of the last day, each weighted by its time. */
  pairInRangeFrac(): number | null;
  history(): History;
}

const RANGES_KEPT = 200;
const DAY_MS = 86_400_000;
/** Longer without a look, nothing is known about the time in between and it counts for neither side. */
const MAX_GAP_MS = 900_000;

/** `stored`: what the last worker of the pair left; one from another market (its time lies ahead) is not taken up. */
export function createPositionLives(
  pools: readonly ResolvedPool[],
  stored: Pick<WorkerState, "ranges" | "inRangeHistory" | "marketAtMs"> | null,
  startMs: number,
): PositionLives {
  const isUsable = stored !== null && stored.marketAtMs <= startMs;
  const ranges = new Map<string, RangeLife>(isUsable ? stored.ranges.map((life) => [life.positionId, life]) : []);
  const spansOf = new Map<string, Span[]>(
    isUsable ? (stored.inRangeHistory ?? []).map(({ positionId, spans }) => [positionId, [...spans]]) : [],
  );

  function openLives(known: readonly KnownPosition[]): void {
    for (const position of known) {
      const life = ranges.get(position.positionId);
      // A look may have been older than the mint: what is in the journal again was never closed.
      if (life !== undefined && life.toAtMs !== null) ranges.set(position.positionId, { ...life, toAtMs: null });
      if (life !== undefined) continue;
      const range = priceRange(pools, position);
      if (range === null) continue;
      ranges.set(position.positionId, {
        positionId: position.positionId,
        fromAtMs: position.openedAtMarketMs,
        toAtMs: null,
        ...range,
      });
    }
  }

  function closeLives(known: readonly KnownPosition[], nowMs: number): void {
    const open = new Set(known.map(({ positionId }) => positionId));
    for (const [id, life] of ranges) {
      if (life.toAtMs === null && !open.has(id)) ranges.set(id, { ...life, toAtMs: nowMs });
    }
    const surplus = [...ranges.keys()].slice(0, Math.max(0, ranges.size - RANGES_KEPT));
    for (const id of surplus) ranges.delete(id);
  }

  function dropOld(nowMs: number): void {
    const fromMs = nowMs - DAY_MS;
    for (const [id, spans] of spansOf) {
      const kept = spans
        .filter((span) => span.toAtMs > fromMs)
        .map((span) => (span.fromAtMs < fromMs ? { ...span, fromAtMs: fromMs } : span));
      if (kept.length === 0) spansOf.delete(id);
      else spansOf.set(id, kept);
    }
  }

  return {
    note({ known, seen, nowMs: atMs }) {
      openLives(known);
      closeLives(known, atMs);
      for (const { positionId, inRange } of seen) {
        spansOf.set(positionId, extend(spansOf.get(positionId) ?? [], inRange, atMs));
      }
      dropOld(atMs);
    },
    ranges: () => [...ranges.values()],
    inRangeFrac: (positionId) => fracOf(spansOf.get(positionId) ?? []),
    pairInRangeFrac: () => fracOf([...spansOf.values()].flat()),
    history: () => [...spansOf].map(([positionId, spans]) => ({ positionId, spans: [...spans] })),
  };
}

/** The time since the last look belongs to the state seen then; a change begins a new span. */
function extend(spans: readonly Span[], inRange: boolean, nowMs: number): Span[] {
  const last = spans.at(-1);
  const next: Span = { fromAtMs: nowMs, toAtMs: nowMs, inRange };
  if (last === undefined || nowMs < last.toAtMs || nowMs - last.toAtMs > MAX_GAP_MS) return [...spans, next];
  const grown = [...spans.slice(0, -1), { ...last, toAtMs: nowMs }];
  return last.inRange === inRange ? grown : [...grown, next];
}

function fracOf(spans: readonly Span[]): number | null {
  let insideMs = 0;
  let allMs = 0;
  for (const span of spans) {
    const lengthMs = span.toAtMs - span.fromAtMs;
    allMs += lengthMs;
    if (span.inRange) insideMs += lengthMs;
  }
  return allMs > 0 ? insideMs / allMs : null;
}

function priceRange(
  pools: readonly ResolvedPool[],
  position: KnownPosition,
): { readonly lower: number; readonly upper: number } | null {
  const facts = pools.find(
    ({ chain, pool }) => chain.id === position.chainId && pool.id.toLowerCase() === position.pool.toLowerCase(),
  );
  if (facts === undefined) return null;
  const { min, max } = ticksToRange(position.tickLower, position.tickUpper, {
    decBase: facts.base.decimals,
    decQuote: facts.quote.decimals,
    baseIsToken0: isBaseToken0(facts.base.address, facts.quote.address),
  });
  return { lower: min, upper: max };
}
