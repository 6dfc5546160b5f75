// Transfers: what of a reallocation's money lies on the wrong chain, and what bridges would move; one chain's surplus to another's shortfall.
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { MIN_TRANSFER_USD } from "@/lib/strategy/index";
import type { Address } from "@/lib/units";
import type { Movement } from "./movement";
import { balanceOf, currentIndex, min, paidOut, sumAmounts, type Amounts, type Opening } from "./plan-pool";
import type { BridgeOffer, BuildPlanInput, WantedTransfer } from "./plan-request";
import { paidByReduction } from "./plan-steps";
import { rangeMix } from "./swap-sizing";
import { tokenSetOf } from "./token-set";

const DAYS_PER_YEAR = 365;

interface ChainMoney {
  readonly chainId: number;
  readonly facts: ResolvedPool;
  /** Account and everything the closings and reductions pay. */
  readonly have: Amounts;
  readonly haveUsd: number;
  readonly needUsd: number;
  /** Tokens the chain's own targets do not need in their mix. */
  readonly spareBase: bigint;
  readonly spareQuote: bigint;
}

/** Largest shortfall first, filled from the largest surplus, QUOTE before BASE: what is moved is the difference and no more. */
export function wantedTransfers(input: BuildPlanInput, movement: Movement): readonly WantedTransfer[] {
  if (!movement.usesAccount || movement.openings.length === 0) return [];
  const chains = chainMoney(input, movement);
  const left = new Map(
    chains.map((chain) => [
      chain.chainId,
      { usd: chain.haveUsd - chain.needUsd, base: chain.spareBase, quote: chain.spareQuote },
    ]),
  );
  const short = chains
    .map((chain) => ({ chain, usd: chain.needUsd - chain.haveUsd }))
    .filter(({ usd }) => usd >= MIN_TRANSFER_USD)
    .toSorted((a, b) => b.usd - a.usd || a.chain.chainId - b.chain.chainId);
  const wanted: WantedTransfer[] = [];
  for (const { chain: to, usd } of short) {
    let missingUsd = usd;
    const givers = chains
      .filter((chain) => (left.get(chain.chainId)?.usd ?? 0) >= MIN_TRANSFER_USD)
      .toSorted((a, b) => (left.get(b.chainId)?.usd ?? 0) - (left.get(a.chainId)?.usd ?? 0) || a.chainId - b.chainId);
    for (const from of givers) {
      const rest = left.get(from.chainId);
      if (rest === undefined) continue;
      for (const side of ["quote", "base"] as const) {
        const amountUsd = Math.min(missingUsd, rest.usd);
        if (amountUsd < MIN_TRANSFER_USD) break;
        const unitUsd = side === "quote" ? input.snapshot.quoteUsd : input.snapshot.price * input.snapshot.quoteUsd;
        const { decimals, address: tokenIn } = from.facts[side];
        const amountInRaw = min(rawAmount(amountUsd / unitUsd, decimals), rest[side]);
        const valueUsd = humanAmount(amountInRaw, decimals) * unitUsd;
        if (valueUsd < MIN_TRANSFER_USD) continue;
        wanted.push({
          fromChainId: from.chainId,
          toChainId: to.chainId,
          side,
          tokenIn,
          tokenOut: to.facts[side].address,
          amountInRaw,
          valueUsd,
        });
        rest[side] -= amountInRaw;
        rest.usd -= valueUsd;
        missingUsd -= valueUsd;
      }
    }
  }
  return wanted;
}

/** What a bridge answered for a wanted transfer. */
export interface BridgeAnswer {
  readonly bridge: string;
  readonly expectedOutRaw: bigint;
  readonly minAmountOutRaw: bigint;
  /** Fee in the source chain's own coin, beside what is kept of the token; missing: none. */
  readonly nativeFeeRaw?: bigint;
  readonly gasUsd: number;
  readonly expectedSec: number;
}

