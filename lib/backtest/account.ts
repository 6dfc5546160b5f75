// Account: what happens to paper money minute by minute and when a plan is carried out; plain state in, plain state out.
import { ticksToRange } from "@/lib/amm/ticks";
import { clamp } from "@/lib/math/stats";
import type { SwapTrack } from "./market";
import { pricePathInside } from "./price-path";
import type {
  PaperEvent,
  PaperFill,
  PaperInterval,
  PaperMarket,
  PaperOpen,
  PaperPlan,
  PaperPool,
  PaperPoolInterval,
  PaperPosition,
  PaperState,
  PaperSwaps,
  PaperWallet,
} from "./paper-state";

export interface CreatePaperInput {
  readonly atMs: number;
  /** QUOTE per BASE. */
  readonly price: number;
  readonly quoteUsd: number;
  readonly wallets: readonly { readonly chainId: number; readonly base: number; readonly quote: number }[];
}

const DAY_MS = 86_400_000;
/** Epochs whose nets are kept: a day of quarters of an hour. */
const KEPT_EPOCHS = 96;
/** A swap below this part of the money it is for is not worth a transaction; what does not fit stays idle. */
const LEAST_SWAP_FRAC = 0.001;
const NOTHING_MINTED =
  "nothing to mint with (too little money, or a swap was refused for its price impact): it stays idle";
/** Rounds of the price impact's fixed point; its second correction is of the order impact squared. */
const IMPACT_ROUNDS = 3;
/** A swap that moves the price by more is refused, as live (strategy.md section 11, execution rules). */
const MAX_IMPACT_FRAC = 0.01;

/** A new account; it owns its wallets. */
export function createPaper(input: CreatePaperInput): PaperState {
  const wallets = input.wallets.map((wallet) => ({ ...wallet }));
  let valueUsd = 0;
  for (const wallet of wallets) valueUsd += (wallet.base * input.price + wallet.quote) * input.quoteUsd;
  return {
    version: 1,
    startedAtMs: input.atMs,
    startUsd: valueUsd,
    atMs: input.atMs,
    price: input.price,
    quoteUsd: input.quoteUsd,
    wallets,
    positions: [],
    nextId: 1,
    totals: {
      feesUsd: 0,
      lvrUsd: 0,
      markUsd: 0,
      gasUsd: 0,
      swapCostUsd: 0,
      rebalances: 0,
      failedActions: 0,
      openMs: 0,
      inRangeMs: 0,
    },
    valueUsd,
    peakUsd: valueUsd,
    maxDrawdownFrac: 0,
    lastPraAtMs: null,
    lastCloseEpochs: {},
    rangeShiftAtMs: [],
    gasSpent: [],
    epochNetUsd: [],
    epochStartNetUsd: 0,
    suppressUntilEpoch: 0,
    pending: null,
  };
}

/** The account an interval later; the state that was passed stays as it was. */
export function stepPaper(state: PaperState, interval: PaperInterval): PaperState {
  const next = structuredCopy(state);
  advancePaper(next, interval);
  return next;
}

/** The account after a plan was carried out, and what came of it; the state that was passed stays as it was. */
export function applyPlan(
  state: PaperState,
  plan: PaperPlan,
  market: PaperMarket,
): { readonly state: PaperState; readonly event: PaperEvent } {
  const next = structuredCopy(state);
  const event = executePlan(next, plan, market);
  return { state: next, event };
}

/** Marks losses and closes the epoch's books; the state that was passed stays as it was. */
export function closePaperEpoch(state: PaperState, pools: readonly Pick<PaperPool, "poolKey" | "price">[]): PaperState {
  const next = structuredCopy(state);
  closeEpoch(next, pools);
  return next;
}

/** Net since the start, US dollars. */
export function paperNetUsd(state: PaperState): number {
  const { totals } = state;
  return totals.feesUsd + totals.markUsd - totals.gasUsd - totals.swapCostUsd;
}

/** Value less gas, US dollars. */
export function paperEquityUsd(state: PaperState): number {
  return state.valueUsd - state.totals.gasUsd;
}

