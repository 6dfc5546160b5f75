// Chain part: what a plan does on one chain, in order, with the money it moves and what it leaves in the wallet.
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { ok, type Result } from "@/lib/errors/result";
import type { ObservedPosition } from "@/lib/market/snapshot";
import { checkBlockGas } from "./block-gas";
import type { Movement } from "./movement";
import type { Plan, SwapStep } from "./plan";
import { MANAGER_GRANTS, needsFamilyGrants, type StepGroup } from "./plan-grants";
import {
  balanceOf,
  cheapestPool,
  currentIndex,
  findPool,
  paidOut,
  pricesOf,
  rangeIn,
  subtractAmounts,
  sumAmounts,
  valueUsd,
  type Amounts,
  type Opening,
  type PlanPool,
  type Reduction,
} from "./plan-pool";
import {
  refuse,
  type BridgeOffer,
  type BuildPlanInput,
  type PlanRefusal,
  type SwapWay,
  type WantedTransfer,
} from "./plan-request";
import { closeSteps, decreaseStep, mintCaps, mintStep, paidByReduction, planSwap } from "./plan-steps";
import { maxPriceMoveFrac } from "./slippage";
import { swapSpenders } from "./swap-ways";
import { tokenSetOf } from "./token-set";
import { fitMix, NO_FILL, sizeRestore, sizeSwap, type FillTarget, type SwapSize } from "./swap-sizing";

const NOTHING: Amounts = { base: 0n, quote: 0n };

/** What one chain contributes: its steps, its numbers, and what it leaves in the wallet. */
export interface ChainPart {
  readonly chainId: number;
  /** Exits and what leaves over bridges: before every swap and mint of the chains it goes to. */
  readonly exits: readonly StepGroup[];
  readonly bridges: readonly StepGroup[];
  readonly entries: readonly StepGroup[];
  readonly swappedUsd: number;
  readonly burnedUsd: number;
  readonly mintedUsd: number;
  readonly gasUsd: number;
  readonly swapFeeFrac: number;
  readonly before: Plan["before"];
  readonly after: Plan["after"];
  /** Free balances the part counts on. */
  readonly counted: Amounts;
  readonly tokens: NonNullable<Plan["tokens"]>[number];
  readonly bridgeFeeUsd: number;
  readonly bridgedUsd: number;
  readonly notes: readonly string[];
}

/** A transfer that is made, as both its chains need it. */
export interface AgreedTransfer {
  readonly wanted: WantedTransfer;
  readonly offer: BridgeOffer;
}

