// Momentum: Wilder's relative strength index (Wilder 1978).
import type { CandleSeries } from "@/lib/market/candle";

/** Period of the index (strategy.md section 3). */
const RSI_PERIOD = 14;
const NEUTRAL = 50;

/** RSI 0..100 over all closes of the window; 50 for fewer than 15 closes and for a flat series. */
export function computeMforce(bars: CandleSeries): number {
  if (bars.length < RSI_PERIOD + 1) return NEUTRAL;
  let gain = 0;
  let loss = 0;
  for (let index = 1; index < bars.length; index += 1) {
    const change = bars.close[index]! - bars.close[index - 1]!;
    const up = change > 0 ? change : 0;
    const down = change < 0 ? -change : 0;
    if (index <= RSI_PERIOD) {
      gain += up;
      loss += down;
      if (index === RSI_PERIOD) {
        gain /= RSI_PERIOD;
        loss /= RSI_PERIOD;
      }
    } else {
      gain = ((RSI_PERIOD - 1) * gain + up) / RSI_PERIOD;
      loss = ((RSI_PERIOD - 1) * loss + down) / RSI_PERIOD;
    }
  }
  const score = (100 * gain) / (gain + loss);
  return Number.isFinite(score) ? score : NEUTRAL;
}
