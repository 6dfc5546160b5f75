// Vectors of pool economics, allocation and accounting (strategy.md sections 6, 7 and 12).
import * as z from "zod";
import { computeEpochPnl } from "@/lib/portfolio/pnl";
import { baseShareFrac, unitHoldings } from "@/lib/portfolio/valuation";
import { allocate } from "@/lib/strategy/allocation";
import {
  computePoolTerms,
  computeVolumeUsdPerDay,
  depthOfLiquidityUsd,
  incomeUsdPerYear,
  lvrRatePerYear,
  meanExitYears,
  timeInRangeFrac,
} from "@/lib/strategy/economics";
import { defineRunner, hasKeys, looseNumber, type CaseRunner } from "./case-runner";
import { expectClose } from "./compare";

/** Amounts of an allocation are compared within this part of the capital. */
const AMOUNT_TOLERANCE_FRAC = 1e-6;

const VOLUME_KEYS: ReadonlySet<string> = new Set(["h1", "h6", "h24"]);
const volume = z.number().nullish();

const allocationOutSchema = z.looseObject({
  value: z.number(),
  x: z.record(z.string(), z.number()),
  cash: z.number(),
});

export const MONEY_RUNNERS: readonly CaseRunner[] = [
  defineRunner({
    topic: "economics",
    accepts: hasKeys(["P", "pa", "pb", "sigma", "T"]),
    in: z.object({ P: looseNumber, pa: looseNumber, pb: looseNumber, sigma: looseNumber, T: looseNumber }),
    check: ({ P, pa, pb, sigma, T }, entry, tolerance) => {
      const unit = unitHoldings(P, pa, pb);
      const computed = {
        unitBase: unit.base,
        unitQuote: unit.quote,
        unitValue: unit.value,
        baseShare: baseShareFrac(P, pa, pb),
        lvrRate: lvrRatePerYear(P, pa, pb, sigma),
        inRange: timeInRangeFrac(P, pa, pb, sigma, T),
        exitYears: meanExitYears(P, pa, pb, sigma),
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "economics",
    accepts: hasKeys(["P", "pa", "pb", "volDay", "fee", "xs"]),
    in: z.object({
      P: looseNumber,
      pa: looseNumber,
      pb: looseNumber,
      sig: looseNumber,
      poolL: looseNumber,
      volDay: looseNumber,
      fee: looseNumber,
      protocolShare: looseNumber,
      quoteUsd: looseNumber,
      swapCost: looseNumber,
      gasRs: looseNumber,
      gasOpen: looseNumber,
      isOpen: z.boolean(),
      horizonDays: looseNumber,
      xs: z.array(looseNumber),
    }),
    check: (input, entry, tolerance) => {
      const range = { min: input.pa, max: input.pb };
      const terms = computePoolTerms({
        price: input.P,
        range,
        sigmaPerYear: input.sig,
        depthUsd: depthOfLiquidityUsd(input.poolL, input.P, range, input.quoteUsd),
        volumeUsdPerDay: input.volDay,
        feeFrac: input.fee,
        protocolShareFrac: input.protocolShare,
        swapCostFrac: input.swapCost,
        gasRsUsd: input.gasRs,
        gasOpenUsd: input.gasOpen,
        isOpen: input.isOpen,
        amortizeDays: input.horizonDays,
      });
      const computed = {
        R: terms.revenueUsdPerYear,
        D: terms.depthUsd,
        c: terms.costPerYear,
        F: terms.fixedUsdPerYear,
        rho: terms.inRangeFrac,
        tau: terms.exitYears,
        income: input.xs.map((x) => incomeUsdPerYear(terms, x)),
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "economics",
    // Every volume may be missing, so an input without any key is one too when the output is a number.
    accepts: (entry) =>
      hasKeys([])(entry) &&
      typeof entry.in === "object" &&
      entry.in !== null &&
      !Array.isArray(entry.in) &&
      Object.keys(entry.in).every((key) => VOLUME_KEYS.has(key)) &&
      typeof entry.out === "number",
    in: z.object({ h1: volume, h6: volume, h24: volume }),
    check: ({ h1, h6, h24 }, entry, tolerance) =>
      expectClose(computeVolumeUsdPerDay({ h1: h1 ?? null, h6: h6 ?? null, h24: h24 ?? null }), entry.out, tolerance),
  }),
  defineRunner({
    topic: "allocation",
    accepts: hasKeys(["pools", "capital", "maxPools", "chainCaps", "allowCash"], ["poolCapPct"]),
    in: z.object({
      pools: z.array(
        z.object({
          id: z.string(),
          chain: z.union([z.number(), z.string()]).transform(String),
          R: looseNumber,
          D: looseNumber,
          c: looseNumber,
          F: looseNumber,
          min: looseNumber,
          cap: looseNumber,
        }),
      ),
      capital: looseNumber,
      maxPools: z.number(),
      chainCaps: z
        .record(z.string(), z.number())
        .nullish()
        .transform((caps) => caps ?? {}),
      allowCash: z.boolean(),
    }),
    check: (input, entry, tolerance) => {
      const out = allocationOutSchema.parse(entry.out);
      const result = allocate({
        pools: input.pools.map((pool) => ({
          id: pool.id,
          chain: pool.chain,
          revenueUsdPerYear: pool.R,
          depthUsd: pool.D,
          costPerYear: pool.c,
          fixedUsdPerYear: pool.F,
          minUsd: pool.min,
          capUsd: pool.cap,
        })),
        capitalUsd: input.capital,
        maxPools: input.maxPools,
        chainCapsUsd: input.chainCaps,
        allowCash: input.allowCash,
      });
      expectClose(result.valueUsdPerYear, out.value, tolerance, "value");
      const allowed = AMOUNT_TOLERANCE_FRAC * Math.abs(input.capital);
      for (const id of new Set([...Object.keys(out.x), ...Object.keys(result.amountsUsd)])) {
        expectAmount(result.amountsUsd[id] ?? 0, out.x[id] ?? 0, allowed, `x.${id}`);
      }
      expectAmount(result.cashUsd, out.cash, allowed, "cash");
    },
  }),
  defineRunner({
    topic: "accounting",
    accepts: hasKeys(["L", "pa", "pb", "P0", "P1", "txs"]),
    in: z.object({
      quoteUsd: looseNumber,
      L: looseNumber,
      pa: looseNumber,
      pb: looseNumber,
      P0: looseNumber,
      P1: looseNumber,
      feesBase0: looseNumber,
      feesBase1: looseNumber,
      collectedBase: looseNumber,
      feesQuote0: looseNumber,
      feesQuote1: looseNumber,
      collectedQuote: looseNumber,
      swapCost: looseNumber,
      txs: z.array(z.object({ gasUsed: looseNumber, gasPriceWei: looseNumber, nativeUsd: looseNumber })),
    }),
    check: (input, entry, tolerance) => {
      const pnl = computeEpochPnl({
        liquidity: input.L,
        range: { min: input.pa, max: input.pb },
        startPrice: input.P0,
        endPrice: input.P1,
        quoteUsd: input.quoteUsd,
        uncollectedBaseStart: input.feesBase0,
        uncollectedBaseEnd: input.feesBase1,
        collectedBase: input.collectedBase,
        uncollectedQuoteStart: input.feesQuote0,
        uncollectedQuoteEnd: input.feesQuote1,
        collectedQuote: input.collectedQuote,
        swapCostUsd: input.swapCost,
        transactions: input.txs.map((tx) => ({
          gasUsed: tx.gasUsed,
          effectiveGasPriceWei: tx.gasPriceWei,
          nativeUsd: tx.nativeUsd,
        })),
      });
      const computed = {
        valueStart: pnl.valueStartUsd,
        valueEnd: pnl.valueEndUsd,
        markPnl: pnl.markPnlUsd,
        hodlPnl: pnl.hodlPnlUsd,
        lvr: pnl.lvrUsd,
        fees: pnl.feesUsd,
        gas: pnl.gasUsd,
        swapCost: pnl.swapCostUsd,
        net: pnl.netUsd,
        alpha: pnl.alphaUsd,
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
];

function expectAmount(actual: number, expected: number, allowed: number, path: string): void {
  if (!(Math.abs(actual - expected) <= allowed)) {
    throw new Error(`${path}: expected ${expected}, got ${actual}; amounts may differ by ${allowed}`);
  }
}
