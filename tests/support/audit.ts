// audit(): what must be true after every fault test, read from the journal's files and from the chain only.
import { decodeFunctionResult, encodeFunctionData } from "viem";
import { isSameAddress } from "@/lib/actions/erc20";
import { NATIVE_TOKEN } from "@/lib/ledger/accounts";
import type { Grant } from "@/lib/actions/family";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import { findPoolRef } from "@/lib/registry/pool-ref";
import type { Registry } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { readGrant } from "@/server/signer/allowances";
import { createChainAccess, type RpcPort } from "@/server/signer/chain-access";
import { openJournal, type Journal } from "@/server/signer/journal/journal";
import type { ChainPort } from "@/server/signer/ports";

export interface AuditInput {
  readonly journalDir: string;
  readonly registry: Registry;
  readonly rpcUrls: Readonly<Record<string, string>>;
  readonly wallet: Address;
}

export interface AuditReport {
  /** One sentence per broken rule; empty when all hold. */
  readonly problems: readonly string[];
  /** Sum over tokens of |chain - ledger|, raw units; native coin in wei. */
  readonly unaccountedRaw: bigint;
  /** Included successes beyond the first per operation, and per burn, mint and swap purpose. */
  readonly doubleEffects: number;
  readonly operations: number;
  readonly openPositions: number;
}

export async function audit(input: AuditInput): Promise<AuditReport> {
  const problems: string[] = [];
  let journal: Journal;
  try {
    journal = openJournal({ dir: input.journalDir, nowMs: Date.now });
  } catch (error) {
    return {
      problems: [`journal not whole: ${error instanceof Error ? error.message : String(error)}`],
      unaccountedRaw: -1n,
      doubleEffects: 0,
      operations: 0,
      openPositions: 0,
    };
  }
  try {
    let unaccountedRaw = 0n;
    let doubleEffects = 0;
    for (const chain of input.registry.chains) {
      const url = input.rpcUrls[String(chain.id)];
      if (url === undefined) continue;
      const port = createChainAccess(chain, [rpcPort(url)]);
      unaccountedRaw += await auditBalances(input, journal, port, problems);
      await auditNonce(input, journal, port, problems);
      await auditAllowances(input, port, problems);
      await auditPositions(input, journal, port, problems);
      doubleEffects += await auditEffects(journal, port, problems);
    }
    return {
      problems,
      unaccountedRaw,
      doubleEffects,
      operations: journal.state.ops.size,
      openPositions: journal.state.positions.size,
    };
  } finally {
    journal.close();
  }
}

export function rpcPort(url: string): RpcPort {
  let id = 0;
  return {
    label: new URL(url).host,
    request: async ({ method, params }) => {
      id += 1;
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id, method, params: params ?? [] }),
        signal: AbortSignal.timeout(10_000),
      });
      const answer: { result?: unknown; error?: { code: number; message: string } } = await response.json();
      if (answer.error !== undefined) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
      return answer.result;
    },
  };
}

async function auditBalances(
  input: AuditInput,
  journal: Journal,
  port: ChainPort,
  problems: string[],
): Promise<bigint> {
  let total = 0n;
  const chainId = port.chain.id;
  const compare = (token: Address, chainRaw: bigint): void => {
    const ledgerRaw = journal.state.balances.walletTotal(chainId, token);
    const difference = chainRaw > ledgerRaw ? chainRaw - ledgerRaw : ledgerRaw - chainRaw;
    total += difference;
    if (difference !== 0n) problems.push(`token ${token}: ledger ${ledgerRaw}, chain ${chainRaw}`);
  };
  for (const token of input.registry.tokens.filter((each) => each.chainId === chainId)) {
    const data = encodeFunctionData({ abi: ERC20_ABI, functionName: "balanceOf", args: [input.wallet] });
    const answer = await port.call({ to: token.address, data }, "latest");
    compare(token.address, decodeFunctionResult({ abi: ERC20_ABI, functionName: "balanceOf", data: answer }));
  }
  compare(NATIVE_TOKEN, await port.readNativeBalance(input.wallet, "latest"));
  auditBooks(journal, chainId, problems);
  for (const balance of journal.state.balances.all()) {
    const isHolding = balance.account.includes(":wallet") || balance.account.includes(":position:");
    if (isHolding && balance.amountRaw < 0n)
      problems.push(`account ${balance.account} is negative: ${balance.amountRaw}`);
  }
  return total;
}

