// Allocation: how much capital each pool gets, by equal marginal income over every small enough set of pools (strategy.md section 7).
import { bisectUpper } from "@/lib/math/bisect";

export interface Allocation {
  /** Sum of incomes, US dollars per year. */
  readonly valueUsdPerYear: number;
  /** US dollars per pool id; only pools that get something. */
  readonly amountsUsd: Readonly<Record<string, number>>;
  readonly cashUsd: number;
  /** Marginal income at which the chosen pools are level. */
  readonly lambda: number;
}

/** One pool as the allocation sees it: income(x) = R*x/(x+D) - c*x - F within [minUsd, capUsd]. */
export interface AllocationPool {
  readonly id: string;
  /** Pools with the same chain share a chain cap. */
  readonly chain: string;
  readonly revenueUsdPerYear: number;
  readonly depthUsd: number;
  readonly costPerYear: number;
  readonly fixedUsdPerYear: number;
  readonly minUsd: number;
  readonly capUsd: number;
}

export interface AllocationInput {
  readonly pools: readonly AllocationPool[];
  readonly capitalUsd: number;
  /** 1..8. */
  readonly maxPools: number;
  /** Most capital per chain, US dollars. */
  readonly chainCapsUsd: Readonly<Record<string, number>>;
  readonly allowCash: boolean;
}

/** Limits of strategy.md section 7. */
const MAX_CANDIDATES = 12;
const MAX_POOLS = 8;
const BISECTIONS = 80;
const VALUE_TOLERANCE = 1e-9;
const SHARE_TOLERANCE = 1e-6;

/** Best amounts over all sets of at most `maxPools` pools; all cash when there is no pool or no capital. */
export function allocate(input: AllocationInput): Allocation {
  const { chainCapsUsd, allowCash } = input;
  const capital = Number.isFinite(input.capitalUsd) && input.capitalUsd > 0 ? input.capitalUsd : 0;
  const allCash: Allocation = { valueUsdPerYear: 0, amountsUsd: {}, cashUsd: capital, lambda: 0 };
  const candidates = chooseCandidates(input.pools, capital);
  if (capital === 0 || candidates.length === 0) return allCash;

  const maxPools = Math.min(Math.max(1, Math.trunc(input.maxPools)), MAX_POOLS, candidates.length);
  let best: Solution | null = null;
  let bestValue = 0;
  let bestShare = 0;
  const beats = (solution: Solution): boolean => {
    const betterValue = solution.value > bestValue + VALUE_TOLERANCE * Math.max(1, Math.abs(bestValue));
    if (allowCash) return betterValue;
    const share = solution.used / capital;
    return share > bestShare + SHARE_TOLERANCE || (share >= bestShare - SHARE_TOLERANCE && betterValue);
  };
  const hasCaps = candidates.some((pool) => chainCapsUsd[pool.chain] !== undefined);
  for (let size = 1; size <= maxPools; size += 1) {
    forEachSubset(candidates.length, size, (indexes) => {
      const pools = indexes.map((index) => candidates[index]!);
      if (!isFeasible(pools, capital, chainCapsUsd)) return;
      const free = solve(pools, capital, allowCash, {});
      // Without chain caps a set can only do better, so one that does not beat the best needs no second look.
      if (!beats(free)) return;
      const solution = hasCaps ? solve(pools, capital, allowCash, chainCapsUsd) : free;
      if (hasCaps && !beats(solution)) return;
      best = solution;
      bestValue = solution.value;
      bestShare = solution.used / capital;
    });
  }
  return best === null ? allCash : toAllocation(best, capital);
}

/** Income of one pool at an amount, US dollars per year. */
function incomeOf(pool: AllocationPool, amountUsd: number): number {
  if (!(amountUsd > 0)) return 0;
  return (
    (pool.revenueUsdPerYear * amountUsd) / (amountUsd + pool.depthUsd) -
    pool.costPerYear * amountUsd -
    pool.fixedUsdPerYear
  );
}

/** Amount that maximises the pool's own income within its limits and the capital. */
export function standaloneAmountUsd(pool: AllocationPool, capitalUsd: number): number {
  return Math.min(amountAt(pool, 0), capitalUsd);
}

interface Solution {
  readonly pools: readonly AllocationPool[];
  readonly amounts: Float64Array;
  readonly value: number;
  readonly used: number;
  readonly lambda: number;
}

function toAllocation(solution: Solution, capital: number): Allocation {
  const amountsUsd: Record<string, number> = {};
  solution.pools.forEach((pool, index) => {
    const amount = solution.amounts[index]!;
    if (amount > 0) amountsUsd[pool.id] = amount;
  });
  return {
    valueUsdPerYear: solution.value,
    amountsUsd,
    cashUsd: Math.max(0, capital - solution.used),
    lambda: solution.lambda,
  };
}

/** Eligible pools sorted by id, reduced to the 12 best by standalone income when there are more. */
function chooseCandidates(pools: readonly AllocationPool[], capital: number): AllocationPool[] {
  const byId = (left: AllocationPool, right: AllocationPool): number =>
    left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
  const eligible = pools.filter(isEligible).toSorted(byId);
  if (eligible.length <= MAX_CANDIDATES) return eligible;
  return eligible
    .map((pool) => ({ pool, income: incomeOf(pool, standaloneAmountUsd(pool, capital)) }))
    .toSorted((left, right) => right.income - left.income || byId(left.pool, right.pool))
    .slice(0, MAX_CANDIDATES)
    .map((entry) => entry.pool)
    .toSorted(byId);
}

