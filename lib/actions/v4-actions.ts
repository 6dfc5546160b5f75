// Position managers of Uniswap V4's shape (one action list per transaction): calldata, bounds and receipts, common to V4 and Infinity.
import {
  decodeAbiParameters,
  decodeFunctionData,
  encodeAbiParameters,
  encodeFunctionData,
  parseAbi,
  parseAbiParameters,
  toEventSelector,
  zeroAddress,
} from "viem";
import {
  amountsForLiquidity,
  burnMins,
  liquidityForAmounts,
  slippageBand,
  type PoolAmounts,
  type SqrtBounds,
} from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { invariant } from "@/lib/errors/invariant";
import { positionBandBps } from "@/lib/plan/slippage";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { TRANSFER_TOPIC, isSameAddress, lowerAddress, topicAddress, walletDeltas, type TxLog } from "./erc20";
import type {
  ExitCall,
  ExitReceiptFacts,
  FamilyActions,
  Grant,
  LivePosition,
  MintCall,
  MintReceiptFacts,
  MintRequest,
  LivePool,
  RangeIndexes,
  TxCall,
} from "./family";
import { keyCurrencies } from "./v4-pool-key";

export const V4_MANAGER_ABI = parseAbi(["function modifyLiquidities(bytes unlockData, uint256 deadline) payable"]);
/** Of the pool manager; the same signature in both families. `salt` is the token id. */
export const MODIFY_LIQUIDITY_TOPIC = toEventSelector("ModifyLiquidity(bytes32,address,int24,int24,int256,bytes32)");

const UNLOCK = parseAbiParameters("bytes actions, bytes[] params");
const MODIFIED = parseAbiParameters("int24 tickLower, int24 tickUpper, int256 liquidityDelta, bytes32 salt");
const PAIR = parseAbiParameters("address currency0, address currency1");
const PAIR_TO = parseAbiParameters("address currency0, address currency1, address recipient");
const DECREASE = parseAbiParameters(
  "uint256 tokenId, uint256 liquidity, uint128 amount0Min, uint128 amount1Min, bytes hookData",
);
const BURN = parseAbiParameters("uint256 tokenId, uint128 amount0Min, uint128 amount1Min, bytes hookData");

/** Action lists: mint and pay, decrease and take, burn and take. Nothing else is ever encoded or accepted. */
const MINT_AND_SETTLE = "0x020d";
const DECREASE_AND_TAKE = "0x0111";
const BURN_AND_TAKE = "0x0311";
const MAX_UINT128 = (1n << 128n) - 1n;

/** The fields of MINT_POSITION beside the pool's key and the hook data, which is always empty. */
export interface V4Mint extends RangeIndexes {
  readonly liquidity: bigint;
  readonly amount0Max: bigint;
  readonly amount1Max: bigint;
  readonly owner: Address;
}

/** The part of a manager that its family decides. */
export interface V4Shape {
  readonly family: Family;
  /** Throws unless the key made of the entry gives the pool's id. */
  checkKey(pool: PoolRef): void;
  /** Throws unless the key's hook contract may be used for a new position. */
  checkHooks(pool: PoolRef): void;
  encodeMintParams(pool: PoolRef, mint: V4Mint): Hex;
  /** May throw on broken bytes. The key in the bytes is proven by encoding the result again. */
  decodeMintParams(data: Hex): V4Mint;
  /** Fees that the exit of a token itself reports in its logs; null where the family's contracts do not. */
  feesOfExit(
    pool: PoolRef,
    logs: readonly TxLog[],
    tokenId: bigint,
  ): { readonly fees0Raw: bigint; readonly fees1Raw: bigint } | null;
}

/**
 * Calldata, bounds and receipts of one family of this shape.
 *
 * Mint: the bytes fix the liquidity and the most that may be paid, so `amount*DesiredRaw` of a bounded call is what that liquidity costs at
 * the worse end of the band, and the minimums are 0. Exit: what is not in the bytes is 0 in the decoded form: the ticks always, and the
 * liquidity of a closing exit, because burning takes all of it. The pool's id is derived again in each encode and decode; the hook list is
 * asked for mints only, so that a position stays removable when its hook is taken off the list.
 */