/** Double entry: zero per token over all accounts; what is in transit is what the open transfers say. */
function auditBooks(journal: Journal, chainId: number, problems: string[]): void {
  const sums = new Map<string, bigint>();
  for (const each of journal.state.balances.all()) {
    if (each.chainId !== chainId) continue;
    sums.set(each.token, (sums.get(each.token) ?? 0n) + each.amountRaw);
    if (!each.account.includes(":transit:")) continue;
    const transfer = journal.state.transfers.get(each.account.replace(/^pair:[^:]+:transit:/, ""));
    const sentRaw = transfer?.started.amountInRaw ?? 0n;
    const isWhole = transfer?.state === "pending" ? each.amountRaw === sentRaw : each.amountRaw < sentRaw;
    if (transfer === undefined || each.amountRaw < 0n || !isWhole) {
      problems.push(
        `${each.account} holds ${each.amountRaw}, its transfer of ${sentRaw} is ${transfer?.state ?? "unknown"}`,
      );
    }
  }
  for (const transfer of journal.state.transfers.values()) {
    if (transfer.fromChainId !== chainId || transfer.state !== "pending") continue;
    const account = `pair:${transfer.pairId}:transit:${transfer.transferId}`;
    if (journal.state.balances.of(chainId, account, transfer.tokenIn) !== transfer.started.amountInRaw) {
      problems.push(`transfer ${transfer.transferId} is pending, but ${account} does not hold what it took`);
    }
  }
  for (const [token, sum] of sums) if (sum !== 0n) problems.push(`entries of token ${token} sum to ${sum}, not to 0`);
}

async function auditNonce(input: AuditInput, journal: Journal, port: ChainPort, problems: string[]): Promise<void> {
  const onChain = await port.readNonce(input.wallet, "latest");
  const inJournal = journal.state.nextNonce(port.chain.id);
  if (onChain !== inJournal) problems.push(`nonce: journal ${inJournal}, chain ${onChain}`);
}

async function auditAllowances(input: AuditInput, port: ChainPort, problems: string[]): Promise<void> {
  const chainId = port.chain.id;
  const spenders = input.registry.dexes.flatMap((dex) => {
    const place = dex.chains[String(chainId)];
    return place === undefined ? [] : [place.positionManager, ...(place.swapRouter === null ? [] : [place.swapRouter])];
  });
  if (port.chain.permit2 !== null) spenders.push(port.chain.permit2);
  if (port.chain.lifiDiamond !== null) spenders.push(port.chain.lifiDiamond);
  for (const token of input.registry.tokens.filter((each) => each.chainId === chainId)) {
    for (const spender of spenders) {
      const data = encodeFunctionData({ abi: ERC20_ABI, functionName: "allowance", args: [input.wallet, spender] });
      const answer = await port.call({ to: token.address, data }, "latest");
      const left = decodeFunctionResult({ abi: ERC20_ABI, functionName: "allowance", data: answer });
      if (left !== 0n) problems.push(`allowance of ${token.symbol} to ${spender} is ${left}`);
    }
  }
  await auditInnerRights(input, port, problems);
}

