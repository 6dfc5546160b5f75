// Prices by market time, for US dollars beside raw amounts: the newest observation that is not after the instant, with its source.

export interface PriceObservation {
  /** Market time, unix ms. */
  readonly atMs: number;
  /** QUOTE per BASE. */
  readonly price: number;
  /** US dollars per whole QUOTE token. */
  readonly quoteUsd: number;
}

export interface TokenPrice {
  /** US dollars per whole token. */
  readonly usd: number;
  readonly atMs: number;
}

/** An older price than this says nothing about the instant. */
const MAX_AGE_MS = 24 * 3_600_000;

export interface PriceBook {
  /** Null without an observation in the day before the instant (or in the hour after, for what happened before the first). */
  at(atMs: number): PriceObservation | null;
}

/** What happened shortly before the first observation takes that one. */
const FIRST_GRACE_MS = 3_600_000;

export function createPriceBook(observations: readonly PriceObservation[]): PriceBook {
  const sorted = observations.toSorted((left, right) => left.atMs - right.atMs);
  return {
    at: (atMs) => {
      let low = 0;
      let high = sorted.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const found = sorted[middle];
        if (found !== undefined && found.atMs <= atMs) low = middle + 1;
        else high = middle;
      }
      const before = sorted[low - 1];
      if (before !== undefined) return atMs - before.atMs <= MAX_AGE_MS ? before : null;
      const first = sorted[0];
      return first !== undefined && first.atMs - atMs <= FIRST_GRACE_MS ? first : null;
    },
  };
}
