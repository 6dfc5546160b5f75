// Signed commands: verified completely, logged before they act, applied, then what follows from them is started.
import { authorityParamsSchemas, isAuthorityAction } from "@/lib/api/authority-settings";
import {
  COMMAND_ROLES,
  commandId,
  commandParamsSchemas,
  paramsHash,
  roleAtLeast,
  type Command,
  type CommandAction,
  type CommandRecord,
  type Role,
  type SignedCommand,
} from "@/lib/api/commands";
import type { SignerErrorWire } from "@/lib/api/signer-contract";
import { isSystemAction, systemParamsSchemas, type SystemAction } from "@/lib/api/system-settings";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText } from "@/lib/errors/tidegate-error";
import type { ApprovalRule } from "@/lib/plan/approval-rule";
import type { ChatPause } from "@/lib/alerts/chat-pause";
import { canonicalJson } from "@/lib/plan/canonical-json";
import type { Registry } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import type { WallClock } from "@/server/infra/clock";
import { signerErrorToWire, signerRefusal } from "@/server/infra/signer-link/signer-error";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { knownRefusal } from "./answer";
import type { Authority } from "./authority";
import type { AuthorityBody } from "./authority-state";
import { checkPause, pauseByChat, type ChatPaused } from "./chat-pause";
import { instant, noPair } from "./command-words";
import { checkCommandSignature, type ContractWalletPort } from "./command-signature";
import { JournalError } from "./journal/segment";
import { SignerError, type Engine } from "./ports";
import { systemVersion } from "./system-settings";

export type CommandEngine = Pick<
  Engine,
  | "planRecord"
  | "syncPlan"
  | "assignCapital"
  | "revokeLeftovers"
  | "knownPositions"
  | "adopt"
  | "recover"
  | "listOrphans"
  | "adoptOrphan"
  | "closeOrphan"
  | "ignoreOrphan"
  | "listTransfers"
  | "failTransfer"
  | "voidWaitingPlans"
>;

export interface CommandDeskDeps {
  readonly authority: Authority;
  readonly engine: CommandEngine;
  readonly registry: Pick<Registry, "pools"> & Partial<Pick<Registry, "tokens">>;
  readonly contractWallets: ContractWalletPort | null;
  /** Null: settings of the whole deployment cannot be changed here. */
  readonly system?: SystemPort | null;
  readonly wall: Pick<WallClock, "nowMs">;
  readonly log: Logger;
}

/** What changes of the whole deployment's settings need from outside the log. */
export interface SystemPort {
  /** Asks chains and files whether the change holds; a sentence when it does not. */
  check(action: SystemAction, params: Readonly<Record<string, unknown>>): Promise<string | null>;
  /** The log has changed: this process and the others' file follow. Throws SignerError or JournalError. */
  apply(): void;
}

export interface CommandDesk {
  /** Never queued behind other work: a stop takes effect while a signature check of another command still waits. */
  submit(signed: SignedCommand): Promise<Result<CommandRecord, SignerErrorWire>>;
  /** Asked by chat; refused unless the owners' signed list names who asks. */
  pauseByChat(request: ChatPause): Result<ChatPaused, SignerErrorWire>;
  /** After a start: does again what logged commands wanted and the last process could not finish. */
  finishOpen(): Promise<void>;
}

/** Commands are valid for at most five minutes, approvals until their plan expires (safety.md section 6). */
const MAX_COMMAND_AHEAD_MS = 5 * 60_000;
const MAX_PARAMS_BYTES = 64 * 1024;
const ZERO_HASH = `0x${"0".repeat(64)}`;

const SYSTEM_ACTIONS: ReadonlySet<CommandAction> = new Set([
  "role.set",
  "people.set",
  "limits.set",
  "system.stop",
  "system.resume",
]);

type Checked = { readonly params: Readonly<Record<string, unknown>> };

