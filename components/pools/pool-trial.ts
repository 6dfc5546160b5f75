// A backtest before a pool is added, as data: what the candles allow, the lab's request for it, or one sentence why there is none.
import { checkForm, DEFAULT_FORM, type LabRequest } from "@/components/lab/lab-form";
import type { LabData } from "@/components/lab/run-messages";
import type { SettingsAnswer } from "@/components/settings/settings-api";
import { formatAge } from "@/lib/format/age";
import { formatFixed } from "@/lib/format/number";
import { formatDay } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** operator.md J8. */
const WANTED_MS = 30 * DAY_MS;
/** Under this a result would be one afternoon's luck. */
const LEAST_MS = 2 * DAY_MS;
/** What the strategy looks back on before its first epoch, where there is that much. */
const LOOK_BACK_MS = 10 * DAY_MS;
const LOOK_BACK_FRAC = 0.25;
/** Holding, the dullest position, and the two policies a pair can run. */
const TWINS = ["hold", "full_range", "forces", "carry"] as const;

export interface TrialInput {
  /** As typed. */
  readonly capitalUsd: string;
  readonly gasUsdPerTx: string;
  /** From the check of the pool. */
  readonly market: SettingsAnswer<"poolCheck">["market"];
}

export interface Trial {
  readonly request: LabRequest;
  readonly data: LabData;
  /** Where the prices come from, kept with the run. */
  readonly source: string;
  /** How many days, which, from where. */
  readonly sentence: string;
}

export type TrialPlan = { readonly ok: true; readonly trial: Trial } | { readonly ok: false; readonly message: string };

export function planTrial(answer: SettingsAnswer<"poolTrial">, input: TrialInput): TrialPlan {
  const { candles, facts, from, notes, venues } = answer;
  const { base, quote } = facts;
  const quoteUsd = answer.isQuoteUsd ? 1 : (answer.quoteUsd ?? null);
  if (quoteUsd === null) {
    return refuse(
      `A backtest counts in US dollars, and no pair that runs here tells what ${quote.symbol} is worth in them: there is no result for ${facts.pairId}.`,
    );
  }
  if (from === "none" || candles.firstAtMs === null || candles.count < 2) {
    return refuse(`There are no candles to walk. ${notes.join(" ")}`.trim());
  }
  const firstAtMs = candles.firstAtMs;
  const toMs = firstAtMs + (candles.steps.reduce((sum, step) => sum + step, 0) + 1) * candles.timeframeMs;
  const spanMs = toMs - firstAtMs;
  const source =
    from === "collector"
      ? `recorded by this system from ${venues.join(", ") || "no exchange"}`
      : `candles of the pool itself by GeckoTerminal`;
  if (spanMs < LEAST_MS) {
    return refuse(
      `Only ${formatAge(spanMs)} of candles are there (${source}); two days are the least that says anything. ${notes.join(" ")}`.trim(),
    );
  }
  const checked = checkForm({
    ...DEFAULT_FORM,
    name: `${facts.pairId} on ${facts.dexName}, before it is added`.slice(0, 80),
    data: "market",
    poolKey: facts.poolKey,
    isStablePair: answer.isPegged,
    capitalUsd: input.capitalUsd,
    gasUsdPerTx: input.gasUsdPerTx,
    optimizer: false,
  });
  if (!checked.ok) return refuse(`${Object.values(checked.errors).join(". ")}.`);
  const feePips = input.market?.feePips ?? facts.feePips;
  if (feePips === null) return refuse("The pool's fee was not read, so that no income can be told. Check it again.");
  const depthUsd = input.market?.depthUsd ?? 0;
  const isDepthKnown = depthUsd > 0;
  const fromMs = Math.max(toMs - WANTED_MS, firstAtMs + Math.min(LOOK_BACK_MS, LOOK_BACK_FRAC * spanMs));
  const request: LabRequest = {
    ...checked.value,
    fromMs: Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS,
    toMs,
    base: base.symbol,
    quote: answer.isQuoteUsd ? quote.symbol : "USD",
    baseDecimals: base.decimals,
    quoteDecimals: quote.decimals,
    baseIsToken0: facts.baseIsToken0,
    feePips,
    tickSpacing: facts.tickSpacing ?? 1,
    twins: TWINS,
    ...(isDepthKnown ? { depthUsd } : {}),
  };
  const days = formatFixed((toMs - fromMs) / DAY_MS, 1);
  const isWhole = toMs - fromMs >= WANTED_MS;
  const backDays = formatFixed((fromMs - firstAtMs) / DAY_MS, 1);
  return {
    ok: true,
    trial: {
      request,
      source,
      data: from === "collector" ? { kind: "recorded", candles, venues } : { kind: "pool", candles, notes },
      sentence: `${days} days${isWhole ? "" : " of the 30 asked for: there is no more data"}, ${formatDay(fromMs)} to ${formatDay(toMs)}, ${source}; the strategy looks back on ${backDays} days before them. No swaps of this pool are known, so that its fees are an estimate${isDepthKnown ? " beside the liquidity the check read" : " beside a mid-sized pool's liquidity"}.${from === "collector" && notes.length > 0 ? ` ${notes.join(" ")}` : ""}${answer.isQuoteUsd ? "" : ` Prices are in dollars, with 1 ${quote.symbol} at ${formatUsd(quoteUsd)} throughout: what ${quote.symbol} itself did against the dollar is not in the result.`}`,
    },
  };
}

function refuse(message: string): TrialPlan {
  return { ok: false, message };
}
