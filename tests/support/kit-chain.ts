// A bare local chain with tokens, Permit2 and the market's trader, on which family kits are deployed and tried.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  parseAbi,
  parseAbiParameters,
  parseEther,
  parseEventLogs,
  type Address,
  type Hex,
  type TransactionReceipt,
} from "viem";
import { startAnvil } from "@/server/devnet/chain/anvil";
import { loadPermit2Runtime, PERMIT2_ADDRESS } from "@/server/devnet/chain/artifacts";
import { BASE_FEE_WEI, createDevnetClient, DEVNET_CHAIN_ID, mineAt, queueTx } from "@/server/devnet/chain/client";
import { compileContracts, readContractSources } from "@/server/devnet/chain/compile";
import type { KitCall, KitContext, OrderTarget } from "@/server/devnet/chain/families/family-kit";
import { familyTraderAbi } from "@/server/devnet/chain/families/trader";

const rootDir = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const GENESIS_AT_MS = Date.UTC(2026, 10, 1);
const BLOCK_MS = 12_000;
const STOCK = 1n << 200n;
const tokenAbi = parseAbi([
  "function mint(address to, uint256 value)",
  "function approve(address spender, uint256 value) returns (bool)",
  "function balanceOf(address owner) view returns (uint256)",
]);

export interface KitToken {
  readonly address: Address;
  readonly decimals: number;
}

export interface TraderOrder {
  readonly target: OrderTarget;
  readonly zeroForOne: boolean;
  readonly amountIn: bigint;
  readonly sqrtLimitX96?: bigint;
}

export interface TraderPull {
  readonly target: OrderTarget;
  readonly lowerX96: bigint;
  readonly upperX96: bigint;
}

export type KitChain = Awaited<ReturnType<typeof startKitChain>>;

