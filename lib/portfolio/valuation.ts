// Valuation: what a range position holds and is worth per unit of human liquidity, and the capital of a pair.
import { humanAmount } from "@/lib/amm/human-units";
import type { CapitalState, ObservedPosition, PoolState, WalletBalance } from "@/lib/market/snapshot";
import { clamp } from "@/lib/math/stats";

/** Holdings and value of one unit of human liquidity at a price, in whole tokens. */
export interface UnitHoldings {
  readonly base: number;
  readonly quote: number;
  /** base*price + quote, in QUOTE. */
  readonly value: number;
}

/**
 * With s = sqrt(clamp(P, pa, pb)): base = 1/s - 1/sqrt(pb), quote = s - sqrt(pa), value = base*P + quote (strategy.md section 6).
 * Prices are QUOTE per BASE, 0 < pa < pb.
 */
export function unitHoldings(price: number, pa: number, pb: number): UnitHoldings {
  const root = Math.sqrt(clamp(price, pa, pb));
  const base = 1 / root - 1 / Math.sqrt(pb);
  const quote = root - Math.sqrt(pa);
  return { base, quote, value: base * price + quote };
}

/** Share of a range position's value that is BASE, 0..1; 0 when the position is worth nothing or a number is invalid. */
export function baseShareFrac(price: number, pa: number, pb: number): number {
  const unit = unitHoldings(price, pa, pb);
  const share = (unit.base * price) / unit.value;
  return Number.isFinite(share) ? clamp(share, 0, 1) : 0;
}

/** US dollars of whole BASE and QUOTE tokens. */
export function valueUsd(
  amounts: { readonly base: number; readonly quote: number },
  price: number,
  quoteUsd: number,
): number {
  return (amounts.base * price + amounts.quote) * quoteUsd;
}

/** Principal and fees of a position in whole tokens and US dollars; decimals come from its pool. */
export interface PositionValue {
  readonly base: number;
  readonly quote: number;
  readonly valueUsd: number;
  readonly feesBase: number;
  readonly feesQuote: number;
  readonly feesUsd: number;
}

export function valuePosition(
  position: ObservedPosition,
  pool: Pick<PoolState, "base" | "quote">,
  price: number,
  quoteUsd: number,
): PositionValue {
  const base = humanAmount(position.baseRaw, pool.base.decimals);
  const quote = humanAmount(position.quoteRaw, pool.quote.decimals);
  const feesBase = humanAmount(position.uncollectedBaseRaw, pool.base.decimals);
  const feesQuote = humanAmount(position.uncollectedQuoteRaw, pool.quote.decimals);
  return {
    base,
    quote,
    valueUsd: valueUsd({ base, quote }, price, quoteUsd),
    feesBase,
    feesQuote,
    feesUsd: valueUsd({ base: feesBase, quote: feesQuote }, price, quoteUsd),
  };
}

export interface CapitalInput {
  readonly wallets: readonly WalletBalance[];
  readonly positions: readonly ObservedPosition[];
  readonly pools: readonly PoolState[];
  /** QUOTE per BASE. */
  readonly price: number;
  readonly quoteUsd: number;
}

/** Capital of the pair: idle tokens of all chains plus open positions with their fees. A position without its pool counts 0. */
export function computeCapital(input: CapitalInput): CapitalState {
  const { wallets, positions, pools, price, quoteUsd } = input;
  let idleBase = 0;
  let idleQuote = 0;
  for (const wallet of wallets) {
    idleBase += humanAmount(wallet.baseRaw, wallet.base.decimals);
    idleQuote += humanAmount(wallet.quoteRaw, wallet.quote.decimals);
  }
  const idleUsd = valueUsd({ base: idleBase, quote: idleQuote }, price, quoteUsd);
  const poolByKey = new Map(pools.map((pool) => [pool.poolKey, pool]));
  let positionsUsd = 0;
  for (const position of positions) {
    const pool = poolByKey.get(position.poolKey);
    if (pool === undefined) continue;
    const value = valuePosition(position, pool, price, quoteUsd);
    positionsUsd += value.valueUsd + value.feesUsd;
  }
  return { wallets, idleBase, idleQuote, idleUsd, positionsUsd, totalUsd: idleUsd + positionsUsd };
}