/** Most that a bridge may take in the native coin beside gas, US dollars; choice: the largest seen for a message between rollups, with room. */
export const MAX_NATIVE_FEE_USD = 25;
/** Room of the native fee's bound for the next quote: these fees follow the far chain's gas price. Choice. */
const NATIVE_FEE_ROOM_PERCENT = 125n;

/** Least part of what leaves that must arrive, whatever the quote says (strategy.md section 11: 1 - 0.015). */
const LEAST_ARRIVAL_FRAC = 0.985;

/** An answer as the plan takes it: its fee by our own prices, its minimum with room for the next quote; null when it keeps too much. */
export function toBridgeOffer(input: {
  readonly wanted: WantedTransfer;
  readonly answer: BridgeAnswer;
  readonly router: Address;
  readonly decimalsIn: number;
  readonly decimalsOut: number;
  /** Of the source chain's own coin; without a price a fee in it cannot be judged, and the offer is not taken. */
  readonly nativeDecimals?: number;
  readonly nativeUsd?: number | null;
  readonly slippageBps: number;
}): BridgeOffer | null {
  const { wanted, answer } = input;
  const nativeFeeRaw = answer.nativeFeeRaw ?? 0n;
  const nativeFeeUsd =
    nativeFeeRaw === 0n ? 0 : humanAmount(nativeFeeRaw, input.nativeDecimals ?? 18) * (input.nativeUsd ?? Number.NaN);
  if (!(nativeFeeUsd <= MAX_NATIVE_FEE_USD)) return null;
  const sent = humanAmount(wanted.amountInRaw, input.decimalsIn);
  const arrives = humanAmount(answer.expectedOutRaw, input.decimalsOut);
  const leastRaw = rawAmount(sent * LEAST_ARRIVAL_FRAC, input.decimalsOut);
  if (answer.minAmountOutRaw < leastRaw || !(arrives <= sent * 1.001)) return null;
  const roomyRaw = (answer.minAmountOutRaw * BigInt(10_000 - input.slippageBps)) / 10_000n;
  return {
    fromChainId: wanted.fromChainId,
    toChainId: wanted.toChainId,
    side: wanted.side,
    amountInRaw: wanted.amountInRaw,
    router: input.router,
    expectedOutRaw: answer.expectedOutRaw,
    minAmountOutRaw: roomyRaw > leastRaw ? roomyRaw : leastRaw,
    bridges: [answer.bridge],
    feeUsd: (sent > 0 ? Math.max(0, 1 - arrives / sent) * wanted.valueUsd : 0) + nativeFeeUsd,
    ...(nativeFeeRaw === 0n
      ? {}
      : { nativeFeeUsd, nativeFeeMaxRaw: (nativeFeeRaw * NATIVE_FEE_ROOM_PERCENT + 99n) / 100n }),
    gasUsd: answer.gasUsd,
    expectedSec: answer.expectedSec,
  };
}

/** A wanted transfer with its offer, or why it is left out. */
export type WeighedTransfer =
  | { readonly kind: "go"; readonly wanted: WantedTransfer; readonly offer: BridgeOffer }
  | { readonly kind: "left_out"; readonly wanted: WantedTransfer; readonly words: string };

/** Each wanted transfer against its offer: one whose fees exceed what the moved money is expected to earn in the amortisation time stays. */
export function weighTransfers(
  input: BuildPlanInput,
  movement: Movement,
  wanted: readonly WantedTransfer[],
): readonly WeighedTransfer[] {
  return wanted.map((each) => {
    const what = `${each.valueUsd.toFixed(2)} USD from chain ${each.fromChainId} to chain ${each.toChainId}`;
    const offer = (input.bridgeOffers ?? []).find(
      (candidate) =>
        candidate.fromChainId === each.fromChainId &&
        candidate.toChainId === each.toChainId &&
        candidate.side === each.side &&
        candidate.amountInRaw === each.amountInRaw,
    );
    if (offer === undefined) {
      return { kind: "left_out", wanted: each, words: `Not moved: ${what}, because no bridge made an offer for it.` };
    }
    const costUsd = offer.feeUsd + offer.gasUsd;
    const gainUsd = expectedGainUsd(input, movement, each);
    if (!(costUsd <= gainUsd)) {
      return {
        kind: "left_out",
        wanted: each,
        words: `Not moved: ${what} would cost ${costUsd.toFixed(2)} USD and is expected to earn ${gainUsd.toFixed(2)} USD in ${input.params.amortizeDays} days.`,
      };
    }
    return { kind: "go", wanted: each, offer };
  });
}

