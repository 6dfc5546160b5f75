// What a plan costs and what the model expects of it over a week: a forecast with a stated band, never a promise.
import type { Plan } from "./plan";

const DAYS_PER_YEAR = 365;
const FORECAST_DAYS = 7;

/** Yearly income of one holding by the model, US dollars, and the share of time it is expected to earn. */
export interface IncomeLine {
  readonly feesUsdPerYear: number;
  readonly lvrUsdPerYear: number;
  readonly netUsdPerYear: number;
  /** Expected share of the horizon spent in range, 0..1. */
  readonly inRangeFrac: number;
}

export interface ForecastInput {
  readonly before: readonly IncomeLine[];
  readonly after: readonly IncomeLine[];
  readonly gasUsd: number;
  readonly swappedUsd: number;
  /** Router and pool fee of the swap, fraction. */
  readonly swapFeeFrac: number;
  readonly expectedSlippageFrac: number;
  /** What bridges take, US dollars; null when nothing moves between chains. */
  readonly bridgeFeeUsd?: number | null;
}

/**
 * The week's net is fees less LVR less the plan's cost. The band is one standard deviation of the time in range: a share of
 * time with mean rho has at most the variance rho(1-rho), and fees and LVR both accrue only in range, so
 * sd <= (fees - lvr) * sqrt((1-rho)/rho). Volume and price are taken as expected; the band does not hold their risk.
 */
export function computeForecast(input: ForecastInput): Plan["forecast"] {
  const sum = (lines: readonly IncomeLine[], pick: (line: IncomeLine) => number): number =>
    lines.reduce((total, line) => total + finite(pick(line)), 0);
  const feesAfter = sum(input.after, (line) => line.feesUsdPerYear);
  const lvrAfter = sum(input.after, (line) => line.lvrUsdPerYear);
  const gain = sum(input.after, (line) => line.netUsdPerYear) - sum(input.before, (line) => line.netUsdPerYear);
  const swapFeeUsd = input.swappedUsd * finite(input.swapFeeFrac);
  const slippageUsd = input.swappedUsd * finite(input.expectedSlippageFrac);
  const gasUsd = finite(input.gasUsd);
  const bridgeFeeUsd =
    input.bridgeFeeUsd === undefined || input.bridgeFeeUsd === null ? null : finite(input.bridgeFeeUsd);
  const costUsd = gasUsd + swapFeeUsd + slippageUsd + (bridgeFeeUsd ?? 0);
  const weekly = FORECAST_DAYS / DAYS_PER_YEAR;
  const net7dUsd = (feesAfter - lvrAfter) * weekly - costUsd;
  const spreadUsd = input.after.reduce((total, line) => total + timeSpreadUsdPerYear(line), 0) * weekly;
  return {
    feesUsdPerDayBefore: sum(input.before, (line) => line.feesUsdPerYear) / DAYS_PER_YEAR,
    feesUsdPerDayAfter: feesAfter / DAYS_PER_YEAR,
    lvrUsdPerDayAfter: lvrAfter / DAYS_PER_YEAR,
    gainUsdPerYear: gain,
    gasUsd,
    swapFeeUsd,
    slippageUsd,
    costUsd,
    paybackDays: gain > 0 ? (costUsd / gain) * DAYS_PER_YEAR : null,
    net7dUsd,
    net7dLowUsd: net7dUsd - spreadUsd,
    net7dHighUsd: net7dUsd + spreadUsd,
    ...(bridgeFeeUsd === null ? {} : { bridgeFeeUsd }),
  };
}

/** Standard deviation bound of a line's yearly fees less LVR from its time in range, US dollars. */
function timeSpreadUsdPerYear(line: IncomeLine): number {
  const rho = Math.max(0.01, Math.min(1, finite(line.inRangeFrac)));
  return Math.abs(finite(line.feesUsdPerYear - line.lvrUsdPerYear)) * Math.sqrt((1 - rho) / rho);
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
