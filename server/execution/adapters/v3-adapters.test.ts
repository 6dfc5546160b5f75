// V3-shaped reads where a chain cannot easily be brought to: limits of a depth, packings that do not fit, answers that do not come.
import { decodeFunctionData, encodeAbiParameters, encodeFunctionResult, parseAbi, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import type { CallPort } from "@/lib/actions/family";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address } from "@/lib/units";
import { protocolShareFrac as pancakeShare } from "./pancakeswap-v3";
import { protocolShareFrac as ramsesShare } from "./ramses-v3";
import { FAMILY_ADAPTERS } from "./registry";
import { protocolShareFrac as uniswapShare, uniswapV3Reads } from "./uniswap-v3";
import { changesByBitmap, segmentsOf } from "./v3-depth";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const POOL: PoolRef = {
  chainId: 31_337,
  family: "uniswap-v3",
  dexId: "uniswap-v3",
  variant: null,
  pool: address("b0"),
  token0: address("01"),
  token1: address("02"),
  contracts: {
    factory: address("fa"),
    positionManager: address("d1"),
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
  deployer: null,
  binStep: null,
  parameters: null,
};
const TICKS_ABI = parseAbi([
  "function tickBitmap(int16 wordPosition) view returns (uint256)",
  "function ticks(int24 tick) view returns (uint128 liquidityGross, int128 liquidityNet)",
]);

/** A chain that answers every call this way, and how many were asked. */
function chainOf(answer: (data: Hex) => Hex): { readonly port: CallPort; readonly count: () => number } {
  let calls = 0;
  return {
    port: {
      call: async ({ data }) => {
        calls += 1;
        return answer(data);
      },
      readLogs: async () => [],
    },
    count: () => calls,
  };
}

function failing(code: "unreachable" | "reverted"): CallPort {
  const fail = async (): Promise<never> => {
    throw new ChainError({ code, retryable: code === "unreachable", message: code });
  };
  return { call: fail, readLogs: fail };
}

/** Every usable tick is initialized: positions of one spacing each, 1000 in every one. */
function crowded(data: Hex): Hex {
  const call = decodeFunctionData({ abi: TICKS_ABI, data });
  if (call.functionName === "tickBitmap") {
    return encodeFunctionResult({ abi: TICKS_ABI, functionName: "tickBitmap", result: (1n << 256n) - 1n });
  }
  return encodeFunctionResult({
    abi: TICKS_ABI,
    functionName: "ticks",
    result: [2_000n, call.args[0] < 5 ? 10n : -10n],
  });
}

function read(port: CallPort, window: { tickLower: number; tickUpper: number }, ticksPerBit = 10) {
  return changesByBitmap(
    { chain: port, block: "latest" },
    { pool: address("b0"), getter: "tickBitmap", ticksPerBit, live: { tick: 5 }, window },
  );
}

describe("V3-shaped depth", () => {
  it("behavior: a crowded pool is read next to the price, with a few hundred calls, and the segments end where that ends", async () => {
    const { port, count } = chainOf(crowded);
    const window = { tickLower: -50_000, tickUpper: 50_000 };
    const found = await read(port, window);
    expect(found.changes).toHaveLength(200);
    expect(found.known).toEqual({ tickLower: -990, tickUpper: 1_000 });
    expect(count()).toBeLessThanOrEqual(300);
    const segments = segmentsOf({ tick: 5, liquidityRaw: 1_000n }, window, found);
    expect(segments[0]).toEqual({ tickLower: -990, tickUpper: -980, liquidityRaw: 10n });
    expect(segments.find(({ tickLower }) => tickLower === 0)).toEqual({
      tickLower: 0,
      tickUpper: 10,
      liquidityRaw: 1_000n,
    });
    expect(segments.at(-1)).toMatchObject({ tickUpper: 1_000 });
    expect(segments.at(-1)?.liquidityRaw).toBe(10n);
  });

  it("behavior: a small window of a crowded pool is whole", async () => {
    const { port } = chainOf(crowded);
    const window = { tickLower: -95, tickUpper: 105 };
    const segments = segmentsOf({ tick: 5, liquidityRaw: 1_000n }, window, await read(port, window));
    expect(segments[0]).toMatchObject({ tickLower: -95, tickUpper: -90 });
    expect(segments.at(-1)).toMatchObject({ tickLower: 100, tickUpper: 105 });
    expect(segments).toHaveLength(21);
  });

  it("behavior: the words asked for are the window's, not more", async () => {
    const { port, count } = chainOf(() => encodeAbiParameters([{ type: "uint256" }], [0n]));
    const found = await read(port, { tickLower: -2_560, tickUpper: 2_560 });
    expect(count()).toBe(2);
    expect(found).toEqual({ changes: [], known: { tickLower: -2_560, tickUpper: 2_560 } });
    const far = await read(port, { tickLower: -800_000, tickUpper: 800_000 }, 1);
    expect(far.known).toEqual({ tickLower: -48 * 256, tickUpper: 49 * 256 });
  });

  it("error: a bit whose tick holds nothing is a bitmap packed otherwise, never a depth", async () => {
    const { port } = chainOf((data) =>
      decodeFunctionData({ abi: TICKS_ABI, data }).functionName === "tickBitmap"
        ? encodeAbiParameters([{ type: "uint256" }], [1n])
        : encodeFunctionResult({ abi: TICKS_ABI, functionName: "ticks", result: [0n, 0n] }),
    );
    await expect(read(port, { tickLower: -100, tickUpper: 100 })).rejects.toMatchObject({
      code: "bad_data",
      message: expect.stringContaining("no liquidity there"),
    });
  });
});

describe("V3-shaped reads", () => {
  it("behavior: shares of the fee that do not go to liquidity", () => {
    expect(uniswapShare(0)).toBe(0);
    expect(uniswapShare(0x44)).toBe(0.25);
    expect(uniswapShare(0xa0)).toBeCloseTo(0.05, 12);
    expect(pancakeShare(0)).toBe(0);
    // 33 % and 32 %, as PancakeSwap sets them: two uint16 in one uint32.
    expect(pancakeShare(3_300 + 3_200 * 65_536)).toBeCloseTo(0.325, 12);
    expect(pancakeShare(0xff_ff_00_00)).toBeCloseTo(65_535 / 20_000, 12);
    expect(ramsesShare(80)).toBe(0.8);
  });

  it("default: each adapter reads and writes the family it is listed under", () => {
    for (const [family, { actions, reads }] of Object.entries(FAMILY_ADAPTERS)) {
      expect([actions.family, reads.family]).toEqual([family, family]);
    }
  });

  it("error: a chain that does not answer is neither a wrong entry nor a closed position", async () => {
    const silent = failing("unreachable");
    await expect(uniswapV3Reads.checkPool(silent, POOL, "latest")).rejects.toMatchObject({ code: "unreachable" });
    await expect(uniswapV3Reads.readPosition(silent, POOL, 1n, "latest")).rejects.toMatchObject({
      code: "unreachable",
    });
    const reverting = failing("reverted");
    expect(await uniswapV3Reads.readPosition(reverting, POOL, 1n, "latest")).toBeNull();
    expect(await uniswapV3Reads.checkPool(reverting, POOL, "latest")).toEqual([
      expect.stringContaining("its token0 reverted"),
    ]);
    await expect(uniswapV3Reads.readPool(reverting, POOL, "latest")).rejects.toMatchObject({ code: "reverted" });
  });

  it("error: a pool that was never initialised, a pool id, and a wallet with absurdly many positions", async () => {
    const zeros: Hex = `0x${"00".repeat(32 * 12)}`;
    await expect(uniswapV3Reads.readPool(chainOf(() => zeros).port, POOL, "latest")).rejects.toThrow("not initialised");
    const byId: PoolRef = { ...POOL, pool: `0x${"b0".repeat(32)}` };
    await expect(uniswapV3Reads.readPool(chainOf(() => zeros).port, byId, "latest")).rejects.toThrow("not an address");
    const many = chainOf(() => encodeAbiParameters([{ type: "uint256" }], [1n << 40n])).port;
    await expect(
      uniswapV3Reads.listOwned(many, POOL, { wallet: address("aa"), fromBlock: 0n, block: 1n }),
    ).rejects.toThrow("positions");
  });
});
