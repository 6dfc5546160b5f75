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
  const eligible = input.pools.filter(isEligible).toSorted(byId);
  if (capital === 0 || eligible.length === 0) return allCash;

  const wanted = Number.isFinite(input.maxPools) ? Math.trunc(input.maxPools) : 1;
  const maxPools = Math.min(Math.max(1, wanted), MAX_POOLS, eligible.length);
  const candidates = keepBest(eligible, capital);
  const search = createSearch({ capital, chainCapsUsd, allowCash });
  const ceiling = createCeiling(candidates, maxPools, { capital, chainCapsUsd, allowCash });
  for (let size = 1; size <= maxPools && size <= candidates.length; size += 1) {
    forEachSubset(candidates.length, size, (indexes) => {
      if (search.mayBeat(ceiling.of(indexes))) search.offer(indexes.map((index) => candidates[index]!));
    });
  }
  if (eligible.length > candidates.length) searchBeyond(search, eligible, candidates, maxPools, input, capital);
  return search.best === null ? allCash : toAllocation(search.best, capital);
}

/** What every set shares. */
interface Limits {
  readonly capital: number;
  readonly chainCapsUsd: Readonly<Record<string, number>>;
  readonly allowCash: boolean;
}

/** The best set so far, and whether another may take its place. */
interface Search {
  readonly best: Solution | null;
  /** Whether a set whose value cannot exceed `ceiling` could still be better; always true while the share decides. */
  readonly mayBeat: (ceiling: number) => boolean;
  readonly offer: (pools: readonly AllocationPool[]) => void;
}

function createSearch(limits: Limits): Search {
  const { capital, chainCapsUsd, allowCash } = limits;
  let best: Solution | null = null;
  let bestValue = 0;
  let bestShare = 0;
  const beats = (solution: Solution): boolean => {
    const betterValue = solution.value > bestValue + VALUE_TOLERANCE * Math.max(1, Math.abs(bestValue));
    if (allowCash) return betterValue;
    const share = solution.used / capital;
    return share > bestShare + SHARE_TOLERANCE || (share >= bestShare - SHARE_TOLERANCE && betterValue);
  };
  return {
    get best() {
      return best;
    },
    mayBeat: (ceiling) =>
      (!allowCash && !(bestShare >= 1 - SHARE_TOLERANCE)) ||
      // Half the tolerance is far more than the rounding of a ceiling.
      ceiling > bestValue + 0.5 * VALUE_TOLERANCE * Math.max(1, Math.abs(bestValue)),
    offer: (pools) => {
      if (!isFeasible(pools, capital, chainCapsUsd)) return;
      const hasCaps = pools.some((pool) => chainCapsUsd[pool.chain] !== undefined);
      const free = solve(pools, capital, allowCash, {});
      // Without chain caps a set can only do better, so one that does not beat the best needs no second look.
      if (!beats(free)) return;
      const solution = hasCaps ? solve(pools, capital, allowCash, chainCapsUsd) : free;
      if (hasCaps && !beats(solution)) return;
      best = solution;
      bestValue = solution.value;
      bestShare = solution.used / capital;
    },
  };
}

