// The watch: looks, judges, writes down, tells, again and again; each step is on disk before the next, so that an end at any point loses and doubles nothing.
import { RULE_IDS, type Ack, type Alert, type ChannelId } from "@/lib/alerts/alert";
import { acknowledge, evaluateAlerts, type AlertChange, type AlertState } from "@/lib/alerts/evaluate";
import type { AlertFacts } from "@/lib/alerts/facts";
import { buildMessage } from "@/lib/alerts/message";
import { dueNotices, isQuietAt, markTold, type ChannelPolicy, type Notice } from "@/lib/alerts/notices";
import { RULES } from "@/lib/alerts/rules";
import { resolveRule, type AlertSettings } from "@/lib/alerts/settings";
import type { AlertDeliveryDto, AlertDto, AlertRequest, AlertRuleDto, AlertsState } from "@/lib/api/alert-schemas";
import type { DeskEvent } from "@/lib/api/events";
import type { Result } from "@/lib/errors/result";
import { errorText, type StoreError } from "@/lib/errors/tidegate-error";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { Channel } from "./channels/channel";
import type { DeskChatStatus } from "./chat/desk-chat";
import type { DeadMan } from "./dead-man";
import { cleanText } from "./observe";
import type { Outbox } from "./outbox";
import { createPostman, type Post } from "./postman";
import { minuteOfDayIn } from "./quiet-clock";
import type { StateFile } from "./state-file";

export interface EnginePorts {
  readonly observe: () => Promise<AlertFacts>;
  readonly readRequests: (
    afterId: string,
  ) => Promise<Result<readonly { readonly id: string; readonly request: AlertRequest | null }[], StoreError>>;
  readonly publish: (state: AlertsState) => Promise<Result<unknown, StoreError>>;
  readonly announce: (event: Extract<DeskEvent, { type: "alert.changed" }>) => void;
  /** The settings as the file has them now, and why a file was refused. */
  readonly settings: () => { readonly value: AlertSettings; readonly problem: string | null };
  /** Only what is set up. */
  readonly channels: readonly Channel[];
  readonly outbox: Outbox;
  readonly stateFile: StateFile;
  readonly deadMan: DeadMan;
  /** Commands by chat, as they stand; missing: there is no such channel. */
  readonly chat?: () => DeskChatStatus;
  readonly nowMs: () => number;
  readonly log: Logger;
}

export interface EngineInput {
  /** Scheme, host and port under which people open the desk. */
  readonly origin: string;
  readonly pairIds: readonly string[];
  readonly settingsFile: string;
}

export interface Engine {
  /** One look; calls do not overlap. */
  look(): Promise<void>;
  state(): AlertState;
  /** The alert as it is afterwards, on disk when this returns; null: it is not open. */
  acknowledge(alertId: string, ack: Ack): Alert | null;
}

const LABELS: Readonly<Record<ChannelId, string>> = { telegram: "Telegram", ntfy: "ntfy", webhook: "Webhook" };
const CHANNEL_ORDER: readonly ChannelId[] = ["telegram", "ntfy", "webhook"];

