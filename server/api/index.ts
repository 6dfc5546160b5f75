// The door of the API: Request in, Response out; built once per process from its settings.
import { ConfigError } from "@/lib/errors/tidegate-error";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { createLogger } from "@/server/infra/telemetry/logger";
import { errorResponse } from "./api-error";
import { createApi } from "./create-api";
import { openApiDeps, type ApiInput } from "./open-deps";
import type { Router } from "./router";

/** Throws ConfigError when the settings cannot work; a store or signer that is away is an answer (503), not an error. */
export function openApi(input: ApiInput): Router {
  const { deps, connected } = openApiDeps(input);
  const router = createApi(deps);
  return {
    ...router,
    async handle(request) {
      await connected;
      return router.handle(request);
    },
  };
}

type Opened = { readonly router: Router } | { readonly problem: string };

declare global {
  /** One API per process: the desk's server and the pages that Next compiles by itself each carry this file. */
  var tidegateApi: Opened | undefined;
}

/** For the desk: opens the API from the environment at the first request. */
export function handleApi(request: Request): Promise<Response> {
  globalThis.tidegateApi ??= openFromEnvironment();
  const opened = globalThis.tidegateApi;
  if ("router" in opened) return opened.router.handle(request);
  return Promise.resolve(
    errorResponse({ code: "unavailable", message: opened.problem, details: { service: "settings" } }),
  );
}

function openFromEnvironment(): Opened {
  try {
    const settings = loadSettings({ env: readProcessEnv(), cwd: process.cwd() });
    if (!settings.ok) throw settings.error;
    const log = createLogger({
      name: "web",
      level: settings.value.logLevel,
      file: settings.value.logFile ?? undefined,
    });
    return { router: openApi({ settings: settings.value, log }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problem: error.message };
  }
}
