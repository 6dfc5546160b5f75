// Results of one epoch (strategy.md section 12) from the ledger's entries since the epoch before and what the chain shows now.
import type { LedgerEntry } from "@/lib/api/signer-contract";
import type { AccountingRecord, EpochRecord } from "@/lib/epoch/epoch-record";
import { NATIVE_TOKEN } from "@/lib/ledger/accounts";
import { bookFlows, type FlowBook, type FlowPart } from "@/lib/ledger/flow-book";
import type { StatementToken } from "@/lib/ledger/statement";
import type { TokenOf } from "@/lib/ledger/token-values";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { flowOf, sumFlows } from "@/lib/portfolio/pnl-report";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { poolKey } from "@/lib/units";
import type { Fetched } from "./steps/fetch";

export type EpochFlows = NonNullable<EpochRecord["flows"]>;

/** What flows are made of: only prices, positions and capital of a reading. */
export interface FlowSource {
  readonly snapshot: Pick<MarketSnapshot, "pairId" | "price" | "quoteUsd" | "observedAtMs" | "positions"> & {
    readonly capital: Pick<MarketSnapshot["capital"], "totalUsd" | "wallets">;
  };
  readonly pairState: {
    readonly positions: readonly { readonly positionId: string }[];
    readonly transit?: Fetched["pairState"]["transit"];
  };
}

export interface FlowInput {
  readonly fetched: FlowSource;
  readonly pools: readonly ResolvedPool[];
  /** Null in a pair's first epoch, and when the store lost the ones before. */
  readonly book: FlowBook | null;
  readonly entries: readonly LedgerEntry[];
}

export interface Accounted {
  /** Null when there is no epoch before to compare with. */
  readonly flows: EpochFlows | null;
  /** Null when there is no price to count with: the next epoch counts for this one too. */
  readonly accounting: AccountingRecord | null;
}

export function computeFlows(input: FlowInput): Accounted {
  const { fetched, pools, book, entries } = input;
  const { snapshot, pairState } = fetched;
  if (!Number.isFinite(snapshot.price * snapshot.quoteUsd)) return { flows: null, accounting: null };
  const booked = bookFlows({
    pairId: snapshot.pairId,
    book,
    entries,
    tokenOf: tokensOf(pools),
    reading: {
      at: { atMs: snapshot.observedAtMs, price: snapshot.price, quoteUsd: snapshot.quoteUsd },
      positions: snapshot.positions.flatMap((position) => {
        const pool = poolOf(pools, position);
        if (pool === undefined) return [];
        const amounts = (baseRaw: bigint, quoteRaw: bigint) => [
          { token: pool.base.address, raw: baseRaw.toString() },
          { token: pool.quote.address, raw: quoteRaw.toString() },
        ];
        return [
          {
            positionId: position.positionId,
            amounts: amounts(position.baseRaw, position.quoteRaw),
            fees: amounts(position.uncollectedBaseRaw, position.uncollectedQuoteRaw),
          },
        ];
      }),
      nativeUsd: (chainId) => snapshot.capital.wallets.find((wallet) => wallet.chainId === chainId)?.nativeUsd ?? null,
    },
  });
  const isWhole = pairState.positions.every(({ positionId }) =>
    snapshot.positions.some((position) => position.positionId === positionId),
  );
  const residualUsd =
    isWhole && (pairState.transit ?? null) === null ? snapshot.capital.totalUsd - booked.capital.endUsd : null;
  const parts = book === null ? [] : booked.parts.filter((part) => !isEmpty(part));
  const { epochs: _epochs, ...flows } = sumFlows(parts.map((part) => flowOf(part)));
  return {
    flows: book === null ? null : flows,
    accounting: {
      parts: parts.map((part) => ({ ...part, fees: [...part.fees] })),
      capital: book === null ? null : { ...booked.capital, residualUsd },
      book: toRecord(booked.book),
    },
  };
}

function isEmpty(part: FlowPart): boolean {
  const { feesUsd, markUsd, hodlUsd, gasUsd, swapCostUsd, bridgeCostUsd, fees } = part;
  return fees.length === 0 && [feesUsd, markUsd, hodlUsd, gasUsd, swapCostUsd, bridgeCostUsd].every((usd) => usd === 0);
}

/** The record's lists belong to it alone. */
function toRecord(book: FlowBook): AccountingRecord["book"] {
  return {
    seq: book.seq,
    at: { ...book.at },
    positions: book.positions.map((position) => ({
      ...position,
      booked: [...position.booked],
      lots: position.lots.map(({ amounts, at }) => ({ amounts: [...amounts], at: { ...at } })),
      fees: [...position.fees],
      feesAt: { ...position.feesAt },
    })),
    outside: book.outside.map(({ chainId, amounts }) => ({ chainId, amounts: [...amounts] })),
  };
}

function poolOf(
  pools: readonly ResolvedPool[],
  position: MarketSnapshot["positions"][number],
): ResolvedPool | undefined {
  return pools.find(({ chain, dex, pool }) => poolKey(chain.id, dex.family, pool.id) === position.poolKey);
}

/** Tokens of the pair by chain, as its pools have them. */
function tokensOf(pools: readonly ResolvedPool[]): TokenOf {
  const known = new Map<string, StatementToken>();
  for (const { chain, base, quote } of pools) {
    known.set(`${chain.id}:${base.address.toLowerCase()}`, {
      symbol: base.symbol,
      decimals: base.decimals,
      side: "base",
    });
    known.set(`${chain.id}:${quote.address.toLowerCase()}`, {
      symbol: quote.symbol,
      decimals: quote.decimals,
      side: "quote",
    });
    known.set(`${chain.id}:${NATIVE_TOKEN}`, {
      symbol: chain.nativeSymbol,
      decimals: chain.nativeDecimals,
      side: null,
    });
  }
  return (chainId, token) =>
    known.get(`${chainId}:${token.toLowerCase()}`) ?? { symbol: token, decimals: 0, side: null };
}
