// Deploys the devnet's contracts on an empty chain: tokens, Uniswap V3 from its published bytecode, Permit2, Multicall3, LI.FI stand-in, pools.
import {
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  getContractAddress,
  maxUint256,
  padHex,
  parseAbiParameters,
  parseEther,
  toFunctionSelector,
  toHex,
  type Address,
  type Hex,
} from "viem";
import * as z from "zod";
import { addressSchema, dexSchema, hexSchema, poolSchema } from "@/lib/registry/schema";
import { DevnetError } from "@/server/devnet/devnet-error";
import {
  ACCOUNT_ROLES,
  FIRST_CHAIN,
  PAIRS,
  PAIR_IDS,
  POOLS,
  TOKENS,
  TOKEN_SYMBOLS,
  UNISWAP_V3_DEX_ID,
  type DevnetPairId,
  type PoolSetup,
  type TokenSymbol,
} from "@/server/devnet/market/setup";
import { amountsAround, sqrtX96OfPrice, ticksAround, toRaw, type PoolOrder } from "@/server/devnet/market/pool-price";
import { factoryAbi, lifiDiamondAbi, poolAbi, positionManagerAbi, swapRouterAbi, tokenAbi } from "./abis";
import {
  MULTICALL3_ADDRESS,
  PERMIT2_ADDRESS,
  loadCreationCode,
  loadMulticall3CreationCode,
  loadPermit2Runtime,
} from "./artifacts";
import { mineAt, queueTx, requireSuccess, type DevnetClient } from "./client";
import type { CompiledContracts } from "./compile";
import { ORDER_KINDS } from "./families/family-kit";
import { V3_INIT_CODE_HASH } from "./v3-hash";

const v3Schema = z.object({
  factory: addressSchema,
  positionManager: addressSchema,
  swapRouter: addressSchema,
  quoterV2: addressSchema,
  tickLens: addressSchema,
});
export type V3Contracts = z.infer<typeof v3Schema>;

const deployedPoolSchema = z.object({
  key: z.string(),
  pairId: z.enum(PAIR_IDS),
  chainId: z.number().int(),
  /** Pool contract, or 32-byte pool id. */
  address: hexSchema,
  baseIsToken0: z.boolean(),
  /** How the trader contract trades it; `target` also emits its Swap events. */
  order: z.object({ kind: z.enum(ORDER_KINDS), target: addressSchema, key: hexSchema }),
  entry: poolSchema,
});
export type DeployedPool = z.infer<typeof deployedPoolSchema>;

/** What is on one chain; part of the saved state. */
export const chainDeploymentSchema = z.object({
  chainId: z.number().int(),
  keeper: addressSchema,
  provider: addressSchema,
  trader: addressSchema,
  tokens: z.record(z.enum(TOKEN_SYMBOLS), addressSchema),
  permit2: addressSchema,
  multicall3: addressSchema,
  marketMaker: addressSchema,
  lifiDiamond: addressSchema,
  /** Uniswap V3 as this file puts it on the first chain; null elsewhere. */
  v3: v3Schema.nullable(),
  dexes: z.array(dexSchema),
  pools: z.array(deployedPoolSchema),
});
export type ChainDeployment = z.infer<typeof chainDeploymentSchema>;
/** A chain with Uniswap V3, its contracts by name. */
export type Deployment = ChainDeployment & V3Contracts;

/** Predeployed by anvil: the usual CREATE2 factory. */
const CREATE2_FACTORY = "0x4e59b44847b379578588920cA78FbF26c0B4956C";
const DEPLOY_GAS = 8_000_000n;
const V3 = "@uniswap/v3-core/artifacts/contracts";
const PERIPHERY = "@uniswap/v3-periphery/artifacts/contracts";
const ZERO = "0x0000000000000000000000000000000000000000";
/** Stock of the market maker and the other providers, human units: enough for years of flow. */
const STOCK: Readonly<Record<TokenSymbol, number>> = { WETH: 40_000_000, USDC: 1e12, USDT: 1e12 };

export interface DeployInput {
  readonly client: DevnetClient;
  readonly rootDir: string;
  readonly compiled: CompiledContracts;
  readonly prices: Readonly<Record<DevnetPairId, number>>;
  /** Market time of the first block; the pools exist a few blocks later. */
  readonly firstBlockAtMs: number;
}

/** The first chain alone, with Uniswap V3 and its pools. */
export async function deployDevnet(input: DeployInput): Promise<Deployment> {
  const deployment = await deployChain({
    ...input,
    chainId: FIRST_CHAIN.id,
    v3Pools: POOLS,
    traderContract: "MarketMaker",
  });
  return { ...deployment, ...v3Of(deployment) };
}

