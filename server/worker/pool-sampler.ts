// Pool sampler: every pool of the pair once per five minutes of market time, kept for 73 h over restarts, holes filled from past blocks where the node has them.
import { errorText } from "@/lib/errors/tidegate-error";
import type { ChainError, StoreError } from "@/lib/errors/tidegate-error";
import type { Result } from "@/lib/errors/result";
import { POOL_SAMPLE_KEEP_MS, POOL_SAMPLE_MS, type PoolSample, type TickPoolSample } from "@/lib/market/pool-sample";
import type { InputFreshness } from "@/lib/market/snapshot";
import type { PoolKey } from "@/lib/units";
import { createBlockSearch, type BlockSearch } from "./block-search";
import type { BlockView, PoolSampleSource, WorkerLog } from "./ports";

export interface SampledChain {
  readonly chainId: number;
  readonly blockTimeMs: number;
  readonly poolKeys: readonly PoolKey[];
  /** Pools that cannot be sampled, each with the reason. */
  readonly unsampled?: readonly { readonly poolKey: PoolKey; readonly reason: string }[];
}

export interface PoolSamplerDeps {
  readonly chains: readonly SampledChain[];
  readonly market: {
    nowMs(): number;
    onTick(listener: (tick: { readonly nowMs: number }) => void): () => void;
  };
  readonly chain: {
    readBlock(chainId: number, at: bigint | "latest"): Promise<Result<BlockView, ChainError>>;
    /** Every pool of the chain at that block; one that does not answer is missing. */
    readSamples(chainId: number, block: BlockView): Promise<Result<ReadonlyMap<PoolKey, TickPoolSample>, ChainError>>;
  };
  readonly store: {
    read(poolKey: PoolKey): Promise<Result<readonly TickPoolSample[], StoreError>>;
    write(
      poolKey: PoolKey,
      samples: readonly TickPoolSample[],
      dropSlots: readonly number[],
    ): Promise<Result<true, StoreError>>;
  };
  /** Lets other work go first between two past blocks. */
  readonly pause: () => Promise<void>;
  readonly log: WorkerLog;
}

