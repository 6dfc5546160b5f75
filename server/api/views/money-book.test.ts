// Days and periods of several pairs: added up, read again only after an epoch, kept when a read fails.
import { describe, expect, it } from "vitest";
import type { MoneyPeriod } from "@/lib/api/money-schemas";
import type { MoneyRecord } from "@/lib/epoch/money-record";
import { err, ok, type Result } from "@/lib/errors/result";
import { createMoneyBook, MONEY_DAYS, type MoneyBookInput } from "./money-book";

const DAY_MS = 86_400_000;
const EPOCHS_A_DAY = 96;

function record(epoch: number, feesUsd: number, outsideUsd = 0): MoneyRecord {
  const figures = { feesUsd, markUsd: 0, hodlUsd: 1, gasUsd: 0, swapCostUsd: 0, bridgeCostUsd: 0 };
  const part = { positionId: "p", fees: [], ...figures };
  const flows = { ...figures, lvrUsd: 1, netUsd: feesUsd, alphaUsd: feesUsd - 1 };
  return {
    epoch,
    marketAtMs: epoch * 900_000,
    price: 2_000,
    quoteUsd: 1,
    flows,
    accounting: {
      parts: [part],
      capital: {
        startUsd: 100,
        paidInUsd: 0,
        outsideUsd,
        writtenOffUsd: 0,
        endUsd: 100 + feesUsd + outsideUsd,
        residualUsd: 0,
      },
      seq: 1,
      heldIds: [],
    },
  };
}

function desk(initial: Readonly<Record<string, readonly MoneyRecord[]>>) {
  const records = new Map(Object.entries(initial));
  const reads: string[] = [];
  let isAway = false;
  const input: MoneyBookInput = {
    pairIds: [...records.keys()],
    newestEpoch: (pairId) => records.get(pairId)?.[0]?.epoch ?? null,
    read: async (pairId): Promise<Result<readonly MoneyRecord[], string>> => {
      reads.push(pairId);
      return isAway ? err("the store does not answer") : ok(records.get(pairId) ?? []);
    },
  };
  const book = createMoneyBook();
  return {
    reads,
    add: (pairId: string, more: MoneyRecord) => records.set(pairId, [more, ...(records.get(pairId) ?? [])]),
    away: () => {
      isAway = true;
    },
    days: () => book.days(input),
    report: (period: MoneyPeriod) => book.report(input, period),
  };
}

describe("money days", () => {
  it("adds the pairs of a day up and leaves out what is older than two weeks", async () => {
    const old = record(0, 1_000);
    const { days } = desk({
      A: [record(20 * EPOCHS_A_DAY + 1, 3), record(20 * EPOCHS_A_DAY, 2), old],
      B: [record(20 * EPOCHS_A_DAY, 5)],
      C: [],
    });
    const answer = await days();
    expect(answer.days).toHaveLength(1);
    expect(answer.days[0]).toMatchObject({ startAtMs: 20 * DAY_MS, feesUsd: 10, lvrUsd: 3, epochs: 3 });
    expect(answer).toMatchObject({ pairs: 2, missing: [] });
  });

  it("shows two weeks when all of them are there", async () => {
    const all = Array.from({ length: 20 }, (_, day) => record((20 - day) * EPOCHS_A_DAY, 1));
    expect((await desk({ A: all }).days()).days).toHaveLength(MONEY_DAYS);
  });

  it("has no day before the first position", async () => {
    expect(await desk({ A: [] }).days()).toEqual({ days: [], pairs: 0, missing: [] });
  });

  it("reads a pair again only after its next epoch, and keeps its days while the store is away", async () => {
    const { days, reads, add, away } = desk({ A: [record(96, 1)], B: [record(96, 1)] });
    await days();
    await days();
    expect(reads).toEqual(["A", "B"]);
    add("A", record(97, 4));
    expect((await days()).days[0]?.feesUsd).toBe(6);
    expect(reads).toEqual(["A", "B", "A"]);
    away();
    add("B", record(97, 100));
    const answer = await days();
    expect(answer.missing).toEqual([]);
    expect(answer.days[0]?.feesUsd).toBe(6);
  });

  it("names a pair that could never be read", async () => {
    const { days, away } = desk({ A: [record(96, 1)] });
    away();
    expect(await days()).toEqual({ days: [], pairs: 0, missing: ["A"] });
  });
});

describe("money of a period", () => {
  it("goes back from each pair's newest epoch, and the bars of every length add up to its total", async () => {
    const epochs = Array.from({ length: 10 * EPOCHS_A_DAY }, (_, index) => record(10 * EPOCHS_A_DAY - index, 1, 2));
    const { report } = desk({ A: epochs, B: [record(10 * EPOCHS_A_DAY, 7)] });
    for (const [period, count] of [
      ["24h", EPOCHS_A_DAY],
      ["7d", 7 * EPOCHS_A_DAY],
      ["30d", 10 * EPOCHS_A_DAY],
    ] as const) {
      const { total, bars, barMs, toMs, fromMs } = await report(period);
      expect(total).toMatchObject({ epochs: count + 1, feesUsd: count + 7, outsideUsd: 2 * count });
      const sum = bars.reduce((all, bar) => ({ feesUsd: all.feesUsd + bar.feesUsd, epochs: all.epochs + bar.epochs }), {
        feesUsd: 0,
        epochs: 0,
      });
      expect(sum).toEqual({ feesUsd: total.feesUsd, epochs: total.epochs });
      expect(barMs).toBe(period === "24h" ? 3_600_000 : DAY_MS);
      expect(((toMs ?? 0) - (fromMs ?? 0)) / 900_000).toBe(count - 1);
    }
  });

  it("is net of the liquidity, and with the price of what lies outside the change of the capital", async () => {
    const { report } = desk({ A: [record(96, 3, 11)], B: [record(96, 4, -20)] });
    const { total, pairs } = await report("30d");
    expect(total).toMatchObject({ netUsd: 7, outsideUsd: -9, otherUsd: 0, changeUsd: -2 });
    expect(pairs.map(({ pairId, changeUsd }) => [pairId, changeUsd])).toEqual([
      ["A", 14],
      ["B", -16],
    ]);
  });

  it("has no figures before the first position, and names who could not be read", async () => {
    const { report } = desk({ A: [] });
    expect(await report("24h")).toMatchObject({ fromMs: null, toMs: null, pairs: [], bars: [], missing: [] });
    const { report: other, away } = desk({ A: [record(96, 1)] });
    away();
    expect(await other("7d")).toMatchObject({ pairs: [], missing: ["A"] });
  });
});
