// Adapters of Uniswap V4, PancakeSwap Infinity and Liquidity Book on deployed contracts: what they read is what the chain pays.
import { encodeFunctionData } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeApprove, walletDeltas, type TxLog } from "@/lib/actions/erc20";
import type { BinShape, ExitCall, Grant, LivePosition, MintCall, TxCall } from "@/lib/actions/family";
import { collectsSeparately, encodeLbOperator } from "@/lib/actions/liquidity-book";
import { encodePermit2Approve, encodePermit2Revoke, permit2ExpirationSec } from "@/lib/actions/permit2";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { PoolRef } from "@/lib/registry/pool-ref";
import { chainSchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import type { DeployedFamily } from "@/server/devnet/chain/families/family-kit";
import { FAMILY_KITS } from "@/server/devnet/chain/families/kits";
import { familyTraderAbi } from "@/server/devnet/chain/families/trader";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { createCallPort } from "@/server/infra/chain/call-port";
import { createChainClients } from "@/server/infra/chain/clients";
import { startKitChain, type KitChain } from "@/tests/support/kit-chain";

const V4_KITS = FAMILY_KITS.filter(({ family }) => family === "uniswap-v4" || family === "pancakeswap-infinity");
const LB_KITS = FAMILY_KITS.filter(({ family }) => family === "liquidity-book");
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

async function run(what: string, tx: TxCall): Promise<{ readonly logs: readonly TxLog[]; readonly block: bigint }> {
  const [receipt] = await chain.send(what, [{ to: tx.to, data: tx.data, from: chain.user, gas: 12_000_000n }]);
  if (receipt === undefined) throw new Error(`${what}: no receipt`);
  return { logs: receipt.logs, block: receipt.blockNumber };
}

async function reverts(tx: TxCall): Promise<boolean> {
  try {
    await port.call({ from: chain.user, to: tx.to, data: tx.data }, "latest");
    return false;
  } catch (error) {
    if (error instanceof ChainError && error.code === "reverted") return true;
    throw error;
  }
}

function gained(pool: PoolRef, logs: readonly TxLog[]): readonly [bigint, bigint] {
  const deltas = walletDeltas(logs, [pool.token0, pool.token1], chain.user);
  const of = (token: Address): bigint => deltas.get(`0x${token.slice(2).toLowerCase()}`) ?? 0n;
  return [of(pool.token0), of(pool.token1)];
}

/** Base of 18 decimals and quote of 6, in pool order. */
function amountsOf(pool: PoolRef, base: bigint): readonly [bigint, bigint] {
  const quote = (base * BigInt(PRICE)) / 10n ** 12n;
  return pool.token0 === chain.quote.address ? [quote, base] : [base, quote];
}

/** Gives the rights of a grant, or takes them back. */
async function grant(pool: PoolRef, each: Grant, amountRaw: bigint): Promise<void> {
  if (each.kind === "erc20") {
    await run("Approving", { to: each.token, data: encodeApprove(each.spender, amountRaw), valueRaw: 0n });
  } else if (each.kind === "permit2") {
    const { permit2, token, spender } = each;
    const expirationSec = permit2ExpirationSec(chain.deadlineSec());
    await run(
      "Approving by Permit2",
      amountRaw === 0n
        ? encodePermit2Revoke(permit2, token, spender)
        : encodePermit2Approve(permit2, { token, spender, amountRaw, expirationSec }),
    );
  } else {
    await run("Giving the router the shares", encodeLbOperator(pool, each.spender, amountRaw > 0n));
  }
}

async function mint(pool: PoolRef, call: MintCall) {
  const { actions } = FAMILY_ADAPTERS[pool.family];
  const amounts = { amount0Raw: call.amount0DesiredRaw, amount1Raw: call.amount1DesiredRaw };
  const grants = actions.mintGrants(pool, amounts);
  for (const each of grants) {
    await grant(pool, each, each.token === pool.token0 ? call.amount0DesiredRaw : call.amount1DesiredRaw);
  }
  const tx = actions.encodeMint(pool, call);
  expect(actions.decodeMint(pool, tx)).toEqual(call);
  const { logs, block } = await run(`Minting in ${pool.dexId}`, tx);
  for (const each of grants.toReversed()) await grant(pool, each, 0n);
  const facts = actions.decodeMintReceipt(pool, logs, chain.user, call);
  if (facts === null) throw new Error("the receipt of a mint could not be read");
  expect(gained(pool, logs)).toEqual([-facts.amount0Raw, -facts.amount1Raw]);
  expect(facts.amount0Raw).toBeLessThanOrEqual(call.amount0DesiredRaw);
  expect(facts.amount1Raw).toBeLessThanOrEqual(call.amount1DesiredRaw);
  expect(facts.amount0Raw).toBeGreaterThanOrEqual(call.amount0MinRaw);
  expect(facts.amount1Raw).toBeGreaterThanOrEqual(call.amount1MinRaw);
  return { facts, block };
}

async function read(pool: PoolRef, tokenId: bigint): Promise<LivePosition> {
  const { reads } = FAMILY_ADAPTERS[pool.family];
  const position = await reads.readPosition(port, pool, tokenId, "latest", chain.user);
  if (position === null) throw new Error(`position ${tokenId} does not exist`);
  return position;
}

async function exitCall(pool: PoolRef, position: LivePosition, liquidityRaw: bigint | null): Promise<ExitCall> {
  const { actions, reads } = FAMILY_ADAPTERS[pool.family];
  const live = { pool: await reads.readPool(port, pool, "latest"), position };
  return actions.boundExit(pool, live, {
    liquidityRaw,
    bandBps: BAND_BPS,
    recipient: chain.user,
    deadlineSec: chain.deadlineSec(),
  });
}

async function trade(deployed: DeployedFamily, pool: PoolRef, zeroForOne: boolean, amountIn: bigint): Promise<void> {
  expect(await chain.step([{ target: deployed.orderTarget(pool), zeroForOne, amountIn }])).toEqual([]);
}

function newPool(isBaseFirst: boolean, feePips: number) {
  const raw = PRICE / 1e12;
  return {
    token0: isBaseFirst ? chain.low.address : chain.quote.address,
    token1: isBaseFirst ? chain.quote.address : chain.high.address,
    feePips,
    sqrtPriceX96: BigInt(Math.round(Math.sqrt(isBaseFirst ? raw : 1 / raw) * Q96)),
  };
}

describe.each(V4_KITS)("$name", (kit) => {
  const { actions, reads } = FAMILY_ADAPTERS[kit.family];
  let deployed: DeployedFamily;
  beforeAll(async () => {
    deployed = await kit.deploy(chain.context);
  });

  async function bound(pool: PoolRef, halfWidth: number, base: bigint): Promise<MintCall> {
    const live = await reads.readPool(port, pool, "latest");
    const middle = Math.floor(live.tick / live.tickSpacing);
    const [amount0DesiredRaw, amount1DesiredRaw] = amountsOf(pool, base);
    return actions.boundMint(pool, live, {
      tickLower: (middle - halfWidth) * live.tickSpacing,
      tickUpper: (middle + halfWidth) * live.tickSpacing,
      amount0DesiredRaw,
      amount1DesiredRaw,
      bandBps: BAND_BPS,
      shape: null,
      recipient: chain.user,
      deadlineSec: chain.deadlineSec(),
    });
  }

  it.each([
    ["base below quote", true],
    ["base above quote", false],
  ] as const)(
    "behavior: a position with %s from mint to nothing, every amount as predicted",
    async (_order, isBaseFirst) => {
      const pool = await deployed.createPool({ ...newPool(isBaseFirst, 500), tickSpacing: 10, binStep: null });
      expect(await reads.checkPool(port, pool, "latest")).toEqual([]);
      const fromBlock = await chain.client.getBlockNumber();
      const wide = await mint(pool, await bound(pool, 400, 10n ** 20n));
      const call = await bound(pool, 40, 10n ** 19n);
      const { facts } = await mint(pool, call);
      const { tokenId } = facts;
      expect(facts.liquidityRaw).toBe(call.liquidityRaw);
      const opened = await read(pool, tokenId);
      expect(opened).toMatchObject({
        tickLower: call.tickLower,
        tickUpper: call.tickUpper,
        fees0Raw: 0n,
        fees1Raw: 0n,
      });
      // A mint pays rounded up what an exit gets rounded down.
      expect(facts.amount0Raw - opened.principal0Raw).toBeLessThanOrEqual(1n);
      expect(facts.amount1Raw - opened.principal1Raw).toBeLessThanOrEqual(1n);

      const [swap0, swap1] = amountsOf(pool, 10n ** 18n);
      await trade(deployed, pool, true, swap0);
      await trade(deployed, pool, false, swap1 * 2n);
      const earned = await read(pool, tokenId);
      expect(earned.fees0Raw).toBeGreaterThan(0n);
      expect(earned.fees1Raw).toBeGreaterThan(0n);
      const collected = await run("Collecting", actions.encodeExit(pool, await exitCall(pool, earned, 0n)));
      expect(gained(pool, collected.logs)).toEqual([earned.fees0Raw, earned.fees1Raw]);
      expect(await read(pool, tokenId)).toMatchObject({ fees0Raw: 0n, fees1Raw: 0n, liquidityRaw: facts.liquidityRaw });

      // A swap in the same block, before the exit: the price it leaves is the exit's price.
      await trade(deployed, pool, true, swap0);
      const before = await read(pool, tokenId);
      const taken = before.liquidityRaw / 3n;
      const decrease = actions.encodeExit(pool, await exitCall(pool, before, taken));
      const target = deployed.orderTarget(pool);
      const order = { ...target, zeroForOne: false, amountIn: swap1, sqrtLimitX96: 0n };
      const [, receipt] = await chain.send("A swap, then the exit", [
        {
          to: chain.trader,
          data: encodeFunctionData({ abi: familyTraderAbi, functionName: "step", args: [[order], []] }),
          gas: 5_000_000n,
        },
        { to: decrease.to, data: decrease.data, from: chain.user, gas: 5_000_000n },
      ]);
      if (receipt === undefined) throw new Error("no receipt of the exit");
      const exact = await reads.readBeforeExit?.(port, pool, {
        tokenId,
        wallet: chain.user,
        receiptBlock: receipt.blockNumber,
        logs: receipt.logs,
      });
      const exitFacts = actions.decodeExitReceipt(pool, receipt.logs, {
        tokenId,
        wallet: chain.user,
        before: exact ?? null,
      });
      // Only this exit came after the swap: the price now is the price it met.
      const now = await reads.readPool(port, pool, "latest");
      const bounds = { sqrtAX96: sqrtAtTick(call.tickLower), sqrtBX96: sqrtAtTick(call.tickUpper) };
      const principal = amountsForLiquidity(now.sqrtPriceX96, bounds, taken, "down");
      const [paid0Raw, paid1Raw] = gained(pool, receipt.logs);
      expect(exitFacts).toEqual({
        liquidityRaw: taken,
        principal0Raw: principal.amount0,
        principal1Raw: principal.amount1,
        paid0Raw,
        paid1Raw,
      });
      expect(paid1Raw - principal.amount1).toBeGreaterThan(before.fees1Raw);

      const owned = await reads.listOwned(port, pool, {
        wallet: chain.user,
        fromBlock,
        block: await chain.client.getBlockNumber(),
      });
      expect(owned).toEqual([wide.facts.tokenId, tokenId]);

      const depth = await reads.readDepth(
        port,
        pool,
        { tickLower: call.tickLower - 100, tickUpper: call.tickUpper + 100 },
        "latest",
      );
      const here = depth.find(({ tickLower, tickUpper }) => tickLower <= now.tick && now.tick < tickUpper);
      expect(here?.liquidityRaw).toBe(now.liquidityRaw);
      expect(depth[0]).toEqual({
        tickLower: call.tickLower - 100,
        tickUpper: call.tickLower,
        liquidityRaw: wide.facts.liquidityRaw,
      });
      expect(depth.at(-1)?.tickUpper).toBe(call.tickUpper + 100);

      const last = await read(pool, tokenId);
      const closed = await run("Closing", actions.encodeExit(pool, await exitCall(pool, last, null)));
      expect(gained(pool, closed.logs)).toEqual([
        last.principal0Raw + last.fees0Raw,
        last.principal1Raw + last.fees1Raw,
      ]);
      expect(actions.decodeExitReceipt(pool, closed.logs, { tokenId, wallet: chain.user, before: last })).toEqual({
        liquidityRaw: last.liquidityRaw,
        principal0Raw: last.principal0Raw,
        principal1Raw: last.principal1Raw,
        paid0Raw: last.principal0Raw + last.fees0Raw,
        paid1Raw: last.principal1Raw + last.fees1Raw,
      });
      expect(await reads.readPosition(port, pool, tokenId, "latest")).toBeNull();
      const rest = await reads.listOwned(port, pool, {
        wallet: chain.user,
        fromBlock,
        block: await chain.client.getBlockNumber(),
      });
      expect(rest).toEqual([wide.facts.tokenId]);

      const otherPool = await deployed.createPool({ ...newPool(isBaseFirst, 3_000), tickSpacing: 60, binStep: null });
      const seen = await reads.readPosition(port, otherPool, wide.facts.tokenId, "latest");
      expect(seen?.otherPool).toBe(pool.pool);
    },
  );

  it("protection: a price outside the band reverts the mint and the exit that were bound before it moved", async () => {
    const pool = await deployed.createPool({ ...newPool(true, 100), tickSpacing: 1, binStep: null });
    const { facts } = await mint(pool, await bound(pool, 2_000, 10n ** 20n));
    const call = await bound(pool, 500, 10n ** 18n);
    for (const each of actions.mintGrants(pool, { amount0Raw: 1n, amount1Raw: 1n }))
      await grant(pool, each, 10n ** 30n);
    const mintTx = actions.encodeMint(pool, call);
    const exitTx = actions.encodeExit(pool, await exitCall(pool, await read(pool, facts.tokenId), null));
    expect(await reverts(mintTx)).toBe(false);
    expect(await reverts(exitTx)).toBe(false);
    const [swap0] = amountsOf(pool, 10n ** 20n);
    const live = await reads.readPool(port, pool, "latest");
    const target = deployed.orderTarget(pool);
    const down = (live.sqrtPriceX96 * 9_970n) / 10_000n;
    expect(await chain.step([{ target, zeroForOne: true, amountIn: swap0, sqrtLimitX96: down }])).toEqual([]);
    expect((await reads.readPool(port, pool, "latest")).sqrtPriceX96).toBe(down);
    expect(await reverts(mintTx)).toBe(true);
    expect(await reverts(exitTx)).toBe(true);
  });

  it("failure: an entry that differs from the chain is named", async () => {
    const pool = await deployed.createPool({ ...newPool(false, 100), tickSpacing: 1, binStep: null });
    const [wrongFee] = await reads.checkPool(port, { ...pool, feePips: 500 }, "latest");
    expect(wrongFee).toContain("another pool id");
    const [wrongPermit2] = await reads.checkPool(port, { ...pool, permit2: chain.user }, "latest");
    expect(wrongPermit2).toContain("Permit2");
    expect(await reads.readPosition(port, pool, 999_999n, "latest")).toBeNull();
  });
});

describe.skipIf(LB_KITS.length === 0).each(LB_KITS)("$name", (kit) => {
  const { actions, reads } = FAMILY_ADAPTERS[kit.family];
  let deployed: DeployedFamily;
  beforeAll(async () => {
    deployed = await kit.deploy(chain.context);
  });

  async function bound(
    pool: PoolRef,
    input: { readonly below: number; readonly above: number; readonly base: bigint; readonly shape?: BinShape },
  ): Promise<MintCall> {
    const live = await reads.readPool(port, pool, "latest");
    const [amount0DesiredRaw, amount1DesiredRaw] = amountsOf(pool, input.base);
    return actions.boundMint(pool, live, {
      tickLower: live.tick - input.below,
      tickUpper: live.tick + input.above,
      amount0DesiredRaw,
      amount1DesiredRaw,
      bandBps: BAND_BPS,
      shape: input.shape ?? "spot",
      recipient: chain.user,
      deadlineSec: chain.deadlineSec(),
    });
  }

  it.each([
    ["base as tokenX", true, "spot"],
    ["base as tokenY", false, "curve"],
  ] as const)(
    "behavior: a position with %s from mint to nothing, every amount as predicted",
    async (_order, isBaseFirst, shape) => {
      const pool = await deployed.createPool({ ...newPool(isBaseFirst, 500), tickSpacing: null, binStep: 10 });
      expect(await reads.checkPool(port, pool, "latest")).toEqual([]);
      const fromBlock = await chain.client.getBlockNumber();
      const call = await bound(pool, { below: 5, above: 5, base: 10n ** 19n, shape });
      const { facts } = await mint(pool, call);
      const { tokenId } = facts;
      expect([facts.tickLower, facts.tickUpper]).toEqual([call.tickLower, call.tickUpper]);
      const opened = await read(pool, tokenId);
      expect(opened.liquidityRaw).toBe(facts.liquidityRaw);
      expect(opened.bins).toHaveLength(11);
      expect(facts.amount0Raw - opened.principal0Raw).toBeLessThanOrEqual(22n);
      expect(facts.amount1Raw - opened.principal1Raw).toBeLessThanOrEqual(22n);

      const [swap0, swap1] = amountsOf(pool, 2n * 10n ** 18n);
      await trade(deployed, pool, true, swap0);
      await trade(deployed, pool, false, swap1 * 2n);
      const earned = await read(pool, tokenId);
      if (collectsSeparately(pool)) {
        expect(earned.fees0Raw).toBeGreaterThan(0n);
        const collected = await run("Collecting", actions.encodeExit(pool, await exitCall(pool, earned, 0n)));
        expect(gained(pool, collected.logs)).toEqual([earned.fees0Raw, earned.fees1Raw]);
        expect(await read(pool, tokenId)).toMatchObject({ fees0Raw: 0n, fees1Raw: 0n });
      } else {
        await expect(exitCall(pool, earned, 0n)).rejects.toThrow("nothing to collect");
      }

      for (const each of actions.exitGrants(pool)) await grant(pool, each, 1n);
      const part = await exitCall(pool, earned, earned.liquidityRaw / 3n);
      const decrease = actions.encodeExit(pool, part);
      const answer = actions.decodeExitResult(
        pool,
        part,
        await port.call({ from: chain.user, to: decrease.to, data: decrease.data }, "latest"),
      );
      const { logs } = await run("Decreasing", decrease);
      const partFacts = actions.decodeExitReceipt(pool, logs, { tokenId, wallet: chain.user, before: earned });
      expect(partFacts?.liquidityRaw).toBe(part.liquidityRaw);
      expect(gained(pool, logs)).toEqual([answer?.amount0Raw, answer?.amount1Raw]);
      expect(gained(pool, logs)).toEqual([partFacts?.paid0Raw, partFacts?.paid1Raw]);

      const block = await chain.client.getBlockNumber();
      expect(await reads.listOwned(port, pool, { wallet: chain.user, fromBlock, block })).toEqual([tokenId]);
      const now = await reads.readPool(port, pool, "latest");
      const depth = await reads.readDepth(
        port,
        pool,
        { tickLower: call.tickLower - 1, tickUpper: call.tickUpper + 1 },
        "latest",
      );
      expect(depth).toHaveLength(13);
      expect(depth.find(({ tickLower }) => tickLower === now.tick)?.liquidityRaw).toBe(now.liquidityRaw);
      expect(depth[0]?.liquidityRaw).toBe(0n);

      const last = await read(pool, tokenId);
      const closed = await run("Closing", actions.encodeExit(pool, await exitCall(pool, last, null)));
      expect(gained(pool, closed.logs)).toEqual([last.principal0Raw, last.principal1Raw]);
      for (const each of actions.exitGrants(pool)) await grant(pool, each, 0n);
      expect(await reads.readPosition(port, pool, tokenId, "latest", chain.user)).toBeNull();
      const after = await chain.client.getBlockNumber();
      expect(await reads.listOwned(port, pool, { wallet: chain.user, fromBlock, block: after })).toEqual([]);
    },
  );

  it("protection: an active bin beyond the slippage reverts the mint, and minimums of far bins hold the exit", async () => {
    const pool = await deployed.createPool({ ...newPool(true, 500), tickSpacing: null, binStep: 10 });
    const { facts } = await mint(pool, await bound(pool, { below: 30, above: 30, base: 10n ** 19n, shape: "bid_ask" }));
    for (const each of actions.exitGrants(pool)) await grant(pool, each, 1n);
    const call = await bound(pool, { below: 3, above: 3, base: 10n ** 17n });
    for (const each of actions.mintGrants(pool, { amount0Raw: 1n, amount1Raw: 1n }))
      await grant(pool, each, 10n ** 30n);
    const mintTx = actions.encodeMint(pool, call);
    const exitTx = actions.encodeExit(pool, await exitCall(pool, await read(pool, facts.tokenId), null));
    expect(await reverts(mintTx)).toBe(false);
    expect(await reverts(exitTx)).toBe(false);
    const before = await reads.readPool(port, pool, "latest");
    const [swap0] = amountsOf(pool, 4n * 10n ** 18n);
    await trade(deployed, pool, true, swap0);
    const after = await reads.readPool(port, pool, "latest");
    expect(before.tick - after.tick).toBeGreaterThan(call.bins?.idSlippage ?? 0);
    expect(await reverts(mintTx)).toBe(true);
    expect(await reverts(exitTx)).toBe(true);
  });

  it("behavior: a move of the active bin inside the slippage takes the whole range with it, and the receipt says where", async () => {
    const pool = await deployed.createPool({ ...newPool(true, 500), tickSpacing: null, binStep: 10 });
    await mint(pool, await bound(pool, { below: 20, above: 20, base: 10n ** 19n }));
    const fresh = await bound(pool, { below: 2, above: 2, base: 10n ** 17n, shape: "bid_ask" });
    const before = await reads.readPool(port, pool, "latest");
    let moved = before.tick;
    // A twentieth of a bin's worth at a time, until the active bin is another one.
    const [swap0] = amountsOf(pool, 10n ** 17n);
    for (let turn = 0; turn < 40 && moved === before.tick; turn += 1) {
      await trade(deployed, pool, true, swap0);
      moved = (await reads.readPool(port, pool, "latest")).tick;
    }
    expect(moved).toBe(before.tick - 1);
    const { facts } = await mint(pool, fresh);
    expect([facts.tickLower, facts.tickUpper]).toEqual([fresh.tickLower - 1, fresh.tickUpper - 1]);
    const held = await reads.readPosition(port, pool, facts.tokenId, "latest", chain.user);
    expect(held?.liquidityRaw).toBeGreaterThan(facts.liquidityRaw);
  });
});
