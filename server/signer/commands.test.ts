// Command desk: hostile commands are refused and logged, each role does what it may, a restart replays the same authority.
import * as nodeFs from "node:fs";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keccak256, stringToHex, zeroHash } from "viem";
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from "viem/accounts";
import { afterEach, describe, expect, test } from "vitest";
import {
  buildCommand,
  commandId,
  commandTypedData,
  type CommandAction,
  type CommandRecord,
  type SignedCommand,
} from "@/lib/api/commands";
import type { KnownPosition, Orphan, PlanRecord } from "@/lib/api/signer-contract";
import { err, ok } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import type { Hex } from "@/lib/units";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { buildPlan } from "@/tests/support/build-plan";
import { openAuthority, type Authority } from "./authority";
import { LIMIT_RAISE_DELAY_MS } from "./authority-state";
import type { ContractWalletPort } from "./command-signature";
import { createCommandDesk, type CommandDesk, type CommandEngine } from "./commands";
import { JournalError, type SegmentFs } from "./journal/segment";
import { SignerError } from "./ports";

const DEPLOYMENT: Hex = `0x${"d1".repeat(32)}`;
const PAIR = "WETH-USDC";
const POOL: Hex = `0x${"aa".repeat(20)}`;
const TOKEN: Hex = `0x${"cc".repeat(20)}`;
const PLAN_ID = `0x${"ab".repeat(16)}`;
const PLAN_HASH: Hex = `0x${"ef".repeat(32)}`;
const START_MS = 1_790_000_000_000;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup();
});

class World {
  orphans: Orphan[] = [];
  readonly voided: string[] = [];
  readonly dir: string;
  nowMs = START_MS;
  readonly owner = privateKeyToAccount(generatePrivateKey());
  readonly approver = privateKeyToAccount(generatePrivateKey());
  readonly operator = privateKeyToAccount(generatePrivateKey());
  readonly viewer = privateKeyToAccount(generatePrivateKey());
  readonly stranger = privateKeyToAccount(generatePrivateKey());
  readonly plans = new Map<string, PlanRecord>();
  readonly assigned: string[] = [];
  unassignedRaw = 1_000n;
  revokes = 0;
  adopts = 0;
  recovers = 0;
  adoptFault: Error | null = null;
  contractWallets: ContractWalletPort | null = null;
  fs: SegmentFs = nodeFs;
  authority: Authority;
  desk: CommandDesk;

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), "tga-"));
    cleanups.push(() => rmSync(this.dir, { recursive: true, force: true }));
    [this.authority, this.desk] = this.open();
  }

  open(deploymentId: Hex = DEPLOYMENT): [Authority, CommandDesk] {
    const opened = openAuthority({
      dir: this.dir,
      deploymentId,
      owners: [this.owner.address],
      pairIds: [PAIR, "USDC-USDT"],
      wall: { nowMs: () => this.nowMs },
      log: silentLogger,
      fs: {
        writeSync: (fd, bytes) => this.fs.writeSync(fd, bytes),
        fdatasyncSync: (fd) => this.fs.fdatasyncSync(fd),
        ftruncateSync: (fd, length) => this.fs.ftruncateSync(fd, length),
      },
    });
    if (!opened.ok) throw opened.error;
    this.authority = opened.value;
    this.desk = createCommandDesk({
      authority: this.authority,
      engine: this.engine(),
      registry: {
        pools: [
          {
            pair: PAIR,
            chainId: 31337,
            dex: "uniswap-v3",
            id: POOL,
            tokens: ["WETH", "USDC"],
            fee: 500,
            tickSpacing: 10,
            hooks: null,
            deployer: null,
            binStep: null,
            parameters: null,
          },
        ],
      },
      contractWallets: {
        checkSignature: (input) => this.contractWallets?.checkSignature(input) ?? Promise.resolve(ok("no_contract")),
      },
      wall: { nowMs: () => this.nowMs },
      log: silentLogger,
    });
    return [this.authority, this.desk];
  }

  restart(): void {
    this.authority.close();
    this.open();
  }

  /** The part of the engine that commands reach: plans as the journal would hold them, one unassigned account. */
  engine(): CommandEngine {
    const planRecord = (planId: string): PlanRecord => {
      const plan = this.plans.get(planId);
      if (plan === undefined) throw SignerError.refuse("not_found", `no plan ${planId}`);
      return plan;
    };
    return {
      planRecord,
      syncPlan: (planId) => {
        const plan = planRecord(planId);
        const count = this.authority.approval({
          planId,
          plan: plan.plan,
          atLeast: plan.approvalsNeeded,
          untilAtMs: plan.expiresAtMs,
          asOfMs: null,
        });
        const rejectedBy = this.authority.rejection(planId);
        const status = rejectedBy !== null ? "rejected" : count.isComplete ? "approved" : plan.status;
        const next: PlanRecord = {
          ...plan,
          approvals: [...count.approvals],
          approvalsNeeded: count.needed,
          rejectedBy,
          status,
        };
        this.plans.set(planId, next);
        return next;
      },
      adopt: () => {
        this.adopts += 1;
        return this.adoptFault === null
          ? Promise.resolve(["debit of 5 of token WETH"])
          : Promise.reject(this.adoptFault);
      },
      recover: () => {
        this.recovers += 1;
        return Promise.resolve({ chains: [], notes: [], needsAdopt: false, durationMs: 0 });
      },
      assignCapital: ({ commandId: id, amountRaw }) => {
        if (this.assigned.includes(id)) return Promise.resolve(`${amountRaw} of the token`);
        if (amountRaw > this.unassignedRaw) {
          return Promise.reject(SignerError.refuse("insufficient", `only ${this.unassignedRaw} unassigned`));
        }
        this.unassignedRaw -= amountRaw;
        this.assigned.push(id);
        return Promise.resolve(`${amountRaw} of the token`);
      },
      revokeLeftovers: () => {
        this.revokes += 1;
        return Promise.resolve();
      },
      knownPositions: () => [makePosition()],
      listOrphans: () => this.orphans,
      adoptOrphan: ({ orphanId, pairId }) => Promise.resolve(`${orphanId} adopted by ${pairId}`),
      closeOrphan: ({ orphanId }) => Promise.resolve(`${orphanId} closed`),
      ignoreOrphan: ({ orphanId }) => `${orphanId} left alone`,
      listTransfers: () => [],
      failTransfer: ({ transferId }) => {
        throw SignerError.refuse("not_found", `no transfer ${transferId}`);
      },
      voidWaitingPlans: (pairId) => {
        this.voided.push(pairId);
        return 1;
      },
    };
  }

  addPlan(change: Partial<PlanRecord> = {}): PlanRecord {
    const plan = { ...makePlan(this.nowMs), ...change };
    this.plans.set(plan.planId, plan);
    return plan;
  }

  async sign(
    by: PrivateKeyAccount,
    action: CommandAction,
    params: Readonly<Record<string, unknown>>,
    options: SignOptions = {},
  ): Promise<SignedCommand> {
    const command = buildCommand({
      action,
      target: options.target ?? String(params["planId"] ?? params["pairId"] ?? "system"),
      params,
      nonce: options.nonce ?? randomNonce(),
      expiresAtSec: options.expiresAtSec ?? this.nowMs / 1_000 + 60,
      ...(options.planHash === undefined ? {} : { planHash: options.planHash }),
      ...(options.configVersion === undefined ? {} : { configVersion: options.configVersion }),
    });
    const signature = await by.signTypedData(commandTypedData(options.deploymentId ?? DEPLOYMENT, command));
    return { command, params: { ...params }, address: options.claims ?? by.address, signature };
  }

  async submit(
    by: PrivateKeyAccount,
    action: CommandAction,
    params: Readonly<Record<string, unknown>>,
    options: SignOptions = {},
  ): Promise<CommandRecord | string> {
    return this.send(await this.sign(by, action, params, options));
  }

  /** The record, or the code of the refusal. */
  async send(signed: SignedCommand): Promise<CommandRecord | string> {
    const reply = await this.desk.submit(signed);
    return reply.ok ? reply.value : reply.error.code;
  }

  async giveRoles(): Promise<void> {
    for (const [account, role] of [
      [this.approver, "approver"],
      [this.operator, "operator"],
      [this.viewer, "viewer"],
    ] as const) {
      const given = await this.submit(this.owner, "role.set", { address: account.address, role });
      expect(given).toMatchObject({ status: "done" });
    }
    expect(await this.submit(this.owner, "pair.mode", { pairId: PAIR, mode: "approve" })).toMatchObject({
      status: "done",
      result: "mode observe -> approve",
    });
  }

  lastRecord(): CommandRecord | undefined {
    return this.authority.recordsAfter(0, 10_000).at(-1);
  }

  logText(): string {
    return readdirSync(this.dir)
      .map((name) => readFileSync(join(this.dir, name), "utf8"))
      .join("");
  }
}

