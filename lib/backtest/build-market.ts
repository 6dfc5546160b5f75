// Build market: candles and a recording of the pool (minutes, hours, events, or none) become one backtest market.
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
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
  type SwapTrack,
} from "./market";
import { servingLiquidity, type PoolMinute } from "./replay/minute-fees";
import { applyVolumeModel, liquidityOfDepth, type VolumeModel } from "./volume-model";

/** Exchange candles of a run with what was found while reading them. */
export interface CandleInput {
  readonly candles: CandleSeries;
  readonly priceStep: number | null;
  readonly data: DataQuality;
  readonly notes: readonly string[];
}

/** Pool per minute (demeter): ticks, raw amounts sold into the pool and their net, active raw liquidity at the end. */
export interface PoolMinutes {
  readonly length: number;
  readonly atMs: Float64Array;
  readonly openTick: Float64Array;
  readonly lowestTick: Float64Array;
  readonly highestTick: Float64Array;
  readonly closeTick: Float64Array;
  readonly inAmount0: Float64Array;
  readonly inAmount1: Float64Array;
  /** Token1 in less token1 out; NaN where the file does not say. */
  readonly netAmount1: Float64Array;
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

/** Every swap in the order of the chain: signed raw amounts, square root price and active raw liquidity after it. */
export interface PoolSwaps {
  readonly length: number;
  readonly atMs: Float64Array;
  readonly amount0: Float64Array;
  readonly amount1: Float64Array;
  readonly sqrtPriceX96: readonly bigint[];
  readonly liquidity: Float64Array;
  /** The same after the mints and burns that followed it in its minute, before the next swap. */
  readonly liquidityAtEnd: Float64Array;
  readonly data: DataQuality;
}

export type BuiltMarket =
  { readonly ok: true; readonly market: BacktestMarket } | { readonly ok: false; readonly message: string };

const PIPS = 1e6;
const HOUR_MS = 3_600_000;
const TWO_96 = 2 ** 96;

/**
 * Fees of a minute = amount sold into the pool * fee * (1 - protocol share), over the liquidity that served it: that of its end,
 * or what the net flow must have met where this is more (method `path_and_depth`, measured best against an exact replay).
 */
export function buildMinutesMarket(pool: BacktestPool, rows: PoolMinutes, exchange: CandleInput | null): BuiltMarket {
  const own = exchange === null ? candlesOfMinutes(pool, rows) : null;
  const feeFrac = lpFeeFrac(pool);
  const [scale0, scale1] = tokenScales(pool);
  let withoutLiquidity = 0;
  let withoutNet = 0;
  return alignTrack(pool, exchange, own, rows, {
    origin: {
      source: "pool_minutes",
      isEstimate: false,
      sentence:
        "Fees come from the pool's own minutes: what was sold into it times the fee, less the protocol's part, shared by active liquidity: that of the minute's end, or what its net flow must have met where this is more.",
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
      const serving = humanLiquidityOf(servingLiquidity(minuteOfRow(rows, row)), pool);
      if (Number.isNaN(rows.netAmount1[row]!)) withoutNet += 1;
      track.othersLiquidity[index] = liquidity;
      track.servingLiquidity[index] = serving;
      track.volumeUsd[index] = (inBase * close + inQuote) * pool.quoteUsd;
      if (serving > 0) {
        track.feeBase[index] = (inBase * feeFrac) / serving;
        track.feeQuote[index] = (inQuote * feeFrac) / serving;
      } else withoutLiquidity += 1;
    },
    notes: () => [
      ...(withoutLiquidity > 0
        ? [`${withoutLiquidity} minutes have no active liquidity in the pool: no fee is counted in them.`]
        : []),
      ...(withoutNet > 0
        ? [
            `${withoutNet} minutes have no netAmount1: their fees are shared by the liquidity of the minute's end alone; providers that came for one swap and left are not seen (measured: +1 % of fees on a day where the column saw most of them).`,
          ]
        : []),
    ],
  });
}

/** Fees of every swap over the liquidity that it met on its way from the price before it to the price after it. */
export function buildEventsMarket(pool: BacktestPool, swaps: PoolSwaps, exchange: CandleInput | null): BuiltMarket {
  const steps = swapSteps(pool, swaps);
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
  const extremes = (first: number, last: number): { readonly low: number; readonly high: number } => {
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    for (let swap = first; swap <= last; swap += 1) {
      low = Math.min(low, steps.price[swap]!);
      high = Math.max(high, steps.price[swap]!);
    }
    return { low, high };
  };
  const own =
    exchange === null
      ? candlesOfRows(
          rows,
          (row) => {
            const { first, last } = minutes.get(keys[row]!)!;
            const { low, high } = extremes(first, last);
            let volume = 0;
            for (let swap = first; swap <= last; swap += 1)
              volume += steps.inBase[swap]! + steps.inQuote[swap]! / steps.price[swap]!;
            return [keys[row]!, steps.price[first]!, high, low, steps.price[last]!, volume];
          },
          swaps.data,
        )
      : null;
  const bars = exchange?.candles.length ?? own?.candles.length ?? 0;
  const track: SwapTrack = {
    from: new Int32Array(bars),
    to: new Int32Array(bars),
    logBefore: steps.logBefore,
    logAfter: steps.logAfter,
    liquidity: steps.liquidity,
    feeBase: steps.feeBase,
    feeQuote: steps.feeQuote,
  };
  return alignTrack(pool, exchange, own, rows, {
    origin: {
      source: "pool_events",
      isEstimate: false,
      sentence:
        "Fees come from every recorded swap: its input times the fee, less the protocol's part, over the liquidity that it met on its way.",
    },
    swaps: track,
    write: (minute, index, row) => {
      const { first, last } = minutes.get(keys[row]!)!;
      const { low, high } = extremes(first, last);
      const price = steps.price[last]!;
      let fees = 0;
      let feesPerLiquidity = 0;
      for (let swap = first; swap <= last; swap += 1) {
        const liquidity = steps.liquidity[swap]!;
        minute.volumeUsd[index]! += (steps.inBase[swap]! * steps.price[swap]! + steps.inQuote[swap]!) * pool.quoteUsd;
        minute.feeBase[index]! += steps.feeBase[swap]!;
        minute.feeQuote[index]! += steps.feeQuote[swap]!;
        const fee = steps.feeBase[swap]! * price + steps.feeQuote[swap]!;
        if (!(liquidity > 0)) continue;
        fees += fee;
        feesPerLiquidity += fee / liquidity;
      }
      track.from[index] = first;
      track.to[index] = last + 1;
      minute.price[index] = price;
      minute.low[index] = low;
      minute.high[index] = high;
      minute.othersLiquidity[index] = humanLiquidityOf(swaps.liquidityAtEnd[last]!, pool);
      // The one liquidity beside which a small share of the minute earns what it would have earned swap by swap.
      minute.servingLiquidity[index] = feesPerLiquidity > 0 ? fees / feesPerLiquidity : minute.othersLiquidity[index]!;
    },
    notes: () => (steps.note === null ? [] : [steps.note]),
  });
}

function minuteOfRow(rows: PoolMinutes, row: number): PoolMinute {
  const net = rows.netAmount1[row]!;
  return {
    startTick: row > 0 ? rows.closeTick[row - 1]! : rows.openTick[row]!,
    lowestTick: rows.lowestTick[row]!,
    highestTick: rows.highestTick[row]!,
    closeTick: rows.closeTick[row]!,
    inAmount0: rows.inAmount0[row]!,
    inAmount1: rows.inAmount1[row]!,
    netAmount1: Number.isNaN(net) ? null : net,
    liquidity: rows.liquidity[row]!,
  };
}

interface SwapSteps {
  /** After each swap, QUOTE per BASE. */
  readonly price: Float64Array;
  readonly logBefore: Float64Array;
  readonly logAfter: Float64Array;
  readonly inBase: Float64Array;
  readonly inQuote: Float64Array;
  readonly liquidity: Float64Array;
  readonly feeBase: Float64Array;
  readonly feeQuote: Float64Array;
  readonly note: string | null;
}

/**
 * Each swap with the liquidity it met: its input less the fee over the change of the square root price (of its reciprocal for
 * token0). That is exact however many ticks it crossed, while the liquidity recorded after it is that of its end alone. Where
 * the amounts do not fit the two prices (dust, or events missing before it) the recorded one is taken.
 */
function swapSteps(pool: BacktestPool, swaps: PoolSwaps): SwapSteps {
  const feeFrac = pool.feePips / PIPS;
  const lpFrac = lpFeeFrac(pool);
  const [scale0, scale1] = tokenScales(pool);
  const frame = frameOf(pool);
  const column = (): Float64Array => new Float64Array(swaps.length);
  const price = column();
  const logBefore = column();
  const logAfter = column();
  const inBase = column();
  const inQuote = column();
  const liquidity = column();
  const feeBase = column();
  const feeQuote = column();
  let feesQuote = 0;
  let unfitQuote = 0;
  let unfit = 0;
  for (let row = 0; row < swaps.length; row += 1) {
    const sqrtPriceX96 = swaps.sqrtPriceX96[row]!;
    price[row] = sqrtToPrice(sqrtPriceX96, frame);
    logAfter[row] = Math.log(price[row]!);
    logBefore[row] = row > 0 ? logAfter[row - 1]! : logAfter[row]!;
    const amount0 = swaps.amount0[row]!;
    const amount1 = swaps.amount1[row]!;
    const met = row === 0 ? null : metLiquidity(swaps.sqrtPriceX96[row - 1]!, sqrtPriceX96, amount0, amount1, feeFrac);
    const others = humanLiquidityOf(met ?? swaps.liquidity[row]!, pool);
    const in0 = Math.max(0, amount0) * scale0;
    const in1 = Math.max(0, amount1) * scale1;
    inBase[row] = pool.baseIsToken0 ? in0 : in1;
    inQuote[row] = pool.baseIsToken0 ? in1 : in0;
    liquidity[row] = others;
    if (others > 0) {
      feeBase[row] = (inBase[row]! * lpFrac) / others;
      feeQuote[row] = (inQuote[row]! * lpFrac) / others;
    }
    const paid = inBase[row]! * price[row]! + inQuote[row]!;
    feesQuote += paid;
    if (met !== null) continue;
    unfit += 1;
    unfitQuote += paid;
  }
  const share = feesQuote > 0 ? unfitQuote / feesQuote : 0;
  return {
    price,
    logBefore,
    logAfter,
    inBase,
    inQuote,
    liquidity,
    feeBase,
    feeQuote,
    note:
      unfit > 0
        ? `${unfit} of ${swaps.length} swaps (${(100 * share).toFixed(3)} % of the fees) do not fit the price before them (the first one, dust, or events missing in between): the liquidity recorded after them is used.`
        : null,
  };
}

/** How far a swap's mean price may lie outside of the prices before and after it: rounding of amounts. */
const FIT_FRAC = 1e-6;

/** Raw liquidity that a swap met between two square root prices; null when its amounts do not belong to them. */
function metLiquidity(
  beforeX96: bigint,
  afterX96: bigint,
  amount0: number,
  amount1: number,
  feeFrac: number,
): number | null {
  const before = Number(beforeX96) / TWO_96;
  const after = Number(afterX96) / TWO_96;
  // The difference of whole numbers: two near prices lose nothing.
  const moved = Number(afterX96 - beforeX96) / TWO_96;
  const isToken1In = amount1 > 0;
  if (isToken1In ? !(moved > 0) : !(moved < 0)) return null;
  const kept = 1 - feeFrac;
  const meanPrice = isToken1In ? (amount1 * kept) / -amount0 : -amount1 / (amount0 * kept);
  const least = Math.min(before, after) ** 2 * (1 - FIT_FRAC);
  const most = Math.max(before, after) ** 2 * (1 + FIT_FRAC);
  if (!(meanPrice >= least && meanPrice <= most)) return null;
  return isToken1In ? (amount1 * kept) / moved : (amount0 * kept * before * after) / -moved;
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
      // A model knows no other liquidity than the one it assumes.
      track: { ...market.track, servingLiquidity: market.track.othersLiquidity },
      notes: [
        ...market.notes,
        `The fee level of the model was set on the first ${days.toFixed(1)} days${model.memoryDays > 0 ? `, then each day on the ${model.memoryDays} before it` : " and kept"}: absolute returns are as good as that assumption, comparisons between twins depend on it less.`,
      ],
    },
  };
}

interface TrackWriter {
  readonly origin: FeeOrigin;
  /** Columns of the single swaps, which `write` lays on the bars. */
  readonly swaps?: SwapTrack;
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
  const track: MinuteTrack = { ...createTrack(candles.length), swaps: writer.swaps ?? null };
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
      track.servingLiquidity[index] = track.othersLiquidity[index]!;
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
