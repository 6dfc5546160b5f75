// Kill switches: when recent results look wrong the optimized parameters give way to the defaults.
export type KillReason = "negative_yield" | "excessive_rs" | "pathological_range" | "gas_budget";
