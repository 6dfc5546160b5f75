// What every AMM family must do alike, as checks on one pool: each does its own thing through the adapter and says what it found.
import { amountsForLiquidity, liquidityForAmounts } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import {
  backToStart,
  closed,
  equal,
  formula,
  isBins,
  Mismatch,
  movePrice,
  must,
  openUsual,
  rangeAround,
  trade,
  usual,
  type Check,
} from "./check-tools";
import { BAND_BPS, isSame } from "./family-actor";
import { PRICE_CHECKS } from "./price-checks";
import { shapeOf, shiftInside, shiftOutside } from "./shift-checks";

const identity: Check = {
  name: "identity",
  async run({ actor }) {
    const differences = await actor.adapter.reads.checkPool(actor.port, actor.pool, "latest");
    must(differences.length === 0, `the pool does not fit its own entry: ${differences.join("; ")}`);
    const wrong = await actor.adapter.reads.checkPool(
      actor.port,
      { ...actor.pool, token0: actor.pool.token1, token1: actor.pool.token0 },
      "latest",
    );
    must(wrong.length > 0, "an entry with its tokens the other way round passed the check");
  },
};

const price: Check = {
  name: "price",
  async run(subject) {
    const live = await subject.actor.live();
    const ratio = Number(live.sqrtPriceX96) / Number(subject.startSqrtX96);
    const tolerance = isBins(subject) ? 0.001 : 1e-9;
    must(Math.abs(ratio - 1) <= tolerance, `square root price is ${ratio} times what the pool was made at`);
    must(
      live.fee0Pips >= 0 && live.fee1Pips >= 0 && live.fee0Pips < 1_000_000,
      `fees ${live.fee0Pips}, ${live.fee1Pips}`,
    );
  },
};

const mintInRange: Check = {
  name: "mint_in_range",
  async run(subject) {
    const { actor } = subject;
    const range = await rangeAround(subject, isBins(subject) ? 10 : 40);
    const request = await usual(subject, range);
    const bound = await actor.boundMint(request);
    const decoded = actor.adapter.actions.decodeMint(actor.pool, actor.adapter.actions.encodeMint(actor.pool, bound));
    must(decoded !== null, "the mint's own calldata was not understood");
    equal("decoded recipient", decoded?.recipient.toLowerCase() ?? null, actor.wallet.toLowerCase());
    const grants = actor.adapter.actions.mintGrants(actor.pool, request);
    const sqrtX96 = (await actor.live()).sqrtPriceX96;
    const { call, facts, spent0Raw, spent1Raw } = await actor.mint(request);
    must(spent0Raw > 0n && spent1Raw > 0n, `a range around the price took ${spent0Raw} and ${spent1Raw}`);
    must(spent0Raw <= request.amount0Raw && spent1Raw <= request.amount1Raw, "the mint took more than was desired");
    equal("amount0 of the receipt", facts.amount0Raw, spent0Raw);
    equal("amount1 of the receipt", facts.amount1Raw, spent1Raw);
    must(spent0Raw >= call.amount0MinRaw && spent1Raw >= call.amount1MinRaw, "the mint took less than its minimums");
    if (!isBins(subject)) {
      const bounds = { sqrtAX96: sqrtAtTick(range.tickLower), sqrtBX96: sqrtAtTick(range.tickUpper) };
      const desired = { amount0: call.amount0DesiredRaw, amount1: call.amount1DesiredRaw };
      equal("liquidity", facts.liquidityRaw, call.liquidityRaw ?? liquidityForAmounts(sqrtX96, bounds, desired));
      const exact = amountsForLiquidity(sqrtX96, bounds, facts.liquidityRaw, "up");
      equal("amount0 for this liquidity", spent0Raw, exact.amount0);
      equal("amount1 for this liquidity", spent1Raw, exact.amount1);
    }
    const position = await actor.position(facts.tokenId);
    equal("liquidity of the position", position?.liquidityRaw ?? null, facts.liquidityRaw);
    equal("lower end", position?.tickLower ?? null, range.tickLower);
    equal("upper end", position?.tickUpper ?? null, range.tickUpper);
    must(isSame(position?.owner ?? "", actor.wallet), `the position belongs to ${position?.owner}`);
    must((await actor.owned()).includes(facts.tokenId), "the position is not found among the wallet's");
    const open = await actor.openGrants(grants);
    must(open.length === 0, `${open.length} rights are still open after the mint`);
    await actor.exit(facts.tokenId, null);
    await closed(subject, facts.tokenId);
  },
};

