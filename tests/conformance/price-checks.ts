// Checks of a position while the price goes through it: fees of each direction, one side and the other, every place to leave from.
import { parseAbi, type Address } from "viem";
import { binPriceX128 } from "@/lib/amm/bins";
import { computeSwapStep } from "@/lib/amm/swap-math";
import { MAX_SQRT_X96, MIN_SQRT_X96, sqrtAtTick, usableTicks } from "@/lib/amm/tick-math";
import type { LivePosition, RangeIndexes } from "@/lib/actions/family";
import {
  backToStart,
  closed,
  equal,
  formula,
  isBins,
  Mismatch,
  must,
  openUsual,
  rangeAround,
  usual,
  type Check,
  type CheckSubject,
} from "./check-tools";

const ROUTER_ABI = parseAbi([
  "function getSwapOut(address pair, uint128 amountIn, bool swapForY) view returns (uint128 amountInLeft, uint128 amountOut, uint128 fee)",
]);
const LEGACY_ROUTER_ABI = parseAbi([
  "function getSwapOut(address pair, uint256 amountIn, bool swapForY) view returns (uint256 amountOut, uint256 feesIn)",
]);
const PIPS = 1_000_000n;

async function held(subject: CheckSubject, tokenId: bigint): Promise<LivePosition> {
  const position = await subject.actor.position(tokenId);
  if (position === null) throw new Mismatch(`position ${tokenId} is gone`);
  return position;
}

/** What a swap paid to whoever sent it. */
async function swapped(subject: CheckSubject, zeroForOne: boolean, amountIn: bigint): Promise<bigint> {
  const { chain, pool } = subject.actor;
  const out: Address = zeroForOne ? pool.token1 : pool.token0;
  const before = await chain.balanceOf(out, chain.trader);
  await subject.actor.swap(zeroForOne, amountIn);
  return (await chain.balanceOf(out, chain.trader)) - before;
}

/**
 * One swap each way inside one stretch of liquidity: what it pays out by the fee of its direction, and what the position earns of that fee
 * on that side alone, both to the unit.
 */
async function tickFeesEachWay(subject: CheckSubject, tokenId: bigint): Promise<void> {
  const { actor } = subject;
  for (const zeroForOne of [true, false]) {
    const amountIn = (zeroForOne ? subject.amount0Raw : subject.amount1Raw) / 50n;
    const live = await actor.live();
    const before = await held(subject, tokenId);
    const feePips = zeroForOne ? live.fee0Pips : live.fee1Pips;
    const step = computeSwapStep({
      sqrtX96: live.sqrtPriceX96,
      sqrtTargetX96: zeroForOne ? MIN_SQRT_X96 : MAX_SQRT_X96,
      liquidity: live.liquidityRaw,
      amountRemaining: amountIn,
      feePips,
    });
    const way = zeroForOne ? "selling token0" : "selling token1";
    equal(`out of ${way} at ${feePips} pips`, await swapped(subject, zeroForOne, amountIn), step.amountOut);
    equal(`price after ${way}`, (await actor.live()).sqrtPriceX96, step.sqrtNextX96);
    const protocol = (step.feeAmount * BigInt(Math.round(live.protocolShareFrac * 10_000))) / 10_000n;
    const growth = ((step.feeAmount - protocol) << 128n) / live.liquidityRaw;
    const earned = (growth * before.liquidityRaw) >> 128n;
    const after = await held(subject, tokenId);
    const [paid, other] = [after.fees0Raw - before.fees0Raw, after.fees1Raw - before.fees1Raw];
    must(earned > 0n, "the fee is too small to be seen");
    equal(`fees of token0 after ${way}`, paid, zeroForOne ? earned : 0n);
    equal(`fees of token1 after ${way}`, other, zeroForOne ? 0n : earned);
  }
}

