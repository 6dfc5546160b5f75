// The parts of profit and loss add up to the net, whatever was swapped, collected and paid.
import { assert, bigInt, double, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { buildPlanRecord, buildWorkerState } from "@/tests/support/build-desk";
import { moneyParts, type MoneyPartsInput } from "./money-parts";
import { TEST_SEED } from "@/tests/support/seed";

const WETH = { address: `0x${"11".repeat(20)}`, decimals: 18 } as const;
const USDC = { address: `0x${"22".repeat(20)}`, decimals: 6 } as const;

function entry(
  kind: "assign" | "fees" | "swap",
  token: string,
  amountRaw: string,
  marketAtMs = 0,
): MoneyPartsInput["entries"][number] {
  return {
    seq: 1,
    atMs: 0,
    marketAtMs,
    pairId: "WETH-USDC",
    chainId: 1,
    account: "pair:WETH-USDC:wallet",
    token: token === "base" ? WETH.address : USDC.address,
    amountRaw,
    kind,
    planId: null,
    opId: null,
    txHash: null,
  };
}

const base: Omit<MoneyPartsInput, "entries" | "plans" | "state"> = {
  pairId: "WETH-USDC",
  base: WETH,
  quote: USDC,
  inTransitUsd: 0,
  priceAt: () => 2_000,
};
/** 1 WETH and 2 000 USDC assigned at a price of 2 000. */
const assigned = [entry("assign", "base", "1000000000000000000"), entry("assign", "quote", "2000000000")];

describe("moneyParts", () => {
  it("behavior: what is between chains is no loss, and without its price there is no net", () => {
    const half = { entries: assigned, plans: [], state: buildWorkerState({ price: 2_000, valueUsd: 2_500 }) };
    expect(moneyParts({ ...base, ...half, inTransitUsd: 1_500 })).toMatchObject({ netUsd: 0, divergenceUsd: 0 });
    expect(moneyParts({ ...base, ...half, inTransitUsd: null })).toBeNull();
  });

  it("default: holding through a rise is price effect and nothing else", () => {
    const parts = moneyParts({
      ...base,
      entries: assigned,
      plans: [],
      state: buildWorkerState({ price: 2_200, valueUsd: 4_200 }),
    });
    expect(parts).toEqual({
      feesUsd: 0,
      priceUsd: 200,
      divergenceUsd: 0,
      swapCostUsd: 0,
      gasUsd: 0,
      netUsd: 200,
      holdUsd: 200,
    });
  });

  it("behavior: fees, a swap's cost, gas and divergence are told apart", () => {
    const plan = buildPlanRecord({
      referencePrice: 2_000,
      ops: [
        {
          kind: "swap",
          gasUsd: 1,
          deltas: [
            { token: WETH.address, amountRaw: "-500000000000000000" },
            { token: USDC.address, amountRaw: "997000000" },
          ],
        },
        { kind: "mint", gasUsd: 2, deltas: [] },
      ],
    });
    const parts = moneyParts({
      ...base,
      entries: [...assigned, entry("fees", "quote", "10000000")],
      plans: [plan],
      state: buildWorkerState({ price: 2_000, valueUsd: 4_000, unclaimedFeesUsd: 5 }),
    });
    expect(parts).toMatchObject({ feesUsd: 15, priceUsd: 0, swapCostUsd: -3, gasUsd: -3, netUsd: -3 });
    expect(parts?.divergenceUsd).toBeCloseTo(-12, 9);
  });

  it("behavior: the parts always add up to the net", () => {
    const money = double({ min: -1e6, max: 1e6, noNaN: true });
    assert(
      property(
        money,
        double({ min: 1, max: 1e5, noNaN: true }),
        bigInt({ min: 0n, max: 10n ** 12n }),
        (valueUsd, price, fees) => {
          const parts = moneyParts({
            ...base,
            entries: [...assigned, entry("fees", "quote", fees.toString())],
            plans: [],
            state: buildWorkerState({ price, valueUsd }),
          });
          expect(parts).not.toBeNull();
          if (parts === null) return;
          const sum = parts.feesUsd + parts.priceUsd + parts.divergenceUsd + parts.swapCostUsd + parts.gasUsd;
          expect(Math.abs(sum - parts.netUsd)).toBeLessThan(1e-6 * Math.max(1, Math.abs(parts.netUsd), parts.feesUsd));
        },
      ),
      { seed: TEST_SEED },
    );
  });

  it("behavior: unknown is null, never zero", () => {
    expect(
      moneyParts({ ...base, entries: assigned, plans: [], state: buildWorkerState({ price: null, valueUsd: null }) }),
    ).toBeNull();
    expect(
      moneyParts({ ...base, entries: [], plans: [], state: buildWorkerState({ price: 1, valueUsd: 1 }) }),
    ).toBeNull();
  });
});
