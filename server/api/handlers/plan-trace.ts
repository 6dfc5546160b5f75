// Lines and records of one plan from the log store, by its trace ids.
import { settingsContract } from "@/lib/api/settings-contract";
import { planRecordSchema } from "@/lib/api/signer-contract";
import { err, ok } from "@/lib/errors/result";
import { EPOCH_MS } from "@/lib/units";
import { fromSignerError } from "@/server/api/api-error";
import { bindHandler } from "@/server/api/handler";
import { readDeskState } from "@/server/api/reads";
import { readPlanCopy } from "@/server/infra/store/plans";
import { marketNowMs } from "./pairs";

const HOUR_MS = 3_600_000;
/** A plan waits a day at most; what it left behind is looked for this long after its epoch. */
const LOOK_MS = 30 * 24 * HOUR_MS;

const traceHandler = bindHandler(
  settingsContract.planTrace,
  async ({ deps, params }) => {
    if (deps.trace === undefined) {
      return err({ code: "unavailable", message: "The log store is not read by this process." });
    }
    const [asked, desk] = await Promise.all([
      deps.control.call("plan.get", { planId: params.planId }),
      readDeskState(deps),
    ]);
    if (!desk.ok) return desk;
    let record = asked.ok ? asked.value : null;
    if (!asked.ok) {
      const copy = await readPlanCopy(deps.store, params.planId, planRecordSchema);
      if (!copy.ok || copy.value === null) return err(fromSignerError(asked.error));
      record = copy.value;
    }
    if (record === null) return err({ code: "not_found", message: `Plan ${params.planId} is not known.` });
    const fromMs = (record.plan.epoch - 2) * EPOCH_MS;
    const trace = await deps.trace.read({
      planId: record.planId,
      opIds: record.ops.map(({ opId }) => opId),
      fromMs,
      toMs: Math.min(fromMs + LOOK_MS, marketNowMs(deps, desk.value) + HOUR_MS),
    });
    return ok({
      data: {
        cycleIds: [...trace.cycleIds],
        lines: [...trace.lines],
        problems: [...trace.problems],
        missing: [...trace.missing],
      },
    });
  },
  "operator",
);

export const planTraceHandlers = [traceHandler];
