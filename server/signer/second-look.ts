// Before a swap or bridge is signed: the exact bytes once more, at another endpoint, with everything of ours read before and after (safety.md 3.9).
import { encodeFunctionData, padHex, toEventSelector } from "viem";
import { isSameAddress } from "@/lib/actions/erc20";
import type { Grant } from "@/lib/actions/family";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { BridgeStep, SwapStep } from "@/lib/plan/plan";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import type { Token } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { decodeAmount, decodeGrantRead, describeGrant, grantRead, knownGrants } from "./allowances";
import type { PlacedInput } from "./prepare-common";
import { SignerError, type LogEntry, type Trial } from "./ports";

const TRANSFERS: ReadonlySet<Hex> = new Set([
  // ERC-20 and ERC-721, then ERC-6909: from is the first topic.
  toEventSelector("Transfer(address,address,uint256)"),
  toEventSelector("Transfer(address,address,address,uint256,uint256)"),
]);
/** ERC-1155 and Liquidity Book: who moved it first, then from. */
const BATCH_TRANSFERS: ReadonlySet<Hex> = new Set([
  toEventSelector("TransferSingle(address,address,address,uint256,uint256)"),
  toEventSelector("TransferBatch(address,address,address,uint256[],uint256[])"),
]);
const APPROVALS: ReadonlySet<Hex> = new Set([
  toEventSelector("Approval(address,address,uint256)"),
  toEventSelector("ApprovalForAll(address,address,bool)"),
  // Permit2: its own approvals and permits.
  toEventSelector("Approval(address,address,address,uint160,uint48)"),
  toEventSelector("Permit(address,address,address,uint160,uint48,uint48)"),
]);

interface Spending {
  readonly step: SwapStep | BridgeStep;
  readonly tx: { readonly to: Address; readonly data: Hex; readonly valueRaw: bigint };
  readonly amountInRaw: bigint;
  readonly minimumRaw: bigint;
}

/** Refuses what does more or less than its step; the answer says where it was tried, for the journal and the desk. */
export async function lookAgain(input: PlacedInput, spending: Spending): Promise<string> {
  const { context, block, wallet } = input;
  const { step, tx } = spending;
  const tokens = context.deps.registry.tokens.filter((each) => each.chainId === step.chainId);
  const grants = knownGrants(context, step.chainId);
  const balanceOf = encodeFunctionData({ abi: ERC20_ABI, functionName: "balanceOf", args: [wallet] });
  const reads = [
    ...tokens.map(({ address }) => ({ to: address, data: balanceOf })),
    ...grants.map((grant) => grantRead(grant, wallet)),
  ];
  const trial = await tried(input, { call: { from: wallet, ...tx }, reads, at: block });
  const where = `${trial.isOther ? trial.endpoint : `one endpoint (${trial.endpoint})`}, block ${trial.blockNumber}`;
  if (trial.state === null) return `${where}: the bytes pass; the node cannot show balance changes (eth_simulateV1)`;
  const { before, after } = trial.state;
  checkBalances(spending, { tokens, before, after, where });
  checkRights(spending, { grants, before: before.slice(tokens.length), after: after.slice(tokens.length), where });
  checkLogs(spending, wallet, trial.logs, where);
  return `${where}: only the expected balance changes`;
}

async function tried(input: PlacedInput, what: Parameters<PlacedInput["port"]["tryElsewhere"]>[0]): Promise<Trial> {
  try {
    return await input.port.tryElsewhere(what);
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== "reverted") throw error;
    throw new SignerError({
      code: "reverted",
      message: `the second look failed, nothing was signed: ${error.message}`,
      retryable: true,
      cause: error,
    });
  }
}

