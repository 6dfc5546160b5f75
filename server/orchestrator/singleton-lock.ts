// One orchestrator per deployment: waits for the lease, and tells when it is lost so that the process can end.
import type { Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";

export interface LeasePort {
  acquire(): Promise<Result<HeldLease, StoreError>>;
}

export interface HeldLease {
  readonly owner: string;
  readonly token: number;
  isHeld(): boolean;
  onLost(listener: (reason: StoreError) => void): void;
  release(): Promise<unknown>;
}

const RETRY_MS = 1_000;

/** Waits as long as it takes; `onWait` hears why, once per different reason. */
export async function acquireSingleton(
  port: LeasePort,
  isCancelled: () => boolean,
  onWait: (reason: StoreError) => void,
): Promise<HeldLease | null> {
  let lastReason = "";
  while (!isCancelled()) {
    const lease = await port.acquire();
    if (lease.ok) return lease.value;
    if (lease.error.message !== lastReason) {
      lastReason = lease.error.message;
      onWait(lease.error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return null;
}
