// Pools, lab and preview over a real store: what the worker keeps comes back to the last digit, and the browser's evaluation equals the worker's.
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unpackCandles } from "@/lib/api/candle-columns";
import type { Role } from "@/lib/api/commands";
import { contract } from "@/lib/api/contract";
import { readPreview } from "@/lib/api/preview";
import { unpackSamples } from "@/lib/api/sample-columns";
import { errorBodySchema } from "@/lib/api/schemas";
import { settingsContract } from "@/lib/api/settings-contract";
import type { Authority } from "@/lib/api/signer-contract";
import { toMoneyRecord } from "@/lib/epoch/money-record";
import { epochRecordSchema } from "@/lib/epoch/epoch-record";
import { createCandleSeries, sliceCandles, type CandleSeries } from "@/lib/market/candle";
import type { TickPoolSample } from "@/lib/market/pool-sample";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import { resolveParams } from "@/lib/registry/resolve-params";
import { registrySchema } from "@/lib/registry/schema";
import { decide, evaluate, NO_MEMORY } from "@/lib/strategy/index";
import { MINUTE_MS, type Hex } from "@/lib/units";
import { createAuthorityReader } from "@/server/api/authority-reader";
import { createApi } from "@/server/api/create-api";
import type { ApiDeps } from "@/server/api/deps";
import { poolTrialHandlers } from "@/server/api/handlers/pool-trial";
import { createRateLimiter } from "@/server/api/rate-limiter";
import type { Router } from "@/server/api/router";
import { createSettingsDesk } from "@/server/api/settings-desk";
import { createRegistryView } from "@/server/config/registry";
import { wallClock } from "@/server/infra/clock";
import { createSignedReader } from "@/server/infra/signed-reader";
import { createControlClient, type ControlClient } from "@/server/infra/signer-link/client";
import { CANDLE_COLUMNS, writeCandles } from "@/server/infra/store/candles";
import { createStoreClient, type StoreClient } from "@/server/infra/store/client";
import { pushEpochRecord, writeDecisionInputs } from "@/server/infra/store/epochs";
import { readPoolSamples, sampleSlotOf, writePoolSamples } from "@/server/infra/store/pool-samples";
import { writeWorkerState } from "@/server/infra/store/worker-state";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { buildWorkerState } from "@/tests/support/build-desk";
import { makeTempDir, startEmbeddedStore, type RunningServer } from "@/tests/support/embedded-servers";
import { startFakeSigner, type FakeSigner } from "@/tests/support/fake-signer";

const DEPLOYMENT: Hex = `0x${"d1".repeat(32)}`;
const PAIR = "WETH-USDC";
const DAYS = 31;

const registry = registrySchema.parse({
  version: 1,
  chains: [
    {
      id: 31_337,
      name: "Test chain",
      nativeSymbol: "ETH",
      nativeDecimals: 18,
      wrappedNative: "0xc000000000000000000000000000000000000001",
      blockTimeMs: 12_000,
      geckoSlug: null,
      explorer: null,
      multicall3: `0x${"5".repeat(40)}`,
      permit2: null,
      lifiDiamond: null,
      feeModel: "eip1559",
      softDepth: 1,
      settle: { tag: "depth", depth: 1, depthBlocks: 1, fallbackDepth: 1, blocks: 1 },
    },
  ],
  tokens: [
    {
      chainId: 31_337,
      symbol: "WETH",
      address: "0xc000000000000000000000000000000000000001",
      decimals: 18,
      kind: "wrapped",
    },
    {
      chainId: 31_337,
      symbol: "USDC",
      address: "0xa000000000000000000000000000000000000002",
      decimals: 6,
      kind: "native",
      pegCurrency: "USD",
    },
  ],
  dexes: [
    {
      id: "uni",
      name: "Uniswap V3",
      family: "uniswap-v3",
      chains: { "31337": { factory: `0x${"6".repeat(40)}`, positionManager: `0x${"2".repeat(40)}` } },
    },
  ],
  pools: [
    {
      pair: PAIR,
      chainId: 31_337,
      dex: "uni",
      id: "0x1000000000000000000000000000000000000001",
      tokens: ["WETH", "USDC"],
      fee: 500,
      tickSpacing: 10,
    },
  ],
  pairs: [
    { id: PAIR, base: "WETH", quote: "USDC", sources: [{ venue: "binance", base: "ETH", quote: "USDC", weight: 1 }] },
  ],
});

