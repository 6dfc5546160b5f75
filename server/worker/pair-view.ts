// The pair as the desk shows it: positions to the wei at one block, state in a sentence, money; from a chain view and the last evaluation.
import type { PairState } from "@/lib/api/signer-contract";
import type { AmountDto, PositionDto } from "@/lib/api/schemas";
import type { WorkerState } from "@/lib/api/worker-state";
import { humanAmount } from "@/lib/amm/human-units";
import { binsToRange } from "@/lib/amm/bins";
import { ticksToRange } from "@/lib/amm/ticks";
import { distrustWords } from "@/lib/epoch/distrust";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import type { Evaluation } from "@/lib/strategy/index";
import type { PositionRange } from "@/lib/market/snapshot";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { ChainView, DepthView, PoolView, PositionView } from "./ports";

export interface MarkInput {
  readonly pairId: string;
  readonly pools: readonly ResolvedPool[];
  readonly views: readonly ChainView[];
  readonly pairState: PairState;
  readonly evaluation: Evaluation | null;
  readonly quoteUsd: number | null;
  readonly marketNowMs: number;
  /** Market time since each position is out of range. */
  readonly outSince: ReadonlyMap<string, number>;
}

export interface Mark {
  readonly state: WorkerState["state"];
  readonly sentence: string;
  readonly price: number | null;
  readonly blocks: WorkerState["blocks"];
  readonly positions: readonly PositionDto[];
  readonly account: readonly AmountDto[];
  readonly positionsUsd: number | null;
  readonly idleUsd: number | null;
  readonly valueUsd: number | null;
  readonly unclaimedFeesUsd: number | null;
}

export function markPair(input: MarkInput): Mark {
  const { views, quoteUsd, pairState } = input;
  const poolOf = new Map(views.flatMap((view) => view.pools.map((pool) => [pool.poolKey, pool] as const)));
  const positions = views.flatMap((view) =>
    view.positions.flatMap((position) => {
      const pool = poolOf.get(position.observed.poolKey);
      return pool === undefined ? [] : [toPositionDto(input, view, pool, position)];
    }),
  );
  const price = referencePrice(views, positions);
  const account = accountAmounts(input, price);
  const positionsUsd = quoteUsd === null ? null : sum(positions.map((each) => each.valueUsd + each.feesUsd));
  const idleUsd = account.some((amount) => amount.usd === null) ? null : sum(account.map((amount) => amount.usd ?? 0));
  const state = stateOf(positions, price);
  return {
    state,
    sentence: sentenceOf(state, positions, price, pairState),
    price,
    blocks: views.map(({ chainId, block }) => ({
      chainId,
      number: block.number.toString(),
      atMs: block.timestampAtMs,
    })),
    positions,
    account,
    positionsUsd,
    idleUsd,
    valueUsd: positionsUsd === null || idleUsd === null ? null : positionsUsd + idleUsd,
    unclaimedFeesUsd: quoteUsd === null ? null : sum(positions.map((each) => each.feesUsd)),
  };
}

