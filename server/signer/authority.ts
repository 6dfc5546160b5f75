// The state of record for who may do what: a hash-chained command log on disk, its fold in memory, and the view the engine decides by.
import type { LimitsVersion, PeopleVersion } from "@/lib/api/authority-settings";
import { roleAtLeast, type CommandRecord, type Role } from "@/lib/api/commands";
import type { SignedSettings } from "@/lib/api/system-settings";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { approvalNeed, isApproved, planValueUsd, rulesInForce } from "@/lib/plan/approval-rule";
import type { Plan } from "@/lib/plan/plan";
import type { NamedState } from "@/lib/plan/plan-status";
import { canonicalJson } from "@/lib/plan/canonical-json";
import type { Address, Hex } from "@/lib/units";
import type { WallClock } from "@/server/infra/clock";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import {
  activePause,
  applyAuthorityRecord,
  authorityBodies,
  countingApprovals,
  createAuthorityState,
  defaultPair,
  distinctApprovals,
  isApproverAt,
  effectiveSettings,
  ownersOf,
  pairOfRecord,
  RESTART_STORM_COUNT,
  RESTART_STORM_WINDOW_MS,
  type AuthorityBody,
  type AuthorityRecord,
  type AuthorityRecordType,
  type AuthorityState,
} from "./authority-state";
import { openSegmentLog, type SegmentFs, type SegmentRecord } from "./journal/segment";
import type { AuthorityView } from "./ports";

export interface AuthorityDeps {
  /** `<data dir>/signer/commands`. */
  readonly dir: string;
  readonly deploymentId: Hex;
  /** Owners of the first start; ignored once there is one, signed commands change roles. */
  readonly owners: readonly Address[];
  readonly pairIds: readonly string[];
  readonly wall: Pick<WallClock, "nowMs">;
  readonly log: Logger;
  /** After each record, for copies to the store and telemetry. */
  readonly onRecord?: (record: CommandRecord) => void;
  readonly fs?: SegmentFs;
}

export interface Authority extends AuthorityView {
  readonly deploymentId: Hex;
  roleOf(address: string): Role | null;
  roles(): readonly { readonly address: Address; readonly role: Role }[];
  owners(): readonly string[];
  /** Every list of people, oldest first. */
  people(): readonly PeopleVersion[];
  /** Every set of approval limits, oldest first. */
  limits(): readonly LimitsVersion[];
  /** People whose approval would count now. */
  approverCount(): number;
  configVersion(): number;
  /** Own pools, endpoints and alerts, as signed; the same object while nothing changed. */
  system(): SignedSettings;
  commandSeq(): number;
  /** Sequence number of the accepted command with this id, null when the nonce is unused. */
  usedSeq(commandId: Hex): number | null;
  /** Durable when it returns; throws JournalError when the disk refuses, and then nothing was applied. */
  recordCommand(body: AuthorityBody<"command">): CommandRecord;
  /** Null when too many refusals came lately: then it is counted and logged only. */
  recordRefusal(body: AuthorityBody<"command.refused">): CommandRecord | null;
  /** The command with its outcome; null when the command is unknown or has an outcome already. */
  recordResult(body: AuthorityBody<"command.result">): CommandRecord | null;
  recordWorkerStart(pairId: string): void;
  /** Durable when it returns, as recordCommand. */
  recordChatPause(body: AuthorityBody<"pair.paused">): CommandRecord;
  /** The process ends in order. */
  recordStop(reason: string): void;
  haltWalletAs(state: NamedState, cause: string): void;
  commandById(commandId: Hex): CommandRecord | null;
  recordsAfter(seq: number, limit: number): readonly CommandRecord[];
  /** Accepted commands that concern the pair. */
  commandsSince(pairId: string, seq: number): readonly CommandRecord[];
  /** Accepted commands that still wait for what follows. */
  unfinished(): readonly AuthorityBody<"command">[];
  close(): void;
}

/** Records kept in memory for the API; older pages are folded from the disk again. */
const RECENT_RECORDS = 2_000;
/** Refusals written to the log: this many at once, one more per second; a flood must not fill the disk. */
const REFUSAL_BURST = 30;
const REFUSAL_REFILL_MS = 1_000;
const MAX_REFUSED_PARAMS_BYTES = 4_096;

