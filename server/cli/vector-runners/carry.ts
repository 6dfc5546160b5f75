// Vectors of the carry policy (strategy-carry sections 1 to 3, 7 and 8).
import * as z from "zod";
import { rangeToTicks, ticksToRange } from "@/lib/amm/ticks";
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import type { PoolSample } from "@/lib/market/pool-sample";
import { gauss12, mulberry32 } from "@/lib/math/rng";
import { allocateCarry } from "@/lib/strategy/carry/allocate-carry";
import { applyCarryRules } from "@/lib/strategy/carry/decision-rules";
import { computeGridRates } from "@/lib/strategy/carry/rates";
import { computeReRange, fitReRange } from "@/lib/strategy/carry/re-range";
import { bestWidth, MAX_SHARE_FRAC, utilityAt } from "@/lib/strategy/carry/width";
import { positionId } from "@/lib/units";
import { defineRunner, hasKeys, looseNumber, type CaseRunner } from "./case-runner";
import { expectClose } from "./compare";

const MIN_HOLD_MS = 12 * 3_600_000;
const PRA: ReadonlySet<string> = new Set([
  "better_allocation",
  "deploy_idle",
  "close_to_cash",
  "close_and_restore",
  "open",
]);
const RS: ReadonlySet<string> = new Set(["range_shift_out", "range_shift_width"]);
const TWO_32 = 2 ** 32;
const WRAP = 1n << 256n;
/** Stands for an integer that is missing: no counter of a chain is negative. */
const MISSING = -1n;

const rawSchema = z
  .string()
  .nullish()
  .transform((text) => (text === null || text === undefined || !/^-?\d+$/.test(text) ? MISSING : BigInt(text)));
const tickSnapSchema = z.object({
  ts: looseNumber,
  sqrtP: rawSchema,
  fg0: rawSchema,
  fg1: rawSchema,
  L: rawSchema,
  own: rawSchema,
});
const binSnapSchema = z.object({
  ts: looseNumber,
  activeId: looseNumber,
  x: rawSchema,
  y: rawSchema,
  own: looseNumber,
  fees: z.array(
    z.object({ id: looseNumber, feeX: rawSchema, feeY: rawSchema, x: rawSchema, y: rawSchema, own: looseNumber }),
  ),
});
const genSchema = z.object({
  seed: z.number(),
  n: z.number().int().min(0).max(1_000_000),
  t0: z.number(),
  stepMs: z.number(),
  jitterMs: z.number(),
  sqrtP0: rawSchema,
  sig: z.number(),
  fg0: rawSchema,
  fg1: rawSchema,
  dfg0: rawSchema,
  dfg1: rawSchema,
  L: rawSchema,
  own: rawSchema,
  edits: z
    .array(
      z.object({
        from: z.number(),
        to: z.number(),
        set: tickSnapSchema.partial().optional(),
        drop: z.boolean().optional(),
      }),
    )
    .optional(),
});
type TickSnap = z.infer<typeof tickSnapSchema>;

/** Snapshots of the generator of the vectors' README. */
function generateSnaps(gen: z.infer<typeof genSchema>): readonly TickSnap[] {
  const draw = mulberry32(gen.seed);
  let sqrtP = gen.sqrtP0;
  let { fg0, fg1 } = gen;
  const snaps: TickSnap[] = [];
  for (let index = 0; index < gen.n; index += 1) {
    const ts = gen.t0 + index * gen.stepMs + Math.trunc(draw() * gen.jitterMs);
    if (index > 0) sqrtP = floorDiv32(sqrtP * BigInt(TWO_32 + Math.trunc(gen.sig * gauss12(draw) * TWO_32)));
    const a = BigInt(Math.trunc(draw() * TWO_32));
    const b = BigInt(Math.trunc(draw() * TWO_32));
    if (index > 0) {
      fg0 = (fg0 + floorDiv32(gen.dfg0 * a)) % WRAP;
      fg1 = (fg1 + floorDiv32(gen.dfg1 * b)) % WRAP;
    }
    let snap: TickSnap | null = { ts, sqrtP, fg0, fg1, L: gen.L, own: gen.own };
    for (const edit of gen.edits ?? []) {
      if (index < edit.from || index >= edit.to || snap === null) continue;
      snap = edit.drop === true ? null : { ...snap, ...definedOf(edit.set ?? {}) };
    }
    if (snap !== null) snaps.push(snap);
  }
  return snaps;
}