/** As above for bins: the router's answer, the bin's own price, and the live fee, which a first swap has made current. */
async function binFeesEachWay(subject: CheckSubject, tokenId: bigint): Promise<void> {
  const { actor } = subject;
  const { chain, pool } = actor;
  for (const zeroForOne of [true, false]) {
    const amountIn = (zeroForOne ? subject.amount0Raw : subject.amount1Raw) / 50n;
    await actor.swap(zeroForOne, amountIn / 1_000n);
    const live = await actor.live();
    const before = await held(subject, tokenId);
    const address = pool.contracts.positionManager;
    const quote = { address, functionName: "getSwapOut", args: [asAddress(pool.pool), amountIn, zeroForOne] } as const;
    let [out, fee] = [0n, 0n];
    if (pool.variant === "2.0") [out, fee] = await chain.client.readContract({ ...quote, abi: LEGACY_ROUTER_ABI });
    else [, out, fee] = await chain.client.readContract({ ...quote, abi: ROUTER_ABI });
    const feePips = BigInt(zeroForOne ? live.fee0Pips : live.fee1Pips);
    must(
      fee * PIPS <= feePips * amountIn + PIPS && fee * PIPS >= (feePips - 1n) * amountIn,
      `a fee of ${fee} of ${amountIn} is not ${feePips} pips`,
    );
    const price = binPriceX128(live.tick, pool.binStep ?? 0);
    if (price === null) throw new Mismatch(`bin ${live.tick} has no price`);
    const net = amountIn - fee;
    equal("out by the price of the bin", out, zeroForOne ? (net * price) >> 128n : (net << 128n) / price);
    equal("out of the swap", await swapped(subject, zeroForOne, amountIn), out);
    equal("active bin", (await actor.live()).tick, live.tick);
    const after = await held(subject, tokenId);
    const gained = (raw: (position: LivePosition) => bigint): bigint => raw(after) - raw(before);
    const [fees0, fees1] = [gained((one) => one.fees0Raw), gained((one) => one.fees1Raw)];
    if (pool.variant === "2.0") {
      must(zeroForOne ? fees0 > 0n && fees1 === 0n : fees1 > 0n && fees0 === 0n, `fees of ${fees0} and ${fees1}`);
    } else equal("fees beside the bins", fees0 + fees1, 0n);
    // The side that was paid in grew, the other fell.
    const sides = [gained((one) => one.principal0Raw), gained((one) => one.principal1Raw)] as const;
    const [grew, fell] = zeroForOne ? sides : [sides[1], sides[0]];
    must(grew > 0n && fell < 0n, `the position changed by ${sides.join(" and ")}`);
  }
}

function asAddress(value: string): Address {
  return `0x${value.slice(2)}`;
}

const feesEachWay: Check = {
  name: "fees_each_way",
  async run(subject) {
    const { actor } = subject;
    const { tokenId } = await openUsual(subject);
    if (isBins(subject)) await binFeesEachWay(subject, tokenId);
    else await tickFeesEachWay(subject, tokenId);
    const last = await held(subject, tokenId);
    const { got0Raw, got1Raw } = await actor.exit(tokenId, null);
    equal("token0 paid", got0Raw, last.principal0Raw + last.fees0Raw);
    equal("token1 paid", got1Raw, last.principal1Raw + last.fees1Raw);
    await backToStart(subject);
  },
};

/** A square root price some spacings (bins) from an index, inside of it. */
function priceAt(subject: CheckSubject, index: number): bigint {
  if (!isBins(subject)) return sqrtAtTick(index);
  const price = binPriceX128(index, subject.actor.pool.binStep ?? 0);
  if (price === null) throw new Mismatch(`bin ${index} has no price`);
  return sqrtOf(price << 64n);
}

function sqrtOf(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (let next = (root + value / root) >> 1n; next < root; next = (root + value / root) >> 1n) root = next;
  return root;
}

async function pullToIndex(subject: CheckSubject, index: number): Promise<void> {
  await subject.actor.pullTo(priceAt(subject, index));
}