export function v3Of(deployment: ChainDeployment): V3Contracts {
  if (deployment.v3 !== null) return deployment.v3;
  throw new DevnetError({
    code: "deploy",
    message: `Chain ${deployment.chainId} has no Uniswap V3 of its own. Start with --fresh.`,
    retryable: false,
  });
}

/** Tokens, canonical contracts, trader and LI.FI stand-in of one chain; Uniswap V3 too where there are pools for it. */
export async function deployChain(
  input: DeployInput & {
    readonly chainId: number;
    readonly v3Pools: readonly PoolSetup[];
    /** Contract that trades for the market: `MarketMaker` knows Uniswap V3 only. */
    readonly traderContract: "MarketMaker" | "FamilyTrader";
  },
): Promise<ChainDeployment> {
  const { client, rootDir, compiled, chainId } = input;
  const accounts = await client.getAddresses();
  const keeper = accountOf(accounts, ACCOUNT_ROLES.keeper);
  const provider = accountOf(accounts, ACCOUNT_ROLES.provider);
  const trader = accountOf(accounts, ACCOUNT_ROLES.trader);
  let atMs = input.firstBlockAtMs;
  let queued: Hex[] = [];
  const queue = async (from: Address, to: Address | undefined, data: Hex, gas = DEPLOY_GAS, valueWei = 0n) => {
    queued.push(await queueTx(client, { from, ...(to === undefined ? {} : { to }), data, gas, valueWei }));
  };
  const mine = async (what: string) => {
    await mineAt(client, atMs);
    atMs += 12_000;
    await requireSuccess(client, queued, what);
    queued = [];
  };
  let nonce = 0n;
  const create = async (code: Hex, args: Hex = "0x") => {
    const address = getContractAddress({ from: keeper, nonce });
    nonce += 1n;
    await queue(keeper, undefined, concatHex([code, args]));
    return address;
  };

  for (const account of [keeper, provider, trader]) {
    await client.setBalance({ address: account, value: parseEther("200000000") });
  }
  await client.setCode({ address: PERMIT2_ADDRESS, bytecode: loadPermit2Runtime(rootDir) });
  await client.setCode({ address: MULTICALL3_ADDRESS, bytecode: await multicallRuntime(client, rootDir) });

  const tokenPlans = planTokens(compiled, keeper, chainId);
  const v3 = input.v3Pools.length === 0 ? null : await createUniswapV3(rootDir, tokenPlans.WETH.address, create);
  const keeperArg = encodeAbiParameters(parseAbiParameters("address"), [keeper]);
  const marketMaker = await create(codeOf(compiled, input.traderContract), keeperArg);
  const lifiDiamond = await create(codeOf(compiled, "LifiDiamond"), keeperArg);
  for (const symbol of TOKEN_SYMBOLS) {
    const plan = tokenPlans[symbol];
    await queue(keeper, CREATE2_FACTORY, concatHex([plan.salt, plan.code]));
  }
  await mine("Deploying the contracts");

  const tokens = {
    WETH: tokenPlans.WETH.address,
    USDC: tokenPlans.USDC.address,
    USDT: tokenPlans.USDT.address,
  };
  for (const holder of [marketMaker, provider]) {
    await client.setBalance({ address: keeper, value: parseEther("200000000") });
    await queue(
      keeper,
      tokens.WETH,
      encodeFunctionData({ abi: tokenAbi, functionName: "deposit" }),
      200_000n,
      parseEther(String(STOCK.WETH)),
    );
    await queue(
      keeper,
      tokens.WETH,
      encodeFunctionData({ abi: tokenAbi, functionName: "transfer", args: [holder, parseEther(String(STOCK.WETH))] }),
      200_000n,
    );
    for (const symbol of ["USDC", "USDT"] as const) {
      const stock = toRaw(STOCK[symbol], TOKENS[symbol].decimals);
      await queue(
        keeper,
        tokens[symbol],
        encodeFunctionData({ abi: tokenAbi, functionName: "mint", args: [holder, stock] }),
        200_000n,
      );
    }
  }
  const base: ChainDeployment = {
    chainId,
    keeper,
    provider,
    trader,
    tokens,
    permit2: PERMIT2_ADDRESS,
    multicall3: MULTICALL3_ADDRESS,
    marketMaker,
    lifiDiamond,
    v3,
    dexes: [],
    pools: [],
  };
  if (v3 === null) {
    await mine("Funding the market");
    return base;
  }
  for (const symbol of TOKEN_SYMBOLS) {
    const args = [v3.positionManager, maxUint256] as const;
    const approve = encodeFunctionData({ abi: tokenAbi, functionName: "approve", args });
    await queue(provider, tokens[symbol], approve, 100_000n);
  }
  for (const signature of [swapRouterAbi[0], swapRouterAbi[1]]) {
    const args = [v3.swapRouter, toFunctionSelector(signature), true] as const;
    await queue(
      keeper,
      lifiDiamond,
      encodeFunctionData({ abi: lifiDiamondAbi, functionName: "setAllowed", args }),
      100_000n,
    );
  }
  // A fresh factory knows 500, 3000 and 10000 only; its owner adds the 0.01 % tier, as happened on the real one.
  const lowestFee = encodeFunctionData({ abi: factoryAbi, functionName: "enableFeeAmount", args: [100, 1] });
  await queue(keeper, v3.factory, lowestFee, 100_000n);
  for (const pool of input.v3Pools) {
    const order = orderOf(pool.pairId, tokens);
    const [token0, token1] = sortedTokens(pool.pairId, tokens);
    const data = encodeFunctionData({
      abi: positionManagerAbi,
      functionName: "createAndInitializePoolIfNecessary",
      args: [token0, token1, pool.feePips, sqrtX96OfPrice(input.prices[pool.pairId], order)],
    });
    await queue(keeper, v3.positionManager, data);
  }
  await mine("Funding the market and creating the pools");

  const pools: DeployedPool[] = [];
  for (const pool of input.v3Pools) {
    const [token0, token1] = sortedTokens(pool.pairId, tokens);
    const address = await client.readContract({
      address: v3.factory,
      abi: factoryAbi,
      functionName: "getPool",
      args: [token0, token1, pool.feePips],
    });
    pools.push({
      key: pool.key,
      pairId: pool.pairId,
      chainId,
      address,
      baseIsToken0: orderOf(pool.pairId, tokens).baseIsToken0,
      order: { kind: ORDER_KINDS.v3, target: address, key: "0x" },
      entry: poolSchema.parse({
        pair: pool.pairId,
        chainId,
        dex: UNISWAP_V3_DEX_ID,
        id: address,
        tokens: [PAIRS[pool.pairId].base, PAIRS[pool.pairId].quote],
        fee: pool.feePips,
        tickSpacing: pool.tickSpacing,
      }),
    });
    for (const position of providerMints({
      pool,
      tokens,
      provider,
      price: input.prices[pool.pairId],
      deadlineSec: BigInt(Math.floor(atMs / 1000) + 3_600),
    })) {
      await queue(provider, v3.positionManager, position, 1_000_000n);
    }
    if (pool.oracleSlots > 1) {
      const data = encodeFunctionData({
        abi: poolAbi,
        functionName: "increaseObservationCardinalityNext",
        args: [pool.oracleSlots],
      });
      await queue(keeper, address, data, 9_000_000n);
    }
  }
  await mine("Placing the other providers' liquidity");
  const dex = dexSchema.parse({
    id: UNISWAP_V3_DEX_ID,
    name: "Uniswap V3 (devnet)",
    family: "uniswap-v3",
    initCodeHash: V3_INIT_CODE_HASH,
    chains: {
      [String(chainId)]: {
        factory: v3.factory,
        positionManager: v3.positionManager,
        quoterV2: v3.quoterV2,
        swapRouter: v3.swapRouter,
      },
    },
  });
  return { ...base, dexes: [dex], pools };
}