/** The fields an edit names; zod lists those it does not name as undefined or missing. */
function definedOf(set: {
  readonly [K in keyof TickSnap]?: TickSnap[K] | undefined;
}): Partial<TickSnap> {
  const { ts, sqrtP, fg0, fg1, L, own } = set;
  return {
    ...(ts === undefined ? {} : { ts }),
    ...(sqrtP === undefined ? {} : { sqrtP }),
    ...(fg0 === undefined ? {} : { fg0 }),
    ...(fg1 === undefined ? {} : { fg1 }),
    ...(L === undefined ? {} : { L }),
    ...(own === undefined ? {} : { own }),
  };
}

function floorDiv32(value: bigint): bigint {
  return value >> 32n;
}

function tickSample(snap: TickSnap): PoolSample {
  return {
    kind: "ticks",
    observedAtMs: snap.ts,
    sqrtPriceX96: snap.sqrtP,
    feeGrowthGlobal0X128: snap.fg0,
    feeGrowthGlobal1X128: snap.fg1,
    liquidityRaw: snap.L,
    ownLiquidityRaw: snap.own,
  };
}

function binSample(snap: z.infer<typeof binSnapSchema>): PoolSample {
  return {
    kind: "bins",
    observedAtMs: snap.ts,
    activeBinId: snap.activeId,
    reserveXRaw: snap.x,
    reserveYRaw: snap.y,
    ownShareFrac: snap.own,
    fees: snap.fees.map((fee) => ({
      binId: fee.id,
      feeXRaw: fee.feeX,
      feeYRaw: fee.feeY,
      reserveXRaw: fee.x,
      reserveYRaw: fee.y,
      ownShareFrac: fee.own,
    })),
  };
}

const widthFields = {
  f: looseNumber,
  l: looseNumber,
  s: looseNumber,
  poolL: looseNumber,
  quoteUsd: looseNumber,
  gasRs: looseNumber,
  swapCost: looseNumber,
  minWidth: looseNumber,
};
const widthSchema = z.object(widthFields);

function widthPool(input: z.infer<typeof widthSchema>): Parameters<typeof bestWidth>[0] {
  return {
    feePerLiquidityYear: input.f,
    lossPerLiquidityYear: input.l,
    sqrtPrice: input.s,
    othersLiquidity: input.poolL,
    quoteUsd: input.quoteUsd,
    gasRsUsd: input.gasRs,
    swapCostFrac: input.swapCost,
    minWidth: input.minWidth,
    maxShareFrac: MAX_SHARE_FRAC,
  };
}

const ratesSchema = z.enum(["measured", "estimated", "none"]);
const allocatedSchema = z.object({
  value: z.number(),
  x: z.record(z.string(), z.number()),
  w: z.record(z.string(), z.number()),
  mode: z.record(z.string(), z.string()),
  cash: z.number(),
});
/** Amounts are compared with this times the capital, the value relative to it. */
const AMOUNT_TOLERANCE = 1e-6;
/** Tolerance of the vectors' effective prices (ticks file). */
const EFFECTIVE_TOLERANCE = 1e-10;

