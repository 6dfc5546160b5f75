// Wire shapes of alerts: what is open, what was, the rules as they hold, the channels and what became of each message.
import * as z from "zod";
import { alertSchema, channelIdSchema, noticeKindSchema, ruleIdSchema, severitySchema } from "@/lib/alerts/alert";

const nullableNumber = z.number().nullable();

export const alertDtoSchema = alertSchema.extend({
  /** Name of the rule. */
  title: z.string(),
  /** What a person should do. */
  action: z.string(),
});
export type AlertDto = z.infer<typeof alertDtoSchema>;

export const alertRuleSchema = z.object({
  id: ruleIdSchema,
  title: z.string(),
  watches: z.string(),
  action: z.string(),
  enabled: z.boolean(),
  severity: severitySchema,
  threshold: z.number(),
  thresholdUnit: z.enum(["percent", "seconds", "minutes"]).nullable(),
  holdMs: z.number(),
  clock: z.enum(["market", "wall"]),
  /** Pairs for which something else was set. */
  pairs: z.array(
    z.object({
      pairId: z.string(),
      enabled: z.boolean(),
      severity: severitySchema,
      threshold: z.number(),
      holdMs: z.number(),
    }),
  ),
});
export type AlertRuleDto = z.infer<typeof alertRuleSchema>;

export const alertChannelSchema = z.object({
  id: channelIdSchema,
  label: z.string(),
  /** Where it goes, masked; null: not set up. */
  target: z.string().nullable(),
  enabled: z.boolean(),
  minSeverity: severitySchema,
  tier: z.enum(["first", "escalation"]),
  pairs: z.array(z.string()),
  waitingCount: z.number().int(),
  lastSentAtMs: nullableNumber,
  lastError: z.string().nullable(),
});
export type AlertChannelDto = z.infer<typeof alertChannelSchema>;

export const alertDeliverySchema = z.object({
  id: z.string(),
  channelId: channelIdSchema,
  alertId: z.string(),
  kind: noticeKindSchema,
  state: z.enum(["waiting", "sent", "given_up"]),
  atMs: z.number(),
  attempts: z.number().int(),
  /** When it is tried again. */
  nextAtMs: nullableNumber,
  error: z.string().nullable(),
});
export type AlertDeliveryDto = z.infer<typeof alertDeliverySchema>;

const byMinutes = z.object({ info: z.number(), warn: z.number(), critical: z.number() });

/** `tg:alerts`, written by the alerts process at every look. */
export const alertsStateSchema = z.object({
  updatedAtMs: z.number(),
  open: z.array(alertDtoSchema),
  /** Ended ones, newest first. */
  history: z.array(alertDtoSchema),
  rules: z.array(alertRuleSchema),
  channels: z.array(alertChannelSchema),
  deliveries: z.array(alertDeliverySchema),
  quietHours: z.object({ from: z.string(), to: z.string(), timeZone: z.string(), isNow: z.boolean() }).nullable(),
  remindAfterMin: byMinutes,
  escalateAfterMin: byMinutes,
  coolDownMin: z.number(),
  deadMan: z.object({
    /** Host of the service that is pinged; null: none. */
    host: z.string().nullable(),
    lastOkAtMs: nullableNumber,
    lastError: z.string().nullable(),
  }),
  /** Commands by chat; missing: no chat is set up, or an older process wrote this. */
  chat: z
    .object({
      state: z.enum(["off", "starting", "ok", "away"]),
      lastOkAtMs: nullableNumber,
      lastError: z.string().nullable(),
      /** People on the list. */
      users: z.number().int(),
      /** Who wrote without being on it, newest first. */
      strangers: z.array(z.object({ userId: z.string(), lastAtMs: z.number(), count: z.number().int() })),
    })
    .optional(),
  /** Name of the settings file inside the data directory. */
  settingsFile: z.string(),
  /** A settings file that was refused: the last good settings, or the defaults, hold. */
  settingsProblem: z.string().nullable(),
});
export type AlertsState = z.infer<typeof alertsStateSchema>;

export const alertsSchema = alertsStateSchema.extend({
  /** Does the process that watches live: `ok`, `stopped` with its age, `unknown` before its first word. */
  watch: z.object({ state: z.enum(["ok", "stopped", "unknown"]), sentence: z.string() }),
  nowMs: z.number(),
});
export type Alerts = z.infer<typeof alertsSchema>;

/** What the desk asks of the alerts process: an entry of the stream `tg:alerts:requests`. */
export const alertRequestSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("ack"),
    alertId: z.string(),
    by: z.string(),
    role: z.string(),
    note: z.string(),
    atMs: z.number(),
  }),
  z.object({ kind: z.literal("test"), channelId: channelIdSchema, by: z.string(), requestId: z.string() }),
]);
export type AlertRequest = z.infer<typeof alertRequestSchema>;
