// Authority as a pure fold over the command log: roles, modes, pauses, stop, limits, approvals; the same records always give the same state.
import * as z from "zod";
import {
  authorityParamsSchemas,
  type LimitsVersion,
  type PeopleVersion,
  type Person,
} from "@/lib/api/authority-settings";
import {
  commandParamsSchemas,
  commandRecordSchema,
  commandSchema,
  roleAtLeast,
  roleSchema,
  type CommandRecord,
  type Role,
} from "@/lib/api/commands";
import { chatPauseKindSchema, chatUserIdSchema } from "@/lib/alerts/chat-pause";
import { approvalSchema, type PairState, type PlanRecord } from "@/lib/api/signer-contract";
import { DEFAULT_APPROVAL_LIMITS, type ApprovalLimits } from "@/lib/plan/approval-rule";
import { namedStateSchema, type NamedState } from "@/lib/plan/plan-status";
import {
  DEFAULT_LIMITS,
  modeSchema,
  pairSettingsSchema,
  PAUSE_KINDS,
  type Mode,
  type PairLimits,
  type PairSettings,
} from "@/lib/registry/pair-settings";
import { noSignedSettings, systemParamsSchemas, type SignedSettings } from "@/lib/api/system-settings";
import { addressSchema, bytes32Schema, hexSchema, pairIdSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { Approval, PairAuthority } from "./ports";
import { instant } from "./command-words";
import { applySystemChange } from "./system-settings";

/** Raising a limit waits this long; lowering is at once (safety.md section 3.8). */
export const LIMIT_RAISE_DELAY_MS = 24 * 3_600_000;
/** Worker starts of one pair that take it to HALT_PAIR, and the window (safety.md section 7). */
export const RESTART_STORM_COUNT = 5;
export const RESTART_STORM_WINDOW_MS = 10 * 60_000;

const pairGenesisSchema = z.object({ pairId: pairIdSchema, mode: modeSchema, settings: pairSettingsSchema });

/** Bodies of the command log, by record type. */
export const authorityBodies = {
  /** First record: who owns the deployment and the pairs' defaults. */
  genesis: z.object({
    deploymentId: bytes32Schema,
    owners: z.array(addressSchema),
    pairs: z.array(pairGenesisSchema),
  }),
  /** Owners of a deployment that was first started without any: until then nobody could have signed anything. */
  "owners.added": z.object({ owners: z.array(addressSchema).min(1) }),
  /** A pair of the configuration that was not there before. */
  "pair.added": pairGenesisSchema,
  /** A verified command; written before it acts. */
  command: z.object({
    commandId: bytes32Schema,
    command: commandSchema,
    params: z.record(z.string(), z.unknown()),
    address: addressSchema,
    role: roleSchema,
    signature: hexSchema,
  }),
  "command.refused": z.object({
    commandId: bytes32Schema,
    address: addressSchema,
    role: roleSchema.nullable(),
    action: z.string(),
    target: z.string(),
    params: z.record(z.string(), z.unknown()),
    code: z.string(),
    message: z.string(),
  }),
  /** What a command led to, by the worker or by the engine. */
  "command.result": z.object({
    commandId: bytes32Schema,
    status: z.enum(["done", "refused"]),
    result: z.string(),
    planId: z.string().nullable(),
  }),
  "worker.started": z.object({ pairId: pairIdSchema }),
  /** The signer ended in order: the worker starts of the next run are no restart storm. */
  "signer.stopped": z.object({ reason: z.string() }),
  "pair.halted": z.object({ pairId: pairIdSchema, cause: z.string() }),
  /** By a message of somebody on the owners' signed list; no wallet signed it. Only pair.resume ends it early. */
  "pair.paused": z.object({
    pairId: pairIdSchema,
    kind: chatPauseKindSchema,
    untilAtMs: z.number().nullable(),
    reason: z.string(),
    address: addressSchema,
    role: roleSchema,
    channel: z.literal("telegram"),
    userId: chatUserIdSchema,
  }),
  "wallet.halted": z.object({ state: namedStateSchema, cause: z.string() }),
} as const;
export type AuthorityRecordType = keyof typeof authorityBodies;
export type AuthorityBody<T extends AuthorityRecordType> = z.output<(typeof authorityBodies)[T]>;

interface LimitRaise {
  readonly from: number;
  readonly effectiveAtMs: number;
}

export interface PairAuthorityState {
  mode: Mode;
  paused: PairState["paused"];
  halted: PairState["halted"];
  /** As signed; limits still waiting are in `raises`. */
  settings: PairSettings;
  raises: Partial<Record<keyof PairLimits, LimitRaise>>;
  configVersion: number;
  commandSeq: number;
  workerStartsAtMs: number[];
  /** The system.exit that is being carried out; ends with pair.unhalt. */
  exit: NonNullable<PairAuthority["exit"]> | null;
}

export interface AuthorityState {
  readonly roles: Map<string, Role>;
  /** Every list of people there was, oldest first; the last one is what `roles` holds. */
  readonly people: PeopleVersion[];
  /** Every set of approval limits there was, oldest first: a stricter one holds on for a day after it was replaced. */
  readonly limits: LimitsVersion[];
  readonly pairs: Map<string, PairAuthorityState>;
  readonly approvals: Map<string, Approval[]>;
  readonly rejections: Map<string, NonNullable<PlanRecord["rejectedBy"]>>;
  /** commandId of every accepted command ever: a nonce is used once. */
  readonly used: Map<string, number>;
  /** Accepted commands whose effect outside this fold is not recorded yet: done again after a crash. */
  readonly unfinished: Map<string, AuthorityBody<"command">>;
  stopped: PairState["stopped"];
  halt: { readonly state: NamedState; readonly cause: string; readonly sinceAtMs: number } | null;
  /** Changes of any pair's settings, and of the roles. */
  configVersion: number;
  commandSeq: number;
  /** Own pools, endpoints and alerts, as signed. */
  system: SignedSettings;
  hasGenesis: boolean;
  deploymentId: Hex | null;
}

/** Until the first record says which one it is. */
const NO_DEPLOYMENT: Hex = `0x${"0".repeat(64)}`;

export function createAuthorityState(): AuthorityState {
  return {
    roles: new Map(),
    people: [],
    limits: [],
    pairs: new Map(),
    approvals: new Map(),
    rejections: new Map(),
    used: new Map(),
    unfinished: new Map(),
    stopped: null,
    halt: null,
    configVersion: 0,
    commandSeq: 0,
    system: noSignedSettings(NO_DEPLOYMENT),
    hasGenesis: false,
    deploymentId: null,
  };
}

/** One record of the log in the form this fold reads. */
export type AuthorityRecord = {
  [T in AuthorityRecordType]: {
    readonly type: T;
    readonly seq: number;
    readonly atMs: number;
    readonly sum: string;
    readonly body: AuthorityBody<T>;
  };
}[AuthorityRecordType];

/** Applies one record and returns it as the audit log shows it. */
export function applyAuthorityRecord(state: AuthorityState, record: AuthorityRecord): CommandRecord {
  state.commandSeq = record.seq;
  switch (record.type) {
    case "genesis": {
      state.hasGenesis = true;
      state.deploymentId = record.body.deploymentId;
      state.system = { ...state.system, deploymentId: record.body.deploymentId };
      setOwners(state, record.atMs, record.body.owners);
      setLimits(state, { atMs: record.atMs, by: null, commandId: null }, DEFAULT_APPROVAL_LIMITS);
      for (const pair of record.body.pairs) addPair(state, pair);
      return systemRecord(record, "genesis", "system", `owners: ${record.body.owners.join(", ") || "none"}`);
    }
    case "owners.added":
      setOwners(state, record.atMs, record.body.owners);
      return systemRecord(record, "owners.added", "system", `owners: ${record.body.owners.join(", ")}`);
    case "pair.added":
      addPair(state, record.body);
      return systemRecord(record, "pair.added", record.body.pairId, `mode ${record.body.mode}`);
    case "command":
      return applyCommand(state, record.seq, record.atMs, record.sum, record.body);
    case "command.refused": {
      const { body } = record;
      return {
        ...recordBase(record, body.action, body.target),
        commandId: body.commandId,
        address: body.address,
        role: body.role,
        params: body.params,
        status: "refused",
        result: `${body.code}: ${body.message}`,
      };
    }
    case "command.result": {
      const { body } = record;
      state.unfinished.delete(body.commandId);
      return {
        ...recordBase(record, "command.result", body.commandId),
        commandId: body.commandId,
        status: body.status,
        result: body.result,
        planId: body.planId,
      };
    }
    case "worker.started": {
      const pair = state.pairs.get(record.body.pairId);
      if (pair !== undefined) {
        pair.workerStartsAtMs = [...pair.workerStartsAtMs, record.atMs].filter(
          (atMs) => record.atMs - atMs < RESTART_STORM_WINDOW_MS,
        );
      }
      return systemRecord(record, "worker.started", record.body.pairId, "the worker was started");
    }
    case "signer.stopped":
      for (const pair of state.pairs.values()) pair.workerStartsAtMs = [];
      return systemRecord(record, "signer.stopped", "system", record.body.reason);
    case "pair.halted": {
      const pair = state.pairs.get(record.body.pairId);
      if (pair !== undefined) {
        pair.halted = { state: "HALT_PAIR", cause: record.body.cause, sinceAtMs: record.atMs };
      }
      return systemRecord(record, "pair.halted", record.body.pairId, record.body.cause);
    }
    case "pair.paused": {
      const { pairId, kind, untilAtMs, reason, address, role, channel, userId } = record.body;
      const result = pausePair(state, { pairId, kind, untilAtMs, reason, by: address, atMs: record.atMs });
      return {
        ...recordBase(record, "pair.pause", pairId),
        address,
        role,
        params: { pairId, kind, untilAtMs, reason, channel, userId },
        result: `${result}; by chat (Telegram user ${userId}), not signed`,
      };
    }
    case "wallet.halted":
      state.halt = { state: record.body.state, cause: record.body.cause, sinceAtMs: record.atMs };
      return systemRecord(record, "wallet.halted", "system", `${record.body.state}: ${record.body.cause}`);
  }
}

/** Limits as they hold at this instant: a raise counts only after its delay. */
export function effectiveSettings(pair: PairAuthorityState, nowMs: number): PairSettings {
  const limits = { ...pair.settings.limits };
  for (const name of limitNames) {
    const raise = pair.raises[name];
    if (raise !== undefined && nowMs < raise.effectiveAtMs) limits[name] = raise.from;
  }
  return { ...pair.settings, limits };
}

export function activePause(pair: PairAuthorityState, nowMs: number): PairState["paused"] {
  const { paused } = pair;
  if (paused === null) return null;
  return paused.untilAtMs !== null && paused.untilAtMs <= nowMs ? null : paused;
}

/** True when `next` forbids at least as much for at least as long: an operator may tighten, only an approver may loosen. */
export function isPauseTighter(current: PauseRequest, next: PauseRequest): boolean {
  const isKindTighter = PAUSE_KINDS.indexOf(next.kind) >= PAUSE_KINDS.indexOf(current.kind);
  const isLonger = next.untilAtMs === null || (current.untilAtMs !== null && next.untilAtMs >= current.untilAtMs);
  return isKindTighter && isLonger;
}
type PauseRequest = Pick<NonNullable<PairState["paused"]>, "kind" | "untilAtMs">;

export function ownersOf(state: AuthorityState): readonly string[] {
  return [...state.roles].filter(([, role]) => role === "owner").map(([address]) => address);
}

/** The first approval of each address, whatever role it holds now. */
export function distinctApprovals(state: AuthorityState, planId: string): readonly Approval[] {
  const seen = new Set<string>();
  return (state.approvals.get(planId) ?? []).filter(({ address }) => {
    const key = address.toLowerCase();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Approvals that still count: of distinct addresses that hold the role now. */
export function countingApprovals(state: AuthorityState, planId: string): readonly Approval[] {
  return distinctApprovals(state, planId).filter(({ address }) => isApproverAt(state, address, null));
}

/** Did the approval of this address count at that moment (null: now)? */
export function isApproverAt(state: AuthorityState, address: string, atMs: number | null): boolean {
  const version =
    atMs === null ? state.people.at(-1) : state.people.findLast((each, index) => index === 0 || each.atMs <= atMs);
  const person = version?.people.find((each) => each.address.toLowerCase() === address.toLowerCase());
  return person !== undefined && roleAtLeast(person.role, "approver");
}

/** Pair that a command's record belongs to, null for plans and the system. */
export function pairOfRecord(record: Pick<CommandRecord, "params">): string | null {
  const parsed = z.object({ pairId: pairIdSchema }).safeParse(record.params);
  return parsed.success ? parsed.data.pairId : null;
}

export function defaultPair(pairId: string): AuthorityBody<"pair.added"> {
  return { pairId, mode: "observe", settings: pairSettingsSchema.parse({ pairId, limits: DEFAULT_LIMITS }) };
}

const limitNames: readonly (keyof PairLimits)[] = [
  "maxUsdPerTx",
  "maxUsdPerPlan",
  "maxUsdPerDay",
  "maxTxPerDay",
  "maxGasUsdPerDay",
];

function addPair(state: AuthorityState, pair: AuthorityBody<"pair.added">): void {
  state.pairs.set(pair.pairId, {
    mode: pair.mode,
    paused: null,
    halted: null,
    settings: pair.settings,
    raises: {},
    configVersion: 1,
    commandSeq: 0,
    workerStartsAtMs: [],
    exit: null,
  });
}

function applyCommand(
  state: AuthorityState,
  seq: number,
  atMs: number,
  sum: string,
  body: AuthorityBody<"command">,
): CommandRecord {
  const { command, params, address } = body;
  state.used.set(body.commandId, seq);
  const effect = applyAction(state, { seq, atMs, body });
  const pairId = pairOfRecord({ params });
  const pair = pairId === null ? undefined : state.pairs.get(pairId);
  if (pair !== undefined) pair.commandSeq = seq;
  if (effect.status === "accepted") state.unfinished.set(body.commandId, body);
  return {
    seq,
    atMs,
    commandId: body.commandId,
    address,
    role: body.role,
    action: command.action,
    target: command.target,
    params,
    status: effect.status,
    result: effect.result,
    planId: effect.planId ?? null,
    hash: sum,
  };
}

interface Effect {
  /** `accepted`: something outside this fold has to follow and will be recorded as command.result. */
  readonly status: "accepted" | "done";
  readonly result: string;
  readonly planId?: string;
}

function applyAction(
  state: AuthorityState,
  input: { readonly seq: number; readonly atMs: number; readonly body: AuthorityBody<"command"> },
): Effect {
  const { atMs, body } = input;
  const { action } = body.command;
  const by = body.address;
  switch (action) {
    case "plan.approve": {
      const params = commandParamsSchemas[action].parse(body.params);
      const approval: Approval = approvalSchema.parse({
        address: by,
        role: body.role,
        atMs,
        note: params.note,
        signature: body.signature,
        commandId: body.commandId,
      });
      state.approvals.set(params.planId, [...(state.approvals.get(params.planId) ?? []), approval]);
      return { status: "accepted", result: "approval recorded", planId: params.planId };
    }
    case "plan.reject": {
      const params = commandParamsSchemas[action].parse(body.params);
      state.rejections.set(params.planId, { address: by, reason: params.reason, atMs });
      return { status: "accepted", result: `rejected: ${params.reason}`, planId: params.planId };
    }
    case "pair.pause": {
      const params = commandParamsSchemas[action].parse(body.params);
      return { status: "done", result: pausePair(state, { ...params, by, atMs }) };
    }
    case "pair.resume": {
      const pair = mustPair(state, commandParamsSchemas[action].parse(body.params).pairId);
      const wasPaused = activePause(pair, atMs) !== null;
      pair.paused = null;
      return { status: "done", result: wasPaused ? "resumed" : "was not paused" };
    }
    case "pair.mode": {
      const params = commandParamsSchemas[action].parse(body.params);
      const pair = mustPair(state, params.pairId);
      const before = pair.mode;
      pair.mode = params.mode;
      return { status: "done", result: `mode ${before} -> ${params.mode}` };
    }
    case "pair.config": {
      const params = commandParamsSchemas[action].parse(body.params);
      const pair = mustPair(state, params.pairId);
      const waiting = changeSettings(pair, params.settings, atMs);
      state.configVersion += 1;
      const note =
        waiting.length === 0 ? "" : `; raised after ${LIMIT_RAISE_DELAY_MS / 3_600_000} h: ${waiting.join(", ")}`;
      return { status: "done", result: `settings version ${pair.configVersion}${note}` };
    }
    case "pair.unhalt": {
      const pair = mustPair(state, commandParamsSchemas[action].parse(body.params).pairId);
      const cause = pair.halted?.cause;
      pair.halted = null;
      pair.exit = null;
      pair.workerStartsAtMs = [];
      // Ending a halt is done when the chain's facts are the journal's again; the desk does that and records the result.
      return cause === undefined
        ? { status: "done", result: "was not halted" }
        : { status: "accepted", result: `halt ended, cause was: ${cause}` };
    }
    case "range.shift":
      return { status: "accepted", result: "queued for the worker" };
    case "orphan.adopt":
    case "orphan.close":
    case "orphan.ignore":
    case "transfer.fail":
      return { status: "accepted", result: "recorded" };
    case "system.exit": {
      const params = commandParamsSchemas[action].parse(body.params);
      const { commandId } = body;
      const targets = [...state.pairs].filter(([pairId]) => params.pairId === null || pairId === params.pairId);
      for (const [, pair] of targets) {
        pair.exit = { commandId, into: params.into, slippage: params.slippage ?? "wide", by, sinceAtMs: atMs };
        pair.halted = {
          state: "EXIT_ONLY",
          cause: `exit ordered by ${by}: ${params.reason}; ends with a signed pair.unhalt`,
          sinceAtMs: atMs,
        };
      }
      const end = params.into === null ? "as it is" : `into ${params.into}`;
      return { status: "accepted", result: `exit of ${targets.map(([pairId]) => pairId).join(", ")}, ${end}` };
    }
    case "registry.add":
    case "chain.endpoints":
    case "alerts.config": {
      const change = applySystemChange(state.system, { action, params: body.params, by, atMs });
      state.system = change.settings;
      state.configVersion += 1;
      if (action === "registry.add") admitPools(state, body.params);
      return { status: "accepted", result: change.result };
    }
    case "worker.restart":
      return { status: "accepted", result: "queued for the worker" };
    case "capital.assign":
      return { status: "accepted", result: "assignment recorded" };
    case "role.set": {
      const params = commandParamsSchemas[action].parse(body.params);
      const key = params.address.toLowerCase();
      const before = state.roles.get(key) ?? "none";
      setPeople(state, { atMs, by, commandId: body.commandId }, withRole(state, params));
      state.configVersion += 1;
      return { status: "done", result: `${params.address}: ${before} -> ${params.role ?? "none"}` };
    }
    case "people.set": {
      const params = authorityParamsSchemas[action].parse(body.params);
      const before = state.people.at(-1)?.people ?? [];
      setPeople(state, { atMs, by, commandId: body.commandId }, params.people);
      state.configVersion += 1;
      return {
        status: "done",
        result: `people version ${state.people.length}: ${changeOfPeople(before, params.people)}`,
      };
    }
    case "limits.set": {
      const params = authorityParamsSchemas[action].parse(body.params);
      setLimits(state, { atMs, by, commandId: body.commandId }, params.limits);
      state.configVersion += 1;
      return { status: "done", result: `approval limits version ${state.limits.length}: ${limitsText(params.limits)}` };
    }
    case "system.stop": {
      const params = commandParamsSchemas[action].parse(body.params);
      if (state.stopped !== null) return { status: "done", result: "was stopped already" };
      state.stopped = { reason: params.reason, sinceAtMs: atMs, by };
      return { status: "done", result: `stopped: ${params.reason}` };
    }
    case "system.resume": {
      const wasStopped = state.stopped !== null;
      const ended = state.halt;
      state.stopped = null;
      state.halt = null;
      const parts = [
        wasStopped ? "stop ended" : "was not stopped",
        ...(ended === null ? [] : [`${ended.state} ended, cause was: ${ended.cause}`]),
      ];
      return { status: ended === null ? "done" : "accepted", result: parts.join("; ") };
    }
  }
}

/** The pause as it holds from now on, and what was done in words. */
function pausePair(
  state: AuthorityState,
  pause: PauseRequest & {
    readonly pairId: string;
    readonly reason: string;
    readonly by: string;
    readonly atMs: number;
  },
): string {
  const { pairId, kind, untilAtMs, reason, by, atMs } = pause;
  mustPair(state, pairId).paused = { kind, sinceAtMs: atMs, untilAtMs, reason, by };
  const until = untilAtMs === null ? "until resumed" : `until ${instant(untilAtMs)}`;
  return `paused (${kind}) ${until}: ${reason}`;
}

type Author = Pick<PeopleVersion, "atMs" | "by" | "commandId">;

function setPeople(state: AuthorityState, author: Author, people: readonly Person[]): void {
  state.people.push({ ...author, version: state.people.length + 1, people: [...people] });
  state.roles.clear();
  for (const { address, role } of people) state.roles.set(address.toLowerCase(), role);
}

/** The list with one role given, changed or (null) taken away. */
function withRole(
  state: AuthorityState,
  { address, role }: { readonly address: Address; readonly role: Role | null },
): readonly Person[] {
  const isMeant = (person: Person): boolean => person.address.toLowerCase() === address.toLowerCase();
  const people = state.people.at(-1)?.people ?? [];
  if (role === null) return people.filter((person) => !isMeant(person));
  if (!people.some(isMeant)) return [...people, { address, role, name: "" }];
  return people.map((person) => (isMeant(person) ? { ...person, role } : person));
}

function setOwners(state: AuthorityState, atMs: number, owners: readonly Address[]): void {
  const added = new Set(owners.map((owner) => owner.toLowerCase()));
  const kept = (state.people.at(-1)?.people ?? []).filter(({ address }) => !added.has(address.toLowerCase()));
  const named = owners.map((address): Person => ({ address, role: "owner", name: nameOf(state, address) }));
  setPeople(state, { atMs, by: null, commandId: null }, [...kept, ...named]);
}

function setLimits(state: AuthorityState, author: Author, limits: ApprovalLimits): void {
  state.limits.push({ ...author, version: state.limits.length + 1, limits });
}

function nameOf(state: AuthorityState, address: string): string {
  const found = (state.people.at(-1)?.people ?? []).find(
    (person) => person.address.toLowerCase() === address.toLowerCase(),
  );
  return found?.name ?? "";
}

function changeOfPeople(before: readonly Person[], after: readonly Person[]): string {
  const old = new Map(before.map((person) => [person.address.toLowerCase(), person]));
  const added = after.filter(({ address }) => !old.has(address.toLowerCase()));
  const changed = after.flatMap(({ address, role }) => {
    const was = old.get(address.toLowerCase());
    return was === undefined || was.role === role ? [] : [`${address}: ${was.role} -> ${role}`];
  });
  const kept = new Set(after.map(({ address }) => address.toLowerCase()));
  const removed = before.filter(({ address }) => !kept.has(address.toLowerCase()));
  const parts = [
    ...added.map(({ address, role }) => `${address}: none -> ${role}`),
    ...changed,
    ...removed.map(({ address, role }) => `${address}: ${role} -> none`),
  ];
  return parts.length === 0 ? "names only" : parts.join(", ");
}

function limitsText(limits: ApprovalLimits): string {
  return [["deployment", limits.deployment] as const, ...Object.entries(limits.pairs)]
    .map(([scope, { singleUpToUsd, approversAbove }]) =>
      singleUpToUsd === null
        ? `${scope} one approver`
        : `${scope} one approver up to ${singleUpToUsd} USD, ${approversAbove} above`,
    )
    .join("; ");
}

/** Takes over the settings; returns the names of limits that have to wait. */
function changeSettings(pair: PairAuthorityState, next: PairSettings, atMs: number): readonly string[] {
  const effective = effectiveSettings(pair, atMs).limits;
  const raises: Partial<Record<keyof PairLimits, LimitRaise>> = {};
  for (const name of limitNames) {
    if (next.limits[name] <= effective[name]) continue;
    const pending = pair.raises[name];
    // A raise that waits already keeps its time when it is not raised further.
    const keepsTime =
      pending !== undefined && atMs < pending.effectiveAtMs && next.limits[name] <= pair.settings.limits[name];
    raises[name] = {
      from: effective[name],
      effectiveAtMs: keepsTime ? pending.effectiveAtMs : atMs + LIMIT_RAISE_DELAY_MS,
    };
  }
  pair.settings = next;
  pair.raises = raises;
  pair.configVersion += 1;
  return Object.keys(raises);
}

/** A new pair starts in OBSERVE; a pair that names its pools one by one gets the new ones on that list. */
function admitPools(state: AuthorityState, params: Readonly<Record<string, unknown>>): void {
  const { pairs, pools } = systemParamsSchemas["registry.add"].parse(params);
  for (const { id } of pairs) if (!state.pairs.has(id)) addPair(state, defaultPair(id));
  for (const pool of pools) {
    const pair = state.pairs.get(pool.pair);
    if (pair === undefined || pair.settings.pools.length === 0) continue;
    if (pair.settings.pools.some((id) => id.toLowerCase() === pool.id.toLowerCase())) continue;
    pair.settings = { ...pair.settings, pools: [...pair.settings.pools, pool.id] };
    pair.configVersion += 1;
  }
}

/** The checks before a command is logged make this impossible; a log written by another version could still do it. */
function mustPair(state: AuthorityState, pairId: string): PairAuthorityState {
  const pair = state.pairs.get(pairId);
  if (pair === undefined) throw new RangeError(`the command log names pair ${pairId}, which it never added`);
  return pair;
}

function recordBase(
  record: { readonly seq: number; readonly atMs: number; readonly sum: string },
  action: string,
  target: string,
): CommandRecord {
  return commandRecordSchema.parse({
    seq: record.seq,
    atMs: record.atMs,
    commandId: systemCommandId(record.sum),
    address: null,
    role: null,
    action,
    target,
    params: {},
    status: "done",
    result: "",
    planId: null,
    hash: record.sum,
  });
}

function systemRecord(
  record: { readonly seq: number; readonly atMs: number; readonly sum: string },
  action: string,
  target: string,
  result: string,
): CommandRecord {
  return { ...recordBase(record, action, target), result };
}

/** Records without a command are known by their own hash. */
function systemCommandId(sum: string): Hex {
  return `0x${sum}`;
}
