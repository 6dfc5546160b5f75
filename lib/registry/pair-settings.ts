// What an operator may set per pair: validated, versioned in the signer's directory, applied from the next cycle.
import * as z from "zod";
import { MODES, PAUSE_KINDS } from "./mode";
import { addressSchema, pairIdSchema } from "./schema";

export { PAUSE_KINDS, type Mode, type PauseKind } from "./mode";

export const modeSchema = z.enum(MODES);
export const pauseKindSchema = z.enum(PAUSE_KINDS);

const frac = z.number().min(0).max(1);

/** Strategy settings of one pair; defaults are lib/registry/params.ts. */
export const pairParamsSchema = z.object({
  policy: z.enum(["forces", "carry"]),
  optimizerEnabled: z.boolean(),
  optimizerEveryEpochs: z.number().int().min(1).max(672),
  /** Null: an abandoned position's tokens stay as they come. */
  restoreMixFrac: frac.nullable(),
  /** Thresholds of the carry policy (manual page "Policies"). */
  carry: z
    .object({
      kappaEntry: z.number().min(0).max(10),
      kappaExit: z.number().min(0).max(10),
      cautiousHours: z.number().min(0).max(72),
      kappaTrust: frac,
      minEdgePerYear: z.number().min(0).max(10),
      opensOnEstimate: z.boolean(),
      restoresAlways: z.boolean(),
      reallocatesInPlace: z.boolean(),
    })
    .partial(),
  allowCash: z.boolean(),
  maxPools: z.number().int().min(1).max(8),
  cashReserveFrac: frac,
  poolCapFrac: frac,
  minTvlUsd: z.number().min(0),
  praThresholdFrac: frac,
  rsThreshold: z.number().min(0.1).max(1),
  minHoldMs: z.number().int().min(0),
  rsMinAgeMs: z.number().int().min(0),
  amortizeDays: z.number().min(0.1).max(365),
  maxSlippageBps: z.number().int().min(1).max(500),
  maxPriceImpactFrac: frac,
  baseMin: z.number().min(1e-4).max(5e-3),
  baseMax: z.number().min(5e-3).max(0.5),
  vforceExp: z.number().min(0.5).max(2),
  vforceDivider: z.number().min(10).max(200),
});
export type PairParams = z.infer<typeof pairParamsSchema>;

export const pairLimitsSchema = z.object({
  maxUsdPerTx: z.number().positive(),
  maxUsdPerPlan: z.number().positive(),
  maxUsdPerDay: z.number().positive(),
  maxTxPerDay: z.number().int().positive(),
  maxGasUsdPerDay: z.number().positive(),
});
export type PairLimits = z.infer<typeof pairLimitsSchema>;

export const pairSettingsSchema = z.object({
  pairId: pairIdSchema,
  /** Pool ids (addresses or 32-byte ids) this pair may use; empty = every registry pool of the pair. */
  pools: z.array(z.string()).default([]),
  params: pairParamsSchema.partial().default({}),
  limits: pairLimitsSchema,
  /** How long a plan waits for its approvals, wall time. */
  planExpiryMs: z
    .number()
    .int()
    .min(60_000)
    .max(24 * 3_600_000)
    .default(1_800_000),
});
export type PairSettings = z.infer<typeof pairSettingsSchema>;

/** Part of a wallet's balance that belongs to a pair; `balanceOf` is not a pair's capital (safety.md section 3.1). */
export const capitalAssignmentSchema = z.object({
  pairId: pairIdSchema,
  chainId: z.number().int().positive(),
  token: addressSchema,
  amountRaw: z.string().regex(/^\d+$/),
});
export type CapitalAssignment = z.infer<typeof capitalAssignmentSchema>;

export const DEFAULT_LIMITS: PairLimits = {
  maxUsdPerTx: 250_000,
  maxUsdPerPlan: 500_000,
  maxUsdPerDay: 2_000_000,
  maxTxPerDay: 400,
  maxGasUsdPerDay: 200,
};
