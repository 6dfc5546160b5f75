// Bridges and direct pools against the devnet: offers and quotes in the service's own format, each lie refused, a pool's own maths against its quoter.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { rawAmount } from "@/lib/amm/human-units";
import { toBridgeOffer, type WantedTransfer } from "@/lib/plan/build-plan";
import type { Plan, SwapStep } from "@/lib/plan/plan";
import { poolRefOf } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Address } from "@/lib/units";
import { createRegistryView } from "@/server/config/registry";
import { createBridgeQuotes, type BridgeQuoteRequest } from "@/server/execution/bridge-quotes";
import { chooseSwapRoutes, readPoolOut } from "@/server/execution/direct-swap";
import { createSwapQuotes } from "@/server/execution/swap-quotes";
import { createQuoteService } from "@/server/execution/swap-quotes-service";
import { createCallPort } from "@/server/infra/chain/call-port";
import { createChainClients, type ChainClients } from "@/server/infra/chain/clients";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { startDevnetProcess, type DevnetProcess } from "@/tests/support/devnet-process";
import { printLine } from "@/tests/support/print-line";

const WALLET: Address = "0x1111111111111111111111111111111111111111";
const QUOTER_ABI = parseAbi([
  "function quoteExactInputSingle((address tokenIn, address tokenOut, uint256 amountIn, uint24 fee, uint160 sqrtPriceLimitX96) params) returns (uint256 amountOut, uint160, uint32, uint256)",
]);

let devnet: DevnetProcess;
let clients: ChainClients;
let pools: readonly ResolvedPool[];

beforeAll(async () => {
  devnet = await startDevnetProcess({ seed: 7, wallet: WALLET, chains: 3 });
  await devnet.control("POST", "/mine", { steps: 5, stepMs: 60_000 });
  await devnet.control("POST", "/pause", { paused: true });
  const nowMs = await devnet.nowMs();
  pools = createRegistryView(devnet.registry).poolsOf("WETH-USDC");
  clients = createChainClients({ chains: devnet.registry.chains, wallNowMs: Date.now, marketNowMs: () => nowMs });
}, 120_000);
afterAll(() => devnet?.stop());
afterEach(() => devnet.control("DELETE", "/faults"));

const service = () =>
  createQuoteService({ baseUrl: devnet.lifiUrl, apiKey: null, wallNowMs: Date.now, timeoutMs: 5_000 });
const bridges = () => createBridgeQuotes(service());
const portOf = (chainId: number) => {
  const client = clients.get(chainId);
  return client.ok ? createCallPort(client.value) : null;
};
const fault = (kind: string): Promise<unknown> => devnet.control("POST", "/faults", { service: "lifi", kind });

function ends(): { readonly from: ResolvedPool; readonly to: ResolvedPool } {
  const [from] = pools;
  const to = pools.find(({ chain }) => chain.id !== from?.chain.id);
  if (from === undefined || to === undefined) throw new Error("two chains expected");
  return { from, to };
}

function bridgeRequest(change: Partial<BridgeQuoteRequest> = {}): BridgeQuoteRequest {
  const { from, to } = ends();
  return {
    fromChainId: from.chain.id,
    toChainId: to.chain.id,
    router: from.chain.lifiDiamond ?? WALLET,
    wallet: WALLET,
    tokenIn: from.quote.address,
    tokenOut: to.quote.address,
    amountInRaw: rawAmount(1_000, from.quote.decimals),
    minAmountOutRaw: rawAmount(990, to.quote.decimals),
    bridges: ["across"],
    nativeFeeMaxRaw: 0n,
    slippageBps: 50,
    cexPrice: 2_500,
    poolPrice: 2_500,
    ...change,
  };
}

describe("bridges", () => {
  test("default: an offer becomes the plan's bound, and the quote of the moment holds it", async () => {
    const { from, to } = ends();
    const ask = bridgeRequest();
    const offered = await bridges().fetchOffer(ask);
    if (!offered.ok) throw offered.error;
    const wanted: WantedTransfer = { ...ask, side: "quote", valueUsd: 1_000 };
    const offer = toBridgeOffer({
      wanted,
      answer: offered.value,
      router: ask.router,
      decimalsIn: from.quote.decimals,
      decimalsOut: to.quote.decimals,
      slippageBps: 50,
    });
    expect(offer?.feeUsd).toBeGreaterThan(0);
    expect(offer?.feeUsd).toBeLessThan(15);
    const quote = await bridges().fetchQuote({ ...ask, minAmountOutRaw: offer?.minAmountOutRaw ?? 0n });
    if (!quote.ok) throw quote.error;
    expect(quote.value).toMatchObject({ bridge: "across", toChainId: to.chain.id, valueRaw: 0n });
    expect(quote.value.toAmountMinRaw).toBeGreaterThanOrEqual(offer?.minAmountOutRaw ?? 0n);
  });

  test("behavior: a fee in the native coin is offered, bound and sent along; without a bound it is refused", async () => {
    await fault("native_fee");
    const offered = await bridges().fetchOffer(bridgeRequest());
    if (!offered.ok) throw offered.error;
    expect(offered.value.nativeFeeRaw).toBeGreaterThan(0n);
    const within = await bridges().fetchQuote(bridgeRequest({ nativeFeeMaxRaw: offered.value.nativeFeeRaw }));
    expect(within.ok && within.value.valueRaw).toBe(offered.value.nativeFeeRaw);
    const without = await bridges().fetchQuote(bridgeRequest());
    expect(without.ok ? null : without.error.code).toBe("quote_refused");
  });

  test.each([
    "wrong_receiver",
    "wrong_token",
    "wrong_amount",
    "wrong_to",
    "wrong_approval",
    "wrong_selector",
    "wrong_minimum",
    "wrong_chain",
    "wrong_destination",
    "wrong_call",
    "wrong_value",
    "wrong_data",
  ])("error: quote_refused for %s", async (kind) => {
    await fault(kind);
    const quote = await bridges().fetchQuote(bridgeRequest());
    expect(quote.ok ? null : quote.error.code).toBe("quote_refused");
  });

  test("error: no offer where there is no route; a transaction nobody sent has no status", async () => {
    await fault("no_route");
    const offered = await bridges().fetchOffer(bridgeRequest());
    expect(offered.ok ? null : offered.error.code).toBe("quote_unavailable");
    const { fromChainId, toChainId } = bridgeRequest();
    const status = await bridges().readStatus({
      txHash: `0x${"ab".repeat(32)}`,
      fromChainId,
      toChainId,
      bridge: "across",
    });
    expect(status.ok && [status.value.status, status.value.paid]).toEqual(["NOT_FOUND", null]);
  });
});

