// A pool that the registry of a running demo does not know: an unlocked account makes it with the devnet's real factory and gives it depth.
import { decodeFunctionResult, encodeFunctionData, maxUint256, toHex } from "viem";
import * as z from "zod";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { factoryAbi, positionManagerAbi, tokenAbi } from "@/server/devnet/chain/abis";
import { waitFor, type RunningDemo } from "./running-demo";

const stateSchema = z.looseObject({
  accounts: z.looseObject({ demoApprover: addressSchema }),
  contracts: z.looseObject({
    factory: addressSchema,
    positionManager: addressSchema,
    tokens: z.looseObject({ WETH: addressSchema, USDC: addressSchema }),
  }),
  pools: z.array(z.looseObject({ key: z.string(), tick: z.number() })),
});
const receiptSchema = z.looseObject({ status: z.string() });

/** One per cent: a fee tier of the factory that the devnet's market does not use. */
const FEE = 10_000;
const SPACING = 200;
const HALF_TICKS = 20 * SPACING;
const WETH_RAW = 5n * 10n ** 17n;
const USDC_RAW = 1_500_000_000n;
const WAIT_MS = 60_000;

export interface OpenedPool {
  readonly pool: Address;
  /** A contract of the same chain that is no pool. */
  readonly token: Address;
}

export async function openUnknownPool(demo: RunningDemo): Promise<OpenedPool> {
  const answer = await fetch(`${demo.ready.devnet.replace(/\/$/, "")}/state`);
  const { accounts, contracts, pools } = stateSchema.parse(await answer.json());
  const from = accounts.demoApprover;
  const { WETH, USDC } = contracts.tokens;
  await demo.control("/fund", { address: from, tokens: { WETH: "1", USDC: "3000" }, nativeEth: "1" });

  async function send(to: Address, data: Hex, gas: number): Promise<void> {
    const hash = hexSchema.parse(await demo.rpc("eth_sendTransaction", [{ from, to, data, gas: toHex(gas) }]));
    await waitFor(`transaction ${hash}`, WAIT_MS, async () => {
      const receipt = receiptSchema.nullable().parse(await demo.rpc("eth_getTransactionReceipt", [hash]));
      if (receipt === null) return null;
      if (receipt.status !== "0x1") throw new Error(`${hash} reverted`);
      return receipt;
    });
  }

  const isWeth0 = BigInt(WETH) < BigInt(USDC);
  const [token0, token1] = isWeth0 ? [WETH, USDC] : [USDC, WETH];
  const tick = pools.find(({ key }) => key === "WETH-USDC-3000")?.tick ?? 0;
  const middle = Math.round(tick / SPACING) * SPACING;
  await send(
    contracts.positionManager,
    encodeFunctionData({
      abi: positionManagerAbi,
      functionName: "createAndInitializePoolIfNecessary",
      args: [token0, token1, FEE, sqrtAtTick(tick)],
    }),
    6_000_000,
  );
  for (const token of [WETH, USDC]) {
    const args = [contracts.positionManager, maxUint256] as const;
    await send(token, encodeFunctionData({ abi: tokenAbi, functionName: "approve", args }), 100_000);
  }
  await send(
    contracts.positionManager,
    encodeFunctionData({
      abi: positionManagerAbi,
      functionName: "mint",
      args: [
        {
          token0,
          token1,
          fee: FEE,
          tickLower: middle - HALF_TICKS,
          tickUpper: middle + HALF_TICKS,
          amount0Desired: isWeth0 ? WETH_RAW : USDC_RAW,
          amount1Desired: isWeth0 ? USDC_RAW : WETH_RAW,
          amount0Min: 0n,
          amount1Min: 0n,
          recipient: from,
          deadline: 99_999_999_999n,
        },
      ],
    }),
    1_000_000,
  );
  const call = encodeFunctionData({ abi: factoryAbi, functionName: "getPool", args: [token0, token1, FEE] });
  const data = hexSchema.parse(await demo.rpc("eth_call", [{ to: contracts.factory, data: call }, "latest"]));
  return { pool: decodeFunctionResult({ abi: factoryAbi, functionName: "getPool", data }), token: WETH };
}
