// What an epoch's record says of money, small enough to be kept for a month: prices, flows by position, and the capital they explain.
import * as z from "zod";
import { accountingSchema, epochRecordSchema, type EpochRecord } from "./epoch-record";

export const moneyRecordSchema = epochRecordSchema
  .pick({ epoch: true, marketAtMs: true, price: true, quoteUsd: true, flows: true })
  .extend({
    accounting: accountingSchema
      .pick({ parts: true, capital: true })
      .extend({
        /** Newest entry of the ledger that is counted. */
        seq: z.number().int(),
        /** Positions that were open. */
        heldIds: z.array(z.string()),
      })
      .nullable(),
  });
export type MoneyRecord = z.infer<typeof moneyRecordSchema>;

export function toMoneyRecord(record: EpochRecord): MoneyRecord {
  const { epoch, marketAtMs, price, quoteUsd, flows } = record;
  const accounting = record.accounting ?? null;
  return {
    epoch,
    marketAtMs,
    price,
    quoteUsd,
    flows,
    accounting:
      accounting === null
        ? null
        : {
            parts: accounting.parts,
            capital: accounting.capital,
            seq: accounting.book.seq,
            heldIds: accounting.book.positions.map(({ positionId }) => positionId),
          },
  };
}
