// A private local chain with the published Uniswap V3 factory, for tests that compare our maths with the contracts.
import { mkdtempSync, rmSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  encodePacked,
  getContractAddress,
  keccak256,
  parseAbi,
  parseAbiParameters,
  parseEther,
  parseEventLogs,
  type Address,
  type Hex,
} from "viem";
import type { PoolRefusal, PoolSimulator } from "@/lib/backtest/replay/pool-simulator";
import type { Result } from "@/lib/errors/result";
import { startAnvil } from "@/server/devnet/chain/anvil";
import { loadCreationCode } from "@/server/devnet/chain/artifacts";
import {
  BASE_FEE_WEI,
  createDevnetClient,
  DEVNET_CHAIN_ID,
  mineAt,
  queueTx,
  requireSuccess,
} from "@/server/devnet/chain/client";
import { compileContracts } from "@/server/devnet/chain/compile";

const rootDir = fileURLToPath(new URL("../../", import.meta.url));
const FACTORY = "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";
const GENESIS_AT_MS = Date.UTC(2024, 0, 5);
const BLOCK_MS = 12_000;
const TX_GAS = 90_000_000n;
/** Swaps and mints of one transaction: about 30 000 gas each, more where a swap crosses many words. */
const ACTIONS_PER_TX = 400;
const STOCK = 1n << 250n;

const poolAbi = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked)",
  "function liquidity() view returns (uint128)",
  "function feeGrowthGlobal0X128() view returns (uint256)",
  "function feeGrowthGlobal1X128() view returns (uint256)",
  "function protocolFees() view returns (uint128 token0, uint128 token1)",
  "function ticks(int24) view returns (uint128 liquidityGross, int128 liquidityNet, uint256 feeGrowthOutside0X128, uint256 feeGrowthOutside1X128, int56 tickCumulativeOutside, uint160 secondsPerLiquidityOutsideX128, uint32 secondsOutside, bool initialized)",
  "function positions(bytes32) view returns (uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, uint128 tokensOwed0, uint128 tokensOwed1)",
  "function initialize(uint160)",
  "function setFeeProtocol(uint8, uint8)",
  "function maxLiquidityPerTick() view returns (uint128)",
  "event Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick)",
  "event Mint(address sender, address indexed owner, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount, uint256 amount0, uint256 amount1)",
  "event Burn(address indexed owner, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount, uint256 amount0, uint256 amount1)",
  "event Collect(address indexed owner, address recipient, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount0, uint128 amount1)",
]);
const factoryAbi = parseAbi([
  "function createPool(address, address, uint24) returns (address)",
  "function getPool(address, address, uint24) view returns (address)",
  "function enableFeeAmount(uint24, int24)",
]);
const tokenAbi = parseAbi(["function mint(address to, uint256 value)"]);
const driverAbi = parseAbi([
  "function run(address pool, (uint8 kind, int24 lower, int24 upper, int256 amount, uint160 limit)[] actions)",
]);
const probeAbi = parseAbi(["function ticksOf(address pool, uint160[] prices) returns (int24[])"]);

/** What a driver does to a pool; the driver is the owner of its positions. */
export type PoolAction =
  | { readonly kind: "swap"; readonly zeroForOne: boolean; readonly amount: bigint; readonly sqrtLimitX96: bigint }
  | {
      readonly kind: "mint" | "burn";
      readonly owner: number;
      readonly tickLower: number;
      readonly tickUpper: number;
      readonly liquidity: bigint;
    }
  | { readonly kind: "collect"; readonly owner: number; readonly tickLower: number; readonly tickUpper: number };

/** What came of it: pool order, raw; for a swap as the pool's event says it. */
export interface PoolOutcome {
  readonly kind: PoolAction["kind"];
  readonly amount0: bigint;
  readonly amount1: bigint;
  readonly sqrtPriceX96?: bigint;
  readonly liquidity?: bigint;
  readonly tick?: number;
}

export interface ChainPool {
  readonly address: Address;
  readonly token0: Address;
  readonly token1: Address;
}

