// Liquidity Book calldata of all generations: shapes that sum exactly, bytes there and back, hostile bytes refused, bounds, receipts.
import * as fc from "fast-check";
import {
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionData,
  padHex,
  parseAbiParameters,
  toHex,
  zeroAddress,
  type Hex,
} from "viem";
import { describe, expect, it } from "vitest";
import { CENTRE_BIN_ID, binLiquidity, binPriceX128, binsWithinBand } from "@/lib/amm/bins";
import { floorSqrt } from "@/lib/math/fixed-point";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address } from "@/lib/units";
import { TEST_SEED } from "@/tests/support/seed";
import { TRANSFER_TOPIC, type TxLog } from "./erc20";
import type { BinShape, LivePool, LivePosition, MintCall } from "./family";
import {
  collectsSeparately,
  decodeLbOperator,
  encodeLbOperator,
  lbTokenId,
  liquidityBookActions as actions,
  splitLbTokenId,
} from "./liquidity-book";
import { LB_LEGACY_PAIR_ABI, LB_ROUTER_ABI, LB_TOKEN_ABI } from "./liquidity-book-abi";
import { DISTRIBUTION_ONE, layOutBins } from "./liquidity-book-layout";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const [TOKEN_X, TOKEN_Y, WALLET, STRANGER] = [address("e0"), address("20"), address("aa"), address("bb")];
const [FACTORY, ROUTER, PAIR] = [address("c1"), address("c2"), address("c3")];
const ACTIVE = CENTRE_BIN_ID - 276_000 / 10;
const GENERATIONS = ["2.0", "2.1", "2.2"] as const;
const SHAPES: readonly BinShape[] = ["spot", "curve", "bid_ask"];

const poolOf = (variant: string | null): PoolRef => ({
  chainId: 1,
  family: "liquidity-book",
  dexId: "lfj",
  variant,
  pool: PAIR,
  token0: TOKEN_X,
  token1: TOKEN_Y,
  contracts: {
    factory: FACTORY,
    positionManager: ROUTER,
    quoterV2: null,
    swapRouter: null,
    poolDeployer: null,
    stateView: null,
    vault: null,
    permit2: null,
  },
  permit2: null,
  feePips: null,
  tickSpacing: null,
  hooks: null,
  hooksAllowed: [],
  deployer: null,
  binStep: 10,
  parameters: null,
});

const live: LivePool = {
  sqrtPriceX96: floorSqrt((binPriceX128(ACTIVE, 10) ?? 0n) << 64n),
  tick: ACTIVE,
  liquidityRaw: 1n,
  fee0Pips: 500,
  fee1Pips: 500,
  protocolShareFrac: 0,
  tickSpacing: 1,
};

const request = {
  tickLower: ACTIVE - 5,
  tickUpper: ACTIVE + 5,
  amount0DesiredRaw: 10n ** 18n,
  amount1DesiredRaw: 10n ** 9n,
  bandBps: 30,
  shape: "spot" as BinShape,
  recipient: WALLET,
  deadlineSec: 1_800_000_000n,
};

const topic = (value: Address | bigint): Hex => padHex(typeof value === "bigint" ? toHex(value) : value, { size: 32 });
const transfer = (token: Address, from: Address, to: Address, amount: bigint): TxLog => ({
  address: token,
  topics: [TRANSFER_TOPIC, topic(from), topic(to)],
  data: topic(amount),
});
function firstTopic(name: "TransferBatch" | "TransferSingle"): Hex {
  const [signature] = encodeEventTopics({ abi: LB_TOKEN_ABI, eventName: name });
  return signature;
}
const batch = (
  from: Address,
  to: Address,
  ids: readonly number[],
  shares: readonly bigint[],
  emitter = PAIR,
): TxLog => ({
  address: emitter,
  topics: [firstTopic("TransferBatch"), topic(ROUTER), topic(from), topic(to)],
  data: encodeAbiParameters(parseAbiParameters("uint256[], uint256[]"), [ids.map(BigInt), shares]),
});
const single = (from: Address, to: Address, id: number, shares: bigint): TxLog => ({
  address: PAIR,
  topics: [firstTopic("TransferSingle"), topic(ROUTER), topic(from), topic(to)],
  data: encodeAbiParameters(parseAbiParameters("uint256, uint256"), [BigInt(id), shares]),
});

