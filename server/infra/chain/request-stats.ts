// Latencies and errors of one endpoint over its newest requests, counted where the requests are made.
import type { EndpointErrorClass, EndpointStats } from "@/lib/api/endpoint-schemas";

/** Requests a percentile is taken over. */
const KEPT_COUNT = 200;

export interface RequestStats {
  answered(durationMs: number): void;
  failed(kind: EndpointErrorClass): void;
  read(): EndpointStats;
}

export function createRequestStats(): RequestStats {
  /** Newest last; a failure has no duration. */
  const kept: { readonly ms: number | null; readonly kind: EndpointErrorClass | null }[] = [];

  function keep(entry: { readonly ms: number | null; readonly kind: EndpointErrorClass | null }): void {
    kept.push(entry);
    if (kept.length > KEPT_COUNT) kept.shift();
  }

  return {
    answered: (ms) => keep({ ms, kind: null }),
    failed: (kind) => keep({ ms: null, kind }),
    read() {
      const sorted = kept.flatMap(({ ms }) => (ms === null ? [] : [ms])).toSorted((a, b) => a - b);
      const errors: Partial<Record<EndpointErrorClass, number>> = {};
      for (const { kind } of kept) if (kind !== null) errors[kind] = (errors[kind] ?? 0) + 1;
      return { requests: kept.length, p50Ms: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95), errors };
    },
  };
}

/** Nearest rank: a latency that was really seen. */
function quantile(sorted: readonly number[], frac: number): number | null {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * frac) - 1)];
  return value === undefined ? null : Math.round(value * 10) / 10;
}
