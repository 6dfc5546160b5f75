// The carry policy through the door: what pools paid decides whether, where and how wide money works, and when it comes back.
import { describe, expect, it } from "vitest";
import type { MarketSnapshot, ObservedPosition, TickPoolState } from "@/lib/market/snapshot";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import {
  decide,
  evaluate,
  SPEC_CARRY,
  type Decision,
  type Evaluation,
  type StrategyParams,
} from "@/lib/strategy/index";
import { computeRegime } from "@/lib/strategy/regime";
import { poolKey, positionId } from "@/lib/units";
import { buildPoolSamples } from "@/tests/support/build-pool-samples";
import { buildPool, buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";

/** The rules to the letter of the specification. */
const PARAMS: StrategyParams = { ...OTHER_PAIR_PARAMS, policy: "carry", restoreMixFrac: 0.5, carry: SPEC_CARRY };
/** The rules as they ship. */
const SHIPPED: StrategyParams = { ...PARAMS, carry: OTHER_PAIR_PARAMS.carry };
const EPOCH_MS = 900_000;

function firstPool(snapshot: MarketSnapshot): TickPoolState {
  const [pool] = snapshot.pools;
  if (pool?.kind !== "ticks") throw new Error("expected a tick pool");
  return pool;
}

/** The calm market whose pool paid kappa times what it cost. */
function market(kappa: number, options: { readonly count?: number } = {}): MarketSnapshot {
  const snapshot = buildSnapshot();
  const pool = firstPool(snapshot);
  const samples = buildPoolSamples({ pool, nowMs: snapshot.observedAtMs, kappa, ...options });
  return { ...snapshot, poolSamples: { [pool.poolKey]: samples } };
}

/** The same with one position, ticks relative to the pool's own. */
function holding(
  kappa: number,
  ticks: { readonly below: number; readonly above: number; readonly usd?: number },
  override: Partial<ObservedPosition> = {},
): MarketSnapshot {
  const snapshot = market(kappa);
  const pool = firstPool(snapshot);
  const middle = Math.floor(pool.tick / 10) * 10;
  const range = { tickLower: middle - ticks.below, tickUpper: middle + ticks.above, usd: ticks.usd ?? 18_000 };
  const position = buildPosition(snapshot, pool, range, override);
  const lastPraAtMs = snapshot.observedAtMs - 3_600_000;
  return withPositions({ ...snapshot, history: { ...snapshot.history, lastPraAtMs } }, [position]);
}

function run(
  snapshot: MarketSnapshot,
  params: StrategyParams = PARAMS,
): { readonly evaluation: Evaluation; readonly decision: Decision } {
  const evaluation = evaluate({ snapshot, params });
  return { evaluation, decision: decide({ snapshot, evaluation, params }) };
}

describe("shipped carry rules", () => {
  it("behavior: an estimate alone opens nothing, and the gate says what is missing", () => {
    const snapshot = buildSnapshot();
    const { evaluation, decision } = run(snapshot, SHIPPED);
    expect(evaluation.pools[0]?.rates.source).toBe("estimated");
    expect(evaluation.pools[0]?.exclusion).toBe("no_rates");
    expect(decision).toMatchObject({ kind: "HOLD", reason: "no_gain" });
    expect(decision.gates.find((gate) => gate.group === "open")?.detail).toMatch(/^estimated in /);
  });

  it("behavior: of the last day and the last three the lower kappa decides", () => {
    const good = run(market(1.5), SHIPPED);
    expect(good.decision).toMatchObject({ kind: "PRA", reason: "open" });
    const snapshot = market(1.5);
    const { poolKey: key } = firstPool(snapshot);
    const samples = snapshot.poolSamples[key] ?? [];
    const dayAgoMs = snapshot.observedAtMs - 24 * 3_600_000;
    // No fee was paid in the last day: three days still look fine, one does not.
    const from = samples.findIndex((sample) => sample.observedAtMs >= dayAgoMs);
    const still = samples[from];
    const turned = samples.map((sample, index) =>
      index > from && sample.kind === "ticks" && still?.kind === "ticks"
        ? {
            ...sample,
            feeGrowthGlobal0X128: still.feeGrowthGlobal0X128,
            feeGrowthGlobal1X128: still.feeGrowthGlobal1X128,
          }
        : sample,
    );
    const { evaluation, decision } = run({ ...snapshot, poolSamples: { [key]: turned } }, SHIPPED);
    const [pool] = evaluation.pools;
    expect(pool?.rates.kappa).toBeGreaterThan(0.7);
    expect(pool?.carry?.kappa).toBeLessThan(0.1);
    expect(decision).toMatchObject({ kind: "HOLD", reason: "low_kappa" });
  });

  it("behavior: a close at low kappa swaps back to the wanted mix too", () => {
    const { decision } = run(holding(0.7, { below: 600, above: 600 }), SHIPPED);
    expect(decision).toMatchObject({ kind: "PRA", reason: "close_to_cash", restoreMixFrac: 0.5 });
  });

  it("behavior: a position out of range whose pool and size stay is shifted, not reallocated", () => {
    const snapshot = holding(1.6, { below: -400, above: 900, usd: 400_000 });
    const unbound = { ...snapshot, history: { ...snapshot.history, lastPraAtMs: null } };
    expect(run(unbound, SHIPPED).decision).toMatchObject({ kind: "RS", reason: "range_shift_out" });
    expect(run(unbound).decision).toMatchObject({ kind: "PRA", reason: "better_allocation" });
  });
});

describe("carry policy", () => {
  it("default: a pool that pays more than it costs is opened, centred, at the best width", () => {
    const { evaluation, decision } = run(market(1.5));
    const [pool] = evaluation.pools;
    expect(evaluation.policy).toBe("carry");
    expect(pool?.rates.source).toBe("measured");
    expect(pool?.rates.kappa).toBeCloseTo(1.5, 1);
    expect(pool?.rates.kappaSpread?.min).toBeLessThanOrEqual(pool?.rates.kappa ?? 0);
    expect(pool?.carry?.isWorthEntering).toBe(true);
    expect(decision).toMatchObject({ kind: "PRA", reason: "open", closePositionIds: [] });
    if (decision.kind !== "PRA") return;
    const [target] = decision.targets;
    expect(target?.amountUsd).toBeGreaterThan(1_000);
    expect(target?.amountUsd).toBeLessThanOrEqual(evaluation.deployableUsd * (1 + 1e-9));
    const middle = Math.sqrt((target?.target.effective.min ?? 0) * (target?.target.effective.max ?? 0));
    expect(middle / evaluation.price).toBeCloseTo(1, 2);
    expect(target?.target.requested.width).toBe(pool?.carry?.halfWidth);
    expect(pool?.income?.netUsdPerYear).toBeCloseTo(evaluation.targetNetUsdPerYear, 3);
  });

  it("behavior: below the entry everything stays cash and the nearest pool is named", () => {
    const { evaluation, decision } = run(market(0.8));
    expect(decision).toMatchObject({ kind: "HOLD", reason: "low_kappa" });
    expect(evaluation.pools[0]?.exclusion).toBe("low_kappa");
    expect(evaluation.cash?.nearestPoolKey).toBe(evaluation.pools[0]?.poolKey);
    expect(evaluation.cash?.shortfallFrac).toBeGreaterThan(0);
    const wanted = decision.counterfactual.flatMap((entry) => entry.conditions.map((condition) => condition.gateId));
    expect(wanted).toContain("open.kappa");
  });

  it("behavior: without samples the pool is estimated from volume, and forces show the same rates", () => {
    const snapshot = buildSnapshot();
    const { evaluation } = run(snapshot);
    const rates = evaluation.pools[0]?.rates;
    expect(rates?.source).toBe("estimated");
    expect(rates?.kappa).toBeGreaterThan(0);
    const forces = evaluate({ snapshot, params: { ...PARAMS, policy: "forces", optimizerEnabled: false } });
    expect(forces.policy).toBe("forces");
    expect(forces.pools[0]?.rates).toEqual(rates);
    const silent = { ...firstPool(snapshot), volumeH1Usd: null, volumeH6Usd: null, volumeH24Usd: null };
    const unknown = run({ ...snapshot, pools: [silent] });
    expect(unknown.evaluation.pools[0]?.exclusion).toBe("no_rates");
    expect(unknown.decision).toMatchObject({ kind: "HOLD", reason: "no_data", detail: { input: "poolSamples" } });
  });

  it("behavior: an in-range position stays between exit and entry, and closes to cash below the exit once old enough", () => {
    const wide = { below: 600, above: 600 };
    expect(run(holding(1, wide)).decision).toMatchObject({ kind: "HOLD", reason: "no_gain" });
    const closed = run(holding(0.7, wide)).decision;
    expect(closed).toMatchObject({ kind: "PRA", reason: "close_to_cash", targets: [], restoreMixFrac: null });
    const snapshot = holding(0.7, wide);
    const openedAtMs = snapshot.observedAtMs - 20 * EPOCH_MS;
    const young = run(holding(0.7, wide, { openedAtMs }));
    expect(young.decision).toMatchObject({ kind: "HOLD", reason: "min_age" });
    expect(run(snapshot, { ...PARAMS, allowCash: false }).decision.reason).not.toBe("close_to_cash");
  });

  it("behavior: out of range and worth entering it re-ranges around what it holds, swapping only beyond the clamp", () => {
    const { evaluation, decision } = run(holding(1.6, { below: -400, above: 900 }));
    expect(decision).toMatchObject({ kind: "RS", reason: "range_shift_out" });
    if (decision.kind !== "RS") return;
    const [shift] = decision.shifts;
    // One-sided: the mix is outside the clamp, so it swaps to 20 or 80 %.
    expect(shift?.keepsMix).toBe(false);
    const { effective } = shift?.target ?? { effective: { min: 0, max: 0 } };
    expect(effective.min).toBeLessThan(evaluation.price);
    expect(effective.max).toBeGreaterThan(evaluation.price);
    expect([0.2, 0.8].some((share) => Math.abs((shift?.baseShareFrac ?? 0) - share) < 0.06)).toBe(true);
    expect(evaluation.positions[0]?.carry?.swapShareFrac).toBeCloseTo(0.2, 6);
  });

  it("behavior: out of range and not worth entering it closes and goes back to the wanted mix", () => {
    const snapshot = holding(0.9, { below: -400, above: 900 });
    const { decision } = run(snapshot);
    expect(decision).toMatchObject({ kind: "PRA", reason: "close_and_restore", restoreMixFrac: 0.5, targets: [] });
    expect(run(snapshot, { ...PARAMS, restoreMixFrac: null }).decision).toMatchObject({ restoreMixFrac: null });
  });

  it("behavior: a width far from the best one is changed without a swap when the gain pays for it", () => {
    const { evaluation, decision } = run(holding(2.5, { below: 6_000, above: 6_000 }));
    const [position] = evaluation.positions;
    expect(Number(position?.carry?.halfWidth) / Number(position?.carry?.bestHalfWidth)).toBeGreaterThan(2);
    expect(decision).toMatchObject({ kind: "RS", reason: "range_shift_width" });
    if (decision.kind === "RS") expect(decision.shifts[0]?.keepsMix).toBe(position?.carry?.swapShareFrac === 0);
    expect(decision.gates.find((gate) => gate.id.startsWith("range_shift_width.ratio"))?.status).toBe("pass");
  });

  it("behavior: a pool is not opened again within four epochs of its last close", () => {
    const snapshot = market(1.5);
    const { poolKey: key } = firstPool(snapshot);
    const closedAgo = (epochs: number): MarketSnapshot => ({
      ...snapshot,
      history: { ...snapshot.history, lastCloseEpochs: { [key]: snapshot.epoch - epochs } },
    });
    expect(run(closedAgo(3)).decision).toMatchObject({ kind: "HOLD", reason: "min_age" });
    expect(run(closedAgo(4)).decision.reason).toBe("open");
  });

  it("behavior: a position whose pool says nothing is left alone while others act", () => {
    const snapshot = holding(1.5, { below: 600, above: 600 });
    const other = buildPool({
      ...firstPool(snapshot),
      poolKey: poolKey(31_337, "uniswap-v3", "0x1000000000000000000000000000000000000009"),
    });
    const unread = buildPosition(
      snapshot,
      firstPool(snapshot),
      { tickLower: 0, tickUpper: 10, usd: 1 },
      {
        poolKey: poolKey(31_337, "uniswap-v3", "0x1000000000000000000000000000000000000008"),
        positionId: positionId(31_337, "uniswap-v3", "0x2000000000000000000000000000000000000002", 2n),
      },
    );
    const { evaluation, decision } = run({
      ...snapshot,
      pools: [...snapshot.pools, { ...other, volumeH1Usd: null, volumeH6Usd: null, volumeH24Usd: null }],
      positions: [...snapshot.positions, unread],
    });
    expect(decision.reason).not.toBe("no_data");
    expect(evaluation.closePositionIds).not.toContain(unread.positionId);
    expect(evaluation.positions.at(-1)?.keptByAllocation).toBe(true);
    if (decision.kind === "PRA") expect(decision.closePositionIds).not.toContain(unread.positionId);
  });

  it("behavior: the same snapshot gives the same evaluation and decision, and an untrusted input holds", () => {
    const snapshot = market(1.5);
    expect(JSON.stringify(run(snapshot))).toBe(JSON.stringify(run(snapshot)));
    const freshness = snapshot.freshness.map((entry) => ({ ...entry, ok: false }));
    expect(run({ ...snapshot, freshness }).decision).toMatchObject({ kind: "HOLD", reason: "no_data" });
  });

  it("behavior: a spike that two price steps explain is no spike where the step is known", () => {
    const quiet = buildSnapshot({ sigmaPerMinute: 1e-5 });
    const { candles } = quiet;
    const high = Float64Array.from(candles.high);
    for (let index = candles.length - 60; index < candles.length; index += 1) {
      high[index] = (candles.low[index] ?? 0) * 1.0004;
    }
    const spiky = { ...candles, high };
    const regime = (priceStep: number | null): string =>
      computeRegime({
        candles: spiky,
        nowMs: quiet.observedAtMs,
        epoch: quiet.epoch,
        isStablePair: false,
        pegPrice: null,
        priceStep,
      }).reason;
    expect(regime(null)).toBe("vol_spike");
    expect(regime(0.01)).toBe("vol_spike");
    expect(regime(1)).not.toBe("vol_spike");
    const withStep = run({ ...market(1.5), candles: spiky, priceStep: 1 });
    expect(withStep.evaluation.regime.reason).not.toBe("vol_spike");
    expect(run({ ...market(1.5), candles: spiky }).evaluation.regime.reason).toBe("vol_spike");
  });
});
