// V3-shaped families: published selectors, calldata that survives the way there and back and nothing else, receipts of the right contract.
import * as fc from "fast-check";
import {
  decodeFunctionData,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionData,
  encodeFunctionResult,
  padHex,
  parseAbi,
  toFunctionSelector,
  toHex,
  zeroAddress,
  type Hex,
} from "viem";
import { describe, expect, it } from "vitest";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick, usableTicks } from "@/lib/amm/tick-math";
import type { PoolRef } from "@/lib/registry/pool-ref";
import { MAX_TICK, MIN_TICK, type Address } from "@/lib/units";
import { TEST_SEED } from "@/tests/support/seed";
import { TRANSFER_TOPIC, type TxLog } from "./erc20";
import { FAMILY_ACTIONS } from "./families";
import type { ExitCall, FamilyActions, LivePool, LivePosition, MintCall, TxCall } from "./family";
import { V3_MANAGER_ABI } from "./v3-manager";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const MANAGER = address("d1");
const STRANGER = address("d2");
const WALLET = address("aa");
const POOL = address("b0");
const DEPLOYER = address("de");

const FAMILIES = [
  { family: "uniswap-v3", selector: "0x88316456", isAlgebra: false },
  { family: "pancakeswap-v3", selector: "0x88316456", isAlgebra: false },
  { family: "algebra-integral", selector: "0xfe3f3be7", isAlgebra: true },
  { family: "algebra-v1", selector: "0x9cc1a283", isAlgebra: true },
  { family: "camelot-v3", selector: "0x9cc1a283", isAlgebra: true },
  { family: "slipstream", selector: "0xb5007d1f", isAlgebra: false },
  { family: "ramses-v3", selector: "0x6d70c415", isAlgebra: false },
] as const;

function poolOf(family: (typeof FAMILIES)[number]["family"]): PoolRef {
  return {
    chainId: 31_337,
    family,
    dexId: family,
    variant: null,
    pool: POOL,
    token0: address("01"),
    token1: address("02"),
    contracts: {
      factory: address("fa"),
      positionManager: MANAGER,
      quoterV2: null,
      swapRouter: null,
      poolDeployer: null,
      stateView: null,
      vault: null,
      permit2: null,
    },
    permit2: null,
    feePips: 500,
    tickSpacing: 10,
    hooks: null,
    hooksAllowed: [],
    deployer: family === "algebra-integral" ? DEPLOYER : null,
    binStep: null,
    parameters: null,
  };
}

const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const ticks = fc
  .tuple(fc.integer({ min: MIN_TICK, max: MAX_TICK - 1 }), fc.integer({ min: 1, max: MAX_TICK }))
  .map(([tickLower, width]) => ({ tickLower, tickUpper: Math.min(MAX_TICK, tickLower + width) }));
const mintCalls: fc.Arbitrary<MintCall> = fc
  .record({
    range: ticks,
    amount0DesiredRaw: uint(256),
    amount1DesiredRaw: uint(256),
    amount0MinRaw: uint(256),
    amount1MinRaw: uint(256),
    recipient: uint(160).map((value): Address => toHex(value, { size: 20 })),
    deadlineSec: uint(256),
  })
  .map(({ range, ...rest }) => ({ ...rest, ...range, liquidityRaw: null, bins: null }));
const exitCalls: fc.Arbitrary<ExitCall> = fc
  .record({
    tokenId: uint(256),
    liquidityRaw: fc.oneof(fc.constant(0n), uint(128)),
    closes: fc.boolean(),
    amount0MinRaw: uint(256),
    amount1MinRaw: uint(256),
    recipient: uint(160).map((value): Address => toHex(value, { size: 20 })),
    deadlineSec: uint(256),
  })
  .map((call) => ({
    ...call,
    ...(call.liquidityRaw === 0n ? { amount0MinRaw: 0n, amount1MinRaw: 0n, deadlineSec: 0n } : {}),
    tickLower: 0,
    tickUpper: 0,
    bins: null,
  }));

