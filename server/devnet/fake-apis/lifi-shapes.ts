// Shapes and dollar values that every answer of the LI.FI stand-in shares.
import { zeroAddress, type Address } from "viem";
import { BASE_FEE_WEI } from "@/server/devnet/chain/client";
import type { ChainNode } from "@/server/devnet/chain/node";
import type { PricePath } from "@/server/devnet/market/price-path";
import { TOKENS, TOKEN_SYMBOLS, type TokenSymbol } from "@/server/devnet/market/setup";
import type { BridgeDesk } from "@/server/devnet/market/bridge-desk";
import type { FakeDeps, Reply } from "./reply";

export interface LifiDeps extends FakeDeps {
  readonly nodes: readonly ChainNode[];
  /** Null on a single chain. */
  readonly bridges: BridgeDesk | null;
  readonly path: PricePath;
  /** Service fee, 1/10 000 of the sold amount. */
  readonly feeBps: number;
  /** Market seconds per wall second: the router deadline lasts a wall minute at least. */
  readonly speed: () => number;
}

/** Where the `wrong_*` faults point: an address nobody owns. */
export const STRANGER: Address = "0x000000000000000000000000000000000000dEaD";

export function symbolOf(node: ChainNode, value: string | null): TokenSymbol | undefined {
  return TOKEN_SYMBOLS.find(
    (symbol) => value === symbol || value?.toLowerCase() === node.deployment.tokens[symbol].toLowerCase(),
  );
}

export function priceUsd(path: PricePath, symbol: TokenSymbol): number {
  if (symbol === "WETH") return path.price("WETH-USDC");
  return symbol === "USDC" ? 1 : 1 / path.price("USDC-USDT");
}

export function usd(path: PricePath, symbol: TokenSymbol, amountRaw: bigint): number {
  return (Number(amountRaw) / 10 ** TOKENS[symbol].decimals) * priceUsd(path, symbol);
}

export function tokenInfo(path: PricePath, node: ChainNode, symbol: TokenSymbol) {
  return {
    address: node.deployment.tokens[symbol],
    chainId: node.setup.id,
    symbol,
    decimals: TOKENS[symbol].decimals,
    name: TOKENS[symbol].name,
    coinKey: symbol,
    priceUSD: String(priceUsd(path, symbol)),
  };
}

export function nativeInfo(path: PricePath, chainId: number) {
  return {
    address: zeroAddress,
    chainId,
    symbol: "ETH",
    decimals: 18,
    name: "Ether",
    priceUSD: String(path.price("WETH-USDC")),
  };
}

export function gasCosts(path: PricePath, chainId: number, gas: bigint) {
  const wei = gas * BASE_FEE_WEI;
  return [
    {
      type: "SEND",
      price: String(BASE_FEE_WEI),
      estimate: String(gas),
      limit: String((gas * 15n) / 10n),
      amount: String(wei),
      amountUSD: ((Number(wei) / 1e18) * path.price("WETH-USDC")).toFixed(6),
      token: nativeInfo(path, chainId),
    },
  ];
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

export function fail(statusCode: number, code: number, message: string): Reply {
  return { status: statusCode, body: { message, code } };
}

export function noQuote(message: string, tool: string): Reply {
  return {
    status: 404,
    body: {
      message: "No available quotes for the requested transfer",
      code: 1002,
      errors: [{ errorType: "NO_QUOTE", code: "INSUFFICIENT_LIQUIDITY", tool, message }],
    },
  };
}
