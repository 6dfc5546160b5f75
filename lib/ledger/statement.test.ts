// Statements keep every raw digit, price what can be priced by the newest observation before, and position lives add up.
import { describe, expect, it } from "vitest";
import type { Address } from "@/lib/units";
import { walletAccount, NATIVE_TOKEN } from "./accounts";
import { adoptedPositionEntries, burnEntries, gasEntries, mintEntries, reverseEntries, type Entry } from "./entries";
import { computePositionLives } from "./position-lives";
import { createPriceBook } from "./price-book";
import { buildStatement, decimalText, STATEMENT_COLUMNS, type StatementEntry, type StatementToken } from "./statement";

const WETH: Address = `0x${"01".repeat(20)}`;
const USDC: Address = `0x${"02".repeat(20)}`;
const PAIR = "WETH-USDC";
const T0 = 1_793_491_200_000;
const HOUR_MS = 3_600_000;
const POSITION = `1:uniswap-v3:0x${"03".repeat(20)}:7`;

const prices = createPriceBook([
  { atMs: T0, price: 2_000, quoteUsd: 1 },
  { atMs: T0 + 10 * HOUR_MS, price: 2_100, quoteUsd: 1 },
]);

function tokenOf(_chainId: number, token: string): StatementToken {
  if (token === USDC) return { symbol: "USDC", decimals: 6, side: "quote" };
  return { symbol: token === NATIVE_TOKEN ? "ETH" : "WETH", decimals: 18, side: "base" };
}

function listed(entries: readonly Entry[], at: { seq: number; marketAtMs: number; opId: string }): StatementEntry[] {
  return entries.map((entry, index) => ({
    seq: at.seq * 100 + index,
    atMs: at.marketAtMs,
    marketAtMs: at.marketAtMs,
    pairId: entry.account.startsWith("pair:") ? PAIR : null,
    chainId: 1,
    account: entry.account,
    token: entry.token,
    amountRaw: entry.amountRaw.toString(),
    kind: entry.kind,
    planId: "0x1",
    opId: at.opId,
    txHash: `0x${at.opId}`,
  }));
}

const minted = listed(
  mintEntries({
    pairId: PAIR,
    token0: WETH,
    token1: USDC,
    positionId: POSITION,
    amount0Raw: 10n ** 18n,
    amount1Raw: 2_000_000_000n,
  }),
  { seq: 1, marketAtMs: T0 + 60_000, opId: "mint" },
);
const burned = listed(
  burnEntries({
    pairId: PAIR,
    token0: WETH,
    token1: USDC,
    positionId: POSITION,
    booked0Raw: 10n ** 18n,
    booked1Raw: 2_000_000_000n,
    principal0Raw: 950_000_000_000_000_000n,
    principal1Raw: 2_100_000_000n,
    paid0Raw: 960_000_000_000_000_000n,
    paid1Raw: 2_130_000_000n,
  }),
  { seq: 10, marketAtMs: T0 + 11 * HOUR_MS, opId: "burn" },
);

describe("decimalText", () => {
  it("default: every digit, no exponent, no rounding", () => {
    expect(decimalText("1", 18)).toBe("0.000000000000000001");
    expect(decimalText("-1234567890123456789012", 18)).toBe("-1234.567890123456789012");
    expect(decimalText("2000000000", 6)).toBe("2000");
    expect(decimalText("42", 0)).toBe("42");
  });
});

describe("buildStatement", () => {
  it("default: one row per entry, stable columns, US dollars by the price before", () => {
    const rows = buildStatement({ entries: minted, pricesOf: () => prices, sharedPairOf: () => PAIR, tokenOf });
    expect(Object.keys(rows[0] ?? {})).toEqual([...STATEMENT_COLUMNS]);
    expect(rows).toHaveLength(minted.length);
    const weth = rows.find((row) => row.token === "WETH" && row.account === walletAccount(PAIR));
    expect(weth).toMatchObject({ amount: "-1", amount_raw: "-1000000000000000000", usd: -2_000, usd_per_token: 2_000 });
    expect(weth?.price_at_utc).toBe("2026-11-01T00:00:00.000Z");
  });

  it("behavior: what has no price has no US dollars, and says so", () => {
    const rows = buildStatement({ entries: minted, pricesOf: () => null, sharedPairOf: () => null, tokenOf });
    expect(rows.every((row) => row.usd === null && row.price_source === "none")).toBe(true);
    const stale = createPriceBook([{ atMs: T0 - 30 * HOUR_MS, price: 1, quoteUsd: 1 }]);
    expect(stale.at(T0)).toBeNull();
  });

  it("behavior: gas is native, priced by the shared pair", () => {
    const gas = listed(gasEntries(10n ** 15n), { seq: 30, marketAtMs: T0 + 12 * HOUR_MS, opId: "mint" });
    const [row] = buildStatement({ entries: gas, pricesOf: () => prices, sharedPairOf: () => PAIR, tokenOf });
    expect(row).toMatchObject({ token: "ETH", token_address: "native", amount: "-0.001", usd: -2.1 });
  });
});

