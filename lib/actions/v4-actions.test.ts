// Uniswap V4 and PancakeSwap Infinity calldata: there and back, hostile bytes refused, bounds that hold, pool ids derived again, receipts.
import * as fc from "fast-check";
import {
  decodeAbiParameters,
  decodeFunctionData,
  encodeAbiParameters,
  encodeFunctionData,
  keccak256,
  padHex,
  parseAbiParameters,
  toEventSelector,
  toHex,
  zeroAddress,
  type Hex,
} from "viem";
import { describe, expect, it } from "vitest";
import { amountsForLiquidity, slippageBand } from "@/lib/amm/liquidity";
import { positionBandBps } from "@/lib/plan/slippage";
import { sqrtAtTick, tickAtSqrt } from "@/lib/amm/tick-math";
import { CHAINS } from "@/lib/registry/chains";
import { DEXES } from "@/lib/registry/dexes";
import { findPoolRef, type PoolRef } from "@/lib/registry/pool-ref";
import { POOLS } from "@/lib/registry/pools";
import { registrySchema } from "@/lib/registry/schema";
import { TOKENS } from "@/lib/registry/tokens";
import type { Address } from "@/lib/units";
import { TEST_SEED } from "@/tests/support/seed";
import { TRANSFER_TOPIC, type TxLog } from "./erc20";
import type { FamilyActions, LivePool, LivePosition, TxCall } from "./family";
import {
  encodeInfinityKey,
  infinityKey,
  pancakeswapInfinityActions,
  parametersOfSpacing,
} from "./pancakeswap-infinity";
import { encodeUniswapV4Key, uniswapV4Actions, uniswapV4Key } from "./uniswap-v4";
import { MODIFY_LIQUIDITY_TOPIC, V4_MANAGER_ABI } from "./v4-actions";

const SEEDED = { seed: TEST_SEED };
const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const [TOKEN0, TOKEN1, WALLET, STRANGER] = [address("10"), address("20"), address("aa"), address("bb")];
const [POOL_MANAGER, MANAGER, PERMIT2, HOOK] = [address("c1"), address("c2"), address("c3"), address("c4")];
const UNLOCK = parseAbiParameters("bytes actions, bytes[] params");

const common = {
  chainId: 1,
  dexId: "test",
  variant: null,
  token0: TOKEN0,
  token1: TOKEN1,
  contracts: {
    factory: POOL_MANAGER,
    positionManager: MANAGER,
    quoterV2: null,
    swapRouter: null,
    poolDeployer: null,
    stateView: address("c5"),
    vault: null,
    permit2: null,
  },
  permit2: PERMIT2,
  feePips: 500,
  tickSpacing: 10,
  hooks: null,
  hooksAllowed: [],
  deployer: null,
  binStep: null,
  parameters: null,
} as const;

function uniswapPool(change: Partial<PoolRef> = {}): PoolRef {
  const base: PoolRef = { ...common, family: "uniswap-v4", pool: "0x", ...change };
  const key = {
    currency0: base.token0,
    currency1: base.token1,
    fee: base.feePips ?? 0x800000,
    tickSpacing: base.tickSpacing ?? 0,
    hooks: base.hooks ?? zeroAddress,
  };
  return { ...base, pool: keccak256(encodeUniswapV4Key(key)) };
}

function infinityPool(change: Partial<PoolRef> = {}): PoolRef {
  const base: PoolRef = { ...common, family: "pancakeswap-infinity", pool: "0x", ...change };
  const key = {
    currency0: base.token0,
    currency1: base.token1,
    hooks: base.hooks ?? zeroAddress,
    poolManager: POOL_MANAGER,
    fee: base.feePips ?? 0x800000,
    parameters: base.parameters ?? parametersOfSpacing(base.tickSpacing ?? 0),
  };
  return { ...base, pool: keccak256(encodeInfinityKey(key)) };
}

const FAMILIES: readonly {
  readonly actions: FamilyActions;
  readonly poolOf: (change?: Partial<PoolRef>) => PoolRef;
}[] = [
  { actions: uniswapV4Actions, poolOf: uniswapPool },
  { actions: pancakeswapInfinityActions, poolOf: infinityPool },
];

const liveAt = (tick: number, offset = 0n): LivePool => ({
  sqrtPriceX96: sqrtAtTick(tick) + offset,
  tick: tickAtSqrt(sqrtAtTick(tick) + offset),
  liquidityRaw: 1n,
  fee0Pips: 500,
  fee1Pips: 500,
  protocolShareFrac: 0,
  tickSpacing: 10,
});