function positionOf(below: number, above: number): LivePosition {
  const bins = Array.from({ length: below + above + 1 }, (_, index) => {
    const binId = ACTIVE - below + index;
    return {
      binId,
      sharesRaw: 1_000n + BigInt(index),
      amount0Raw: binId >= ACTIVE ? 10n ** 12n : 0n,
      amount1Raw: binId <= ACTIVE ? 10n ** 6n : 0n,
    };
  });
  const range = { tickLower: ACTIVE - below, tickUpper: ACTIVE + above };
  return {
    ...range,
    tokenId: lbTokenId(PAIR, range),
    owner: WALLET,
    token0: TOKEN_X,
    token1: TOKEN_Y,
    liquidityRaw: bins.reduce((sum, { sharesRaw }) => sum + sharesRaw, 0n),
    principal0Raw: 1n,
    principal1Raw: 1n,
    fees0Raw: 0n,
    fees1Raw: 0n,
    bins,
  };
}
const exitRequest = { liquidityRaw: null, bandBps: 30, recipient: WALLET, deadlineSec: 1_800_000_000n };

describe("bins", () => {
  it("default: prices are those of the contracts' own power", () => {
    expect(binPriceX128(CENTRE_BIN_ID, 25)).toBe(1n << 128n);
    // (1 + 25/10000)^1 by the inverse of the inverse: within two units of the exact value.
    const exact = ((1n << 128n) * 10_025n) / 10_000n;
    const answer = binPriceX128(CENTRE_BIN_ID + 1, 25) ?? 0n;
    expect(answer >= exact - 4n && answer <= exact + 4n).toBe(true);
    expect(binPriceX128(CENTRE_BIN_ID + 2 ** 20, 25)).toBeNull();
    expect(binPriceX128(CENTRE_BIN_ID - 900_000, 100)).toBeNull();
  });

  it(`behavior: prices rise with the id and follow the exponential (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(fc.integer({ min: -20_000, max: 20_000 }), fc.constantFrom(1, 5, 10, 15, 20, 25), (offset, step) => {
        const price = binPriceX128(CENTRE_BIN_ID + offset, step);
        const next = binPriceX128(CENTRE_BIN_ID + offset + 1, step);
        if (price === null || next === null) throw new Error("a price is missing");
        expect(next).toBeGreaterThan(price);
        const expected = Math.log1p(step / 1e4) * offset;
        expect(Math.log(Number(price) / 2 ** 128)).toBeCloseTo(expected, 6);
      }),
      { seed: TEST_SEED },
    );
  });

  it("boundary: a band crosses at least one bin", () => {
    expect(binsWithinBand(5, 10)).toBe(1);
    expect(binsWithinBand(30, 10)).toBe(2);
    expect(binsWithinBand(100, 1)).toBe(99);
    expect(binLiquidity(1n << 128n, 3n, 4n)).toBe(7n << 128n);
  });
});

const sumOf = (parts: readonly bigint[]): bigint => parts.reduce((total, part) => total + part, 0n);

const distributionOf = (shape: BinShape) =>
  layOutBins({
    tickLower: ACTIVE - 2,
    tickUpper: ACTIVE + 2,
    activeId: ACTIVE,
    idSlippage: 1,
    shape,
    amount0Raw: 10n ** 18n,
    amount1Raw: 10n ** 18n,
  }).layout.distribution0;

describe("layOutBins", () => {
  it(`invariant: each side sums to 1e18 or to 0, below the active bin only token1, above only token0 (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -60, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.constantFrom(...SHAPES),
        fc.bigInt({ min: 10n ** 6n, max: 10n ** 30n }),
        fc.bigInt({ min: 10n ** 6n, max: 10n ** 30n }),
        (start, width, shape, amount0Raw, amount1Raw) => {
          const range = { tickLower: ACTIVE + start, tickUpper: ACTIVE + start + width };
          const laid = layOutBins({ ...range, activeId: ACTIVE, idSlippage: 1, shape, amount0Raw, amount1Raw });
          const { deltaIds, distribution0, distribution1 } = laid.layout;
          expect(sumOf(distribution0)).toBe(laid.amount0Raw > 0n ? DISTRIBUTION_ONE : 0n);
          expect(sumOf(distribution1)).toBe(laid.amount1Raw > 0n ? DISTRIBUTION_ONE : 0n);
          expect([laid.tickLower, laid.tickUpper]).toEqual([range.tickLower, range.tickUpper]);
          expect(laid.amount0Raw).toBe(range.tickUpper >= ACTIVE ? amount0Raw : 0n);
          expect(laid.amount1Raw).toBe(range.tickLower <= ACTIVE ? amount1Raw : 0n);
          for (const [index, delta] of deltaIds.entries()) {
            if (delta < 0) expect(distribution0[index]).toBe(0n);
            if (delta > 0) expect(distribution1[index]).toBe(0n);
          }
        },
      ),
      { seed: TEST_SEED },
    );
  });

  it("default: the shapes are even, highest in the middle, highest at the ends", () => {
    const [, , spotMiddle = 0n, spotNear = 0n, spotFar = 0n] = distributionOf("spot");
    // 1 : 2 : 2 of 1e18, the remainder at the active bin; the other half of the active bin is token1.
    expect([spotMiddle, spotNear, spotFar]).toEqual([2n * 10n ** 17n, 4n * 10n ** 17n, 4n * 10n ** 17n]);
    const [, , curveMiddle = 0n, curveNear = 0n, curveFar = 0n] = distributionOf("curve");
    expect(curveMiddle * 2n).toBeGreaterThan(curveNear);
    expect(curveNear).toBeGreaterThan(curveFar);
    const [, , bidMiddle = 0n, bidNear = 0n, bidFar = 0n] = distributionOf("bid_ask");
    expect(bidMiddle * 2n).toBeLessThan(bidNear);
    expect(bidNear).toBeLessThan(bidFar);
  });

  it("boundary: bins that would get nothing are left out, and amounts too small for a range are refused in words", () => {
    const input = { activeId: ACTIVE, idSlippage: 1, shape: "spot" as const };
    const oneSided = layOutBins({
      ...input,
      tickLower: ACTIVE - 3,
      tickUpper: ACTIVE + 3,
      amount0Raw: 0n,
      amount1Raw: 10n ** 9n,
    });
    expect([oneSided.tickLower, oneSided.tickUpper]).toEqual([ACTIVE - 3, ACTIVE]);
    expect(() =>
      layOutBins({ ...input, tickLower: ACTIVE + 1, tickUpper: ACTIVE + 9, amount0Raw: 3n, amount1Raw: 10n ** 9n }),
    ).toThrow("too small");
  });
});

