// Close book: the newest close per pool, from ledger and plans, each plan read once.
import { expect, test } from "vitest";
import type { LedgerEntry, PlanRecord } from "@/lib/api/signer-contract";
import { ok } from "@/lib/errors/result";
import { createCloseBook } from "./close-book";

const MANAGER = `0x${"ab".repeat(20)}` as const;
const NOW_MS = 900_000 * 1_000;

function burn(seq: number, tokenId: number, atMs: number, planId: string): LedgerEntry {
  const entry: Partial<LedgerEntry> = {
    seq,
    kind: "burn",
    account: `pair:A-B:position:1:uniswap-v3:${MANAGER}:${tokenId}`,
    marketAtMs: atMs,
    planId,
  };
  return entry as LedgerEntry;
}

function planOf(burns: readonly { readonly tokenId: bigint; readonly pool: string }[]): PlanRecord {
  return {
    plan: {
      steps: burns.map((each) => ({
        kind: "burn",
        chainId: 1,
        family: "uniswap-v3",
        positionManager: MANAGER,
        ...each,
      })),
    },
  } as unknown as PlanRecord;
}

test("default: newest close per pool, older than a day forgotten, other pairs' and mints' entries left out", async () => {
  const ledger = [
    burn(1, 1, NOW_MS - 90_000_000, "old"),
    burn(2, 2, NOW_MS - 20 * 900_000, "a"),
    burn(3, 3, NOW_MS - 6 * 900_000, "b"),
    { ...burn(4, 4, NOW_MS - 900_000, "b"), kind: "mint" as const },
    { ...burn(5, 5, NOW_MS - 900_000, "b"), account: "pair:A-B:wallet" },
    burn(6, 6, NOW_MS - 3 * 900_000, "c"),
  ];
  const asked: string[] = [];
  const plans: Record<string, PlanRecord> = {
    a: planOf([{ tokenId: 2n, pool: "0xP1" }]),
    b: planOf([{ tokenId: 3n, pool: "0xP1" }]),
    c: planOf([{ tokenId: 6n, pool: "0xP2" }]),
  };
  const book = createCloseBook({
    pairId: "A-B",
    ledgerSince: (seq, limit) => Promise.resolve(ok(ledger.filter((each) => each.seq > seq).slice(0, limit))),
    plan: (planId) => {
      asked.push(planId);
      return Promise.resolve(ok(plans[planId] ?? planOf([])));
    },
  });
  const expected = { "1:uniswap-v3:0xp1": 1_000 - 6, "1:uniswap-v3:0xp2": 1_000 - 3 };
  expect(await book.lastCloseEpochs(NOW_MS)).toEqual(expected);
  expect(await book.lastCloseEpochs(NOW_MS)).toEqual(expected);
  expect(asked.toSorted()).toEqual(["a", "b", "c"]);
});
