// Entries sum to zero per token, balances follow the chain, and a gone block leaves no trace.
import { assert as assertProperty, bigInt, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Address } from "@/lib/units";
import { NATIVE_TOKEN, accountName, isWalletBacked, pairOfAccount, positionAccount, walletAccount } from "./accounts";
import { compareWithChain, createBalances } from "./balance";
import {
  assignEntries,
  burnEntries,
  creditEntries,
  gasEntries,
  mintEntries,
  openingEntries,
  reverseEntries,
  swapEntries,
} from "./entries";
import { TEST_SEED } from "@/tests/support/seed";

const T0: Address = `0x${"01".repeat(20)}`;
const T1: Address = `0x${"02".repeat(20)}`;
const CHAIN = 1;
const pair = { pairId: "WETH-USDC", token0: T0, token1: T1, positionId: "1:uniswap-v3:0xaa:5" };
const amount = bigInt({ min: 0n, max: 1n << 100n });

describe("ledger", () => {
  it("default: opening, assign, mint, burn with fees, swap and gas end at the wallet's real balances", () => {
    const balances = createBalances();
    balances.post(CHAIN, openingEntries(T0, 1_000n));
    balances.post(CHAIN, openingEntries(T1, 2_000n));
    balances.post(CHAIN, openingEntries(NATIVE_TOKEN, 50n));
    for (const [token, amountRaw] of [
      [T0, 800n],
      [T1, 2_000n],
    ] as const) {
      const entries = assignEntries({
        pairId: pair.pairId,
        token,
        amountRaw,
        unassignedRaw: balances.of(CHAIN, "unassigned", token),
        creditRaw: 0n,
      });
      balances.post(CHAIN, entries ?? []);
    }
    balances.post(CHAIN, mintEntries({ ...pair, amount0Raw: 300n, amount1Raw: 900n }));
    expect(balances.of(CHAIN, positionAccount(pair.pairId, pair.positionId), T0)).toBe(300n);
    expect(balances.walletTotal(CHAIN, T0)).toBe(700n);
    balances.post(
      CHAIN,
      burnEntries({
        ...pair,
        booked0Raw: 300n,
        booked1Raw: 900n,
        principal0Raw: 250n,
        principal1Raw: 1_050n,
        paid0Raw: 255n,
        paid1Raw: 1_060n,
      }),
    );
    balances.post(
      CHAIN,
      swapEntries({ pairId: pair.pairId, tokenIn: T0, tokenOut: T1, amountInRaw: 55n, amountOutRaw: 165n }),
    );
    balances.post(CHAIN, gasEntries(7n));
    expect(balances.walletTotal(CHAIN, T0)).toBe(1_000n - 300n + 255n - 55n);
    expect(balances.walletTotal(CHAIN, T1)).toBe(2_000n - 900n + 1_060n + 165n);
    expect(balances.walletTotal(CHAIN, NATIVE_TOKEN)).toBe(43n);
    expect(balances.of(CHAIN, `pair:${pair.pairId}:fees`, T0)).toBe(-5n);
    expect(balances.of(CHAIN, positionAccount(pair.pairId, pair.positionId), T0)).toBe(0n);
    expect(balances.of(CHAIN, "unassigned", T0)).toBe(200n);
  });

  it("behavior: every transaction sums to zero per token and its reverse undoes it", () => {
    assertProperty(
      property(amount, amount, amount, amount, amount, amount, (a, b, c, d, e, f) => {
        const entries = [
          ...mintEntries({ ...pair, amount0Raw: a, amount1Raw: b }),
          ...burnEntries({
            ...pair,
            booked0Raw: a,
            booked1Raw: b,
            principal0Raw: c,
            principal1Raw: d,
            paid0Raw: c + e,
            paid1Raw: d + f,
          }),
          ...creditEntries(T0, e),
        ];
        const sums = new Map<string, bigint>();
        for (const entry of entries) sums.set(entry.token, (sums.get(entry.token) ?? 0n) + entry.amountRaw);
        expect([...sums.values()].every((sum) => sum === 0n)).toBe(true);
        const balances = createBalances();
        balances.post(CHAIN, entries);
        balances.post(CHAIN, reverseEntries(entries));
        expect(balances.all()).toEqual([]);
      }),
      { seed: TEST_SEED, numRuns: 200 },
    );
  });

  it("behavior: assigning more than is free is refused; credits are used after unassigned funds", () => {
    const input = { pairId: pair.pairId, token: T0, unassignedRaw: 10n, creditRaw: 5n };
    expect(assignEntries({ ...input, amountRaw: 16n })).toBeNull();
    const entries = assignEntries({ ...input, amountRaw: 12n }) ?? [];
    expect(entries.filter((each) => each.account === "credit").map((each) => each.amountRaw)).toEqual([-2n]);
  });

  it("behavior: a difference with the chain is named", () => {
    expect(compareWithChain(5n, 5n).kind).toBe("equal");
    expect(compareWithChain(5n, 7n)).toEqual({ kind: "credit", amountRaw: 2n });
    expect(compareWithChain(5n, 4n)).toEqual({ kind: "debit", amountRaw: 1n });
  });

  it("behavior: account names say what backs them", () => {
    expect(isWalletBacked(walletAccount("A-B"))).toBe(true);
    expect(isWalletBacked(positionAccount("A-B", "x"))).toBe(false);
    expect(isWalletBacked("external")).toBe(false);
    expect(pairOfAccount(positionAccount("A-B", "1:f:0x:1"))).toBe("A-B");
    expect(() => accountName("pair:A-B:pocket")).toThrow();
  });
});
