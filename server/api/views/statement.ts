// Names, decimals and price sides of ledger entries as the registry and the kept epochs know them, for the API and the export.
import { NATIVE_TOKEN } from "@/lib/ledger/accounts";
import { createPriceBook, type PriceBook } from "@/lib/ledger/price-book";
import type { StatementToken } from "@/lib/ledger/statement";
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

/** Prices that the kept epochs went by. */
export function priceBookOf(
  records: readonly {
    readonly marketAtMs: number;
    readonly price: number | null;
    readonly quoteUsd: number | null;
  }[],
): PriceBook {
  return createPriceBook(
    records.flatMap(({ marketAtMs, price, quoteUsd }) =>
      price === null || quoteUsd === null ? [] : [{ atMs: marketAtMs, price, quoteUsd }],
    ),
  );
}

/** The pair a token outside of pairs goes by: for the chain's coin one whose BASE is the wrapped coin, for others the first that has it. */
export function sharedPairOf(
  registry: RegistryView,
  pairIds: readonly string[],
): (chainId: number, token: string) => string | null {
  const native =
    pairIds.find((pairId) =>
      registry
        .poolsOf(pairId)
        .some(({ chain, base }) => chain.wrappedNative.toLowerCase() === base.address.toLowerCase()),
    ) ?? null;
  return (chainId, token) => {
    if (token === NATIVE_TOKEN) return native;
    return pairIds.find((pairId) => statementToken(registry, { chainId, token, pairId }).side !== null) ?? native;
  };
}
