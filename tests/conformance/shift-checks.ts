// Checks of a range that follows the price, and of the shapes that bins are laid in.
import { binPriceX128 } from "@/lib/amm/bins";
import type { BinShape } from "@/lib/actions/family";
import {
  backToStart,
  closed,
  equal,
  isBins,
  Mismatch,
  movePrice,
  must,
  openUsual,
  rangeAround,
  usual,
  type Check,
} from "./check-tools";

/** The price moved and is still inside: out, and in again around it with what came out. */
export const shiftInside: Check = {
  name: "range_shift",
  async run(subject) {
    const { actor } = subject;
    const half = isBins(subject) ? 10 : 40;
    const { tokenId, position } = await openUsual(subject, half);
    await movePrice(subject, isBins(subject) ? 0.006 : 0.03);
    const { got0Raw, got1Raw } = await actor.exit(tokenId, null);
    must(got0Raw > 0n && got1Raw > 0n, `the old range paid ${got0Raw} and ${got1Raw} with the price inside`);
    const range = await rangeAround(subject, half);
    must(range.tickLower !== position.tickLower, "the price did not move a spacing");
    const { facts, spent0Raw, spent1Raw } = await actor.mint({ ...range, amount0Raw: got0Raw, amount1Raw: got1Raw });
    must(spent0Raw <= got0Raw && spent1Raw <= got1Raw, "the new range took more than the old one paid");
    must(facts.liquidityRaw > 0n, "the new range is empty");
    await actor.exit(facts.tokenId, null);
    await closed(subject, facts.tokenId);
    await backToStart(subject);
  },
};

/** The price left the range: what is left of one token goes in behind the price, without a swap. */
export function shiftOutside(name: string, moveFrac: number): Check {
  return {
    name,
    async run(subject) {
      const { actor } = subject;
      const half = isBins(subject) ? 10 : 20;
      const { tokenId, position } = await openUsual(subject, half);
      await movePrice(subject, moveFrac);
      const { tick } = await actor.live();
      must(
        moveFrac > 0 ? tick >= position.tickUpper : tick < position.tickLower,
        `the price at ${tick} did not leave ${position.tickLower} to ${position.tickUpper}`,
      );
      const { got0Raw, got1Raw } = await actor.exit(tokenId, null);
      const side = moveFrac > 0 ? got1Raw : got0Raw;
      must(side > 0n, "the side the range had turned into paid nothing");
      const range = await rangeAround(subject, half, moveFrac > 0 ? -2 * half : 2 * half);
      const { facts, spent0Raw, spent1Raw } = await actor.mint({ ...range, amount0Raw: got0Raw, amount1Raw: got1Raw });
      must(spent0Raw <= got0Raw && spent1Raw <= got1Raw, "the new range took more than the old one paid");
      equal("the token the new range does not hold", moveFrac > 0 ? spent0Raw : spent1Raw, 0n);
      must(facts.liquidityRaw > 0n, "the new range is empty");
      await actor.exit(facts.tokenId, null);
      await closed(subject, facts.tokenId);
      await backToStart(subject);
    },
  };
}

/** Bins laid in another shape than the usual one: what each holds, a third out of it, and the rest. */
export function shapeOf(shape: BinShape): Check {
  return {
    name: `shape_${shape}`,
    isFor: (family) => family === "liquidity-book",
    async run(subject) {
      const { actor } = subject;
      const request = { ...(await usual(subject, await rangeAround(subject, 6))), shape };
      const { call, facts, spent0Raw, spent1Raw } = await actor.mint(request);
      const position = await actor.position(facts.tokenId);
      const { bins: layout } = call;
      if (position === null || position.bins === null || layout === null) throw new Mismatch("no bins were laid");
      equal("bins", position.bins.length, layout.deltaIds.length);
      for (const [index, bin] of position.bins.entries()) {
        equal("bin id", bin.binId, layout.activeIdDesired + (layout.deltaIds[index] ?? 0));
        // The active bin belongs to others too and turns what it takes into its own mix.
        if (bin.binId === layout.activeIdDesired) continue;
        const due0 = (request.amount0Raw * (layout.distribution0[index] ?? 0n)) / 10n ** 18n;
        const due1 = (request.amount1Raw * (layout.distribution1[index] ?? 0n)) / 10n ** 18n;
        const price = binPriceX128(bin.binId, actor.pool.binStep ?? 0);
        if (price === null || price === 0n) throw new Mismatch(`bin ${bin.binId} has no price`);
        near(`token0 of bin ${bin.binId}`, { found: bin.amount0Raw, due: due0, other: (1n << 128n) / price });
        near(`token1 of bin ${bin.binId}`, { found: bin.amount1Raw, due: due1, other: price >> 128n });
      }
      const worth = (index: number): bigint => layout.distribution1[index] ?? 0n;
      const [end, inner] = [worth(0), worth(4)];
      must(
        shape === "curve" ? end < inner : end > inner,
        `shape ${shape}: ${end} at the end, ${inner} near the middle`,
      );
      must(spent0Raw <= request.amount0Raw && spent1Raw <= request.amount1Raw, "it took more than was desired");
      const third = await actor.exit(facts.tokenId, position.liquidityRaw / 3n);
      must(third.got0Raw > 0n && third.got1Raw > 0n, "a third of the shares paid one token only");
      const rest = await actor.position(facts.tokenId);
      const last = await actor.exit(facts.tokenId, null);
      equal("token0 of the rest", last.got0Raw, (rest?.principal0Raw ?? 0n) + (rest?.fees0Raw ?? 0n));
      equal("token1 of the rest", last.got1Raw, (rest?.principal1Raw ?? 0n) + (rest?.fees1Raw ?? 0n));
      await closed(subject, facts.tokenId);
    },
  };
}

/**
 * Shares and swaps round by one unit of either token, and what rounding left in a bin belongs to whoever is in it: two units of this
 * token and two of the other, which are worth `other` of this one each.
 */
function near(what: string, { found, due, other }: { found: bigint; due: bigint; other: bigint }): void {
  const off = found > due ? found - due : due - found;
  must(off <= 2n + 2n * other, `${what}: expected ${due}, found ${found}`);
}