export const CARRY_RUNNERS: readonly CaseRunner[] = [
  defineRunner({
    topic: "carry_rates",
    accepts: hasKeys(["pool", "now", "fallback"]),
    in: z.object({
      pool: z.object({
        kind: z.enum(["cl", "lb"]),
        decBase: z.number(),
        decQuote: z.number(),
        baseIs0: z.boolean().optional(),
        baseIsX: z.boolean().optional(),
        binStep: z.number().optional(),
      }),
      now: looseNumber,
      fallback: z
        .object({
          volDay: looseNumber,
          fee: looseNumber,
          protocolShare: looseNumber,
          sigma: looseNumber,
          quoteUsd: looseNumber,
        })
        .nullish(),
      gen: genSchema.optional(),
      snaps: z.array(z.union([binSnapSchema, tickSnapSchema])).optional(),
    }),
    check: ({ pool, now, fallback, gen, snaps }, entry, tolerance) => {
      const given = snaps ?? (gen === undefined ? [] : generateSnaps(gen));
      const rates = computeGridRates({
        frame: {
          kind: pool.kind === "cl" ? "ticks" : "bins",
          decBase: pool.decBase,
          decQuote: pool.decQuote,
          baseIsToken0: pool.baseIs0 ?? pool.baseIsX ?? true,
          binStepBps: pool.binStep ?? 0,
        },
        samples: given.map((snap) => ("sqrtP" in snap ? tickSample(snap) : binSample(snap))),
        nowMs: now,
        fallback:
          fallback === null || fallback === undefined
            ? null
            : {
                volumeUsdPerDay: fallback.volDay,
                feeFrac: fallback.fee,
                protocolShareFrac: fallback.protocolShare,
                sigmaPerYear: fallback.sigma,
                quoteUsd: fallback.quoteUsd,
              },
      });
      const computed = {
        rates: rates.source,
        f: rates.feePerLiquidityYear,
        l: rates.lossPerLiquidityYear,
        kappa: rates.kappa,
        sigma: rates.sigmaPerYear,
        s: rates.sqrtPrice,
        poolL: rates.othersLiquidity,
        coveredMs: rates.coveredMs,
        intervals: rates.intervals,
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "carry_width",
    accepts: hasKeys(["f", "l", "s", "poolL", "x", "ws"]),
    in: widthSchema.extend({ x: looseNumber, ws: z.array(looseNumber) }),
    check: (input, entry, tolerance) => {
      const pool = widthPool(input);
      const best = bestWidth(pool, input.x);
      const uAt = input.ws.map((width) => utilityAt(pool, input.x, width)?.netUsdPerYear ?? null);
      const computed = {
        best:
          best === null
            ? null
            : {
                U: best.netUsdPerYear,
                tau: best.exitYears,
                cyc: best.cycleYears,
                rho: best.inRangeFrac,
                share: best.shareFrac,
                mode: best.mode,
                w: best.width,
                j: best.gridIndex,
              },
        uAt: uAt.every((value) => value === null) && uAt.length > 0 ? null : uAt,
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "carry_width",
    accepts: hasKeys(["pools", "capital", "maxPools", "poolCapPct"]),
    in: z.object({
      pools: z.array(
        widthSchema.extend({
          id: z.string(),
          chain: z.union([z.number(), z.string()]),
          rates: ratesSchema,
          isOpen: z.boolean(),
          gasOpen: looseNumber,
          horizonDays: looseNumber,
          kappa: z.number().nullish(),
        }),
      ),
      capital: looseNumber,
      maxPools: looseNumber,
      chainCaps: z.record(z.string(), z.number()).nullish(),
      allowCash: z.boolean(),
      poolCapPct: looseNumber,
    }),
    check: (input, entry, tolerance) => {
      const { allocation, widths } = allocateCarry({
        pools: input.pools.map((pool) => ({
          id: pool.id,
          chain: String(pool.chain),
          source: pool.rates,
          kappa: pool.kappa ?? null,
          width: widthPool(pool),
          isOpen: pool.isOpen,
          gasOpenUsd: pool.gasOpen,
        })),
        capitalUsd: input.capital,
        maxPools: input.maxPools,
        chainCapsUsd: input.chainCaps ?? {},
        allowCash: input.allowCash,
        poolCapFrac: input.poolCapPct,
        amortizeDays: input.pools[0]?.horizonDays ?? 7,
      });
      const out = allocatedSchema.parse(entry.out);
      const scale = Math.max(1, input.capital);
      expectClose(allocation.valueUsdPerYear, out.value, AMOUNT_TOLERANCE, "out.value");
      for (const id of new Set([...Object.keys(out.x), ...Object.keys(allocation.amountsUsd)])) {
        expectNear(allocation.amountsUsd[id] ?? 0, out.x[id] ?? 0, AMOUNT_TOLERANCE * scale, `out.x.${id}`);
      }
      expectNear(allocation.cashUsd, out.cash, AMOUNT_TOLERANCE * scale, "out.cash");
      const chosen = Object.keys(allocation.amountsUsd);
      expectClose(Object.fromEntries(chosen.map((id) => [id, widths.get(id)?.width])), out.w, tolerance, "out.w");
      expectClose(Object.fromEntries(chosen.map((id) => [id, widths.get(id)?.mode])), out.mode, 0, "out.mode");
    },
  }),
  defineRunner({
    topic: "carry_range",
    accepts: hasKeys(["P", "base", "quote", "w", "mode", "spacing"]),
    in: z.object({
      P: looseNumber,
      base: looseNumber,
      quote: looseNumber,
      w: looseNumber,
      mode: z.enum(["keep", "centre"]),
      spacing: looseNumber,
      decBase: z.number(),
      decQuote: z.number(),
      baseIs0: z.boolean(),
      quoteUsd: looseNumber,
      gasRs: looseNumber,
      swapCost: looseNumber,
    }),
    check: (input, entry, tolerance) => {
      const frame = { decBase: input.decBase, decQuote: input.decQuote, baseIsToken0: input.baseIs0 };
      const { P: price, base, quote, mode } = input;
      const range = computeReRange({ price, base, quote, width: input.w, mode });
      const ticks = range === null ? null : rangeToTicks(range, input.spacing, frame);
      if (range === null || ticks === null) {
        expectClose(null, entry.out, tolerance);
        return;
      }
      const effective = doubleRange(ticks, frame);
      // The desk takes prices from the pool's own integers; both must mean the same range.
      const exact = ticksToRange(ticks.tickLower, ticks.tickUpper, frame);
      expectClose(exact, effective, EFFECTIVE_TOLERANCE, "effective range");
      const fit = fitReRange(range, effective, price);
      const valueUsd = (base * price + quote) * input.quoteUsd;
      const computed = {
        b: range.shareNow,
        bTarget: range.shareWanted,
        swapShare: fit.swapShare,
        dn: range.down,
        up: range.up,
        min: range.min,
        max: range.max,
        ...ticks,
        effMin: effective.min,
        effMax: effective.max,
        baseShareEff: fit.shareEffective,
        wEff: fit.widthEffective,
        used: fit.mintedFrac,
        cost: input.gasRs + input.swapCost * valueUsd * fit.swapShare,
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "carry_decision",
    accepts: hasKeys(["epoch", "suppressUntil", "positions", "candidates"]),
    in: z.object({
      epoch: looseNumber,
      suppressUntil: looseNumber,
      suppressed: z.boolean(),
      allowCash: z.boolean(),
      capital: looseNumber,
      idleUsd: looseNumber,
      targetNet: looseNumber,
      currentNet: looseNumber,
      nTarget: looseNumber,
      praThreshold: looseNumber,
      amortizeDays: looseNumber,
      transitionCost: looseNumber,
      sinceRebalMs: z.number().nullish(),
      positions: z.array(
        z.object({
          id: z.string(),
          rates: ratesSchema,
          kappa: z.number().nullish(),
          inRange: z.boolean(),
          ageEpochs: looseNumber,
          w: looseNumber,
          wBest: z.number().nullish(),
          uBest: z.number().nullish(),
          uNow: z.number().nullish(),
          tauBest: z.number().nullish(),
          cost: looseNumber,
        }),
      ),
      candidates: z.array(
        z.object({
          id: z.string(),
          rates: ratesSchema,
          kappa: z.number().nullish(),
          uBest: z.number().nullish(),
          targetUsd: looseNumber,
          minUsd: looseNumber,
          sinceCloseEpochs: z.number().nullish(),
        }),
      ),
    }),
    check: (input, entry, tolerance) => {
      const positions = input.positions.map((position, index) => ({
        ...position,
        positionId: positionId(1, "vector", "0x00", BigInt(index)),
      }));
      const nameOf = new Map(positions.map((position) => [position.positionId, position.id]));
      const outcome = applyCarryRules({
        untrusted: null,
        epoch: input.epoch,
        regime: { suppressed: input.suppressed, reason: "normal", value: null, threshold: null },
        suppressUntilEpoch: input.suppressUntil,
        allowCash: input.allowCash,
        capitalUsd: input.capital,
        idleUsd: input.idleUsd,
        openableUsd: input.idleUsd,
        currentNetUsdPerYear: input.currentNet,
        targetNetUsdPerYear: input.targetNet,
        targetCount: input.nTarget,
        // The vectors know no kept positions: their reallocations always move something.
        moveCount: 1,
        praThreshold: input.praThreshold,
        amortizeDays: input.amortizeDays,
        minHoldMs: MIN_HOLD_MS,
        transitionCostUsd: input.transitionCost,
        sincePraMs: input.sinceRebalMs ?? null,
        positions: positions.map((position) => ({
          positionId: position.positionId,
          source: position.rates,
          kappa: position.kappa ?? null,
          isInRange: position.inRange,
          ageEpochs: position.ageEpochs,
          width: position.w,
          bestWidth: position.wBest ?? null,
          bestNetUsdPerYear: position.uBest ?? null,
          netNowUsdPerYear: position.uNow ?? null,
          bestExitYears: position.tauBest ?? null,
          shiftCostUsd: position.cost,
        })),
        candidates: input.candidates.map((pool) => ({
          id: pool.id,
          source: pool.rates,
          kappa: pool.kappa ?? null,
          bestNetUsdPerYear: pool.uBest ?? null,
          targetUsd: pool.targetUsd,
          minUsd: pool.minUsd,
          sinceCloseEpochs: pool.sinceCloseEpochs ?? null,
        })),
      });
      const opened = Object.keys(outcome.openUsd).toSorted();
      const computed = {
        type: PRA.has(outcome.reason) ? "PRA" : RS.has(outcome.reason) ? "RS" : "HOLD",
        reason: outcome.reason,
        ids: opened.length > 0 ? opened : outcome.positionIds.map((id) => nameOf.get(id)),
        usd: outcome.openUsd,
        gain: outcome.gainUsdPerYear,
        improvement: outcome.improvementFrac,
      };
      expectClose(computed, entry.out, tolerance);
      const out = z
        .looseObject({ gain: z.number().nullish(), usd: z.record(z.string(), z.number()).nullish() })
        .parse(entry.out);
      if ((out.gain === undefined || out.gain === null) && computed.gain !== null) {
        throw new Error(`out.gain: expected none, the decision falls before gain is weighed; got ${computed.gain}`);
      }
      const unexpected = opened.filter((id) => out.usd !== null && out.usd !== undefined && !(id in out.usd));
      if (unexpected.length > 0) throw new Error(`out.usd: expected nothing in ${unexpected.join(", ")}`);
    },
  }),
];

/**
 * Prices of two ticks as 1.0001^tick in doubles, which is how the reference has them: off by up to 3e-12, and the base share of
 * a range of a few ticks magnifies that a thousandfold.
 */
function doubleRange(
  ticks: { readonly tickLower: number; readonly tickUpper: number },
  frame: PriceFrame,
): { readonly min: number; readonly max: number } {
  const scale = 10 ** (frame.decBase - frame.decQuote);
  const [lower, upper] = [1.0001 ** ticks.tickLower, 1.0001 ** ticks.tickUpper];
  return frame.baseIsToken0 ? { min: lower * scale, max: upper * scale } : { min: scale / upper, max: scale / lower };
}

function expectNear(actual: number, expected: number, allowed: number, path: string): void {
  if (!(Math.abs(actual - expected) <= allowed)) {
    throw new Error(`${path}: expected ${expected}, got ${actual}, off by more than ${allowed}`);
  }
}