const depth: Check = {
  name: "depth",
  async run(subject) {
    const { actor } = subject;
    const live = await actor.live();
    const window = await rangeAround(subject, isBins(subject) ? 8 : 60);
    const segments = await actor.adapter.reads.readDepth(actor.port, actor.pool, window, "latest");
    must(segments.length > 0, "no depth was read");
    for (const [index, segment] of segments.entries()) {
      const next = segments[index + 1];
      must(segment.tickLower <= segment.tickUpper, `segment ${index} is turned round`);
      must(next === undefined || next.tickLower >= segment.tickUpper, `segments ${index} and ${index + 1} overlap`);
    }
    const active = segments.find(({ tickLower, tickUpper }) =>
      isBins(subject)
        ? tickLower <= live.tick && live.tick <= tickUpper
        : tickLower <= live.tick && live.tick < tickUpper,
    );
    equal("liquidity at the price", active?.liquidityRaw ?? null, live.liquidityRaw);
  },
};

const swapBothWays: Check = {
  name: "swap_both_ways",
  async run(subject) {
    const { actor } = subject;
    const first = (await actor.live()).sqrtPriceX96;
    const size = isBins(subject) ? 3n : 1n;
    await actor.swap(true, subject.amount0Raw * size);
    const down = (await actor.live()).sqrtPriceX96;
    must(down < first, `selling token0 moved the price from ${first} to ${down}`);
    await actor.swap(false, subject.amount1Raw * size * 2n);
    const up = (await actor.live()).sqrtPriceX96;
    must(up > down, `selling token1 moved the price from ${down} to ${up}`);
    await backToStart(subject);
  },
};

const feesPredicted: Check = {
  name: "fees_predicted",
  async run(subject) {
    const { actor } = subject;
    const { tokenId, position } = await openUsual(subject);
    await trade(subject);
    const before = await actor.position(tokenId);
    if (before === null) throw new Mismatch("the position is gone");
    if (before.bins !== null && before.fees0Raw === 0n && before.fees1Raw === 0n) {
      // Fees stay inside the bins: they are in what a close pays, which is predicted to the unit.
      const shares = before.liquidityRaw;
      equal("shares", shares, position.liquidityRaw);
      const exited = await actor.exit(tokenId, null);
      equal("token0 paid", exited.got0Raw, before.principal0Raw);
      equal("token1 paid", exited.got1Raw, before.principal1Raw);
      return;
    }
    must(
      before.fees0Raw > 0n && before.fees1Raw > 0n,
      `fees ${before.fees0Raw} and ${before.fees1Raw} after swaps both ways`,
    );
    const { got0Raw, got1Raw, facts } = await actor.exit(tokenId, 0n);
    equal("fees in token0", got0Raw, before.fees0Raw);
    equal("fees in token1", got1Raw, before.fees1Raw);
    equal("principal in the receipt", facts.principal0Raw + facts.principal1Raw, 0n);
    const after = await actor.position(tokenId);
    equal("fees left", (after?.fees0Raw ?? 0n) + (after?.fees1Raw ?? 0n), 0n);
    equal("liquidity left", after?.liquidityRaw ?? null, before.liquidityRaw);
    await actor.exit(tokenId, null);
  },
};