function authority(): Authority {
  return {
    deploymentId: DEPLOYMENT,
    wallet: `0x${"aa".repeat(20)}`,
    state: "NORMAL",
    stateCause: "all is well",
    stateSinceMs: 1,
    stopped: null,
    roles: [],
    configVersion: 1,
    pairs: [
      {
        pairId: PAIR,
        mode: "approve",
        paused: null,
        halted: null,
        stopped: null,
        settings: {
          pairId: PAIR,
          pools: [],
          params: { praThresholdFrac: 0.03 },
          limits: DEFAULT_LIMITS,
          planExpiryMs: 1_800_000,
        },
        configVersion: 1,
        account: [],
        positions: [],
        openPlanId: null,
        commandSeq: 0,
        usedTodayUsd: 0,
        usedTodayTxCount: 0,
        gasTodayUsd: 0,
        lastPraAtMarketMs: null,
        rsAtMarketMs: [],
      },
    ],
    commandSeq: 0,
    journalSeq: 0,
    updatedAtMs: Date.now(),
  };
}

/** The seeded market with a hole of an hour in it, a position, and samples of ten hours. */
function market(): { snapshot: MarketSnapshot; samples: readonly TickPoolSample[] } {
  const plain = buildSnapshot({ minutes: DAYS * 1_440 });
  const [pool] = plain.pools;
  if (pool?.kind !== "ticks") throw new Error("the builder makes one tick pool");
  const lower = Math.floor(pool.tick / 10) * 10 - 300;
  const position = buildPosition(plain, pool, { tickLower: lower, tickUpper: lower + 600, usd: 4_000 });
  const samples = Array.from({ length: 121 }, (_, index): TickPoolSample => ({
    kind: "ticks",
    observedAtMs: plain.observedAtMs - (120 - index) * 300_000,
    sqrtPriceX96: pool.sqrtPriceX96 + BigInt(index) * 10n ** 20n,
    feeGrowthGlobal0X128: BigInt.asUintN(256, BigInt(index) - 60n),
    feeGrowthGlobal1X128: BigInt(index) * 10n ** 30n,
    liquidityRaw: 3_000_000_000_000_000_000n,
    ownLiquidityRaw: position.liquidityRaw,
  }));
  const cut = 20 * 1_440;
  const candles = without(plain.candles, cut, cut + 60);
  return {
    samples,
    snapshot: {
      ...withPositions(plain, [position]),
      candles,
      poolSamples: { [pool.poolKey]: samples },
      // The wire says it outright.
      freshness: plain.freshness.map((entry) => ({ ...entry, isAdvisory: false })),
    },
  };
}

function without(series: CandleSeries, from: number, to: number): CandleSeries {
  const [before, after] = [sliceCandles(series, 0, from), sliceCandles(series, to, series.length)];
  const out = createCandleSeries(MINUTE_MS, before.length + after.length);
  for (const column of ["openAtMs", "open", "high", "low", "close", "volume", "marks"] as const) {
    out[column].set(before[column], 0);
    out[column].set(after[column], before.length);
  }
  return out;
}

let storeServer: RunningServer;
let store: StoreClient;
let control: ControlClient;
let signer: FakeSigner;
let api: Router;
let deps: ApiDeps;
const { snapshot, samples } = market();
const poolKey = snapshot.pools[0]?.poolKey ?? "";
const { params } = resolveParams(false, { praThresholdFrac: 0.03 });
const evaluation = evaluate({ snapshot, params, memory: NO_MEMORY });

