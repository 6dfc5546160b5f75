// Sources and quotes against the devnet's services: honest answers in every native format, and each fault as its own typed error.
import { createTestClient, http, publicActions, walletActions } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { checkPriceTrust } from "@/lib/plan/price-trust";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { ok } from "@/lib/errors/result";
import { VENUES, type Family } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { readPoolCandles, type PoolCandleInput } from "@/server/api/pool-candles";
import { createRegistryView } from "@/server/config/registry";
import { createRegistryCheck } from "@/server/config/registry-check";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { createLifiQuotes, type SwapQuoteRequest } from "@/server/execution/swap-quotes";
import { poolRefOf } from "@/lib/registry/pool-ref";
import { createLiveReads } from "@/server/execution/live-reads";
import { createCallPort } from "@/server/infra/chain/call-port";
import { createChainClients, type ChainClients } from "@/server/infra/chain/clients";
import { createGeckoSource } from "@/server/sources/gecko-terminal";
import { readGasPriceWei } from "@/server/sources/gas";
import { createOhlcSource } from "@/server/sources/ohlc-ccxt";
import { noGrowthReason } from "@/server/sources/pool-state/family-extras";
import { createPoolStates } from "@/server/sources/pool-state/pool-states";
import { toObservedPosition, toPoolState } from "@/server/sources/pool-state/snapshot-forms";
import { printLine } from "@/tests/support/print-line";
import { startDevnetProcess, type DevnetProcess } from "@/tests/support/devnet-process";

const WALLET: Address = "0x1111111111111111111111111111111111111111";
const wall = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const sleep = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });

let devnet: DevnetProcess;
let nowMs: number;
let clients: ChainClients;
let pools: readonly ResolvedPool[];
let pegged: readonly ResolvedPool[];

beforeAll(async () => {
  devnet = await startDevnetProcess({ seed: 7, wallet: WALLET });
  await devnet.control("POST", "/mine", { steps: 12, stepMs: 60_000 });
  await devnet.control("POST", "/pause", { paused: true });
  nowMs = await devnet.nowMs();
  const view = createRegistryView(devnet.registry);
  pools = view.poolsOf("WETH-USDC");
  pegged = view.poolsOf("USDC-USDT");
  clients = createChainClients({ chains: devnet.registry.chains, wallNowMs: wall.nowMs, marketNowMs: () => nowMs });
}, 120_000);
afterAll(() => devnet?.stop());
afterEach(() => devnet.control("DELETE", "/faults"));

/** The wizard's candles of a pool nobody collects yet, in the same service's other form. */
function poolCandles(change: Partial<PoolCandleInput> = {}) {
  const [pool] = pools;
  if (pool === undefined) throw new Error("the devnet has a pool");
  return readPoolCandles(
    { baseUrl: devnet.geckoUrl, takeSlot: async () => true, sleep, isGone: () => false },
    {
      network: pool.chain.geckoSlug ?? "",
      pool: pool.pool.id,
      base: pool.base.address,
      quote: pool.quote.address,
      fromMs: nowMs - 86_400_000,
      // The quarter hour that is under way counts as over.
      toMs: nowMs + 900_000,
      ...change,
    },
  );
}

function geckoSource(takeSlot: () => Promise<boolean> = async () => true) {
  return createGeckoSource({
    baseUrl: devnet.geckoUrl,
    takeSlot,
    marketNowMs: () => nowMs,
    wall,
    sleep,
    timeoutMs: 3_000,
  });
}

const ids = (): readonly string[] => pools.map(({ pool }) => pool.id);

const network = (): string => pools[0]?.chain.geckoSlug ?? "";

function request(): SwapQuoteRequest {
  const [first] = pools;
  if (first?.chain.lifiDiamond === null || first === undefined) throw new Error("no router");
  return {
    chainId: first.chain.id,
    router: first.chain.lifiDiamond,
    wallet: WALLET,
    tokenIn: first.quote.address,
    tokenOut: first.base.address,
    amountInRaw: 1_000_000_000n,
    minAmountOutRaw: 10n ** 17n,
    slippageBps: 50,
    cexPrice: 2_500,
    poolPrice: 2_500,
  };
}

const quotes = () =>
  createLifiQuotes({ baseUrl: devnet.lifiUrl, apiKey: null, wallNowMs: wall.nowMs, timeoutMs: 3_000 });

