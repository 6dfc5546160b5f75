// Other liquidity providers in pools of every family, through the same calldata that the product itself signs.
import { encodeFunctionData, maxUint160, maxUint256, parseAbi, type Address, type Hex } from "viem";
import * as z from "zod";
import type { FamilyActions, Grant, LivePool, MintCall } from "@/lib/actions/family";
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import { tickAtSqrt } from "@/lib/amm/tick-math";
import type { PoolRef } from "@/lib/registry/pool-ref";
import { findPoolRef } from "@/lib/registry/pool-ref";
import type { Registry } from "@/lib/registry/schema";
import { ANY_FEE_WEI, queueTx, type DevnetClient } from "@/server/devnet/chain/client";
import { orderOf, type ChainDeployment, type DeployedPool } from "@/server/devnet/chain/deploy";
import type { KitCall, KitContext } from "@/server/devnet/chain/families/family-kit";
import { binAtSqrtX96 } from "@/server/devnet/chain/swap-events";
import { DevnetError } from "@/server/devnet/devnet-error";
import { poolSetupOf } from "./other-pools";
import { amountsAround, sqrtX96OfPrice, ticksAround, toRaw, type PoolOrder } from "./pool-price";
import type { PricePath } from "./price-path";
import { FOLLOW_FRAC, LEAST_GAP_MS, type ProviderMove, type Providers } from "./providers";
import { PAIRS, TOKENS, type PoolSetup } from "./setup";

const ERC20 = parseAbi(["function approve(address spender, uint256 value) returns (bool)"]);
const PERMIT2 = parseAbi(["function approve(address token, address spender, uint160 amount, uint48 expiration)"]);
const OPERATOR = parseAbi(["function approveForAll(address spender, bool approved)"]);
const BIN_SHARES = parseAbi(["function balanceOf(address account, uint256 id) view returns (uint256)"]);

const GRANT_GAS = 120_000n;
/** A Liquidity Book mint of a hundred bins needs most of it. */
const MINT_GAS = 14_000_000n;
const FAR_FUTURE_SEC = 2 ** 40;
/** The market's own trade comes first in the block and leaves the pool within its fee of the path's price. */
const BAND_BPS = 500;

const raw = z.string().regex(/^\d+$/);
const placeSchema = z.object({
  tokenId: raw,
  liquidity: raw,
  tickLower: z.number().int(),
  tickUpper: z.number().int(),
  centrePrice: z.number().positive(),
  movedAtMs: z.number(),
});
type Place = z.infer<typeof placeSchema>;
export const familyProviderStateSchema = z.record(z.string(), z.array(placeSchema));
export type FamilyProviderState = z.infer<typeof familyProviderStateSchema>;

export interface FamilyPool {
  readonly pool: DeployedPool;
  readonly setup: PoolSetup;
  readonly ref: PoolRef;
  readonly actions: FamilyActions;
}

export function familyPoolsOf(pools: readonly DeployedPool[], registry: Registry): readonly FamilyPool[] {
  return pools.map((pool) => {
    const ref = findPoolRef(registry, pool.chainId, pool.address);
    if (ref === null) {
      throw new DevnetError({
        code: "deploy",
        message: `Pool ${pool.key} is not in the devnet's registry: its entry does not resolve. Start with --fresh.`,
        retryable: false,
      });
    }
    return { pool, setup: poolSetupOf(pool.key), ref, actions: FAMILY_ACTIONS[ref.family] };
  });
}

interface ProviderDeps {
  readonly client: DevnetClient;
  readonly deployment: ChainDeployment;
  readonly path: PricePath;
}

/** Grants every right once and places all providers; answers where they are. */
export async function placeFamilyProviders(
  deps: ProviderDeps & {
    readonly pools: readonly FamilyPool[];
    readonly send: KitContext["send"];
    readonly atMs: number;
  },
): Promise<FamilyProviderState> {
  const { deployment, pools, send } = deps;
  const grants = new Map<string, KitCall>();
  for (const { ref, actions } of pools) {
    const amounts = { amount0Raw: 1n, amount1Raw: 1n };
    for (const grant of [...actions.mintGrants(ref, amounts), ...actions.exitGrants(ref)]) {
      const call = grantCall(grant, deployment.provider);
      grants.set(`${call.to}:${call.data}`, call);
    }
  }
  await send("Letting the other providers mint", [...grants.values()]);
  const state: FamilyProviderState = {};
  for (const one of pools) {
    const calls = one.setup.providers.map((_provider, index) => mintCall(deps, one, index, deps.atMs));
    const receipts = await send(
      `Placing the other providers of ${one.setup.key}`,
      calls.map(({ tx }) => tx),
    );
    state[one.setup.key] = calls.map(({ mint }, index) =>
      placeOf({ deps, one, mint, logs: receipts[index]?.logs ?? [], atMs: deps.atMs }),
    );
  }
  return state;
}

