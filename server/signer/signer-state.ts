// What the signer says about itself: its named state with the cause, and the authority as the API, the CLI and the store's copy show it.
import type { Authority as AuthorityWire } from "@/lib/api/signer-contract";
import type { NamedState } from "@/lib/plan/plan-status";
import type { Address } from "@/lib/units";
import type { WallClock } from "@/server/infra/clock";
import type { Authority } from "./authority";
import type { Engine } from "./ports";

export interface SignerCondition {
  readonly state: NamedState;
  readonly cause: string;
  readonly sinceAtMs: number;
}

export interface SignerState {
  condition(): SignerCondition;
  authority(): AuthorityWire;
}

export interface SignerStateDeps {
  readonly authority: Authority;
  readonly engine: Pick<Engine, "pairState" | "journalSeq" | "isRecovered" | "waitingChains" | "endpointTroubles">;
  readonly wallet: Address;
  readonly wall: Pick<WallClock, "nowMs">;
  /** Chains that this signer serves. */
  readonly chainCount: number;
  /** Why recovery has not ended, for the cause shown meanwhile; null before its first failure. */
  readonly recoveryTrouble: () => string | null;
}

export function createSignerState(deps: SignerStateDeps): SignerState {
  const startedAtMs = deps.wall.nowMs();
  let recoveredAtMs: number | null = null;

  function condition(): SignerCondition {
    const halt = deps.authority.walletHalt();
    if (halt !== null) return halt;
    if (!deps.engine.isRecovered()) {
      const trouble = deps.recoveryTrouble();
      return {
        state: "OBSERVE",
        cause: `comparing the journal with the chains${trouble === null ? "" : `: ${trouble}`}; ends by itself, nothing is signed before`,
        sinceAtMs: startedAtMs,
      };
    }
    recoveredAtMs ??= deps.wall.nowMs();
    const stopped = deps.authority.stopped();
    if (stopped !== null) {
      return {
        state: "LOCKED",
        cause: `stopped by ${stopped.by}: ${stopped.reason}; an owner ends it with system.resume`,
        sinceAtMs: stopped.sinceAtMs,
      };
    }
    const waiting = deps.engine.waitingChains();
    const troubles = deps.engine.endpointTroubles();
    const held = troubles.filter(({ isHeld }) => isHeld);
    const cause = [
      ...(waiting.length === 0
        ? []
        : [
            `chain ${waiting.join(", ")} in OBSERVE: ${deps.recoveryTrouble() ?? "being compared with the journal"}; nothing is signed there until it answers, the others work`,
          ]),
      ...troubles
        .filter(({ chainId }) => !waiting.includes(chainId))
        .map(({ chainId, isHeld, text }) => `chain ${chainId} in ${isHeld ? "HOLD_STALE" : "RPC_QUARANTINE"}: ${text}`),
    ].join("; ");
    const isEachHeld = held.length > 0 && held.length + waiting.length >= deps.chainCount;
    return { state: isEachHeld ? "HOLD_STALE" : "NORMAL", cause, sinceAtMs: recoveredAtMs };
  }

  return {
    condition,
    authority() {
      const { state, cause, sinceAtMs } = condition();
      return {
        deploymentId: deps.authority.deploymentId,
        wallet: deps.wallet,
        state,
        stateCause: cause,
        stateSinceMs: sinceAtMs,
        stopped: deps.authority.stopped(),
        roles: [...deps.authority.roles()],
        configVersion: deps.authority.configVersion(),
        pairs: deps.authority.pairIds().map((pairId) => deps.engine.pairState(pairId)),
        commandSeq: deps.authority.commandSeq(),
        journalSeq: deps.engine.journalSeq(),
        updatedAtMs: deps.wall.nowMs(),
      };
    },
  };
}