function fault(service: string, kind: string): Promise<unknown> {
  return devnet.control("POST", "/faults", { service, kind });
}

describe("ohlc source", () => {
  test.each(VENUES)("default: %s gives closed minutes in our row form and pages through a day", async (venue) => {
    const source = createOhlcSource({ proxyUrl: devnet.exchangeProxyUrl, marketNowMs: () => nowMs });
    const instrument = { venue, base: "ETH", quote: "USDC" };
    const page = await source.fetchPage(instrument, nowMs - 3_600_000);
    expect(page.ok ? page.value.length : page.error.message).toBe(60);
    const last = page.ok ? page.value.at(-1) : undefined;
    expect((last?.[0] ?? 0) + 60_000).toBeLessThanOrEqual(nowMs);
    const day = await source.fetchCandles({ instrument, sinceMs: nowMs - 86_400_000, untilMs: nowMs });
    expect(day.ok ? day.value.length : day.error.message).toBe(1_440);
    const times = day.ok ? day.value.map((row) => row[0]) : [];
    expect(new Set(times).size).toBe(times.length);
    expect(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) === 60_000)).toBe(true);
  });

  test.each([
    ["not_json", ["bad_data", "unreachable"]],
    ["truncated", ["bad_data", "unreachable"]],
    ["rate_limit", ["rate_limited"]],
    ["server_error", ["unreachable"]],
    ["cut", ["unreachable"]],
  ])("error: %s", async (kind, codes) => {
    for (const venue of VENUES) {
      await fault(venue, kind);
      const source = createOhlcSource({
        proxyUrl: devnet.exchangeProxyUrl,
        marketNowMs: () => nowMs,
        sleep: async () => undefined,
      });
      const page = await source.fetchPage({ venue, base: "ETH", quote: "USDC" }, nowMs - 3_600_000);
      expect(page.ok ? `${venue}: ok` : `${venue}: ${page.error.code}`).toBe(
        `${venue}: ${page.ok ? codes.join(" or ") : codes.includes(page.error.code) ? page.error.code : codes.join(" or ")}`,
      );
      if (!page.ok) expect(page.error.message).not.toContain("http://");
    }
  });

  test.each(["null_fields", "empty", "missing_rows", "duplicate_rows", "wrong_order"])(
    "behavior: %s never yields a row that is not finite, positive and closed",
    async (kind) => {
      await fault("cex", kind);
      for (const venue of VENUES) {
        const source = createOhlcSource({ proxyUrl: devnet.exchangeProxyUrl, marketNowMs: () => nowMs });
        const page = await source.fetchPage({ venue, base: "ETH", quote: "USDC" }, nowMs - 3_600_000);
        if (!page.ok) {
          expect(page.error.code).toBe("bad_data");
          continue;
        }
        for (const [openAtMs, open, high, low, close, volume] of page.value) {
          expect([open, high, low, close].every((price) => Number.isFinite(price) && price > 0)).toBe(true);
          expect(Number.isFinite(volume)).toBe(true);
          expect(openAtMs + 60_000).toBeLessThanOrEqual(nowMs);
        }
      }
    },
  );
});

