// Rights that steps give and take back: ERC-20 allowances, allowances inside Permit2, and Liquidity Book's operator right.
import { decodeFunctionResult, encodeFunctionData } from "viem";
import { decodeApprove, encodeApprove, isSameAddress } from "@/lib/actions/erc20";
import type { Grant, TxCall } from "@/lib/actions/family";
import { decodeLbOperator, encodeLbOperator } from "@/lib/actions/liquidity-book";
import { decodeOperatorRead, encodeOperatorRead } from "@/lib/actions/operator-grant";
import {
  decodePermit2Allowance,
  decodePermit2Approve,
  encodePermit2Allowance,
  encodePermit2Approve,
} from "@/lib/actions/permit2";
import { ChainError } from "@/lib/errors/tidegate-error";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import { findPoolRef, type PoolRef } from "@/lib/registry/pool-ref";
import type { Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { EngineContext } from "./context";
import { findAnyPool, permit2sOf } from "./policy-plan";
import { SignerError, type ChainPort } from "./ports";

/** Reads under way at once: a chain has dozens of rights to look at. */
const READS_AT_ONCE = 16;

export interface AllowanceKey {
  readonly token: Address;
  readonly spender: Address;
  readonly owner: Address;
}

/** The fields by which an approve or revoke step names its right. */
export interface RightStep {
  readonly chainId: number;
  readonly token: Address;
  readonly spender: Address;
  readonly grant?: "permit2" | "operator" | undefined;
  readonly permit2?: Address | undefined;
}

/** A right as it stands: 1 for an operator, which has no amount; `expirationSec` only inside Permit2. */
export interface RightState {
  readonly amountRaw: bigint;
  readonly expirationSec: bigint | null;
}

/** The right a step names; refuses a Permit2 step without its contract. */
export function grantOf(step: RightStep): Grant {
  const { token, spender } = step;
  if (step.grant === undefined) return { kind: "erc20", token, spender };
  if (step.grant === "operator") return { kind: "operator", token, spender };
  if (step.permit2 === undefined) {
    throw SignerError.refuse("policy", `a Permit2 step for ${token} does not name its Permit2 contract`);
  }
  return { kind: "permit2", token, spender, permit2: step.permit2 };
}

export function describeGrant(grant: Grant): string {
  if (grant.kind === "erc20") return `the allowance of ${grant.token} to ${grant.spender}`;
  if (grant.kind === "operator") return `the operator right of ${grant.spender} over the bins of ${grant.token}`;
  return `the allowance of ${grant.token} to ${grant.spender} inside Permit2 ${grant.permit2}`;
}

export async function readAllowance(port: ChainPort, key: AllowanceKey, block: bigint | "latest"): Promise<bigint> {
  const data = encodeFunctionData({ abi: ERC20_ABI, functionName: "allowance", args: [key.owner, key.spender] });
  return decodeFunctionResult({
    abi: ERC20_ABI,
    functionName: "allowance",
    data: await port.call({ to: key.token, data }, block),
  });
}

/** Any of the three rights at one block. */
export async function readGrant(
  port: ChainPort,
  grant: Grant,
  place: { readonly owner: Address; readonly block: bigint | "latest" },
): Promise<RightState> {
  const call = grantRead(grant, place.owner);
  const found = decodeGrantRead(grant, await port.call(call, place.block));
  if (found !== null) return found;
  throw badAnswer(port, call.to, describeGrant(grant));
}

/** The call that reads a right. */
export function grantRead(grant: Grant, owner: Address): { readonly to: Address; readonly data: Hex } {
  const { token, spender } = grant;
  switch (grant.kind) {
    case "erc20":
      return {
        to: token,
        data: encodeFunctionData({ abi: ERC20_ABI, functionName: "allowance", args: [owner, spender] }),
      };
    case "permit2":
      return { to: grant.permit2, data: encodePermit2Allowance(owner, token, spender) };
    case "operator":
      return { to: token, data: encodeOperatorRead(owner, spender) };
  }
}

/** Null when the answer is something else. */
export function decodeGrantRead(grant: Grant, data: Hex): RightState | null {
  switch (grant.kind) {
    case "erc20": {
      const amountRaw = decodeAmount(data);
      return amountRaw === null ? null : { amountRaw, expirationSec: null };
    }
    case "permit2":
      return decodePermit2Allowance(data);
    case "operator": {
      const isAllowed = decodeOperatorRead(data);
      return isAllowed === null ? null : { amountRaw: isAllowed ? 1n : 0n, expirationSec: null };
    }
  }
}

/** One uint256, as balanceOf and allowance answer it; null when it is something else. */
export function decodeAmount(data: Hex): bigint | null {
  return data.length === 66 ? BigInt(data) : null;
}

/** Calldata that sets a right; amount 0 takes it back. */
export function encodeGrant(
  registry: Registry,
  input: {
    readonly chainId: number;
    readonly grant: Grant;
    readonly amountRaw: bigint;
    readonly expirationSec: bigint;
  },
): TxCall {
  const { grant, amountRaw } = input;
  const { token, spender } = grant;
  switch (grant.kind) {
    case "erc20":
      return { to: token, data: encodeApprove(spender, amountRaw), valueRaw: 0n };
    case "permit2": {
      const expirationSec = amountRaw === 0n ? 0n : input.expirationSec;
      return encodePermit2Approve(grant.permit2, { token, spender, amountRaw, expirationSec });
    }
    case "operator":
      return encodeLbOperator(pairOf(registry, input.chainId, token), spender, amountRaw > 0n);
  }
}

/** What calldata sets of this very right; null when it does anything else. */
export function decodeGrant(
  registry: Registry,
  input: { readonly chainId: number; readonly grant: Grant; readonly tx: TxCall },
): RightState | null {
  const { grant, tx } = input;
  const { token, spender } = grant;
  if (tx.valueRaw !== 0n || !isSameAddress(tx.to, grant.kind === "permit2" ? grant.permit2 : token)) return null;
  switch (grant.kind) {
    case "erc20": {
      const decoded = decodeApprove(tx.data);
      if (decoded === null || !isSameAddress(decoded.spender, spender)) return null;
      return { amountRaw: decoded.amountRaw, expirationSec: null };
    }
    case "permit2": {
      const decoded = decodePermit2Approve(tx.data);
      if (decoded === null || !isSameAddress(decoded.spender, spender) || !isSameAddress(decoded.token, token)) {
        return null;
      }
      return { amountRaw: decoded.amountRaw, expirationSec: decoded.expirationSec };
    }
    case "operator": {
      const decoded = decodeLbOperator(pairOf(registry, input.chainId, token), tx);
      if (decoded === null || !isSameAddress(decoded.spender, spender)) return null;
      return { amountRaw: decoded.isApproved ? 1n : 0n, expirationSec: null };
    }
  }
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

/** Every right that any step may name on a chain: what the start-up inventory and ledger.check look at. */
export function knownGrants(context: EngineContext, chainId: number): readonly Grant[] {
  const { registry } = context.deps;
  const key = String(chainId);
  const tokens = registry.tokens.filter((each) => each.chainId === chainId).map((each) => each.address);
  const places = registry.dexes.flatMap((dex) => {
    const place = dex.chains[key];
    return place === undefined ? [] : [{ family: dex.family, place }];
  });
  const permit2s = permit2sOf(registry, chainId);
  const diamond = registry.chains.find((each) => each.id === chainId)?.lifiDiamond ?? null;
  const spenders = distinct([
    ...places.map(({ place }) => place.positionManager),
    ...places.flatMap(({ place }) => place.swapRouter ?? []),
    ...permit2s,
    ...(diamond === null ? [] : [diamond]),
  ]);
  const inner = places
    .filter(({ family }) => family === "uniswap-v4" || family === "pancakeswap-infinity")
    .flatMap(({ place }) => {
      const permit2 = place.permit2 ?? registry.chains.find((each) => each.id === chainId)?.permit2 ?? null;
      return permit2 === null ? [] : [{ permit2, spender: place.positionManager }];
    });
  const pairs = registry.pools.flatMap((pool) => {
    const ref = pool.chainId === chainId ? findPoolRef(registry, chainId, pool.id) : null;
    return ref?.family === "liquidity-book" && isAddress(ref.pool)
      ? [{ token: ref.pool, spender: ref.contracts.positionManager }]
      : [];
  });
  return [
    ...tokens.flatMap((token) => spenders.map((spender): Grant => ({ kind: "erc20", token, spender }))),
    ...tokens.flatMap((token) => inner.map((each): Grant => ({ kind: "permit2", token, ...each }))),
    ...pairs.map((each): Grant => ({ kind: "operator", ...each })),
  ];
}

/** Rights that stand: allowances of the registry's tokens, inside Permit2 too, and operators (amount 1, `token` is the pair). */
export async function readOpenAllowances(
  context: EngineContext,
  chainId: number,
  block: bigint,
): Promise<readonly { chainId: number; token: Address; spender: Address; amountRaw: bigint }[]> {
  const port = context.chain(chainId);
  const owner = context.deps.key.address;
  const chainTimeSec = BigInt((await port.readBlock(block))?.timestampSec ?? 0);
  const open: { chainId: number; token: Address; spender: Address; amountRaw: bigint }[] = [];
  const grants = knownGrants(context, chainId);
  for (let start = 0; start < grants.length; start += READS_AT_ONCE) {
    const page = grants.slice(start, start + READS_AT_ONCE);
    const states = await Promise.all(page.map((grant) => readGrant(port, grant, { owner, block })));
    for (const [index, { token, spender }] of page.entries()) {
      const { amountRaw, expirationSec } = states[index] ?? { amountRaw: 0n, expirationSec: null };
      const isOver = expirationSec !== null && expirationSec < chainTimeSec;
      if (amountRaw > 0n && !isOver) open.push({ chainId, token, spender, amountRaw });
    }
  }
  return open;
}

/** The function's name differs by the pair's generation, which only the registry knows. */
function pairOf(registry: Registry, chainId: number, pair: Address): PoolRef {
  const ref = findAnyPool(registry, chainId, pair);
  if (ref?.family === "liquidity-book") return ref;
  throw SignerError.refuse("policy", `${pair} on chain ${chainId} is no Liquidity Book pair of the registry`);
}

function distinct(addresses: readonly Address[]): readonly Address[] {
  return addresses.filter((address, index) => addresses.findIndex((each) => isSameAddress(each, address)) === index);
}

function isAddress(hex: Hex): hex is Address {
  return hex.length === 42;
}

function badAnswer(port: ChainPort, contract: Address, what: string): ChainError {
  return new ChainError({
    code: "bad_data",
    retryable: false,
    message: `${contract} on ${port.chain.name} (${port.chain.id}) did not answer ${what}; check the registry entry`,
  });
}
