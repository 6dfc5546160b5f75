// One look at the facts: which alerts begin, change, come back and end. Pure: the same state and facts give the same alerts.
import * as z from "zod";
import { alertId, alertSchema, severityAtLeast, type Ack, type Alert } from "./alert";
import { computeConditions, type Condition } from "./conditions";
import { areKnown, type AlertFacts } from "./facts";
import { RULES } from "./rules";
import type { AlertSettings } from "./settings";
import type { RuleId } from "./alert";

/** Ended alerts that are kept for the history. */
export const HISTORY_COUNT = 200;

const trackSchema = z.object({ overSinceMs: z.number().nullable(), underSinceMs: z.number().nullable() });
type Track = z.infer<typeof trackSchema>;

export const alertStateSchema = z.object({
  version: z.literal(1),
  /** Per key, in the rule's clock. */
  tracks: z.record(z.string(), trackSchema),
  open: z.array(alertSchema),
  /** Newest first. */
  history: z.array(alertSchema),
  /** Best net result per pair, USD. */
  peaks: z.record(z.string(), z.number()),
});
export type AlertState = z.infer<typeof alertStateSchema>;

export const EMPTY_ALERT_STATE: AlertState = { version: 1, tracks: {}, open: [], history: [], peaks: {} };

export interface AlertChange {
  readonly kind: "fired" | "reopened" | "raised" | "cleared" | "acknowledged";
  readonly alert: Alert;
}

export interface Evaluated {
  readonly state: AlertState;
  readonly changes: readonly AlertChange[];
}

export function evaluateAlerts(
  state: AlertState,
  input: { readonly facts: AlertFacts; readonly settings: AlertSettings },
): Evaluated {
  const { facts, settings } = input;
  const conditions = computeConditions({ facts, settings, peaks: state.peaks });
  const byKey = new Map(conditions.map((condition) => [condition.key, condition]));
  const tracks: Record<string, Track> = {};
  const open: Alert[] = [];
  const ended: Alert[] = [];
  let history = state.history;
  const changes: AlertChange[] = [];
  const openKeys = new Map(state.open.map((alert) => [alert.key, alert]));

  for (const key of new Set([...byKey.keys(), ...Object.keys(state.tracks), ...openKeys.keys()])) {
    const condition = byKey.get(key) ?? null;
    const alert = openKeys.get(key) ?? null;
    const ruleId = condition?.ruleId ?? alert?.ruleId ?? ruleIdOf(key);
    const track = state.tracks[key] ?? { overSinceMs: null, underSinceMs: null };
    if (ruleId === null) continue;
    // What cannot be known now neither begins nor ends anything.
    if (condition === null && !areKnown(facts, RULES[ruleId].reads)) {
      tracks[key] = track;
      if (alert !== null) open.push(alert);
      continue;
    }
    const nowMs = RULES[ruleId].clock === "market" ? facts.marketNowMs : facts.wallNowMs;
    const next = stepTrack(track, condition, nowMs);

    if (alert === null) {
      const hasHeld =
        condition !== null &&
        condition.level === "over" &&
        next.overSinceMs !== null &&
        nowMs - next.overSinceMs >= condition.holdMs;
      if (condition === null || !hasHeld) {
        if (condition?.level === "over") tracks[key] = next;
        continue;
      }
      tracks[key] = next;
      const earlier = history.find((past) => past.key === key);
      const isSame =
        earlier !== undefined &&
        earlier.clearedAtMs !== null &&
        facts.wallNowMs - earlier.clearedAtMs < settings.coolDownMin * 60_000;
      const begun = isSame ? reopened(earlier, condition) : fired(condition, facts.wallNowMs);
      if (isSame) history = history.filter((past) => past !== earlier);
      open.push(begun);
      changes.push({ kind: isSame ? "reopened" : "fired", alert: begun });
      continue;
    }

    if (condition !== null) {
      const changed = updated(alert, condition);
      tracks[key] = next;
      open.push(changed);
      if (isWorse(changed, alert)) changes.push({ kind: "raised", alert: changed });
      continue;
    }
    if (next.underSinceMs !== null && nowMs - next.underSinceMs >= RULES[ruleId].clearMs) {
      const over = { ...alert, clearedAtMs: facts.wallNowMs };
      ended.push(over);
      changes.push({ kind: "cleared", alert: over });
    } else {
      tracks[key] = next;
      open.push(alert);
    }
  }
  return {
    state: {
      version: 1,
      tracks,
      open: open.toSorted(byUrgency),
      history: [...ended, ...history].slice(0, HISTORY_COUNT),
      peaks: nextPeaks(state.peaks, facts),
    },
    changes,
  };
}

