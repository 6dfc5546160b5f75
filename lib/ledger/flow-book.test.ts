// Random lives of a pair: whatever happens and however often one looks, epochs, days and position lives add up to the same, and to the capital.
import { describe, expect, it } from "vitest";
import { mulberry32, type Rng } from "@/lib/math/rng";
import { flowOf, pnlByDay, sumFlows, type EpochFlowPoint } from "@/lib/portfolio/pnl-report";
import type { Address } from "@/lib/units";
import { TEST_SEED } from "@/tests/support/seed";
import { NATIVE_TOKEN, positionAccount, walletAccount } from "./accounts";
import {
  adoptedPositionEntries,
  assignEntries,
  bridgeInEntries,
  bridgeLandedEntries,
  bridgeOutEntries,
  burnEntries,
  debitEntries,
  gasEntries,
  mintEntries,
  refundEntries,
  reverseEntries,
  swapEntries,
  type Entry,
} from "./entries";
import { bookFlows, type BookedFlows, type FlowBook } from "./flow-book";
import type { StatementEntry, StatementToken } from "./statement";
import { toAmounts } from "./token-values";

const BASE: Address = `0x${"01".repeat(20)}`;
const QUOTE: Address = `0x${"02".repeat(20)}`;
const PAIR = "WETH-USDC";
const T0 = 1_793_491_200_000;
const CHAIN = 1;
const NATIVE_USD = 2_000;
const E18 = 10n ** 18n;

function tokenOf(_chainId: number, token: string): StatementToken {
  if (token === QUOTE) return { symbol: "USDC", decimals: 6, side: "quote" };
  return { symbol: token === NATIVE_TOKEN ? "ETH" : "WETH", decimals: 18, side: "base" };
}

interface Open {
  readonly id: string;
  amounts: [bigint, bigint];
  booked: [bigint, bigint];
  fees: [bigint, bigint];
  /** What is not earned: waited in it when it was adopted. */
  readonly opening: readonly [bigint, bigint];
  collected: [bigint, bigint];
}

