// What bridges take of a reallocation is part of what the decision weighs: no move between chains for less than it costs.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TickPoolState } from "@/lib/market/snapshot";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { poolKey, type Address } from "@/lib/units";
import { buildPool, buildSnapshot } from "@/tests/support/build-snapshot";
import { TEST_SEED } from "@/tests/support/seed";
import { bridgeCostUsd, MIN_TRANSFER_USD, transfersBetween, type ChainBudget } from "./bridge-cost";
import { decide, evaluate } from "./index";

const [HERE, THERE] = [31_337, 31_338] as const;

describe("transfersBetween", () => {
  test("default: the largest shortfall is filled from the largest surplus", () => {
    const budgets: ChainBudget[] = [
      { chainId: 1, haveUsd: 900, needUsd: 100 },
      { chainId: 2, haveUsd: 400, needUsd: 100 },
      { chainId: 3, haveUsd: 0, needUsd: 1_000 },
      { chainId: 4, haveUsd: 0, needUsd: 60 },
    ];
    expect(transfersBetween(budgets)).toEqual([
      { fromChainId: 1, toChainId: 3, amountUsd: 800 },
      { fromChainId: 2, toChainId: 3, amountUsd: 200 },
      { fromChainId: 2, toChainId: 4, amountUsd: 60 },
    ]);
  });

  test("behavior: for any budgets no chain gives what it needs or gets more than it lacks, and only the difference moves", () => {
    const usd = fc.integer({ min: 0, max: 20_000 });
    fc.assert(
      fc.property(fc.array(fc.record({ haveUsd: usd, needUsd: usd }), { minLength: 1, maxLength: 6 }), (made) => {
        const budgets = made.map((each, index) => ({ chainId: index + 1, ...each }));
        const transfers = transfersBetween(budgets);
        const sum = (pick: (transfer: (typeof transfers)[number]) => boolean): number =>
          transfers.filter(pick).reduce((total, { amountUsd }) => total + amountUsd, 0);
        for (const { chainId, haveUsd, needUsd } of budgets) {
          expect(sum((each) => each.fromChainId === chainId)).toBeLessThanOrEqual(Math.max(0, haveUsd - needUsd));
          expect(sum((each) => each.toChainId === chainId)).toBeLessThanOrEqual(Math.max(0, needUsd - haveUsd));
        }
        // No transfer among those left would be large enough: what can move has moved.
        const spare = budgets.map(
          ({ chainId, haveUsd, needUsd }) => haveUsd - needUsd - sum((each) => each.fromChainId === chainId),
        );
        const lack = budgets.map(
          ({ chainId, haveUsd, needUsd }) => needUsd - haveUsd - sum((each) => each.toChainId === chainId),
        );
        const open = Math.min(Math.max(...spare), Math.max(...lack));
        expect(open).toBeLessThan(MIN_TRANSFER_USD);
        expect(transfers.every(({ amountUsd }) => amountUsd >= MIN_TRANSFER_USD)).toBe(true);
      }),
      { seed: TEST_SEED, numRuns: 300 },
    );
  });
});

describe("bridgeCostUsd", () => {
  const transfers = [
    { fromChainId: HERE, toChainId: THERE, amountUsd: 10_000 },
    { fromChainId: THERE, toChainId: HERE, amountUsd: 1_000 },
  ];
  test("default: a careful figure where nothing is known, the last quote of that way where it is", () => {
    expect(bridgeCostUsd(transfers, [])).toBeCloseTo(11_000 * 0.0035 + 2, 9);
    const known = [{ fromChainId: HERE, toChainId: THERE, feeFrac: 0.001, fixedUsd: 0.2 }];
    expect(bridgeCostUsd(transfers, known)).toBeCloseTo(10 + 0.2 + 3.5 + 1, 9);
  });
});

/** One pool per chain, all money on the first; the second pool has `factor` times the volume. */
function twoChains(factor: number) {
  const address: Address = `0x1${String(THERE).padStart(39, "0")}`;
  const home = buildPool();
  const away: TickPoolState = buildPool({ chainId: THERE, address, poolKey: poolKey(THERE, "uniswap-v3", address) });
  const scale = (value: number | null): number | null => (value === null ? null : value * factor);
  return buildSnapshot({
    pools: [
      home,
      {
        ...away,
        volumeH1Usd: scale(away.volumeH1Usd),
        volumeH6Usd: scale(away.volumeH6Usd),
        volumeH24Usd: scale(away.volumeH24Usd),
      },
    ],
  });
}
const params = { ...OTHER_PAIR_PARAMS, maxPools: 1 };

describe("the decision", () => {
  test("default: a target on another chain carries the bridge's cost, by the last quote where there is one", () => {
    const snapshot = twoChains(3);
    const careful = evaluate({ snapshot, params });
    expect(careful.targets.map(({ chainId }) => chainId)).toEqual([THERE]);
    const moved = careful.targets[0]?.amountUsd ?? 0;
    expect(careful.transitionCost.bridgeUsd).toBeCloseTo(moved * 0.0035 + 1, 6);
    const { gasUsd, swapUsd, bridgeUsd, totalUsd } = careful.transitionCost;
    expect(totalUsd).toBeCloseTo(gasUsd + swapUsd + bridgeUsd, 9);
    const bridgeTerms = [{ fromChainId: HERE, toChainId: THERE, feeFrac: 0.0005, fixedUsd: 0.1 }];
    const quoted = evaluate({ snapshot: { ...snapshot, bridgeTerms }, params });
    expect(quoted.transitionCost.bridgeUsd).toBeCloseTo(moved * 0.0005 + 0.1, 6);
    // The same pool at home costs no bridge.
    expect(evaluate({ snapshot: twoChains(0.1), params }).transitionCost.bridgeUsd).toBe(0);
  });

  test("behavior: PRA does not bridge for less than it costs: the same market is entered or not by the bridge's fee alone", () => {
    const snapshot = twoChains(3);
    const decided = (fixedUsd: number) => {
      const given = { ...snapshot, bridgeTerms: [{ fromChainId: HERE, toChainId: THERE, feeFrac: 0, fixedUsd }] };
      const evaluation = evaluate({ snapshot: given, params });
      return { evaluation, decision: decide({ snapshot: given, evaluation, params }) };
    };
    const free = decided(0);
    expect(free.decision.reason).toBe("better_allocation");
    // Section 11: what is earned in the amortisation time must be one and a half times the cost.
    const earnedUsd = (free.evaluation.gainUsdPerYear * params.amortizeDays) / 365;
    const mostUsd = earnedUsd / 1.5 - free.evaluation.transitionCost.totalUsd;
    expect(mostUsd).toBeGreaterThan(0);
    expect(decided(mostUsd * 0.999).decision.reason).toBe("better_allocation");
    expect(decided(mostUsd * 1.001).decision.reason).not.toBe("better_allocation");
  });
});