function isEligible(pool: AllocationPool): boolean {
  return (
    Number.isFinite(pool.revenueUsdPerYear) &&
    pool.revenueUsdPerYear > 0 &&
    Number.isFinite(pool.depthUsd) &&
    pool.depthUsd > 0 &&
    Number.isFinite(pool.costPerYear) &&
    Number.isFinite(pool.fixedUsdPerYear) &&
    Number.isFinite(pool.minUsd) &&
    pool.minUsd >= 0 &&
    Number.isFinite(pool.capUsd) &&
    pool.capUsd >= pool.minUsd &&
    pool.capUsd > 0
  );
}

function isFeasible(
  pools: readonly AllocationPool[],
  capital: number,
  chainCapsUsd: Readonly<Record<string, number>>,
): boolean {
  let total = 0;
  for (const pool of pools) total += pool.minUsd;
  if (total > capital) return false;
  for (const pool of pools) {
    const cap = chainCapsUsd[pool.chain];
    if (cap === undefined) continue;
    let onChain = 0;
    for (const other of pools) if (other.chain === pool.chain) onChain += other.minUsd;
    if (!(onChain <= cap)) return false;
  }
  return true;
}

/** x_i(lambda) = clamp(sqrt(R D/(lambda + c)) - D, min, cap); cap when lambda + c <= 0. */
function amountAt(pool: AllocationPool, lambda: number): number {
  const level = lambda + pool.costPerYear;
  if (level <= 0) return pool.capUsd;
  const amount = Math.sqrt((pool.revenueUsdPerYear * pool.depthUsd) / level) - pool.depthUsd;
  return amount < pool.minUsd ? pool.minUsd : amount > pool.capUsd ? pool.capUsd : amount;
}

/** Concave problem of one set: the least lambda >= floor at which the amounts fit the capital and the chain caps. */
function solve(
  pools: readonly AllocationPool[],
  capital: number,
  allowCash: boolean,
  chainCapsUsd: Readonly<Record<string, number>>,
): Solution {
  let maxCost = 0;
  let minCost = Number.POSITIVE_INFINITY;
  let maxYield = 0;
  for (const pool of pools) {
    maxCost = Math.max(maxCost, pool.costPerYear);
    minCost = Math.min(minCost, pool.costPerYear);
    maxYield = Math.max(maxYield, pool.revenueUsdPerYear / pool.depthUsd);
  }
  const floor = allowCash ? 0 : -maxCost;
  const top = maxYield + Math.max(0, -minCost);
  const capped = cappedChains(pools, chainCapsUsd);
  const amounts = new Float64Array(pools.length);
  const fill = (lambda: number): number => {
    let sum = 0;
    for (let index = 0; index < pools.length; index += 1) {
      const amount = amountAt(pools[index]!, lambda);
      amounts[index] = amount;
      sum += amount;
    }
    for (const chain of capped) sum += levelChain(chain, amounts, lambda, top - floor);
    return sum;
  };
  const lambda =
    fill(floor) <= capital ? floor : bisectUpper(floor, top, BISECTIONS, (level) => fill(level) <= capital);
  const used = fill(lambda);
  let value = 0;
  for (let index = 0; index < pools.length; index += 1) value += incomeOf(pools[index]!, amounts[index]!);
  return { pools, amounts, value, used, lambda };
}

interface CappedChain {
  readonly capUsd: number;
  readonly members: readonly { readonly pool: AllocationPool; readonly index: number }[];
}

function cappedChains(
  pools: readonly AllocationPool[],
  chainCapsUsd: Readonly<Record<string, number>>,
): readonly CappedChain[] {
  const chains = new Map<string, { capUsd: number; members: { pool: AllocationPool; index: number }[] }>();
  pools.forEach((pool, index) => {
    const capUsd = chainCapsUsd[pool.chain];
    if (capUsd === undefined) return;
    const entry = chains.get(pool.chain) ?? { capUsd, members: [] };
    entry.members.push({ pool, index });
    chains.set(pool.chain, entry);
  });
  return [...chains.values()];
}

/** Raises the level of one chain until it fits its cap; writes its amounts and returns by how much the sum changed. */
function levelChain(chain: CappedChain, amounts: Float64Array, lambda: number, muTop: number): number {
  let before = 0;
  for (const member of chain.members) before += amounts[member.index]!;
  if (before <= chain.capUsd) return 0;
  const sumAt = (mu: number): number => {
    let sum = 0;
    for (const member of chain.members) sum += amountAt(member.pool, lambda + mu);
    return sum;
  };
  const mu = bisectUpper(0, muTop, BISECTIONS, (level) => sumAt(level) <= chain.capUsd);
  let after = 0;
  for (const member of chain.members) {
    const amount = amountAt(member.pool, lambda + mu);
    amounts[member.index] = amount;
    after += amount;
  }
  return after - before;
}

/** Calls `visit` with every increasing choice of `size` indexes below `count`, in lexicographic order. */
function forEachSubset(count: number, size: number, visit: (indexes: readonly number[]) => void): void {
  const indexes = Array.from({ length: size }, (_, index) => index);
  for (;;) {
    visit(indexes);
    let position = size - 1;
    while (position >= 0 && indexes[position] === count - size + position) position -= 1;
    if (position < 0) return;
    indexes[position]! += 1;
    for (let next = position + 1; next < size; next += 1) indexes[next] = indexes[next - 1]! + 1;
  }
}
