// control.sock: signed commands and reads for the API, the CLI and the supervisor; nothing here acts without a wallet's signature, but a pause by chat, which only forbids.
import { controlMethods } from "@/lib/api/signer-contract";
import type { ConfigError } from "@/lib/errors/tidegate-error";
import type { Result } from "@/lib/errors/result";
import type { Hex } from "@/lib/units";
import type { WallClock } from "@/server/infra/clock";
import { startLinkServer, type LinkHandlers, type LinkServer } from "@/server/infra/signer-link/server";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { answer } from "./answer";
import type { Authority } from "./authority";
import type { CommandDesk } from "./commands";
import { SignerError, type Engine } from "./ports";
import type { SignerState } from "./signer-state";
import type { SystemDesk } from "./system-port";

export interface ControlSocketDeps {
  readonly socketPath: string;
  readonly deploymentId: Hex;
  readonly engine: Engine;
  readonly authority: Authority;
  readonly desk: CommandDesk;
  readonly state: SignerState;
  /** Missing: nothing can be checked before it is added. */
  readonly system?: SystemDesk;
  readonly wall: WallClock;
  readonly log: Logger;
  readonly onInternalError: (error: unknown, method: string) => void;
}

export function startControlSocket(deps: ControlSocketDeps): Promise<Result<LinkServer, ConfigError>> {
  return startLinkServer({
    socketPath: deps.socketPath,
    deploymentId: deps.deploymentId,
    peer: "signer",
    methods: controlMethods,
    handlers: createControlHandlers(deps),
    log: deps.log,
    onInternalError: deps.onInternalError,
  });
}

export function createControlHandlers(
  deps: Pick<ControlSocketDeps, "engine" | "authority" | "desk" | "state" | "system" | "wall">,
): LinkHandlers<typeof controlMethods> {
  const { engine, authority, desk, state, wall } = deps;
  const startedMonoMs = wall.monotonicMs();
  return {
    "command.submit": (signed) => desk.submit(signed),
    "chat.pause": (request) => Promise.resolve(desk.pauseByChat(request)),
    "settings.get": () => answer(() => ({ people: [...authority.people()], limits: [...authority.limits()] })),
    "authority.get": () => answer(() => state.authority()),
    "plans.list": (params) => answer(() => ({ plans: [...engine.listPlans(params)] })),
    "plans.changed": (params) => answer(() => engine.changedPlans(params)),
    "plan.get": ({ planId }) => answer(() => engine.planRecord(planId)),
    "audit.since": ({ seq, limit }) => answer(() => ({ commands: [...authority.recordsAfter(seq, limit)] })),
    "command.get": ({ commandId }) =>
      answer(() => {
        const record = authority.commandById(commandId);
        if (record !== null) return record;
        throw SignerError.refuse("not_found", `There is no command ${commandId} in the log of this deployment.`);
      }),
    "ledger.list": (params) => answer(() => engine.listLedger(params)),
    "transfers.list": ({ pairId }) => answer(() => ({ transfers: [...engine.listTransfers(pairId)] })),
    "orphans.list": () => answer(() => ({ orphans: [...engine.listOrphans()] })),
    "ledger.check": () =>
      answer(async () => {
        const check = await engine.checkLedger();
        return {
          checkedAtMs: check.checkedAtMs,
          blocks: check.blocks.map((block) => ({ ...block })),
          rows: check.rows.map((row) => ({ ...row })),
          openAllowances: check.openAllowances.map((allowance) => ({ ...allowance })),
        };
      }),
    "registry.check": (request) =>
      answer(() => {
        if (deps.system === undefined) throw SignerError.refuse("not_found", "This signer checks no pools.");
        return deps.system.inspect(request);
      }),
    "worker.started": ({ pairId }) =>
      answer(() => {
        if (authority.pair(pairId) === null) {
          throw SignerError.refuse("not_found", `There is no pair ${pairId} in this deployment; see TG_PAIRS.`);
        }
        authority.recordWorkerStart(pairId);
        return {};
      }),
    health: () =>
      answer(() => {
        const condition = state.condition();
        return {
          state: condition.state,
          cause: condition.cause,
          uptimeMs: Math.round(wall.monotonicMs() - startedMonoMs),
          rssBytes: process.memoryUsage.rss(),
          journalSeq: engine.journalSeq(),
          recovered: engine.isRecovered(),
        };
      }),
  };
}
