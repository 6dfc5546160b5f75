// Allowances: read at a named block, and the list of those that plans left behind.
import { decodeFunctionResult, encodeFunctionData } from "viem";
import { isSameAddress } from "@/lib/actions/erc20";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import type { Address } from "@/lib/units";
import type { EngineContext } from "./context";
import type { ChainPort } from "./ports";

export interface AllowanceKey {
  readonly token: Address;
  readonly spender: Address;
  readonly owner: Address;
}

export async function readAllowance(port: ChainPort, key: AllowanceKey, block: bigint | "latest"): Promise<bigint> {
  const data = encodeFunctionData({ abi: ERC20_ABI, functionName: "allowance", args: [key.owner, key.spender] });
  return decodeFunctionResult({
    abi: ERC20_ABI,
    functionName: "allowance",
    data: await port.call({ to: key.token, data }, block),
  });
}

export async function readTokenBalance(
  port: ChainPort,
  token: Address,
  owner: Address,
  block: bigint | "latest",
): Promise<bigint> {
  const data = encodeFunctionData({ abi: ERC20_ABI, functionName: "balanceOf", args: [owner] });
  return decodeFunctionResult({
    abi: ERC20_ABI,
    functionName: "balanceOf",
    data: await port.call({ to: token, data }, block),
  });
}

/** Spenders that any step may name on a chain: what the start-up inventory and ledger.check look at. */
export function knownSpenders(context: EngineContext, chainId: number): readonly Address[] {
  const { registry } = context.deps;
  const chain = registry.chains.find((each) => each.id === chainId);
  const managers = registry.dexes.flatMap((dex) => {
    const place = dex.chains[String(chainId)];
    return place === undefined ? [] : [place.positionManager];
  });
  const all = [...managers, ...(chain?.lifiDiamond ? [chain.lifiDiamond] : [])];
  return all.filter((address, index) => all.findIndex((each) => isSameAddress(each, address)) === index);
}

/** Non-zero allowances of the registry's tokens to the known spenders. */
export async function readOpenAllowances(
  context: EngineContext,
  chainId: number,
  block: bigint,
): Promise<readonly { chainId: number; token: Address; spender: Address; amountRaw: bigint }[]> {
  const port = context.chain(chainId);
  const owner = context.deps.key.address;
  const open: { chainId: number; token: Address; spender: Address; amountRaw: bigint }[] = [];
  for (const token of context.deps.registry.tokens.filter((each) => each.chainId === chainId)) {
    for (const spender of knownSpenders(context, chainId)) {
      const amountRaw = await readAllowance(port, { token: token.address, spender, owner }, block);
      if (amountRaw > 0n) open.push({ chainId, token: token.address, spender, amountRaw });
    }
  }
  return open;
}