interface SignOptions {
  readonly target?: string;
  readonly nonce?: Hex;
  readonly expiresAtSec?: number;
  readonly planHash?: Hex;
  readonly configVersion?: number;
  readonly deploymentId?: Hex;
  readonly claims?: Hex;
}

let nonceCount = 0;
function randomNonce(): Hex {
  nonceCount += 1;
  return keccak256(stringToHex(`nonce ${nonceCount}`));
}

function makePosition(): KnownPosition {
  return {
    positionId: "31337:uniswap-v3:0xpm:1",
    chainId: 31337,
    pool: POOL,
    positionManager: TOKEN,
    tokenId: 1n,
    tickLower: -10,
    tickUpper: 10,
    liquidityRaw: 5n,
    amount0Raw: 1n,
    amount1Raw: 1n,
    openedAtMarketMs: 0,
    openedAtMs: 0,
    mintTxHash: zeroHash,
    planId: PLAN_ID,
  };
}

function makePlan(nowMs: number): PlanRecord {
  return {
    planId: PLAN_ID,
    planHash: PLAN_HASH,
    status: "waiting_approval",
    statusReason: "waits for 1 approval",
    mode: "approve",
    createdAtMs: nowMs,
    createdAtMarketMs: nowMs,
    expiresAtMs: nowMs + 30 * 60_000,
    endedAtMs: null,
    proposedBy: "worker",
    approvalsNeeded: 1,
    approvals: [],
    rejectedBy: null,
    ops: [],
    plan: buildPlan({
      pairId: PAIR,
      kind: "PRA",
      reason: "first deployment",
      base: { symbol: "WETH", decimals: 18, address: TOKEN },
      quote: { symbol: "USDC", decimals: 6, address: TOKEN },
      steps: [{ kind: "revoke", chainId: 31337, token: TOKEN, spender: TOKEN }],
    }),
  };
}

const stop = { reason: "smoke" };

