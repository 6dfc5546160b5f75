// Paper book: the paper accounts of a pair as they are kept between epochs, checked when they come back from the store.
import * as z from "zod";
import type { PaperState } from "@/lib/backtest/paper-state";
import { memoryRecordSchema } from "@/lib/epoch/epoch-record";

const fill = z.enum(["swap", "keep", "half"]);
const ticks = { tickLower: z.number().int(), tickUpper: z.number().int() };

const planSchema = z.object({
  kind: z.enum(["RS", "PRA"]),
  reason: z.string(),
  closePositionIds: z.array(z.number().int()),
  restoreMixFrac: z.number().nullable(),
  shifts: z.array(z.object({ positionId: z.number().int(), ...ticks, fill })),
  opens: z.array(
    z.object({ poolKey: z.string(), chainId: z.number().int(), ...ticks, amountUsd: z.number().nullable(), fill }),
  ),
  startsHold: z.boolean(),
});

/** The shape of lib/backtest/paper-state.ts. */
export const paperStateSchema = z.object({
  version: z.literal(1),
  startedAtMs: z.number(),
  startUsd: z.number(),
  atMs: z.number(),
  price: z.number(),
  quoteUsd: z.number(),
  wallets: z.array(z.object({ chainId: z.number().int(), base: z.number(), quote: z.number() })),
  positions: z.array(
    z.object({
      id: z.number().int(),
      poolKey: z.string(),
      chainId: z.number().int(),
      ...ticks,
      lower: z.number(),
      upper: z.number(),
      liquidity: z.number(),
      feesBase: z.number(),
      feesQuote: z.number(),
      idleBase: z.number(),
      idleQuote: z.number(),
      openedAtMs: z.number(),
      refBase: z.number(),
      refQuote: z.number(),
    }),
  ),
  nextId: z.number().int(),
  totals: z.object({
    feesUsd: z.number(),
    lvrUsd: z.number(),
    markUsd: z.number(),
    gasUsd: z.number(),
    swapCostUsd: z.number(),
    rebalances: z.number().int(),
    failedActions: z.number().int(),
    openMs: z.number(),
    inRangeMs: z.number(),
  }),
  valueUsd: z.number(),
  peakUsd: z.number(),
  maxDrawdownFrac: z.number(),
  lastPraAtMs: z.number().nullable(),
  lastCloseEpochs: z.record(z.string(), z.number()),
  rangeShiftAtMs: z.array(z.number()),
  gasSpent: z.array(z.object({ atMs: z.number(), usd: z.number() })),
  epochNetUsd: z.array(z.number()),
  epochStartNetUsd: z.number(),
  suppressUntilEpoch: z.number(),
  pending: z.object({ plan: planSchema, detail: z.string(), decidedAtMs: z.number(), dueAtMs: z.number() }).nullable(),
});

export const paperAccountSchema = z.object({
  policy: z.enum(["forces", "carry"]),
  state: paperStateSchema,
  /** What it began with, whole tokens over all chains: for what holding would have made. */
  startBase: z.number(),
  startQuote: z.number(),
  /** Time of the newest sample counted, by pool key. */
  marks: z.record(z.string(), z.number()),
  memory: memoryRecordSchema,
  lastEpoch: z.number().int(),
  lastAction: z
    .object({ atMs: z.number(), reason: z.string(), outcome: z.enum(["done", "failed"]), detail: z.string() })
    .nullable(),
  unseenMs: z.number(),
});
/** The state as lib/backtest steps it, in place. */
export type PaperAccount = Omit<z.infer<typeof paperAccountSchema>, "state"> & { readonly state: PaperState };

export interface PaperBook {
  readonly version: 1;
  readonly accounts: readonly PaperAccount[];
}
export const paperBookSchema: z.ZodType<PaperBook> = z.object({
  version: z.literal(1),
  accounts: z.array(paperAccountSchema),
});
