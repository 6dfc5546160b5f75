// Gains: both methods end at the same sum, lots are the ledger's own balances to the unit, moves between own places sell nothing, unknown stays unknown.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordsToCsv } from "@/lib/format/csv";
import { parseIso } from "@/lib/format/time";
import { makeLedgerRows } from "@/tests/support/make-ledger";
import { TEST_SEED } from "@/tests/support/seed";
import { gainNote, gainTable } from "./gain-rows";
import { buildGains, type GainInput, type GainReport } from "./gains";
import { createHolding, GAIN_METHODS } from "./lots";
import { isWalletBacked } from "./accounts";
import type { StatementRow } from "./statement";
import { currenciesOf } from "./unit-prices";

const ALWAYS = { fromMs: 0, toMs: Number.POSITIVE_INFINITY };
const RUNS = { seed: TEST_SEED, numRuns: 40 };
const HOUR_MS = 3_600_000;
const drawn = fc.record({
  everyMs: fc.constant(HOUR_MS),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  transactions: fc.integer({ min: 1, max: 60 }),
});

function gains(rows: readonly StatementRow[], given: Partial<GainInput> = {}): GainReport {
  return buildGains({ rows, method: "fifo", currency: "USD", period: ALWAYS, isOnePair: false, ...given });
}

/** A row of the ledger by hand: one record per `seq` hundred. */
function row(
  given: Partial<StatementRow> & { seq: number; account: string; kind: string; amount_raw: string },
): StatementRow {
  const at = "2026-03-01T00:00:00.000Z";
  return {
    at_utc: at,
    market_at_utc: at,
    pair: "WETH-USDC",
    chain_id: 1,
    token: "WETH",
    token_address: "0xaa",
    decimals: 0,
    amount: given.amount_raw,
    usd: null,
    usd_per_token: 100,
    price_source: "exchange median at the operation",
    price_at_utc: at,
    plan_id: null,
    op_id: null,
    tx_hash: null,
    ...given,
  };
}
const WALLET = "pair:WETH-USDC:wallet";
const usdc = { token: "USDC", token_address: "0xbb", usd_per_token: 1 } as const;
/** 10 at 100, then 10 at 200, then 15 sold when one is worth 300. */
const bought = row({ seq: 100, account: WALLET, kind: "assign", amount_raw: "10" });
const more = row({ seq: 200, account: WALLET, kind: "assign", amount_raw: "10", usd_per_token: 200 });
const sale = [
  row({ seq: 300, account: WALLET, kind: "swap", amount_raw: "-15", usd_per_token: 300 }),
  row({ seq: 301, account: "external", kind: "swap", amount_raw: "15", usd_per_token: 300 }),
  row({ seq: 302, account: "external", kind: "swap", amount_raw: "-4400", ...usdc }),
  row({ seq: 303, account: WALLET, kind: "swap", amount_raw: "4400", ...usdc }),
];

function inFinestUnits(each: StatementRow): bigint {
  return BigInt(String(each.amount_raw)) * 10n ** BigInt(18 - Number(each.decimals));
}

function gainedOf({ totals }: GainReport): number {
  return totals.realised.known + totals.unrealised.known;
}

function recordOf(seq: unknown): number {
  return Math.floor(Number(seq) / 100);
}

describe("createHolding", () => {
  it(`behavior: whatever comes and goes, lots are never below zero and what leaves is what was asked for (seed ${TEST_SEED})`, () => {
    const steps = fc.array(
      fc.tuple(fc.bigInt({ min: -1_000n, max: 1_000n }), fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...GAIN_METHODS), steps, (method, list) => {
        const holding = createHolding(method);
        let heldRaw = 0n;
        for (const [index, [amountRaw, cost]] of list.entries()) {
          if (amountRaw > 0n) {
            holding.put({ lotId: String(index), acquiredAtMs: index, amountRaw, cost });
            heldRaw += amountRaw;
          } else {
            const parts = holding.take(-amountRaw);
            expect(parts.reduce((sum, part) => sum + part.amountRaw, 0n)).toBe(-amountRaw);
            const missing = parts.filter((part) => !part.isHeld);
            const missingRaw = missing.reduce((sum, part) => sum + part.amountRaw, 0n);
            expect(missing.every((part) => part.cost === null)).toBe(true);
            expect(missingRaw).toBe(-amountRaw > heldRaw ? -amountRaw - heldRaw : 0n);
            heldRaw += amountRaw + missingRaw;
          }
          expect(holding.amountRaw()).toBe(heldRaw);
          for (const lot of holding.lots()) expect(lot.amountRaw).toBeGreaterThan(0n);
          if (heldRaw === 0n) expect(holding.cost()).toBe(0);
        }
      }),
      RUNS,
    );
  });
});