export interface PoolSampler extends PoolSampleSource {
  /** Reads what the last worker kept, then samples with the market. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A newest sample older than this gives no rates (strategy-carry section 1). */
const MAX_SAMPLE_AGE_MS = 45 * 60_000;
/** Longest wait of a cycle for a sample that is being taken, wall ms. */
const SETTLE_MS = 1_500;
/** Past blocks are tried again after this much market time when the node did not answer at all. */
const RETRY_PAST_MS = 30 * 60_000;
/** Past samples are written in groups, so that a worker that ends half way keeps them. */
const WRITE_EVERY = 24;

interface ChainMemory {
  readonly facts: SampledChain;
  readonly search: BlockSearch;
  /** Slot of the newest complete sample. */
  lastSlot: number;
  isSampling: boolean;
  /** No state before this instant: the node has dropped it, or the pools were not there yet. */
  floorMs: number;
  floorReason: string | null;
  retryPastAtMs: number;
  /** Slots whose past was looked up: what is still missing there is not on the chain. */
  readonly lookedUp: Set<number>;
  isFilling: boolean;
  error: string | null;
}

export function slotOf(atMs: number): number {
  return Math.floor(atMs / POOL_SAMPLE_MS);
}

export function createPoolSampler(deps: PoolSamplerDeps): PoolSampler {
  const slotsOf = new Map<PoolKey, Map<number, TickPoolSample>>();
  const sortedOf = new Map<PoolKey, readonly TickPoolSample[]>();
  const chains: ChainMemory[] = deps.chains.map((facts) => ({
    facts,
    search: createBlockSearch({
      readBlock: (number) => deps.chain.readBlock(facts.chainId, number),
      blockTimeMs: facts.blockTimeMs,
    }),
    lastSlot: Number.NEGATIVE_INFINITY,
    isSampling: false,
    floorMs: 0,
    floorReason: null,
    retryPastAtMs: 0,
    lookedUp: new Set(),
    isFilling: false,
    error: null,
  }));
  let isStopped = false;
  let stopTicks: (() => void) | null = null;
  const running = new Set<Promise<void>>();

  function run(work: Promise<void>): void {
    const safe = work.catch((error: unknown) => {
      // A bug here must not take the worker down: decisions go on with the samples there are, and their age is shown.
      deps.log.error("source.degraded", { source: "pool-samples", detail: errorText(error) });
    });
    running.add(safe);
    void safe.then(() => running.delete(safe));
  }

  function slots(poolKey: PoolKey): Map<number, TickPoolSample> {
    const known = slotsOf.get(poolKey) ?? new Map<number, TickPoolSample>();
    slotsOf.set(poolKey, known);
    return known;
  }

  /** The first valid one of a slot counts; returns the slots that fell out of the window. */
  function note(poolKey: PoolKey, samples: readonly TickPoolSample[], nowMs: number): number[] {
    const known = slots(poolKey);
    for (const sample of samples) {
      const slot = slotOf(sample.observedAtMs);
      if (!known.has(slot)) known.set(slot, sample);
    }
    const oldest = nowMs - POOL_SAMPLE_KEEP_MS;
    const gone = [...known].filter(([, sample]) => sample.observedAtMs < oldest).map(([slot]) => slot);
    for (const slot of gone) known.delete(slot);
    sortedOf.delete(poolKey);
    return gone;
  }

  async function keep(poolKey: PoolKey, samples: readonly TickPoolSample[]): Promise<void> {
    const fresh = samples.filter((sample) => !slots(poolKey).has(slotOf(sample.observedAtMs)));
    const gone = note(poolKey, fresh, deps.market.nowMs());
    const written = await deps.store.write(poolKey, fresh, gone);
    // They stay in memory; only a restart while the store is away loses them, and past blocks may bring them back.
    if (!written.ok) deps.log.warn("store.lost", { poolKey, detail: written.error.message });
  }

  // ---- with the market ----------------------------------------------------------------------------------------------

  function onTick(nowMs: number): void {
    if (isStopped) return;
    const slot = slotOf(nowMs);
    for (const chain of chains) {
      if (chain.isSampling || chain.lastSlot >= slot) continue;
      chain.isSampling = true;
      run(
        sampleNow(chain, slot).finally(() => {
          chain.isSampling = false;
        }),
      );
    }
  }

  /** The newest block may still be of the slot before: then the next step of the market looks again. */
  async function sampleNow(chain: ChainMemory, slot: number): Promise<void> {
    const { chainId, poolKeys } = chain.facts;
    const block = await deps.chain.readBlock(chainId, "latest");
    if (!block.ok) {
      chain.error = block.error.message;
      return;
    }
    if (slotOf(block.value.timestampAtMs) < slot) return;
    const taken = await deps.chain.readSamples(chainId, block.value);
    if (!taken.ok) {
      chain.error = taken.error.message;
      return;
    }
    chain.error = null;
    chain.lastSlot = slotOf(block.value.timestampAtMs);
    for (const poolKey of poolKeys) {
      const sample = taken.value.get(poolKey);
      if (sample !== undefined) await keep(poolKey, [sample]);
    }
    startFilling(chain, block.value);
  }

  // ---- past blocks --------------------------------------------------------------------------------------------------

  function missingSlots(chain: ChainMemory, head: BlockView): readonly number[] {
    const newest = slotOf(head.timestampAtMs) - 1;
    const oldest = slotOf(Math.max(head.timestampAtMs - POOL_SAMPLE_KEEP_MS, chain.floorMs)) + 1;
    const missing: number[] = [];
    for (let slot = newest; slot >= oldest; slot -= 1) {
      if (chain.lookedUp.has(slot)) continue;
      if (chain.facts.poolKeys.some((poolKey) => !slots(poolKey).has(slot))) missing.push(slot);
    }
    return missing;
  }

  function startFilling(chain: ChainMemory, head: BlockView): void {
    if (chain.isFilling || head.timestampAtMs < chain.retryPastAtMs) return;
    const missing = missingSlots(chain, head);
    if (missing.length === 0) return;
    for (const slot of chain.lookedUp)
      if (slot < slotOf(head.timestampAtMs - POOL_SAMPLE_KEEP_MS)) chain.lookedUp.delete(slot);
    chain.isFilling = true;
    run(
      fillPast(chain, head, missing).finally(() => {
        chain.isFilling = false;
      }),
    );
  }

  /** Newest first; the first block whose state is gone ends it for good: older ones are gone too. */
  async function fillPast(chain: ChainMemory, head: BlockView, missing: readonly number[]): Promise<void> {
    const { chainId, poolKeys } = chain.facts;
    const found = new Map<PoolKey, TickPoolSample[]>();
    const flush = async (): Promise<void> => {
      for (const [poolKey, samples] of found) await keep(poolKey, samples);
      found.clear();
    };
    let after = head;
    let filledCount = 0;
    for (const slot of missing) {
      if (isStopped) break;
      const fromMs = slot * POOL_SAMPLE_MS;
      const search = await chain.search.find({ fromMs, toMs: fromMs + POOL_SAMPLE_MS, after });
      const isFound = search.ok && search.value.kind === "found";
      const taken = isFound ? await deps.chain.readSamples(chainId, search.value.block) : null;
      const failed = !search.ok ? search.error : taken !== null && !taken.ok ? taken.error : null;
      if (failed !== null && isAway(failed)) {
        chain.retryPastAtMs = head.timestampAtMs + RETRY_PAST_MS;
        break;
      }
      if (failed !== null || (search.ok && search.value.kind === "before_first")) {
        chain.floorMs = fromMs + POOL_SAMPLE_MS;
        chain.floorReason = failed?.message ?? "the chain is younger";
        break;
      }
      chain.lookedUp.add(slot);
      if (isFound && taken !== null && taken.ok) {
        after = search.value.block;
        filledCount += 1;
        for (const poolKey of poolKeys) {
          const sample = taken.value.get(poolKey);
          if (sample !== undefined) found.set(poolKey, [...(found.get(poolKey) ?? []), sample]);
        }
      }
      if (filledCount % WRITE_EVERY === 0) await flush();
      await deps.pause();
    }
    await flush();
    if (filledCount > 0 || chain.floorReason !== null) {
      deps.log.info("samples.filled", {
        chainId,
        filled: filledCount,
        wanted: missing.length,
        detail: chain.floorReason ?? "",
      });
    }
  }

  // ---- what others read ---------------------------------------------------------------------------------------------

  function samplesOf(poolKey: PoolKey): readonly TickPoolSample[] {
    const known = sortedOf.get(poolKey);
    if (known !== undefined) return known;
    const sorted = [...slots(poolKey).values()].toSorted((left, right) => left.observedAtMs - right.observedAtMs);
    sortedOf.set(poolKey, sorted);
    return sorted;
  }

  function freshnessOf(chain: ChainMemory, poolKey: PoolKey, nowMs: number): InputFreshness {
    const samples = samplesOf(poolKey).filter(({ observedAtMs }) => observedAtMs <= nowMs);
    const newest = samples.at(-1)?.observedAtMs ?? null;
    const ageMs = newest === null ? null : Math.max(0, nowMs - newest);
    const hours = (samples.length * POOL_SAMPLE_MS) / 3_600_000;
    const floor =
      chain.floorReason === null ? "" : `; nothing older could be read (${chain.floorReason.slice(0, 160)})`;
    const trouble = chain.error === null ? "" : `; last attempt: ${chain.error.slice(0, 160)}`;
    return {
      input: `samples:${poolKey}`,
      source: `rpc:${chain.facts.chainId}`,
      observedAtMs: newest,
      ageMs,
      maxAgeMs: MAX_SAMPLE_AGE_MS,
      ok: ageMs !== null && ageMs <= MAX_SAMPLE_AGE_MS,
      rule: "max_age",
      detail: `${samples.length} samples, ${hours.toFixed(1)} h of the last 72 h${floor}${trouble}`,
      isAdvisory: true,
    };
  }

  return {
    async start() {
      const nowMs = deps.market.nowMs();
      for (const { facts } of chains) {
        for (const poolKey of facts.poolKeys) {
          const stored = await deps.store.read(poolKey);
          if (stored.ok) note(poolKey, stored.value, nowMs);
          else deps.log.warn("store.lost", { poolKey, detail: stored.error.message });
        }
      }
      for (const chain of chains) {
        const newest = chain.facts.poolKeys.map((poolKey) => samplesOf(poolKey).at(-1)?.observedAtMs ?? Number.NaN);
        const oldestNewest = Math.min(...newest);
        if (Number.isFinite(oldestNewest)) chain.lastSlot = slotOf(oldestNewest);
      }
      stopTicks = deps.market.onTick(({ nowMs: tickMs }) => onTick(tickMs));
      onTick(nowMs);
    },
    async stop() {
      isStopped = true;
      stopTicks?.();
      await Promise.all(running);
    },
    async settle() {
      onTick(deps.market.nowMs());
      const deadlineMonoMs = performance.now() + SETTLE_MS;
      while (chains.some((chain) => chain.isSampling) && performance.now() < deadlineMonoMs) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    samples(nowMs) {
      const all: Record<string, readonly PoolSample[]> = {};
      for (const { facts } of chains) {
        for (const poolKey of facts.poolKeys) {
          const samples = samplesOf(poolKey);
          const known = samples.filter(({ observedAtMs }) => observedAtMs <= nowMs);
          if (known.length > 0) all[poolKey] = known;
        }
      }
      return all;
    },
    freshness: (nowMs) =>
      chains.flatMap((chain) => [
        ...chain.facts.poolKeys.map((poolKey) => freshnessOf(chain, poolKey, nowMs)),
        ...(chain.facts.unsampled ?? []).map(({ poolKey, reason }): InputFreshness => ({
          input: `samples:${poolKey}`,
          source: `rpc:${chain.facts.chainId}`,
          observedAtMs: null,
          ageMs: null,
          maxAgeMs: MAX_SAMPLE_AGE_MS,
          ok: false,
          rule: "can_be_sampled",
          detail: reason,
          isAdvisory: true,
        })),
      ]),
  };
}

/** The node did not answer at all, which says nothing about the block. */
function isAway(error: ChainError): boolean {
  return error.code === "unreachable" || error.code === "timeout" || error.code === "stale_head";
}