export function createV4Actions(shape: V4Shape): FamilyActions {
  const encodeMint = (pool: PoolRef, call: MintCall): TxCall => {
    shape.checkKey(pool);
    shape.checkHooks(pool);
    const { currency0, currency1 } = keyCurrencies(pool);
    const { liquidityRaw } = call;
    invariant(
      liquidityRaw !== null &&
        liquidityRaw > 0n &&
        liquidityRaw <= MAX_UINT128 &&
        call.amount0MinRaw === 0n &&
        call.amount1MinRaw === 0n &&
        call.bins === null,
      "a mint of this family fixes its liquidity (above 0) and has no minimums and no bins",
      { liquidityRaw, amount0MinRaw: call.amount0MinRaw, amount1MinRaw: call.amount1MinRaw },
    );
    requireWallet(call.recipient);
    const mint = shape.encodeMintParams(pool, {
      tickLower: call.tickLower,
      tickUpper: call.tickUpper,
      liquidity: liquidityRaw,
      amount0Max: call.amount0DesiredRaw,
      amount1Max: call.amount1DesiredRaw,
      owner: lowerAddress(call.recipient),
    });
    return unlockCall(
      pool,
      MINT_AND_SETTLE,
      [mint, encodeAbiParameters(PAIR, [currency0, currency1])],
      call.deadlineSec,
    );
  };

  const encodeExit = (pool: PoolRef, call: ExitCall): TxCall => {
    shape.checkKey(pool);
    const { currency0, currency1 } = keyCurrencies(pool);
    invariant(call.bins === null, "an exit of this family has no bins", { tokenId: call.tokenId });
    requireWallet(call.recipient);
    const first = call.closes
      ? encodeAbiParameters(BURN, [call.tokenId, call.amount0MinRaw, call.amount1MinRaw, "0x"])
      : encodeAbiParameters(DECREASE, [call.tokenId, call.liquidityRaw, call.amount0MinRaw, call.amount1MinRaw, "0x"]);
    const take = encodeAbiParameters(PAIR_TO, [currency0, currency1, lowerAddress(call.recipient)]);
    return unlockCall(pool, call.closes ? BURN_AND_TAKE : DECREASE_AND_TAKE, [first, take], call.deadlineSec);
  };

  return {
    family: shape.family,
    mintGrants: (pool, amounts) => mintGrants(pool, amounts),
    exitGrants: () => [],
    boundMint(pool, live, request) {
      shape.checkKey(pool);
      shape.checkHooks(pool);
      return boundMint(live, request);
    },
    boundExit(pool, live, request) {
      shape.checkKey(pool);
      const { position } = live;
      invariant(position.otherPool === undefined, "an exit is bound at the price of the pool the position lies in", {
        pool: pool.pool,
        otherPool: position.otherPool,
        tokenId: position.tokenId,
      });
      const liquidityRaw = request.liquidityRaw ?? position.liquidityRaw;
      invariant(
        liquidityRaw >= 0n && liquidityRaw <= position.liquidityRaw,
        "an exit takes at most the liquidity of its position",
        {
          tokenId: position.tokenId,
          liquidityRaw,
          ofRaw: position.liquidityRaw,
        },
      );
      const bandBps = positionBandBps({ ...rangeOf(position), tick: live.pool.tick, maxSlippageBps: request.bandBps });
      const mins = burnMins(live.pool.sqrtPriceX96, boundsOf(position), liquidityRaw, bandBps);
      return {
        ...rangeOf(position),
        tokenId: position.tokenId,
        liquidityRaw,
        closes: request.liquidityRaw === null,
        amount0MinRaw: mins.amount0,
        amount1MinRaw: mins.amount1,
        recipient: lowerAddress(request.recipient),
        deadlineSec: request.deadlineSec,
        bins: null,
      };
    },
    encodeMint,
    decodeMint(pool, tx) {
      try {
        const unlock = decodeUnlock(pool, tx);
        const [mintParams] = unlock?.params ?? [];
        if (unlock === null || mintParams === undefined || unlock.actions !== MINT_AND_SETTLE) return null;
        const mint = shape.decodeMintParams(mintParams);
        const call: MintCall = {
          ...rangeOf(mint),
          amount0DesiredRaw: mint.amount0Max,
          amount1DesiredRaw: mint.amount1Max,
          amount0MinRaw: 0n,
          amount1MinRaw: 0n,
          liquidityRaw: mint.liquidity,
          recipient: lowerAddress(mint.owner),
          deadlineSec: unlock.deadlineSec,
          bins: null,
        };
        // The key, both currencies and the hook data come from the pool here: bytes with any other do not come out the same.
        return encodeMint(pool, call).data === lowerHex(tx.data) ? call : null;
      } catch {
        return null;
      }
    },
    encodeExit,
    decodeExit(pool, tx) {
      try {
        const unlock = decodeUnlock(pool, tx);
        const [first, take] = unlock?.params ?? [];
        if (unlock === null || first === undefined || take === undefined) return null;
        const closes = unlock.actions === BURN_AND_TAKE;
        if (!closes && unlock.actions !== DECREASE_AND_TAKE) return null;
        const [tokenId, liquidityRaw, amount0MinRaw, amount1MinRaw] = closes
          ? burnFields(first)
          : decodeAbiParameters(DECREASE, first);
        const [, , recipient] = decodeAbiParameters(PAIR_TO, take);
        const call: ExitCall = {
          tokenId,
          liquidityRaw,
          closes,
          amount0MinRaw,
          amount1MinRaw,
          recipient: lowerAddress(recipient),
          deadlineSec: unlock.deadlineSec,
          tickLower: 0,
          tickUpper: 0,
          bins: null,
        };
        return encodeExit(pool, call).data === lowerHex(tx.data) ? call : null;
      } catch {
        return null;
      }
    },
    decodeMintResult: () => null,
    decodeExitResult: () => null,
    decodeMintReceipt: (pool, logs, wallet, call) => readMintReceipt(pool, logs, wallet, call),
    decodeExitReceipt: (pool, logs, input) => readExitReceipt(shape, pool, logs, input),
  };
}