/** Critical first, then the oldest. */
function byUrgency(left: Alert, right: Alert): number {
  const rank = { critical: 0, warn: 1, info: 2 } as const;
  return (
    rank[left.severity] - rank[right.severity] || left.firedAtMs - right.firedAtMs || (left.key < right.key ? -1 : 1)
  );
}

/** An instant that lies ahead belongs to a clock that was set back: counting begins anew. */
function stepTrack(track: Track, condition: Condition | null, nowMs: number): Track {
  if (condition === null) return { overSinceMs: null, underSinceMs: notAhead(track.underSinceMs, nowMs) ?? nowMs };
  if (condition.level === "between") return { overSinceMs: null, underSinceMs: null };
  return {
    overSinceMs: notAhead(condition.sinceMs, nowMs) ?? notAhead(track.overSinceMs, nowMs) ?? nowMs,
    underSinceMs: null,
  };
}

function notAhead(atMs: number | null, nowMs: number): number | null {
  return atMs === null || atMs > nowMs ? null : atMs;
}

function ruleIdOf(key: string): RuleId | null {
  const name = key.slice(0, key.indexOf(":"));
  return isRuleId(name) ? name : null;
}

function isRuleId(name: string): name is RuleId {
  return Object.hasOwn(RULES, name);
}

function fired(condition: Condition, wallNowMs: number): Alert {
  const { key, ruleId, pairId, severity, sentence, figure, did, href } = condition;
  return {
    id: alertId(key, wallNowMs),
    key,
    ruleId,
    pairId,
    severity,
    sentence,
    figure,
    did,
    href,
    firedAtMs: wallNowMs,
    clearedAtMs: null,
    reopenedCount: 0,
    ack: null,
    told: [],
  };
}

/** Within the cool-down it is the same alert: who acknowledged it and what was sent still count. */
function reopened(earlier: Alert, condition: Condition): Alert {
  const again = updated({ ...earlier, clearedAtMs: null, reopenedCount: earlier.reopenedCount + 1 }, condition);
  return { ...again, told: again.told.map((told) => ({ ...told, isClosed: false })) };
}

function updated(alert: Alert, condition: Condition): Alert {
  const { severity, sentence, figure, did, href } = condition;
  const next = { ...alert, severity, sentence, figure, did, href };
  // Who acknowledged a warning did not acknowledge that it became critical.
  return isWorse(next, alert) ? { ...next, ack: null } : next;
}

function isWorse(now: Alert, before: Alert): boolean {
  return now.severity !== before.severity && severityAtLeast(now.severity, before.severity);
}

function nextPeaks(peaks: Readonly<Record<string, number>>, facts: AlertFacts): Record<string, number> {
  const next = { ...peaks };
  for (const { pairId, netUsd } of facts.results ?? []) {
    if (Number.isFinite(netUsd)) next[pairId] = Math.max(next[pairId] ?? netUsd, netUsd);
  }
  return next;
}

/** The first acknowledgement counts; null when the alert is not open. */
export function acknowledge(state: AlertState, id: string, ack: Ack): Evaluated | null {
  const found = state.open.find((alert) => alert.id === id);
  if (found === undefined) return null;
  if (found.ack !== null) return { state, changes: [] };
  const alert = { ...found, ack };
  return {
    state: { ...state, open: state.open.map((each) => (each.id === id ? alert : each)) },
    changes: [{ kind: "acknowledged", alert }],
  };
}
