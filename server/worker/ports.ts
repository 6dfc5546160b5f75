// What a worker needs from outside; main.ts builds it. Structural types let sources and execution fit without being imported.
import type { WorkerState } from "@/lib/api/worker-state";
import type { DeskEvent } from "@/lib/api/events";
import type { CommandRecord } from "@/lib/api/commands";
import type { LedgerEntry, PairState, PlanRecord, Rehearsal } from "@/lib/api/signer-contract";
import type { EpochRecord, LedgerVerdict, PaperRecord } from "@/lib/epoch/epoch-record";
import type { ExecutionReport } from "@/lib/epoch/execution-report";
import type { Result } from "@/lib/errors/result";
import type { ChainError, SourceError, StoreError, TidegateError } from "@/lib/errors/tidegate-error";
import type { CandleSeries } from "@/lib/market/candle";
import type { PoolSample } from "@/lib/market/pool-sample";
import type { InputFreshness, MarketSnapshot, ObservedPosition, PoolState } from "@/lib/market/snapshot";
import type { Plan } from "@/lib/plan/plan";
import type { Mode } from "@/lib/registry/pair-settings";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { MarketReading, StrategyParams } from "@/lib/strategy/index";
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import type { Address, Hex, PairId, PoolKey } from "@/lib/units";
import type { PlanningPort } from "./planning";

export interface VenueFeed {
  readonly venue: string;
  readonly weight: number;
  readonly lastTs: number | null;
  readonly coverageFrom: number | null;
  readonly error: string | null;
}

export interface CandlePort {
  readFeeds(): Promise<Result<readonly VenueFeed[], StoreError>>;
  /** Of all venues, fromMs <= open time < toMs; an error when a part of it cannot be read. */
  readMerged(fromMs: number, toMs: number): Promise<Result<CandleSeries, StoreError>>;
}

export interface BlockView {
  readonly number: bigint;
  readonly hash: Hex;
  readonly timestampAtMs: number;
}

export interface PoolView {
  readonly poolKey: PoolKey;
  readonly facts: ResolvedPool;
  readonly frame: PriceFrame;
  /** QUOTE per BASE. */
  readonly price: number;
  /** Current tick; active bin id in Liquidity Book, whose averages and positions count in bins too. */
  readonly tick: number;
  /** Liquidity Book only: one bin is this many 1/10 000 of price. */
  readonly binStepBps: number | null;
  readonly feePips: number;
  readonly twap: { readonly tick: number | null; readonly method: string; readonly detail: string };
}

export interface PositionView {
  readonly observed: ObservedPosition;
  readonly positionManager: Address;
  /** Ticks, upper exclusive; bin ids in Liquidity Book, both inclusive. */
  readonly tickLower: number;
  readonly tickUpper: number;
}

/** Everything of one chain at one block. */
export interface ChainView {
  readonly chainId: number;
  readonly block: BlockView;
  readonly pools: readonly PoolView[];
  readonly refused: readonly { readonly facts: ResolvedPool; readonly detail: string }[];
  readonly positions: readonly PositionView[];
  /** The pool as the strategy takes it. */
  poolState(
    pool: PoolView,
    input: { readonly service: ServicePool | null; readonly nativeUsd: number; readonly gasPriceWei: bigint },
  ): PoolState;
}

/** Volumes and reserves of a pool from the pool service. */
export interface ServicePool {
  readonly pool: string;
  readonly tvlUsd: number | null;
  readonly volumeH1Usd: number | null;
  readonly volumeH24Usd: number | null;
  readonly tokenPriceUsd: ReadonlyMap<string, number>;
  readonly observedAtMs: number;
}

export interface DepthView {
  readonly pool: string;
  readonly blockNumber: bigint;
  readonly price: number;
  readonly buckets: readonly {
    readonly priceLower: number;
    readonly priceUpper: number;
    readonly liquidityRaw: bigint;
    readonly base: number;
    readonly quote: number;
  }[];
}

export interface ChainPort {
  /** Only the positions that are `known` to the signer's journal are read: others belong to nobody here. */
  readChain(chainId: number, known: PairState["positions"]): Promise<Result<ChainView, ChainError>>;
  readGasPriceWei(chainId: number): Promise<Result<bigint, ChainError>>;
  readNativeBalance(chainId: number): Promise<Result<bigint, ChainError>>;
  readDepth(view: ChainView, pool: PoolView): Promise<Result<DepthView, ChainError>>;
}

export interface PoolServicePort {
  fetchPools(chainId: number, pools: readonly string[]): Promise<Result<ReadonlyMap<string, ServicePool>, SourceError>>;
}

