// ERC-20 calldata and logs: exact approve, and balance changes of one wallet from Transfer logs of expected tokens only.
import { decodeFunctionData, encodeFunctionData, getAbiItem, toEventSelector, toFunctionSelector } from "viem";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import type { Address, Hex } from "@/lib/units";

/** keccak256 of Transfer(address,address,uint256); ERC-721 has the same topic with an indexed third argument. */
export const TRANSFER_TOPIC = toEventSelector(getAbiItem({ abi: ERC20_ABI, name: "Transfer" }));
export const APPROVE_SELECTOR = toFunctionSelector(getAbiItem({ abi: ERC20_ABI, name: "approve" }));

export interface TxLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

export interface TokenTransfer {
  readonly token: Address;
  readonly from: Address;
  readonly to: Address;
  readonly amountRaw: bigint;
}

export function encodeApprove(spender: Address, amountRaw: bigint): Hex {
  return encodeFunctionData({ abi: ERC20_ABI, functionName: "approve", args: [spender, amountRaw] });
}

/** Null for anything that is not exactly an approve call. */
export function decodeApprove(data: Hex): { readonly spender: Address; readonly amountRaw: bigint } | null {
  if (!data.startsWith(APPROVE_SELECTOR)) return null;
  try {
    const decoded = decodeFunctionData({ abi: ERC20_ABI, data });
    if (decoded.functionName !== "approve") return null;
    const [spender, amountRaw] = decoded.args;
    return encodeApprove(spender, amountRaw) === data.toLowerCase() ? { spender, amountRaw } : null;
  } catch {
    return null;
  }
}

/** Transfer logs of the given token contracts; a log of the same shape from any other contract is ignored. */
export function decodeTransfers(logs: readonly TxLog[], tokens: readonly Address[]): readonly TokenTransfer[] {
  const wanted = new Set(tokens.map((token) => token.toLowerCase()));
  const transfers: TokenTransfer[] = [];
  for (const log of logs) {
    const [topic, from, to] = log.topics;
    if (topic !== TRANSFER_TOPIC || from === undefined || to === undefined || log.topics.length !== 3) continue;
    if (!wanted.has(log.address.toLowerCase()) || log.data.length !== 66) continue;
    transfers.push({
      token: lowerAddress(log.address),
      from: topicAddress(from),
      to: topicAddress(to),
      amountRaw: BigInt(log.data),
    });
  }
  return transfers;
}

/** Signed change of the wallet's balance per token (lower case), raw units; tokens without a change are absent. */
export function walletDeltas(
  logs: readonly TxLog[],
  tokens: readonly Address[],
  wallet: Address,
): ReadonlyMap<Address, bigint> {
  const own = wallet.toLowerCase();
  const deltas = new Map<Address, bigint>();
  for (const transfer of decodeTransfers(logs, tokens)) {
    const sign = (transfer.to === own ? 1n : 0n) - (transfer.from === own ? 1n : 0n);
    const sum = (deltas.get(transfer.token) ?? 0n) + sign * transfer.amountRaw;
    if (sum === 0n) deltas.delete(transfer.token);
    else deltas.set(transfer.token, sum);
  }
  return deltas;
}

export function lowerAddress(address: Address): Address {
  return `0x${address.slice(2).toLowerCase()}`;
}

export function isSameAddress(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** Last 20 bytes of an indexed address, lower case. */
export function topicAddress(topic: Hex): Address {
  return `0x${topic.slice(26).toLowerCase()}`;
}