/** A pair as the chain has it, with the journal's entries of what happens to it. */
function createWorld(rng: Rng) {
  const entries: StatementEntry[] = [];
  const open: Open[] = [];
  const closed: Open[] = [];
  const wallet: [bigint, bigint] = [0n, 0n];
  let transit = 0n;
  let record = 0;
  let nextId = 1;
  let nowMs = T0;
  let price = 2_000;
  let quoteUsd = 1;

  const draw = (from: number, to: number): number => from + rng() * (to - from);
  const part = (amount: bigint): bigint => (amount * BigInt(Math.floor(draw(50, 900)))) / 1_000n;

  function post(lines: readonly Entry[], opId: string | null): void {
    record += 1;
    const gas = opId === null ? [] : gasEntries(BigInt(Math.floor(draw(1e12, 1e15))));
    [...lines, ...gas].forEach((entry, index) => {
      const pairId = entry.account.startsWith("pair:") ? PAIR : opId === null ? null : PAIR;
      if (pairId === null) return;
      entries.push({
        seq: record * 100 + index,
        atMs: nowMs,
        marketAtMs: nowMs,
        pairId,
        chainId: CHAIN,
        account: entry.account,
        token: entry.token,
        amountRaw: entry.amountRaw.toString(),
        kind: entry.kind,
        planId: opId,
        opId,
        txHash: null,
        rate:
          opId === null ? null : { price: price * draw(0.999, 1.001), quoteUsd, nativeUsd: NATIVE_USD, atMs: nowMs },
      });
    });
  }

  function assign(): void {
    const amounts = [
      BigInt(Math.floor(draw(1, 20) * 1e6)) * 10n ** 12n,
      BigInt(Math.floor(draw(1_000, 40_000) * 1e6)),
    ] as const;
    [BASE, QUOTE].forEach((token, side) => {
      const amountRaw = amounts[side] ?? 0n;
      post(assignEntries({ pairId: PAIR, token, amountRaw, unassignedRaw: amountRaw, creditRaw: 0n }) ?? [], null);
      wallet[side === 0 ? 0 : 1] += amountRaw;
    });
  }

  const tokens = { pairId: PAIR, token0: BASE, token1: QUOTE };

  function mint(): void {
    const amounts: [bigint, bigint] = [part(wallet[0]), part(wallet[1])];
    if (amounts[0] === 0n && amounts[1] === 0n) return;
    const id = `1:uniswap-v3:0xaa:${nextId}`;
    nextId += 1;
    wallet[0] -= amounts[0];
    wallet[1] -= amounts[1];
    const lines = mintEntries({ ...tokens, positionId: id, amount0Raw: amounts[0], amount1Raw: amounts[1] });
    post(lines, `mint-${id}`);
    const position: Open = {
      id,
      amounts,
      booked: [...amounts],
      fees: [0n, 0n],
      opening: [0n, 0n],
      collected: [0n, 0n],
    };
    if (rng() < 0.1) {
      // Its block is gone before anybody looked.
      post(reverseEntries(lines), `mint-${id}`);
      wallet[0] += amounts[0];
      wallet[1] += amounts[1];
    } else open.push(position);
  }

  function adopt(): void {
    const amounts: [bigint, bigint] = [
      BigInt(Math.floor(draw(0, 5) * 1e6)) * 10n ** 12n,
      BigInt(Math.floor(draw(1, 9_000) * 1e6)),
    ];
    const fees: [bigint, bigint] = [BigInt(Math.floor(draw(0, 1e15))), BigInt(Math.floor(draw(0, 1e8)))];
    const id = `1:uniswap-v3:0xaa:${nextId}`;
    nextId += 1;
    post(
      adoptedPositionEntries({
        ...tokens,
        positionId: id,
        amount0Raw: amounts[0],
        amount1Raw: amounts[1],
        fees0Raw: fees[0],
        fees1Raw: fees[1],
      }),
      null,
    );
    open.push({ id, amounts, booked: [...amounts], fees: [...fees], opening: fees, collected: [0n, 0n] });
  }

  function exit(position: Open, share: bigint): void {
    const of = (amounts: readonly [bigint, bigint]): [bigint, bigint] => [
      (amounts[0] * share) / 1_000n,
      (amounts[1] * share) / 1_000n,
    ];
    const principal = of(position.amounts);
    const booked = of(position.booked);
    const { fees } = position;
    const paid = [principal[0] + fees[0], principal[1] + fees[1]] as const;
    const lines = burnEntries({
      ...tokens,
      positionId: position.id,
      booked0Raw: booked[0],
      booked1Raw: booked[1],
      principal0Raw: principal[0],
      principal1Raw: principal[1],
      paid0Raw: paid[0],
      paid1Raw: paid[1],
    });
    post(lines, `burn-${position.id}-${record}`);
    if (share === 1_000n && rng() < 0.15) {
      // The block of the burn is gone and it is sent again.
      post(reverseEntries(lines), `burn-${position.id}-${record}`);
      post(lines, `burn-${position.id}-${record}`);
    }
    wallet[0] += paid[0];
    wallet[1] += paid[1];
    position.amounts = [position.amounts[0] - principal[0], position.amounts[1] - principal[1]];
    position.booked = [position.booked[0] - booked[0], position.booked[1] - booked[1]];
    position.collected = [position.collected[0] + fees[0], position.collected[1] + fees[1]];
    position.fees = [0n, 0n];
    if (share < 1_000n) return;
    open.splice(open.indexOf(position), 1);
    closed.push(position);
  }

  function swap(): void {
    const amountInRaw = part(wallet[0]) / 4n;
    if (amountInRaw === 0n) return;
    const amountOutRaw = BigInt(Math.floor((Number(amountInRaw) / 1e18) * price * draw(0.995, 1) * 1e6));
    post(swapEntries({ pairId: PAIR, tokenIn: BASE, tokenOut: QUOTE, amountInRaw, amountOutRaw }), `swap-${record}`);
    wallet[0] -= amountInRaw;
    wallet[1] += amountOutRaw;
  }

  function bridge(): void {
    const amountRaw = part(wallet[1]) / 4n;
    const opId = `bridge-${record}`;
    if (transit === 0n && amountRaw > 0n) {
      post(bridgeOutEntries({ pairId: PAIR, transferId: "t", token: QUOTE, amountRaw }), opId);
      wallet[1] -= amountRaw;
      transit = amountRaw;
      return;
    }
    if (transit === 0n) return;
    const arrived = (transit * 998n) / 1_000n;
    if (rng() < 0.5) {
      post(
        [
          ...bridgeLandedEntries({ pairId: PAIR, transferId: "t", token: QUOTE, amountRaw: transit }),
          ...bridgeInEntries({ pairId: PAIR, token: QUOTE, amountRaw: arrived, creditedRaw: 0n }),
        ],
        opId,
      );
    } else {
      const lostRaw = transit - arrived;
      const refund = {
        pairId: PAIR,
        transferId: "t",
        token: QUOTE,
        refundedRaw: arrived,
        lostRaw,
        creditedRaw: arrived,
      };
      post(refundEntries(refund), opId);
    }
    wallet[1] += arrived;
    transit = 0n;
  }

  function writeOff(position: Open): void {
    const account = positionAccount(PAIR, position.id);
    post(
      [...debitEntries(account, BASE, position.booked[0]), ...debitEntries(account, QUOTE, position.booked[1])],
      null,
    );
    open.splice(open.indexOf(position), 1);
  }

  /** Time goes by: the pool trades, fees come in. */
  function live(): void {
    nowMs += Math.floor(draw(60_000, 1_500_000));
    price *= draw(0.97, 1.03);
    quoteUsd *= draw(0.999, 1.001);
    for (const position of open) {
      const shift = (position.amounts[0] * BigInt(Math.floor(draw(0, 300)))) / 1_000n;
      const got = BigInt(Math.floor((Number(shift) / 1e18) * price * 1e6));
      position.amounts = [position.amounts[0] - shift, position.amounts[1] + got];
      position.fees = [
        position.fees[0] + BigInt(Math.floor(draw(0, 1e15))),
        position.fees[1] + BigInt(Math.floor(draw(0, 1e7))),
      ];
    }
  }

  function happen(): void {
    const any = open[Math.floor(rng() * open.length)];
    const what = rng();
    if (what < 0.1) assign();
    else if (what < 0.35) mint();
    else if (what < 0.4) adopt();
    else if (what < 0.6 && any !== undefined) exit(any, 1_000n);
    else if (what < 0.7 && any !== undefined) exit(any, BigInt(Math.floor(draw(100, 900))));
    else if (what < 0.8) swap();
    else if (what < 0.92) bridge();
    else if (what < 0.94 && any !== undefined) writeOff(any);
    else if (what < 0.96 && wallet[1] > 0n) {
      const lost = wallet[1] / 100n;
      post(debitEntries(walletAccount(PAIR), QUOTE, lost), null);
      wallet[1] -= lost;
    }
  }

  function reading(seen: (position: Open) => boolean) {
    return {
      at: { atMs: nowMs, price, quoteUsd },
      positions: open
        .filter((position) => seen(position))
        .map(({ id, amounts, fees }) => ({ positionId: id, amounts: list(amounts), fees: list(fees) })),
      nativeUsd: () => NATIVE_USD,
    };
  }

  /** By the chain alone. */
  function worthUsd(): number {
    let [base, quote] = [wallet[0], wallet[1] + transit];
    for (const { amounts, fees } of open) {
      base += amounts[0] + fees[0];
      quote += amounts[1] + fees[1];
    }
    return ((Number(base) / 1e18) * price + Number(quote) / 1e6) * quoteUsd;
  }

  return { entries, open, closed, assign, happen, live, reading, worthUsd, nowMs: () => nowMs };
}