/** In place: fees of the interval, the new value, drawdown and time in range. The hot loop of a backtest: it allocates nothing. */
export function advancePaper(state: PaperState, interval: PaperInterval): void {
  const { positions, totals } = state;
  const { price, quoteUsd, pools } = interval;
  const spanMs = interval.toMs - state.atMs;
  let feesUsd = 0;
  let inRange = 0;
  for (let index = 0; index < positions.length; index += 1) {
    const position = positions[index]!;
    const pool = findPool(pools, position.poolKey);
    if (pool === null) continue;
    const overlap = pricePathInside(pool, position.lower, position.upper);
    if (overlap > inRange) inRange = overlap;
    if (!(overlap > 0)) continue;
    if (pool.swaps !== null && overlap < 1) {
      feesUsd += earnBySwap(position, positions, pool.swaps, price) * quoteUsd;
      continue;
    }
    const own = ownBeside(position, positions, pool);
    // Growth is per unit of others' liquidity; beside them our own takes part.
    const share =
      pool.othersLiquidity > 0
        ? (position.liquidity * overlap * pool.othersLiquidity) / (pool.othersLiquidity + own)
        : 0;
    const base = pool.feeBase * share;
    const quote = pool.feeQuote * share;
    position.feesBase += base;
    position.feesQuote += quote;
    feesUsd += (base * price + quote) * quoteUsd;
  }
  if (positions.length > 0) {
    totals.openMs += spanMs;
    totals.inRangeMs += spanMs * inRange;
  }
  const valueUsd = valueOf(state, price, quoteUsd, pools);
  totals.feesUsd += feesUsd;
  totals.markUsd += valueUsd - state.valueUsd - feesUsd;
  state.valueUsd = valueUsd;
  state.price = price;
  state.quoteUsd = quoteUsd;
  state.atMs = interval.toMs;
  notePeak(state);
}

/** In place: marks losses of every position and closes the epoch's books. */
export function closeEpoch(state: PaperState, pools: readonly Pick<PaperPool, "poolKey" | "price">[]): void {
  for (const position of state.positions) {
    const pool = findPool(pools, position.poolKey);
    if (pool !== null) markLoss(state, position, pool.price);
  }
  const netUsd = paperNetUsd(state);
  state.epochNetUsd.push(netUsd - state.epochStartNetUsd);
  if (state.epochNetUsd.length > KEPT_EPOCHS) state.epochNetUsd.shift();
  state.epochStartNetUsd = netUsd;
  while (state.rangeShiftAtMs.length > 0 && state.rangeShiftAtMs[0]! <= state.atMs - DAY_MS)
    state.rangeShiftAtMs.shift();
  while (state.gasSpent.length > 0 && state.gasSpent[0]!.atMs <= state.atMs - DAY_MS) state.gasSpent.shift();
}

/** In place: carries out a plan at the market's prices. Nothing of a plan that is void or fails takes place. */
export function executePlan(state: PaperState, plan: PaperPlan, market: PaperMarket): PaperEvent {
  const { totals } = state;
  const gasBeforeUsd = totals.gasUsd;
  const swapBeforeUsd = totals.swapCostUsd;
  const closed = state.positions.filter((position) => plan.closePositionIds.includes(position.id));
  const shifts = plan.shifts.flatMap((shift) => {
    const position = state.positions.find((entry) => entry.id === shift.positionId);
    return position === undefined ? [] : [{ shift, position }];
  });
  const wanted = [...shifts.map(({ shift, position }) => ({ ...shift, poolKey: position.poolKey })), ...plan.opens];
  for (const range of wanted) {
    const pool = findPool(market.pools, range.poolKey);
    const bounds = pool === null ? null : boundsOf(pool, range);
    const isInside = pool !== null && bounds !== null && bounds.min < pool.price && pool.price < bounds.max;
    // A plan whose range the price has left before it lands would mint one token only: it is void, as live.
    if (!isInside) return giveUp(state, "the price left the new range before the plan landed: void, no gas");
  }
  if (market.fails) {
    spendGas(state, market, 1);
    return {
      ...giveUp(state, "the first transaction failed; its gas is spent, everything else stayed as it was"),
      gasUsd: totals.gasUsd - gasBeforeUsd,
    };
  }

  const valueBeforeUsd = state.valueUsd;
  for (const position of closed) {
    const pool = findPool(market.pools, position.poolKey);
    if (pool === null) continue;
    const pot = burn(state, position, pool, market);
    const wallet = walletOf(state, position.chainId);
    wallet.base += pot.base;
    wallet.quote += pot.quote;
    state.lastCloseEpochs[position.poolKey] = market.epoch;
    if (plan.restoreMixFrac !== null) {
      const idle = { base: pot.base + position.idleBase, quote: pot.quote + position.idleQuote };
      swapWithin(state, wallet, idle, pool, plan.restoreMixFrac, market);
    }
  }
  let mints = 0;
  for (const { shift, position } of shifts) {
    const pool = findPool(market.pools, position.poolKey);
    const bounds = pool === null ? null : boundsOf(pool, shift);
    if (pool === null || bounds === null) continue;
    const wallet = walletOf(state, position.chainId);
    const pot = burn(state, position, pool, market);
    wallet.base += pot.base;
    wallet.quote += pot.quote;
    pot.base = Math.min(wallet.base, pot.base + position.idleBase);
    pot.quote = Math.min(wallet.quote, pot.quote + position.idleQuote);
    mints += mint(state, wallet, pot, pool, { ...shift, ...bounds }, market);
  }
  for (const open of plan.opens) {
    const pool = findPool(market.pools, open.poolKey);
    const bounds = pool === null ? null : boundsOf(pool, open);
    if (pool === null || bounds === null) continue;
    const wallet = walletOf(state, open.chainId);
    const pot = takeFor(state, wallet, open, pool, bounds);
    mints += mint(state, wallet, pot, pool, { ...open, ...bounds }, market);
  }

  state.valueUsd = valueOf(state, state.price, state.quoteUsd, market.pools);
  // Burning and minting keep the value; a swap loses exactly its cost. What is left here is rounding.
  totals.markUsd += state.valueUsd - valueBeforeUsd + (totals.swapCostUsd - swapBeforeUsd);
  if (closed.length + shifts.length + mints === 0) return giveUp(state, NOTHING_MINTED);
  totals.rebalances += 1;
  if (plan.kind === "RS") state.rangeShiftAtMs.push(market.atMs);
  if (plan.startsHold) state.lastPraAtMs = market.atMs;
  notePeak(state);
  return {
    outcome: "done",
    gasUsd: totals.gasUsd - gasBeforeUsd,
    swapCostUsd: totals.swapCostUsd - swapBeforeUsd,
    detail: mints < wanted.length ? NOTHING_MINTED : "",
  };
}

