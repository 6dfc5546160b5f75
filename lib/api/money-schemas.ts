// Wire shapes of money on the record: ledger rows, profit and loss, score cards, transfers between chains, and what the journal does not know.
import * as z from "zod";
import { STATEMENT_COLUMNS } from "@/lib/ledger/statement";
import { MONEY_PERIODS } from "./money-periods";
import { TRANSFER_STATES } from "./signer-contract";

export type { MoneyPeriod } from "./money-periods";

const nullableNumber = z.number().nullable();
const cell = z.union([z.string(), z.number(), z.null()]);

/** A row of the statement: every column of STATEMENT_COLUMNS. */
export const statementRowSchema = z.record(z.enum(STATEMENT_COLUMNS), cell);
export type StatementRowDto = z.infer<typeof statementRowSchema>;

const flowFields = {
  feesUsd: z.number(),
  markUsd: z.number(),
  hodlUsd: z.number(),
  lvrUsd: z.number(),
  gasUsd: z.number(),
  swapCostUsd: z.number(),
  bridgeCostUsd: z.number(),
  netUsd: z.number(),
  alphaUsd: z.number(),
};
export const flowSumsSchema = z.object({ ...flowFields, epochs: z.number().int() });
export type FlowSumsDto = z.infer<typeof flowSumsSchema>;

export const flowPointSchema = z.object({ epoch: z.number().int(), marketAtMs: z.number(), ...flowFields });
export const dayPnlSchema = flowSumsSchema.extend({ day: z.string(), startAtMs: z.number() });

/** All pairs together, the newest days. */
export const moneyDaysSchema = z.object({
  days: z.array(dayPnlSchema),
  /** Pairs that have a day on record, and pairs whose records could not be read. */
  pairs: z.number().int(),
  missing: z.array(z.string()),
});

/** Net is of the liquidity; with the price of what lies outside of pools it is the change of the capital. */
export const moneySumsSchema = flowSumsSchema.extend({
  /** What the price did to tokens outside of pools. */
  outsideUsd: z.number(),
  /** Written off, and changes over epochs whose records are lost. */
  otherUsd: z.number(),
  /** net + outside + other. */
  changeUsd: z.number(),
});
export type MoneySumsDto = z.infer<typeof moneySumsSchema>;

/** Sums of a period to the newest epoch, over the pairs that were asked for. */
export const moneyReportSchema = z.object({
  period: z.enum(MONEY_PERIODS),
  /** First and newest epoch counted; null when none has figures. */
  fromMs: nullableNumber,
  toMs: nullableNumber,
  total: moneySumsSchema,
  /** Pairs with figures. */
  pairs: z.array(moneySumsSchema.extend({ pairId: z.string() })),
  barMs: z.number(),
  bars: z.array(flowSumsSchema.extend({ startAtMs: z.number() })),
  /** Pairs whose records could not be read. */
  missing: z.array(z.string()),
});
export type MoneyReportDto = z.infer<typeof moneyReportSchema>;

/** A life by the epochs that counted it; `startUsd` and `endUsd` by its receipts. */
export const positionResultSchema = z.object({
  positionId: z.string(),
  pairId: z.string(),
  chainId: z.number().int(),
  openedAtMs: z.number(),
  closedAtMs: nullableNumber,
  measuredAtMs: z.number(),
  /** What went in, at the price of the operation; null when it has no price. */
  startUsd: nullableNumber,
  ...flowFields,
  openTxHash: z.string().nullable(),
  closeTxHash: z.string().nullable(),
  /** What came out as principal; null while it is open. */
  endUsd: nullableNumber,
  origin: z.enum(["minted", "adopted"]),
  end: z.enum(["open", "burned", "written_off"]),
  /** False: older than the kept epochs, which have only the rest of its life. */
  isWhole: z.boolean(),
});
export type PositionResultDto = z.infer<typeof positionResultSchema>;

