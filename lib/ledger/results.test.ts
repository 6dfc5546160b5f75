// Views of the same parts, and a name for everything that keeps them from being whole: older records, lost epochs, entries not counted yet.
import { describe, expect, it } from "vitest";
import { flowOf } from "@/lib/portfolio/pnl-report";
import type { FlowPart } from "./flow-book";
import type { PositionLife } from "./position-lives";
import { buildResults, type RecordedFlows } from "./results";

const T0 = 1_793_491_200_000;
const EPOCH_MS = 900_000;
const USDC = `0x${"02".repeat(20)}`;

function part(positionId: string | null, feesUsd: number, more: Partial<FlowPart> = {}): FlowPart {
  return {
    positionId,
    feesUsd,
    markUsd: 0,
    hodlUsd: 0,
    gasUsd: 0,
    swapCostUsd: 0,
    bridgeCostUsd: 0,
    fees: [{ token: USDC, raw: String(feesUsd * 1e6) }],
    ...more,
  };
}

function record(index: number, parts: readonly FlowPart[], capital: readonly [number, number]): RecordedFlows {
  const [startUsd, endUsd] = capital;
  const sum = parts.map((each) => flowOf(each));
  const add = (key: keyof (typeof sum)[number]): number => sum.reduce((total, each) => total + each[key], 0);
  return {
    epoch: index,
    marketAtMs: T0 + index * EPOCH_MS,
    flows: {
      feesUsd: add("feesUsd"),
      markUsd: add("markUsd"),
      hodlUsd: add("hodlUsd"),
      gasUsd: add("gasUsd"),
      swapCostUsd: add("swapCostUsd"),
      bridgeCostUsd: add("bridgeCostUsd"),
    },
    accounting: {
      parts,
      capital: { startUsd, paidInUsd: 0, outsideUsd: 0, writtenOffUsd: 0, endUsd, residualUsd: 0 },
      seq: index * 100,
      heldIds: ["old"],
    },
  };
}

function life(positionId: string, more: Partial<PositionLife> = {}): PositionLife {
  return {
    positionId,
    pairId: "A-B",
    chainId: 1,
    openedAtMs: T0 + EPOCH_MS,
    closedAtMs: null,
    origin: "minted",
    end: "open",
    inUsd: 100,
    outUsd: 0,
    feesPaid: new Map(),
    openTxHash: null,
    closeTxHash: null,
    ...more,
  };
}

describe("buildResults", () => {
  const records = [
    record(1, [part("old", 1)], [1_000, 1_001]),
    record(2, [part("old", 2), part("new", 3), part(null, 0, { swapCostUsd: 4, gasUsd: 1 })], [1_001, 1_002]),
    record(3, [part("new", 5, { markUsd: 6 })], [1_002, 1_013]),
  ];
  const lives = [
    life("old", { openedAtMs: T0 - EPOCH_MS }),
    life("new", {
      closedAtMs: T0 + 2.5 * EPOCH_MS,
      end: "burned",
      outUsd: 106,
      feesPaid: new Map([[USDC, 8_000_000n]]),
    }),
  ];

  it("default: three views of the same parts, what is of no position apart, the capital explained", () => {
    const { agreement, positions, total } = buildResults({
      records: records.toReversed(),
      lives,
      entrySeqs: [100, 301],
    });
    expect(total).toMatchObject({ feesUsd: 11, swapCostUsd: 4, netUsd: 11 + 6 - 5, epochs: 3 });
    expect(agreement).toMatchObject({ differenceUsd: 0, waitingEntries: 1 });
    expect(agreement.ofNoPosition).toMatchObject({ feesUsd: 0, gasUsd: 1, swapCostUsd: 4, netUsd: -5 });
    expect(agreement.receipts).toEqual({ lives: 1, feeDifferences: 0, markDifferenceUsd: 0 });
    expect(agreement.capital).toMatchObject({ startUsd: 1_000, endUsd: 1_013, notKeptUsd: 0, differenceUsd: 0 });
    expect(positions.map(({ isWhole, feesUsd }) => [isWhole, feesUsd])).toEqual([
      [false, 3],
      [true, 8],
    ]);
  });

  it("behavior: a receipt that says another amount, even by one unit, is found", () => {
    const wrong = lives.map((each) => ({ ...each, feesPaid: new Map([[USDC, 8_000_001n]]), outUsd: 106.5 }));
    const { agreement } = buildResults({ records, lives: wrong, entrySeqs: [] });
    expect(agreement.receipts).toEqual({ lives: 1, feeDifferences: 1, markDifferenceUsd: 0.5 });
  });

  it("behavior: lost epochs and older records have their own lines, and the views still agree", () => {
    const [first, , third] = records;
    if (first === undefined || third === undefined) throw new Error("three records");
    const gap = buildResults({ records: [first, third], lives, entrySeqs: [] }).agreement;
    expect(gap.capital).toMatchObject({ notKeptUsd: 1, differenceUsd: 0 });
    expect(gap.differenceUsd).toBe(0);
    const older = { ...first, epoch: 0, marketAtMs: T0, accounting: null };
    const { agreement } = buildResults({ records: [older, ...records], lives, entrySeqs: [] });
    expect(agreement.ofNoPosition.feesUsd).toBe(1);
    expect(agreement.differenceUsd).toBe(0);
  });

  it("behavior: a part of a position that no ledger knows is not lost", () => {
    const { agreement } = buildResults({ records, lives: [], entrySeqs: [] });
    expect(agreement.ofNoPosition.feesUsd).toBe(11);
    expect(agreement.differenceUsd).toBe(0);
  });
});