export function createEngine(ports: EnginePorts, input: EngineInput): Engine {
  let kept = ports.stateFile.kept;
  let looking: Promise<void> | null = null;
  const { outbox, log } = ports;
  const postman = createPostman({
    outbox,
    posts: () => postsOf(ports.channels, ports.settings().value),
    nowMs: ports.nowMs,
    log,
    onChange: () =>
      ports.announce({
        type: "alert.changed",
        atMs: ports.nowMs(),
        alertId: "",
        kind: "channel",
        severity: "info",
        title: "",
      }),
  });

  function keep(alerts: AlertState, requestCursor = kept.requestCursor): void {
    kept = { alerts, requestCursor };
    ports.stateFile.save(kept);
  }

  function announce(changes: readonly AlertChange[]): void {
    for (const { kind, alert } of changes) {
      ports.announce({
        type: "alert.changed",
        atMs: ports.nowMs(),
        alertId: alert.id,
        kind,
        severity: alert.severity,
        title: titleOf(alert),
      });
      log.info(`alert.${kind}`, {
        alertId: alert.id,
        key: alert.key,
        severity: alert.severity,
        detail: alert.sentence,
        by: kind === "acknowledged" ? (alert.ack?.by ?? null) : null,
      });
    }
  }

  async function takeRequests(): Promise<void> {
    const found = await ports.readRequests(kept.requestCursor);
    // Without the store nobody can have asked; the look itself says that it is away.
    if (!found.ok) return;
    for (const { id, request } of found.value) {
      if (request === null) log.warn("alert.request-unreadable", { requestId: id });
      const answer = request === null ? null : carryOut(request);
      keep(answer?.state ?? kept.alerts, id);
      announce(answer?.changes ?? []);
    }
  }

  function carryOut(request: AlertRequest): ReturnType<typeof acknowledge> {
    if (request.kind === "ack") {
      const { by, role, note, atMs } = request;
      return acknowledge(kept.alerts, request.alertId, { by, role, note: cleanText(note), atMs });
    }
    if (ports.channels.some(({ id }) => id === request.channelId)) {
      const alert = testAlert(request.requestId, ports.nowMs());
      outbox.queue(
        request.channelId,
        buildMessage({
          id: `${request.requestId}/${request.channelId}/1`,
          alert,
          kind: "test",
          origin: input.origin,
          wallNowMs: ports.nowMs(),
        }),
        ports.nowMs(),
      );
    }
    return null;
  }

  async function look(): Promise<void> {
    await takeRequests();
    const facts = await ports.observe();
    const settings = ports.settings();
    const nowMs = ports.nowMs();
    const judged = evaluateAlerts(kept.alerts, { facts, settings: settings.value });
    // First the alert with its id, then the message: the same message keys come out after an end in between.
    keep(judged.state);
    announce(judged.changes);
    const quiet = settings.value.quietHours;
    const minuteOfDay = quiet === null ? 0 : minuteOfDayIn(quiet.timeZone, nowMs);
    const due = dueNotices({
      state: kept.alerts,
      channels: policiesOf(ports.channels, settings.value),
      // A zone nobody knows must not silence anything.
      settings: minuteOfDay === null ? { ...settings.value, quietHours: null } : settings.value,
      wallNowMs: nowMs,
      minuteOfDay: minuteOfDay ?? 0,
    });
    for (const notice of due) if (!isDoubled(notice)) queue(notice, nowMs);
    if (due.length > 0) keep(markTold(kept.alerts, due, nowMs));
    const published = await ports.publish(
      viewOf(facts, settings, minuteOfDay !== null && isQuietAt(quiet, minuteOfDay)),
    );
    void postman.deliver();
    await ports.deadMan.beat(facts.deskProblem === null && published.ok);
  }

  /** A reminder while the message before it still waits says nothing new. */
  function isDoubled(notice: Notice): boolean {
    return (
      notice.kind === "reminder" &&
      outbox
        .waiting()
        .some(({ channelId, message }) => channelId === notice.channelId && message.alert.id === notice.alert.id)
    );
  }

  function queue(notice: Notice, nowMs: number): void {
    const { id, channelId, alert, kind } = notice;
    outbox.queue(channelId, buildMessage({ id, alert, kind, origin: input.origin, wallNowMs: nowMs }), nowMs);
  }

  function viewOf(facts: AlertFacts, settings: ReturnType<EnginePorts["settings"]>, isQuietNow: boolean): AlertsState {
    const { value } = settings;
    const zoneProblem =
      value.quietHours !== null && minuteOfDayIn(value.quietHours.timeZone, facts.wallNowMs) === null
        ? `the time zone ${value.quietHours.timeZone} is not known here; quiet hours are off`
        : null;
    const recent = outbox.recent();
    return {
      updatedAtMs: ports.nowMs(),
      open: kept.alerts.open.map(dtoOf),
      history: kept.alerts.history.map(dtoOf),
      rules: RULE_IDS.map((ruleId): AlertRuleDto => {
        const { title, watches, action, thresholdUnit, clock } = RULES[ruleId];
        const changed = Object.keys(value.rules[ruleId]?.pairs ?? {});
        return {
          id: ruleId,
          title,
          watches,
          action,
          thresholdUnit,
          clock,
          ...resolveRule(value, ruleId, null),
          pairs: changed.map((pairId) => ({ pairId, ...resolveRule(value, ruleId, pairId) })),
        };
      }),
      channels: CHANNEL_ORDER.map((id) => {
        const channel = ports.channels.find((each) => each.id === id) ?? null;
        const policy = value.channels[id];
        return {
          id,
          label: LABELS[id],
          target: channel?.target ?? null,
          enabled: policy?.enabled ?? true,
          minSeverity: policy?.minSeverity ?? "warn",
          tier: policy?.tier ?? "first",
          pairs: policy?.pairs ?? [],
          waitingCount: outbox.waiting().filter(({ channelId }) => channelId === id).length,
          lastSentAtMs: recent.find((each) => each.channelId === id && each.outcome === "sent")?.atMs ?? null,
          lastError:
            postman.lastErrorOf(id) ??
            outbox.waiting().find(({ channelId, lastError }) => channelId === id && lastError !== null)?.lastError ??
            null,
        };
      }),
      deliveries: [
        ...outbox.waiting().map((each): AlertDeliveryDto => ({
          id: each.id,
          channelId: each.channelId,
          alertId: each.message.alert.id,
          kind: each.message.kind,
          state: "waiting",
          atMs: each.queuedAtMs,
          attempts: each.attempts,
          nextAtMs: each.nextAtMs,
          error: each.lastError,
        })),
        ...recent.map((each): AlertDeliveryDto => ({
          id: each.id,
          channelId: each.channelId,
          alertId: each.alertId,
          kind: each.kind,
          state: each.outcome,
          atMs: each.atMs,
          attempts: each.attempts,
          nextAtMs: null,
          error: each.error,
        })),
      ],
      quietHours: value.quietHours === null ? null : { ...value.quietHours, isNow: isQuietNow },
      remindAfterMin: value.remindAfterMin,
      escalateAfterMin: value.escalateAfterMin,
      coolDownMin: value.coolDownMin,
      deadMan: ports.deadMan.status(),
      ...(ports.chat === undefined
        ? {}
        : { chat: { ...ports.chat(), strangers: [...ports.chat().strangers], users: value.chat.users.length } }),
      settingsFile: input.settingsFile,
      settingsProblem: settings.problem ?? unknownPairs(value, input.pairIds) ?? zoneProblem,
    };
  }

  return {
    state: () => kept.alerts,
    acknowledge(alertId, ack) {
      const done = acknowledge(kept.alerts, alertId, { ...ack, note: cleanText(ack.note) });
      if (done === null) return null;
      keep(done.state);
      announce(done.changes);
      return kept.alerts.open.find(({ id }) => id === alertId) ?? null;
    },
    look() {
      looking ??= look()
        .catch((error: unknown) => {
          // Going on is right: the next look starts from what is on disk; the dead-man ping stays away meanwhile.
          log.error("alert.look-failed", { detail: errorText(error) });
        })
        .finally(() => {
          looking = null;
        });
      return looking;
    },
  };
}

