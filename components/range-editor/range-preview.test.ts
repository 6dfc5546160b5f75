// The editor's numbers are the strategy's: its own assessment for the range now and the target, and honest ones for any other.
import { describe, expect, it } from "vitest";
import type { PositionDto } from "@/lib/api/schemas";
import type { ObservedPosition } from "@/lib/market/snapshot";
import { createPreviewBase } from "@/components/preview/preview-model";
import { evaluate, NO_MEMORY } from "@/lib/strategy";
import { ticksToRange } from "@/lib/amm/ticks";
import { priceFrameOf } from "@/lib/portfolio/position";
import { buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { createRangePreview, sigmaRange } from "./range-preview";

function amount(raw: bigint, decimals: number): PositionDto["base"] {
  return { token: { symbol: "X", address: "0x1", decimals }, raw: raw.toString(), usd: null };
}

function shownOf(position: ObservedPosition, change: Partial<PositionDto> = {}): PositionDto {
  const { range } = position;
  if (range.kind !== "ticks") throw new Error("expected ticks");
  return {
    positionId: position.positionId,
    pairId: "WETH-USDC",
    chainId: position.chainId,
    chainName: "Alpha",
    family: position.family,
    dexName: "Dex",
    isStandIn: false,
    pool: position.poolKey.split(":").at(-1) ?? "",
    poolKey: position.poolKey,
    feePips: 500,
    positionManager: "0x1",
    tokenId: position.tokenId.toString(),
    tickLower: range.tickLower,
    tickUpper: range.tickUpper,
    liquidityRaw: position.liquidityRaw.toString(),
    priceLower: 1,
    priceUpper: 2,
    targetLower: null,
    targetUpper: null,
    divergence: null,
    inRange: true,
    outSinceAtMs: null,
    base: amount(position.baseRaw, 18),
    quote: amount(position.quoteRaw, 6),
    feesBase: amount(position.uncollectedBaseRaw, 18),
    feesQuote: amount(position.uncollectedQuoteRaw, 6),
    valueUsd: 1,
    feesUsd: 0,
    blockNumber: position.blockNumber.toString(),
    blockAtMs: position.observedAtMs,
    openedAtMs: position.openedAtMs,
    ageMs: 0,
    mintTxHash: null,
    inRange24hFrac: null,
    income: null,
    ...change,
  };
}

function setUp() {
  const empty = buildSnapshot();
  const [pool] = empty.pools;
  if (pool === undefined || pool.kind !== "ticks") throw new Error("expected a tick pool");
  const lower = Math.floor((pool.tick - 400) / 10) * 10;
  const position = buildPosition(empty, pool, { tickLower: lower, tickUpper: lower + 800, usd: 20_000 });
  const snapshot = withPositions(empty, [position]);
  const base = createPreviewBase(snapshot, false, { optimizerEnabled: false }, NO_MEMORY);
  const preview = createRangePreview(base, shownOf(position));
  if (preview === null) throw new Error("expected a preview");
  const outcomeOf = (tickLower: number, tickUpper: number) =>
    preview.outcomeOf({ kind: "ticks", tickLower, tickUpper }, ticksToRange(tickLower, tickUpper, priceFrameOf(pool)));
  return { snapshot, base, preview, outcomeOf, lower, pool, position };
}

describe("createRangePreview", () => {
  it("behavior: the range now and the target earn what the strategy's evaluation says, the target costs what it says", () => {
    const { snapshot, base, preview, outcomeOf, lower } = setUp();
    const [entry] = evaluate({ snapshot, params: base.params, memory: NO_MEMORY }).positions;
    const now = outcomeOf(lower, lower + 800);
    expect(now.netUsdPerDay).toBeCloseTo((entry?.incomeNow?.netUsdPerYear ?? 0) / 365, 9);
    expect([now.costUsd, now.paybackDays]).toEqual([0, 0]);
    const target = entry?.target?.range;
    if (target?.kind !== "ticks" || entry === undefined) throw new Error("expected a target");
    const at = outcomeOf(target.tickLower, target.tickUpper);
    expect(at.feesUsdPerDay).toBeCloseTo((entry.incomeAtTarget?.feesUsdPerYear ?? 0) / 365, 9);
    expect(at.costUsd).toBeCloseTo(entry.shiftCostUsd, 9);
    expect(preview.target).toEqual(entry.target?.effective);
  });

  it("behavior: amounts are worth the position, narrower earns more while it holds, outside earns nothing", () => {
    const { snapshot, preview, outcomeOf, lower } = setUp();
    for (const half of [100, 200, 380]) {
      const { base, quote } = outcomeOf(lower + 400 - half, lower + 400 + half);
      expect((base * snapshot.price + quote) * snapshot.quoteUsd).toBeCloseTo(preview.valueUsd, 6);
    }
    const wide = outcomeOf(lower - 2_000, lower + 2_800);
    const narrow = outcomeOf(lower + 200, lower + 600);
    expect(narrow.holdMs ?? 0).toBeLessThan(wide.holdMs ?? 0);
    expect(narrow.recentFrac ?? 1).toBeLessThanOrEqual(wide.recentFrac ?? 0);
    const outside = outcomeOf(lower + 4_000, lower + 4_400);
    expect(outside.feesUsdPerDay).toBeCloseTo(0, 9);
    expect(outside.holdMs).toBe(0);
    expect(Math.min(outside.base, outside.quote)).toBe(0);
  });

  it("behavior: a position minted after the epoch is assessed all the same; without its pool there is nothing to say", () => {
    const { base, position, outcomeOf, lower } = setUp();
    const late = { ...base, snapshot: { ...base.snapshot, positions: [] } };
    const preview = createRangePreview(late, shownOf(position));
    const frame = priceFrameOf(setUp().pool);
    const at = preview?.outcomeOf(
      { kind: "ticks", tickLower: lower, tickUpper: lower + 800 },
      ticksToRange(lower, lower + 800, frame),
    );
    expect(at?.feesUsdPerDay).toBeCloseTo(outcomeOf(lower, lower + 800).feesUsdPerDay ?? Number.NaN, 9);
    expect(createRangePreview(base, shownOf(position, { positionId: "1:x:2:9", pool: "0xother" }))).toBeNull();
  });

  it("behavior: sigma ranges grow with sigma", () => {
    const one = sigmaRange(2_000, 0.6, 1);
    const two = sigmaRange(2_000, 0.6, 2);
    expect(two.max / one.max).toBeCloseTo(one.max / 2_000, 12);
    expect(one.min * one.max).toBeCloseTo(4_000_000, 3);
  });
});