export function createCommandDesk(deps: CommandDeskDeps): CommandDesk {
  const { authority, engine, log } = deps;

  async function submit(signed: SignedCommand): Promise<Result<CommandRecord, SignerErrorWire>> {
    const id = commandId(signed.address, signed.command.nonce);
    const allowed = await checkAuthentic(deps, signed, id);
    const authentic = allowed.ok ? await checkOutside(deps, signed) : allowed;
    // From here to the record nothing waits: of two commands at once, the second sees what the first one changed.
    const verdict = authentic.ok ? checkNow(deps, signed, id) : authentic;
    if (!verdict.ok) {
      log.warn("signer.command-refused", {
        commandId: id,
        action: signed.command.action,
        target: signed.command.target,
        address: signed.address,
        code: verdict.error.code,
        reason: verdict.error.message,
      });
      authority.recordRefusal({
        commandId: id,
        address: signed.address,
        role: authority.roleOf(signed.address),
        action: signed.command.action,
        target: signed.command.target,
        params: { ...signed.params },
        code: verdict.error.code,
        message: verdict.error.message,
      });
      return verdict;
    }
    const body: AuthorityBody<"command"> = {
      commandId: id,
      command: signed.command,
      params: { ...signed.params },
      address: signed.address,
      role: verdict.value.role,
      signature: signed.signature,
    };
    let record: CommandRecord;
    try {
      record = authority.recordCommand(body);
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      return err(refusalOf(error));
    }
    log.info("signer.command-accepted", {
      commandId: id,
      seq: record.seq,
      action: record.action,
      target: record.target,
      address: record.address,
      result: record.result,
    });
    return follow(body, record);
  }

  /** What a logged command leads to outside the log. */
  async function follow(
    body: AuthorityBody<"command">,
    record: CommandRecord,
  ): Promise<Result<CommandRecord, SignerErrorWire>> {
    switch (body.command.action) {
      case "plan.approve":
      case "plan.reject":
        return finish(body, record, () => {
          const plan = engine.syncPlan(body.command.target);
          const result =
            body.command.action === "plan.approve"
              ? `approval ${plan.approvals.length} of ${plan.approvalsNeeded}; the plan is ${plan.status}${plan.status === "waiting_approval" ? ` (${plan.statusReason})` : ""}`
              : `rejected; the plan is ${plan.status}`;
          return Promise.resolve({ result, planId: plan.planId });
        });
      case "capital.assign":
        return finish(body, record, async () => {
          const params = commandParamsSchemas["capital.assign"].parse(body.params);
          const amount = await engine.assignCapital({
            commandId: body.commandId,
            pairId: params.pairId,
            chainId: params.chainId,
            token: params.token,
            amountRaw: BigInt(params.amountRaw),
          });
          return {
            result: `${amount} on chain ${params.chainId} assigned to ${params.pairId}`,
            planId: null,
          };
        });
      case "system.resume":
        if (record.status === "accepted") return endHalt(body, record, (cause) => authority.haltWallet(cause));
        startRevokeLeftovers();
        return ok(record);
      case "pair.unhalt": {
        if (record.status !== "accepted") return ok(record);
        const pairId = body.command.target;
        return endHalt(body, record, (cause) => authority.haltPair(pairId, cause));
      }
      case "pair.resume":
        startRevokeLeftovers();
        return ok(record);
      case "system.stop":
        dropQueuedShifts(() => true, "the system was stopped");
        return ok(record);
      case "pair.pause":
        dropQueuedShifts((pairId) => pairId === body.command.target, "the pair was paused");
        return ok(record);
      case "orphan.adopt":
        return finish(body, record, async () => {
          const { orphanId, pairId } = commandParamsSchemas["orphan.adopt"].parse(body.params);
          return { result: await engine.adoptOrphan({ commandId: body.commandId, orphanId, pairId }), planId: null };
        });
      case "orphan.close":
        return finish(body, record, async () => {
          const { orphanId } = commandParamsSchemas["orphan.close"].parse(body.params);
          return { result: await engine.closeOrphan({ commandId: body.commandId, orphanId }), planId: null };
        });
      case "orphan.ignore":
        return finish(body, record, () => {
          const { orphanId, note } = commandParamsSchemas["orphan.ignore"].parse(body.params);
          return Promise.resolve({ result: engine.ignoreOrphan({ orphanId, note }), planId: null });
        });
      case "transfer.fail":
        return finish(body, record, () => {
          const { transferId, note } = commandParamsSchemas["transfer.fail"].parse(body.params);
          const transfer = engine.failTransfer({ transferId, note, by: body.address });
          return Promise.resolve({ result: `the transfer is ${transfer.state}: ${transfer.detail}`, planId: null });
        });
      case "system.exit":
        return finish(body, record, () => {
          dropQueuedShifts(
            (pairId) => authority.pair(pairId)?.exit?.commandId === body.commandId,
            "an exit was ordered",
          );
          const pairIds = authority.pairIds().filter((id) => authority.pair(id)?.exit?.commandId === body.commandId);
          let voided = 0;
          for (const id of pairIds) voided += engine.voidWaitingPlans(id, "voided: an exit was ordered first");
          return Promise.resolve({
            result: `${record.result}; EXIT_ONLY, plans of this command may run now${voided === 0 ? "" : `; ${voided} waiting plan(s) voided`}`,
            planId: null,
          });
        });
      case "registry.add":
      case "chain.endpoints":
      case "alerts.config":
        return finish(body, record, () => {
          deps.system?.apply();
          return Promise.resolve({ result: record.result, planId: null });
        });
      case "range.shift":
      case "worker.restart":
      case "pair.mode":
      case "pair.config":
      case "role.set":
      case "people.set":
      case "limits.set":
        return ok(record);
    }
  }

  /**
   * A person has looked and ends the halt: what the chains hold becomes the journal's, chains that waited are compared again. When
   * that fails the halt stands, with its new cause: an end of a halt that is half done must not sign anything.
   */
  async function endHalt(
    body: AuthorityBody<"command">,
    record: CommandRecord,
    haltAgain: (cause: string) => void,
  ): Promise<Result<CommandRecord, SignerErrorWire>> {
    try {
      // A halt of the whole wallet has its own end; a pair's must not adopt on its way.
      const adopted = authority.walletHalt() === null ? await engine.adopt() : [];
      const report = await engine.recover();
      const waiting = report.chains.filter(({ outcome }) => outcome === "observe" || outcome === "halted");
      const result = [
        record.result,
        adopted.length === 0 ? "nothing to adopt" : `adopted: ${adopted.join(", ")}`,
        ...waiting.map(({ chainId, outcome }) => `chain ${chainId}: ${outcome}`),
      ].join("; ");
      const done = { commandId: body.commandId, status: "done" as const, result: result.slice(0, 400), planId: null };
      return ok(authority.recordResult(done) ?? record);
    } catch (error) {
      const wire = refusalOf(error);
      log.error("signer.command-failed", { commandId: body.commandId, code: wire.code, reason: errorText(error) });
      haltAgain(`the halt could not be ended: ${wire.message}`);
      recordQuietly(body.commandId, `the halt stands: ${wire.message}; sign again when that is mended`);
      return err(wire);
    }
  }

  async function finish(
    body: AuthorityBody<"command">,
    record: CommandRecord,
    act: () => Promise<{ readonly result: string; readonly planId: string | null }>,
  ): Promise<Result<CommandRecord, SignerErrorWire>> {
    try {
      const outcome = await act();
      return ok(authority.recordResult({ commandId: body.commandId, status: "done", ...outcome }) ?? record);
    } catch (error) {
      const wire = refusalOf(error);
      log.warn("signer.command-failed", { commandId: body.commandId, code: wire.code, reason: errorText(error) });
      // Trouble that may pass keeps the command open: it is done again at the next start (its effect happens once).
      if (!wire.retryable && wire.code !== "internal" && wire.code !== "disk") {
        recordQuietly(body.commandId, `${wire.code}: ${wire.message}`);
      }
      return err(wire);
    }
  }

  function recordQuietly(id: Hex, result: string): void {
    try {
      authority.recordResult({ commandId: id, status: "refused", result: result.slice(0, 400), planId: null });
    } catch (error) {
      // Going on is safe: the command stays open and gets its result at the next start.
      log.error("signer.result-not-recorded", { commandId: id, reason: errorText(error) });
    }
  }

  /** A shift that waits must not move money after a resume hours later. */
  function dropQueuedShifts(isMeant: (pairId: string) => boolean, why: string): void {
    for (const queued of authority.unfinished()) {
      if (queued.command.action !== "range.shift" || !isMeant(queued.command.target)) continue;
      recordQuietly(queued.commandId, `not carried out: ${why} first`);
    }
  }

  function startRevokeLeftovers(): void {
    engine.revokeLeftovers().catch((error: unknown) => {
      // The allowances stay listed by ledger.check and are taken back at the next resume or start.
      log.error("signer.revoke-failed", { reason: errorText(error) });
    });
  }

  return {
    submit,
    pauseByChat(request) {
      const paused = pauseByChat(deps, request);
      if (paused.ok) dropQueuedShifts((pairId) => pairId === request.pairId, "the pair was paused");
      return paused;
    },
    async finishOpen() {
      for (const body of authority.unfinished()) {
        const record = authority.commandById(body.commandId);
        if (record === null) continue;
        const done = await follow(body, record);
        if (!done.ok) {
          log.warn("signer.command-open", {
            commandId: body.commandId,
            code: done.error.code,
            reason: done.error.message,
          });
        }
      }
    },
  };
}

