// Report of a backtest: the one JSON shape that the command line writes, the lab draws and a comparison reads.
import * as z from "zod";
import { TWIN_NAMES } from "./twin-names";

const nullableNumber = z.number().nullable();

export const twinNameSchema = z.enum(TWIN_NAMES);
export type TwinName = z.infer<typeof twinNameSchema>;

/** One decision that was not HOLD, or the first HOLD of a new reason. */
export const twinDecisionSchema = z.object({
  atMs: z.number(),
  epoch: z.number().int(),
  kind: z.enum(["HOLD", "RS", "PRA"]),
  reason: z.string(),
  /** What happened to it: `done`, `failed` (an action that did not land), `none` for HOLD. */
  outcome: z.enum(["done", "failed", "none"]),
  price: z.number(),
  /** Range after it; null when nothing is open. */
  lower: nullableNumber,
  upper: nullableNumber,
  gasUsd: z.number(),
  swapCostUsd: z.number(),
  /** The numbers behind it, in words. */
  detail: z.string(),
});
export type TwinDecision = z.infer<typeof twinDecisionSchema>;

/** Range held from `fromMs` to `toMs`; prices QUOTE per BASE. */
export const twinRangeSchema = z.object({ fromMs: z.number(), toMs: z.number(), lower: z.number(), upper: z.number() });

/** The totals of one twin. netUsd = feesUsd + markUsd - gasUsd - swapCostUsd; alphaUsd = feesUsd - lvrUsd - gasUsd - swapCostUsd. */
export const twinTotalsSchema = z.object({
  netUsd: z.number(),
  feesUsd: z.number(),
  lvrUsd: z.number(),
  /** Change of the inventory's own value, fees and costs left out. */
  markUsd: z.number(),
  gasUsd: z.number(),
  swapCostUsd: z.number(),
  /** Range shifts and reallocations that landed. */
  rebalances: z.number().int(),
  timeInRangeFrac: z.number(),
  maxDrawdownFrac: z.number(),
  alphaUsd: z.number(),
  /** alphaUsd per start capital and year (365 days). */
  aprFrac: z.number(),
  endUsd: z.number(),
  /** netUsd less that of the twin `hold`. */
  netVsHoldUsd: z.number(),
});

export const twinReportSchema = twinTotalsSchema.extend({
  name: twinNameSchema,
  title: z.string(),
  /** What this twin does, one sentence. */
  rule: z.string(),
  failedActions: z.number().int(),
  /** [unix ms, value in US dollars], at most some 2 000 points. */
  equity: z.array(z.tuple([z.number(), z.number()])),
  ranges: z.array(twinRangeSchema),
  decisions: z.array(twinDecisionSchema),
});
export type TwinReport = z.infer<typeof twinReportSchema>;

export const windowReportSchema = z.object({
  index: z.number().int(),
  fromMs: z.number(),
  toMs: z.number(),
  /** Whether the window ends within the first 60 % of the file, on which rules may be chosen. */
  isTraining: z.boolean(),
  twins: z.record(z.string(), twinTotalsSchema),
});

/** Walk-forward summary of one policy against one twin over all windows. */
export const comparisonSchema = z.object({
  policy: twinNameSchema,
  against: twinNameSchema,
  windows: z.number().int(),
  /** Windows with a larger alpha, and with a larger net. */
  alphaWins: z.number().int(),
  netWins: z.number().int(),
  /** Windows in which both are equal to a millionth of a US dollar: both in cash, as a rule. Neither a win nor a loss. */
  alphaTies: z.number().int().default(0),
  netTies: z.number().int().default(0),
  meanAlphaDiffUsd: z.number(),
  spreadAlphaDiffUsd: z.number(),
  meanNetDiffUsd: z.number(),
  spreadNetDiffUsd: z.number(),
});

export const backtestReportSchema = z.object({
  version: z.literal(1),
  /** What was run: pair, pool, capital, costs, period, seed, as resolved. */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  period: z.object({ fromMs: z.number(), toMs: z.number(), minutes: z.number().int(), epochs: z.number().int() }),
  /** Where fees come from; an estimate says so and how. */
  fees: z.object({
    source: z.enum(["pool_events", "pool_minutes", "pool_hours", "volume_model"]),
    isEstimate: z.boolean(),
    sentence: z.string(),
  }),
  /** Rows read, dropped with the line they stood on, and holes. */
  data: z.object({
    rows: z.number().int(),
    dropped: z.array(z.object({ line: z.number().int(), reason: z.string() })),
    droppedCount: z.number().int(),
    filledMinutes: z.number().int(),
    holes: z.number().int(),
  }),
  /** Kappa of the pool over time: [unix ms, kappa or null]. */
  kappa: z.array(z.tuple([z.number(), nullableNumber])),
  /** [unix ms, price], thinned. */
  price: z.array(z.tuple([z.number(), z.number()])),
  twins: z.array(twinReportSchema),
  windows: z.array(windowReportSchema),
  comparisons: z.array(comparisonSchema),
  /** Everything the reader should know before believing a number. */
  notes: z.array(z.string()),
  tookMs: z.number(),
});
export type BacktestReport = z.infer<typeof backtestReportSchema>;