const removal = (ids: readonly bigint[], amounts: readonly bigint[]): Hex =>
  encodeFunctionData({
    abi: LB_ROUTER_ABI,
    functionName: "removeLiquidity",
    args: [TOKEN_X, TOKEN_Y, 10, 0n, 0n, ids, amounts, WALLET, 1n],
  });

const decodedBy = (pool: PoolRef, data: Hex) => actions.decodeExit(pool, { to: ROUTER, data, valueRaw: 0n });

describe.each(GENERATIONS)("liquidity-book %s", (variant) => {
  const pool = poolOf(variant);
  const mint = actions.boundMint(pool, live, request);
  const mintTx = actions.encodeMint(pool, mint);
  const position = positionOf(5, 5);
  const close = actions.boundExit(pool, { pool: live, position }, exitRequest);

  it("default: a mint decodes to what was encoded, in every shape", () => {
    for (const shape of SHAPES) {
      const call = actions.boundMint(pool, live, { ...request, shape });
      const tx = actions.encodeMint(pool, call);
      expect(tx.to).toBe(ROUTER);
      expect(actions.decodeMint(pool, tx)).toEqual(call);
    }
    expect(mint.bins?.idSlippage).toBe(2);
    expect(mint.amount0MinRaw).toBe((10n ** 18n * 9_970n) / 10_000n - 11n);
  });

  it("protection: another receiver, refund address, pair, sum, side or order decodes to null or to that receiver", () => {
    const other = actions.decodeMint(pool, actions.encodeMint(pool, { ...mint, recipient: STRANGER }));
    expect(other?.recipient).toBe(STRANGER);
    const bins = mint.bins;
    if (bins === null) throw new Error("a Liquidity Book mint has bins");
    const [first = 0n, ...rest] = bins.distribution1;
    const wrongCalls: readonly MintCall[] = [
      { ...mint, bins: { ...bins, distribution1: [first - 1n, ...rest] } },
      { ...mint, bins: { ...bins, distribution1: [first + 1n, ...rest] } },
      { ...mint, bins: { ...bins, distribution0: bins.distribution1 } },
      { ...mint, bins: { ...bins, deltaIds: bins.deltaIds.toReversed() } },
      { ...mint, bins: { ...bins, deltaIds: bins.deltaIds.map((delta) => delta + 1) } },
      { ...mint, amount1DesiredRaw: 0n },
      { ...mint, bins: null },
    ];
    for (const call of wrongCalls) expect(() => actions.encodeMint(pool, call)).toThrow();
    expect(actions.decodeMint({ ...pool, binStep: 15 }, mintTx)).toBeNull();
    expect(actions.decodeMint({ ...pool, token0: STRANGER }, mintTx)).toBeNull();
    expect(actions.decodeMint(pool, { ...mintTx, to: STRANGER })).toBeNull();
    expect(actions.decodeMint(pool, { ...mintTx, valueRaw: 1n })).toBeNull();
    expect(actions.decodeMint(pool, { ...mintTx, data: `${mintTx.data}00` })).toBeNull();
    // Bytes that the encoder would never make: parts that do not sum, and a refund to a stranger.
    const change = (from: bigint, to: bigint): Hex =>
      `0x${mintTx.data.slice(2).replace(topic(from).slice(2), topic(to).slice(2))}`;
    expect(actions.decodeMint(pool, { ...mintTx, data: change(first, first + 1n) })).toBeNull();
    const walletWord = topic(WALLET).slice(2);
    const last = mintTx.data.lastIndexOf(walletWord);
    const refunded: Hex = `0x${mintTx.data.slice(2, last)}${topic(STRANGER).slice(2)}${mintTx.data.slice(last + 64)}`;
    if (variant === "2.0") expect(actions.decodeMint(pool, { ...mintTx, data: refunded })?.recipient).toBe(STRANGER);
    else expect(actions.decodeMint(pool, { ...mintTx, data: refunded })).toBeNull();
  });

  it("default: exits decode to what their bytes say; that they close is not in them", () => {
    const part = actions.boundExit(pool, { pool: live, position }, { ...exitRequest, liquidityRaw: 5_000n });
    expect(part.liquidityRaw).toBe(5_000n);
    expect(actions.decodeExit(pool, actions.encodeExit(pool, part))).toEqual(part);
    expect(close.liquidityRaw).toBe(position.liquidityRaw);
    expect(actions.decodeExit(pool, actions.encodeExit(pool, close))).toEqual({ ...close, closes: false });
    const tx = actions.encodeExit(pool, close);
    expect(actions.decodeExit(pool, { ...tx, to: STRANGER })).toBeNull();
    expect(actions.decodeExit(pool, { ...tx, valueRaw: 1n })).toBeNull();
    expect(actions.decodeExit({ ...pool, token1: STRANGER }, tx)).toBeNull();
    expect(actions.decodeExit(pool, actions.encodeExit(pool, { ...close, recipient: STRANGER }))?.recipient).toBe(
      STRANGER,
    );
  });

  it("protection: bytes of a removal with other bins than ascending ones, or none, decode to null", () => {
    expect(decodedBy(pool, removal([5n, 6n], [1n, 1n]))?.liquidityRaw).toBe(2n);
    expect(decodedBy(pool, removal([6n, 5n], [1n, 1n]))).toBeNull();
    expect(decodedBy(pool, removal([5n, 5n], [1n, 1n]))).toBeNull();
    expect(decodedBy(pool, removal([5n, 6n], [1n]))).toBeNull();
    expect(decodedBy(pool, removal([5n, 6n], [1n, 0n]))).toBeNull();
    expect(decodedBy(pool, removal([], []))).toBeNull();
    expect(decodedBy(pool, removal([5n, 1n << 24n], [1n, 1n]))).toBeNull();
  });

  it("boundary: minimums are the bins beyond the band; a single bin has one unit of the token it holds more of", () => {
    // Band of 30 bps at step 10 is two bins: bins 3, 4 and 5 above keep token0, the same below token1.
    expect(close.amount0MinRaw).toBe(3n * (10n ** 12n - 1n));
    expect(close.amount1MinRaw).toBe(3n * (10n ** 6n - 1n));
    const one = actions.boundExit(pool, { pool: live, position: positionOf(0, 0) }, exitRequest);
    expect([one.amount0MinRaw, one.amount1MinRaw].toSorted((left, right) => Number(left - right))).toEqual([0n, 1n]);
    const narrow = actions.boundExit(pool, { pool: live, position: positionOf(1, 1) }, exitRequest);
    expect(narrow.amount0MinRaw).toBe(10n ** 12n - 1n);
  });

  it("default: collecting apart is a call of the pair in 2.0 and refused in words elsewhere", () => {
    const collect = () => actions.boundExit(pool, { pool: live, position }, { ...exitRequest, liquidityRaw: 0n });
    expect(collectsSeparately(pool)).toBe(variant === "2.0");
    if (variant !== "2.0") {
      expect(collect).toThrow("nothing to collect");
      const data = encodeFunctionData({ abi: LB_LEGACY_PAIR_ABI, functionName: "collectFees", args: [WALLET, [5n]] });
      expect(actions.decodeExit(pool, { to: PAIR, data, valueRaw: 0n })).toBeNull();
      return;
    }
    const tx = actions.encodeExit(pool, collect());
    expect(tx.to).toBe(PAIR);
    expect(actions.decodeExit(pool, tx)).toEqual(collect());
    expect(actions.decodeExit(pool, { ...tx, to: STRANGER })).toBeNull();
  });

  it("default: the right over shares has the generation's own name, and goes back", () => {
    const [grant] = actions.exitGrants(pool);
    expect(grant).toEqual({ kind: "operator", token: PAIR, spender: ROUTER });
    for (const isApproved of [true, false]) {
      const tx = encodeLbOperator(pool, ROUTER, isApproved);
      expect(decodeLbOperator(pool, tx)).toEqual({ spender: ROUTER, isApproved });
      expect(decodeLbOperator(poolOf(variant === "2.0" ? "2.1" : "2.0"), tx)).toBeNull();
      expect(decodeLbOperator(pool, { ...tx, to: STRANGER })).toBeNull();
    }
  });

  it("default: receipts give the bins that were filled and what the wallet paid and got; strangers' logs count for nothing", () => {
    const ids = Array.from({ length: 11 }, (_, index) => ACTIVE - 4 + index);
    const shares = ids.map((_, index) => BigInt(100 + index));
    const made = (emitter = PAIR): readonly TxLog[] =>
      variant === "2.0" && emitter === PAIR
        ? ids.map((id, index) => single(zeroAddress, WALLET, id, shares[index] ?? 0n))
        : [batch(zeroAddress, WALLET, ids, shares, emitter)];
    const paid = [
      transfer(TOKEN_X, WALLET, PAIR, 30n),
      transfer(TOKEN_Y, WALLET, PAIR, 50n),
      transfer(TOKEN_Y, PAIR, WALLET, 7n),
    ];
    // The active bin moved up by one before the transaction ran: the range moved with it.
    const range = { tickLower: ACTIVE - 4, tickUpper: ACTIVE + 6 };
    expect(actions.decodeMintReceipt(pool, [...made(), ...paid], WALLET, mint)).toEqual({
      ...range,
      tokenId: lbTokenId(PAIR, range),
      liquidityRaw: shares.reduce((sum, each) => sum + each, 0n),
      amount0Raw: 30n,
      amount1Raw: 43n,
    });
    expect(actions.decodeMintReceipt(pool, [...made(STRANGER), ...paid], WALLET, mint)).toBeNull();
    expect(actions.decodeMintReceipt(pool, [...made(), ...paid], STRANGER, mint)).toBeNull();
    expect(
      actions.decodeMintReceipt(pool, [batch(zeroAddress, WALLET, [5, 7], [1n, 1n])], WALLET, { ...mint, bins: null }),
    ).toBeNull();

    const tokenId = lbTokenId(PAIR, range);
    const burned = variant === "2.0" ? batch(WALLET, PAIR, ids, shares) : batch(WALLET, zeroAddress, ids, shares);
    const got = [transfer(TOKEN_X, PAIR, WALLET, 31n), transfer(TOKEN_Y, PAIR, WALLET, 44n)];
    const input = { tokenId, wallet: WALLET, before: null };
    const inner = variant === "2.0" ? ids.map((id) => single(PAIR, zeroAddress, id, 1n)) : [];
    expect(actions.decodeExitReceipt(pool, [burned, ...inner, ...got], input)).toEqual({
      liquidityRaw: shares.reduce((sum, each) => sum + each, 0n),
      principal0Raw: 31n,
      principal1Raw: 44n,
      paid0Raw: 31n,
      paid1Raw: 44n,
    });
    expect(actions.decodeExitReceipt(pool, got, input)).toBeNull();
    expect(
      actions.decodeExitReceipt(pool, [burned, ...got], { ...input, tokenId: lbTokenId(STRANGER, range) }),
    ).toBeNull();
  });
});

