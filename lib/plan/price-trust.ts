// Whether a pool's price may be traded on: near its own time average and near the exchanges (safety.md section 3.10).

/** |spot - TWAP(5 min)| in ticks, and spot against the CEX median as a fraction. */
const MAX_TWAP_TICKS_PEGGED = 10;
const MAX_TWAP_TICKS_OTHER = 100;
const MAX_CEX_GAP_FRAC = 0.01;

export interface PriceTrustInput {
  readonly spotTick: number;
  /** Null when neither the pool's oracle nor past blocks gave one. */
  readonly twapTick: number | null;
  /** How the average was made, for the message: `observe` or `blocks`. */
  readonly twapMethod: string;
  /** QUOTE per BASE. */
  readonly spotPrice: number;
  readonly cexPrice: number | null;
  readonly isPegged: boolean;
}

export interface PriceTrust {
  readonly isTrusted: boolean;
  readonly rule: "spot_vs_twap" | "spot_vs_cex" | "no_twap" | "no_cex";
  readonly detail: string;
  readonly gapTicks: number | null;
  readonly gapFrac: number | null;
}

/** The first rule that fails, or the trusted verdict of the last one. */
export function checkPriceTrust(input: PriceTrustInput): PriceTrust {
  const { spotTick, twapTick, spotPrice, cexPrice } = input;
  const maxTicks = input.isPegged ? MAX_TWAP_TICKS_PEGGED : MAX_TWAP_TICKS_OTHER;
  const gapFrac = cexPrice === null || !(cexPrice > 0) ? null : Math.abs(spotPrice / cexPrice - 1);
  const gapTicks = twapTick === null ? null : Math.abs(spotTick - twapTick);
  const verdict = (isTrusted: boolean, rule: PriceTrust["rule"], detail: string): PriceTrust => ({
    isTrusted,
    rule,
    detail,
    gapTicks,
    gapFrac,
  });
  if (gapFrac === null || !Number.isFinite(gapFrac)) {
    return verdict(false, "no_cex", "There is no exchange price to compare the pool with.");
  }
  if (gapTicks === null || !Number.isFinite(gapTicks)) {
    return verdict(
      false,
      "no_twap",
      "The pool's 5-minute average could not be read, neither from its oracle nor from past blocks.",
    );
  }
  if (gapTicks > maxTicks) {
    return verdict(
      false,
      "spot_vs_twap",
      `The pool is ${gapTicks.toFixed(1)} ticks from its 5-minute average (${input.twapMethod}); at most ${maxTicks} are trusted.`,
    );
  }
  if (gapFrac > MAX_CEX_GAP_FRAC) {
    return verdict(
      false,
      "spot_vs_cex",
      `The pool's price ${spotPrice} differs by ${gapFrac.toFixed(5)} (fraction) from the exchanges' ${cexPrice ?? 0}; at most ${MAX_CEX_GAP_FRAC} is trusted.`,
    );
  }
  return verdict(
    true,
    "spot_vs_cex",
    `${gapTicks.toFixed(1)} ticks from the 5-minute average (${input.twapMethod}), ${gapFrac.toFixed(5)} from the exchanges (fraction).`,
  );
}
