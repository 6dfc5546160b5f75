// Impermanent loss of one range position between two prices: what holding the start amounts would have made more.
import { unitHoldings } from "./valuation";

export interface HoldComparison {
  /** Change of the position's value, QUOTE. */
  readonly markPnl: number;
  /** Change of the start amounts' value when simply held, QUOTE. */
  readonly hodlPnl: number;
  /** hodlPnl - markPnl, never negative beyond rounding, QUOTE. */
  readonly loss: number;
}

/** `liquidity` is human liquidity; prices are QUOTE per BASE; 0 < pa < pb. */
export function compareWithHolding(
  liquidity: number,
  range: { readonly min: number; readonly max: number },
  startPrice: number,
  endPrice: number,
): HoldComparison {
  const start = unitHoldings(startPrice, range.min, range.max);
  const end = unitHoldings(endPrice, range.min, range.max);
  const markPnl = liquidity * (end.value - start.value);
  const hodlPnl = liquidity * (start.base * (endPrice - startPrice));
  return { markPnl, hodlPnl, loss: hodlPnl - markPnl };
}