describe("hostile commands", () => {
  test("error: unauthorized for strangers, low roles and a removed role; each is logged", async () => {
    const world = new World();
    await world.giveRoles();
    world.addPlan();
    const approve = { planId: PLAN_ID, note: "" };
    const asPlan = { planHash: PLAN_HASH };
    expect(await world.submit(world.stranger, "system.stop", stop)).toBe("unauthorized");
    expect(await world.submit(world.viewer, "system.stop", stop)).toBe("unauthorized");
    expect(await world.submit(world.operator, "plan.approve", approve, asPlan)).toBe("unauthorized");
    expect(await world.submit(world.approver, "pair.mode", { pairId: PAIR, mode: "auto" })).toBe("unauthorized");
    await world.submit(world.owner, "role.set", { address: world.approver.address, role: null });
    expect(await world.submit(world.approver, "plan.approve", approve, asPlan)).toBe("unauthorized");
    expect(world.lastRecord()).toMatchObject({
      status: "refused",
      action: "plan.approve",
      address: world.approver.address,
    });
    expect(world.plans.get(PLAN_ID)?.status).toBe("waiting_approval");
  });

  test("error: replayed carries the first record; also with another case of address and nonce, and after a restart", async () => {
    const world = new World();
    const signed = await world.sign(world.owner, "pair.mode", { pairId: PAIR, mode: "auto" });
    const first = await world.desk.submit(signed);
    if (!first.ok) throw new Error(first.error.message);
    const twin: SignedCommand = {
      ...signed,
      address: `0x${signed.address.slice(2).toLowerCase()}`,
      command: { ...signed.command, nonce: `0x${signed.command.nonce.slice(2).toUpperCase()}` },
    };
    for (const again of [signed, twin]) {
      const replay = await world.desk.submit(again);
      expect(replay.ok ? null : replay.error.code).toBe("replayed");
      expect(replay.ok ? null : replay.error.details).toMatchObject({
        commandId: first.value.commandId,
        seq: first.value.seq,
        status: "done",
      });
    }
    world.restart();
    world.nowMs += 3_600_000;
    expect(await world.send(signed)).toBe("replayed");
    const fresh = await world.sign(world.owner, "pair.mode", { pairId: PAIR, mode: "auto" });
    const both = await Promise.all([world.send(fresh), world.send(fresh)]);
    expect(both.filter((entry) => entry === "replayed")).toHaveLength(1);
  });

  test("error: bad_signature for the high-s twin, another signer, another deployment, changed params and noise", async () => {
    const world = new World();
    const signed = await world.sign(world.owner, "system.stop", stop);
    const s = BigInt(`0x${signed.signature.slice(66, 130)}`);
    const v = signed.signature.slice(130) === "1b" ? "1c" : "1b";
    const highS: Hex = `0x${signed.signature.slice(2, 66)}${(ORDER - s).toString(16).padStart(64, "0")}${v}`;
    expect(await world.send({ ...signed, signature: highS })).toBe("bad_signature");
    expect(await world.send({ ...signed, signature: "0x" })).toBe("bad_signature");
    expect(await world.send({ ...signed, signature: `0x${"00".repeat(65)}` })).toBe("bad_signature");
    expect(await world.send({ ...signed, signature: `0x${signed.signature.slice(2, 130)}1d` })).toBe("bad_signature");
    expect(await world.send({ ...signed, signature: `0x${"11".repeat(9_000)}` })).toBe("bad_signature");
    expect(await world.send({ ...signed, params: { reason: "other words" } })).toBe("bad_signature");
    expect(await world.send({ ...signed, command: { ...signed.command, nonce: randomNonce() } })).toBe("bad_signature");
    expect(await world.submit(world.stranger, "system.stop", stop, { claims: world.owner.address })).toBe(
      "bad_signature",
    );
    expect(await world.submit(world.owner, "system.stop", stop, { deploymentId: `0x${"99".repeat(32)}` })).toBe(
      "bad_signature",
    );
    expect(world.authority.stopped()).toBeNull();
    expect(await world.send(signed)).toMatchObject({ status: "done" });
  });

  test("error: expired for the past, the far future and odd numbers; approvals may wait as long as their plan", async () => {
    const world = new World();
    await world.giveRoles();
    const nowSec = world.nowMs / 1_000;
    for (const expiresAtSec of [nowSec, nowSec - 1, 0, nowSec + 301, 9_999_999_999_999]) {
      expect(await world.submit(world.owner, "system.stop", stop, { expiresAtSec })).toBe("expired");
    }
    world.addPlan();
    const approve = { planId: PLAN_ID, note: "" };
    const late = { planHash: PLAN_HASH, expiresAtSec: nowSec + 30 * 60 + 1 };
    expect(await world.submit(world.approver, "plan.approve", approve, late)).toBe("expired");
    const inTime = { planHash: PLAN_HASH, expiresAtSec: nowSec + 30 * 60 };
    expect(await world.submit(world.approver, "plan.approve", approve, inTime)).toMatchObject({
      status: "done",
      planId: PLAN_ID,
    });
  });

  test("error: bad_request for unknown or defaulted fields, a foreign target, a needless plan hash", async () => {
    const world = new World();
    const resume = { pairId: PAIR };
    expect(await world.submit(world.owner, "pair.resume", resume)).toBe("bad_request");
    expect(await world.submit(world.owner, "system.stop", { ...stop, extra: 1 })).toBe("bad_request");
    expect(await world.submit(world.owner, "system.stop", stop, { target: PAIR })).toBe("bad_request");
    const mode = { pairId: PAIR, mode: "auto" };
    expect(await world.submit(world.owner, "pair.mode", mode, { target: "USDC-USDT" })).toBe("bad_request");
    expect(await world.submit(world.owner, "pair.mode", mode, { planHash: PLAN_HASH })).toBe("bad_request");
    const odd = { pairId: PAIR, chainId: 31337, token: TOKEN, amountRaw: "0" };
    for (const amountRaw of ["0", "-1", "1e3", "0x10", " 1"]) {
      expect(await world.submit(world.owner, "capital.assign", { ...odd, amountRaw })).toBe("bad_request");
    }
    expect(await world.submit(world.owner, "system.stop", { reason: "x".repeat(70_000) })).toBe("bad_request");
    expect(await world.submit(world.owner, "pair.mode", { pairId: "WBTC-USDC", mode: "auto" })).toBe("not_found");
  });

  test("behavior: a flood of refusals is bounded in the log", async () => {
    const world = new World();
    const before = world.authority.commandSeq();
    const signed = await world.sign(world.stranger, "system.stop", stop);
    for (let count = 0; count < 200; count += 1) await world.send(signed);
    expect(world.authority.commandSeq() - before).toBe(30);
    world.nowMs += 5_000;
    for (let count = 0; count < 10; count += 1) await world.send(signed);
    expect(world.authority.commandSeq() - before).toBe(35);
  });

  test("behavior: no owners means that nobody may do anything", async () => {
    const dir = mkdtempSync(join(tmpdir(), "tga-"));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    const open = (owners: readonly Hex[]) =>
      openAuthority({
        dir,
        deploymentId: DEPLOYMENT,
        owners,
        pairIds: [PAIR],
        wall: { nowMs: () => START_MS },
        log: silentLogger,
      });
    const opened = open([]);
    if (!opened.ok) throw opened.error;
    expect(opened.value.roles()).toEqual([]);
    expect(opened.value.pair(PAIR)).toMatchObject({ mode: "observe", configVersion: 1 });
    expect(opened.value.pair(PAIR)?.settings.limits).toEqual(DEFAULT_LIMITS);
    opened.value.close();
    // The first owners may be named later; once there is one, the environment gives no role any more.
    for (const owners of [[POOL], [TOKEN]]) {
      const again = open(owners);
      if (!again.ok) throw again.error;
      expect(again.value.owners()).toEqual([POOL]);
      again.value.close();
    }
  });
});

