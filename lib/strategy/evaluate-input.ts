// Input of an evaluation, the same for every policy.
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { MarketReading } from "./market-reading";
import type { StrategyParams } from "./params";
import type { StrategyMemory } from "./tuning";
import type { TuningBars } from "./tuning-bars";

export interface EvaluateInput {
  readonly snapshot: MarketSnapshot;
  readonly params: StrategyParams;
  /** What the evaluation before this one left; `NO_MEMORY` at first. */
  readonly memory?: StrategyMemory | undefined;
  /** `readMarket` of this snapshot, when the caller has it already. */
  readonly market?: MarketReading | undefined;
  /** `prepareTuningBars` of this snapshot's candles or the equal window of a `TuningHistory`; asked for only when a search is due. */
  readonly tuningBars?: (() => TuningBars) | undefined;
}
