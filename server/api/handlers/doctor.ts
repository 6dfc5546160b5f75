// The set-up checks, one group a request; without a session nothing private leaves: no address, no folder, no message of a library.
import { contract } from "@/lib/api/contract";
import { err, ok } from "@/lib/errors/result";
import { bindHandler } from "@/server/api/handler";

/** Fixes that name no address and no folder of this deployment. */
const PUBLIC_FIX = "sign in to see the reason and the fix, or run tidegate doctor on the machine";

const doctorHandler = bindHandler(contract.doctor, async ({ deps, params, session }) => {
  if (deps.doctor === undefined) {
    return err({ code: "unavailable", message: "This process runs no set-up checks; run tidegate doctor instead." });
  }
  const { checkedAtMs, tookMs, checks } = await deps.doctor.check(params.group);
  const isRedacted = session === null && !deps.settings.isPublicRead;
  return ok({
    data: {
      group: params.group,
      checkedAtMs,
      tookMs,
      isRedacted,
      checks: checks.map((check) => ({
        name: check.name,
        state: check.state,
        detail: isRedacted ? "" : check.detail,
        fix: check.state !== "failed" ? null : isRedacted ? PUBLIC_FIX : check.fix,
      })),
    },
  });
});

export const doctorHandlers = [doctorHandler];