describe("contract wallets", () => {
  test("behavior: EIP-1271 answers count; a silent home chain refuses without hanging and never stops an own key", async () => {
    const world = new World();
    const safe: Hex = `0x${"5a".repeat(20)}`;
    await world.submit(world.owner, "role.set", { address: safe, role: "operator" });
    const asked: string[] = [];
    world.contractWallets = {
      checkSignature: ({ address, signature }) => {
        asked.push(address);
        return Promise.resolve(ok(signature.endsWith("01") ? "valid" : "invalid"));
      },
    };
    const signed = await world.sign(world.stranger, "system.stop", stop, { claims: safe });
    expect(await world.send({ ...signed, signature: "0x1201" })).toMatchObject({ status: "done", address: safe });
    const other = await world.sign(world.stranger, "system.stop", stop, { claims: safe });
    expect(await world.send({ ...other, signature: "0x1202" })).toBe("bad_signature");
    const unlisted = await world.sign(world.stranger, "system.stop", stop, { claims: `0x${"5b".repeat(20)}` });
    expect(await world.send(unlisted)).toBe("unauthorized");
    expect(asked).toEqual([safe, safe]);
    world.contractWallets = {
      checkSignature: () =>
        Promise.resolve(err(new ChainError({ code: "timeout", message: "home chain away", retryable: true }))),
    };
    expect(await world.send({ ...other, signature: "0x1201" })).toBe("chain");
    expect(await world.submit(world.owner, "system.resume", { note: "well" })).toMatchObject({ status: "done" });
  });

  test("behavior: a stop is not queued behind a signature check that waits", async () => {
    const world = new World();
    const safe: Hex = `0x${"5a".repeat(20)}`;
    await world.submit(world.owner, "role.set", { address: safe, role: "owner" });
    const releases: (() => void)[] = [];
    world.contractWallets = {
      checkSignature: () =>
        new Promise((resolve) => {
          releases.push(() => resolve(ok("valid")));
        }),
    };
    const slow = await world.sign(world.stranger, "system.resume", { note: "x" }, { claims: safe });
    const waiting = world.send(slow);
    expect(await world.submit(world.owner, "system.stop", stop)).toMatchObject({ status: "done" });
    expect(world.authority.stopped()).toMatchObject({ reason: "smoke" });
    // The role is gone by the time the wallet answers.
    await world.submit(world.owner, "role.set", { address: safe, role: null });
    for (const release of releases) release();
    expect(releases).toHaveLength(1);
    expect(await waiting).toBe("unauthorized");
    expect(world.authority.stopped()).not.toBeNull();
  });
});

describe("plans", () => {
  test("default: an approval is recorded and approves the plan once", async () => {
    const world = new World();
    await world.giveRoles();
    world.addPlan();
    const options = { planHash: PLAN_HASH };
    const params = { planId: PLAN_ID, note: "fine" };
    const both = await Promise.all([
      world.submit(world.approver, "plan.approve", params, options),
      world.submit(world.owner, "plan.approve", params, options),
    ]);
    expect(both.filter((entry) => entry === "plan_open")).toHaveLength(1);
    expect(both.find((entry) => typeof entry !== "string")).toMatchObject({
      status: "done",
      result: "approval 1 of 1; the plan is approved",
    });
    expect(world.plans.get(PLAN_ID)?.approvals).toHaveLength(1);
  });

  test("behavior: two of two need two distinct approvers who still hold the role", async () => {
    const world = new World();
    await world.giveRoles();
    world.addPlan({ approvalsNeeded: 2 });
    const options = { planHash: PLAN_HASH };
    const params = { planId: PLAN_ID, note: "" };
    expect(await world.submit(world.approver, "plan.approve", params, options)).toMatchObject({
      result: "approval 1 of 2; the plan is waiting_approval (waits for 1 approval)",
    });
    expect(await world.submit(world.approver, "plan.approve", params, options)).toBe("plan_open");
    await world.submit(world.owner, "role.set", { address: world.approver.address, role: "operator" });
    expect(world.authority.approvals(PLAN_ID)).toHaveLength(0);
    expect(await world.submit(world.owner, "plan.approve", params, options)).toMatchObject({
      result: "approval 1 of 2; the plan is waiting_approval (waits for 1 approval)",
    });
  });

  test("error: another hash, an unknown, expired, ended or rejected plan; while stopped, paused, halted or observing", async () => {
    const world = new World();
    await world.giveRoles();
    const params = { planId: PLAN_ID, note: "" };
    const approve = (planHash: Hex = PLAN_HASH): Promise<CommandRecord | string> =>
      world.submit(world.approver, "plan.approve", params, { planHash });
    expect(await approve()).toBe("not_found");
    world.addPlan();
    expect(await approve(`0x${"01".repeat(32)}`)).toBe("bad_request");
    expect(await approve(zeroHash)).toBe("bad_request");
    await world.submit(world.operator, "system.stop", stop);
    expect(await approve()).toBe("stopped");
    await world.submit(world.owner, "system.resume", { note: "ok" });
    const pause = { pairId: PAIR, kind: "no_transactions", untilAtMs: null, reason: "look" };
    await world.submit(world.operator, "pair.pause", pause);
    expect(await approve()).toBe("paused");
    await world.submit(world.approver, "pair.resume", { pairId: PAIR, note: "" });
    world.authority.haltPair(PAIR, "unexplained debit");
    expect(await approve()).toBe("halted");
    await world.submit(world.owner, "pair.unhalt", { pairId: PAIR, note: "seen" });
    await world.submit(world.owner, "pair.mode", { pairId: PAIR, mode: "observe" });
    expect(await approve()).toBe("mode_observe");
    await world.submit(world.owner, "pair.mode", { pairId: PAIR, mode: "approve" });
    const reject = { planId: PLAN_ID, reason: "too dear" };
    expect(await world.submit(world.approver, "plan.reject", reject, { planHash: PLAN_HASH })).toMatchObject({
      status: "done",
      result: "rejected; the plan is rejected",
    });
    expect(await approve()).toBe("plan_expired");
    world.addPlan({ expiresAtMs: world.nowMs + 1_000 });
    const early = await world.sign(world.approver, "plan.approve", params, {
      planHash: PLAN_HASH,
      expiresAtSec: world.nowMs / 1_000 + 1,
    });
    world.nowMs += 1_000;
    expect(await world.send(early)).toBe("expired");
    expect(await approve()).toBe("expired");
    expect(world.revokes).toBe(2);
  });
});