const request = {
  tickLower: -1_000,
  tickUpper: 1_000,
  amount0DesiredRaw: 10n ** 18n,
  amount1DesiredRaw: 10n ** 18n,
  bandBps: 30,
  shape: null,
  recipient: WALLET,
  deadlineSec: 1_800_000_000n,
} as const;

/** The bytes with another action list, or with one of its parameters changed. */
function tampered(tx: TxCall, change: (actions: Hex, params: Hex[]) => { actions: Hex; params: Hex[] }): TxCall {
  const { args } = decodeFunctionData({ abi: V4_MANAGER_ABI, data: tx.data });
  const [actions, params] = decodeAbiParameters(UNLOCK, args[0]);
  const next = change(actions, [...params]);
  const unlock = encodeAbiParameters(UNLOCK, [next.actions, next.params]);
  return {
    ...tx,
    data: encodeFunctionData({ abi: V4_MANAGER_ABI, functionName: "modifyLiquidities", args: [unlock, args[1]] }),
  };
}

const topic = (value: Address | bigint): Hex => padHex(typeof value === "bigint" ? toHex(value) : value, { size: 32 });
const transfer = (token: Address, from: Address, to: Address, amount: bigint): TxLog => ({
  address: token,
  topics: [TRANSFER_TOPIC, topic(from), topic(to)],
  data: topic(amount),
});
const nft = (from: Address, to: Address, id: bigint, emitter = MANAGER): TxLog => ({
  address: emitter,
  topics: [TRANSFER_TOPIC, topic(from), topic(to), topic(id)],
  data: "0x",
});
const modified = (pool: PoolRef, id: bigint, delta: bigint, emitter = POOL_MANAGER): TxLog => ({
  address: emitter,
  topics: [MODIFY_LIQUIDITY_TOPIC, pool.pool, topic(MANAGER)],
  data: encodeAbiParameters(parseAbiParameters("int24, int24, int256, bytes32"), [-1_000, 1_000, delta, topic(id)]),
});

const pair = (left: Address, right: Address) =>
  encodeAbiParameters(parseAbiParameters("address, address"), [left, right]);