/** Form, standing and signature; the state may change while the signature is checked. */
async function checkAuthentic(
  deps: CommandDeskDeps,
  signed: SignedCommand,
  id: Hex,
): Promise<Result<null, SignerErrorWire>> {
  const form = checkForm(signed);
  if (!form.ok) return form;
  const standing = checkStanding(deps, signed, id);
  // A replay is told only to who can sign it.
  if (!standing.ok && standing.error.code !== "replayed") return standing;
  return checkCommandSignature(
    { deploymentId: deps.authority.deploymentId, contractWallets: deps.contractWallets },
    signed,
  );
}

/** What only a chain or a file can say about a change of settings; asked before the instant at which everything else is checked. */
async function checkOutside(deps: CommandDeskDeps, signed: SignedCommand): Promise<Result<null, SignerErrorWire>> {
  const { action } = signed.command;
  if (!isSystemAction(action)) return ok(null);
  // Stale first: asking chains about a change of an old version is of no use.
  const version = checkSystemVersion(deps, signed, action);
  if (!version.ok) return version;
  if (deps.system === null || deps.system === undefined) return err(badRequest(`${action} is not served here`));
  const problem = await deps.system.check(action, signed.params);
  return problem === null ? ok(null) : err(signerRefusal("policy", `The command is refused: ${problem}.`));
}