describe("computePositionLives", () => {
  it("default: a closed life by its receipts: what went in, what came out, fees to the last unit", () => {
    const [life] = computePositionLives({ entries: [...minted, ...burned], prices, tokenOf });
    expect(life).toMatchObject({
      positionId: POSITION,
      openedAtMs: T0 + 60_000,
      closedAtMs: T0 + 11 * HOUR_MS,
      origin: "minted",
      end: "burned",
      openTxHash: "0xmint",
      closeTxHash: "0xburn",
    });
    // In: 1 WETH + 2 000 USDC at 2 000. Out: 0.95 WETH + 2 100 USDC at 2 100. Fees: 0.01 WETH + 30 USDC.
    expect(life?.inUsd).toBeCloseTo(4_000, 9);
    expect(life?.outUsd).toBeCloseTo(0.95 * 2_100 + 2_100, 9);
    expect([life?.feesPaid.get(WETH), life?.feesPaid.get(USDC)]).toEqual([10n ** 16n, 30_000_000n]);
  });

  it("behavior: the price of the operation goes before every other", () => {
    const rate = { price: 2_500, quoteUsd: 2, nativeUsd: 5_000, atMs: T0 + 1 };
    const entries = minted.map((entry) => ({ ...entry, rate }));
    expect(computePositionLives({ entries, prices, tokenOf })[0]?.inUsd).toBeCloseTo((2_500 + 2_000) * 2, 9);
    const row = buildStatement({ entries, pricesOf: () => null, sharedPairOf: () => null, tokenOf })[1];
    expect(row).toMatchObject({
      price_source: "exchange median at the operation",
      price_at_utc: "2026-11-01T00:00:00.001Z",
    });
    const left = entries.map((entry) => ({ ...entry, rate: { ...rate, source: "pool" as const } }));
    const exit = buildStatement({ entries: left, pricesOf: () => null, sharedPairOf: () => null, tokenOf })[1];
    expect(exit?.price_source).toBe("the pool's own price at the exit, its quote taken for 1 US dollar");
  });

  it("behavior: without a price the dollars are not known; a mint whose block is gone leaves nothing", () => {
    const [open] = computePositionLives({ entries: minted, prices: createPriceBook([]), tokenOf });
    expect(open).toMatchObject({ end: "open", closedAtMs: null, inUsd: null });
    const undone = listed(
      reverseEntries(
        mintEntries({
          pairId: PAIR,
          token0: WETH,
          token1: USDC,
          positionId: POSITION,
          amount0Raw: 10n ** 18n,
          amount1Raw: 2_000_000_000n,
        }),
      ),
      { seq: 5, marketAtMs: T0 + 60_000, opId: "mint" },
    );
    expect(computePositionLives({ entries: [...minted, ...undone], prices, tokenOf })).toEqual([]);
  });

  it("behavior: fees that wait in an adopted position are its opening balance, not income", () => {
    const adopted = listed(
      adoptedPositionEntries({
        pairId: PAIR,
        token0: WETH,
        token1: USDC,
        positionId: POSITION,
        amount0Raw: 10n ** 18n,
        amount1Raw: 2_000_000_000n,
        fees0Raw: 4n * 10n ** 15n,
        fees1Raw: 30_000_000n,
      }),
      { seq: 1, marketAtMs: T0, opId: "none" },
    );
    const [life] = computePositionLives({ entries: [...adopted, ...burned], prices, tokenOf });
    expect(life).toMatchObject({ origin: "adopted", end: "burned" });
    expect([life?.feesPaid.get(WETH), life?.feesPaid.get(USDC)]).toEqual([6n * 10n ** 15n, 0n]);
    const sum = (entries: readonly StatementEntry[], token: string): bigint =>
      entries
        .filter((entry) => entry.account === `pair:${PAIR}:fees` && entry.token === token)
        .reduce((total, entry) => total + BigInt(entry.amountRaw), 0n);
    // The account of income says the same: negative is earned.
    expect([sum([...adopted, ...burned], WETH), sum([...adopted, ...burned], USDC)]).toEqual([-6n * 10n ** 15n, 0n]);
  });

  it("behavior: the accounts of another pair's position with the same wallet stay apart", () => {
    const other = minted.map((entry) => ({
      ...entry,
      seq: entry.seq + 5_000,
      pairId: "USDC-USDT",
      account: entry.account.replace(PAIR, "USDC-USDT").replace(":7", ":8"),
    }));
    const lives = computePositionLives({ entries: [...minted, ...burned, ...other], prices, tokenOf });
    expect(lives.map(({ positionId, pairId, end }) => [positionId, pairId, end])).toEqual([
      [POSITION, PAIR, "burned"],
      [POSITION.replace(":7", ":8"), "USDC-USDT", "open"],
    ]);
  });
});
