// Fetch: candles from the store, pools and positions at one named block per chain, volumes, gas and the pair's own capital; each with its age.
import type { PairState } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { SourceError, type TidegateError } from "@/lib/errors/tidegate-error";
import type { InputFreshness, MarketSnapshot, PoolState, WalletBalance } from "@/lib/market/snapshot";
import { computeCapital } from "@/lib/portfolio/valuation";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { EPOCH_MS, MINUTE_MS, poolKey } from "@/lib/units";
import type { LiveInputs } from "@/server/worker/live-inputs";
import type { ChainView, CycleDeps, PoolView, ServicePool, VenueFeed } from "@/server/worker/ports";

/** Age of the newest closed minute beyond which nothing is decided (strategy.md section 10). */
const MAX_CANDLE_AGE_MS = 300_000;
/** Venues that must be fresh when at least two are configured (safety.md D5). */
const VENUE_QUORUM = 2;
/** safety.md section 3.10. */
const MAX_SPOT_OFF_FRAC = 0.01;
const MAX_TWAP_TICKS_STABLE = 10;
const MAX_TWAP_TICKS_VOLATILE = 100;
/** A pool state or a service value older than three cycles is not used (strategy.md section 6). */
export const MAX_POOL_AGE_MS = 3 * EPOCH_MS;
/** An offer of a bridge says what that way costs for this long; its gas and message fees follow the day. Choice. */
const MAX_BRIDGE_TERMS_AGE_MS = 86_400_000;

export interface Fetched {
  readonly snapshot: MarketSnapshot;
  readonly pairState: PairState;
  readonly views: readonly ChainView[];
}

export interface FetchInput {
  readonly epoch: number;
  readonly live: LiveInputs;
  readonly epochNetUsd: readonly number[];
  readonly suppressUntilEpoch: number;
}

