// The pair's lease and its fencing token: the store keeps two workers apart, the signer's token keeps a late one harmless.
import type { Result } from "@/lib/errors/result";
import type { StoreError, TidegateError } from "@/lib/errors/tidegate-error";

export interface HeldLease {
  readonly owner: string;
  readonly token: number;
  isHeld(): boolean;
  onLost(listener: (reason: StoreError) => void): void;
  release(): Promise<unknown>;
}

export interface PairLock {
  /** `owner:token` as it stands in the store; the orchestrator frees it when this process has ended. */
  readonly holder: string;
  /** The signer's fencing token: goes with every intent and every state write. */
  readonly token: number;
  isHeld(): boolean;
  onLost(listener: (reason: StoreError) => void): void;
  release(): Promise<void>;
}

export interface PairLockDeps {
  readonly acquire: () => Promise<Result<HeldLease, StoreError>>;
  readonly leaseToken: () => Promise<Result<number, TidegateError>>;
  readonly onWait: (reason: string) => void;
  readonly isCancelled: () => boolean;
}

const RETRY_MS = 500;

/** Waits for the store's lease first, then takes the signer's token, which makes every older one void. */
export async function acquirePairLock(deps: PairLockDeps): Promise<PairLock | null> {
  const lease = await retry(deps, deps.acquire);
  if (lease === null) return null;
  const token = await retry(deps, deps.leaseToken);
  if (token === null) {
    await lease.release();
    return null;
  }
  return {
    holder: `${lease.owner}:${lease.token}`,
    token,
    isHeld: () => lease.isHeld(),
    onLost: (listener) => lease.onLost(listener),
    async release() {
      await lease.release();
    },
  };
}

async function retry<T>(deps: PairLockDeps, run: () => Promise<Result<T, TidegateError>>): Promise<T | null> {
  let lastReason = "";
  while (!deps.isCancelled()) {
    const result = await run();
    if (result.ok) return result.value;
    if (result.error.message !== lastReason) {
      lastReason = result.error.message;
      deps.onWait(lastReason);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return null;
}