describe("settings, roles and pauses", () => {
  test("error: config_version for a stale version; pools of other pairs are refused", async () => {
    const world = new World();
    const settings = {
      pairId: PAIR,
      pools: [POOL],
      params: {},
      limits: { ...DEFAULT_LIMITS, maxUsdPerTx: 1_000 },
      planExpiryMs: 600_000,
    };
    const params = { pairId: PAIR, settings };
    const submit = (configVersion: number, changed: object = {}): Promise<CommandRecord | string> =>
      world.submit(world.owner, "pair.config", { ...params, settings: { ...settings, ...changed } }, { configVersion });
    expect(await submit(0)).toBe("config_version");
    expect(await submit(2)).toBe("config_version");
    expect(await submit(1, { pools: [TOKEN] })).toBe("bad_request");
    expect(await submit(1, { pairId: "USDC-USDT" })).toBe("bad_request");
    expect(await submit(1)).toMatchObject({ status: "done", result: "settings version 2" });
    expect(await submit(1)).toBe("config_version");
    expect(world.authority.pair(PAIR)).toMatchObject({
      configVersion: 2,
      settings: { limits: { maxUsdPerTx: 1_000 } },
    });
  });

  test("behavior: lowering a limit is at once, raising waits a day, also over a restart", async () => {
    const world = new World();
    const change = (maxUsdPerTx: number): Promise<CommandRecord | string> => {
      const settings = {
        pairId: PAIR,
        pools: [],
        params: {},
        limits: { ...DEFAULT_LIMITS, maxUsdPerTx },
        planExpiryMs: 600_000,
      };
      const configVersion = world.authority.pair(PAIR)?.configVersion ?? 0;
      return world.submit(world.owner, "pair.config", { pairId: PAIR, settings }, { configVersion });
    };
    const limit = (): number | undefined => world.authority.pair(PAIR)?.settings.limits.maxUsdPerTx;
    await change(1_000);
    expect(limit()).toBe(1_000);
    expect(await change(9_000)).toMatchObject({ result: "settings version 3; raised after 24 h: maxUsdPerTx" });
    world.nowMs += LIMIT_RAISE_DELAY_MS / 2;
    await change(8_000);
    expect(limit()).toBe(1_000);
    world.restart();
    world.nowMs += LIMIT_RAISE_DELAY_MS / 2;
    expect(limit()).toBe(8_000);
    await change(8_500);
    expect(limit()).toBe(8_000);
    await change(500);
    expect(limit()).toBe(500);
  });

  test("error: the last owner stays; a second owner can replace the first", async () => {
    const world = new World();
    const self = { address: world.owner.address, role: null };
    expect(await world.submit(world.owner, "role.set", self)).toBe("unauthorized");
    expect(await world.submit(world.owner, "role.set", { ...self, role: "approver" })).toBe("unauthorized");
    expect(await world.submit(world.owner, "role.set", { ...self, role: "owner" })).toMatchObject({ status: "done" });
    await world.submit(world.owner, "role.set", { address: world.stranger.address, role: "owner" });
    expect(await world.submit(world.stranger, "role.set", self)).toMatchObject({ status: "done" });
    expect(await world.submit(world.owner, "system.stop", stop)).toBe("unauthorized");
  });

  test("behavior: a pause can be tightened by an operator, loosened only by an approver, and ends with its time", async () => {
    const world = new World();
    await world.giveRoles();
    const pause = { pairId: PAIR, kind: "no_transactions", untilAtMs: world.nowMs + 60_000, reason: "look" };
    expect(await world.submit(world.operator, "pair.pause", { ...pause, untilAtMs: world.nowMs })).toBe("bad_request");
    await world.submit(world.operator, "pair.pause", pause);
    expect(await world.submit(world.operator, "pair.pause", { ...pause, kind: "no_new_risk" })).toBe("paused");
    const shorter = { ...pause, untilAtMs: world.nowMs + 1 };
    expect(await world.submit(world.operator, "pair.pause", shorter)).toBe("paused");
    expect(await world.submit(world.operator, "pair.resume", { pairId: PAIR, note: "" })).toBe("unauthorized");
    expect(await world.submit(world.operator, "pair.pause", { ...pause, kind: "stop_worker" })).toMatchObject({
      status: "done",
    });
    expect(world.authority.pair(PAIR)?.paused?.kind).toBe("stop_worker");
    world.nowMs = pause.untilAtMs;
    expect(world.authority.pair(PAIR)?.paused).toBeNull();
  });

  test("behavior: five worker starts in ten minutes halt the pair, an owner ends it", async () => {
    const world = new World();
    for (let count = 0; count < 4; count += 1) world.authority.recordWorkerStart(PAIR);
    world.nowMs += 10 * 60_000;
    for (let count = 0; count < 4; count += 1) world.authority.recordWorkerStart(PAIR);
    expect(world.authority.pair(PAIR)?.halted).toBeNull();
    world.restart();
    world.authority.recordWorkerStart(PAIR);
    expect(world.authority.pair(PAIR)?.halted?.state).toBe("HALT_PAIR");
    expect(world.authority.pair("USDC-USDT")?.halted).toBeNull();
    for (let count = 0; count < 4; count += 1) world.authority.recordWorkerStart("USDC-USDT");
    world.authority.recordStop("the operator stopped the system");
    world.restart();
    world.authority.recordWorkerStart("USDC-USDT");
    expect(world.authority.pair("USDC-USDT")?.halted).toBeNull();
    await world.giveRoles();
    expect(await world.submit(world.approver, "pair.unhalt", { pairId: PAIR, note: "ok" })).toBe("unauthorized");
    await world.submit(world.owner, "pair.unhalt", { pairId: PAIR, note: "ok" });
    expect(world.authority.pair(PAIR)?.halted).toBeNull();
  });
});

describe("end of a halt", () => {
  test("behavior: system.resume adopts and compares again, but only when the wallet was halted", async () => {
    const world = new World();
    await world.submit(world.owner, "system.stop", stop);
    expect(await world.submit(world.owner, "system.resume", { note: "ok" })).toMatchObject({ status: "done" });
    expect([world.adopts, world.recovers]).toEqual([0, 0]);
    world.authority.haltWallet("another program signed with this key");
    expect(await world.submit(world.owner, "system.resume", { note: "seen" })).toMatchObject({
      status: "done",
      result: expect.stringContaining("adopted: debit of 5 of token WETH"),
    });
    expect([world.adopts, world.recovers]).toEqual([1, 1]);
    expect(world.authority.walletHalt()).toBeNull();
    world.restart();
    await world.desk.finishOpen();
    expect(world.adopts).toBe(1);
  });

  test("behavior: pair.unhalt adopts, unless the wallet is halted as well", async () => {
    const world = new World();
    const unhalt = { pairId: PAIR, note: "seen" };
    expect(await world.submit(world.owner, "pair.unhalt", unhalt)).toMatchObject({ result: "was not halted" });
    expect(world.adopts).toBe(0);
    world.authority.haltPair(PAIR, "unexplained debit");
    expect(await world.submit(world.owner, "pair.unhalt", unhalt)).toMatchObject({ status: "done" });
    expect([world.adopts, world.recovers]).toEqual([1, 1]);
    world.authority.haltPair(PAIR, "again");
    world.authority.haltWallet("nonce");
    await world.submit(world.owner, "pair.unhalt", unhalt);
    expect([world.adopts, world.recovers]).toEqual([1, 2]);
    expect(world.authority.pair(PAIR)?.halted).toBeNull();
    expect(world.authority.walletHalt()).not.toBeNull();
  });

  test("error: chain when the chain cannot be read: the halt stands with the new cause, nothing is left open", async () => {
    const world = new World();
    world.adoptFault = SignerError.later("chain", "chain 31337 does not answer");
    world.authority.haltWallet("nonce");
    expect(await world.submit(world.owner, "system.resume", { note: "seen" })).toBe("chain");
    expect(world.authority.walletHalt()).toMatchObject({ cause: expect.stringContaining("does not answer") });
    world.authority.haltPair(PAIR, "debit");
    expect(await world.submit(world.owner, "pair.unhalt", { pairId: PAIR, note: "" })).not.toBe("chain");
    world.adoptFault = null;
    expect(await world.submit(world.owner, "system.resume", { note: "now" })).toMatchObject({ status: "done" });
    expect(world.authority.walletHalt()).toBeNull();
    expect(world.authority.unfinished()).toEqual([]);
  });

  test("behavior: killed between the record and the adoption, the next start makes it good", async () => {
    const world = new World();
    world.authority.haltWallet("nonce");
    const signed = await world.sign(world.owner, "system.resume", { note: "seen" });
    world.authority.recordCommand({
      commandId: commandId(signed.address, signed.command.nonce),
      command: signed.command,
      params: { ...signed.params },
      address: signed.address,
      role: "owner",
      signature: signed.signature,
    });
    world.restart();
    expect(world.adopts).toBe(0);
    await world.desk.finishOpen();
    expect([world.adopts, world.recovers]).toEqual([1, 1]);
  });
});

