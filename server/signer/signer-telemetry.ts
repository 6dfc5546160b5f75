// Records of the signer for the log store: the audit stream (every command record) and tx_log (every state of every op).
import type { CommandRecord } from "@/lib/api/commands";
import type { PlanRecord } from "@/lib/api/signer-contract";
import type { MarketClock, WallClock } from "@/server/infra/clock";
import type { Telemetry } from "@/server/infra/telemetry/openobserve";
import { auditRecords, txLogRecords } from "@/server/infra/telemetry/records";
import { pairOfRecord } from "./authority-state";

export interface SignerTelemetry {
  audit(record: CommandRecord): void;
  op(plan: PlanRecord, opId: string): void;
}

/** For deployments without a log store. */
export const noTelemetry: SignerTelemetry = { audit: () => undefined, op: () => undefined };

export function createSignerTelemetry(deps: {
  readonly telemetry: Pick<Telemetry, "emit">;
  readonly wall: Pick<WallClock, "nowMs">;
  readonly market: Pick<MarketClock, "nowMs">;
}): SignerTelemetry {
  const { telemetry, wall, market } = deps;
  return {
    audit(record) {
      const at = { atMs: market.nowMs(), wallAtMs: record.atMs, eventId: record.hash };
      telemetry.emit(
        "audit",
        auditRecords.encode(
          {
            seq: record.seq,
            commandId: record.commandId,
            kind: record.action,
            actor: record.address,
            role: record.role,
            pairId: pairOfRecord(record),
            planId: record.planId,
            outcome: record.status,
            reason: record.result,
            recordHash: record.hash,
            detail: record.params,
          },
          at,
        ),
      );
    },
    op(plan, opId) {
      const op = plan.ops.find((each) => each.opId === opId);
      if (op === undefined) return;
      const attempt = op.attempts.at(-1);
      telemetry.emit(
        "tx_log",
        txLogRecords.encode(
          {
            planId: plan.planId,
            opId,
            pairId: plan.plan.pairId,
            chainId: op.chainId,
            kind: op.kind,
            state: op.state,
            purposeKey: op.purpose,
            txHash: op.txHash,
            nonce: attempt?.nonce ?? null,
            attempt: op.attempts.length,
            blockNumber: op.blockNumber === null ? null : Number(op.blockNumber),
            gasUsed: op.gasUsed === null ? null : Number(op.gasUsed),
            gasUsd: op.gasUsd,
            error: op.error,
          },
          {
            atMs: market.nowMs(),
            wallAtMs: wall.nowMs(),
            eventId: `${opId}/${op.state}/${op.attempts.length}/${op.stateAtMs}`,
          },
        ),
      );
    },
  };
}
