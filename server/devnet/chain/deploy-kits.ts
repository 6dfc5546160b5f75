// Puts further DEX families and their pools on a chain: contracts and pools from the family kits, prices from the market.
import type { TransactionReceipt } from "viem";
import { encodeFunctionData, parseAbi, toFunctionSelector, type Address, type Hex } from "viem";
import { dexSchema, poolSchema, type Dex } from "@/lib/registry/schema";
import { DevnetError } from "@/server/devnet/devnet-error";
import { sqrtX96OfPrice, toRaw } from "@/server/devnet/market/pool-price";
import { PAIRS, TOKENS, TOKEN_SYMBOLS, type DevnetPairId, type PoolSetup } from "@/server/devnet/market/setup";
import { lifiDiamondAbi, tokenAbi } from "./abis";
import { BASE_FEE_WEI, mineAt, queueTx, requireSuccess, type DevnetClient } from "./client";
import type { CompiledContracts } from "./compile";
import { orderOf, sortedTokens, type ChainDeployment, type DeployedPool } from "./deploy";
import type { DeployedFamily, FamilyKit, KitContext } from "./families/family-kit";
import { FAMILY_KITS } from "./families/kits";

const SWAP_ENTRIES = parseAbi([
  "function exactInput((bytes path, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum) params) payable returns (uint256 amountOut)",
]);
/** What the far side of a bridge pays from, human units. */
const BRIDGE_STOCK = { WETH: 1_000_000, USDC: 1e10, USDT: 1e10 } as const;

export interface KitDeployment {
  readonly dexes: readonly Dex[];
  readonly pools: readonly DeployedPool[];
}

/** Mines blocks one market second apart from `fromMs` on; throws when they would reach `untilMs`. */
export function createSender(input: {
  readonly client: DevnetClient;
  readonly keeper: Address;
  readonly fromMs: number;
  readonly untilMs: number;
}): KitContext["send"] {
  const { client } = input;
  let atMs = input.fromMs;
  return async (what, calls): Promise<readonly TransactionReceipt[]> => {
    if (atMs >= input.untilMs) {
      throw new DevnetError({
        code: "deploy",
        message: `${what}: the ${(input.untilMs - input.fromMs) / 1000} blocks reserved for deployment are used up. Raise PREPARATION_MS.`,
        retryable: false,
      });
    }
    const hashes: Hex[] = [];
    for (const call of calls) {
      hashes.push(
        await queueTx(client, {
          from: call.from ?? input.keeper,
          ...(call.to === undefined ? {} : { to: call.to }),
          data: call.data,
          gas: call.gas ?? 8_000_000n,
          ...(call.valueWei === undefined ? {} : { valueWei: call.valueWei }),
        }),
      );
    }
    await mineAt(client, atMs, BASE_FEE_WEI);
    atMs += 1_000;
    await requireSuccess(client, hashes, what);
    return Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })));
  };
}

export async function deployKits(input: {
  readonly client: DevnetClient;
  readonly rootDir: string;
  readonly compiled: CompiledContracts;
  readonly deployment: ChainDeployment;
  readonly setups: readonly PoolSetup[];
  readonly prices: Readonly<Record<DevnetPairId, number>>;
  readonly send: KitContext["send"];
}): Promise<KitDeployment> {
  const { client, rootDir, compiled, deployment, send } = input;
  const { chainId, keeper, permit2, tokens } = deployment;
  const context: KitContext = { client, rootDir, compiled, chainId, keeper, weth: tokens.WETH, permit2, send };
  const families = new Map<string, DeployedFamily>();
  const pools: DeployedPool[] = [];
  for (const setup of input.setups) {
    const family = families.get(setup.dex) ?? (await kitOf(setup.dex).deploy(context));
    families.set(setup.dex, family);
    pools.push(await createPool({ deployment, family, setup, price: input.prices[setup.pairId] }));
  }
  const dexes = [...families.values()].map((family) => dexSchema.parse(family.dex));
  await openBridge(deployment, dexes, send);
  return { dexes, pools };
}

async function createPool(input: {
  readonly deployment: ChainDeployment;
  readonly family: DeployedFamily;
  readonly setup: PoolSetup;
  readonly price: number;
}): Promise<DeployedPool> {
  const { deployment, family, setup } = input;
  const { base, quote } = PAIRS[setup.pairId];
  const { tokens, chainId } = deployment;
  // A Liquidity Book pair keeps the order it is made with: base first, as its users write it.
  const isBook = setup.binStep !== null;
  const [token0, token1] = isBook ? [tokens[base], tokens[quote]] : sortedTokens(setup.pairId, tokens);
  const baseIsToken0 = token0 === tokens[base];
  const ref = await family.createPool({
    token0,
    token1,
    feePips: setup.feePips,
    tickSpacing: setup.tickSpacing,
    binStep: setup.binStep,
    sqrtPriceX96: sqrtX96OfPrice(input.price, { ...orderOf(setup.pairId, tokens), baseIsToken0 }),
  });
  const entry = poolSchema.parse({
    pair: setup.pairId,
    chainId,
    dex: ref.dexId,
    id: ref.pool,
    tokens: [base, quote],
    fee: ref.feePips,
    tickSpacing: ref.tickSpacing,
    hooks: ref.hooks,
    deployer: ref.deployer,
    binStep: ref.binStep,
    parameters: ref.parameters,
  });
  return {
    key: setup.key,
    pairId: setup.pairId,
    chainId,
    address: ref.pool,
    baseIsToken0,
    order: family.orderTarget(ref),
    entry,
  };
}

/** The LI.FI stand-in may call the routers of this chain, and has what arriving bridges pay. */
async function openBridge(deployment: ChainDeployment, dexes: readonly Dex[], send: KitContext["send"]): Promise<void> {
  const { lifiDiamond, tokens, chainId } = deployment;
  const routers = dexes.flatMap((dex) => dex.chains[String(chainId)]?.swapRouter ?? []);
  const allow = routers.map((router) => ({
    to: lifiDiamond,
    data: encodeFunctionData({
      abi: lifiDiamondAbi,
      functionName: "setAllowed",
      args: [router, toFunctionSelector(SWAP_ENTRIES[0]), true],
    }),
    gas: 100_000n,
  }));
  const wethRaw = toRaw(BRIDGE_STOCK.WETH, TOKENS.WETH.decimals);
  const stock = TOKEN_SYMBOLS.flatMap((symbol) => {
    const raw = toRaw(BRIDGE_STOCK[symbol], TOKENS[symbol].decimals);
    if (symbol !== "WETH") {
      const data = encodeFunctionData({ abi: tokenAbi, functionName: "mint", args: [lifiDiamond, raw] });
      return [{ to: tokens[symbol], data, gas: 200_000n }];
    }
    const give = encodeFunctionData({ abi: tokenAbi, functionName: "transfer", args: [lifiDiamond, wethRaw] });
    return [
      {
        to: tokens.WETH,
        data: encodeFunctionData({ abi: tokenAbi, functionName: "deposit" }),
        valueWei: wethRaw,
        gas: 200_000n,
      },
      { to: tokens.WETH, data: give, gas: 200_000n },
    ];
  });
  await send("Opening the LI.FI stand-in", [...allow, ...stock]);
}

function kitOf(dexId: string): FamilyKit {
  const kit = FAMILY_KITS.find((one) => one.dexId === dexId);
  if (kit !== undefined) return kit;
  throw new DevnetError({
    code: "deploy",
    message: `The devnet has no family kit ${dexId} (it has ${FAMILY_KITS.map((one) => one.dexId).join(", ")}).`,
    retryable: false,
  });
}