describe("capital and queued commands", () => {
  test("behavior: an assignment happens once, a refusal by the ledger is its result, a crash between is made good", async () => {
    const world = new World();
    const params = { pairId: PAIR, chainId: 31337, token: TOKEN, amountRaw: "600" };
    expect(await world.submit(world.owner, "capital.assign", params)).toMatchObject({ status: "done" });
    const tooMuch = await world.sign(world.owner, "capital.assign", params);
    expect(await world.send(tooMuch)).toBe("insufficient");
    const id = commandId(world.owner.address, tooMuch.command.nonce);
    expect(world.authority.commandById(id)).toMatchObject({ status: "refused" });
    // Logged, then killed before the ledger moved.
    const lost = await world.sign(world.owner, "capital.assign", { ...params, amountRaw: "100" });
    world.authority.recordCommand({
      commandId: commandId(lost.address, lost.command.nonce),
      command: lost.command,
      params: { ...lost.params },
      address: lost.address,
      role: "owner",
      signature: lost.signature,
    });
    world.restart();
    await world.desk.finishOpen();
    await world.desk.finishOpen();
    expect(world.unassignedRaw).toBe(300n);
    expect(world.authority.unfinished()).toEqual([]);
  });

  test("behavior: a shift is queued for the worker, answered once, and dropped by a stop", async () => {
    const world = new World();
    await world.giveRoles();
    const shift = { pairId: PAIR, positionId: makePosition().positionId, ticks: null };
    expect(await world.submit(world.operator, "range.shift", { ...shift, positionId: "none" })).toBe("not_found");
    const ticks = { tickLower: 10, tickUpper: 10 };
    expect(await world.submit(world.operator, "range.shift", { ...shift, ticks })).toBe("bad_request");
    const first = await world.submit(world.operator, "range.shift", shift);
    if (typeof first === "string") throw new Error(first);
    expect(first.status).toBe("accepted");
    const queued = world.authority.commandsSince(PAIR, first.seq - 1);
    expect(queued.map((record) => record.commandId)).toEqual([first.commandId]);
    const answer = { commandId: first.commandId, status: "done", result: "plan made", planId: PLAN_ID } as const;
    expect(world.authority.recordResult(answer)).toMatchObject({ status: "done", planId: PLAN_ID, seq: first.seq });
    expect(world.authority.recordResult(answer)).toBeNull();
    const second = await world.submit(world.operator, "range.shift", shift);
    if (typeof second === "string") throw new Error(second);
    await world.submit(world.operator, "system.stop", stop);
    expect(world.authority.commandById(second.commandId)).toMatchObject({ status: "refused" });
    expect(await world.submit(world.operator, "range.shift", shift)).toBe("stopped");
  });
});

describe("the log", () => {
  test("behavior: a restart replays the same authority; records after a seq are the same from memory and disk", async () => {
    const world = new World();
    await world.giveRoles();
    await world.submit(world.operator, "system.stop", stop);
    await world.submit(world.stranger, "system.stop", stop);
    const look = () => ({
      roles: world.authority.roles(),
      stopped: world.authority.stopped(),
      pair: world.authority.pair(PAIR),
      seq: world.authority.commandSeq(),
      records: world.authority.recordsAfter(0, 1_000),
    });
    const before = look();
    world.restart();
    expect(look()).toEqual(before);
    expect(before.records.map((record) => record.seq)).toEqual(before.records.map((_record, index) => index + 1));
    expect(world.authority.recordsAfter(2, 2).map((record) => record.seq)).toEqual([3, 4]);
  });

  test("error: nothing is applied when the disk is full; a stop says so", async () => {
    const world = new World();
    world.fs = {
      ...nodeFs,
      writeSync: () => {
        throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      },
    };
    expect(await world.submit(world.owner, "system.stop", stop)).toBe("disk");
    expect(world.authority.stopped()).toBeNull();
    world.authority.haltWallet("journal damaged");
    expect(world.authority.walletHalt()).toMatchObject({ state: "HALT_WALLET" });
    world.fs = nodeFs;
    expect(await world.submit(world.owner, "system.stop", stop)).toMatchObject({ status: "done" });
    await world.submit(world.owner, "system.resume", { note: "disk is free" });
    expect(world.authority.walletHalt()).toBeNull();
  });

  test("error: conflict for another deployment's log; a changed record stops the start", async () => {
    const world = new World();
    await world.submit(world.owner, "system.stop", stop);
    await world.submit(world.owner, "system.resume", { note: "ok" });
    world.authority.close();
    expect(() => world.open(`0x${"77".repeat(32)}`)).toThrow(expect.objectContaining({ code: "conflict" }));
    const [name] = readdirSync(world.dir);
    const path = join(world.dir, name ?? "");
    writeFileSync(path, world.logText().replace('"owner"', '"viewer"'));
    expect(() => world.open()).toThrow(JournalError);
  });

  test("behavior: orphans and the way out by their roles, each with its own words as the result", async () => {
    const world = new World();
    await world.giveRoles();
    const orphan: Orphan = {
      orphanId: "position:1",
      kind: "position",
      chainId: 31337,
      family: "uniswap-v3",
      pool: POOL,
      positionManager: POOL,
      tokenId: 1n,
      token: null,
      spender: null,
      amountRaw: null,
      pairId: PAIR,
      valueText: "",
      foundAtMs: 0,
      status: "open",
      detail: "",
    };
    const close = { orphanId: "position:1", note: "" };
    expect(await world.submit(world.approver, "orphan.close", close)).toBe("not_found");
    world.orphans = [orphan];
    expect(await world.submit(world.operator, "orphan.close", close)).toBe("unauthorized");
    expect(await world.submit(world.approver, "orphan.close", close)).toMatchObject({
      status: "done",
      result: "position:1 closed",
    });
    const adopt = { orphanId: "position:1", pairId: PAIR, note: "" };
    expect(await world.submit(world.owner, "orphan.adopt", adopt)).toMatchObject({
      status: "done",
      result: `position:1 adopted by ${PAIR}`,
    });
    const ignore = { orphanId: "position:1", note: "a gift" };
    expect(await world.submit(world.owner, "orphan.ignore", ignore)).toMatchObject({ status: "done" });
    expect(await world.submit(world.owner, "transfer.fail", { transferId: "x/0", note: "gone" })).toBe("not_found");
  });

  test("behavior: system.exit takes its pairs to EXIT_ONLY, survives a restart, ends with pair.unhalt; not while stopped", async () => {
    const world = new World();
    await world.giveRoles();
    const exit = { pairId: null, into: null, reason: "storm" };
    await world.submit(world.operator, "system.stop", { reason: "first" });
    expect(await world.submit(world.operator, "system.exit", exit)).toBe("stopped");
    await world.submit(world.owner, "system.resume", { note: "go" });
    expect(await world.submit(world.viewer, "system.exit", exit)).toBe("unauthorized");
    expect(await world.submit(world.operator, "system.exit", { ...exit, pairId: "A-B" })).toBe("not_found");
    expect(await world.submit(world.operator, "system.exit", exit)).toMatchObject({ status: "done" });
    expect(world.voided).toEqual([PAIR, "USDC-USDT"]);
    world.restart();
    for (const pairId of [PAIR, "USDC-USDT"]) {
      expect(world.authority.pair(pairId)).toMatchObject({ halted: { state: "EXIT_ONLY" }, exit: { into: null } });
    }
    await world.submit(world.owner, "pair.unhalt", { pairId: PAIR, note: "seen" });
    expect(world.authority.pair(PAIR)).toMatchObject({ halted: null, exit: null });
  });
});