/** Effective price bounds of a tick range in its pool. */
function boundsOf(
  pool: Pick<PaperPool, "baseDecimals" | "quoteDecimals" | "baseIsToken0">,
  range: { readonly tickLower: number; readonly tickUpper: number },
): { readonly min: number; readonly max: number } {
  return ticksToRange(range.tickLower, range.tickUpper, {
    decBase: pool.baseDecimals,
    decQuote: pool.quoteDecimals,
    baseIsToken0: pool.baseIsToken0,
  });
}

function giveUp(state: PaperState, detail: string): PaperEvent {
  state.totals.failedActions += 1;
  return { outcome: "failed", gasUsd: 0, swapCostUsd: 0, detail };
}

interface Pot {
  base: number;
  quote: number;
}

/** Takes a position off the books; one transaction. Its tokens and fees are handed back. */
function burn(state: PaperState, position: PaperPosition, pool: PaperPool, market: PaperMarket): Pot {
  markLoss(state, position, pool.price);
  spendGas(state, market, 1);
  state.positions = state.positions.filter((entry) => entry !== position);
  return {
    base: position.refBase + position.feesBase,
    quote: position.refQuote + position.feesQuote,
  };
}

/** Tokens of the wallet that an open may use: what the range needs first, the rest of the amount in the other token. */
function takeFor(
  state: PaperState,
  wallet: PaperWallet,
  open: PaperOpen,
  pool: PaperPool,
  bounds: { readonly min: number; readonly max: number },
): Pot {
  const availableQuote = wallet.base * pool.price + wallet.quote;
  const wantedQuote =
    open.amountUsd === null ? availableQuote : Math.min(open.amountUsd / state.quoteUsd, availableQuote);
  const needBase = (baseShareAt(pool.price, bounds.min, bounds.max) * wantedQuote) / pool.price;
  let base = Math.min(wallet.base, needBase);
  let quote = Math.min(wallet.quote, wantedQuote - base * pool.price);
  base = Math.min(wallet.base, Math.max(0, (wantedQuote - quote) / pool.price));
  quote = Math.max(0, quote);
  return { base, quote };
}