/** The price goes right through the range, both ways: all of one token, then all of the other, and fees of both on the way. */
const swapThrough: Check = {
  name: "swap_through_range",
  async run(subject) {
    const { actor } = subject;
    const half = isBins(subject) ? 4 : 10;
    const { tokenId, position } = await openUsual(subject, half);
    const away = (position.tickUpper - position.tickLower) / 2;
    for (const end of ["above", "below"] as const) {
      await pullToIndex(subject, end === "above" ? position.tickUpper + away : position.tickLower - away);
      const now = await held(subject, tokenId);
      const exact = await formula(subject, position, position.liquidityRaw, "down");
      const [gone, left] =
        end === "above" ? [now.principal0Raw, now.principal1Raw] : [now.principal1Raw, now.principal0Raw];
      equal(`the token that was sold with the price ${end}`, gone, 0n);
      must(left > 0n, `nothing of the other token with the price ${end}`);
      if (exact !== null) {
        equal(`token0 with the price ${end}`, now.principal0Raw, exact.amount0);
        equal(`token1 with the price ${end}`, now.principal1Raw, exact.amount1);
      }
    }
    const last = await held(subject, tokenId);
    if (!isBins(subject)) must(last.fees0Raw > 0n && last.fees1Raw > 0n, "fees of one side only");
    const { got0Raw, got1Raw } = await actor.exit(tokenId, null);
    equal("token0 paid", got0Raw, last.principal0Raw + last.fees0Raw);
    equal("token1 paid", got1Raw, last.principal1Raw + last.fees1Raw);
    await closed(subject, tokenId);
    await backToStart(subject);
  },
};

/** Part of one position is taken out with the price above it, on its upper end, inside, on its lower end and below it. */
const exitEverywhere: Check = {
  name: "exit_at_every_price",
  async run(subject) {
    const { actor } = subject;
    const half = isBins(subject) ? 4 : 10;
    const { tokenId, position } = await openUsual(subject, half);
    const { tickLower, tickUpper } = position;
    const width = tickUpper - tickLower;
    const places = [tickUpper + width / 2, tickUpper, tickLower + width / 2, tickLower, tickLower - width / 2];
    for (const place of places) {
      await pullToIndex(subject, place);
      if (!isBins(subject)) equal("price", (await actor.live()).sqrtPriceX96, sqrtAtTick(place));
      const before = await held(subject, tokenId);
      const part = before.liquidityRaw / 4n;
      const exact = await formula(subject, position, part, "down");
      const { got0Raw, got1Raw, facts, call } = await actor.exit(tokenId, part);
      const at = `with the price at ${place} of ${tickLower} to ${tickUpper}`;
      must(got0Raw >= call.amount0MinRaw && got1Raw >= call.amount1MinRaw, `less than the minimums was paid ${at}`);
      equal(`token0 of the receipt ${at}`, facts.paid0Raw, got0Raw);
      equal(`token1 of the receipt ${at}`, facts.paid1Raw, got1Raw);
      if (exact !== null) {
        equal(`token0 ${at}`, got0Raw, exact.amount0 + before.fees0Raw);
        equal(`token1 ${at}`, got1Raw, exact.amount1 + before.fees1Raw);
      }
      const after = await held(subject, tokenId);
      equal(`liquidity left ${at}`, after.liquidityRaw, before.liquidityRaw - facts.liquidityRaw);
    }
    const last = await held(subject, tokenId);
    const { got0Raw, got1Raw } = await actor.exit(tokenId, null);
    equal("token0 of the rest", got0Raw, last.principal0Raw + last.fees0Raw);
    equal("token1 of the rest", got1Raw, last.principal1Raw + last.fees1Raw);
    await closed(subject, tokenId);
    await backToStart(subject);
  },
};

