// Build market: candles and a recording of the pool (minutes, hours, events, or none) become one backtest market.
import { fillCandles, normaliseCandles, type CandleSeries, type RawCandle } from "@/lib/market/candle";
import { MINUTE_MS } from "@/lib/units";
import {
  createTrack,
  frameOf,
  humanLiquidityOf,
  priceOfRecordedTick,
  type BacktestMarket,
  type BacktestPool,
  type DataQuality,
  type FeeOrigin,
  type MinuteTrack,
} from "./market";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import { applyVolumeModel, liquidityOfDepth, type VolumeModel } from "./volume-model";

/** Exchange candles of a run with what was found while reading them. */
export interface CandleInput {
  readonly candles: CandleSeries;
  readonly priceStep: number | null;
  readonly data: DataQuality;
  readonly notes: readonly string[];
}

/** Pool per minute (demeter): ticks, raw amounts sold into the pool, active raw liquidity at the end of the minute. */
export interface PoolMinutes {
  readonly length: number;
  readonly atMs: Float64Array;
  readonly openTick: Float64Array;
  readonly lowestTick: Float64Array;
  readonly highestTick: Float64Array;
  readonly closeTick: Float64Array;
  readonly inAmount0: Float64Array;
  readonly inAmount1: Float64Array;
  readonly liquidity: Float64Array;
  readonly data: DataQuality;
}

/** Pool at full hours: tick and active raw liquidity. */
export interface PoolHours {
  readonly length: number;
  readonly atMs: Float64Array;
  readonly tick: Float64Array;
  readonly liquidity: Float64Array;
  readonly data: DataQuality;
}

/** Every swap: signed raw amounts, square root price and active raw liquidity after it. */
export interface PoolSwaps {
  readonly length: number;
  readonly atMs: Float64Array;
  readonly amount0: Float64Array;
  readonly amount1: Float64Array;
  readonly sqrtPriceX96: readonly bigint[];
  readonly liquidity: Float64Array;
  readonly data: DataQuality;
}

export type BuiltMarket =
  { readonly ok: true; readonly market: BacktestMarket } | { readonly ok: false; readonly message: string };

const PIPS = 1e6;
const HOUR_MS = 3_600_000;

/** Fees of a minute = amount sold into the pool * fee * (1 - protocol share), over the liquidity at its end. */
export function buildMinutesMarket(pool: BacktestPool, rows: PoolMinutes, exchange: CandleInput | null): BuiltMarket {
  const own = exchange === null ? candlesOfMinutes(pool, rows) : null;
  const feeFrac = lpFeeFrac(pool);
  const [scale0, scale1] = tokenScales(pool);
  let withoutLiquidity = 0;
  return alignTrack(pool, exchange, own, rows, {
    origin: {
      source: "pool_minutes",
      isEstimate: false,
      sentence:
        "Fees come from the pool's own minutes: what was sold into it times the fee, less the protocol's part, shared by active liquidity at the end of the minute.",
    },
    write: (track, index, row) => {
      const close = priceOfRecordedTick(rows.closeTick[row]!, pool);
      const one = priceOfRecordedTick(rows.lowestTick[row]!, pool);
      const other = priceOfRecordedTick(rows.highestTick[row]!, pool);
      const liquidity = humanLiquidityOf(rows.liquidity[row]!, pool);
      const in0 = rows.inAmount0[row]! * scale0;
      const in1 = rows.inAmount1[row]! * scale1;
      const [inBase, inQuote] = pool.baseIsToken0 ? [in0, in1] : [in1, in0];
      track.price[index] = close;
      track.low[index] = Math.min(one, other, close);
      track.high[index] = Math.max(one, other, close);
      track.othersLiquidity[index] = liquidity;
      track.volumeUsd[index] = (inBase * close + inQuote) * pool.quoteUsd;
      if (liquidity > 0) {
        track.feeBase[index] = (inBase * feeFrac) / liquidity;
        track.feeQuote[index] = (inQuote * feeFrac) / liquidity;
      } else withoutLiquidity += 1;
    },
    notes: () =>
      withoutLiquidity > 0
        ? [`${withoutLiquidity} minutes have no active liquidity in the pool: no fee is counted in them.`]
        : [],
  });
}

