// Vectors of candles, forces and regime (strategy.md sections 2, 3 and 10).
import * as z from "zod";
import { fillCandles, normaliseCandles } from "@/lib/market/candle";
import { generateSeries } from "@/lib/market/generate-bars";
import { mergeVenues } from "@/lib/market/merge-venues";
import { H1_MINUTES, M15_MINUTES, resampleCandles } from "@/lib/market/resample";
import { computeForces, computeFrameForces } from "@/lib/strategy/forces";
import { computeRegime } from "@/lib/strategy/regime";
import { gapStd } from "@/lib/strategy/trend";
import { defineRunner, hasKeys, hasOutKey, type CaseRunner } from "./case-runner";
import { expectClose, expectSameNames } from "./compare";
import { generatorSchema, rowsSchema, rowsWithMarks, seriesOf } from "./shapes";

const MINUTE_MS = 60_000;

export const MARKET_RUNNERS: readonly CaseRunner[] = [
  defineRunner({
    topic: "candles",
    accepts: hasKeys(["rows", "now"]),
    in: z.object({ rows: rowsSchema, now: z.number() }),
    check: ({ rows, now }, entry, tolerance) => {
      const m1 = fillCandles(normaliseCandles(rows, now));
      const computed = {
        m1: rowsWithMarks(m1),
        m15: rowsWithMarks(resampleCandles(m1, M15_MINUTES, now)),
        h1: rowsWithMarks(resampleCandles(m1, H1_MINUTES, now)),
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "candles",
    accepts: hasKeys(["sources"]),
    in: z.object({ sources: z.array(z.object({ weight: z.number(), rows: rowsSchema })) }),
    check: ({ sources }, entry, tolerance) => {
      const merged = mergeVenues(
        sources.map((source) => ({ weight: source.weight, candles: seriesOf(MINUTE_MS, source.rows) })),
      );
      expectClose({ merged: rowsWithMarks(merged).map((row) => row.slice(0, 6)) }, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "forces",
    accepts: hasKeys(["tfMin", "bars"]),
    in: z.object({ tfMin: z.number(), bars: rowsSchema }),
    check: ({ tfMin, bars }, entry, tolerance) => {
      const forces = computeFrameForces(seriesOf(tfMin * MINUTE_MS, bars), tfMin);
      expectClose({ sigma: forces.sigmaPerBar, v: forces.v, m: forces.m, t: forces.t }, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "forces",
    accepts: hasOutKey("gapStd"),
    in: z.unknown(),
    check: (_, entry, tolerance) => {
      const { gapStd: expected } = z.object({ gapStd: z.record(z.string(), z.number()) }).parse(entry.out);
      const computed = Object.keys(expected).map((key) => {
        const [shortBars = Number.NaN, longBars = Number.NaN] = key.split(",").map(Number);
        return [key, gapStd(shortBars, longBars)] as const;
      });
      expectClose({ gapStd: Object.fromEntries(computed) }, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "forces",
    accepts: (entry) => hasKeys(["gen", "now"], ["epoch"])(entry) && hasOutKey("frames")(entry),
    in: z.object({ gen: generatorSchema, now: z.number() }),
    check: ({ gen, now }, entry, tolerance) => {
      const out = z.looseObject({ frames: z.record(z.string(), z.unknown()) }).parse(entry.out);
      const forces = computeForces(generateSeries(gen), now);
      expectSameNames(Object.keys(forces.frames), Object.keys(out.frames), "out.frames");
      expectClose(forces, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "regime",
    accepts: hasKeys(["gen", "epoch", "stable", "now"]),
    in: z.object({
      gen: generatorSchema,
      // Null in every file seen; what another value would mean is not described, so such a case fails to be read.
      tail: z.null().optional(),
      epoch: z.number(),
      stable: z.boolean(),
      peg: z.number().nullish(),
      now: z.number(),
    }),
    check: (input, entry, tolerance) => {
      const regime = computeRegime({
        candles: generateSeries(input.gen),
        nowMs: input.now,
        epoch: input.epoch,
        isStablePair: input.stable,
        pegPrice: input.peg ?? null,
      });
      const computed = {
        reason: regime.reason,
        suppressed: regime.suppressed,
        widen: regime.widenFactor,
        suppressUntil: regime.suppressUntilEpoch,
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
];