/** A range that is not centred needs other amounts than an even one: what is too much of a token stays with the wallet. */
const ratioOfRange: Check = {
  name: "ratio_of_range",
  async run(subject) {
    const { actor } = subject;
    const unit = isBins(subject) ? 1 : (await actor.live()).tickSpacing;
    const around = await rangeAround(subject, isBins(subject) ? 8 : 40);
    for (const [below, above] of [
      [6, 0],
      [0, 6],
    ] as const) {
      const range: RangeIndexes = {
        tickLower: around.tickLower + below * unit,
        tickUpper: around.tickUpper - above * unit,
      };
      const request = await usual(subject, range);
      const { call, facts, spent0Raw, spent1Raw } = await actor.mint(request);
      const exact = await formula(subject, range, facts.liquidityRaw, "up");
      if (exact !== null) {
        equal("token0 for this liquidity", spent0Raw, exact.amount0);
        equal("token1 for this liquidity", spent1Raw, exact.amount1);
        // More range above the price asks for more of token0: then token1 is left over, and the other way round.
        const [scarce, ample, most] =
          below > above
            ? [spent0Raw, spent1Raw, { scarce: request.amount0Raw, ample: request.amount1Raw }]
            : [spent1Raw, spent0Raw, { scarce: request.amount1Raw, ample: request.amount0Raw }];
        must(
          ample * most.scarce * 100n < scarce * most.ample * 98n,
          `${ample} of ${most.ample} went in on the side with less range, ${scarce} of ${most.scarce} on the other`,
        );
      } else {
        equal("bins", call.bins?.deltaIds.length ?? null, range.tickUpper - range.tickLower + 1);
        must(spent0Raw >= call.amount0MinRaw && spent1Raw >= call.amount1MinRaw, "less than the minimums went in");
      }
      must(spent0Raw <= request.amount0Raw && spent1Raw <= request.amount1Raw, "it took more than was desired");
      await actor.exit(facts.tokenId, null);
      await closed(subject, facts.tokenId);
    }
  },
};

/** Ticks off the spacing, ends the wrong way round, and a range outside of all prices: refused here or by the chain. */
const misplaced: Check = {
  name: "misplaced_ranges",
  async run(subject) {
    const { actor } = subject;
    const { tickSpacing } = await actor.live();
    const range = await rangeAround(subject, isBins(subject) ? 5 : 40);
    const ranges: (readonly [string, RangeIndexes])[] = [
      ["turned round", { tickLower: range.tickUpper, tickUpper: range.tickLower }],
    ];
    if (isBins(subject)) ranges.push(["beyond the last bin", { tickLower: 2 ** 24 - 2, tickUpper: 2 ** 24 + 2 }]);
    else {
      const { max } = usableTicks(tickSpacing);
      ranges.push(
        ["off the spacing below", { ...range, tickLower: range.tickLower + 1 }],
        ["off the spacing above", { ...range, tickUpper: range.tickUpper + tickSpacing - 1 }],
        ["beyond the last tick", { tickLower: range.tickLower, tickUpper: max + tickSpacing }],
        ["empty", { tickLower: range.tickLower, tickUpper: range.tickLower }],
      );
    }
    const balances = async (): Promise<string> => {
      const { chain, pool, wallet } = actor;
      return `${await chain.balanceOf(pool.token0, wallet)} ${await chain.balanceOf(pool.token1, wallet)}`;
    };
    const before = await balances();
    const request = await usual(subject, range);
    const grants = actor.adapter.actions.mintGrants(actor.pool, request);
    await actor.give(grants, request);
    for (const [what, wrong] of ranges) {
      const call = await actor.boundMint({ ...request, ...wrong }).catch(() => null);
      if (call === null) continue;
      let tx;
      try {
        tx = actor.adapter.actions.encodeMint(actor.pool, call);
      } catch {
        // Refused before anything is sent.
        continue;
      }
      must(!(await actor.tries(tx)), `a range ${what} was minted`);
    }
    await actor.takeBack(grants);
    equal("balances after the refusals", await balances(), before);
    equal("positions after the refusals", (await actor.owned()).length, 0);
  },
};

export const PRICE_CHECKS: readonly Check[] = [feesEachWay, swapThrough, exitEverywhere, ratioOfRange, misplaced];
