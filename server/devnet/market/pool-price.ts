// Human price to pool price and back in floating point: good for steering a simulated market, never for accounting.

export interface PoolOrder {
  readonly baseIsToken0: boolean;
  readonly decimalsBase: number;
  readonly decimalsQuote: number;
}

const Q96 = 2 ** 96;
/** Log of one tick, TickMath. */
const LOG_TICK = Math.log(1.0001);

/** Raw token1 per raw token0 for a price in quote per base, human units. */
function rawPrice1Per0(price: number, order: PoolOrder): number {
  const raw = price * 10 ** (order.decimalsQuote - order.decimalsBase);
  return order.baseIsToken0 ? raw : 1 / raw;
}

/** Pool square root price, Q64.96, for a human price. */
export function sqrtX96OfPrice(price: number, order: PoolOrder): bigint {
  return BigInt(Math.floor(Math.sqrt(rawPrice1Per0(price, order)) * Q96));
}

/** Human price (quote per base) of a pool square root price. */
export function priceOfSqrtX96(sqrtX96: bigint, order: PoolOrder): number {
  const root = Number(sqrtX96) / Q96;
  const raw = order.baseIsToken0 ? root * root : 1 / (root * root);
  return raw * 10 ** (order.decimalsBase - order.decimalsQuote);
}

/** Pool square root prices of the band [price*(1-frac), price*(1+frac)], lower first. */
export function sqrtBand(price: number, frac: number, order: PoolOrder): readonly [bigint, bigint] {
  const a = sqrtX96OfPrice(price * (1 - frac), order);
  const b = sqrtX96OfPrice(price * (1 + frac), order);
  return a < b ? [a, b] : [b, a];
}

/** Usable ticks around a price, half-width in log price, rounded outwards to the spacing. */
export function ticksAround(
  price: number,
  halfWidth: number,
  order: PoolOrder,
  tickSpacing: number,
): readonly [number, number] {
  const centre = Math.log(rawPrice1Per0(price, order)) / LOG_TICK;
  const half = halfWidth / LOG_TICK;
  return [
    Math.floor((centre - half) / tickSpacing) * tickSpacing,
    Math.ceil((centre + half) / tickSpacing) * tickSpacing,
  ];
}

/** Base and quote (human units) of `usd` in a range of the given log half-width around `price`. */
export function amountsAround(
  price: number,
  halfWidth: number,
  valueQuote: number,
): { readonly base: number; readonly quote: number } {
  const root = Math.sqrt(price);
  const unitBase = 1 / root - 1 / Math.sqrt(price * Math.exp(halfWidth));
  const unitQuote = root - Math.sqrt(price * Math.exp(-halfWidth));
  const liquidity = valueQuote / (unitBase * price + unitQuote);
  return { base: liquidity * unitBase, quote: liquidity * unitQuote };
}

/** Raw amount of a human one, rounded down; exact enough for amounts below 2^53 raw-per-million. */
export function toRaw(amount: number, decimals: number): bigint {
  const whole = Math.floor(amount);
  const part = Math.floor((amount - whole) * 1e6);
  return BigInt(whole) * 10n ** BigInt(decimals) + (BigInt(part) * 10n ** BigInt(decimals)) / 1_000_000n;
}