/** One honest call of each kind. */
const MINT: MintCall = {
  tickLower: -100,
  tickUpper: 200,
  amount0DesiredRaw: 3_000n,
  amount1DesiredRaw: 4_000n,
  amount0MinRaw: 1n,
  amount1MinRaw: 2n,
  liquidityRaw: null,
  recipient: WALLET,
  deadlineSec: 99n,
  bins: null,
};
const EXIT: ExitCall = {
  tickLower: 0,
  tickUpper: 0,
  tokenId: 9n,
  liquidityRaw: 5n,
  closes: true,
  amount0MinRaw: 1n,
  amount1MinRaw: 2n,
  recipient: WALLET,
  deadlineSec: 99n,
  bins: null,
};

function withData(tx: TxCall, data: Hex): TxCall {
  return { ...tx, data };
}

function partsOf(tx: TxCall): readonly Hex[] {
  const outer = decodeFunctionData({ abi: V3_MANAGER_ABI, data: tx.data });
  if (outer.functionName !== "multicall") throw new Error(`an exit is a multicall, found ${outer.functionName}`);
  return outer.args[0];
}

function multicall(parts: readonly (Hex | undefined)[]): Hex {
  return encodeFunctionData({
    abi: V3_MANAGER_ABI,
    functionName: "multicall",
    args: [parts.filter((part) => part !== undefined)],
  });
}

function pair(first: bigint): Hex {
  return encodeAbiParameters([{ type: "uint256" }, { type: "uint256" }], [first, first + 1n]);
}

function answer(results: readonly Hex[]): Hex {
  return encodeFunctionResult({ abi: V3_MANAGER_ABI, functionName: "multicall", result: results });
}

function topic(value: Address | bigint): Hex {
  return padHex(typeof value === "bigint" ? toHex(value) : value, { size: 32 });
}

function signatureOf(topics: readonly (Hex | readonly Hex[] | null)[]): Hex {
  const [signature] = topics;
  if (typeof signature !== "string") throw new Error("an event without a signature");
  return signature;
}

function nftMinted(emitter: Address, to: Address, tokenId: bigint): TxLog {
  return { address: emitter, topics: [TRANSFER_TOPIC, topic(zeroAddress), topic(to), topic(tokenId)], data: "0x" };
}

function increased(emitter: Address, tokenId: bigint, input: { isAlgebra: boolean; pool?: Address }): TxLog {
  const shapes = {
    plain: parseAbi([
      "event IncreaseLiquidity(uint256 indexed tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
    ]),
    algebra: parseAbi([
      "event IncreaseLiquidity(uint256 indexed tokenId, uint128 liquidityDesired, uint128 actualLiquidity, uint256 amount0, uint256 amount1, address pool)",
    ]),
  };
  const words = [{ type: "uint128" }, { type: "uint256" }, { type: "uint256" }] as const;
  return input.isAlgebra
    ? {
        address: emitter,
        topics: [signatureOf(encodeEventTopics({ abi: shapes.algebra, args: { tokenId } })), topic(tokenId)],
        data: encodeAbiParameters(
          [{ type: "uint128" }, ...words, { type: "address" }],
          [8n, 7n, 100n, 200n, input.pool ?? POOL],
        ),
      }
    : {
        address: emitter,
        topics: [signatureOf(encodeEventTopics({ abi: shapes.plain, args: { tokenId } })), topic(tokenId)],
        data: encodeAbiParameters(words, [7n, 100n, 200n]),
      };
}

function managerEvent(name: "DecreaseLiquidity" | "Collect", emitter: Address, tokenId: bigint): TxLog {
  const words = [{ type: "uint256" }, { type: "uint256" }] as const;
  return {
    address: emitter,
    topics: [
      signatureOf(encodeEventTopics({ abi: V3_MANAGER_ABI, eventName: name, args: { tokenId } })),
      topic(tokenId),
    ],
    data:
      name === "Collect"
        ? encodeAbiParameters([{ type: "address" }, ...words], [WALLET, 103n, 204n])
        : encodeAbiParameters([{ type: "uint128" }, ...words], [7n, 100n, 200n]),
  };
}

