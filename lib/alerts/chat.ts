// Commands by chat: what a message asks for, and the words of every answer. Only status, acknowledging and pausing; the rest is signed in the desk.
import { CHAT_PAUSE_KINDS, MAX_CHAT_PAUSE_MIN, type ChatPauseKind } from "@/lib/alerts/chat-pause";
import { formatAge } from "@/lib/format/age";
import { isPlainText } from "@/lib/format/plain-text";
import { formatClock, formatDayMinutes } from "@/lib/format/time";
import type { Alert } from "./alert";
import { RULES } from "./rules";

export type ChatCommand =
  | { readonly kind: "status" }
  | { readonly kind: "ack"; readonly alert: string; readonly note: string }
  | {
      readonly kind: "pause";
      readonly pair: string;
      readonly pauseKind: ChatPauseKind;
      /** Null: until a signed resume. */
      readonly minutes: number | null;
      readonly reason: string;
    }
  /** Nothing is done; the text says why or what there is. */
  | { readonly kind: "answer"; readonly text: string };

/** Longest text Telegram takes. */
const MAX_ANSWER_CHARS = 4_096;
const MAX_REASON_CHARS = 200;
const SAME_DAY_MS = 20 * 3_600_000;
const NO_REASON = "by chat";

export const CHAT_HELP = [
  "/status: verdict, pairs, ages, open alerts",
  "/ack <alert> [note]: take an alert, reminders end",
  "/pause <pair> [no-transactions] [minutes] [reason]: the signer refuses new risk, or every transaction",
  "Nothing else works here. Resuming, approving and exits are signed in the desk.",
].join("\n");

/** Acts that must never run from a chat; named, so that nobody takes silence for done. */
const SIGNED_ONLY = /^(resume|unpause|approve|reject|exit|stop|start|trigger|rebalance|shift|mode|sell|buy|swap)$/;

/** Null: no command, or one for another bot. */
export function parseChat(text: string, botName: string | null): ChatCommand | null {
  const [, rawName, forBot, rawRest] =
    /^\/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]+))?(?:\s+([\s\S]*))?$/.exec(text.trim()) ?? [];
  if (rawName === undefined) return null;
  if (forBot !== undefined && botName !== null && forBot.toLowerCase() !== botName.toLowerCase()) return null;
  const rest = plainOf(rawRest ?? "");
  // `/ack_<alert>` is what a phone makes a link of.
  const [, name = "", tail] = /^([a-z]+)(?:_([a-z0-9]+))?$/.exec(rawName.toLowerCase()) ?? [];
  const words = [...(tail === undefined ? [] : [tail]), ...rest.split(" ").filter((word) => word !== "")];
  switch (name) {
    case "status":
      return { kind: "status" };
    case "ack":
      return ackOf(words);
    case "pause":
      return pauseOf(words);
    case "start":
      // What every chat with a bot begins with; nothing is started.
      return { kind: "answer", text: CHAT_HELP };
    case "help":
      return { kind: "answer", text: CHAT_HELP };
    default:
      return {
        kind: "answer",
        text: SIGNED_ONLY.test(name)
          ? `/${name} does not exist here: it needs a signature. Open the desk and sign it there.`
          : `/${name} is no command.\n${CHAT_HELP}`,
      };
  }
}

function ackOf([alert, ...note]: readonly string[]): ChatCommand {
  if (alert === undefined || !/^[0-9a-f]{4,16}$/i.test(alert)) {
    return {
      kind: "answer",
      text: "Nothing is acknowledged. Expected /ack and the alert's id (its first four digits are enough), for example /ack 3f2a; /status lists the open ones.",
    };
  }
  return { kind: "ack", alert: alert.toLowerCase(), note: note.join(" ").slice(0, MAX_REASON_CHARS) };
}

function pauseOf([pair, ...rest]: readonly string[]): ChatCommand {
  if (pair === undefined) {
    return {
      kind: "answer",
      text: "Nothing is paused. Expected /pause and a pair, for example /pause WETH-USDC 60 looks wrong; /status lists the pairs.",
    };
  }
  const kind = CHAT_PAUSE_KINDS.find((each) => each === rest[0]?.toLowerCase().replaceAll("-", "_"));
  const words = kind === undefined ? rest : rest.slice(1);
  const [, count, unit] = /^(\d{1,9})(m|min|h)?$/i.exec(words[0] ?? "") ?? [];
  const minutes = count === undefined ? null : Number(count) * (unit?.toLowerCase() === "h" ? 60 : 1);
  if (minutes !== null && (minutes < 1 || minutes > MAX_CHAT_PAUSE_MIN)) {
    return {
      kind: "answer",
      text: `Nothing is paused. Expected 1 to ${MAX_CHAT_PAUSE_MIN} minutes, got ${minutes}; without a number the pause lasts until somebody resumes.`,
    };
  }
  const reason = (minutes === null ? words : words.slice(1)).join(" ").slice(0, MAX_REASON_CHARS).trim();
  return { kind: "pause", pair, pauseKind: kind ?? "no_new_risk", minutes, reason: reason === "" ? NO_REASON : reason };
}

