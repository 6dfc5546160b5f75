// Offers for a plan in the making: one question per transfer that is wanted, each answer weighed by our own prices, what is too dear left out.
import { describe, expect, test } from "vitest";
import type { WantedTransfer } from "@/lib/plan/build-plan";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { err, ok } from "@/lib/errors/result";
import { ExecutionError } from "@/lib/errors/tidegate-error";
import { poolKey, type Address } from "@/lib/units";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { buildPool } from "@/tests/support/build-snapshot";
import { resolvedPoolOf } from "@/tests/support/resolved-pool-of";
import type { BridgeOfferAnswer, BridgeQuotes } from "./bridge-quotes";
import { bridgeTermsOf, offerBridges } from "./bridge-quotes-offers";

const [A, B, C] = [31_337, 31_338, 31_339] as const;
const WALLET: Address = `0x${"11".repeat(20)}`;
const ETH_USD = 2_000;

function factsOn(chainId: number, quoteDecimals: number, hasRouter = true) {
  const address: Address = `0x1${String(chainId).padStart(39, "0")}`;
  const template = buildPool();
  return resolvedPoolOf(
    buildPool({
      chainId,
      address,
      poolKey: poolKey(chainId, "uniswap-v3", address),
      quote: { ...template.quote, decimals: quoteDecimals },
    }),
    hasRouter,
  );
}
const pools = [factsOn(A, 6), factsOn(B, 18), factsOn(C, 6, false)];

const token = (chainId: number): Address => pools.find(({ chain }) => chain.id === chainId)?.quote.address ?? WALLET;

/** 1 000 USD of QUOTE. */
function wanted(fromChainId: number, toChainId: number): WantedTransfer {
  const decimals = fromChainId === B ? 18n : 6n;
  return {
    fromChainId,
    toChainId,
    side: "quote",
    tokenIn: token(fromChainId),
    tokenOut: token(toChainId),
    amountInRaw: 1_000n * 10n ** decimals,
    valueUsd: 1_000,
  };
}

const answer = (change: Partial<BridgeOfferAnswer> = {}): BridgeOfferAnswer => ({
  bridge: "across",
  expectedOutRaw: 999n * 10n ** 18n,
  minAmountOutRaw: 998n * 10n ** 18n,
  nativeFeeRaw: 0n,
  gasUsd: 0.2,
  expectedSec: 12,
  ...change,
});

const ignore = (): void => undefined;

async function offersFor(
  list: readonly WantedTransfer[],
  fetchOffer: BridgeQuotes["fetchOffer"],
  nativeUsd: number | null = ETH_USD,
) {
  const warnings: unknown[] = [];
  const log: Logger = {
    debug: ignore,
    info: ignore,
    error: ignore,
    child: () => log,
    warn: (_event, fields) => warnings.push(fields?.["reason"]),
  };
  const offers = await offerBridges(
    { bridges: { fetchOffer }, wallet: WALLET, nativeUsdOf: () => nativeUsd, log },
    list,
    { pools, params: { ...OTHER_PAIR_PARAMS, slippageBps: 50 } },
  );
  return { offers, warnings };
}

describe("offerBridges", () => {
  test("default: asked with the wallet and the plan's slippage; the fee is what does not arrive, by our own price", async () => {
    const asked: unknown[] = [];
    const { offers } = await offersFor([wanted(A, B)], async (ask) => {
      asked.push(ask);
      return ok(answer());
    });
    expect(asked).toEqual([
      {
        fromChainId: A,
        toChainId: B,
        wallet: WALLET,
        tokenIn: pools[0]?.quote.address,
        tokenOut: pools[1]?.quote.address,
        amountInRaw: 1_000_000_000n,
        slippageBps: 50,
      },
    ]);
    const [offer] = offers;
    expect(offer).toMatchObject({
      router: pools[0]?.chain.lifiDiamond,
      expectedOutRaw: 999n * 10n ** 18n,
      // Room of one slippage for the next quote.
      minAmountOutRaw: (998n * 10n ** 18n * 9_950n) / 10_000n,
      bridges: ["across"],
      gasUsd: 0.2,
    });
    expect(offer?.feeUsd).toBeCloseTo(1, 9);
    expect(offer).not.toHaveProperty("nativeFeeMaxRaw");
  });

  test("behavior: a fee in the native coin is part of the fee, valued by our own price, with room for the next quote", async () => {
    const { offers } = await offersFor([wanted(A, B)], async () => ok(answer({ nativeFeeRaw: 10n ** 15n })));
    expect(offers[0]?.nativeFeeUsd).toBeCloseTo(2, 9);
    expect(offers[0]?.feeUsd).toBeCloseTo(3, 9);
    expect(offers[0]?.nativeFeeMaxRaw).toBe(1_250_000_000_000_000n);
  });

  test.each<[string, Partial<BridgeOfferAnswer>, number | null]>([
    ["takes more than 25 USD in the native coin", { nativeFeeRaw: 13n * 10n ** 15n }, ETH_USD],
    ["asks for a native fee that nothing here can value", { nativeFeeRaw: 1n }, null],
    ["could deliver less than 98.5 %", { minAmountOutRaw: 984n * 10n ** 18n }, ETH_USD],
    ["promises more than was sent", { expectedOutRaw: 1_002n * 10n ** 18n }, ETH_USD],
    ["counts in the wrong decimals", { expectedOutRaw: 999_000_000n, minAmountOutRaw: 998_000_000n }, ETH_USD],
  ])("error: left out when it %s", async (_, change, nativeUsd) => {
    const { offers, warnings } = await offersFor([wanted(A, B)], async () => ok(answer(change)), nativeUsd);
    expect(offers).toEqual([]);
    expect(String(warnings[0])).toMatch(/keeps too much/);
  });

  test("behavior: one that fails does not cost the others; a chain without a router is not asked for", async () => {
    const asked: number[] = [];
    const { offers, warnings } = await offersFor([wanted(A, C), wanted(C, A), wanted(A, B)], async (ask) => {
      asked.push(ask.toChainId);
      return ask.toChainId === B
        ? ok(answer())
        : err(new ExecutionError({ code: "quote_unavailable", retryable: true, message: "no route", details: {} }));
    });
    expect(asked).toEqual([C, B]);
    expect(offers.map(({ toChainId }) => toChainId)).toEqual([B]);
    expect(warnings).toEqual(["no route"]);
  });

  test("behavior: questions are put one after the other, because the service counts them", async () => {
    let open = 0;
    let most = 0;
    await offersFor([wanted(A, B), wanted(B, A), wanted(A, C)], async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => {
        setTimeout(resolve, 2);
      });
      open -= 1;
      return ok(answer());
    });
    expect(most).toBe(1);
  });
});

describe("bridgeTermsOf", () => {
  test("default: an offer says what its way costs for decisions to come; one for nothing that was wanted says nothing", async () => {
    const list = [wanted(A, B)];
    const { offers } = await offersFor(list, async () => ok(answer({ nativeFeeRaw: 10n ** 15n })));
    const [terms] = bridgeTermsOf(offers, list);
    expect([terms?.fromChainId, terms?.toChainId]).toEqual([A, B]);
    // 1 of 1 000 USD is kept; 2 USD of message fee and 0.2 USD of gas do not depend on the amount.
    expect(terms?.feeFrac).toBeCloseTo(0.001, 9);
    expect(terms?.fixedUsd).toBeCloseTo(2.2, 9);
    expect(bridgeTermsOf(offers, [wanted(B, A)])).toEqual([]);
  });
});