beforeAll(async () => {
  storeServer = await startEmbeddedStore({ dataDir: makeTempDir("market-api") });
  store = createStoreClient({ url: storeServer.url, name: "market-api-test" });
  expect(await store.waitReady(5_000)).toBe(true);
  signer = await startFakeSigner(DEPLOYMENT, authority());
  control = createControlClient({
    socketPath: signer.socketPath,
    deploymentId: DEPLOYMENT,
    peer: "market-api-test",
    timeoutMs: 2_000,
  });
  expect(await control.waitReady(5_000)).toBe(true);
  const { nowMs } = wallClock;
  deps = {
    settings: {
      version: "test",
      deploymentId: DEPLOYMENT,
      origin: "http://localhost:3000",
      isPublicRead: true,
      homeChainId: 31_337,
      sandboxUrl: null,
      pairIds: [PAIR],
    },
    store,
    control,
    authority: createAuthorityReader({ control, store, nowMs }),
    telemetry: {
      epochs: async () => ({ ok: true, value: { points: [], partial: false } }),
      analyses: async () => ({ ok: true, value: { points: [], partial: false } }),
      allocations: async () => ({ ok: true, value: { points: [], partial: false } }),
      problem: async () => null,
    },
    registry: createRegistryView(registry),
    rateLimiter: createRateLimiter(nowMs),
    log: silentLogger,
    nowMs,
    randomHex: (bytes) => "0".repeat(bytes * 2),
    fetch,
  };
  api = createApi(deps);
  await keepEpoch();
});

afterAll(async () => {
  control.close();
  await signer.close();
  await store.close();
  await storeServer.stop();
});

/** What a worker leaves behind, by the functions it uses. */
async function keepEpoch(): Promise<void> {
  const { candles, poolSamples: _samples, ...inputs } = snapshot;
  const rows = new Float64Array(candles.length * CANDLE_COLUMNS);
  for (let index = 0; index < candles.length; index += 1) {
    rows.set(
      (["openAtMs", "open", "high", "low", "close", "volume"] as const).map((column) => candles[column][index] ?? 0),
      index * CANDLE_COLUMNS,
    );
  }
  expect((await writeCandles(store, { pairId: PAIR, venue: "binance", rows })).ok).toBe(true);
  expect((await writePoolSamples(store, { pairId: PAIR, poolKey, samples })).ok).toBe(true);
  const { epoch, observedAtMs } = snapshot;
  expect((await writeDecisionInputs(store, { pairId: PAIR, epoch, value: { ...inputs, candleCount: 1 } })).ok).toBe(
    true,
  );
  const rates = {
    source: "measured" as const,
    feePerLiquidityYear: 0.2,
    lossPerLiquidityYear: 0.1,
    kappa: 2,
    kappaSpread: { min: 1.9, max: 2.2 },
    sigmaPerYear: 0.5,
    sqrtPrice: 44.7,
    othersLiquidity: 3,
    coveredMs: 36_000_000,
    intervals: 40,
  };
  for (const back of [1, 0]) {
    const record = epochRecordSchema.parse({
      version: 1,
      pairId: PAIR,
      epoch: epoch - back,
      cycleId: `c${back}`,
      marketAtMs: observedAtMs - back * 900_000,
      wallAtMs: 1,
      mode: "approve",
      status: "completed",
      error: null,
      price: snapshot.price,
      quoteUsd: 1,
      blocks: [],
      freshness: [],
      forces: null,
      sigmaPerYear: null,
      regime: null,
      params: null,
      target: null,
      pools: [
        {
          poolKey,
          dexName: "Uniswap V3",
          feeFrac: 0.0005,
          tvlUsd: 5_000_000,
          volumeUsdPerDay: 48_000_000,
          targetLower: null,
          targetUpper: null,
          inRangeFrac: null,
          depthUsd: null,
          isDepthEstimated: false,
          exclusion: "no_income",
          allocatedUsd: 0,
          income: null,
          standaloneUsd: 1_000,
          standaloneIncome: {
            feesUsdPerYear: 1,
            lvrUsdPerYear: 2,
            costsUsdPerYear: 1,
            netUsdPerYear: -2,
            netAprFrac: -0.002,
          },
          rates: { ...rates, kappa: 2 - back },
        },
      ],
      positions: [],
      capitalUsd: null,
      idleUsd: null,
      positionsUsd: null,
      unclaimedFeesUsd: null,
      currentNetUsdPerYear: null,
      targetNetUsdPerYear: null,
      decision: null,
      paper: [
        {
          policy: "carry",
          role: "shadow",
          decision: { kind: "HOLD", reason: "low_kappa", detail: "" },
          startedAtMs: 7,
          startUsd: 100,
          valueUsd: 106,
          netUsd: 5 - back,
          alphaUsd: 1,
          feesUsd: 6,
          lvrUsd: 4,
          markUsd: 0,
          gasUsd: 1,
          swapCostUsd: 0,
          holdUsd: 3,
          rebalances: 1,
          failedActions: 0,
          timeInRangeFrac: 1,
          maxDrawdownFrac: 0,
          positions: [],
          pending: null,
          lastAction: null,
          unseenMs: 0,
        },
      ],
      planId: null,
      planStatus: null,
      planReason: null,
      flows: null,
      durations: { fetchMs: 0, computeMs: 0, decideMs: 0, executeMs: 0, logMs: 0, totalMs: 0 },
      latenessMs: 0,
    });
    expect((await pushEpochRecord(store, PAIR, { record, money: toMoneyRecord(record) })).ok).toBe(true);
  }
  const state = buildWorkerState({ marketAtMs: observedAtMs });
  expect((await writeWorkerState(store, { pairId: PAIR, token: 1, state })).ok).toBe(true);
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? each.toString() : each));
}

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return api.handle(new Request(`http://localhost:3000${path}`, { headers }));
}

