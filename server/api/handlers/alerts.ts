// Alerts as the alerts process last wrote them; an acknowledgement and a test message are requests it carries out.
import { setTimeout as sleep } from "node:timers/promises";
import { alertsStateSchema, type AlertDto, type AlertsState } from "@/lib/api/alert-schemas";
import { contract } from "@/lib/api/contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { formatAge } from "@/lib/format/age";
import { fromStoreError, type ApiError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { requireRole } from "@/server/api/session";
import { appendAlertRequest } from "@/server/infra/store/alerts";
import { readJson } from "@/server/infra/store/json-values";
import { storeKeys } from "@/server/infra/store/keys";

/** Four looks of the alerts process. */
const SILENT_MS = 20_000;
const ACK_WAIT_MS = 4_000;
const ACK_POLL_MS = 150;

async function readState(deps: ApiDeps): Promise<Result<AlertsState | null, ApiError>> {
  const state = await readJson(deps.store, storeKeys.alerts, alertsStateSchema);
  return state.ok ? state : err(fromStoreError(state.error));
}

/** Before the first word of the alerts process there is nothing to show but that. */
function emptyState(): AlertsState {
  const never = { info: 0, warn: 0, critical: 0 };
  return {
    updatedAtMs: 0,
    open: [],
    history: [],
    rules: [],
    channels: [],
    deliveries: [],
    quietHours: null,
    remindAfterMin: never,
    escalateAfterMin: never,
    coolDownMin: 0,
    deadMan: { host: null, lastOkAtMs: null, lastError: null },
    settingsFile: "",
    settingsProblem: null,
  };
}

const alertsHandler = bindHandler(contract.alerts, async ({ deps }) => {
  const state = await readState(deps);
  if (!state.ok) return state;
  const nowMs = deps.nowMs();
  if (state.value === null) {
    return ok({
      data: {
        ...emptyState(),
        watch: {
          state: "unknown" as const,
          sentence: "The alerts process has not reported yet: nothing is known of alerts.",
        },
        nowMs,
      },
    });
  }
  const ageMs = nowMs - state.value.updatedAtMs;
  return ok({
    data: {
      ...state.value,
      watch:
        ageMs > SILENT_MS
          ? {
              state: "stopped" as const,
              sentence: `The alerts process has been silent for ${formatAge(ageMs)}: what is shown is its last word, and nobody is told of anything new.`,
            }
          : { state: "ok" as const, sentence: `looked ${formatAge(ageMs)} ago` },
      nowMs,
    },
  });
});

const ackHandler = bindHandler(
  contract.alertAck,
  async ({ deps, session, params, body }) => {
    const who = requireRole(session, "operator");
    if (!who.ok) return who;
    const found = await findOpen(deps, params.alertId);
    if (!found.ok) return found;
    if (found.value.ack !== null) return ok({ data: { status: "done" as const, alert: found.value } });
    const { address, role } = who.value;
    const written = await appendAlertRequest(deps.store, {
      kind: "ack",
      alertId: params.alertId,
      by: address,
      role,
      note: body.note.trim(),
      atMs: deps.nowMs(),
    });
    if (!written.ok) return err(fromStoreError(written.error));
    deps.log.info("alert.ack-asked", { alertId: params.alertId, by: address });
    const untilMs = deps.nowMs() + ACK_WAIT_MS;
    while (deps.nowMs() < untilMs) {
      const state = await readState(deps);
      const alert = state.ok ? ofState(state.value, params.alertId) : null;
      if (alert !== null && alert.ack !== null) return ok({ data: { status: "done" as const, alert } });
      await sleep(ACK_POLL_MS);
    }
    return ok({ data: { status: "accepted" as const, alert: found.value } });
  },
  "operator",
);

function ofState(state: AlertsState | null, id: string): AlertDto | null {
  return [...(state?.open ?? []), ...(state?.history ?? [])].find((alert) => alert.id === id) ?? null;
}

async function findOpen(deps: ApiDeps, id: string): Promise<Result<AlertDto, ApiError>> {
  const state = await readState(deps);
  if (!state.ok) return state;
  const alert = ofState(state.value, id);
  if (alert === null) {
    return err({
      code: "not_found",
      message: `There is no alert ${id} here; it may be older than the history that is kept.`,
    });
  }
  if (alert.clearedAtMs !== null) {
    return err({
      code: "conflict",
      message: `The alert ended by itself at ${new Date(alert.clearedAtMs).toISOString()}; there is nothing left to acknowledge.`,
    });
  }
  return ok(alert);
}

const testHandler = bindHandler(
  contract.alertTest,
  async ({ deps, session, params }) => {
    const who = requireRole(session, "owner");
    if (!who.ok) return who;
    const state = await readState(deps);
    if (!state.ok) return state;
    const channel = state.value?.channels.find(({ id }) => id === params.channelId) ?? null;
    if (channel === null || channel.target === null || !channel.enabled) {
      return err({
        code: "conflict",
        message: `The channel ${params.channelId} is not set up, or is switched off; the manual page about alerts says how.`,
      });
    }
    const requestId = deps.randomHex(8);
    const written = await appendAlertRequest(deps.store, {
      kind: "test",
      channelId: params.channelId,
      by: who.value.address,
      requestId,
    });
    if (!written.ok) return err(fromStoreError(written.error));
    return ok({ data: { status: "accepted" as const, deliveryId: `${requestId}/${params.channelId}/1` } });
  },
  "owner",
);

export const alertHandlers = [alertsHandler, ackHandler, testHandler];