export interface SignerPort {
  pairState(): Promise<Result<PairState, TidegateError>>;
  propose(plan: Plan, proposedBy: string): Promise<Result<PlanRecord, TidegateError>>;
  plan(planId: string): Promise<Result<PlanRecord, TidegateError>>;
  finish(
    planId: string,
    outcome: "done" | "partial" | "voided",
    reason: string,
  ): Promise<Result<PlanRecord, TidegateError>>;
  commandsSince(seq: number): Promise<Result<readonly CommandRecord[], TidegateError>>;
  /** Evidence beside a plan. */
  rehearsed(planId: string, rehearsal: Rehearsal): Promise<Result<PlanRecord, TidegateError>>;
  /** Ledger against chains; null when one of them did not answer. */
  checkLedger(): Promise<LedgerVerdict | null>;
  /** Entries of the pair with a higher number, oldest first, at most `limit`. */
  ledgerSince(seq: number, limit: number): Promise<Result<readonly LedgerEntry[], TidegateError>>;
  commandResult(
    commandId: Hex,
    status: "done" | "refused",
    result: string,
    planId: string | null,
  ): Promise<Result<unknown, TidegateError>>;
}

export interface LivePrices {
  readonly price: number;
  readonly priceAtMarketMs: number;
  readonly quoteUsd: number;
  readonly nativeUsd: number;
}

export interface WorkerLog {
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What a cycle leaves behind. */
export interface RecordPort {
  pushEpoch(record: EpochRecord): Promise<Result<true, StoreError>>;
  writeInputs(epoch: number, value: unknown): Promise<Result<true, StoreError>>;
  /** Newest first. */
  recentEpochs(count: number): Promise<Result<readonly EpochRecord[], StoreError>>;
  /** Streams of OpenObserve; never throws, never waits. */
  emitEpoch(record: EpochRecord, facts: CycleFacts): void;
  publish(event: DeskEvent): void;
  writeState(state: WorkerState): Promise<Result<true, StoreError>>;
  /** What the last worker of the pair left; null when there is nothing that can be read. */
  readState(): Promise<WorkerState | null>;
  writeSource(health: SourceNote): void;
}

/** Numbers of the telemetry streams that the record itself does not hold. */
export interface CycleFacts {
  readonly pools: readonly PoolState[];
  readonly positions: readonly ObservedPosition[];
  readonly poolPrices: ReadonlyMap<string, number>;
}

export interface SourceNote {
  readonly id: string;
  readonly kind: "gecko" | "rpc" | "lifi";
  readonly label: string;
  readonly ok: boolean;
  readonly lastAtMs: number | null;
  readonly maxAgeMs: number | null;
  readonly sentence: string;
}

/** Samples of the pair's pools over the last 73 h. */
export interface PoolSampleSource {
  /** Waits a moment for a sample that is due or under way, so that an epoch sees its own. */
  settle(): Promise<void>;
  /** By pool key, ascending, none later than `nowMs`; a pool without any is missing. */
  samples(nowMs: number): Readonly<Record<string, readonly PoolSample[]>>;
  /** One entry per pool; advisory. */
  freshness(nowMs: number): readonly InputFreshness[];
}

export interface PaperInput {
  readonly snapshot: MarketSnapshot;
  /** Parameters of the pair; its policy is the one in charge. */
  readonly params: StrategyParams;
  /** What the real evaluation read from the same candles. */
  readonly market: MarketReading;
  readonly mode: Mode;
}

/** Paper accounts beside the real one. */
export interface PaperPort {
  /** After the real decision of the epoch was carried out. Never throws: what fails here is told and costs nobody anything. */
  run(input: PaperInput): Promise<readonly PaperRecord[]>;
}

export interface CycleDeps {
  readonly pairId: PairId;
  readonly wall: { nowMs(): number; monotonicMs(): number };
  readonly market: { nowMs(): number; speed(): number };
  readonly pools: readonly ResolvedPool[];
  readonly isPegged: boolean;
  readonly candles: CandleSource;
  readonly chain: ChainPort;
  readonly poolService: PoolServicePort;
  readonly poolSamples: PoolSampleSource;
  readonly paper: PaperPort;
  /** Epoch of our newest close by pool key, of the last day. */
  readonly lastCloseEpochs: (nowMs: number) => Promise<Readonly<Record<string, number>>>;
  readonly signer: SignerPort;
  /** Missing: plans are made without bridges, from the aggregator's usual fee, for families with plain allowances. */
  readonly planning?: PlanningPort;
  /** The whole plan tried on copies of its chains; method `none` when that could not be done at all. */
  readonly rehearse: (plan: Plan) => Promise<Rehearsal>;
  readonly execute: (record: PlanRecord, shouldStop: () => boolean) => Promise<ExecutionReport>;
  readonly record: RecordPort;
  readonly log: WorkerLog;
}

/** Merged candles of the pair up to now. */
export interface CandleSource {
  refresh(
    nowMs: number,
  ): Promise<Result<{ readonly candles: CandleSeries; readonly feeds: readonly VenueFeed[] }, StoreError>>;
}