function checkSystemVersion(
  deps: CommandDeskDeps,
  { command, params }: SignedCommand,
  action: SystemAction,
): Result<null, SignerErrorWire> {
  const current = systemVersion(deps.authority.system(), action, params);
  if (BigInt(command.configVersion) === BigInt(current)) return ok(null);
  return err(
    signerRefusal(
      "config_version",
      `These settings are at version ${current}, the command was made from version ${command.configVersion}. Read them again and repeat the change.`,
      { current },
    ),
  );
}

/** Role, expiry, nonce and the action's own conditions at this instant. */
function checkNow(
  deps: CommandDeskDeps,
  signed: SignedCommand,
  id: Hex,
): Result<{ readonly role: Role }, SignerErrorWire> {
  const standing = checkStanding(deps, signed, id);
  if (!standing.ok) return standing;
  const action = checkAction(deps, signed);
  return action.ok ? standing : action;
}

/** Schema, hash and the fields that must be zero or name the same thing twice. */
function checkForm(signed: SignedCommand): Result<Checked, SignerErrorWire> {
  const { command, params } = signed;
  const text = canonicalJson(params);
  if (Buffer.byteLength(text) > MAX_PARAMS_BYTES) {
    return err(badRequest(`the parameters have more than ${MAX_PARAMS_BYTES} bytes`));
  }
  const schema = isAuthorityAction(command.action)
    ? authorityParamsSchemas[command.action]
    : isSystemAction(command.action)
      ? systemParamsSchemas[command.action]
      : commandParamsSchemas[command.action];
  const parsed = schema.safeParse(params);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return err(badRequest(`params.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}`));
  }
  // What is signed, what is parsed and what acts must be the same words.
  if (canonicalJson(parsed.data) !== text) {
    return err(badRequest("the parameters hold unknown or defaulted fields; sign exactly the fields of the action"));
  }
  if (paramsHash(params).toLowerCase() !== command.paramsHash.toLowerCase()) {
    return err(
      signerRefusal(
        "bad_signature",
        `The parameters are not those that were signed: their hash is ${paramsHash(params)}, the command says ${command.paramsHash}. Sign again.`,
      ),
    );
  }
  const target = expectedTarget(command.action, parsed.data);
  if (command.target !== target)
    return err(badRequest(`target must be ${target}, it is ${command.target.slice(0, 80)}`));
  const isAboutPlan = command.action === "plan.approve" || command.action === "plan.reject";
  if (!isAboutPlan && command.planHash !== ZERO_HASH) return err(badRequest("planHash must be zero for this action"));
  return ok({ params: parsed.data });
}