/** Fees of every swap over the liquidity that was active in it. */
export function buildEventsMarket(pool: BacktestPool, swaps: PoolSwaps, exchange: CandleInput | null): BuiltMarket {
  const feeFrac = lpFeeFrac(pool);
  const [scale0, scale1] = tokenScales(pool);
  const frame = frameOf(pool);
  // First the swaps of each minute, then the minutes as any other recording.
  const minutes = new Map<number, { readonly first: number; last: number }>();
  for (let row = 0; row < swaps.length; row += 1) {
    const minute = Math.floor(swaps.atMs[row]! / MINUTE_MS) * MINUTE_MS;
    const known = minutes.get(minute);
    if (known === undefined) minutes.set(minute, { first: row, last: row });
    else known.last = row;
  }
  const keys = Float64Array.from(minutes.keys());
  const rows = { length: keys.length, atMs: keys, data: swaps.data };
  const priceAt = (row: number): number => sqrtToPrice(swaps.sqrtPriceX96[row]!, frame);
  const own =
    exchange === null
      ? candlesOfRows(
          rows,
          (row) => {
            const { first, last } = minutes.get(keys[row]!)!;
            let low = Number.POSITIVE_INFINITY;
            let high = 0;
            let volume = 0;
            for (let swap = first; swap <= last; swap += 1) {
              const price = priceAt(swap);
              low = Math.min(low, price);
              high = Math.max(high, price);
              const base = pool.baseIsToken0 ? swaps.amount0[swap]! * scale0 : swaps.amount1[swap]! * scale1;
              volume += Math.abs(base);
            }
            return [keys[row]!, priceAt(first), high, low, priceAt(last), volume];
          },
          swaps.data,
        )
      : null;
  return alignTrack(pool, exchange, own, rows, {
    origin: {
      source: "pool_events",
      isEstimate: false,
      sentence:
        "Fees come from every recorded swap: its input times the fee, less the protocol's part, over the liquidity active after it.",
    },
    write: (track, index, row) => {
      const { first, last } = minutes.get(keys[row]!)!;
      let low = Number.POSITIVE_INFINITY;
      let high = 0;
      for (let swap = first; swap <= last; swap += 1) {
        const price = priceAt(swap);
        low = Math.min(low, price);
        high = Math.max(high, price);
        const liquidity = humanLiquidityOf(swaps.liquidity[swap]!, pool);
        const in0 = Math.max(0, swaps.amount0[swap]!) * scale0;
        const in1 = Math.max(0, swaps.amount1[swap]!) * scale1;
        const [inBase, inQuote] = pool.baseIsToken0 ? [in0, in1] : [in1, in0];
        track.volumeUsd[index]! += (inBase * price + inQuote) * pool.quoteUsd;
        if (!(liquidity > 0)) continue;
        track.feeBase[index]! += (inBase * feeFrac) / liquidity;
        track.feeQuote[index]! += (inQuote * feeFrac) / liquidity;
      }
      track.price[index] = priceAt(last);
      track.low[index] = low;
      track.high[index] = high;
      track.othersLiquidity[index] = humanLiquidityOf(swaps.liquidity[last]!, pool);
    },
    notes: () => [],
  });
}