/** Per token: the exact allowance for Permit2, then Permit2's for the position manager. */
function mintGrants(
  pool: PoolRef,
  amounts: { readonly amount0Raw: bigint; readonly amount1Raw: bigint },
): readonly Grant[] {
  const { permit2 } = pool;
  invariant(
    permit2 !== null,
    "this family's position manager takes tokens through Permit2, and the registry has no Permit2 for this chain",
    {
      chainId: pool.chainId,
      dex: pool.dexId,
    },
  );
  const spender = pool.contracts.positionManager;
  const grants: Grant[] = [];
  for (const [token, amountRaw] of [
    [pool.token0, amounts.amount0Raw],
    [pool.token1, amounts.amount1Raw],
  ] as const) {
    if (amountRaw <= 0n) continue;
    grants.push({ kind: "erc20", token, spender: permit2 }, { kind: "permit2", token, spender, permit2 });
  }
  return grants;
}

/**
 * Liquidity and the most it may cost. A manager of this shape checks upper limits only, so the band is held by them: at its low end the
 * liquidity needs most of token0, at its high end most of token1, and a price outside needs more and reverts. The limits never pass the
 * desired amounts: the liquidity is lowered until both ends fit, so part of the desired amounts stays in the wallet, the more the wider
 * the band is against the range.
 */
function boundMint(live: LivePool, request: MintRequest): MintCall {
  const bounds = boundsOf(request);
  const desired = { amount0: request.amount0DesiredRaw, amount1: request.amount1DesiredRaw };
  const bandBps = positionBandBps({ ...rangeOf(request), tick: live.tick, maxSlippageBps: request.bandBps });
  const { loX96, hiX96 } = slippageBand(live.sqrtPriceX96, bandBps);
  const most = (liquidity: bigint): PoolAmounts => ({
    amount0: withRounding(amountsForLiquidity(loX96, bounds, liquidity, "up").amount0),
    amount1: withRounding(amountsForLiquidity(hiX96, bounds, liquidity, "up").amount1),
  });
  const fits = ({ amount0, amount1 }: PoolAmounts): boolean => amount0 <= desired.amount0 && amount1 <= desired.amount1;
  const unlimited = MAX_UINT128;
  let liquidity = [
    liquidityForAmounts(live.sqrtPriceX96, bounds, desired),
    liquidityForAmounts(loX96, bounds, { amount0: desired.amount0, amount1: unlimited }),
    liquidityForAmounts(hiX96, bounds, { amount0: unlimited, amount1: desired.amount1 }),
  ].reduce((least, each) => (each < least ? each : least), unlimited);
  // The one wei of rounding is worth `liquidity / amount` of liquidity where amounts are tiny: steps grow so that this ends soon.
  for (let step = 1n; liquidity > 0n && !fits(most(liquidity)); step *= 2n) {
    liquidity = liquidity > step ? liquidity - step : 0n;
  }
  invariant(liquidity > 0n, "the amounts are too small to open a position at both ends of the price band", {
    amount0DesiredRaw: desired.amount0,
    amount1DesiredRaw: desired.amount1,
    tickLower: request.tickLower,
    tickUpper: request.tickUpper,
    tick: live.tick,
    bandBps,
  });
  const limits = most(liquidity);
  return {
    ...rangeOf(request),
    amount0DesiredRaw: limits.amount0,
    amount1DesiredRaw: limits.amount1,
    amount0MinRaw: 0n,
    amount1MinRaw: 0n,
    liquidityRaw: liquidity,
    recipient: lowerAddress(request.recipient),
    deadlineSec: request.deadlineSec,
    bins: null,
  };
}

