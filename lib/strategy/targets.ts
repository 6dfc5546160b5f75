// Targets: where a reallocation puts capital, and what moving there costs.
import { humanAmount } from "@/lib/amm/human-units";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { Allocation } from "./allocation";
import type { AssessedPool } from "./assess-pools";
import { bridgeCostUsd, transfersBetween } from "./bridge-cost";
import type { AllocationTarget, PositionEvaluation, TransitionCost } from "./evaluation";
import type { StrategyParams } from "./params";

export interface BuildTargetsInput {
  readonly assessed: readonly AssessedPool[];
  readonly allocation: Allocation;
  readonly positions: readonly PositionEvaluation[];
}

/** One target per pool that gets capital, largest first. */
export function buildTargets(input: BuildTargetsInput): readonly AllocationTarget[] {
  const { assessed, allocation, positions } = input;
  const onChainUsd = new Map<number, number>();
  for (const { state } of assessed) {
    const amountUsd = allocation.amountsUsd[state.poolKey] ?? 0;
    onChainUsd.set(state.chainId, (onChainUsd.get(state.chainId) ?? 0) + amountUsd);
  }
  const targets: AllocationTarget[] = [];
  for (const { state, target, terms } of assessed) {
    const amountUsd = allocation.amountsUsd[state.poolKey] ?? 0;
    if (!(amountUsd > 0) || target === null || terms === null) continue;
    targets.push({
      poolKey: state.poolKey,
      chainId: state.chainId,
      amountUsd,
      chainShareFrac: amountUsd / (onChainUsd.get(state.chainId) ?? amountUsd),
      target,
      baseShareFrac: terms.baseShareFrac,
      keepPositionIds: positions
        .filter((entry) => entry.poolKey === state.poolKey && entry.keptByAllocation)
        .map((entry) => entry.positionId),
    });
  }
  return targets.toSorted((left, right) => right.amountUsd - left.amountUsd);
}

export interface TransitionCostInput {
  readonly snapshot: MarketSnapshot;
  readonly params: StrategyParams;
  readonly assessed: readonly AssessedPool[];
  readonly positions: readonly PositionEvaluation[];
  readonly targets: readonly AllocationTarget[];
}

/**
 * Live gas of every close and open, bridge fees of what lies on the wrong chain, and swap cost times the notional that must be swapped:
 * per chain the BASE or QUOTE that the new positions need and that the wallet, the closed positions with their fees and what comes
 * over bridges do not hold.
 */
export function computeTransitionCost(input: TransitionCostInput): TransitionCost {
  const { snapshot, params, assessed, positions, targets } = input;
  const { price, quoteUsd } = snapshot;
  const poolByKey = new Map(assessed.map((pool) => [pool.state.poolKey, pool]));
  const opened = targets.filter((target) => target.keepPositionIds.length === 0);
  const closed = positions.filter((position) => !position.keptByAllocation);

  let gasUsd = 0;
  const chains = new Map<number, ChainNeed>();
  const chainOf = (chainId: number): ChainNeed => {
    const known = chains.get(chainId);
    if (known !== undefined) return known;
    const fresh: ChainNeed = { haveBaseUsd: 0, haveQuoteUsd: 0, needBaseUsd: 0, needQuoteUsd: 0, feeWeightUsd: 0 };
    chains.set(chainId, fresh);
    return fresh;
  };
  for (const wallet of snapshot.capital.wallets) {
    const need = chainOf(wallet.chainId);
    need.haveBaseUsd += humanAmount(wallet.baseRaw, wallet.base.decimals) * price * quoteUsd;
    need.haveQuoteUsd += humanAmount(wallet.quoteRaw, wallet.quote.decimals) * quoteUsd;
  }
  for (const { position } of closed) {
    const pool = poolByKey.get(position.poolKey);
    if (pool === undefined) continue;
    gasUsd += pool.state.gasCloseUsd;
    const need = chainOf(position.chainId);
    const baseRaw = position.baseRaw + position.uncollectedBaseRaw;
    const quoteRaw = position.quoteRaw + position.uncollectedQuoteRaw;
    need.haveBaseUsd += humanAmount(baseRaw, pool.state.base.decimals) * price * quoteUsd;
    need.haveQuoteUsd += humanAmount(quoteRaw, pool.state.quote.decimals) * quoteUsd;
  }
  for (const target of opened) {
    const pool = poolByKey.get(target.poolKey);
    if (pool === undefined) continue;
    gasUsd += pool.state.gasOpenUsd;
    const need = chainOf(target.chainId);
    need.needBaseUsd += target.amountUsd * target.baseShareFrac;
    need.needQuoteUsd += target.amountUsd * (1 - target.baseShareFrac);
    need.feeWeightUsd += target.amountUsd * pool.feeFrac;
  }

  // What is missing on one chain and spare on another comes over a bridge, in QUOTE where it can: then it needs no swap there.
  const transfers = transfersBetween(
    [...chains].map(([chainId, need]) => ({
      chainId,
      haveUsd: need.haveBaseUsd + need.haveQuoteUsd,
      needUsd: need.needBaseUsd + need.needQuoteUsd,
    })),
  );
  for (const { toChainId, amountUsd } of transfers) chainOf(toChainId).haveQuoteUsd += amountUsd;
  const bridgeUsd = bridgeCostUsd(transfers, snapshot.bridgeTerms ?? []);

  let swappedNotionalUsd = 0;
  let swapUsd = 0;
  for (const need of chains.values()) {
    const deployedUsd = need.needBaseUsd + need.needQuoteUsd;
    if (!(deployedUsd > 0)) continue;
    const notionalUsd = Math.max(0, need.needBaseUsd - need.haveBaseUsd, need.needQuoteUsd - need.haveQuoteUsd);
    const poolFeeFrac = params.swapPoolFeeFrac ?? need.feeWeightUsd / deployedUsd;
    swappedNotionalUsd += notionalUsd;
    swapUsd += notionalUsd * (params.routerFeeFrac + poolFeeFrac + params.expectedSlippageFrac);
  }
  return { gasUsd, swapUsd, bridgeUsd, swappedNotionalUsd, totalUsd: gasUsd + swapUsd + bridgeUsd };
}

interface ChainNeed {
  haveBaseUsd: number;
  haveQuoteUsd: number;
  needBaseUsd: number;
  needQuoteUsd: number;
  /** Fee fraction weighted by US dollars deployed. */
  feeWeightUsd: number;
}