const partialDecrease: Check = {
  name: "partial_decrease",
  async run(subject) {
    const { actor } = subject;
    const { tokenId } = await openUsual(subject);
    await trade(subject);
    const before = await actor.position(tokenId);
    if (before === null) throw new Mismatch("the position is gone");
    const part = before.liquidityRaw / 3n;
    const exact = await formula(subject, before, part, "down");
    const { got0Raw, got1Raw, facts, call } = await actor.exit(tokenId, part);
    must(got0Raw >= call.amount0MinRaw && got1Raw >= call.amount1MinRaw, "less than the minimums was paid");
    equal("token0 of the receipt", facts.paid0Raw, got0Raw);
    equal("token1 of the receipt", facts.paid1Raw, got1Raw);
    if (exact !== null) {
      equal("principal in token0", facts.principal0Raw, exact.amount0);
      equal("principal in token1", facts.principal1Raw, exact.amount1);
      equal("fees in token0", got0Raw - exact.amount0, before.fees0Raw);
      equal("fees in token1", got1Raw - exact.amount1, before.fees1Raw);
    } else {
      const off = Math.abs(Number(got0Raw - before.fees0Raw) / (Number(before.principal0Raw) / 3) - 1);
      must(off < 0.001, `a third of the shares paid ${got0Raw} of ${before.principal0Raw} token0`);
    }
    const after = await actor.position(tokenId);
    equal("liquidity left", after?.liquidityRaw ?? null, before.liquidityRaw - facts.liquidityRaw);
    must((after?.liquidityRaw ?? 0n) > 0n, "nothing is left after taking a third");
    await actor.exit(tokenId, null);
    await closed(subject, tokenId);
  },
};

const burnToNothing: Check = {
  name: "burn_to_nothing",
  async run(subject) {
    const { actor } = subject;
    const { tokenId } = await openUsual(subject);
    await trade(subject);
    const before = await actor.position(tokenId);
    if (before === null) throw new Mismatch("the position is gone");
    const grants = actor.adapter.actions.exitGrants(actor.pool);
    const { got0Raw, got1Raw, facts } = await actor.exit(tokenId, null);
    equal("token0 paid", got0Raw, before.principal0Raw + before.fees0Raw);
    equal("token1 paid", got1Raw, before.principal1Raw + before.fees1Raw);
    equal("principal of token0", facts.principal0Raw, before.principal0Raw);
    equal("principal of token1", facts.principal1Raw, before.principal1Raw);
    await closed(subject, tokenId);
    const open = await actor.openGrants(grants);
    must(open.length === 0, `${open.length} rights are still open after the exit`);
  },
};

/** One-sided ranges: what lies above the price takes token0 alone, what lies below takes token1 alone. */
function outside(name: string, side: "above" | "below"): Check {
  return {
    name,
    async run(subject) {
      const { actor } = subject;
      const half = isBins(subject) ? 5 : 10;
      const range = await rangeAround(subject, half, side === "above" ? half * 3 : -half * 3);
      const { facts, spent0Raw, spent1Raw } = await actor.mint(await usual(subject, range));
      const [taken, untouched] = side === "above" ? [spent0Raw, spent1Raw] : [spent1Raw, spent0Raw];
      must(taken > 0n, `a range ${side} the price took nothing of its token`);
      equal("the other token", untouched, 0n);
      const before = await actor.position(facts.tokenId);
      const { got0Raw, got1Raw } = await actor.exit(facts.tokenId, null);
      equal("token0 back", got0Raw, before?.principal0Raw ?? null);
      equal("token1 back", got1Raw, before?.principal1Raw ?? null);
    },
  };
}