function expectedTarget(action: CommandAction, params: object): string {
  if (SYSTEM_ACTIONS.has(action)) return "system";
  if ("planId" in params) return String(params.planId);
  return "pairId" in params && params.pairId !== null ? String(params.pairId) : "system";
}

/** Role, expiry and nonce: what depends on who signs and when. */
function checkStanding(
  deps: CommandDeskDeps,
  signed: SignedCommand,
  id: Hex,
): Result<{ readonly role: Role }, SignerErrorWire> {
  const { authority } = deps;
  const { command, address } = signed;
  const role = authority.roleOf(address);
  const needed = COMMAND_ROLES[command.action];
  if (role === null || !roleAtLeast(role, needed)) {
    return err(
      signerRefusal(
        "unauthorized",
        `${address} ${role === null ? "has no role" : `is ${role}`} here; ${command.action} needs ${needed}. An owner can give it with role.set.`,
        { address, role, needed },
      ),
    );
  }
  const expiry = checkExpiry(deps, command);
  const usedSeq = authority.usedSeq(id);
  if (usedSeq !== null) {
    const first = authority.commandById(id);
    return err(
      signerRefusal(
        "replayed",
        `This command was accepted already as record ${usedSeq}${first === null ? "" : ` (${first.status}: ${first.result})`}; each nonce works once. Sign a new one if it is wanted again.`,
        { commandId: id, seq: usedSeq, status: first?.status ?? null, result: first?.result ?? null },
      ),
    );
  }
  return expiry.ok ? ok({ role }) : expiry;
}

function checkExpiry(deps: CommandDeskDeps, command: Command): Result<null, SignerErrorWire> {
  const nowMs = deps.wall.nowMs();
  const expiresAtMs = Number(command.expiresAt) * 1_000;
  if (expiresAtMs <= nowMs) {
    return err(
      signerRefusal(
        "expired",
        `The command expired at ${instant(expiresAtMs)}, it is ${instant(nowMs)} here. Sign again; if that repeats, compare the clocks.`,
        { expiresAtMs, nowMs },
      ),
    );
  }
  const latestAtMs = latestExpiry(deps, command, nowMs);
  if (expiresAtMs > latestAtMs) {
    return err(
      signerRefusal(
        "expired",
        `The command may expire at ${instant(latestAtMs)} at the latest, it says ${instant(expiresAtMs)}. Sign again; if that repeats, compare the clocks.`,
        { expiresAtMs, latestAtMs, nowMs },
      ),
    );
  }
  return ok(null);
}

