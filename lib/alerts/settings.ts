// What an operator may set about alerts: rules by pair, quiet hours, how often a reminder comes, when the second channel is told.
import * as z from "zod";
import { chatUserIdSchema } from "@/lib/alerts/chat-pause";
import { addressSchema } from "@/lib/registry/schema";
import { channelIdSchema, ruleIdSchema, severitySchema, type RuleId, type Severity } from "./alert";
import { RULES } from "./rules";

const MINUTE_MS = 60_000;

const ruleChangeSchema = z.strictObject({
  enabled: z.boolean().optional(),
  severity: severitySchema.optional(),
  /** In the rule's own unit, see the rule. */
  threshold: z.number().positive().max(1e9).optional(),
  /** How long it must be so before it fires. */
  holdMin: z.number().min(0).max(10_080).optional(),
});
type RuleChange = z.output<typeof ruleChangeSchema>;

const bySeverity = (info: number, warn: number, critical: number) => {
  const minutes = z.number().min(1).max(10_080);
  return z
    .strictObject({
      info: minutes.default(info),
      warn: minutes.default(warn),
      critical: minutes.default(critical),
    })
    .prefault({});
};

const clockText = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "expected a time such as 22:30");

export const alertSettingsSchema = z.strictObject({
  rules: z
    .partialRecord(
      ruleIdSchema,
      ruleChangeSchema.extend({ pairs: z.record(z.string().max(40), ruleChangeSchema).optional() }),
    )
    .default({}),
  /** Warnings wait until they are over; critical never waits. */
  quietHours: z
    .strictObject({ from: clockText, to: clockText, timeZone: z.string().min(1).max(60).default("UTC") })
    .nullable()
    .default(null),
  /** A reminder until somebody acknowledges. */
  remindAfterMin: bySeverity(1_440, 60, 10),
  /** Channels of tier `escalation` are told when nobody acknowledged for so long. */
  escalateAfterMin: bySeverity(1_440, 120, 15),
  /** An alert that comes back this soon is the same one: no new first message. */
  coolDownMin: z.number().min(0).max(1_440).default(10),
  channels: z
    .partialRecord(
      channelIdSchema,
      z.strictObject({
        enabled: z.boolean().default(true),
        minSeverity: severitySchema.default("warn"),
        tier: z.enum(["first", "escalation"]).default("first"),
        /** Only alerts of these pairs and of the system; empty: all. */
        pairs: z.array(z.string().max(40)).default([]),
        maxPerMinute: z.number().int().min(1).max(60).default(10),
      }),
    )
    .default({}),
  /** Commands by chat: off, and with nobody on the list they are refused for everybody. */
  chat: z
    .strictObject({
      enabled: z.boolean().default(false),
      users: z
        .array(z.strictObject({ userId: chatUserIdSchema, address: addressSchema }))
        .max(40)
        .refine((users) => new Set(users.map(({ userId }) => userId)).size === users.length, {
          message: "one line per Telegram user",
        })
        .default([]),
    })
    .prefault({}),
});
export type AlertSettings = z.output<typeof alertSettingsSchema>;

export const DEFAULT_ALERT_SETTINGS: AlertSettings = alertSettingsSchema.parse({});

export interface ResolvedRule {
  readonly enabled: boolean;
  readonly severity: Severity;
  readonly threshold: number;
  readonly holdMs: number;
}

/** The rule as it holds for a pair: the pair's change, over the rule's change, over the default. */
export function resolveRule(settings: AlertSettings, ruleId: RuleId, pairId: string | null): ResolvedRule {
  const rule = RULES[ruleId];
  const general: RuleChange = settings.rules[ruleId] ?? {};
  const own: RuleChange = (pairId === null ? undefined : settings.rules[ruleId]?.pairs?.[pairId]) ?? {};
  const holdMin = own.holdMin ?? general.holdMin;
  return {
    enabled: own.enabled ?? general.enabled ?? true,
    severity: own.severity ?? general.severity ?? rule.severity,
    threshold: own.threshold ?? general.threshold ?? rule.threshold,
    holdMs: holdMin === undefined ? rule.holdMs : holdMin * MINUTE_MS,
  };
}
