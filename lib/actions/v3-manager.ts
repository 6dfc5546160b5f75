// Position managers of Uniswap V3's shape: mint, one multicall to take out, and receipts. A family says only how its mint differs.
import {
  decodeEventLog,
  decodeFunctionData,
  decodeFunctionResult,
  encodeFunctionData,
  parseAbi,
  zeroAddress,
} from "viem";
import { amountsForLiquidity, burnMins, mintMins, type PoolAmounts, type SqrtBounds } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { invariant } from "@/lib/errors/invariant";
import { positionBandBps } from "@/lib/plan/slippage";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { TRANSFER_TOPIC, isSameAddress, lowerAddress, topicAddress, type TxLog } from "./erc20";
import type {
  ExitCall,
  ExitReceiptFacts,
  FamilyActions,
  Grant,
  MintCall,
  MintReceiptFacts,
  RangeIndexes,
  TxCall,
} from "./family";

/** What all these managers have in common; `mint` and `positions` differ. Algebra's managers add two fields to IncreaseLiquidity. */
export const V3_MANAGER_ABI = parseAbi([
  "function decreaseLiquidity((uint256 tokenId, uint128 liquidity, uint256 amount0Min, uint256 amount1Min, uint256 deadline) params) payable returns (uint256 amount0, uint256 amount1)",
  "function collect((uint256 tokenId, address recipient, uint128 amount0Max, uint128 amount1Max) params) payable returns (uint256 amount0, uint256 amount1)",
  "function burn(uint256 tokenId) payable",
  "function multicall(bytes[] data) payable returns (bytes[] results)",
  "event IncreaseLiquidity(uint256 indexed tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
  "event IncreaseLiquidity(uint256 indexed tokenId, uint128 liquidityDesired, uint128 actualLiquidity, uint256 amount0, uint256 amount1, address pool)",
  "event DecreaseLiquidity(uint256 indexed tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
  "event Collect(uint256 indexed tokenId, address recipient, uint256 amount0, uint256 amount1)",
]);

