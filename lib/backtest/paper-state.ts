// Paper account: the plain-JSON state of money that is only on paper, and the orders that change it.
import type { SwapTrack } from "./market";

/** One virtual position. Liquidity and amounts in human units; ticks in pool order, bounds QUOTE per BASE. */
export interface PaperPosition {
  readonly id: number;
  readonly poolKey: string;
  readonly chainId: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly lower: number;
  readonly upper: number;
  readonly liquidity: number;
  /** Fees earned and not collected. */
  feesBase: number;
  feesQuote: number;
  /** Part of the chain's wallet that its own last mint left over. */
  idleBase: number;
  idleQuote: number;
  readonly openedAtMs: number;
  /** Inventory when the loss was last marked. */
  refBase: number;
  refQuote: number;
}

export interface PaperWallet {
  readonly chainId: number;
  base: number;
  quote: number;
}

/** Sums since the start, US dollars. netUsd = feesUsd + markUsd - gasUsd - swapCostUsd at any time. */
export interface PaperTotals {
  feesUsd: number;
  lvrUsd: number;
  markUsd: number;
  gasUsd: number;
  swapCostUsd: number;
  rebalances: number;
  failedActions: number;
  /** Time with a position open, and the part of it in which one was in range, ms. */
  openMs: number;
  inRangeMs: number;
}

/** Everything a paper account is. Gas is paid in native coin outside of it and only counted. */
export interface PaperState {
  readonly version: 1;
  readonly startedAtMs: number;
  readonly startUsd: number;
  atMs: number;
  price: number;
  quoteUsd: number;
  readonly wallets: PaperWallet[];
  positions: PaperPosition[];
  nextId: number;
  readonly totals: PaperTotals;
  /** Tokens in wallets and positions with their fees, US dollars; gas is not taken off. */
  valueUsd: number;
  /** Highest value less gas so far, and the deepest fall from it. */
  peakUsd: number;
  maxDrawdownFrac: number;
  lastPraAtMs: number | null;
  lastCloseEpochs: Record<string, number>;
  rangeShiftAtMs: number[];
  gasSpent: { readonly atMs: number; readonly usd: number }[];
  /** Net of the latest epochs, oldest first, US dollars. */
  epochNetUsd: number[];
  epochStartNetUsd: number;
  suppressUntilEpoch: number;
  /** A decided plan on its way; nothing else is decided meanwhile. */
  pending: PendingPlan | null;
}

/** How the tokens for a mint are brought together. */
export type PaperFill =
  /** Swap to the share that the range needs; nothing stays idle. */
  | "swap"
  /** Swap nothing; what does not fit stays idle. */
  | "keep"
  /** Swap to half and half whatever the range needs; what does not fit stays idle. */
  | "half";

export interface PaperShift {
  readonly positionId: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly fill: PaperFill;
}

export interface PaperOpen {
  readonly poolKey: string;
  readonly chainId: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  /** Capital to deploy, US dollars; null for everything the wallet of the chain holds. */
  readonly amountUsd: number | null;
  readonly fill: PaperFill;
}

/** One decision as the account carries it out: close, restore the mix, shift, open, in this order. */
export interface PaperPlan {
  readonly kind: "RS" | "PRA";
  readonly reason: string;
  readonly closePositionIds: readonly number[];
  /** Share of BASE by value that closed tokens are swapped to; null = no swap. */
  readonly restoreMixFrac: number | null;
  readonly shifts: readonly PaperShift[];
  readonly opens: readonly PaperOpen[];
  /** The twelve-hour hold counts from it. */
  readonly startsHold: boolean;
}

export interface PendingPlan {
  readonly plan: PaperPlan;
  /** The numbers behind it, in words. */
  readonly detail: string;
  readonly decidedAtMs: number;
  readonly dueAtMs: number;
}

/** Single swaps of an interval: columns of all swaps, and which of them belong to it. */
export interface PaperSwaps {
  readonly track: SwapTrack;
  readonly from: number;
  readonly to: number;
}

/** A pool over an interval: its price at both ends, the path between, and what it paid per unit of others' liquidity. */
export interface PaperPoolInterval {
  readonly poolKey: string;
  readonly start: number;
  readonly low: number;
  readonly high: number;
  readonly price: number;
  readonly feeBase: number;
  readonly feeQuote: number;
  /** Liquidity of others that served the interval's swaps. */
  readonly othersLiquidity: number;
  /** Null where only the interval as a whole is known. */
  readonly swaps: PaperSwaps | null;
}

/** Market of an account from its own `atMs` to `toMs`. */
export interface PaperInterval {
  readonly toMs: number;
  /** Price that wallets and inventories are valued at, QUOTE per BASE. */
  readonly price: number;
  readonly quoteUsd: number;
  readonly pools: readonly PaperPoolInterval[];
}

/** What carrying out a plan needs to know of a pool. */
export interface PaperPool {
  readonly poolKey: string;
  readonly chainId: number;
  readonly price: number;
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
  readonly baseIsToken0: boolean;
  readonly feeFrac: number;
  readonly othersLiquidity: number;
}

export interface PaperMarket {
  readonly atMs: number;
  readonly epoch: number;
  readonly pools: readonly PaperPool[];
  /** Router fee and slippage of a swap, fraction; the pool's fee and the price impact come on top. */
  readonly swapCostFrac: number;
  readonly gasUsdPerTx: number;
  /** The plan's first transaction fails: its gas is spent and everything stays as it was. */
  readonly fails: boolean;
}

export interface PaperEvent {
  readonly outcome: "done" | "failed";
  readonly gasUsd: number;
  readonly swapCostUsd: number;
  readonly detail: string;
}
