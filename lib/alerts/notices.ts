// Which message is due on which channel: first word, reminders until acknowledged, escalation, end; quiet hours hold warnings back, never what is critical.
import { severityAtLeast, type Alert, type ChannelId, type NoticeKind, type Severity, type Told } from "./alert";
import type { AlertState } from "./evaluate";
import type { AlertSettings } from "./settings";

const MINUTE_MS = 60_000;
/** The end of an alert is told at most this long afterwards. */
const CLEARED_FOR_MS = 24 * 60 * MINUTE_MS;

export interface ChannelPolicy {
  readonly id: ChannelId;
  readonly minSeverity: Severity;
  readonly tier: "first" | "escalation";
  /** Empty: all. */
  readonly pairs: readonly string[];
}

export interface Notice {
  /** The same notice has the same id, however often it is computed: the outbox drops the second one. */
  readonly id: string;
  readonly channelId: ChannelId;
  readonly kind: NoticeKind;
  readonly alert: Alert;
}

export interface NoticesInput {
  readonly state: AlertState;
  readonly channels: readonly ChannelPolicy[];
  readonly settings: AlertSettings;
  readonly wallNowMs: number;
  /** Minute of the day where the quiet hours are kept. */
  readonly minuteOfDay: number;
}

export function dueNotices(input: NoticesInput): readonly Notice[] {
  const due: Notice[] = [];
  const isQuiet = isQuietAt(input.settings.quietHours, input.minuteOfDay);
  for (const channel of input.channels) {
    for (const alert of [...input.state.open, ...input.state.history]) {
      if (isQuiet && alert.severity !== "critical") continue;
      const told = alert.told.find((each) => each.channelId === channel.id) ?? null;
      const kind = kindDue(input, channel, alert, told);
      if (kind === null) continue;
      due.push({
        id: `${alert.id}/${channel.id}/${(told?.count ?? 0) + 1}`,
        channelId: channel.id,
        kind,
        alert,
      });
    }
  }
  return due;
}

function kindDue(input: NoticesInput, channel: ChannelPolicy, alert: Alert, told: Told | null): NoticeKind | null {
  const { settings, wallNowMs } = input;
  if (alert.clearedAtMs !== null) {
    // Only who heard of the beginning hears of the end.
    if (told === null || told.isClosed) return null;
    return wallNowMs - alert.clearedAtMs <= CLEARED_FOR_MS ? "cleared" : null;
  }
  if (alert.ack !== null) return null;
  if (!severityAtLeast(alert.severity, channel.minSeverity)) return null;
  if (alert.pairId !== null && channel.pairs.length > 0 && !channel.pairs.includes(alert.pairId)) return null;
  if (told === null) {
    if (channel.tier === "first") return "fired";
    return wallNowMs - alert.firedAtMs >= settings.escalateAfterMin[alert.severity] * MINUTE_MS ? "escalated" : null;
  }
  if (alert.severity !== told.severity && severityAtLeast(alert.severity, told.severity)) return "raised";
  return wallNowMs - told.lastAtMs >= settings.remindAfterMin[alert.severity] * MINUTE_MS ? "reminder" : null;
}

/** The state with these notices written down as told. */
export function markTold(state: AlertState, notices: readonly Notice[], wallNowMs: number): AlertState {
  if (notices.length === 0) return state;
  const mark = (alert: Alert): Alert => {
    const mine = notices.filter((notice) => notice.alert.id === alert.id);
    if (mine.length === 0) return alert;
    const told = new Map(alert.told.map((each) => [each.channelId, each]));
    for (const notice of mine) {
      told.set(notice.channelId, {
        channelId: notice.channelId,
        count: (told.get(notice.channelId)?.count ?? 0) + 1,
        lastAtMs: wallNowMs,
        severity: alert.severity,
        isClosed: notice.kind === "cleared",
      });
    }
    return { ...alert, told: [...told.values()] };
  };
  return { ...state, open: state.open.map(mark), history: state.history.map(mark) };
}

/** Minutes of the day; a span over midnight works, an empty one is never quiet. */
export function isQuietAt(quiet: AlertSettings["quietHours"], minuteOfDay: number): boolean {
  if (quiet === null) return false;
  const from = minutesOf(quiet.from);
  const to = minutesOf(quiet.to);
  return from <= to ? minuteOfDay >= from && minuteOfDay < to : minuteOfDay >= from || minuteOfDay < to;
}

function minutesOf(clock: string): number {
  const [hours = "0", minutes = "0"] = clock.split(":");
  return Number(hours) * 60 + Number(minutes);
}
