// What the rules look at, gathered from the stores and the signer; a part that cannot be known now is null, which neither fires nor clears anything.

export interface PairFacts {
  readonly pairId: string;
  readonly base: string;
  readonly quote: string;
  readonly state: "in_range" | "out_of_range" | "no_position" | "paused" | "halted" | "no_data" | "unknown";
  readonly stateSentence: string;
  readonly isPaused: boolean;
  /** Market time. */
  readonly outSinceMarketMs: number | null;
  readonly fees24hUsd: number | null;
  readonly price: number | null;
  /** Both tokens are pegged to this currency; null otherwise. */
  readonly pegCurrency: string | null;
  readonly halted: { readonly state: string; readonly cause: string } | null;
  readonly lastDecision: {
    readonly kind: string;
    readonly reason: string;
    readonly sentence: string;
    readonly marketAtMs: number;
  } | null;
  readonly worker: {
    readonly state: "starting" | "running" | "draining" | "backoff" | "halted" | "stopped" | "missing";
    readonly hasHeartbeat: boolean;
    readonly lastExit: string | null;
    readonly nextEpochMarketAtMs: number | null;
  };
  /** Null while the signer cannot be asked. */
  readonly used: {
    readonly gasUsd: number;
    readonly maxGasUsd: number;
    readonly volumeUsd: number;
    readonly maxVolumeUsd: number;
    readonly txCount: number;
    readonly maxTxCount: number;
  } | null;
}

export interface PlanFacts {
  readonly planId: string;
  readonly pairId: string;
  readonly kind: "RS" | "PRA";
  readonly status: string;
  readonly statusReason: string;
  readonly costUsd: number;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly expiresAtMs: number | null;
}

export interface ServiceFacts {
  readonly id: string;
  readonly label: string;
  readonly isOk: boolean;
  readonly sentence: string;
  readonly effect: string;
}

export interface SourceFacts {
  readonly id: string;
  readonly label: string;
  readonly pairId: string | null;
  readonly isOk: boolean;
  readonly sentence: string;
}

export interface ChainFacts {
  readonly chainId: number;
  readonly name: string;
  /** Age of the newest block any live worker saw, in wall ms. */
  readonly lagMs: number;
}

export interface TransferFacts {
  readonly transferId: string;
  readonly pairId: string;
  readonly planId: string;
  readonly bridge: string;
  readonly startedAtMs: number;
  readonly detail: string;
}

export interface ResultFacts {
  readonly pairId: string;
  /** Net result since the capital was assigned. */
  readonly netUsd: number;
  readonly valueUsd: number;
}

export interface AlertFacts {
  readonly wallNowMs: number;
  readonly marketNowMs: number;
  /** Market seconds per wall second. */
  readonly marketSpeed: number;
  /** Why the desk cannot be read; null when it can. Known at any time. */
  readonly deskProblem: string | null;
  readonly pairs: readonly PairFacts[] | null;
  readonly plans: readonly PlanFacts[] | null;
  readonly services: readonly ServiceFacts[] | null;
  readonly sources: readonly SourceFacts[] | null;
  readonly chains: readonly ChainFacts[] | null;
  readonly ledger: { readonly isBalanced: boolean; readonly differences: number; readonly sentence: string } | null;
  readonly transfers: readonly TransferFacts[] | null;
  readonly results: readonly ResultFacts[] | null;
  readonly signer: {
    readonly state: string;
    readonly cause: string;
    readonly stopped: { readonly reason: string; readonly by: string } | null;
  } | null;
}

/** Parts of the facts by name; a rule names the one it reads. */
export type FactPart = "desk" | Exclude<keyof AlertFacts, "wallNowMs" | "marketNowMs" | "marketSpeed" | "deskProblem">;

export function areKnown(facts: AlertFacts, parts: readonly FactPart[]): boolean {
  return parts.every((part) => part === "desk" || facts[part] !== null);
}