export async function fetchSnapshot(deps: CycleDeps, input: FetchInput): Promise<Result<Fetched, TidegateError>> {
  const pairState = await deps.signer.pairState();
  if (!pairState.ok) return pairState;
  const known = pairState.value.positions;
  const chainIds = [...new Set(deps.pools.map(({ chain }) => chain.id))];
  const [candles, chains, , gasPrices, natives, lastCloseEpochs] = await Promise.all([
    deps.candles.refresh(deps.market.nowMs()),
    Promise.all(chainIds.map((chainId) => deps.chain.readChain(chainId, known))),
    Promise.all(chainIds.map((chainId) => refreshService(deps, input.live, chainId))),
    Promise.all(chainIds.map((chainId) => deps.chain.readGasPriceWei(chainId))),
    Promise.all(chainIds.map((chainId) => deps.chain.readNativeBalance(chainId))),
    deps.lastCloseEpochs(deps.market.nowMs()),
    deps.poolSamples.settle(),
  ]);
  if (!candles.ok) return candles;
  const nowMs = deps.market.nowMs();
  const freshness: InputFreshness[] = [...deps.poolSamples.freshness(nowMs)];

  const series = candles.value.candles;
  const lastOpenMs = series.openAtMs[series.length - 1];
  const price = series.close[series.length - 1];
  if (lastOpenMs === undefined || price === undefined) {
    return err(
      new SourceError({
        code: "not_found",
        message: `There are no candles of ${deps.pairId} in the store yet; the collector fetches them, the next cycle looks again.`,
        retryable: true,
      }),
    );
  }
  input.live.price = { value: price, atMs: lastOpenMs + MINUTE_MS };
  freshness.push(...candleFreshness(candles.value.feeds, lastOpenMs, nowMs));

  const quoteUsd = readQuoteUsd(deps.pools, input.live);
  freshness.push(quoteFreshness(input.live, nowMs));

  const listed = new Set(pairState.value.settings.pools.map((id) => id.toLowerCase()));
  const views: ChainView[] = [];
  const pools: PoolState[] = [];
  const wallets: WalletBalance[] = [];
  for (const [index, chainId] of chainIds.entries()) {
    const view = chains[index];
    const gas = gasPrices[index];
    const native = natives[index];
    if (view === undefined || gas === undefined || native === undefined) continue;
    const hasPositions = pairState.value.positions.some((each) => each.chainId === chainId);
    const failed = !view.ok ? view.error : !gas.ok ? gas.error : !native.ok ? native.error : null;
    freshness.push({
      input: `chain:${chainId}`,
      source: `rpc:${chainId}`,
      observedAtMs: view.ok ? view.value.block.timestampAtMs : null,
      ageMs: view.ok ? Math.max(0, nowMs - view.value.block.timestampAtMs) : null,
      maxAgeMs: MAX_POOL_AGE_MS,
      ok: failed === null,
      rule: "reachable",
      detail: failed?.message ?? (view.ok ? `block ${view.value.block.number}` : ""),
      isAdvisory: !hasPositions && chainIds.length > 1,
    });
    deps.record.writeSource({
      id: `rpc:${chainId}`,
      kind: "rpc",
      label: `RPC of chain ${chainId}`,
      ok: failed === null,
      lastAtMs: view.ok ? view.value.block.timestampAtMs : null,
      maxAgeMs: MAX_POOL_AGE_MS,
      sentence: failed?.message ?? "answers",
    });
    if (!view.ok || !gas.ok || !native.ok) continue;
    views.push(view.value);
    const facts = deps.pools.find(({ chain }) => chain.id === chainId);
    if (facts === undefined) continue;
    const nativeUsd = readNativeUsd(facts, { price, quoteUsd, live: input.live });
    if (nativeUsd !== null) input.live.nativeUsd.set(chainId, nativeUsd);
    for (const pool of view.value.pools) {
      const service = input.live.servicePools.get(`${chainId}:${pool.facts.pool.id.toLowerCase()}`) ?? null;
      const hasPosition = view.value.positions.some(({ observed }) => observed.poolKey === pool.poolKey);
      // The signer refuses entries outside the pair's own list: such a pool is seen only while something has to leave it.
      if (!hasPosition && listed.size > 0 && !listed.has(pool.facts.pool.id.toLowerCase())) continue;
      freshness.push(
        ...poolFreshness({ pool, view: view.value, service, price, nowMs, hasPosition, isPegged: deps.isPegged }),
      );
      pools.push(
        view.value.poolState(pool, {
          service: service !== null && nowMs - service.observedAtMs <= MAX_POOL_AGE_MS ? service : null,
          nativeUsd: nativeUsd ?? Number.NaN,
          gasPriceWei: gas.value,
        }),
      );
    }
    for (const { facts: refused, detail } of view.value.refused) {
      const key = poolKey(chainId, refused.dex.family, refused.pool.id);
      const hasPosition = pairState.value.positions.some(
        (each) => each.pool.toLowerCase() === refused.pool.id.toLowerCase(),
      );
      freshness.push({
        input: `pool:${key}`,
        source: `rpc:${chainId}`,
        observedAtMs: null,
        ageMs: null,
        maxAgeMs: MAX_POOL_AGE_MS,
        ok: false,
        rule: "readable",
        detail,
        isAdvisory: !hasPosition,
      });
    }
    wallets.push(
      ...toWallets(
        pairState.value,
        deps.pools.filter(({ chain }) => chain.id === chainId),
        native.value,
        nativeUsd ?? 0,
      ),
    );
    freshness.push(...positionFreshness(pairState.value, view.value, nowMs));
  }

  const positions = views.flatMap((view) => view.positions.map(({ observed }) => observed));
  const snapshot: MarketSnapshot = {
    pairId: deps.pairId,
    epoch: input.epoch,
    observedAtMs: nowMs,
    price,
    quoteUsd,
    isStablePair: deps.isPegged,
    pegPrice: deps.isPegged ? 1 : null,
    cycleSec: EPOCH_MS / 1000,
    candles: series,
    pools,
    poolSamples: deps.poolSamples.samples(nowMs),
    positions,
    capital: computeCapital({ wallets, positions, pools, price, quoteUsd }),
    bridgeTerms: [...input.live.bridgeTerms.values()]
      .filter(({ atMs }) => nowMs - atMs <= MAX_BRIDGE_TERMS_AGE_MS)
      .map(({ terms }) => terms),
    history: {
      lastPraAtMs: pairState.value.lastPraAtMarketMs,
      lastCloseEpochs,
      rangeShiftAtMs: pairState.value.rsAtMarketMs,
      epochNetUsd: input.epochNetUsd,
      gas24hUsd: pairState.value.gasTodayUsd,
      suppressUntilEpoch: input.suppressUntilEpoch,
    },
    freshness,
  };
  return ok({ snapshot, pairState: pairState.value, views });
}

