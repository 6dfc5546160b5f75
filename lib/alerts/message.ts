// The words of a message: severity, pair, one sentence, since when, what the system did, what to do, one link that opens after signing in.
import { formatAge } from "@/lib/format/age";
import { formatIso } from "@/lib/format/time";
import * as z from "zod";
import { alertSchema, noticeKindSchema, type Alert, type NoticeKind } from "./alert";
import { RULES } from "./rules";

export const alertMessageSchema = z.object({
  /** Key of the outbox; a receiver may use it to drop what it has already seen. */
  id: z.string(),
  kind: noticeKindSchema,
  title: z.string(),
  body: z.string(),
  link: z.string(),
  alert: alertSchema.pick({
    id: true,
    key: true,
    ruleId: true,
    pairId: true,
    severity: true,
    figure: true,
    firedAtMs: true,
    clearedAtMs: true,
  }),
});
export type AlertMessage = z.infer<typeof alertMessageSchema>;

const WORDS: Readonly<Record<Alert["severity"], string>> = { info: "INFO", warn: "WARN", critical: "CRITICAL" };

const PREFIX: Readonly<Record<NoticeKind, string>> = {
  fired: "",
  raised: "Worse: ",
  reminder: "Still: ",
  escalated: "Nobody answered: ",
  cleared: "Over: ",
  test: "Test: ",
};

export function buildMessage(input: {
  readonly id: string;
  readonly alert: Alert;
  readonly kind: NoticeKind;
  /** Scheme, host and port of the desk. */
  readonly origin: string;
  readonly wallNowMs: number;
}): AlertMessage {
  const { alert, kind } = input;
  const rule = RULES[alert.ruleId];
  const subject = alert.pairId === null ? rule.title : `${alert.pairId} ${rule.title.toLowerCase()}`;
  const isOver = kind === "cleared";
  const forMs = (alert.clearedAtMs ?? input.wallNowMs) - alert.firedAtMs;
  const lines = isOver
    ? [`${subject} is over after ${formatAge(forMs)}.`, `It was: ${alert.sentence}`]
    : [
        alert.sentence,
        `Since ${formatIso(alert.firedAtMs)} (${formatAge(forMs)}).`,
        `The system: ${alert.did}.`,
        `To do: ${rule.action}`,
      ];
  return {
    id: input.id,
    kind,
    title: `${PREFIX[kind]}${isOver ? "OK" : WORDS[alert.severity]} ${subject}${isOver ? "" : `: ${alert.figure}`}`,
    body: lines.join("\n"),
    link: `${input.origin}/alerts/${alert.id}`,
    alert: {
      id: alert.id,
      key: alert.key,
      ruleId: alert.ruleId,
      pairId: alert.pairId,
      severity: alert.severity,
      figure: alert.figure,
      firedAtMs: alert.firedAtMs,
      clearedAtMs: alert.clearedAtMs,
    },
  };
}