/** Throws JournalError when the log is damaged: nothing may be signed then. */
export function openAuthority(deps: AuthorityDeps): Result<Authority, ConfigError> {
  const state = createAuthorityState();
  const recent: CommandRecord[] = [];
  const commands = new Map<string, CommandRecord>();
  const segments = openSegmentLog({
    dir: deps.dir,
    nowMs: () => deps.wall.nowMs(),
    onReplay: (record) => remember(applyAuthorityRecord(state, readRecord(record))),
    ...(deps.fs === undefined ? {} : { fs: deps.fs }),
  });
  for (const repair of segments.repairs) deps.log.warn("signer.commands-repaired", { repair });
  let refusalTokens = REFUSAL_BURST;
  let refusalRefilledAtMs = deps.wall.nowMs();
  let refusalsDropped = 0;
  /** Halts that could not be written: they hold until this process ends. */
  let unwrittenHalt: AuthorityState["halt"] = null;
  const unwrittenPairHalts = new Map<string, { readonly cause: string; readonly sinceAtMs: number }>();

  function remember(record: CommandRecord): void {
    recent.push(record);
    if (recent.length > RECENT_RECORDS) {
      const old = recent.shift();
      if (old !== undefined && commands.get(old.commandId)?.seq === old.seq) commands.delete(old.commandId);
    }
    if (record.action === "command.result") {
      const command = commands.get(record.commandId);
      if (command === undefined) return;
      const merged = mergeResult(command, record);
      commands.set(command.commandId, merged);
      const index = recent.findIndex((entry) => entry.seq === command.seq);
      if (index >= 0) recent[index] = merged;
    } else if (state.used.get(record.commandId) === record.seq) {
      commands.set(record.commandId, record);
    }
  }

  function append<T extends AuthorityRecordType>(type: T, body: AuthorityBody<T>): CommandRecord {
    const written = segments.append(type, body);
    const record = applyAuthorityRecord(state, readRecord(written));
    remember(record);
    deps.onRecord?.(record);
    return record;
  }

  /** Who signed the command that a plan was made from; the worker that hands the plan over is not asked. */
  function proposerOf({ origin }: Pick<Plan, "origin">): Address | null {
    return origin.kind === "command" ? (commandById(origin.commandId)?.address ?? null) : null;
  }

  function commandById(commandId: Hex): CommandRecord | null {
    const known = commands.get(commandId);
    if (known !== undefined) return known;
    if (!state.used.has(commandId)) return recent.findLast((entry) => entry.commandId === commandId) ?? null;
    return foldFromDisk().find((entry) => entry.commandId === commandId && entry.action !== "command.result") ?? null;
  }

  function foldFromDisk(): readonly CommandRecord[] {
    const scratch = createAuthorityState();
    const records: CommandRecord[] = [];
    const positions = new Map<string, number>();
    for (const segment of segments.readAfter(0)) {
      const record = applyAuthorityRecord(scratch, readRecord(segment));
      records.push(record);
      const position = positions.get(record.commandId);
      const command = position === undefined ? undefined : records[position];
      if (record.action === "command.result" && position !== undefined && command !== undefined) {
        records[position] = mergeResult(command, record);
      } else if (scratch.used.get(record.commandId) === record.seq) {
        positions.set(record.commandId, records.length - 1);
      }
    }
    return records;
  }

  function recordsFrom(seq: number): readonly CommandRecord[] {
    const first = recent[0];
    const source = first === undefined || first.seq <= seq + 1 ? recent : foldFromDisk();
    return source.filter((record) => record.seq > seq);
  }

  function isRefusalAllowed(): boolean {
    const nowMs = deps.wall.nowMs();
    const refill = Math.max(0, Math.floor((nowMs - refusalRefilledAtMs) / REFUSAL_REFILL_MS));
    if (refill > 0) {
      refusalTokens = Math.min(REFUSAL_BURST, refusalTokens + refill);
      refusalRefilledAtMs = nowMs;
    }
    if (refusalTokens === 0) return false;
    refusalTokens -= 1;
    return true;
  }

  function haltWalletAs(named: NamedState, cause: string): void {
    if (state.halt?.state === named && state.halt.cause === cause) return;
    deps.log.error("signer.wallet-halted", { state: named, cause });
    try {
      append("wallet.halted", { state: named, cause });
    } catch (error) {
      // Going on is safe: the halt holds in memory, and a restart finds the same disk or the same cause again.
      unwrittenHalt = {
        state: named,
        cause: `${cause} (not written: ${errorText(error)})`,
        sinceAtMs: deps.wall.nowMs(),
      };
    }
  }

  function haltPair(pairId: string, cause: string): void {
    if (state.pairs.get(pairId)?.halted?.cause === cause) return;
    deps.log.error("signer.pair-halted", { pairId, cause });
    try {
      append("pair.halted", { pairId, cause });
    } catch (error) {
      // As above: held in memory.
      unwrittenPairHalts.set(pairId, {
        cause: `${cause} (not written: ${errorText(error)})`,
        sinceAtMs: deps.wall.nowMs(),
      });
    }
  }

  if (state.hasGenesis && state.deploymentId?.toLowerCase() !== deps.deploymentId.toLowerCase()) {
    segments.close();
    return err(
      new ConfigError({
        code: "conflict",
        message: `The command log in ${deps.dir} belongs to deployment ${state.deploymentId ?? "none"}, this deployment is ${deps.deploymentId}. Do not mix data directories; restore deployment.json or use the right TG_DATA_DIR.`,
        retryable: false,
      }),
    );
  }
  if (!state.hasGenesis) {
    append("genesis", {
      deploymentId: deps.deploymentId,
      owners: [...deps.owners],
      pairs: deps.pairIds.map(defaultPair),
    });
  }
  if (ownersOf(state).length === 0 && state.used.size === 0 && deps.owners.length > 0) {
    append("owners.added", { owners: [...deps.owners] });
  }
  for (const pairId of deps.pairIds) if (!state.pairs.has(pairId)) append("pair.added", defaultPair(pairId));

  return ok({
    deploymentId: deps.deploymentId,
    pair(pairId) {
      const pair = state.pairs.get(pairId);
      if (pair === undefined) return null;
      const nowMs = deps.wall.nowMs();
      const unwritten = unwrittenPairHalts.get(pairId);
      return {
        mode: pair.mode,
        paused: activePause(pair, nowMs),
        halted: unwritten === undefined ? pair.halted : { state: "HALT_PAIR", ...unwritten },
        settings: effectiveSettings(pair, nowMs),
        configVersion: pair.configVersion,
        commandSeq: pair.commandSeq,
        exit: pair.exit,
      };
    },
    pairIds: () => [...state.pairs.keys()],
    stopped: () => state.stopped,
    walletHalt: () => unwrittenHalt ?? state.halt,
    approvalsNeeded(pairId, plan) {
      if (state.pairs.get(pairId)?.mode === "auto") return 0;
      return approvalNeed(rulesInForce(state.limits, pairId, deps.wall.nowMs()), planValueUsd(plan)).needed;
    },
    approvals: (planId) => countingApprovals(state, planId),
    approval({ planId, plan, atLeast, untilAtMs, asOfMs }) {
      const valueUsd = planValueUsd(plan);
      const rule = approvalNeed(rulesInForce(state.limits, plan.pairId, asOfMs ?? deps.wall.nowMs()), valueUsd);
      const need = { ...rule, needed: Math.max(rule.needed, atLeast) };
      const inTime = distinctApprovals(state, planId).filter(({ atMs }) => untilAtMs === null || atMs <= untilAtMs);
      const approvals = inTime.filter(({ address }) => isApproverAt(state, address, asOfMs));
      const proposer = proposerOf(plan);
      const byProposer = approvals.some(({ address }) => address.toLowerCase() === proposer?.toLowerCase());
      return {
        // The proposer's own approval asks for one more beside it.
        needed: need.isAboveLimit && byProposer ? Math.max(2, need.needed) : need.needed,
        approvals,
        valueUsd,
        limitUsd: need.limitUsd,
        isAboveLimit: need.isAboveLimit,
        proposer,
        isComplete: isApproved(
          need,
          approvals.map(({ address }) => address),
          proposer,
        ),
        notCounted: inTime
          .filter((approval) => !approvals.includes(approval))
          .map(({ address, atMs }) => ({ address, atMs })),
      };
    },
    rejection: (planId) => state.rejections.get(planId) ?? null,
    haltPair,
    haltWallet: (cause) => haltWalletAs("HALT_WALLET", cause),
    haltWalletAs,
    roleOf: (address) => state.roles.get(address.toLowerCase()) ?? null,
    roles: () => [...state.roles].map(([address, role]) => ({ address: toAddress(address), role })),
    owners: () => ownersOf(state),
    people: () => state.people,
    limits: () => state.limits,
    approverCount: () => [...state.roles.values()].filter((role) => roleAtLeast(role, "approver")).length,
    configVersion: () => state.configVersion,
    system: () => state.system,
    commandSeq: () => state.commandSeq,
    usedSeq: (commandId) => state.used.get(commandId) ?? null,
    recordCommand(body) {
      const record = append("command", body);
      if (body.command.action === "pair.unhalt") unwrittenPairHalts.delete(body.command.target);
      if (body.command.action === "system.resume") unwrittenHalt = null;
      return record;
    },
    recordRefusal(body) {
      if (!isRefusalAllowed()) {
        refusalsDropped += 1;
        deps.log.warn("signer.refusal-not-recorded", { droppedCount: refusalsDropped, code: body.code });
        return null;
      }
      try {
        return append("command.refused", { ...body, params: boundedParams(body.params) });
      } catch (error) {
        // A refusal changes nothing, so it stands without its record; the log line keeps it.
        deps.log.error("signer.refusal-not-recorded", { code: body.code, reason: errorText(error) });
        return null;
      }
    },
    recordResult(body) {
      if (!state.unfinished.has(body.commandId)) return null;
      append("command.result", body);
      return commands.get(body.commandId) ?? null;
    },
    recordWorkerStart(pairId) {
      append("worker.started", { pairId });
      const pair = state.pairs.get(pairId);
      if (pair === undefined || pair.halted !== null || pair.workerStartsAtMs.length < RESTART_STORM_COUNT) return;
      haltPair(
        pairId,
        `the worker was started ${pair.workerStartsAtMs.length} times within ${RESTART_STORM_WINDOW_MS / 60_000} minutes; read its log, then an owner ends the halt`,
      );
    },
    recordChatPause: (body) => append("pair.paused", body),
    recordStop(reason) {
      try {
        append("signer.stopped", { reason });
      } catch (error) {
        // Going on is safe: only the restart counters keep counting.
        deps.log.warn("signer.stop-not-recorded", { reason: errorText(error) });
      }
    },
    commandById,
    recordsAfter: (seq, limit) => recordsFrom(seq).slice(0, limit),
    commandsSince: (pairId, seq) =>
      recordsFrom(seq).filter(
        (record) => state.used.get(record.commandId) === record.seq && pairOfRecord(record) === pairId,
      ),
    unfinished: () => [...state.unfinished.values()],
    close: () => segments.close(),
  });
}