async function refusal(response: Response) {
  return errorBodySchema.parse(await response.json()).error;
}

describe("pool samples in the store", () => {
  it("default: every sample comes back, those outside of the window are named, a dropped one is gone", async () => {
    const nowMs = snapshot.observedAtMs;
    const all = await readPoolSamples(store, { pairId: PAIR, poolKey, nowMs });
    expect(all.ok && all.value.samples).toEqual(samples);
    const earlier = await readPoolSamples(store, { pairId: PAIR, poolKey, nowMs: nowMs - 3_600_000 });
    expect(earlier.ok && earlier.value.samples).toHaveLength(121 - 12);
    expect(earlier.ok && earlier.value.outside).toHaveLength(12);
    const later = await readPoolSamples(store, { pairId: PAIR, poolKey, nowMs: nowMs + 72 * 3_600_000 });
    expect(later.ok && later.value.samples).toHaveLength(13);

    const other = "31337:uniswap-v3:0xff";
    const [first, second] = samples;
    if (first === undefined || second === undefined) throw new Error("there are samples");
    await writePoolSamples(store, { pairId: PAIR, poolKey: other, samples: [first, second] });
    await writePoolSamples(store, {
      pairId: PAIR,
      poolKey: other,
      samples: [],
      dropSlots: [sampleSlotOf(first.observedAtMs)],
    });
    const left = await readPoolSamples(store, { pairId: PAIR, poolKey: other, nowMs });
    expect(left.ok && left.value.samples).toEqual([second]);
  });
});

describe("GET /api/pairs/{id}/coverage", () => {
  it("default: minutes and gaps of the last market day fill it exactly, and an unknown pair is refused", async () => {
    const { response } = settingsContract.candleCoverage;
    const answer = response.parse(await (await get(`/api/pairs/${PAIR}/coverage`)).json());
    expect(answer.toMs - answer.fromMs).toBe(86_400_000);
    expect(answer.toMs).toBeLessThanOrEqual(snapshot.observedAtMs - 180_000);
    const opened = new Set(snapshot.candles.openAtMs);
    const [binance] = answer.venues;
    if (binance === undefined) throw new Error("the pair names one exchange");
    const isKept = (atMs: number): boolean => !binance.gaps.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
    for (let atMs = answer.fromMs; atMs < answer.toMs; atMs += 60_000) expect(isKept(atMs)).toBe(opened.has(atMs));
    expect(binance).toMatchObject({ venue: "binance", problem: null });
    const missing = binance.gaps.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 60_000, 0);
    expect(binance.minutes + missing).toBe(1_440);
    expect((await get("/api/pairs/NOPE-USDC/coverage")).status).toBe(404);
  });
});

