// Names of the strategies that a backtest runs side by side.

/** On the same data with the same money. */
export const TWIN_NAMES = [
  "hold",
  "full_range",
  "fixed_range",
  "recentre_at_exit",
  "forces",
  "forces_defaults",
  "forces_no_shift",
  "carry",
  "ancestor",
] as const;