export function buildChainPart(
  input: BuildPlanInput,
  movement: Movement,
  chainId: number,
  transfers: readonly AgreedTransfer[],
): Result<ChainPart, PlanRefusal> {
  const { snapshot, params } = input;
  const onChain = ({ pool }: { readonly pool: PlanPool }): boolean => pool.facts.chain.id === chainId;
  const closings = movement.closings.filter(onChain);
  const reductions = movement.reductions.filter(onChain);
  const openings = movement.openings.filter(onChain);
  const outgoing = transfers.filter(({ wanted }) => wanted.fromChainId === chainId);
  const incoming = transfers.filter(({ wanted }) => wanted.toChainId === chainId);
  const isOurs = (facts: PlanPool["facts"]): boolean => tokenSetOf(facts) === movement.tokenSet;
  const cheapest = cheapestPool(input, chainId, isOurs);
  const anyPool = [...closings, ...reductions, ...openings][0]?.pool ?? cheapest ?? undefined;
  if (anyPool === undefined) return refuse("nothing_to_do", `No pool of chain ${chainId} is part of the plan.`);
  const { chain, base, quote } = anyPool.facts;
  const account = {
    base: balanceOf(input.account, chainId, base.address),
    quote: balanceOf(input.account, chainId, quote.address),
  };
  const grants = input.grants ?? MANAGER_GRANTS;
  const unknownRights = [...closings, ...openings].find(({ pool }) => needsFamilyGrants(pool.facts.dex.family));
  if (input.grants === undefined && unknownRights !== undefined) {
    return refuse(
      "no_grants",
      `Pool ${unknownRights.pool.facts.pool.id} is of the family ${unknownRights.pool.facts.dex.family}, whose rights were not handed to the plan.`,
    );
  }
  const burned = sumAmounts([...closings.map(({ position }) => paidOut(position)), ...reductions.map(paidByReduction)]);
  const leftover = movement.leftovers.get(chainId) ?? NOTHING;
  const own = movement.usesAccount ? sumAmounts([account, burned]) : sumAmounts([burned, leftover]);
  const budget = sumAmounts([
    subtractAmounts(own, sumAmounts(outgoing.map(({ wanted }) => amountsOf(wanted.side, wanted.amountInRaw)))),
    ...incoming.map(({ wanted, offer }) => amountsOf(wanted.side, offer.expectedOutRaw)),
  ]);
  if (openings.length > 0 && budget.base === 0n && budget.quote === 0n) {
    return refuse(
      "no_funds",
      `The pair has no ${base.symbol} and no ${quote.symbol} on ${chain.name} (${chainId}) to deploy.`,
    );
  }

  const swapPool = cheapest ?? anyPool;
  // Openings that keep their mix have their own money; the others share the rest and may swap.
  const shared = openings.filter((opening) => opening.ownFunds === null);
  const owned = sumAmounts(openings.map((opening) => opening.ownFunds ?? NOTHING));
  const free = subtractAmounts(budget, owned);
  const swapFeeFrac = params.routerFeeFrac + (params.swapPoolFeeFrac ?? swapPool.state.feePips / 1_000_000);
  const fillTargetOf = ({ pool, tickLower, tickUpper, valueUsd: targetUsd }: Opening): FillTarget => ({
    ...(pool.state.kind === "ticks"
      ? { sqrtPriceX96: pool.state.sqrtPriceX96 }
      : { sqrtPriceX96: 0n, activeBinId: currentIndex(pool) }),
    tickLower,
    tickUpper,
    frame: pool.frame,
    valueQuote: targetUsd / snapshot.quoteUsd,
  });
  const humanOf = (amounts: Amounts): { readonly availableBase: number; readonly availableQuote: number } => ({
    availableBase: humanAmount(amounts.base, base.decimals),
    availableQuote: humanAmount(amounts.quote, quote.decimals),
  });
  const route = input.swapRoutes?.find((each) => each.chainId === chainId) ?? null;
  const notes: string[] = [];
  const terms = { price: snapshot.price, costFrac: swapFeeFrac + params.expectedSlippageFrac };
  const wantedSize =
    openings.length === 0 && movement.restoreMixFrac !== null
      ? sizeRestore({ ...humanOf(burned), ...terms, mixFrac: movement.restoreMixFrac, quoteUsd: snapshot.quoteUsd })
      : sizeSwap({ targets: shared.map(fillTargetOf), ...humanOf(free), ...terms });
  const size =
    route?.provider === "none"
      ? withoutSwap(wantedSize, shared.map(fillTargetOf), humanOf(free), snapshot.price)
      : wantedSize;
  if (route !== null && wantedSize.sell !== null) notes.push(route.words);
  const sharedFills = new Map(shared.map((opening, index) => [opening, size.fills[index] ?? NO_FILL]));
  const fills = openings.map(
    (opening) =>
      sharedFills.get(opening) ??
      fitMix({ target: fillTargetOf(opening), ...humanOf(opening.ownFunds ?? NOTHING), price: snapshot.price }),
  );

  const entries: StepGroup[] = [];
  const swap = planSwap({
    size,
    budget,
    pool: swapPool,
    snapshot,
    swapFeeFrac,
    slippageBps: params.slippageBps,
    sigmaPerYear: input.evaluation.sigmaPerYear,
  });
  const isEmpty = fills.some((fill) => fill.base <= 0 && fill.quote <= 0);
  const isStuck = shared.length > 0 && (size.fillFrac <= 0 || (size.sell !== null && swap === null));
  if (openings.length > 0 && (isEmpty || isStuck)) {
    return refuse(
      "no_funds",
      `What the pair has on ${chain.name} (${chainId}) is too little, or on the wrong side and too little to swap, for the target ranges.`,
    );
  }
  if (swap !== null) {
    const router = route?.router ?? chain.lifiDiamond;
    if (router === null) {
      return refuse(
        "no_router",
        `The plan must swap on ${chain.name} (${chainId}), but no swap router is registered for that chain.${
          openings.length === 0 ? " Set the pair's restore mix to off to close without a swap." : ""
        }`,
      );
    }
    const [tokenIn, tokenOut] = swap.sell === "base" ? [base.address, quote.address] : [quote.address, base.address];
    const { amountInRaw, minAmountOutRaw } = swap;
    const other = route?.other ?? null;
    const step: SwapStep = {
      kind: "swap",
      chainId,
      provider: route?.provider === "pool" ? "pool" : "lifi",
      router,
      ...(route?.provider === "pool" && route.pool !== null ? { pool: route.pool } : {}),
      ...(other === null ? {} : { other: wayOf(other) }),
      tokenIn,
      tokenOut,
      amountInRaw,
      minAmountOutRaw,
      feeUsd: route?.feeUsd ?? swap.valueUsd * (swapFeeFrac + params.expectedSlippageFrac),
    };
    entries.push({
      step,
      // Only the way that is taken is ever allowed anything; the other's approval is skipped.
      grants: swapSpenders(step).map((spender) => ({
        grant: { kind: "erc20", token: tokenIn, spender },
        amountRaw: amountInRaw,
      })),
    });
  }

  // Upper bound of what is there after the swap: the swap's output at the reference price, before any fee.
  const afterSwap = subtractAmounts(swap === null ? budget : swap.after, owned);
  const moveFrac = maxPriceMoveFrac(input.evaluation.sigmaPerYear);
  const sharedCaps = mintCaps({
    fills: size.fills,
    available: afterSwap,
    decBase: base.decimals,
    decQuote: quote.decimals,
    headroomFrac: movement.usesAccount ? moveFrac : Number.POSITIVE_INFINITY,
  });
  const caps = new Map(shared.map((opening, index) => [opening, sharedCaps[index]]));
  openings.forEach((opening) => {
    const cap = opening.ownFunds ?? caps.get(opening);
    if (cap === undefined || (cap.base === 0n && cap.quote === 0n)) return;
    entries.push(mintStep({ params, opening, cap, grants }));
  });

  const exits = [
    ...closings.flatMap((closing) => closeSteps(params, closing, grants)),
    ...reductions.map((reduction) => decreaseStep(params, reduction, grants)),
  ];
  const bridges = outgoing.map(bridgeGroup);
  const fits = checkBlockGas(chain, [...exits, ...bridges, ...entries], input.stepGas ?? (() => 0));
  if (!fits.ok) return fits;

  const minted = fills.map((fill) => ({
    base: rawAmount(fill.base, base.decimals),
    quote: rawAmount(fill.quote, quote.decimals),
  }));
  const expectedAfterSwap = swap === null ? budget : swap.expectedAfter;
  const left = subtractAmounts(
    sumAmounts([movement.usesAccount ? NOTHING : subtractAmounts(account, leftover), expectedAfterSwap]),
    sumAmounts(minted),
  );
  const closedIds = new Set<string>(closings.map(({ position }) => position.positionId));
  const positions = snapshot.positions.filter((position) => position.chainId === chainId);
  const kept = positions
    .filter((position) => !closedIds.has(position.positionId))
    .map((position) => reductions.reduce(afterReduction, position));
  const gasUsd =
    movement.kind === "RS"
      ? openings.reduce((sum, { pool }) => sum + pool.state.gasRsUsd, 0)
      : [...closings, ...reductions].reduce((sum, { pool }) => sum + pool.state.gasCloseUsd, 0) +
        openings.reduce((sum, { pool }) => sum + pool.state.gasOpenUsd, 0) +
        outgoing.reduce((sum, { offer }) => sum + offer.gasUsd, 0);
  const wallet = (amounts: Amounts): Plan["before"][number] => ({
    label: "Wallet",
    pool: null,
    chainId,
    baseRaw: amounts.base,
    quoteRaw: amounts.quote,
    valueUsd: valueUsd(snapshot, anyPool, amounts),
    priceLower: null,
    priceUpper: null,
  });
  const hasCounted = movement.usesAccount ? openings.length > 0 || outgoing.length > 0 : true;
  return ok({
    chainId,
    exits,
    bridges,
    entries,
    counted: hasCounted ? (movement.usesAccount ? account : leftover) : NOTHING,
    tokens: {
      chainId,
      base: { address: base.address, decimals: base.decimals },
      quote: { address: quote.address, decimals: quote.decimals },
    },
    bridgeFeeUsd: outgoing.reduce((sum, { offer }) => sum + offer.feeUsd, 0),
    bridgedUsd: outgoing.reduce((sum, { wanted }) => sum + wanted.valueUsd, 0),
    notes,
    swappedUsd: swap?.valueUsd ?? 0,
    burnedUsd: valueUsd(snapshot, anyPool, burned),
    mintedUsd: valueUsd(snapshot, anyPool, sumAmounts(minted)),
    gasUsd,
    swapFeeFrac,
    before: [...positions.flatMap((position) => holding(input, position)), wallet(account)],
    after: [
      ...kept.flatMap((position) => holding(input, position)),
      ...openings.map(({ pool, tickLower, tickUpper, label }, index) => {
        const amounts = minted[index] ?? { base: 0n, quote: 0n };
        const range = pricesOf(pool, { tickLower, tickUpper });
        return {
          label,
          pool: pool.facts.pool.id,
          chainId,
          baseRaw: amounts.base,
          quoteRaw: amounts.quote,
          valueUsd: valueUsd(snapshot, pool, amounts),
          priceLower: range.min,
          priceUpper: range.max,
        };
      }),
      wallet(left),
    ],
  });
}

