// The strategy's parameters of one pair: the defaults for its kind, with what an operator has set on top.
import type { CarryParams, RangeParams, StrategyParams } from "@/lib/strategy/index";
import { OTHER_PAIR_PARAMS, PEGGED_PAIR_PARAMS } from "./params";
import type { PairSettings } from "./pair-settings";

export interface ResolvedParams {
  readonly params: StrategyParams;
  /** `operator` as soon as one of the five range parameters is set by hand: then nothing tunes them. */
  readonly source: "defaults" | "operator";
}

/** `overrides` as in the pair's settings; a field that is not there keeps its default. */
export function resolveParams(isPegged: boolean, overrides: PairSettings["params"]): ResolvedParams {
  const base = isPegged ? PEGGED_PAIR_PARAMS : OTHER_PAIR_PARAMS;
  const range: RangeParams = {
    baseMin: overrides.baseMin ?? base.range.baseMin,
    baseMax: overrides.baseMax ?? base.range.baseMax,
    vforceExp: overrides.vforceExp ?? base.range.vforceExp,
    vforceDivider: overrides.vforceDivider ?? base.range.vforceDivider,
    rsThreshold: overrides.rsThreshold ?? base.range.rsThreshold,
  };
  const isSet = Object.entries(range).some(([key, value]) =>
    Object.entries(base.range).some(([other, fallback]) => key === other && value !== fallback),
  );
  return {
    source: isSet ? "operator" : "defaults",
    params: {
      ...base,
      policy: overrides.policy ?? base.policy,
      optimizerEnabled: !isSet && (overrides.optimizerEnabled ?? base.optimizerEnabled),
      optimizerEveryEpochs: overrides.optimizerEveryEpochs ?? base.optimizerEveryEpochs,
      restoreMixFrac: overrides.restoreMixFrac === undefined ? base.restoreMixFrac : overrides.restoreMixFrac,
      carry: withOverrides(base.carry, overrides.carry ?? {}),
      range,
      defaultRange: base.defaultRange,
      praThreshold: overrides.praThresholdFrac ?? base.praThreshold,
      amortizeDays: overrides.amortizeDays ?? base.amortizeDays,
      minHoldMs: overrides.minHoldMs ?? base.minHoldMs,
      maxPools: overrides.maxPools ?? base.maxPools,
      allowCash: overrides.allowCash ?? base.allowCash,
      cashReserveFrac: overrides.cashReserveFrac ?? base.cashReserveFrac,
      poolCapFrac: overrides.poolCapFrac ?? base.poolCapFrac,
      minTvlUsd: overrides.minTvlUsd ?? base.minTvlUsd,
      slippageBps: overrides.maxSlippageBps ?? base.slippageBps,
    },
  };
}

function withOverrides(base: CarryParams, set: NonNullable<PairSettings["params"]["carry"]>): CarryParams {
  return {
    kappaEntry: set.kappaEntry ?? base.kappaEntry,
    kappaExit: set.kappaExit ?? base.kappaExit,
    cautiousHours: set.cautiousHours ?? base.cautiousHours,
    kappaTrust: set.kappaTrust ?? base.kappaTrust,
    minEdgePerYear: set.minEdgePerYear ?? base.minEdgePerYear,
    opensOnEstimate: set.opensOnEstimate ?? base.opensOnEstimate,
    restoresAlways: set.restoresAlways ?? base.restoresAlways,
    reallocatesInPlace: set.reallocatesInPlace ?? base.reallocatesInPlace,
  };
}
