// Chain part: what a plan does on one chain, in order, with the money it moves and what it leaves in the wallet.
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { ticksToRange } from "@/lib/amm/ticks";
import { ok, type Result } from "@/lib/errors/result";
import type { ObservedPosition } from "@/lib/market/snapshot";
import type { Movement } from "./movement";
import type { Plan, Step } from "./plan";
import {
  balanceOf,
  cheapestPool,
  findPool,
  paidOut,
  subtractAmounts,
  sumAmounts,
  valueUsd,
  type Amounts,
  type Opening,
  type PlanPool,
} from "./plan-pool";
import { refuse, type BuildPlanInput, type PlanRefusal } from "./plan-request";
import { burnStep, mintCaps, mintSteps, planSwap } from "./plan-steps";
import { maxPriceMoveFrac } from "./slippage";
import { fitMix, NO_FILL, sizeRestore, sizeSwap, type FillTarget } from "./swap-sizing";

const NOTHING: Amounts = { base: 0n, quote: 0n };

/** What one chain contributes: its steps, its numbers, and what it leaves in the wallet. */
export interface ChainPart {
  readonly steps: readonly Step[];
  readonly swappedUsd: number;
  readonly burnedUsd: number;
  readonly mintedUsd: number;
  readonly gasUsd: number;
  readonly swapFeeFrac: number;
  readonly before: Plan["before"];
  readonly after: Plan["after"];
}

export function buildChainPart(
  input: BuildPlanInput,
  movement: Movement,
  chainId: number,
  firstIndex: number,
): Result<ChainPart, PlanRefusal> {
  const { snapshot, params } = input;
  const onChain = ({ pool }: { readonly pool: PlanPool }): boolean => pool.facts.chain.id === chainId;
  const closings = movement.closings.filter(onChain);
  const openings = movement.openings.filter(onChain);
  const anyPool = [...closings, ...openings][0]?.pool;
  if (anyPool === undefined) return refuse("nothing_to_do", `No pool of chain ${chainId} is part of the plan.`);
  const { chain, base, quote } = anyPool.facts;
  const account = {
    base: balanceOf(input.account, chainId, base.address),
    quote: balanceOf(input.account, chainId, quote.address),
  };
  const burned = sumAmounts(closings.map(({ position }) => paidOut(position)));
  const leftover = movement.leftovers.get(chainId) ?? NOTHING;
  const budget = movement.usesAccount ? sumAmounts([account, burned]) : sumAmounts([burned, leftover]);
  if (openings.length > 0 && budget.base === 0n && budget.quote === 0n) {
    return refuse(
      "no_funds",
      `The pair has no ${base.symbol} and no ${quote.symbol} on ${chain.name} (${chainId}) to deploy.`,
    );
  }

  const swapPool = cheapestPool(input, chainId) ?? anyPool;
  // Openings that keep their mix have their own money; the others share the rest and may swap.
  const shared = openings.filter((opening) => opening.ownFunds === null);
  const owned = sumAmounts(openings.map((opening) => opening.ownFunds ?? NOTHING));
  const free = subtractAmounts(budget, owned);
  const swapFeeFrac = params.routerFeeFrac + (params.swapPoolFeeFrac ?? swapPool.state.feePips / 1_000_000);
  const fillTargetOf = ({ pool, tickLower, tickUpper, valueUsd: targetUsd }: Opening): FillTarget => ({
    sqrtPriceX96: pool.state.sqrtPriceX96,
    tickLower,
    tickUpper,
    frame: pool.frame,
    valueQuote: targetUsd / snapshot.quoteUsd,
  });
  const humanOf = (amounts: Amounts): { readonly availableBase: number; readonly availableQuote: number } => ({
    availableBase: humanAmount(amounts.base, base.decimals),
    availableQuote: humanAmount(amounts.quote, quote.decimals),
  });
  const terms = { price: snapshot.price, costFrac: swapFeeFrac + params.expectedSlippageFrac };
  const size =
    openings.length === 0 && movement.restoreMixFrac !== null
      ? sizeRestore({ ...humanOf(burned), ...terms, mixFrac: movement.restoreMixFrac, quoteUsd: snapshot.quoteUsd })
      : sizeSwap({ targets: shared.map(fillTargetOf), ...humanOf(free), ...terms });
  const sharedFills = new Map(shared.map((opening, index) => [opening, size.fills[index] ?? NO_FILL]));
  const fills = openings.map(
    (opening) =>
      sharedFills.get(opening) ??
      fitMix({ target: fillTargetOf(opening), ...humanOf(opening.ownFunds ?? NOTHING), price: snapshot.price }),
  );

  const steps: Step[] = closings.map(({ pool, position, range }) => burnStep(params, pool, position, range));
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
    const router = chain.lifiDiamond;
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
    steps.push(
      {
        kind: "approve",
        chainId,
        token: tokenIn,
        spender: router,
        amountRaw: amountInRaw,
        forStep: firstIndex + steps.length + 1,
      },
      { kind: "swap", chainId, provider: "lifi", router, tokenIn, tokenOut, amountInRaw, minAmountOutRaw },
      { kind: "revoke", chainId, token: tokenIn, spender: router },
    );
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
    steps.push(...mintSteps({ params, opening, cap, index: firstIndex + steps.length }));
  });

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
  const kept = positions.filter((position) => !closedIds.has(position.positionId));
  const gasUsd =
    movement.kind === "RS"
      ? openings.reduce((sum, { pool }) => sum + pool.state.gasRsUsd, 0)
      : closings.reduce((sum, { pool }) => sum + pool.state.gasCloseUsd, 0) +
        openings.reduce((sum, { pool }) => sum + pool.state.gasOpenUsd, 0);
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
  return ok({
    steps,
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
        const range = ticksToRange(tickLower, tickUpper, pool.frame);
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

function holding(input: BuildPlanInput, position: ObservedPosition): Plan["before"] {
  const pool = findPool(input, position.poolKey);
  if (!pool.ok || position.range.kind !== "ticks") return [];
  const amounts = paidOut(position);
  const range = ticksToRange(position.range.tickLower, position.range.tickUpper, pool.value.frame);
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