function latestExpiry(deps: CommandDeskDeps, command: Command, nowMs: number): number {
  const ordinary = nowMs + MAX_COMMAND_AHEAD_MS;
  if (command.action !== "plan.approve") return ordinary;
  try {
    return deps.engine.planRecord(command.target).expiresAtMs ?? ordinary;
  } catch (error) {
    // An unknown plan is refused by its own check, with its own words.
    if (error instanceof SignerError) return ordinary;
    throw error;
  }
}

/** What the action itself asks for, against the state of this instant. */
function checkAction(deps: CommandDeskDeps, signed: SignedCommand): Result<null, SignerErrorWire> {
  const { authority, engine } = deps;
  const { command } = signed;
  const { action } = command;
  switch (action) {
    case "plan.approve":
    case "plan.reject":
      return checkPlan(deps, signed);
    case "pair.pause": {
      const params = commandParamsSchemas[action].parse(signed.params);
      const nowMs = deps.wall.nowMs();
      if (params.untilAtMs !== null && params.untilAtMs <= nowMs && authority.pair(params.pairId) !== null) {
        return err(badRequest(`untilAtMs ${instant(params.untilAtMs)} has passed, it is ${instant(nowMs)}`));
      }
      return checkPause(authority, params);
    }
    case "pair.config": {
      const params = commandParamsSchemas[action].parse(signed.params);
      const pair = authority.pair(params.pairId);
      if (pair === null) return err(noPair(params.pairId));
      if (params.settings.pairId !== params.pairId) {
        return err(badRequest(`settings are of ${params.settings.pairId}, the command is about ${params.pairId}`));
      }
      if (BigInt(command.configVersion) !== BigInt(pair.configVersion)) {
        return err(
          signerRefusal(
            "config_version",
            `The settings of ${params.pairId} are at version ${pair.configVersion}, the command was made from version ${command.configVersion}. Read them again and repeat the change.`,
            { current: pair.configVersion },
          ),
        );
      }
      const known = new Set(
        deps.registry.pools.filter((pool) => pool.pair === params.pairId).map((pool) => pool.id.toLowerCase()),
      );
      const unknown = params.settings.pools.find((pool) => !known.has(pool.toLowerCase()));
      if (unknown !== undefined) {
        return err(badRequest(`pool ${unknown.slice(0, 66)} is not a pool of ${params.pairId} in the registry`));
      }
      return ok(null);
    }
    case "range.shift": {
      const params = commandParamsSchemas[action].parse(signed.params);
      const ready = checkPairActs(authority, params.pairId);
      if (!ready.ok) return ready;
      if (params.ticks !== null && params.ticks.tickLower >= params.ticks.tickUpper) {
        return err(badRequest(`tickLower ${params.ticks.tickLower} must be below tickUpper ${params.ticks.tickUpper}`));
      }
      if (!engine.knownPositions(params.pairId).some((position) => position.positionId === params.positionId)) {
        return err(
          signerRefusal("not_found", `${params.pairId} has no open position ${params.positionId.slice(0, 120)}.`),
        );
      }
      return ok(null);
    }
    case "orphan.adopt": {
      const params = commandParamsSchemas[action].parse(signed.params);
      if (authority.pair(params.pairId) === null) return err(noPair(params.pairId));
      return checkOrphan(engine, params.orphanId);
    }
    case "orphan.close": {
      const signs = checkMaySign(authority);
      if (!signs.ok) return signs;
      return checkOrphan(engine, commandParamsSchemas[action].parse(signed.params).orphanId);
    }
    case "orphan.ignore":
      return checkOrphan(engine, commandParamsSchemas[action].parse(signed.params).orphanId);
    case "transfer.fail": {
      const { transferId } = commandParamsSchemas[action].parse(signed.params);
      const transfer = engine.listTransfers().find((each) => each.transferId === transferId);
      if (transfer === undefined) return err(signerRefusal("not_found", `There is no transfer ${transferId}.`));
      if (transfer.state === "pending" || (transfer.inTransitRaw ?? 0n) > 0n) return ok(null);
      return err(badRequest(`transfer ${transferId} is ${transfer.state}: nothing of it is in transit`));
    }
    case "system.exit": {
      const params = commandParamsSchemas[action].parse(signed.params);
      if (params.pairId !== null && authority.pair(params.pairId) === null) return err(noPair(params.pairId));
      const known = (deps.registry.tokens ?? []).some((token) => token.symbol === params.into);
      if (params.into !== null && !known) {
        return err(badRequest(`into ${params.into} is no token of the registry; leave it out to end as it is`));
      }
      return checkMaySign(authority);
    }
    case "pair.resume":
    case "pair.mode":
    case "pair.unhalt":
    case "worker.restart":
      return authority.pair(command.target) === null ? err(noPair(command.target)) : ok(null);
    case "capital.assign": {
      const params = commandParamsSchemas[action].parse(signed.params);
      if (BigInt(params.amountRaw) <= 0n) return err(badRequest("amountRaw must be above 0"));
      return authority.pair(params.pairId) === null ? err(noPair(params.pairId)) : ok(null);
    }
    case "role.set": {
      const params = commandParamsSchemas[action].parse(signed.params);
      const owners = authority.owners();
      const isLastOwner = owners.length === 1 && owners[0] === params.address.toLowerCase();
      if (isLastOwner && params.role !== "owner") {
        return err(
          signerRefusal(
            "unauthorized",
            `${params.address} is the last owner and stays one: without an owner nobody could give roles. Make another owner first.`,
          ),
        );
      }
      return ok(null);
    }
    case "people.set": {
      const { people } = authorityParamsSchemas[action].parse(signed.params);
      const newest = checkNewest("list of people", command, authority.people());
      if (!newest.ok) return newest;
      const keys = people.map((person) => person.address.toLowerCase());
      const twice = keys.find((key, index) => keys.indexOf(key) !== index);
      if (twice !== undefined) return err(badRequest(`${twice} is on the list twice; one address has one role`));
      if (!people.some((person) => person.role === "owner")) {
        return err(
          signerRefusal(
            "unauthorized",
            "The list has no owner: nobody could give roles any more. Keep at least one owner on it.",
          ),
        );
      }
      return ok(null);
    }
    case "limits.set": {
      const { limits } = authorityParamsSchemas[action].parse(signed.params);
      const newest = checkNewest("approval limits", command, authority.limits());
      if (!newest.ok) return newest;
      const unknown = Object.keys(limits.pairs).find((pairId) => authority.pair(pairId) === null);
      if (unknown !== undefined) return err(noPair(unknown));
      const most = Math.max(...[limits.deployment, ...Object.values(limits.pairs)].map(askedFor));
      if (most > authority.approverCount()) {
        return err(
          badRequest(
            `${most} distinct approvers are asked for, ${authority.approverCount()} people may approve; give the role approver to more people first`,
          ),
        );
      }
      return ok(null);
    }
    case "registry.add":
    case "chain.endpoints":
    case "alerts.config":
      return checkSystemVersion(deps, signed, action);
    case "system.stop":
    case "system.resume":
      return ok(null);
  }
}