const MINT_RESULT_ABI = parseAbi([
  "function mint() returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);

const MAX_UINT128 = (1n << 128n) - 1n;

/** The fields every mint of this shape has, named as in its ABI. */
export interface V3MintParams extends RangeIndexes {
  readonly token0: Address;
  readonly token1: Address;
  readonly amount0Desired: bigint;
  readonly amount1Desired: bigint;
  readonly amount0Min: bigint;
  readonly amount1Min: bigint;
  readonly recipient: Address;
  readonly deadline: bigint;
}

/** The part of a manager that its family decides. */
export interface V3MintShape {
  readonly family: Family;
  /** Calldata of a mint into this pool; throws InvariantError when the pool's key lacks what the mint names. */
  encodeMint(pool: PoolRef, params: V3MintParams): Hex;
  /** Parameters of a mint; null when the bytes call something else, may throw on broken bytes. */
  decodeMint(data: Hex): V3MintParams | null;
}

/**
 * Calldata, bounds and receipts of one family of this shape.
 *
 * What is not in an exit's bytes is 0 in its decoded form: the ticks always (the token id has them), and the deadline and the minimums
 * when no liquidity is taken out, because only `decreaseLiquidity` has those fields; `boundExit` sets them so too.
 */
export function createV3Actions(shape: V3MintShape): FamilyActions {
  const encodeMint = (pool: PoolRef, call: MintCall): TxCall => ({
    to: pool.contracts.positionManager,
    data: shape.encodeMint(pool, {
      token0: lowerAddress(pool.token0),
      token1: lowerAddress(pool.token1),
      tickLower: call.tickLower,
      tickUpper: call.tickUpper,
      amount0Desired: call.amount0DesiredRaw,
      amount1Desired: call.amount1DesiredRaw,
      amount0Min: call.amount0MinRaw,
      amount1Min: call.amount1MinRaw,
      recipient: lowerAddress(call.recipient),
      deadline: call.deadlineSec,
    }),
    valueRaw: 0n,
  });
  return {
    family: shape.family,
    mintGrants: (pool, { amount0Raw, amount1Raw }) => {
      const spender = pool.contracts.positionManager;
      const grants: Grant[] = [];
      if (amount0Raw > 0n) grants.push({ kind: "erc20", token: pool.token0, spender });
      if (amount1Raw > 0n) grants.push({ kind: "erc20", token: pool.token1, spender });
      return grants;
    },
    exitGrants: () => [],
    boundMint(_pool, live, request) {
      const bounds = boundsOf(request);
      const desired = { amount0: request.amount0DesiredRaw, amount1: request.amount1DesiredRaw };
      const bandBps = positionBandBps({ ...rangeOf(request), tick: live.tick, maxSlippageBps: request.bandBps });
      const mins = lessRounding(mintMins(live.sqrtPriceX96, bounds, desired, bandBps), bounds);
      return {
        ...rangeOf(request),
        amount0DesiredRaw: desired.amount0,
        amount1DesiredRaw: desired.amount1,
        amount0MinRaw: mins.amount0,
        amount1MinRaw: mins.amount1,
        liquidityRaw: null,
        recipient: lowerAddress(request.recipient),
        deadlineSec: request.deadlineSec,
        bins: null,
      };
    },
    boundExit(pool, live, request) {
      const { position } = live;
      const { otherPool } = position;
      invariant(otherPool === undefined, "an exit is bound at the price of the pool the position lies in", {
        pool: pool.pool,
        otherPool,
        tokenId: position.tokenId,
      });
      const liquidityRaw = request.liquidityRaw ?? position.liquidityRaw;
      invariant(
        liquidityRaw >= 0n && liquidityRaw <= position.liquidityRaw,
        "an exit takes at most the liquidity of its position",
        { tokenId: position.tokenId, liquidityRaw, ofRaw: position.liquidityRaw },
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
        deadlineSec: liquidityRaw > 0n ? request.deadlineSec : 0n,
        bins: null,
      };
    },
    encodeMint,
    decodeMint(pool, tx) {
      if (!isSameAddress(tx.to, pool.contracts.positionManager) || tx.valueRaw !== 0n) return null;
      try {
        const params = shape.decodeMint(lowerHex(tx.data));
        if (params === null) return null;
        const call: MintCall = {
          ...rangeOf(params),
          amount0DesiredRaw: params.amount0Desired,
          amount1DesiredRaw: params.amount1Desired,
          amount0MinRaw: params.amount0Min,
          amount1MinRaw: params.amount1Min,
          liquidityRaw: null,
          recipient: lowerAddress(params.recipient),
          deadlineSec: params.deadline,
          bins: null,
        };
        // Tokens and fee come from the pool here, so a mint into any other pool does not encode to the same bytes.
        return encodeMint(pool, call).data === lowerHex(tx.data) ? call : null;
      } catch {
        return null;
      }
    },
    encodeExit: (pool, call) => ({ to: pool.contracts.positionManager, data: encodeExitData(call), valueRaw: 0n }),
    decodeExit(pool, tx) {
      if (!isSameAddress(tx.to, pool.contracts.positionManager) || tx.valueRaw !== 0n) return null;
      return decodeExitData(lowerHex(tx.data));
    },
    decodeMintResult: (_pool, _call, data) => {
      try {
        const [, , amount0Raw, amount1Raw] = decodeFunctionResult({ abi: MINT_RESULT_ABI, functionName: "mint", data });
        return { amount0Raw, amount1Raw };
      } catch {
        return null;
      }
    },
    decodeExitResult: (_pool, call, data) => decodeExitAnswer(call, data),
    decodeMintReceipt: (pool, logs, wallet, call) => readMintReceipt(pool, logs, wallet, call),
    decodeExitReceipt: (pool, logs, { tokenId }) => readExitReceipt(pool.contracts.positionManager, logs, tokenId),
  };
}

/**
 * The pool takes whole units of liquidity: where one token is short over the whole band, the minimum equals the desired amount less
 * what one unit is worth, and that differs from price to price (measured: a clean mint reverted). Two units' worth is left out.
 */
function lessRounding(mins: PoolAmounts, bounds: SqrtBounds): PoolAmounts {
  const { amount0 } = amountsForLiquidity(bounds.sqrtAX96, bounds, 2n, "up");
  const { amount1 } = amountsForLiquidity(bounds.sqrtBX96, bounds, 2n, "up");
  return {
    amount0: mins.amount0 > amount0 ? mins.amount0 - amount0 : 0n,
    amount1: mins.amount1 > amount1 ? mins.amount1 - amount1 : 0n,
  };
}

/** One multicall: decrease when there is liquidity to take, collect everything to the recipient, burn the token when it closes. */
function encodeExitData(call: ExitCall): Hex {
  const abi = V3_MANAGER_ABI;
  const parts: Hex[] = [];
  if (call.liquidityRaw > 0n) {
    const params = {
      tokenId: call.tokenId,
      liquidity: call.liquidityRaw,
      amount0Min: call.amount0MinRaw,
      amount1Min: call.amount1MinRaw,
      deadline: call.deadlineSec,
    };
    parts.push(encodeFunctionData({ abi, functionName: "decreaseLiquidity", args: [params] }));
  }
  parts.push(encodeCollectAll(call.tokenId, call.recipient));
  if (call.closes) parts.push(encodeFunctionData({ abi, functionName: "burn", args: [call.tokenId] }));
  return encodeFunctionData({ abi, functionName: "multicall", args: [parts] });
}

/** `collect` of all that is owed; called (not sent) as the owner it answers the exact uncollected fees. */
export function encodeCollectAll(tokenId: bigint, recipient: Address): Hex {
  const params = { tokenId, recipient: lowerAddress(recipient), amount0Max: MAX_UINT128, amount1Max: MAX_UINT128 };
  return encodeFunctionData({ abi: V3_MANAGER_ABI, functionName: "collect", args: [params] });
}

/** Null unless the bytes are exactly what encodeExitData makes. */
function decodeExitData(data: Hex): ExitCall | null {
  const abi = V3_MANAGER_ABI;
  try {
    const outer = decodeFunctionData({ abi, data });
    if (outer.functionName !== "multicall") return null;
    let [tokenId, liquidityRaw, amount0MinRaw, amount1MinRaw, deadlineSec] = [0n, 0n, 0n, 0n, 0n];
    let recipient: Address = zeroAddress;
    let closes = false;
    for (const part of outer.args[0]) {
      const inner = decodeFunctionData({ abi, data: part });
      if (inner.functionName === "decreaseLiquidity") {
        const [params] = inner.args;
        liquidityRaw = params.liquidity;
        amount0MinRaw = params.amount0Min;
        amount1MinRaw = params.amount1Min;
        deadlineSec = params.deadline;
      } else if (inner.functionName === "collect") {
        tokenId = inner.args[0].tokenId;
        recipient = lowerAddress(inner.args[0].recipient);
      } else if (inner.functionName === "burn") {
        closes = true;
      } else {
        return null;
      }
    }
    const call: ExitCall = {
      tokenId,
      liquidityRaw,
      closes,
      amount0MinRaw,
      amount1MinRaw,
      recipient,
      deadlineSec,
      tickLower: 0,
      tickUpper: 0,
      bins: null,
    };
    return encodeExitData(call) === data ? call : null;
  } catch {
    return null;
  }
}

/** What `collect` of a simulated exit pays; null when the answer has another form. */
function decodeExitAnswer(call: ExitCall, data: Hex): { amount0Raw: bigint; amount1Raw: bigint } | null {
  try {
    const abi = V3_MANAGER_ABI;
    const parts = decodeFunctionResult({ abi, functionName: "multicall", data });
    const collected = parts[parts.length - (call.closes ? 2 : 1)];
    if (collected === undefined) return null;
    const [amount0Raw, amount1Raw] = decodeFunctionResult({ abi, functionName: "collect", data: collected });
    return { amount0Raw, amount1Raw };
  } catch {
    return null;
  }
}

/** Transfer(0 > wallet) and IncreaseLiquidity of one token, both from the manager itself; else null. */
function readMintReceipt(
  pool: PoolRef,
  logs: readonly TxLog[],
  wallet: Address,
  call: MintCall,
): MintReceiptFacts | null {
  const own = logs.filter((log) => isSameAddress(log.address, pool.contracts.positionManager));
  const minted = own.filter(
    ({ topics: [signature, from, to, id] }) =>
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
  for (const log of own) {
    const event = decodeManagerEvent(log);
    if (event?.eventName !== "IncreaseLiquidity" || event.args.tokenId !== tokenId) continue;
    const { args } = event;
    if ("pool" in args && !isSameAddress(args.pool, pool.pool)) return null;
    return {
      ...rangeOf(call),
      tokenId,
      liquidityRaw: "pool" in args ? args.actualLiquidity : args.liquidity,
      amount0Raw: args.amount0,
      amount1Raw: args.amount1,
    };
  }
  return null;
}

/** Sums of DecreaseLiquidity (principal) and Collect (principal and fees) of one token, from the manager's own logs; null without a Collect. */
function readExitReceipt(manager: Address, logs: readonly TxLog[], tokenId: bigint): ExitReceiptFacts | null {
  let [liquidityRaw, principal0Raw, principal1Raw, paid0Raw, paid1Raw] = [0n, 0n, 0n, 0n, 0n];
  let hasCollect = false;
  for (const log of logs) {
    if (!isSameAddress(log.address, manager)) continue;
    const event = decodeManagerEvent(log);
    if (event === null || event.args.tokenId !== tokenId) continue;
    if (event.eventName === "DecreaseLiquidity") {
      liquidityRaw += event.args.liquidity;
      principal0Raw += event.args.amount0;
      principal1Raw += event.args.amount1;
    } else if (event.eventName === "Collect") {
      hasCollect = true;
      paid0Raw += event.args.amount0;
      paid1Raw += event.args.amount1;
    }
  }
  return hasCollect ? { liquidityRaw, principal0Raw, principal1Raw, paid0Raw, paid1Raw } : null;
}

function decodeManagerEvent(log: TxLog) {
  const [signature, ...rest] = log.topics;
  if (signature === undefined) return null;
  try {
    return decodeEventLog({ abi: V3_MANAGER_ABI, data: log.data, topics: [signature, ...rest] });
  } catch {
    // Another event of the same contract (Approval, Transfer): not ours to read here.
    return null;
  }
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
