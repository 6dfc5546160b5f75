// Burn book and flows: principal and fees of a closed position from the ledger, each entry once, in the epoch that can count them.
import { expect, test } from "vitest";
import type { LedgerEntry } from "@/lib/api/signer-contract";
import { ok } from "@/lib/errors/result";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { createBurnBook, NOTHING_BURNED } from "./burn-book";
import { computeFlows, type FlowBook, type FlowReading } from "./flows";

const BASE = `0x${"1".repeat(40)}` as const;
const QUOTE = `0x${"2".repeat(40)}` as const;
const pools = [
  { chain: { id: 1 }, base: { address: BASE, decimals: 18 }, quote: { address: QUOTE, decimals: 6 } },
] as unknown as readonly ResolvedPool[];

function entry(seq: number, kind: LedgerEntry["kind"], token: typeof BASE | typeof QUOTE, amountRaw: string) {
  const made: Partial<LedgerEntry> = { seq, kind, token, amountRaw, account: "pair:A-B:wallet", chainId: 1 };
  return made as LedgerEntry;
}

test("default: entries are counted once, page by page, also when a transaction lies on the edge of a page", async () => {
  const ledger: LedgerEntry[] = [];
  for (let seq = 1; seq <= 1_500; seq += 1) {
    ledger.push(entry(seq, "burn", BASE, "1000000000000000000"), entry(seq, "fees", QUOTE, "2000000"));
  }
  ledger.push(entry(1_501, "mint", BASE, "-5"), { ...entry(1_502, "fees", BASE, "7"), account: "pair:A-B:fees" });
  const asked: number[] = [];
  const book = createBurnBook({
    pairId: "A-B",
    pools,
    ledgerSince: (seq, limit) => {
      asked.push(seq);
      return Promise.resolve(ok(ledger.filter((each) => each.seq > seq).slice(0, limit)));
    },
  });
  await book.read();
  await book.read();
  expect(asked.length).toBeGreaterThan(2);
  expect(book.amounts()).toEqual({ principalBase: 1_500, principalQuote: 0, feesBase: 0, feesQuote: 3_000 });
  book.clear();
  await book.read();
  expect(book.amounts()).toEqual(NOTHING_BURNED);
});

const pool = {
  kind: "ticks",
  poolKey: "k",
  base: { decimals: 18 },
  quote: { decimals: 6 },
  baseIsToken0: true,
} as unknown as FlowBook["positions"][number]["pool"];

function position(positionId: string, amounts: { base: bigint; quote: bigint; feesQuote: bigint }, openedAtMs = 0) {
  return {
    positionId,
    poolKey: "k",
    openedAtMs,
    range: { kind: "ticks", tickLower: -200_000, tickUpper: -190_000 },
    liquidityRaw: 0n,
    baseRaw: amounts.base,
    quoteRaw: amounts.quote,
    uncollectedBaseRaw: 0n,
    uncollectedQuoteRaw: amounts.feesQuote,
  } as unknown as FlowBook["positions"][number]["position"];
}

const costs = { gasUsd: 1, swapCostUsd: 2 };
const E18 = 10n ** 18n;

test("default: a position closed in between counts with the fees its burn paid, less what was counted before", () => {
  const before: FlowBook = {
    observedAtMs: 100,
    price: 2_000,
    positions: [{ pool, position: position("old", { base: 2n * E18, quote: 1_000_000_000n, feesQuote: 10_000_000n }) }],
  };
  const now: FlowReading = {
    snapshot: {
      observedAtMs: 200,
      price: 2_100,
      quoteUsd: 1,
      pools: [pool],
      positions: [position("new", { base: E18, quote: 3_000_000_000n, feesQuote: 4_000_000n }, 150)],
    },
    pairState: { positions: [{ positionId: "new", amount0Raw: E18, amount1Raw: 3_005_000_000n }] },
  };
  const burned = { principalBase: 1.9, principalQuote: 1_205, feesBase: 0, feesQuote: 25 };
  const flows = computeFlows(before, now, costs, burned);
  // 25 paid less 10 counted before, and 4 of the new one.
  expect(flows?.feesUsd).toBeCloseTo(19, 9);
  // 1.9 * 2100 + 1205 against 2 * 2000 + 1000, and the new one's 5 below its mint.
  expect(flows?.markUsd).toBeCloseTo(195 - 5, 9);
  expect(flows?.hodlUsd).toBeCloseTo(200, 9);
  expect(flows?.netUsd).toBeCloseTo(19 + 190 - 3, 9);
  expect(flows?.alphaUsd).toBeCloseTo(19 - 10 - 3, 9);
});

test("behavior: the first epoch after a start compares nothing; a position that was only not readable brings no fees", () => {
  const now: FlowReading = {
    snapshot: {
      observedAtMs: 200,
      price: 2_000,
      quoteUsd: 1,
      pools: [pool],
      positions: [position("p", { base: E18, quote: 0n, feesQuote: 9_000_000n }, 50)],
    },
    pairState: { positions: [{ positionId: "p", amount0Raw: E18, amount1Raw: 0n }] },
  };
  const burned = { ...NOTHING_BURNED, feesQuote: 99 };
  expect(computeFlows(null, now, { gasUsd: 0, swapCostUsd: 0 }, burned)).toBeNull();
  const before: FlowBook = { observedAtMs: 100, price: 2_000, positions: [] };
  expect(computeFlows(before, now, { gasUsd: 0, swapCostUsd: 0 }, NOTHING_BURNED)?.feesUsd).toBe(0);
});