const listOf = (...people: readonly (readonly [{ readonly address: Hex }, string, string?])[]) =>
  people.map(([{ address }, role, name = ""]) => ({ address, role, name }));

describe("people", () => {
  test("default: an owner signs the whole list; roles, names and versions follow, also after a restart", async () => {
    const world = new World();
    const people = listOf([world.owner, "owner", "Ana"], [world.approver, "approver", "Ben"]);
    expect(await world.submit(world.owner, "people.set", { people }, { configVersion: 1 })).toMatchObject({
      status: "done",
      result: `people version 2: ${world.approver.address}: none -> approver`,
    });
    const changed = listOf([world.owner, "owner", "Ana"], [world.approver, "owner", "Ben"]);
    await world.submit(world.owner, "people.set", { people: changed }, { configVersion: 2 });
    world.restart();
    expect(world.authority.roleOf(world.approver.address)).toBe("owner");
    expect(world.authority.people().map(({ version, by, people: { length } }) => [version, by, length])).toEqual([
      [1, null, 1],
      [2, world.owner.address, 2],
      [3, world.owner.address, 2],
    ]);
    // The way back is a new version equal to an old one.
    await world.submit(world.owner, "people.set", { people }, { configVersion: 3 });
    expect(world.authority.people().at(-1)?.people).toEqual(world.authority.people()[1]?.people);
    expect(world.authority.roleOf(world.approver.address)).toBe("approver");
  });

  test("behavior: role.set makes a version too and keeps the name", async () => {
    const world = new World();
    const people = listOf([world.owner, "owner"], [world.approver, "viewer", "Ben"]);
    await world.submit(world.owner, "people.set", { people }, { configVersion: 1 });
    await world.submit(world.owner, "role.set", { address: world.approver.address, role: "approver" });
    expect(world.authority.people().at(-1)).toMatchObject({
      version: 3,
      by: world.owner.address,
      people: [{ role: "owner" }, { role: "approver", name: "Ben" }],
    });
    await world.submit(world.owner, "role.set", { address: world.approver.address, role: null });
    expect(world.authority.people().at(-1)?.people).toHaveLength(1);
  });

  test("error: the last owner, one address twice, an old version, a hidden name, a stranger's and an approver's list", async () => {
    const world = new World();
    await world.giveRoles();
    const version = world.authority.people().length;
    const sign = (by: PrivateKeyAccount, people: unknown, configVersion = version) =>
      world.submit(by, "people.set", { people }, { configVersion });
    const mine = listOf([world.owner, "owner"]);
    expect(await sign(world.owner, listOf([world.owner, "approver"]))).toBe("unauthorized");
    expect(await sign(world.owner, [])).toBe("bad_request");
    const lower = { address: `0x${world.owner.address.slice(2).toLowerCase()}` as const };
    expect(await sign(world.owner, [...mine, ...listOf([lower, "viewer"])])).toBe("bad_request");
    expect(await sign(world.owner, listOf([world.owner, "owner", "A\u202en"]))).toBe("bad_request");
    expect(await sign(world.owner, [{ ...mine[0], extra: 1 }])).toBe("bad_request");
    expect(await sign(world.owner, mine, version - 1)).toBe("config_version");
    expect(await sign(world.approver, mine)).toBe("unauthorized");
    expect(await sign(world.stranger, mine)).toBe("unauthorized");
    expect(world.authority.people()).toHaveLength(version);
  });

  test("behavior: of two owners at once the second reads again", async () => {
    const world = new World();
    await world.submit(world.owner, "role.set", { address: world.approver.address, role: "owner" });
    const both = listOf([world.owner, "owner"], [world.approver, "owner"]);
    const answers = await Promise.all([
      world.submit(
        world.owner,
        "people.set",
        { people: [...both, ...listOf([world.viewer, "viewer"])] },
        { configVersion: 2 },
      ),
      world.submit(
        world.approver,
        "people.set",
        { people: [...both, ...listOf([world.operator, "operator"])] },
        { configVersion: 2 },
      ),
    ]);
    expect(answers.filter((answer) => answer === "config_version")).toHaveLength(1);
    expect(world.authority.people()).toHaveLength(3);
  });
});