/** Allowances inside Permit2 and operators of Liquidity Book pairs. */
async function auditInnerRights(input: AuditInput, port: ChainPort, problems: string[]): Promise<void> {
  const chainId = port.chain.id;
  for (const pool of input.registry.pools) {
    const ref = pool.chainId === chainId ? findPoolRef(input.registry, chainId, pool.id) : null;
    if (ref === null) continue;
    const spender = ref.contracts.positionManager;
    const { permit2 } = ref;
    const grants: Grant[] =
      permit2 === null
        ? []
        : [ref.token0, ref.token1].map((token): Grant => ({ kind: "permit2", token, spender, permit2 }));
    if (ref.family === "liquidity-book") grants.push({ kind: "operator", token: `0x${ref.pool.slice(2)}`, spender });
    for (const grant of grants) {
      const { amountRaw } = await readGrant(port, grant, { owner: input.wallet, block: "latest" });
      if (amountRaw !== 0n) problems.push(`${grant.kind} right of ${spender} over ${grant.token} is ${amountRaw}`);
    }
  }
}

async function auditPositions(input: AuditInput, journal: Journal, port: ChainPort, problems: string[]): Promise<void> {
  const chainId = port.chain.id;
  const head = await port.readBlock("latest");
  const block = head?.number ?? 0n;
  const seen = new Set<string>();
  for (const pool of input.registry.pools) {
    const ref = pool.chainId === chainId ? findPoolRef(input.registry, chainId, pool.id) : null;
    if (ref === null) continue;
    // One pool names its DEX; a Liquidity Book pair only knows its own bins.
    const place = ref.family === "liquidity-book" ? ref.pool : ref.dexId;
    if (seen.has(place)) continue;
    seen.add(place);
    const { reads } = FAMILY_ADAPTERS[ref.family];
    const owned = await reads.listOwned(port, ref, { wallet: input.wallet, fromBlock: 0n, block });
    const known = [...journal.state.positions.values()].filter(
      (each) =>
        each.chainId === chainId &&
        isSameAddress(each.positionManager, ref.contracts.positionManager) &&
        (ref.family !== "liquidity-book" || isSameAddress(each.pool, ref.pool)),
    );
    for (const tokenId of owned) {
      const position = known.find((each) => each.tokenId === tokenId);
      if (position === undefined) problems.push(`token ${tokenId} is in the wallet, not in the journal`);
      const own = position === undefined ? ref : (findPoolRef(input.registry, chainId, position.pool) ?? ref);
      const live = await reads.readPosition(port, own, tokenId, block, input.wallet);
      if (position !== undefined && live?.liquidityRaw !== position.liquidityRaw) {
        problems.push(`token ${tokenId}: liquidity ${live?.liquidityRaw}, journal ${position.liquidityRaw}`);
      }
    }
    for (const position of known) {
      if (!owned.includes(position.tokenId))
        problems.push(`token ${position.tokenId} is in the journal, not in the wallet`);
    }
  }
}

async function auditEffects(journal: Journal, port: ChainPort, problems: string[]): Promise<number> {
  let doubles = 0;
  const byPurpose = new Map<string, number>();
  for (const op of journal.state.ops.values()) {
    if (op.chainId !== port.chain.id) continue;
    let successes = 0;
    for (const attempt of op.attempts) {
      if (attempt.kind !== "action") continue;
      const receipt = await port.readReceipt(attempt.hash);
      if (receipt?.status === "success") successes += 1;
    }
    if (successes > 1) {
      doubles += successes - 1;
      problems.push(`${op.opId} (${op.purposeKey}) succeeded ${successes} times`);
    }
    const isDone = op.state === "VERIFIED" || op.state === "SETTLED";
    if (isDone !== successes > 0) problems.push(`${op.opId} is ${op.state} with ${successes} successes on chain`);
    if (["burn", "decrease", "mint", "swap", "bridge"].includes(op.step.kind)) {
      byPurpose.set(op.purposeKey, (byPurpose.get(op.purposeKey) ?? 0) + successes);
    }
  }
  for (const [purpose, count] of byPurpose) {
    if (count <= 1) continue;
    doubles += count - 1;
    problems.push(`${purpose} has ${count} successes`);
  }
  return doubles;
}