export const scoreCardSchema = z.object({
  planId: z.string(),
  kind: z.enum(["PRA", "RS"]),
  reason: z.string(),
  endedAtMs: z.number(),
  windows: z.array(
    z.object({
      horizonMs: z.number(),
      state: z.enum(["pending", "measured", "cut_short", "unknown"]),
      untilMs: z.number(),
      measuredFrac: z.number(),
      expectedFeesUsd: z.number(),
      expectedLvrUsd: z.number(),
      expectedAlphaUsd: z.number(),
      earned: flowSumsSchema.nullable(),
      feesRatio: nullableNumber,
    }),
  ),
});
export type ScoreCardDto = z.infer<typeof scoreCardSchema>;

/** How the views of the same results agree, and what explains the capital. */
export const agreementSchema = z.object({
  byEpoch: flowSumsSchema,
  byDay: flowSumsSchema,
  byPosition: flowSumsSchema,
  /** Swaps, bridges, gas of rights. */
  ofNoPosition: flowSumsSchema,
  differenceUsd: z.number(),
  receipts: z.object({ lives: z.number().int(), feeDifferences: z.number().int(), markDifferenceUsd: z.number() }),
  /** start + paid in + fees + mark + outside - swaps - bridges - written off + not kept = end. */
  capital: z
    .object({
      fromMs: z.number(),
      toMs: z.number(),
      startUsd: z.number(),
      paidInUsd: z.number(),
      feesUsd: z.number(),
      markUsd: z.number(),
      outsideUsd: z.number(),
      swapCostUsd: z.number(),
      bridgeCostUsd: z.number(),
      writtenOffUsd: z.number(),
      notKeptUsd: z.number(),
      endUsd: z.number(),
      differenceUsd: z.number(),
      residualUsd: nullableNumber,
    })
    .nullable(),
  waitingEntries: z.number().int(),
});
export type AgreementDto = z.infer<typeof agreementSchema>;

export const pnlSchema = z.object({
  pairId: z.string(),
  /** Epochs kept, oldest first; older ones are in the log store only. */
  epochs: z.array(flowPointSchema),
  days: z.array(dayPnlSchema),
  total: flowSumsSchema,
  /** Position lives, oldest first. */
  positions: z.array(positionResultSchema),
  scores: z.array(scoreCardSchema),
  agreement: agreementSchema,
  /** Where the US dollars come from, in one sentence. */
  priceNote: z.string(),
  /** True when earlier epochs are not kept any more: totals start at the first one shown. */
  partial: z.boolean(),
});
export type PnlDto = z.infer<typeof pnlSchema>;

const decimal = z.string().regex(/^-?\d+$/);
const tokenAmountSchema = z.object({
  symbol: z.string(),
  address: z.string(),
  decimals: z.number().int(),
  raw: decimal,
});

export const transferDtoSchema = z.object({
  transferId: z.string(),
  pairId: z.string(),
  planId: z.string(),
  bridge: z.string(),
  fromChain: z.string(),
  toChain: z.string(),
  sent: tokenAmountSchema,
  /** Of what was sent: neither arrived nor come back nor written off. */
  inTransit: tokenAmountSchema,
  /** Null when nothing prices it. */
  inTransitUsd: nullableNumber,
  leastToArrive: tokenAmountSchema,
  sourceTxHash: z.string(),
  state: z.enum(TRANSFER_STATES),
  receipts: z.array(
    z.object({
      kind: z.enum(["arrival", "refund"]),
      chain: z.string(),
      txHash: z.string(),
      amount: tokenAmountSchema,
    }),
  ),
  startedAtMs: z.number(),
  updatedAtMs: z.number(),
  detail: z.string(),
});
export type TransferDto = z.infer<typeof transferDtoSchema>;

export const orphanDtoSchema = z.object({
  orphanId: z.string(),
  kind: z.enum(["position", "missing_position", "debit", "credit", "allowance"]),
  chain: z.string(),
  family: z.string().nullable(),
  pool: z.string().nullable(),
  tokenId: decimal.nullable(),
  amount: tokenAmountSchema.nullable(),
  spender: z.string().nullable(),
  pairId: z.string().nullable(),
  valueText: z.string(),
  foundAtMs: z.number(),
  status: z.enum(["open", "adopted", "closing", "closed", "ignored"]),
  detail: z.string(),
});
export type OrphanDto = z.infer<typeof orphanDtoSchema>;