describe("candles of a pool", () => {
  test("default: quarter hours of its swaps as minutes, at the price the service gives for the pool", async () => {
    const [read, listed] = await Promise.all([
      poolCandles(),
      geckoSource().fetchPools({ network: network(), pools: ids() }),
    ]);
    if (!read.ok) throw read.error;
    if (!listed.ok) throw listed.error;
    const { series } = read.value;
    expect(series.length).toBeGreaterThan(0);
    const usd = listed.value.pools.get(ids()[0]?.toLowerCase() ?? "")?.tokenPriceUsd;
    const baseUsd = usd?.get(pools[0]?.base.address.toLowerCase() ?? "") ?? Number.NaN;
    expect(Math.abs((series.close[series.length - 1] ?? 0) / baseUsd - 1)).toBeLessThan(0.02);
    expect([...series.low].every((low) => low > 0)).toBe(true);
  });

  test("error: tokens that are not the pool's, an unknown pool and a service that fails are sentences", async () => {
    const wrong = await poolCandles({ quote: WALLET });
    expect(wrong.ok ? "candles" : wrong.error.message).toMatch(/^GeckoTerminal's candles are of /);
    const unknown = await poolCandles({ pool: WALLET });
    expect(unknown.ok ? "candles" : unknown.error.message).toMatch(/answered 404/);
    await fault("gecko", "server_error");
    const failed = await poolCandles();
    expect(failed.ok ? "candles" : failed.error.message).toMatch(/answered 5\d\d/);
  });
});

describe("gecko source", () => {
  test("default: volumes, reserves and prices matched to tokens; an unknown pool is named", async () => {
    const unknown = "0x00000000000000000000000000000000000000aa";
    const answer = await geckoSource().fetchPools({ network: network(), pools: [...ids(), unknown] });
    if (!answer.ok) throw answer.error;
    expect(answer.value.missing).toEqual([unknown]);
    for (const { pool, base, quote } of pools) {
      const found = answer.value.pools.get(pool.id.toLowerCase());
      expect(found?.tvlUsd).toBeGreaterThan(100_000);
      expect(found?.volumeH24Usd).toBeGreaterThan(0);
      expect(found?.tokenPriceUsd.get(base.address.toLowerCase())).toBeGreaterThan(100);
      expect(found?.tokenPriceUsd.get(quote.address.toLowerCase())).toBeCloseTo(1, 1);
    }
  });

  test("error: rate_limited, bad_data, unreachable; a limit is obeyed", async () => {
    await fault("gecko", "rate_limit");
    const limited = await geckoSource().fetchPools({ network: network(), pools: ids() });
    expect(limited.ok ? null : limited.error.code).toBe("rate_limited");
    await devnet.control("DELETE", "/faults");
    for (const kind of ["not_json", "truncated"]) {
      await fault("gecko", kind);
      const broken = await geckoSource().fetchPools({ network: network(), pools: ids() });
      expect(broken.ok ? null : ["bad_data", "unreachable"].includes(broken.error.code)).toBe(true);
      await devnet.control("DELETE", "/faults");
    }
    await fault("gecko", "server_error");
    const down = await geckoSource().fetchPools({ network: network(), pools: ids() });
    expect(down.ok ? null : down.error.code).toBe("unreachable");
  });

  test("behavior: null fields stay null, they are never 0", async () => {
    await fault("gecko", "null_fields");
    const answer = await geckoSource().fetchPools({ network: network(), pools: ids() });
    if (!answer.ok) throw answer.error;
    const values = [...answer.value.pools.values()].flatMap((pool) => [
      pool.tvlUsd,
      pool.volumeH1Usd,
      pool.volumeH24Usd,
    ]);
    expect(values.some((value) => value === null) || answer.value.refused.length > 0).toBe(true);
    expect(values.some((value) => value !== null && !(value > 0))).toBe(false);
  });

  test("behavior: waits for its slot", async () => {
    let turns = 0;
    const answer = await geckoSource(async () => {
      turns += 1;
      return turns > 2;
    }).fetchPools({ network: network(), pools: ids() });
    expect(answer.ok).toBe(true);
    expect(turns).toBe(3);
  });
});

const readsOf = (family: Family) => FAMILY_ADAPTERS[family].reads;
const onChain = (group: readonly ResolvedPool[], chainId: number) => group.filter(({ chain }) => chain.id === chainId);

async function statesOf(chainId: number) {
  const client = clients.get(chainId);
  if (!client.ok) throw client.error;
  const block = await client.value.readBlock();
  if (!block.ok) throw block.error;
  return { client: client.value, block: block.value, states: createPoolStates({ client: client.value, readsOf }) };
}

const chainIds = (): readonly number[] => [...new Set([...pools, ...pegged].map(({ chain }) => chain.id))];

describe("pool state", () => {
  test("default: state, average and depth of every pool at one block, every chain, family and token order", async () => {
    const methods = new Set<string>();
    const orders = new Set<boolean>();
    for (const chainId of chainIds()) {
      const { block, states } = await statesOf(chainId);
      for (const group of [pools, pegged]) {
        const mine = onChain(group, chainId);
        const startedAtMs = performance.now();
        const read = await states.readPools(mine, block);
        const tookMs = performance.now() - startedAtMs;
        if (!read.ok) throw read.error;
        printLine(`${mine.length} pools of chain ${chainId} read in ${tookMs.toFixed(0)} ms`);
        expect(read.value.refused.map(({ error }) => error.message)).toEqual([]);
        expect(read.value.readings).toHaveLength(mine.length);
        for (const reading of read.value.readings) {
          methods.add(reading.twap.method);
          orders.add(reading.facts.baseIsToken0);
          const trust = checkPriceTrust({
            spotTick: reading.live.tick,
            twapTick: reading.twap.tick,
            twapMethod: reading.twap.method,
            spotPrice: reading.price,
            cexPrice: reading.price,
            isPegged: group === pegged,
          });
          expect(trust.detail).toContain("5-minute average");
          expect(reading.price).toBeGreaterThan(group === pegged ? 0.9 : 500);
          expect(reading.price).toBeLessThan(group === pegged ? 1.1 : 20_000);
          const depth = await states.readDepth(reading);
          if (!depth.ok) throw depth.error;
          const around = depth.value.find(
            ({ priceLower, priceUpper }) => priceLower <= reading.price && reading.price <= priceUpper,
          );
          expect(around?.liquidityRaw, reading.ref.family).toBe(reading.live.liquidityRaw);
          // One manager holds the tokens of all its pools: what it holds says nothing about one of them.
          const isManaged = reading.ref.pool.length === 66;
          expect(reading.baseRaw === null).toBe(isManaged);
        }
      }
    }
    expect(methods.has("none")).toBe(false);
    expect([...orders].toSorted()).toEqual([false, true]);
  });

  test("behavior: a pool whose oracle is too short is averaged over past blocks, and says so", async () => {
    const [first] = pools;
    if (first === undefined) throw new Error("no pool");
    const { client, states } = await statesOf(first.chain.id);
    // The short oracle answers as long as its tick stood still for five minutes: a move of the price ends that.
    await devnet.control("POST", "/price", { pairId: "USDC-USDT", moveFrac: 0.002 });
    for (let step = 0; step < 30; step += 1) {
      const block = await client.call("head", (reader) => reader.getBlock());
      if (!block.ok) throw block.error;
      const read = await states.readPools(onChain([...pools, ...pegged], client.chain.id), {
        chainId: client.chain.id,
        number: block.value.number,
        hash: block.value.hash,
        timestampAtMs: Number(block.value.timestamp) * 1000,
        baseFeePerGasWei: null,
      });
      if (!read.ok) throw read.error;
      const sampled = read.value.readings.find(
        ({ twap, ref }) => twap.method === "blocks" && ref.family === "uniswap-v3",
      );
      if (sampled !== undefined) {
        expect(sampled.twap.detail).toContain("past blocks");
        expect(Math.abs((sampled.twap.tick ?? 1e9) - sampled.live.tick)).toBeLessThan(300);
        return;
      }
      await devnet.control("POST", "/mine", { steps: 1, stepMs: 60_000 });
    }
    throw new Error("no pool needed past blocks in 30 steps; the devnet should keep one oracle short");
  });

  test("behavior: positions carry what a collect and a burn really pay, to the wei", async () => {
    const uniswap = pools.filter(({ dex }) => dex.family === "uniswap-v3");
    const [first] = uniswap;
    if (first === undefined) throw new Error("no Uniswap V3 pool");
    const { block, states, client } = await statesOf(first.chain.id);
    const mine = onChain(uniswap, first.chain.id);
    const rpc = devnet.chains.find(({ id }) => id === first.chain.id)?.rpc ?? "";
    const owner = await liquidityProvider(rpc, first);
    const tokenIds = await readsOf("uniswap-v3").listOwned(createCallPort(client), poolRefOf(first), {
      wallet: owner,
      fromBlock: 0n,
      block: block.number,
    });
    // Each token is asked for in every pool: it is found in the one it lies in, and nowhere else.
    const wanted = mine.flatMap((facts) => tokenIds.map((tokenId) => ({ facts, tokenId })));
    const positions = await states.readPositions({ wanted, owner }, block);
    if (!positions.ok) throw positions.error;
    expect(positions.value.length).toBeGreaterThan(0);
    expect(new Set(positions.value.map(({ live }) => live.tokenId)).size).toBe(positions.value.length);
    expect(positions.value.some(({ live }) => live.fees0Raw > 0n && live.fees1Raw > 0n)).toBe(true);
    for (const position of positions.value) {
      const observed = toObservedPosition(position, 1);
      expect(observed.blockNumber).toBe(block.number);
      const { principal0Raw, principal1Raw } = position.live;
      expect([observed.baseRaw, observed.quoteRaw]).toEqual(
        position.facts.baseIsToken0 ? [principal0Raw, principal1Raw] : [principal1Raw, principal0Raw],
      );
    }
    const read = await states.readPools(mine, block);
    if (!read.ok) throw read.error;
    const [reading] = read.value.readings;
    if (reading === undefined) throw new Error("no reading");
    const state = toPoolState({
      reading,
      gecko: null,
      gas: { openUsd: 1, closeUsd: 1, shiftUsd: 2 },
      positions: positions.value,
    });
    if (state.kind !== "ticks") throw new Error("a pool of ticks expected");
    // The provider owns all liquidity of these pools.
    expect(state.ownLiquidityInRangeRaw).toBe(state.activeLiquidityRaw);
    expect(state.tvlUsd).toBeNull();
    const stranger = await states.readPositions({ wanted, owner: WALLET }, block);
    expect(stranger.ok && stranger.value.length).toBe(0);

    // What was measured at the block says the same about our part as the reading.
    const samples = await states.readSamples({ pools: mine, owner, known: [] }, block);
    if (!samples.ok) throw samples.error;
    const sample = samples.value.get(state.poolKey);
    expect([sample?.liquidityRaw, sample?.ownLiquidityRaw]).toEqual([
      state.activeLiquidityRaw,
      state.ownLiquidityInRangeRaw,
    ]);
  });

  test("default: every family but Liquidity Book gives samples of what its pools paid", async () => {
    for (const chainId of chainIds()) {
      const { block, states } = await statesOf(chainId);
      const mine = onChain(pools, chainId);
      const samples = await states.readSamples({ pools: mine, owner: WALLET, known: [] }, block);
      if (!samples.ok) throw samples.error;
      const measurable = mine.filter((facts) => noGrowthReason(poolRefOf(facts)) === null);
      expect(samples.value.size).toBe(measurable.length);
      for (const sample of samples.value.values()) {
        expect(sample.feeGrowthGlobal0X128 + sample.feeGrowthGlobal1X128).toBeGreaterThan(0n);
        expect(sample.ownLiquidityRaw).toBe(0n);
      }
    }
  });

  test("error: a registry entry the chain denies is refused with sentences; a pool that is none leaves the others", async () => {
    const [first] = pools;
    if (first === undefined) throw new Error("no pool");
    const { block, states, client } = await statesOf(first.chain.id);
    const [left, right] = onChain(pools, first.chain.id);
    if (left === undefined || right === undefined) throw new Error("two pools expected");
    const calls = createCallPort(client);
    const check = createRegistryCheck({ chainId: async (id) => ok(id), calls: () => ok(calls), readsOf });
    expect(await check.checkPool(left)).toEqual({ kind: "confirmed" });
    const swapped = await check.checkPool({ ...left, baseIsToken0: !left.baseIsToken0 });
    expect(swapped.kind === "mismatch" ? swapped.problems.join() : swapped.kind).toContain("token0");

    const noPool = { ...left, pool: { ...left.pool, id: left.base.address } };
    const read = await states.readPools([noPool, right], block);
    if (!read.ok) throw read.error;
    expect(read.value.refused.map(({ facts }) => facts)).toEqual([noPool]);
    expect(read.value.readings).toHaveLength(1);
  });

  test("error: a chain that is away is an error, not an empty reading", async () => {
    const [chain] = devnet.registry.chains;
    const [first] = pools;
    if (chain === undefined || first === undefined) throw new Error("no chain");
    const { block } = await statesOf(first.chain.id);
    const dead = createChainClients({
      chains: [{ ...first.chain, rpcUrls: ["http://127.0.0.1:1"] }],
      wallNowMs: wall.nowMs,
      marketNowMs: () => nowMs,
      timeoutMs: 1_000,
    }).get(first.chain.id);
    if (!dead.ok) throw dead.error;
    const read = await createPoolStates({ client: dead.value, readsOf }).readPools([first], block);
    expect(read.ok ? null : read.error.code).toBe("unreachable");
  });
});

describe("chain clients", () => {
  test("behavior: a dead first endpoint and one of another chain are passed over, and no text names a key", async () => {
    const [chain] = devnet.registry.chains;
    const rpc = devnet.chains[0]?.rpc ?? "";
    if (chain === undefined) throw new Error("no chain");
    const make = (urls: readonly string[], id = chain.id) =>
      createChainClients({
        chains: [{ ...chain, id, rpcUrls: [...urls] }],
        wallNowMs: wall.nowMs,
        marketNowMs: () => nowMs,
        timeoutMs: 2_000,
      }).get(id);
    const client = make(["http://127.0.0.1:1/v2/secret-key-0123456789", rpc]);
    if (!client.ok) throw client.error;
    expect((await client.value.readBlock()).ok).toBe(true);
    expect(client.value.endpointStates().map(({ status }) => status)).toEqual(["failing", "ok"]);
    expect(JSON.stringify(client.value.endpointStates())).not.toContain("secret-key");

    const wrong = make([rpc], 1);
    if (!wrong.ok) throw wrong.error;
    const refused = await wrong.value.readBlock();
    expect(refused.ok ? null : refused.error.code).toBe("wrong_chain");

    const dead = make(["http://127.0.0.1:1/v2/secret-key-0123456789"]);
    if (!dead.ok) throw dead.error;
    const away = await dead.value.readBlock();
    expect(away.ok ? null : away.error.code).toBe("unreachable");
    expect(away.ok ? "" : away.error.message).not.toContain("secret-key");
  });

  test("error: stale_head, reverted", async () => {
    const [chain] = devnet.registry.chains;
    if (chain === undefined) throw new Error("no chain");
    const late = createChainClients({
      chains: [chain],
      wallNowMs: wall.nowMs,
      marketNowMs: () => nowMs + 86_400_000,
    }).get(chain.id);
    if (!late.ok) throw late.error;
    const block = await late.value.readBlock();
    expect(block.ok ? null : block.error.code).toBe("stale_head");
    const client = clients.get(chain.id);
    if (!client.ok) throw client.error;
    const gas = await readGasPriceWei(client.value);
    expect(gas.ok && gas.value > 0n).toBe(true);
    const [first] = pools;
    if (first === undefined) throw new Error("no pool");
    // An entry that names another contract as the pool: the chain says so, not the registry.
    const reads = createLiveReads(clients, (_chainId, pool) => ({ ...poolRefOf(first), pool }));
    const notAPool = await reads.readPool({ chainId: chain.id, family: "uniswap-v3", pool: first.base.address });
    expect(notAPool.ok ? null : notAPool.error.code).toBe("reverted");
    const pool = await reads.readPool({ chainId: chain.id, family: "uniswap-v3", pool: first.pool.id });
    expect(pool.ok && pool.value.sqrtPriceX96 > 0n).toBe(true);
  });
});

describe("swap quotes", () => {
  test("default: a verified quote for the pinned router", async () => {
    const quote = await quotes().fetchQuote(request());
    if (!quote.ok) throw quote.error;
    expect(quote.value.to.toLowerCase()).toBe(request().router.toLowerCase());
    expect(quote.value.toAmountMinRaw).toBeGreaterThan(10n ** 17n);
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
  ])("error: quote_refused for %s", async (kind) => {
    await fault("lifi", kind);
    // Our own minimum, as execution makes it from two prices: a quote with a lower one is refused.
    const honest = await devnet.control("DELETE", "/faults").then(() => quotes().fetchQuote(request()));
    if (!honest.ok) throw honest.error;
    await fault("lifi", kind);
    const quote = await quotes().fetchQuote({
      ...request(),
      minAmountOutRaw: (honest.value.toAmountMinRaw * 999n) / 1_000n,
    });
    expect(quote.ok ? null : quote.error.code).toBe("quote_refused");
  });

  test.each([
    ["no_route", false],
    ["rate_limit", true],
    ["server_error", true],
    ["truncated", true],
    ["cut", true],
  ] as const)("error: quote_unavailable for %s", async (kind, isRetryable) => {
    await fault("lifi", kind);
    const quote = await quotes().fetchQuote(request());
    expect(quote.ok ? null : [quote.error.code, quote.error.retryable]).toEqual(["quote_unavailable", isRetryable]);
  });
});

/** Owner of the first position token: the devnet's liquidity provider. */
async function liquidityProvider(rpc: string, pool: ResolvedPool | undefined): Promise<Address> {
  if (pool === undefined) throw new Error("no pool");
  const client = createTestClient({ mode: "anvil", transport: http(rpc) })
    .extend(publicActions)
    .extend(walletActions);
  return client.readContract({
    address: pool.positionManager,
    abi: [
      {
        type: "function",
        name: "ownerOf",
        stateMutability: "view",
        inputs: [{ name: "tokenId", type: "uint256" }],
        outputs: [{ name: "", type: "address" }],
      },
    ],
    functionName: "ownerOf",
    args: [1n],
  });
}
