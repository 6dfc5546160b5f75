// Every family kit on one bare chain: pools in both token orders, a raw mint by the family's own manager, and the market's trader.
import { encodeAbiParameters, encodeFunctionData, parseAbi, parseAbiParameters, type Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { DeployedFamily } from "@/server/devnet/chain/families/family-kit";
import { FAMILY_KITS } from "@/server/devnet/chain/families/kits";
import { startKitChain, type KitChain } from "@/tests/support/kit-chain";

const Q96 = 2 ** 96;
const PRICE = 2_500;
const LIQUIDITY = 10n ** 18n;
const MINT_REST =
  "int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline";
const v3Abi = parseAbi([`function mint((address token0, address token1, uint24 fee, ${MINT_REST}) params) payable`]);
const integralAbi = parseAbi([
  `function mint((address token0, address token1, address deployer, ${MINT_REST}) params) payable`,
]);
const slipstreamAbi = parseAbi([
  `function mint((address token0, address token1, int24 tickSpacing, ${MINT_REST}, uint160 sqrtPriceX96) params) payable`,
]);
const ramsesAbi = parseAbi([
  `function mint((address token0, address token1, int24 tickSpacing, ${MINT_REST}) params) payable`,
]);
const algebraAbi = parseAbi([`function mint((address token0, address token1, ${MINT_REST}) params) payable`]);
const LAID_OUT =
  "address tokenX, address tokenY, uint256 binStep, uint256 amountX, uint256 amountY, uint256 amountXMin, uint256 amountYMin, uint256 activeIdDesired, uint256 idSlippage, int256[] deltaIds, uint256[] distributionX, uint256[] distributionY, address to";
const binsAbi = parseAbi([`function addLiquidity((${LAID_OUT}, address refundTo, uint256 deadline) params)`]);
const legacyBinsAbi = parseAbi([`function addLiquidity((${LAID_OUT}, uint256 deadline) params)`]);
const modifyAbi = parseAbi(["function modifyLiquidities(bytes unlockData, uint256 deadline) payable"]);
const permit2Abi = parseAbi(["function approve(address token, address spender, uint160 amount, uint48 expiration)"]);

let chain: KitChain;
beforeAll(async () => {
  chain = await startKitChain();
});
afterAll(async () => {
  await chain.stop();
});

/** Square root of the raw price of a base of 18 decimals in a quote of 6, X96. */
function sqrtPriceX96(baseIsToken0: boolean): bigint {
  const raw = PRICE / 1e12;
  return BigInt(Math.round(Math.sqrt(baseIsToken0 ? raw : 1 / raw) * Q96));
}

function ticksAround(pool: PoolRef, sqrtX96: bigint): readonly [number, number] {
  const spacing = pool.tickSpacing ?? 0;
  const tick = Math.log(Number(sqrtX96) / Q96) / (Math.log(1.0001) / 2);
  return [(Math.floor(tick / spacing) - 40) * spacing, (Math.floor(tick / spacing) + 40) * spacing];
}

/** The mint of a family, by hand: no code of the adapters. */
function mintData(pool: PoolRef, ticks: readonly [number, number]): Hex {
  const rest = {
    token0: pool.token0,
    token1: pool.token1,
    tickLower: ticks[0],
    tickUpper: ticks[1],
    amount0Desired: 10n ** 24n,
    amount1Desired: 10n ** 24n,
    amount0Min: 0n,
    amount1Min: 0n,
    recipient: chain.user,
    deadline: chain.deadlineSec(),
  };
  const feePips = pool.feePips ?? 0;
  const spacing = pool.tickSpacing ?? 0;
  switch (pool.family) {
    case "uniswap-v3":
    case "pancakeswap-v3":
      return encodeFunctionData({ abi: v3Abi, functionName: "mint", args: [{ ...rest, fee: feePips }] });
    case "algebra-integral": {
      const deployer = "0x0000000000000000000000000000000000000000";
      return encodeFunctionData({ abi: integralAbi, functionName: "mint", args: [{ ...rest, deployer }] });
    }
    case "slipstream": {
      const params = { ...rest, tickSpacing: spacing, sqrtPriceX96: 0n };
      return encodeFunctionData({ abi: slipstreamAbi, functionName: "mint", args: [params] });
    }
    case "ramses-v3":
      return encodeFunctionData({ abi: ramsesAbi, functionName: "mint", args: [{ ...rest, tickSpacing: spacing }] });
    case "algebra-v1":
    case "camelot-v3":
      return encodeFunctionData({ abi: algebraAbi, functionName: "mint", args: [rest] });
    case "uniswap-v4": {
      const mint = encodeAbiParameters(
        parseAbiParameters(
          "(address, address, uint24, int24, address), int24, int24, uint256, uint128, uint128, address, bytes",
        ),
        [
          [pool.token0, pool.token1, feePips, spacing, "0x0000000000000000000000000000000000000000"],
          ticks[0],
          ticks[1],
          LIQUIDITY,
          10n ** 24n,
          10n ** 24n,
          chain.user,
          "0x",
        ],
      );
      return modify([
        ["0x02", mint],
        ["0x0d", pairOf(pool)],
      ]);
    }
    case "pancakeswap-infinity": {
      const key = [
        pool.token0,
        pool.token1,
        "0x0000000000000000000000000000000000000000",
        pool.contracts.factory,
        feePips,
        pool.parameters ?? "0x",
      ] as const;
      const mint = encodeAbiParameters(
        parseAbiParameters(
          "((address, address, address, address, uint24, bytes32), int24, int24), uint128, uint128, uint128, address, bytes",
        ),
        [[key, ticks[0], ticks[1]], LIQUIDITY, 10n ** 24n, 10n ** 24n, chain.user, "0x"],
      );
      return modify([
        ["0x02", mint],
        ["0x0d", pairOf(pool)],
      ]);
    }
    case "liquidity-book":
      return binMintData(pool);
  }
}

/** Eleven bins around the start price: token1 (Y) below, token0 (X) above, both in the middle. */
function binMintData(pool: PoolRef): Hex {
  const binStep = pool.binStep ?? 0;
  const logPrice = 2 * Math.log(Number(sqrtPriceX96(isBaseFirst(pool))) / Q96);
  const deltas = Array.from({ length: 11 }, (_, index) => index - 5);
  const part = 10n ** 18n / 6n;
  const isBase = isBaseFirst(pool);
  const params = {
    tokenX: pool.token0,
    tokenY: pool.token1,
    binStep: BigInt(binStep),
    amountX: isBase ? 10n ** 18n : 2_500n * 10n ** 6n,
    amountY: isBase ? 2_500n * 10n ** 6n : 10n ** 18n,
    amountXMin: 0n,
    amountYMin: 0n,
    activeIdDesired: BigInt(2 ** 23 + Math.round(logPrice / Math.log1p(binStep / 10_000))),
    idSlippage: 1n,
    deltaIds: deltas.map(BigInt),
    distributionX: deltas.map((delta) => (delta >= 0 ? part : 0n)),
    distributionY: deltas.map((delta) => (delta <= 0 ? part : 0n)),
    to: chain.user,
    deadline: chain.deadlineSec(),
  };
  return pool.variant === "2.0"
    ? encodeFunctionData({ abi: legacyBinsAbi, functionName: "addLiquidity", args: [params] })
    : encodeFunctionData({
        abi: binsAbi,
        functionName: "addLiquidity",
        args: [{ ...params, refundTo: chain.user }],
      });
}

function pairOf(pool: PoolRef): Hex {
  return encodeAbiParameters(parseAbiParameters("address, address"), [pool.token0, pool.token1]);
}

function modify(actions: readonly (readonly [Hex, Hex])[]): Hex {
  const codes: Hex = `0x${actions.map(([code]) => code.slice(2)).join("")}`;
  const unlockData = encodeAbiParameters(parseAbiParameters("bytes, bytes[]"), [
    codes,
    actions.map(([, data]) => data),
  ]);
  return encodeFunctionData({
    abi: modifyAbi,
    functionName: "modifyLiquidities",
    args: [unlockData, chain.deadlineSec()],
  });
}

async function mintInto(pool: PoolRef): Promise<void> {
  const { positionManager } = pool.contracts;
  for (const token of [pool.token0, pool.token1]) {
    await chain.approve(token, pool.permit2 ?? positionManager);
    if (pool.permit2 !== null) {
      const args = [token, positionManager, 2n ** 159n, Number(chain.deadlineSec())] as const;
      const data = encodeFunctionData({ abi: permit2Abi, functionName: "approve", args });
      await chain.send("Permit2", [{ to: pool.permit2, from: chain.user, data }]);
    }
  }
  const data = mintData(pool, ticksAround(pool, sqrtPriceX96(isBaseFirst(pool))));
  await chain.send(`Minting in ${pool.dexId}`, [{ to: positionManager, from: chain.user, data, gas: 12_000_000n }]);
}

function isBaseFirst(pool: PoolRef): boolean {
  return pool.token0 !== chain.quote.address;
}

describe.each(FAMILY_KITS)("$name", (kit) => {
  let deployed: DeployedFamily;
  beforeAll(async () => {
    deployed = await kit.deploy(chain.context);
  });

  it.each(["base below quote", "base above quote"])(
    "behavior: a pool with %s is minted into and traded both ways",
    async (order) => {
      const base = order === "base below quote" ? chain.low : chain.high;
      const [token0, token1] =
        order === "base below quote" ? [base.address, chain.quote.address] : [chain.quote.address, base.address];
      const start = sqrtPriceX96(order === "base below quote");
      const isBins = kit.family === "liquidity-book";
      const pool = await deployed.createPool({
        token0,
        token1,
        feePips: 500,
        tickSpacing: isBins ? null : 10,
        binStep: isBins ? 10 : null,
        sqrtPriceX96: start,
      });
      expect(pool.dexId).toBe(kit.dexId);
      const target = deployed.orderTarget(pool);
      const before = [await chain.balanceOf(token0, chain.user), await chain.balanceOf(token1, chain.user)] as const;
      await mintInto(pool);
      expect(await chain.balanceOf(token0, chain.user)).toBeLessThan(before[0]);
      expect(await chain.balanceOf(token1, chain.user)).toBeLessThan(before[1]);

      const first = await chain.priceOf(target);
      expect(Number(first) / Number(start)).toBeCloseTo(1, 2);
      const amounts = [
        before[0] - (await chain.balanceOf(token0, chain.user)),
        before[1] - (await chain.balanceOf(token1, chain.user)),
      ] as const;
      expect(await chain.step([{ target, zeroForOne: true, amountIn: amounts[0] / 3n }])).toEqual([]);
      const down = await chain.priceOf(target);
      expect(down).toBeLessThan(first);
      expect(await chain.step([{ target, zeroForOne: false, amountIn: amounts[1] / 2n }])).toEqual([]);
      const up = await chain.priceOf(target);
      expect(up).toBeGreaterThan(down);

      // A pull ends inside its band; an order that fails is named and does not take the others with it.
      const band = { lowerX96: (start * 9_980n) / 10_000n, upperX96: (start * 9_990n) / 10_000n };
      const failures = await chain.step(
        [
          { target: { ...target, target: chain.user }, zeroForOne: true, amountIn: 1n },
          { target, zeroForOne: true, amountIn: amounts[0] / 1_000n },
        ],
        [{ target, ...band }],
      );
      expect(failures.map(({ eventName, index }) => [eventName, index])).toEqual([["OrderFailed", 0]]);
      const pulled = await chain.priceOf(target);
      expect(pulled).toBeGreaterThanOrEqual(band.lowerX96);
      expect(pulled).toBeLessThanOrEqual(band.upperX96);
    },
  );
});