/** No set of these pools earns more than `base` plus the `extra` of its members. */
interface Ceiling {
  readonly base: number;
  readonly extra: Float64Array;
  readonly of: (indexes: readonly number[]) => number;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;
const GOLDEN_STEPS = 24;
const CEILING_ROUNDS = 2;

/**
 * Lagrangian bound: for any price lambda of capital and any price mu >= 0 of a capped chain, value(S) <= lambda*K + sum mu*cap +
 * sum over S of max_x [income(x) - (lambda + mu)*x]. The prices are chosen to make the bound of the best `maxPools` small.
 * Without cash the capital is used in full whenever the bound is asked, so lambda may be negative.
 */
function createCeiling(pools: readonly AllocationPool[], maxPools: number, limits: Limits): Ceiling {
  const { capital, chainCapsUsd, allowCash } = limits;
  const extra = new Float64Array(pools.length);
  const top = new Float64Array(maxPools);
  let highest = 0;
  let lowest = 0;
  for (const pool of pools) {
    highest = Math.max(highest, pool.revenueUsdPerYear / pool.depthUsd + Math.max(0, -pool.costPerYear));
    if (!allowCash) lowest = Math.max(lowest, pool.costPerYear);
  }
  const chains = [...new Set(pools.map((pool) => pool.chain))].filter((chain) => chainCapsUsd[chain] !== undefined);
  /** Price of each capped chain; the last entry stays 0 for all others. */
  const prices = new Float64Array(chains.length + 1);
  const caps = chains.map((chain) => Math.max(0, chainCapsUsd[chain] ?? 0));
  const chainOf = Int32Array.from(pools, (pool) => {
    const at = chains.indexOf(pool.chain);
    return at < 0 ? chains.length : at;
  });
  let lambda = 0;
  const base = (): number => {
    let sum = lambda * capital;
    // A bound for amounts that leave up to the tolerance unused when lambda is negative.
    if (lambda < 0) sum -= lambda * capital * SHARE_TOLERANCE;
    for (let chain = 0; chain < caps.length; chain += 1) sum += prices[chain]! * caps[chain]!;
    return sum;
  };
  const bound = (): number => {
    top.fill(0);
    for (let index = 0; index < pools.length; index += 1) {
      const pool = pools[index]!;
      const price = lambda + prices[chainOf[index]!]!;
      const amount = Math.min(amountAt(pool, price), capital);
      let gain = incomeOf(pool, amount) - price * amount;
      extra[index] = gain;
      for (let slot = 0; slot < maxPools && gain > 0; slot += 1) {
        if (gain <= top[slot]!) continue;
        const moved = top[slot]!;
        top[slot] = gain;
        gain = moved;
      }
    }
    let sum = base();
    for (let slot = 0; slot < maxPools; slot += 1) sum += top[slot]!;
    return sum;
  };
  /** Golden section on one price; the bound is convex in each. */
  const lower = (from: number, to: number, set: (price: number) => void): void => {
    const boundAt = (price: number): number => {
      set(price);
      return bound();
    };
    let [low, high] = [from, to];
    let left = high - GOLDEN * (high - low);
    let right = low + GOLDEN * (high - low);
    let [atLeft, atRight] = [boundAt(left), boundAt(right)];
    for (let step = 0; step < GOLDEN_STEPS; step += 1) {
      if (atLeft <= atRight) {
        [high, right, atRight] = [right, left, atLeft];
        left = high - GOLDEN * (high - low);
        atLeft = boundAt(left);
      } else {
        [low, left, atLeft] = [left, right, atRight];
        right = low + GOLDEN * (high - low);
        atRight = boundAt(right);
      }
    }
    const middle = atLeft <= atRight ? left : right;
    const atMiddle = Math.min(atLeft, atRight);
    set(boundAt(from) <= atMiddle ? from : middle);
  };
  const setLambda = (price: number): void => {
    lambda = price;
  };
  lower(-lowest, highest, setLambda);
  for (let round = 0; round < CEILING_ROUNDS && chains.length > 0; round += 1) {
    for (let chain = 0; chain < chains.length; chain += 1) {
      lower(0, highest + lowest, (price) => {
        prices[chain] = price;
      });
    }
    lower(-lowest, highest, setLambda);
  }
  bound();
  const total = base();
  return {
    base: total,
    extra,
    of: (indexes) => {
      let sum = total;
      for (const index of indexes) sum += extra[index]!;
      return sum;
    },
  };
}

/**
 * Sets tried beyond the candidates, about 20 ms of work. Reached only when thousands of sets are nearly equal; the best found until
 * then is taken.
 */
const MAX_SETS_BEYOND = 4_000;

/**
 * Sets with pools that the choice of candidates left out, best ceiling first, as long as one may still beat the best. The choice looks
 * at each pool alone and knows neither chain caps nor minimums; this makes the result the optimum over all pools.
 */
function searchBeyond(
  search: Search,
  eligible: readonly AllocationPool[],
  candidates: readonly AllocationPool[],
  maxPools: number,
  input: AllocationInput,
  capital: number,
): void {
  const { chainCapsUsd, allowCash } = input;
  const known = new Set(candidates);
  const possible = eligible.filter((pool) => isFeasible([pool], capital, chainCapsUsd));
  if (possible.length === 0) return;
  const ceiling = createCeiling(possible, maxPools, { capital, chainCapsUsd, allowCash });
  const order = possible
    .map((pool, index) => ({ pool, extra: ceiling.extra[index]! }))
    .toSorted((left, right) => right.extra - left.extra || byId(left.pool, right.pool));
  const gains = order.map((entry) => Math.max(0, entry.extra));
  let setsLeft = MAX_SETS_BEYOND;
  const chosen: AllocationPool[] = [];
  const descend = (from: number, reached: number): void => {
    for (let index = from; index < order.length && setsLeft > 0; index += 1) {
      const { pool, extra } = order[index]!;
      // The most this pool and the best ones after it could add; later pools add less.
      let most = reached + extra;
      for (let next = index + 1; next < index + maxPools - chosen.length && next < gains.length; next += 1) {
        most += gains[next]!;
      }
      if (!search.mayBeat(most)) return;
      chosen.push(pool);
      if (search.mayBeat(reached + extra) && !chosen.every((entry) => known.has(entry))) {
        setsLeft -= 1;
        search.offer(chosen.toSorted(byId));
      }
      if (chosen.length < maxPools) descend(index + 1, reached + extra);
      chosen.pop();
    }
  };
  descend(0, ceiling.base);
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

function byId(left: AllocationPool, right: AllocationPool): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}

/** The 12 best pools by standalone income, sorted by id; all of them when there are no more. */
function keepBest(eligible: readonly AllocationPool[], capital: number): readonly AllocationPool[] {
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
