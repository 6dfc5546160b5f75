// Fault tests: ends the process for good at the n-th pass of a journal label; refused as soon as one chain is not local.
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError } from "@/lib/errors/tidegate-error";
import { KILL_LABELS, type KillPoint } from "./ports";

export interface KillPointSettings {
  readonly killLabel: string | null;
  readonly chains: readonly { readonly name: string; readonly isLocal: boolean }[];
  /** SIGKILL to this process; nothing after it runs. */
  readonly kill: () => void;
}

export function createKillPoint(settings: KillPointSettings): Result<KillPoint | null, ConfigError> {
  if (settings.killLabel === null) return ok(null);
  const real = settings.chains.find((chain) => !chain.isLocal);
  if (real !== undefined) {
    return err(
      invalid(`it is for fault tests on local chains, and ${real.name} is a real one; remove it from the environment`),
    );
  }
  const [name, count] = settings.killLabel.split(":");
  const label = KILL_LABELS.find((each) => each === name);
  const atPass = Number(count);
  if (label === undefined || !Number.isInteger(atPass) || atPass < 1) {
    return err(invalid(`expected <label>:<n> with a label of ${KILL_LABELS.join(", ")}, found ${settings.killLabel}`));
  }
  let passes = 0;
  return ok((passed) => {
    if (passed !== label) return;
    passes += 1;
    if (passes === atPass) settings.kill();
  });
}

function invalid(reason: string): ConfigError {
  return new ConfigError({ code: "invalid", message: `TG_KILL is refused: ${reason}.`, retryable: false });
}