/** Net income per dollar of the destination's targets, over the amortisation time, for what is moved. */
function expectedGainUsd(input: BuildPlanInput, movement: Movement, wanted: WantedTransfer): number {
  const targets = movement.openings.filter(({ pool }) => pool.facts.chain.id === wanted.toChainId);
  let incomeUsd = 0;
  let valueUsd = 0;
  for (const target of targets) {
    const evaluated = input.evaluation.pools.find((entry) => entry.poolKey === target.pool.state.poolKey);
    incomeUsd += evaluated?.income?.netUsdPerYear ?? 0;
    valueUsd += target.valueUsd;
  }
  if (!(valueUsd > 0) || !Number.isFinite(incomeUsd)) return 0;
  return (incomeUsd / valueUsd) * wanted.valueUsd * (input.params.amortizeDays / DAYS_PER_YEAR);
}

function chainMoney(input: BuildPlanInput, movement: Movement): readonly ChainMoney[] {
  const { snapshot } = input;
  const ours = input.pools.filter((facts) => tokenSetOf(facts) === movement.tokenSet);
  const factsOf = new Map(ours.map((facts) => [facts.chain.id, facts]));
  return input.blocks
    .map(({ chainId }) => chainId)
    .toSorted((left, right) => left - right)
    .flatMap((chainId) => {
      const facts = factsOf.get(chainId);
      if (facts === undefined) return [];
      const { base, quote } = facts;
      const openings = movement.openings.filter(({ pool }) => pool.facts.chain.id === chainId);
      const have = sumAmounts([
        {
          base: balanceOf(input.account, chainId, base.address),
          quote: balanceOf(input.account, chainId, quote.address),
        },
        ...movement.closings
          .filter(({ pool }) => pool.facts.chain.id === chainId)
          .map(({ position }) => paidOut(position)),
        ...movement.reductions.filter(({ pool }) => pool.facts.chain.id === chainId).map(paidByReduction),
      ]);
      const mixes = openings.map((opening) => mixOf(input, opening));
      return [
        {
          chainId,
          facts,
          have,
          haveUsd:
            (humanAmount(have.base, base.decimals) * snapshot.price + humanAmount(have.quote, quote.decimals)) *
            snapshot.quoteUsd,
          needUsd: openings.reduce((sum, { valueUsd }) => sum + valueUsd, 0),
          spareBase: spare(
            have.base,
            mixes.reduce((sum, mix) => sum + mix.base, 0),
            base.decimals,
          ),
          spareQuote: spare(
            have.quote,
            mixes.reduce((sum, mix) => sum + mix.quote, 0),
            quote.decimals,
          ),
        },
      ];
    });
}

function spare(heldRaw: bigint, needed: number, decimals: number): bigint {
  const keepRaw = rawAmount(needed, decimals);
  return heldRaw > keepRaw ? heldRaw - keepRaw : 0n;
}

/** Whole tokens a target takes at its full size. */
function mixOf(input: BuildPlanInput, opening: Opening): { readonly base: number; readonly quote: number } {
  const { price, quoteUsd } = input.snapshot;
  const { pool } = opening;
  const mix = rangeMix(
    {
      tickLower: opening.tickLower,
      tickUpper: opening.tickUpper,
      frame: pool.frame,
      ...(pool.state.kind === "ticks"
        ? { sqrtPriceX96: pool.state.sqrtPriceX96 }
        : { sqrtPriceX96: 0n, activeBinId: currentIndex(pool) }),
    },
    price,
  );
  const valueQuote = opening.valueUsd / quoteUsd;
  return { base: mix.base * valueQuote, quote: mix.quote * valueQuote };
}
