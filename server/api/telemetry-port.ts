// What the API asks the log store for: chart series, never decisions.
import type * as z from "zod";
import type { analysisPointSchema, EpochPoint } from "@/lib/api/schemas";
import type { Result } from "@/lib/errors/result";

export type AnalysisPoint = z.infer<typeof analysisPointSchema>;

export interface SeriesQuery {
  readonly pairId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

export interface AllocationQuery {
  readonly pairId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMinutes: number;
}

export interface AllocationPoint {
  /** Start of the step, market time. */
  readonly atMs: number;
  readonly poolKey: string;
  readonly currentUsd: number | null;
  readonly targetUsd: number | null;
  readonly idleUsd: number | null;
}

export interface Series<T> {
  readonly points: readonly T[];
  /** The store said that the answer is incomplete. */
  readonly partial: boolean;
}

export interface TelemetryReader {
  epochs(query: SeriesQuery): Promise<Result<Series<EpochPoint>, Error>>;
  /** `poolKey`: of one pool only. */
  analyses(query: SeriesQuery & { readonly poolKey?: string }): Promise<Result<Series<AnalysisPoint>, Error>>;
  /** Averages per pool and step, oldest first. */
  allocations(query: AllocationQuery): Promise<Result<Series<AllocationPoint>, Error>>;
  /** Null when it answers, otherwise why not. */
  problem(): Promise<string | null>;
}
