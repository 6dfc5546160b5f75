// One cycle as a straight line: fetch, compute, decide, execute, log; a failed step ends it with a record that says so.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import type { StrategyMemory } from "@/lib/strategy/index";
import type { LedgerEntry } from "@/lib/api/signer-contract";
import type { FlowBook } from "@/lib/ledger/flow-book";
import { computeFlows } from "./flows";
import type { LiveInputs } from "./live-inputs";
import type { CycleDeps } from "./ports";
import { computeEvaluation, type Computed } from "./steps/compute";
import { decideAndPlan, type Decided } from "./steps/decide";
import { executeDecision, type Executed } from "./steps/execute";
import { fetchSnapshot, type Fetched } from "./steps/fetch";
import { logCycle, type StepName } from "./steps/log";

export interface CycleInput {
  readonly epoch: number;
  readonly cycleId: string;
  readonly observeOnly: boolean;
  readonly latenessMs: number;
  readonly live: LiveInputs;
  readonly epochNetUsd: readonly number[];
  readonly suppressUntilEpoch: number;
  /** What the evaluation before this one left. */
  readonly memory: StrategyMemory;
  /** Where the results of the epochs before end. */
  readonly book: FlowBook | null;
  /** Entries of the ledger that are not counted yet; what this cycle carries out belongs to the next. */
  readonly entries: readonly LedgerEntry[];
  readonly onPhase: (phase: string) => void;
  readonly shouldStop: () => boolean;
}

export interface CycleOutcome {
  readonly record: EpochRecord;
  readonly fetched: Fetched | null;
  readonly computed: Computed | null;
  readonly decided: Decided | null;
  readonly executed: Executed | null;
}

export async function runCycle(deps: CycleDeps, input: CycleInput): Promise<CycleOutcome> {
  const line = createLine(deps, input.onPhase);
  const fetched = await line.step("fetch", () => fetchSnapshot(deps, input));
  const computed = await line.step(
    "compute",
    () =>
      fetched &&
      computeEvaluation(
        { monotonicMs: () => deps.wall.monotonicMs(), nextTurn: () => nextTurn() },
        {
          snapshot: fetched.snapshot,
          pairState: fetched.pairState,
          isPegged: deps.isPegged,
          memory: input.memory,
        },
      ),
  );
  const decided = await line.step("decide", () => fetched && computed && decideAndPlan(deps, fetched, computed));
  const executed = await line.step(
    "execute",
    () => fetched && decided && executeDecision(deps, fetched, decided, input),
  );
  // Beside the real money and after it: a paper account is never waited for by a decision.
  const paper =
    fetched && computed
      ? await deps.paper.run({
          snapshot: fetched.snapshot,
          params: computed.params,
          market: computed.market,
          mode: fetched.pairState.mode,
        })
      : [];
  input.onPhase("log");
  const { pools } = deps;
  const accounted = fetched && computeFlows({ fetched, pools, book: input.book, entries: input.entries });
  const record = await logCycle(deps, {
    ...line.result(),
    epoch: input.epoch,
    cycleId: input.cycleId,
    latenessMs: input.latenessMs,
    fetched,
    computed,
    decided,
    executed,
    paper,
    ledger: await deps.signer.checkLedger(),
    flows: accounted?.flows ?? null,
    accounting: accounted?.accounting ?? null,
  });
  return { record, fetched, computed, decided, executed };
}

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Times each step and remembers the first failure; after it the rest is skipped. */
function createLine(deps: CycleDeps, onPhase: (phase: string) => void) {
  const durations = { fetchMs: 0, computeMs: 0, decideMs: 0, executeMs: 0, logMs: 0 };
  let failure: { readonly step: StepName; readonly error: unknown } | null = null;
  return {
    result: () => ({ durations, failure }),
    async step<T extends object>(
      name: StepName,
      run: () => Promise<Outcome<T> | T | null> | Outcome<T> | T | null,
    ): Promise<T | null> {
      if (failure !== null) return null;
      onPhase(name);
      const startedAtMonoMs = deps.wall.monotonicMs();
      const outcome = await run();
      durations[`${name}Ms`] = deps.wall.monotonicMs() - startedAtMonoMs;
      if (outcome === null) return null;
      if (!isOutcome(outcome)) return outcome;
      if (outcome.ok) return outcome.value;
      failure = { step: name, error: outcome.error };
      return null;
    },
  };
}

function isOutcome<T extends object>(value: Outcome<T> | T): value is Outcome<T> {
  return "ok" in value && typeof value.ok === "boolean" && ("value" in value || "error" in value);
}