function withRounding(amount: bigint): bigint {
  return amount === 0n ? 0n : amount + 1n;
}

/** Transfer(0 > wallet) of one token from the manager and that token's ModifyLiquidity from the pool manager; amounts are what the wallet paid. */
function readMintReceipt(
  pool: PoolRef,
  logs: readonly TxLog[],
  wallet: Address,
  call: MintCall,
): MintReceiptFacts | null {
  const minted = logs.filter(
    ({ address, topics: [signature, from, to, id] }) =>
      isSameAddress(address, pool.contracts.positionManager) &&
      signature === TRANSFER_TOPIC &&
      from !== undefined &&
      isSameAddress(topicAddress(from), zeroAddress) &&
      to !== undefined &&
      isSameAddress(topicAddress(to), wallet) &&
      id !== undefined,
  );
  const idTopic = minted[0]?.topics[3];
  if (minted.length !== 1 || idTopic === undefined) return null;
  const tokenId = BigInt(idTopic);
  const changes = readChanges(pool, logs, tokenId);
  const [change] = changes;
  if (change === undefined || changes.length !== 1 || change.liquidityDelta <= 0n) return null;
  if (change.tickLower !== call.tickLower || change.tickUpper !== call.tickUpper) return null;
  const deltas = walletDeltas(logs, [pool.token0, pool.token1], wallet);
  const amount0Raw = -(deltas.get(lowerAddress(pool.token0)) ?? 0n);
  const amount1Raw = -(deltas.get(lowerAddress(pool.token1)) ?? 0n);
  if (amount0Raw < 0n || amount1Raw < 0n) return null;
  return { ...rangeOf(change), tokenId, liquidityRaw: change.liquidityDelta, amount0Raw, amount1Raw };
}

/**
 * Paid amounts are exact: what the wallet got in this receipt. Uniswap V4 logs no fees apart, so principal = paid - fees with the fees
 * of `before`: exact when `before` comes from `readBeforeExit`, or when nobody traded in the pool between the block `before` was read at
 * and the exit; else the trades between count as principal. Without `before` everything of an exit with liquidity counts as principal.
 * An exit without liquidity is all fees, always. Infinity logs the fees, and they are used there.
 */
function readExitReceipt(
  shape: V4Shape,
  pool: PoolRef,
  logs: readonly TxLog[],
  input: { readonly tokenId: bigint; readonly wallet: Address; readonly before: LivePosition | null },
): ExitReceiptFacts | null {
  const { tokenId, wallet, before } = input;
  const changes = readChanges(pool, logs, tokenId);
  const isBurned = logs.some(
    ({ address, topics: [signature, from, to, id] }) =>
      isSameAddress(address, pool.contracts.positionManager) &&
      signature === TRANSFER_TOPIC &&
      from !== undefined &&
      isSameAddress(topicAddress(from), wallet) &&
      to !== undefined &&
      isSameAddress(topicAddress(to), zeroAddress) &&
      id !== undefined &&
      BigInt(id) === tokenId,
  );
  // A token without liquidity burns without touching the pool.
  if (changes.length === 0 && !isBurned) return null;
  let liquidityRaw = 0n;
  for (const { liquidityDelta } of changes) liquidityRaw -= liquidityDelta;
  const deltas = walletDeltas(logs, [pool.token0, pool.token1], wallet);
  const paid0Raw = deltas.get(lowerAddress(pool.token0)) ?? 0n;
  const paid1Raw = deltas.get(lowerAddress(pool.token1)) ?? 0n;
  if (liquidityRaw < 0n || paid0Raw < 0n || paid1Raw < 0n) return null;
  if (liquidityRaw === 0n) return { liquidityRaw, principal0Raw: 0n, principal1Raw: 0n, paid0Raw, paid1Raw };
  const fees = shape.feesOfExit(pool, logs, tokenId) ?? before ?? { fees0Raw: 0n, fees1Raw: 0n };
  return {
    liquidityRaw,
    principal0Raw: fees.fees0Raw < paid0Raw ? paid0Raw - fees.fees0Raw : 0n,
    principal1Raw: fees.fees1Raw < paid1Raw ? paid1Raw - fees.fees1Raw : 0n,
    paid0Raw,
    paid1Raw,
  };
}

