// V3-shaped adapters on deployed contracts: what they read is what the chain pays, and the calldata they write does what it says.
import { encodeFunctionData, parseAbi } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeApprove, walletDeltas, type TxLog } from "@/lib/actions/erc20";
import type { ExitCall, FamilyAdapter, LivePosition, MintCall, TxCall } from "@/lib/actions/family";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { PoolRef } from "@/lib/registry/pool-ref";
import { chainSchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { algebraIntegralKit } from "@/server/devnet/chain/families/algebra-integral";
import type { DeployedFamily } from "@/server/devnet/chain/families/family-kit";
import { FAMILY_KITS } from "@/server/devnet/chain/families/kits";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { createCallPort } from "@/server/infra/chain/call-port";
import { createChainClients } from "@/server/infra/chain/clients";
import { startKitChain, type KitChain } from "@/tests/support/kit-chain";

const V3_FAMILIES: ReadonlySet<string> = new Set([
  "uniswap-v3",
  "pancakeswap-v3",
  "algebra-integral",
  "algebra-v1",
  "camelot-v3",
  "slipstream",
  "ramses-v3",
]);
const KITS = FAMILY_KITS.filter(({ family }) => V3_FAMILIES.has(family));
const Q96 = 2 ** 96;
const PRICE = 2_500;
const BAND_BPS = 50;

let chain: KitChain;
let port: ReturnType<typeof createCallPort>;
beforeAll(async () => {
  chain = await startKitChain();
  const entry = chainSchema.parse({
    id: chain.context.chainId,
    name: "local",
    nativeSymbol: "ETH",
    nativeDecimals: 18,
    wrappedNative: chain.context.weth,
    blockTimeMs: 12_000,
    geckoSlug: null,
    explorer: null,
    rpcUrls: [chain.client.transport.url],
    multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
    permit2: null,
    lifiDiamond: null,
    feeModel: "eip1559",
    softDepth: 1,
    settle: { tag: "finalized", depth: 1 },
  });
  const client = createChainClients({ chains: [entry], wallNowMs: Date.now, marketNowMs: Date.now }).get(entry.id);
  if (!client.ok) throw client.error;
  port = createCallPort(client.value);
});
afterAll(async () => {
  await chain.stop();
});

async function run(what: string, tx: TxCall): Promise<readonly TxLog[]> {
  const [receipt] = await chain.send(what, [{ to: tx.to, data: tx.data, from: chain.user, gas: 3_000_000n }]);
  if (receipt === undefined) throw new Error(`${what}: no receipt`);
  return receipt.logs;
}

function simulate(tx: TxCall) {
  return port.call({ from: chain.user, to: tx.to, data: tx.data }, "latest");
}

/** What the wallet gained (or lost) of both tokens by these logs. */
function gained(pool: PoolRef, logs: readonly TxLog[]): readonly [bigint, bigint] {
  const deltas = walletDeltas(logs, [pool.token0, pool.token1], chain.user);
  const of = (token: Address): bigint => deltas.get(`0x${token.slice(2).toLowerCase()}`) ?? 0n;
  return [of(pool.token0), of(pool.token1)];
}

async function reverts(tx: TxCall): Promise<boolean> {
  try {
    await simulate(tx);
    return false;
  } catch (error) {
    if (error instanceof ChainError && error.code === "reverted") return true;
    throw error;
  }
}

/** Base of 18 decimals and quote of 6 in pool order. */
function amountsOf(target: PoolRef, base: bigint): readonly [bigint, bigint] {
  const quote = (base * BigInt(PRICE)) / 10n ** 12n;
  return target.token0 === chain.quote.address ? [quote, base] : [base, quote];
}

async function readOr(adapter: FamilyAdapter, pool: PoolRef, tokenId: bigint): Promise<LivePosition> {
  const position = await adapter.reads.readPosition(port, pool, tokenId, "latest");
  if (position === null) throw new Error(`token ${tokenId} does not exist`);
  return position;
}

describe.each(KITS)("$name", (kit) => {
  const adapter = FAMILY_ADAPTERS[kit.family];
  const { actions, reads } = adapter;
  let deployed: DeployedFamily;
  let pool: PoolRef;
  let other: PoolRef;

  async function createPool(isBaseFirst: boolean): Promise<PoolRef> {
    const base = isBaseFirst ? chain.low.address : chain.high.address;
    const raw = PRICE / 1e12;
    return deployed.createPool({
      token0: isBaseFirst ? base : chain.quote.address,
      token1: isBaseFirst ? chain.quote.address : base,
      feePips: 500,
      tickSpacing: 10,
      binStep: null,
      sqrtPriceX96: BigInt(Math.round(Math.sqrt(isBaseFirst ? raw : 1 / raw) * Q96)),
    });
  }

  async function bound(target: PoolRef, halfWidth: number, amounts: readonly [bigint, bigint]): Promise<MintCall> {
    const live = await reads.readPool(port, target, "latest");
    const middle = Math.floor(live.tick / live.tickSpacing);
    return actions.boundMint(target, live, {
      tickLower: (middle - halfWidth) * live.tickSpacing,
      tickUpper: (middle + halfWidth) * live.tickSpacing,
      amount0DesiredRaw: amounts[0],
      amount1DesiredRaw: amounts[1],
      bandBps: BAND_BPS,
      shape: null,
      recipient: chain.user,
      deadlineSec: chain.deadlineSec(),
    });
  }

  async function mint(target: PoolRef, call: MintCall) {
    const tx = actions.encodeMint(target, call);
    const simulated = actions.decodeMintResult(target, call, await simulate(tx));
    const logs = await run(`Minting in ${kit.name}`, tx);
    const facts = actions.decodeMintReceipt(target, logs, chain.user, call);
    if (facts === null) throw new Error("the receipt of a mint could not be read");
    expect(gained(target, logs)).toEqual([-facts.amount0Raw, -facts.amount1Raw]);
    expect(simulated).toEqual({ amount0Raw: facts.amount0Raw, amount1Raw: facts.amount1Raw });
    expect(facts.amount0Raw).toBeGreaterThanOrEqual(call.amount0MinRaw);
    expect(facts.amount1Raw).toBeGreaterThanOrEqual(call.amount1MinRaw);
    return facts;
  }

  async function exit(position: LivePosition, liquidityRaw: bigint | null): Promise<ExitCall> {
    const live = await reads.readPool(port, pool, "latest");
    return actions.boundExit(
      pool,
      { pool: live, position },
      { liquidityRaw, bandBps: BAND_BPS, recipient: chain.user, deadlineSec: chain.deadlineSec() },
    );
  }

  async function trade(target: PoolRef): Promise<void> {
    const order = deployed.orderTarget(target);
    const [amount0, amount1] = amountsOf(target, 10n ** 17n);
    for (const [zeroForOne, amountIn] of [
      [true, amount0],
      [false, amount1 * 2n],
      [true, amount0],
    ] as const) {
      expect(await chain.step([{ target: order, zeroForOne, amountIn }])).toEqual([]);
    }
  }

  beforeAll(async () => {
    deployed = await kit.deploy(chain.context);
    pool = await createPool(true);
    other = await createPool(false);
    for (const target of [pool, other]) {
      for (const grant of actions.mintGrants(target, { amount0Raw: 1n, amount1Raw: 1n })) {
        if (grant.kind !== "erc20") throw new Error(`unexpected grant ${grant.kind}`);
        await run("Approving", { to: grant.token, data: encodeApprove(grant.spender, 1n << 190n), valueRaw: 0n });
      }
    }
  });

  it("behavior: an entry that is right passes the check, each wrong field is one sentence", async () => {
    expect(await reads.checkPool(port, pool, "latest")).toEqual([]);
    expect(await reads.checkPool(port, other, "latest")).toEqual([]);
    const { contracts } = pool;
    const swapped = await reads.checkPool(port, { ...pool, token0: pool.token1, token1: pool.token0 }, "latest");
    expect(swapped).toHaveLength(2);
    expect(swapped[0]).toContain(`expected ${pool.token1}, found`);
    const spacing = await reads.checkPool(port, { ...pool, tickSpacing: 60 }, "latest");
    expect(spacing[0]).toMatch(/tick spacing.*expected 60, found 10/);
    const stranger = await reads.checkPool(port, { ...pool, pool: other.pool }, "latest");
    expect(stranger.some((each) => each.startsWith("the factory's pool"))).toBe(true);
    const notAPool = await reads.checkPool(port, { ...pool, pool: chain.quote.address }, "latest");
    expect(notAPool).toHaveLength(1);
    expect(notAPool[0]).toContain(`expected a pool of the family ${kit.family}`);
    const noCode = await reads.checkPool(port, { ...pool, pool: chain.user }, "latest");
    expect(noCode[0]).toContain("there is no code");
    const manager = { ...contracts, positionManager: chain.quote.address };
    expect(await reads.checkPool(port, { ...pool, contracts: manager }, "latest")).not.toEqual([]);
    const factory = { ...contracts, factory: chain.quote.address };
    const wrongFactory = await reads.checkPool(port, { ...pool, contracts: factory }, "latest");
    expect(wrongFactory.some((each) => each.startsWith("factory of pool"))).toBe(true);
  });

  it("behavior: a position's whole life pays to the unit what was read before", async () => {
    const live = await reads.readPool(port, pool, "latest");
    expect(live.sqrtPriceX96).toBe(await chain.priceOf(deployed.orderTarget(pool)));
    expect(live).toMatchObject({ tickSpacing: 10, liquidityRaw: 0n });

    const wide = await mint(pool, await bound(pool, 400, amountsOf(pool, 10n ** 20n)));
    const call = await bound(pool, 60, amountsOf(pool, 10n ** 19n));
    const facts = await mint(pool, call);
    expect(await reads.readPool(port, pool, "latest")).toMatchObject({
      liquidityRaw: wide.liquidityRaw + facts.liquidityRaw,
    });
    const fresh = await readOr(adapter, pool, facts.tokenId);
    expect(fresh).toMatchObject({
      liquidityRaw: facts.liquidityRaw,
      tickLower: call.tickLower,
      tickUpper: call.tickUpper,
      fees0Raw: 0n,
      fees1Raw: 0n,
      bins: null,
    });
    expect(fresh.otherPool).toBeUndefined();
    expect(fresh.owner.toLowerCase()).toBe(chain.user.toLowerCase());
    for (const [taken, held] of [
      [facts.amount0Raw, fresh.principal0Raw],
      [facts.amount1Raw, fresh.principal1Raw],
    ] as const) {
      expect(taken - held === 0n || taken - held === 1n).toBe(true);
    }

    await trade(pool);
    const earned = await readOr(adapter, pool, facts.tokenId);
    expect(earned.fees0Raw).toBeGreaterThan(0n);
    expect(earned.fees1Raw).toBeGreaterThan(0n);

    // Collect only: fees exactly as read, nothing else moves.
    const collect = await exit(earned, 0n);
    const collectTx = actions.encodeExit(pool, collect);
    expect(actions.decodeExitResult(pool, collect, await simulate(collectTx))).toEqual({
      amount0Raw: earned.fees0Raw,
      amount1Raw: earned.fees1Raw,
    });
    const collected = await run("Collecting", collectTx);
    expect(gained(pool, collected)).toEqual([earned.fees0Raw, earned.fees1Raw]);
    const input = { tokenId: facts.tokenId, wallet: chain.user, before: earned };
    expect(actions.decodeExitReceipt(pool, collected, input)).toEqual({
      liquidityRaw: 0n,
      principal0Raw: 0n,
      principal1Raw: 0n,
      paid0Raw: earned.fees0Raw,
      paid1Raw: earned.fees1Raw,
    });
    expect(await readOr(adapter, pool, facts.tokenId)).toEqual({ ...earned, fees0Raw: 0n, fees1Raw: 0n });

    // A third out: principal as computed, the rest stays.
    await trade(pool);
    const before = await readOr(adapter, pool, facts.tokenId);
    const partLiquidity = before.liquidityRaw / 3n;
    const part = await exit(before, partLiquidity);
    const partLogs = await run("Decreasing", actions.encodeExit(pool, part));
    const bounds = { sqrtAX96: sqrtAtTick(call.tickLower), sqrtBX96: sqrtAtTick(call.tickUpper) };
    const { sqrtPriceX96 } = await reads.readPool(port, pool, "latest");
    const principal = amountsForLiquidity(sqrtPriceX96, bounds, partLiquidity, "down");
    expect(actions.decodeExitReceipt(pool, partLogs, { ...input, before })).toEqual({
      liquidityRaw: partLiquidity,
      principal0Raw: principal.amount0,
      principal1Raw: principal.amount1,
      paid0Raw: principal.amount0 + before.fees0Raw,
      paid1Raw: principal.amount1 + before.fees1Raw,
    });
    expect(gained(pool, partLogs)).toEqual([principal.amount0 + before.fees0Raw, principal.amount1 + before.fees1Raw]);

    // Everything: principal and fees as read, and the token is gone.
    await trade(pool);
    const last = await readOr(adapter, pool, facts.tokenId);
    expect(last.liquidityRaw).toBe(before.liquidityRaw - partLiquidity);
    const whole = await exit(last, null);
    const wholeLogs = await run("Leaving", actions.encodeExit(pool, whole));
    expect(gained(pool, wholeLogs)).toEqual([last.principal0Raw + last.fees0Raw, last.principal1Raw + last.fees1Raw]);
    expect(await reads.readPosition(port, pool, facts.tokenId, "latest")).toBeNull();
    expect(await reads.readPosition(port, pool, 999_999n, "latest")).toBeNull();
  });

  it("behavior: a bound that the price has left reverts, mint and exit alike", async () => {
    const call = await bound(pool, 60, amountsOf(pool, 10n ** 18n));
    const facts = await mint(pool, call);
    const position = await readOr(adapter, pool, facts.tokenId);
    const leave = await exit(position, null);
    const again = actions.encodeMint(pool, call);
    expect(await reverts(again)).toBe(false);
    expect(await reverts(actions.encodeExit(pool, leave))).toBe(false);
    const target = deployed.orderTarget(pool);
    const start = await chain.priceOf(target);
    const percentUp = (start * 10_100n) / 10_000n;
    const pulls = [{ target, lowerX96: percentUp, upperX96: percentUp + percentUp / 1_000n }];
    expect(await chain.step([], pulls)).toEqual([]);
    expect(await chain.priceOf(target)).toBeGreaterThanOrEqual(percentUp);
    expect(await reverts(again)).toBe(true);
    expect(await reverts(actions.encodeExit(pool, leave))).toBe(true);
    const late = { ...(await exit(await readOr(adapter, pool, facts.tokenId), null)), deadlineSec: 1n };
    expect(await reverts(actions.encodeExit(pool, late))).toBe(true);
    // Nobody else's calldata takes our position out.
    const now = actions.encodeExit(pool, await exit(await readOr(adapter, pool, facts.tokenId), null));
    await expect(port.call({ from: chain.trader, to: now.to, data: now.data }, "latest")).rejects.toThrow();
    await run("Leaving", now);
  });

  it("behavior: bounds at the live price never refuse a mint at that price, however lopsided, tiny or one-sided", async () => {
    const live = await reads.readPool(port, pool, "latest");
    const middle = Math.floor(live.tick / live.tickSpacing);
    const [base, quote] = amountsOf(pool, 10n ** 18n);
    let minimums = 0;
    for (const [below, above] of [
      [60, 60],
      [1, 1],
      [1, 0],
      [-1, 40],
      [40, -1],
      [3, 500],
    ] as const) {
      for (const [amount0, amount1] of [
        [base, quote],
        [base * 1_000n + 7n, quote / 3n + 1n],
        [base / 7n, quote * 1_000n],
        [123_456_789_013n, 1_009n],
        [base, 1_000_003n],
      ] as const) {
        for (const bandBps of [0, 1, BAND_BPS, 300]) {
          const call = actions.boundMint(pool, live, {
            tickLower: (middle - below) * live.tickSpacing,
            tickUpper: (middle + 1 + above) * live.tickSpacing,
            amount0DesiredRaw: amount0,
            amount1DesiredRaw: amount1,
            bandBps,
            shape: null,
            recipient: chain.user,
            deadlineSec: chain.deadlineSec(),
          });
          const taken = actions.decodeMintResult(pool, call, await simulate(actions.encodeMint(pool, call)));
          expect(taken).not.toBeNull();
          if (call.amount0MinRaw > 0n || call.amount1MinRaw > 0n) minimums += 1;
        }
      }
    }
    // A bound of nothing would pass as well: nearly all of them must ask for something.
    expect(minimums).toBeGreaterThan(100);
  });

  it("behavior: what a wallet owns is listed whatever pool it is in, and the pool it is in is named", async () => {
    const block = await chain.client.getBlockNumber();
    const earlier = await reads.listOwned(port, pool, { wallet: chain.user, fromBlock: 0n, block });
    const here = await mint(pool, await bound(pool, 50, amountsOf(pool, 10n ** 18n)));
    const there = await mint(other, await bound(other, 50, amountsOf(other, 10n ** 18n)));
    const now = await chain.client.getBlockNumber();
    const owned = await reads.listOwned(port, pool, { wallet: chain.user, fromBlock: 0n, block: now });
    expect([...owned].toSorted()).toEqual([...earlier, here.tokenId, there.tokenId].toSorted());
    expect(await reads.listOwned(port, pool, { wallet: chain.user, fromBlock: 0n, block })).toEqual(earlier);
    const misplaced = await readOr(adapter, pool, there.tokenId);
    const home = await readOr(adapter, other, there.tokenId);
    const { otherPool, ...rest } = misplaced;
    expect(otherPool?.toLowerCase()).toBe(other.pool.toLowerCase());
    expect(rest).toEqual(home);
    // Emptied but not burned: nothing is left to own.
    const position = await readOr(adapter, pool, here.tokenId);
    await run("Emptying", actions.encodeExit(pool, await exit(position, position.liquidityRaw)));
    const after = await chain.client.getBlockNumber();
    const left = await reads.listOwned(port, pool, { wallet: chain.user, fromBlock: 0n, block: after });
    expect(left).not.toContain(here.tokenId);
    expect(left).toContain(there.tokenId);
    expect(await readOr(adapter, pool, here.tokenId)).toMatchObject({ liquidityRaw: 0n, fees0Raw: 0n, fees1Raw: 0n });
  });

  it("behavior: the depth is the liquidity of all positions, tick by tick, and whole around the price", async () => {
    const live = await reads.readPool(port, other, "latest");
    const block = await chain.client.getBlockNumber();
    const ids = await reads.listOwned(port, other, { wallet: chain.user, fromBlock: 0n, block });
    const mine = await Promise.all(ids.map((id) => readOr(adapter, other, id)));
    const placed = mine.filter((position) => position.otherPool === undefined);
    await mint(other, await bound(other, 7, amountsOf(other, 10n ** 18n)));
    const added = await bound(other, 7, amountsOf(other, 10n ** 18n));
    const latest = await reads.readPool(port, other, "latest");
    const window = { tickLower: live.tick - 5_000, tickUpper: live.tick + 5_003 };
    const segments = await reads.readDepth(port, other, window, "latest");
    expect(placed.length).toBeGreaterThan(0);
    expect(segments[0]?.tickLower).toBe(window.tickLower);
    expect(segments.at(-1)?.tickUpper).toBe(window.tickUpper);
    for (const [index, segment] of segments.entries()) {
      expect(segment.tickLower).toBeLessThan(segment.tickUpper);
      if (index > 0) expect(segment.tickLower).toBe(segments[index - 1]?.tickUpper);
    }
    const at = (tick: number) =>
      segments.find(({ tickLower, tickUpper }) => tickLower <= tick && tick < tickUpper)?.liquidityRaw;
    expect(at(latest.tick)).toBe(latest.liquidityRaw);
    const narrow = latest.liquidityRaw - placed.reduce((sum, { liquidityRaw }) => sum + liquidityRaw, 0n);
    for (let tick = window.tickLower; tick < window.tickUpper; tick += 1) {
      const expected = placed
        .filter(({ tickLower, tickUpper }) => tickLower <= tick && tick < tickUpper)
        .reduce((sum, { liquidityRaw }) => sum + liquidityRaw, 0n);
      const extra = added.tickLower <= tick && tick < added.tickUpper ? narrow : 0n;
      if (at(tick) !== expected + extra) expect([tick, at(tick)]).toEqual([tick, expected + extra]);
    }
    // A window beside the price says what lies there, not what lies at the price.
    const beside = await reads.readDepth(
      port,
      other,
      { tickLower: live.tick + 3_000, tickUpper: live.tick + 4_000 },
      "latest",
    );
    expect(beside).toEqual([{ tickLower: live.tick + 3_000, tickUpper: live.tick + 4_000, liquidityRaw: 0n }]);
  });
});

/** Any call answers one word of zeros: no plugin, and no objection. */
const QUIET_CODE = "0x60206000f3";
const CUSTOM_DEPLOYER: Address = "0x00000000000000000000000000000000000c0de5";
const CUSTOM_ABI = parseAbi([
  "function CUSTOM_POOL_DEPLOYER() view returns (bytes32)",
  "function grantRole(bytes32 role, address account)",
  "function createCustomPool(address deployer, address creator, address tokenA, address tokenB, bytes data) returns (address customPool)",
  "function customPoolByPair(address deployer, address tokenA, address tokenB) view returns (address)",
  "function initialize(uint160 initialPrice)",
]);

describe("Algebra Integral with a custom deployer", () => {
  const { actions, reads } = FAMILY_ADAPTERS["algebra-integral"];

  it("behavior: the standard pool of the same tokens is another pool: mint, read and leave by the deployer", async () => {
    const deployed = await algebraIntegralKit.deploy(chain.context);
    const sqrtPriceX96 = BigInt(Math.round(Math.sqrt(PRICE / 1e12) * Q96));
    const standard = await deployed.createPool({
      token0: chain.low.address,
      token1: chain.quote.address,
      feePips: 500,
      tickSpacing: 10,
      binStep: null,
      sqrtPriceX96,
    });
    const { factory, positionManager } = standard.contracts;
    const abi = CUSTOM_ABI;
    await chain.client.setCode({ address: CUSTOM_DEPLOYER, bytecode: QUIET_CODE });
    await chain.client.setBalance({ address: CUSTOM_DEPLOYER, value: 10n ** 20n });
    await chain.client.impersonateAccount({ address: CUSTOM_DEPLOYER });
    const role = await chain.client.readContract({ address: factory, abi, functionName: "CUSTOM_POOL_DEPLOYER" });
    const grant = encodeFunctionData({ abi, functionName: "grantRole", args: [role, CUSTOM_DEPLOYER] });
    const creation = [CUSTOM_DEPLOYER, CUSTOM_DEPLOYER, standard.token0, standard.token1, "0x"] as const;
    await chain.send("Creating a custom pool", [
      { to: factory, data: grant },
      {
        to: factory,
        from: CUSTOM_DEPLOYER,
        data: encodeFunctionData({ abi, functionName: "createCustomPool", args: creation }),
        gas: 14_000_000n,
      },
    ]);
    const address = await chain.client.readContract({
      address: factory,
      abi,
      functionName: "customPoolByPair",
      args: [CUSTOM_DEPLOYER, standard.token0, standard.token1],
    });
    await chain.send("Initializing a custom pool", [
      { to: address, data: encodeFunctionData({ abi, functionName: "initialize", args: [sqrtPriceX96] }) },
    ]);
    const custom: PoolRef = { ...standard, pool: address, deployer: CUSTOM_DEPLOYER, tickSpacing: null };
    expect(await reads.checkPool(port, custom, "latest")).toEqual([]);
    const asStandard = await reads.checkPool(port, { ...custom, deployer: null }, "latest");
    expect(asStandard).toHaveLength(1);
    expect(asStandard[0]).toContain(`found ${standard.pool}`);

    for (const token of [standard.token0, standard.token1]) {
      await run("Approving", { to: token, data: encodeApprove(positionManager, 1n << 190n), valueRaw: 0n });
    }
    const live = await reads.readPool(port, custom, "latest");
    const middle = Math.floor(live.tick / live.tickSpacing);
    const call = actions.boundMint(custom, live, {
      tickLower: (middle - 5) * live.tickSpacing,
      tickUpper: (middle + 5) * live.tickSpacing,
      amount0DesiredRaw: 10n ** 18n,
      amount1DesiredRaw: 2_500n * 10n ** 6n,
      bandBps: BAND_BPS,
      shape: null,
      recipient: chain.user,
      deadlineSec: chain.deadlineSec(),
    });
    const logs = await run("Minting in the custom pool", actions.encodeMint(custom, call));
    // The event names its pool: read as a position of the standard pool it is none.
    expect(actions.decodeMintReceipt(standard, logs, chain.user, call)).toBeNull();
    const facts = actions.decodeMintReceipt(custom, logs, chain.user, call);
    if (facts === null) throw new Error("the receipt of a mint could not be read");
    const position = await reads.readPosition(port, custom, facts.tokenId, "latest");
    if (position === null) throw new Error("the position does not exist");
    expect(position).toMatchObject({ liquidityRaw: facts.liquidityRaw });
    expect(position.otherPool).toBeUndefined();
    const elsewhere = await reads.readPosition(port, standard, facts.tokenId, "latest");
    expect(elsewhere?.otherPool).toBe(address);
    expect(elsewhere?.principal0Raw).toBe(position.principal0Raw);
    const leave = actions.boundExit(
      custom,
      { pool: await reads.readPool(port, custom, "latest"), position },
      { liquidityRaw: null, bandBps: BAND_BPS, recipient: chain.user, deadlineSec: chain.deadlineSec() },
    );
    const paid = await run("Leaving the custom pool", actions.encodeExit(custom, leave));
    expect(gained(custom, paid)).toEqual([position.principal0Raw, position.principal1Raw]);
    expect(await reads.readPosition(port, custom, facts.tokenId, "latest")).toBeNull();
  });
});
