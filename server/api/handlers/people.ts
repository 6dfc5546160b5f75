// People and approval limits with their versions, as the signer keeps them; changes are signed commands.
import { contract } from "@/lib/api/contract";
import { err, ok } from "@/lib/errors/result";
import { fromSignerError } from "@/server/api/api-error";
import { bindHandler } from "@/server/api/handler";

const peopleHandler = bindHandler(contract.people, async ({ deps }) => {
  const settings = await deps.control.call("settings.get", {});
  return settings.ok ? ok({ data: { versions: settings.value.people } }) : err(fromSignerError(settings.error));
});

const limitsHandler = bindHandler(contract.limits, async ({ deps }) => {
  const settings = await deps.control.call("settings.get", {});
  return settings.ok ? ok({ data: { versions: settings.value.limits } }) : err(fromSignerError(settings.error));
});

export const peopleHandlers = [peopleHandler, limitsHandler];