/** Price and liquidity of full hours, held until the next one; fees by the volume model. */
export function buildHoursMarket(
  pool: BacktestPool,
  rows: PoolHours,
  exchange: CandleInput | null,
  model: VolumeModel,
): BuiltMarket {
  const own = exchange === null ? candlesOfHours(pool, rows) : null;
  const built = alignTrack(pool, exchange, own, rows, {
    origin: {
      source: "pool_hours",
      isEstimate: true,
      sentence: `ESTIMATE: the pool's price and liquidity are recorded per hour, its volume is not. Fees per unit of liquidity are ${model.shape === "uniform" ? "the same in every minute" : "half the same in every minute, half in proportion to the price's moves"}, ${levelText(model)}.`,
    },
    write: (track, index, row) => {
      const price = priceOfRecordedTick(rows.tick[row]!, pool);
      track.price[index] = price;
      track.low[index] = price;
      track.high[index] = price;
      track.othersLiquidity[index] = humanLiquidityOf(rows.liquidity[row]!, pool);
    },
    notes: () => [
      "The pool's price is known once an hour and held in between: moves within an hour are unseen, so that losses and time out of range are understated.",
      "Volume is assumed to follow the pool's liquidity (fees per unit of liquidity do not change when liquidity comes and goes).",
    ],
  });
  if (!built.ok) return built;
  const { market } = built;
  const weights = new Float64Array(market.candles.length);
  let moves = 0;
  for (let index = market.firstIndex + 1; index <= market.lastIndex; index += 1) moves += move(market.track, index);
  const meanMove = moves / Math.max(1, market.lastIndex - market.firstIndex);
  for (let index = market.firstIndex; index <= market.lastIndex; index += 1) {
    const share =
      model.shape === "uniform" || !(meanMove > 0) || index === market.firstIndex
        ? 1
        : 0.5 + (0.5 * move(market.track, index)) / meanMove;
    weights[index] = share * market.track.othersLiquidity[index]!;
  }
  return withModel(market, weights, model);
}

/** Candles alone: the pool's price follows the exchange's to within the fee, its fees are in proportion to the candles' volume. */
export function buildCandleMarket(pool: BacktestPool, exchange: CandleInput, model: VolumeModel): BuiltMarket {
  const { candles } = exchange;
  if (candles.length < 2)
    return { ok: false, message: `expected at least 2 candles; there ${candles.length === 1 ? "is 1" : "are none"}` };
  const track = createTrack(candles.length);
  const liquidity = liquidityOfDepth(model.depthUsd, candles.close[0]!, pool);
  const weights = new Float64Array(candles.length);
  const feeFrac = pool.feePips / PIPS;
  let volume = 0;
  let price = candles.close[0]!;
  for (let index = 0; index < candles.length; index += 1) {
    // Arbitrage moves a pool only as far as its fee lets it: the price stays while it is within the fee of the exchange's.
    track.low[index] = Math.min(price, candles.low[index]! * (1 + feeFrac));
    track.high[index] = Math.max(price, candles.high[index]! * (1 - feeFrac));
    const close = candles.close[index]!;
    price = Math.min(Math.max(price, close * (1 - feeFrac)), close * (1 + feeFrac));
    track.price[index] = price;
    track.othersLiquidity[index] = liquidity;
    weights[index] = candles.volume[index]! * candles.close[index]!;
    volume += weights[index]!;
  }
  const isUniform = !(volume > 0);
  if (isUniform) weights.fill(1);
  return withModel(
    {
      pool,
      candles,
      track,
      priceStep: exchange.priceStep,
      firstIndex: 0,
      lastIndex: candles.length - 1,
      fees: {
        source: "volume_model",
        isEstimate: true,
        sentence: `ESTIMATE: no pool was recorded. Its price follows the candle's close to within the pool's fee, the liquidity of others is taken as worth ${Math.round(model.depthUsd)} USD from 1 % below to 1 % above the first price, and its fees as proportional to ${isUniform ? "time, since the candles have no volume" : "the candles' volume"}, ${levelText(model)}.`,
      },
      data: exchange.data,
      notes: exchange.notes,
    },
    weights,
    model,
  );
}

function levelText(model: VolumeModel): string {
  return model.memoryDays > 0
    ? `at a level that would have paid kappa ${model.kappa} on the usual ones of the ${model.memoryDays} days before, the wildest fifth left out (liquidity follows what is paid, a wild day pays less; the first 3 days set the level for themselves)`
    : `at a level that pays kappa ${model.kappa} over the first part of the data only (20 %, at least 3 days)`;
}

function withModel(market: BacktestMarket, weights: Float64Array, model: VolumeModel): BuiltMarket {
  const { calibrationEndIndex } = applyVolumeModel({ ...market, weights, model });
  const days =
    (market.candles.openAtMs[calibrationEndIndex]! - market.candles.openAtMs[market.firstIndex]!) / 86_400_000;
  return {
    ok: true,
    market: {
      ...market,
      notes: [
        ...market.notes,
        `The fee level of the model was set on the first ${days.toFixed(1)} days${model.memoryDays > 0 ? `, then each day on the ${model.memoryDays} before it` : " and kept"}: absolute returns are as good as that assumption, comparisons between twins depend on it less.`,
      ],
    },
  };
}

