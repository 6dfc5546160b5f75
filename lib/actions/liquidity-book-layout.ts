// How amounts are laid over Liquidity Book bins: the three shapes as distributions that sum to 1e18 exactly, and the check of a layout.
import { invariant } from "@/lib/errors/invariant";
import type { BinLayout, BinShape, RangeIndexes } from "./family";

export const DISTRIBUTION_ONE = 10n ** 18n;

export interface LayoutInput extends RangeIndexes {
  readonly activeId: number;
  readonly idSlippage: number;
  readonly shape: BinShape;
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
}

export interface LaidOut extends RangeIndexes {
  readonly layout: BinLayout;
  /** What the bins take: 0 where no bin of the range takes that token. */
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
}

/**
 * Bins below the active one hold tokenY only, above it tokenX only, the active one both, half its weight each. Weights by whole numbers:
 * spot 1; curve falls evenly from the middle of the range to 1 at the ends; bid_ask rises evenly from 1 at the middle. Each side is scaled
 * to 1e18 rounded down and its remainder goes to its bin nearest the active one. Bins that would get nothing are left out (the pair
 * refuses them); what remains must be without a gap.
 */
export function layOutBins(input: LayoutInput): LaidOut {
  const { tickLower, tickUpper, activeId, idSlippage, shape } = input;
  invariant(tickLower <= tickUpper, "a Liquidity Book range needs lower bin id <= upper bin id", {
    tickLower,
    tickUpper,
  });
  const ids = Array.from({ length: tickUpper - tickLower + 1 }, (_, index) => tickLower + index);
  const weightOf = (id: number): bigint => {
    // Twice the distance from the middle: whole also for an even number of bins.
    const far = Math.abs(2 * id - tickLower - tickUpper);
    if (shape === "curve") return BigInt(tickUpper - tickLower - far + 2);
    return shape === "bid_ask" ? BigInt(far + 2) : 2n;
  };
  const sideOf = (amountRaw: bigint, takes: (id: number) => boolean): readonly bigint[] => {
    const weights = ids.map((id) => (amountRaw > 0n && takes(id) ? weightOf(id) * (id === activeId ? 1n : 2n) : 0n));
    return distribute(weights, nearestIndex(ids, activeId, takes));
  };
  const full0 = sideOf(input.amount0Raw, (id) => id >= activeId);
  const full1 = sideOf(input.amount1Raw, (id) => id <= activeId);
  const kept = ids.flatMap((id, index) => {
    const part0 = full0[index] ?? 0n;
    const part1 = full1[index] ?? 0n;
    const isFilled =
      (input.amount0Raw * part0) / DISTRIBUTION_ONE > 0n || (input.amount1Raw * part1) / DISTRIBUTION_ONE > 0n;
    return isFilled ? [{ id, part0, part1 }] : [];
  });
  const first = kept[0];
  const last = kept.at(-1);
  invariant(
    first !== undefined && last !== undefined && last.id - first.id + 1 === kept.length,
    "the amounts are too small to fill the bins of the range without a gap; use fewer bins or more of the tokens",
    { tickLower, tickUpper, activeId, amount0Raw: input.amount0Raw, amount1Raw: input.amount1Raw, filled: kept.length },
  );
  const nearest0 = nearestIndex(
    kept.map(({ id }) => id),
    activeId,
    (id) => id >= activeId,
  );
  const nearest1 = nearestIndex(
    kept.map(({ id }) => id),
    activeId,
    (id) => id <= activeId,
  );
  const distribution0 = topUp(
    kept.map(({ part0 }) => part0),
    nearest0,
  );
  const distribution1 = topUp(
    kept.map(({ part1 }) => part1),
    nearest1,
  );
  return {
    tickLower: first.id,
    tickUpper: last.id,
    layout: {
      activeIdDesired: activeId,
      idSlippage,
      deltaIds: kept.map(({ id }) => id - activeId),
      distribution0,
      distribution1,
    },
    amount0Raw: distribution0.some((part) => part > 0n) ? input.amount0Raw : 0n,
    amount1Raw: distribution1.some((part) => part > 0n) ? input.amount1Raw : 0n,
  };
}

/** Throws unless the pair would take the layout exactly as it is meant: order, sides, sums and bounds. */
export function checkLayout(
  call: RangeIndexes & { readonly amount0DesiredRaw: bigint; readonly amount1DesiredRaw: bigint },
  layout: BinLayout,
): void {
  const { activeIdDesired, idSlippage, deltaIds, distribution0, distribution1 } = layout;
  invariant(
    deltaIds.length > 0 && distribution0.length === deltaIds.length && distribution1.length === deltaIds.length,
    "a bin layout has as many parts of each token as bins, at least one",
    { bins: deltaIds.length, parts0: distribution0.length, parts1: distribution1.length },
  );
  invariant(
    deltaIds.every((delta, index) => activeIdDesired + delta === call.tickLower + index) &&
      call.tickUpper - call.tickLower + 1 === deltaIds.length,
    "the bins of a layout are every bin from the lower to the upper id, ascending",
    { tickLower: call.tickLower, tickUpper: call.tickUpper, activeIdDesired, bins: deltaIds.length },
  );
  invariant(Number.isInteger(idSlippage) && idSlippage >= 0 && idSlippage < 2 ** 24, "idSlippage is a number of bins", {
    idSlippage,
  });
  invariant(
    deltaIds.every(
      (delta, index) => (delta >= 0 || distribution0[index] === 0n) && (delta <= 0 || distribution1[index] === 0n),
    ),
    "bins below the active one hold token1 only, bins above it token0 only",
    { activeIdDesired },
  );
  for (const [amountRaw, parts] of [
    [call.amount0DesiredRaw, distribution0],
    [call.amount1DesiredRaw, distribution1],
  ] as const) {
    const sum = parts.reduce((total, part) => total + part, 0n);
    invariant(
      parts.every((part) => part >= 0n) && sum === (amountRaw > 0n ? DISTRIBUTION_ONE : 0n),
      "the parts of a token sum to 1e18 exactly where it is deposited, and to 0 where it is not",
      { sum, amountRaw },
    );
  }
}

/** Index of the bin of a side that lies nearest the active one; null when the side has none. */
function nearestIndex(ids: readonly number[], activeId: number, takes: (id: number) => boolean): number | null {
  let best: number | null = null;
  let bestDistance = Infinity;
  for (const [index, id] of ids.entries()) {
    const distance = Math.abs(id - activeId);
    if (takes(id) && distance < bestDistance) [best, bestDistance] = [index, distance];
  }
  return best;
}

/** Weights as parts of 1e18; all 0 stays all 0. */
function distribute(weights: readonly bigint[], nearest: number | null): readonly bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) return weights;
  return topUp(
    weights.map((weight) => (weight * DISTRIBUTION_ONE) / total),
    nearest,
  );
}

/** What is missing to 1e18 goes to the bin at `nearest`; a side without any part stays empty. */
function topUp(parts: readonly bigint[], nearest: number | null): readonly bigint[] {
  const sum = parts.reduce((total, part) => total + part, 0n);
  if (sum === 0n || nearest === null) return parts;
  return parts.map((part, index) => (index === nearest ? part + DISTRIBUTION_ONE - sum : part));
}
