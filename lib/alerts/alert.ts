// What an alert is: its life from the first sign to the end, who acknowledged it, and which outside channel was told what.
import { keccak256, stringToHex } from "viem";
import * as z from "zod";

export const SEVERITIES = ["info", "warn", "critical"] as const;
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

export const RULE_IDS = [
  "out_of_range",
  "plan_waits",
  "plan_failed",
  "worker_down",
  "late_decision",
  "no_data",
  "stale_source",
  "rpc_lag",
  "gas_over_budget",
  "limit_near",
  "drawdown",
  "depeg",
  "reconciliation",
  "bridge_late",
  "halted",
  "service_down",
  "desk_unreadable",
] as const;
export const ruleIdSchema = z.enum(RULE_IDS);
export type RuleId = z.infer<typeof ruleIdSchema>;

export const CHANNEL_IDS = ["telegram", "ntfy", "webhook"] as const;
export const channelIdSchema = z.enum(CHANNEL_IDS);
export type ChannelId = z.infer<typeof channelIdSchema>;

export const NOTICE_KINDS = ["fired", "raised", "reminder", "escalated", "cleared", "test"] as const;
export const noticeKindSchema = z.enum(NOTICE_KINDS);
export type NoticeKind = z.infer<typeof noticeKindSchema>;

export const ackSchema = z.object({
  by: z.string(),
  role: z.string(),
  note: z.string(),
  atMs: z.number(),
});
export type Ack = z.infer<typeof ackSchema>;

/** What one channel was told about one alert. */
export const toldSchema = z.object({
  channelId: channelIdSchema,
  /** Messages so far; part of the next message's key. */
  count: z.number().int().min(1),
  lastAtMs: z.number(),
  severity: severitySchema,
  isClosed: z.boolean(),
});
export type Told = z.infer<typeof toldSchema>;

export const alertSchema = z.object({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  /** `rule:subject`; one open alert per key. */
  key: z.string(),
  ruleId: ruleIdSchema,
  pairId: z.string().nullable(),
  severity: severitySchema,
  sentence: z.string(),
  /** The number that matters, with its unit. */
  figure: z.string(),
  /** What the system did or will do by itself. */
  did: z.string(),
  /** Page it concerns. */
  href: z.string(),
  /** Wall time. */
  firedAtMs: z.number(),
  clearedAtMs: z.number().nullable(),
  /** How often it came back within the cool-down and was taken up again. */
  reopenedCount: z.number().int(),
  ack: ackSchema.nullable(),
  told: z.array(toldSchema),
});
export type Alert = z.infer<typeof alertSchema>;

export function severityAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

/** 16 hex digits from key and first instant: the same alert has the same id after a crash between two writes. */
export function alertId(key: string, firedAtMs: number): string {
  return keccak256(stringToHex(`${key}@${firedAtMs}`)).slice(2, 18);
}
