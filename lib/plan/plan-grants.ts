// Plan grants: the rights an operation needs, given just before it and taken back right after, and the order of the whole list of steps.
import { poolRefOf } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Family } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import type { Step } from "./plan";

/** The same shape as `Grant` of lib/actions, which this room does not see: the families' own lists are handed in. */
export type PlanGrant =
  | { readonly kind: "erc20"; readonly token: Address; readonly spender: Address }
  | { readonly kind: "permit2"; readonly token: Address; readonly spender: Address; readonly permit2: Address }
  | { readonly kind: "operator"; readonly token: Address; readonly spender: Address };

export interface PlanGrants {
  /** In the order they are given; only for tokens with an amount above 0. */
  mint(pool: ResolvedPool, amounts: { readonly amount0Raw: bigint; readonly amount1Raw: bigint }): readonly PlanGrant[];
  exit(pool: ResolvedPool): readonly PlanGrant[];
  /** True where fees are paid by a call of their own, which must come before the close (Liquidity Book 2.0); missing: never. */
  collectsApart?(pool: ResolvedPool): boolean;
}

/** Families whose rights are more than one allowance per token to the position manager. */
const OTHER_RIGHTS: ReadonlySet<Family> = new Set<Family>(["uniswap-v4", "pancakeswap-infinity", "liquidity-book"]);

export function needsFamilyGrants(family: Family): boolean {
  return OTHER_RIGHTS.has(family);
}

/** One allowance per token to the position manager, nothing for an exit: the rights of every V3 style manager. */
export const MANAGER_GRANTS: PlanGrants = {
  mint(pool, { amount0Raw, amount1Raw }) {
    const { token0, token1 } = poolRefOf(pool);
    const spender = pool.positionManager;
    return [
      ...(amount0Raw > 0n ? [{ kind: "erc20" as const, token: token0, spender }] : []),
      ...(amount1Raw > 0n ? [{ kind: "erc20" as const, token: token1, spender }] : []),
    ];
  },
  exit: () => [],
};

/** One operation with the rights it needs. */
export interface StepGroup {
  readonly step: Exclude<Step, { readonly kind: "approve" | "revoke" }>;
  readonly grants: readonly { readonly grant: PlanGrant; readonly amountRaw: bigint }[];
}

/** Approvals, the operation, and everything taken back; inner rights (Permit2, operator) go before the allowances they rest on. */
export function layOut(groups: readonly StepGroup[]): readonly Step[] {
  const steps: Step[] = [];
  for (const { step, grants } of groups) {
    const { chainId } = step;
    const forStep = steps.length + grants.length;
    for (const { grant, amountRaw } of grants) {
      const { token, spender } = grant;
      steps.push({ kind: "approve", chainId, token, spender, amountRaw, forStep, ...grantFields(grant) });
    }
    steps.push(step);
    const inner = grants.filter(({ grant }) => grant.kind !== "erc20");
    const plain = grants.filter(({ grant }) => grant.kind === "erc20");
    for (const { grant } of [...inner, ...plain]) {
      const { token, spender } = grant;
      steps.push({ kind: "revoke", chainId, token, spender, ...grantFields(grant) });
    }
  }
  return steps;
}

function grantFields(grant: PlanGrant): { readonly grant?: "permit2" | "operator"; readonly permit2?: Address } {
  if (grant.kind === "erc20") return {};
  if (grant.kind === "operator") return { grant: "operator" };
  return { grant: "permit2", permit2: grant.permit2 };
}
