// A position that nobody's plan opened: an unlocked account of a running demo mints one into the signer's wallet.
import { encodeFunctionData, maxUint256, toHex } from "viem";
import * as z from "zod";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { positionManagerAbi, tokenAbi } from "@/server/devnet/chain/abis";
import type { RunningDemo } from "./running-demo";
import { waitFor } from "./running-demo";

const stateSchema = z.looseObject({
  accounts: z.looseObject({ demoApprover: addressSchema }),
  contracts: z.looseObject({
    positionManager: addressSchema,
    tokens: z.looseObject({ WETH: addressSchema, USDC: addressSchema }),
  }),
  pools: z.array(z.looseObject({ key: z.string(), tick: z.number() })),
});
const receiptSchema = z.looseObject({ status: z.string() });

const FEE = 3_000;
const SPACING = 60;
const WETH_EACH = 10n ** 17n;
const USDC_EACH = 300_000_000n;
const WAIT_MS = 30_000;

export async function sendOrphans(demo: RunningDemo, wallet: Address, count: number): Promise<void> {
  const answer = await fetch(`${demo.ready.devnet}/state`);
  const { accounts, contracts, pools } = stateSchema.parse(await answer.json());
  const from = accounts.demoApprover;
  const { WETH, USDC } = contracts.tokens;
  const manager = contracts.positionManager;
  await demo.control("/fund", {
    address: from,
    tokens: { WETH: String(count), USDC: String(1_000 * count) },
    nativeEth: "1",
  });

  async function send(to: Address, data: Hex): Promise<void> {
    const hash = hexSchema.parse(await demo.rpc("eth_sendTransaction", [{ from, to, data, gas: toHex(1_000_000) }]));
    await waitFor(`transaction ${hash}`, WAIT_MS, async () => {
      const receipt = receiptSchema.nullable().parse(await demo.rpc("eth_getTransactionReceipt", [hash]));
      if (receipt === null) return null;
      if (receipt.status !== "0x1") throw new Error(`${hash} reverted`);
      return receipt;
    });
  }

  for (const token of [WETH, USDC]) {
    await send(token, encodeFunctionData({ abi: tokenAbi, functionName: "approve", args: [manager, maxUint256] }));
  }
  const isWeth0 = WETH.toLowerCase() < USDC.toLowerCase();
  const tick = pools.find(({ key }) => key === "WETH-USDC-3000")?.tick ?? 0;
  const middle = Math.round(tick / SPACING) * SPACING;
  for (let index = 0; index < count; index += 1) {
    const half = SPACING * (20 + index);
    const args = [
      {
        token0: isWeth0 ? WETH : USDC,
        token1: isWeth0 ? USDC : WETH,
        fee: FEE,
        tickLower: middle - half,
        tickUpper: middle + half,
        amount0Desired: isWeth0 ? WETH_EACH : USDC_EACH,
        amount1Desired: isWeth0 ? USDC_EACH : WETH_EACH,
        amount0Min: 0n,
        amount1Min: 0n,
        recipient: wallet,
        deadline: 99_999_999_999n,
      },
    ] as const;
    await send(manager, encodeFunctionData({ abi: positionManagerAbi, functionName: "mint", args }));
  }
}
