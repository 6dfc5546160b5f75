// A swap straight through one pool's own router: calldata from our own facts, and back; families without such a router refuse with a reason.
import { decodeFunctionData, decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address, Hex } from "@/lib/units";
import { isSameAddress } from "./erc20";
import type { TxCall } from "./family";

const ROUTER_ABI = parseAbi([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
]);
const ROUTER_02_ABI = parseAbi([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
  "function multicall(uint256 deadline, bytes[] data) payable returns (bytes[] results)",
]);
const SPACING_ROUTER_ABI = parseAbi([
  "function exactInputSingle((address tokenIn, address tokenOut, int24 tickSpacing, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
]);
const ALGEBRA_ROUTER_ABI = parseAbi([
  "function exactInputSingle((address tokenIn, address tokenOut, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 limitSqrtPrice) params) payable returns (uint256 amountOut)",
]);
const INTEGRAL_ROUTER_ABI = parseAbi([
  "function exactInputSingle((address tokenIn, address tokenOut, address deployer, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 limitSqrtPrice) params) payable returns (uint256 amountOut)",
]);
const NO_DEPLOYER: Address = "0x0000000000000000000000000000000000000000";

/**
 * Calldata shapes of routers: `fee` (first router of V3), `fee02` (the second one: no deadline of its own, wrapped in a multicall with
 * one), `spacing` (Slipstream), `algebra` (Algebra 1.x and Camelot), `integral` (Algebra Integral, with the pool's deployer).
 */
export type RouterForm = "fee" | "fee02" | "spacing" | "algebra" | "integral";

export interface PoolSwapCall {
  readonly form: RouterForm;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly recipient: Address;
  readonly amountInRaw: bigint;
  readonly amountOutMinRaw: bigint;
  /** Chain time, unix seconds. */
  readonly deadlineSec: bigint;
}

/** Shapes the DEX's router may have, most common first; a simulation shows which. Empty: this family is not swapped through directly. */
export function routerForms(pool: PoolRef): readonly RouterForm[] {
  if (pool.contracts.swapRouter === null) return [];
  switch (pool.family) {
    case "uniswap-v3":
    case "pancakeswap-v3":
      return pool.feePips === null ? [] : ["fee", "fee02"];
    case "slipstream":
      return pool.tickSpacing === null ? [] : ["spacing"];
    case "algebra-v1":
    case "camelot-v3":
      return ["algebra"];
    case "algebra-integral":
      return ["integral"];
    case "ramses-v3":
    case "uniswap-v4":
    case "pancakeswap-infinity":
    case "liquidity-book":
      return [];
  }
}

/** Null when the pool has no router of that shape. */
export function encodePoolSwap(pool: PoolRef, call: PoolSwapCall): TxCall | null {
  const to = pool.contracts.swapRouter;
  if (to === null || !routerForms(pool).includes(call.form)) return null;
  const data = encodeData(pool, call);
  return data === null ? null : { to, data, valueRaw: 0n };
}

/** Null unless encoding the result again gives the same bytes: another pool, a price limit or an extra call never decodes. */
export function decodePoolSwap(pool: PoolRef, tx: TxCall): PoolSwapCall | null {
  if (tx.valueRaw !== 0n || pool.contracts.swapRouter === null || !isSameAddress(tx.to, pool.contracts.swapRouter)) {
    return null;
  }
  for (const form of routerForms(pool)) {
    const call = readData(form, tx.data);
    if (call !== null && encodeData(pool, call) === tx.data.toLowerCase()) return call;
  }
  return null;
}

/** Amount out of a simulated swap; null when the answer has another shape. */
export function decodePoolSwapResult(form: RouterForm, data: Hex): bigint | null {
  try {
    if (form !== "fee02") return decodeFunctionResult({ abi: ROUTER_ABI, functionName: "exactInputSingle", data });
    const [inner] = decodeFunctionResult({ abi: ROUTER_02_ABI, functionName: "multicall", data });
    if (inner === undefined) return null;
    return decodeFunctionResult({ abi: ROUTER_02_ABI, functionName: "exactInputSingle", data: inner });
  } catch {
    return null;
  }
}

function encodeData(pool: PoolRef, call: PoolSwapCall): Hex | null {
  const { tokenIn, tokenOut, recipient } = call;
  const amounts = { amountIn: call.amountInRaw, amountOutMinimum: call.amountOutMinRaw };
  const deadline = call.deadlineSec;
  const functionName = "exactInputSingle";
  switch (call.form) {
    case "fee": {
      if (pool.feePips === null) return null;
      const params = { tokenIn, tokenOut, fee: pool.feePips, recipient, deadline, ...amounts, sqrtPriceLimitX96: 0n };
      return encodeFunctionData({ abi: ROUTER_ABI, functionName, args: [params] });
    }
    case "fee02": {
      if (pool.feePips === null) return null;
      const params = { tokenIn, tokenOut, fee: pool.feePips, recipient, ...amounts, sqrtPriceLimitX96: 0n };
      const inner = encodeFunctionData({ abi: ROUTER_02_ABI, functionName, args: [params] });
      return encodeFunctionData({ abi: ROUTER_02_ABI, functionName: "multicall", args: [deadline, [inner]] });
    }
    case "spacing": {
      if (pool.tickSpacing === null) return null;
      const { tickSpacing } = pool;
      const params = { tokenIn, tokenOut, tickSpacing, recipient, deadline, ...amounts, sqrtPriceLimitX96: 0n };
      return encodeFunctionData({ abi: SPACING_ROUTER_ABI, functionName, args: [params] });
    }
    case "algebra": {
      const params = { tokenIn, tokenOut, recipient, deadline, ...amounts, limitSqrtPrice: 0n };
      return encodeFunctionData({ abi: ALGEBRA_ROUTER_ABI, functionName, args: [params] });
    }
    case "integral": {
      const deployer = pool.deployer ?? NO_DEPLOYER;
      const params = { tokenIn, tokenOut, deployer, recipient, deadline, ...amounts, limitSqrtPrice: 0n };
      return encodeFunctionData({ abi: INTEGRAL_ROUTER_ABI, functionName, args: [params] });
    }
  }
}

function readData(form: RouterForm, data: Hex): PoolSwapCall | null {
  try {
    const params = readParams(form, data);
    if (params === null) return null;
    return {
      form,
      tokenIn: params.tokenIn,
      tokenOut: params.tokenOut,
      recipient: params.recipient,
      amountInRaw: params.amountIn,
      amountOutMinRaw: params.amountOutMinimum,
      deadlineSec: params.deadline,
    };
  } catch {
    // Not this shape.
    return null;
  }
}

function readParams(form: RouterForm, data: Hex) {
  switch (form) {
    case "fee":
      return decodeFunctionData({ abi: ROUTER_ABI, data }).args[0];
    case "fee02": {
      const outer = decodeFunctionData({ abi: ROUTER_02_ABI, data });
      if (outer.functionName !== "multicall") return null;
      const [deadline, parts] = outer.args;
      const [part] = parts;
      if (part === undefined || parts.length !== 1) return null;
      const inner = decodeFunctionData({ abi: ROUTER_02_ABI, data: part });
      return inner.functionName === "exactInputSingle" ? { ...inner.args[0], deadline } : null;
    }
    case "spacing":
      return decodeFunctionData({ abi: SPACING_ROUTER_ABI, data }).args[0];
    case "algebra":
      return decodeFunctionData({ abi: ALGEBRA_ROUTER_ABI, data }).args[0];
    case "integral":
      return decodeFunctionData({ abi: INTEGRAL_ROUTER_ABI, data }).args[0];
  }
}
