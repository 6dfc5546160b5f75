// Results as rows of a file, the same from the desk and the command line: columns in an order that never changes, dates ISO in UTC, dollars plain.
import type { CsvCell } from "@/lib/format/csv";
import { formatIso } from "@/lib/format/time";
import type { DayPnl, EpochFlowPoint, Flows } from "@/lib/portfolio/pnl-report";
import type { ScoreWindow } from "@/lib/portfolio/score-card";

type Row = Readonly<Record<string, CsvCell>>;

/** Columns and rows of one file. */
export interface ExportTable {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** What the files are made of; the answer of the API has it. */
export interface ExportSource {
  readonly pairId: string;
  readonly epochs: readonly EpochFlowPoint[];
  readonly days: readonly DayPnl[];
  readonly positions: readonly (Flows & {
    readonly positionId: string;
    readonly chainId: number;
    readonly openedAtMs: number;
    readonly closedAtMs: number | null;
    readonly measuredAtMs: number;
    readonly startUsd: number | null;
    readonly endUsd: number | null;
    readonly openTxHash: string | null;
    readonly closeTxHash: string | null;
    readonly origin: string;
    readonly end: string;
    readonly isWhole: boolean;
  })[];
  readonly scores: readonly {
    readonly planId: string;
    readonly kind: string;
    readonly reason: string;
    readonly endedAtMs: number;
    readonly windows: readonly ScoreWindow[];
  }[];
}

const FLOW_COLUMNS = [
  "fees_usd",
  "change_usd",
  "hold_usd",
  "divergence_usd",
  "gas_usd",
  "swap_cost_usd",
  "bridge_cost_usd",
  "net_usd",
  "alpha_usd",
] as const;

export function epochTable({ pairId, epochs }: Pick<ExportSource, "pairId" | "epochs">): ExportTable {
  return {
    columns: ["pair", "epoch", "market_at_utc", ...FLOW_COLUMNS],
    rows: epochs.map((point) => ({
      pair: pairId,
      epoch: point.epoch,
      market_at_utc: formatIso(point.marketAtMs),
      ...flowCells(point),
    })),
  };
}

export function dayTable({ pairId, days }: Pick<ExportSource, "pairId" | "days">): ExportTable {
  return {
    columns: ["pair", "day_utc", "epochs", ...FLOW_COLUMNS],
    rows: days.map((day) => ({ pair: pairId, day_utc: day.day, epochs: day.epochs, ...flowCells(day) })),
  };
}

export function positionTable({ pairId, positions }: Pick<ExportSource, "pairId" | "positions">): ExportTable {
  return {
    columns: [
      "pair",
      "position",
      "chain_id",
      "origin",
      "end",
      "whole_life",
      "opened_market_at_utc",
      "closed_market_at_utc",
      "measured_market_at_utc",
      "put_in_usd",
      "taken_out_usd",
      ...FLOW_COLUMNS,
      "open_tx_hash",
      "close_tx_hash",
    ],
    rows: positions.map((life) => ({
      pair: pairId,
      position: life.positionId,
      chain_id: life.chainId,
      origin: life.origin,
      end: life.end,
      whole_life: life.isWhole ? "yes" : "no",
      opened_market_at_utc: formatIso(life.openedAtMs),
      closed_market_at_utc: life.closedAtMs === null ? null : formatIso(life.closedAtMs),
      measured_market_at_utc: formatIso(life.measuredAtMs),
      put_in_usd: dollars(life.startUsd),
      taken_out_usd: dollars(life.endUsd),
      ...flowCells(life),
      open_tx_hash: life.openTxHash,
      close_tx_hash: life.closeTxHash,
    })),
  };
}

const HOUR_MS = 3_600_000;

export function scoreTable({ pairId, scores }: Pick<ExportSource, "pairId" | "scores">): ExportTable {
  return {
    columns: [
      "pair",
      "plan_id",
      "kind",
      "reason",
      "ended_market_at_utc",
      "window_hours",
      "state",
      "measured_until_utc",
      "measured_hours",
      "expected_fees_usd",
      "earned_fees_usd",
      "fees_ratio",
      "expected_divergence_usd",
      "earned_divergence_usd",
      "cost_usd",
      "expected_alpha_usd",
      "earned_alpha_usd",
    ],
    rows: scores.flatMap((card) =>
      card.windows.map((window) => {
        const { earned } = window;
        return {
          pair: pairId,
          plan_id: card.planId,
          kind: card.kind,
          reason: card.reason,
          ended_market_at_utc: formatIso(card.endedAtMs),
          window_hours: window.horizonMs / HOUR_MS,
          state: window.state,
          measured_until_utc: formatIso(window.untilMs),
          measured_hours: dollars((window.measuredFrac * window.horizonMs) / HOUR_MS),
          expected_fees_usd: dollars(window.expectedFeesUsd),
          earned_fees_usd: dollars(earned?.feesUsd),
          fees_ratio: dollars(window.feesRatio),
          expected_divergence_usd: dollars(window.expectedLvrUsd),
          earned_divergence_usd: dollars(earned?.lvrUsd),
          cost_usd: earned === null ? null : dollars(earned.gasUsd + earned.swapCostUsd + earned.bridgeCostUsd),
          expected_alpha_usd: dollars(window.expectedAlphaUsd),
          earned_alpha_usd: dollars(earned?.alphaUsd),
        };
      }),
    ),
  };
}

function flowCells(flows: Flows): Row {
  return {
    fees_usd: dollars(flows.feesUsd),
    change_usd: dollars(flows.markUsd),
    hold_usd: dollars(flows.hodlUsd),
    divergence_usd: dollars(flows.lvrUsd),
    gas_usd: dollars(flows.gasUsd),
    swap_cost_usd: dollars(flows.swapCostUsd),
    bridge_cost_usd: dollars(flows.bridgeCostUsd),
    net_usd: dollars(flows.netUsd),
    alpha_usd: dollars(flows.alphaUsd),
  };
}

/** A millionth of a dollar is beyond what a price says, and keeps numbers free of exponents. */
function dollars(usd: number | null | undefined): number | null {
  return usd === null || usd === undefined ? null : Math.round(usd * 1e6) / 1e6 + 0;
}
