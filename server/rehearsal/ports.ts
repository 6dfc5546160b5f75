// What a rehearsal needs from outside: a place to try calls in a row, reads of pools and positions, quotes. Injected by the worker.
import type { CallPort, FamilyReads, TxCall } from "@/lib/actions/family";
import type { TxLog } from "@/lib/actions/erc20";
import type { QuoteEvidence, Rehearsal } from "@/lib/api/signer-contract";
import type { Result } from "@/lib/errors/result";
import type { TidegateError } from "@/lib/errors/tidegate-error";
import type { BridgeStep, Plan, SwapStep } from "@/lib/plan/plan";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";

/** One call as it went, with everything before it in effect. */
export interface TriedCall {
  readonly isOk: boolean;
  readonly gasUsed: bigint;
  readonly returnData: Hex;
  readonly logs: readonly TxLog[];
  /** Why it failed; empty when it went through. */
  readonly error: string;
}

/** One word of a contract's storage as it is to be before anything is played. */
export interface StorageChange {
  readonly address: Address;
  readonly slot: Hex;
  readonly valueRaw: bigint;
}

/** A copy of a chain at one block that nothing outside sees. */
export interface Stage {
  readonly method: Exclude<Rehearsal["method"], "none">;
  readonly blockNumber: bigint;
  readonly timestampSec: bigint;
  /** Chain seconds per wall second. */
  readonly timeScale: number;
  /** Reads the chain itself, not the stage. */
  readonly port: CallPort;
  /** Plays all of them in this order from the wallet, each time on the block as it is but for the changes. */
  play(
    calls: readonly TxCall[],
    changes?: readonly StorageChange[],
  ): Promise<Result<readonly TriedCall[], TidegateError>>;
  close(): Promise<void>;
}

export interface RehearsalDeps {
  /** Fails, with the reason, when the chain's node cannot simulate and no fork could be started. */
  readonly openStage: (chainId: number) => Promise<Result<Stage, TidegateError>>;
  readonly findPool: (chainId: number, pool: string) => PoolRef | null;
  readonly readsOf: (family: Family) => FamilyReads;
  readonly fetchSwapQuote: (
    plan: Plan,
    step: SwapStep,
    amountRaw: bigint,
  ) => Promise<Result<QuoteEvidence, TidegateError>>;
  readonly fetchBridgeQuote: (
    plan: Plan,
    step: BridgeStep,
    amountRaw: bigint,
  ) => Promise<Result<QuoteEvidence, TidegateError>>;
  readonly wallet: Address;
  readonly wallNowMs: () => number;
}