function checkBalances(
  spending: Spending,
  found: {
    readonly tokens: readonly Token[];
    readonly before: readonly (Hex | null)[];
    readonly after: readonly (Hex | null)[];
    readonly where: string;
  },
): void {
  const { step, amountInRaw, minimumRaw } = spending;
  const { tokens, before, after, where } = found;
  const isSwap = step.kind === "swap";
  for (const [index, token] of tokens.entries()) {
    const isIn = isSameAddress(token.address, step.tokenIn);
    const isOut = isSwap && isSameAddress(token.address, step.tokenOut);
    const changeRaw = difference(before[index], after[index]);
    if (changeRaw === null) {
      // A token of the registry that answers no balance cannot be the one that is traded; the others are not this step's matter.
      if (isIn || isOut) throw unexpected(where, `the balance of ${token.symbol} could not be read`);
      continue;
    }
    if (isIn) {
      const isPaid = isSwap ? changeRaw <= 0n && changeRaw >= -amountInRaw : changeRaw === -amountInRaw;
      if (!isPaid) throw unexpected(where, `${token.symbol} changes by ${changeRaw}, expected -${amountInRaw}`);
    } else if (isOut) {
      if (changeRaw < minimumRaw) {
        throw unexpected(where, `${token.symbol} changes by ${changeRaw}, expected at least ${minimumRaw}`);
      }
    } else if (changeRaw !== 0n) {
      throw unexpected(where, `${token.symbol} changes by ${changeRaw}, but the step does not trade it`);
    }
  }
}

function checkRights(
  spending: Spending,
  found: {
    readonly grants: readonly Grant[];
    readonly before: readonly (Hex | null)[];
    readonly after: readonly (Hex | null)[];
    readonly where: string;
  },
): void {
  const { step } = spending;
  for (const [index, grant] of found.grants.entries()) {
    const before = rightOf(grant, found.before[index]);
    const after = rightOf(grant, found.after[index]);
    if (before === null || after === null) continue;
    const isSpent =
      grant.kind === "erc20" && isSameAddress(grant.token, step.tokenIn) && isSameAddress(grant.spender, step.router);
    const isFine = isSpent ? after <= before : after === before;
    if (isFine) continue;
    throw unexpected(found.where, `${describeGrant(grant)} goes from ${before} to ${after}`);
  }
}

function checkLogs(spending: Spending, wallet: Address, logs: readonly LogEntry[], where: string): void {
  const { step } = spending;
  const own = padHex(wallet, { size: 32 }).toLowerCase();
  for (const { address, topics } of logs) {
    const [topic, first, second] = topics.map((each) => each.toLowerCase());
    const kind = topics[0];
    if (topic === undefined || kind === undefined) continue;
    const isTokenIn = isSameAddress(address, step.tokenIn);
    if (TRANSFERS.has(kind) && first === own && !isTokenIn) {
      throw unexpected(
        where,
        `${address} says that something leaves the wallet, but the step only pays ${step.tokenIn}`,
      );
    }
    if (BATCH_TRANSFERS.has(kind) && second === own) {
      throw unexpected(where, `${address} says that a position leaves the wallet`);
    }
    // Some tokens announce the lower allowance when a part of it is used; its amount is read above.
    const isUse = isTokenIn && topics.length === 3 && second === padHex(step.router, { size: 32 }).toLowerCase();
    if (APPROVALS.has(kind) && first === own && !isUse) {
      throw unexpected(where, `${address} says that a right over the wallet's tokens is given`);
    }
  }
}

function rightOf(grant: Grant, data: Hex | null | undefined): bigint | null {
  return data === null || data === undefined ? null : (decodeGrantRead(grant, data)?.amountRaw ?? null);
}

function difference(before: Hex | null | undefined, after: Hex | null | undefined): bigint | null {
  if (before === null || before === undefined || after === null || after === undefined) return null;
  const [from, to] = [decodeAmount(before), decodeAmount(after)];
  return from === null || to === null ? null : to - from;
}

function unexpected(where: string, what: string): SignerError {
  return SignerError.refuse("policy", `refused by the second look (${where}): ${what}; nothing was signed`);
}