function wayOf({ provider, router, pool }: SwapWay): NonNullable<SwapStep["other"]> {
  return { provider, router, ...(pool === null ? {} : { pool }) };
}

function amountsOf(side: "base" | "quote", raw: bigint): Amounts {
  return side === "base" ? { base: raw, quote: 0n } : { base: 0n, quote: raw };
}

/** The targets filled from what is there, nothing sold. */
function withoutSwap(
  size: SwapSize,
  targets: readonly FillTarget[],
  free: { readonly availableBase: number; readonly availableQuote: number },
  price: number,
): SwapSize {
  if (targets.length === 0) return { ...size, sell: null, amountIn: 0, amountOut: 0 };
  return sizeSwap({ targets, ...free, price, costFrac: 0, canSwap: false });
}

function bridgeGroup({ wanted, offer }: AgreedTransfer): StepGroup {
  const { fromChainId: chainId, toChainId, tokenIn, tokenOut, amountInRaw } = wanted;
  const { router, minAmountOutRaw, bridges, feeUsd, nativeFeeUsd, nativeFeeMaxRaw, expectedSec } = offer;
  return {
    step: {
      kind: "bridge",
      chainId,
      provider: "lifi",
      router,
      tokenIn,
      toChainId,
      tokenOut,
      amountInRaw,
      minAmountOutRaw,
      bridges: [...bridges],
      feeUsd,
      ...(nativeFeeMaxRaw === undefined ? {} : { nativeFeeMaxRaw }),
      ...(nativeFeeUsd === undefined ? {} : { nativeFeeUsd }),
      expectedSec,
    },
    grants: [{ grant: { kind: "erc20", token: tokenIn, spender: router }, amountRaw: amountInRaw }],
  };
}

