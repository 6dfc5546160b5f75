// Pausing by chat: who may, what it may do, what the audit log keeps of it, and that only a signed resume takes it back.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keccak256, stringToHex, zeroHash } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alertSettingsSchema } from "@/lib/alerts/settings";
import { chatPauseSchema, type ChatPause } from "@/lib/alerts/chat-pause";
import { commandId, type CommandAction } from "@/lib/api/commands";
import { controlMethods } from "@/lib/api/signer-contract";
import type { Address, Hex } from "@/lib/units";
import { silentLogger, type Logger } from "@/server/infra/telemetry/logger-port";
import { verifySegments } from "@/server/cli/verify-segments";
import { openAuthority, type Authority } from "./authority";
import { pauseByChat } from "./chat-pause";
import { JournalError } from "./journal/segment";

const PAIR = "WETH-USDC";
const OWNER: Address = `0x${"aa".repeat(20)}`;
const OPERATOR: Address = `0x${"bb".repeat(20)}`;
const VIEWER: Address = `0x${"cc".repeat(20)}`;
const DEPLOYMENT: Hex = `0x${"11".repeat(32)}`;
const ASKED: ChatPause = { userId: "4242", pairId: PAIR, kind: "no_new_risk", minutes: 30, reason: "looks wrong" };

let dir = "";
let nowMs = 0;
let authority: Authority;
let isDiskFull = false;
let lines: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
const log: Logger = {
  ...silentLogger,
  info: (event, fields = {}) => lines.push({ event, fields }),
  warn: (event, fields = {}) => lines.push({ event, fields }),
};

function open(): void {
  const opened = openAuthority({
    dir,
    deploymentId: DEPLOYMENT,
    owners: [OWNER],
    pairIds: [PAIR, "USDC-USDT"],
    wall: { nowMs: () => nowMs },
    log,
  });
  if (!opened.ok) throw opened.error;
  authority = opened.value;
}

/** As the command desk records it once the signature was verified. */
function signed(action: CommandAction, target: string, params: Record<string, unknown>): void {
  nowMs += 1;
  const nonce = keccak256(stringToHex(`${action}${nowMs}`));
  authority.recordCommand({
    commandId: commandId(OWNER, nonce),
    command: {
      action,
      target,
      paramsHash: zeroHash,
      planHash: zeroHash,
      configVersion: "0",
      nonce,
      expiresAt: String(Math.floor(nowMs / 1_000) + 60),
    },
    params,
    address: OWNER,
    role: "owner",
    signature: "0x00",
  });
}

function allow(chat: { readonly enabled: boolean; readonly users: readonly { userId: string; address: Address }[] }) {
  signed("alerts.config", "system", { settings: alertSettingsSchema.parse({ chat }) });
}

function pause(change: Partial<ChatPause> = {}): ReturnType<typeof pauseByChat> {
  nowMs += 1_000;
  const source: Authority = isDiskFull
    ? {
        ...authority,
        recordChatPause: () => {
          throw new JournalError({ code: "disk_full", message: "no space left", retryable: true });
        },
      }
    : authority;
  return pauseByChat({ authority: source, wall: { nowMs: () => nowMs }, log }, { ...ASKED, ...change });
}

function codeOf(result: ReturnType<typeof pauseByChat>): string {
  return result.ok ? "done" : result.error.code;
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tg-chat-pause-"));
  nowMs = Date.UTC(2026, 10, 23, 12, 3, 6);
  isDiskFull = false;
  lines = [];
  open();
  signed("role.set", "system", { address: OPERATOR, role: "operator" });
  signed("role.set", "system", { address: VIEWER, role: "viewer" });
});
afterEach(() => {
  authority.close();
  rmSync(dir, { recursive: true, force: true });
});

describe("who may pause by chat", () => {
  it("error: without a signed list, with an empty one, or with the chat off, nobody", () => {
    expect(codeOf(pause())).toBe("unauthorized");
    allow({ enabled: true, users: [] });
    expect(codeOf(pause())).toBe("unauthorized");
    allow({ enabled: false, users: [{ userId: "4242", address: OPERATOR }] });
    expect(codeOf(pause())).toBe("unauthorized");
    expect(authority.pair(PAIR)?.paused).toBeNull();
  });

  it("error: a stranger, a viewer and somebody whose role was taken away; strangers write nothing to the audit log", () => {
    allow({
      enabled: true,
      users: [
        { userId: "4242", address: OPERATOR },
        { userId: "5", address: VIEWER },
      ],
    });
    const before = authority.commandSeq();
    expect(codeOf(pause({ userId: "42" }))).toBe("unauthorized");
    expect(authority.commandSeq()).toBe(before);
    expect(codeOf(pause({ userId: "5" }))).toBe("unauthorized");
    expect(authority.recordsAfter(before, 10)).toMatchObject([
      { action: "pair.pause", status: "refused", address: VIEWER, role: "viewer", params: { userId: "5" } },
    ]);
    signed("role.set", "system", { address: OPERATOR, role: null });
    const refused = pause();
    expect(refused.ok ? "" : refused.error.message).toContain("is nobody here; pausing needs the role operator");
    expect(authority.pair(PAIR)?.paused).toBeNull();
  });
});