export async function startKitChain() {
  const cacheDir = mkdtempSync(join(tmpdir(), "tidegate-kit-chain-"));
  const anvil = await startAnvil({
    rootDir,
    chainId: DEVNET_CHAIN_ID,
    port: 0,
    genesisAtMs: GENESIS_AT_MS,
    baseFeeWei: BASE_FEE_WEI,
  });
  const client = createDevnetClient(anvil.rpcUrl);
  const stop = async (): Promise<void> => {
    await anvil.stop();
    rmSync(cacheDir, { recursive: true, force: true });
  };
  try {
    const sources = readContractSources(rootDir);
    const startedAtMs = performance.now();
    const compiled = await compileContracts({ rootDir, cacheDir, sources });
    const compileMs = Math.round(performance.now() - startedAtMs);
    const [keeper, user] = await client.getAddresses();
    if (keeper === undefined || user === undefined) throw new Error("the local chain offers no two unlocked accounts");
    for (const account of [keeper, user]) {
      await client.setBalance({ address: account, value: parseEther("1000000000") });
    }
    await client.setCode({ address: PERMIT2_ADDRESS, bytecode: loadPermit2Runtime(rootDir) });
    let atMs = GENESIS_AT_MS;

    const send = async (what: string, calls: readonly KitCall[]): Promise<readonly TransactionReceipt[]> => {
      const hashes: Hex[] = [];
      for (const call of calls) {
        const { to, data, valueWei, from = keeper, gas = 8_000_000n } = call;
        hashes.push(
          await queueTx(client, {
            from,
            data,
            gas,
            ...(to === undefined ? {} : { to }),
            ...(valueWei === undefined ? {} : { valueWei }),
          }),
        );
      }
      atMs += BLOCK_MS;
      await mineAt(client, atMs);
      const receipts: TransactionReceipt[] = [];
      for (const [index, hash] of hashes.entries()) {
        const receipt = await client.getTransactionReceipt({ hash });
        if (receipt.status !== "success") {
          const call = calls[index];
          const why = await client
            .call({
              account: call?.from ?? keeper,
              data: call?.data ?? "0x",
              ...(call?.to === undefined ? {} : { to: call.to }),
            })
            .then(() => "it passes now", String);
          throw new Error(
            `${what}: call ${index} (${call?.data.slice(0, 10)}) reverted with ${receipt.gasUsed} gas: ${why}`,
          );
        }
        receipts.push(receipt);
      }
      return receipts;
    };
    const create = async (name: string, args: Hex = "0x"): Promise<Address> => {
      const code = compiled[name];
      if (code === undefined) throw new Error(`no compiled contract ${name}`);
      const [receipt] = await send(`Creating ${name}`, [{ data: concatHex([code, args]) }]);
      if (typeof receipt?.contractAddress !== "string") throw new Error(`${name} was not created`);
      return receipt.contractAddress;
    };
    const token = async (decimals: number): Promise<KitToken> => {
      const args = encodeAbiParameters(parseAbiParameters("string, string, uint8, address"), [
        "Test token",
        "TEST",
        decimals,
        keeper,
      ]);
      return { address: await create("TestToken", args), decimals };
    };
    const weth = await create("WrappedEther");
    const trader = await create("FamilyTrader", encodeAbiParameters(parseAbiParameters("address"), [keeper]));
    const quote = await token(6);
    const sides: { low?: KitToken; high?: KitToken } = {};
    while (sides.low === undefined || sides.high === undefined) {
      const made = await token(18);
      if (BigInt(made.address) < BigInt(quote.address)) sides.low = made;
      else sides.high = made;
    }
    const { low, high } = sides;
    let third = await token(18);
    while (BigInt(third.address) < BigInt(low.address)) third = await token(18);
    await send(
      "Funding",
      [quote, low, high, third].flatMap(({ address }) =>
        [trader, user].map((to) => ({
          to: address,
          data: encodeFunctionData({ abi: tokenAbi, functionName: "mint", args: [to, STOCK] }),
        })),
      ),
    );
    const context: KitContext = {
      client,
      rootDir,
      compiled,
      chainId: DEVNET_CHAIN_ID,
      keeper,
      weth,
      permit2: PERMIT2_ADDRESS,
      send,
    };
    return {
      client,
      context,
      compileMs,
      user,
      trader,
      quote,
      low,
      high,
      third,
      send,
      stop,
      deadlineSec: () => BigInt(Math.floor(atMs / 1000) + 3_600),
      approve: (tokenAddress: Address, spender: Address) =>
        send("Approving", [
          {
            to: tokenAddress,
            from: user,
            data: encodeFunctionData({ abi: tokenAbi, functionName: "approve", args: [spender, STOCK] }),
          },
        ]),
      balanceOf: (tokenAddress: Address, owner: Address) =>
        client.readContract({ address: tokenAddress, abi: tokenAbi, functionName: "balanceOf", args: [owner] }),
      priceOf: (target: OrderTarget) =>
        client.readContract({
          address: trader,
          abi: familyTraderAbi,
          functionName: "sqrtPriceOf",
          args: [target.kind, target.target, target.key],
        }),
      /** Runs one step of the trader; answers its failures. */
      async step(orders: readonly TraderOrder[], pulls: readonly TraderPull[] = []) {
        const data = encodeFunctionData({
          abi: familyTraderAbi,
          functionName: "step",
          args: [
            orders.map(({ target, zeroForOne, amountIn, sqrtLimitX96 = 0n }) => ({
              ...target,
              zeroForOne,
              amountIn,
              sqrtLimitX96,
            })),
            pulls.map(({ target, lowerX96, upperX96 }) => ({ ...target, lowerX96, upperX96 })),
          ],
        });
        const [receipt] = await send("Trading", [{ to: trader, data, gas: 60_000_000n }]);
        const logs = receipt?.logs.filter((log) => log.address.toLowerCase() === trader.toLowerCase()) ?? [];
        return parseEventLogs({ abi: familyTraderAbi, logs }).map(({ eventName, args }) => ({
          eventName,
          index: Number(args.index),
          reason: args.reason,
        }));
      },
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}
