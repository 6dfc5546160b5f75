// Plans that may be proposed ask services for their way, those made by hand too; a plan that is only shown asks nobody.
import { describe, expect, test } from "vitest";
import type { PairState } from "@/lib/api/signer-contract";
import type { BuildPlanInput, SwapRoute } from "@/lib/plan/build-plan";
import type { Plan } from "@/lib/plan/plan";
import { MANAGER_GRANTS } from "@/lib/plan/plan-grants";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { evaluate } from "@/lib/strategy/index";
import { rawAmount } from "@/lib/amm/human-units";
import type { Address } from "@/lib/units";
import type { CycleDeps } from "@/server/worker/ports";
import { buildPool, buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { HASH, resolvedPoolOf } from "@/tests/support/resolved-pool-of";
import { planWithOffers } from "./decide";

const ROUTER: Address = `0x${"77".repeat(20)}`;
const DIAMOND: Address = "0x3000000000000000000000000000000000000003";

/** A position wholly in BASE that an operator moves to a range around the price: it needs a swap. */
function handMade(): BuildPlanInput {
  const calm = buildSnapshot({ pools: [buildPool()] });
  const [pool] = calm.pools;
  if (pool?.kind !== "ticks") throw new Error("a tick pool expected");
  const centre = Math.round(pool.tick / 10) * 10;
  const position = buildPosition(calm, pool, { tickLower: centre - 4_000, tickUpper: centre - 2_000, usd: 8_000 });
  const snapshot = withPositions(calm, [position]);
  return {
    request: {
      kind: "manual_shift",
      positionId: position.positionId,
      tickLower: centre - 500,
      tickUpper: centre + 500,
    },
    snapshot,
    evaluation: evaluate({ snapshot, params: OTHER_PAIR_PARAMS }),
    pools: [resolvedPoolOf(pool)],
    account: [{ chainId: pool.chainId, token: pool.quote.address, amountRaw: rawAmount(0, 6) }],
    blocks: [{ chainId: pool.chainId, number: 1n, hash: HASH }],
    params: OTHER_PAIR_PARAMS,
    origin: { kind: "command", commandId: HASH },
    configVersion: 1,
  };
}

function depsWith(route: Partial<SwapRoute>) {
  const asked: Plan[] = [];
  const offered: string[][] = [];
  const deps = {
    planning: {
      grants: MANAGER_GRANTS,
      stepGas: () => 0,
      offerBridges: async () => [],
      chooseSwaps: async (plan: Plan, { pools }: { readonly pools: readonly string[] }) => {
        asked.push(plan);
        offered.push([...pools]);
        const chainId = plan.steps[0]?.chainId ?? 0;
        return [{ chainId, provider: "lifi", router: DIAMOND, pool: null, feeUsd: 1.5, words: "chosen", ...route }];
      },
    },
  } as unknown as CycleDeps;
  return { deps, asked, offered };
}

const pairState = (change: Partial<PairState> = {}) =>
  ({ mode: "approve", openPlanId: null, paused: null, stopped: null, ...change }) as unknown as PairState;

describe("planWithOffers", () => {
  test("default: a shift made by hand goes the way that was chosen, with the second one beside it", async () => {
    const input = handMade();
    const pool = input.pools[0]?.pool.id ?? "";
    const other = { provider: "lifi" as const, router: DIAMOND, pool: null };
    const { deps, asked, offered } = depsWith({ provider: "pool", router: ROUTER, pool, other });
    const plan = await planWithOffers(deps, { snapshot: input.snapshot, pairState: pairState() }, input);
    if (!plan.ok) throw new Error(plan.error.message);
    expect(asked).toHaveLength(1);
    // A pool the pair does not read has no price to bind: its swap would end as drift.
    expect(offered).toEqual([input.snapshot.pools.map(({ poolKey }) => poolKey)]);
    const swap = plan.value.steps.find((step) => step.kind === "swap");
    expect(swap).toMatchObject({ provider: "pool", router: ROUTER, pool, other: { provider: "lifi" }, feeUsd: 1.5 });
    const spenders = plan.value.steps.flatMap((step) =>
      step.kind === "approve" && step.forStep === plan.value.steps.findIndex(({ kind }) => kind === "swap")
        ? [step.spender]
        : [],
    );
    expect(spenders).toEqual([ROUTER, DIAMOND]);
    // The price of the pool that may be swapped through is bound.
    expect(plan.value.bounds.poolTicks.map((bound) => bound.pool)).toContain(pool);
    expect(plan.value.notes).toContain("chosen");
  });

  test("behavior: with no way at the minimum the shift is made without a swap", async () => {
    const input = handMade();
    const { deps } = depsWith({ provider: "none", router: null, words: "no way" });
    const plan = await planWithOffers(deps, { snapshot: input.snapshot, pairState: pairState() }, input);
    // All of it is on one side of the new range's price: nothing can be minted without selling a part.
    expect(plan.ok ? plan.value.steps.some(({ kind }) => kind === "swap") : plan.error.code).toBe("no_funds");
  });

  test.each<[string, Partial<PairState>]>([
    ["observed", { mode: "observe" }],
    ["behind an open plan", { openPlanId: "0x01" }],
  ])("behavior: nobody is asked while the pair is only %s", async (_, change) => {
    const input = handMade();
    const { deps, asked } = depsWith({});
    const plan = await planWithOffers(deps, { snapshot: input.snapshot, pairState: pairState(change) }, input);
    expect(plan.ok).toBe(true);
    expect(asked).toEqual([]);
  });
});