interface TrackWriter {
  readonly origin: FeeOrigin;
  /** Fills bar `index` from row `row` of the recording. */
  readonly write: (track: MinuteTrack, index: number, row: number) => void;
  readonly notes: () => readonly string[];
}

/** Lays rows of a recording on the candles' minutes. A minute without a row keeps the pool as it was and earns nothing. */
function alignTrack(
  pool: BacktestPool,
  exchange: CandleInput | null,
  own: CandleInput | null,
  rows: { readonly length: number; readonly atMs: Float64Array; readonly data: DataQuality },
  writer: TrackWriter,
): BuiltMarket {
  const source = exchange ?? own;
  if (rows.length === 0 || source === null || source.candles.length < 2)
    return { ok: false, message: `expected at least 2 usable rows of the pool; there are ${rows.length}` };
  const { candles } = source;
  const track = createTrack(candles.length);
  let row = 0;
  let firstIndex = -1;
  let lastIndex = -1;
  let skippedRows = 0;
  let carried = 0;
  for (let index = 0; index < candles.length; index += 1) {
    const atMs = candles.openAtMs[index]!;
    while (row < rows.length && rows.atMs[row]! < atMs) {
      // Rows before the first candle or inside a hole of the candles belong to no minute of the run.
      skippedRows += 1;
      row += 1;
    }
    const isRecorded = row < rows.length && rows.atMs[row]! < atMs + MINUTE_MS;
    if (isRecorded) {
      writer.write(track, index, row);
      row += 1;
      if (firstIndex < 0) firstIndex = index;
      lastIndex = index;
    } else if (firstIndex >= 0) {
      track.price[index] = track.price[index - 1]!;
      track.low[index] = track.price[index]!;
      track.high[index] = track.price[index]!;
      track.othersLiquidity[index] = track.othersLiquidity[index - 1]!;
      carried += 1;
    }
    if (firstIndex >= 0 && index > firstIndex) {
      const before = track.price[index - 1]!;
      if (before < track.low[index]!) track.low[index] = before;
      if (before > track.high[index]!) track.high[index] = before;
    }
  }
  if (firstIndex < 0 || lastIndex - firstIndex < 1) {
    return {
      ok: false,
      message: "expected candles and pool data of the same time; no minute has both",
    };
  }
  const misread = checkPrices(track, exchange === null ? null : candles, firstIndex, lastIndex);
  if (misread !== null) return { ok: false, message: misread };
  carried -= candles.length - 1 - lastIndex;
  const notes = [...source.notes, ...writer.notes()];
  if (skippedRows > 0) notes.push(`${skippedRows} rows of the pool have no candle of their minute and were not used.`);
  if (carried > 0 && exchange !== null && writer.origin.source === "pool_minutes")
    notes.push(`${carried} minutes have no row of the pool: its price was held and no fee counted.`);
  if (exchange === null)
    notes.push("No exchange candles were given: the strategy sees the pool's own price as the market's.");
  return {
    ok: true,
    market: {
      pool,
      candles,
      track,
      priceStep: source.priceStep,
      firstIndex,
      lastIndex,
      fees: writer.origin,
      data:
        exchange === null
          ? { ...rows.data, filledMinutes: source.data.filledMinutes, holes: source.data.holes }
          : joinData(exchange.data, rows.data),
      notes,
    },
  };
}

/** Prices no pair has, or far from the exchange's: decimals or token order are wrong. */
const PRICE_LIMIT = 1e12;
const MAX_PRICE_RATIO = 1.5;

function checkPrices(track: MinuteTrack, exchange: CandleSeries | null, first: number, last: number): string | null {
  const middle = Math.floor((first + last) / 2);
  for (const index of [first, middle, last]) {
    const price = track.price[index]!;
    const close = exchange === null ? price : exchange.close[index]!;
    const isSane = price > 1 / PRICE_LIMIT && price < PRICE_LIMIT;
    if (isSane && Math.max(price / close, close / price) <= MAX_PRICE_RATIO) continue;
    return `expected the pool's price to be ${exchange === null ? "between 1e-12 and 1e12" : `near the candles' ${close}`}; with these decimals and token order it is ${price}: check --base-is-token0, --base-decimals and --quote-decimals`;
  }
  return null;
}