/** What the signer of the command saw is what is in force: of two owners at once the second reads again. */
function checkNewest(
  what: string,
  command: Command,
  versions: readonly { readonly version: number; readonly by: string | null }[],
): Result<null, SignerErrorWire> {
  const newest = versions.at(-1);
  const current = newest?.version ?? 0;
  if (BigInt(command.configVersion) === BigInt(current)) return ok(null);
  const by = newest?.by ?? null;
  return err(
    signerRefusal(
      "config_version",
      `The ${what} changed meanwhile: version ${current}${by === null ? "" : ` by ${by}`} is in force, the command was made from version ${command.configVersion}. Read again and repeat the change.`,
      { current },
    ),
  );
}

/** Approvers a rule can ask for; one without a limit asks for one. */
function askedFor({ singleUpToUsd, approversAbove }: ApprovalRule): number {
  return singleUpToUsd === null ? 1 : approversAbove;
}

function checkPlan(deps: CommandDeskDeps, signed: SignedCommand): Result<null, SignerErrorWire> {
  const { command, address } = signed;
  let plan;
  try {
    plan = deps.engine.planRecord(command.target);
  } catch (error) {
    return err(refusalOf(error));
  }
  if (plan.planHash.toLowerCase() !== command.planHash.toLowerCase()) {
    return err(
      signerRefusal(
        "bad_request",
        `The command is about a plan with hash ${command.planHash}, plan ${plan.planId} has ${plan.planHash}. Open the plan again and decide on what it shows.`,
        { planId: plan.planId, planHash: plan.planHash },
      ),
    );
  }
  if (plan.expiresAtMs !== null && plan.expiresAtMs <= deps.wall.nowMs()) {
    return err(signerRefusal("plan_expired", `Plan ${plan.planId} expired at ${instant(plan.expiresAtMs)}.`));
  }
  if (plan.status !== "waiting_approval") {
    const isOpen = plan.status === "approved" || plan.status === "executing";
    return err(
      signerRefusal(
        isOpen ? "plan_open" : "plan_expired",
        `Plan ${plan.planId} does not wait for an answer any more: it is ${plan.status} (${plan.statusReason}).`,
        { planId: plan.planId, status: plan.status },
      ),
    );
  }
  if (command.action === "plan.reject") return ok(null);
  const already = deps.authority
    .approvals(plan.planId)
    .some((approval) => approval.address.toLowerCase() === address.toLowerCase());
  if (already) {
    return err(
      signerRefusal("plan_open", `${address} approved plan ${plan.planId} already; another approver has to sign.`),
    );
  }
  return checkPairActs(deps.authority, plan.plan.pairId);
}

