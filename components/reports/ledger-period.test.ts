// Periods are UTC, a zone is written with its offset, and sums show an entry that is missing.
import { describe, expect, it } from "vitest";
import type { StatementRowDto } from "@/lib/api/money-schemas";
import { inPeriod, ledgerSums, periodOf, zoneTime } from "./ledger-period";

const NOW = Date.UTC(2026, 10, 23, 15);

function row(given: Partial<StatementRowDto>): StatementRowDto {
  return {
    ...blank,
    chain_id: 1,
    token: "USDC",
    token_address: "0xa",
    amount_raw: "0",
    market_at_utc: "2026-11-23T12:00:00.000Z",
    ...given,
  };
}
const blank: StatementRowDto = {
  seq: 1,
  at_utc: "2026-11-23T12:00:00.000Z",
  market_at_utc: "2026-11-23T12:00:00.000Z",
  pair: null,
  chain_id: 1,
  account: "external",
  kind: "swap",
  token: "USDC",
  token_address: "0xa",
  decimals: 6,
  amount_raw: "0",
  amount: "0",
  usd: null,
  usd_per_token: null,
  price_source: null,
  price_at_utc: null,
  plan_id: null,
  op_id: null,
  tx_hash: null,
};

describe("ledger period", () => {
  it("behavior: years and days begin at midnight UTC, and the end belongs to the next", () => {
    const year = periodOf("this_year", NOW);
    const rows = ["2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"].map((at) =>
      row({ market_at_utc: at }),
    );
    expect(inPeriod(rows, year)).toEqual([rows[1]]);
    expect(inPeriod(rows, periodOf("last_year", NOW))).toEqual([rows[0]]);
    expect(inPeriod(rows, periodOf("all", NOW))).toHaveLength(3);
    expect(periodOf("today", NOW)).toEqual({ fromMs: Date.UTC(2026, 10, 23), toMs: Date.UTC(2026, 10, 24) });
    expect(periodOf("last_30_days", NOW).fromMs).toBe(Date.UTC(2026, 9, 25));
  });
  it("behavior: the time of a zone carries its offset, also across the change of the clocks", () => {
    expect(zoneTime("2026-11-23T12:03:07.000Z", "Europe/Berlin")).toBe("2026-11-23 13:03:07 +01:00");
    expect(zoneTime("2026-07-01T12:00:00.000Z", "Europe/Berlin")).toBe("2026-07-01 14:00:00 +02:00");
    expect(zoneTime("2026-07-01T12:00:00.000Z", "UTC")).toBe("2026-07-01 12:00:00 +00:00");
  });
});

describe("ledgerSums", () => {
  const pair = [
    row({ amount_raw: "90000000000000000000001", tx_hash: "0x1" }),
    row({ amount_raw: "-90000000000000000000001", tx_hash: "0x1" }),
  ];
  it("behavior: entries with their counterparts sum to zero exactly, one missing unit is named", () => {
    expect(ledgerSums(pair, "all")).toEqual({ entries: 2, transactions: 1, unbalanced: [] });
    const [first] = pair;
    expect(ledgerSums(first === undefined ? [] : [first], "all").unbalanced).toEqual([
      { chainId: "1", token: "USDC", raw: "90000000000000000000001" },
    ]);
  });
  it("behavior: what was assigned to one pair has its counterpart outside it", () => {
    const assigned = row({ kind: "assign", amount_raw: "5" });
    expect(ledgerSums([assigned, ...pair], "pair").unbalanced).toEqual([]);
    expect(ledgerSums([assigned, ...pair], "all").unbalanced).toHaveLength(1);
  });
});
