// The preview is the strategy itself: untouched knobs give the worker's own answer, and a moved price moves everything that depends on it.
import { describe, expect, it } from "vitest";
import { decide, evaluate, NO_MEMORY } from "@/lib/strategy";
import { buildPool, buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { atPrice, computePreview, createPreviewBase } from "./preview-model";

const PARAMS = { optimizerEnabled: false } as const;

function snapshotWithPosition() {
  const empty = buildSnapshot();
  const [pool] = empty.pools;
  if (pool === undefined || pool.kind !== "ticks") throw new Error("expected a tick pool");
  const lower = Math.floor((pool.tick - 400) / 10) * 10;
  return withPositions(empty, [buildPosition(empty, pool, { tickLower: lower, tickUpper: lower + 800, usd: 20_000 })]);
}

/** JSON has no bigint; both sides go through the same text. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each));

describe("computePreview", () => {
  it("behavior: untouched, it is what evaluate and decide say", () => {
    const snapshot = snapshotWithPosition();
    const base = createPreviewBase(snapshot, false, PARAMS, NO_MEMORY);
    const result = computePreview(base, base.knobs);
    const evaluation = evaluate({ snapshot, params: base.params, memory: NO_MEMORY });
    expect(text(result.evaluation)).toBe(text(evaluation));
    expect(text(result.decision)).toBe(text(decide({ snapshot, evaluation, params: base.params })));
  });
  it("behavior: a wider base half-width gives a wider target", () => {
    const base = createPreviewBase(snapshotWithPosition(), false, PARAMS, NO_MEMORY);
    const narrow = computePreview(base, base.knobs).evaluation.target;
    const wide = computePreview(base, { ...base.knobs, baseMax: base.knobs.baseMax * 2 }).evaluation.target;
    expect(wide?.width ?? 0).toBeGreaterThan(narrow?.width ?? Number.POSITIVE_INFINITY);
  });
  it("behavior: outside its range the position is one token and out of range, and the target follows the price", () => {
    const base = createPreviewBase(snapshotWithPosition(), false, PARAMS, NO_MEMORY);
    const up = computePreview(base, { ...base.knobs, price: base.knobs.price * 1.1 });
    expect(up.evaluation.positions[0]?.isInRange).toBe(false);
    expect(up.evaluation.positions[0]?.baseShareFrac).toBe(0);
    expect(up.evaluation.target?.min ?? 0).toBeGreaterThan(base.knobs.price * 1.02);
    const down = computePreview(base, { ...base.knobs, price: base.knobs.price * 0.9 });
    expect(down.evaluation.positions[0]?.baseShareFrac).toBe(1);
  });
});

describe("atPrice", () => {
  it("behavior: capital is that of the moved market, and a price that is none changes nothing", () => {
    const snapshot = snapshotWithPosition();
    const up = atPrice(snapshot, snapshot.price * 1.05);
    expect(up.capital.idleUsd).toBeCloseTo(
      snapshot.capital.idleQuote + snapshot.capital.idleBase * snapshot.price * 1.05,
      6,
    );
    expect(up.capital.totalUsd).toBeGreaterThan(snapshot.capital.totalUsd);
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(atPrice(snapshot, bad)).toBe(snapshot);
  });
  it("behavior: our liquidity counts only while the price is inside; that of the others stays", () => {
    const snapshot = snapshotWithPosition();
    const inside = atPrice(snapshot, snapshot.price * 1.001).pools[0];
    const outside = atPrice(snapshot, snapshot.price * 1.2).pools[0];
    if (inside?.kind !== "ticks" || outside?.kind !== "ticks") throw new Error("expected tick pools");
    expect(inside.ownLiquidityInRangeRaw).toBe(snapshot.positions[0]?.liquidityRaw);
    expect(outside.ownLiquidityInRangeRaw).toBe(0n);
    expect(outside.activeLiquidityRaw).toBe(buildPool().activeLiquidityRaw);
  });
});