interface Told {
  readonly epochs: readonly EpochFlowPoint[];
  readonly flows: readonly BookedFlows[];
}

/** Lives a history with a look every `every` events; a look may miss a position, and its book goes through a record. */
function tell(seed: number, every: number, missesFrac = 0): Told & { readonly world: ReturnType<typeof createWorld> } {
  const rng = mulberry32(seed);
  const misses = mulberry32(seed + 1);
  const world = createWorld(rng);
  world.assign();
  const flows: BookedFlows[] = [];
  const epochs: EpochFlowPoint[] = [];
  let book: FlowBook | null = null;
  const events = 120;
  for (let index = 1; index <= events; index += 1) {
    world.happen();
    world.live();
    if (index % every !== 0 && index !== events) continue;
    const isLast = index === events;
    const told = bookFlows({
      pairId: PAIR,
      book,
      entries: world.entries,
      reading: world.reading(() => isLast || misses() >= missesFrac),
      tokenOf,
    });
    // A record keeps the book as JSON.
    book = JSON.parse(JSON.stringify(told.book));
    flows.push(told);
    epochs.push({ epoch: index, marketAtMs: world.nowMs(), ...sumFlows(told.parts.map((part) => flowOf(part))) });
  }
  return { world, flows, epochs };
}

function close(left: number, right: number): void {
  expect(Math.abs(left - right)).toBeLessThan(1e-9 * Math.max(1_000_000, Math.abs(left)));
}

