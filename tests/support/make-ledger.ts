// A drawn ledger of one pair on two chains, by the entry builders that the signer books with: openings, capital, positions, swaps, bridges, fees and gas.
import { mulberry32 } from "@/lib/math/rng";
import { NATIVE_TOKEN, pairOfAccount } from "@/lib/ledger/accounts";
import {
  assignEntries,
  bridgeInEntries,
  bridgeLandedEntries,
  bridgeOutEntries,
  burnEntries,
  gasEntries,
  mintEntries,
  openingEntries,
  swapEntries,
  type Entry,
} from "@/lib/ledger/entries";
import {
  buildStatement,
  type EntryRate,
  type StatementEntry,
  type StatementRow,
  type StatementToken,
} from "@/lib/ledger/statement";
import type { Address } from "@/lib/units";

export const LEDGER_PAIR = "WETH-USDC";
const CHAINS = [1, 56] as const;
const WETH: Address = `0x${"01".repeat(20)}`;
const USDC: Address = `0x${"02".repeat(20)}`;
/** USDC has 18 decimals on the second chain, as on a chain of the registry. */
const USDC_DECIMALS = { 1: 6, 56: 18 } as const;
const START_MS = 1_767_225_600_000;
const YEAR_MS = 365 * 86_400_000;

type ChainId = (typeof CHAINS)[number];

interface OpenPosition {
  readonly positionId: string;
  readonly chainId: ChainId;
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
}

function usdc(chainId: ChainId): bigint {
  return 10n ** BigInt(USDC_DECIMALS[chainId]);
}

