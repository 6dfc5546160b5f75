// The API of a running demo opened in this process, exactly as the desk's server opens it: it answers also while the ops port is away.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { contract } from "@/lib/api/contract";
import { openApi } from "@/server/api/index";
import { runFileSchema } from "@/server/cli/data-dir";
import { loadSettings } from "@/server/config/load";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import type { RunningDemo } from "./running-demo";

type Overview = z.output<(typeof contract)["overview"]["response"]>;
type System = z.output<(typeof contract)["system"]["response"]>;

export interface Look {
  readonly status: number;
  readonly overview: Overview | null;
  readonly system: System | null;
  /** What a person reads: the worst reason, or the error's message. */
  readonly sentence: string;
}

export interface DemoDesk {
  look(): Promise<Look>;
}

const errorSchema = z.object({ error: z.looseObject({ message: z.string() }) });

export function openDesk(demo: RunningDemo): DemoDesk {
  const run = runFileSchema.parse(JSON.parse(readFileSync(join(demo.dataDir, "run.json"), "utf8")));
  const origin = "http://localhost:3000";
  const settings = loadSettings({
    cwd: demo.dataDir,
    env: {
      TG_DATA_DIR: demo.dataDir,
      TG_STORE_URL: run.storeUrl,
      TG_OPENOBSERVE_URL: run.openobserve.url,
      TG_OPENOBSERVE_ORG: run.openobserve.org,
      TG_OPENOBSERVE_USER: run.openobserve.user,
      TG_OPENOBSERVE_PASSWORD: run.openobserve.password,
      TG_REGISTRY_FILE: join(demo.dataDir, "devnet", "registry.json"),
      TG_SANDBOX_URL: demo.ready.devnet.replace(/\/$/, ""),
      TG_PAIRS: demo.ready.pairs.join(","),
      TG_PUBLIC_READ: "1",
      TG_ORIGIN: origin,
    },
  });
  if (!settings.ok) throw settings.error;
  const router = openApi({ settings: settings.value, log: silentLogger });

  async function get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await router.handle(new Request(`${origin}${path}`));
    return { status: response.status, body: await response.json() };
  }

  return {
    async look() {
      const [overview, system] = await Promise.all([get(contract.overview.path), get(contract.system.path)]);
      const failed = [overview, system].find(({ status }) => status !== 200);
      if (failed !== undefined) {
        const { error } = errorSchema.parse(failed.body);
        return { status: failed.status, overview: null, system: null, sentence: error.message };
      }
      const parsed = contract.overview.response.parse(overview.body);
      return {
        status: 200,
        overview: parsed,
        system: contract.system.response.parse(system.body),
        sentence: parsed.worstReason,
      };
    },
  };
}
