// Files keep their columns: a change of their order or names breaks somebody's books.
import { describe, expect, it } from "vitest";
import { recordsToCsv } from "@/lib/format/csv";
import { dayTable, epochTable, positionTable, scoreTable } from "./export-rows";

const flows = {
  feesUsd: 1.000_000_4,
  markUsd: -0.000_000_2,
  hodlUsd: 0,
  lvrUsd: 0.000_000_2,
  gasUsd: 0.5,
  swapCostUsd: 1e-7,
  bridgeCostUsd: 0,
  netUsd: 0.5,
  alphaUsd: 0.5,
};
const T0 = 1_793_491_200_000;
const figures = "fees_usd,change_usd,hold_usd,divergence_usd,gas_usd,swap_cost_usd,bridge_cost_usd,net_usd,alpha_usd";

function csv({ columns, rows }: ReturnType<typeof epochTable>): string[] {
  return recordsToCsv(columns, rows).split("\r\n");
}

describe("export tables", () => {
  it("default: columns stand, dates are ISO in UTC, dollars have no exponent and no minus zero", () => {
    expect(csv(epochTable({ pairId: "A-B", epochs: [{ epoch: 7, marketAtMs: T0, ...flows }] }))).toEqual([
      `pair,epoch,market_at_utc,${figures}`,
      "A-B,7,2026-11-01T00:00:00.000Z,1,0,0,0,0.5,0,0,0.5,0.5",
      "",
    ]);
    const day = { day: "2026-11-01", startAtMs: T0, epochs: 96, ...flows };
    expect(csv(dayTable({ pairId: "A-B", days: [day] }))).toEqual([
      `pair,day_utc,epochs,${figures}`,
      "A-B,2026-11-01,96,1,0,0,0,0.5,0,0,0.5,0.5",
      "",
    ]);
  });

  it("behavior: a position that is open, of unknown worth and named like a formula", () => {
    const life = {
      positionId: "=cmd()",
      chainId: 1,
      openedAtMs: T0,
      closedAtMs: null,
      measuredAtMs: T0 + 1,
      startUsd: null,
      endUsd: null,
      openTxHash: "0x1",
      closeTxHash: null,
      origin: "adopted",
      end: "open",
      isWhole: false,
      ...flows,
    };
    const [head, row] = csv(positionTable({ pairId: "A-B", positions: [life] }));
    expect(head).toBe(
      `pair,position,chain_id,origin,end,whole_life,opened_market_at_utc,closed_market_at_utc,measured_market_at_utc,put_in_usd,taken_out_usd,${figures},open_tx_hash,close_tx_hash`,
    );
    expect(row).toBe(
      "A-B,'=cmd(),1,adopted,open,no,2026-11-01T00:00:00.000Z,,2026-11-01T00:00:00.001Z,,,1,0,0,0,0.5,0,0,0.5,0.5,0x1,",
    );
  });

  it("behavior: a score card has a row per window, empty where nothing is measured yet", () => {
    const window = {
      horizonMs: 86_400_000,
      state: "pending" as const,
      untilMs: T0,
      measuredFrac: 0,
      expectedFeesUsd: 0,
      expectedLvrUsd: 0,
      expectedAlphaUsd: -4,
      earned: null,
      feesRatio: null,
    };
    const card = { planId: "0xab", kind: "RS", reason: "range_shift", endedAtMs: T0, windows: [window] };
    expect(csv(scoreTable({ pairId: "A-B", scores: [card] }))).toEqual([
      "pair,plan_id,kind,reason,ended_market_at_utc,window_hours,state,measured_until_utc,measured_hours,expected_fees_usd,earned_fees_usd,fees_ratio,expected_divergence_usd,earned_divergence_usd,cost_usd,expected_alpha_usd,earned_alpha_usd",
      "A-B,0xab,RS,range_shift,2026-11-01T00:00:00.000Z,24,pending,2026-11-01T00:00:00.000Z,0,0,,,0,,,-4,",
      "",
    ]);
  });
});