/** `priced: false` leaves every price away; without `everyMs` the transactions fill a year. */
export function makeLedger(input: {
  readonly seed: number;
  readonly transactions: number;
  readonly priced?: boolean;
  readonly everyMs?: number;
}): readonly StatementEntry[] {
  const rng = mulberry32(input.seed);
  const entries: StatementEntry[] = [];
  const wallet = new Map<string, bigint>();
  let positions: OpenPosition[] = [];
  let record = 0;
  let price = 2_000;
  let atMs = START_MS;

  const free = (chainId: ChainId, token: string): bigint => wallet.get(`${chainId}|${token}`) ?? 0n;
  const part = (amountRaw: bigint): bigint => (amountRaw * BigInt(1 + Math.floor(rng() * 900))) / 1_000n;
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(rng() * list.length)];

  function post(
    legs: readonly { readonly chainId: ChainId; readonly entries: readonly Entry[] }[],
    hasOp: boolean,
  ): void {
    record += 1;
    const rate: EntryRate = { price, quoteUsd: 0.999 + rng() * 0.002, nativeUsd: price, atMs };
    let line = 0;
    for (const { chainId, entries: own } of legs) {
      for (const entry of own) {
        if (entry.account === `pair:${LEDGER_PAIR}:wallet`) {
          wallet.set(`${chainId}|${entry.token}`, free(chainId, entry.token) + entry.amountRaw);
        }
        entries.push({
          seq: record * 100 + line,
          atMs,
          marketAtMs: atMs,
          pairId: pairOfAccount(entry.account) ?? (hasOp ? LEDGER_PAIR : null),
          chainId,
          account: entry.account,
          token: entry.token,
          amountRaw: entry.amountRaw.toString(),
          kind: entry.kind,
          planId: hasOp ? `0x${record.toString(16)}` : null,
          opId: hasOp ? `0x${record.toString(16)}` : null,
          txHash: hasOp ? `0x${record.toString(16).padStart(64, "0")}` : null,
          rate: input.priced === false ? null : rate,
        });
        line += 1;
      }
    }
  }
  const act = (chainId: ChainId, own: readonly Entry[]): void =>
    post([{ chainId, entries: [...own, ...gasEntries(BigInt(1 + Math.floor(rng() * 1e15)))] }], true);

  for (const chainId of CHAINS) {
    const held = [
      [WETH, 50n * 10n ** 18n],
      [USDC, 100_000n * usdc(chainId)],
      [NATIVE_TOKEN, 100n * 10n ** 18n],
    ] as const;
    post([{ chainId, entries: held.flatMap(([token, amountRaw]) => openingEntries(token, amountRaw)) }], false);
    const given = held
      .filter(([token]) => token !== NATIVE_TOKEN)
      .flatMap(
        ([token, amountRaw]) =>
          assignEntries({ pairId: LEDGER_PAIR, token, amountRaw, unassignedRaw: amountRaw, creditRaw: 0n }) ?? [],
      );
    post([{ chainId, entries: given }], false);
  }

  function mint(chainId: ChainId): void {
    const opened = {
      positionId: `${chainId}:uniswap-v3:0x${"03".repeat(20)}:${record}`,
      chainId,
      amount0Raw: part(free(chainId, WETH)),
      amount1Raw: part(free(chainId, USDC)),
    };
    positions.push(opened);
    act(chainId, mintEntries({ pairId: LEDGER_PAIR, token0: WETH, token1: USDC, ...opened }));
  }

  /** The pool gave more of one and less of the other, and fees. */
  function burn(position: OpenPosition): void {
    positions = positions.filter((each) => each !== position);
    const { chainId, amount0Raw, amount1Raw } = position;
    const sold = part(amount0Raw) / 3n;
    const got = (sold * BigInt(Math.round(price * 1_000)) * usdc(chainId)) / (1_000n * 10n ** 18n);
    const principal0Raw = amount0Raw - sold;
    const principal1Raw = amount1Raw + got;
    act(
      chainId,
      burnEntries({
        pairId: LEDGER_PAIR,
        token0: WETH,
        token1: USDC,
        positionId: position.positionId,
        booked0Raw: amount0Raw,
        booked1Raw: amount1Raw,
        principal0Raw,
        principal1Raw,
        paid0Raw: principal0Raw + part(amount0Raw) / 100n,
        paid1Raw: principal1Raw + part(amount1Raw) / 100n,
      }),
    );
  }

  function swap(chainId: ChainId): void {
    const isSale = rng() < 0.5;
    const [tokenIn, tokenOut] = isSale ? [WETH, USDC] : [USDC, WETH];
    const amountInRaw = part(free(chainId, tokenIn));
    const milli = BigInt(Math.round(price * 1_000));
    const fair = isSale
      ? (amountInRaw * milli * usdc(chainId)) / (1_000n * 10n ** 18n)
      : (amountInRaw * 1_000n * 10n ** 18n) / (milli * usdc(chainId));
    const amountOutRaw = (fair * 997n) / 1_000n;
    if (amountOutRaw === 0n) return;
    act(chainId, swapEntries({ pairId: LEDGER_PAIR, tokenIn, tokenOut, amountInRaw, amountOutRaw }));
  }

  function bridge(fromChainId: ChainId): void {
    const toChainId = fromChainId === 1 ? 56 : 1;
    const amountRaw = part(free(fromChainId, USDC));
    if (amountRaw === 0n) return;
    const transfer = { pairId: LEDGER_PAIR, transferId: `0x${record.toString(16)}`, token: USDC, amountRaw };
    act(fromChainId, bridgeOutEntries(transfer));
    const arrivedRaw = (((amountRaw * usdc(toChainId)) / usdc(fromChainId)) * 9_995n) / 10_000n;
    post(
      [
        {
          chainId: toChainId,
          entries: bridgeInEntries({ pairId: LEDGER_PAIR, token: USDC, amountRaw: arrivedRaw, creditedRaw: 0n }),
        },
        { chainId: fromChainId, entries: bridgeLandedEntries(transfer) },
      ],
      true,
    );
  }

  for (let done = 0; done < input.transactions; done += 1) {
    atMs += input.everyMs ?? Math.floor(YEAR_MS / (input.transactions + 1));
    price *= 1 + (rng() - 0.5) * 0.02;
    const chainId = pick(CHAINS) ?? 1;
    const drawn = rng();
    const open = pick(positions);
    if (drawn < 0.35) mint(chainId);
    else if (drawn < 0.7 && open !== undefined) burn(open);
    else if (drawn < 0.95) swap(chainId);
    else bridge(chainId);
  }
  return entries;
}

/** The same as rows, as desk and command line read them. */
export function makeLedgerRows(input: Parameters<typeof makeLedger>[0]): readonly StatementRow[] {
  return buildStatement({
    entries: makeLedger(input),
    pricesOf: () => null,
    sharedPairOf: () => null,
    tokenOf: (chainId, token): StatementToken => {
      if (token === NATIVE_TOKEN) return { symbol: "ETH", decimals: 18, side: null };
      if (token === WETH) return { symbol: "WETH", decimals: 18, side: "base" };
      return { symbol: "USDC", decimals: chainId === 56 ? 18 : 6, side: "quote" };
    },
  });
}