describe("what a pause by chat does", () => {
  beforeEach(() => allow({ enabled: true, users: [{ userId: "4242", address: OPERATOR }] }));

  it("default: in force with the instant the signer refuses from, in the audit log with who asked, also after a restart", () => {
    const done = pause();
    const sinceAtMs = nowMs;
    const paused = {
      kind: "no_new_risk",
      sinceAtMs,
      untilAtMs: sinceAtMs + 30 * 60_000,
      reason: "looks wrong",
      by: OPERATOR,
    };
    expect(done).toMatchObject({ ok: true, value: { paused } });
    const record = {
      action: "pair.pause",
      target: PAIR,
      status: "done",
      address: OPERATOR,
      role: "operator",
      params: { pairId: PAIR, channel: "telegram", userId: "4242", reason: "looks wrong" },
      result: expect.stringContaining("by chat (Telegram user 4242), not signed"),
    };
    expect(authority.recordsAfter(0, 100).at(-1)).toMatchObject(record);
    authority.close();
    open();
    expect(authority.pair(PAIR)?.paused).toEqual(paused);
    expect(authority.recordsAfter(0, 100).at(-1)).toMatchObject(record);
    expect(verifySegments(dir)).toMatchObject({ ok: true });
    expect(authority.pair("USDC-USDT")?.paused).toBeNull();
  });

  it("behavior: the same message again changes nothing, and says since when it holds", () => {
    const first = pause({ minutes: null });
    const seq = authority.commandSeq();
    const again = pause({ minutes: null });
    expect(again).toEqual(first.ok ? { ok: true, value: { seq, paused: first.value.paused } } : first);
    expect(authority.commandSeq()).toBe(seq);
    // A shorter or weaker wish is covered by what holds.
    expect(pause({ minutes: 5 })).toEqual(again);
  });

  it("behavior: it tightens and never loosens, whoever paused before", () => {
    signed("pair.pause", PAIR, { pairId: PAIR, kind: "no_transactions", untilAtMs: nowMs + 600_000, reason: "desk" });
    const mixed = pause({ kind: "no_new_risk", minutes: null });
    expect(codeOf(mixed)).toBe("paused");
    expect(authority.pair(PAIR)?.paused).toMatchObject({ kind: "no_transactions", by: OWNER });
    expect(codeOf(pause({ kind: "no_transactions", minutes: null }))).toBe("done");
    expect(authority.pair(PAIR)?.paused).toMatchObject({ untilAtMs: null, by: OPERATOR });
    signed("pair.resume", PAIR, { pairId: PAIR, note: "" });
    expect(authority.pair(PAIR)?.paused).toBeNull();
  });

  it("error: a pair that is not here, and a disk that refuses: nothing is paused and nobody is told otherwise", () => {
    expect(codeOf(pause({ pairId: "ARB-USDC" }))).toBe("not_found");
    isDiskFull = true;
    expect(codeOf(pause())).toBe("disk");
    expect(authority.pair(PAIR)?.paused).toBeNull();
  });

  it("error: the wire knows no other kind, no resume, and no approval without a signature", () => {
    for (const bad of [
      { ...ASKED, kind: "stop_worker" },
      { ...ASKED, minutes: 0 },
      { ...ASKED, minutes: 10_081 },
      { ...ASKED, reason: "" },
      { ...ASKED, reason: "a\u202eb" },
      { ...ASKED, userId: "-1" },
      { ...ASKED, userId: "1 OR 1" },
    ]) {
      expect(chatPauseSchema.safeParse(bad).success).toBe(false);
    }
    const unsigned = Object.keys(controlMethods).filter((method) => !/\.(get|list|since|check|changed)$/.test(method));
    expect(unsigned.toSorted()).toEqual(["chat.pause", "command.submit", "health", "worker.started"]);
  });
});
