// Kits of the stand-ins over Uniswap V3's published bytecode: own pool list, and faces over pools, manager, router and quoter.
import { concatHex, encodeFunctionData, getAddress, keccak256, numberToHex, parseAbi, stringToHex } from "viem";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { DevnetError } from "@/server/devnet/devnet-error";
import { wearFace } from "./faces";
import type { FamilyKit, KitContext, NewPool, OrderTarget } from "./family-kit";
import {
  POOL_GAS,
  addressArgs,
  compiledCode,
  dexEntryOf,
  poolRefFrom,
  requireDeployed,
  requireTickSpacing,
  startBatch,
} from "./kit-tools";
import { V3_FACTORY_ABI, deployV3, type V3Contracts } from "./v3-bytecode";

const LIST_ABI = parseAbi([
  "function register(address token0, address token1, int24 key, int24 tickSpacing, uint24 fee, address pool)",
]);
const FACTORY_ABI = parseAbi([
  "function createPool(address tokenA, address tokenB, uint24 fee) returns (address pool)",
]);
const POOL_ABI = parseAbi(["function initialize(uint160 sqrtPriceX96)"]);
/** Pips tried above the wanted fee: a fee of the real factory belongs to one spacing. */
const FEE_TRIES = 50;

export interface V3StandIn {
  readonly family: Family;
  readonly dexId: string;
  readonly name: string;
  /** Compiled contract names. */
  readonly list: "SpacingFactoryStandIn" | "PairFactoryStandIn";
  readonly poolFace: string;
  readonly managerFace: string;
  readonly routerFace: string;
  readonly quoterFace: string;
  readonly orderKind: OrderTarget["kind"];
  /** Events of the real manager that the face logs in its own form. */
  readonly managerHides: readonly string[];
  /** False where the registry has no fee of such a pool. */
  readonly hasFixedFee: boolean;
  /** Families with a fee per direction: the fee of selling token1. Their pool face takes a second copy of the code and this fee. */
  readonly otherWayFeePips?: (feePips: number) => number;
}

export function createV3StandInKit(standIn: V3StandIn): FamilyKit {
  const kit: FamilyKit = {
    family: standIn.family,
    dexId: standIn.dexId,
    name: standIn.name,
    variant: null,
    isStandIn: true,
    async deploy(context) {
      const { chainId, keeper } = context;
      const real = await deployV3(context, standIn.name);
      const batch = await startBatch(context);
      const list = batch.create(compiledCode(context, standIn.list), addressArgs(keeper));
      await batch.send(`Deploying the pool list of ${standIn.name}`);
      const args = addressArgs(list);
      const { managerHides } = standIn;
      await wearFace(context, { at: real.positionManager, face: standIn.managerFace, args, hides: managerHides });
      await wearFace(context, { at: real.swapRouter, face: standIn.routerFace, args });
      await wearFace(context, { at: real.quoterV2, face: standIn.quoterFace, args });
      const dex = dexEntryOf(kit, chainId, {
        factory: list,
        positionManager: real.positionManager,
        swapRouter: real.swapRouter,
        quoterV2: real.quoterV2,
      });
      return {
        dex,
        async createPool(input) {
          const tickSpacing = requireTickSpacing(kit, input);
          const feePips = await freeFee(context, real, input, tickSpacing);
          const pool = await createPool(context, real, { ...input, feePips });
          const faceArgs = [addressArgs(list, real.positionManager, real.quoterV2)];
          if (standIn.otherWayFeePips !== undefined) {
            const wanted = { ...input, feePips: standIn.otherWayFeePips(feePips) };
            const otherWay = { ...wanted, feePips: await freeFee(context, real, wanted, tickSpacing) };
            const code = await codeOfOtherFee(context, real, otherWay, pool);
            faceArgs.push(addressArgs(code), numberToHex(otherWay.feePips, { size: 32 }));
          }
          await wearFace(context, { at: pool, face: standIn.poolFace, args: concatHex(faceArgs) });
          const key = standIn.list === "SpacingFactoryStandIn" ? tickSpacing : 0;
          const data = encodeFunctionData({
            abi: LIST_ABI,
            functionName: "register",
            args: [input.token0, input.token1, key, tickSpacing, feePips, pool],
          });
          await context.send(`Listing a pool of ${standIn.name}`, [{ to: list, data, gas: 300_000n }]);
          return poolRefFrom(dex, chainId, pool, input, { feePips: standIn.hasFixedFee ? feePips : null });
        },
        orderTarget: (pool) => ({ kind: standIn.orderKind, target: pool.pool, key: "0x" }),
      };
    },
  };
  return kit;
}

/** The wanted fee, or the next one above it that the real factory may pair with this spacing; it is enabled. */
async function freeFee(context: KitContext, real: V3Contracts, input: NewPool, tickSpacing: number): Promise<number> {
  for (let feePips = input.feePips; feePips < input.feePips + FEE_TRIES; feePips += 1) {
    const spacing = await context.client.readContract({
      address: real.factory,
      abi: V3_FACTORY_ABI,
      functionName: "feeAmountTickSpacing",
      args: [feePips],
    });
    if (spacing === tickSpacing) return feePips;
    if (spacing === 0) {
      const data = encodeFunctionData({
        abi: V3_FACTORY_ABI,
        functionName: "enableFeeAmount",
        args: [feePips, tickSpacing],
      });
      await context.send(`Enabling the fee ${feePips}`, [{ to: real.factory, data, gas: 200_000n }]);
      return feePips;
    }
  }
  return input.feePips;
}

async function createPool(context: KitContext, real: V3Contracts, input: NewPool): Promise<Hex> {
  const pool = await deployPool(context, real, input);
  const price = encodeFunctionData({ abi: POOL_ABI, functionName: "initialize", args: [input.sqrtPriceX96] });
  await context.send("Pricing a pool", [{ to: pool, data: price, gas: 1_000_000n }]);
  return pool;
}

/**
 * Code of a pool of the same tokens and spacing with another fee, for use by `pool`: the fee and the address it guards against
 * delegate calls are constants inside it. The pool it was read from is never priced or used.
 */
async function codeOfOtherFee(context: KitContext, real: V3Contracts, input: NewPool, pool: Hex): Promise<Address> {
  const { client } = context;
  const other = await deployPool(context, real, input);
  const code = await client.getCode({ address: other });
  const parts = (code ?? "0x").slice(2).split(other.slice(2).toLowerCase());
  if (parts.length < 2) {
    throw new DevnetError({
      code: "deploy",
      message: `The code of pool ${other} does not name its own address as expected. Install the pinned packages with "npm ci".`,
      retryable: false,
    });
  }
  const at = getAddress(`0x${keccak256(concatHex([stringToHex("code of the other way of "), pool])).slice(26)}`);
  await client.setCode({ address: at, bytecode: `0x${parts.join(pool.slice(2).toLowerCase())}` });
  return at;
}

async function deployPool(context: KitContext, real: V3Contracts, input: NewPool): Promise<Address> {
  const { token0, token1, feePips } = input;
  const creation = encodeFunctionData({
    abi: FACTORY_ABI,
    functionName: "createPool",
    args: [token0, token1, feePips],
  });
  await context.send("Creating a pool", [{ to: real.factory, data: creation, gas: POOL_GAS }]);
  const pool = await context.client.readContract({
    address: real.factory,
    abi: V3_FACTORY_ABI,
    functionName: "getPool",
    args: [token0, token1, feePips],
  });
  await requireDeployed(context, "Pool of a V3 factory", pool);
  return pool;
}