/** A failed call keeps the last good values; their age decides whether they may be used. */
async function refreshService(deps: CycleDeps, live: LiveInputs, chainId: number): Promise<void> {
  const ids = deps.pools.filter(({ chain }) => chain.id === chainId).map(({ pool }) => pool.id);
  const answer = await deps.poolService.fetchPools(chainId, ids);
  live.serviceError = answer.ok ? null : answer.error.message;
  if (answer.ok) {
    for (const [id, pool] of answer.value) live.servicePools.set(`${chainId}:${id.toLowerCase()}`, pool);
    const quotes = deps.pools
      .filter(({ chain }) => chain.id === chainId)
      .flatMap((facts) => {
        const pool = answer.value.get(facts.pool.id.toLowerCase());
        const usd = pool?.tokenPriceUsd.get(facts.quote.address.toLowerCase());
        return usd === undefined ? [] : [usd];
      })
      .toSorted((left, right) => left - right);
    const median = quotes[Math.floor((quotes.length - 1) / 2)];
    if (median !== undefined) live.quoteUsd = { value: median, atMs: deps.market.nowMs() };
  }
  deps.record.writeSource({
    id: `gecko:${chainId}`,
    kind: "gecko",
    label: `GeckoTerminal, chain ${chainId}`,
    ok: answer.ok,
    lastAtMs: live.quoteUsd?.atMs ?? null,
    maxAgeMs: MAX_POOL_AGE_MS,
    sentence: answer.ok ? `${answer.value.size} of ${ids.length} pools answered` : answer.error.message,
  });
}

/** Live value of one quote token; a pegged one counts 1 until the service has spoken (the freshness entry then forbids action). */
function readQuoteUsd(pools: readonly ResolvedPool[], live: LiveInputs): number {
  if (live.quoteUsd !== null) return live.quoteUsd.value;
  return pools.every(({ quote }) => quote.pegCurrency === "USD") ? 1 : Number.NaN;
}

function quoteFreshness(live: LiveInputs, nowMs: number): InputFreshness {
  const ageMs = live.quoteUsd === null ? null : Math.max(0, nowMs - live.quoteUsd.atMs);
  return {
    input: "quoteUsd",
    source: "geckoterminal",
    observedAtMs: live.quoteUsd?.atMs ?? null,
    ageMs,
    maxAgeMs: MAX_POOL_AGE_MS,
    ok: ageMs !== null && ageMs <= MAX_POOL_AGE_MS,
    rule: "max_age",
    detail:
      live.quoteUsd === null
        ? `no price of the quote token yet${live.serviceError === null ? "" : `: ${live.serviceError}`}`
        : `${live.quoteUsd.value} USD per quote token`,
  };
}

function readNativeUsd(
  facts: ResolvedPool,
  input: { readonly price: number; readonly quoteUsd: number; readonly live: LiveInputs },
): number | null {
  const native = facts.chain.wrappedNative.toLowerCase();
  if (native === facts.base.address.toLowerCase()) return input.price * input.quoteUsd;
  if (native === facts.quote.address.toLowerCase()) return input.quoteUsd;
  for (const pool of input.live.servicePools.values()) {
    const usd = pool.tokenPriceUsd.get(native);
    if (usd !== undefined && usd > 0) return usd;
  }
  return null;
}

function candleFreshness(feeds: readonly VenueFeed[], lastOpenMs: number, nowMs: number): readonly InputFreshness[] {
  const ageOf = (feed: VenueFeed): number | null =>
    feed.lastTs === null ? null : Math.max(0, nowMs - feed.lastTs - MINUTE_MS);
  const fresh = feeds.filter((feed) => {
    const ageMs = ageOf(feed);
    return ageMs !== null && ageMs <= MAX_CANDLE_AGE_MS;
  });
  const needed = Math.min(VENUE_QUORUM, feeds.length);
  const ageMs = Math.max(0, nowMs - lastOpenMs - MINUTE_MS);
  return [
    {
      input: "candles",
      source: fresh.map((feed) => feed.venue).join(",") || "none",
      observedAtMs: lastOpenMs + MINUTE_MS,
      ageMs,
      maxAgeMs: MAX_CANDLE_AGE_MS,
      ok: fresh.length >= needed && ageMs <= MAX_CANDLE_AGE_MS,
      rule: "venue_quorum",
      detail: `${fresh.length} of ${feeds.length} venues fresh, at least ${needed} needed`,
    },
    ...feeds
      .filter((feed) => !fresh.includes(feed))
      .map((feed): InputFreshness => ({
        input: `candles:${feed.venue}`,
        source: feed.venue,
        observedAtMs: feed.lastTs === null ? null : feed.lastTs + MINUTE_MS,
        ageMs: ageOf(feed),
        maxAgeMs: MAX_CANDLE_AGE_MS,
        ok: false,
        rule: "max_age",
        detail: feed.error ?? "no fresh candle",
        isAdvisory: true,
      })),
  ];
}

