// What all parts of the engine share: deps, the open journal, one lock per chain, waking of waiters, and what a failure means.
import { errorText } from "@/lib/errors/tidegate-error";
import type { FamilyAdapter } from "@/lib/actions/family";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Chain, Family, Registry } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import type { MarketClock, WallClock } from "@/server/infra/clock";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { Journal } from "./journal/journal";
import type { OpRecord } from "./journal/projection";
import type { JournalEntry } from "./journal/records";
import { JournalError } from "./journal/segment";
import { findAnyPool } from "./policy-plan";
import {
  SignerError,
  type AuthorityView,
  type ChainPort,
  type EngineEvents,
  type KeyPort,
  type KillPoint,
} from "./ports";

export interface EngineDeps {
  readonly deploymentId: Hex;
  readonly registry: Registry;
  /** Directory of the journal: `<data dir>/signer/journal`. Opened (and replayed) by createEngine. */
  readonly journalDir: string;
  readonly chains: ReadonlyMap<number, ChainPort>;
  /** Adapters by family, injected; a family that is not here is not signed for. */
  readonly families: ReadonlyMap<Family, FamilyAdapter>;
  readonly key: KeyPort;
  readonly authority: AuthorityView;
  readonly wall: WallClock;
  readonly market: Pick<MarketClock, "nowMs">;
  readonly log: Logger;
  readonly events?: Partial<EngineEvents>;
  readonly kill?: KillPoint;
}

/** A pool and what can be done with it. */
export interface PoolPart extends FamilyAdapter {
  readonly ref: PoolRef;
}

export interface EngineContext {
  readonly deps: EngineDeps;
  readonly journal: Journal;
  readonly kill: KillPoint;
  /** Appends and wakes whoever waits for the operation or plan. Throws JournalError. */
  record(entry: JournalEntry): void;
  chain(chainId: number): ChainPort;
  family(family: Family): FamilyAdapter;
  /** A registry pool with its family's adapter; refuses what is in neither. */
  pool(chainId: number, pool: string): PoolPart;
  op(opId: string): OpRecord;
  /** One holder at a time per chain: everything from the choice of a nonce to its end runs inside. */
  withChain<T>(chainId: number, run: () => Promise<T>): Promise<T>;
  /** Resolves at the next journalled change, or after the time. */
  nextChange(timeoutMs: number): Promise<void>;
  /** Between two looks at a chain. */
  pollMs(chain: Chain): number;
  sleep(durationMs: number): Promise<void>;
  isClosing(): boolean;
  isDraining(): boolean;
  setDraining(): void;
  close(): void;
}

/** Records that change balances, transfers or orphans. */
const LEDGER_RECORDS: ReadonlySet<JournalEntry["type"]> = new Set([
  "LEDGER",
  "OPENING",
  "VERIFIED",
  "TRANSFER_END",
  "TRANSFER_FINAL",
  "TRANSFER_UNDONE",
  "ORPHAN",
]);
const POLL_MIN_MS = 50;
const POLL_MAX_MS = 2_000;

export function createContext(deps: EngineDeps, journal: Journal): EngineContext {
  const locks = new Map<number, Promise<unknown>>();
  const waiters = new Set<() => void>();
  const sleepers = new Set<() => void>();
  let closing = false;
  let draining = false;

  function familyOf(family: Family): FamilyAdapter {
    const adapter = deps.families.get(family);
    if (adapter !== undefined) return adapter;
    throw SignerError.refuse(
      "policy",
      `DEX family ${family} cannot be signed for by this signer; remove its pools from the pair's settings`,
    );
  }

  return {
    deps,
    journal,
    kill: deps.kill ?? (() => undefined),
    record: (entry) => {
      journal.append(entry);
      wake(waiters);
      tellListeners(deps, journal, entry);
    },
    chain: (chainId) => {
      const port = deps.chains.get(chainId);
      if (port === undefined) {
        throw SignerError.refuse(
          "chain",
          `chain ${chainId} is not served by this signer; served: ${[...deps.chains.keys()].join(", ")}`,
        );
      }
      return port;
    },
    family: familyOf,
    pool: (chainId, pool) => {
      const ref = findAnyPool(deps.registry, chainId, pool);
      if (ref === null) {
        throw SignerError.refuse(
          "policy",
          `pool ${pool} on chain ${chainId} is not in the registry with all its facts`,
        );
      }
      return { ref, ...familyOf(ref.family) };
    },
    op: (opId) => {
      const op = journal.state.ops.get(opId);
      if (op === undefined) throw SignerError.refuse("not_found", `operation ${opId} is not in the journal`);
      return op;
    },
    withChain: (chainId, run) => {
      const before = locks.get(chainId) ?? Promise.resolve();
      const result = before.then(run, run);
      // The chain of promises only orders; the error belongs to the caller of `result`.
      locks.set(
        chainId,
        result.then(
          () => undefined,
          () => undefined,
        ),
      );
      return result;
    },
    nextChange: (timeoutMs) => wait(waiters, timeoutMs),
    pollMs: (chain) => Math.min(POLL_MAX_MS, Math.max(POLL_MIN_MS, chain.blockTimeMs / chain.timeScale / 4)),
    sleep: (durationMs) => wait(sleepers, durationMs),
    isClosing: () => closing,
    isDraining: () => draining,
    setDraining: () => {
      draining = true;
    },
    close: () => {
      closing = true;
      wake(sleepers);
      wake(waiters);
      journal.close();
    },
  };
}

/** A failure of the journal stops the wallet; a full disk only stops signing until there is space. Returns the text for logs. */
export function onJournalTrouble(context: EngineContext, error: unknown): string {
  const text = errorText(error);
  if (error instanceof JournalError && (error.code === "damaged" || error.code === "foreign_writer")) {
    context.deps.authority.haltWallet(text);
  }
  return text;
}

function tellListeners(deps: EngineDeps, journal: Journal, entry: JournalEntry): void {
  const { events } = deps;
  if (events === undefined) return;
  try {
    if (entry.type === "PLAN" || entry.type === "PLAN_STATUS" || entry.type === "REHEARSED")
      events.planChanged?.(entry.body.planId);
    else if ("opId" in entry.body && entry.body.opId !== null) {
      const op = journal.state.ops.get(entry.body.opId);
      if (op !== undefined) events.opChanged?.(op.opId, op.state);
    }
    if (LEDGER_RECORDS.has(entry.type)) events.ledgerChanged?.();
  } catch (error) {
    // Copies for screens may fail; what was recorded stands.
    deps.log.warn("signer.listener-failed", { message: errorText(error) });
  }
}

function wake(set: Set<() => void>): void {
  const all = [...set];
  set.clear();
  for (const each of all) each();
}

function wait(set: Set<() => void>, durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      set.delete(end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    set.add(end);
  });
}