/** Brings the pot to the range, mints, leaves the rest in the wallet. Returns 1 when something was minted. */
function mint(
  state: PaperState,
  wallet: PaperWallet,
  pot: Pot,
  pool: PaperPool,
  range: {
    readonly tickLower: number;
    readonly tickUpper: number;
    readonly min: number;
    readonly max: number;
    readonly fill: PaperFill;
  },
  market: PaperMarket,
): number {
  if (range.fill !== "keep") {
    const share = range.fill === "half" ? 0.5 : baseShareAt(pool.price, range.min, range.max);
    swapWithin(state, wallet, pot, pool, share, market);
  }
  const root = Math.sqrt(clamp(pool.price, range.min, range.max));
  const unitBase = 1 / root - 1 / Math.sqrt(range.max);
  const unitQuote = root - Math.sqrt(range.min);
  const liquidity = Math.min(
    unitBase > 0 ? pot.base / unitBase : Number.POSITIVE_INFINITY,
    unitQuote > 0 ? pot.quote / unitQuote : Number.POSITIVE_INFINITY,
  );
  if (!(liquidity > 0) || !Number.isFinite(liquidity)) return 0;
  spendGas(state, market, 1);
  const base = Math.min(wallet.base, liquidity * unitBase);
  const quote = Math.min(wallet.quote, liquidity * unitQuote);
  wallet.base -= base;
  wallet.quote -= quote;
  state.positions.push({
    id: state.nextId,
    poolKey: pool.poolKey,
    chainId: pool.chainId,
    tickLower: range.tickLower,
    tickUpper: range.tickUpper,
    lower: range.min,
    upper: range.max,
    liquidity,
    feesBase: 0,
    feesQuote: 0,
    idleBase: Math.max(0, pot.base - base),
    idleQuote: Math.max(0, pot.quote - quote),
    openedAtMs: market.atMs,
    refBase: base,
    refQuote: quote,
  });
  state.nextId += 1;
  return 1;
}

/**
 * Swaps inside a pot (a part of the wallet) so that BASE is `share` of what it is worth afterwards. Cost: router and slippage,
 * the pool's fee, and the price impact x / (L * sqrt(P)) of a notional x on liquidity L; an impact above 1 % refuses the swap and
 * the tokens stay as they are.
 */
function swapWithin(
  state: PaperState,
  wallet: PaperWallet,
  pot: Pot,
  pool: PaperPool,
  share: number,
  market: PaperMarket,
): void {
  const { price } = pool;
  const valueQuote = pot.base * price + pot.quote;
  if (!(valueQuote > 0)) return;
  const depth = pool.othersLiquidity * Math.sqrt(price);
  const excessBase = pot.base * price - share * valueQuote;
  let impact = 0;
  let cost = market.swapCostFrac + pool.feeFrac;
  let notional = 0;
  for (let round = 0; round < IMPACT_ROUNDS; round += 1) {
    notional = excessBase > 0 ? excessBase / (1 - share * cost) : -excessBase / (1 - cost + share * cost);
    if (!(notional > LEAST_SWAP_FRAC * valueQuote)) return;
    impact = notional / depth;
    if (!(impact <= MAX_IMPACT_FRAC)) return;
    cost = market.swapCostFrac + pool.feeFrac + impact;
  }
  const costQuote = notional * cost;
  const [deltaBase, deltaQuote] =
    excessBase > 0 ? [-notional / price, notional - costQuote] : [(notional - costQuote) / price, -notional];
  pot.base += deltaBase;
  pot.quote += deltaQuote;
  wallet.base += deltaBase;
  wallet.quote += deltaQuote;
  state.totals.swapCostUsd += costQuote * state.quoteUsd;
  spendGas(state, market, 1);
}

function spendGas(state: PaperState, market: PaperMarket, txCount: number): void {
  const usd = market.gasUsdPerTx * txCount;
  state.totals.gasUsd += usd;
  state.gasSpent.push({ atMs: market.atMs, usd });
}

/** Loss-versus-rebalancing since the last mark: what the inventory of then would be worth, less what it is worth. */
function markLoss(state: PaperState, position: PaperPosition, poolPrice: number): void {
  const root = Math.sqrt(clamp(poolPrice, position.lower, position.upper));
  const base = position.liquidity * (1 / root - 1 / Math.sqrt(position.upper));
  const quote = position.liquidity * (root - Math.sqrt(position.lower));
  const held = position.refBase * state.price + position.refQuote;
  state.totals.lvrUsd += (held - (base * state.price + quote)) * state.quoteUsd;
  position.refBase = base;
  position.refQuote = quote;
}