function toPositionDto(input: MarkInput, view: ChainView, pool: PoolView, position: PositionView): PositionDto {
  const { observed, tickLower, tickUpper } = position;
  const { facts, price } = pool;
  const range = rangeOf(pool, tickLower, tickUpper);
  const inRange = isInRange(observed.range, pool.tick);
  const evaluated = input.evaluation?.positions.find((each) => each.positionId === observed.positionId) ?? null;
  const known = input.pairState.positions.find((each) => each.positionId === observed.positionId);
  const base = { symbol: facts.base.symbol, address: facts.base.address, decimals: facts.base.decimals };
  const quote = { symbol: facts.quote.symbol, address: facts.quote.address, decimals: facts.quote.decimals };
  const baseUsd = (raw: bigint): number | null => usdOf(humanAmount(raw, base.decimals) * price, input.quoteUsd);
  const quoteUsd = (raw: bigint): number | null => usdOf(humanAmount(raw, quote.decimals), input.quoteUsd);
  const amount = (token: typeof base, raw: bigint, usd: number | null): AmountDto => ({
    token,
    raw: raw.toString(),
    usd,
  });
  const income = evaluated?.incomeNow ?? null;
  return {
    positionId: observed.positionId,
    pairId: input.pairId,
    chainId: view.chainId,
    chainName: facts.chain.name,
    family: facts.dex.family,
    dexName: facts.dex.name,
    isStandIn: facts.dex.isStandIn,
    pool: facts.pool.id,
    poolKey: pool.poolKey,
    feePips: pool.feePips,
    ...(facts.pool.tickSpacing === null ? {} : { tickSpacing: facts.pool.tickSpacing }),
    positionManager: position.positionManager,
    tokenId: observed.tokenId.toString(),
    tickLower,
    tickUpper,
    liquidityRaw: observed.liquidityRaw.toString(),
    priceLower: range.min,
    priceUpper: range.max,
    targetLower: evaluated?.target?.effective.min ?? null,
    targetUpper: evaluated?.target?.effective.max ?? null,
    divergence: evaluated?.divergence ?? null,
    inRange,
    outSinceAtMs: inRange ? null : (input.outSince.get(observed.positionId) ?? view.block.timestampAtMs),
    base: amount(base, observed.baseRaw, baseUsd(observed.baseRaw)),
    quote: amount(quote, observed.quoteRaw, quoteUsd(observed.quoteRaw)),
    feesBase: amount(base, observed.uncollectedBaseRaw, baseUsd(observed.uncollectedBaseRaw)),
    feesQuote: amount(quote, observed.uncollectedQuoteRaw, quoteUsd(observed.uncollectedQuoteRaw)),
    valueUsd: (baseUsd(observed.baseRaw) ?? 0) + (quoteUsd(observed.quoteRaw) ?? 0),
    feesUsd: (baseUsd(observed.uncollectedBaseRaw) ?? 0) + (quoteUsd(observed.uncollectedQuoteRaw) ?? 0),
    blockNumber: view.block.number.toString(),
    blockAtMs: view.block.timestampAtMs,
    openedAtMs: observed.openedAtMs,
    ageMs: Math.max(0, input.marketNowMs - observed.openedAtMs),
    mintTxHash: known?.mintTxHash ?? null,
    inRange24hFrac: null,
    income:
      income === null
        ? null
        : {
            netAprFrac: income.netAprFrac,
            feesUsdPerYear: income.feesUsdPerYear,
            lvrUsdPerYear: income.lvrUsdPerYear,
            costsUsdPerYear: income.costsUsdPerYear,
          },
  };
}

/** Price range of ticks, or of bins with both ends in it. */
function rangeOf(
  { frame, binStepBps }: PoolView,
  lower: number,
  upper: number,
): { readonly min: number; readonly max: number } {
  return binStepBps === null ? ticksToRange(lower, upper, frame) : binsToRange(lower, upper, binStepBps, frame);
}

/** `index` is the pool's tick or active bin. */
function isInRange(range: PositionRange, index: number): boolean {
  return range.kind === "ticks"
    ? range.tickLower <= index && index < range.tickUpper
    : range.lowerBinId <= index && index <= range.upperBinId;
}

/** Price of the pool with our largest position, else of the first pool of the lowest fee. */
function referencePrice(views: readonly ChainView[], positions: readonly PositionDto[]): number | null {
  const largest = positions.toSorted((left, right) => right.valueUsd - left.valueUsd)[0];
  const pools = views.flatMap((view) => view.pools);
  const held = largest === undefined ? undefined : pools.find((pool) => pool.poolKey === largest.poolKey);
  const cheapest = pools.toSorted((left, right) => left.feePips - right.feePips)[0];
  return (held ?? cheapest)?.price ?? null;
}

function accountAmounts(input: MarkInput, price: number | null): readonly AmountDto[] {
  return input.pairState.account.flatMap((entry): AmountDto[] => {
    const facts = input.pools.find(
      (each) =>
        each.chain.id === entry.chainId &&
        [each.base, each.quote].some((token) => token.address.toLowerCase() === entry.token.toLowerCase()),
    );
    if (facts === undefined) return [];
    const isBase = facts.base.address.toLowerCase() === entry.token.toLowerCase();
    const { symbol, address, decimals } = isBase ? facts.base : facts.quote;
    const amount = humanAmount(entry.amountRaw, decimals);
    const inQuote = isBase ? (price === null ? null : amount * price) : amount;
    return [
      {
        token: { symbol, address, decimals },
        raw: entry.amountRaw.toString(),
        usd: inQuote === null ? null : usdOf(inQuote, input.quoteUsd),
      },
    ];
  });
}