/** The price exactly on an end of the range. */
function onBound(name: string, end: "lower" | "upper"): Check {
  return {
    name,
    async run(subject) {
      const { actor } = subject;
      const half = isBins(subject) ? 5 : 20;
      const around = await rangeAround(subject, half);
      const width = around.tickUpper - around.tickLower;
      const live = await actor.live();
      if (!isBins(subject)) {
        const spacing = live.tickSpacing;
        await actor.pullTo(sqrtAtTick(Math.floor(live.tick / spacing) * spacing));
      }
      const at = (await actor.live()).tick;
      const range =
        end === "lower" ? { tickLower: at, tickUpper: at + width } : { tickLower: at - width, tickUpper: at };
      if (!isBins(subject)) equal("price", (await actor.live()).sqrtPriceX96, sqrtAtTick(at));
      const { facts, spent0Raw, spent1Raw } = await actor.mint(await usual(subject, range));
      if (!isBins(subject)) {
        // At its lower end a range is all token0 and in range; at its upper end it is all token1 and out of range.
        equal("the token it does not hold", end === "lower" ? spent1Raw : spent0Raw, 0n);
      }
      must(facts.liquidityRaw > 0n, "no liquidity");
      const before = await actor.position(facts.tokenId);
      const { got0Raw, got1Raw } = await actor.exit(facts.tokenId, null);
      equal("token0 back", got0Raw, (before?.principal0Raw ?? 0n) + (before?.fees0Raw ?? 0n));
      equal("token1 back", got1Raw, (before?.principal1Raw ?? 0n) + (before?.fees1Raw ?? 0n));
      await backToStart(subject);
    },
  };
}

const tiny: Check = {
  name: "tiny_amounts",
  async run(subject) {
    const { actor } = subject;
    const range = await rangeAround(subject, isBins(subject) ? 3 : 40);
    for (const divisor of [1_000_000n, 10n ** 30n]) {
      const atLeastOne = (raw: bigint): bigint => (raw / divisor > 0n ? raw / divisor : 1n);
      const request = {
        ...range,
        amount0Raw: atLeastOne(subject.amount0Raw),
        amount1Raw: atLeastOne(subject.amount1Raw),
      };
      const before = await actor.chain.balanceOf(actor.pool.token0, actor.wallet);
      try {
        const { facts, spent0Raw, spent1Raw } = await actor.mint(request);
        must(spent0Raw <= request.amount0Raw && spent1Raw <= request.amount1Raw, "it took more than was desired");
        const held = await actor.position(facts.tokenId);
        const { got0Raw, got1Raw } = await actor.exit(facts.tokenId, null);
        equal("token0 back", got0Raw, (held?.principal0Raw ?? 0n) + (held?.fees0Raw ?? 0n));
        equal("token1 back", got1Raw, (held?.principal1Raw ?? 0n) + (held?.fees1Raw ?? 0n));
      } catch (error) {
        // Too little for one unit of liquidity: a refusal that takes nothing is right.
        if (error instanceof Mismatch) throw error;
        equal("token0 after a refusal", await actor.chain.balanceOf(actor.pool.token0, actor.wallet), before);
        const amounts = { amount0Raw: request.amount0Raw, amount1Raw: request.amount1Raw };
        await actor.takeBack(actor.adapter.actions.mintGrants(actor.pool, amounts));
        must(divisor > 1_000_000n, `a millionth of the usual amounts was refused: ${String(error).slice(0, 160)}`);
      }
    }
  },
};

const huge: Check = {
  name: "huge_amounts",
  async run(subject) {
    const { actor } = subject;
    const range = await rangeAround(subject, isBins(subject) ? 10 : 40);
    const request = {
      ...range,
      amount0Raw: subject.amount0Raw * 1_000_000_000n,
      amount1Raw: subject.amount1Raw * 1_000_000_000n,
    };
    const { facts, spent0Raw, spent1Raw } = await actor.mint(request);
    must(spent0Raw <= request.amount0Raw && spent1Raw <= request.amount1Raw, "it took more than was desired");
    const before = await actor.position(facts.tokenId);
    const { got0Raw, got1Raw } = await actor.exit(facts.tokenId, null);
    equal("token0 back", got0Raw, (before?.principal0Raw ?? 0n) + (before?.fees0Raw ?? 0n));
    equal("token1 back", got1Raw, (before?.principal1Raw ?? 0n) + (before?.fees1Raw ?? 0n));
  },
};