describe("GET /api/money/report", () => {
  it("default: pairs without flows have no figures, a span or pair that is not known is refused", async () => {
    const answer = contract.moneyReport.response.parse(await (await get("/api/money/report")).json());
    expect(answer).toMatchObject({ period: "30d", fromMs: null, pairs: [], bars: [], missing: [] });
    expect(answer.total).toMatchObject({ netUsd: 0, changeUsd: 0 });
    expect((await get("/api/money/report?period=5y")).status).toBe(400);
    expect((await get("/api/money/report?pair=NOPE-USDC")).status).toBe(404);
  });
});

describe("GET /api/pools", () => {
  it("default: facts of the registry, the reading of the newest epoch, kappa, and our part", async () => {
    const answer = contract.pools.response.parse(await (await get("/api/pools")).json());
    expect(answer.pools).toHaveLength(1);
    expect(answer.pools[0]).toMatchObject({
      poolKey,
      pairId: PAIR,
      chainName: "Test chain",
      dexName: "Uniswap V3",
      isStandIn: false,
      feePips: 500,
      tickSpacing: 10,
      epoch: snapshot.epoch,
      observedAtMs: snapshot.observedAtMs,
      tvlUsd: 5_000_000,
      exclusion: "no_income",
      rates: { source: "measured", kappa: 2, kappaSpread: { min: 1.9, max: 2.2 }, coveredMs: 36_000_000 },
      best: { amountUsd: 1_000, netUsdPerYear: -2 },
    });
    expect(answer.pools[0]?.price).toBeCloseTo(snapshot.price, 6);
    expect(answer.pools[0]?.exclusionSentence).toContain("lose");
  });

  it("behavior: one pool with the history of its kappa, oldest first", async () => {
    const path = `/api/pools/31337/0x1000000000000000000000000000000000000001`;
    const answer = contract.pool.response.parse(await (await get(path)).json());
    expect(answer).toMatchObject({ source: "store", pool: { poolKey } });
    expect(answer.history.map(({ kappa }) => kappa)).toEqual([1, 2]);
    expect(answer.history[0]).toMatchObject({ feePerLiquidityYear: 0.2, lossPerLiquidityYear: 0.1, kappaMin: 1.9 });
    const windowed = await get(`${path}?from=${snapshot.observedAtMs - 1_000}`);
    expect(contract.pool.response.parse(await windowed.json()).history).toHaveLength(1);
  });

  it("error: not_found for a pool or a pair of nobody, bad_request for what is no address", async () => {
    const missing = await get(`/api/pools/31337/0x${"9".repeat(40)}`);
    expect(missing.status).toBe(404);
    expect((await get("/api/pools?pair=NO-PAIR")).status).toBe(404);
    const bad = await get("/api/pools/31337/0x12");
    expect(bad.status).toBe(400);
    expect(await refusal(bad)).toMatchObject({ field: "address" });
    expect(await refusal(await get("/api/pools/zero/0x12"))).toMatchObject({ code: "bad_request", field: "chainId" });
  });
});

describe("GET /api/lab", () => {
  it("default: candles come back minute by minute, holes included, packed for whoever takes gzip", async () => {
    const plain = contract.labCandles.response.parse(await (await get(`/api/lab/candles?pair=${PAIR}`)).json());
    const series = unpackCandles(plain.candles);
    expect(series).toEqual(snapshot.candles);
    const packed = await get(`/api/lab/candles?pair=${PAIR}`, { "accept-encoding": "gzip, br" });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    const bytes = Buffer.from(await packed.arrayBuffer());
    expect(contract.labCandles.response.parse(JSON.parse(gunzipSync(bytes).toString()))).toEqual(plain);
  });

  it("behavior: a window is a window, and 90 days is the most", async () => {
    const toMs = snapshot.observedAtMs - 86_400_000;
    const answer = contract.labCandles.response.parse(
      await (await get(`/api/lab/candles?pair=${PAIR}&from=${toMs - 3_600_000}&to=${toMs}`)).json(),
    );
    expect(answer.candles).toMatchObject({ count: 60, firstAtMs: toMs - 3_600_000 });
    const longest = contract.labCandles.response.parse(
      await (await get(`/api/lab/candles?pair=${PAIR}&from=0&to=${toMs}`)).json(),
    );
    expect(longest.toMs - longest.fromMs).toBe(90 * 86_400_000);
    const turned = await get(`/api/lab/candles?pair=${PAIR}&from=${toMs}&to=${toMs}`);
    expect(await refusal(turned)).toMatchObject({ code: "bad_request", field: "from" });
  });

  it("default: samples of a pool, by key or by address, to the last digit", async () => {
    for (const pool of [poolKey, "0x1000000000000000000000000000000000000001"]) {
      const response = await get(`/api/lab/pool-samples?pair=${PAIR}&pool=${encodeURIComponent(pool)}`);
      const answer = contract.labPoolSamples.response.parse(await response.json());
      expect(answer.facts).toMatchObject({ poolKey, feePips: 500, baseIsToken0: false });
      expect(unpackSamples(answer.samples)).toEqual(samples);
    }
    expect((await get(`/api/lab/pool-samples?pair=${PAIR}&pool=0x12`)).status).toBe(404);
  });
});

