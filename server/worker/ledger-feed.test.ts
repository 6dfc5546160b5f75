// Entries reach an epoch once: page by page, across a signer that is away, until an epoch has counted them.
import { expect, test } from "vitest";
import type { LedgerEntry } from "@/lib/api/signer-contract";
import { err, ok } from "@/lib/errors/result";
import { SourceError } from "@/lib/errors/tidegate-error";
import { createLedgerFeed } from "./ledger-feed";

function entry(seq: number): LedgerEntry {
  return {
    seq,
    atMs: 0,
    marketAtMs: 0,
    pairId: "A-B",
    chainId: 1,
    account: "gas",
    token: `0x${"0".repeat(40)}`,
    amountRaw: "-1",
    kind: "gas",
    planId: null,
    opId: null,
    txHash: null,
  };
}

test("default: every entry once, also of a record that lies on the edge of a page", async () => {
  const all = Array.from({ length: 5_001 }, (_, index) => entry(100 + index));
  let isAway = false;
  const feed = createLedgerFeed({
    countedSeq: 102,
    ledgerSince: (seq, limit) =>
      Promise.resolve(
        isAway
          ? err(new SourceError({ code: "unreachable", message: "away", retryable: true }))
          : ok(all.filter((each) => each.seq > seq).slice(0, limit)),
      ),
  });
  await feed.read();
  isAway = true;
  await feed.read();
  isAway = false;
  await feed.read();
  expect(feed.entries().map(({ seq }) => seq)).toEqual(all.slice(3).map(({ seq }) => seq));
  feed.forget(5_099);
  expect(feed.entries().map(({ seq }) => seq)).toEqual([5_100]);
  all.push(entry(5_101));
  await feed.read();
  expect(feed.entries().map(({ seq }) => seq)).toEqual([5_100, 5_101]);
});