export type PoolChain = Awaited<ReturnType<typeof startPoolChain>>;

/** Two drivers: 0 is the market (swaps and everybody else's liquidity), 1 is us, so that equal ranges stay apart. */
export async function startPoolChain() {
  const cacheDir = mkdtempSync(join(tmpdir(), "tidegate-pool-chain-"));
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
    const [deployer] = await client.getAddresses();
    if (deployer === undefined) throw new Error("the local chain offers no unlocked account");
    await client.setBalance({ address: deployer, value: parseEther("1000000000") });
    const sources = Object.fromEntries(
      ["tests/support/contracts/pool-driver.sol", "server/devnet/contracts/test-token.sol"].map((file) => [
        file,
        readFileSync(join(rootDir, file), "utf8"),
      ]),
    );
    const compiled = await compileContracts({
      rootDir,
      cacheDir,
      sources,
    });
    const codeOf = (name: string): Hex => {
      const code = compiled[name];
      if (code === undefined) throw new Error(`contract ${name} is missing from the compiled sources`);
      return code;
    };

    let atMs = GENESIS_AT_MS;
    let nonce = 0n;
    let queued: Hex[] = [];
    const queue = async (to: Address | undefined, data: Hex, gas = TX_GAS): Promise<void> => {
      nonce += 1n;
      queued.push(await queueTx(client, { from: deployer, ...(to === undefined ? {} : { to }), data, gas }));
    };
    const mine = async (what: string): Promise<void> => {
      atMs += BLOCK_MS;
      await mineAt(client, atMs);
      const mined = queued;
      queued = [];
      await requireSuccess(client, mined, what);
    };
    const create = async (code: Hex): Promise<Address> => {
      const address = getContractAddress({ from: deployer, nonce });
      await queue(undefined, code, 30_000_000n);
      return address;
    };

    const factory = await create(loadCreationCode(rootDir, FACTORY));
    const market = await create(codeOf("PoolDriver"));
    await mine("deploying the factory");
    const us = await create(codeOf("PoolDriver"));
    const probe = await create(codeOf("TickProbe"));
    const drivers = [market, us] as const;
    const driverOf = (index: number): Address => {
      const driver = drivers[index];
      if (driver === undefined) throw new Error(`there is no driver ${index}, only 0 and 1`);
      return driver;
    };
    // A fresh factory knows 500, 3000 and 10000 only; the real one got the 0.01 % tier later.
    const lowestFee = encodeFunctionData({ abi: factoryAbi, functionName: "enableFeeAmount", args: [100, 1] });
    await queue(factory, lowestFee, 200_000n);
    await mine("deploying the drivers");

    const createToken = async (symbol: string, decimals: number): Promise<Address> => {
      const args = encodeAbiParameters(parseAbiParameters("string, string, uint8, address"), [
        symbol,
        symbol,
        decimals,
        deployer,
      ]);
      const token = await create(concatHex([codeOf("TestToken"), args]));
      for (const driver of drivers) {
        const data = encodeFunctionData({ abi: tokenAbi, functionName: "mint", args: [driver, STOCK] });
        await queue(token, data, 200_000n);
      }
      return token;
    };

    /** A pool of two new tokens, token0 first; fee and spacing go together as in the factory: 100/1, 500/10, 3000/60, 10000/200. */
    const createPool = async (input: {
      readonly sqrtPriceX96: bigint;
      readonly feePips: number;
      readonly decimals: readonly [number, number];
    }): Promise<ChainPool> => {
      const made = [await createToken("AAA", input.decimals[0]), await createToken("BBB", input.decimals[1])];
      await mine("creating the tokens");
      const [token0, token1] = made.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
      if (token0 === undefined || token1 === undefined) throw new Error("two tokens were created");
      const args = [token0, token1, input.feePips] as const;
      await queue(factory, encodeFunctionData({ abi: factoryAbi, functionName: "createPool", args }), 10_000_000n);
      await mine("creating the pool");
      const address = await client.readContract({ address: factory, abi: factoryAbi, functionName: "getPool", args });
      const initialize = encodeFunctionData({ abi: poolAbi, functionName: "initialize", args: [input.sqrtPriceX96] });
      await queue(address, initialize, 1_000_000n);
      await mine("initialising the pool");
      return { address, token0, token1 };
    };

    const read = { address: market, abi: poolAbi } as const;
    return {
      client,
      stop,
      createPool,

      /** Ticks of prices by the pool's own bytecode; null where it refuses the price. */
      async ticksOf(pool: ChainPool, prices: readonly bigint[]): Promise<(number | null)[]> {
        const found: (number | null)[] = [];
        for (let from = 0; from < prices.length; from += 1_000) {
          const { result } = await client.simulateContract({
            account: deployer,
            address: probe,
            abi: probeAbi,
            functionName: "ticksOf",
            args: [pool.address, prices.slice(from, from + 1_000)],
            gas: TX_GAS,
          });
          found.push(...result.map((tick) => (tick === -8_388_608 ? null : tick)));
        }
        return found;
      },

      /** Carries the actions out on the contract and returns what its events say, in order. */
      async run(pool: ChainPool, actions: readonly PoolAction[]): Promise<PoolOutcome[]> {
        const fromBlock = (await client.getBlockNumber()) + 1n;
        for (const batch of batchesOf(actions)) {
          const args = [pool.address, batch.actions.map(encodeAction)] as const;
          await queue(driverOf(batch.owner), encodeFunctionData({ abi: driverAbi, functionName: "run", args }));
          await mine("acting on the pool");
        }
        const logs = await client.getLogs({ address: pool.address, fromBlock, toBlock: "latest" });
        return parseEventLogs({ abi: poolAbi, logs }).map(outcomeOf);
      },

      /** Whether the contract reverts on an action. */
      async refuses(pool: ChainPool, action: PoolAction): Promise<boolean> {
        const args = [pool.address, [encodeAction(action)]] as const;
        const call = client.call({
          account: deployer,
          to: driverOf(ownerOf(action)),
          data: encodeFunctionData({ abi: driverAbi, functionName: "run", args }),
          gas: TX_GAS,
        });
        return call.then(
          () => false,
          (error: unknown) => {
            if (error instanceof Error && /revert/i.test(error.message)) return true;
            throw error;
          },
        );
      },

      async setFeeProtocol(pool: ChainPool, feeProtocol0: number, feeProtocol1: number): Promise<void> {
        const args = [feeProtocol0, feeProtocol1] as const;
        await queue(pool.address, encodeFunctionData({ abi: poolAbi, functionName: "setFeeProtocol", args }), 200_000n);
        await mine("setting the protocol fee");
      },

      async maxLiquidityPerTick(pool: ChainPool): Promise<bigint> {
        return client.readContract({ ...read, address: pool.address, functionName: "maxLiquidityPerTick" });
      },

      /** State of the pool, of the ticks and of the positions asked for, in the simulator's words. */
      async stateOf(pool: ChainPool, simulator: PoolSimulator, refs: readonly OwnedRange[]) {
        const at = { ...read, address: pool.address } as const;
        const [slot0, liquidity, growth0, growth1, protocolFees] = await Promise.all([
          client.readContract({ ...at, functionName: "slot0" }),
          client.readContract({ ...at, functionName: "liquidity" }),
          client.readContract({ ...at, functionName: "feeGrowthGlobal0X128" }),
          client.readContract({ ...at, functionName: "feeGrowthGlobal1X128" }),
          client.readContract({ ...at, functionName: "protocolFees" }),
        ]);
        const ticks = await Promise.all(
          simulator.initializedTicks().map(async (tick) => {
            const [liquidityGross, liquidityNet, feeGrowthOutside0X128, feeGrowthOutside1X128] =
              await client.readContract({ ...at, functionName: "ticks", args: [tick] });
            return { tick, liquidityGross, liquidityNet, feeGrowthOutside0X128, feeGrowthOutside1X128 };
          }),
        );
        const positions = await Promise.all(
          refs.map(async ({ owner, tickLower, tickUpper }) => {
            const key = keccak256(encodePacked(["address", "int24", "int24"], [driverOf(owner), tickLower, tickUpper]));
            const [held, feeGrowth0X128, feeGrowth1X128, owed0, owed1] = await client.readContract({
              ...at,
              functionName: "positions",
              args: [key],
            });
            return { liquidity: held, feeGrowth0X128, feeGrowth1X128, owed0, owed1 };
          }),
        );
        return {
          pool: {
            sqrtPriceX96: slot0[0],
            tick: slot0[1],
            liquidity,
            feeGrowth: { feeGrowth0X128: growth0, feeGrowth1X128: growth1 },
            protocolFees: { amount0: protocolFees[0], amount1: protocolFees[1] },
          },
          ticks,
          positions,
        };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface OwnedRange {
  readonly owner: number;
  readonly tickLower: number;
  readonly tickUpper: number;
}

/** The simulator's state in the shape of `stateOf`. */
export function simulatedState(simulator: PoolSimulator, refs: readonly OwnedRange[]) {
  return {
    pool: simulator.state(),
    ticks: simulator.initializedTicks().map((tick) => ({ tick, ...simulator.tickInfo(tick) })),
    positions: refs.map((ref) => simulator.position({ ...ref, owner: String(ref.owner) })),
  };
}

/** Carries one action out in the simulator. */
export function simulate(simulator: PoolSimulator, action: PoolAction): Result<PoolOutcome, PoolRefusal> {
  if (action.kind === "swap") {
    const { zeroForOne, amount, sqrtLimitX96 } = action;
    const swapped = simulator.swap({ zeroForOne, amountSpecified: amount, sqrtLimitX96 });
    return swapped.ok ? { ok: true, value: { kind: "swap", ...swapped.value } } : swapped;
  }
  const ref = { owner: String(action.owner), tickLower: action.tickLower, tickUpper: action.tickUpper };
  if (action.kind === "collect") return { ok: true, value: { kind: "collect", ...simulator.collect(ref) } };
  const changed =
    action.kind === "mint" ? simulator.mint(ref, action.liquidity) : simulator.burn(ref, action.liquidity);
  return changed.ok ? { ok: true, value: { kind: action.kind, ...changed.value } } : changed;
}

function ownerOf(action: PoolAction): number {
  return action.kind === "swap" ? 0 : action.owner;
}

/** Runs of actions by one driver, short enough for one transaction. */
function batchesOf(actions: readonly PoolAction[]): { owner: number; actions: PoolAction[] }[] {
  const batches: { owner: number; actions: PoolAction[] }[] = [];
  for (const action of actions) {
    const last = batches.at(-1);
    const owner = ownerOf(action);
    if (last === undefined || last.owner !== owner || last.actions.length >= ACTIONS_PER_TX) {
      batches.push({ owner, actions: [action] });
    } else last.actions.push(action);
  }
  return batches;
}

function encodeAction(action: PoolAction) {
  if (action.kind === "swap") {
    const { zeroForOne, amount, sqrtLimitX96 } = action;
    return { kind: zeroForOne ? 0 : 1, lower: 0, upper: 0, amount, limit: sqrtLimitX96 };
  }
  const range = { lower: action.tickLower, upper: action.tickUpper, limit: 0n };
  if (action.kind === "collect") return { kind: 4, ...range, amount: 0n };
  return { kind: action.kind === "mint" ? 2 : 3, ...range, amount: action.liquidity };
}

function outcomeOf(log: ReturnType<typeof parseEventLogs<typeof poolAbi, true, undefined>>[number]): PoolOutcome {
  if (log.eventName === "Swap") {
    const { amount0, amount1, sqrtPriceX96, liquidity, tick } = log.args;
    return { kind: "swap", amount0, amount1, sqrtPriceX96, liquidity, tick };
  }
  const { amount0, amount1 } = log.args;
  return { kind: log.eventName === "Mint" ? "mint" : log.eventName === "Burn" ? "burn" : "collect", amount0, amount1 };
}
