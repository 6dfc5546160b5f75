// Twin: one way of handling the same money on the same market, asked once per epoch what to do.
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { MarketReading, TuningBars } from "@/lib/strategy";
import { rangeToTicks } from "@/lib/amm/ticks";
import { frameOf, type BacktestMarket, type BacktestPool } from "./market";
import type { PaperFill, PaperPlan, PaperState } from "./paper-state";
import type { TwinName } from "./report";
import type { BacktestSettings } from "./settings";

/** An instant of a run; everything in it was known then. */
export interface TwinMoment {
  readonly market: BacktestMarket;
  readonly settings: BacktestSettings;
  /** Bar that has just closed. */
  readonly index: number;
  readonly atMs: number;
  readonly epoch: number;
  /** Pool price, QUOTE per BASE. */
  readonly price: number;
  /** First bar of the window, and its time span. */
  readonly fromIndex: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Snapshot without money of ours; made once per moment for all twins. */
  readonly snapshot: () => MarketSnapshot;
  readonly reading: () => MarketReading;
  readonly tuningBars: () => TuningBars;
}

export interface TwinVerdict {
  readonly kind: "HOLD" | "RS" | "PRA";
  readonly reason: string;
  readonly detail: string;
  readonly plan: PaperPlan | null;
}

export interface Twin {
  readonly name: TwinName;
  readonly title: string;
  readonly rule: string;
  /** What is done at once at the beginning; null for nothing. */
  readonly start: (moment: TwinMoment) => PaperPlan | null;
  /** May note things about the market in the account (suppression), never money. */
  readonly decide: (moment: TwinMoment, state: PaperState) => TwinVerdict;
}

export const WAIT: TwinVerdict = { kind: "HOLD", reason: "no_gain", detail: "", plan: null };

/** Ticks of the price range [min, max] in the pool; null when it cannot be minted. */
export function ticksOf(
  pool: BacktestPool,
  range: { readonly min: number; readonly max: number },
): { readonly tickLower: number; readonly tickUpper: number } | null {
  return rangeToTicks(range, pool.tickSpacing, frameOf(pool));
}

export function openPlan(input: {
  readonly pool: BacktestPool;
  readonly ticks: { readonly tickLower: number; readonly tickUpper: number };
  readonly reason: string;
  readonly amountUsd: number | null;
  readonly fill: PaperFill;
  readonly closePositionIds?: readonly number[];
}): PaperPlan {
  return {
    kind: "PRA",
    reason: input.reason,
    closePositionIds: input.closePositionIds ?? [],
    restoreMixFrac: null,
    shifts: [],
    opens: [
      {
        poolKey: input.pool.poolKey,
        chainId: input.pool.chainId,
        ...input.ticks,
        amountUsd: input.amountUsd,
        fill: input.fill,
      },
    ],
    startsHold: true,
  };
}

export function shiftPlan(
  positionId: number,
  ticks: { readonly tickLower: number; readonly tickUpper: number },
  reason: string,
  fill: PaperFill,
): PaperPlan {
  return {
    kind: "RS",
    reason,
    closePositionIds: [],
    restoreMixFrac: null,
    shifts: [{ positionId, ...ticks, fill }],
    opens: [],
    startsHold: false,
  };
}
