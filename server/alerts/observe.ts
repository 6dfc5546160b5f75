// From what the desk reads to what the rules look at; every free text is cleaned here, before it is kept or sent anywhere.
import type { AlertFacts, ChainFacts, PairFacts } from "@/lib/alerts/facts";
import type { PairSummary, ServiceDto } from "@/lib/api/schemas";
import type { Authority, PlanRecord, Transfer } from "@/lib/api/signer-contract";
import type { WorkerState } from "@/lib/api/worker-state";
import { redactText } from "@/server/infra/telemetry/redact";

/** Everything that was read for one look; null: could not be read. */
export interface Readings {
  readonly wallNowMs: number;
  readonly marketNowMs: number;
  readonly marketSpeed: number;
  readonly deskProblem: string | null;
  readonly pairs: readonly PairSummary[] | null;
  readonly workers: ReadonlyMap<string, WorkerState>;
  /** The signer's own word; null while it is away, whatever its copy says. */
  readonly authority: Authority | null;
  readonly plans: readonly PlanRecord[] | null;
  readonly services: readonly ServiceDto[] | null;
  readonly sources:
    | readonly {
        readonly id: string;
        readonly kind: "cex" | "gecko" | "rpc" | "lifi";
        readonly label: string;
        readonly pairId: string | null;
        readonly state: string;
        readonly sentence: string;
      }[]
    | null;
  readonly ledger: { readonly balanced: boolean; readonly differences: number; readonly sentence: string } | null;
  readonly transfers: readonly Transfer[] | null;
  readonly results: AlertFacts["results"];
  /** Currency both tokens of a pair are pegged to; null when they are not. */
  readonly pegOf: (pairId: string) => string | null;
  readonly chainName: (chainId: number) => string;
}

const MAX_TEXT = 300;
/** As the desk: what a worker said longer ago is not how it is now. */
const WORKER_SILENT_MS = 60_000;

/** One line without secrets, control or direction characters. */
export function cleanText(text: string): string {
  const line = redactText(text)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
}

export function factsOf(readings: Readings): AlertFacts {
  const { authority } = readings;
  return {
    wallNowMs: readings.wallNowMs,
    marketNowMs: readings.marketNowMs,
    marketSpeed: readings.marketSpeed,
    deskProblem: readings.deskProblem === null ? null : cleanText(readings.deskProblem),
    pairs: readings.pairs?.map((pair) => pairFacts(readings, pair)) ?? null,
    plans:
      readings.plans?.map((record) => ({
        planId: record.planId,
        pairId: record.plan.pairId,
        kind: record.plan.kind,
        status: record.status,
        statusReason: cleanText(record.statusReason),
        costUsd: record.plan.forecast.costUsd,
        createdAtMs: record.createdAtMs,
        endedAtMs: record.endedAtMs,
        expiresAtMs: record.expiresAtMs,
      })) ?? null,
    services:
      readings.services?.map(({ id, label, state, sentence, effect }) => ({
        id,
        label,
        // "Unknown" is what a process is before its first word; the rule's patience covers the start.
        isOk: state === "ok" || (id === "signer" && state === "degraded"),
        sentence: cleanText(sentence),
        effect,
      })) ?? null,
    sources:
      readings.sources
        ?.filter(({ kind }) => kind !== "rpc")
        .map(({ id, label, pairId, state, sentence }) => ({
          id,
          label: cleanText(label),
          pairId,
          isOk: state !== "stopped" && state !== "degraded",
          sentence: cleanText(sentence),
        })) ?? null,
    chains: chainFacts(readings),
    ledger:
      readings.ledger === null
        ? null
        : {
            isBalanced: readings.ledger.balanced,
            differences: readings.ledger.differences,
            sentence: cleanText(readings.ledger.sentence),
          },
    transfers:
      readings.transfers
        ?.filter(({ state }) => state === "pending")
        .map(({ transferId, pairId, planId, bridge, startedAtMs, detail }) => ({
          transferId,
          pairId,
          planId,
          bridge,
          startedAtMs,
          detail: cleanText(detail),
        })) ?? null,
    results: readings.results,
    signer:
      authority === null
        ? null
        : {
            state: authority.state,
            cause: cleanText(authority.stateCause),
            stopped:
              authority.stopped === null
                ? null
                : { reason: cleanText(authority.stopped.reason), by: authority.stopped.by },
          },
  };
}