describe("buildGains", () => {
  it("default: first in first out and average cost of the same sale, with the cost of the swap in the gain", () => {
    const fifo = gains([bought, more, ...sale]);
    // 4 400 for 10 that cost 100 and 5 that cost 200 each.
    expect(
      fifo.rows.filter(({ event }) => event === "sold").map(({ amount, lotId, cost }) => [amount, lotId, cost]),
    ).toEqual([
      ["-10", "100", 1_000],
      ["-5", "200", 1_000],
    ]);
    expect(fifo.totals.realised.known).toBeCloseTo(2_400, 9);
    const average = gains([bought, more, ...sale], { method: "average" });
    expect(average.totals.realised).toEqual({ known: 4_400 - 15 * 150, unknown: 0 });
    for (const report of [fifo, average]) {
      expect(report.tokens.map(({ token, held, difference }) => [token, held, difference])).toEqual([
        ["USDC", "4400", "0"],
        ["WETH", "5", "0"],
      ]);
      expect(report.difference).toBeCloseTo(0, 9);
      expect(report.totals.realised.known + report.totals.unrealised.known).toBeCloseTo(2_900, 9);
    }
  });

  it("behavior: a currency is at the price of each row, and in itself a token gains nothing", () => {
    const inWeth = gains([bought, more, ...sale], { currency: "WETH" });
    const wethRows = inWeth.tokens.find(({ token }) => token === "WETH");
    expect(wethRows?.realised.known).toBeCloseTo(4_400 / 300 - 15, 12);
    expect(wethRows?.unrealised).toBe(0);
    expect(currenciesOf([bought, ...sale])).toEqual(["USD", "USDC", "WETH"]);
    // No price of the currency near the rows: nothing is told in it.
    expect(gains([bought], { currency: "ARB" }).totals.broughtIn).toEqual({ known: 0, unknown: 1 });
  });

  it("behavior: a row without a price is counted as unknown, never as 0, and what it brought has no gain", () => {
    const blind = { ...bought, usd_per_token: null, price_at_utc: null, price_source: "none" };
    const fifo = gains([blind, more, ...sale]);
    expect(fifo.totals.broughtIn).toEqual({ known: 2_000, unknown: 1 });
    expect(fifo.totals.realised.known).toBeCloseTo(4_400 / 3 - 1_000, 9);
    expect(fifo.totals.realised.unknown).toBe(1);
    expect(fifo.difference).toBeNull();
    expect(gains([blind, more, ...sale], { method: "average" }).totals.realised).toEqual({ known: 0, unknown: 1 });
    const all = gains(makeLedgerRows({ seed: 7, transactions: 20, priced: false }));
    for (const sum of Object.values(all.totals)) expect(sum.known).toBe(0);
    expect(all.totals.broughtIn.unknown).toBeGreaterThan(0);
    expect(
      all.rows.every(
        ({ cost, proceeds, gain, event }) =>
          gain === null && proceeds === null && (cost === null || event === "bought"),
      ),
    ).toBe(true);
  });

  it("behavior: more leaves than this ledger saw come in: named, without a cost, and the lots stay at zero", () => {
    const report = gains([bought, ...sale]);
    expect(report.rows.at(-2)).toMatchObject({ event: "sold", amount: "-5", lotId: null, cost: null, gain: null });
    expect(report.totals.realised.unknown).toBe(1);
    expect(report.tokens.find(({ token }) => token === "WETH")).toMatchObject({ held: "0", difference: "5" });
  });

  it("behavior: fees that waited in an adopted position are no income when they are collected", () => {
    const fees = "pair:WETH-USDC:fees";
    const collected = [
      row({ seq: 200, account: fees, kind: "fees", amount_raw: "-7", usd_per_token: 200 }),
      row({ seq: 201, account: WALLET, kind: "fees", amount_raw: "7", usd_per_token: 200 }),
    ];
    const report = gains([row({ seq: 100, account: fees, kind: "credit", amount_raw: "4" }), ...collected]);
    expect(report.totals.broughtIn.known).toBe(400);
    expect(report.totals.income.known).toBe(3 * 200);
    expect(report.tokens[0]).toMatchObject({ held: "7", difference: "0" });
  });

  it("behavior: gas of one pair is paid from a coin that is not the pair's: a cost, no gain", () => {
    const gas = row({ seq: 100, account: "gas", kind: "gas", amount_raw: "-2", token: "ETH", token_address: "native" });
    const report = gains([gas], { isOnePair: true });
    expect(report.totals.gas).toEqual({ known: 200, unknown: 0 });
    expect(report.totals.realised).toEqual({ known: 0, unknown: 0 });
    expect(report.difference).toBe(0);
  });

  it(`behavior: a drawn ledger: realised and unrealised are the same sum by both methods, and every line adds up (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(drawn, fc.constantFrom("USD", "USDC", "WETH"), fc.boolean(), (input, currency, isOnePair) => {
        const rows = makeLedgerRows(input).filter((each) => !isOnePair || each.pair !== null);
        const [fifo, average] = GAIN_METHODS.map((method) => gains(rows, { method, currency, isOnePair }));
        if (fifo === undefined || average === undefined) throw new Error("there are two methods");
        const size = fifo.totals.broughtIn.known;
        expect(Math.abs(gainedOf(fifo) - gainedOf(average))).toBeLessThan(1e-9 * size);
        for (const report of [fifo, average]) {
          for (const total of Object.values(report.totals)) expect(total.unknown).toBe(0);
          expect(Math.abs(report.difference ?? Number.NaN)).toBeLessThan(1e-9 * size);
          expect(report.tokens.every(({ difference }) => difference === "0")).toBe(true);
        }
        // The lots are what the accounts hold, counted here another way: exactly.
        for (const { token, held } of fifo.tokens) {
          const mine = rows.filter((each) => each.token === token);
          const owned = mine.filter(
            ({ account }) => isWalletBacked(String(account)) || /:(position|transit):/.test(String(account)),
          );
          const ownedRaw = owned.reduce((total, each) => total + inFinestUnits(each), 0n);
          const [whole = "0", fraction = ""] = held.split(".");
          const heldRaw = BigInt(whole + fraction.padEnd(18, "0"));
          // A pair's gas coin is the wallet's.
          expect(`${token} ${heldRaw}`).toBe(`${token} ${isOnePair && token === "ETH" ? 0n : ownedRaw}`);
        }
      }),
      RUNS,
    );
  });

  it(`behavior: a bridge between own chains sells nothing but what it kept, and a mint nothing at all (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(drawn, (input) => {
        const rows = makeLedgerRows(input);
        const report = gains(rows);
        const kinds = new Map<number, Set<string>>();
        for (const each of rows) {
          const own = kinds.get(recordOf(each.seq)) ?? new Set<string>();
          kinds.set(recordOf(each.seq), own.add(String(each.kind)));
        }
        for (const each of report.rows) {
          const own = kinds.get(recordOf(each.seq)) ?? new Set<string>();
          if (own.has("mint")) expect(each.event).toBe("gas");
          if (!own.has("bridge")) continue;
          expect(["bridge_cost", "gas"]).toContain(each.event);
          // 5 of 10 000 is what it kept.
          if (each.event === "bridge_cost") expect(each.amount.startsWith("-")).toBe(true);
        }
        const bridged = rows
          .filter(
            ({ account, kind, amount_raw: raw }) =>
              kind === "bridge" && String(account).includes(":transit:") && String(raw).startsWith("-"),
          )
          .reduce((sum, each) => sum - Number(each.amount), 0);
        const kept = report.rows
          .filter(({ event }) => event === "bridge_cost")
          .reduce((sum, each) => sum - Number(each.amount), 0);
        expect(Math.abs(kept - bridged * 0.0005)).toBeLessThan(1e-3 * Math.max(1, bridged * 0.0005));
      }),
      RUNS,
    );
  });

  it("behavior: periods cut the rows, the lots go on: parts of a year sum to the year", () => {
    const rows = makeLedgerRows({ seed: 11, transactions: 120 });
    const middleMs = Number(parseIso("2026-07-01T00:00:00.000Z"));
    const [whole, early, late] = [ALWAYS, { fromMs: 0, toMs: middleMs }, { fromMs: middleMs, toMs: ALWAYS.toMs }].map(
      (period) => gains(rows, { period }),
    );
    expect((early?.totals.realised.known ?? 0) + (late?.totals.realised.known ?? 0)).toBeCloseTo(
      whole?.totals.realised.known ?? Number.NaN,
      4,
    );
    expect([...(early?.rows ?? []), ...(late?.rows ?? [])]).toEqual(whole?.rows);
    expect(Math.abs(late?.difference ?? Number.NaN)).toBeLessThan(1e-4);
  });

  it("behavior: the file says method, currency and each row's price, unknown is empty", () => {
    const report = gains([bought, { ...more, usd_per_token: null, price_at_utc: null, price_source: "none" }, ...sale]);
    const [head, ...lines] = recordsToCsv(gainTable(report).columns, gainTable(report).rows).trim().split("\r\n");
    expect(head).toBe(
      "seq,market_at_utc,event,pair,token,amount,lot,lot_at_utc,proceeds,cost,gain,currency,method,price,price_source,price_at_utc,usd_per_currency,plan_id,tx_hash",
    );
    const at = "2026-03-01T00:00:00.000Z";
    const source = "exchange median at the operation";
    expect(lines[1]).toBe(`200,${at},brought_in,WETH-USDC,WETH,10,200,${at},,,,USD,fifo,,none,,,,`);
    expect(lines[2]).toBe(
      `300,${at},sold,WETH-USDC,WETH,-10,100,${at},2933.33333333,1000,1933.33333333,USD,fifo,300,${source},${at},1,,`,
    );
    expect(lines[3]).toBe(
      `300,${at},sold,WETH-USDC,WETH,-5,200,${at},1466.66666667,,,USD,fifo,300,${source},${at},1,,`,
    );
    expect(gainNote({ method: "average", currency: "ETH" })).toContain("average cost");
  });
});