describe.each(FAMILIES)("$actions.family", ({ actions, poolOf }) => {
  const pool = poolOf();
  const mint = actions.boundMint(pool, liveAt(5), request);
  const position: LivePosition = {
    tokenId: 7n,
    owner: WALLET,
    token0: TOKEN0,
    token1: TOKEN1,
    tickLower: -1_000,
    tickUpper: 1_000,
    liquidityRaw: 10n ** 18n,
    principal0Raw: 1n,
    principal1Raw: 1n,
    fees0Raw: 30n,
    fees1Raw: 40n,
    bins: null,
  };
  const exitRequest = { liquidityRaw: null, bandBps: 30, recipient: WALLET, deadlineSec: 1_800_000_000n };
  const close = actions.boundExit(pool, { pool: liveAt(5), position }, exitRequest);

  it(`default: a mint decodes to what was encoded, whatever its values (seed ${TEST_SEED})`, () => {
    const uint128 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
    fc.assert(
      fc.property(
        fc.integer({ min: -887_272, max: 887_271 }),
        fc.integer({ min: 1, max: 1_000 }),
        uint128,
        uint128,
        fc.bigInt({ min: 1n, max: (1n << 128n) - 1n }),
        (tickLower, width, amount0DesiredRaw, amount1DesiredRaw, liquidityRaw) => {
          const call = {
            ...mint,
            tickLower,
            tickUpper: tickLower + width,
            amount0DesiredRaw,
            amount1DesiredRaw,
            liquidityRaw,
          };
          expect(actions.decodeMint(pool, actions.encodeMint(pool, call))).toEqual(call);
        },
      ),
      SEEDED,
    );
  });

  it("default: exits decode to what their bytes say; ticks, and the liquidity of a close, are not in them", () => {
    const part = actions.boundExit(pool, { pool: liveAt(5), position }, { ...exitRequest, liquidityRaw: 5n });
    const collect = actions.boundExit(pool, { pool: liveAt(5), position }, { ...exitRequest, liquidityRaw: 0n });
    for (const call of [part, collect]) {
      expect(actions.decodeExit(pool, actions.encodeExit(pool, call))).toEqual({ ...call, tickLower: 0, tickUpper: 0 });
    }
    expect(close.closes).toBe(true);
    expect(close.amount0MinRaw).toBeGreaterThan(0n);
    expect(actions.decodeExit(pool, actions.encodeExit(pool, close))).toEqual({
      ...close,
      tickLower: 0,
      tickUpper: 0,
      liquidityRaw: 0n,
    });
  });

  it("protection: another recipient decodes as that recipient; placeholders are refused both ways", () => {
    const exitTo = (recipient: Address) =>
      tampered(actions.encodeExit(pool, close), (list, [first = "0x"]) => ({
        actions: list,
        params: [
          first,
          encodeAbiParameters(parseAbiParameters("address, address, address"), [TOKEN0, TOKEN1, recipient]),
        ],
      }));
    expect(actions.decodeExit(pool, exitTo(STRANGER))?.recipient).toBe(STRANGER);
    expect(actions.decodeExit(pool, exitTo("0x0000000000000000000000000000000000000001"))).toBeNull();
    expect(actions.decodeExit(pool, exitTo("0x0000000000000000000000000000000000000002"))).toBeNull();
    expect(() => actions.encodeExit(pool, { ...close, recipient: zeroAddress })).toThrow("wallet's own address");
    expect(() => actions.encodeMint(pool, { ...mint, recipient: zeroAddress })).toThrow("wallet's own address");
  });

  it("protection: other actions, more actions, other tokens, hook data, value and target decode to null", () => {
    const mintTx = actions.encodeMint(pool, mint);
    const exitTx = actions.encodeExit(pool, close);
    expect(actions.decodeMint(pool, mintTx)).not.toBeNull();
    const sweep = encodeAbiParameters(parseAbiParameters("address, address"), [TOKEN0, STRANGER]);
    const hostileMints = [
      tampered(mintTx, (list, params) => ({ actions: `${list}14`, params: [...params, sweep] })),
      tampered(mintTx, (_list, params) => ({ actions: "0x0211", params })),
      tampered(mintTx, (list, params) => ({ actions: list, params: [...params, "0x"] })),
      tampered(mintTx, (list, [first = "0x"]) => ({ actions: list, params: [first, pair(TOKEN0, STRANGER)] })),
      { ...mintTx, valueRaw: 1n },
      { ...mintTx, to: STRANGER },
      { ...mintTx, data: `${mintTx.data}00` as const },
      { ...mintTx, data: "0xdeadbeef" as const },
    ];
    for (const tx of hostileMints) expect(actions.decodeMint(pool, tx)).toBeNull();
    const hostileExits = [
      tampered(exitTx, (list, params) => ({ actions: `${list}14`, params: [...params, sweep] })),
      tampered(exitTx, (list, [first = "0x"]) => ({
        actions: list,
        params: [
          first,
          encodeAbiParameters(parseAbiParameters("address, address, address"), [TOKEN0, STRANGER, WALLET]),
        ],
      })),
      tampered(exitTx, (list, [, take = "0x"]) => ({
        actions: list,
        params: [
          encodeAbiParameters(parseAbiParameters("uint256, uint128, uint128, bytes"), [7n, 0n, 0n, "0x01"]),
          take,
        ],
      })),
      { ...exitTx, valueRaw: 1n },
      { ...exitTx, to: STRANGER },
    ];
    for (const tx of hostileExits) expect(actions.decodeExit(pool, tx)).toBeNull();
    expect(actions.decodeMint(pool, exitTx)).toBeNull();
    expect(actions.decodeExit(pool, mintTx)).toBeNull();
  });

  it("protection: bytes for another pool of the same tokens decode to null, and an entry whose key gives another id is refused", () => {
    const other = poolOf({ feePips: 3_000, tickSpacing: 60 });
    expect(actions.decodeMint(pool, actions.encodeMint(other, mint))).toBeNull();
    const wrong = { ...pool, feePips: 3_000 };
    expect(() => actions.encodeMint(wrong, mint)).toThrow("another pool id");
    expect(() => actions.encodeExit(wrong, close)).toThrow("another pool id");
    expect(actions.decodeMint(wrong, actions.encodeMint(pool, mint))).toBeNull();
    expect(actions.decodeExit(wrong, actions.encodeExit(pool, close))).toBeNull();
  });

  it("protection: a hook that is not allowed opens nothing, but what lies under it can be taken out", () => {
    const parameters: Hex = `0x${((10n << 16n) | 0x55n).toString(16).padStart(64, "0")}`;
    const hooked = poolOf({ hooks: HOOK, parameters });
    expect(() => actions.boundMint(hooked, liveAt(5), request)).toThrow("hooksAllowed");
    expect(() => actions.encodeMint(hooked, mint)).toThrow("hooksAllowed");
    expect(actions.decodeExit(hooked, actions.encodeExit(hooked, close))?.tokenId).toBe(7n);
    const allowed = { ...hooked, hooksAllowed: [HOOK] };
    expect(actions.decodeMint(allowed, actions.encodeMint(allowed, mint))).toEqual(mint);
    // The same bytes are refused where the list lacks the hook.
    expect(actions.decodeMint(hooked, actions.encodeMint(allowed, mint))).toBeNull();
  });

  it("failure: pools of the chain's own coin are refused in words", () => {
    const native = poolOf({ token0: zeroAddress });
    expect(() => actions.encodeMint(native, mint)).toThrow("chain's own coin");
  });

  it("default: rights for a mint are the token's for Permit2, then Permit2's for the manager, per token that is used", () => {
    const grants = actions.mintGrants(pool, { amount0Raw: 1n, amount1Raw: 2n });
    expect(grants.map(({ kind, token, spender }) => [kind, token, spender])).toEqual([
      ["erc20", TOKEN0, PERMIT2],
      ["permit2", TOKEN0, MANAGER],
      ["erc20", TOKEN1, PERMIT2],
      ["permit2", TOKEN1, MANAGER],
    ]);
    expect(actions.mintGrants(pool, { amount0Raw: 0n, amount1Raw: 2n })).toHaveLength(2);
    expect(actions.exitGrants(pool)).toEqual([]);
    expect(() => actions.mintGrants({ ...pool, permit2: null }, { amount0Raw: 1n, amount1Raw: 0n })).toThrow("Permit2");
  });

  it(`boundary: limits fit the desired amounts, cover the whole band, and a price outside needs more (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -200_000, max: 200_000 }),
        fc.integer({ min: 1, max: 4_000 }),
        fc.integer({ min: 1, max: 4_000 }),
        fc.bigInt({ min: 10n ** 6n, max: 10n ** 27n }),
        fc.bigInt({ min: 10n ** 6n, max: 10n ** 27n }),
        fc.integer({ min: 1, max: 100 }),
        (tick, below, above, amount0DesiredRaw, amount1DesiredRaw, bandBps) => {
          const [tickLower, tickUpper] = [tick - below, tick + above];
          const live = liveAt(tick);
          const ask = { ...request, tickLower, tickUpper, amount0DesiredRaw, amount1DesiredRaw, bandBps };
          const bounds = { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) };
          let call;
          try {
            call = actions.boundMint(pool, live, ask);
          } catch (error) {
            expect(String(error)).toContain("too small");
            return;
          }
          const liquidity = call.liquidityRaw ?? 0n;
          expect(call.amount0DesiredRaw).toBeLessThanOrEqual(amount0DesiredRaw);
          expect(call.amount1DesiredRaw).toBeLessThanOrEqual(amount1DesiredRaw);
          const effective = positionBandBps({ tick, tickLower, tickUpper, maxSlippageBps: bandBps });
          const { loX96, hiX96 } = slippageBand(live.sqrtPriceX96, effective);
          for (const price of [loX96, live.sqrtPriceX96, hiX96]) {
            const needs = amountsForLiquidity(price, bounds, liquidity, "up");
            expect(needs.amount0).toBeLessThanOrEqual(call.amount0DesiredRaw);
            expect(needs.amount1).toBeLessThanOrEqual(call.amount1DesiredRaw);
          }
          // One tick beyond the band, where the range still has both tokens and the amounts are far above rounding.
          const lower = slippageBand(live.sqrtPriceX96, effective + 2).loX96;
          if (lower > bounds.sqrtAX96 && liquidity > 10n ** 12n && call.amount0DesiredRaw > 10n ** 6n) {
            expect(amountsForLiquidity(lower, bounds, liquidity, "up").amount0).toBeGreaterThan(
              call.amount0DesiredRaw - 2n,
            );
          }
        },
      ),
      SEEDED,
    );
  });

  it("boundary: a range beside the price takes one token only, and too little opens nothing", () => {
    const above = actions.boundMint(pool, liveAt(-2_000), request);
    expect(above.amount1DesiredRaw).toBe(0n);
    expect(above.amount0DesiredRaw).toBeGreaterThan(request.amount0DesiredRaw - 10n);
    const below = actions.boundMint(pool, liveAt(2_000), request);
    expect(below.amount0DesiredRaw).toBe(0n);
    expect(() => actions.boundMint(pool, liveAt(5), { ...request, amount0DesiredRaw: 0n })).toThrow("too small");
  });

  it("default: a mint receipt gives token, liquidity and what the wallet paid; strangers' logs count for nothing", () => {
    const logs = [
      nft(zeroAddress, WALLET, 7n),
      modified(pool, 7n, 500n),
      transfer(TOKEN0, WALLET, POOL_MANAGER, 11n),
      transfer(TOKEN1, WALLET, POOL_MANAGER, 12n),
      transfer(STRANGER, WALLET, POOL_MANAGER, 99n),
    ];
    expect(actions.decodeMintReceipt(pool, logs, WALLET, mint)).toEqual({
      tokenId: 7n,
      tickLower: -1_000,
      tickUpper: 1_000,
      liquidityRaw: 500n,
      amount0Raw: 11n,
      amount1Raw: 12n,
    });
    expect(
      actions.decodeMintReceipt(pool, [nft(zeroAddress, WALLET, 7n, STRANGER), ...logs.slice(1)], WALLET, mint),
    ).toBeNull();
    expect(
      actions.decodeMintReceipt(pool, [nft(zeroAddress, WALLET, 7n), modified(pool, 7n, 500n, STRANGER)], WALLET, mint),
    ).toBeNull();
    expect(actions.decodeMintReceipt(pool, logs, STRANGER, mint)).toBeNull();
    const other = poolOf({ feePips: 3_000, tickSpacing: 60 });
    expect(actions.decodeMintReceipt(other, logs, WALLET, mint)).toBeNull();
  });

  it("default: an exit receipt gives what was paid, with the fees of `before` apart; a collection is all fees", () => {
    const paid = [transfer(TOKEN0, POOL_MANAGER, WALLET, 130n), transfer(TOKEN1, POOL_MANAGER, WALLET, 240n)];
    const input = { tokenId: 7n, wallet: WALLET, before: position };
    expect(actions.decodeExitReceipt(pool, [modified(pool, 7n, -500n), ...paid], input)).toEqual({
      liquidityRaw: 500n,
      principal0Raw: 100n,
      principal1Raw: 200n,
      paid0Raw: 130n,
      paid1Raw: 240n,
    });
    expect(actions.decodeExitReceipt(pool, [modified(pool, 7n, 0n), ...paid], { ...input, before: null })).toEqual({
      liquidityRaw: 0n,
      principal0Raw: 0n,
      principal1Raw: 0n,
      paid0Raw: 130n,
      paid1Raw: 240n,
    });
    expect(actions.decodeExitReceipt(pool, [nft(WALLET, zeroAddress, 7n)], input)).toEqual({
      liquidityRaw: 0n,
      principal0Raw: 0n,
      principal1Raw: 0n,
      paid0Raw: 0n,
      paid1Raw: 0n,
    });
    expect(actions.decodeExitReceipt(pool, [modified(pool, 8n, -500n), ...paid], input)).toBeNull();
  });
});

it("default: Infinity's own log says the fees of an exit, and they win over what was read before", () => {
  const pool = infinityPool();
  const fees = BigInt.asIntN(256, (20n << 128n) | 25n);
  const logs: TxLog[] = [
    modified(pool, 7n, -500n),
    {
      address: MANAGER,
      topics: [toEventSelector("ModifyLiquidity(uint256,int256,int256)"), topic(7n)],
      data: encodeAbiParameters(parseAbiParameters("int256, int256"), [-500n, fees]),
    },
    transfer(TOKEN0, POOL_MANAGER, WALLET, 130n),
    transfer(TOKEN1, POOL_MANAGER, WALLET, 240n),
  ];
  const facts = pancakeswapInfinityActions.decodeExitReceipt(pool, logs, { tokenId: 7n, wallet: WALLET, before: null });
  expect(facts).toMatchObject({ principal0Raw: 110n, principal1Raw: 215n, paid0Raw: 130n, paid1Raw: 240n });
});

describe("pool ids of the registry", () => {
  const registry = registrySchema.parse({
    version: 1,
    chains: CHAINS,
    tokens: TOKENS,
    dexes: DEXES,
    pools: POOLS,
    pairs: [],
  });
  const refs = POOLS.flatMap((entry) => {
    const ref = findPoolRef(registry, entry.chainId, entry.id);
    if (ref === null || (ref.family !== "uniswap-v4" && ref.family !== "pancakeswap-infinity")) return [];
    // Entries whose key nobody knows are switched off in the registry.
    return entry.fee === null || BigInt(ref.token0) === 0n ? [] : [ref];
  });

  it("default: every key of the registry gives its pool's id", () => {
    // 18 entries: two without a known key, one of the chain's own coin.
    expect(refs.length).toBeGreaterThanOrEqual(14);
    for (const ref of refs) {
      const key =
        ref.family === "uniswap-v4" ? encodeUniswapV4Key(uniswapV4Key(ref)) : encodeInfinityKey(infinityKey(ref));
      expect(keccak256(key), `${ref.chainId} ${ref.pool}`).toBe(ref.pool.toLowerCase());
    }
  });
});
