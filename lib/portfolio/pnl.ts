// Profit and loss of one position over one epoch, in US dollars and as flows that may be summed (strategy.md section 12).
import { compareWithHolding } from "./impermanent-loss";
import { unitHoldings, valueUsd } from "./valuation";

/** What one mined transaction cost. */
export interface TransactionGas {
  readonly gasUsed: number;
  readonly effectiveGasPriceWei: number;
  /** US dollars per whole native token when it was mined. */
  readonly nativeUsd: number;
}

export interface EpochInput {
  /** Human liquidity, constant over the epoch. */
  readonly liquidity: number;
  readonly range: { readonly min: number; readonly max: number };
  /** QUOTE per BASE at start and end. */
  readonly startPrice: number;
  readonly endPrice: number;
  readonly quoteUsd: number;
  /** Whole tokens not yet collected at start and end, and collected in between. */
  readonly uncollectedBaseStart: number;
  readonly uncollectedBaseEnd: number;
  readonly collectedBase: number;
  readonly uncollectedQuoteStart: number;
  readonly uncollectedQuoteEnd: number;
  readonly collectedQuote: number;
  readonly swapCostUsd: number;
  readonly transactions: readonly TransactionGas[];
}

export interface EpochPnl {
  readonly valueStartUsd: number;
  readonly valueEndUsd: number;
  readonly markPnlUsd: number;
  readonly hodlPnlUsd: number;
  /** Loss versus holding, >= 0. */
  readonly lvrUsd: number;
  readonly feesUsd: number;
  readonly gasUsd: number;
  readonly swapCostUsd: number;
  /** Money: fees + markPnl - gas - swapCost. */
  readonly netUsd: number;
  /** Compared with holding: fees - lvr - gas - swapCost. */
  readonly alphaUsd: number;
}

const WEI_PER_NATIVE = 1e18;

export function computeEpochPnl(input: EpochInput): EpochPnl {
  const { liquidity, range, startPrice, endPrice, quoteUsd } = input;
  const valueAt = (price: number): number => liquidity * unitHoldings(price, range.min, range.max).value * quoteUsd;
  const held = compareWithHolding(liquidity, range, startPrice, endPrice);
  const valueStartUsd = valueAt(startPrice);
  const valueEndUsd = valueAt(endPrice);
  const markPnlUsd = valueEndUsd - valueStartUsd;
  const hodlPnlUsd = held.hodlPnl * quoteUsd;
  const lvrUsd = hodlPnlUsd - markPnlUsd;
  const feesUsd = valueUsd(
    {
      base: input.uncollectedBaseEnd - input.uncollectedBaseStart + input.collectedBase,
      quote: input.uncollectedQuoteEnd - input.uncollectedQuoteStart + input.collectedQuote,
    },
    endPrice,
    quoteUsd,
  );
  const gasUsd = input.transactions.reduce((sum, transaction) => sum + gasCostUsd(transaction), 0);
  const { swapCostUsd } = input;
  return {
    valueStartUsd,
    valueEndUsd,
    markPnlUsd,
    hodlPnlUsd,
    lvrUsd,
    feesUsd,
    gasUsd,
    swapCostUsd,
    netUsd: feesUsd + markPnlUsd - gasUsd - swapCostUsd,
    alphaUsd: feesUsd - lvrUsd - gasUsd - swapCostUsd,
  };
}

/** gasUsed * effectiveGasPrice / 1e18 * nativeUsd. */
function gasCostUsd(transaction: TransactionGas): number {
  return ((transaction.gasUsed * transaction.effectiveGasPriceWei) / WEI_PER_NATIVE) * transaction.nativeUsd;
}
