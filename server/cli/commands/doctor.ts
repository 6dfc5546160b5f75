// `doctor`: checks what can be checked on this machine and says the fix for each failure.
import { join } from "node:path";
import * as z from "zod";
import { errorText } from "@/lib/errors/tidegate-error";
import {
  checkChains,
  checkClock,
  checkFolder,
  checkKeystore,
  checkNode,
  checkSources,
  checkStore,
  checkTelemetry,
  limited,
  REACH_TIMEOUT_MS,
  verdict,
  type DoctorCheck,
} from "@/server/api/doctor-checks";
import { readRunFile, type RunFile } from "@/server/cli/data-dir";
import { unwrap } from "@/server/cli/run-system";
import { isWebBuildCurrent } from "@/server/cli/web-build";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings, readDotEnv, type Settings } from "@/server/config/load";
import { isProcessAlive } from "@/server/infra/process/child";
import { isPortFree } from "@/server/infra/process/ports";

export async function runDoctor(flags: { readonly dataDir?: string }, root: string): Promise<void> {
  const dotEnv = unwrap(readDotEnv(join(process.cwd(), ".env")));
  const settings = unwrap(
    loadSettings({
      env: { ...dotEnv, ...readProcessEnv() },
      cwd: process.cwd(),
      overrides: flags.dataDir === undefined ? {} : { dataDir: flags.dataDir },
    }),
  );
  const run = readRunFile(settings.dataDir);
  const running = run !== null && isProcessAlive(run.pid) ? run : null;
  const groups = await Promise.all([
    [checkNode()],
    [checkFolder(settings)],
    limited("running system", checkRunning(running)),
    limited("ports", running === null ? checkPorts(settings) : Promise.resolve([])),
    [checkWebBuild(root)],
    limited("store", checkStore(settings, running)),
    limited("log store", checkTelemetry(settings, running)),
    ...(running?.kind === "demo"
      ? [[standIns()]]
      : [
          limited("clock", checkClock(settings)),
          limited("chains", checkChains(settings)),
          limited("sources", checkSources(settings)),
        ]),
    [checkKeystore(settings)],
  ]);
  let failedCount = 0;
  for (const check of groups.flat()) {
    const mark = { ok: "ok  ", failed: "FAIL", skipped: "skip" }[check.state];
    console.log(`${mark}  ${check.name}: ${check.detail}`);
    if (check.state === "failed") {
      failedCount += 1;
      console.log(`      fix: ${check.fix}`);
    }
  }
  console.log(failedCount === 0 ? "\nAll checks passed." : `\n${failedCount} checks failed.`);
  // A check that was given up must not keep the command alive.
  process.exit(failedCount > 0 ? 1 : 0);
}

const readinessSchema = z.object({
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

/** What the running system says of itself. */
async function checkRunning(run: RunFile | null): Promise<readonly DoctorCheck[]> {
  if (run === null) return [{ name: "running", state: "ok", detail: "no" }];
  const running: DoctorCheck = {
    name: "running",
    state: "ok",
    detail: `${run.kind}, process ${run.pid}, ${run.opsUrl}`,
  };
  try {
    const response = await fetch(`${run.opsUrl}/readyz`, { signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
    const { checks } = readinessSchema.parse(await response.json());
    const fix = "read the newest lines of the files in logs/ of the data directory";
    return [running, ...checks.map((check) => verdict(`running: ${check.name}`, check.ok, check.detail, fix))];
  } catch (error) {
    const fix = `stop process ${run.pid} and start again; logs/orchestrator.err.log says why it does not answer`;
    return [running, { name: "ops port", state: "failed", detail: errorText(error), fix }];
  }
}

function standIns(): DoctorCheck {
  return {
    name: "chains, exchanges, GeckoTerminal, LI.FI",
    state: "skipped",
    detail: "the running demo uses its own stand-ins; their state is above",
  };
}

async function checkPorts(settings: Settings): Promise<readonly DoctorCheck[]> {
  const ports = [
    { port: settings.webPort, key: "TG_WEB_PORT" },
    { port: settings.opsPort, key: "TG_OPS_PORT" },
  ];
  return Promise.all(
    ports.map(async ({ port, key }) => {
      const isFree = await isPortFree(port);
      const fix = `stop that program or set ${key}`;
      return verdict(`port ${port}`, isFree, isFree ? "free" : "in use by another program", fix);
    }),
  );
}

function checkWebBuild(root: string): DoctorCheck {
  const isCurrent = isWebBuildCurrent(root);
  return { name: "desk build", state: "ok", detail: isCurrent ? "current" : "made at the next start" };
}
