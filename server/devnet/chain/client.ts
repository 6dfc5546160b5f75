// One viem client for the devnet's own work: reads, unlocked sends and anvil's test methods.
import { createTestClient, defineChain, http, publicActions, walletActions, type Address, type Hex } from "viem";
import { DevnetError } from "@/server/devnet/devnet-error";
import { FIRST_CHAIN } from "@/server/devnet/market/setup";

export const DEVNET_CHAIN_ID: number = FIRST_CHAIN.id;
/** Base fee of every block, wei: 0.05 gwei, so that gas has a price and does not drift. */
export const BASE_FEE_WEI = 50_000_000n;

/** Highest fee the market's own accounts offer: they pay the block's base fee, whatever fault raised it. */
export const ANY_FEE_WEI = 10_000_000_000_000n;

export function createDevnetClient(rpcUrl: string, chainId: number = DEVNET_CHAIN_ID) {
  const chain = defineChain({
    id: chainId,
    name: "Tidegate devnet",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  return createTestClient({
    mode: "anvil",
    chain,
    transport: http(rpcUrl, { timeout: 60_000, retryCount: 0, maxResponseBodySize: 256 * 1024 * 1024 }),
    cacheTime: 0,
    pollingInterval: 10,
  })
    .extend(publicActions)
    .extend(walletActions);
}
export type DevnetClient = ReturnType<typeof createDevnetClient>;

export interface UnlockedTx {
  readonly from: Address;
  readonly to?: Address;
  readonly data: Hex;
  readonly valueWei?: bigint;
  readonly gas: bigint;
  readonly maxFeePerGasWei?: bigint;
}

type SendTransactionRpc = {
  Method: "eth_sendTransaction";
  Parameters: [Readonly<Record<string, string>>];
  ReturnType: Hex;
};

/** Queues a transaction of an unlocked account; it is included by the next `mineAt`. */
export function queueTx(client: DevnetClient, tx: UnlockedTx): Promise<Hex> {
  return client.request<SendTransactionRpc>({
    method: "eth_sendTransaction",
    params: [
      {
        from: tx.from,
        ...(tx.to === undefined ? {} : { to: tx.to }),
        data: tx.data,
        gas: `0x${tx.gas.toString(16)}`,
        value: `0x${(tx.valueWei ?? 0n).toString(16)}`,
        maxFeePerGas: `0x${(tx.maxFeePerGasWei ?? BASE_FEE_WEI * 2n).toString(16)}`,
        maxPriorityFeePerGas: "0x0",
      },
    ],
  });
}

/** Mines one block at the given market time. */
export async function mineAt(client: DevnetClient, atMs: number, baseFeeWei: bigint = BASE_FEE_WEI): Promise<void> {
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: baseFeeWei });
  await client.setNextBlockTimestamp({ timestamp: BigInt(Math.floor(atMs / 1000)) });
  await client.mine({ blocks: 1 });
}

/** Throws when one of the transactions is missing or reverted. */
export async function requireSuccess(client: DevnetClient, hashes: readonly Hex[], what: string): Promise<void> {
  for (const hash of hashes) {
    const receipt = await client.getTransactionReceipt({ hash });
    if (receipt.status !== "success") {
      const tx = await client.getTransaction({ hash });
      throw new DevnetError({
        code: "deploy",
        details: { to: tx.to, selector: tx.input.slice(0, 10), from: tx.from },
        message: `${what}: call ${tx.input.slice(0, 10)} to ${tx.to ?? "a new contract"} by ${tx.from} reverted in transaction ${hash}, block ${receipt.blockNumber} (gas used ${receipt.gasUsed}). Start with --fresh; if it repeats, the installed contract packages do not match this version.`,
        retryable: false,
      });
    }
  }
}