const mintBoundsHold: Check = {
  name: "mint_bounds",
  async run(subject) {
    const { actor } = subject;
    const { actions } = actor.adapter;
    const request = await usual(subject, await rangeAround(subject, isBins(subject) ? 10 : 60));
    const grants = actions.mintGrants(actor.pool, request);
    for (const way of [1, -1]) {
      const inside = await actor.boundMint(request);
      await actor.give(grants, request);
      await movePrice(subject, way * (BAND_BPS / 10_000) * 0.4);
      must(
        await actor.tries(actions.encodeMint(actor.pool, inside)),
        `a mint reverted with the price inside its band (${way})`,
      );
      await backToStart(subject);
      await actor.give(grants, request);
      const outsideCall = await actor.boundMint(request);
      await movePrice(subject, way * (BAND_BPS / 10_000) * 3);
      must(
        !(await actor.tries(actions.encodeMint(actor.pool, outsideCall))),
        `a mint went through with the price three bands away (${way})`,
      );
      await actor.takeBack(grants);
      for (const tokenId of await actor.owned()) await actor.exit(tokenId, null);
      await backToStart(subject);
    }
  },
};

const exitBoundsHold: Check = {
  name: "exit_bounds",
  async run(subject) {
    const { actor } = subject;
    const { actions } = actor.adapter;
    const grants = actions.exitGrants(actor.pool);
    for (const way of [1, -1]) {
      const { tokenId } = await openUsual(subject, 60);
      const { call } = await actor.boundExit(tokenId, null);
      await movePrice(subject, way * (BAND_BPS / 10_000) * 3);
      await actor.give(grants, { amount0Raw: 1n, amount1Raw: 1n });
      must(
        !(await actor.tries(actions.encodeExit(actor.pool, call))),
        `an exit went through with the price three bands away (${way})`,
      );
      await backToStart(subject);
      const again = await actor.boundExit(tokenId, null);
      await movePrice(subject, way * (BAND_BPS / 10_000) * 0.4);
      must(
        await actor.tries(actions.encodeExit(actor.pool, again.call)),
        `an exit reverted with the price inside its band (${way})`,
      );
      await actor.takeBack(grants);
      await closed(subject, tokenId);
      await backToStart(subject);
    }
  },
};

const decodesOnlyItsOwn: Check = {
  name: "decodes_only_its_own",
  async run(subject) {
    const { actor } = subject;
    const { actions } = actor.adapter;
    const stranger = "0xa11ce0000000000000000000000000000000beef" as const;
    const call = await actor.boundMint(await usual(subject, await rangeAround(subject, isBins(subject) ? 5 : 40)));
    const tx = actions.encodeMint(actor.pool, { ...call, recipient: stranger });
    const foreign = actions.decodeMint(actor.pool, tx);
    must(foreign === null || isSame(foreign.recipient, stranger), "a mint to a stranger was read as one to the wallet");
    must(
      actions.decodeMint(actor.pool, { ...tx, data: `${tx.data}00` }) === null,
      "bytes behind the call were ignored",
    );
    must(actions.decodeExit(actor.pool, tx) === null, "a mint was read as an exit");
    must(
      actions.decodeMint(actor.pool, { ...tx, to: stranger }) === null || !isSame(tx.to, stranger),
      "the target is not part of the decoded call",
    );
  },
};

export const CHECKS: readonly Check[] = [
  identity,
  price,
  mintInRange,
  depth,
  swapBothWays,
  feesPredicted,
  partialDecrease,
  burnToNothing,
  shiftInside,
  shiftOutside("range_shift_up", 0.03),
  shiftOutside("range_shift_down", -0.03),
  ...PRICE_CHECKS,
  shapeOf("curve"),
  shapeOf("bid_ask"),
  outside("range_above_price", "above"),
  outside("range_below_price", "below"),
  onBound("price_on_lower_bound", "lower"),
  onBound("price_on_upper_bound", "upper"),
  tiny,
  huge,
  mintBoundsHold,
  exitBoundsHold,
  decodesOnlyItsOwn,
];