export function createFamilyProviders(
  deps: ProviderDeps & { readonly pools: readonly FamilyPool[]; readonly first: FamilyProviderState },
): Providers & { familyState(): FamilyProviderState } {
  const { client, deployment, path, pools } = deps;
  const places = new Map(Object.entries(deps.first));
  const open = new Map<ProviderMove, { readonly one: FamilyPool; readonly mint: MintCall }>();

  async function queueMove(one: FamilyPool, index: number, place: Place, atMs: number): Promise<ProviderMove> {
    const { mint, tx } = mintCall(deps, one, index, atMs);
    const exit = place.liquidity === "0" ? [] : [await exitCall(deps, one, place, atMs)];
    const hashes: Hex[] = [];
    for (const call of [...exit, tx]) {
      hashes.push(
        await queueTx(client, {
          from: deployment.provider,
          ...(call.to === undefined ? {} : { to: call.to }),
          data: call.data,
          gas: MINT_GAS,
          maxFeePerGasWei: ANY_FEE_WEI,
        }),
      );
    }
    const centrePrice = path.price(one.setup.pairId);
    const move = { poolKey: one.setup.key, index, centrePrice, hashes, atMs };
    open.set(move, { one, mint });
    return move;
  }

  return {
    async queueMoves(atMs) {
      const moves: ProviderMove[] = [];
      for (const one of pools) {
        for (const [index, { halfWidth }] of one.setup.providers.entries()) {
          const place = places.get(one.setup.key)?.[index];
          if (place === undefined || atMs - place.movedAtMs < LEAST_GAP_MS) continue;
          const drift = Math.abs(Math.log(path.price(one.setup.pairId) / place.centrePrice));
          // One move per block and chain: a mint over bins takes a good part of a block.
          if (drift > FOLLOW_FRAC * halfWidth && moves.length === 0)
            moves.push(await queueMove(one, index, place, atMs));
        }
      }
      return moves;
    },
    async settle(moves) {
      let failure: string | null = null;
      for (const move of moves) {
        const made = open.get(move);
        open.delete(move);
        const list = places.get(move.poolKey);
        const place = list?.[move.index];
        if (made === undefined || list === undefined || place === undefined) continue;
        const receipts = await Promise.all(move.hashes.map((hash) => client.getTransactionReceipt({ hash })));
        place.movedAtMs = move.atMs;
        const minted = receipts.at(-1);
        if (minted?.status !== "success" || receipts.some((one) => one.status !== "success")) {
          // Left but not back in: nothing is there to leave the next time.
          if (receipts.length > 1 && receipts[0]?.status === "success") place.liquidity = "0";
          failure = `A provider of ${move.poolKey} could not follow the price (transactions ${move.hashes.join(", ")}); it tries again in an hour.`;
          continue;
        }
        list[move.index] = placeOf({ deps, ...made, logs: minted.logs, atMs: move.atMs });
      }
      return failure;
    },
    familyState: () => Object.fromEntries(places),
  };
}

function grantCall(grant: Grant, from: Address): KitCall {
  const gas = GRANT_GAS;
  switch (grant.kind) {
    case "erc20": {
      const data = encodeFunctionData({ abi: ERC20, functionName: "approve", args: [grant.spender, maxUint256] });
      return { to: grant.token, data, from, gas };
    }
    case "permit2": {
      const args = [grant.token, grant.spender, maxUint160, FAR_FUTURE_SEC] as const;
      return {
        to: grant.permit2,
        data: encodeFunctionData({ abi: PERMIT2, functionName: "approve", args }),
        from,
        gas,
      };
    }
    case "operator": {
      const args = [grant.spender, true] as const;
      return {
        to: grant.token,
        data: encodeFunctionData({ abi: OPERATOR, functionName: "approveForAll", args }),
        from,
        gas,
      };
    }
  }
}

