// Compute: the strategy's evaluation of a snapshot under the pair's parameters of this moment.
import type { PairState } from "@/lib/api/signer-contract";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { resolveParams, type ResolvedParams } from "@/lib/registry/resolve-params";
import { evaluate, type Evaluation } from "@/lib/strategy/index";

export interface Computed extends ResolvedParams {
  readonly evaluation: Evaluation;
}

export function computeEvaluation(snapshot: MarketSnapshot, pairState: PairState, isPegged: boolean): Computed {
  const resolved = resolveParams(isPegged, pairState.settings.params);
  return { ...resolved, evaluation: evaluate({ snapshot, params: resolved.params }) };
}