const limitsOf = (singleUpToUsd: number | null, approversAbove = 2) => ({
  deployment: { singleUpToUsd, approversAbove },
  pairs: {},
});
const setLimits = (world: World, value: unknown, configVersion: number) =>
  world.submit(world.owner, "limits.set", { limits: value }, { configVersion });
const approveParams = { planId: PLAN_ID, note: "" };
const asPlan = { planHash: PLAN_HASH };
const addWorth = (world: World, notionalUsd: number, origin: PlanRecord["plan"]["origin"] = { kind: "strategy" }) => {
  const { plan } = makePlan(world.nowMs);
  return world.addPlan({ plan: { ...plan, notionalUsd, origin } });
};

describe("approvals by value", () => {
  test("default: up to the limit one approves, above it two, and a limit lowered meanwhile counts", async () => {
    const world = new World();
    await world.giveRoles();
    const { plan } = addWorth(world, 60_000);
    expect(world.authority.approvalsNeeded(PAIR, plan)).toBe(1);
    expect(await setLimits(world, limitsOf(50_000), 1)).toMatchObject({
      status: "done",
      result: "approval limits version 2: deployment one approver up to 50000 USD, 2 above",
    });
    expect(world.authority.approvalsNeeded(PAIR, plan)).toBe(2);
    expect(world.authority.approvalsNeeded(PAIR, { ...plan, notionalUsd: 50_000 })).toBe(1);
    expect(await world.submit(world.approver, "plan.approve", approveParams, asPlan)).toMatchObject({
      result: "approval 1 of 2; the plan is waiting_approval (waits for 1 approval)",
    });
    expect(await world.submit(world.owner, "plan.approve", approveParams, asPlan)).toMatchObject({
      result: "approval 2 of 2; the plan is approved",
    });
    world.restart();
    expect(world.authority.limits().map(({ version, by }) => [version, by])).toEqual([
      [1, null],
      [2, world.owner.address],
    ]);
  });

  test("behavior: asking for less waits a day, asking for more does not", async () => {
    const world = new World();
    await world.giveRoles();
    const { plan } = addWorth(world, 60_000);
    await setLimits(world, limitsOf(50_000), 1);
    await setLimits(world, limitsOf(null), 2);
    expect(world.authority.approvalsNeeded(PAIR, plan)).toBe(2);
    world.nowMs += LIMIT_RAISE_DELAY_MS;
    expect(world.authority.approvalsNeeded(PAIR, plan)).toBe(1);
  });

  test("behavior: a pair's own limit, and mode auto asks nobody", async () => {
    const world = new World();
    await world.giveRoles();
    const { plan } = addWorth(world, 60_000);
    const own = { ...limitsOf(null), pairs: { [PAIR]: { singleUpToUsd: 100, approversAbove: 2 } } };
    await setLimits(world, own, 1);
    expect(world.authority.approvalsNeeded(PAIR, plan)).toBe(2);
    expect(world.authority.approvalsNeeded("USDC-USDT", { ...plan, pairId: "USDC-USDT" })).toBe(1);
    await world.submit(world.owner, "pair.mode", { pairId: PAIR, mode: "auto" });
    expect(world.authority.approvalsNeeded(PAIR, plan)).toBe(0);
  });

  test("behavior: an approver who lost the role does not count, and one who signed again is still one", async () => {
    const world = new World();
    await world.giveRoles();
    addWorth(world, 60_000);
    await setLimits(world, limitsOf(50_000), 1);
    await world.submit(world.approver, "plan.approve", approveParams, asPlan);
    expect(await world.submit(world.approver, "plan.approve", approveParams, asPlan)).toBe("plan_open");
    await world.submit(world.owner, "role.set", { address: world.approver.address, role: "viewer" });
    expect(await world.submit(world.owner, "plan.approve", approveParams, asPlan)).toMatchObject({
      result: "approval 1 of 2; the plan is waiting_approval (waits for 1 approval)",
    });
    const count = world.authority.approval({
      planId: PLAN_ID,
      plan: world.plans.get(PLAN_ID)?.plan ?? makePlan(0).plan,
      atLeast: 1,
      untilAtMs: null,
      asOfMs: null,
    });
    expect(count.notCounted.map(({ address }) => address)).toEqual([world.approver.address]);
    expect(count).toMatchObject({ isComplete: false, isAboveLimit: true, limitUsd: 50_000, valueUsd: 60_000 });
  });

  test("behavior: above the limit the proposer's own approval is not enough, below it is", async () => {
    const world = new World();
    await world.giveRoles();
    const shift = { pairId: PAIR, positionId: makePosition().positionId, ticks: null };
    const asked = await world.submit(world.approver, "range.shift", shift);
    if (typeof asked === "string") throw new Error(asked);
    const origin = { kind: "command" as const, commandId: asked.commandId };
    await setLimits(world, limitsOf(50_000, 1), 1);
    const plan = addWorth(world, 60_000, origin).plan;
    expect(await world.submit(world.approver, "plan.approve", approveParams, asPlan)).toMatchObject({
      result: expect.stringContaining("approval 1 of 2; the plan is waiting_approval"),
    });
    const count = (value: typeof plan) =>
      world.authority.approval({ planId: PLAN_ID, plan: value, atLeast: 1, untilAtMs: null, asOfMs: null });
    expect(count(plan)).toMatchObject({ proposer: world.approver.address, isComplete: false });
    expect(count({ ...plan, notionalUsd: 50_000 }).isComplete).toBe(true);
    expect(await world.submit(world.owner, "plan.approve", approveParams, asPlan)).toMatchObject({
      result: "approval 2 of 2; the plan is approved",
    });
  });

  test("error: more approvers than there are, an unknown pair, odd numbers, an old version, an approver's hand", async () => {
    const world = new World();
    await world.giveRoles();
    expect(await setLimits(world, limitsOf(50_000, 3), 1)).toBe("bad_request");
    expect(await setLimits(world, { ...limitsOf(1), pairs: { "WBTC-USDC": limitsOf(1).deployment } }, 1)).toBe(
      "not_found",
    );
    for (const value of [
      limitsOf(-1),
      limitsOf(5, 0),
      limitsOf(5, 1.5),
      limitsOf(5, 10),
      { deployment: limitsOf(1).deployment },
    ]) {
      expect(await setLimits(world, value, 1)).toBe("bad_request");
    }
    expect(await setLimits(world, limitsOf(5), 2)).toBe("config_version");
    const byApprover = { limits: limitsOf(5) };
    expect(await world.submit(world.approver, "limits.set", byApprover, { configVersion: 1 })).toBe("unauthorized");
    expect(world.authority.limits()).toHaveLength(1);
  });
});