function pairFacts(readings: Readings, pair: PairSummary): PairFacts {
  const own = readings.authority?.pairs.find(({ pairId }) => pairId === pair.id) ?? null;
  const { worker, lastDecision } = pair;
  const { state, sentence, sinceMarketMs } = rangeState(readings, pair);
  return {
    pairId: pair.id,
    base: cleanText(pair.base),
    quote: cleanText(pair.quote),
    state,
    stateSentence: cleanText(sentence),
    isPaused: pair.state === "paused",
    outSinceMarketMs: state === "out_of_range" ? sinceMarketMs : null,
    fees24hUsd: pair.fees24hUsd,
    price: pair.price,
    pegCurrency: readings.pegOf(pair.id),
    halted: pair.halted === null ? null : { state: pair.halted.state, cause: cleanText(pair.halted.cause) },
    lastDecision:
      lastDecision === null
        ? null
        : {
            kind: lastDecision.kind,
            reason: lastDecision.reason,
            sentence: cleanText(lastDecision.sentence),
            marketAtMs: lastDecision.marketAtMs,
          },
    worker: {
      state: worker?.state ?? "missing",
      hasHeartbeat: worker !== null && worker.heartbeatAtMs !== null,
      lastExit: worker === null || worker.lastExit === null ? null : cleanText(worker.lastExit),
      nextEpochMarketAtMs: worker?.nextEpochMarketAtMs ?? null,
    },
    used:
      own === null
        ? null
        : {
            gasUsd: own.gasTodayUsd,
            maxGasUsd: own.settings.limits.maxGasUsdPerDay,
            volumeUsd: own.usedTodayUsd,
            maxVolumeUsd: own.settings.limits.maxUsdPerDay,
            txCount: own.usedTodayTxCount,
            maxTxCount: own.settings.limits.maxTxPerDay,
          },
  };
}

/** A pause or a halt hides on the desk where the positions are; an alert is about the positions, so the worker's own word counts. */
function rangeState(
  { workers, wallNowMs }: Readings,
  pair: PairSummary,
): { readonly state: PairFacts["state"]; readonly sentence: string; readonly sinceMarketMs: number | null } {
  const seen = workers.get(pair.id) ?? null;
  if ((pair.state !== "paused" && pair.state !== "halted") || seen === null) {
    return { state: pair.state, sentence: pair.stateSentence, sinceMarketMs: pair.stateSinceAtMs };
  }
  return wallNowMs - seen.updatedAtMs > WORKER_SILENT_MS
    ? { state: "unknown", sentence: pair.stateSentence, sinceMarketMs: null }
    : {
        state: seen.state,
        sentence: `${seen.stateSentence}; ${pair.stateSentence}`,
        sinceMarketMs: seen.stateSinceMarketMs,
      };
}

/** Newest block per chain over all workers that live; a chain nobody looks at has no lag. */
function chainFacts(readings: Readings): readonly ChainFacts[] | null {
  if (readings.pairs === null) return null;
  const newest = new Map<number, number>();
  for (const pair of readings.pairs) {
    if (pair.worker?.state !== "running" || pair.worker.heartbeatAtMs === null) continue;
    for (const block of readings.workers.get(pair.id)?.blocks ?? []) {
      newest.set(block.chainId, Math.max(newest.get(block.chainId) ?? 0, block.atMs));
    }
  }
  const speed = readings.marketSpeed > 0 ? readings.marketSpeed : 1;
  return [...newest].map(([chainId, atMs]) => ({
    chainId,
    name: readings.chainName(chainId),
    lagMs: Math.max(0, readings.marketNowMs - atMs) / speed,
  }));
}
