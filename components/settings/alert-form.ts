// The form of the alert settings as data: text per field, what is wrong with which, what has changed in words; pairs' own rules stay as they are.
import type { RuleId } from "@/lib/alerts/alert";
import { RULES } from "@/lib/alerts/rules";
import { alertSettingsSchema, type AlertSettings } from "@/lib/alerts/settings";
import type { AlertText } from "./alert-text";
import type { Change } from "./change-list";
import { chatChanges, chatTextOf, readChat } from "./chat-form";

export const RULE_ROWS = Object.entries(RULES).map(([id, rule]) => ({ id, ...rule }));
export const CHANNELS = [
  { id: "telegram", label: "Telegram" },
  { id: "ntfy", label: "ntfy" },
  { id: "webhook", label: "Webhook" },
] as const;
const SEVERITIES = ["critical", "warn", "info"] as const;

export function alertTextOf(settings: AlertSettings): AlertText {
  const text: Record<string, string> = {};
  for (const { id } of RULE_ROWS) {
    const rule = ruleOf(settings, id);
    text[`rule.${id}.level`] = rule?.enabled === false ? "off" : (rule?.severity ?? "");
    text[`rule.${id}.threshold`] = rule?.threshold === undefined ? "" : String(rule.threshold);
    text[`rule.${id}.holdMin`] = rule?.holdMin === undefined ? "" : String(rule.holdMin);
  }
  const { quietHours } = settings;
  text["quiet.on"] = quietHours === null ? "off" : "on";
  text["quiet.from"] = quietHours?.from ?? "22:00";
  text["quiet.to"] = quietHours?.to ?? "07:00";
  text["quiet.timeZone"] = quietHours?.timeZone ?? "UTC";
  for (const severity of SEVERITIES) {
    text[`remind.${severity}`] = String(settings.remindAfterMin[severity]);
    text[`escalate.${severity}`] = String(settings.escalateAfterMin[severity]);
  }
  text["coolDown"] = String(settings.coolDownMin);
  for (const { id } of CHANNELS) {
    const channel = settings.channels[id];
    text[`channel.${id}.enabled`] = channel?.enabled === false ? "off" : "on";
    text[`channel.${id}.minSeverity`] = channel?.minSeverity ?? "warn";
    text[`channel.${id}.tier`] = channel?.tier ?? "first";
  }
  return { ...text, ...chatTextOf(settings.chat) };
}

type AlertFormResult =
  | { readonly ok: true; readonly settings: AlertSettings }
  | { readonly ok: false; readonly problems: Readonly<Record<string, string>> };

/** What was typed as settings, or what is wrong with which field. */
export function readAlertForm(before: AlertSettings, text: AlertText): AlertFormResult {
  const problems: Record<string, string> = {};
  const number = (key: string): number | undefined => {
    const typed = (text[key] ?? "").trim();
    if (typed === "") return undefined;
    const value = Number(typed);
    if (!Number.isFinite(value)) problems[key] = "Expected a number.";
    return value;
  };
  const rules: Record<string, unknown> = {};
  for (const { id } of RULE_ROWS) {
    const pairs = ruleOf(before, id)?.pairs;
    const level = text[`rule.${id}.level`] ?? "";
    const threshold = number(`rule.${id}.threshold`);
    const holdMin = number(`rule.${id}.holdMin`);
    const rule = {
      ...(level === "off" ? { enabled: false } : {}),
      ...(level === "" || level === "off" ? {} : { severity: level }),
      ...(threshold === undefined ? {} : { threshold }),
      ...(holdMin === undefined ? {} : { holdMin }),
      ...(pairs === undefined ? {} : { pairs }),
    };
    if (Object.keys(rule).length > 0) rules[id] = rule;
  }
  const zone = (text["quiet.timeZone"] ?? "").trim();
  const isQuiet = text["quiet.on"] === "on";
  const [from, to] = (["quiet.from", "quiet.to"] as const).map((id) => {
    const time = timeOfDay(text[id] ?? "");
    if (isQuiet && time === null) problems[id] = "Expected a time of day from 00:00 to 23:59, such as 22:00.";
    return time ?? text[id];
  });
  if (isQuiet && !isTimeZone(zone)) problems["quiet.timeZone"] = "Expected a zone such as Europe/Berlin or UTC.";
  const bySeverity = (group: string) =>
    Object.fromEntries(SEVERITIES.map((severity) => [severity, number(`${group}.${severity}`)]));
  const channels = Object.fromEntries(
    CHANNELS.flatMap(({ id }) => {
      const changed = {
        ...before.channels[id],
        enabled: text[`channel.${id}.enabled`] !== "off",
        minSeverity: text[`channel.${id}.minSeverity`],
        tier: text[`channel.${id}.tier`],
      };
      // What was never set and still is as usual stays unset.
      const isUsual = changed.enabled && changed.minSeverity === "warn" && changed.tier === "first";
      return before.channels[id] === undefined && isUsual ? [] : [[id, changed]];
    }),
  );
  const parsed = alertSettingsSchema.safeParse({
    ...before,
    rules,
    quietHours: isQuiet ? { from, to, timeZone: zone } : null,
    remindAfterMin: bySeverity("remind"),
    escalateAfterMin: bySeverity("escalate"),
    coolDownMin: number("coolDown"),
    channels,
    chat: readChat(text, problems),
  });
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) problems[keyOf(path)] ??= message;
  }
  return parsed.success && Object.keys(problems).length === 0
    ? { ok: true, settings: parsed.data }
    : { ok: false, problems };
}