const v3Pools = () => pools.filter(({ dex, contracts }) => dex.family === "uniswap-v3" && contracts.quoterV2 !== null);

function planOf(chainId: number, minimumUsd: number): Plan {
  const pool = pools.find(({ chain }) => chain.id === chainId);
  if (pool === undefined) throw new Error("no pool");
  const step: SwapStep = {
    kind: "swap",
    chainId,
    provider: "lifi",
    router: pool.chain.lifiDiamond ?? WALLET,
    tokenIn: pool.base.address,
    tokenOut: pool.quote.address,
    amountInRaw: 10n ** 18n,
    minAmountOutRaw: rawAmount(minimumUsd, pool.quote.decimals),
  };
  return { steps: [step], bounds: { maxSlippageBps: 50 } } as unknown as Plan;
}
const choose = (chainId: number, input: { readonly minimumUsd?: number; readonly gasUnitUsd?: number } = {}) =>
  chooseSwapRoutes(
    { quotes: createSwapQuotes(service()), portOf, wallet: WALLET, log: silentLogger },
    {
      plan: planOf(chainId, input.minimumUsd ?? 1),
      pools,
      price: 2_500,
      quoteUsd: 1,
      gasUnitUsd: new Map(input.gasUnitUsd === undefined ? [] : [[chainId, input.gasUnitUsd]]),
    },
  );

describe("a pool of the pair instead of the aggregator", () => {
  test("default: what is expected of a pool is what its own quoter says, to the unit, both ways and for large amounts", async () => {
    let compared = 0;
    for (const pool of v3Pools()) {
      const port = portOf(pool.chain.id);
      if (port === null) throw new Error("no port");
      const ref = poolRefOf(pool);
      for (const [tokenIn, tokenOut, amountIn] of [
        [pool.quote, pool.base, 1_000],
        [pool.quote, pool.base, 50_000],
        [pool.base, pool.quote, 0.5],
        [pool.base, pool.quote, 15],
      ] as const) {
        const amountInRaw = rawAmount(amountIn, tokenIn.decimals);
        const expected = await readPoolOut({ portOf, log: silentLogger }, pool, {
          tokenIn: tokenIn.address,
          amountInRaw,
        });
        const answer = await port.call(
          {
            to: pool.contracts.quoterV2 ?? WALLET,
            data: encodeFunctionData({
              abi: QUOTER_ABI,
              functionName: "quoteExactInputSingle",
              args: [
                {
                  tokenIn: tokenIn.address,
                  tokenOut: tokenOut.address,
                  amountIn: amountInRaw,
                  fee: ref.feePips ?? 0,
                  sqrtPriceLimitX96: 0n,
                },
              ],
            }),
          },
          "latest",
        );
        const [quoted] = decodeFunctionResult({ abi: QUOTER_ABI, functionName: "quoteExactInputSingle", data: answer });
        if (typeof expected === "string") expect(expected).toBe("the pool is too shallow");
        else {
          expect(expected).toBe(quoted);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThanOrEqual(4);
  }, 60_000);

  test("default: both ways are weighed on every chain, and the plan gets the second one too", async () => {
    for (const chainId of new Set(pools.map(({ chain }) => chain.id))) {
      const [route] = await choose(chainId);
      if (route === undefined) throw new Error("no route");
      printLine(route.words);
      expect(["lifi", "pool"]).toContain(route.provider);
      if (route.other !== null && route.other !== undefined) {
        expect(new Set([route.provider, route.other.provider])).toEqual(new Set(["lifi", "pool"]));
        expect(route.words).toContain("chosen again when the swap is made");
      }
      const pooled = [route, route.other ?? null].filter((way) => way !== null && way.provider === "pool");
      for (const way of pooled) expect(pools.map(({ pool }) => pool.id)).toContain(way?.pool);
    }
  });

  test("behavior: dear gas turns the choice to the pool; with the aggregator away the pool is the only way", async () => {
    const chainId = v3Pools()[0]?.chain.id ?? 0;
    const [dear] = await choose(chainId, { gasUnitUsd: 1e-3 });
    expect(dear).toMatchObject({ provider: "pool", other: { provider: "lifi" } });
    await fault("server_error");
    const [alone] = await choose(chainId);
    expect(alone).toMatchObject({ provider: "pool", other: null });
    expect(alone?.words).toContain("the aggregator had no quote");
  });

  test("error: with neither at the plan's minimum there is no swap, and the words say so", async () => {
    const chainId = v3Pools()[0]?.chain.id ?? 0;
    const [route] = await choose(chainId, { minimumUsd: 1_000_000 });
    expect(route).toMatchObject({ provider: "none", router: null, pool: null });
    expect(route?.words).toMatch(/No swap on chain/);
  });
});