export interface LiquidityChange extends RangeIndexes {
  readonly liquidityDelta: bigint;
}

/** The change that a log of the pool manager makes to one token of this pool; null for any other log. */
export function liquidityChangeOf(pool: PoolRef, log: TxLog, tokenId: bigint): LiquidityChange | null {
  const [signature, id, sender] = log.topics;
  if (!isSameAddress(log.address, pool.contracts.factory) || signature !== MODIFY_LIQUIDITY_TOPIC) return null;
  if (id === undefined || id.toLowerCase() !== pool.pool.toLowerCase()) return null;
  if (sender === undefined || !isSameAddress(topicAddress(sender), pool.contracts.positionManager)) return null;
  try {
    const [tickLower, tickUpper, liquidityDelta, salt] = decodeAbiParameters(MODIFIED, log.data);
    return BigInt(salt) === tokenId ? { tickLower, tickUpper, liquidityDelta } : null;
  } catch {
    // The topic is right and the data is not: no log of a pool manager of this shape.
    return null;
  }
}

function readChanges(pool: PoolRef, logs: readonly TxLog[], tokenId: bigint): readonly LiquidityChange[] {
  return logs.flatMap((log) => liquidityChangeOf(pool, log, tokenId) ?? []);
}

function unlockCall(pool: PoolRef, actions: Hex, params: readonly Hex[], deadlineSec: bigint): TxCall {
  const unlockData = encodeAbiParameters(UNLOCK, [actions, params]);
  return {
    to: pool.contracts.positionManager,
    data: encodeFunctionData({
      abi: V4_MANAGER_ABI,
      functionName: "modifyLiquidities",
      args: [unlockData, deadlineSec],
    }),
    valueRaw: 0n,
  };
}

function decodeUnlock(
  pool: PoolRef,
  tx: TxCall,
): { readonly actions: Hex; readonly params: readonly Hex[]; readonly deadlineSec: bigint } | null {
  if (!isSameAddress(tx.to, pool.contracts.positionManager) || tx.valueRaw !== 0n) return null;
  const { args } = decodeFunctionData({ abi: V4_MANAGER_ABI, data: lowerHex(tx.data) });
  const [actions, params] = decodeAbiParameters(UNLOCK, args[0]);
  return { actions, params, deadlineSec: args[1] };
}

/** Burning takes all liquidity there is: the bytes do not say how much. */
function burnFields(data: Hex): readonly [bigint, bigint, bigint, bigint] {
  const [tokenId, amount0MinRaw, amount1MinRaw] = decodeAbiParameters(BURN, data);
  return [tokenId, 0n, amount0MinRaw, amount1MinRaw];
}

/** These managers read the addresses 1 and 2 as "the sender" and "this contract": only a real account is written or accepted. */
function requireWallet(recipient: Address): void {
  invariant(
    BigInt(recipient) > 0xffffn,
    "the recipient must be the wallet's own address, not a placeholder of the manager",
    {
      recipient,
    },
  );
}

function rangeOf({ tickLower, tickUpper }: RangeIndexes): RangeIndexes {
  return { tickLower, tickUpper };
}

function boundsOf({ tickLower, tickUpper }: RangeIndexes): SqrtBounds {
  return { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) };
}

function lowerHex(data: Hex): Hex {
  return `0x${data.slice(2).toLowerCase()}`;
}
