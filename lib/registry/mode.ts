// How much the strategy may do with a pair, and the ways to pause it, as words alone.

export const MODES = ["observe", "approve", "auto"] as const;
export type Mode = (typeof MODES)[number];

export const PAUSE_KINDS = ["no_new_risk", "no_transactions", "stop_worker"] as const;
export type PauseKind = (typeof PAUSE_KINDS)[number];