const settingsDesk = () =>
  createSettingsDesk({
    settings: {
      dataDir: makeTempDir("trial-desk"),
      geckoUrl: "https://gecko.example/api/v2",
      alerts: { telegram: null, ntfy: null, webhook: null, pingUrl: null, privateHosts: [], settingsFile: "/none" },
    },
    deploymentId: DEPLOYMENT,
    registry,
    reader: createSignedReader(makeTempDir("trial-signed"), DEPLOYMENT),
    nowMs: wallClock.nowMs,
  });

describe("POST /api/registry/pool-trial", () => {
  const NEW_POOL = "0x1000000000000000000000000000000000000009";
  const DAI = {
    chainId: 31_337,
    symbol: "DAI",
    address: "0xb000000000000000000000000000000000000003",
    decimals: 18,
    kind: "native",
    pegCurrency: "USD",
  };
  const pool = (pair: string, tokens: readonly string[]) => ({
    pair,
    chainId: 31_337,
    dex: "uni",
    id: NEW_POOL,
    tokens,
    fee: 3_000,
    tickSpacing: 60,
  });
  const newPair = {
    tokens: [DAI],
    pools: [pool("WETH-DAI", ["DAI", "WETH"])],
    pairs: [{ id: "WETH-DAI", base: "WETH", quote: "DAI", sources: [{ venue: "binance", base: "ETH", quote: "DAI" }] }],
  };
  const session = { id: "s", address: `0x${"a".repeat(40)}`, role: "operator" as const, expiresAtMs: 9e15 };

  /** Nine days of quarter hours of WETH in DAI, newest first; the service names DAI first. */
  let newestSec: number | null = null;
  async function gecko(input: string | URL | Request): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : input);
    const beforeSec = Number(url.searchParams.get("before_timestamp"));
    newestSec ??= Math.floor(beforeSec / 900) * 900 - 900;
    const first = newestSec;
    const ohlcv_list = Array.from({ length: 864 }, (_, at) => [
      first - at * 900,
      0.0005,
      0.0005,
      0.0004,
      0.0005,
      7,
    ]).filter(([sec = 0]) => sec < beforeSec);
    return Response.json({
      data: { attributes: { ohlcv_list } },
      meta: { base: { address: DAI.address }, quote: { address: "0xc000000000000000000000000000000000000001" } },
    });
  }

  async function trial(addition: unknown, change: Partial<ApiDeps> = {}, role: Role = "operator") {
    const [handler] = poolTrialHandlers;
    if (handler === undefined) throw new Error("the route has a handler");
    return handler.run(
      { ...deps, ...change },
      {
        params: {},
        query: {},
        body: { addition },
        session: { ...session, role },
        request: new Request("http://localhost:3000/api/registry/pool-trial", { method: "POST" }),
      },
    );
  }
  const dataOf = (answer: Awaited<ReturnType<typeof trial>>) => {
    if (!answer.ok) throw new Error(answer.error.message);
    return settingsContract.poolTrial.response.parse(answer.value.data);
  };
  const withGecko = (): Partial<ApiDeps> => ({
    settingsDesk: settingsDesk(),
    fetch: gecko,
    registry: createRegistryView({
      ...registry,
      chains: registry.chains.map((chain) => ({ ...chain, geckoSlug: "eth" })),
    }),
  });

  it("default: a pool of a collected pair comes with the collector's candles and its own facts", async () => {
    const data = dataOf(await trial({ tokens: [], pools: [pool(PAIR, ["USDC", "WETH"])], pairs: [] }));
    expect(data).toMatchObject({
      from: "collector",
      venues: ["binance"],
      isQuoteUsd: true,
      isPegged: false,
      notes: [],
    });
    expect(data.facts).toMatchObject({ address: NEW_POOL, feePips: 3_000, tickSpacing: 60, baseIsToken0: false });
    expect(unpackCandles(data.candles)).toEqual(snapshot.candles);
  });

  it("behavior: a pair nobody collects comes with the pool's own candles, turned to QUOTE per BASE", async () => {
    const data = dataOf(await trial(newPair, withGecko()));
    expect(data).toMatchObject({ from: "pool", venues: [], facts: { pairId: "WETH-DAI" } });
    expect(data.candles.close[0]).toBeCloseTo(2_000, 6);
    expect(data.candles.high[0]).toBeCloseTo(2_500, 6);
    expect(data.notes[0]).toContain("GeckoTerminal");
  }, 60_000);

  it("error: without a service there are no candles and the reason; a viewer and a pool of nothing are refused", async () => {
    const none = dataOf(await trial(newPair));
    expect(none).toMatchObject({ from: "none", candles: { count: 0 } });
    expect(none.notes.join(" ")).toMatch(/No collector runs.*GeckoTerminal does not know Test chain/);
    const viewer = await trial(newPair, {}, "viewer");
    expect(viewer.ok ? "" : viewer.error.code).toBe("forbidden");
    const unknown = await trial({ ...newPair, tokens: [] });
    expect(unknown.ok ? "" : unknown.error.message).toMatch(/cannot be used/);
    const foreign = await trial({ ...newPair, pools: [{ ...newPair.pools[0], chainId: 5 }] });
    expect(foreign.ok ? "" : foreign.error.code).toBe("bad_request");
  });
});

