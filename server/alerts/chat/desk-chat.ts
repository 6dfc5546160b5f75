// Commands by chat: only people on the list, only fresh messages, each begun at most once, and every answer says what is so, not what was sent.
import {
  ackCommand,
  clockOf,
  parseChat,
  pausedText,
  statusText,
  type ChatCommand,
  type ChatStatus,
} from "@/lib/alerts/chat";
import type { Alert } from "@/lib/alerts/alert";
import type { AlertSettings } from "@/lib/alerts/settings";
import type { ChatPause } from "@/lib/alerts/chat-pause";
import { roleAtLeast, type Role } from "@/lib/api/commands";
import type { PairState } from "@/lib/api/signer-contract";
import type { Result } from "@/lib/errors/result";
import { errorText } from "@/lib/errors/tidegate-error";
import type { SignerError } from "@/server/infra/signer-link/signer-error";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { cleanText } from "@/server/alerts/observe";
import type { ChatFile, ChatKept } from "./chat-file";
import type { ChatBot, ChatMessage, ChatUpdate } from "./telegram-bot";

export interface DeskChatPorts {
  readonly bot: ChatBot;
  /** The chat that gets the alerts: its number or @name. */
  readonly chat: string;
  readonly file: ChatFile;
  readonly settings: () => AlertSettings["chat"];
  readonly status: () => ChatStatus | null;
  readonly openAlerts: () => readonly Alert[];
  /** The alert as it is afterwards; null: not open any more. */
  readonly acknowledge: (
    alertId: string,
    ack: { readonly by: string; readonly role: string; readonly note: string; readonly atMs: number },
  ) => Alert | null;
  /** As the signer says now. */
  readonly roleOf: (address: string) => Promise<Result<Role | null, SignerError>>;
  readonly pairIds: () => readonly string[];
  readonly pause: (
    request: ChatPause,
  ) => Promise<Result<{ readonly paused: NonNullable<PairState["paused"]> }, SignerError>>;
  readonly origin: string;
  readonly nowMs: () => number;
  readonly log: Logger;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface DeskChatStatus {
  readonly state: "off" | "starting" | "ok" | "away";
  readonly lastOkAtMs: number | null;
  readonly lastError: string | null;
  /** Who wrote without being on the list, newest first. */
  readonly strangers: readonly { readonly userId: string; readonly lastAtMs: number; readonly count: number }[];
}

export interface DeskChat {
  /** One question to the service and what follows from it; waits while there is nothing. */
  round(): Promise<void>;
  status(): DeskChatStatus;
}

/** Older messages waited while we were away: what they wanted may not be wanted any more. */
export const MAX_MESSAGE_AGE_MS = 120_000;
const WAIT_SEC = 25;
const LIMIT = 10;
const OFF_LOOK_MS = 2_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** Numbers of updates begin anew somewhere after a week without any; an old one would then hide every new message. */
const OFFSET_KEPT_MS = 5 * 24 * 3_600_000;
const MAX_PER_MINUTE = 20;
const MINUTE_MS = 60_000;
const STRANGERS_KEPT = 8;
const STRANGER_LOG_EVERY_MS = 10 * MINUTE_MS;
const ANSWER_TRIES = 3;

export function createDeskChat(ports: DeskChatPorts): DeskChat {
  const { bot, log } = ports;
  let kept: ChatKept = ports.file.kept;
  let name: string | null = null;
  let state: DeskChatStatus["state"] = "off";
  let lastOkAtMs: number | null = null;
  let lastError: string | null = null;
  let retryMs = RETRY_MIN_MS;
  let limit = LIMIT;
  const strangers = new Map<string, { lastAtMs: number; count: number; loggedAtMs: number }>();
  let strangerLogs: number[] = [];
  const asked = new Map<string, number[]>();
  // Without knowing how far we were, everything from before this start may have been done already.
  const notBeforeMs = ports.file.problem === null ? 0 : ports.nowMs();

  function save(next: ChatKept): void {
    ports.file.save(next);
    kept = next;
  }

  async function round(): Promise<void> {
    if (!ports.settings().enabled) {
      state = "off";
      await ports.sleep(OFF_LOOK_MS);
      return;
    }
    if (state === "off") state = "starting";
    try {
      await endBegun();
      await ask();
    } catch (error) {
      // A disk that refuses, most likely: what is not written down is not done.
      await away(errorText(error), null);
    }
  }

  async function ask(): Promise<void> {
    if (name === null) {
      const me = await bot.name();
      if (!me.ok) return away(me.error.message, me.error.retryAfterMs);
      name = me.value;
    }
    const isOld = ports.nowMs() - kept.lastAtMs > OFFSET_KEPT_MS;
    const found = await bot.updates({ offset: isOld ? null : kept.offset, waitSec: WAIT_SEC, limit });
    if (!found.ok) {
      // So many long messages at once do not fit; one always does.
      limit = found.error.code === "too_large" ? 1 : LIMIT;
      return away(found.error.message, found.error.retryAfterMs);
    }
    state = "ok";
    limit = LIMIT;
    retryMs = RETRY_MIN_MS;
    lastOkAtMs = ports.nowMs();
    lastError = null;
    for (const update of found.value) await take(update);
  }

  async function away(error: string, retryAfterMs: number | null): Promise<void> {
    if (lastError !== error) log.warn("alert.chat-away", { detail: error });
    state = "away";
    lastError = error;
    await ports.sleep(Math.max(retryMs, retryAfterMs ?? 0));
    retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
  }

  /** An end in the middle of a command: what became of it is not known here, so it is said and not done again. */
  async function endBegun(): Promise<void> {
    const { begun } = kept;
    if (begun === null) return;
    save({ ...kept, begun: null });
    log.warn("alert.chat-cut", { updateId: begun.updateId });
    await answer(
      { message_id: begun.messageId, date: 0, chat: { id: begun.chatId, type: "private" } },
      `The alerts ended while they carried out "${begun.text.slice(0, 80)}". It is not done again. Ask /status, then repeat it if it is still wanted.`,
    );
  }

  async function take({ updateId, message }: ChatUpdate): Promise<void> {
    const passed: ChatKept = { offset: updateId + 1, lastAtMs: ports.nowMs(), begun: null };
    const meant = message === null ? null : await meantFor(message);
    if (message === null || meant === null) {
      save(passed);
      return;
    }
    const { command, address, userId } = meant;
    const begun = { updateId, chatId: message.chat.id, messageId: message.message_id, text: message.text ?? "" };
    save({ ...passed, begun });
    const ageMs = ports.nowMs() - message.date * 1_000;
    const isStale = Math.abs(ageMs) > MAX_MESSAGE_AGE_MS || message.date * 1_000 < notBeforeMs;
    const text = isStale
      ? `Too late: this was written at ${clockOf(message.date * 1_000)} and it is ${clockOf(ports.nowMs())}. Nothing was done; ask again.`
      : await carryOut(command, { address, userId });
    log.info("alert.chat-command", {
      userId,
      address,
      command: command.kind,
      stale: isStale,
      answer: cleanText(text.split("\n")[0] ?? ""),
    });
    await answer(message, text);
    save(passed);
  }

  /** Null: not for us, or not from somebody who may ask; such a message gets no answer. */
  async function meantFor(
    message: ChatMessage,
  ): Promise<{ readonly command: ChatCommand; readonly address: string; readonly userId: string } | null> {
    const { from, chat, text } = message;
    if (from === undefined || from.is_bot || text === undefined || message.forward_origin !== undefined) return null;
    const command = parseChat(text, name);
    if (command === null) return null;
    const userId = String(from.id);
    const user = ports.settings().users.find((each) => each.userId === userId);
    if (user === undefined) {
      noteStranger(userId);
      return null;
    }
    const isOurs =
      String(chat.id) === ports.chat || (chat.username !== undefined && `@${chat.username}` === ports.chat);
    if (!isOurs && !(chat.type === "private" && chat.id === from.id)) {
      // An answer there would show the desk to whoever else reads along.
      log.warn("alert.chat-elsewhere", { userId, chatId: chat.id });
      return null;
    }
    const nowMs = ports.nowMs();
    const recent = (asked.get(userId) ?? []).filter((atMs) => nowMs - atMs < MINUTE_MS && atMs <= nowMs);
    if (recent.length >= MAX_PER_MINUTE) {
      log.warn("alert.chat-too-many", { userId });
      return null;
    }
    asked.set(userId, [...recent, nowMs]);
    return { command, address: user.address, userId };
  }

  function noteStranger(userId: string): void {
    const nowMs = ports.nowMs();
    const known = strangers.get(userId);
    const loggedAtMs = known?.loggedAtMs ?? null;
    strangerLogs = strangerLogs.filter((atMs) => nowMs - atMs < STRANGER_LOG_EVERY_MS && atMs <= nowMs);
    const isTold = loggedAtMs !== null && nowMs - loggedAtMs < STRANGER_LOG_EVERY_MS;
    const isLogged = !isTold && strangerLogs.length < STRANGERS_KEPT;
    if (isLogged) {
      strangerLogs.push(nowMs);
      log.warn("alert.chat-stranger", { userId });
    }
    strangers.delete(userId);
    strangers.set(userId, {
      lastAtMs: nowMs,
      count: (known?.count ?? 0) + 1,
      loggedAtMs: isLogged ? nowMs : (loggedAtMs ?? 0),
    });
    const [oldest] = strangers.keys();
    if (strangers.size > STRANGERS_KEPT && oldest !== undefined) strangers.delete(oldest);
  }

  async function carryOut(
    command: ChatCommand,
    who: { readonly address: string; readonly userId: string },
  ): Promise<string> {
    try {
      switch (command.kind) {
        case "answer":
          return command.text;
        case "status":
          return await tellStatus(who.address);
        case "ack":
          return await acknowledge(command, who.address);
        case "pause":
          return await pause(command, who.userId);
      }
    } catch (error) {
      log.error("alert.chat-failed", { command: command.kind, detail: errorText(error) });
      return "That failed inside; what became of it is not known. Ask /status and look at the desk.";
    }
  }

  async function tellStatus(address: string): Promise<string> {
    const role = await ports.roleOf(address);
    // With the signer away nobody's role can be asked; who is on the owners' list may still hear that it is away.
    if (role.ok && role.value === null) return noRole(address);
    const status = ports.status();
    return status === null ? "Nothing has been read yet; ask again in some seconds." : statusText(status);
  }

  async function acknowledge(
    { alert: prefix, note }: Extract<ChatCommand, { kind: "ack" }>,
    address: string,
  ): Promise<string> {
    const role = await ports.roleOf(address);
    if (!role.ok) {
      return `Nothing is acknowledged: the signer does not answer, so your role is not known (${cleanText(role.error.message)}).`;
    }
    if (role.value === null) return noRole(address);
    if (!roleAtLeast(role.value, "operator")) {
      return `Nothing is acknowledged: it needs the role operator, ${address} is ${role.value}.`;
    }
    const found = ports.openAlerts().filter(({ id }) => id.startsWith(prefix));
    const [one] = found;
    if (one === undefined) return `Nothing is acknowledged: no open alert begins with ${prefix}. /status lists them.`;
    if (found.length > 1) {
      return `Nothing is acknowledged: ${found.length} open alerts begin with ${prefix}.\n${found.map(({ id, key }) => `${ackCommand(id)} ${key}`).join("\n")}`;
    }
    const alert = ports.acknowledge(one.id, {
      by: address.toLowerCase(),
      role: role.value,
      note: cleanText(`${note} (by chat)`.trim()),
      atMs: ports.nowMs(),
    });
    if (alert === null || alert.ack === null) return `Nothing is acknowledged: the alert ${one.id} is over.`;
    const isMine = alert.ack.by === address.toLowerCase();
    return `${alert.sentence}\n${isMine ? "You have it" : `${alert.ack.by} has it already,`} since ${clockOf(alert.ack.atMs)}; reminders are over for everybody, the cause is not.\n${ports.origin}/alerts/${alert.id}`;
  }

  async function pause(
    { pair, pauseKind, minutes, reason }: Extract<ChatCommand, { kind: "pause" }>,
    userId: string,
  ): Promise<string> {
    const pairId = ports.pairIds().find((id) => id.toLowerCase() === pair.toLowerCase());
    if (pairId === undefined) {
      return `Nothing is paused: there is no pair ${cleanText(pair).slice(0, 40)}. There are ${ports.pairIds().join(", ")}.`;
    }
    const done = await ports.pause({ userId, pairId, kind: pauseKind, minutes, reason });
    if (done.ok) return pausedText(pairId, done.value.paused, ports.nowMs());
    const { code, message } = done.error;
    if (code === "timeout") {
      return `${pairId}: the signer gave no answer in time, so it is not known whether it is paused. Ask /status, or pause it in the desk.`;
    }
    return `${pairId} is not paused: ${code === "unavailable" ? "the signer does not answer" : cleanText(message)}`;
  }

  async function answer(message: ChatMessage, text: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const sent = await bot.answer(message, text);
      if (sent.ok) return;
      // Nobody waits for an answer for long; what was done stands, and the desk shows it.
      if (tries >= ANSWER_TRIES || !sent.error.retryable) {
        log.warn("alert.chat-not-answered", { detail: sent.error.message });
        return;
      }
      await ports.sleep(Math.max(RETRY_MIN_MS * tries, sent.error.retryAfterMs ?? 0));
    }
  }

  return {
    round,
    status: () => ({
      state,
      lastOkAtMs,
      lastError,
      strangers: [...strangers].map(([userId, { lastAtMs, count }]) => ({ userId, lastAtMs, count })).toReversed(),
    }),
  };
}

function noRole(address: string): string {
  return `${address}, for whom you stand here, has no role any more. An owner changes that in the desk.`;
}