function poolFreshness(input: {
  readonly pool: PoolView;
  readonly view: ChainView;
  readonly service: ServicePool | null;
  readonly price: number;
  readonly nowMs: number;
  readonly hasPosition: boolean;
  readonly isPegged: boolean;
}): readonly InputFreshness[] {
  const { pool, view, service, price, nowMs, hasPosition } = input;
  const atMs = view.block.timestampAtMs;
  const base = {
    input: `pool:${pool.poolKey}`,
    source: `rpc:${view.chainId}`,
    observedAtMs: atMs,
    ageMs: Math.max(0, nowMs - atMs),
    maxAgeMs: MAX_POOL_AGE_MS,
    isAdvisory: !hasPosition,
  };
  const offFrac = Math.abs(pool.price / price - 1);
  const maxTicks = input.isPegged ? MAX_TWAP_TICKS_STABLE : MAX_TWAP_TICKS_VOLATILE;
  const twapOff = pool.twap.tick === null ? null : Math.abs(pool.tick - pool.twap.tick) * ticksPerIndex(pool);
  const serviceAgeMs = service === null ? null : Math.max(0, nowMs - service.observedAtMs);
  return [
    {
      ...base,
      ok: offFrac <= MAX_SPOT_OFF_FRAC,
      rule: "spot_vs_cex",
      detail: `pool ${pool.price}, exchanges ${price}: ${(offFrac * 100).toFixed(3)} % apart, at most ${MAX_SPOT_OFF_FRAC * 100} %`,
    },
    {
      ...base,
      ok: twapOff !== null && twapOff <= maxTicks,
      rule: "spot_vs_twap",
      detail:
        twapOff === null
          ? `no 5 min average: ${pool.twap.detail}`
          : `${twapOff.toFixed(1)} ticks from the 5 min average (${pool.twap.method}), at most ${maxTicks}`,
    },
    {
      ...base,
      source: "geckoterminal",
      observedAtMs: service?.observedAtMs ?? null,
      ageMs: serviceAgeMs,
      ok: serviceAgeMs !== null && serviceAgeMs <= MAX_POOL_AGE_MS,
      rule: "volume_age",
      detail: service === null ? "the pool service has not answered for this pool" : "volumes and reserves",
      isAdvisory: true,
    },
  ];
}

/** Ticks of one step of the pool's index: 1, or as many as a bin is wide. */
function ticksPerIndex({ binStepBps }: PoolView): number {
  return binStepBps === null ? 1 : Math.log1p(binStepBps / 1e4) / Math.log(1.0001);
}

/** A position the signer knows must be on the chain: a read that misses it is never taken as "closed". */
function positionFreshness(pairState: PairState, view: ChainView, nowMs: number): readonly InputFreshness[] {
  const missing = pairState.positions.filter(
    (known) =>
      known.chainId === view.chainId &&
      !view.positions.some(({ observed }) => observed.positionId === known.positionId),
  );
  return missing.map((known) => ({
    input: `position:${known.positionId}`,
    source: `rpc:${view.chainId}`,
    observedAtMs: view.block.timestampAtMs,
    ageMs: Math.max(0, nowMs - view.block.timestampAtMs),
    maxAgeMs: MAX_POOL_AGE_MS,
    ok: false,
    rule: "known_position_on_chain",
    detail: `position ${known.tokenId} is in the signer's journal but not readable at block ${view.block.number}`,
  }));
}

/** One wallet per pair of tokens the chain's pools use (USDC and USDC.e are two), each token counted once. */
export function toWallets(
  pairState: Pick<PairState, "account">,
  pools: readonly Pick<ResolvedPool, "chain" | "base" | "quote">[],
  nativeRaw: bigint,
  nativeUsd: number,
): readonly WalletBalance[] {
  const counted = new Set<string>();
  const balanceOf = (chainId: number, token: string): bigint => {
    const key = token.toLowerCase();
    if (counted.has(key)) return 0n;
    counted.add(key);
    return pairState.account
      .filter((each) => each.chainId === chainId && each.token.toLowerCase() === key)
      .reduce((sum, each) => sum + each.amountRaw, 0n);
  };
  const sets = new Map(
    pools.map((facts) => [`${facts.base.address}/${facts.quote.address}`.toLowerCase(), facts] as const),
  );
  return [...sets.values()].map(({ chain, base, quote }, index) => ({
    chainId: chain.id,
    base: { symbol: base.symbol, address: base.address, decimals: base.decimals },
    quote: { symbol: quote.symbol, address: quote.address, decimals: quote.decimals },
    baseRaw: balanceOf(chain.id, base.address),
    quoteRaw: balanceOf(chain.id, quote.address),
    nativeRaw: index === 0 ? nativeRaw : 0n,
    nativeUsd,
  }));
}