describe("GET /api/pairs/{id}/paper", () => {
  it("default: the real decision beside each account, with its way since it began", async () => {
    const response = await get(`/api/pairs/${PAIR}/paper`);
    const answer = contract.pairPaper.response.parse(await response.json());
    expect(answer.real).toBeNull();
    expect(answer.note).toContain("no total");
    expect(answer.accounts).toHaveLength(1);
    expect(answer.accounts[0]).toMatchObject({ policy: "carry", role: "shadow", netUsd: 5, isCurrent: true });
    expect(answer.accounts[0]?.sentence).toContain("pays enough");
    expect(answer.accounts[0]?.series.map(({ netUsd }) => netUsd)).toEqual([4, 5]);
  });
});

describe("GET /api/pairs/{id}/preview-input", () => {
  it("default: the snapshot comes back as it was, and evaluate and decide give the same answer to the byte", async () => {
    const response = await get(`/api/pairs/${PAIR}/preview-input`);
    expect(response.status).toBe(200);
    const json: unknown = await response.json();
    const checked = contract.pairPreviewInput.response.safeParse(json);
    expect(checked.error).toBeUndefined();
    const preview = readPreview(json as Parameters<typeof readPreview>[0]);
    if (preview === null) throw new Error("the preview input can be read");
    expect(preview.params).toEqual(params);
    expect(preview.snapshot).toEqual(snapshot);
    const again = evaluate(preview);
    expect(text(again)).toBe(text(evaluation));
    expect(text(decide({ snapshot: preview.snapshot, evaluation: again, params: preview.params }))).toBe(
      text(decide({ snapshot, evaluation, params })),
    );
  });

  it("error: an epoch that is not kept, and one kept in another shape, are not found", async () => {
    expect((await get(`/api/pairs/${PAIR}/preview-input?epoch=7`)).status).toBe(404);
    await writeDecisionInputs(store, { pairId: PAIR, epoch: 8, value: { price: "much" } });
    expect((await get(`/api/pairs/${PAIR}/preview-input?epoch=8`)).status).toBe(404);
  });
});
