// A pause that somebody asks for by chat: no signature, so it may only forbid, only tighten, and only for people the owners' signed list names.
import { keccak256, stringToHex } from "viem";
import type { ChatPause } from "@/lib/alerts/chat-pause";
import { COMMAND_ROLES, roleAtLeast } from "@/lib/api/commands";
import type { PairState, SignerErrorWire } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText } from "@/lib/errors/tidegate-error";
import type { Address } from "@/lib/units";
import type { WallClock } from "@/server/infra/clock";
import { signerRefusal } from "@/server/infra/signer-link/signer-error";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { Authority } from "./authority";
import { isPauseTighter } from "./authority-state";
import { instant, noPair } from "./command-words";
import { JournalError } from "./journal/segment";

export interface ChatPauseDeps {
  readonly authority: Authority;
  readonly wall: Pick<WallClock, "nowMs">;
  readonly log: Logger;
}

export interface ChatPaused {
  readonly seq: number;
  /** As the signer holds it from now on. */
  readonly paused: NonNullable<PairState["paused"]>;
}

const MINUTE_MS = 60_000;

/** May the pair be paused this way now? Whoever asks, a pause that holds is never loosened by another one. */
export function checkPause(
  authority: Pick<Authority, "pair">,
  wanted: Pick<NonNullable<PairState["paused"]>, "kind" | "untilAtMs"> & { readonly pairId: string },
): Result<null, SignerErrorWire> {
  const { pairId } = wanted;
  const pair = authority.pair(pairId);
  if (pair === null) return err(noPair(pairId));
  const { paused } = pair;
  if (paused === null || isPauseTighter(paused, wanted)) return ok(null);
  const until = paused.untilAtMs === null ? "until resumed" : `until ${instant(paused.untilAtMs)}`;
  return err(
    signerRefusal(
      "paused",
      `${pairId} is paused already (${paused.kind}, ${until}), and this pause would loosen it. Loosening is pair.resume, by an approver.`,
      { kind: paused.kind },
    ),
  );
}

/** On disk and in force when it returns. */
export function pauseByChat(deps: ChatPauseDeps, request: ChatPause): Result<ChatPaused, SignerErrorWire> {
  const { authority, log } = deps;
  const { userId, pairId, kind, minutes, reason } = request;
  const nowMs = deps.wall.nowMs();
  const untilAtMs = minutes === null ? null : nowMs + minutes * MINUTE_MS;
  const listed = listedAddress(authority, userId);
  if (listed === null) {
    // A stranger has no place in the audit log: a flood of messages must not write to it.
    log.warn("signer.chat-refused", { userId, pairId, kind, code: "unauthorized", reason: "not on the signed list" });
    return err(
      signerRefusal(
        "unauthorized",
        `Telegram user ${userId} is not on the signed list for commands by chat; an owner adds them on the notifications page.`,
      ),
    );
  }
  const role = authority.roleOf(listed);
  const params = { pairId, kind, untilAtMs, reason, channel: "telegram" as const, userId };
  const refuse = (error: SignerErrorWire): Result<never, SignerErrorWire> => {
    log.warn("signer.chat-refused", { userId, pairId, kind, code: error.code, reason: error.message });
    authority.recordRefusal({
      commandId: keccak256(stringToHex(`chat:${userId}:${pairId}:${nowMs}`)),
      address: listed,
      role,
      action: "pair.pause",
      target: pairId,
      params,
      code: error.code,
      message: error.message,
    });
    return err(error);
  };
  const needed = COMMAND_ROLES["pair.pause"];
  if (role === null || !roleAtLeast(role, needed)) {
    return refuse(
      signerRefusal(
        "unauthorized",
        `${listed}, for whom Telegram user ${userId} stands, is ${role ?? "nobody"} here; pausing needs the role ${needed}.`,
      ),
    );
  }
  const current = authority.pair(pairId)?.paused ?? null;
  // What holds already forbids this and more: nothing changes, also when a message comes twice.
  if (current !== null && isPauseTighter({ kind, untilAtMs }, current)) {
    return ok({ seq: authority.commandSeq(), paused: current });
  }
  const pause = checkPause(authority, params);
  if (!pause.ok) return refuse(pause.error);
  try {
    const record = authority.recordChatPause({ ...params, address: listed, role });
    log.info("signer.chat-paused", { userId, pairId, kind, seq: record.seq, address: listed, result: record.result });
    const paused = authority.pair(pairId)?.paused ?? null;
    return paused === null
      ? err(signerRefusal("internal", `The pause of ${pairId} is recorded, but does not hold; look at the desk.`))
      : ok({ seq: record.seq, paused });
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return err(signerRefusal("disk", `Nothing was done: ${errorText(error)}`, {}, { retryable: error.retryable }));
  }
}

/** Only what owners signed counts; a settings file on the machine names nobody here. */
function listedAddress(authority: Pick<Authority, "system">, userId: string): Address | null {
  const chat = authority.system().alerts?.settings.chat;
  if (chat?.enabled !== true) return null;
  return chat.users.find((user) => user.userId === userId)?.address ?? null;
}