/** The position as it is after the reduction, when it is the one. */
function afterReduction(position: ObservedPosition, reduction: Reduction): ObservedPosition {
  if (reduction.position.positionId !== position.positionId) return position;
  const paid = paidByReduction(reduction);
  return {
    ...position,
    liquidityRaw: position.liquidityRaw - reduction.liquidityRaw,
    baseRaw: position.baseRaw + position.uncollectedBaseRaw - paid.base,
    quoteRaw: position.quoteRaw + position.uncollectedQuoteRaw - paid.quote,
    uncollectedBaseRaw: 0n,
    uncollectedQuoteRaw: 0n,
  };
}

function holding(input: BuildPlanInput, position: ObservedPosition): Plan["before"] {
  const pool = findPool(input, position.poolKey);
  if (!pool.ok) return [];
  const indexes = rangeIn(pool.value, position.range);
  if (indexes === null) return [];
  const amounts = paidOut(position);
  const range = pricesOf(pool.value, indexes);
  return [
    {
      label: `${pool.value.facts.dex.name} #${position.tokenId}`,
      pool: pool.value.facts.pool.id,
      chainId: position.chainId,
      baseRaw: amounts.base,
      quoteRaw: amounts.quote,
      valueUsd: valueUsd(input.snapshot, pool.value, amounts),
      priceLower: range.min,
      priceUpper: range.max,
    },
  ];
}