function valueOf(
  state: PaperState,
  price: number,
  quoteUsd: number,
  pools: readonly Pick<PaperPoolInterval, "poolKey" | "price">[],
): number {
  let quote = 0;
  for (let index = 0; index < state.wallets.length; index += 1) {
    const wallet = state.wallets[index]!;
    quote += wallet.base * price + wallet.quote;
  }
  for (let index = 0; index < state.positions.length; index += 1) {
    const position = state.positions[index]!;
    const pool = findPool(pools, position.poolKey);
    const root = Math.sqrt(clamp(pool === null ? price : pool.price, position.lower, position.upper));
    quote +=
      position.liquidity * ((1 / root - 1 / Math.sqrt(position.upper)) * price + root - Math.sqrt(position.lower)) +
      position.feesBase * price +
      position.feesQuote;
  }
  return quote * quoteUsd;
}

function notePeak(state: PaperState): void {
  const equityUsd = state.valueUsd - state.totals.gasUsd;
  if (equityUsd > state.peakUsd) state.peakUsd = equityUsd;
  const fall = state.peakUsd > 0 ? 1 - equityUsd / state.peakUsd : 0;
  if (fall > state.maxDrawdownFrac) state.maxDrawdownFrac = fall;
}

/** Fees of an interval whose path leaves the position's range, swap by swap. Returns them in QUOTE. */
function earnBySwap(
  position: PaperPosition,
  positions: readonly PaperPosition[],
  { track, from, to }: PaperSwaps,
  price: number,
): number {
  let base = 0;
  let quote = 0;
  for (let swap = from; swap < to; swap += 1) {
    const inside = swapInside(track, swap, position);
    if (!(inside > 0)) continue;
    let own = position.liquidity;
    for (let index = 0; index < positions.length; index += 1) {
      const other = positions[index]!;
      if (other !== position && other.poolKey === position.poolKey)
        own += other.liquidity * swapInside(track, swap, other);
    }
    const others = track.liquidity[swap]!;
    if (!(others > 0)) continue;
    const share = (position.liquidity * inside * others) / (others + own);
    base += track.feeBase[swap]! * share;
    quote += track.feeQuote[swap]! * share;
  }
  position.feesBase += base;
  position.feesQuote += quote;
  return base * price + quote;
}

/** Part of a swap's way that lies inside the position; a swap that did not move the price is in or out. */
function swapInside(track: SwapTrack, swap: number, position: PaperPosition): number {
  const before = track.logBefore[swap]!;
  const after = track.logAfter[swap]!;
  const lower = Math.log(position.lower);
  const upper = Math.log(position.upper);
  const low = Math.min(before, after);
  const high = Math.max(before, after);
  if (!(high > low)) return after >= lower && after < upper ? 1 : 0;
  return Math.max(0, Math.min(high, upper) - Math.max(low, lower)) / (high - low);
}

/** Our liquidity while a position is in range: all of its own, the others' by the part of the path they cover. */
function ownBeside(one: PaperPosition, positions: readonly PaperPosition[], pool: PaperPoolInterval): number {
  let own = one.liquidity;
  for (let index = 0; index < positions.length; index += 1) {
    const position = positions[index]!;
    if (position !== one && position.poolKey === pool.poolKey)
      own += position.liquidity * pricePathInside(pool, position.lower, position.upper);
  }
  return own;
}

function baseShareAt(price: number, min: number, max: number): number {
  const root = Math.sqrt(clamp(price, min, max));
  const base = (1 / root - 1 / Math.sqrt(max)) * price;
  const value = base + root - Math.sqrt(min);
  return value > 0 ? base / value : 0;
}

function findPool<T extends { readonly poolKey: string }>(pools: readonly T[], poolKey: string): T | null {
  for (let index = 0; index < pools.length; index += 1) {
    if (pools[index]!.poolKey === poolKey) return pools[index]!;
  }
  return null;
}

function walletOf(state: PaperState, chainId: number): PaperWallet {
  const known = state.wallets.find((wallet) => wallet.chainId === chainId);
  if (known !== undefined) return known;
  const fresh = { chainId, base: 0, quote: 0 };
  state.wallets.push(fresh);
  return fresh;
}

function structuredCopy(state: PaperState): PaperState {
  return {
    ...state,
    wallets: state.wallets.map((wallet) => ({ ...wallet })),
    positions: state.positions.map((position) => ({ ...position })),
    totals: { ...state.totals },
    lastCloseEpochs: { ...state.lastCloseEpochs },
    rangeShiftAtMs: [...state.rangeShiftAtMs],
    gasSpent: [...state.gasSpent],
    epochNetUsd: [...state.epochNetUsd],
  };
}