async function createUniswapV3(
  rootDir: string,
  weth: Address,
  create: (code: Hex, args?: Hex) => Promise<Address>,
): Promise<V3Contracts> {
  const factory = await create(loadCreationCode(rootDir, `${V3}/UniswapV3Factory.sol/UniswapV3Factory.json`));
  const pair = encodeAbiParameters(parseAbiParameters("address, address"), [factory, weth]);
  const positionManager = await create(
    loadCreationCode(rootDir, `${PERIPHERY}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json`),
    encodeAbiParameters(parseAbiParameters("address, address, address"), [factory, weth, ZERO]),
  );
  const swapRouter = await create(loadCreationCode(rootDir, `${PERIPHERY}/SwapRouter.sol/SwapRouter.json`), pair);
  const quoterV2 = await create(loadCreationCode(rootDir, `${PERIPHERY}/lens/QuoterV2.sol/QuoterV2.json`), pair);
  const tickLens = await create(loadCreationCode(rootDir, `${PERIPHERY}/lens/TickLens.sol/TickLens.json`));
  return { factory, positionManager, swapRouter, quoterV2, tickLens };
}

/** Mint calls that place a pool's other providers around a price. */
export function providerMints(input: {
  readonly pool: PoolSetup;
  readonly tokens: Readonly<Record<TokenSymbol, Address>>;
  readonly provider: Address;
  readonly price: number;
  readonly deadlineSec: bigint;
}): Hex[] {
  const { pool, tokens, provider, price } = input;
  const setup = PAIRS[pool.pairId];
  const order = orderOf(pool.pairId, tokens);
  const [token0, token1] = sortedTokens(pool.pairId, tokens);
  return pool.providers.map(({ halfWidth, usd }) => {
    const [tickLower, tickUpper] = ticksAround(price, halfWidth, order, pool.tickSpacing ?? 1);
    const amounts = amountsAround(price, halfWidth, usd);
    const baseRaw = toRaw(amounts.base, TOKENS[setup.base].decimals);
    const quoteRaw = toRaw(amounts.quote, TOKENS[setup.quote].decimals);
    return encodeFunctionData({
      abi: positionManagerAbi,
      functionName: "mint",
      args: [
        {
          token0,
          token1,
          fee: pool.feePips,
          tickLower,
          tickUpper,
          amount0Desired: order.baseIsToken0 ? baseRaw : quoteRaw,
          amount1Desired: order.baseIsToken0 ? quoteRaw : baseRaw,
          // The devnet's own providers are alone in their block, so no other trade can come between.
          amount0Min: 0n,
          amount1Min: 0n,
          recipient: provider,
          deadline: input.deadlineSec,
        },
      ],
    });
  });
}