const livePool = (tick: number): LivePool => ({
  sqrtPriceX96: sqrtAtTick(tick),
  tick,
  liquidityRaw: 10n ** 18n,
  fee0Pips: 500,
  fee1Pips: 500,
  protocolShareFrac: 0,
  tickSpacing: 10,
});

const livePosition = (input: { tickLower: number; tickUpper: number; liquidityRaw: bigint }): LivePosition => ({
  ...input,
  tokenId: 9n,
  owner: WALLET,
  token0: address("01"),
  token1: address("02"),
  principal0Raw: 0n,
  principal1Raw: 0n,
  fees0Raw: 0n,
  fees1Raw: 0n,
  bins: null,
});

describe.each(FAMILIES)("$family actions", ({ family, selector, isAlgebra }) => {
  const actions: FamilyActions = FAMILY_ACTIONS[family];
  const pool = poolOf(family);

  it("default: the table holds it under its name, and its mint has the published selector", () => {
    expect(actions.family).toBe(family);
    const tx = actions.encodeMint(pool, MINT);
    expect(tx.data.slice(0, 10)).toBe(selector);
    expect(tx).toMatchObject({ to: MANAGER, valueRaw: 0n });
  });

  it(`behavior: every mint and every exit decodes to what was encoded (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(mintCalls, exitCalls, (mint, exit) => {
        expect(actions.decodeMint(pool, actions.encodeMint(pool, mint))).toEqual(mint);
        expect(actions.decodeExit(pool, actions.encodeExit(pool, exit))).toEqual(exit);
      }),
      { numRuns: 150, seed: TEST_SEED },
    );
  });

  it(`behavior: one changed byte is another call or none, never the same (seed ${TEST_SEED})`, () => {
    const places = fc.record({
      kind: fc.constantFrom("mint", "exit"),
      at: fc.nat(),
      by: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(places, ({ kind, at, by }) => {
        const tx = kind === "mint" ? actions.encodeMint(pool, MINT) : actions.encodeExit(pool, EXIT);
        const byte = at % ((tx.data.length - 2) / 2);
        const start = 2 + byte * 2;
        const changed = (Number.parseInt(tx.data.slice(start, start + 2), 16) ^ by).toString(16).padStart(2, "0");
        const other = withData(tx, `0x${tx.data.slice(2, start)}${changed}${tx.data.slice(start + 2)}`);
        if (kind === "mint") {
          const call = actions.decodeMint(pool, other);
          expect(call).not.toEqual(MINT);
          if (call !== null) expect(actions.encodeMint(pool, call).data).toBe(other.data);
        } else {
          const call = actions.decodeExit(pool, other);
          expect(call).not.toEqual(EXIT);
          if (call !== null) expect(actions.encodeExit(pool, call).data).toBe(other.data);
        }
      }),
      { numRuns: 200, seed: TEST_SEED },
    );
  });

  it("behavior: a mint into another pool, with value, elsewhere or with trailing bytes is not a mint", () => {
    const tx = actions.encodeMint(pool, MINT);
    expect(actions.decodeMint({ ...pool, token0: address("03") }, tx)).toBeNull();
    expect(actions.decodeMint({ ...pool, token1: address("03") }, tx)).toBeNull();
    expect(actions.decodeMint(pool, { ...tx, to: STRANGER })).toBeNull();
    expect(actions.decodeMint(pool, { ...tx, valueRaw: 1n })).toBeNull();
    expect(actions.decodeMint(pool, withData(tx, `${tx.data}00`))).toBeNull();
    expect(actions.decodeMint(pool, withData(tx, `0x${tx.data.slice(2, -2)}`))).toBeNull();
    expect(actions.decodeMint(pool, actions.encodeExit(pool, EXIT))).toBeNull();
    expect(actions.decodeMint(pool, withData(tx, "0x"))).toBeNull();
    const byFee = family === "uniswap-v3" || family === "pancakeswap-v3";
    const bySpacing = family === "slipstream" || family === "ramses-v3";
    if (byFee) expect(actions.decodeMint({ ...pool, feePips: 3_000 }, tx)).toBeNull();
    if (bySpacing) expect(actions.decodeMint({ ...pool, tickSpacing: 50 }, tx)).toBeNull();
    if (family === "algebra-integral") expect(actions.decodeMint({ ...pool, deployer: null }, tx)).toBeNull();
    expect(actions.decodeMint(pool, withData(tx, `0x${tx.data.slice(2).toUpperCase()}`))).toEqual(MINT);
  });

  it("behavior: the recipient of a mint and of an exit is what the bytes say", () => {
    const mint = actions.encodeMint(pool, { ...MINT, recipient: STRANGER });
    expect(actions.decodeMint(pool, mint)?.recipient).toBe(STRANGER);
    const exit = actions.encodeExit(pool, { ...EXIT, recipient: STRANGER });
    expect(actions.decodeExit(pool, exit)?.recipient).toBe(STRANGER);
  });

  it("behavior: a multicall with a part more, less, twice, of another token or in another order is not an exit", () => {
    const tx = actions.encodeExit(pool, EXIT);
    const [decrease, collect, burn] = partsOf(tx);
    const [, otherCollect] = partsOf(actions.encodeExit(pool, { ...EXIT, tokenId: 10n }));
    const other = encodeFunctionData({ abi: V3_MANAGER_ABI, functionName: "multicall", args: [[]] });
    const partial = encodeFunctionData({
      abi: V3_MANAGER_ABI,
      functionName: "collect",
      args: [{ tokenId: 9n, recipient: WALLET, amount0Max: 1n, amount1Max: 1n }],
    });
    expect(actions.decodeExit(pool, withData(tx, multicall([decrease, collect, burn])))).toEqual(EXIT);
    for (const parts of [
      [],
      [decrease],
      [burn],
      [decrease, burn],
      [collect, decrease, burn],
      [decrease, collect, burn, burn],
      [decrease, decrease, collect, burn],
      [decrease, collect, otherCollect, burn],
      [decrease, otherCollect, burn],
      [decrease, collect, other, burn],
      [decrease, partial, burn],
      [decrease, collect, burn, `${collect ?? "0x"}00` as const],
    ]) {
      expect(actions.decodeExit(pool, withData(tx, multicall(parts)))).toBeNull();
    }
    expect(actions.decodeExit(pool, withData(tx, `${tx.data}00`))).toBeNull();
    expect(actions.decodeExit(pool, withData(tx, collect ?? "0x"))).toBeNull();
    expect(actions.decodeExit(pool, { ...tx, to: STRANGER })).toBeNull();
    expect(actions.decodeExit(pool, { ...tx, valueRaw: 1n })).toBeNull();
    // Without the burn it is a partial exit, and says so.
    expect(actions.decodeExit(pool, withData(tx, multicall([decrease, collect])))).toEqual({ ...EXIT, closes: false });
  });

  it("behavior: a receipt's position comes from the manager's own logs, whatever stands before them", () => {
    const honest = [nftMinted(MANAGER, WALLET, 5n), increased(MANAGER, 5n, { isAlgebra })];
    const foreign = [
      nftMinted(STRANGER, WALLET, 4n),
      increased(STRANGER, 4n, { isAlgebra }),
      increased(STRANGER, 5n, { isAlgebra }),
      managerEvent("Collect", STRANGER, 5n),
    ];
    const facts = {
      tickLower: -100,
      tickUpper: 200,
      tokenId: 5n,
      liquidityRaw: 7n,
      amount0Raw: 100n,
      amount1Raw: 200n,
    };
    expect(actions.decodeMintReceipt(pool, [...foreign, ...honest], WALLET, MINT)).toEqual(facts);
    expect(actions.decodeMintReceipt(pool, foreign, WALLET, MINT)).toBeNull();
    expect(actions.decodeMintReceipt(pool, honest, STRANGER, MINT)).toBeNull();
    expect(actions.decodeMintReceipt(pool, honest.slice(0, 1), WALLET, MINT)).toBeNull();
    // Two tokens of ours in one receipt: nobody can say which one the call made.
    expect(actions.decodeMintReceipt(pool, [nftMinted(MANAGER, WALLET, 6n), ...honest], WALLET, MINT)).toBeNull();
    if (isAlgebra) {
      const elsewhere = [nftMinted(MANAGER, WALLET, 5n), increased(MANAGER, 5n, { isAlgebra, pool: STRANGER })];
      expect(actions.decodeMintReceipt(pool, elsewhere, WALLET, MINT)).toBeNull();
    }
  });

  it("behavior: what an exit paid is the sum of the manager's own events of that token", () => {
    const logs = [
      managerEvent("DecreaseLiquidity", MANAGER, 5n),
      managerEvent("Collect", STRANGER, 5n),
      managerEvent("Collect", MANAGER, 6n),
      managerEvent("Collect", MANAGER, 5n),
    ];
    const read = (tokenId: bigint, of: readonly TxLog[] = logs) =>
      actions.decodeExitReceipt(pool, of, { tokenId, wallet: WALLET, before: null });
    expect(read(5n)).toEqual({
      liquidityRaw: 7n,
      principal0Raw: 100n,
      principal1Raw: 200n,
      paid0Raw: 103n,
      paid1Raw: 204n,
    });
    expect(read(7n)).toBeNull();
    expect(read(5n, logs.slice(0, 3))).toBeNull();
  });

  it("behavior: grants name the manager and only tokens that are spent; an exit needs none", () => {
    const grants = actions.mintGrants(pool, { amount0Raw: 1n, amount1Raw: 2n });
    expect(grants).toEqual([
      { kind: "erc20", token: pool.token0, spender: MANAGER },
      { kind: "erc20", token: pool.token1, spender: MANAGER },
    ]);
    expect(actions.mintGrants(pool, { amount0Raw: 0n, amount1Raw: 2n })).toEqual(grants.slice(1));
    expect(actions.exitGrants(pool)).toEqual([]);
  });

  it("behavior: an answer of a simulated mint or exit is read, and an answer of another shape is null", () => {
    const mintAnswer = encodeAbiParameters(
      [{ type: "uint256" }, { type: "uint128" }, { type: "uint256" }, { type: "uint256" }],
      [5n, 7n, 100n, 200n],
    );
    expect(actions.decodeMintResult(pool, MINT, mintAnswer)).toEqual({ amount0Raw: 100n, amount1Raw: 200n });
    expect(actions.decodeMintResult(pool, MINT, "0x")).toBeNull();
    expect(actions.decodeExitResult(pool, EXIT, answer([pair(1n), pair(50n), "0x"]))).toEqual({
      amount0Raw: 50n,
      amount1Raw: 51n,
    });
    const partial = { ...EXIT, closes: false };
    expect(actions.decodeExitResult(pool, partial, answer([pair(1n), pair(50n)]))?.amount0Raw).toBe(50n);
    expect(actions.decodeExitResult(pool, EXIT, answer([]))).toBeNull();
    expect(actions.decodeExitResult(pool, EXIT, "0x")).toBeNull();
  });
});

describe("bounds of V3-shaped calls", () => {
  const actions = FAMILY_ACTIONS["uniswap-v3"];
  const pool = poolOf("uniswap-v3");
  const usable = usableTicks(10);

  it(`behavior: minimums never exceed what is offered or held, and a whole exit ends the position (seed ${TEST_SEED})`, () => {
    const cases = fc.record({
      tick: fc.integer({ min: usable.min + 2_000, max: usable.max - 2_000 }),
      below: fc.integer({ min: -50, max: 150 }),
      width: fc.integer({ min: 1, max: 150 }),
      amount0: uint(96),
      amount1: uint(96),
      liquidityRaw: uint(100),
      bandBps: fc.integer({ min: 0, max: 500 }),
    });
    fc.assert(
      fc.property(cases, ({ tick, below, width, amount0, amount1, liquidityRaw, bandBps }) => {
        const tickLower = (Math.floor(tick / 10) - below) * 10;
        const range = { tickLower, tickUpper: tickLower + width * 10 };
        const mint = actions.boundMint(pool, livePool(tick), {
          ...range,
          amount0DesiredRaw: amount0,
          amount1DesiredRaw: amount1,
          bandBps,
          shape: null,
          recipient: WALLET,
          deadlineSec: 99n,
        });
        expect(mint.amount0MinRaw).toBeLessThanOrEqual(amount0);
        expect(mint.amount1MinRaw).toBeLessThanOrEqual(amount1);
        const exit = actions.boundExit(
          pool,
          { pool: livePool(tick), position: livePosition({ ...range, liquidityRaw }) },
          { liquidityRaw: null, bandBps, recipient: WALLET, deadlineSec: 99n },
        );
        const bounds = { sqrtAX96: sqrtAtTick(range.tickLower), sqrtBX96: sqrtAtTick(range.tickUpper) };
        const held = amountsForLiquidity(sqrtAtTick(tick), bounds, liquidityRaw, "down");
        expect(exit.amount0MinRaw).toBeLessThanOrEqual(held.amount0);
        expect(exit.amount1MinRaw).toBeLessThanOrEqual(held.amount1);
        expect(exit).toMatchObject({ closes: true, liquidityRaw, deadlineSec: liquidityRaw > 0n ? 99n : 0n, ...range });
      }),
      { numRuns: 300, seed: TEST_SEED },
    );
  });

  it("behavior: a part of a position leaves it open, all of it without a part named ends it", () => {
    const position = livePosition({ tickLower: -100, tickUpper: 100, liquidityRaw: 1_000_000n });
    const exit = (liquidityRaw: bigint | null) =>
      actions.boundExit(
        pool,
        { pool: livePool(0), position },
        { liquidityRaw, bandBps: 50, recipient: WALLET, deadlineSec: 99n },
      );
    expect(exit(400_000n)).toMatchObject({ liquidityRaw: 400_000n, closes: false });
    expect(exit(0n)).toMatchObject({ liquidityRaw: 0n, closes: false, amount0MinRaw: 0n, deadlineSec: 0n });
    expect(exit(null)).toMatchObject({ liquidityRaw: 1_000_000n, closes: true });
    expect(() => exit(1_000_001n)).toThrow("at most the liquidity");
    expect(() => exit(-1n)).toThrow("at most the liquidity");
  });

  it("error: a position of another pool is never bound at this pool's price", () => {
    const position = { ...livePosition({ tickLower: -100, tickUpper: 100, liquidityRaw: 5n }), otherPool: STRANGER };
    const request = { liquidityRaw: null, bandBps: 50, recipient: WALLET, deadlineSec: 99n };
    expect(() => actions.boundExit(pool, { pool: livePool(0), position }, request)).toThrow(STRANGER);
  });

  it("error: a pool without the part of its key that a mint names cannot be minted into", () => {
    expect(() => actions.encodeMint({ ...pool, feePips: null }, MINT)).toThrow("named by its fee");
    const slipstream = poolOf("slipstream");
    expect(() => FAMILY_ACTIONS.slipstream.encodeMint({ ...slipstream, tickSpacing: null }, MINT)).toThrow(
      "named by its tick spacing",
    );
  });

  it("default: functions all managers share have the published selectors", () => {
    const selectors = V3_MANAGER_ABI.filter((item) => item.type === "function").map((item) => toFunctionSelector(item));
    expect(selectors).toEqual(["0x0c49ccbe", "0xfc6f7865", "0x42966c68", "0xac9650d8"]);
  });
});