/** Amounts of both tokens as records have them. */
function list(amounts: readonly [bigint, bigint]) {
  return [
    { token: BASE, raw: amounts[0].toString() },
    { token: QUOTE, raw: amounts[1].toString() },
  ];
}

function at(price: number, atMs: number) {
  return { price, quoteUsd: 1, atMs };
}

/** Entries as the signer lists them, all at one price. */
function line(seq: number, lines: readonly Entry[], price: number): StatementEntry[] {
  return lines.map((entry, index) => ({
    ...entry,
    seq: seq * 100 + index,
    atMs: 0,
    marketAtMs: 0,
    pairId: PAIR,
    chainId: CHAIN,
    amountRaw: entry.amountRaw.toString(),
    planId: "p",
    opId: `o${seq}`,
    txHash: null,
    rate: { price, quoteUsd: 1, nativeUsd: 2_000, atMs: 0 },
  }));
}

const SEEDS = Array.from({ length: 12 }, (_, index) => TEST_SEED + index * 7_919);

describe(`bookFlows, seed ${TEST_SEED}`, () => {
  it("default: epochs, days and lives with what belongs to none are the same sums, figure by figure", () => {
    for (const seed of SEEDS) {
      const { flows, epochs } = tell(seed, 4);
      const whole = sumFlows(epochs);
      const days = pnlByDay(epochs);
      const lives = new Map<string | null, ReturnType<typeof flowOf>[]>();
      for (const part of flows.flatMap(({ parts }) => parts)) {
        lives.set(part.positionId, [...(lives.get(part.positionId) ?? []), flowOf(part)]);
      }
      expect(lives.size).toBeGreaterThan(3);
      const byLife = sumFlows([...lives.values()].map((parts) => sumFlows(parts)));
      for (const key of [
        "feesUsd",
        "markUsd",
        "hodlUsd",
        "lvrUsd",
        "gasUsd",
        "swapCostUsd",
        "bridgeCostUsd",
        "netUsd",
        "alphaUsd",
      ] as const) {
        close(
          days.reduce((sum, day) => sum + day[key], 0),
          whole[key],
        );
        close(byLife[key], whole[key]);
      }
      close(whole.netUsd, whole.feesUsd + whole.markUsd - whole.gasUsd - whole.swapCostUsd - whole.bridgeCostUsd);
      close(whole.alphaUsd, whole.feesUsd - whole.lvrUsd - whole.gasUsd - whole.swapCostUsd - whole.bridgeCostUsd);
      close(whole.lvrUsd, whole.hodlUsd - whole.markUsd);
    }
  });

  it("behavior: the flows explain the capital at every look, and the last is what the chain holds", () => {
    for (const seed of SEEDS) {
      const { world, flows } = tell(seed, 3, 0.2);
      let endUsd = 0;
      for (const { parts, capital } of flows) {
        const sum = sumFlows(parts.map((part) => flowOf(part)));
        close(capital.startUsd, endUsd);
        close(
          capital.endUsd,
          capital.startUsd +
            capital.paidInUsd +
            sum.feesUsd +
            sum.markUsd +
            capital.outsideUsd -
            sum.swapCostUsd -
            sum.bridgeCostUsd -
            capital.writtenOffUsd,
        );
        endUsd = capital.endUsd;
      }
      close(endUsd, world.worthUsd());
    }
  });

  it("behavior: how often one looks, and what a look misses, changes no position's change of value and no unit of its fees", () => {
    for (const seed of SEEDS) {
      const often = tell(seed, 1);
      const seldom = tell(seed, 120);
      const patchy = tell(seed, 2, 0.5);
      for (const { id, collected, fees, opening } of [...often.world.closed, ...often.world.open]) {
        const of = (told: Told) =>
          told.flows.flatMap(({ parts }) => parts.filter(({ positionId }) => positionId === id));
        const mark = (told: Told): number => of(told).reduce((sum, part) => sum + part.markUsd, 0);
        // An adopted one starts at the price of the look that finds it.
        if (opening.every((raw) => raw === 0n)) {
          close(mark(often), mark(seldom));
          close(mark(often), mark(patchy));
        }
        for (const told of [often, seldom, patchy]) {
          const earned = toAmounts(of(told).flatMap((part) => part.fees));
          expect([earned.get(BASE) ?? 0n, earned.get(QUOTE) ?? 0n]).toEqual([
            collected[0] + fees[0] - opening[0],
            collected[1] + fees[1] - opening[1],
          ]);
        }
      }
    }
  });

  it("behavior: by hand: a life of two looks, its swap and its gas", () => {
    const tokens = { pairId: PAIR, token0: BASE, token1: QUOTE, positionId: "1:f:0x:1" };
    const entries = [
      ...line(
        1,
        assignEntries({
          pairId: PAIR,
          token: QUOTE,
          amountRaw: 5_000_000_000n,
          unassignedRaw: 5_000_000_000n,
          creditRaw: 0n,
        }) ?? [],
        2_000,
      ),
      ...line(
        2,
        swapEntries({ pairId: PAIR, tokenIn: QUOTE, tokenOut: BASE, amountInRaw: 2_010_000_000n, amountOutRaw: E18 }),
        2_000,
      ),
      ...line(
        3,
        [...mintEntries({ ...tokens, amount0Raw: E18, amount1Raw: 2_000_000_000n }), ...gasEntries(10n ** 15n)],
        2_000,
      ),
    ];
    const seen = {
      positionId: tokens.positionId,
      amounts: [
        { token: BASE, raw: String((E18 * 9n) / 10n) },
        { token: QUOTE, raw: "2203000000" },
      ],
      fees: [{ token: QUOTE, raw: "7000000" }],
    };
    const first = bookFlows({
      pairId: PAIR,
      book: null,
      entries,
      reading: { at: at(2_100, 1), positions: [seen], nativeUsd: () => null },
      tokenOf,
    });
    const life = first.parts.find(({ positionId }) => positionId === tokens.positionId);
    // In: 1 + 2 000 at 2 000. Now: 0.9 + 2 203 at 2 100 = 4 093. Held: 4 100.
    expect(life).toMatchObject({ feesUsd: 7, markUsd: 93, hodlUsd: 100, gasUsd: 2 });
    expect(first.parts.find(({ positionId }) => positionId === null)).toMatchObject({ swapCostUsd: 10, gasUsd: 0 });
    expect(first.capital).toMatchObject({ startUsd: 0, paidInUsd: 5_000, outsideUsd: 0, endUsd: 990 + 4_093 + 7 });
    const burned = line(
      4,
      burnEntries({
        ...tokens,
        booked0Raw: E18,
        booked1Raw: 2_000_000_000n,
        principal0Raw: (E18 * 8n) / 10n,
        principal1Raw: 2_420_000_000n,
        paid0Raw: (E18 * 8n) / 10n,
        paid1Raw: 2_430_000_000n,
      }),
      2_200,
    );
    const second = bookFlows({
      pairId: PAIR,
      book: first.book,
      entries: [...entries, ...burned],
      reading: { at: at(2_300, 2), positions: [], nativeUsd: () => null },
      tokenOf,
    });
    // 0.8 + 2 420 at 2 200 = 4 180; held 0.9 for 100 more each; fees 10 of which 7 were counted; outside 0.8 went from 2 200 to 2 300.
    expect(second.parts).toMatchObject([{ feesUsd: 3, markUsd: 87, hodlUsd: 90, gasUsd: 0 }]);
    expect(second.capital.outsideUsd).toBeCloseTo(80, 9);
    expect(second.book.positions).toEqual([]);
    expect(second.capital.endUsd).toBeCloseTo(990 + 0.8 * 2_300 + 2_430, 9);
  });
});
