// Leases with fencing tokens: who may work on a pair, known locally by a monotonic deadline whatever the server says (services.md 1.5).
import { randomBytes } from "node:crypto";
import { err, ok, type Result } from "@/lib/errors/result";
import { StoreError } from "@/lib/errors/tidegate-error";
import type { WallClock } from "@/server/infra/clock";
import type { StoreClient } from "./client";

/** The holder gives up before the server does: 0.9 of the TTL, counted from before the refresh was sent. */
const LOCAL_DEADLINE_FRAC = 0.9;

export interface LeaseSettings {
  readonly leaseKey: string;
  readonly fenceKey: string;
  /** For example the worker id; a random part is added, so a restarted process is another owner. */
  readonly ownerId: string;
  readonly ttlMs: number;
  readonly refreshEveryMs: number;
  readonly wall: WallClock;
}

export interface Lease {
  readonly owner: string;
  /** Grows with each holder; goes to the signer with every intent. */
  readonly token: number;
  /** False for good once the deadline passed, the lease was taken, or it was released. */
  isHeld(): boolean;
  remainingMs(): number;
  /** True when an effect of this length ends before the deadline; refreshes first when it would not. */
  reserve(budgetMs: number): Promise<boolean>;
  refresh(): Promise<Result<true, StoreError>>;
  /** Called once, with the reason, when the lease is lost (not when it is released). */
  onLost(listener: (reason: StoreError) => void): void;
  release(): Promise<Result<boolean, StoreError>>;
}

/** error lease_lost = another holder is alive. */
export async function acquireLease(
  store: Pick<StoreClient, "script">,
  settings: LeaseSettings,
): Promise<Result<Lease, StoreError>> {
  const owner = `${settings.ownerId}.${randomBytes(6).toString("hex")}`;
  const sentAtMonoMs = settings.wall.monotonicMs();
  const reply = await store.script(
    "acquireLease",
    [settings.leaseKey, settings.fenceKey],
    [owner, settings.ttlMs, Math.floor(settings.wall.nowMs())],
  );
  if (!reply.ok) return reply;
  const token = Number(reply.value);
  if (!Number.isSafeInteger(token) || token < 0) {
    return err(leaseError("bad_data", settings, `the store answered ${reply.value} instead of a token`));
  }
  if (token === 0)
    return err(leaseError("lease_lost", settings, "another holder has it; wait until it is released or expires"));
  return ok(holdLease(store, settings, owner, token, sentAtMonoMs));
}

function holdLease(
  store: Pick<StoreClient, "script">,
  settings: LeaseSettings,
  owner: string,
  token: number,
  acquiredAtMonoMs: number,
): Lease {
  const { wall, ttlMs, leaseKey } = settings;
  const lostListeners: ((reason: StoreError) => void)[] = [];
  const holder = `${owner}:${token}`;
  let deadlineMonoMs = acquiredAtMonoMs + LOCAL_DEADLINE_FRAC * ttlMs;
  let over: "lost" | "released" | null = null;
  let lostBecause: StoreError | null = null;

  function lose(problem: string): StoreError {
    const reason = leaseError("lease_lost", settings, problem);
    if (over !== null) return lostBecause ?? reason;
    over = "lost";
    lostBecause = reason;
    clearInterval(timer);
    for (const listener of lostListeners) listener(reason);
    return reason;
  }

  /** The holder is dead to itself past the deadline, also when nobody else has taken the lease. */
  function checkDeadline(): boolean {
    if (over === null && wall.monotonicMs() >= deadlineMonoMs) {
      lose(`no refresh was confirmed within ${Math.round(LOCAL_DEADLINE_FRAC * ttlMs)} ms`);
    }
    return over === null;
  }

  async function refresh(): Promise<Result<true, StoreError>> {
    if (!checkDeadline()) return err(lose("the lease is over"));
    const sentAtMonoMs = wall.monotonicMs();
    const reply = await store.script("refreshLease", [leaseKey], [holder, ttlMs]);
    if (!checkDeadline()) return err(lose("the refresh was answered after the local deadline"));
    if (!reply.ok) return reply;
    if (reply.value !== "1") return err(lose("the key is gone or belongs to another holder"));
    deadlineMonoMs = sentAtMonoMs + LOCAL_DEADLINE_FRAC * ttlMs;
    return ok(true);
  }

  const timer = setInterval(() => void refresh(), settings.refreshEveryMs);
  timer.unref();

  return {
    owner,
    token,
    isHeld: checkDeadline,
    remainingMs: () => (over === null ? Math.max(0, deadlineMonoMs - wall.monotonicMs()) : 0),
    async reserve(budgetMs) {
      if (checkDeadline() && deadlineMonoMs - wall.monotonicMs() > budgetMs) return true;
      const refreshed = await refresh();
      return refreshed.ok && checkDeadline() && deadlineMonoMs - wall.monotonicMs() > budgetMs;
    },
    refresh,
    onLost(listener) {
      if (lostBecause === null) lostListeners.push(listener);
      else listener(lostBecause);
    },
    async release() {
      clearInterval(timer);
      over ??= "released";
      const reply = await store.script("releaseLease", [leaseKey], [holder]);
      return reply.ok ? ok(reply.value === "1") : reply;
    },
  };
}

function leaseError(code: "lease_lost" | "bad_data", settings: LeaseSettings, problem: string): StoreError {
  return new StoreError({
    code,
    message: `The lease ${settings.leaseKey} is not held by ${settings.ownerId}: ${problem}.`,
    retryable: code === "lease_lost",
    details: { leaseKey: settings.leaseKey, ownerId: settings.ownerId },
  });
}
