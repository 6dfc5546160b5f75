// Liquidity around a pool's price, tick by tick: what the depth chart shows.
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { humanAmount } from "@/lib/amm/human-units";
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import { sqrtAtTick, usableTicks } from "@/lib/amm/tick-math";
import { ticksToRange } from "@/lib/amm/ticks";
import { ok, type Result } from "@/lib/errors/result";
import type { ChainError } from "@/lib/errors/tidegate-error";
import { UNISWAP_V3_POOL_ABI } from "@/lib/registry/abis/uniswap-v3";
import type { Address } from "@/lib/units";
import type { BlockRef, ChainClient } from "@/server/infra/chain/clients";

/** How far from the price the chart looks, log price: +-12 % in ticks, and the most ticks that are read. */
const DEPTH_TICKS = 1_200;
const MAX_TICKS_READ = 256;
const WORD_BITS = 256;

/** A stretch of constant liquidity. Prices are QUOTE per BASE, amounts whole tokens held there now. */
export interface DepthBucket {
  readonly priceLower: number;
  readonly priceUpper: number;
  readonly liquidityRaw: bigint;
  readonly base: number;
  readonly quote: number;
}

export interface DepthInput {
  readonly address: Address;
  readonly tick: number;
  readonly tickSpacing: number;
  readonly sqrtPriceX96: bigint;
  readonly liquidityRaw: bigint;
  readonly frame: PriceFrame;
}

export async function readDepth(
  client: ChainClient,
  pool: DepthInput,
  block: BlockRef,
): Promise<Result<readonly DepthBucket[], ChainError>> {
  const usable = usableTicks(pool.tickSpacing);
  const lowest = Math.max(usable.min, pool.tick - DEPTH_TICKS);
  const highest = Math.min(usable.max, pool.tick + DEPTH_TICKS);
  const wordOf = (tick: number): number => Math.floor(Math.floor(tick / pool.tickSpacing) / WORD_BITS);
  const words = Array.from({ length: wordOf(highest) - wordOf(lowest) + 1 }, (_, index) => wordOf(lowest) + index);
  const at = { address: pool.address, abi: UNISWAP_V3_POOL_ABI } as const;

  const bitmaps = await client.call(`tick bitmap of ${pool.address}`, (reader) =>
    reader.multicall({
      contracts: words.map((word) => ({ ...at, functionName: "tickBitmap", args: [word] }) as const),
      allowFailure: false,
      blockNumber: block.number,
    }),
  );
  if (!bitmaps.ok) return bitmaps;
  const ticks = initialisedTicks(words, bitmaps.value, pool.tickSpacing)
    .filter((tick) => tick >= lowest && tick <= highest)
    .toSorted((left, right) => Math.abs(left - pool.tick) - Math.abs(right - pool.tick))
    .slice(0, MAX_TICKS_READ)
    .toSorted((left, right) => left - right);
  if (ticks.length === 0) return ok([]);

  const rows = await client.call(`ticks of ${pool.address}`, (reader) =>
    reader.multicall({
      contracts: ticks.map((tick) => ({ ...at, functionName: "ticks", args: [tick] }) as const),
      allowFailure: false,
      blockNumber: block.number,
    }),
  );
  if (!rows.ok) return rows;
  return ok(
    computeBuckets(
      pool,
      ticks.map((tick, index) => ({ tick, net: rows.value[index]?.[1] ?? 0n })),
    ),
  );
}

function initialisedTicks(words: readonly number[], bitmaps: readonly bigint[], tickSpacing: number): number[] {
  const ticks: number[] = [];
  words.forEach((word, index) => {
    const bitmap = bitmaps[index] ?? 0n;
    for (let bit = 0; bit < WORD_BITS; bit += 1) {
      if ((bitmap >> BigInt(bit)) & 1n) ticks.push((word * WORD_BITS + bit) * tickSpacing);
    }
  });
  return ticks;
}

/** Walks outwards from the active liquidity: crossing a tick upwards adds its net, downwards takes it away. */
function computeBuckets(
  pool: DepthInput,
  ticks: readonly { readonly tick: number; readonly net: bigint }[],
): readonly DepthBucket[] {
  const buckets: DepthBucket[] = [];
  const above = ticks.filter(({ tick }) => tick > pool.tick);
  const below = ticks.filter(({ tick }) => tick <= pool.tick);
  const add = (tickLower: number, tickUpper: number, liquidityRaw: bigint): void => {
    if (liquidityRaw <= 0n || tickUpper <= tickLower) return;
    const bounds = { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) };
    const { amount0, amount1 } = amountsForLiquidity(pool.sqrtPriceX96, bounds, liquidityRaw, "down");
    const { frame } = pool;
    const range = ticksToRange(tickLower, tickUpper, frame);
    buckets.push({
      priceLower: range.min,
      priceUpper: range.max,
      liquidityRaw,
      base: humanAmount(frame.baseIsToken0 ? amount0 : amount1, frame.decBase),
      quote: humanAmount(frame.baseIsToken0 ? amount1 : amount0, frame.decQuote),
    });
  };
  let active = pool.liquidityRaw;
  let from = below.at(-1)?.tick ?? pool.tick;
  for (const { tick, net } of above) {
    add(from, tick, active);
    active += net;
    from = tick;
  }
  active = pool.liquidityRaw;
  for (let index = below.length - 1; index > 0; index -= 1) {
    const upper = below[index];
    const lower = below[index - 1];
    if (upper === undefined || lower === undefined) continue;
    active -= upper.net;
    add(lower.tick, upper.tick, active);
  }
  return buckets.toSorted((left, right) => left.priceLower - right.priceLower);
}
