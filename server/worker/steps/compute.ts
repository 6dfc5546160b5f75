// Compute: the strategy's evaluation of a snapshot under the pair's parameters of this moment, in slices.
import type { PairState } from "@/lib/api/signer-contract";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { resolveParams } from "@/lib/registry/resolve-params";
import {
  evaluate,
  evaluateSteps,
  paramsInForce,
  readMarket,
  type Evaluation,
  type MarketReading,
  type StrategyMemory,
  type StrategyParams,
} from "@/lib/strategy/index";
import { runSlices, type SliceDeps } from "@/server/worker/run-slices";

export interface ComputeInput {
  readonly snapshot: MarketSnapshot;
  readonly pairState: Pick<PairState, "settings">;
  readonly isPegged: boolean;
  readonly memory: StrategyMemory;
}

export interface Computed {
  readonly params: StrategyParams;
  /** Where the range parameters in force come from. */
  readonly source: NonNullable<EpochRecord["params"]>["source"];
  readonly evaluation: Evaluation;
  /** What the candles say, for whoever evaluates the same candles once more. */
  readonly market: MarketReading;
}

export async function computeEvaluation(deps: SliceDeps, input: ComputeInput): Promise<Computed> {
  const { snapshot, memory } = input;
  const { params, source } = resolveParams(input.isPegged, input.pairState.settings.params);
  const market = readMarket(snapshot);
  await deps.nextTurn();
  const evaluation = await runSlices(deps, evaluateSteps({ snapshot, params, memory, market }));
  return { params, source: sourceOf(source, evaluation), evaluation, market };
}

/** The same without a search: for a shift by hand between two cycles. */
export function computeInForce(input: ComputeInput): Computed {
  const { snapshot, memory } = input;
  const { params: own, source } = resolveParams(input.isPegged, input.pairState.settings.params);
  const params = { ...own, range: paramsInForce(own, memory), optimizerEnabled: false };
  const market = readMarket(snapshot);
  return { params, source, evaluation: evaluate({ snapshot, params, memory, market }), market };
}

function sourceOf(source: "defaults" | "operator", evaluation: Evaluation): Computed["source"] {
  const { killSwitch, tuning } = evaluation;
  if (killSwitch !== null) return "defaults";
  const isTuned = tuning !== null && (tuning.verdict === "accepted" || tuning.verdict === "kept_incumbent");
  return isTuned ? "optimizer" : source;
}