function mintCall(
  deps: ProviderDeps,
  one: FamilyPool,
  index: number,
  atMs: number,
): { readonly mint: MintCall; readonly tx: KitCall } {
  const { deployment, path } = deps;
  const { setup, ref, actions, pool } = one;
  const { halfWidth = 0, usd = 0 } = setup.providers[index] ?? {};
  const pair = PAIRS[setup.pairId];
  const price = path.price(setup.pairId);
  const order = { ...orderOf(setup.pairId, deployment.tokens), baseIsToken0: pool.baseIsToken0 };
  const amounts = amountsAround(price, halfWidth, usd);
  const baseRaw = toRaw(amounts.base, TOKENS[pair.base].decimals);
  const quoteRaw = toRaw(amounts.quote, TOKENS[pair.quote].decimals);
  const live = livePoolOf(one, price, order);
  const [tickLower, tickUpper] =
    setup.binStep === null
      ? ticksAround(price, halfWidth, order, setup.tickSpacing ?? 1)
      : binsAround(live.tick, halfWidth, setup.binStep);
  const mint = actions.boundMint(ref, live, {
    tickLower,
    tickUpper,
    amount0DesiredRaw: pool.baseIsToken0 ? baseRaw : quoteRaw,
    amount1DesiredRaw: pool.baseIsToken0 ? quoteRaw : baseRaw,
    bandBps: BAND_BPS,
    shape: setup.binStep === null ? null : "spot",
    recipient: deployment.provider,
    deadlineSec: BigInt(Math.floor(atMs / 1000) + 86_400),
  });
  const { to, data } = actions.encodeMint(ref, mint);
  return { mint, tx: { to, data, from: deployment.provider, gas: MINT_GAS } };
}

async function exitCall(deps: ProviderDeps, one: FamilyPool, place: Place, atMs: number): Promise<KitCall> {
  const { provider } = deps.deployment;
  const { tickLower, tickUpper } = place;
  const bins = one.setup.binStep === null ? null : await sharesOf(deps.client, one, place, provider);
  const sharesRaw = bins?.reduce((sum, bin) => sum + bin.sharesRaw, 0n);
  const { to, data } = one.actions.encodeExit(one.ref, {
    tickLower,
    tickUpper,
    tokenId: BigInt(place.tokenId),
    liquidityRaw: sharesRaw ?? BigInt(place.liquidity),
    closes: true,
    amount0MinRaw: 0n,
    amount1MinRaw: 0n,
    recipient: provider,
    deadlineSec: BigInt(Math.floor(atMs / 1000) + 86_400),
    bins,
  });
  return { to, data, from: provider };
}

async function sharesOf(client: DevnetClient, one: FamilyPool, place: Place, provider: Address) {
  const ids = Array.from({ length: place.tickUpper - place.tickLower + 1 }, (_, at) => place.tickLower + at);
  const bins = await Promise.all(
    ids.map(async (binId) => ({
      binId,
      sharesRaw: await client.readContract({
        address: one.ref.pool,
        abi: BIN_SHARES,
        functionName: "balanceOf",
        args: [provider, BigInt(binId)],
      }),
    })),
  );
  return bins.filter((bin) => bin.sharesRaw > 0n);
}

function placeOf(input: {
  readonly deps: ProviderDeps;
  readonly one: FamilyPool;
  readonly mint: MintCall;
  readonly logs: Parameters<FamilyActions["decodeMintReceipt"]>[1];
  readonly atMs: number;
}): Place {
  const { deps, one, mint } = input;
  const facts = one.actions.decodeMintReceipt(one.ref, input.logs, deps.deployment.provider, mint);
  if (facts === null) {
    throw new DevnetError({
      code: "deploy",
      message: `A provider's mint in ${one.setup.key} left no position in its receipt. Start with --fresh; if it repeats, the family's calldata and its contracts disagree.`,
      retryable: false,
    });
  }
  return {
    tokenId: String(facts.tokenId),
    liquidity: String(facts.liquidityRaw),
    tickLower: facts.tickLower,
    tickUpper: facts.tickUpper,
    centrePrice: deps.path.price(one.setup.pairId),
    movedAtMs: input.atMs,
  };
}

/** The pool as the market's own trade at the head of this block leaves it: at the path's price. */
function livePoolOf(one: FamilyPool, price: number, order: PoolOrder): LivePool {
  const { setup } = one;
  const sqrtPriceX96 = sqrtX96OfPrice(price, order);
  return {
    sqrtPriceX96,
    tick: setup.binStep === null ? tickAtSqrt(sqrtPriceX96) : binAtSqrtX96(sqrtPriceX96, setup.binStep),
    liquidityRaw: 0n,
    fee0Pips: setup.feePips,
    fee1Pips: setup.feePips,
    protocolShareFrac: 0,
    tickSpacing: setup.tickSpacing ?? 1,
  };
}

function binsAround(active: number, halfWidth: number, binStep: number): readonly [number, number] {
  const bins = Math.max(1, Math.round(halfWidth / Math.log(1 + binStep / 10_000)));
  return [active - bins, active + bins];
}
