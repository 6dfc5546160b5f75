// The exported ledger and the shown results against the chain: every account to the wei, every line by the logs of its receipt.
import { join } from "node:path";
import { parseUnits } from "viem";
import { expect } from "vitest";
import { contract } from "@/lib/api/contract";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import type { RunningDemo } from "@/tests/support/running-demo";
import type { ChainBook } from "./chain-book";
import { exportCsv } from "./export-file";

/** Lines that no transaction of ours made: what the wallet had, and what a signed command gave to a pair. */
const WITHOUT_TX = new Set(["opening", "assign"]);

function cell(row: ReadonlyMap<string, string>, column: string): string {
  return row.get(column) ?? "";
}

/** The exported ledger against the chain: every account to the wei, every line by the logs of its receipt. */
export async function proveExport(demo: RunningDemo, book: ChainBook, head: bigint): Promise<string> {
  const file = await exportCsv({ dataDir: demo.dataDir, of: "ledger", out: join(demo.dataDir, "ledger.csv") });
  const sums = new Map<string, bigint>();
  const add = (key: string, amountRaw: bigint): void => void sums.set(key, (sums.get(key) ?? 0n) + amountRaw);
  const pairsOfTx = new Map<string, Set<string>>();
  const rowsOfTx = new Map<string, ReadonlyMap<string, string>[]>();
  for (const row of file.rows) {
    const [account, token, hash] = [cell(row, "account"), cell(row, "token_address"), cell(row, "tx_hash")];
    const amountRaw = BigInt(cell(row, "amount_raw"));
    expect(parseUnits(cell(row, "amount"), Number(cell(row, "decimals")))).toBe(amountRaw);
    expect(cell(row, "market_at_utc")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    add(`all ${token}`, amountRaw);
    const ofPair = /^pair:([^:]+):(wallet|position|fees|transit)/.exec(account);
    if (ofPair === null) add(`${account} ${token}`, amountRaw);
    else {
      // A pair's accounts hold its own two tokens and nothing else.
      expect(cell(row, "pair")).toBe(ofPair[1]);
      expect(`${ofPair[1]}`.split("-")).toContain(cell(row, "token"));
      add(`${ofPair[2]} ${token}`, amountRaw);
    }
    if (hash === "") {
      expect(WITHOUT_TX).toContain(cell(row, "kind"));
      continue;
    }
    pairsOfTx.set(hash, (pairsOfTx.get(hash) ?? new Set()).add(cell(row, "pair")));
    rowsOfTx.set(hash, [...(rowsOfTx.get(hash) ?? []), row]);
  }
  const sumOf = (key: string): bigint => sums.get(key) ?? 0n;
  const minted = book.openMinted();
  for (const [token, entry] of book.byToken) {
    const wallet = await book.balance(addressSchema.parse(token), head);
    // Every transaction sums to nothing over its accounts; these are what the wallet backs.
    expect(`${entry.symbol} ${sumOf(`all ${token}`)}`).toBe(`${entry.symbol} 0`);
    const backed = ["wallet", "unassigned", "credit"].reduce((sum, name) => sum + sumOf(`${name} ${token}`), 0n);
    expect(`${entry.symbol} ${backed}`).toBe(`${entry.symbol} ${wallet}`);
    expect(`${entry.symbol} ${sumOf(`position ${token}`)}`).toBe(`${entry.symbol} ${minted.get(token) ?? 0n}`);
    expect(`${entry.symbol} ${-sumOf(`fees ${token}`)}`).toBe(`${entry.symbol} ${entry.collectedFeesRaw}`);
    expect(sumOf(`transit ${token}`) + sumOf(`credit ${token}`)).toBe(0n);
  }
  expect(sumOf("gas native")).toBe(await book.nativeBalance(head));
  for (const [hash, rows] of rowsOfTx) {
    expect(pairsOfTx.get(hash)?.size).toBe(1);
    const facts = book.receipt(hexSchema.parse(hash));
    if (facts === null) throw new Error(`the chain has no transaction ${hash} of the wallet`);
    expect(facts.blockNumber).toBeLessThanOrEqual(head);
    const moved = new Map<string, bigint>();
    for (const row of rows) {
      const [account, token] = [cell(row, "account"), cell(row, "token_address")];
      const amountRaw = BigInt(cell(row, "amount_raw"));
      const size = amountRaw < 0n ? -amountRaw : amountRaw;
      if (account.endsWith(":wallet")) moved.set(token, (moved.get(token) ?? 0n) + amountRaw);
      // A position gives back in the books what its own mint put in.
      const isKnown = token === "native" ? size === facts.gasWei : facts.amounts.has(size) || facts.minted.has(size);
      expect(`${hash} ${cell(row, "kind")} ${account} ${size} ${isKnown}`).toBe(
        `${hash} ${cell(row, "kind")} ${account} ${size} true`,
      );
    }
    for (const [token, amountRaw] of facts.wallet) {
      expect(`${hash} ${token} ${moved.get(token) ?? 0n}`).toBe(`${hash} ${token} ${amountRaw}`);
    }
  }
  // Both pairs of the wallet have acted, and no transaction is of both.
  expect(new Set([...pairsOfTx.values()].flatMap((pairs) => [...pairs]))).toEqual(new Set(demo.ready.pairs));
  // Every transaction that the wallet ever sent is in the ledger.
  expect(rowsOfTx.size).toBe(book.transactions());
  return `${file.rows.length} lines of ${rowsOfTx.size} transactions, all on the chain and in their logs; ${book.byToken.size} tokens and the coin at block ${head}: differences 0`;
}

/** What /reports shows agrees with itself, with the receipts and with the capital. */
export async function proveReport(demo: RunningDemo, pairId: string): Promise<string> {
  const pnl = await demo.read(contract.pairPnl, { params: { id: pairId } });
  const { agreement } = pnl;
  expect(agreement.differenceUsd).toBeLessThan(1e-6);
  expect(agreement.receipts).toMatchObject({ feeDifferences: 0 });
  expect(agreement.receipts.markDifferenceUsd).toBeLessThan(1e-6);
  expect(agreement.receipts.lives).toBeGreaterThan(0);
  expect(Math.abs(agreement.capital?.differenceUsd ?? Number.NaN)).toBeLessThan(1e-6);
  expect(Math.abs(agreement.capital?.residualUsd ?? 0)).toBeLessThan(0.001 * (agreement.capital?.endUsd ?? 0));
  const days = await exportCsv({ dataDir: demo.dataDir, of: "days", out: join(demo.dataDir, "days.csv") });
  const net = days.rows
    .filter((row) => row.get("pair") === pairId)
    .reduce((sum, row) => sum + Number(row.get("net_usd")), 0);
  // Rows are rounded to a millionth of a dollar.
  expect(Math.abs(net - agreement.byDay.netUsd)).toBeLessThan(1e-5);
  return `${agreement.byEpoch.epochs} epochs, ${pnl.days.length} days and ${pnl.positions.length} lives: net ${agreement.byEpoch.netUsd.toFixed(2)} USD in each, ${agreement.receipts.lives} closed lives equal to their receipts`;
}