export function orderOf(pairId: DevnetPairId, tokens: Readonly<Record<TokenSymbol, Address>>): PoolOrder {
  const { base, quote } = PAIRS[pairId];
  return {
    baseIsToken0: BigInt(tokens[base]) < BigInt(tokens[quote]),
    decimalsBase: TOKENS[base].decimals,
    decimalsQuote: TOKENS[quote].decimals,
  };
}

export function sortedTokens(
  pairId: DevnetPairId,
  tokens: Readonly<Record<TokenSymbol, Address>>,
): readonly [Address, Address] {
  const { base, quote } = PAIRS[pairId];
  return BigInt(tokens[base]) < BigInt(tokens[quote]) ? [tokens[base], tokens[quote]] : [tokens[quote], tokens[base]];
}

interface TokenPlan {
  readonly address: Address;
  readonly salt: Hex;
  readonly code: Hex;
}

// On the first chain USDC sorts below both others: base is token1 in WETH-USDC and token0 in USDC-USDT, so both pool orders occur.
// On the second chain it is the other way round, and no token has the same address on two chains.
function planTokens(
  compiled: CompiledContracts,
  keeper: Address,
  chainId: number,
): Readonly<Record<TokenSymbol, TokenPlan>> {
  const erc20 = (symbol: "USDC" | "USDT") =>
    concatHex([
      codeOf(compiled, "TestToken"),
      encodeAbiParameters(parseAbiParameters("string, string, uint8, address"), [
        TOKENS[symbol].name,
        symbol,
        TOKENS[symbol].decimals,
        keeper,
      ]),
    ]);
  const middle = 1n << 159n;
  const place = chainId - FIRST_CHAIN.id;
  const isUsdcLow = place !== 1;
  const firstSalt = BigInt(place) * 256n;
  const isLow = (address: Address) => BigInt(address) < middle;
  return {
    USDC: saltFor(erc20("USDC"), firstSalt, (address) => isLow(address) === isUsdcLow),
    USDT: saltFor(erc20("USDT"), firstSalt, (address) => isLow(address) !== isUsdcLow),
    WETH: saltFor(codeOf(compiled, "WrappedEther"), firstSalt, (address) => isLow(address) !== isUsdcLow),
  };
}

function saltFor(code: Hex, firstSalt: bigint, accepts: (address: Address) => boolean): TokenPlan {
  for (let n = firstSalt; n < firstSalt + 256n; n += 1n) {
    const salt = padHex(toHex(n), { size: 32 });
    const address = getContractAddress({ opcode: "CREATE2", from: CREATE2_FACTORY, salt, bytecode: code });
    if (accepts(address)) return { address, salt, code };
  }
  throw new DevnetError({
    code: "deploy",
    message: "No CREATE2 salt of 256 gives the wanted token order.",
    retryable: false,
  });
}

async function multicallRuntime(client: DevnetClient, rootDir: string): Promise<Hex> {
  const { data } = await client.call({ data: await loadMulticall3CreationCode(rootDir) });
  if (data === undefined || data.length < 5_000) {
    throw new DevnetError({
      code: "deploy",
      message: `Multicall3's creation code returned ${data?.length ?? 0} characters instead of its runtime. Install the pinned viem version with "npm ci".`,
      retryable: false,
    });
  }
  return data;
}

function codeOf(compiled: CompiledContracts, name: string): Hex {
  const code = compiled[name];
  if (code === undefined) {
    throw new DevnetError({
      code: "compile",
      message: `Contract ${name} is missing from the compiled sources (${Object.keys(compiled).join(", ")}).`,
      retryable: false,
    });
  }
  return code;
}

function accountOf(accounts: readonly Address[], index: number): Address {
  const account = accounts[index];
  if (account === undefined) {
    throw new DevnetError({
      code: "anvil",
      message: `The chain offers ${accounts.length} unlocked accounts, at least ${index + 1} are needed.`,
      retryable: false,
    });
  }
  return account;
}