function stateOf(positions: readonly PositionDto[], price: number | null): WorkerState["state"] {
  if (price === null) return "no_data";
  if (positions.length === 0) return "no_position";
  return positions.every((position) => position.inRange) ? "in_range" : "out_of_range";
}

function sentenceOf(
  state: WorkerState["state"],
  positions: readonly PositionDto[],
  price: number | null,
  pairState: PairState,
): string {
  switch (state) {
    case "no_data":
    case "unknown":
      return "no pool of this pair could be read";
    case "no_position": {
      const hasCapital = pairState.account.some((entry) => entry.amountRaw > 0n);
      return hasCapital ? "no open position; all capital is idle" : "no open position and no capital assigned";
    }
    case "in_range": {
      const nearest = positions
        .map((position) => edgeDistance(position, price ?? Number.NaN))
        .toSorted((left, right) => left.frac - right.frac)[0];
      return `in range, ${((nearest?.frac ?? 0) * 100).toFixed(2)} % from the ${nearest?.side ?? "lower"} edge`;
    }
    case "out_of_range": {
      const out = positions.find((position) => !position.inRange);
      if (out === undefined || price === null) return "out of range";
      const isAbove = price > out.priceUpper;
      const distance = isAbove ? price - out.priceUpper : out.priceLower - price;
      const edge = isAbove ? "above the upper edge" : "below the lower edge";
      return `${distance.toPrecision(4)} ${out.quote.token.symbol} ${edge}; earning no fees`;
    }
  }
}

function edgeDistance(
  position: PositionDto,
  price: number,
): { readonly frac: number; readonly side: "lower" | "upper" } {
  const lower = Math.abs(price / position.priceLower - 1);
  const upper = Math.abs(position.priceUpper / price - 1);
  return lower <= upper ? { frac: lower, side: "lower" } : { frac: upper, side: "upper" };
}

export function toDepthDto(
  depth: DepthView,
  positions: readonly PositionDto[],
  quoteUsd: number | null,
): WorkerState["depth"][number] {
  return {
    pool: depth.pool,
    blockNumber: depth.blockNumber.toString(),
    price: depth.price,
    buckets: depth.buckets.map((bucket) => {
      const usd = (bucket.base * depth.price + bucket.quote) * (quoteUsd ?? 1);
      const ours = positions
        .filter(
          (position) =>
            position.pool.toLowerCase() === depth.pool.toLowerCase() &&
            position.priceLower <= bucket.priceLower * (1 + 1e-9) &&
            position.priceUpper >= bucket.priceUpper * (1 - 1e-9),
        )
        .reduce((total, position) => total + BigInt(position.liquidityRaw), 0n);
      const share = bucket.liquidityRaw > 0n ? humanAmount((ours * 1_000_000n) / bucket.liquidityRaw, 6) : 0;
      return { priceLower: bucket.priceLower, priceUpper: bucket.priceUpper, usd, oursUsd: usd * Math.min(1, share) };
    }),
  };
}

/** Last decision in one sentence with its most telling number. */
export function decisionSentence(record: EpochRecord): string {
  if (record.error !== null) return `The cycle failed at ${record.error.step}: ${record.error.message}`;
  const { decision } = record;
  if (decision === null) return "No decision was reached";
  if (decision.detail !== null) {
    return `Hold: an input cannot be trusted: ${distrustWords(decision.detail, record)}`;
  }
  const gain =
    decision.gainUsdPerYear === null ? "" : `, expected gain ${decision.gainUsdPerYear.toFixed(0)} USD per year`;
  const failed = decision.gates.find((gate) => gate.status === "fail");
  switch (decision.kind) {
    case "HOLD":
      return `Hold (${decision.reason})${failed === undefined ? "" : `: ${failed.label}`}${gain}`;
    case "RS":
      return `Range shift of ${record.positions.filter((position) => !position.inRange).length || 1} position(s)${gain}`;
    case "PRA":
      return `Reallocation (${decision.reason})${gain}`;
  }
}

function usdOf(inQuote: number, quoteUsd: number | null): number | null {
  return quoteUsd === null || !Number.isFinite(inQuote) ? null : inQuote * quoteUsd;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