function checkOrphan(engine: CommandEngine, orphanId: string): Result<null, SignerErrorWire> {
  const isListed = engine.listOrphans().some((each) => each.orphanId.toLowerCase() === orphanId.toLowerCase());
  if (isListed) return ok(null);
  return err(signerRefusal("not_found", `There is no orphan ${orphanId.slice(0, 200)}; read the list again.`));
}

/** A way out by command ignores mode, pause and a pair's halt, but never a stop or a halted wallet. */
function checkMaySign(authority: Authority): Result<null, SignerErrorWire> {
  const halt = authority.walletHalt();
  if (halt !== null) {
    return err(signerRefusal("halted", `${halt.state}: ${halt.cause}. An owner ends it after looking at the cause.`));
  }
  const stopped = authority.stopped();
  if (stopped === null) return ok(null);
  return err(
    signerRefusal("stopped", `The system was stopped by ${stopped.by}: ${stopped.reason}. An owner resumes it first.`),
  );
}

/** Nothing is approved or queued that could not be carried out now. */
function checkPairActs(authority: Authority, pairId: string): Result<null, SignerErrorWire> {
  const pair = authority.pair(pairId);
  if (pair === null) return err(noPair(pairId));
  const halt = authority.walletHalt() ?? pair.halted;
  if (halt !== null) {
    return err(signerRefusal("halted", `${halt.state}: ${halt.cause}. An owner ends it after looking at the cause.`));
  }
  const stopped = authority.stopped();
  if (stopped !== null) {
    return err(
      signerRefusal("stopped", `The system was stopped by ${stopped.by}: ${stopped.reason}. An owner resumes it.`),
    );
  }
  if (pair.paused !== null && pair.paused.kind !== "no_new_risk") {
    return err(
      signerRefusal(
        "paused",
        `${pairId} is paused by ${pair.paused.by} (${pair.paused.kind}): ${pair.paused.reason}. An approver resumes it.`,
      ),
    );
  }
  if (pair.mode === "observe") {
    return err(signerRefusal("mode_observe", `${pairId} is in mode observe: it shows decisions and sends nothing.`));
  }
  return ok(null);
}

/** Refusals of the engine and of the disk as wire errors; a bug is `internal`, its text stays in the log. */
function refusalOf(error: unknown): SignerErrorWire {
  return knownRefusal(error) ?? signerErrorToWire(error);
}

function badRequest(reason: string): SignerErrorWire {
  return signerRefusal("bad_request", `The command is refused: ${reason}.`);
}