function titleOf(alert: Alert): string {
  return alert.pairId === null ? RULES[alert.ruleId].title : `${alert.pairId}: ${RULES[alert.ruleId].title}`;
}

function dtoOf(alert: Alert): AlertDto {
  return { ...alert, title: RULES[alert.ruleId].title, action: RULES[alert.ruleId].action };
}

function postsOf(channels: readonly Channel[], settings: AlertSettings): Post[] {
  return channels
    .filter(({ id }) => settings.channels[id]?.enabled ?? true)
    .map((channel) => ({ channel, maxPerMinute: settings.channels[channel.id]?.maxPerMinute ?? 10 }));
}

function policiesOf(channels: readonly Channel[], settings: AlertSettings): ChannelPolicy[] {
  return postsOf(channels, settings).map(({ channel: { id } }) => ({
    id,
    minSeverity: settings.channels[id]?.minSeverity ?? "warn",
    tier: settings.channels[id]?.tier ?? "first",
    pairs: settings.channels[id]?.pairs ?? [],
  }));
}

/** A pair that is not run here is most likely a typing error. */
function unknownPairs(settings: AlertSettings, pairIds: readonly string[]): string | null {
  const named = [
    ...Object.values(settings.rules).flatMap((rule) => Object.keys(rule?.pairs ?? {})),
    ...Object.values(settings.channels).flatMap((channel) => channel?.pairs ?? []),
  ];
  const unknown = [...new Set(named)].filter((pairId) => !pairIds.includes(pairId));
  return unknown.length === 0
    ? null
    : `the settings name ${unknown.join(", ")}, which is not run here; those lines have no effect`;
}

/** Stands for no condition: only so that a test message looks like a real one. */
function testAlert(requestId: string, nowMs: number): Alert {
  return {
    id: requestId.padEnd(16, "0").slice(0, 16),
    key: `service_down:test-${requestId}`,
    ruleId: "service_down",
    pairId: null,
    severity: "info",
    sentence: "This is a test of the alert channel; nothing is wrong.",
    figure: "test",
    did: "nothing",
    href: "/alerts",
    firedAtMs: nowMs,
    clearedAtMs: null,
    reopenedCount: 0,
    ack: null,
    told: [],
  };
}