function joinData(candles: DataQuality, pool: DataQuality): DataQuality {
  const named = [
    ...candles.dropped.map((row) => ({ line: row.line, reason: `candles: ${row.reason}` })),
    ...pool.dropped.map((row) => ({ line: row.line, reason: `pool: ${row.reason}` })),
  ];
  return {
    rows: candles.rows + pool.rows,
    dropped: named.slice(0, 20),
    droppedCount: candles.droppedCount + pool.droppedCount,
    filledMinutes: candles.filledMinutes,
    holes: candles.holes,
  };
}

function candlesOfMinutes(pool: BacktestPool, rows: PoolMinutes): CandleInput {
  const [scale0, scale1] = tokenScales(pool);
  return candlesOfRows(
    rows,
    (row) => {
      const open = priceOfRecordedTick(rows.openTick[row]!, pool);
      const close = priceOfRecordedTick(rows.closeTick[row]!, pool);
      const one = priceOfRecordedTick(rows.lowestTick[row]!, pool);
      const other = priceOfRecordedTick(rows.highestTick[row]!, pool);
      const in0 = rows.inAmount0[row]! * scale0;
      const in1 = rows.inAmount1[row]! * scale1;
      const volume = pool.baseIsToken0 ? in0 + in1 / close : in1 + in0 / close;
      return [rows.atMs[row]!, open, Math.max(one, other), Math.min(one, other), close, volume];
    },
    rows.data,
  );
}

/** Hours as minutes: the price of the hour before is held, and the move to the next one happens in its first minute. */
function candlesOfHours(pool: BacktestPool, rows: PoolHours): CandleInput {
  const raw: RawCandle[] = [];
  let previous = Number.NaN;
  for (let row = 0; row < rows.length; row += 1) {
    const price = priceOfRecordedTick(rows.tick[row]!, pool);
    const atMs = rows.atMs[row]!;
    const open = Number.isNaN(previous) ? price : previous;
    raw.push([atMs, open, Math.max(open, price), Math.min(open, price), price, 1]);
    const nextAtMs = row + 1 < rows.length ? rows.atMs[row + 1]! : atMs + MINUTE_MS;
    // A missing hour stays a hole: nothing is known of it.
    const heldUntilMs = nextAtMs - atMs <= HOUR_MS ? nextAtMs : atMs;
    for (let minute = atMs + MINUTE_MS; minute < heldUntilMs; minute += MINUTE_MS) {
      raw.push([minute, price, price, price, price, 1]);
    }
    previous = price;
  }
  return packCandles(raw, rows.data);
}

function candlesOfRows(
  rows: { readonly length: number },
  candleOf: (row: number) => RawCandle,
  data: DataQuality,
): CandleInput {
  const raw: RawCandle[] = [];
  for (let row = 0; row < rows.length; row += 1) raw.push(candleOf(row));
  return packCandles(raw, data);
}

function packCandles(raw: readonly RawCandle[], data: DataQuality): CandleInput {
  const normalised = normaliseCandles(raw, Number.POSITIVE_INFINITY);
  const candles = fillCandles(normalised);
  let holes = 0;
  for (let index = 1; index < candles.length; index += 1) {
    if (candles.openAtMs[index]! - candles.openAtMs[index - 1]! > MINUTE_MS) holes += 1;
  }
  return {
    candles,
    priceStep: null,
    data: { ...data, filledMinutes: candles.length - normalised.length, holes },
    notes: [],
  };
}

function move(track: MinuteTrack, index: number): number {
  return Math.abs(Math.log(track.price[index]! / track.price[index - 1]!));
}

function lpFeeFrac(pool: BacktestPool): number {
  return (pool.feePips / PIPS) * (1 - pool.protocolShareFrac);
}

/** Whole tokens per raw unit of token0 and token1. */
function tokenScales(pool: BacktestPool): readonly [number, number] {
  const base = 10 ** -pool.baseDecimals;
  const quote = 10 ** -pool.quoteDecimals;
  return pool.baseIsToken0 ? [base, quote] : [quote, base];
}