function mergeResult(command: CommandRecord, result: CommandRecord): CommandRecord {
  return { ...command, status: result.status, result: result.result, planId: result.planId ?? command.planId };
}

/** A log of an unknown shape must stop the start: guessing at authority is worse than being away. */
function readRecord(record: SegmentRecord): AuthorityRecord {
  const base = { seq: record.seq, atMs: record.ts, sum: record.sum };
  switch (record.type) {
    case "genesis":
      return { ...base, type: record.type, body: authorityBodies.genesis.parse(record.body) };
    case "owners.added":
      return { ...base, type: record.type, body: authorityBodies["owners.added"].parse(record.body) };
    case "pair.added":
      return { ...base, type: record.type, body: authorityBodies["pair.added"].parse(record.body) };
    case "command":
      return { ...base, type: record.type, body: authorityBodies.command.parse(record.body) };
    case "command.refused":
      return { ...base, type: record.type, body: authorityBodies["command.refused"].parse(record.body) };
    case "command.result":
      return { ...base, type: record.type, body: authorityBodies["command.result"].parse(record.body) };
    case "worker.started":
      return { ...base, type: record.type, body: authorityBodies["worker.started"].parse(record.body) };
    case "signer.stopped":
      return { ...base, type: record.type, body: authorityBodies["signer.stopped"].parse(record.body) };
    case "pair.halted":
      return { ...base, type: record.type, body: authorityBodies["pair.halted"].parse(record.body) };
    case "pair.paused":
      return { ...base, type: record.type, body: authorityBodies["pair.paused"].parse(record.body) };
    case "wallet.halted":
      return { ...base, type: record.type, body: authorityBodies["wallet.halted"].parse(record.body) };
    default:
      throw new RangeError(
        `record ${record.seq} of the command log has the unknown type ${record.type}; run the version that wrote it`,
      );
  }
}

function boundedParams(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Buffer.byteLength(canonicalJson(params)) <= MAX_REFUSED_PARAMS_BYTES ? { ...params } : {};
}

/** Keys of the role map were addresses before they were lowered. */
function toAddress(lowered: string): Address {
  return `0x${lowered.slice(2)}`;
}
