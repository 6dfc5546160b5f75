// intent.sock: what workers may ask; typed intents only, each bound to the engine, which decides by its own state.
import { intentMethods } from "@/lib/api/signer-contract";
import type { ConfigError } from "@/lib/errors/tidegate-error";
import type { Result } from "@/lib/errors/result";
import type { Hex } from "@/lib/units";
import { startLinkServer, type LinkHandlers, type LinkServer } from "@/server/infra/signer-link/server";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { answer } from "./answer";
import type { Authority } from "./authority";
import { pairOfRecord } from "./authority-state";
import { SignerError, type Engine } from "./ports";

export interface IntentSocketDeps {
  readonly socketPath: string;
  readonly deploymentId: Hex;
  readonly engine: Engine;
  readonly authority: Authority;
  readonly log: Logger;
  readonly onInternalError: (error: unknown, method: string) => void;
}

export function startIntentSocket(deps: IntentSocketDeps): Promise<Result<LinkServer, ConfigError>> {
  return startLinkServer({
    socketPath: deps.socketPath,
    deploymentId: deps.deploymentId,
    peer: "signer",
    methods: intentMethods,
    handlers: createIntentHandlers(deps),
    log: deps.log,
    onInternalError: deps.onInternalError,
  });
}

export function createIntentHandlers(
  deps: Pick<IntentSocketDeps, "engine" | "authority">,
): LinkHandlers<typeof intentMethods> {
  const { engine, authority } = deps;
  return {
    "fence.lease": (params) => answer(() => engine.leaseFence(params)),
    "pair.state": ({ pairId }) => answer(() => engine.pairState(pairId)),
    "plan.propose": (params) => answer(() => engine.proposePlan(params)),
    "plan.get": ({ planId }) => answer(() => engine.planRecord(planId)),
    "plan.rehearsed": (params) => answer(() => engine.recordRehearsal(params)),
    "transfers.list": ({ pairId }) => answer(() => ({ transfers: [...engine.listTransfers(pairId)] })),
    "transfer.settle": ({ pairId, token, transferId, kind, txHash }) =>
      answer(() => {
        engine.checkFence(pairId, token);
        if (!engine.listTransfers(pairId).some((each) => each.transferId === transferId)) {
          throw SignerError.refuse("not_found", `${pairId} has no transfer ${transferId}; read transfers.list again.`);
        }
        return engine.settleTransfer({ transferId, kind, txHash });
      }),
    "op.execute": (params) => answer(() => engine.executeOp(params)),
    "op.wait": (params) => answer(() => engine.waitOp(params)),
    "plan.finish": (params) => answer(() => engine.finishPlan(params)),
    "commands.since": ({ pairId, seq }) => answer(() => ({ commands: [...authority.commandsSince(pairId, seq)] })),
    "command.result": (params) =>
      answer(() => {
        engine.checkFence(params.pairId, params.token);
        const record = authority.commandById(params.commandId);
        if (record === null || pairOfRecord(record) !== params.pairId || authority.usedSeq(params.commandId) === null) {
          throw SignerError.refuse(
            "not_found",
            `There is no accepted command ${params.commandId} for ${params.pairId}; read commands.since again.`,
          );
        }
        const done = authority.recordResult({
          commandId: params.commandId,
          status: params.status,
          result: params.result,
          planId: params.planId,
        });
        // The same answer twice is a worker that did not hear ours; another answer is a mistake.
        if (done === null && record.status !== params.status) {
          throw SignerError.refuse(
            "replayed",
            `Command ${params.commandId} ended already as ${record.status} (${record.result}).`,
            { status: record.status },
          );
        }
        return {};
      }),
  };
}
