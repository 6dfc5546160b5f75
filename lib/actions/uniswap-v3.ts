// Uniswap V3 position manager: Step -> calldata and back, and what a receipt says, read from the manager's own logs only.
import {
  decodeEventLog,
  decodeFunctionData,
  decodeFunctionResult,
  encodeFunctionData,
  parseAbi,
  zeroAddress,
} from "viem";
import { invariant } from "@/lib/errors/invariant";
import type { BurnStep, MintStep } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";
import { TRANSFER_TOPIC, isSameAddress, topicAddress, type TxLog } from "./erc20";
import type { FamilyActions } from "./family";
import { createV3Actions } from "./v3-manager";

export const UNISWAP_V3_MINT_ABI = parseAbi([
  "function mint((address token0, address token1, uint24 fee, int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline) params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);

/** The pool is named by its tokens and fee. */
export const uniswapV3Actions: FamilyActions = createV3Actions({
  family: "uniswap-v3",
  encodeMint(pool, params) {
    invariant(pool.feePips !== null, "a Uniswap V3 pool is named by its fee", { pool: pool.pool });
    return encodeFunctionData({
      abi: UNISWAP_V3_MINT_ABI,
      functionName: "mint",
      args: [{ ...params, fee: pool.feePips }],
    });
  },
  decodeMint: (data) => decodeFunctionData({ abi: UNISWAP_V3_MINT_ABI, data }).args[0],
});

export const POSITION_MANAGER_WRITE_ABI = parseAbi([
  "function mint((address token0, address token1, uint24 fee, int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline) params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
  "function decreaseLiquidity((uint256 tokenId, uint128 liquidity, uint256 amount0Min, uint256 amount1Min, uint256 deadline) params) payable returns (uint256 amount0, uint256 amount1)",
  "function collect((uint256 tokenId, address recipient, uint128 amount0Max, uint128 amount1Max) params) payable returns (uint256 amount0, uint256 amount1)",
  "function burn(uint256 tokenId) payable",
  "function multicall(bytes[] data) payable returns (bytes[] results)",
  "event IncreaseLiquidity(uint256 indexed tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
  "event DecreaseLiquidity(uint256 indexed tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
  "event Collect(uint256 indexed tokenId, address recipient, uint256 amount0, uint256 amount1)",
]);

const MAX_UINT128 = (1n << 128n) - 1n;

export interface BurnCall {
  readonly tokenId: bigint;
  readonly liquidityRaw: bigint;
  readonly amount0MinRaw: bigint;
  readonly amount1MinRaw: bigint;
  readonly recipient: Address;
  /** Chain time, unix seconds. */
  readonly deadlineSec: bigint;
}

export interface MintCall {
  readonly token0: Address;
  readonly token1: Address;
  readonly feePips: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly amount0DesiredRaw: bigint;
  readonly amount1DesiredRaw: bigint;
  readonly amount0MinRaw: bigint;
  readonly amount1MinRaw: bigint;
  readonly recipient: Address;
  readonly deadlineSec: bigint;
}

/** One multicall: decrease all liquidity, collect everything to the recipient, burn the token. Liquidity 0: collect and burn. */
export function encodeBurn(call: BurnCall): Hex {
  const abi = POSITION_MANAGER_WRITE_ABI;
  const parts: Hex[] = [];
  if (call.liquidityRaw > 0n) {
    parts.push(
      encodeFunctionData({
        abi,
        functionName: "decreaseLiquidity",
        args: [
          {
            tokenId: call.tokenId,
            liquidity: call.liquidityRaw,
            amount0Min: call.amount0MinRaw,
            amount1Min: call.amount1MinRaw,
            deadline: call.deadlineSec,
          },
        ],
      }),
    );
  }
  parts.push(
    encodeFunctionData({
      abi,
      functionName: "collect",
      args: [{ tokenId: call.tokenId, recipient: call.recipient, amount0Max: MAX_UINT128, amount1Max: MAX_UINT128 }],
    }),
    encodeFunctionData({ abi, functionName: "burn", args: [call.tokenId] }),
  );
  return encodeFunctionData({ abi, functionName: "multicall", args: [parts] });
}

/** Null unless the bytes are exactly what encodeBurn makes. */
export function decodeBurn(data: Hex): BurnCall | null {
  try {
    const outer = decodeFunctionData({ abi: POSITION_MANAGER_WRITE_ABI, data });
    if (outer.functionName !== "multicall") return null;
    const call = { tokenId: 0n, liquidityRaw: 0n, amount0MinRaw: 0n, amount1MinRaw: 0n, deadlineSec: 0n };
    let recipient: Address = zeroAddress;
    for (const part of outer.args[0]) {
      const inner = decodeFunctionData({ abi: POSITION_MANAGER_WRITE_ABI, data: part });
      if (inner.functionName === "decreaseLiquidity") {
        const [params] = inner.args;
        call.liquidityRaw = params.liquidity;
        call.amount0MinRaw = params.amount0Min;
        call.amount1MinRaw = params.amount1Min;
        call.deadlineSec = params.deadline;
      } else if (inner.functionName === "collect") {
        call.tokenId = inner.args[0].tokenId;
        recipient = inner.args[0].recipient;
      }
    }
    const decoded = { ...call, recipient };
    return encodeBurn(decoded) === data.toLowerCase() ? decoded : null;
  } catch {
    return null;
  }
}

export function encodeMint(call: MintCall): Hex {
  return encodeFunctionData({
    abi: POSITION_MANAGER_WRITE_ABI,
    functionName: "mint",
    args: [
      {
        token0: call.token0,
        token1: call.token1,
        fee: call.feePips,
        tickLower: call.tickLower,
        tickUpper: call.tickUpper,
        amount0Desired: call.amount0DesiredRaw,
        amount1Desired: call.amount1DesiredRaw,
        amount0Min: call.amount0MinRaw,
        amount1Min: call.amount1MinRaw,
        recipient: call.recipient,
        deadline: call.deadlineSec,
      },
    ],
  });
}

/** Null unless the bytes are exactly what encodeMint makes. */
export function decodeMint(data: Hex): MintCall | null {
  try {
    const decoded = decodeFunctionData({ abi: POSITION_MANAGER_WRITE_ABI, data });
    if (decoded.functionName !== "mint") return null;
    const [params] = decoded.args;
    const call: MintCall = {
      token0: params.token0,
      token1: params.token1,
      feePips: params.fee,
      tickLower: params.tickLower,
      tickUpper: params.tickUpper,
      amount0DesiredRaw: params.amount0Desired,
      amount1DesiredRaw: params.amount1Desired,
      amount0MinRaw: params.amount0Min,
      amount1MinRaw: params.amount1Min,
      recipient: params.recipient,
      deadlineSec: params.deadline,
    };
    return encodeMint(call) === data.toLowerCase() ? call : null;
  } catch {
    return null;
  }
}

export function burnCallOf(
  step: BurnStep,
  live: { liquidityRaw: bigint; amount0MinRaw: bigint; amount1MinRaw: bigint; recipient: Address; deadlineSec: bigint },
): BurnCall {
  return { tokenId: step.tokenId, ...live };
}

export function mintCallOf(
  step: MintStep,
  live: Pick<
    MintCall,
    "amount0DesiredRaw" | "amount1DesiredRaw" | "amount0MinRaw" | "amount1MinRaw" | "recipient" | "deadlineSec"
  >,
): MintCall {
  const { token0, token1, feePips, tickLower, tickUpper } = step;
  return { token0, token1, feePips, tickLower, tickUpper, ...live };
}

/** Answer of a simulated mint. */
export function decodeMintResult(data: Hex): {
  readonly liquidityRaw: bigint;
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
} {
  const [, liquidityRaw, amount0Raw, amount1Raw] = decodeFunctionResult({
    abi: POSITION_MANAGER_WRITE_ABI,
    functionName: "mint",
    data,
  });
  return { liquidityRaw, amount0Raw, amount1Raw };
}

/** Answer of a simulated burn multicall: what `collect` would pay; null when it has another form. */
export function decodeBurnResult(data: Hex): { readonly amount0Raw: bigint; readonly amount1Raw: bigint } | null {
  try {
    const abi = POSITION_MANAGER_WRITE_ABI;
    const parts = decodeFunctionResult({ abi, functionName: "multicall", data });
    const collected = parts[parts.length - 2];
    if (collected === undefined) return null;
    const [amount0Raw, amount1Raw] = decodeFunctionResult({ abi, functionName: "collect", data: collected });
    return { amount0Raw, amount1Raw };
  } catch {
    return null;
  }
}

export interface MintReceiptFacts {
  readonly tokenId: bigint;
  readonly liquidityRaw: bigint;
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
}

/** The position a receipt created for `wallet`: Transfer(0 > wallet) and IncreaseLiquidity, both from the manager itself; else null. */
export function decodeMintReceipt(
  logs: readonly TxLog[],
  positionManager: Address,
  wallet: Address,
): MintReceiptFacts | null {
  const own = logs.filter((log) => isSameAddress(log.address, positionManager));
  const minted = own.filter(
    (log) =>
      log.topics.length === 4 &&
      log.topics[0] === TRANSFER_TOPIC &&
      log.topics[1] !== undefined &&
      isSameAddress(topicAddress(log.topics[1]), zeroAddress) &&
      log.topics[2] !== undefined &&
      isSameAddress(topicAddress(log.topics[2]), wallet),
  );
  const [first] = minted;
  const idTopic = first?.topics[3];
  if (minted.length !== 1 || idTopic === undefined) return null;
  const tokenId = BigInt(idTopic);
  for (const log of own) {
    const event = decodeManagerEvent(log);
    if (event?.eventName === "IncreaseLiquidity" && event.args.tokenId === tokenId) {
      return {
        tokenId,
        liquidityRaw: event.args.liquidity,
        amount0Raw: event.args.amount0,
        amount1Raw: event.args.amount1,
      };
    }
  }
  return null;
}

export interface BurnReceiptFacts {
  /** Sum of DecreaseLiquidity: liquidity and principal. */
  readonly liquidityRaw: bigint;
  readonly principal0Raw: bigint;
  readonly principal1Raw: bigint;
  /** Sum of Collect: principal and fees. */
  readonly paid0Raw: bigint;
  readonly paid1Raw: bigint;
}

/** What a receipt paid out for one token id, from the manager's own logs; null without a Collect. */
export function decodeBurnReceipt(
  logs: readonly TxLog[],
  positionManager: Address,
  tokenId: bigint,
): BurnReceiptFacts | null {
  let [liquidityRaw, principal0Raw, principal1Raw, paid0Raw, paid1Raw] = [0n, 0n, 0n, 0n, 0n];
  let hasCollect = false;
  for (const log of logs) {
    if (!isSameAddress(log.address, positionManager)) continue;
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
    return decodeEventLog({ abi: POSITION_MANAGER_WRITE_ABI, data: log.data, topics: [signature, ...rest] });
  } catch {
    // Another event of the same contract (Approval, Transfer): not ours to read here.
    return null;
  }
}
