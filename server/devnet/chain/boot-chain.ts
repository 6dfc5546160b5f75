// Brings one chain up: fresh with its contracts, pools and checks, or from its saved state.
import type { Address } from "viem";
import * as z from "zod";
import { buildOverlay } from "@/server/devnet/registry-overlay";
import { DevnetError } from "@/server/devnet/devnet-error";
import { fundAt } from "@/server/devnet/control-api";
import { familyPoolsOf, placeFamilyProviders, type FamilyProviderState } from "@/server/devnet/market/family-providers";
import { poolsOfChain } from "@/server/devnet/market/other-pools";
import type { PricePath } from "@/server/devnet/market/price-path";
import { firstProviderState, type ProviderState } from "@/server/devnet/market/providers";
import {
  FIRST_CHAIN,
  MARKET_START_AT_MS,
  OTHER_WALLET_FUNDING,
  TICK_MS,
  UNISWAP_V3_DEX_ID,
  WALLET_FUNDING,
  WALLET_FUNDING_ETH,
  type ChainCount,
  type ChainSetup,
} from "@/server/devnet/market/setup";
import { mineAt, type DevnetClient } from "./client";
import type { CompiledContracts } from "./compile";
import { deployChain, type ChainDeployment } from "./deploy";
import { createSender, deployKits } from "./deploy-kits";
import { createNode, type ChainNode } from "./node";
import type { DevnetState } from "./state-file";
import { checkDeployment, checkQuoterAgainstSwap, quoterCheckBlocks } from "./truth-checks";

/** Market time kept free for the blocks of family kits, one second each. */
const KIT_BLOCKS_MS = 600_000;
const V3_BLOCKS = 4;

export interface BootedChain {
  readonly node: ChainNode;
  readonly providers: ProviderState;
  readonly familyProviders: FamilyProviderState;
}

export interface ChainBoot {
  readonly setup: ChainSetup;
  readonly chains: ChainCount;
  readonly client: DevnetClient;
  readonly rpcUrl: string;
  readonly rootDir: string;
  readonly path: PricePath;
  readonly wallet: Address | undefined;
}

/** Market time kept free before the start for deployment, checks and funding. */
export function preparationMs(chains: ChainCount): number {
  const checks = quoterCheckBlocks(poolsOfChain(FIRST_CHAIN.id, 1).length);
  return (8 + checks) * TICK_MS + (chains === 1 ? 0 : KIT_BLOCKS_MS);
}

export async function bootFresh(boot: ChainBoot, compiled: CompiledContracts): Promise<BootedChain> {
  const { client, rootDir, path, setup, chains, rpcUrl } = boot;
  const setups = poolsOfChain(setup.id, chains);
  const v3Pools = setups.filter((pool) => pool.dex === UNISWAP_V3_DEX_ID);
  const kitPools = setups.filter((pool) => pool.dex !== UNISWAP_V3_DEX_ID);
  const prices = { "WETH-USDC": path.price("WETH-USDC"), "USDC-USDT": path.price("USDC-USDT") };
  const firstBlockAtMs = MARKET_START_AT_MS - preparationMs(chains);
  const first = await deployChain({
    client,
    rootDir,
    compiled,
    prices,
    firstBlockAtMs,
    chainId: setup.id,
    v3Pools,
    traderContract: chains === 1 ? "MarketMaker" : "FamilyTrader",
  });
  const fromMs = firstBlockAtMs + V3_BLOCKS * TICK_MS;
  const send = createSender({ client, keeper: first.keeper, fromMs, untilMs: fromMs + KIT_BLOCKS_MS });
  let deployment = first;
  let familyProviders: FamilyProviderState = {};
  if (chains > 1) {
    const kits = await deployKits({ client, rootDir, compiled, deployment, setups: kitPools, prices, send });
    deployment = {
      ...first,
      dexes: [...first.dexes, ...kits.dexes],
      pools: [...first.pools, ...kits.pools],
    };
    const pools = familyPoolsOf(kits.pools, buildOverlay([{ deployment, rpcUrl }], 1));
    familyProviders = await placeFamilyProviders({
      client,
      deployment,
      path,
      pools,
      send,
      atMs: MARKET_START_AT_MS,
    });
  }
  await checkDeployment({ client, rootDir, deployment });
  if (v3Pools.length > 0) {
    const atMs = MARKET_START_AT_MS - (2 + quoterCheckBlocks(v3Pools.length)) * TICK_MS;
    await checkQuoterAgainstSwap({ client, deployment, atMs });
  }
  await fundWallet(boot, deployment, MARKET_START_AT_MS - TICK_MS);
  await mineAt(client, MARKET_START_AT_MS);
  return {
    node: createNode({ setup, client, rpcUrl, deployment }),
    providers: firstProviderState(v3Pools, path, MARKET_START_AT_MS),
    familyProviders,
  };
}

export async function bootSaved(
  boot: ChainBoot,
  saved: { readonly nowMs: number; readonly chain: DevnetState["chains"][number]; readonly dump: Buffer },
): Promise<BootedChain> {
  const { client, setup, rpcUrl } = boot;
  const { deployment, providers, familyProviders } = saved.chain;
  await loadState(rpcUrl, saved.dump);
  const head = await client.getBlock();
  const headAtMs = Number(head.timestamp) * 1000;
  if (headAtMs > saved.nowMs) {
    throw new DevnetError({
      code: "state",
      message: `The saved chain ${setup.id} is ahead of the saved market (${head.timestamp} s against ${saved.nowMs / 1000} s). Start with --fresh.`,
      retryable: false,
    });
  }
  await checkDeployment({ client, rootDir: boot.rootDir, deployment });
  if (boot.wallet !== undefined && (await isUntouched(client, boot.wallet)))
    await fundWallet(boot, deployment, headAtMs + 1_000);
  return { node: createNode({ setup, client, rpcUrl, deployment }), providers, familyProviders };
}

const loadedSchema = z.object({ result: z.literal(true) });

/** Bytes that are ready to send: several megabytes of hexadecimal are not made into JSON and encoded again. */
async function loadState(rpcUrl: string, dump: Buffer): Promise<void> {
  const response = await fetch(rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"anvil_loadState","params":["0x'),
      Buffer.from(dump.toString("hex"), "latin1"),
      Buffer.from('"]}'),
    ]),
  });
  const answer: unknown = await response.json();
  if (loadedSchema.safeParse(answer).success) return;
  throw new DevnetError({
    code: "state",
    message: `The chain at ${rpcUrl} did not take its saved state: ${JSON.stringify(answer).slice(0, 300)}. Start with --fresh.`,
    retryable: false,
  });
}

async function fundWallet(boot: ChainBoot, deployment: ChainDeployment, atMs: number): Promise<void> {
  if (boot.wallet === undefined) return;
  const tokens = boot.setup.id === FIRST_CHAIN.id ? WALLET_FUNDING : OTHER_WALLET_FUNDING;
  const input = { address: boot.wallet, tokens, nativeEth: WALLET_FUNDING_ETH };
  await fundAt(boot.client, deployment, input, atMs);
}

async function isUntouched(client: DevnetClient, wallet: Address): Promise<boolean> {
  return (
    (await client.getTransactionCount({ address: wallet })) === 0 &&
    (await client.getBalance({ address: wallet })) === 0n
  );
}