const GROUPS: Readonly<Record<string, string>> = {
  rules: "rule",
  quietHours: "quiet",
  remindAfterMin: "remind",
  escalateAfterMin: "escalate",
  coolDownMin: "coolDown",
  channels: "channel",
};

/** `7:30` and `730` as `07:30`; null for what is no time of a day of 24 hours. */
function timeOfDay(text: string): string | null {
  const [, hours = "", minutes = ""] = /^(\d{1,2}):?(\d{2})$/.exec(text.trim()) ?? [];
  return minutes !== "" && Number(hours) < 24 && Number(minutes) < 60 ? `${hours.padStart(2, "0")}:${minutes}` : null;
}

function keyOf(path: readonly PropertyKey[]): string {
  const [group = "", ...rest] = path.map(String);
  return [GROUPS[group] ?? group, ...rest].join(".");
}

/** What a signature would change, each in words. */
export function alertChanges(
  before: AlertSettings,
  after: AlertSettings,
  nameOf: (address: string) => string = (address) => address,
): Change[] {
  const [old, next] = [alertTextOf(before), alertTextOf(after)];
  const plain = Object.keys(next).flatMap((id) => {
    if (id.startsWith("chat.")) return [];
    // Of quiet hours that are off, nothing is in force.
    if (id.startsWith("quiet.") && id !== "quiet.on" && after.quietHours === null) return [];
    const [from, to] = [wordOf(id, old[id] ?? ""), wordOf(id, next[id] ?? "")];
    return from === to ? [] : [{ id, label: labelOf(id), before: from, after: to }];
  });
  return [...plain, ...chatChanges(before.chat, after.chat, nameOf)];
}

const PARTS: Readonly<Record<string, string>> = {
  level: "severity",
  threshold: "threshold",
  holdMin: "must last, minutes",
  enabled: "messages",
  minSeverity: "from",
  tier: "told",
};

function labelOf(id: string): string {
  const [group = "", name = "", part = ""] = id.split(".");
  if (group === "rule") return `${RULE_ROWS.find((row) => row.id === name)?.title ?? name}, ${PARTS[part] ?? part}`;
  if (group === "channel") return `${CHANNELS.find((each) => each.id === name)?.label ?? name}, ${PARTS[part] ?? part}`;
  if (group === "quiet") return name === "on" ? "Quiet hours" : `Quiet hours, ${name === "timeZone" ? "zone" : name}`;
  if (group === "remind") return `Reminder of ${name}, every so many minutes`;
  if (group === "escalate") return `Escalation of ${name}, after so many minutes`;
  return "Same alert when it comes back within, minutes";
}

function wordOf(id: string, text: string): string {
  if (text === "" && id.startsWith("rule.")) return "default";
  if (id.endsWith(".tier")) return text === "escalation" ? "when nobody answers" : "at once";
  return text;
}

function ruleOf(settings: AlertSettings, id: string): AlertSettings["rules"][RuleId] {
  return Object.entries(settings.rules).find(([name]) => name === id)?.[1];
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    // Not known to this browser: said as the field's problem.
    return false;
  }
}