describe("liquidity-book", () => {
  it(`default: token ids hold pair and range (seed ${TEST_SEED})`, () => {
    const id = fc.integer({ min: 0, max: 2 ** 24 - 1 });
    fc.assert(
      fc.property(id, id, fc.bigInt({ min: 0n, max: (1n << 160n) - 1n }), (left, right, pair) => {
        const range = { tickLower: Math.min(left, right), tickUpper: Math.max(left, right) };
        const pairAddress: Address = `0x${pair.toString(16).padStart(40, "0")}`;
        expect(splitLbTokenId(lbTokenId(pairAddress, range))).toEqual({ pair: pairAddress, ...range });
      }),
      { seed: TEST_SEED },
    );
  });

  it("default: fees collected in 2.0 are all fees", () => {
    const pool = poolOf("2.0");
    const [signature] = encodeEventTopics({ abi: LB_LEGACY_PAIR_ABI, eventName: "FeesCollected" });
    const logs: TxLog[] = [
      {
        address: PAIR,
        topics: [signature, topic(WALLET), topic(WALLET)],
        data: encodeAbiParameters(parseAbiParameters("uint256, uint256"), [5n, 6n]),
      },
      transfer(TOKEN_X, PAIR, WALLET, 5n),
      transfer(TOKEN_Y, PAIR, WALLET, 6n),
    ];
    const tokenId = lbTokenId(PAIR, { tickLower: 1, tickUpper: 2 });
    expect(actions.decodeExitReceipt(pool, logs, { tokenId, wallet: WALLET, before: null })).toEqual({
      liquidityRaw: 0n,
      principal0Raw: 0n,
      principal1Raw: 0n,
      paid0Raw: 5n,
      paid1Raw: 6n,
    });
  });

  it("failure: an entry without generation or bin step is refused in words", () => {
    expect(() => actions.encodeMint(poolOf(null), actions.boundMint(poolOf("2.1"), live, request))).toThrow(
      '"2.0", "2.1" or "2.2"',
    );
    expect(() => actions.boundMint({ ...poolOf("2.1"), binStep: null }, live, request)).toThrow("binStep");
  });
});
