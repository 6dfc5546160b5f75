// Names, decimals and price sides of ledger entries as the registry and the kept epochs know them, for the API and the export.
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { NATIVE_TOKEN } from "@/lib/ledger/accounts";
import { createPriceBook, type PriceBook, type PriceObservation } from "@/lib/ledger/price-book";
import type { StatementToken } from "@/lib/ledger/statement";
import { MINUTE_MS } from "@/lib/units";
import type { RegistryView } from "@/server/config/registry";

/** The token of an entry as a pair sees it; native coin counts as the pair's BASE where the wrapped coin is its BASE. */
export function statementToken(
  registry: RegistryView,
  input: { readonly chainId: number; readonly token: string; readonly pairId: string | null },
): StatementToken {
  const pair = input.pairId === null ? null : registry.pair(input.pairId);
  const chain = registry.chain(input.chainId);
  if (input.token === NATIVE_TOKEN) {
    const wrapped = chain === null ? null : registry.token(input.chainId, chain.wrappedNative);
    return {
      symbol: chain?.nativeSymbol ?? "native",
      decimals: chain?.nativeDecimals ?? 18,
      side: wrapped !== null && wrapped.symbol === pair?.base ? "base" : null,
    };
  }
  const known = registry.token(input.chainId, input.token);
  const pools = input.pairId === null ? [] : registry.poolsOf(input.pairId);
  const onChain = pools.find((pool) => pool.chain.id === input.chainId);
  const isSame = (address: string | undefined): boolean => address?.toLowerCase() === input.token.toLowerCase();
  return {
    symbol: known?.symbol ?? input.token,
    decimals: known?.decimals ?? 0,
    side: isSame(onChain?.base.address) ? "base" : isSame(onChain?.quote.address) ? "quote" : null,
  };
}

export function priceBookOf(records: readonly EpochRecord[]): PriceBook {
  return createPriceBook(observationsOf(records));
}

function observationsOf(records: readonly EpochRecord[]): readonly PriceObservation[] {
  return records.flatMap(({ marketAtMs, price, quoteUsd }) =>
    price === null || quoteUsd === null ? [] : [{ atMs: marketAtMs, price, quoteUsd }],
  );
}

/**
 * Prices by the minute: closes of the merged candles, with the quote token's dollars of the epoch before each. A position is opened and
 * closed minutes after the epoch that decided it, and often because the price is moving: the epoch's own price would be off.
 */
export function minutePriceBook(
  records: readonly EpochRecord[],
  candles: { readonly openAtMs: ArrayLike<number>; readonly close: ArrayLike<number> },
): PriceBook {
  const epochs = observationsOf(records);
  const byEpoch = createPriceBook(epochs);
  const minutes = Array.from({ length: candles.openAtMs.length }, (_, index): PriceObservation | null => {
    const atMs = (candles.openAtMs[index] ?? 0) + MINUTE_MS;
    const price = candles.close[index] ?? Number.NaN;
    const quoteUsd = byEpoch.at(atMs)?.quoteUsd;
    return quoteUsd === undefined || !(price > 0) ? null : { atMs, price, quoteUsd };
  });
  return createPriceBook([...epochs, ...minutes.filter((each) => each !== null)]);
}

/** The pair whose BASE is the chain's coin: gas and unassigned coins go by its price. */
export function nativePairOf(registry: RegistryView, pairIds: readonly string[]): string | null {
  return (
    pairIds.find((pairId) =>
      registry
        .poolsOf(pairId)
        .some(({ chain, base }) => chain.wrappedNative.toLowerCase() === base.address.toLowerCase()),
    ) ?? null
  );
}
