// Fault tests: ends the process for good at the n-th pass of a journal label; refused beside a real chain, and not part of production bundles.
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError } from "@/lib/errors/tidegate-error";
import { KILL_LABELS, type KillPoint } from "./ports";

/** Set by the build of dist/server (server/cli/bundles.mjs); absent when sources run. */
declare const TG_PRODUCTION_BUNDLE: true | undefined;

/** In a production bundle only the first branch is left: the bundler drops the other one with all that only it uses. */
export function openKillPoint(settings: Omit<KillPointSettings, "kill">): Result<KillPoint | null, ConfigError> {
  return typeof TG_PRODUCTION_BUNDLE === "undefined"
    ? createKillPoint({ ...settings, kill: () => void process.kill(process.pid, "SIGKILL") })
    : refuseKillLabel(settings.killLabel);
}

function refuseKillLabel(killLabel: string | null): Result<null, ConfigError> {
  if (killLabel === null) return ok(null);
  return err(invalid("production bundles have no fault points; remove it, or run the sources with tsx"));
}

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