/** One line; what cannot be seen is left out, so that the log and the desk show what was written. */
function plainOf(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ");
  return [...line]
    .filter((each) => isPlainText(each))
    .join("")
    .trim();
}

export interface ChatStatus {
  /** When all this was read; wall time. */
  readonly readAtMs: number;
  readonly nowMs: number;
  /** The desk's own word and its worst reason. */
  readonly verdict: { readonly word: string; readonly sentence: string };
  readonly pairs: readonly {
    readonly pairId: string;
    readonly mode: string;
    readonly sentence: string;
    readonly decision: { readonly kind: string; readonly ageMs: number } | null;
  }[];
  /** Age of the newest block per chain; null: nobody looks at a chain now. */
  readonly chains: readonly { readonly name: string; readonly lagMs: number }[] | null;
  /** Those behind or away; null: not known. */
  readonly badSources: readonly { readonly label: string; readonly sentence: string }[] | null;
  readonly open: readonly Alert[];
}

export function statusText(status: ChatStatus): string {
  const { verdict, pairs, chains, badSources, open, nowMs } = status;
  const head = [
    `${verdict.word.toUpperCase()}: ${verdict.sentence}`,
    `Read ${formatAge(nowMs - status.readAtMs)} ago, ${clockOf(nowMs)}.`,
  ];
  const alerts =
    open.length === 0
      ? ["No alert is open."]
      : [`Open alerts: ${open.length}`, ...open.map((alert) => alertLine(alert, nowMs))];
  const ages = [
    chains === null || chains.length === 0
      ? "Newest blocks: unknown."
      : `Newest blocks: ${chains.map(({ name, lagMs }) => `${name} ${formatAge(lagMs)}`).join(", ")}.`,
    badSources === null
      ? "Sources: unknown."
      : badSources.length === 0
        ? "Every source is within its age."
        : `Stale: ${badSources.map(({ label, sentence }) => `${label} (${sentence})`).join("; ")}.`,
  ];
  const rows = pairs.map(
    ({ pairId, mode, sentence, decision }) =>
      `${pairId}, ${mode}: ${sentence}; ${decision === null ? "no decision yet" : `${decision.kind} ${formatAge(decision.ageMs)} ago`}`,
  );
  return fitted([
    { title: null, lines: head },
    { title: null, lines: alerts },
    { title: null, lines: ages },
    { title: "Pairs", lines: rows.length === 0 ? ["unknown"] : rows },
  ]);
}

function alertLine(alert: Alert, nowMs: number): string {
  const subject = `${alert.pairId === null ? "" : `${alert.pairId} `}${RULES[alert.ruleId].title}`;
  const taken = alert.ack === null ? ackCommand(alert.id) : `taken by ${alert.ack.by}`;
  return `${alert.severity.toUpperCase()} ${subject}: ${alert.figure}, ${formatAge(nowMs - alert.firedAtMs)}, ${taken}`;
}

/** Written so that a phone makes a link of it. */
export function ackCommand(alertId: string): string {
  return `/ack_${alertId}`;
}

/** All sections in their order; when they are too long, the longest lists lose their last lines and say how many. */
function fitted(sections: readonly { readonly title: string | null; readonly lines: readonly string[] }[]): string {
  const kept = sections.map(({ title, lines }) => ({ title, lines: [...lines], leftOut: 0 }));
  const textOf = (): string =>
    kept
      .map(({ title, lines, leftOut }) =>
        [...(title === null ? [] : [title]), ...lines, ...(leftOut === 0 ? [] : [`and ${leftOut} more`])].join("\n"),
      )
      .join("\n\n");
  for (let text = textOf(); ; text = textOf()) {
    if (text.length <= MAX_ANSWER_CHARS) return text;
    const [longest] = kept.toSorted((left, right) => right.lines.length - left.lines.length);
    if (longest === undefined || longest.lines.length <= 2) return `${text.slice(0, MAX_ANSWER_CHARS - 1)}…`;
    longest.lines.pop();
    longest.leftOut += 1;
  }
}

/** What a pause does now, as the signer says it. */
export function pausedText(
  pairId: string,
  paused: {
    readonly kind: string;
    readonly sinceAtMs: number;
    readonly untilAtMs: number | null;
    readonly reason: string;
  },
  nowMs: number,
): string {
  const what =
    paused.kind === "no_new_risk"
      ? "new risk"
      : paused.kind === "no_transactions"
        ? "every transaction"
        : "every transaction, its worker is stopped";
  const until =
    paused.untilAtMs === null
      ? "until an approver signs the resume in the desk"
      : `until ${instantOf(paused.untilAtMs, nowMs)}; earlier only by a signed resume in the desk`;
  return `${pairId}: the signer refuses ${what} since ${instantOf(paused.sinceAtMs, nowMs)}, ${until}. Reason: ${paused.reason}`;
}

/** `12:03:07 UTC`: the day stands beside the message. */
export function clockOf(atMs: number): string {
  return `${formatClock(atMs)} UTC`;
}

/** A clock's reading alone would be of another day. */
function instantOf(atMs: number, nowMs: number): string {
  return Math.abs(nowMs - atMs) < SAME_DAY_MS ? clockOf(atMs) : `${formatDayMinutes(atMs)} UTC`;
}
